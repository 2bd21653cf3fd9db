/* Between the room service and the desk: an intent becomes a desk call, an event becomes stanzas,
 * an error becomes a stanza error. Also keeps the position in the log that the XMPP server has
 * read, and sends again what it may have missed. One thread, on the loop. */
#ifndef PARLEY_MUC_DESK_H
#define PARLEY_MUC_DESK_H

#include "component/link.h"
#include "core/desk.h"

struct muc_desk_options {
    const char *domain; /* ours */
    const char *name;   /* of the service, for people */
};

struct muc_desk;

/* The desk must have been started. Strings are lent. */
struct muc_desk *muc_desk_new(uv_loop_t *loop, const struct muc_desk_options *o, struct desk *desk,
                              struct bus *bus);
/* done is called when nothing of it is left on the loop. The link must be gone. */
void muc_desk_free(struct muc_desk *m, void (*done)(void *ctx), void *ctx);

/* What link_new is given. */
struct link_handlers muc_desk_handlers(struct muc_desk *m);
/* The link made with these handlers, before its first event; NULL before it is freed. */
void muc_desk_use(struct muc_desk *m, struct link *l);

#endif
