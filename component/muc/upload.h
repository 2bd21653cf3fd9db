/* HTTP File Upload (XEP-0363), beside the room service under a domain of its own: clients stop
 * looking at a service once they have taken it for one of rooms. Pure. */
#ifndef PARLEY_UPLOAD_H
#define PARLEY_UPLOAD_H

#include "component/xml/stanza.h"

#include <stdint.h>

#define NS_UPLOAD "urn:xmpp:http:upload:0"

struct upload_service {
    const char *domain; /* upload.example.org */
    const char *name, *version;
    int64_t file_max; /* bytes of one file */
};

enum upload_kind {
    UPLOAD_IGNORE, /* nothing is owed */
    UPLOAD_REPLY,  /* settled: send `reply` */
    UPLOAD_SLOT    /* a slot is asked for */
};

/* Lives in the stanza's arena. */
struct upload_intent {
    enum upload_kind kind;
    const struct stanza *in;
    struct xml *reply;
    /* UPLOAD_SLOT; strings are never NULL */
    const char *name, *type;
    int64_t size;
    bool malformed; /* no name, or a size that is none: bad-request, for those who may ask */
};

void upload_read(const struct upload_service *s, struct stanza *in, struct upload_intent *out);

/* Answers to UPLOAD_SLOT. */
struct xml *upload_slot(const struct upload_intent *i, const char *put, const char *get);
struct xml *upload_too_large(const struct upload_service *s, const struct upload_intent *i);
/* Come again at this time. XEP-0363 #errors */
struct xml *upload_later(const struct upload_intent *i, int64_t at_ms, const char *text);
struct xml *upload_refused(const struct upload_intent *i, enum cond c, const char *type,
                           const char *text);

#endif
