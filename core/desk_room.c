#include "core/desk_own.h"

#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- join --------------------------------------------------------------------------------------
 */

struct join_call {
    struct join join;
    struct session *session; /* what will be stored */
    struct entry *history;
    size_t n_history;
    bool pending, was_new;
};

static void join_answer(struct op *op)
{
    struct join_call *call = op->call;
    const struct session *s = NULL;
    const struct occupant *o = room_by_address(op->room, call->join.address, &s);
    struct desk_answer a = {.session = s,
                            .occupant = o,
                            .new_occupant = call->was_new,
                            .resync = call->join.resync,
                            .history = call->history,
                            .n_history = call->n_history};

    op_answer(op, OK, &a);
}

static void join_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;
    struct join_call *call = op->call;
    struct occupant *o;

    chat_apply(r, c);
    call->was_new = !room_own(r, op->who.id);
    (void)room_put_session(r, call->session);
    o = room_own(r, op->who.id);
    if (call->was_new)
        o->pending = call->pending;
    o->role = room_role_of(r, op->who.id);
    o->assigned = room_is_assigned(r, op->who.id);
    join_answer(op);
    if (call->was_new) {
        struct event e = {.kind = EVENT_JOINED, .room = r, .room_id = r->id, .occupant = o};

        (void)room_by_address(r, call->join.address, &e.session);
        bus_publish(r->desk->bus, &e);
    }
    chat_publish(r, c);
    op_end(op);
}

/* A join claims only as that agent's first entry into that room ever: clients come back by
 * themselves to what they joined once, from bookmarks and after each reconnection. */
static bool join_claims(const struct op *op)
{
    const struct room *r = op->room;

    /* who is rung comes because of the offer; who is in already answers with a claim */
    if (chat_is_offered(r, op->who.id) && !room_occupant(r, op->who.id))
        return true;
    return r->chat->state == CHAT_WAITING && r->desk->o.claim_on == CLAIM_JOIN &&
           !room_was_here(r, op->who.id);
}

static void join_store(struct op *op)
{
    struct room *r = op->room;
    struct join_call *call = op->call;
    const struct agent *agent = directory_by_id(r->desk->directory, op->who.id);
    struct change *c;

    if (!agent) { /* removed while the history was read */
        op_done(op, ERR_NOT_FOUND, NULL);
        return;
    }
    c = op_change(op);
    call->pending = r->chat->state == CHAT_WAITING && room_was_here(r, op->who.id);
    if (r->chat->away_ms != 0 && strcmp(r->chat->assigned_to, op->who.id) == 0)
        chat_alter(op, c)->away_ms = 0;
    if (join_claims(op)) {
        chat_take(op, c, agent);
        c->chat->away_ms = 0;
    } else if (!room_was_here(r, op->who.id)) {
        struct participant *p = arena_new_of(c->arena, struct participant);

        p->agent_id = arena_dup(c->arena, op->who.id);
        c->participants = p;
        c->n_participants = 1;
    }
    if (call->join.kind == SESSION_XMPP) {
        c->sessions = call->session;
        c->n_sessions = 1;
    }
    op_submit(op, c);
}

static void history_read(struct op *op, struct query *q)
{
    struct join_call *call = op->call;

    call->n_history = q->n_entries;
    call->history = arena_array(op->arena, struct entry, q->n_entries + 1);
    for (size_t i = 0; i < q->n_entries; i++)
        entry_copy(op->arena, &call->history[i], &q->entries[i]);
    join_store(op);
}

static void join_session(struct op *op)
{
    struct room *r = op->room;
    struct join_call *call = op->call;
    const struct agent *agent = directory_by_id(r->desk->directory, op->who.id);
    const struct session *before = NULL;
    struct session *s = arena_new_of(op->arena, struct session);

    (void)room_by_address(r, call->join.address, &before);
    s->kind = call->join.kind;
    s->room = arena_dup(op->arena, r->id);
    s->address = call->join.address;
    s->agent_id = op->who.id;
    s->jid = arena_dup(op->arena, agent->jid);
    s->nick = text_nick(op->arena, agent->name);
    s->presence = call->join.presence;
    s->joined_ms = before ? before->joined_ms : desk_steady(r->desk);
    s->since_gid = before && !call->join.resync ? before->since_gid : r->chat->last_gid;
    call->session = s;
}

