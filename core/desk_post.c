#include "core/desk_own.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include <string.h>

struct post_call {
    const char *text, *address, *stanza_id, *payload, *shown;
    const char *file;  /* "" none, or it was looked for */
    const char *found; /* its id, when it is one of ours; "" none */
    const char *data;  /* of the entry */
    const struct file *attach;
    const char *what, *same; /* for the key */
    bool escalated_only;
};

/* ---- one message -------------------------------------------------------------------------------
 */

static void post_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;
    struct desk_answer a = {.replayed = c->replayed};
    const struct entry *last = NULL;

    if (c->n_entries > 0) {
        last = &c->entries[c->n_entries - 1]; /* before it: agent_joined or reopened */
        a.entries = last;
        a.n_entries = 1;
    }
    chat_apply(r, c);
    op_answer(op, OK, &a);
    chat_publish(r, c);
    if (!c->replayed && r->chat->assistant_pending && last && last->role == ROLE_USER) {
        r->question_seq = last->seq;
        chat_ask(r);
    }
    op_end(op);
}

/* A refusal may hide that the first try went through. */
static void post_refuse(struct op *op, enum err e, int64_t retry_ms)
{
    const struct post_call *p = op->call;
    struct desk_answer a = {.retry_ms = retry_ms};

    chat_replay_or(op, p->what, p->same, e, &a);
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
    e->shown = arena_dup(c->arena, p->shown);
    e->data = arena_dup(c->arena, p->data);
    c->file_posted = arena_dup(c->arena, p->found);
    if (p->attach)
        files_attach(op, c, p->attach, &e->data);
    chat_key(op, c, p->what, p->same);
    op_submit(op, c);
}

void chat_reopen(struct op *op, struct change *c)
{
    struct chat *chat = chat_alter(op, c);

    chat->closed_ms = 0;
    chat->rating =
        0; /* what comes now can be rated anew; the log keeps what was said of the rest */
    chat->rating_comment = "";
    chat->rated_ms = 0;
    chat->assigned_to = "";
    chat->assigned_ms = 0;
    chat->state = chat->escalation_requested ? CHAT_WAITING : CHAT_ASSISTANT;
    chat->queued_ms = chat->escalation_requested ? desk_steady(op->room->desk) : 0;
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

    if (closed && clock_age(d, chat->closed_ms) > d->o.linger_ms) {
        post_refuse(op, ERR_CLOSED, 0);
        return;
    }
    if (p->escalated_only && !chat->escalation_requested) {
        post_refuse(op, ERR_NOT_ESCALATED, 0);
        return;
    }
    if (!bucket_has(&r->messages, d->o.messages_per_minute / 60000.0, d->o.messages_burst,
                    desk_steady(d), &retry_ms)) {
        post_refuse(op, ERR_RATE, retry_ms);
        return;
    }
    bucket_take(&r->messages);
    c = op_change(op);
    if (closed)
        chat_reopen(op, c);
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

    if (*p->address && !room_has(r, op->who.id, p->address)) {
        op_done(op, ERR_NOT_OCCUPANT, NULL);
        return;
    }
    if (r->chat->state == CHAT_CLOSED) {
        post_refuse(op, ERR_CLOSED, 0);
        return;
    }
    if (r->chat->state == CHAT_LIVE ? !room_is_speaker(r, op->who.id)
                                    : d->o.claim_on == CLAIM_COMMAND) {
        post_refuse(op, ERR_FORBIDDEN, 0);
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
    if (!p->attach)
        p->same = p->text;
    p->shown = text_body(op->arena, p->shown);
    if (!*p->text) {
        op_refuse(op, ERR_INVALID, "content", "The text is empty.");
        return false;
    }
    return chat_key_ok(op);
}

/* ---- a file that is sent with it --------------------------------------------------------------
 */

static void post_run(struct op *op);

static void file_read(struct op *op, struct query *q)
{
    struct post_call *p = op->call;

    p->found = arena_dup(op->arena, q->files[0].id);
    p->data = files_data(op->arena, &q->files[0], p->text);
    post_run(op);
}

/* Then it is only a link. */
static void file_not_read(struct op *op, enum err e)
{
    if (e == ERR_NOT_FOUND)
        post_run(op);
    else
        op_done(op, e, NULL);
}

static void look_for_file(struct op *op)
{
    struct post_call *p = op->call;
    struct query *q = query_new(QUERY_FILE, NULL, NULL);

    q->id = arena_dup(q->arena, p->file);
    p->file = "";
    op_read_or(op, q, file_read, file_not_read);
}

static void post_run(struct op *op)
{
    const struct post_call *p = op->call;
    bool customer = op->who.kind == WHO_CUSTOMER;
    enum err e = customer ? op_may(op, ACTION_WRITE) : op_may_as_agent(op, ACTION_WRITE);

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!post_check(op))
        return;
    if (*p->file)
        look_for_file(op);
    else if (customer)
        customer_post(op);
    else
        agent_post(op);
}

