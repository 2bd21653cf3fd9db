#include "core/desk_own.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- changes of a chat -------------------------------------------------------------------------
 */

struct chat *chat_alter(struct op *op, struct change *c)
{
    if (!c->chat)
        c->chat = chat_dup(c->arena, op->room->chat);
    return c->chat;
}

/* Nearly all changes have one. */
static struct entry *next_entry(struct change *c)
{
    size_t n = c->n_entries++;
    struct entry *more;

    if ((n & (n - 1)) != 0) /* there is room up to the next power of two */
        return &c->entries[n];
    more = arena_array(c->arena, struct entry, n > 0 ? 2 * n : 1);
    if (n > 0)
        memcpy(more, c->entries, n * sizeof(*more));
    c->entries = more;
    return &more[n];
}

struct entry *chat_entry(struct op *op, struct change *c, enum entry_kind kind, enum role role,
                         const char *text)
{
    struct desk *d = op->room->desk;
    struct entry *e = next_entry(c);

    d->o.time.id(d->o.time.self, e->id);
    e->room = c->room;
    e->kind = kind;
    e->role = role;
    e->audience = AUDIENCE_PUBLIC;
    e->text = arena_dup(c->arena, text);
    e->sender_id = e->sender_name = e->data = e->client_id = e->stanza_id = e->payload = e->shown =
        "";
    return e;
}

static const char *data_with(struct change *c, const char *const *pairs)
{
    struct json *o = json_object();
    const char *text;

    for (; *pairs; pairs += 2)
        json_put_str(o, pairs[0], pairs[1]);
    text = json_print(c->arena, o);
    json_free(o);
    return text;
}

const char *chat_agent_data(struct change *c, const char *agent_id, const char *name)
{
    const char *pairs[] = {"agentId", agent_id, "agentName", name, NULL};

    return data_with(c, pairs);
}

void chat_person(struct op *op, struct change *c, enum entry_kind kind, const char *agent_id,
                 const char *name)
{
    const struct desk_texts *texts = &op->room->desk->o.texts;
    const char *form = kind == ENTRY_AGENT_LEFT ? texts->agent_left : texts->agent_joined;
    const char *mark = strstr(form, "%s");
    struct entry *e;

    e = chat_entry(
        op, c, kind, ROLE_SYSTEM,
        mark ? arena_printf(c->arena, "%.*s%s%s", (int)(mark - form), form, name, mark + 2) : form);
    e->sender_id = arena_dup(c->arena, agent_id);
    e->sender_name = arena_dup(c->arena, name);
    e->data = chat_agent_data(c, agent_id, name);
}

void chat_unoffer(struct chat *chat)
{
    chat->offered_to = chat->offered_by = "";
    chat->offered_ms = 0;
}

void chat_claim(struct op *op, struct change *c, const struct agent *agent)
{
    struct chat *chat = chat_alter(op, c);

    chat->state = CHAT_LIVE;
    chat->assigned_to = arena_dup(c->arena, agent->id);
    chat->assigned_ms = desk_steady(op->room->desk);
    /* who takes it from outside is expected to come, or to go on from there */
    chat->away_ms = room_occupant(op->room, agent->id) ? 0 : chat->assigned_ms;
    chat_unoffer(chat);
    chat_person(op, c, ENTRY_AGENT_JOINED, agent->id, agent->name);
    c->participants = room_speakers_now(op->room, c->arena, chat->assigned_to, &c->n_participants);
}

void chat_key(struct op *op, struct change *c, const char *what, const char *body)
{
    const char *all = arena_printf(c->arena, "%s\n%s", what, body);

    if (!*op->key)
        return;
    c->author = arena_dup(c->arena, op->who.id);
    c->key = arena_dup(c->arena, op->key);
    crypto_hash_raw(all, strlen(all), c->body_hash);
}

bool chat_key_ok(struct op *op)
{
    if (strlen(op->key) <= DESK_KEY_MAX && text_ok(op->key, strlen(op->key)))
        return true;
    op_refuse(op, ERR_INVALID, "clientId", "The client id is longer than 64 bytes.");
    return false;
}

void chat_replay_or(struct op *op, const char *what, const char *body, enum err e,
                    const struct desk_answer *answer)
{
    struct change *c;

    op->instead = e;
    op->otherwise = arena_new_of(op->arena, struct desk_answer);
    if (answer)
        *op->otherwise = *answer;
    if (!*op->key) {
        op_done(op, e, op->otherwise);
        return;
    }
    c = op_change(op);
    chat_key(op, c, what, body);
    c->only_replay = true;
    op_submit(op, c);
}

