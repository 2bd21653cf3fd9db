#include "component/stream.h"

#include "component/xml/sift.h"
#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_COMPONENT "jabber:component:accept"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
/* libstrophe reads so much at once. Larger pieces would need a second call. */
#define PIECE 4096
/* One is in use, the others make good a number that another thread took while libstrophe had just
 * closed it. */
#define SEATS 4

struct stream {
    const char *domain, *secret;
    struct stream_handlers on;
    xmpp_log_t log;
    xmpp_ctx_t *ctx;
    xmpp_conn_t *conn; /* NULL: no stream */
    struct sift *sift;
    struct buf sifted;
    int ours;         /* our end of the pair; -1: none */
    int seats[SEATS]; /* placeholders with numbers below FD_SETSIZE; -1: lost */
    int seat;         /* the number that libstrophe holds; -1: none */
    int family;       /* of the address that libstrophe is told to connect to */
    bool ready, over;
    struct stream_end how;
    struct arena *how_arena;
};

/* libstrophe's callback for new sockets carries no context. */
static _Thread_local struct stream *opening;

static void on_log(void *ctx, xmpp_log_level_t level, const char *area, const char *msg)
{
    (void)ctx;
    /* Its debug lines hold stanzas and the handshake. */
    if (level != XMPP_LEVEL_DEBUG)
        log_debug("libstrophe", "area=%s msg=%s", area, msg);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* libstrophe puts its socket into an fd_set without a look at its number, which ends the process
 * from FD_SETSIZE on. A process with thousands of browsers has no small number left when it
 * reconnects, so some are held from the start. */
static void seats_fill(struct stream *s)
{
    for (size_t i = 0; i < SEATS; i++) {
        int fd;

        if (s->seats[i] != -1)
            continue;
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd >= FD_SETSIZE) {
            close(fd);
            return;
        }
        s->seats[i] = fd;
    }
}

static int seat_take(struct stream *s)
{
    seats_fill(s);
    for (size_t i = 0; i < SEATS; i++)
        if (s->seats[i] != -1) {
            int fd = s->seats[i];

            s->seats[i] = -1;
            return fd;
        }
    return -1;
}

/* ---- stanzas --------------------------------------------------------------------------------- */

static void copy_attrs(struct arena *a, xmpp_stanza_t *from, struct xml *to)
{
    int n = 2 * xmpp_stanza_get_attribute_count(from);
    const char **list = arena_array(a, const char *, (size_t)n + 1);
    struct xml_attr **at = &to->attrs;

    n = xmpp_stanza_get_attributes(from, list, n);
    for (int i = 0; i + 1 < n; i += 2) {
        if (strcmp(list[i], "xmlns") == 0)
            continue;
        *at = arena_new_of(a, struct xml_attr);
        /* The parser drops prefixes, and the only one that reaches it is this. */
        (*at)->name = strcmp(list[i], "lang") == 0 ? "xml:lang" : arena_dup(a, list[i]);
        (*at)->value = arena_dup(a, list[i + 1]);
        at = &(*at)->next;
    }
}

static struct xml *copy_node(struct arena *a, xmpp_stanza_t *from)
{
    struct xml *x = arena_new_of(a, struct xml);
    const char *ns;

    if (xmpp_stanza_is_text(from)) {
        x->text = arena_dup(a, xmpp_stanza_get_text_ptr(from));
        return x;
    }
    ns = xmpp_stanza_get_ns(from);
    x->name = arena_dup(a, xmpp_stanza_get_name(from));
    if (ns != NULL && strcmp(ns, NS_COMPONENT) == 0)
        x->ns = NS_CLIENT;
    else
        x->ns = arena_dup(a, ns);
    copy_attrs(a, from, x);
    return x;
}

/* Without recursion, since depth is the sender's. NULL when the stanza was cut. */
static struct xml *copy_tree(struct arena *a, xmpp_stanza_t *from)
{
    struct {
        xmpp_stanza_t *next; /* of the children of x, not copied yet */
        struct xml *x;
    } open[STANZA_DEPTH_MAX];
    size_t depth = 0;
    struct xml *root = copy_node(a, from);

    open[depth++].x = root;
    open[0].next = xmpp_stanza_get_children(from);
    while (depth > 0) {
        xmpp_stanza_t *child = open[depth - 1].next;
        struct xml *x;

        if (child == NULL) {
            depth--;
            continue;
        }
        open[depth - 1].next = xmpp_stanza_get_next(child);
        x = copy_node(a, child);
        xml_append(open[depth - 1].x, x);
        if (x->name == NULL)
            continue;
        if (depth == STANZA_DEPTH_MAX || strcmp(x->ns, NS_CUT) == 0)
            return NULL;
        open[depth].x = x;
        open[depth++].next = xmpp_stanza_get_children(child);
    }
    return root;
}

static enum err stanza_read(struct stanza *out)
{
    const struct xml *x = out->x;
    const char *from = xml_get(x, "from"), *to = xml_get(x, "to");
    const char *type = xml_get(x, "type"), *id = xml_get(x, "id");

