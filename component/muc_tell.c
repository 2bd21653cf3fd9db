#include "component/muc_command.h"
#include "component/muc_own.h"

#include "core/base/log.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BARRIER_MS 100 /* at most one barrier in this time */

static char mark; /* what maps that are sets hold */

static bool up(const struct muc_desk *m)
{
    return m->wire.up(m->wire.self);
}

static bool is_live(const struct muc_desk *m, const char *room_id)
{
    return up(m) && !m->congested && !map_get(m->behind, room_id);
}

void muc_timer_in(struct muc_desk *m, int64_t ms)
{
    int64_t at = desk_steady(m->desk) + ms;

    if (m->timer_ms > 0 && m->timer_ms <= at)
        return;
    m->timer_ms = at;
    m->wire.timer(m->wire.self, ms);
}

/* ---- the barrier: what has the server read? ----------------------------------------------------
 */

static bool catch_again(void *ctx, const char *room_id, void *value);

static bool barrier_due(const struct muc_desk *m)
{
    return up(m) && map_count(m->behind) == 0 && !m->congested && !*m->barrier_id &&
           m->seen_gid > desk_xmpp_confirmed(m->desk);
}

static void barrier_send(struct muc_desk *m)
{
    int64_t now = desk_steady(m->desk);
    struct muc_out o;

    if (!barrier_due(m) || now < m->barrier_ms + BARRIER_MS)
        return;
    crypto_id(m->barrier_id);
    m->barrier_gid = m->seen_gid;
    m->barrier_ms = now;
    o = muc_out_new(m);
    muc_send_barrier(&m->service, &o, m->barrier_id);
    arena_free(o.arena);
}

static void barrier_soon(struct muc_desk *m)
{
    if (barrier_due(m) || map_count(m->behind) > 0)
        muc_timer_in(m, BARRIER_MS);
}

/* ---- time ---------------------------------------------------------------------------------------
 */

/* A step of everything that has its time: one ping, the barrier, rooms whose catching up failed. */
void muc_desk_timer(struct muc_desk *m)
{
    int64_t alive, relay;

    m->timer_ms = 0;
    if (!up(m))
        return;
    alive = muc_alive_step(m);
    relay = muc_relay_step(m);
    if (!m->congested && m->catching == 0)
        map_each(m->behind, catch_again, m);
    barrier_send(m);
    if (alive >= 0)
        muc_timer_in(m, alive);
    if (relay >= 0)
        muc_timer_in(m, relay);
    barrier_soon(m);
}

void muc_on_pong(struct muc_desk *m, const struct stanza *in)
{
    if (*m->barrier_id && strcmp(in->id, m->barrier_id) == 0 &&
        strcmp(in->from.full, m->service.domain) == 0) {
        *m->barrier_id = 0;
        desk_confirm(m->desk, m->barrier_gid);
        if (m->seen_gid > m->barrier_gid)
            barrier_soon(m);
        return;
    }
    if (!muc_alive_answer(m, in))
        (void)muc_relay_answer(m, in);
}

/* ---- catching up -------------------------------------------------------------------------------
 */

/* How far a room has come. */
struct behind {
    int64_t from, after; /* it began above the one, and has had all up to the other */
    size_t late;         /* entries sent so far */
};

struct catch_up {
    struct muc_desk *m;
    char room[ROOM_LOCAL_MAX + 1];
    unsigned round;
};

static void catch_room(struct muc_desk *m, const char *room_id);
static void congest(struct muc_desk *m);

static size_t send_late(struct muc_desk *m, struct muc_out *o, const struct room *r,
                        const struct muc_room *v, const struct session *s,
                        const struct desk_answer *a)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n_history; i++) {
        struct muc_line line;

        if (a->history[i].gid <= s->since_gid || a->history[i].kind == ENTRY_SUBJECT)
            continue;
        muc_line_of(m, o->arena, r, &a->history[i], &line);
        line.delayed = true;
        muc_send_line(&m->service, o, v, &line, s->address);
        n++;
    }
    return n;
}

/* Profanity files delayed messages as silent history: one line without delay says that there is
 * something to read. */
static void send_count(struct muc_desk *m, struct muc_out *o, const struct muc_room *v,
                       const struct session *s, size_t late)
{
    const char *text = arena_printf(o->arena, "%zu message%s came while the connection was away.",
                                    late, late == 1 ? "" : "s");

    muc_send_notice(&m->service, o, v, s->address, text);
}

