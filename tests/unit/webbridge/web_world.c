#include "tests/unit/webbridge/web_world.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t now_ms(void *self)
{
    struct world *w = self;

    return w->now_ms;
}

static void new_id(void *self, char out[ID_LEN + 1])
{
    (void)self;
    crypto_id(out);
}

static void on_alarm(uv_timer_t *t)
{
    struct world *w = t->data;

    w->late = true;
}

/* One turn: the store in memory does its work only when it is asked to. */
static void turn(struct world *w, uv_run_mode mode)
{
    if (!w->store_sleeps)
        store_pump(w->store);
    if (w->web != NULL)
        webbridge_turn(w->web);
    uv_run(&w->loop, mode);
}

bool world_until(struct world *w, bool (*fn)(void *ctx), void *ctx)
{
    w->late = false;
    uv_timer_start(&w->alarm, on_alarm, WAIT_MS, 0);
    while (!fn(ctx) && !w->late)
        turn(w, UV_RUN_NOWAIT);
    uv_timer_stop(&w->alarm);
    return !w->late;
}

void world_turns(struct world *w, int n)
{
    while (n-- > 0)
        turn(w, UV_RUN_NOWAIT);
}

static bool is_done(void *ctx)
{
    return ((struct world *)ctx)->done;
}

static void await(struct world *w)
{
    assert_true(world_until(w, is_done, w));
    assert_int_equal(w->outcome, OK);
    w->done = false;
}

static void on_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct world *w = ctx;

    (void)a;
    w->outcome = e;
    w->done = true;
}

/* ---- beginning and end ---------------------------------------------------------------------- */

static const struct web_options defaults = {.listen = "127.0.0.1:0",
                                            .public_url = "",
                                            .trusted_proxies = "",
                                            .chats_per_minute = 100,
                                            .streams_per_chat = 6,
                                            .streams_per_address = 50,
                                            .bad_tokens_per_minute = 20,
                                            .logins_per_minute = 20,
                                            .connections = 200,
                                            .streams = 200,
                                            .descriptors = 1024,
                                            .unsent_seconds = 30,
                                            .body_bytes = 65536,
                                            .header_seconds = 5,
                                            .body_seconds = 10,
                                            .heartbeat_seconds = 15,
                                            .offer = "Connect"};

int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct desk_options o = {
        .time = {.self = w, .now_ms = now_ms, .steady_ms = now_ms, .id = new_id},
        .texts = {.waiting = "Waiting",
                  .agent_joined = "%s has joined",
                  .agent_left = "%s has left",
                  .closed = "Closed",
                  .reopened = "Reopened",
                  .offer = "Connect"},
        .claim_on = CLAIM_JOIN,
        .linger_ms = 3600000,
        .room_idle_ms = 300000,
        .messages_per_minute = 60000,
        .messages_burst = 10000,
        .escalations_per_hour = 100};

    signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    assert_int_equal(crypto_init(), OK);
    w->now_ms = 1700000000000;
    w->options = defaults;
    uv_loop_init(&w->loop);
    uv_timer_init(&w->loop, &w->alarm);
    w->alarm.data = w;
    assert_int_equal(store_open(":memory:", NULL, NULL, NULL, &w->store), OK);
    o.store = store_port(w->store);
    w->bus = bus_new();
    w->desk = desk_new(&o, w->bus);
    desk_start(w->desk, on_done, w);
    await(w);
    *state = w;
    return 0;
}

static bool is_closed(void *ctx)
{
    return ((struct world *)ctx)->web == NULL;
}

static void on_closed(void *ctx)
{
    struct world *w = ctx;

    w->web = NULL;
}

void world_close(struct world *w)
{
    webbridge_free(w->web, on_closed, w);
    assert_true(world_until(w, is_closed, w));
}

int world_teardown(void **state)
{
    struct world *w = *state;

    if (w->web != NULL)
        world_close(w);
    uv_close((uv_handle_t *)&w->alarm, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0); /* nothing of the bridge is left on it */
    store_close(w->store);
    desk_free(w->desk);
    bus_free(w->bus);
    free(w);
    return 0;
}

void world_open(struct world *w)
{
    const char *detail = "";

    assert_int_equal(webbridge_new(&w->loop, &w->options, w->desk, w->bus, &w->web, &detail), OK);
}

/* ---- steps ---------------------------------------------------------------------------------- */

static void on_begun(void *ctx, enum err e, const struct desk_answer *a)
{
    struct world *w = ctx;

    if (e == OK) {
        memcpy(w->chat, a->chat->id, sizeof(w->chat));
        memcpy(w->token, a->token, sizeof(w->token));
    }
    on_done(ctx, e, a);
}

