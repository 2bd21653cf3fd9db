#include "core/desk_own.h"

#include "core/base/log.h"

#include <stdlib.h>
#include <string.h>

/* ---- a room ------------------------------------------------------------------------------------
 */

static bool is_stored(const struct query *q, const char *address)
{
    for (size_t i = 0; i < q->n_sessions; i++)
        if (strcmp(q->sessions[i].address, address) == 0)
            return true;
    return false;
}

static bool take_lost(struct room *r, const struct query *q, struct event *e,
                      struct session **session, struct occupant **last)
{
    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct occupant *o = r->occupants[i];

        for (size_t k = 0; k < o->n_sessions; k++) {
            const struct session *s = o->sessions[k];

            if (s->kind == SESSION_WEB || is_stored(q, s->address))
                continue;
            (void)room_take_session(r, s->address, session, last);
            e->session = *session;
            e->occupant = *last;
            return true;
        }
    }
    return false;
}

/* Sessions whose end was stored by a commit that seemed to have failed. */
static void drop_sessions(struct room *r, const struct query *q)
{
    struct event e = {.kind = EVENT_LEFT, .room = r, .room_id = r->id, .why = ""};
    struct session *session = NULL;
    struct occupant *last = NULL;

    while (take_lost(r, q, &e, &session, &last)) {
        bus_publish(r->desk->bus, &e);
        session_free(session);
        occupant_free(last);
    }
}

/* tell: others may be listening already. */
static void put_sessions(struct room *r, const struct query *q, bool tell)
{
    struct desk *d = r->desk;
    struct event e = {.kind = EVENT_JOINED, .room = r, .room_id = r->id};

    for (size_t i = 0; i < q->n_sessions; i++) {
        const struct session *s = &q->sessions[i];
        bool is_new = !room_own(r, s->agent_id);
        struct occupant *o;

        /* removed after this was read */
        if (!directory_by_id(d->directory, s->agent_id))
            continue;
        e.session = room_put_session(r, s);
        e.occupant = o = room_own(r, s->agent_id);
        if (!is_new)
            continue;
        /* who is in a waiting room did not claim it by joining */
        o->pending = r->chat->state == CHAT_WAITING && d->o.claim_on == CLAIM_JOIN;
        if (tell)
            bus_publish(d->bus, &e);
    }
}

static void put_chat(struct room *r, const struct query *q)
{
    room_set_chat(r, &q->chats[0]);
    for (size_t i = 0; i < q->n_participants; i++)
        room_put_participant(r, q->participants[i].agent_id, q->participants[i].speaker);
    for (size_t i = 0; i < q->n_access; i++)
        access_keep(r->desk, r->id, q->access[i].agent_id, q->access[i].standing);
    if (r->chat->assistant_pending)
        r->question_seq = r->chat->last_seq;
    chat_ask_over(r);
    r->load = ROOM_READY;
    r->stale = false;
}

/* The room was in memory, and a commit seemed to have failed. missed: the entries that it stored
 * after all; nobody was told of them. */
static void take_again(struct room *r, const struct query *q, const struct query *missed)
{
    bool closed = r->chat->state != CHAT_CLOSED && q->chats[0].state == CHAT_CLOSED;
    bool erased = r->chat->erased_ms == 0 && q->chats[0].erased_ms > 0;
    struct change told = {.entries = missed ? missed->entries : NULL,
                          .n_entries = missed ? missed->n_entries : 0};
    struct event e = {.kind = EVENT_CLOSED_ROOM, .room = r, .room_id = r->id};

    lobby_chat_changed(r->desk, r->chat, &q->chats[0]);
    put_chat(r, q);
    queue_put(r->desk->queue, r->chat);
    if (!closed) {
        drop_sessions(r, q);
        put_sessions(r, q, true);
    }
    chat_publish(r, &told);
    if (erased)
        keep_tell_erased(r);
    if (closed) {
        e.why = r->desk->o.texts.closed;
        bus_publish(r->desk->bus, &e);
        room_clear_sessions(r);
    }
}

static void take_first(struct room *r, const struct query *q)
{
    put_chat(r, q);
    put_sessions(r, q, false);
    (void)room_settle_roles(r);
}

/* ---- the office: people ------------------------------------------------------------------------
 */

static bool has_agent(const struct query *q, const char *id)
{
    for (size_t i = 0; i < q->n_agents; i++)
        if (strcmp(q->agents[i].id, id) == 0)
            return true;
    return false;
}

struct missing {
    const struct query *q;
    struct agent *agents;
    size_t n;
};

static void note_missing(void *ctx, const struct agent *a)
{
    struct missing *m = ctx;
    struct agent *gone;

    if (has_agent(m->q, a->id))
        return;
    m->agents = mem_resize(m->agents, (m->n + 1) * sizeof(struct agent));
    gone = &m->agents[m->n++];
    *gone = *a;
    gone->jid = arena_dup(m->q->arena, a->jid);
    gone->name = arena_dup(m->q->arena, a->name);
}

static void take_people(struct desk *d, const struct query *q)
{
    struct missing m = {.q = q};

    for (size_t i = 0; i < q->n_organizations; i++) {
        /* whoever read the configuration file says again which are set there */
        q->organizations[i].configured = false;
        directory_put_organization(d->directory, &q->organizations[i]);
    }
    for (size_t i = 0; i < q->n_agents; i++)
        people_put(d, &q->agents[i]);
    directory_each_agent(d->directory, note_missing, &m);
    for (size_t i = 0; i < m.n; i++)
        people_gone(d, &m.agents[i]);
    free(m.agents);
    people_forget_tokens(d);
    d->office->load = ROOM_READY;
    d->office->stale = false;
}