static void send_missed(struct muc_desk *m, const struct room *r, const struct desk_answer *a,
                        size_t late)
{
    struct muc_out o = muc_out_new(m);
    const struct muc_room *v = muc_view(m, o.arena, r);
    bool dirty = map_take(m->dirty, v->local) != NULL;
    size_t n = 0;
    const struct occupant *const *list = room_occupants(r, &n);

    for (size_t i = 0; i < a->n_history; i++)
        dirty = dirty || !entry_is_said(a->history[i].kind);
    muc_departed_tell(m, &o, v);
    for (size_t i = 0; i < v->n_occupants && dirty; i++)
        if (i == 0 || v->occupants[i].n_sessions > 0) /* the first is the customer; the assistant
                                                         never changes */
            muc_send_presence(&m->service, &o, v, i);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < list[i]->n_sessions; k++) {
            const struct session *s = list[i]->sessions[k];
            size_t sent;

            if (s->kind != SESSION_XMPP)
                continue;
            sent = late + send_late(m, &o, r, v, s, a);
            if (a->unchanged && sent > 0)
                send_count(m, &o, v, s, sent);
            if (a->unchanged)
                muc_alive_ask(m, v->local, s->address);
        }
    }
    if (dirty)
        muc_send_subject(&m->service, &o, v, NULL);
    arena_free(o.arena);
}

/* The room was destroyed while nothing could be sent. */
static void tell_end(struct muc_desk *m, const char *room_id)
{
    struct muc_out o = muc_out_new(m);
    const struct muc_room none = {.local = room_id, .title = "", .subject = ""};

    if (up(m))
        muc_departed_tell(m, &o, &none);
    arena_free(o.arena);
}

/* Catching up will bring the entry, or has, at its place in the log's order. */
static bool will_catch_up(const struct muc_desk *m, const struct room *r, const struct entry *e,
                          const char *address)
{
    const struct behind *b = map_get(m->behind, e->room);
    const struct session *s = NULL;

    return !is_live(m, e->room) && e->gid > (b ? b->from : m->from_gid) &&
           room_by_address(r, address, &s) != NULL && e->gid > s->since_gid;
}

void muc_tell_again(struct muc_desk *m, struct muc_out *o, const struct room *r,
                    const struct entry *e, const char *address)
{
    struct muc_line line;

    if (will_catch_up(m, r, e, address))
        return;
    muc_line_of(m, o->arena, r, e, &line);
    muc_send_line(&m->service, o, muc_view(m, o->arena, r), &line, address);
}

static void leave_behind(struct muc_desk *m, const char *room_id)
{
    free(map_take(m->behind, room_id));
}

static void send_page(struct muc_desk *m, struct behind *b, const char *room_id,
                      const struct desk_answer *a)
{
    if (a->room && (muc_has_xmpp(a->room) || map_get(m->departed, room_id)))
        send_missed(m, a->room, a, b->late);
    b->late += a->n_history;
    if (a->n_history > 0)
        b->after = a->history[a->n_history - 1].gid;
    if (b->after > m->seen_gid)
        m->seen_gid = b->after;
    if (a->unchanged)
        leave_behind(m, room_id);
    else
        catch_room(m, room_id);
}

static void caught_up(void *ctx, enum err e, const struct desk_answer *a)
{
    struct catch_up *c = ctx;
    struct muc_desk *m = c->m;
    struct behind *b = c->round == m->round ? map_get(m->behind, c->room) : NULL;

    if (b && e == OK && up(m) && m->wire.room(m->wire.self) == 0)
        congest(m);
    if (b && e == OK && up(m) && !m->congested) {
        send_page(m, b, c->room, a);
    } else if (b && e == ERR_NOT_FOUND) {
        tell_end(m, c->room);
        leave_behind(m, c->room);
    }
    m->catching--;
    if (m->catching == 0) {
        barrier_send(m); /* at once: until it is back, a restart would send all of this again */
        barrier_soon(m);
    }
    free(c);
}

static void catch_room(struct muc_desk *m, const char *room_id)
{
    const struct behind *b = map_get(m->behind, room_id);
    struct catch_up *c = mem_alloc(sizeof(*c));

    c->m = m;
    c->round = m->round;
    memcpy(c->room, room_id, strlen(room_id));
    m->catching++;
    desk_catch_up(m->desk, room_id, b->after, caught_up, c);
}

static void catch_one(void *ctx, const char *room_id)
{
    struct muc_desk *m = ctx;

    if (!map_get(m->behind, room_id)) {
        struct behind *b = mem_alloc(sizeof(*b));

        b->from = b->after = m->from_gid;
        map_set(m->behind, room_id, b);
    }
    catch_room(m, room_id);
}

/* One whose read failed, or that was left when the server did not keep up. */
static bool catch_again(void *ctx, const char *room_id, void *value)
{
    (void)value;
    catch_room(ctx, room_id);
    return true;
}