void chat_apply(struct room *r, const struct change *c)
{
    if (c->replayed || r->stale)
        return;
    if (c->chat) {
        lobby_chat_changed(r->desk, r->chat, c->chat);
        wait_taken(r->desk, r->chat, c->chat);
        room_set_chat(r, c->chat);
        chat_ask_over(r);
    }
    for (size_t i = 0; i < c->n_participants; i++)
        room_put_participant(r, c->participants[i].agent_id, c->participants[i].speaker);
    for (size_t i = 0; i < c->n_access; i++)
        access_keep(r->desk, r->id, c->access[i].agent_id, c->access[i].standing);
    for (size_t i = 0; i < c->n_entries; i++) {
        const struct entry *e = &c->entries[i];

        r->chat->last_seq = e->seq;
        r->chat->last_pos = e->pos > 0 ? e->pos : r->chat->last_pos;
        r->chat->last_gid = e->gid;
        r->chat->last_ms = e->created_ms;
    }
    if (c->chat)
        queue_put(r->desk->queue, r->chat);
}

void chat_publish(struct room *r, const struct change *c)
{
    bool roles;

    if (c->replayed || r->stale)
        return;
    roles = room_settle_roles(r);
    for (size_t i = 0; i < c->n_entries; i++) {
        struct event e = {
            .kind = EVENT_ENTRY, .room = r, .room_id = r->id, .entry = &c->entries[i]};

        bus_publish(r->desk->bus, &e);
    }
    if (roles) {
        struct event e = {.kind = EVENT_ROLES, .room = r, .room_id = r->id};

        bus_publish(r->desk->bus, &e);
    }
}

/* ---- escalate ----------------------------------------------------------------------------------
 */

struct escalate {
    const char *reason;
    int64_t median_ms; /* of the last claims' waits; -1 too few */
};

static void estimate(const struct op *op, struct desk_answer *a)
{
    const struct escalate *call = op->call;
    struct desk *d = op->room->desk;

    a->position = (int64_t)queue_position(d->queue, op->room->chat);
    a->estimate_ms = wait_estimate(call->median_ms, a->position,
                                   (int64_t)desk_agents_available(d, op->room->chat->organization));
}

static void escalate_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;
    struct desk_answer a = {
        .entries = c->entries, .n_entries = c->n_entries, .replayed = c->replayed};

    if (!c->replayed && op->who.kind == WHO_CUSTOMER)
        bucket_take(&r->escalations);
    chat_apply(r, c);
    estimate(op, &a);
    op_answer(op, OK, &a);
    chat_publish(r, c);
    op_end(op);
}

static void escalate_store(struct op *op)
{
    const struct escalate *call = op->call;
    struct change *c = op_change(op);
    struct chat *chat = chat_alter(op, c);
    /* without one, the assistant's guess from when it offered people */
    const char *reason = *call->reason ? call->reason : chat->escalation_reason;
    const char *pairs[] = {"reason", reason, NULL};

    chat->state = CHAT_WAITING;
    chat->escalation_requested = true;
    chat->escalation_reason = arena_dup(c->arena, reason);
    chat->escalation_requested_ms = chat->queued_ms = desk_steady(op->room->desk);
    chat->assistant_pending = false;
    chat_entry(op, c, ENTRY_ESCALATED, ROLE_SYSTEM, op->room->desk->o.texts.waiting)->data =
        data_with(c, pairs);
    chat_key(op, c, "escalate", call->reason);
    op_submit(op, c);
}

static void escalate_waits(struct op *op, struct query *q)
{
    struct escalate *call = op->call;
    struct desk_answer same = {.unchanged = true};

    call->median_ms = wait_median(op->room->desk, op->room->chat->organization, q);
    if (!op->room->chat->escalation_requested) {
        escalate_store(op);
        return;
    }
    estimate(op, &same);
    chat_replay_or(op, "escalate", call->reason, OK, &same);
}

static void escalate_run(struct op *op)
{
    struct room *r = op->room;
    struct desk *d = r->desk;
    struct escalate *call = op->call;
    struct desk_answer a = {0};
    enum err e = op_may(op, ACTION_ESCALATE);
    struct query *q;

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if ((e = customer_field(op->arena, call->reason, CHAT_FIELD_MAX, &call->reason)) != OK) {
        op_refuse(op, e, "reason", "This reason cannot be used.");
        return;
    }
    if (!chat_key_ok(op))
        return;
    if (r->chat->state == CHAT_CLOSED) {
        chat_replay_or(op, "escalate", call->reason, ERR_CLOSED, NULL);
        return;
    }
    if (!r->chat->escalation_requested && op->who.kind == WHO_CUSTOMER &&
        !bucket_has(&r->escalations, d->o.escalations_per_hour / 3600000.0,
                    d->o.escalations_per_hour, desk_steady(d), &a.retry_ms)) {
        op_done(op, ERR_RATE, &a);
        return;
    }
    q = query_new(QUERY_WAITS, NULL, NULL);
    q->organization = arena_dup(q->arena, r->chat->organization);
    op_read(op, q, escalate_waits);
}

void desk_escalate(struct desk *d, const struct principal *who, const char *chat,
                   const char *reason, const char *key, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct escalate *call = arena_new_of(op->arena, struct escalate);

    call->reason = arena_dup(op->arena, reason);
    call->median_ms = -1;
    op->key = arena_dup(op->arena, key);
    op->call = call;
    op->run = escalate_run;
    op->applied = escalate_applied;
    op_enter(op);
}

