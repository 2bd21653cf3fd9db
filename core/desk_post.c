#include "core/desk_own.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include <string.h>

struct post_call {
    const char *text, *address, *stanza_id, *payload;
    bool escalated_only;
};

/* ---- one message -------------------------------------------------------------------------------
 */

static void post_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;
    struct desk_answer a = {
        .entries = c->entries + (c->n_entries - 1), .n_entries = 1, .replayed = c->replayed};
    const struct entry *last = &c->entries[c->n_entries - 1];

    chat_apply(r, c);
    op_answer(op, OK, &a);
    chat_publish(r, c);
    if (!c->replayed && r->chat->assistant_pending && last->role == ROLE_USER) {
        r->question_seq = last->seq;
        chat_ask(r);
    }
    op_end(op);
}

/* A refusal may hide that the first try went through: with a key, the store is asked before. */
static void refuse_unless_replay(struct op *op, enum err e, int64_t retry_ms)
{
    const struct post_call *p = op->call;
    struct desk_answer a = {.retry_ms = retry_ms};
    struct change *c;

    if (!op->key || !*op->key) {
        op_done(op, e, &a);
        return;
    }
    c = op_change(op);
    chat_key(op, c, "post", p->text);
    c->only_replay = true;
    op->instead = e;
    op->instead_retry_ms = retry_ms;
    op->applied = post_applied;
    op_submit(op, c);
}

static void post_store(struct op *op, struct change *c, enum role role, const char *sender_id,
                       const char *sender_name)
{
    const struct post_call *p = op->call;
    struct entry *e = chat_entry(op, c, ENTRY_MESSAGE, role, p->text);

    e->sender_id = arena_dup(c->arena, sender_id);
    e->sender_name = arena_dup(c->arena, sender_name);
    e->client_id = arena_dup(c->arena, op->key);
    e->stanza_id = arena_dup(c->arena, p->stanza_id);
    e->payload = arena_dup(c->arena, p->payload);
    chat_key(op, c, "post", p->text);
    op->applied = post_applied;
    op_submit(op, c);
}

static void reopen(struct op *op, struct change *c)
{
    struct chat *chat = chat_alter(op, c);

    chat->closed_ms = 0;
    chat->assigned_to = "";
    chat->assigned_ms = 0;
    chat->state = chat->escalation_requested ? CHAT_WAITING : CHAT_ASSISTANT;
    chat->queued_ms = chat->escalation_requested ? c->now_ms : 0;
    (void)chat_entry(op, c, ENTRY_REOPENED, ROLE_SYSTEM, op->room->desk->o.texts.reopened);
}

static void customer_post(struct op *op)
{
    struct room *r = op->room;
    struct desk *d = r->desk;
    const struct post_call *p = op->call;
    const struct chat *chat = r->chat;
    bool closed = chat->state == CHAT_CLOSED;
    int64_t retry_ms = 0;
    struct change *c;

    if (closed && desk_now(d) - chat->closed_ms > d->o.linger_ms) {
        refuse_unless_replay(op, ERR_CLOSED, 0);
        return;
    }
    if (p->escalated_only && !chat->escalation_requested) {
        refuse_unless_replay(op, ERR_NOT_ESCALATED, 0);
        return;
    }
    if (!bucket_take(&r->messages, d->o.messages_per_minute / 60000.0, d->o.messages_burst,
                     desk_now(d), &retry_ms)) {
        refuse_unless_replay(op, ERR_RATE, retry_ms);
        return;
    }
    c = op_change(op);
    if (closed)
        reopen(op, c);
    if ((c->chat ? c->chat->state : chat->state) == CHAT_ASSISTANT && d->o.assistant.answer)
        chat_alter(op, c)->assistant_pending = true;
    post_store(op, c, ROLE_USER, r->id, *chat->name ? chat->name : "Customer");
}

/* Who speaks to the customer: whom the desk lists as a speaker; in a waiting chat, who claims it
 * by speaking. Never derived from a role in the room. */
static void agent_post(struct op *op)
{
    struct room *r = op->room;
    struct desk *d = r->desk;
    const struct post_call *p = op->call;
    const struct agent *agent = directory_by_id(d->directory, op->who.id);
    struct change *c;

    if (*p->address && !room_by_address(r, p->address, NULL)) {
        op_done(op, ERR_NOT_OCCUPANT, NULL);
        return;
    }
    if (r->chat->state == CHAT_CLOSED) {
        refuse_unless_replay(op, ERR_CLOSED, 0);
        return;
    }
    if (r->chat->state == CHAT_LIVE ? !room_is_speaker(r, op->who.id)
                                    : d->o.claim_on == CLAIM_COMMAND) {
        refuse_unless_replay(op, ERR_FORBIDDEN, 0);
        return;
    }
    c = op_change(op);
    if (r->chat->state == CHAT_WAITING)
        chat_claim(op, c, agent);
    post_store(op, c, ROLE_AGENT, agent->id, agent->name);
}

static bool post_check(struct op *op)
{
    struct post_call *p = op->call;
    size_t len = strlen(p->text);

    if (!text_ok(p->text, len)) {
        op_refuse(op, ERR_TEXT, "content", "The text holds a character that cannot be shown.");
        return false;
    }
    if (len > DESK_TEXT_MAX) {
        op_refuse(op, ERR_TOO_LARGE, "content", "The text is too long.");
        return false;
    }
    p->text = text_body(op->arena, p->text);
    if (!*p->text) {
        op_refuse(op, ERR_INVALID, "content", "The text is empty.");
        return false;
    }
    if (op->key && (strlen(op->key) > DESK_KEY_MAX || !text_ok(op->key, strlen(op->key)))) {
        op_refuse(op, ERR_INVALID, "clientId", "The client id is longer than 64 bytes.");
        return false;
    }
    return true;
}

