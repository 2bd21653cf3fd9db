/* Rooms of the staff's own, and the lobbies: what people do in them. Part of the one door
 * (core/desk.h); each call takes its place in the room's line. The identity is the bare JID.
 *
 * address: the session that asks. All calls: ERR_NOT_FOUND for what the person may not know of,
 * ERR_NOT_OCCUPANT when it must be in the room and is not, ERR_FORBIDDEN when it has not the right,
 * ERR_NOT_ALLOWED when nobody in its place has it. Rules: XEP-0045 #roles #affil */
#ifndef PARLEY_DESK_STAFF_H
#define PARLEY_DESK_STAFF_H

#include "core/desk.h"

#define DESK_STAFF_ROOMS_MAX 1000   /* staff rooms there may be */
#define DESK_AFFILIATES_MAX 1000    /* affiliations in one */
#define DESK_OUTSIDERS_ROOMS_MAX 10 /* rooms one person owns who is no agent */

/* Is this localpart one of a staff room, or of the lobby of an organization there is? Says nothing
 * of whether the room exists. */
bool desk_staff_name(const struct desk *d, const char *local);
/* Would it be one of a staff room, if those were not switched off? */
bool desk_staff_off(const struct desk *d, const char *local);
/* May anybody enter such a room, or agents only? */
bool desk_staff_open(const struct desk *d, const char *local);

struct staff_card {
    const char *local, *title;
    enum room_kind kind;
};

/* Those the person may find: listed rooms and its lobby, for those who may create rooms. */
void desk_staff_list(struct desk *d, const char *jid,
                     void (*fn)(void *ctx, const struct staff_card *card), void *ctx);

/* The room as it is. answer: room. */
void desk_staff_look(struct desk *d, const char *jid, const char *room, desk_fn *done, void *ctx);

struct staff_join {
    const char *address, *nick, *presence;
    const char *password; /* NULL none */
    bool asked;           /* to join; else it is the presence of one who is in */
    size_t history_max;
};

/* Enter, create, change the nick or the presence.
 * answer   session, occupant, new_occupant, resync, history; created; renamed
 * Errors   in this order: ERR_NOT_OCCUPANT not asked and not in; ERR_NOT_FOUND;
 *          ERR_NOT_ALLOWED may not create it; ERR_OUTCAST; ERR_NOT_MEMBER; ERR_PASSWORD;
 *          ERR_NOT_FOUND locked; ERR_FULL; ERR_CONFLICT nick; ERR_NOT_ACCEPTABLE nicks are fixed */
void desk_staff_enter(struct desk *d, const char *jid, const char *room, const struct staff_join *j,
                      desk_fn *done, void *ctx);

/* One message. answer: entries; replayed. p->escalated_only is not used. */
void desk_staff_post(struct desk *d, const char *jid, const char *room, const struct post *p,
                     desk_fn *done, void *ctx);
/* Errors  ERR_FORBIDDEN not by the room's rule */
void desk_staff_subject(struct desk *d, const char *jid, const char *room, const char *address,
                        const char *subject, const char *stanza_id, desk_fn *done, void *ctx);

/* One change of muc#admin: of a role by nick, or of an affiliation by JID or nick. */
struct staff_item {
    const char *jid, *nick; /* "" not given */
    bool of_role;
    enum room_role role;
    enum affiliation affiliation;
    const char *reason;
};

/* All or none. Errors  ERR_CONFLICT the last owner, or somebody banning itself */
void desk_staff_admin(struct desk *d, const char *jid, const char *room, const char *address,
                      const struct staff_item *items, size_t n, desk_fn *done, void *ctx);

/* The owner's configuration; also unlocks. owners, admins: NULL leaves them.
 * Errors  room_config_check's; ERR_CONFLICT no owner would be left */
struct staff_setup {
    struct room_config config;
    const char *const *owners, *const *admins; /* bare JIDs */
    size_t n_owners, n_admins;
};
void desk_staff_configure(struct desk *d, const char *jid, const char *room, const char *address,
                          const struct staff_setup *s, desk_fn *done, void *ctx);
/* An owner who cancels the first configuration ends the room. */
void desk_staff_cancel(struct desk *d, const char *jid, const char *room, desk_fn *done, void *ctx);
void desk_staff_destroy(struct desk *d, const char *jid, const char *room, const char *alternate,
                        const char *reason, desk_fn *done, void *ctx);

#endif
