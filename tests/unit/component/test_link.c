#include "component/link.h"

#include "fake_server.h"

#include "core/base/crypto.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 5000
#define KEPT 64

/* A server, a link to it, and what the link told. */
struct world {
    uv_loop_t loop;
    struct fake_server server;
    struct link_options options;
    struct link *l;
    unsigned ups, downs, flushes, poisons, dropped_early;
    char condition[64];
    struct stanza *in[KEPT];
    size_t in_len;
    bool link_gone;
};

static void on_stanza(void *ctx, struct stanza *in)
{
    struct world *w = ctx;

    assert_true(w->in_len < KEPT);
    w->in[w->in_len++] = in;
}

static void on_state(void *ctx, enum link_state s, const char *why)
{
    struct world *w = ctx;

    assert_true(why[0] != '\0');
    if (s == LINK_UP)
        w->ups++;
    else
        w->downs++;
}

static void on_poison(void *ctx, const char *condition)
{
    struct world *w = ctx;

    w->poisons++;
    snprintf(w->condition, sizeof(w->condition), "%s", condition);
}

static void on_flushed(void *ctx)
{
    struct world *w = ctx;

    w->flushes++;
}

static void on_deadline(uv_timer_t *t)
{
    bool *late = t->data;

    *late = true;
}

/* Runs the loop until *value is at least wanted, or for at most ms. */
static bool reached(struct world *w, const unsigned *value, unsigned wanted, uint64_t ms)
{
    uv_timer_t timer;
    bool late = false;

    uv_timer_init(&w->loop, &timer);
    timer.data = &late;
    uv_timer_start(&timer, on_deadline, ms, 0);
    while (*value < wanted && !late)
        uv_run(&w->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    return *value >= wanted;
}

static bool stanzas_reached(struct world *w, size_t wanted)
{
    for (unsigned i = 0; i < 2000 && w->in_len < wanted; i++) {
        unsigned never = 0;

        reached(w, &never, 1, 1);
    }
    return w->in_len >= wanted;
}

static bool server_got(struct world *w, const char *text)
{
    for (unsigned i = 0; i < 2000 && strstr(buf_str(&w->server.got), text) == NULL; i++) {
        unsigned never = 0;

        reached(w, &never, 1, 1);
    }
    return strstr(buf_str(&w->server.got), text) != NULL;
}

static void begin(struct world *w)
{
    const struct link_handlers on = {on_stanza, on_state, on_poison, on_flushed, w};

    w->options.port = w->server.port;
    w->l = link_new(&w->loop, &w->options, &on);
}

static void begin_up(struct world *w)
{
    begin(w);
    assert_true(reached(w, &w->ups, 1, WAIT_MS));
    assert_true(reached(w, &w->server.up, 1, WAIT_MS));
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_int_equal(crypto_init(), OK);
    uv_loop_init(&w->loop);
    assert_true(fake_server_start(&w->server, &w->loop, "127.0.0.1", 0));
    w->options = (struct link_options){.host = "127.0.0.1",
                                       .domain = "support.example.org",
                                       .secret = FAKE_SECRET,
                                       .pause_min_ms = 2,
                                       .pause_max_ms = 20,
                                       .queue_max = 1000000};
    *state = w;
    return 0;
}

static void on_link_gone(void *ctx)
{
    struct world *w = ctx;

    w->link_gone = true;
}

static int teardown(void **state)
{
    struct world *w = *state;

    if (w->l != NULL)
        link_free(w->l, on_link_gone, w);
    while (w->l != NULL && !w->link_gone)
        uv_run(&w->loop, UV_RUN_ONCE);
    fake_server_stop(&w->server);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    for (size_t i = 0; i < w->in_len; i++)
        arena_free(w->in[i]->arena);
    free(w);
    return 0;
}

static struct xml *message(struct arena *a, const char *body)
{
    struct xml *x = xml_new(a, "message", NS_CLIENT);

    xml_attr(a, x, "from", "room@support.example.org");
    xml_attr(a, x, "to", "ann@example.org");
    xml_child_text(a, x, "body", NULL, body);
    return x;
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void right_secret_brings_the_link_up(void **state)
{
    struct world *w = *state;

    begin(w);
    assert_int_equal(link_state(w->l), LINK_CONNECTING);
    assert_int_equal(link_room(w->l), 0);
    assert_true(reached(w, &w->ups, 1, WAIT_MS));
    assert_int_equal(link_state(w->l), LINK_UP);
    assert_string_equal(link_state_text(w->l), "up");
    assert_int_equal(link_room(w->l), 1000000);
    assert_non_null(strstr(buf_str(&w->server.head), "to=\"support.example.org\""));
}

static void refused_handshake_is_told_and_tried_again(void **state)
{
    struct world *w = *state;

    w->server.manner = FAKE_DENIES;
    begin(w);
    assert_true(reached(w, &w->server.accepted, 3, WAIT_MS));
    assert_int_equal(w->ups, 0);
    assert_int_equal(w->poisons, 0);
    assert_non_null(strstr(link_state_text(w->l), "not-authorized: no"));
}

static void unknown_domain_is_told_and_tried_again(void **state)
{
    struct world *w = *state;

    w->server.manner = FAKE_KNOWS_NO_HOST;
    begin(w);
    assert_true(reached(w, &w->server.accepted, 2, WAIT_MS));
    assert_int_equal(w->ups, 0);
    assert_non_null(strstr(link_state_text(w->l), "host-unknown"));
}

static void refusal_waits_the_longest_pause(void **state)
{
    struct world *w = *state;

    w->options.pause_max_ms = 60000;
    w->server.manner = FAKE_DENIES;
    begin(w);
    assert_true(reached(w, &w->server.accepted, 1, WAIT_MS));
    assert_false(reached(w, &w->server.accepted, 2, 50));
}

static void silent_server_is_given_up_and_tried_again(void **state)
{
    struct world *w = *state;

    w->options.patience_ms = 30;
    w->server.manner = FAKE_STAYS_SILENT;
    begin(w);
    assert_true(reached(w, &w->server.accepted, 2, WAIT_MS));
    assert_non_null(strstr(link_state_text(w->l), "did not answer"));
}

static void other_protocol_is_told_and_tried_again(void **state)
{
    struct world *w = *state;

    w->server.manner = FAKE_TALKS_NONSENSE;
    begin(w);
    assert_true(reached(w, &w->server.accepted, 2, WAIT_MS));
    assert_non_null(strstr(link_state_text(w->l), "broken XML"));
}

static void nobody_listening_is_told_and_tried_until_somebody_does(void **state)
{
    struct world *w = *state;
    int port = w->server.port;
    unsigned never = 0;

    fake_server_stop(&w->server);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    begin(w);
    assert_false(reached(w, &never, 1, 50));
    assert_non_null(strstr(link_state_text(w->l), "connection refused"));
    assert_true(fake_server_start(&w->server, &w->loop, "127.0.0.1", port));
    assert_true(reached(w, &w->ups, 1, WAIT_MS));
}

static void name_with_several_addresses_is_tried_until_one_answers(void **state)
{
    struct world *w = *state;

    w->options.host = "localhost";
    begin_up(w);
}

static void address_of_version_6_is_reached(void **state)
{
    struct world *w = *state;

    fake_server_stop(&w->server);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    if (!fake_server_start(&w->server, &w->loop, "::1", 0)) {
        fake_server_stop(&w->server);
        uv_run(&w->loop, UV_RUN_NOWAIT);
        assert_true(fake_server_start(&w->server, &w->loop, "127.0.0.1", 0));
        skip();
    }
    w->options.host = "::1";
    begin_up(w);
}

static void unknown_name_is_told(void **state)
{
    struct world *w = *state;
    unsigned never = 0;

    w->options.host = "no such name";
    begin(w);
    for (int i = 0; i < 200 && strstr(link_state_text(w->l), "cannot resolve") == NULL; i++)
        assert_false(reached(w, &never, 1, 5));
    assert_non_null(strstr(link_state_text(w->l), "cannot resolve no such name"));
}

/* ---- losing ---------------------------------------------------------------------------------- */

static void cut_connection_is_told_and_made_again(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_cut(&w->server);
    assert_true(reached(w, &w->ups, 2, WAIT_MS));
    assert_int_equal(w->downs, 1);
    assert_int_equal(w->poisons, 0);
}

static void connection_cut_within_a_stanza_gives_no_stanza(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_say(&w->server, "<message from='a@b' to='r@support.example.org'><body>hal");
    fake_server_cut(&w->server);
    assert_true(reached(w, &w->ups, 2, WAIT_MS));
    fake_server_say(&w->server, "<presence from='a@b' to='r@support.example.org'/>");
    assert_true(stanzas_reached(w, 1));
    assert_int_equal(w->in[0]->kind, STANZA_PRESENCE);
}

static void good_stream_closed_cleanly_is_made_again_at_once(void **state)
{
    struct world *w = *state;
    unsigned never = 0;

    w->options.pause_min_ms = 400;
    w->options.pause_max_ms = 400;
    begin_up(w);
    assert_false(reached(w, &never, 1, 420));
    fake_server_say(&w->server, "</stream:stream>");
    assert_true(reached(w, &w->ups, 2, 150));
    /* The second one was not good for long: no hurry. */
    fake_server_say(&w->server, "</stream:stream>");
    assert_false(reached(w, &w->ups, 3, 100));
}

static void stream_error_over_our_stanza_is_poison(void **state)
{
    static const char *const conditions[] = {"not-well-formed", "invalid-xml", "policy-violation",
                                             "invalid-from"};
    struct world *w = *state;
    char text[300];

    begin_up(w);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(text, sizeof(text),
                 "<stream:error><%s xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                 "</stream:stream>",
                 conditions[i]);
        fake_server_say(&w->server, text);
        assert_true(reached(w, &w->poisons, i + 1, WAIT_MS));
        assert_string_equal(w->condition, conditions[i]);
        assert_true(reached(w, &w->ups, i + 2, WAIT_MS));
    }
}

static void stream_error_and_cut_without_stream_end_is_poison(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_say(&w->server, "<stream:error><not-well-formed "
                                "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    fake_server_cut(&w->server);
    assert_true(reached(w, &w->ups, 2, WAIT_MS));
    assert_int_equal(w->poisons, 1);
}

static void conflict_and_shutdown_are_no_poison(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_say(&w->server, "<stream:error><conflict "
                                "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                                "</stream:stream>");
    assert_true(reached(w, &w->ups, 2, WAIT_MS));
    fake_server_say(&w->server, "<stream:error><system-shutdown "
                                "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                                "</stream:stream>");
    assert_true(reached(w, &w->ups, 3, WAIT_MS));
    assert_int_equal(w->poisons, 0);
}

static void broken_xml_from_the_server_ends_the_stream(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_say(&w->server, "<message><body></message>");
    assert_true(reached(w, &w->ups, 2, WAIT_MS));
    fake_server_say(&w->server, "<!DOCTYPE x [<!ENTITY a 'b'>]>");
    assert_true(reached(w, &w->ups, 3, WAIT_MS));
    assert_int_equal(w->in_len, 0);
    assert_int_equal(w->poisons, 0);
}

static unsigned descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void two_hundred_connections_leave_no_descriptor_behind(void **state)
{
    struct world *w = *state;
    unsigned before;

    w->options.pause_max_ms = 2;
    begin_up(w);
    before = descriptors();
    for (unsigned i = 1; i <= 200; i++) {
        assert_true(reached(w, &w->server.up, i, WAIT_MS));
        fake_server_cut(&w->server);
        assert_true(reached(w, &w->ups, i + 1, WAIT_MS));
    }
    assert_int_equal(descriptors(), before);
    assert_int_equal(w->downs, 200);
}

static void process_with_thousands_of_descriptors_reconnects(void **state)
{
    struct world *w = *state;
    struct rlimit limit;
    static int fds[2500];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 4000)
        skip();
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    begin_up(w);
    for (size_t i = 0; i < 2500; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fds[2499] > 2000);
    for (unsigned i = 1; i <= 10; i++) {
        fake_server_cut(&w->server);
        assert_true(reached(w, &w->ups, i + 1, WAIT_MS));
        assert_true(reached(w, &w->server.up, i + 1, WAIT_MS));
    }
    fake_server_say(&w->server, "<presence from='a@b' to='r@support.example.org'/>");
    assert_true(stanzas_reached(w, 1));
    for (size_t i = 0; i < 2500; i++)
        close(fds[i]);
}

/* ---- in -------------------------------------------------------------------------------------- */

static void stanza_arrives_with_prepared_addresses_and_client_namespace(void **state)
{
    struct world *w = *state;
    const struct stanza *s;
    const struct xml *x;

    begin_up(w);
    fake_server_say(&w->server,
                    "<message from='Ann@Example.org/Phone' to='R@Support.example.org' id='m1' "
                    "type='groupchat' xml:lang='de'><body>a &lt; b</body>"
                    "<x xmlns='urn:x'><y z='1'/>t<in xmlns='jabber:component:accept'/></x>"
                    "</message>");
    assert_true(stanzas_reached(w, 1));
    s = w->in[0];
    assert_int_equal(s->kind, STANZA_MESSAGE);
    assert_string_equal(s->from.full, "ann@example.org/Phone");
    assert_string_equal(s->to.full, "r@support.example.org");
    assert_string_equal(s->type, "groupchat");
    assert_string_equal(s->id, "m1");
    assert_string_equal(s->x->ns, NS_CLIENT);
    assert_string_equal(xml_get(s->x, "xml:lang"), "de");
    assert_string_equal(xml_content(s->arena, xml_find(s->x, "body", NS_CLIENT)), "a < b");
    x = xml_find(s->x, "x", "urn:x");
    assert_string_equal(xml_get(xml_find(x, "y", "urn:x"), "z"), "1");
    assert_non_null(xml_find(x, "in", NS_CLIENT));
    assert_null(xml_get(x, "xmlns"));
}

static void missing_type_and_id_have_their_defaults(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_say(&w->server, "<message from='a@b' to='support.example.org'/>"
                                "<presence from='a@b' to='support.example.org'/>");
    assert_true(stanzas_reached(w, 2));
    assert_string_equal(w->in[0]->type, "normal");
    assert_string_equal(w->in[1]->type, "");
    assert_string_equal(w->in[0]->id, "");
}

static void stanza_in_single_bytes_arrives_once(void **state)
{
    static const char text[] =
        "<iq type='get' id='1' from='a@b/c' to='support.example.org'>"
        "<ping xmlns='urn:xmpp:ping'/></iq>\n<presence from='a@b' to='support.example.org'/>";
    struct world *w = *state;

    begin_up(w);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        fake_server_say_bytes(&w->server, text + i, 1);
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    assert_true(stanzas_reached(w, 2));
    assert_int_equal(w->in[0]->kind, STANZA_IQ);
    assert_non_null(xml_find(w->in[0]->x, "ping", "urn:xmpp:ping"));
}

static void sender_forged_by_a_prefixed_attribute_is_not_believed(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_say(&w->server,
                    "<presence from='mallory@b/1' xmlns:x='urn:x' x:from='admin@b/1' "
                    "to='r@support.example.org' x:to='s@support.example.org' x:type='error'/>"
                    "<presence xmlns:y='urn:y' y:from='admin@b/1' from='mallory@b/1' "
                    "xml:from='admin@b/1' to='r@support.example.org'/>");
    assert_true(stanzas_reached(w, 2));
    for (int i = 0; i < 2; i++) {
        assert_string_equal(w->in[i]->from.bare, "mallory@b");
        assert_string_equal(w->in[i]->to.local, "r");
        assert_string_equal(w->in[i]->type, "");
    }
}

static void stanzas_without_usable_addresses_are_dropped(void **state)
{
    struct world *w = *state;

    begin_up(w);
    fake_server_say(&w->server, "<message to='support.example.org'/>"
                                "<message from='a@b'/>"
                                "<message from='a@' to='support.example.org'/>"
                                "<message from='a@b' to='@support.example.org'/>"
                                "<thing from='a@b' to='support.example.org'/>"
                                "<message xmlns='urn:x' from='a@b' to='support.example.org'/>"
                                "<message id='good' from='a@b' to='support.example.org'/>");
    assert_true(stanzas_reached(w, 1));
    assert_string_equal(w->in[0]->id, "good");
}

static void put_many(struct buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_puts(b, text);
}

static void say_inside(struct world *w, const char *open, const char *fill, const char *close,
                       size_t n)
{
    struct buf b = {0};

    buf_puts(&b, "<message from='a@b' to='support.example.org'>");
    put_many(&b, open, n);
    buf_puts(&b, fill);
    put_many(&b, close, n);
    buf_puts(&b, "</message>");
    fake_server_say_bytes(&w->server, b.data, b.len);
    buf_free(&b);
}

static void stanza_too_deep_is_dropped_and_the_stream_lives(void **state)
{
    struct world *w = *state;

    begin_up(w);
    say_inside(w, "<a>", "", "</a>", 32);
    say_inside(w, "<a>", "", "</a>", 50000);
    say_inside(w, "<a>", "", "</a>", 31);
    assert_true(stanzas_reached(w, 1));
    fake_server_say(&w->server, "<presence from='a@b' to='support.example.org'/>");
    assert_true(stanzas_reached(w, 2));
    assert_int_equal(w->in[1]->kind, STANZA_PRESENCE);
}

static void stanza_too_large_is_dropped_and_the_stream_lives(void **state)
{
    struct world *w = *state;

    begin_up(w);
    say_inside(w, "0123456789", "", "", 30000);
    say_inside(w, "<a/>", "", "", 4000);
    say_inside(w, "<a/>", "", "", 3999);
    assert_true(stanzas_reached(w, 1));
    fake_server_say(&w->server, "<presence from='a@b' to='support.example.org'/>");
    assert_true(stanzas_reached(w, 2));
    assert_int_equal(w->in[1]->kind, STANZA_PRESENCE);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void stanzas_of_one_turn_go_out_together_and_in_order(void **state)
{
    static const char *const to[] = {"a@b", "c@d"};
    struct world *w = *state;
    struct arena *a = arena_new();
    struct xml *p = xml_new(a, "presence", NS_CLIENT);

    begin_up(w);
    w->flushes = 0;
    link_send(w->l, message(a, "one & two"));
    link_send_each(w->l, p, to, 2);
    assert_int_equal(w->flushes, 0);
    assert_true(server_got(w, "<message from='room@support.example.org' to='ann@example.org'>"
                              "<body>one &amp; two</body></message>"
                              "<presence to='a@b'/><presence to='c@d'/>"));
    assert_int_equal(w->flushes, 1);
    arena_free(a);
}

static void nothing_is_queued_while_the_link_is_not_up(void **state)
{
    struct world *w = *state;
    struct arena *a = arena_new();

    begin(w);
    link_send(w->l, message(a, "early"));
    assert_true(reached(w, &w->ups, 1, WAIT_MS));
    assert_true(reached(w, &w->server.up, 1, WAIT_MS));
    link_send(w->l, message(a, "cut"));
    fake_server_cut(&w->server);
    assert_true(reached(w, &w->downs, 1, WAIT_MS));
    link_send(w->l, message(a, "late"));
    assert_true(reached(w, &w->server.up, 2, WAIT_MS));
    link_send(w->l, message(a, "good"));
    assert_true(server_got(w, "good"));
    assert_null(strstr(buf_str(&w->server.got), "early"));
    assert_null(strstr(buf_str(&w->server.got), "late"));
    arena_free(a);
}

static void slow_server_fills_the_queue_up_to_its_bound(void **state)
{
    struct world *w = *state;
    struct arena *a = arena_new();
    char *body = arena_alloc(a, 10001);
    unsigned sent = 0, never = 0;
    size_t len;

    memset(body, 'x', 10000);
    begin_up(w);
    fake_server_listen(&w->server, false);
    for (; link_room(w->l) > 0 && sent < 100000; sent++) {
        link_send(w->l, message(a, body));
        if (sent % 20 == 19)
            uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    assert_true(sent < 100000);
    assert_false(reached(w, &never, 1, 30));
    for (; link_room(w->l) > 0; sent++)
        link_send(w->l, message(a, body));
    link_send(w->l, message(a, "refused"));
    w->flushes = 0;
    fake_server_listen(&w->server, true);
    assert_true(reached(w, &w->flushes, 1, WAIT_MS));
    assert_int_equal(link_room(w->l), w->options.queue_max);
    link_send(w->l, message(a, "after"));
    assert_true(server_got(w, "<body>after</body></message>"));
    assert_null(strstr(buf_str(&w->server.got), "refused"));
    len = strlen("<message from='room@support.example.org' to='ann@example.org'><body></body>"
                 "</message>");
    assert_int_equal(w->server.got.len, sent * (len + 10000) + len + 5);
    arena_free(a);
}

static void silent_link_sends_white_space(void **state)
{
    struct world *w = *state;

    w->options.keepalive_ms = 10;
    begin_up(w);
    assert_true(server_got(w, "  "));
}

/* ---- the end --------------------------------------------------------------------------------- */

static void free_while_up_sends_what_is_queued_and_closes_the_stream(void **state)
{
    struct world *w = *state;
    struct arena *a = arena_new();

    begin_up(w);
    link_send(w->l, message(a, "last"));
    link_free(w->l, on_link_gone, w);
    assert_true(server_got(w, "<body>last</body></message></stream:stream>"));
    while (!w->link_gone)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(w->downs, 0);
    w->l = NULL;
    arena_free(a);
}

static void free_at_once_is_done_without_a_trace(void **state)
{
    struct world *w = *state;

    begin(w);
    link_free(w->l, on_link_gone, w);
    while (!w->link_gone)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(w->ups + w->downs, 0);
    w->l = NULL;
}

static void on_state_free(void *ctx, enum link_state s, const char *why)
{
    struct world *w = ctx;

    (void)s;
    (void)why;
    link_free(w->l, on_link_gone, w);
}

static void free_from_inside_a_handler_is_done(void **state)
{
    struct world *w = *state;
    const struct link_handlers on = {on_stanza, on_state_free, on_poison, NULL, w};

    w->options.port = w->server.port;
    w->l = link_new(&w->loop, &w->options, &on);
    while (!w->link_gone)
        uv_run(&w->loop, UV_RUN_ONCE);
    w->l = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(right_secret_brings_the_link_up),
        TEST(refused_handshake_is_told_and_tried_again),
        TEST(unknown_domain_is_told_and_tried_again),
        TEST(refusal_waits_the_longest_pause),
        TEST(silent_server_is_given_up_and_tried_again),
        TEST(other_protocol_is_told_and_tried_again),
        TEST(nobody_listening_is_told_and_tried_until_somebody_does),
        TEST(name_with_several_addresses_is_tried_until_one_answers),
        TEST(address_of_version_6_is_reached),
        TEST(unknown_name_is_told),
        TEST(cut_connection_is_told_and_made_again),
        TEST(connection_cut_within_a_stanza_gives_no_stanza),
        TEST(good_stream_closed_cleanly_is_made_again_at_once),
        TEST(stream_error_over_our_stanza_is_poison),
        TEST(stream_error_and_cut_without_stream_end_is_poison),
        TEST(conflict_and_shutdown_are_no_poison),
        TEST(broken_xml_from_the_server_ends_the_stream),
        TEST(two_hundred_connections_leave_no_descriptor_behind),
        TEST(process_with_thousands_of_descriptors_reconnects),
        TEST(stanza_arrives_with_prepared_addresses_and_client_namespace),
        TEST(missing_type_and_id_have_their_defaults),
        TEST(stanza_in_single_bytes_arrives_once),
        TEST(sender_forged_by_a_prefixed_attribute_is_not_believed),
        TEST(stanzas_without_usable_addresses_are_dropped),
        TEST(stanza_too_deep_is_dropped_and_the_stream_lives),
        TEST(stanza_too_large_is_dropped_and_the_stream_lives),
        TEST(stanzas_of_one_turn_go_out_together_and_in_order),
        TEST(nothing_is_queued_while_the_link_is_not_up),
        TEST(slow_server_fills_the_queue_up_to_its_bound),
        TEST(silent_link_sends_white_space),
        TEST(free_while_up_sends_what_is_queued_and_closes_the_stream),
        TEST(free_at_once_is_done_without_a_trace),
        TEST(free_from_inside_a_handler_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
