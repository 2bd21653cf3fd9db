/* A stanza that arrived: checked for size and depth, addresses prepared. */
#ifndef PARLEY_STANZA_H
#define PARLEY_STANZA_H

#include "component/xml/jid.h"
#include "component/xml/xml.h"

#define STANZA_DEPTH_MAX 32
#define STANZA_NODES_MAX 4000
#define STANZA_BYTES_MAX (256 * 1024)

enum stanza_kind { STANZA_MESSAGE, STANZA_PRESENCE, STANZA_IQ };

/* Lives in its arena together with all it points to. */
struct stanza {
    struct arena *arena;
    enum stanza_kind kind;
    struct xml *x;
    struct jid from, to;
    const char *type; /* "" when missing; presence: "" is available; message: "" is "normal" */
    const char *id;   /* "" when missing */
};

/* Errors for stanzas, RFC 6120 #stanzas-error-conditions. One table in error.c. */
enum cond {
    COND_BAD_REQUEST,
    COND_CONFLICT,
    COND_FORBIDDEN,
    COND_GONE,
    COND_INTERNAL,
    COND_NOT_FOUND,
    COND_JID_MALFORMED,
    COND_NOT_ACCEPTABLE,
    COND_NOT_ALLOWED,
    COND_NOT_AUTHORIZED,
    COND_POLICY,
    COND_REGISTRATION,
    COND_RESOURCE,
    COND_UNAVAILABLE,
    COND_FEATURE,
    COND_REMOTE_TIMEOUT
};

/* The element <error/> with the condition and its usual type, `by` when not NULL, text when not
 * NULL. type NULL: the usual one of the condition ("cancel", "modify", "auth", "wait"). */
struct xml *stanza_error(struct arena *a, enum cond c, const char *type, const char *by,
                         const char *text);
/* A whole error answer to `in`: same name and id, addresses swapped, no payload. */
struct xml *stanza_error_reply(const struct stanza *in, enum cond c, const char *type,
                               const char *text);
/* <iq type='result'/> to `in`, addresses swapped; its `to` is set. */
struct xml *stanza_result(const struct stanza *in);
/* The condition's element name inside <error/> of an arrived error stanza; "" when malformed. */
const char *stanza_condition(const struct stanza *in);

#endif