static void join_run(struct op *op)
{
    struct room *r = op->room;
    struct join_call *call = op->call;
    const struct session *before = NULL;
    enum err e = op_may_as_agent(op, ACTION_ENTER);
    struct query *q;

    if (e == OK && r->chat->state == CHAT_CLOSED)
        e = ERR_CLOSED;
    (void)room_by_address(r, call->join.address, &before);
    if (e == OK && before && !room_has(r, op->who.id, call->join.address))
        e = ERR_CONFLICT;
    if (e == OK && !before && !call->join.resync)
        e = ERR_NOT_OCCUPANT;
    if (e == OK && !before && r->n_sessions >= DESK_SESSIONS_MAX)
        e = ERR_BUSY;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    join_session(op);
    if (!call->join.resync || call->join.history_max == 0) {
        join_store(op);
        return;
    }
    q = query_new(QUERY_ENTRIES, NULL, NULL);
    q->room = arena_dup(q->arena, r->id);
    q->newest = true;
    q->messages_only = true;
    q->limit = call->join.history_max < DESK_HISTORY ? call->join.history_max : DESK_HISTORY;
    op_read(op, q, history_read);
}

void desk_join(struct desk *d, const struct principal *who, const char *chat, const struct join *j,
               desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct join_call *call = arena_new_of(op->arena, struct join_call);

    call->join = *j;
    call->join.address = arena_dup(op->arena, j->address);
    call->join.presence = arena_dup(op->arena, j->presence);
    op->call = call;
    op->run = join_run;
    op->applied = join_applied;
    op_enter(op);
}

/* ---- leave -------------------------------------------------------------------------------------
 */

struct leave_call {
    const char *address, *why;
    enum left_how how;
};

static void leave_now(struct op *op)
{
    struct room *r = op->room;
    const struct leave_call *call = op->call;
    struct session *gone = NULL;
    struct occupant *last = NULL;
    struct event e = {.kind = EVENT_LEFT, .room = r, .room_id = r->id};

    if (room_take_session(r, call->address, &gone, &last)) {
        e.session = gone;
        e.occupant = last;
        e.why = call->why;
        e.how = call->how;
        e.lost = call->how == LEFT_LOST;
        op_answer(op, OK, NULL);
        bus_publish(r->desk->bus, &e);
        session_free(gone);
        occupant_free(last);
    }
    op_done(op, OK, NULL);
}

static void leave_applied(struct op *op, struct change *c)
{
    chat_apply(op->room, c);
    leave_now(op);
}

static void leave_run(struct op *op)
{
    struct room *r = op->room;
    const struct leave_call *call = op->call;
    bool away = work_goes_away(r, call->address);
    const struct session *s = NULL;
    struct change *c;
    const char **gone;

    (void)room_by_address(r, call->address, &s);
    if (!s || (s->kind == SESSION_WEB && !away)) {
        leave_now(op);
        return;
    }
    c = op_change(op);
    if (away)
        chat_alter(op, c)->away_ms = desk_steady(r->desk);
    gone = arena_array(c->arena, const char *, 1);
    gone[0] = arena_dup(c->arena, call->address);
    c->gone = gone;
    c->n_gone = 1;
    op_submit(op, c);
}

static void leave(struct desk *d, const char *chat, const char *address, enum left_how how,
                  const char *why, desk_fn *done, void *ctx)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct leave_call *call;
    struct op *op;

    if (desk_staff_name(d, chat)) {
        staff_leave(d, chat, address, how, why, done, ctx);
        return;
    }
    op = op_new(d, chat, &system, done, ctx);
    call = arena_new_of(op->arena, struct leave_call);
    call->address = arena_dup(op->arena, address);
    call->why = arena_dup(op->arena, why);
    call->how = how;
    op->call = call;
    op->run = leave_run;
    op->applied = leave_applied;
    op_enter(op);
}

