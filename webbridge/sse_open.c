#include "core/base/log.h"
#include "webbridge/frame.h"
#include "webbridge/sse_own.h"

#include <stdio.h>
#include <string.h>

#define RETRY_MS 2000 /* after which a browser comes back; and up to as much again */

/* What the client asked for; in the call's arena. */
struct wish {
    const char *after; /* NULL none */
    const char *ticket;
    bool now, join;
};

/* ---- opening -------------------------------------------------------------------------------- */

/* The answer to a call that does not become a stream. */
static void send_and_end(struct call *c, const struct reply *r)
{
    struct feed *f = c->send_ctx;
    struct buf out = {0};

    if (f->authenticating) {
        f->authenticating = false;
        if (!feed_back(f))
            return;
    }
    reply_print(r, true, &out);
    wire_write(f->wire, out.data, out.len);
    wire_end(f->wire);
    buf_free(&out);
}

void feed_begin(struct feed *f, bool reset)
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
        frame_put_reset(&out, "history_gone");
    if (f->queue)
        frame_put_queue_ready(&out, desk_epoch(f->sse->web->desk), f->sent,
                              desk_now(f->sse->web->desk));
    else
        frame_put_ready(&out, desk_epoch(f->sse->web->desk), f->chat, f->sent,
                        desk_now(f->sse->web->desk));
    log_debug("stream", "path=%s from=%lld id=%s", c->path, (long long)f->sent, c->id);
    wire_write(f->wire, out.data, out.len);
    buf_free(&out);
    feed_drop_call(f);
    wire_beat(f->wire);
}

bool feed_count(struct feed *f)
{
    struct sse *s = f->sse;
    char key[FEED_KEY_MAX];

    feed_key(f, key);
    f->counted = tally_add(s->per_chat, key, s->web->o.streams_per_chat);
    if (f->counted && f->kind == WHO_AGENT)
        desk_watch(s->web->desk, f->chat, f->asker, true);
    return f->counted;
}

const char *feed_after(const struct feed *f)
{
    const struct wish *w = f->call->extra;

    return w->after;
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

    if (!feed_back(f))
        return;
    if (e != OK) {
        call_fail(f->call, e, a);
        return;
    }
    if (!feed_count(f)) {
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
    wait_follow(f, a->chat->state == CHAT_WAITING);
    feed_begin(f, !known);
    if (!wire_over(f->wire))
        feed_catch_up(f);
}

/* Listening comes before looking: what is committed in between is then at least known of. */
static void look(struct feed *f)
{
    struct sse *s = f->sse;
    struct principal who = {.kind = f->kind, .id = f->asker};

    f->subscription = bus_subscribe(s->web->bus, f->chat, feed_on_event, f);
    f->pending++;
    desk_chat(s->web->desk, &who, f->chat, on_chat, f);
}

static void on_joined(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;

    /* The stream may have ended meanwhile: then the session must go again. */
    f->joined = e == OK;
    if (f->gone)
        feed_leave(f);
    if (!feed_back(f))
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
    char name[FEED_NAME_MAX];
    struct join j = {.kind = SESSION_WEB, .address = name, .presence = "", .resync = true};

    feed_name(f, name);
    f->pending++;
    desk_join(f->sse->web->desk, &who, f->chat, &j, on_joined, f);
}

static void on_known(struct call *c)
{
    struct feed *f = c->send_ctx;
    const struct wish *w = c->extra;

    f->authenticating = false;
    if (!feed_back(f))
        return;
    f->kind = c->who.kind;
    snprintf(f->asker, sizeof(f->asker), "%s", c->who.id);
    if (f->queue)
        queue_open(f);
    else if (w->join && f->kind == WHO_AGENT)
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
    if (s->stopped || wires_count(s->web->wires) >= (size_t)o->streams) {
        call_problem(c, ERR_BUSY, "Too many event streams.", 5000);
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

/* The cookie comes along when somebody follows a link: that may read, but neither join nor put the
 * agent on duty. */
static bool acts_from_elsewhere(struct call *c, bool queue)
{
    const struct wish *w = c->extra;
    const char *site = http_header(c->request, "Sec-Fetch-Site");

    return c->authorization == NULL && c->cookie != NULL && w->ticket == NULL &&
           (queue || w->join) && site != NULL && strcmp(site, "same-origin") != 0;
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

static void open_stream(struct sse *s, struct call *c, bool queue)
{
    struct wire_handlers h = {.ended = feed_on_ended, .drained = feed_on_drained};
    char address[ADDRESS_KEY_MAX];
    struct feed *f;
    int fd;

    if (!may_open(s, c, address))
        return;
    c->extra = read_wish(c);
    if (acts_from_elsewhere(c, queue)) {
        call_problem(c, ERR_FORBIDDEN, "Only a page of this origin may ask for this with a cookie.",
                     0);
        return;
    }
    if ((fd = http_take(c->request)) < 0) {
        call_problem(c, ERR_BUSY, "Too many connections.", 5000);
        return;
    }
    c->request = NULL;
    f = feed_new(s, c, address);
    f->queue = queue;
    h.ctx = f;
    if ((f->wire = wire_new(s->web->wires, fd, &h)) == NULL) {
        feed_on_ended(f);
        return;
    }
    c->send = send_and_end;
    c->send_ctx = f;
    authenticate(f);
}

void sse_open(struct sse *s, struct call *c)
{
    if (crypto_is_id(c->chat))
        open_stream(s, c, false);
    else
        call_problem(c, ERR_NOT_FOUND, NULL, 0);
}

void sse_open_queue(struct sse *s, struct call *c)
{
    open_stream(s, c, true);
}
