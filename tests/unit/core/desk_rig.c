#include "tests/unit/core/desk_rig.h"

#include "db/store.h"

#include <stdlib.h>

const struct principal rig_anonymous = {.kind = WHO_ANONYMOUS, .id = ""};
const struct principal rig_system = {.kind = WHO_SYSTEM, .id = ""};

/* ---- the store that fails on demand --------------------------------------------------------- */

/* In the arena of the change or query whose done it stands for. */
struct held {
    struct rig *rig;
    struct change *c;
    struct query *q;
    change_done_fn *change_done;
    query_done_fn *query_done;
    void *ctx;
    bool fails, late;
    enum err result;
    struct held *next;
};

static void change_done(struct change *c, enum err e)
{
    struct held *h = c->ctx;

    h->rig->open--;
    c->ctx = h->ctx;
    h->change_done(c, h->fails ? ERR_UNKNOWN : e);
}

static void query_done(struct query *q, enum err e)
{
    struct held *h = q->ctx;

    if (h->late) {
        h->late = false;
        h->result = e;
        h->next = h->rig->late;
        h->rig->late = h;
        return;
    }
    h->rig->open--;
    q->ctx = h->ctx;
    h->query_done(q, h->fails ? ERR_IO : e);
}

void rig_let_go(struct rig *r)
{
    struct held *h = r->late, *next;

    r->late = NULL;
    for (; h; h = next) {
        next = h->next;
        query_done(h->q, h->result);
    }
}

static void hold(struct rig *r, struct held *h)
{
    h->next = NULL;
    *r->held_end = h;
    r->held_end = &h->next;
}

static enum err rig_submit(void *self, struct change *c)
{
    struct rig *r = self;
    struct held *h = arena_new_of(c->arena, struct held);

    if (r->busy)
        return ERR_BUSY;
    *h = (struct held){.rig = r, .c = c, .change_done = c->done, .ctx = c->ctx};
    c->done = change_done;
    c->ctx = h;
    r->open++;
    r->n_submitted++;
    if (r->fail_changes > 0) {
        r->fail_changes--;
        h->fails = true;
        if (r->mishap == COMMIT_LOST) {
            hold(r, h);
            return OK;
        }
    }
    return r->real.submit(r->real.self, c);
}

static enum err rig_read(void *self, struct query *q)
{
    struct rig *r = self;
    struct held *h = arena_new_of(q->arena, struct held);

    if (r->busy || (r->room_for_reads > 0 && r->open >= r->room_for_reads))
        return ERR_BUSY;
    *h = (struct held){.rig = r, .q = q, .query_done = q->done, .ctx = q->ctx};
    q->done = query_done;
    q->ctx = h;
    r->open++;
    r->n_asked++;
    if (r->fail_reads > 0) {
        r->fail_reads--;
        h->fails = true;
    }
    if (r->hold_replies > 0) {
        r->hold_replies--;
        h->late = true;
    }
    if (h->fails || r->hold_reads) {
        hold(r, h);
        return OK;
    }
    return r->real.read(r->real.self, q);
}

static void release(struct rig *r)
{
    struct held *h = r->held, *next;

    r->held = NULL;
    r->held_end = &r->held;
    for (; h; h = next) {
        next = h->next;
        if (h->c)
            change_done(h->c, ERR_UNKNOWN);
        else if (h->fails)
            query_done(h->q, ERR_IO);
        else if (r->hold_reads)
            hold(r, h);
        else
            assert_int_equal(r->real.read(r->real.self, h->q), OK);
    }
}

void rig_step(struct rig *r)
{
    release(r);
    store_pump(r->store);
}

void rig_pump(struct rig *r)
{
    for (int i = 0; r->open > 0; i++) {
        if (i > 10000)
            fail_msg("the desk never comes to rest");
        rig_step(r);
    }
}

/* ---- clock, ids, assistant ------------------------------------------------------------------ */

static int64_t now_ms(void *self)
{
    const struct rig *r = self;

    return r->now_ms + r->clock_set_ms;
}

static int64_t steady_ms(void *self)
{
    return ((struct rig *)self)->now_ms;
}

static void next_id(void *self, char out[ID_LEN + 1])
{
    unsigned n = ++((struct rig *)self)->last_id;

    memset(out, 'a', ID_LEN);
    out[ID_LEN] = 0;
    for (char *p = out + ID_LEN; n > 0; n /= 26)
        *--p = (char)('a' + n % 26);
}