void desk_leave(struct desk *d, const char *chat, const char *address, bool lost, const char *why,
                desk_fn *done, void *ctx)
{
    leave(d, chat, address, lost ? LEFT_LOST : LEFT_PLAIN, why, done, ctx);
}

void room_leave(struct desk *d, const char *room, const char *address, enum left_how how,
                const char *why)
{
    leave(d, room, address, how, why, NULL, NULL);
}

void room_expel(struct room *r, const char *agent_id, enum left_how how, const char *actor,
                const char *why)
{
    struct event e = {
        .kind = EVENT_LEFT, .room = r, .room_id = r->id, .why = why, .how = how, .actor = actor};
    const struct occupant *o;

    while ((o = room_own(r, agent_id))) {
        struct session *gone = NULL;
        struct occupant *last = NULL;

        (void)room_take_session(r, o->sessions[0]->address, &gone, &last);
        e.session = gone;
        e.occupant = last;
        bus_publish(r->desk->bus, &e);
        session_free(gone);
        occupant_free(last);
    }
}

/* ---- typing ------------------------------------------------------------------------------------
 */

struct typing_call {
    const char *address, *state;
    bool typing;
};

static void typing_tell(struct op *op)
{
    struct room *r = op->room;
    const struct typing_call *call = op->call;
    bool customer = op->who.kind == WHO_CUSTOMER;
    const struct agent *agent = customer ? NULL : directory_by_id(r->desk->directory, op->who.id);
    struct event e = {.kind = EVENT_TYPING, .room = r, .room_id = r->id};

    e.role = customer ? ROLE_USER : ROLE_AGENT;
    e.sender_id = customer ? r->id : op->who.id;
    e.sender_name = customer ? chat_customer_name(r->chat) : agent ? agent->name : "";
    e.typing = call->typing;
    e.state = call->state;
    /* who spoke in an earlier life of the chat does not speak while it waits again */
    e.to_customer = customer || (r->chat->state == CHAT_LIVE && room_is_speaker(r, op->who.id));
    bus_publish(r->desk->bus, &e);
}

static void typing_claimed(struct op *op, struct change *c)
{
    chat_apply(op->room, c);
    op_answer(op, OK, NULL);
    chat_publish(op->room, c);
    typing_tell(op);
    op_end(op);
}

#define TYPING_PER_SECOND 2
#define TYPING_BURST 10

/* What comes faster than anybody types is dropped: it promised nothing, and each one would reach
 * every stream and client of the chat. */
static bool typing_heard(struct room *r)
{
    int64_t retry_ms = 0;

    if (!bucket_has(&r->typing, TYPING_PER_SECOND / 1000.0, TYPING_BURST, desk_steady(r->desk),
                    &retry_ms))
        return false;
    bucket_take(&r->typing);
    return true;
}

static void typing_run(struct op *op)
{
    struct room *r = op->room;
    const struct typing_call *call = op->call;
    enum err e = op_may(op, ACTION_WRITE);
    const struct occupant *o = *call->address ? room_by_address(r, call->address, NULL) : NULL;
    struct change *c;

    if (e == OK && *call->address && !room_has(r, op->who.id, call->address))
        e = ERR_NOT_OCCUPANT;
    if (e == OK && r->chat->state == CHAT_CLOSED)
        e = ERR_CLOSED;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (o && o->pending && call->typing && r->desk->o.claim_on == CLAIM_JOIN) {
        c = op_change(op);
        chat_claim(op, c, directory_by_id(r->desk->directory, op->who.id));
        op_submit(op, c);
        return;
    }
    op_answer(op, OK, NULL);
    if (typing_heard(r))
        typing_tell(op);
    op_end(op);
}

