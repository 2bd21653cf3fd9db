#include "webbridge/wire.h"

#include "core/base/arena.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

/* Heartbeats are spread over a wheel, so that ten thousand streams are not all written to in one
 * turn of the loop. */
#define TICK_MS 100
#define READ_MAX 65536 /* bytes that a client may send on a stream; it has nothing to say */

TAILQ_HEAD(wire_list, wire);

struct wire {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } u;
    struct wires *group;
    struct wire_handlers h;
    TAILQ_ENTRY(wire) all;
    TAILQ_ENTRY(wire) beat;  /* in its slot of the wheel */
    TAILQ_ENTRY(wire) stuck; /* while something waits */
    int64_t moved_ms;        /* when something waiting last went out */
    uint32_t slot;
    uint32_t read;
    bool beating, waiting, ending, over;
};

struct wires {
    uv_loop_t *loop;
    uv_timer_t timer;
    struct wire_list *slots;
    uint32_t n_slots, hand;
    struct wire_list all, stuck;
    size_t count;
    int unsent_ms;
    bool freeing;
    void (*done)(void *ctx);
    void *done_ctx;
};

struct unsent {
    uv_write_t req;
    struct wire *wire;
    char data[];
};

static const char heartbeat[] = ":\n\n";

static void leave_lists(struct wire *w)
{
    if (w->beating)
        TAILQ_REMOVE(&w->group->slots[w->slot], w, beat);
    if (w->waiting)
        TAILQ_REMOVE(&w->group->stuck, w, stuck);
    w->beating = w->waiting = false;
}

static void group_end(struct wires *g);

static void on_closed(uv_handle_t *handle)
{
    struct wire *w = handle->data;
    struct wires *g = w->group;

    w->h.ended(w->h.ctx);
    TAILQ_REMOVE(&g->all, w, all);
    free(w);
    if (--g->count > 0)
        return;
    uv_timer_stop(&g->timer);
    if (g->freeing)
        group_end(g);
}

void wire_cut(struct wire *w)
{
    if (uv_is_closing(&w->u.handle))
        return;
    w->over = true;
    leave_lists(w);
    uv_close(&w->u.handle, on_closed);
}

void wire_end(struct wire *w)
{
    w->over = true;
    w->ending = true;
    if (w->u.stream.write_queue_size == 0)
        wire_cut(w);
}

bool wire_over(const struct wire *w)
{
    return w->over;
}

size_t wire_waiting(const struct wire *w)
{
    return w->u.stream.write_queue_size;
}

static void on_written(uv_write_t *req, int status)
{
    struct unsent *u = (struct unsent *)req;
    struct wire *w = u->wire;

    free(u);
    if (status != 0) {
        wire_cut(w);
        return;
    }
    w->moved_ms = (int64_t)uv_now(w->group->loop);
    if (w->u.stream.write_queue_size > 0)
        return;
    if (w->waiting)
        TAILQ_REMOVE(&w->group->stuck, w, stuck);
    w->waiting = false;
    if (w->ending)
        wire_cut(w);
    else if (w->h.drained != NULL)
        w->h.drained(w->h.ctx);
}

static void queue_rest(struct wire *w, const char *data, size_t len)
{
    struct unsent *u = mem_alloc(sizeof(*u) + len);
    uv_buf_t buf = uv_buf_init(u->data, (unsigned)len);

    memcpy(u->data, data, len);
    u->wire = w;
    if (!w->waiting) {
        w->waiting = true;
        w->moved_ms = (int64_t)uv_now(w->group->loop);
        TAILQ_INSERT_TAIL(&w->group->stuck, w, stuck);
    }
    if (uv_write(&u->req, &w->u.stream, &buf, 1, on_written) != 0) {
        free(u);
        wire_cut(w);
    }
}

void wire_write(struct wire *w, const char *data, size_t len)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)data, (unsigned)len);
    int sent = 0;

    if (w->over)
        return;
    if (w->u.stream.write_queue_size == 0) {
        sent = uv_try_write(&w->u.stream, &buf, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            wire_cut(w);
            return;
        }
        sent = sent < 0 ? 0 : sent;
    }
    if ((size_t)sent == len)
        return;
    if (w->u.stream.write_queue_size + len - (size_t)sent > WIRE_QUEUE_MAX) {
        wire_cut(w);
        return;
    }
    queue_rest(w, data + sent, len - (size_t)sent);
}

/* ---- the peer ------------------------------------------------------------------------------- */