    if (strcmp(x->ns, NS_CLIENT) != 0)
        return ERR_INVALID;
    if (strcmp(x->name, "message") == 0)
        out->kind = STANZA_MESSAGE;
    else if (strcmp(x->name, "presence") == 0)
        out->kind = STANZA_PRESENCE;
    else if (strcmp(x->name, "iq") == 0)
        out->kind = STANZA_IQ;
    else
        return ERR_INVALID;
    out->id = id != NULL ? id : "";
    if (type != NULL)
        out->type = type;
    else
        out->type = out->kind == STANZA_MESSAGE ? "normal" : "";
    if (from == NULL || to == NULL || jid_parse(out->arena, from, &out->from) != OK)
        return ERR_INVALID;
    return jid_parse(out->arena, to, &out->to);
}

static int on_stanza(xmpp_conn_t *conn, xmpp_stanza_t *in, void *ctx)
{
    struct stream *s = ctx;
    const char *name = xmpp_stanza_get_name(in), *from = xmpp_stanza_get_from(in);
    struct arena *a;
    struct stanza *out;

    (void)conn;
    if (!s->ready || s->over)
        return 1;
    if (strcmp(name, "error") == 0) /* the stream's: told when it ends */
        return 1;
    a = arena_new();
    out = arena_new_of(a, struct stanza);
    out->arena = a;
    out->x = copy_tree(a, in);
    if (out->x != NULL && stanza_read(out) == OK) {
        s->on.stanza(s->on.ctx, out);
        return 1;
    }
    log_warn("stanza-dropped", "why=%s name=%.40s from=%.200s",
             out->x == NULL || strcmp(out->x->ns, NS_CUT) == 0 ? "too-large" : "malformed", name,
             from != NULL ? from : "");
    arena_free(a);
    return 1;
}

/* ---- the connection object ------------------------------------------------------------------- */

static void note_end(struct stream *s, int error, const xmpp_stream_error_t *why)
{
    s->how.closed = error == 0;
    if (why == NULL)
        return;
    s->how.text = arena_dup(s->how_arena, why->text);
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(why->stanza); c != NULL;
         c = xmpp_stanza_get_next(c)) {
        const char *ns = xmpp_stanza_get_ns(c), *name = xmpp_stanza_get_name(c);

        if (ns == NULL || name == NULL || strcmp(ns, NS_STREAM_ERRORS) != 0 ||
            strcmp(name, "text") == 0)
            continue;
        s->how.condition = arena_dup(s->how_arena, name);
    }
    if (s->how.condition[0] == '\0')
        s->how.condition = "undefined-condition";
}

/* Called again by xmpp_conn_release when the stream was not over. */
static void on_event(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
                     xmpp_stream_error_t *why, void *ctx)
{
    struct stream *s = ctx;

    (void)conn;
    if (event == XMPP_CONN_CONNECT) {
        s->ready = true;
        s->on.ready(s->on.ctx);
    } else if (event == XMPP_CONN_DISCONNECT && !s->over) {
        s->over = true;
        note_end(s, error, why);
    }
}

static int refuse_socket(xmpp_conn_t *conn, void *sock)
{
    (void)conn;
    (void)sock;
    return -1;
}

/* libstrophe calls connect() on what it holds after this. On a datagram socket that succeeds at
 * once and sends nothing. */
static int give_seat(xmpp_conn_t *conn, void *sock)
{
    struct stream *s = opening;
    int *theirs = sock, fd = socket(s->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)conn;
    if (fd == -1)
        return -1;
    s->seat = seat_take(s);
    if (s->seat == -1 || dup3(fd, s->seat, O_CLOEXEC) == -1) {
        close(fd);
        return -1;
    }
    close(fd);
    close(*theirs);
    *theirs = s->seat;
    return 0;
}

/* A component's connection object lacks a part (its stream management state) that libstrophe
 * uses at the first stanza, and that only xmpp_connect_client allocates, before it fails. */
static bool conn_complete(xmpp_conn_t *conn)
{
    xmpp_conn_set_sockopt_callback(conn, refuse_socket);
    if (xmpp_connect_client(conn, "127.0.0.1", 9, on_event, NULL) == XMPP_EOK)
        return false;
    xmpp_conn_set_sockopt_callback(conn, give_seat);
    return true;
}

/* libstrophe looks its numeric address up with AI_ADDRCONFIG, which refuses one of the two where
 * the machine has no other address of that family. */
static bool conn_connect(struct stream *s)
{
    static const struct {
        int family;
        const char *address;
    } tries[] = {{AF_INET, "127.0.0.1"}, {AF_INET6, "::1"}};
    int done = XMPP_EINT;

    for (size_t i = 0; i < 2 && done != XMPP_EOK; i++) {
        s->family = tries[i].family;
        s->seat = -1;
        opening = s;
        done = xmpp_connect_component(s->conn, tries[i].address, 5347, on_event, s);
        opening = NULL;
    }
    return done == XMPP_EOK;
}

