#include "webbridge/sse.h"

#include "core/base/log.h"
#include "webbridge/call.h"
#include "webbridge/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define PAGE 32            /* entries read at once while replaying */
#define PAUSE_BYTES 131072 /* unsent; the replay goes on when they are out */
#define RETRY_MS 2000      /* after which a browser comes back; and up to as much again */

/* What one stream needs, ten thousand times: kept small. */
struct feed {
    struct sse *sse;
    struct wire *wire;
    struct call *call;   /* until the first byte is out */
    struct arena *arena; /* the call's */
    struct subscription *subscription;
    TAILQ_ENTRY(feed) link;
    char chat[ID_LEN + 1], asker[ID_LEN + 1];
    char address[ADDRESS_KEY_MAX];
    uint64_t number; /* names it as a session of an agent */
    int64_t sent;    /* the asker has everything up to here */
    int64_t grown;   /* the log reaches to here */
    enum who kind;
    uint8_t pending; /* desk calls that will come back */
    bool gone;       /* the socket is closed */
    bool live;       /* the replay is over */
    bool closing;    /* the chat is closed: end when all is sent */
    bool joined;     /* is a session of the agent in the room */
    bool counted, of_address;
    bool authenticating; /* call_authenticate will go on, or answer */
};
TAILQ_HEAD(feed_list, feed);

/* The last entry as a frame: an event to many streams is written once. One for customers, one for
 * agents who did not write it. */
struct last_frame {
    int64_t gid;
    struct buf text;
};

struct sse {
    struct webbridge *web;
    struct subscription *every; /* agents that go */
    struct feed_list feeds;
    struct tally *per_chat, *per_address;
    struct last_frame customers, agents;
    struct buf scratch;
    uint64_t opened;
    bool stopped;
    void (*done)(void *ctx);
    void *done_ctx;
};

/* What the client asked for; in the call's arena. */
struct wish {
    const char *after; /* NULL none */
    const char *ticket;
    bool now, join;
};

/* ---- the end of a feed ---------------------------------------------------------------------- */

static void chat_key(const struct feed *f, char out[2 * ID_LEN + 2])
{
    snprintf(out, 2 * ID_LEN + 2, "%s/%s", f->chat, f->asker);
}

static void session_name(const struct feed *f, char out[32])
{
    snprintf(out, 32, "stream-%llu", (unsigned long long)f->number);
}

static void leave(struct feed *f)
{
    char name[32];

    session_name(f, name);
    if (f->joined && !f->sse->stopped)
        desk_leave(f->sse->web->desk, f->chat, name, false, "", NULL, NULL);
    f->joined = false;
}

static void drop_call(struct feed *f)
{
    if (f->call == NULL)
        return;
    call_free(f->call);
    arena_free(f->arena);
    f->call = NULL;
    f->arena = NULL;
}

static void feed_free(struct feed *f)
{
    struct sse *s = f->sse;

    if (!f->gone || f->pending > 0)
        return;
    drop_call(f);
    TAILQ_REMOVE(&s->feeds, f, link);
    free(f);
    if (s->stopped && TAILQ_EMPTY(&s->feeds))
        s->done(s->done_ctx);
}

static void on_ended(void *ctx)
{
    struct feed *f = ctx;
    struct sse *s = f->sse;
    char key[2 * ID_LEN + 2];

    f->gone = true;
    f->wire = NULL;
    bus_end(f->subscription);
    f->subscription = NULL;
    chat_key(f, key);
    if (f->counted)
        tally_drop(s->per_chat, key);
    if (f->of_address)
        tally_drop(s->per_address, f->address);
    leave(f);
    feed_free(f);
}

/* A desk call came back. False when nobody waits for it any more; the feed may be gone then. */
static bool back(struct feed *f)
{
    f->pending--;
    if (!f->gone)
        return !wire_over(f->wire);
    feed_free(f);
    return false;
}

/* ---- frames --------------------------------------------------------------------------------- */

static struct viewer viewer_of(const struct feed *f)
{
    struct viewer v = {.people = desk_directory(f->sse->web->desk),
                       .queue = desk_queue(f->sse->web->desk),
                       .kind = f->kind,
                       .id = f->asker};

    return v;
}