static void on_alloc(uv_handle_t *handle, size_t want, uv_buf_t *buf)
{
    static char scratch[4096];

    (void)handle;
    (void)want;
    *buf = uv_buf_init(scratch, sizeof(scratch));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct wire *w = stream->data;

    (void)buf;
    if (n > 0)
        w->read += (uint32_t)n;
    if (n < 0 || w->read > READ_MAX)
        wire_cut(w);
}

/* ---- time ----------------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *t)
{
    struct wires *g = t->data;
    int64_t before_ms = (int64_t)uv_now(g->loop) - g->unsent_ms;
    struct wire *w, *next;

    g->hand = (g->hand + 1) % g->n_slots;
    for (w = TAILQ_FIRST(&g->slots[g->hand]); w != NULL; w = next) {
        next = TAILQ_NEXT(w, beat);
        if (!w->waiting)
            wire_write(w, heartbeat, sizeof(heartbeat) - 1);
    }
    for (w = TAILQ_FIRST(&g->stuck); w != NULL; w = next) {
        next = TAILQ_NEXT(w, stuck);
        if (w->moved_ms <= before_ms)
            wire_cut(w);
    }
}

void wire_beat(struct wire *w)
{
    struct wires *g = w->group;

    if (w->beating || w->over)
        return;
    w->beating = true;
    w->slot = g->hand; /* a whole turn of the wheel away */
    TAILQ_INSERT_TAIL(&g->slots[w->slot], w, beat);
}

/* ---- opening and closing -------------------------------------------------------------------- */

static int domain_of(int fd)
{
    int domain = AF_UNSPEC;
    socklen_t len = sizeof(domain);

    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
    return domain;
}

static int open_handle(struct wire *w, int fd)
{
    unsigned timeout_ms = (unsigned)w->group->unsent_ms;
    int e;

    if (domain_of(fd) == AF_UNIX) {
        uv_pipe_init(w->group->loop, &w->u.pipe, 0);
        e = uv_pipe_open(&w->u.pipe, fd);
    } else {
        uv_tcp_init(w->group->loop, &w->u.tcp);
        e = uv_tcp_open(&w->u.tcp, fd);
        if (e == 0) {
            uv_tcp_nodelay(&w->u.tcp, 1);
            setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
        }
    }
    return e != 0 ? e : uv_read_start(&w->u.stream, on_alloc, on_read);
}

static void free_failed(uv_handle_t *handle)
{
    free(handle->data);
}

struct wire *wire_new(struct wires *g, int fd, const struct wire_handlers *h)
{
    struct wire *w = mem_alloc(sizeof(*w));

    w->group = g;
    w->h = *h;
    if (open_handle(w, fd) != 0) {
        uv_os_fd_t owned;

        if (uv_fileno(&w->u.handle, &owned) != 0)
            close(fd);
        w->u.handle.data = w;
        uv_close(&w->u.handle, free_failed);
        return NULL;
    }
    w->u.handle.data = w;
    TAILQ_INSERT_TAIL(&g->all, w, all);
    if (g->count++ == 0)
        uv_timer_start(&g->timer, on_tick, TICK_MS, TICK_MS);
    return w;
}

struct wires *wires_new(uv_loop_t *loop, int heartbeat_seconds, int unsent_seconds)
{
    struct wires *g = mem_alloc(sizeof(*g));

    g->loop = loop;
    g->unsent_ms = unsent_seconds * 1000;
    g->n_slots = (uint32_t)(heartbeat_seconds > 0 ? heartbeat_seconds : 1) * 1000 / TICK_MS;
    g->slots = mem_alloc(g->n_slots * sizeof(*g->slots));
    for (uint32_t i = 0; i < g->n_slots; i++)
        TAILQ_INIT(&g->slots[i]);
    TAILQ_INIT(&g->all);
    TAILQ_INIT(&g->stuck);
    uv_timer_init(loop, &g->timer);
    g->timer.data = g;
    return g;
}

static void on_group_closed(uv_handle_t *handle)
{
    struct wires *g = handle->data;

    if (g->done != NULL)
        g->done(g->done_ctx);
    free(g->slots);
    free(g);
}

static void group_end(struct wires *g)
{
    uv_close((uv_handle_t *)&g->timer, on_group_closed);
}

void wires_free(struct wires *g, void (*done)(void *ctx), void *ctx)
{
    struct wire *w;

    g->freeing = true;
    g->done = done;
    g->done_ctx = ctx;
    if (g->count == 0)
        group_end(g);
    TAILQ_FOREACH(w, &g->all, all)
    wire_cut(w); /* gone in a later turn of the loop */
}

size_t wires_count(const struct wires *g)
{
    return g->count;
}