static void post_run(struct op *op)
{
    struct room *r = op->room;
    enum err e = may(r->desk->directory, &op->who, r->chat, ACTION_WRITE);

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!post_check(op))
        return;
    if (op->who.kind == WHO_CUSTOMER)
        customer_post(op);
    else
        agent_post(op);
}

/* A message between people changes nothing that decides the next one. */
static bool post_plain(const struct op *op)
{
    const struct room *r = op->room;

    switch (r->chat->state) {
    case CHAT_ASSISTANT:
    case CHAT_CLOSED:
        return false;
    case CHAT_WAITING:
        return op->who.kind == WHO_CUSTOMER;
    case CHAT_LIVE:
        return true;
    }
    return false;
}

void desk_post(struct desk *d, const struct principal *who, const char *chat, const struct post *p,
               desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct post_call *call = arena_new_of(op->arena, struct post_call);

    call->text = arena_dup(op->arena, p->text);
    call->address = arena_dup(op->arena, p->address);
    call->stanza_id = arena_dup(op->arena, p->stanza_id);
    call->payload = arena_dup(op->arena, p->payload);
    call->escalated_only = p->escalated_only;
    op->key = arena_dup(op->arena, p->key);
    op->call = call;
    op->run = post_run;
    op->plain = post_plain;
    op_enter(op);
}

/* ---- the assistant -----------------------------------------------------------------------------
 */

struct turn {
    struct desk *desk;
    struct arena *arena;
    char room[ID_LEN + 1];
};

struct answer {
    const char *text;
    bool offer_human;
    const char *reason;
};

static void answer_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;

    chat_apply(r, c);
    chat_publish(r, c);
    r->asking = false;
    if (r->chat->assistant_pending)
        chat_ask(r);
    op_done(op, OK, NULL);
}

static const char *offer_data(struct op *op, struct change *c, const struct answer *a)
{
    struct json *o, *list, *action;
    const char *text;

    if (!a->offer_human)
        return "";
    o = json_object();
    list = json_array();
    action = json_object();
    json_put_str(action, "type", "escalate");
    json_put_str(action, "label", op->room->desk->o.texts.offer);
    json_add(list, action);
    json_put(o, "actions", list);
    text = json_print(c->arena, o);
    json_free(o);
    return text;
}

static void answer_run(struct op *op)
{
    struct room *r = op->room;
    const struct answer *a = op->call;
    struct change *c;
    struct chat *chat;
    struct entry *e;

    if (!r->chat->assistant_pending || r->chat->state != CHAT_ASSISTANT) {
        r->asking = false;
        op_done(op, OK, NULL);
        return;
    }
    c = op_change(op);
    chat = chat_alter(op, c);
    chat->assistant_pending = r->question_seq > r->asked_seq;
    if (a->offer_human && *a->reason) /* until somebody gives a better one */
        chat->escalation_reason = arena_dup(c->arena, a->reason);
    e = chat_entry(op, c, ENTRY_MESSAGE, ROLE_ASSISTANT, a->text);
    e->sender_id = "assistant";
    e->sender_name = arena_dup(c->arena, desk_assistant_name(r->desk));
    e->data = offer_data(op, c, a);
    op->applied = answer_applied;
    op_submit(op, c);
}

/* However the op ends, the assistant is free again: a failed commit leaves the question pending,
 * and the room, loaded anew, asks once more. */
static void answer_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct turn *t = ctx;
    struct room *r = map_get(t->desk->rooms, t->room);

    (void)a;
    if (e != OK) {
        log_warn("assistant", "room=%s error=%s", t->room, err_name(e));
        if (r)
            r->asking = false;
    }
    arena_free(t->arena);
}

static void answered(void *ctx, const char *text, bool offer_human, const char *reason)
{
    struct turn *t = ctx;
    struct principal assistant = {.kind = WHO_ASSISTANT, .id = "assistant"};
    struct op *op = op_new(t->desk, t->room, &assistant, answer_done, t);
    struct answer *a = arena_new_of(op->arena, struct answer);

    a->text = text_body(op->arena, text_clean(op->arena, text, strlen(text)));
    a->offer_human = offer_human;
    a->reason = arena_dup(op->arena, reason);
    op->call = a;
    op->run = answer_run;
    op_enter(op);
}

static void turn_read(struct query *q, enum err e)
{
    struct turn *t = q->ctx;
    struct room *r = map_get(t->desk->rooms, t->room);
    struct assistant_turn turn = {.entries = q->entries, .n_entries = q->n_entries};

    if (e == OK && r && r->chat) {
        turn.chat = r->chat;
        t->desk->o.assistant.answer(t->desk->o.assistant.self, &turn, answered, t);
    } else {
        if (r)
            r->asking = false;
        arena_free(t->arena);
    }
    query_free(q);
}

void chat_ask(struct room *r)
{
    struct desk *d = r->desk;
    struct arena *a;
    struct turn *t;
    struct query *q;

    if (r->asking || !d->o.assistant.answer)
        return;
    a = arena_new();
    t = arena_new_of(a, struct turn);
    t->arena = a;
    t->desk = d;
    memcpy(t->room, r->id, sizeof(t->room));
    q = query_new(QUERY_ENTRIES, turn_read, t);
    q->room = arena_dup(q->arena, r->id);
    q->public_only = true;
    q->newest = true;
    q->limit = DESK_TURN_ENTRIES;
    r->asking = true;
    r->asked_seq = r->question_seq;
    if (d->o.store.read(d->o.store.self, q) == OK)
        return;
    r->asking = false;
    query_free(q);
    arena_free(a);
}