static void ask(void *self, const struct assistant_turn *turn, assistant_done_fn *done, void *ctx)
{
    struct rig *r = self;
    const struct entry *last = &turn->entries[turn->n_entries - 1];

    assert_true(turn->n_entries > 0);
    assert_non_null(turn->chat);
    r->n_questions++;
    r->question = arena_dup(r->arena, last->text);
    r->question_role = last->role;
    r->turn_entries = turn->n_entries;
    if (r->delayed) {
        assert_null(r->answer);
        r->answer = done;
        r->said = turn->said;
        r->answer_ctx = ctx;
        return;
    }
    done(ctx, arena_printf(r->arena, "re: %s", last->text), r->offer, r->offer ? "asked" : "");
}

void rig_say(struct rig *r, const char *text)
{
    assistant_done_fn *done = r->answer;

    assert_non_null(done);
    r->answer = NULL;
    done(r->answer_ctx, text, r->offer, "");
}

void rig_piece(struct rig *r, const char *text)
{
    assert_non_null(r->answer);
    r->said(r->answer_ctx, text);
}

static void cancel(void *self, void *ctx)
{
    struct rig *r = self;

    assert_non_null(r->answer);
    assert_ptr_equal(ctx, r->answer_ctx);
    r->answer = NULL;
    r->n_cancelled++;
}

/* ---- what is seen --------------------------------------------------------------------------- */

static void note(struct rig *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void note(struct rig *r, const char *fmt, ...)
{
    size_t len = strlen(r->trace);
    va_list args;
    int n;

    if (len > 0)
        r->trace[len++] = ' ';
    va_start(args, fmt);
    n = vsnprintf(r->trace + len, sizeof(r->trace) - len, fmt, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof(r->trace) - len);
}

static void note_saying(struct rig *r, const struct event *e)
{
    if (e->kind == EVENT_SAYING)
        note(r, "saying:%s%s", e->first ? "" : "+", e->piece);
    else
        note(r, "unsaid:%s", e->why);
}

static const char *word_of(enum event_kind kind)
{
    return kind == EVENT_LOGIN        ? "login"
           : kind == EVENT_OFFERED    ? "offered"
           : kind == EVENT_OFFER_OVER ? "offer-over"
           : kind == EVENT_STAFF      ? "staff"
                                      : "gone";
}

static void on_event(void *ctx, const struct event *e)
{
    struct rig *r = ctx;

    switch (e->kind) {
    case EVENT_ENTRY:
        /* committed, and numbered */
        assert_true(e->entry->seq > 0 && e->entry->gid > 0);
        if (e->entry->kind == ENTRY_MESSAGE)
            note(r, "message:%s", e->entry->text);
        else
            note(r, "%s", entry_kind_name(e->entry->kind));
        break;
    case EVENT_TYPING:
        note(r, "typing:%s:%d%s", e->sender_name, e->typing, e->to_customer ? "" : ":staff");
        break;
    case EVENT_READ:
        note(r, "read:%s:%lld%s", e->sender_name, (long long)e->entry->seq,
             e->to_customer ? "" : ":staff");
        break;
    case EVENT_SAYING:
    case EVENT_UNSAID:
        note_saying(r, e);
        break;
    case EVENT_JOINED:
        note(r, "joined:%s", e->session->address);
        assert_string_equal(e->session->agent_id, e->occupant->agent_id);
        break;
    case EVENT_LEFT:
        note(r, "left:%s%s%s", e->session->address, e->occupant ? ":last" : "",
             e->lost ? ":lost" : "");
        break;
    case EVENT_ROLES:
        note(r, "roles");
        break;
    case EVENT_CLOSED_ROOM:
        note(r, "over");
        break;
    case EVENT_ERASED:
        note(r, "erased");
        break;
    case EVENT_CUSTOMER:
        note(r, "customer-was:%s", e->sender_name);
        break;
    case EVENT_KEY_GONE:
    case EVENT_AGENT_GONE:
    case EVENT_LOGIN:
    case EVENT_OFFERED:
    case EVENT_OFFER_OVER:
    case EVENT_STAFF:
        note(r, "%s", word_of(e->kind));
        break;
    }
    if (r->on_event)
        r->on_event(r, e);
}

void rig_clear(struct rig *r)
{
    r->trace[0] = 0;
}

static const struct entry *copy_entries(struct rig *r, const struct entry *from, size_t n)
{
    struct entry *to = arena_array(r->arena, struct entry, n + 1);

    for (size_t i = 0; i < n; i++)
        entry_copy(r->arena, &to[i], &from[i]);
    return to;
}

void rig_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct rig *r = c->rig;

    c->n++;
    c->e = e;
    c->chat = a->chat ? chat_dup(r->arena, a->chat) : NULL;
    c->has_room = a->room != NULL;
    c->replayed = a->replayed;
    c->unchanged = a->unchanged;
    c->new_occupant = a->new_occupant;
    c->pending = a->occupant && a->occupant->pending;
    c->role = a->occupant ? a->occupant->role : ROOM_NONE;
    c->since_gid = a->session ? a->session->since_gid : -1;
    c->n_entries = a->n_entries;
    c->entries = copy_entries(r, a->entries, a->n_entries);
    c->n_history = a->n_history;
    c->history = copy_entries(r, a->history, a->n_history);
    if (a->page) {
        c->n_page = a->page->n_entries + a->page->n_chats + a->page->n_tokens;
        c->n_history = a->page->n_entries;
        c->history = copy_entries(r, a->page->entries, a->page->n_entries);
    }
    c->token = a->token ? arena_dup(r->arena, a->token) : NULL;
    c->detail = arena_dup(r->arena, a->detail);
    c->field = arena_dup(r->arena, a->field);
    c->position = a->position;
    c->estimate_ms = a->estimate_ms;
    c->retry_ms = a->retry_ms;
    if (*c->label)
        note(r, "[%s %s]", c->label, e == OK ? "ok" : err_name(e));
    if (c->then)
        c->then(c);
}

