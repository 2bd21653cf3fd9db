/* What the muc_*.c files beside main.c share. Private to them. */
#ifndef PARLEY_MUC_OWN_H
#define PARLEY_MUC_OWN_H

#include "component/muc/muc.h"
#include "component/muc_desk.h"
#include "core/base/map.h"
#include "core/desk_staff.h"

struct muc_desk {
    struct wire_port wire;
    struct desk *desk;
    struct bus *bus;
    struct subscription *subscription;
    struct muc_service service;
    const char *url; /* as in the options */

    /* outbox: what of the log has been sent, and what the server has read */
    struct map *behind;          /* rooms that must catch up before events go straight out */
    struct map *dirty;           /* set of rooms that changed while nothing could be sent */
    size_t catching;             /* reads for it under way */
    unsigned round;              /* of catching up; reads of an earlier one count no more */
    int64_t seen_gid;            /* last entry told by the bus or caught up with */
    int64_t from_gid;            /* catching up starts above this */
    bool congested;              /* the server reads too slowly: wait until all is flushed */
    char barrier_id[ID_LEN + 1]; /* "" none is under way */
    int64_t barrier_gid, barrier_ms;

    struct map *askers; /* bare JID -> struct asker: who has queries of archives under way */

    struct alive *alive;   /* muc_alive.c */
    struct relay *relay;   /* muc_relay.c */
    struct map *departed;  /* muc_departed.c: room -> map of who left unseen */
    uint64_t *private_ids; /* muc_private.c: hashes of those relayed last */
    size_t private_next;
    int64_t timer_ms; /* when it fires; 0 not armed */

