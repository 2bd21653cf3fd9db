/* Event streams by the thousand, opened from 127.0.0.2 on, and what they cost.
 *
 * bench_streams -a ADDRESS:PORT -t CHATS -n STREAMS [-w POSTS] [-i SECONDS] [-r] [-p PID]
 *
 * The streams are spread over the chats of the file ("/api/chats/ID TOKEN"). Then, one at a time,
 * POSTS messages go to one chat after the other; the time is from sending the request until every
 * stream of the chat has the event. SECONDS without messages show what heartbeats cost. With -r it
 * prints "restart", waits for the streams to end, and has all of them come back with Last-Event-ID;
 * the time counts from the first that is answered. */
#include "tests/bench/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 512
#define OPENING_MAX 64 /* connections that have no answer yet */
#define STUCK_US 20e6
#define RETRY_US 20000
#define WAKE_US 12e6 /* no message is sent later */

enum state { CLOSED, OPENING, OPEN };

struct stream {
    int fd;
    enum state state;
    char last_id[40];
};

static struct {
    const char *address;
    struct target *chats;
    size_t n_chats, n, posts;
    double idle_s;
    bool restart;
    int pid, epoll, post_fd;
    struct stream *streams;
    size_t opening, open, next; /* next: where to look for one to open */
    size_t events, beats;
    double answered_at; /* the first stream that came back */
} b = {.post_fd = -1};

static const struct target *chat_of(const struct stream *s)
{
    return &b.chats[(size_t)(s - b.streams) % b.n_chats];
}

/* ---- opening -------------------------------------------------------------------------------- */

static void start(struct stream *s)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = s};
    size_t i = (size_t)(s - b.streams);
    char source[32];

    (void)snprintf(source, sizeof source, "127.0.0.%zu", 2 + i % 200);
    s->fd = bench_connect(b.address, source, false);
    if (s->fd < 0)
        return;
    s->state = OPENING;
    b.opening++;
    epoll_ctl(b.epoll, EPOLL_CTL_ADD, s->fd, &e);
}

static void stop(struct stream *s)
{
    b.opening -= s->state == OPENING;
    b.open -= s->state == OPEN;
    close(s->fd);
    s->state = CLOSED;
}

static void send_head(struct stream *s)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
    char text[512];
    int n = snprintf(text, sizeof text,
                     "GET %s/events%s HTTP/1.1\r\nHost: bench.example\r\n"
                     "Accept: text/event-stream\r\nAuthorization: Bearer %s\r\n%s%s%s\r\n",
                     chat_of(s)->path, s->last_id[0] == 0 ? "?since=now" : "", chat_of(s)->token,
                     s->last_id[0] == 0 ? "" : "Last-Event-ID: ", s->last_id,
                     s->last_id[0] == 0 ? "" : "\r\n");

    epoll_ctl(b.epoll, EPOLL_CTL_MOD, s->fd, &e);
    if (send(s->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        stop(s);
}

static void open_more(void)
{
    for (size_t seen = 0; seen < b.n && b.opening < OPENING_MAX; seen++) {
        struct stream *s = &b.streams[b.next];

        b.next = (b.next + 1) % b.n;
        if (s->state != CLOSED)
            continue;
        start(s);
        if (s->state == CLOSED)
            return; /* refused: later */
    }
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The value behind `name`, up to `end`, is the place to resume at. */
static void note_id(struct stream *s, const char *data, size_t len, const char *name, char end)
{
    const char *p = bench_find(data, len, name), *stop_at;

    if (p == NULL)
        return;
    p += strlen(name);
    stop_at = memchr(p, end, len - (size_t)(p - data));
    if (stop_at != NULL && (size_t)(stop_at - p) < sizeof s->last_id)
        (void)snprintf(s->last_id, sizeof s->last_id, "%.*s", (int)(stop_at - p), p);
}

static void on_head(struct stream *s, const char *data, size_t len)
{
    if (strncmp(data, "HTTP/1.1 200", 12) != 0)
        bench_fail("a stream is refused: %.*s", (int)len, data);
    note_id(s, data, len, "\"lastEventId\":\"", '"');
    s->state = OPEN;
    b.opening--;
    if (b.open++ == 0)
        b.answered_at = bench_now_us();
}

static void on_data(struct stream *s, const char *data, size_t len)
{
    if (data[0] == ':') {
        b.beats++;
        return;
    }
    for (const char *p = data; (p = bench_find(p, len - (size_t)(p - data), "event: message\n"));
         p++)
        b.events++;
    note_id(s, data, len, "id: ", '\n');
}

static void on_stream(struct stream *s, uint32_t events)
{
    static char data[65536];
    ssize_t n;

    if (s->state == OPENING && (events & EPOLLOUT) != 0) {
        send_head(s);
        return;
    }
    n = recv(s->fd, data, sizeof data - 1, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        stop(s);
        return;
    }
    data[n] = 0;
    if (s->state == OPENING)
        on_head(s, data, (size_t)n);
    else
        on_data(s, data, (size_t)n);
}

/* Whatever has happened, or after so many microseconds. */
static void turn(double wait_us)
{
    struct epoll_event events[EVENTS];
    char data[4096];
    int n = epoll_wait(b.epoll, events, EVENTS, wait_us < 1000 ? 1 : (int)(wait_us / 1000));

    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr != NULL)
            on_stream(events[i].data.ptr, events[i].events);
        else if (recv(b.post_fd, data, sizeof data, MSG_DONTWAIT) > 0 &&
                 strncmp(data, "HTTP/1.1 2", 10) != 0)
            bench_fail("a message is refused: %.300s", data);
    }
}