/* ---- assign ------------------------------------------------------------------------------------
 */

void chat_applied(struct op *op, struct change *c)
{
    struct desk_answer a = {
        .entries = c->entries, .n_entries = c->n_entries, .replayed = c->replayed};

    chat_apply(op->room, c);
    op_answer(op, OK, &a);
    chat_publish(op->room, c);
    op_end(op);
}

static void assign_run(struct op *op)
{
    struct room *r = op->room;
    enum err e = op_may_as_agent(op, ACTION_ASSIGN);
    bool mine = e == OK && strcmp(r->chat->assigned_to, op->who.id) == 0;
    struct desk_answer same = {.unchanged = mine};
    struct change *c;

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!chat_key_ok(op))
        return;
    if (r->chat->state == CHAT_CLOSED) {
        chat_replay_or(op, "assign", "", ERR_CLOSED, NULL);
        return;
    }
    if (r->chat->state == CHAT_LIVE && !chat_is_offered(r, op->who.id)) {
        chat_replay_or(op, "assign", "", mine ? OK : ERR_ALREADY_ASSIGNED, &same);
        return;
    }
    c = op_change(op);
    chat_take(op, c, directory_by_id(r->desk->directory, op->who.id));
    chat_key(op, c, "assign", "");
    op_submit(op, c);
}

void desk_assign(struct desk *d, const struct principal *who, const char *chat, const char *key,
                 desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->key = arena_dup(op->arena, key);
    op->run = assign_run;
    op->applied = chat_applied;
    op_enter(op);
}

/* ---- close -------------------------------------------------------------------------------------
 */

void chat_closed(struct op *op, struct change *c)
{
    struct room *r = op->room;
    struct desk_answer a = {
        .entries = c->entries, .n_entries = c->n_entries, .replayed = c->replayed};
    struct event e = {.kind = EVENT_CLOSED_ROOM, .room = r, .room_id = r->id};

    if (c->replayed) {
        op_done(op, OK, &a);
        return;
    }
    if (op->who.kind == WHO_CUSTOMER && r->chat->escalation_requested)
        bucket_take(&r->ends);
    chat_apply(r, c);
    op_answer(op, OK, &a);
    chat_publish(r, c);
    e.why = r->desk->o.texts.closed;
    bus_publish(r->desk->bus, &e);
    room_clear_sessions(r);
    op_end(op);
}

void chat_close(struct op *op, struct change *c, const char *reason)
{
    struct chat *chat = chat_alter(op, c);
    const char *pairs[] = {"reason", reason, NULL};

    chat->state = CHAT_CLOSED;
    chat->closed_ms = desk_steady(op->room->desk);
    chat->away_ms = 0;
    chat_unoffer(chat);
    chat->assistant_pending = false;
    chat_entry(op, c, ENTRY_CLOSED, ROLE_SYSTEM, op->room->desk->o.texts.closed)->data =
        data_with(c, pairs);
    c->gone_all = true;
}

static void close_store(struct op *op, const char *reason)
{
    struct change *c = op_change(op);

    chat_close(op, c, reason);
    chat_key(op, c, "close", reason);
    op_submit(op, c);
}

/* Whoever has the chat ends it, and supervisors; anybody while it waits. */
static bool may_end(const struct op *op)
{
    const struct chat *c = op->room->chat;

    return op->who.kind != WHO_AGENT || c->state != CHAT_LIVE || op_is_supervisor(op) ||
           strcmp(c->assigned_to, op->who.id) == 0;
}

/* With its next message such a chat waits again, and calls people. */
static bool ends_too_often(struct op *op, int64_t *retry_ms)
{
    struct room *r = op->room;
    int most = r->desk->o.escalations_per_hour;

    return op->who.kind == WHO_CUSTOMER && r->chat->escalation_requested &&
           !bucket_has(&r->ends, most / 3600000.0, most, desk_steady(r->desk), retry_ms);
}

static void close_run(struct op *op)
{
    enum err e = op_may(op, ACTION_CLOSE);
    struct desk_answer same = {.unchanged = true}, often = {0};
    const char *reason = "";

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!may_end(op)) {
        op_refuse(op, ERR_FORBIDDEN, "", "Another agent has this chat.");
        return;
    }
    if ((e = customer_field(op->arena, op->call, CHAT_FIELD_MAX, &reason)) != OK) {
        op_refuse(op, e, "reason", "This reason cannot be used.");
        return;
    }
    if (!chat_key_ok(op))
        return;
    if (op->room->chat->state == CHAT_CLOSED)
        chat_replay_or(op, "close", reason, OK, &same);
    else if (ends_too_often(op, &often.retry_ms))
        chat_replay_or(op, "close", reason, ERR_RATE, &often);
    else
        close_store(op, reason);
}

void desk_close(struct desk *d, const struct principal *who, const char *chat, const char *reason,
                const char *key, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->key = arena_dup(op->arena, key);
    op->call = arena_dup(op->arena, reason);
    op->run = close_run;
    op->applied = chat_closed;
    op_enter(op);
}