void world_chat(struct world *w)
{
    struct begin b = {.name = "Alice"};

    desk_begin(w->desk, &b, on_begun, w);
    await(w);
}

static void on_key(void *ctx, enum err e, const struct desk_answer *a)
{
    struct world *w = ctx;

    if (e == OK)
        memcpy(w->key, a->token, sizeof(w->key));
    on_done(ctx, e, a);
}

void world_agent(struct world *w)
{
    struct agent_new a = {
        .jid = "sarah@example.org", .name = "Sarah", .organization = "default", .skills = ""};

    desk_agent_add(w->desk, &a, on_done, w);
    await(w);
    desk_key_add(w->desk, a.jid, "test", on_key, w);
    await(w);
    memcpy(w->agent, directory_by_jid(desk_directory(w->desk), a.jid)->id, sizeof(w->agent));
}

void world_remove_agent(struct world *w)
{
    desk_agent_remove(w->desk, "sarah@example.org", on_done, w);
    await(w);
}

static struct principal customer(struct world *w)
{
    return (struct principal){.kind = WHO_CUSTOMER, .id = w->chat};
}

void world_escalate(struct world *w)
{
    struct principal who = customer(w);

    desk_escalate(w->desk, &who, w->chat, "", "", on_done, w);
    await(w);
}

void world_say(struct world *w, const char *text)
{
    struct principal who = customer(w);
    struct post p = {.text = text};

    desk_post(w->desk, &who, w->chat, &p, on_done, w);
    await(w);
}

void world_shut(struct world *w)
{
    struct principal who = customer(w);

    desk_close(w->desk, &who, w->chat, "", "", on_done, w);
    await(w);
}

/* ---- clients -------------------------------------------------------------------------------- */

void client_connect(struct world *w, struct client *c)
{
    int small = 4096; /* so that the other side soon has to wait for us */
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)webbridge_port(w->web)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};

    memset(c, 0, sizeof(*c));
    c->world = w;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(c->fd >= 0);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

void client_send(struct client *c, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno != EAGAIN)
            return; /* cut by the other side, which the test will see */
        text += n < 0 ? 0 : n;
        len -= n < 0 ? 0 : (size_t)n;
        turn(c->world, UV_RUN_NOWAIT);
    }
}

static void receive(struct client *c)
{
    char data[16384];
    ssize_t n;

    while (!c->ended && (n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT)) >= 0) {
        buf_put(&c->in, data, (size_t)n);
        c->ended = n == 0;
    }
    if (!c->ended && errno != EAGAIN)
        c->ended = true;
}

struct wish {
    struct client *client;
    const char *text; /* NULL: the end */
};

static bool came(void *ctx)
{
    struct wish *wish = ctx;

    receive(wish->client);
    if (wish->text != NULL && strstr(buf_str(&wish->client->in), wish->text) != NULL)
        return true;
    return wish->client->ended;
}

bool client_got(struct client *c, const char *text)
{
    struct wish wish = {.client = c, .text = text};

    return world_until(c->world, came, &wish) && strstr(buf_str(&c->in), text) != NULL;
}

bool client_ended(struct client *c)
{
    struct wish wish = {.client = c};

    return world_until(c->world, came, &wish);
}

void client_free(struct client *c)
{
    close(c->fd);
    buf_free(&c->in);
}

static void put_head(struct buf *out, const char *method, const char *path, const char *token)
{
    buf_printf(out, "%s %s HTTP/1.1\r\nHost: test\r\n", method, path);
    if (*token != '\0')
        buf_printf(out, "Authorization: Bearer %s\r\n", token);
}

void client_get(struct client *c, const char *path, const char *token, const char *headers)
{
    struct buf out = {0};

    put_head(&out, "GET", path, token);
    buf_printf(&out, "%s\r\n", headers);
    client_send(c, buf_str(&out));
    buf_free(&out);
}

void client_post(struct client *c, const char *path, const char *token, const char *body)
{
    struct buf out = {0};

    put_head(&out, "POST", path, token);
    buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
               strlen(body), body);
    client_send(c, buf_str(&out));
    buf_free(&out);
}

void client_stream(struct world *w, struct client *c, const char *token, const char *query,
                   const char *headers)
{
    struct buf path = {0};

    client_connect(w, c);
    buf_printf(&path, "/api/chats/%s/events%s", w->chat, query);
    client_get(c, buf_str(&path), token, headers);
    buf_free(&path);
    assert_true(client_got(c, "event: ready"));
}

size_t client_count(const struct client *c, const char *text)
{
    size_t n = 0;

    for (const char *p = buf_str(&c->in); (p = strstr(p, text)) != NULL; p++)
        n++;
    return n;
}
