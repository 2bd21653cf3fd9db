#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void bench_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(1);
}

double bench_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- samples -------------------------------------------------------------------------------- */

void samples_add(struct samples *s, double us)
{
    if (s->n == s->cap) {
        s->cap = s->cap > 0 ? 2 * s->cap : 4096;
        if ((s->us = realloc(s->us, s->cap * sizeof *s->us)) == NULL)
            bench_fail("out of memory");
    }
    s->us[s->n++] = (float)us;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

void samples_print(struct samples *s)
{
    if (s->n == 0)
        bench_fail("nothing was measured");
    qsort(s->us, s->n, sizeof *s->us, by_value);
    printf("\"n\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f", s->n,
           (double)s->us[s->n / 2], (double)s->us[s->n * 99 / 100], (double)s->us[s->n - 1]);
}

/* ---- a process ------------------------------------------------------------------------------ */

static bool read_proc(int pid, const char *name, char *out, size_t size)
{
    char path[64];
    ssize_t n = 0;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, out, size - 1);
    close(fd);
    out[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* proc_pid_stat(5): the 14th and 15th field; the second is in brackets and may hold anything. */
double bench_cpu_s(int pid)
{
    char text[1024];
    const char *p;
    unsigned long user = 0, kernel = 0;

    if (pid == 0 || !read_proc(pid, "stat", text, sizeof text))
        return 0;
    p = strrchr(text, ')');
    for (int field = 2; p != NULL && field < 14; field++)
        p = strchr(p + 1, ' ');
    if (p == NULL || sscanf(p, "%lu %lu", &user, &kernel) != 2)
        return 0;
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

double bench_anon_kb(int pid)
{
    char text[4096];
    const char *p;

    if (pid == 0 || !read_proc(pid, "status", text, sizeof text))
        return 0;
    p = strstr(text, "RssAnon:");
    return p == NULL ? 0 : strtod(p + 8, NULL);
}

/* ---- sockets -------------------------------------------------------------------------------- */

static void parse(const char *text, struct sockaddr_in *out)
{
    const char *colon = strrchr(text, ':');
    char host[64];

    *out = (struct sockaddr_in){.sin_family = AF_INET};
    (void)snprintf(host, sizeof host, "%.*s", colon == NULL ? 63 : (int)(colon - text), text);
    if (inet_pton(AF_INET, host, &out->sin_addr) != 1)
        bench_fail("%s is no address", text);
    if (colon != NULL)
        out->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
}

int bench_connect(const char *address, const char *source, bool wait)
{
    struct sockaddr_in to, from;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        bench_fail("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (source != NULL) {
        parse(source, &from);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
            bench_fail("bind to %s: %s", source, strerror(errno));
    }
    if (!wait)
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    parse(address, &to);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || (!wait && errno == EINPROGRESS))
        return fd;
    close(fd);
    return -1;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static char *read_file(const char *file)
{
    FILE *in = fopen(file, "re");
    char *text = NULL;
    long size;

    if (in == NULL || fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) < 0)
        bench_fail("%s: %s", file, strerror(errno));
    rewind(in);
    if ((text = calloc(1, (size_t)size + 1)) == NULL)
        bench_fail("out of memory");
    if (fread(text, 1, (size_t)size, in) != (size_t)size)
        bench_fail("%s cannot be read", file);
    (void)fclose(in);
    return text;
}

struct target *bench_targets(const char *file, size_t *n)
{
    char *rest = read_file(file), *line;
    struct target *list = NULL;
    size_t cap = 0;

    *n = 0;
    while ((line = strsep(&rest, "\n")) != NULL) {
        const char *path = strsep(&line, " ");

        if (line == NULL)
            continue;
        if (*n == cap && (list = realloc(list, (cap = 2 * cap + 64) * sizeof *list)) == NULL)
            bench_fail("out of memory");
        list[(*n)++] = (struct target){path, line};
    }
    if (*n == 0)
        bench_fail("%s names no target", file);
    return list;
}

const char *bench_find(const char *data, size_t len, const char *text)
{
    return memmem(data, len, text, strlen(text));
}
