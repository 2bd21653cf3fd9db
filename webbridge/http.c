#include "webbridge/http.h"

#include "core/base/log.h"
#include "webbridge/conns.h"
#include "webbridge/gate.h"
#include "webbridge/listen.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#define SWEEP_MS 500
#define KEEPALIVE_MS 30000 /* idle between requests, the next one's first line included */
#define STARVED_MS 200
#define READ_PER_MS 16         /* bytes that a client takes, or gives of a file, at the least */
#define IDLE_SECONDS 1200      /* the library's own limit, which ours come before */
#define CONNECTION_BYTES 16384 /* headers and read buffer of one connection */

enum phase {
    PHASE_TARGET, /* the first line is there */
    PHASE_BODY,
    PHASE_PIECE,    /* a piece of the body is with the handlers, until http_more */
    PHASE_WORK,     /* `ready` is running */
    PHASE_WAIT,     /* suspended until http_reply */
    PHASE_ANSWERED, /* the answer is made */
    PHASE_SENDING,
    PHASE_TAKEN
};

/* What http.c knows about a request beyond its public part. */
struct own {
    struct request r; /* first: the public part is the whole one's address */
    enum phase phase;
    struct MHD_Connection *con;
    struct conn *conn;
    struct buf body;
    bool in_pieces; /* the body is given on, not collected */
    bool suspended;
    struct MHD_Response *answer;
    size_t answer_len;
    int status;
    bool chunked;       /* the body */
    const char *target; /* in the library's buffer: only compared, see gate_line */
    size_t target_len;
};

struct http {
    uv_loop_t *loop;
    struct http_options o;
    struct http_handlers h;
    struct MHD_Daemon *daemon;
    struct listen_result at;
    uv_poll_t poll;
    uv_timer_t timer, sweeper;
    struct conns *conns;
    size_t owed;  /* requests that are suspended */
    bool resumed; /* somebody was resumed since MHD_run */
    bool starved; /* there was no descriptor for a new connection */
    bool ending, stopped;
    int handles; /* still on the loop */
    void (*done)(void *ctx);
    void *done_ctx;
};

static struct own *own_of(struct request *r)
{
    return (struct own *)r;
}

/* ---- connections ---------------------------------------------------------------------------- */

static enum MHD_Result on_policy(void *cls, const struct sockaddr *sa, socklen_t len)
{
    struct http *h = cls;
    struct address a;

    (void)len;
    address_from(sa, &a);
    return conns_admit(h->conns, &a) ? MHD_YES : MHD_NO;
}

static int64_t now_of(const struct http *h)
{
    return (int64_t)uv_now(h->loop);
}

