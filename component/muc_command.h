/* The commands agents give: one table for three doors (in the room, by chat with queue@, as ad-hoc
 * commands). A door makes a request, the table's row says what it needs, its handler carries it out
 * and answers once. Private to the muc_*.c files. */
#ifndef PARLEY_MUC_COMMAND_H
#define PARLEY_MUC_COMMAND_H

#include "component/muc/adhoc.h"
#include "component/muc_own.h"

#define CONTACT_LOCAL "queue" /* the service's contact: queue@domain */

enum arg_kind {
    ARG_NONE,
    ARG_AGENT,          /* a name or JID */
    ARG_AGENT_OR_QUEUE, /* likewise, or "queue" */
    ARG_WORD,           /* one of `words` */
    ARG_NUMBER,
    ARG_TEXT /* all that is left */
};

struct muc_arg {
    enum arg_kind kind;
    bool required;
    const char *var, *label;
    const char *const *words; /* ARG_WORD, NULL at the end */
};

#define MUC_ON_CHAT 1u   /* about one chat: in its room, or named, or the one at hand */
#define MUC_ANY_CHAT 2u  /* closed ones too */
#define MUC_HOLDER 4u    /* for who has the chat and for supervisors, or nobody has it */
#define MUC_REFLECTED 8u /* in a room the entry that it makes is its reflection */

struct muc_request;

struct muc_command {
    const char *name;
    const char *label; /* for lists: "Take a chat" */
    const char *usage; /* the arguments for help: "AGENT|queue [REASON]" */
    unsigned flags;
    struct muc_arg args[2];
    void (*run)(struct muc_request *r);
};

/* Lives until it is answered. Strings are never NULL, "" none. */
struct muc_request {
    struct muc_desk *m;
    struct arena *arena;
    const struct muc_command *command;
    struct principal who;
    const char *from;     /* full JID */
    const char *chat;     /* id */
    const char *agent_id; /* arguments, by kind */
    const char *word, *text;
    int64_t number; /* -1 not given */
    const char *stanza_id, *key;
    bool marked;      /* commands begin with "!" at this door */
    const char *said; /* the answer when all is well, set by the handler */
    /* Says it, through the door it came by. rows may be NULL. */
    void (*door)(struct muc_request *r, enum err e, const char *text,
                 const struct adhoc_rows *rows);
    struct call *call; /* the stanza, freed with the request; NULL none */
    const struct adhoc_ask *ask;
};

/* ---- muc_command.c ---- */

extern const struct muc_command muc_commands[];
extern const size_t muc_n_commands;
const struct muc_command *muc_command_named(const char *name, size_t len);

/* An empty one for the sender of the call's stanza, which it owns from here on. */
struct muc_request *muc_request_new(struct call *c, const struct principal *who);
/* The end of a request. text NULL: what the error says. */
void muc_answer(struct muc_request *r, enum err e, const char *text, const struct adhoc_rows *rows);
/* For desk calls that need no more: answers r->said, or what was wrong. */
void muc_answered(void *ctx, enum err e, const struct desk_answer *a);
/* Fill in the arguments from words; carry it out, or answer what is missing. */
void muc_request_words(struct muc_request *r, const char *rest);
/* Likewise when the arguments are there. */
void muc_request_run(struct muc_request *r);
const struct agent *muc_find_agent(const struct muc_request *r, const char *name);
const struct agent *muc_request_agent(const struct muc_request *r); /* who asks; NULL gone */
/* of_chat: of one room, so that no chat is named. */
const char *muc_help(struct arena *a, bool marked, bool of_chat);
/* "xmpp:id@domain?join" */
const char *muc_link(const struct muc_desk *m, struct arena *a, const char *chat);
/* "Alice - billing - waiting 3m" */
const char *muc_chat_line(const struct muc_desk *m, struct arena *a, const struct chat *c);

/* ---- muc_command_chat.c, muc_command_self.c: handlers ---- */

void muc_do_claim(struct muc_request *r);
void muc_do_release(struct muc_request *r);
void muc_do_transfer(struct muc_request *r);
void muc_do_decline(struct muc_request *r);
void muc_do_observe(struct muc_request *r);
void muc_do_takeover(struct muc_request *r);
void muc_do_voice(struct muc_request *r);
void muc_do_mute(struct muc_request *r);
void muc_do_note(struct muc_request *r);
void muc_do_close(struct muc_request *r);
void muc_do_invite(struct muc_request *r); /* muc_command_people.c */
void muc_do_block(struct muc_request *r);
void muc_do_unblock(struct muc_request *r);
void muc_do_reopen(struct muc_request *r);
void muc_do_info(struct muc_request *r);
void muc_do_history(struct muc_request *r);
void muc_do_canned(struct muc_request *r); /* muc_command_canned.c */
void muc_do_help(struct muc_request *r);
void muc_do_queue(struct muc_request *r);
void muc_do_find(struct muc_request *r); /* muc_command_find.c */
void muc_do_agents(struct muc_request *r);
void muc_do_stats(struct muc_request *r);
void muc_do_status(struct muc_request *r);
void muc_do_notify(struct muc_request *r);
void muc_do_login(struct muc_request *r); /* muc_command_login.c */
void muc_do_ok(struct muc_request *r);
void muc_do_no(struct muc_request *r);
void muc_do_logout(struct muc_request *r);

/* ---- the doors ---- */

/* In a room; the echo goes out here. Takes over the call. muc_command_text.c */
void muc_command_room(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);
void muc_command_contact(struct call *c, const struct principal *who);
/* MUC_ADHOC…: takes over the call. muc_adhoc.c */
void muc_adhoc(struct call *c, const struct principal *who);

/* ---- muc_contact.c: the contact's own life ---- */

void muc_contact_init(struct muc_desk *m);
void muc_contact_free(struct muc_desk *m);
void muc_contact_link(struct muc_desk *m, bool up);
void muc_contact_tick(struct muc_desk *m);
void muc_contact_stop(struct muc_desk *m);
void muc_contact_presence(struct call *c, const struct principal *who);
/* Words were not understood: may that be said? Not more than a few times a minute. */
bool muc_contact_puzzled(struct muc_desk *m, const char *agent_id);
/* A chat message from queue@ to a bare or full JID. */
void muc_contact_say(struct muc_desk *m, const char *to, const char *text);

/* ---- muc_command_login.c ---- */

/* The agent is asked whether it is the one who wants into the console. */
void muc_login_ask(struct muc_desk *m, const struct agent *a, const struct login *l);

#endif
