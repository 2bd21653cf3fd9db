#include "tests/unit/component/fake_server.h"

#include <stdlib.h>
#include <string.h>

#define HEADER                                                                                     \
    "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "         \
    "xmlns='jabber:component:accept' from='support.example.org' id='abc'>"
#define ERROR(condition)                                                                           \
    "<stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"                   \
    "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>no</text></stream:error></stream:stream>"

struct fake_conn {
    uv_tcp_t tcp;
    LIST_ENTRY(fake_conn) link;
    struct fake_server *f;
    bool greeted, up;
    size_t looked; /* bytes of f->got in which the end of the stream was sought */
};

static void on_conn_closed(uv_handle_t *h)
{
    free(h->data);
}

static void conn_close(struct fake_conn *c)
{
    if (c->f->conn == c)
        c->f->conn = NULL;
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    LIST_REMOVE(c, link);
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

static void on_written(uv_write_t *w, int status)
{
    (void)status;
    free(w->data);
    free(w);
}

void fake_server_say_bytes(struct fake_server *f, const char *data, size_t len)
{
    uv_write_t *w = calloc(1, sizeof(*w));
    char *copy = malloc(len);
    uv_buf_t b;

    if (w == NULL || copy == NULL || f->conn == NULL)
        abort();
    memcpy(copy, data, len);
    w->data = copy;
    b = uv_buf_init(copy, (unsigned)len);
    if (uv_write(w, (uv_stream_t *)&f->conn->tcp, &b, 1, on_written) != 0)
        abort();
}

void fake_server_say(struct fake_server *f, const char *xml)
{
    fake_server_say_bytes(f, xml, strlen(xml));
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
    static char memory[65536];

    (void)h;
    (void)suggested;
    *b = uv_buf_init(memory, sizeof(memory));
}

static void greet(struct fake_server *f, struct fake_conn *c)
{
    if (f->manner == FAKE_STAYS_SILENT || strstr(buf_str(&f->head), "<stream:stream") == NULL)
        return;
    c->greeted = true;
    if (f->manner == FAKE_TALKS_NONSENSE)
        fake_server_say(f, "220 mail.example.org ESMTP\r\n<<>>");
    else if (f->manner == FAKE_KNOWS_NO_HOST)
        fake_server_say(f, HEADER ERROR("host-unknown"));
    else
        fake_server_say(f, HEADER);
}

static void on_head(struct fake_server *f, struct fake_conn *c)
{
    if (!c->greeted)
        greet(f, c);
    if (strstr(buf_str(&f->head), "</handshake>") == NULL)
        return;
    if (f->manner == FAKE_DENIES ||
        strstr(buf_str(&f->head), ">" FAKE_DIGEST "</handshake>") == NULL) {
        fake_server_say(f, ERROR("not-authorized"));
        return;
    }
    c->up = true;
    c->looked = f->got.len;
    f->up++;
    fake_server_say(f, "<handshake/>");
}

static void on_read(uv_stream_t *tcp, ssize_t n, const uv_buf_t *b)
{
    struct fake_conn *c = tcp->data;

    if (n < 0) {
        conn_close(c);
    } else if (c->up) {
        buf_put(&c->f->got, b->base, (size_t)n);
        if (strstr(buf_str(&c->f->got) + c->looked, "</stream:stream>") != NULL)
            conn_close(c);
        c->looked = c->f->got.len < 16 ? 0 : c->f->got.len - 16;
    } else {
        buf_put(&c->f->head, b->base, (size_t)n);
        on_head(c->f, c);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct fake_server *f = listener->data;
    struct fake_conn *c = calloc(1, sizeof(*c));

    if (status != 0 || c == NULL)
        abort();
    c->f = f;
    uv_tcp_init(f->loop, &c->tcp);
    c->tcp.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0)
        abort();
    f->conn = c;
    LIST_INSERT_HEAD(&f->conns, c, link);
    f->accepted++;
    buf_clear(&f->head);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

bool fake_server_start(struct fake_server *f, uv_loop_t *loop, const char *address, int port)
{
    struct sockaddr_storage at;
    int len = sizeof(at);

    memset(f, 0, sizeof(*f));
    f->loop = loop;
    uv_tcp_init(loop, &f->listener);
    f->listener.data = f;
    if (uv_ip4_addr(address, port, (struct sockaddr_in *)&at) != 0 &&
        uv_ip6_addr(address, port, (struct sockaddr_in6 *)&at) != 0)
        return false;
    if (uv_tcp_bind(&f->listener, (struct sockaddr *)&at, 0) != 0 ||
        uv_listen((uv_stream_t *)&f->listener, 16, on_connection) != 0)
        return false;
    uv_tcp_getsockname(&f->listener, (struct sockaddr *)&at, &len);
    f->port = ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                            : ((struct sockaddr_in6 *)&at)->sin6_port);
    return true;
}

void fake_server_stop(struct fake_server *f)
{
    while (!LIST_EMPTY(&f->conns)) /* one that does not listen would not learn of its end */
        conn_close(LIST_FIRST(&f->conns));
    uv_close((uv_handle_t *)&f->listener, NULL);
    buf_free(&f->got);
    buf_free(&f->head);
}

void fake_server_cut(struct fake_server *f)
{
    if (f->conn != NULL)
        conn_close(f->conn);
}

void fake_server_listen(struct fake_server *f, bool on)
{
    if (on)
        uv_read_start((uv_stream_t *)&f->conn->tcp, on_alloc, on_read);
    else
        uv_read_stop((uv_stream_t *)&f->conn->tcp);
}