/* A message between people changes nothing that decides the next one. */
static bool post_plain(const struct op *op)
{
    const struct room *r = op->room;
    const struct post_call *p = op->call;

    /* it reads first: the next one would be stored before it; or it may be too much for a day */
    if (*p->file || p->attach)
        return false;
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
    call->shown = arena_dup(op->arena, p->shown);
    call->file = arena_dup(op->arena, p->file);
    call->found = call->data = "";
    call->attach = p->attach ? file_dup(op->arena, p->attach) : NULL;
    call->what = p->attach ? "file" : "post";
    call->same = p->attach ? files_same(op->arena, p->attach, p->digest) : call->text;
    call->escalated_only = p->escalated_only || p->attach;
    op->key = arena_dup(op->arena, p->key);
    op->call = call;
    op->run = post_run;
    op->applied = post_applied;
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

#define ASK_AGAIN_MS 5000

/* The assistant is at work no more, but owes an answer. */
static void ask_failed(struct room *r)
{
    r->asking = true; /* nobody else asks meanwhile */
    r->ask_at_ms = desk_steady(r->desk) + ASK_AGAIN_MS;
    TAILQ_INSERT_TAIL(&r->desk->owing, r, owing_link);
}

void chat_ask_later(struct room *r)
{
    if (!r->asking)
        ask_failed(r);
}

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
    op_submit(op, c);
}

/* A failed commit leaves the question pending: it is asked again. */
static void answer_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct turn *t = ctx;
    struct room *r = map_get(t->desk->rooms, t->room);

    (void)a;
    if (e != OK) {
        log_warn("assistant", "room=%s error=%s", t->room, err_name(e));
        if (r)
            ask_failed(r);
    }
    arena_free(t->arena);
}

static void answered(void *ctx, const char *text, bool offer_human, const char *reason)
{
    struct turn *t = ctx;
    struct principal assistant = {.kind = WHO_ASSISTANT, .id = "assistant"};
    struct op *op = op_new(t->desk, t->room, &assistant, answer_done, t);
    struct answer *a = arena_new_of(op->arena, struct answer);

    a->text = text_body(op->arena, text_clean(op->arena, text, strnlen(text, DESK_TEXT_MAX)));
    a->offer_human = offer_human;
    a->reason = arena_dup(op->arena, reason);
    op->call = a;
    op->run = answer_run;
    op->applied = answer_applied;
    op_enter(op);
}

/* A message that came while the assistant wrote stands before its answer in the log; the turn ends
 * with the question. */
static void put_question_last(struct query *q)
{
    struct entry question;
    size_t i = q->n_entries;

    while (i > 0 && q->entries[i - 1].role != ROLE_USER)
        i--;
    if (i == 0 || i == q->n_entries)
        return;
    question = q->entries[i - 1];
    memmove(&q->entries[i - 1], &q->entries[i], (q->n_entries - i) * sizeof(struct entry));
    q->entries[q->n_entries - 1] = question;
}

static void turn_read(struct query *q, enum err e)
{
    struct turn *t = q->ctx;
    struct room *r = map_get(t->desk->rooms, t->room);
    struct assistant_turn turn = {.entries = q->entries, .n_entries = q->n_entries};

    if (e == OK && r && r->chat) {
        put_question_last(q);
        turn.chat = r->chat;
        t->desk->o.assistant.answer(t->desk->o.assistant.self, &turn, answered, t);
    } else {
        if (r)
            ask_failed(r);
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
    ask_failed(r);
    query_free(q);
    arena_free(a);
}

/* ---- asking again ------------------------------------------------------------------------------
 */

static void asked_again(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)a;
    if (e != OK)
        ask_failed(ctx); /* asking is still set, and keeps the room */
}

static void ask_again_run(struct op *op)
{
    struct room *r = op->room;

    r->asking = false;
    if (r->chat->assistant_pending)
        chat_ask(r);
    op_done(op, OK, NULL);
}

void chat_ask_again(struct desk *d)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    int64_t now = desk_steady(d);
    struct room *r;

    while ((r = TAILQ_FIRST(&d->owing)) && r->ask_at_ms <= now) {
        struct op *op = op_new(d, r->id, &system, asked_again, r);

        TAILQ_REMOVE(&d->owing, r, owing_link);
        op->run = ask_again_run;
        op_enter(op);
    }
}