static const struct buf *frame_of(struct feed *f, const struct chat *chat, const struct entry *e)
{
    struct sse *s = f->sse;
    struct last_frame *last = f->kind == WHO_CUSTOMER ? &s->customers : &s->agents;
    struct viewer v = viewer_of(f);
    /* The author's own stream also carries the client id. */
    bool own = f->kind == WHO_AGENT && strcmp(e->sender_id, f->asker) == 0;
    struct buf *out = own ? &s->scratch : &last->text;

    if (!own && last->gid == e->gid)
        return out;
    if (!own)
        last->gid = e->gid;
    buf_clear(out);
    frame_put_entry(out, &v, desk_epoch(s->web->desk), chat, e);
    return out;
}

static void send_entry(struct feed *f, const struct chat *chat, const struct entry *e)
{
    struct viewer v = viewer_of(f);
    int64_t number = view_number(&v, e);
    const struct buf *frame;

    if (number <= f->sent)
        return;
    if (view_sees(&v, e)) {
        frame = frame_of(f, chat, e);
        wire_write(f->wire, frame->data, frame->len);
    }
    f->sent = number;
}

/* ---- live ----------------------------------------------------------------------------------- */

static void on_typing(struct feed *f, const struct event *e)
{
    bool own = strcmp(e->sender_id, f->asker) == 0;
    struct buf *out = &f->sse->scratch;

    if (!f->live || own || (f->kind == WHO_CUSTOMER && !e->to_customer))
        return;
    buf_clear(out);
    frame_put_typing(out, f->chat, e);
    wire_write(f->wire, out->data, out->len);
}

static void on_entry(struct feed *f, const struct event *e)
{
    struct viewer v = viewer_of(f);
    int64_t number = view_number(&v, e->entry);

    if (e->entry->kind == ENTRY_REOPENED)
        f->closing = false;
    if (number > f->grown)
        f->grown = number;
    if (f->live)
        send_entry(f, room_chat(e->room), e->entry);
}

static void on_event(void *ctx, const struct event *e)
{
    struct feed *f = ctx;

    if (wire_over(f->wire))
        return;
    switch (e->kind) {
    case EVENT_ENTRY:
        on_entry(f, e);
        return;
    case EVENT_TYPING:
        on_typing(f, e);
        return;
    case EVENT_CLOSED_ROOM:
        f->closing = true;
        f->joined = false;
        if (f->live)
            wire_end(f->wire);
        return;
    case EVENT_LEFT:
    case EVENT_ROLES:
    case EVENT_JOINED:
    case EVENT_AGENT_GONE:
        return;
    }
}

static void on_every(void *ctx, const struct event *e)
{
    struct sse *s = ctx;
    struct feed *f;

    if (e->kind != EVENT_AGENT_GONE)
        return;
    TAILQ_FOREACH(f, &s->feeds, link)
    {
        if (!f->gone && f->kind == WHO_AGENT && strcmp(f->asker, e->agent_id) == 0)
            wire_cut(f->wire); /* its memory goes in a later turn */
    }
}

/* ---- replay --------------------------------------------------------------------------------- */

static void on_page(void *ctx, enum err e, const struct desk_answer *a);

static void catch_up(struct feed *f)
{
    struct range range = {.after = f->sent, .limit = PAGE};
    struct principal who = {.kind = f->kind, .id = f->asker};

    if (f->sent >= f->grown) {
        f->live = true;
        if (f->closing)
            wire_end(f->wire);
        return;
    }
    if (wire_waiting(f->wire) > PAUSE_BYTES)
        return; /* on_drained goes on */
    f->pending++;
    desk_entries(f->sse->web->desk, &who, f->chat, &range, on_page, f);
}

static void on_page(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;
    size_t i;

    if (!back(f))
        return;
    if (e != OK) {
        /* No longer allowed, or the store is ill: the client comes back and is told. */
        wire_end(f->wire);
        return;
    }
    for (i = 0; i < a->page->n_entries; i++) {
        if (wire_over(f->wire))
            return;
        if (wire_waiting(f->wire) > PAUSE_BYTES)
            break;
        send_entry(f, a->chat, &a->page->entries[i]);
    }
    if (a->page->n_entries == 0)
        f->sent = f->grown; /* what is left is not for this asker */
    if (!wire_over(f->wire))
        catch_up(f);
}

static void on_drained(void *ctx)
{
    struct feed *f = ctx;

    if (f->call == NULL && !f->live && f->pending == 0)
        catch_up(f);
}

