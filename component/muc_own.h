/* What the muc_*.c files beside main.c share. Private to them. */
#ifndef PARLEY_MUC_OWN_H
#define PARLEY_MUC_OWN_H

#include "component/muc/muc.h"
#include "component/muc_desk.h"
#include "core/base/map.h"

struct muc_desk {
    struct wire_port wire;
    struct desk *desk;
    struct bus *bus;
    struct subscription *subscription;
    struct muc_service service;

    /* outbox: what of the log has been sent, and what the server has read */
    struct map *behind;          /* set of rooms that must catch up before events go straight out */
    struct map *dirty;           /* set of rooms that changed while nothing could be sent */
    size_t catching;             /* rooms still catching up */
    int64_t seen_gid;            /* last entry told by the bus or caught up with */
    int64_t from_gid;            /* catching up starts above this */
    bool congested;              /* the server reads too slowly: wait until all is flushed */
    char barrier_id[ID_LEN + 1]; /* "" none is under way */
    int64_t barrier_gid, barrier_ms;

    /* liveness */
    struct map *pings; /* iq id -> struct ping */
    struct ping_list *to_ping;
    bool timer; /* armed */
};

/* One stanza under way: until the desk has answered, it keeps the stanza. */
struct call {
    struct muc_desk *m;
    struct muc_intent intent;
};

/* ---- muc_desk.c: dispatch, errors ---- */

void muc_call_free(struct call *c);
/* Answer with an error; the call lives on. */
void muc_refuse_call(struct call *c, struct muc_out *o, enum err e);
void muc_call_refuse(struct call *c, enum err e); /* the same, and end the call */
/* What an error says to people; NULL when there is nothing to say. */
const char *muc_error_text(enum err e);
struct principal muc_agent_of(const struct muc_desk *m, const struct stanza *in);

/* ---- one file per subject; each takes over the call ---- */

void muc_enter(struct call *c, const struct principal *who, bool resync); /* muc_enter.c */
void muc_leave(struct call *c, bool lost);
void muc_post(struct call *c, const struct principal *who); /* muc_say.c */
void muc_type(struct call *c, const struct principal *who);
void muc_look(struct call *c, const struct principal *who); /* muc_inside.c */
void muc_list_queue(struct call *c);                        /* muc_listing.c */

/* ---- muc_view.c: rooms and entries as the room service wants them ---- */

struct muc_out muc_out_new(struct muc_desk *m); /* with an arena: arena_free(o.arena) */
struct muc_room *muc_view(struct muc_desk *m, struct arena *a, const struct room *r);
void muc_line_of(struct muc_desk *m, struct arena *a, const struct room *r, const struct entry *e,
                 struct muc_line *out);
/* The occupant as the room service wants it, with only the session `only` when not NULL. */
struct muc_occupant muc_occupant_of(struct arena *a, const struct occupant *o,
                                    const struct session *only);
/* Indexes in the view; false when missing. */
bool muc_index(const struct muc_room *v, const char *address, size_t *occupant, size_t *session);
bool muc_index_nick(const struct muc_room *v, const char *nick, size_t *occupant);
bool muc_has_xmpp(const struct room *r);

/* ---- muc_tell.c: events and the outbox ---- */

void muc_tell_init(struct muc_desk *m);
void muc_on_event(void *ctx, const struct event *e);
/* An answer to one of our iqs. */
void muc_on_pong(struct muc_desk *m, const struct stanza *in);
void muc_tell_free(struct muc_desk *m);

#endif