static void open_all(void)
{
    double end = bench_now_us() + STUCK_US + (double)b.n * 1000;

    while (b.open < b.n) {
        open_more();
        turn(RETRY_US);
        if (bench_now_us() > end)
            bench_fail("%zu of %zu streams are open", b.open, b.n);
    }
}

/* ---- phases --------------------------------------------------------------------------------- */

static void post(const struct target *chat)
{
    static uint64_t number;
    char text[1024], body[128];
    int body_len = snprintf(body, sizeof body,
                            "{\"content\":\"Where is my parcel?\",\"clientId\":"
                            "\"%" PRIx64 "-%" PRIx64 "\"}",
                            (uint64_t)bench_now_us(), ++number);
    int n = snprintf(text, sizeof text,
                     "POST %s/messages HTTP/1.1\r\nHost: bench.example\r\n"
                     "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n%s",
                     chat->path, chat->token, body_len, body);

    if (send(b.post_fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        bench_fail("the connection for messages ended");
}

static void wake(void)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    struct samples times = {0};
    double cpu_s = bench_cpu_s(b.pid), began = bench_now_us();
    size_t each = b.n / b.n_chats, sent = 0;

    if ((b.post_fd = bench_connect(b.address, NULL, true)) < 0)
        bench_fail("%s refuses", b.address);
    epoll_ctl(b.epoll, EPOLL_CTL_ADD, b.post_fd, &e);
    for (; sent < b.posts && (sent < 10 || bench_now_us() < began + WAKE_US); sent++) {
        double sent_at = bench_now_us();

        b.events = 0;
        post(&b.chats[sent * 7919 % b.n_chats]);
        while (b.events < each) {
            turn(1e6);
            if (bench_now_us() > sent_at + STUCK_US)
                bench_fail("%zu of %zu events came", b.events, each);
        }
        if (sent >= 5) /* the first ones find nothing in memory */
            samples_add(&times, bench_now_us() - sent_at);
    }
    printf("\"wake\":{\"streams_each\":%zu,\"cpu_us\":%.1f,\"per_second\":%.0f,", each,
           (bench_cpu_s(b.pid) - cpu_s) * 1e6 / (double)sent,
           (double)(sent * each) / (bench_now_us() - began) * 1e6);
    samples_print(&times);
    printf("},");
}

static void idle(void)
{
    double cpu_s = bench_cpu_s(b.pid), end = bench_now_us() + b.idle_s * 1e6;

    b.beats = 0;
    while (bench_now_us() < end)
        turn(end - bench_now_us());
    printf("\"idle\":{\"seconds\":%.0f,\"heartbeats\":%zu,\"cpu_s_per_minute\":%.3f},", b.idle_s,
           b.beats, (bench_cpu_s(b.pid) - cpu_s) * 60 / b.idle_s);
}

static void come_back(void)
{
    double end = bench_now_us() + STUCK_US;

    printf("\n");
    (void)fprintf(stderr, "restart\n");
    while (b.open > 0) {
        turn(RETRY_US);
        if (bench_now_us() > end)
            bench_fail("%zu streams do not end", b.open);
    }
    open_all();
    printf("\"come_back_s\":%.3f,", (bench_now_us() - b.answered_at) / 1e6);
}

static void read_options(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "a:t:n:w:i:p:r")) != -1) {
        if (option == 'a')
            b.address = optarg;
        else if (option == 't')
            b.chats = bench_targets(optarg, &b.n_chats);
        else if (option == 'n')
            b.n = strtoul(optarg, NULL, 10);
        else if (option == 'w')
            b.posts = strtoul(optarg, NULL, 10);
        else if (option == 'i')
            b.idle_s = strtod(optarg, NULL);
        else if (option == 'p')
            b.pid = (int)strtol(optarg, NULL, 10);
        else
            b.restart = true;
    }
    if (b.address == NULL || b.chats == NULL || b.n == 0)
        bench_fail("bench_streams -a ADDRESS:PORT -t CHATS -n STREAMS …");
    if (b.n_chats > b.n)
        b.n_chats = b.n;
}

int main(int argc, char **argv)
{
    double before_kb, began;

    read_options(argc, argv);
    b.epoll = epoll_create1(EPOLL_CLOEXEC);
    if ((b.streams = calloc(b.n, sizeof *b.streams)) == NULL)
        bench_fail("out of memory");
    before_kb = bench_anon_kb(b.pid);
    began = bench_now_us();
    open_all();
    printf("{\"streams\":%zu,\"open_s\":%.3f,\"bytes_each\":%.0f,", b.n,
           (bench_now_us() - began) / 1e6, (bench_anon_kb(b.pid) - before_kb) * 1024 / (double)b.n);
    if (b.posts > 0)
        wake();
    if (b.idle_s > 0)
        idle();
    if (b.restart)
        come_back();
    printf("\"open\":%zu}\n", b.open);
    return 0;
}