struct call *rig_call(struct rig *r, const char *label)
{
    struct call *c = arena_new_of(r->arena, struct call);

    c->rig = r;
    c->label = arena_dup(r->arena, label);
    return c;
}

struct call *rig_wait(struct call *c)
{
    rig_pump(c->rig);
    assert_int_equal(c->n, 1);
    return c;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void make_desk(struct rig *r)
{
    struct call *started = rig_call(r, "");

    r->options.assistant.answer = r->has_assistant ? ask : NULL;
    r->options.assistant.cancel = r->cancels ? cancel : NULL;
    r->bus = bus_new();
    bus_subscribe(r->bus, NULL, on_event, r);
    r->desk = desk_new(&r->options, r->bus);
    desk_start(r->desk, rig_done, started);
    rig_pump(r);
    assert_int_equal(started->n, 1);
    assert_int_equal(started->e, OK);
}

static void drop_desk(struct rig *r)
{
    if (r->answer && !r->cancels) { /* into the void: a process that ends forgets its question */
        r->busy = true;
        rig_say(r, "too late");
        r->busy = false;
    }
    desk_free(r->desk);
    bus_free(r->bus);
}

void rig_restart(struct rig *r)
{
    assert_int_equal(r->open, 0);
    drop_desk(r);
    make_desk(r);
}

int rig_begin(void **state)
{
    struct rig *r = mem_alloc(sizeof(*r));

    assert_int_equal(crypto_init(), OK);
    r->arena = arena_new();
    r->now_ms = RIG_NOW;
    r->held_end = &r->held;
    assert_int_equal(store_open(":memory:", NULL, NULL, NULL, &r->store), OK);
    r->real = store_port(r->store);
    r->options = (struct desk_options){
        .store = {.self = r, .submit = rig_submit, .read = rig_read},
        .time = {.self = r, .now_ms = now_ms, .steady_ms = steady_ms, .id = next_id},
        .assistant = {.self = r, .name = "Robin"},
        .texts = {.waiting = "waiting",
                  .agent_joined = "%s has joined",
                  .agent_left = "%s has left",
                  .closed = "closed",
                  .reopened = "reopened",
                  .offer = "Connect"},
        .claim_on = CLAIM_JOIN,
        .linger_ms = 24 * 3600 * 1000,
        .room_idle_ms = 300000,
        .messages_per_minute = 600,
        .messages_burst = 1000,
        .escalations_per_hour = 3,
    };
    make_desk(r);
    *state = r;
    return 0;
}

int rig_end(void **state)
{
    struct rig *r = *state;

    r->hold_reads = false;
    rig_pump(r);
    store_close(r->store);
    drop_desk(r);
    arena_free(r->arena);
    free(r);
    return 0;
}

/* ---- steps ---------------------------------------------------------------------------------- */

const char *rig_chat(struct rig *r, const char *name)
{
    struct begin b = {.name = name};
    struct call *c = rig_call(r, "");

    desk_begin(r->desk, &b, rig_done, c);
    rig_wait(c);
    assert_int_equal(c->e, OK);
    return c->chat->id;
}

const char *rig_waiting(struct rig *r, const char *name)
{
    const char *chat = rig_chat(r, name);

    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, ""))->e, OK);
    rig_clear(r);
    return chat;
}