/* ---- loading -----------------------------------------------------------------------------------
 */

/* A room that was in memory may owe its entries to those who listen: it is tried again. */
static void load_failed(struct room *r, enum err e)
{
    r->load = ROOM_UNLOADED;
    if (r->chat && e == ERR_NOT_FOUND)
        room_forget_chat(r); /* swept by a commit that seemed to have failed */
    else if (r->chat)
        chat_ask_later(r);
    line_fail(r, e);
}

/* Owns the queries. New calls wait until all are told what was. */
static void finish(struct room *r, struct query *q, struct query *missed, enum err e)
{
    r->pumping = true;
    if (e == ERR_NOT_FOUND && r->of_staff)
        e = OK; /* whoever waits may want to create it */
    if (e != OK)
        load_failed(r, e);
    else if (r->of_staff)
        staff_loaded(r, q, missed);
    else if (r == r->desk->office)
        take_people(r->desk, q);
    else if (r->chat)
        take_again(r, q, missed);
    else
        take_first(r, q);
    r->pumping = false;
    query_free(missed);
    query_free(q);
    if (e == OK && r->chat && r->chat->assistant_pending)
        chat_ask(r);
    line_pump(r);
}

static void missed_read(struct query *missed, enum err e)
{
    struct query *q = missed->ctx;

    finish(q->ctx, q, missed, e);
}

static void read_missed(struct room *r, struct query *q)
{
    struct query *missed = query_new(QUERY_AFTER_GID, missed_read, q);
    enum err e;

    missed->room = arena_dup(missed->arena, r->id);
    missed->after = room_last_gid(r);
    missed->limit = DESK_LINE_MAX;
    if ((e = r->desk->o.store.read(r->desk->o.store.self, missed)) != OK)
        finish(r, q, missed, e);
}

static int64_t read_gid(const struct query *q)
{
    if (q->n_chats > 0)
        return q->chats[0].last_gid;
    return q->n_staff > 0 ? q->staff[0].last_gid : 0;
}

static void loaded(struct query *q, enum err e)
{
    struct room *r = q->ctx;

    if (e == OK && read_gid(q) > room_last_gid(r) && (r->chat || r->staff))
        read_missed(r, q);
    else
        finish(r, q, NULL, e);
}

void load_room(struct room *r)
{
    struct desk *d = r->desk;
    struct query *q = query_new(r == d->office ? QUERY_START : QUERY_ROOM, loaded, r);
    enum err e;

    q->room = arena_dup(q->arena, r->id);
    r->load = ROOM_LOADING;
    if ((e = d->o.store.read(d->o.store.self, q)) == OK)
        return;
    query_free(q);
    load_failed(r, e);
}

/* ---- start -------------------------------------------------------------------------------------
 */

#define LOADS_AT_ONCE 64 /* the store takes a bounded number of reads */

struct start {
    struct op *op;
    const char **ids; /* rooms with sessions or an unanswered question; some twice */
    size_t n, next, open;
    enum err e;
    bool busy;
};

static void load_some(struct start *s);

static void one_loaded(void *ctx, enum err e, const struct desk_answer *a)
{
    struct start *s = ctx;

    (void)a;
    s->open--;
    if (e != OK && e != ERR_NOT_FOUND)
        s->e = e;
    if (!s->busy)
        load_some(s);
}

static void nothing(struct op *op)
{
    op_done(op, OK, NULL);
}

static void load_some(struct start *s)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct desk *d = s->op->room->desk;

    s->busy = true;
    while (s->e == OK && s->next < s->n && s->open < LOADS_AT_ONCE) {
        struct op *op = op_new(d, s->ids[s->next++], &system, one_loaded, s);

        op->run = nothing;
        s->open++;
        op_enter(op);
    }
    s->busy = false;
    if (s->open == 0)
        op_done(s->op, s->e, NULL);
}

static void started(struct op *op, struct query *q)
{
    struct desk *d = op->room->desk;
    struct start *s = arena_new_of(op->arena, struct start);

    free(d->epoch);
    free(d->secret);
    d->epoch = mem_dup(q->epoch);
    d->secret = mem_dup(q->secret);
    d->start_gid = q->last_gid;
    d->confirmed = d->confirm_wanted = d->confirm_sent = q->xmpp_confirmed;
    take_people(d, q);
    for (size_t i = 0; i < q->n_access; i++)
        access_keep(d, q->access[i].room, q->access[i].agent_id, q->access[i].standing);
    clock_start(d, q);
    for (size_t i = 0; i < q->n_chats; i++)
        queue_put(d->queue, &q->chats[i]);
    work_start(d);
    staff_start(d, q);
    files_start(d, q);
    log_info("start", "agents=%zu open=%zu sessions=%zu unanswered=%zu", q->n_agents, q->n_chats,
             q->n_sessions, q->n_pending);
    s->op = op;
    s->ids = arena_array(op->arena, const char *, q->n_sessions + q->n_pending + 1);
    for (size_t i = 0; i < q->n_sessions; i++)
        s->ids[s->n++] = arena_dup(op->arena, q->sessions[i].room);
    for (size_t i = 0; i < q->n_pending; i++)
        s->ids[s->n++] = arena_dup(op->arena, q->pending[i]);
    load_some(s);
}

static void start_run(struct op *op)
{
    op_read(op, query_new(QUERY_START, NULL, NULL), started);
}

void desk_start(struct desk *d, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);

    op->run = start_run;
    op_enter(op);
}
