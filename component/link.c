#include "component/link.h"

#include "component/stream.h"
#include "component/tcp.h"
#include "component/xml/spread.h"
#include "core/base/crypto.h"
#include "core/base/log.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 10000
#define KEEPALIVE_MS 60000
#define GOODBYE_MS 1000
#define SILENCE_MS 30000
#define STILL_MS 300000
#define OVER 4 /* times queue_max: what is begun is finished */
#define READ_MAX (64 * 1024)
#define WHY_MAX 256

/* One TCP connection. It outlives its use by link until libuv has closed it. */
struct sock {
    uv_tcp_t tcp;
    uv_connect_t connect;
    struct link *l; /* NULL: given up */
    uv_write_t write;
    struct buf writing; /* given to libuv; empty when no write is under way */
};

struct link {
    uv_loop_t *loop;
    struct link_options o;
    struct link_handlers on;
    struct stream *stream;
    uv_timer_t timer; /* of the phase: pause, connection, handshake, goodbye */
    uv_timer_t alive;
    uv_timer_t look;
    uv_idle_t flush; /* runs while something waits for the end of the turn */
    uv_getaddrinfo_t resolve;
    struct addrinfo *found, *next; /* addresses; next: to try next */
    struct sock *sock;             /* NULL: none */
    struct tcp_watch watch;
    enum link_state state;
    char why[WHY_MAX];
    struct buf pending;   /* not yet given to the socket */
    struct spread spread; /* of this turn, behind what is pending */
    struct buf out;       /* scratch: what the stream wants sent */
    bool spoke;           /* sent something since the last look */
    bool full;            /* told the log that the queue is full */
    bool again;           /* the next pause is left out */
    unsigned fails;       /* attempts in a row that came to nothing */
    uint64_t up_since_ms;
    unsigned handles; /* that libuv has not closed yet */
    bool freeing;
    void (*done)(void *ctx);
    void *done_ctx;
    char in[READ_MAX];
};

static void attempt(struct link *l);
static void try_next_address(struct link *l);
static void finish(struct link *l);

/* ---- the end of a connection ----------------------------------------------------------------- */

static void on_sock_closed(uv_handle_t *h)
{
    struct sock *k = h->data;

    buf_free(&k->writing);
    free(k);
}

static void sock_drop(struct link *l)
{
    if (l->sock == NULL)
        return;
    l->sock->l = NULL;
    uv_close((uv_handle_t *)&l->sock->tcp, on_sock_closed);
    l->sock = NULL;
}

