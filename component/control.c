#include "component/control.h"

#include "component/command.h"
#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
    struct control *control;
    uv_pipe_t pipe;
    uv_timer_t timer; /* until the request is there; then until the answer is taken */
    uv_write_t write;
    struct buf in, out;
    unsigned open; /* handles of ours on the loop */
    bool running;  /* the command has not ended yet */
    bool closing;  /* the peer is gone, or must go */
    struct client *next, **link;
};

struct control {
    uv_loop_t *loop;
    uv_pipe_t listener;
    char *path;
    struct stat made; /* our socket, so that only that is removed */
    manage_run_fn *run;
    void *desk;
    struct client *clients;
    size_t n_clients;
    bool waiting; /* somebody stands before a full house */
    bool listening;
    void (*done)(void *ctx);
    void *done_ctx;
};

static void let_in(struct control *c);

/* ---- the end of a client -------------------------------------------------------------------- */

static void maybe_gone(struct control *c)
{
    void (*done)(void *ctx) = c->done;
    void *ctx = c->done_ctx;

    if (!done || c->listening || c->clients)
        return;
    free(c->path);
    free(c);
    done(ctx);
}

/* A client is freed when its handles are off the loop and its command has ended. */
static void maybe_free(struct client *k)
{
    struct control *c = k->control;

    if (k->open > 0 || k->running)
        return;
    *k->link = k->next;
    if (k->next)
        k->next->link = k->link;
    buf_free(&k->in);
    buf_free(&k->out);
    free(k);
    c->n_clients--;
    if (c->waiting && !c->done)
        let_in(c);
    maybe_gone(c);
}

static void on_closed(uv_handle_t *h)
{
    struct client *k = h->data;

    k->open--;
    maybe_free(k);
}

static void drop(struct client *k)
{
    if (k->closing)
        return;
    k->closing = true;
    uv_close((uv_handle_t *)&k->pipe, on_closed);
    uv_close((uv_handle_t *)&k->timer, on_closed);
}

static void on_late(uv_timer_t *timer)
{
    drop(timer->data);
}

/* ---- request and answer --------------------------------------------------------------------- */

static void on_written(uv_write_t *w, int status)
{
    (void)status;
    drop(w->data);
}

static void answer(struct client *k, int exit_code, const char *out, const char *err)
{
    struct arena *a = arena_new();
    struct json *o = json_object();
    uv_buf_t piece;

    json_put_int(o, "exit", exit_code);
    json_put_str(o, "out", out);
    json_put_str(o, "err", err);
    buf_printf(&k->out, "%s\n", json_print(a, o));
    json_free(o);
    arena_free(a);
    piece = uv_buf_init(k->out.data, (unsigned)k->out.len);
    k->write.data = k;
    if (uv_write(&k->write, (uv_stream_t *)&k->pipe, &piece, 1, on_written) != 0)
        drop(k);
    else
        uv_timer_start(&k->timer, on_late, CONTROL_REQUEST_MS, 0);
}

/* A peer that does not take it misses it. */
static void answer_part(struct client *k, const char *text)
{
    struct arena *a = arena_new();
    struct json *o = json_object();
    const char *line;
    uv_buf_t piece;

    json_put_str(o, "progress", text);
    line = arena_printf(a, "%s\n", json_print(a, o));
    piece = uv_buf_init((char *)line, (unsigned)strlen(line));
    (void)uv_try_write((uv_stream_t *)&k->pipe, &piece, 1);
    json_free(o);
    arena_free(a);
}

static void on_ran(void *ctx, int exit_code, const char *out, const char *err)
{
    struct client *k = ctx;

    if (exit_code == MANAGE_GOES_ON) {
        if (!k->closing)
            answer_part(k, err);
        return;
    }
    k->running = false;
    if (k->closing)
        maybe_free(k);
    else
        answer(k, exit_code, out, err);
}

static void run_request(struct client *k, size_t len)
{
    struct json *request = NULL;
    const struct json *list;
    const char *argv[COMMAND_ARGS_MAX];
    size_t n = 0;

    if (json_parse(k->in.data, len, &request) != OK) {
        answer(k, EXIT_USAGE, "", "the request is not JSON");
        return;
    }
    list = json_get(request, "argv");
    while (n < json_len(list) && n < COMMAND_ARGS_MAX && (argv[n] = json_str(json_at(list, n))))
        n++;
    if (n == 0 || n != json_len(list)) {
        answer(k, EXIT_USAGE, "", "the request has no argv, or too long a one");
    } else {
        k->running = true;
        k->control->run(k->control->desk, (int)n, argv, on_ran, k);
    }
    json_free(request);
}