const char *rig_agent(struct rig *r, const char *name)
{
    struct agent_new a = {.name = name,
                          .jid = arena_printf(r->arena, "%s@example.org", name),
                          .organization = "default",
                          .skills = ""};
    struct call *c = rig_call(r, "");

    desk_agent_add(r->desk, &a, rig_done, c);
    rig_wait(c);
    assert_int_equal(c->e, OK);
    return arena_dup(r->arena, directory_by_jid(desk_directory(r->desk), a.jid)->id);
}

struct principal rig_customer(const char *chat)
{
    return (struct principal){.kind = WHO_CUSTOMER, .id = chat};
}

struct principal rig_who(const char *agent_id)
{
    return (struct principal){.kind = WHO_AGENT, .id = agent_id};
}

size_t rig_log(struct rig *r, const char *chat, const struct entry **out)
{
    struct call *c = rig_call(r, "");

    desk_admin_chat(r->desk, chat, rig_done, c);
    rig_wait(c);
    assert_int_equal(c->e, OK);
    *out = c->history;
    return c->n_history;
}

/* ---- calls ---------------------------------------------------------------------------------- */

struct call *rig_post(struct rig *r, struct principal who, const char *chat, const char *text,
                      const char *key)
{
    struct post p = {.text = text, .key = key};
    struct call *c = rig_call(r, text);

    desk_post(r->desk, &who, chat, &p, rig_done, c);
    return c;
}

struct call *rig_escalate(struct rig *r, struct principal who, const char *chat, const char *key)
{
    struct call *c = rig_call(r, "escalate");

    desk_escalate(r->desk, &who, chat, "help", key, rig_done, c);
    return c;
}

struct call *rig_assign(struct rig *r, const char *agent_id, const char *chat, const char *key)
{
    struct principal who = rig_who(agent_id);
    struct call *c = rig_call(r, "assign");

    desk_assign(r->desk, &who, chat, key, rig_done, c);
    return c;
}

struct call *rig_close(struct rig *r, struct principal who, const char *chat, const char *key)
{
    struct call *c = rig_call(r, "close");

    desk_close(r->desk, &who, chat, "done", key, rig_done, c);
    return c;
}

struct call *rig_join(struct rig *r, const char *agent_id, const char *chat, const char *address)
{
    struct principal who = rig_who(agent_id);
    struct join j = {.kind = strchr(address, '#') ? SESSION_WEB : SESSION_XMPP,
                     .address = address,
                     .presence = "",
                     .resync = true,
                     .history_max = DESK_HISTORY};
    struct call *c = rig_call(r, "join");

    desk_join(r->desk, &who, chat, &j, rig_done, c);
    return c;
}

struct call *rig_leave(struct rig *r, const char *chat, const char *address)
{
    struct call *c = rig_call(r, "leave");

    desk_leave(r->desk, chat, address, false, "bye", rig_done, c);
    return c;
}

struct call *rig_typing(struct rig *r, struct principal who, const char *chat, const char *address,
                        bool typing)
{
    struct call *c = rig_call(r, "typing");

    desk_typing(r->desk, &who, chat, address, typing, rig_done, c);
    return c;
}

struct call *rig_show(struct rig *r, struct principal who, const char *chat)
{
    struct call *c = rig_call(r, "show");

    desk_chat(r->desk, &who, chat, rig_done, c);
    return c;
}

struct call *rig_entries(struct rig *r, struct principal who, const char *chat)
{
    struct range range = {.limit = 100};
    struct call *c = rig_call(r, "entries");

    desk_entries(r->desk, &who, chat, &range, rig_done, c);
    return c;
}