    struct adhoc *adhoc;     /* forms that are being filled in */
    struct contact *contact; /* muc_contact.c: queue@ */
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
/* With a text of one's own; NULL or "" is the error's. */
void muc_refuse_text(struct call *c, struct muc_out *o, enum err e, const char *text);
/* It failed on our side, which says nothing of the sender. */
bool muc_is_ours(enum err e);
struct principal muc_agent_of(const struct muc_desk *m, const struct stanza *in);

/* ---- one file per subject; each takes over the call ---- */

void muc_enter(struct call *c, const struct principal *who, bool resync); /* muc_enter.c */
void muc_leave(struct call *c, bool lost);
void muc_post(struct call *c, const struct principal *who); /* muc_say.c */
void muc_type(struct call *c, const struct principal *who);
void muc_look(struct call *c, const struct principal *who); /* muc_inside.c */
/* A kind of room's own part in what is looked at: true when the call lives on. */
struct muc_look_parts {
    /* for those who may know of the room, in or not; false: it was none of these */
    bool (*anybody)(struct call *c, struct muc_out *o, const struct room *r,
                    const struct muc_room *v, bool *lives);
    bool (*occupant)(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);
};
/* Ends the desk's look at the call's room. */
void muc_looked(struct call *c, enum err e, const struct desk_answer *a,
                const struct muc_look_parts *parts);
/* What only an occupant may send, for every kind of room; true when the call lives on. */
bool muc_inside(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);
void muc_list_queue(struct call *c); /* muc_listing.c */

/* ---- muc_archive.c ---- */

void muc_archive(struct call *c);
void muc_archive_init(struct muc_desk *m);
void muc_archive_free(struct muc_desk *m);

/* ---- muc_edit.c ---- */

void muc_about(
    struct call *c); /* MUC_CORRECT, MUC_RETRACT, MUC_REACT, MUC_KEEP, MUC_MARKER (chats) */
/* Who asks: an agent, or in a staff room the person. */
struct principal muc_asker(const struct call *c);
bool muc_moderate(struct call *c, const struct muc_room *v, size_t from); /* true: call lives on */
/* MUC_EPHEMERAL; the call lives on. */
void muc_unstored(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);
/* As muc_refuse_call, where the answer may say that a message is missing. */
void muc_refuse_edit(struct call *c, struct muc_out *o, enum err e, const struct desk_answer *a);
const char *muc_resend_key(struct call *c); /* muc_say.c; NULL none */

void muc_admin_set(struct call *c);                           /* muc_admin.c */
void muc_invite(struct call *c, const struct principal *who); /* muc_invite.c */

/* ---- the same, inside a room: v is what the desk has shown; true when the call lives on ---- */

/* muc_admin.c: MUC_ADMIN_GET by affiliation, with those who are not in */
void muc_list_affiliation(struct call *c, struct muc_out *o, const struct muc_room *v);
void muc_decline(struct call *c, struct muc_out *o, const struct muc_room *v); /* muc_invite.c */
void muc_voice_ask(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);
bool muc_voice_grant(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);
void muc_private(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);
/* An iq to a person: to is human. */
void muc_relay(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from, size_t to);

/* ---- muc_private.c ---- */

/* Does this error answer a private message? Then its sender's client is still there. */
bool muc_private_bounce(const struct muc_desk *m, const struct stanza *in);

/* ---- muc_relay.c: iqs on their way from occupant to occupant ---- */

struct relay *muc_relay_new(void);
void muc_relay_free(struct relay *r);
bool muc_relay_answer(struct muc_desk *m, const struct stanza *in); /* false: not one of these */
void muc_relay_back(struct muc_desk *m);    /* the link is: answers all that are open */
int64_t muc_relay_step(struct muc_desk *m); /* answers what is too late; ms to the next, -1 none */

/* ---- muc_alive.c: are they still there? ---- */

struct alive *muc_alive_new(void);
void muc_alive_free(struct alive *a);
void muc_alive_add(struct muc_desk *m, const char *room, const char *address);
void muc_alive_heard(struct muc_desk *m, const char *room, const char *address);
void muc_alive_gone(struct muc_desk *m, const char *room, const char *address);
void muc_alive_ask(struct muc_desk *m, const char *room, const char *address); /* soon */
bool muc_alive_answer(struct muc_desk *m, const struct stanza *in); /* false: not one of these */
void muc_alive_down(struct muc_desk *m);
int64_t muc_alive_step(struct muc_desk *m); /* ms to the next step, -1 none */
/* May this session ask for voice again? */
bool muc_alive_may_ask(struct muc_desk *m, const char *room, const char *address);

/* ---- muc_departed.c: who left, told now or after the link is back ---- */

void muc_tell_left(struct muc_desk *m, struct muc_out *o, const struct event *e,
                   const struct muc_room *v);
void muc_departed_note(struct muc_desk *m, const struct event *e);
void muc_departed_tell(struct muc_desk *m, struct muc_out *o, const struct muc_room *v);
void muc_departed_free(struct muc_desk *m);

/* ---- muc_staff.c, muc_staff_tell.c: staff rooms and lobbies ---- */

void muc_staff(struct call *c);
void muc_staff_refuse(struct call *c, struct muc_out *o, enum err e);
void muc_staff_enter(struct call *c);
void muc_staff_admin(struct call *c);
void muc_staff_destroy(struct call *c);
/* The same, inside: those that return true took over the call. */
void muc_staff_list(struct call *c, struct muc_out *o, const struct room *r,
                    const struct muc_room *v);
void muc_staff_show_config(struct call *c, struct muc_out *o, const struct room *r);
bool muc_staff_configure(struct call *c, struct muc_out *o, const struct room *r);
bool muc_staff_invite(struct call *c, struct muc_out *o, const struct room *r,
                      const struct muc_room *v);
/* Could this person see the room at all? */
bool muc_staff_could_come(const struct muc_desk *m, const struct room *r, const char *jid);
void muc_staff_decline(struct call *c, struct muc_out *o, const struct muc_room *v);
void muc_staff_ask_voice(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from);

struct muc_room *muc_staff_view(struct arena *a, const struct room *r);
void muc_staff_line(const struct entry *e, struct muc_line *out);
void muc_staff_config(const struct room_config *c, struct muc_config *out);
void muc_staff_config_back(const struct muc_config *c, struct room_config *out);
void muc_staff_tell(struct muc_desk *m, struct muc_out *o, const struct event *e,
                    const struct muc_room *v);

/* ---- muc_view.c: rooms and entries as the room service wants them ---- */

struct muc_out muc_out_new(struct muc_desk *m); /* with an arena: arena_free(o.arena) */
struct muc_room *muc_view(struct muc_desk *m, struct arena *a, const struct room *r);
/* Only what a line to all needs: the addresses, as those of one occupant. No presence may be sent
 * with it. Costs nothing beside them, unlike muc_view. */
struct muc_room *muc_audience(struct arena *a, const struct room *r);
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

/* muc_desk_timer within this time at the latest. */
void muc_timer_in(struct muc_desk *m, int64_t ms);

void muc_tell_init(struct muc_desk *m);
/* What was sent again: its author's client gets the receipt that was lost, and nobody else hears it
 * twice. Nothing is sent while the room catches up and brings it anyway: that client would show it
 * before what was said earlier. */
void muc_tell_again(struct muc_desk *m, struct muc_out *o, const struct room *r,
                    const struct entry *e, const char *address);
void muc_on_event(void *ctx, const struct event *e);
/* An answer to one of our iqs. */
void muc_on_pong(struct muc_desk *m, const struct stanza *in);
void muc_tell_free(struct muc_desk *m);

#endif
