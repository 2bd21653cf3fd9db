#include "component/muc_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- telling it --------------------------------------------------------------------------------
 */

static const char *code_of(enum left_how how)
{
    switch (how) {
    case LEFT_KICKED:
        return "307";
    case LEFT_BANNED:
        return "301";
    case LEFT_REMOVED:
        return "321";
    case LEFT_PLAIN:
    case LEFT_LOST:
        break;
    }
    return NULL;
}

static const char *affiliation_of(enum left_how how, const char *before)
{
    switch (how) {
    case LEFT_BANNED:
        return "outcast";
    case LEFT_REMOVED:
        return "none";
    case LEFT_KICKED:
    case LEFT_PLAIN:
    case LEFT_LOST:
        break;
    }
    return before;
}

/* code NULL: by itself, or lost. */
static void send_left(struct muc_desk *m, struct muc_out *o, const struct muc_room *v,
                      const struct muc_occupant *who, bool last, bool lost,
                      const struct muc_expulsion *by)
{
    if (by->code)
        muc_send_expelled(&m->service, o, v, who, last, by);
    else
        muc_send_leave(&m->service, o, v, who, last, lost, by->reason);
}

void muc_tell_left(struct muc_desk *m, struct muc_out *o, const struct event *e,
                   const struct muc_room *v)
{
    struct occupant who = {.agent_id = e->session->agent_id,
                           .nick = e->session->nick,
                           .jid = e->session->jid,
                           .affiliation = AFFILIATION_MEMBER};
    struct muc_occupant gone =
        muc_occupant_of(o->arena, e->occupant ? e->occupant : &who, e->session);
    const struct muc_expulsion by = {.code = code_of(e->how),
                                     .affiliation = affiliation_of(e->how, gone.affiliation),
                                     .actor = e->actor ? e->actor : "",
                                     .reason = e->why ? e->why : ""};

    send_left(m, o, v, &gone, e->occupant != NULL, e->lost, &by);
}

/* ---- keeping it --------------------------------------------------------------------------------
 */

/* One session that left while nothing could be sent. */
struct departure {
    struct arena *arena;
    const char *address, *nick, *jid;
    struct muc_expulsion by;
    bool last; /* of its occupant: the others are told */
    bool lost;
    bool closed; /* with the whole room */
};

static void departure_free(struct departure *d)
{
    if (d)
        arena_free(d->arena);
}

/* By the address, but for web sessions by the name, so that one agent's coming and going in the
 * console does not pile up. Owns d. */
static void keep(struct muc_desk *m, const char *room_id, struct departure *d)
{
    struct map *room = map_get(m->departed, room_id);
    const char *key = *d->address ? d->address : d->nick;

    if (!room) {
        room = map_new();
        map_set(m->departed, room_id, room);
    }
    departure_free(map_take(room, key));
    map_set(room, key, d);
}

/* o: its occupant, NULL when others of it remain. */
static struct departure *departure_new(const struct session *s, const struct occupant *o,
                                       const char *actor, const char *reason)
{
    struct arena *a = arena_new();
    struct departure *d = arena_new_of(a, struct departure);

    *d = (struct departure){.arena = a,
                            .address = arena_dup(a, s->kind == SESSION_XMPP ? s->address : ""),
                            .nick = arena_dup(a, s->nick),
                            .jid = arena_dup(a, s->jid),
                            .last = o != NULL};
    d->by.affiliation = o ? muc_occupant_of(a, o, s).affiliation : "member";
    d->by.actor = arena_dup(a, actor);
    d->by.reason = arena_dup(a, reason);
    return d;
}

static void note_left(struct muc_desk *m, const struct event *e)
{
    struct departure *d = departure_new(e->session, e->occupant, e->actor, e->why);

    d->by.code = code_of(e->how);
    d->by.affiliation = affiliation_of(e->how, d->by.affiliation);
    d->lost = e->lost;
    keep(m, e->room_id, d);
}

/* code NULL: the room is over. */
static void note_all(struct muc_desk *m, const char *room_id, const struct occupant *o,
                     const char *code, const char *actor, const char *reason)
{
    for (size_t k = 0; k < o->n_sessions; k++) {
        struct departure *d = departure_new(o->sessions[k], o, actor, reason);

        d->by.code = code ? arena_dup(d->arena, code) : NULL;
        d->closed = !code;
        keep(m, room_id, d);
    }
}

/* Catching up shows the customer under its new name. */
static void note_old_name(struct muc_desk *m, const struct event *e)
{
    struct arena *a = arena_new();
    const struct session s = {.kind = SESSION_WEB,
                              .nick = e->sender_name,
                              .jid = muc_view(m, a, e->room)->occupants[0].jid};
    struct occupant o = {.agent_id = "", .nick = s.nick, .jid = s.jid};

    o.affiliation = AFFILIATION_MEMBER;
    keep(m, e->room_id, departure_new(&s, &o, "", ""));
    arena_free(a);
}

static void note_room(struct muc_desk *m, const struct event *e, const char *reason)
{
    size_t n = 0;
    const struct occupant *const *list = room_occupants(e->room, &n);

    for (size_t i = 0; i < n; i++)
        note_all(m, e->room_id, list[i], NULL, "", reason);
}

void muc_departed_note(struct muc_desk *m, const struct event *e)
{
    char code[12];

    if (e->kind == EVENT_LEFT)
        note_left(m, e);
    if (e->kind == EVENT_CLOSED_ROOM)
        note_room(m, e, e->why);
    if (e->kind == EVENT_CUSTOMER)
        note_old_name(m, e);
    if (e->kind != EVENT_STAFF)
        return;
    snprintf(code, sizeof(code), "%d", e->staff->status);
    if (e->staff->what == STAFF_REMOVED)
        note_all(m, e->room_id, e->staff->occupant, code, e->staff->actor, e->staff->reason);
    if (e->staff->what == STAFF_DESTROYED)
        note_room(m, e, e->staff->reason);
}

struct telling {
    struct muc_desk *m;
    struct muc_out *o;
    const struct muc_room *v;
};

/* Who came back meanwhile is there, and its other sessions with it. */
static bool tell_one(void *ctx, const char *key, void *value)
{
    struct telling *t = ctx;
    struct departure *d = value;
    struct muc_session session = {.address = d->address, .presence = ""};
    struct muc_occupant who = {.nick = d->nick,
                               .jid = d->jid,
                               .affiliation = d->by.affiliation,
                               .role = "none",
                               .sessions = &session,
                               .n_sessions = 1};
    struct muc_room only = *t->v;
    size_t at = 0, own = 0;

    (void)key;
    only.occupants = &who;
    only.n_occupants = 1;
    if (d->closed)
        muc_send_destroy(&t->m->service, t->o, &only, d->by.reason);
    else if (!*d->address || !muc_index(t->v, d->address, &at, &own))
        send_left(t->m, t->o, t->v, &who, d->last && !muc_index_nick(t->v, d->nick, &at), d->lost,
                  &d->by);
    return true;
}

static bool free_one(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    departure_free(value);
    return true;
}

void muc_departed_tell(struct muc_desk *m, struct muc_out *o, const struct muc_room *v)
{
    struct map *room = map_take(m->departed, v->local);
    struct telling t = {.m = m, .o = o, .v = v};

    if (!room)
        return;
    map_each(room, tell_one, &t);
    map_each(room, free_one, NULL);
    map_free(room);
}

static bool free_room(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    map_each(value, free_one, NULL);
    map_free(value);
    return true;
}

void muc_departed_free(struct muc_desk *m)
{
    map_each(m->departed, free_room, NULL);
    map_free(m->departed);
}