static void on_alloc(uv_handle_t *h, size_t wish, uv_buf_t *out)
{
    struct client *k = h->data;

    (void)wish;
    buf_reserve(&k->in, 4096);
    *out = uv_buf_init(k->in.data + k->in.len, 4096);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
    struct client *k = stream->data;
    const char *end;

    (void)piece;
    if (n < 0) {
        drop(k);
        return;
    }
    k->in.len += (size_t)n;
    end = k->in.len ? memchr(k->in.data, '\n', k->in.len) : NULL;
    if (!end && k->in.len <= CONTROL_REQUEST_MAX)
        return;
    uv_read_stop(stream);
    uv_timer_stop(&k->timer);
    if (!end)
        answer(k, EXIT_USAGE, "", "the request is too long");
    else
        run_request(k, (size_t)(end - k->in.data));
}

/* ---- coming in ------------------------------------------------------------------------------ */

static bool is_ours(uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)pipe, &fd) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    log_warn("control-refused", "uid=%u", (unsigned)peer.uid);
    return false;
}

static void let_in(struct control *c)
{
    struct client *k;

    c->waiting = c->n_clients >= CONTROL_CLIENTS_MAX;
    if (c->waiting)
        return;
    k = mem_alloc(sizeof(*k));
    k->control = c;
    k->next = c->clients;
    k->link = &c->clients;
    if (c->clients)
        c->clients->link = &k->next;
    c->clients = k;
    c->n_clients++;
    k->open = 2;
    k->pipe.data = k->timer.data = k;
    uv_pipe_init(c->loop, &k->pipe, 0);
    uv_timer_init(c->loop, &k->timer);
    if (uv_accept((uv_stream_t *)&c->listener, (uv_stream_t *)&k->pipe) != 0 ||
        !is_ours(&k->pipe) || uv_read_start((uv_stream_t *)&k->pipe, on_alloc, on_read) != 0)
        drop(k);
    else
        uv_timer_start(&k->timer, on_late, CONTROL_REQUEST_MS, 0);
}

/* libuv takes no further connection until this one is accepted, so the others stand in line. */
static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        let_in(listener->data);
}

/* ---- listening ------------------------------------------------------------------------------ */

static bool fill_address(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(out->sun_path))
        return false;
    memcpy(out->sun_path, path, strlen(path));
    return true;
}

/* Removes a socket that is left over. Errors ERR_LOCKED it is not left over; ERR_IO no socket. */
static enum err clear_path(const struct sockaddr_un *at, const char **detail)
{
    struct stat st;
    int fd, failed;

    if (lstat(at->sun_path, &st) != 0)
        return OK;
    *detail = "something that is no socket stands in the control socket's place";
    if (!S_ISSOCK(st.st_mode))
        return ERR_IO;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    failed = connect(fd, (const struct sockaddr *)at, sizeof(*at)) != 0 ? errno : 0;
    close(fd);
    *detail = "another parley listens on the control socket";
    if (failed != ECONNREFUSED)
        return ERR_LOCKED;
    *detail = "the old control socket cannot be removed";
    return unlink(at->sun_path) == 0 ? OK : ERR_IO;
}

/* The mode is set before the socket has a name: there is no moment at which others may connect. */
static int bind_private(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (fchmod(fd, 0600) == 0 && bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void on_listener_closed(uv_handle_t *h)
{
    struct control *c = h->data;

    c->listening = false;
    maybe_gone(c);
}

static void ignore(void *ctx)
{
    (void)ctx;
}

enum err control_new(uv_loop_t *loop, const char *path, manage_run_fn *run, void *desk,
                     struct control **out, const char **detail)
{
    struct sockaddr_un at;
    struct control *c;
    int fd;
    enum err e;

    *detail = "the control socket's path is too long (107 bytes at most)";
    if (!fill_address(path, &at))
        return ERR_CONFIG;
    if ((e = clear_path(&at, detail)) != OK)
        return e;
    *detail = "cannot listen on the control socket";
    if ((fd = bind_private(&at)) < 0)
        return ERR_IO;
    c = mem_alloc(sizeof(*c));
    c->loop = loop;
    c->path = mem_dup(path);
    c->run = run;
    c->desk = desk;
    c->listener.data = c;
    uv_pipe_init(loop, &c->listener, 0);
    c->listening = true;
    if (uv_pipe_open(&c->listener, fd) != 0) {
        close(fd);
    } else if (stat(path, &c->made) == 0 &&
               uv_listen((uv_stream_t *)&c->listener, 64, on_connection) == 0) {
        *out = c;
        return OK;
    }
    control_free(c, ignore, NULL);
    return ERR_IO;
}

static void remove_own(const struct control *c)
{
    struct stat st;

    if (stat(c->path, &st) == 0 && st.st_ino == c->made.st_ino && st.st_dev == c->made.st_dev)
        unlink(c->path);
}

void control_free(struct control *c, void (*done)(void *ctx), void *ctx)
{
    struct client *next;

    c->done = done;
    c->done_ctx = ctx;
    remove_own(c);
    for (struct client *k = c->clients; k; k = next) {
        next = k->next;
        drop(k);
    }
    uv_close((uv_handle_t *)&c->listener, on_listener_closed);
}
