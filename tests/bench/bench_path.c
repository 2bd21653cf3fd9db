/* From a customer to an agent's client and back, one message at a time: the time from sending to
 * arriving.
 *
 * bench_path -x PORT -r ROOM -a ADDRESS:PORT -t TARGET [-n MESSAGES] [-s SECONDS]
 *     in: the customer's POST to the client of agent0; out: that client's message to the stream
 * bench_path -x PORT -r ROOM [-n MESSAGES] [-s SECONDS]
 *     muc: a message of agent0's client in a room of the XMPP server to the client of agent1
 *
 * It ends after so many messages or seconds, whichever comes first. PORT is where the XMPP server
 * at 127.0.0.1 takes clients, all with the password "secret". */
#include "tests/bench/bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STUCK_MS 20000

struct peer {
    int fd;
    size_t len;
    char data[262144];
};

static struct peer agent, other, stream, poster;
static const char *xmpp, *room, *web;
static size_t n_messages = 1000;
static double seconds = 20, until;

#define FIRST 20 /* messages that are not counted */

static bool goes_on(size_t i)
{
    if (i == 0)
        until = bench_now_us() + seconds * 1e6;
    return i <= FIRST || (i < FIRST + n_messages && bench_now_us() < until);
}

static const char *stamp; /* of this run: each message is like no other */

__attribute__((format(printf, 2, 3))) static void say(struct peer *p, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0 || send(p->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        bench_fail("send: %s", strerror(errno));
}

/* Until the text has come; what came with it is forgotten. */
static void expect(struct peer *p, const char *text)
{
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};
    const int one = 1;

    while (bench_find(p->data, p->len, text) == NULL) {
        ssize_t n;

        if (p->len > sizeof p->data / 2) { /* only its end can still be part of the text */
            memmove(p->data, p->data + p->len - 256, 256);
            p->len = 256;
        }
        if (poll(&fd, 1, STUCK_MS) != 1)
            bench_fail("\"%s\" does not come; last: %.*s", text, (int)p->len, p->data);
        n = recv(p->fd, p->data + p->len, sizeof p->data - p->len, 0);
        /* Prosody keeps Nagle on: to one who only listens each line would wait for a late ACK. */
        (void)setsockopt(p->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
        if (n <= 0)
            bench_fail("closed while \"%s\" was awaited: %.*s", text, (int)p->len, p->data);
        p->len += (size_t)n;
    }
    p->len = 0;
}

/* ---- XMPP ----------------------------------------------------------------------------------- */

static void stream_head(struct peer *p)
{
    say(p, "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
           "xmlns:stream='http://etherx.jabber.org/streams'>");
    expect(p, "</stream:features>");
}

/* secret: NUL, name, NUL, "secret" in base64 (RFC 4616). */
static void login(struct peer *p, const char *secret)
{
    if ((p->fd = bench_connect(xmpp, NULL, true)) < 0)
        bench_fail("%s refuses", xmpp);
    stream_head(p);
    say(p, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>", secret);
    expect(p, "<success");
    stream_head(p);
    say(p, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
           "<resource>bench</resource></bind></iq>");
    expect(p, "</iq>");
    say(p, "<presence/>");
}

static void join(struct peer *p, const char *nick)
{
    say(p,
        "<presence to='%s/%s'><x xmlns='http://jabber.org/protocol/muc'>"
        "<history maxstanzas='0'/></x></presence>",
        room, nick);
    expect(p, "<subject");
}

static void groupchat(struct peer *p, const char *kind, size_t number)
{
    say(p, "<message type='groupchat' to='%s' id='%s%s-%zu'><body>%s%s-%zu.</body></message>", room,
        kind, stamp, number, kind, stamp, number);
}

/* ---- HTTP ----------------------------------------------------------------------------------- */

static void open_stream(const struct target *t)
{
    if ((stream.fd = bench_connect(web, NULL, true)) < 0 ||
        (poster.fd = bench_connect(web, NULL, true)) < 0)
        bench_fail("%s refuses", web);
    say(&stream,
        "GET %s/events?since=now HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer %s\r\n"
        "\r\n",
        t->path, t->token);
    expect(&stream, "event: ready");
}

static void post(const struct target *t, size_t number)
{
    char body[256];
    int len = snprintf(body, sizeof body, "{\"content\":\"in%s-%zu.\",\"clientId\":\"%s-%zu\"}",
                       stamp, number, stamp, number);

    say(&poster,
        "POST %s/messages HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        t->path, t->token, len, body);
}

/* ---- what is measured ----------------------------------------------------------------------- */

static void awaited(struct peer *p, const char *kind, size_t number)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%s%s-%zu.", kind, stamp, number);
    expect(p, text);
}

static void print(const char *name, struct samples *s)
{
    printf("\"%s\":{", name);
    samples_print(s);
    printf("}");
}

static void through_parley(const struct target *t)
{
    struct samples in = {0}, out = {0};

    open_stream(t);
    for (size_t i = 0; goes_on(i); i++) {
        double began = bench_now_us();

        post(t, i);
        awaited(&agent, "in", i);
        if (i >= FIRST)
            samples_add(&in, bench_now_us() - began);
        expect(&poster, "\"success\":true");
        awaited(&stream, "in", i);
        began = bench_now_us();
        groupchat(&agent, "out", i);
        awaited(&stream, "out", i);
        if (i >= FIRST)
            samples_add(&out, bench_now_us() - began);
        awaited(&agent, "out", i);
    }
    print("in", &in);
    printf(",");
    print("out", &out);
}

static void through_server(void)
{
    struct samples muc = {0};

    login(&other, "AGFnZW50MQBzZWNyZXQ=");
    /* a new room is locked until its owner has configured it (XEP-0045 #createroom-instant) */
    say(&agent,
        "<iq type='set' id='o' to='%s'><query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query></iq>",
        room);
    expect(&agent, "'o'");
    join(&other, "agent1");
    for (size_t i = 0; goes_on(i); i++) {
        double began = bench_now_us();

        groupchat(&agent, "muc", i);
        awaited(&other, "muc", i);
        if (i >= FIRST)
            samples_add(&muc, bench_now_us() - began);
        awaited(&agent, "muc", i);
    }
    print("muc", &muc);
}

int main(int argc, char **argv)
{
    struct target *target = NULL;
    char at[32], run[32];
    size_t n;
    int option;

    while ((option = getopt(argc, argv, "x:r:a:t:n:s:")) != -1) {
        if (option == 'x')
            (void)snprintf(at, sizeof at, "127.0.0.1:%.10s", optarg);
        else if (option == 'r')
            room = optarg;
        else if (option == 'a')
            web = optarg;
        else if (option == 't')
            target = bench_targets(optarg, &n);
        else if (option == 'n')
            n_messages = strtoul(optarg, NULL, 10);
        else if (option == 's')
            seconds = strtod(optarg, NULL);
    }
    if (room == NULL)
        bench_fail("bench_path -x PORT -r ROOM …");
    xmpp = at;
    (void)snprintf(run, sizeof run, "%.0f", bench_now_us());
    stamp = run;
    login(&agent, "AGFnZW50MABzZWNyZXQ=");
    join(&agent, "agent0");
    printf("{");
    if (target != NULL)
        through_parley(target);
    else
        through_server();
    printf("}\n");
    return 0;
}