static void on_connection(void *cls, struct MHD_Connection *con, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http *h = cls;
    const union MHD_ConnectionInfo *info;
    struct address peer;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(con, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        address_from(info->client_addr, &peer);
        info = MHD_get_connection_info(con, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context =
            conns_open(h->conns, info->connect_fd, &peer, now_of(h), h->o.header_seconds * 1000);
    } else if (*context != NULL) {
        conns_close(*context);
    }
}

static void step(struct own *own, int64_t wait_ms)
{
    conns_wait(own->conn, now_of(own->r.http), wait_ms);
}

/* ---- requests ------------------------------------------------------------------------------- */

static void *on_target(void *cls, const char *uri, struct MHD_Connection *con)
{
    struct http *h = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(con, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    /* Not in the arena: a handler that takes the socket may free that before it returns. */
    struct own *own = mem_alloc(sizeof(*own));

    own->r.arena = arena_new();
    own->r.http = h;
    own->r.body = "";
    own->r.body_expected = -1;
    own->con = con;
    own->conn = info->socket_context;
    own->conn->heading = con;
    own->r.peer = own->conn->peer;
    own->r.overload = own->conn->overload;
    own->r.malformed = !gate_target(uri);
    own->target = uri;
    own->target_len = uri == NULL ? 0 : strlen(uri);
    step(own, h->o.header_seconds * 1000);
    return own;
}

static void on_completed(void *cls, struct MHD_Connection *con, void **con_cls,
                         enum MHD_RequestTerminationCode why)
{
    struct http *h = cls;
    struct own *own = *con_cls;

    (void)con, (void)why;
    *con_cls = NULL;
    if (own == NULL)
        return;
    own->conn->heading = NULL;
    step(own, KEEPALIVE_MS);
    if (own->answer != NULL)
        MHD_destroy_response(own->answer);
    buf_free(&own->body);
    if (own->phase != PHASE_TAKEN) {
        if (own->r.user != NULL)
            h->h.ended(h->h.ctx, &own->r);
        arena_free(own->r.arena);
    }
    free(own);
}

static enum MHD_Result count_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    (void)kind;
    gate_header(cls, name, value);
    return MHD_YES;
}

static void check_framing(struct own *own, const char *version)
{
    struct gate g;

    gate_begin(&g, version);
    MHD_get_connection_values(own->con, MHD_HEADER_KIND, count_header, &g);
    own->r.malformed |= !gate_ok(&g) || !gate_line(own->target, own->target_len, version) ||
                        !gate_method(own->r.method);
    own->chunked = g.codings > 0;
    if (!own->chunked)
        own->r.body_expected = g.length < 0 ? 0 : g.length;
}

static enum MHD_Result send_answer(struct own *own)
{
    enum MHD_Result result = MHD_queue_response(own->con, (unsigned)own->status, own->answer);

    MHD_destroy_response(own->answer);
    own->answer = NULL;
    own->phase = PHASE_SENDING;
    step(own, own->r.http->o.unsent_seconds * 1000 + (int64_t)(own->answer_len / READ_PER_MS));
    return result;
}

static enum MHD_Result first_call(struct http *h, struct own *own, const char *url,
                                  const char *method, const char *version)
{
    own->conn->heading = NULL;
    own->r.method = arena_dup(own->r.arena, method);
    own->r.path = arena_dup(own->r.arena, url);
    step(own, h->o.body_seconds * 1000);
    check_framing(own, version);
    h->h.begin(h->h.ctx, &own->r);
    if (own->phase == PHASE_TAKEN)
        return MHD_NO;
    /* An answer given before the body is read ends the connection. */
    if (own->phase == PHASE_ANSWERED && own->r.body_expected != 0)
        return send_answer(own);
    if (own->phase == PHASE_TARGET)
        own->phase = PHASE_BODY;
    return MHD_YES;
}

static void on_timer(uv_timer_t *t);

static void suspend(struct http *h, struct own *own)
{
    own->suspended = true;
    h->owed++;
    MHD_suspend_connection(own->con);
}

static void resume(struct own *own)
{
    struct http *h = own->r.http;

    own->suspended = false;
    h->owed--;
    h->resumed = true;
    MHD_resume_connection(own->con);
    uv_timer_start(&h->timer, on_timer, 0, 0);
}

static void give_piece(struct http *h, struct own *own)
{
    own->phase = PHASE_PIECE;
    h->h.piece(h->h.ctx, &own->r, own->body.data, own->body.len);
    if (own->phase == PHASE_PIECE)
        suspend(h, own);
}

static void more_body(struct http *h, struct own *own, const char *data, size_t len)
{
    if (own->r.too_large || own->answer != NULL || own->phase != PHASE_BODY)
        return;
    if (!own->in_pieces && own->body.len + len > h->o.body_max) {
        own->r.too_large = true;
        buf_free(&own->body);
        return;
    }
    buf_put(&own->body, data, len);
    if (own->in_pieces && own->body.len >= HTTP_PIECE)
        give_piece(h, own);
}

static enum MHD_Result whole(struct http *h, struct own *own)
{
    if (own->in_pieces && own->body.len > 0)
        give_piece(h, own);
    if (own->phase == PHASE_PIECE)
        return MHD_YES;
    if (own->answer != NULL)
        return send_answer(own);
    own->phase = PHASE_WORK;
    own->r.body = buf_str(&own->body);
    own->r.body_len = own->body.len;
    conns_work(own->conn);
    h->h.ready(h->h.ctx, &own->r);
    if (own->phase == PHASE_ANSWERED)
        return send_answer(own);
    own->phase = PHASE_WAIT;
    suspend(h, own);
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **con_cls)
{
    struct http *h = cls;
    struct own *own = *con_cls;

    (void)con;
    switch (own->phase) {
    case PHASE_TARGET:
        if (h->ending)
            return MHD_NO;
        return first_call(h, own, url, method, version);
    case PHASE_BODY:
        if (*data_len == 0)
            return whole(h, own);
        more_body(h, own, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    case PHASE_ANSWERED:
        return send_answer(own);
    case PHASE_SENDING:
        *data_len = 0;
        return MHD_YES;
    case PHASE_PIECE:
    case PHASE_WORK:
    case PHASE_WAIT:
    case PHASE_TAKEN:
        break;
    }
    return MHD_YES;
}

/* ---- what handlers use ---------------------------------------------------------------------- */

struct join {
    const char *name;
    struct arena *arena;
    const char *value;
};

static enum MHD_Result join_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct join *j = cls;

    (void)kind;
    if (!reply_same_name(name, j->name) || value == NULL)
        return MHD_YES;
    j->value = j->value == NULL ? arena_dup(j->arena, value)
                                : arena_printf(j->arena, "%s, %s", j->value, value);
    return MHD_YES;
}

const char *http_header(struct request *r, const char *name)
{
    struct join j = {.name = name, .arena = r->arena};

    MHD_get_connection_values(own_of(r)->con, MHD_HEADER_KIND, join_header, &j);
    return j.value;
}

const char *http_query(struct request *r, const char *name)
{
    const char *value = MHD_lookup_connection_value(own_of(r)->con, MHD_GET_ARGUMENT_KIND, name);

    return value == NULL ? NULL : arena_dup(r->arena, value);
}

void http_in_pieces(struct request *r)
{
    own_of(r)->in_pieces = true;
    step(own_of(r), r->http->o.body_seconds * 1000 + r->body_expected / READ_PER_MS);
}

void http_more(struct request *r)
{
    struct own *own = own_of(r);

    buf_clear(&own->body);
    own->phase = PHASE_BODY;
    if (own->suspended)
        resume(own);
}

/* The library takes the body as not const, but does not write to it. */
static struct MHD_Response *make_response(const struct reply *r)
{
    if (r->from_file)
        return MHD_create_response_from_fd_at_offset64((uint64_t)r->file_len, r->fd,
                                                       (uint64_t)r->file_from);
    return MHD_create_response_from_buffer(r->body_len, (void *)(uintptr_t)r->body,
                                           r->lasting ? MHD_RESPMEM_PERSISTENT
                                                      : MHD_RESPMEM_MUST_COPY);
}

void http_reply(struct request *r, const struct reply *reply)
{
    struct own *own = own_of(r);

    assert(own->answer == NULL && own->phase != PHASE_SENDING);
    own->status = reply->status;
    own->answer_len = reply->body_len + (size_t)reply->file_len;
    own->answer = make_response(reply);
    for (size_t i = 0; i < reply->n_headers; i++)
        MHD_add_response_header(own->answer, reply->headers[i].name, reply->headers[i].value);
    /* The library reads chunks that end at a bare line feed, or have anything behind their size. A
     * proxy may see their end elsewhere, so nothing that follows is taken for a request. */
    if (reply->close || own->chunked)
        MHD_add_response_header(own->answer, "Connection", "close");
    if (own->phase == PHASE_BODY || own->phase == PHASE_PIECE) { /* the library takes none yet */
        http_more(r);
        return;
    }
    own->phase = PHASE_ANSWERED;
    if (own->suspended)
        resume(own);
}

int http_take(struct request *r)
{
    struct own *own = own_of(r);
    /* The library closes its own number after MHD_NO; without shutdown, thanks to MHD_USE_TURBO, so
     * that the duplicate lives on. */
    int fd = fcntl(own->conn->fd, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0)
        own->phase = PHASE_TAKEN;
    return fd;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static void on_poll(uv_poll_t *p, int status, int events);
static void stop_now(struct http *h);

/* Without a descriptor for the next one, the library would ask again at once, for ever. */
static void hold_off(struct http *h)
{
    log_warn("no-descriptor", "connections=%zu", conns_count(h->conns));
    uv_poll_stop(&h->poll);
    uv_timer_start(&h->timer, on_timer, STARVED_MS, 0);
}

static void run(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    if (h->stopped)
        return;
    h->resumed = h->starved = false;
    MHD_run(h->daemon);
    if (h->ending && h->owed == 0) {
        stop_now(h);
        return;
    }
    if (h->starved) {
        hold_off(h);
        return;
    }
    if (!uv_is_active((uv_handle_t *)&h->poll))
        uv_poll_start(&h->poll, UV_READABLE, on_poll);
    if (h->resumed)
        uv_timer_start(&h->timer, on_timer, 0, 0);
    else if (MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES)
        uv_timer_start(&h->timer, on_timer, wait_ms, 0);
    else
        uv_timer_stop(&h->timer);
}

static void on_timer(uv_timer_t *t)
{
    run(t->data);
}

/* The library takes up listening again, after it had no descriptor, only in the turn after the one
 * that brought it one. */
static void on_sweep(uv_timer_t *t)
{
    struct http *h = t->data;

    conns_sweep(h->conns, now_of(h));
    run(h);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    (void)status, (void)events;
    run(p->data);
}

/* MHD_get_timeout does not know of pending resumes, hence no look at it here. */
void http_turn(struct http *h)
{
    if (h->resumed)
        run(h);
}

/* libmicrohttpd 0.9.75 refuses a malformed Content-Length by itself, before it asks us, and sends
 * the head of its answer twice. Its log line is the only notice in time: whoever is that far is
 * sent a proper answer here and cut. */
static void cut_malformed(void *ctx, struct conn *c)
{
    static const char answer[] =
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    const char *length;
    struct gate g;

    (void)ctx;
    if (c->heading == NULL || (length = MHD_lookup_connection_value(c->heading, MHD_HEADER_KIND,
                                                                    "Content-Length")) == NULL)
        return;
    gate_begin(&g, NULL);
    gate_header(&g, "Content-Length", length);
    if (!g.bad)
        return;
    (void)!send(c->fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    c->heading = NULL;
    conns_cut(c);
}

static void on_log(void *cls, const char *fmt, va_list args)
{
    struct http *h = cls;
    struct arena *a = arena_new();

    if (strstr(fmt, "Content-Length") != NULL)
        conns_each(h->conns, cut_malformed, NULL);
    if (strstr(fmt, "Error accepting") != NULL)
        h->starved = true;
    log_debug("http-library", "text=%s", arena_vprintf(a, fmt, args));
    arena_free(a);
}

/* Strictness is the gate's: the library's own refusal of a missing Host sends its head twice. */
static struct MHD_Daemon *start_daemon(struct http *h)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

    return MHD_start_daemon(
        flags, 0, on_policy, h, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, h,
        MHD_OPTION_LISTEN_SOCKET, h->at.fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)h->o.connections + 2 * (unsigned)conns_spare(h->o.connections),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        h, MHD_OPTION_END);
}

enum err http_new(uv_loop_t *loop, const struct http_options *o, const struct http_handlers *hh,
                  struct http **out, const char **detail)
{
    const union MHD_DaemonInfo *info;
    struct http *h;
    struct listen_result at;
    enum err e = listen_open(o->listen, &at, detail);

    if (e != OK)
        return e;
    h = mem_alloc(sizeof(*h));
    h->loop = loop;
    h->o = *o;
    h->h = *hh;
    h->at = at;
    h->conns = conns_new(o->connections, o->per_address, o->proxies);
    h->daemon = start_daemon(h);
    if (h->daemon == NULL) {
        *detail = "the HTTP library did not start";
        close(at.fd);
        conns_free(h->conns);
        free(h);
        return ERR_IO;
    }
    info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    uv_poll_init(loop, &h->poll, info->epoll_fd);
    uv_timer_init(loop, &h->timer);
    uv_timer_init(loop, &h->sweeper);
    h->poll.data = h->timer.data = h->sweeper.data = h;
    uv_poll_start(&h->poll, UV_READABLE, on_poll);
    uv_timer_start(&h->sweeper, on_sweep, SWEEP_MS, SWEEP_MS);
    *out = h;
    return OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct http *h = handle->data;

    if (--h->handles > 0)
        return;
    conns_free(h->conns);
    if (h->done != NULL)
        h->done(h->done_ctx);
    free(h);
}

/* The library may not be stopped while a connection is suspended; MHD_run resumed the last. */
static void stop_now(struct http *h)
{
    h->stopped = true;
    h->handles = 3;
    uv_poll_stop(&h->poll);
    uv_close((uv_handle_t *)&h->timer, on_closed);
    uv_close((uv_handle_t *)&h->sweeper, on_closed);
    MHD_stop_daemon(h->daemon);
    uv_close((uv_handle_t *)&h->poll, on_closed);
}

void http_free(struct http *h, void (*done)(void *ctx), void *ctx)
{
    h->done = done;
    h->done_ctx = ctx;
    h->ending = true;
    MHD_quiesce_daemon(h->daemon);
    close(h->at.fd);
    if (h->at.path != NULL)
        unlink(h->at.path);
    run(h);
}

int http_port(const struct http *h)
{
    return h->at.port;
}