/* ---- opening -------------------------------------------------------------------------------- */

/* The answer to a call that does not become a stream. */
static void send_and_end(struct call *c, const struct reply *r)
{
    struct feed *f = c->send_ctx;
    struct buf out = {0};

    if (f->authenticating) {
        f->authenticating = false;
        if (!back(f))
            return;
    }
    reply_print(r, true, &out);
    wire_write(f->wire, out.data, out.len);
    wire_end(f->wire);
    buf_free(&out);
}

static void begin_stream(struct feed *f, bool reset)
{
    struct call *c = f->call;
    struct reply head = {.status = 200};
    struct buf out = {0};

    reply_header(&head, "Content-Type", "text/event-stream; charset=utf-8");
    reply_header(&head, "X-Accel-Buffering", "no");
    call_standard_headers(c, &head);
    reply_print(&head, false, &out);
    buf_printf(&out, "retry: %u\n\n", RETRY_MS + crypto_random(RETRY_MS));
    if (reset)
        frame_put_reset(&out);
    frame_put_ready(&out, desk_epoch(f->sse->web->desk), f->chat, f->sent,
                    desk_now(f->sse->web->desk));
    log_debug("stream", "path=%s from=%lld id=%s", c->path, (long long)f->sent, c->id);
    wire_write(f->wire, out.data, out.len);
    buf_free(&out);
    drop_call(f);
    wire_beat(f->wire);
}

static bool count_chat(struct feed *f)
{
    struct sse *s = f->sse;
    char key[2 * ID_LEN + 2];

    chat_key(f, key);
    f->counted = tally_add(s->per_chat, key, s->web->o.streams_per_chat);
    return f->counted;
}

/* Where the stream begins. False: the client asked for a point that this log does not have. */
static bool find_start(struct feed *f, const struct wish *w, int64_t last)
{
    int64_t at = 0;

    f->sent = w->now ? last : 0;
    switch (frame_read_point(w->after, desk_epoch(f->sse->web->desk), last, &at)) {
    case FRAME_NONE:
        return true;
    case FRAME_AT:
        f->sent = at;
        return true;
    case FRAME_GONE:
        break;
    }
    f->sent = last;
    return false;
}

static void on_chat(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;
    int64_t last;
    bool known;

    if (!back(f))
        return;
    if (e != OK) {
        call_fail(f->call, e, a);
        return;
    }
    if (!count_chat(f)) {
        call_problem(f->call, ERR_RATE, "Too many streams of this chat.", 5000);
        return;
    }
    f->call->organization = arena_dup(f->arena, a->chat->organization);
    last = f->kind == WHO_CUSTOMER ? a->chat->last_pos : a->chat->last_seq;
    known = find_start(f, f->call->extra, last);
    f->grown = last > f->grown ? last : f->grown;
    f->closing = a->chat->state == CHAT_CLOSED;
    if (f->closing && known && f->sent >= last) {
        call_empty(f->call); /* 204 ends the reconnecting of an EventSource */
        return;
    }
    begin_stream(f, !known);
    if (!wire_over(f->wire))
        catch_up(f);
}

/* Listening comes before looking: what is committed in between is then at least known of. */
static void look(struct feed *f)
{
    struct sse *s = f->sse;
    struct principal who = {.kind = f->kind, .id = f->asker};

    f->subscription = bus_subscribe(s->web->bus, f->chat, on_event, f);
    f->pending++;
    desk_chat(s->web->desk, &who, f->chat, on_chat, f);
}

static void on_joined(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;

    /* The stream may have ended meanwhile: then the session must go again. */
    f->joined = e == OK;
    if (f->gone)
        leave(f);
    if (!back(f))
        return;
    /* No room yet, or no longer: the chat can still be read. */
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_CLOSED)
        call_fail(f->call, e, a);
    else
        look(f);
}

static void join(struct feed *f)
{
    struct principal who = {.kind = f->kind, .id = f->asker};
    char name[32];
    struct join j = {.kind = SESSION_WEB, .address = name, .presence = "", .resync = true};

    session_name(f, name);
    f->pending++;
    desk_join(f->sse->web->desk, &who, f->chat, &j, on_joined, f);
}

static void on_known(struct call *c)
{
    struct feed *f = c->send_ctx;
    const struct wish *w = c->extra;

    f->authenticating = false;
    if (!back(f))
        return;
    f->kind = c->who.kind;
    snprintf(f->asker, sizeof(f->asker), "%s", c->who.id);
    if (w->join && f->kind == WHO_AGENT)
        join(f);
    else
        look(f);
}

