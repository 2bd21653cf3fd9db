#include "core/desk_own.h"

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
    post_store(op, c, ROLE_USER, r->id, chat_customer_name(chat));
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
