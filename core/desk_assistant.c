#include "core/desk_own.h"

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include <string.h>

/* The assistant is asked, says what it says piece by piece, and its answer is an entry in the end.
 */

struct turn {
    struct desk *desk;
    struct arena *arena;
    char room[ID_LEN + 1];
    char message[ID_LEN + 1]; /* id of the entry that the answer will be */
    uint64_t number;
    struct buf said;
};

struct answer {
    const char *text;
    bool offer_human;
    const char *reason;
    const struct turn *turn;
};

static void turn_free(struct turn *t)
{
    buf_free(&t->said);
    arena_free(t->arena);
}

/* ---- piece by piece ---------------------------------------------------------------------------
 */

static void tell_unsaid(const struct turn *t, const struct room *r, const char *why)
{
    struct event e = {.kind = EVENT_UNSAID,
                      .room = r,
                      .room_id = r->id,
                      .message_id = t->message,
                      .turn = t->number,
                      .why = why};

    bus_publish(r->desk->bus, &e);
}

/* What was said does not become a message. */
static void take_back(const struct turn *t, const struct room *r)
{
    if (t->said.len > 0)
        tell_unsaid(t, r, "cancelled");
}

static void said(void *ctx, const char *piece)
{
    struct turn *t = ctx;
    const struct room *r = map_get(t->desk->rooms, t->room);
    struct event e = {.kind = EVENT_SAYING,
                      .room = r,
                      .room_id = t->room,
                      .message_id = t->message,
                      .piece = piece,
                      .turn = t->number,
                      .first = t->said.len == 0};

    if (t->said.len + strlen(piece) > DESK_TEXT_MAX)
        return; /* the message will be cut there */
    buf_puts(&t->said, piece);
    bus_publish(t->desk->bus, &e);
}

static void failed(void *ctx, const char *why)
{
    struct turn *t = ctx;

    tell_unsaid(t, map_get(t->desk->rooms, t->room), why);
}

bool desk_saying(const struct desk *d, const char *chat, struct utterance *out)
{
    const struct room *r = map_get(d->rooms, chat);

    if (!r || !r->turn || r->turn->said.len == 0)
        return false;
    *out = (struct utterance){r->turn->message, buf_str(&r->turn->said), r->turn->number};
    return true;
}

void chat_ask_free(struct room *r)
{
    const struct assistant_port *p = &r->desk->o.assistant;

    if (!r->turn)
        return;
    if (p->cancel)
        p->cancel(p->self, r->turn);
    turn_free(r->turn);
    r->turn = NULL;
    r->asking = false;
}

static bool is_wanted(const struct room *r)
{
    return r->chat->assistant_pending && r->chat->state == CHAT_ASSISTANT;
}

void chat_ask_over(struct room *r)
{
    /* what cannot be cancelled comes back, and is dropped then */
    if (!r->turn || is_wanted(r) || !r->desk->o.assistant.cancel)
        return;
    take_back(r->turn, r);
    chat_ask_free(r);
}

/* ---- the whole answer -------------------------------------------------------------------------
 */

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

    if (!is_wanted(r)) {
        take_back(a->turn, r);
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
    memcpy(e->id, a->turn->message, sizeof(e->id));
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
        if (r) {
            take_back(t, r);
            ask_failed(r);
        }
    }
    turn_free(t);
}

static void answered(void *ctx, const char *text, bool offer_human, const char *reason)
{
    struct turn *t = ctx;
    struct principal assistant = {.kind = WHO_ASSISTANT, .id = "assistant"};
    struct op *op = op_new(t->desk, t->room, &assistant, answer_done, t);
    struct answer *a = arena_new_of(op->arena, struct answer);

    op->room->turn = NULL;
    a->turn = t;
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
    struct assistant_turn turn = {
        .entries = q->entries, .n_entries = q->n_entries, .said = said, .failed = failed};

    if (e == OK && r && r->chat && is_wanted(r)) {
        put_question_last(q);
        turn.chat = r->chat;
        r->turn = t;
        t->desk->o.assistant.answer(t->desk->o.assistant.self, &turn, answered, t);
    } else if (e == OK && r && r->chat) {
        r->asking = false;
        turn_free(t);
    } else {
        if (r)
            ask_failed(r);
        turn_free(t);
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
    t->number = ++d->turns;
    memcpy(t->room, r->id, sizeof(t->room));
    d->o.time.id(d->o.time.self, t->message);
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
    turn_free(t);
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
