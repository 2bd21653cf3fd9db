/* The command's side of the control socket: blocks, and includes no loop. */
#include "component/control.h"
#include "core/base/buf.h"
#include "core/base/json.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Errors  ERR_BUSY the time is over */
static enum err wait_for(int fd, short events, int64_t until)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        int64_t left = until - now_ms();
        int got;

        if (left <= 0)
            return ERR_BUSY;
        got = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
        if (got > 0)
            return OK;
        if (got < 0 && errno != EINTR)
            return ERR_IO;
    }
}

/* A full backlog gives EAGAIN on a local socket, which poll does not wait for: try again. */
static enum err reach(int fd, const char *path, int64_t until)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

    if (strlen(path) >= sizeof(at.sun_path))
        return ERR_NOT_FOUND;
    memcpy(at.sun_path, path, strlen(path));
    while (connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
            return ERR_NOT_FOUND;
        if (errno == EACCES || errno == EPERM)
            return ERR_FORBIDDEN;
        if (errno != EAGAIN && errno != EINTR)
            return ERR_IO;
        if (now_ms() >= until)
            return ERR_BUSY;
        nanosleep(&pause, NULL);
    }
    return OK;
}

static enum err send_all(int fd, const char *s, size_t len, int64_t until)
{
    while (len > 0) {
        ssize_t n = send(fd, s, len, MSG_NOSIGNAL);
        enum err e = OK;

        if (n > 0) {
            s += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            e = wait_for(fd, POLLOUT, until);
        } else if (errno != EINTR) {
            e = ERR_IO;
        }
        if (e != OK)
            return e;
    }
    return OK;
}

/* One more line in front of what is in the buffer already. */
static enum err receive_line(int fd, struct buf *in, int64_t until)
{
    while (in->len == 0 || memchr(in->data, '\n', in->len) == NULL) {
        enum err e = wait_for(fd, POLLIN, until);
        ssize_t n;

        if (e != OK)
            return e;
        if (in->len > CONTROL_REPLY_MAX)
            return ERR_INVALID;
        buf_reserve(in, 65536);
        n = recv(fd, in->data + in->len, 65536, 0);
        if (n == 0)
            return ERR_INVALID;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            return ERR_IO;
        in->len += (size_t)n;
    }
    return OK;
}

static void drop_line(struct buf *in)
{
    size_t used = (size_t)((const char *)memchr(in->data, '\n', in->len) - in->data) + 1;

    memmove(in->data, in->data + used, in->len - used);
    in->len -= used;
}

/* *last: it was the answer, and not how far it is. */
static enum err read_line(struct arena *a, const struct buf *in, struct control_reply *out,
                          bool *last)
{
    size_t len = (size_t)((const char *)memchr(in->data, '\n', in->len) - in->data);
    struct json *o = NULL;
    const char *text = NULL, *problem = NULL;
    int64_t code = 0;
    enum err e = ERR_INVALID;

    if (json_parse(in->data, len, &o) != OK)
        return ERR_INVALID;
    *last = !json_has(o, "progress");
    if (!*last) {
        if ((e = json_get_str(o, "progress", &text)) == OK && out->progress)
            out->progress(out->ctx, text);
    } else if (json_has(o, "exit") && json_get_int(o, "exit", &code) == OK && code >= 0 &&
               code <= 255 && json_get_str(o, "out", &text) == OK &&
               json_get_str(o, "err", &problem) == OK) {
        out->exit_code = (int)code;
        out->out = arena_dup(a, text);
        out->err = arena_dup(a, problem);
        e = OK;
    }
    json_free(o);
    return e;
}

static enum err receive(struct arena *a, int fd, int64_t deadline_ms, struct control_reply *out)
{
    struct buf in = {0};
    bool last = false;
    enum err e = OK;

    while (e == OK && !last) {
        if ((e = receive_line(fd, &in, now_ms() + deadline_ms)) == OK &&
            (e = read_line(a, &in, out, &last)) == OK)
            drop_line(&in);
    }
    buf_free(&in);
    return e;
}

enum err control_ask(struct arena *a, const char *path, int argc, const char *const *argv,
                     int64_t deadline_ms, struct control_reply *out)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int64_t until = now_ms() + deadline_ms;
    struct json *o, *list;
    char *line;
    enum err e;

    if (fd < 0)
        return ERR_IO;
    o = json_object();
    list = json_array();
    for (int i = 0; i < argc; i++)
        json_add_str(list, argv[i]);
    json_put(o, "argv", list);
    line = arena_printf(a, "%s\n", json_print(a, o));
    json_free(o);
    if ((e = reach(fd, path, until)) == OK && (e = send_all(fd, line, strlen(line), until)) == OK)
        e = receive(a, fd, deadline_ms, out);
    close(fd);
    return e;
}