void desk_typing(struct desk *d, const struct principal *who, const char *chat, const char *address,
                 bool typing, desk_fn *done, void *ctx)
{
    desk_chat_state(d, who, chat, address, typing ? "composing" : "paused", done, ctx);
}

void desk_chat_state(struct desk *d, const struct principal *who, const char *chat,
                     const char *address, const char *state, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct typing_call *call = arena_new_of(op->arena, struct typing_call);

    call->address = arena_dup(op->arena, address);
    call->state = arena_dup(op->arena, state);
    call->typing = strcmp(state, "composing") == 0;
    op->call = call;
    op->run = typing_run;
    op->applied = typing_claimed;
    op_enter(op);
}

/* ---- reads -------------------------------------------------------------------------------------
 */

static void read_chat_run(struct op *op)
{
    op_done(op, op_may(op, ACTION_READ), NULL);
}

void desk_chat(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
               void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->run = read_chat_run;
    op_enter(op);
}

static void look_run(struct op *op)
{
    const struct room *r = op->room;
    enum err e = op_may(op, ACTION_ENTER);

    if (e == OK && r->chat->state == CHAT_CLOSED)
        e = ERR_CLOSED;
    op_done(op, e, NULL);
}

void desk_look(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
               void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->run = look_run;
    op_enter(op);
}

static void entries_run(struct op *op)
{
    struct room *r = op->room;
    const struct range *range = op->call;
    enum err e = op_may(op, ACTION_READ);
    struct query *q;

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    q = query_new(QUERY_ENTRIES, NULL, NULL);
    q->room = arena_dup(q->arena, r->id);
    q->public_only = op->who.kind == WHO_CUSTOMER;
    q->after = range->after;
    q->before = range->before;
    q->newest = range->newest;
    q->limit = range->limit;
    op_read(op, q, op_page);
}

static bool entries_plain(const struct op *op)
{
    return op->room->chat != NULL;
}

void desk_entries(struct desk *d, const struct principal *who, const char *chat,
                  const struct range *range, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct range *call = arena_new_of(op->arena, struct range);

    *call = *range;
    op->call = call;
    op->run = entries_run;
    op->plain = entries_plain;
    op_enter(op);
}

static void caught_up(struct op *op, struct query *q)
{
    struct desk_answer a = {
        .history = q->entries, .n_history = q->n_entries, .unchanged = !q->more};

    op_done(op, OK, &a);
}

static void catch_up_run(struct op *op)
{
    struct query *q = query_new(QUERY_AFTER_GID, NULL, NULL);

    q->room = arena_dup(q->arena, op->room->id);
    q->after = *(const int64_t *)op->call;
    q->limit = 1000;
    op_read(op, q, caught_up);
}

void desk_catch_up(struct desk *d, const char *chat, int64_t after_gid, desk_fn *done, void *ctx)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct op *op = op_new(d, chat, &system, done, ctx);
    int64_t *call = arena_new_of(op->arena, int64_t);

    *call = after_gid;
    op->call = call;
    op->run = catch_up_run;
    op_enter(op);
}

struct occupied {
    void (*fn)(void *ctx, const char *room_id);
    void *ctx;
    struct arena *arena;
    const char **ids;
    size_t n;
};

static bool note_occupied(void *ctx, const char *key, void *value)
{
    struct occupied *o = ctx;
    const struct room *r = value;

    if (r->n_sessions > 0 || r->load != ROOM_READY)
        o->ids[o->n++] = arena_dup(o->arena, key);
    return true;
}

void desk_each_occupied(struct desk *d, void (*fn)(void *ctx, const char *room_id), void *ctx)
{
    struct occupied o = {.fn = fn, .ctx = ctx, .arena = arena_new()};

    o.ids = arena_array(o.arena, const char *, map_count(d->rooms) + 1);
    map_each(d->rooms, note_occupied, &o);
    for (size_t i = 0; i < o.n; i++)
        fn(ctx, o.ids[i]);
    arena_free(o.arena);
}