static void set_why(struct link *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void set_why(struct link *l, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(l->why, sizeof(l->why), fmt, args);
    va_end(args);
}

static void on_pause_over(uv_timer_t *t)
{
    attempt(t->data);
}

static int64_t pause_ms(struct link *l, bool refused)
{
    int64_t pause = l->o.pause_min_ms;

    if (l->again)
        return 0;
    if (refused)
        pause = l->o.pause_max_ms;
    else
        for (unsigned i = 0; i < l->fails && pause < l->o.pause_max_ms; i++)
            pause *= 2;
    if (pause > l->o.pause_max_ms)
        pause = l->o.pause_max_ms;
    /* Jitter: many components of one server do not come back at the same moment. */
    return pause - crypto_random((uint32_t)(pause / 2) + 1);
}

static void retry_later(struct link *l, bool refused)
{
    int64_t pause = pause_ms(l, refused);

    if (refused)
        log_error("link-refused", "why=\"%s\" retry_ms=%lld", l->why, (long long)pause);
    else
        log_warn("link-down", "why=\"%s\" retry_ms=%lld", l->why, (long long)pause);
    l->fails += l->fails < 32;
    uv_timer_start(&l->timer, on_pause_over, (uint64_t)pause, 0);
}

/* The attempt or the stream is over; l->why says why when the server did not. */
static void lost(struct link *l)
{
    bool was_up = l->state == LINK_UP;
    const struct stream_end *how = stream_how(l->stream);
    uint64_t up_ms = was_up ? uv_now(l->loop) - l->up_since_ms : 0;
    bool was_good = was_up && up_ms >= (uint64_t)l->o.pause_min_ms;

    stream_close(l->stream);
    sock_drop(l);
    uv_timer_stop(&l->timer);
    uv_timer_stop(&l->alive);
    uv_timer_stop(&l->look);
    uv_idle_stop(&l->flush);
    buf_clear(&l->pending);
    spread_clear(&l->spread);
    l->state = LINK_DOWN;
    if (how->condition[0] != '\0')
        set_why(l, "the server said %s%s%s", how->condition, how->text[0] != '\0' ? ": " : "",
                how->text);
    else if (how->closed)
        set_why(l, "the server closed the stream");
    if (l->freeing) {
        finish(l);
        return;
    }
    if (was_good)
        l->fails = 0;
    l->again =
        was_good &&
        (how->condition[0] == '\0' ? how->closed : strcmp(how->condition, "system-shutdown") == 0);
    retry_later(l, stream_is_refusal(how->condition));
    l->again = false;
    if (was_up && stream_is_poison(how->condition) && l->on.poison != NULL)
        l->on.poison(l->on.ctx, how->condition);
    if (was_up && !l->freeing)
        l->on.state(l->on.ctx, LINK_DOWN, l->why);
}

/* ---- out ------------------------------------------------------------------------------------- */

static bool sock_put(struct sock *k);

static void on_written(uv_write_t *w, int status)
{
    struct sock *k = w->data;
    struct link *l = k->l;

    buf_clear(&k->writing);
    if (l == NULL)
        return;
    if (status < 0) {
        set_why(l, "cannot write: %s", uv_strerror(status));
        lost(l);
        return;
    }
    if (!sock_put(k))
        return;
    if (link_room(l) == l->o.queue_max && l->on.flushed != NULL)
        l->on.flushed(l->on.ctx);
}

/* Give all that waits to the socket, in one write; one write at a time is under way, and what is
 * queued meanwhile goes with the next. False: the link is lost. */
static bool sock_put(struct sock *k)
{
    struct link *l = k->l;
    struct buf swap = k->writing;
    uv_buf_t b;
    int n;

    if (l->pending.len == 0 || k->writing.len > 0)
        return true;
    l->spoke = true;
    b = uv_buf_init(l->pending.data, (unsigned)l->pending.len);
    n = uv_try_write((uv_stream_t *)&k->tcp, &b, 1);
    if (n >= 0) {
        buf_consume(&l->pending, (size_t)n);
        if (l->pending.len == 0)
            return true;
    } else if (n != UV_EAGAIN) {
        set_why(l, "cannot write: %s", uv_strerror(n));
        lost(l);
        return false;
    }
    k->writing = l->pending;
    l->pending = swap;
    b = uv_buf_init(k->writing.data, (unsigned)k->writing.len);
    n = uv_write(&k->write, (uv_stream_t *)&k->tcp, &b, 1, on_written);
    assert(n == 0);
    return true;
}

static void on_turn_over(uv_idle_t *h)
{
    struct link *l = h->data;

    uv_idle_stop(h);
    spread_write(&l->spread, &l->pending);
    if (l->state != LINK_UP || l->pending.len == 0 || !sock_put(l->sock))
        return;
    if (l->sock->writing.len == 0 && !l->freeing && l->on.flushed != NULL)
        l->on.flushed(l->on.ctx);
}

/* What the stream itself wants sent. It goes ahead of no stanza: those wait until it is up. */
static bool put_now(struct link *l)
{
    buf_put(&l->pending, l->out.data, l->out.len);
    buf_clear(&l->out);
    return sock_put(l->sock);
}

static size_t queued(const struct link *l)
{
    return l->pending.len + l->spread.bytes + (l->sock != NULL ? l->sock->writing.len : 0);
}

size_t link_room(const struct link *l)
{
    if (l->state != LINK_UP || l->freeing || queued(l) >= l->o.queue_max)
        return 0;
    return l->o.queue_max - queued(l);
}

static bool may_queue(struct link *l)
{
    if (l->state != LINK_UP || l->freeing)
        return false;
    if (queued(l) >= OVER * l->o.queue_max) {
        if (!l->full)
            log_warn("link-full", "queue_max=%zu", l->o.queue_max);
        l->full = true;
        return false;
    }
    l->full = false;
    /* An idle handle runs at the end of this turn or the begin of the next, and keeps the loop from
     * waiting before that. */
    uv_idle_start(&l->flush, on_turn_over);
    return true;
}

void link_send(struct link *l, const struct xml *x)
{
    if (!may_queue(l))
        return;
    spread_write(&l->spread, &l->pending);
    xml_write(&l->pending, x, NS_CLIENT);
}

void link_send_each(struct link *l, const struct xml *x, const char *const *to, size_t n)
{
    if (n > 0 && may_queue(l))
        spread_add(&l->spread, x, to, n, &l->pending);
}

static void on_alive(uv_timer_t *t)
{
    struct link *l = t->data;

    if (!l->spoke && l->pending.len == 0) {
        buf_putc(&l->pending, ' ');
        if (!sock_put(l->sock))
            return;
    }
    l->spoke = false;
}

static void on_look(uv_timer_t *t)
{
    struct link *l = t->data;
    const char *why = tcp_look(&l->watch, &l->sock->tcp);

    if (why) {
        set_why(l, "%s", why);
        lost(l);
    }
}

/* ---- in -------------------------------------------------------------------------------------- */

static void on_ready(void *ctx)
{
    struct link *l = ctx;
    uint64_t keepalive = (uint64_t)l->o.keepalive_ms, look;

    if (l->freeing)
        return;
    uv_timer_stop(&l->timer);
    uv_timer_start(&l->alive, on_alive, keepalive, keepalive);
    l->watch = (struct tcp_watch){l->o.silence_ms, l->o.still_ms, 0, 0, 0};
    look = tcp_look_ms(&l->watch);
    uv_timer_start(&l->look, on_look, look, look);
    l->state = LINK_UP;
    l->full = false;
    l->up_since_ms = uv_now(l->loop);
    set_why(l, "up");
    log_info("link-up", "domain=%s host=%s port=%d", l->o.domain, l->o.host, l->o.port);
    l->on.state(l->on.ctx, LINK_UP, l->why);
}

static void on_stanza(void *ctx, struct stanza *in)
{
    struct link *l = ctx;

    if (l->freeing)
        arena_free(in->arena);
    else
        l->on.stanza(l->on.ctx, in);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
    struct sock *k = h->data;

    (void)suggested;
    *b = k->l != NULL ? uv_buf_init(k->l->in, READ_MAX) : uv_buf_init(NULL, 0);
}

static void on_read(uv_stream_t *tcp, ssize_t n, const uv_buf_t *b)
{
    struct sock *k = tcp->data;
    struct link *l = k->l;
    enum err e;

    if (l == NULL || n == 0)
        return;
    if (n < 0) {
        set_why(l, "the connection was lost: %s", uv_strerror((int)n));
        lost(l);
        return;
    }
    tcp_acknowledge(&k->tcp);
    e = stream_feed(l->stream, b->base, (size_t)n, &l->out);
    if (e == OK) {
        put_now(l);
        return;
    }
    set_why(l, e == ERR_INVALID ? "the server sent broken XML" : "the stream broke");
    lost(l);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void on_no_handshake(uv_timer_t *t)
{
    struct link *l = t->data;

    set_why(l, "the server did not answer the handshake");
    lost(l);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct sock *k = req->data;
    struct link *l = k->l;

    if (l == NULL)
        return;
    if (status < 0) {
        set_why(l, "cannot connect: %s", uv_strerror(status));
        sock_drop(l);
        try_next_address(l);
        return;
    }
    uv_tcp_nodelay(&k->tcp, 1);
    buf_clear(&l->out);
    if (stream_open(l->stream, &l->out) != OK) {
        set_why(l, "no descriptor below 1024 is free");
        lost(l);
        return;
    }
    uv_timer_start(&l->timer, on_no_handshake, (uint64_t)l->o.patience_ms, 0);
    if (put_now(l))
        uv_read_start((uv_stream_t *)&k->tcp, on_alloc, on_read);
}

static void on_no_connection(uv_timer_t *t)
{
    struct link *l = t->data;

    set_why(l, "cannot connect: timed out");
    sock_drop(l);
    try_next_address(l);
}

static void found_free(struct link *l)
{
    uv_freeaddrinfo(l->found);
    l->found = l->next = NULL;
}

/* l->why says what became of the one before. */
static void try_next_address(struct link *l)
{
    struct addrinfo *to = l->next;
    struct sock *k;
    int e;

    if (to == NULL) {
        found_free(l);
        lost(l);
        return;
    }
    l->next = to->ai_next;
    k = mem_alloc(sizeof(*k));
    k->l = l;
    k->tcp.data = k->connect.data = k->write.data = k;
    if (uv_tcp_init(l->loop, &k->tcp) != 0) {
        free(k);
        set_why(l, "no socket");
        lost(l);
        return;
    }
    l->sock = k;
    uv_timer_start(&l->timer, on_no_connection, (uint64_t)l->o.patience_ms, 0);
    e = uv_tcp_connect(&k->connect, &k->tcp, to->ai_addr, on_connected);
    if (e != 0) {
        set_why(l, "cannot connect: %s", uv_strerror(e));
        sock_drop(l);
        try_next_address(l);
    }
}

static void maybe_done(struct link *l);

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct link *l = req->data;

    req->data = NULL;
    if (l->freeing) {
        uv_freeaddrinfo(found);
        maybe_done(l);
        return;
    }
    if (status != 0) {
        set_why(l, "cannot resolve %s: %s", l->o.host, uv_strerror(status));
        lost(l);
        return;
    }
    l->found = l->next = found; /* never empty */
    try_next_address(l);
}

static void attempt(struct link *l)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_protocol = IPPROTO_TCP,
                             .ai_flags = AI_NUMERICSERV};
    char port[8];
    int e;

    found_free(l);
    l->state = LINK_CONNECTING;
    snprintf(port, sizeof(port), "%d", l->o.port);
    l->resolve.data = l;
    e = uv_getaddrinfo(l->loop, &l->resolve, on_resolved, l->o.host, port, &hints);
    if (e == 0)
        return;
    l->resolve.data = NULL;
    set_why(l, "cannot resolve %s: %s", l->o.host, uv_strerror(e));
    lost(l);
}

