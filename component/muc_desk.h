/* Between the room service and the desk: an intent becomes a desk call, an event becomes stanzas,
 * an error becomes a stanza error. Also keeps the position in the log that the XMPP server has
 * read, and sends again what it may have missed. Knows no socket and no clock: what it needs of the
 * connection comes as a port, so that scenarios run it in process. One thread. */
#ifndef PARLEY_MUC_DESK_H
#define PARLEY_MUC_DESK_H

#include "component/xml/stanza.h"
#include "core/desk.h"

/* The connection to the server. */
struct wire_port {
    void *self;
    bool (*up)(void *self);
    size_t (*room)(void *self); /* bytes that may still be queued; 0: send later */
    void (*send)(void *self, const struct xml *x);
    void (*send_each)(void *self, const struct xml *x, const char *const *to, size_t n);
    /* Call muc_desk_timer once, this much later; an earlier call is replaced. */
    void (*timer)(void *self, int64_t ms);
};

struct muc_desk_options {
    struct wire_port wire;
    const char *domain; /* ours */
    const char *name;   /* of the service, for people */
    const char *url;    /* below which our files are; NULL: there are none */
};

struct muc_desk;

/* The desk must have been started. Strings are lent. */
struct muc_desk *muc_desk_new(const struct muc_desk_options *o, struct desk *desk, struct bus *bus);
void muc_desk_free(struct muc_desk *m); /* NULL is allowed */

/* A stanza has arrived; it is owned from here on. */
void muc_desk_stanza(struct muc_desk *m, struct stanza *in);
/* The connection is authenticated, or lost. */
void muc_desk_link(struct muc_desk *m, bool up);
/* The server closed the stream for what we sent last (component/link.h). */
void muc_desk_poison(struct muc_desk *m, const char *condition);
/* All that was queued has gone out. */
void muc_desk_flushed(struct muc_desk *m);
void muc_desk_timer(struct muc_desk *m);
/* Call about once a second. */
void muc_desk_tick(struct muc_desk *m);
/* The program ends while the connection is still up: say so to those who see us. */
void muc_desk_stop(struct muc_desk *m);

#endif
