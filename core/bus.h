/* What happened, and who is told. Events are lent during the call and come in commit order, after
 * the commit. One thread. */
#ifndef PARLEY_BUS_H
#define PARLEY_BUS_H

#include "core/room.h"

enum event_kind {
    EVENT_ENTRY,       /* a new entry of the room's log */
    EVENT_TYPING,      /* ephemeral */
    EVENT_JOINED,      /* an agent came: occupant, and its first session */
    EVENT_LEFT,        /* a session ended; occupant is NULL when others of it remain */
    EVENT_ROLES,       /* roles of occupants changed: send all current presences again */
    EVENT_CLOSED_ROOM, /* the room is over: occupants (still listed) must be told and are gone after
                        */
    EVENT_AGENT_GONE   /* agent removed: end its streams */
};

struct event {
    enum event_kind kind;
    const struct room *room; /* NULL only for EVENT_AGENT_GONE */
    const char *room_id;
    const struct entry *entry; /* EVENT_ENTRY */
    /* EVENT_TYPING */
    enum role role;
    const char *sender_id, *sender_name;
    bool typing;
    bool to_customer; /* the writer is a speaker, so that the customer may be told */
    /* EVENT_LEFT: the session (removed already) and its occupant's last state */
    const struct session *session;
    const struct occupant *occupant;
    const char *why;      /* text shown to the others, "" none */
    bool lost;            /* EVENT_LEFT: thrown out for errors (status 333) */
    const char *agent_id; /* EVENT_AGENT_GONE */
};

typedef void bus_fn(void *ctx, const struct event *e);

struct bus;
struct subscription;

struct bus *bus_new(void);
void bus_free(struct bus *b);
/* room_id NULL: every room. Subscribing and ending are allowed within a call. */
struct subscription *bus_subscribe(struct bus *b, const char *room_id, bus_fn *fn, void *ctx);
void bus_end(struct subscription *s); /* NULL is allowed */
void bus_publish(struct bus *b, const struct event *e);
size_t bus_count(const struct bus *b, const char *room_id); /* subscriptions of one room */

#endif