/* ---- begin and end --------------------------------------------------------------------------- */

static void set_default(int64_t *ms, int64_t usual)
{
    if (*ms <= 0)
        *ms = usual;
}

struct link *link_new(uv_loop_t *loop, const struct link_options *o, const struct link_handlers *h)
{
    struct stream_handlers mine = {on_ready, on_stanza, NULL};
    struct link *l = mem_alloc(sizeof(*l));

    signal(SIGPIPE, SIG_IGN); /* libuv writes without MSG_NOSIGNAL */
    l->loop = loop;
    l->o = *o;
    set_default(&l->o.patience_ms, PATIENCE_MS);
    set_default(&l->o.keepalive_ms, KEEPALIVE_MS);
    set_default(&l->o.silence_ms, SILENCE_MS);
    set_default(&l->o.still_ms, STILL_MS);
    l->on = *h;
    mine.ctx = l;
    l->stream = stream_new(o->domain, o->secret, &mine);
    uv_timer_init(loop, &l->timer);
    uv_timer_init(loop, &l->alive);
    uv_timer_init(loop, &l->look);
    uv_idle_init(loop, &l->flush);
    l->timer.data = l->alive.data = l->look.data = l->flush.data = l;
    l->handles = 4;
    set_why(l, "connecting");
    attempt(l);
    return l;
}