static void authenticate(struct feed *f)
{
    struct call *c = f->call;
    const struct wish *w = c->extra;
    struct webbridge *web = f->sse->web;
    struct principal who;
    char id[ID_LEN + 1];

    f->pending++;
    f->authenticating = true;
    if (w->ticket == NULL || c->authorization != NULL) {
        call_authenticate(c, on_known);
    } else if (tickets_use(web->tickets, w->ticket, c->chat, web_now(web), id, &who) == OK) {
        call_become(c, &who);
        on_known(c);
    } else {
        call_bad_token(c);
    }
}

static bool may_open(struct sse *s, struct call *c, char address[ADDRESS_KEY_MAX])
{
    const struct web_options *o = &s->web->o;

    address_key(&c->from, address);
    if (s->stopped ||
        http_connections(s->web->http) + wires_count(s->web->wires) >= (size_t)o->connections) {
        call_problem(c, ERR_BUSY, "Too many connections.", 5000);
        return false;
    }
    if (c->from.known && tally_of(s->per_address, address) >= o->streams_per_address) {
        call_problem(c, ERR_RATE, "Too many streams from this address.", 5000);
        return false;
    }
    return true;
}

static struct wish *read_wish(struct call *c)
{
    struct wish *w = arena_new_of(c->arena, struct wish);
    const char *since = http_query(c->request, "since");

    w->after = http_header(c->request, "Last-Event-ID");
    if (w->after == NULL || *w->after == '\0')
        w->after = http_query(c->request, "lastEventId");
    w->ticket = http_query(c->request, "ticket");
    w->now = since != NULL && strcmp(since, "now") == 0;
    w->join = call_flag(c, "join");
    return w;
}

static struct feed *feed_new(struct sse *s, struct call *c, const char *address)
{
    struct feed *f = mem_alloc(sizeof(*f));

    f->sse = s;
    f->call = c;
    f->arena = c->arena;
    f->number = ++s->opened;
    snprintf(f->chat, sizeof(f->chat), "%.*s", ID_LEN, c->chat);
    snprintf(f->address, sizeof(f->address), "%s", address);
    f->of_address =
        c->from.known && tally_add(s->per_address, address, s->web->o.streams_per_address);
    TAILQ_INSERT_TAIL(&s->feeds, f, link);
    return f;
}

void sse_open(struct sse *s, struct call *c)
{
    struct wire_handlers h = {.ended = on_ended, .drained = on_drained};
    char address[ADDRESS_KEY_MAX];
    struct feed *f;
    int fd;

    if (!may_open(s, c, address))
        return;
    c->extra = read_wish(c);
    if ((fd = http_take(c->request)) < 0) {
        call_problem(c, ERR_BUSY, "Too many connections.", 5000);
        return;
    }
    c->request = NULL;
    f = feed_new(s, c, address);
    h.ctx = f;
    if ((f->wire = wire_new(s->web->wires, fd, &h)) == NULL) {
        on_ended(f);
        return;
    }
    c->send = send_and_end;
    c->send_ctx = f;
    authenticate(f);
}

/* ---- all of them ---------------------------------------------------------------------------- */

struct sse *sse_new(struct webbridge *w)
{
    struct sse *s = mem_alloc(sizeof(*s));

    s->web = w;
    TAILQ_INIT(&s->feeds);
    s->per_chat = tally_new();
    s->per_address = tally_new();
    s->every = bus_subscribe(w->bus, NULL, on_every, s);
    return s;
}

void sse_stop(struct sse *s, void (*done)(void *ctx), void *ctx)
{
    struct feed *f;

    s->stopped = true;
    s->done = done;
    s->done_ctx = ctx;
    bus_end(s->every);
    s->every = NULL;
    TAILQ_FOREACH(f, &s->feeds, link)
    {
        bus_end(f->subscription);
        f->subscription = NULL;
    }
    if (TAILQ_EMPTY(&s->feeds))
        done(ctx);
}

void sse_free(struct sse *s)
{
    tally_free(s->per_chat);
    tally_free(s->per_address);
    buf_free(&s->customers.text);
    buf_free(&s->agents.text);
    buf_free(&s->scratch);
    free(s);
}