static bool pair_up(struct stream *s)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == -1)
        return false;
    if (dup3(pair[1], s->seat, O_CLOEXEC) == -1) {
        close(pair[0]);
        close(pair[1]);
        return false;
    }
    close(pair[1]);
    s->ours = pair[0];
    return true;
}

/* Let libstrophe work, and take what it sends. */
static void turn(struct stream *s, struct buf *out)
{
    char piece[PIECE];
    ssize_t n;

    if (s->over)
        return;
    xmpp_run_once(s->ctx, 0);
    while ((n = recv(s->ours, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
        buf_put(out, piece, (size_t)n);
}

/* ---- the module ------------------------------------------------------------------------------ */

static int users; /* of the library; all on the thread of the loop */

struct stream *stream_new(const char *domain, const char *secret, const struct stream_handlers *h)
{
    struct stream *s = mem_alloc(sizeof(*s));

    if (users++ == 0)
        xmpp_initialize();
    s->domain = domain;
    s->secret = secret;
    s->on = *h;
    s->log = (xmpp_log_t){on_log, NULL};
    s->ctx = xmpp_ctx_new(NULL, &s->log);
    s->ours = s->seat = -1;
    s->over = true;
    for (size_t i = 0; i < SEATS; i++)
        s->seats[i] = -1;
    s->how = (struct stream_end){false, "", ""};
    seats_fill(s);
    return s;
}

void stream_free(struct stream *s)
{
    if (s == NULL)
        return;
    stream_close(s);
    xmpp_ctx_free(s->ctx);
    for (size_t i = 0; i < SEATS; i++)
        if (s->seats[i] != -1)
            close(s->seats[i]);
    arena_free(s->how_arena);
    buf_free(&s->sifted);
    free(s);
    if (--users == 0)
        xmpp_shutdown();
}

enum err stream_open(struct stream *s, struct buf *out)
{
    stream_close(s);
    arena_free(s->how_arena);
    s->how_arena = arena_new();
    s->how = (struct stream_end){false, "", ""};
    s->ready = s->over = false;
    s->sift = sift_new();
    s->conn = xmpp_conn_new(s->ctx);
    xmpp_conn_set_jid(s->conn, s->domain);
    xmpp_conn_set_pass(s->conn, s->secret);
    if (!conn_complete(s->conn) || !conn_connect(s) || !pair_up(s)) {
        stream_close(s);
        return ERR_IO;
    }
    xmpp_handler_add(s->conn, on_stanza, NULL, NULL, NULL, s);
    turn(s, out); /* "connected" */
    turn(s, out); /* the stream's header */
    return s->over ? ERR_IO : OK;
}

enum err stream_feed(struct stream *s, const char *in, size_t len, struct buf *out)
{
    size_t sent = 0, before = out->len;
    bool was_ready = s->ready;
    enum err e;

    if (s->conn == NULL || s->over)
        return ERR_CLOSED;
    buf_clear(&s->sifted);
    e = sift_feed(s->sift, in, len, &s->sifted);
    while (sent < s->sifted.len && !s->over) {
        size_t left = s->sifted.len - sent;
        ssize_t n = send(s->ours, s->sifted.data + sent, left < PIECE ? left : PIECE, MSG_NOSIGNAL);

        if (n <= 0)
            return ERR_IO;
        sent += (size_t)n;
        xmpp_run_once(s->ctx, 0);
    }
    turn(s, out); /* it sends only on the call after */
    if (s->over)
        return ERR_CLOSED;
    /* Once it is through, libstrophe speaks only to complain of broken XML. */
    if (was_ready && out->len > before) {
        out->data[out->len = before] = '\0';
        return ERR_INVALID;
    }
    return e;
}

void stream_close(struct stream *s)
{
    bool by_us = !s->over;

    /* Calls on_event, which notes what the server complained of. */
    if (s->conn != NULL)
        xmpp_conn_release(s->conn);
    if (by_us)
        s->how.closed = false;
    s->conn = NULL;
    s->over = true;
    if (s->ours != -1)
        close(s->ours);
    s->ours = s->seat = -1;
    sift_free(s->sift);
    s->sift = NULL;
    seats_fill(s);
}

const struct stream_end *stream_how(const struct stream *s)
{
    return &s->how;
}

static bool is_one_of(const char *s, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(s, *list) == 0)
            return true;
    return false;
}

bool stream_is_poison(const char *condition)
{
    static const char *const list[] = {"bad-format",           "bad-namespace-prefix",
                                       "improper-addressing",  "invalid-from",
                                       "invalid-id",           "invalid-namespace",
                                       "invalid-xml",          "not-well-formed",
                                       "policy-violation",     "restricted-xml",
                                       "unsupported-encoding", "unsupported-stanza-type",
                                       "xml-not-well-formed",  NULL};

    return is_one_of(condition, list);
}

bool stream_is_refusal(const char *condition)
{
    static const char *const list[] = {"conflict", "host-gone", "host-unknown", "not-authorized",
                                       NULL};

    return is_one_of(condition, list);
}