static bool catch_departed(void *ctx, const char *room_id, void *value)
{
    struct muc_desk *m = ctx;

    (void)value;
    if (!map_get(m->behind, room_id))
        catch_one(m, room_id);
    return true;
}

/* Every room with sessions gets what lies above from_gid, in its line; until then its events wait.
 * One that was catching up goes on from where it was.
 * Of rooms without sessions only those who left meanwhile could miss something: that they did. */
static void catch_all(struct muc_desk *m)
{
    m->congested = false;
    m->round++;
    desk_each_occupied(m->desk, catch_one, m);
    map_each(m->departed, catch_departed, m);
    barrier_soon(m);
}

static bool forget_behind(void *ctx, const char *room_id, void *value)
{
    (void)value;
    leave_behind(ctx, room_id);
    return true;
}

void muc_desk_link(struct muc_desk *m, bool is_up)
{
    *m->barrier_id = 0;
    muc_alive_down(m);
    muc_contact_link(m, is_up);
    if (!is_up)
        return;
    muc_relay_back(m);
    map_each(m->behind, forget_behind, m);
    m->from_gid = desk_xmpp_confirmed(m->desk);
    catch_all(m);
}

/* The server will not have these stanzas: sending them again would end the stream again and again.
 * They stay in the log, where a join's history shows them. */
void muc_desk_poison(struct muc_desk *m, const char *condition)
{
    log_error("quarantine", "condition=%s from=%lld to=%lld", condition,
              (long long)desk_xmpp_confirmed(m->desk), (long long)m->seen_gid);
    desk_confirm(m->desk, m->seen_gid);
}

void muc_desk_flushed(struct muc_desk *m)
{
    if (m->congested && up(m))
        catch_all(m);
}

/* ---- events ------------------------------------------------------------------------------------
 */

/* Clients show every subject as a line, so it is not repeated when a further agent begins or ends
 * to speak in a chat that stays live. */
static bool is_new_subject(const struct event *e)
{
    if (e->entry->kind == ENTRY_AGENT_JOINED)
        return strcmp(e->entry->sender_id, room_chat(e->room)->assigned_to) == 0;
    if (e->entry->kind == ENTRY_AGENT_LEFT)
        return room_chat(e->room)->state != CHAT_LIVE;
    return e->entry->kind != ENTRY_RATED && !entry_is_said(e->entry->kind);
}

static void tell_entry(struct muc_desk *m, struct muc_out *o, const struct event *e)
{
    const struct muc_room *all = muc_audience(o->arena, e->room);
    struct muc_line line;

    muc_line_of(m, o->arena, e->room, e->entry, &line);
    if (e->entry->kind == ENTRY_SUBJECT) {
        muc_send_subject_change(&m->service, o, all, &line);
        return;
    }
    muc_send_line(&m->service, o, all, &line, NULL);
    if (is_new_subject(e))
        muc_send_subject(&m->service, o, muc_view(m, o->arena, e->room), NULL);
}

static void tell_joined(struct muc_desk *m, struct muc_out *o, const struct event *e,
                        const struct muc_room *v)
{
    size_t who = 0;

    /* who joins by XMPP is announced with its own join */
    if (e->session->kind == SESSION_WEB && muc_index_nick(v, e->occupant->nick, &who))
        muc_send_presence(&m->service, o, v, who);
}

/* Whoever types or has read is in the room under this nick. */
static bool find_sender(struct arena *a, const struct muc_room *v, const struct event *e,
                        size_t *who)
{
    const char *nick =
        e->role == ROLE_USER ? room_customer_nick(e->room) : text_nick(a, e->sender_name);

    return muc_index_nick(v, nick, who);
}

