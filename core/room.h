/* A room in memory: its chat, who is in it, and the line of operations that wait for it.
 * One thread; no locks. The desk owns rooms; adapters only read them. */
#ifndef PARLEY_ROOM_H
#define PARLEY_ROOM_H

#include "core/ports.h"

/* One agent in the room, with one or more sessions. */
struct occupant {
    const char *agent_id;
    const char *nick; /* the directory's name */
    const char *jid;  /* bare */
    enum affiliation affiliation;
    enum room_role role;
    bool assigned; /* this agent has the chat */
    bool pending;  /* came back to an unassigned chat: claims by a message or composing */
    struct session **sessions; /* oldest first; never empty */
    size_t n_sessions;
};

struct room; /* the line is private to core/ */

const char *room_id(const struct room *r);            /* the localpart */
const struct chat *room_chat(const struct room *r);   /* NULL in staff rooms and lobbies */
const struct staff *room_staff(const struct room *r); /* NULL in chats */
/* Of a staff room: who has what standing there. */
enum affiliation room_affiliation(const struct room *r, const char *bare_jid);
void room_each_affiliate(const struct room *r, void (*fn)(void *ctx, const struct affiliate *a),
                         void *ctx);
const struct occupant *const *room_occupants(const struct room *r, size_t *n);
/* By agent id, and by a session's address; NULL when missing. */
const struct occupant *room_occupant(const struct room *r, const char *agent_id);
const struct occupant *room_by_address(const struct room *r, const char *address,
                                       const struct session **session);
const struct occupant *room_by_nick(const struct room *r, const char *nick);
bool room_is_speaker(const struct room *r, const char *agent_id);

/* How the virtual occupants are called in the room. "Alice (customer)" or "Customer". */
const char *room_customer_nick(const struct room *r);

#endif
