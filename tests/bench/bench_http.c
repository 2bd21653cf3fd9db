/* Requests over connections that stay open, one at a time on each; the next target of the list each
 * time.  bench_http -a ADDRESS:PORT -t TARGETS [-m GET] [-c CONNECTIONS] [-s SECONDS] [-p PID]
 *
 * POST carries a message of 77 characters under a new idempotency key. The rate, the times and the
 * processor time of PID are of the seconds after a warm-up. */
#include "tests/bench/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define WARM_US 400000
#define STUCK_MS 10000

struct conn {
    int fd;
    double sent_at;
    size_t len; /* of what has come of the answer */
    char data[262144];
};

struct load {
    const char *address, *method;
    struct target *targets;
    size_t n_targets, next_target;
    struct conn *conns;
    size_t n_conns;
    int pid, epoll;
    double seconds, begin, end; /* begin: the warm-up is over */
    double cpu_s;
    size_t in_flight, wrong;
    uint64_t number, run;
    struct samples times;
};

static const char content[] =
    "Hello, I have a question about my last invoice: it names a sum I do not know.";

static size_t make_request(struct load *l, char *out, size_t size)
{
    const struct target *t = &l->targets[l->next_target];
    char body[256] = "";
    int n, body_len = 0;

    l->next_target = (l->next_target + 1) % l->n_targets;
    if (strcmp(l->method, "POST") == 0)
        body_len = snprintf(body, sizeof body,
                            "{\"content\":\"%s\",\"clientId\":\"%012" PRIx64 "%012" PRIx64 "\"}",
                            content, l->run, ++l->number);
    n = snprintf(out, size,
                 "%s %s HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer %s\r\n"
                 "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                 l->method, t->path, t->token, body_len, body);
    if (n < 0 || (size_t)n >= size)
        bench_fail("a target is too long");
    return (size_t)n;
}

static void send_one(struct load *l, struct conn *c)
{
    char text[1024];
    size_t len = make_request(l, text, sizeof text);

    c->len = 0;
    c->sent_at = bench_now_us();
    l->in_flight++;
    if (send(c->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        bench_fail("send: %s", strerror(errno));
}

/* Is the answer whole? */
static bool whole(const struct conn *c)
{
    const char *body = bench_find(c->data, c->len, "\r\n\r\n"), *length;

    if (body == NULL)
        return false;
    length = bench_find(c->data, (size_t)(body - c->data), "ontent-Length: ");
    if (length == NULL)
        bench_fail("an answer without Content-Length");
    return c->len >= (size_t)(body + 4 - c->data) + strtoul(length + 15, NULL, 10);
}

static void on_answer(struct load *l, struct conn *c)
{
    double now = bench_now_us();

    l->in_flight--;
    if (strncmp(c->data, "HTTP/1.1 2", 10) != 0 && l->wrong++ == 0)
        (void)fprintf(stderr, "%.*s\n", (int)c->len, c->data);
    if (now >= l->begin && now < l->end)
        samples_add(&l->times, now - c->sent_at);
    if (now < l->end)
        send_one(l, c);
}

static void on_readable(struct load *l, struct conn *c)
{
    ssize_t n = recv(c->fd, c->data + c->len, sizeof c->data - c->len - 1, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        bench_fail("a connection ended after %zu requests", l->times.n);
    c->len += (size_t)n;
    c->data[c->len] = 0;
    if (whole(c))
        on_answer(l, c);
}

static void open_all(struct load *l)
{
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if ((l->conns = calloc(l->n_conns, sizeof *l->conns)) == NULL)
        bench_fail("out of memory");
    for (size_t i = 0; i < l->n_conns; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &l->conns[i]};
        char source[32];

        (void)snprintf(source, sizeof source, "127.0.1.%zu", 1 + i / 32);
        if ((l->conns[i].fd = bench_connect(l->address, source, true)) < 0)
            bench_fail("%s refuses", l->address);
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->conns[i].fd, &e);
    }
}

static void run(struct load *l)
{
    struct epoll_event events[EVENTS];
    bool warm = false;

    l->begin = bench_now_us() + WARM_US;
    l->end = l->begin + l->seconds * 1e6;
    for (size_t i = 0; i < l->n_conns; i++)
        send_one(l, &l->conns[i]);
    while (l->in_flight > 0) {
        int n = epoll_wait(l->epoll, events, EVENTS, STUCK_MS);

        if (n == 0)
            bench_fail("no answer for 10 s, %zu are owed", l->in_flight);
        if (!warm && bench_now_us() >= l->begin) {
            warm = true;
            l->cpu_s = -bench_cpu_s(l->pid);
        }
        for (int i = 0; i < n; i++)
            on_readable(l, events[i].data.ptr);
    }
    l->cpu_s += bench_cpu_s(l->pid);
}

int main(int argc, char **argv)
{
    struct load l = {.method = "POST", .n_conns = 1, .seconds = 3};
    int option;

    while ((option = getopt(argc, argv, "a:t:m:c:s:p:")) != -1) {
        if (option == 'a')
            l.address = optarg;
        else if (option == 't')
            l.targets = bench_targets(optarg, &l.n_targets);
        else if (option == 'm')
            l.method = optarg;
        else if (option == 'c')
            l.n_conns = strtoul(optarg, NULL, 10);
        else if (option == 's')
            l.seconds = strtod(optarg, NULL);
        else if (option == 'p')
            l.pid = (int)strtol(optarg, NULL, 10);
    }
    if (l.address == NULL || l.targets == NULL || l.n_conns == 0)
        bench_fail("bench_http -a ADDRESS:PORT -t TARGETS [-m GET] [-c N] [-s SECONDS] [-p PID]");
    l.run = (uint64_t)bench_now_us();
    open_all(&l);
    run(&l);
    printf("{\"connections\":%zu,\"per_second\":%.0f,\"wrong\":%zu,\"cpu_us\":%.2f,", l.n_conns,
           (double)l.times.n / l.seconds, l.wrong, l.cpu_s * 1e6 / (double)l.times.n);
    samples_print(&l.times);
    printf("}\n");
    return l.wrong > 0;
}
