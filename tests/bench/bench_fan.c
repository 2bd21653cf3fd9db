/* The least that a server of event streams can do, to be asked by bench_streams: it reads no
 * request but for its first word, and copies the same bytes to each socket with one send(). It ends
 * with its standard input.  bench_fan PORT */
#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 512
#define FRAME 438 /* bytes of the event that Parley sends to the same post */
#define FD_MAX 65536

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                           "event: ready\ndata: {\"lastEventId\":\"x-0\"}\n\n";
static const char answer[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

static struct {
    int epoll, listener;
    int streams[FD_MAX];
    size_t n;
    char frame[FRAME + 1];
} f;

static void watch(int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

    epoll_ctl(f.epoll, EPOLL_CTL_ADD, fd, &e);
}

static void take(void)
{
    int one = 1, fd;

    while ((fd = accept4(f.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(fd);
    }
}

static void put(int fd, const char *data, size_t len)
{
    if (send(fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
        bench_fail("a reader is too slow");
}

static void spread(void)
{
    for (size_t i = 0; i < f.n; i++)
        put(f.streams[i], f.frame, FRAME);
}

static void on_peer(int fd)
{
    char data[4096];
    ssize_t n = recv(fd, data, sizeof data - 1, 0);

    if (n <= 0) {
        close(fd);
        return;
    }
    data[n] = 0;
    if (data[0] == 'P') {
        spread();
        put(fd, answer, strlen(answer));
    } else if (f.n < FD_MAX) {
        f.streams[f.n++] = fd;
        put(fd, head, strlen(head));
    }
}

static void listen_at(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    f.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(f.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(f.listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(f.listener, 1024) != 0)
        bench_fail("port %d cannot be had", port);
    watch(f.listener);
    watch(STDIN_FILENO);
}

static void make_frame(void)
{
    static const char start[] = "id: x-1\nevent: message\ndata: ";

    memset(f.frame, 'x', FRAME);
    memcpy(f.frame, start, strlen(start));
    memcpy(f.frame + FRAME - 2, "\n\n", 2);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];

    f.epoll = epoll_create1(EPOLL_CLOEXEC);
    make_frame();
    listen_at((uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0));
    (void)!write(STDOUT_FILENO, "ready\n", 6);
    for (;;) {
        int n = epoll_wait(f.epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == STDIN_FILENO)
                return 0;
            if (events[i].data.fd == f.listener)
                take();
            else
                on_peer(events[i].data.fd);
        }
    }
}