static void tell(struct muc_desk *m, struct muc_out *o, const struct event *e)
{
    const struct muc_room *v;
    size_t who = 0;

    if (e->kind == EVENT_ENTRY) {
        tell_entry(m, o, e);
        return;
    }
    v = muc_view(m, o->arena, e->room);
    switch (e->kind) {
    case EVENT_TYPING:
        if (find_sender(o->arena, v, e, &who))
            muc_send_state(&m->service, o, v, v->occupants[who].nick, v->occupants[who].jid,
                           e->state, "");
        break;
    case EVENT_READ:
        if (!e->reflected && find_sender(o->arena, v, e, &who))
            muc_send_marker(&m->service, o, v, &v->occupants[who], e->entry->id);
        break;
    case EVENT_JOINED:
        tell_joined(m, o, e, v);
        break;
    case EVENT_LEFT:
        muc_tell_left(m, o, e, v);
        break;
    case EVENT_ROLES:
        for (size_t i = 0; i < v->n_occupants; i++)
            if (v->occupants[i].n_sessions > 0)
                muc_send_presence(&m->service, o, v, i);
        break;
    case EVENT_CUSTOMER: /* the first of v */
        muc_send_renamed(&m->service, o, v, 0, MUC_ALL, e->sender_name, false);
        break;
    case EVENT_CLOSED_ROOM:
        muc_send_destroy(&m->service, o, v, e->why);
        break;
    case EVENT_STAFF:
        muc_staff_tell(m, o, e, v);
        break;
    case EVENT_ERASED: /* who is in an open room is out by EVENT_CLOSED_ROOM */
    case EVENT_ENTRY:  /* tell_entry */
    case EVENT_SAYING: /* there is no room while the assistant speaks */
    case EVENT_UNSAID:
    case EVENT_KEY_GONE:
    case EVENT_AGENT_GONE:
    case EVENT_LOGIN: /* this and the next: muc_contact.c */
    case EVENT_OFFERED:
    case EVENT_OFFER_OVER:
        break;
    }
}

static bool concerns_rooms(const struct event *e)
{
    if (!e->room || e->kind == EVENT_AGENT_GONE || e->kind == EVENT_ERASED ||
        e->kind == EVENT_OFFERED || e->kind == EVENT_OFFER_OVER || e->kind == EVENT_SAYING ||
        e->kind == EVENT_UNSAID)
        return false;
    return e->kind == EVENT_STAFF || muc_has_xmpp(e->room) ||
           (e->kind == EVENT_LEFT && e->session->kind == SESSION_XMPP);
}

/* The server does not keep up: what is not sent now is sent from the log when all has gone out. Of
 * rooms that catch up, from where they are. */
static void congest(struct muc_desk *m)
{
    if (m->congested)
        return;
    m->congested = true;
    m->from_gid = m->seen_gid;
    log_warn("congested", "gid=%lld", (long long)m->seen_gid);
}

static void forget_occupant(struct muc_desk *m, const char *room_id, const struct occupant *o)
{
    for (size_t k = 0; k < o->n_sessions; k++)
        muc_alive_gone(m, room_id, o->sessions[k]->address);
}

/* Nobody asks any more whether those are there who left. */
static void forget_pulses(struct muc_desk *m, const struct event *e)
{
    size_t n = 0;
    const struct occupant *const *list;

    if (e->kind == EVENT_LEFT)
        muc_alive_gone(m, e->room_id, e->session->address);
    if (e->kind == EVENT_STAFF && e->staff->what == STAFF_REMOVED)
        forget_occupant(m, e->room_id, e->staff->occupant);
    if (e->kind != EVENT_CLOSED_ROOM &&
        (e->kind != EVENT_STAFF || e->staff->what != STAFF_DESTROYED))
        return;
    list = room_occupants(e->room, &n);
    for (size_t i = 0; i < n; i++)
        forget_occupant(m, e->room_id, list[i]);
}

void muc_on_event(void *ctx, const struct event *e)
{
    struct muc_desk *m = ctx;
    struct muc_out o;

    if (e->kind == EVENT_LEFT && e->lost)
        log_info("session-lost", "room=%s address=%s", e->room_id, e->session->address);
    forget_pulses(m, e);
    if (concerns_rooms(e)) {
        if (up(m) && m->wire.room(m->wire.self) == 0)
            congest(m);
        if (is_live(m, e->room_id)) {
            o = muc_out_new(m);
            tell(m, &o, e);
            arena_free(o.arena);
        } else if (e->kind != EVENT_ENTRY && e->kind != EVENT_TYPING && e->kind != EVENT_READ) {
            map_set(m->dirty, e->room_id, &mark);
            muc_departed_note(m, e);
        }
    }
    if (e->kind == EVENT_ENTRY && up(m) && !m->congested && e->entry->gid > m->seen_gid) {
        m->seen_gid = e->entry->gid;
        barrier_soon(m);
    }
}

/* ---- life --------------------------------------------------------------------------------------
 */

void muc_tell_init(struct muc_desk *m)
{
    m->behind = map_new();
    m->dirty = map_new();
    m->departed = map_new();
    m->alive = muc_alive_new();
    m->relay = muc_relay_new();
    m->seen_gid = desk_xmpp_confirmed(m->desk);
}

void muc_tell_free(struct muc_desk *m)
{
    muc_departed_free(m);
    muc_alive_free(m->alive);
    muc_relay_free(m->relay);
    free(m->private_ids);
    map_each(m->behind, forget_behind, m);
    map_free(m->behind);
    map_free(m->dirty);
}
