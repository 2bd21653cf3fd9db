/* Ad-hoc commands, the server's side (XEP-0050), with the data forms they use (XEP-0004): what a
 * stanza asks for, the sessions between form and submission, and the answers. Pure: time and
 * session ids are given by the caller, who also knows the commands. */
#ifndef PARLEY_ADHOC_H
#define PARLEY_ADHOC_H

#include "component/muc/muc.h"

#define NS_COMMANDS "http://jabber.org/protocol/commands"

#define ADHOC_TTL_MS (10 * 60 * 1000) /* how long a form may be filled in */
#define ADHOC_PER_USER 10             /* forms of one bare JID at once; the oldest goes */
#define ADHOC_VALUES_MAX 32           /* fields that are read of a submission */

/* ---- what is asked --------------------------------------------------------------------------- */

enum adhoc_action { ADHOC_EXECUTE, ADHOC_CANCEL };

struct adhoc_ask {
    const char *node;
    enum adhoc_action action;
    const char *session; /* "" a new one is wanted */
    bool submitted;      /* with a form */
    struct {
        const char *var, *value; /* the values of a field with several are lines */
    } values[ADHOC_VALUES_MAX];
    size_t n_values;
};

/* XEP-0050 #errors: what the application's element says beside the condition. */
enum adhoc_wrong {
    ADHOC_MALFORMED_ACTION, /* not an action */
    ADHOC_BAD_ACTION,       /* an action that this stage has not */
    ADHOC_BAD_PAYLOAD,      /* not a submitted form, or a value that cannot be */
    ADHOC_BAD_SESSION,      /* no such session of this sender */
    ADHOC_EXPIRED           /* there was one */
};

/* in: an iq set with <command/>. False: *wrong is what to answer. */
bool adhoc_read(const struct stanza *in, struct adhoc_ask *out, enum adhoc_wrong *wrong);
/* "" when there is no such field. */
const char *adhoc_value(const struct adhoc_ask *ask, const char *var);

/* ---- sessions -------------------------------------------------------------------------------- */

struct adhoc;

struct adhoc *adhoc_new(void);
void adhoc_free(struct adhoc *a); /* NULL is allowed */
/* id: not to be guessed. in: whose session, of which address and node. */
void adhoc_open(struct adhoc *a, const struct stanza *in, const char *id, const char *node,
                int64_t now_ms);
/* Take the session out: it is over. False: *wrong says why it cannot be had. */
bool adhoc_take(struct adhoc *a, const struct stanza *in, const struct adhoc_ask *ask,
                int64_t now_ms, enum adhoc_wrong *wrong);
size_t adhoc_count(const struct adhoc *a);

/* ---- answers --------------------------------------------------------------------------------- */

struct adhoc_option {
    const char *label, *value;
};

struct adhoc_field {
    const char *var, *label;
    const char *type;  /* "text-single" "text-multi" "list-single" */
    const char *value; /* "" none */
    bool required;
    const struct adhoc_option *options;
    size_t n_options;
};

/* Lines of equal make: cells[row * n_columns + column]. */
struct adhoc_rows {
    const struct adhoc_option *columns; /* label and var */
    size_t n_columns;
    const char *const *cells;
    size_t n_rows;
};

void adhoc_send_form(struct muc_out *o, const struct stanza *in, const char *node,
                     const char *session, const char *title, const char *instructions,
                     const struct adhoc_field *fields, size_t n);
/* Completed. text: for people; rows NULL or none: only the text. */
void adhoc_send_done(struct muc_out *o, const struct stanza *in, const char *node,
                     const char *session, const char *title, const char *text,
                     const struct adhoc_rows *rows);
void adhoc_send_cancelled(struct muc_out *o, const struct stanza *in, const char *node,
                          const char *session);
void adhoc_send_wrong(struct muc_out *o, const struct stanza *in, enum adhoc_wrong w,
                      const char *text);
/* disco#items and disco#info of commands. names: label and node of each. */
void adhoc_send_items(struct muc_out *o, const struct stanza *in, const struct adhoc_option *names,
                      size_t n);
void adhoc_send_info(struct muc_out *o, const struct stanza *in, const char *node,
                     const char *name);

#endif
