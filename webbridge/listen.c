#include "webbridge/listen.h"

#include "core/base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
/* What the kernel holds for one reader; accepted sockets inherit it. Of itself it would grow to
 * megabytes for each reader that does not read. */
#define UNSENT_BYTES 131072

struct target {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } u;
    socklen_t len;
};

static bool read_port(const char *s, in_port_t *out)
{
    char *end;
    long port = strtol(s, &end, 10);

    if (end == s || *end != '\0' || port < 0 || port > 65535)
        return false;
    *out = htons((uint16_t)port);
    return true;
}

static bool read_ip(const char *spec, struct target *t)
{
    const char *colon = strrchr(spec, ':');
    char host[64];
    size_t len = colon == NULL ? 0 : (size_t)(colon - spec);
    in_port_t port;

    if (len == 0 || len >= sizeof(host) || !read_port(colon + 1, &port))
        return false;
    memcpy(host, spec, len);
    host[len] = '\0';
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        t->u.v6.sin6_family = AF_INET6;
        t->u.v6.sin6_port = port;
        t->len = sizeof(t->u.v6);
        return inet_pton(AF_INET6, host + 1, &t->u.v6.sin6_addr) == 1;
    }
    t->u.v4.sin_family = AF_INET;
    t->u.v4.sin_port = port;
    t->len = sizeof(t->u.v4);
    return inet_pton(AF_INET, host, &t->u.v4.sin_addr) == 1;
}

static bool read_path(const char *path, struct target *t)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(t->u.local.sun_path))
        return false;
    t->u.local.sun_family = AF_UNIX;
    memcpy(t->u.local.sun_path, path, len + 1);
    t->len = sizeof(t->u.local);
    return true;
}

/* A socket file that nobody listens on is left from a crash; one that answers is somebody's. */
static enum err make_way(const struct target *t, const char **detail)
{
    struct stat st;
    int fd, answer, why;

    if (lstat(t->u.local.sun_path, &st) != 0)
        return OK;
    *detail = "the path of http.listen is taken";
    if (!S_ISSOCK(st.st_mode) ||
        (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        return ERR_IO;
    answer = connect(fd, &t->u.any, t->len);
    why = errno;
    close(fd);
    if (answer == 0 || why != ECONNREFUSED || unlink(t->u.local.sun_path) != 0)
        return ERR_IO;
    return OK;
}

static int real_port(int fd)
{
    struct target t = {.len = sizeof(t.u)};

    if (getsockname(fd, &t.u.any, &t.len) != 0)
        return 0;
    if (t.u.any.sa_family == AF_INET6)
        return ntohs(t.u.v6.sin6_port);
    return t.u.any.sa_family == AF_INET ? ntohs(t.u.v4.sin_port) : 0;
}

enum err listen_open(const char *spec, struct listen_result *out, const char **detail)
{
    struct target t = {0};
    bool local = strncmp(spec, "unix:", 5) == 0;
    int fd, on = 1, unsent = UNSENT_BYTES / 2; /* the kernel doubles it, socket(7) */
    enum err e;

    if (local ? !read_path(spec + 5, &t) : !read_ip(spec, &t)) {
        *detail = "http.listen is not ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH";
        return ERR_CONFIG;
    }
    if (local && (e = make_way(&t, detail)) != OK)
        return e;
    *detail = "cannot listen on http.listen";
    fd = socket(t.u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &unsent, sizeof(unsent));
    if (bind(fd, &t.u.any, t.len) != 0 || listen(fd, BACKLOG) != 0) {
        if (errno == EADDRINUSE)
            *detail = "the address of http.listen is in use";
        log_error("listen-failed", "listen=%s detail=%s", spec, strerror(errno));
        close(fd);
        return ERR_IO;
    }
    out->fd = fd;
    out->port = real_port(fd);
    out->path = local ? spec + 5 : NULL;
    return OK;
}