static void maybe_done(struct link *l)
{
    void (*done)(void *ctx) = l->done;
    void *ctx = l->done_ctx;

    if (l->handles > 0 || l->resolve.data != NULL)
        return;
    stream_free(l->stream);
    found_free(l);
    buf_free(&l->pending);
    spread_free(&l->spread);
    buf_free(&l->out);
    free(l);
    if (done != NULL)
        done(ctx);
}

static void on_handle_closed(uv_handle_t *h)
{
    struct link *l = h->data;

    l->handles--;
    maybe_done(l);
}

static void finish(struct link *l)
{
    sock_drop(l);
    if (uv_is_closing((uv_handle_t *)&l->timer))
        return;
    if (l->resolve.data != NULL)
        uv_cancel((uv_req_t *)&l->resolve);
    uv_close((uv_handle_t *)&l->timer, on_handle_closed);
    uv_close((uv_handle_t *)&l->alive, on_handle_closed);
    uv_close((uv_handle_t *)&l->look, on_handle_closed);
    uv_close((uv_handle_t *)&l->flush, on_handle_closed);
}

static void on_goodbye_over(uv_timer_t *t)
{
    lost(t->data);
}

void link_free(struct link *l, void (*done)(void *ctx), void *ctx)
{
    l->freeing = true;
    l->done = done;
    l->done_ctx = ctx;
    if (l->state != LINK_UP) {
        finish(l);
        return;
    }
    /* This may be called from inside a handler, so the rest is left to the loop. */
    spread_write(&l->spread, &l->pending);
    buf_puts(&l->pending, "</stream:stream>");
    uv_idle_start(&l->flush, on_turn_over);
    uv_timer_stop(&l->alive);
    uv_timer_stop(&l->look);
    uv_timer_start(&l->timer, on_goodbye_over, GOODBYE_MS, 0);
}

enum link_state link_state(const struct link *l)
{
    return l->state;
}

const char *link_state_text(const struct link *l)
{
    return l->why;
}
