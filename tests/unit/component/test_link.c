#include "tests/unit/component/link_world.h"

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

/* Opens descriptors until their numbers have passed 2000; returns how many. */
static size_t use_up(int *fds, size_t max)
{
    size_t n = 0;

    while (n < max) {
        fds[n] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(fds[n] != -1);
        if (fds[n++] > 2000)
            break;
    }
    return n;
}

static void process_with_thousands_of_descriptors_reconnects(void **state)
{
    struct world *w = *state;
    struct rlimit limit;
    static int fds[2500];
    size_t used;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 3000)
        skip();
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    begin_up(w);
    used = use_up(fds, 2500);
    for (unsigned i = 1; i <= 10; i++) {
        fake_server_cut(&w->server);
        assert_true(reached(w, &w->downs, i, WAIT_MS));
        used += use_up(fds + used, 2500 - used);
        assert_true(reached(w, &w->ups, i + 1, WAIT_MS));
        assert_true(reached(w, &w->server.up, i + 1, WAIT_MS));
    }
    fake_server_say(&w->server, "<presence from='a@b' to='r@support.example.org'/>");
    assert_true(stanzas_reached(w, 1));
    while (used > 0)
        close(fds[--used]);
}

/* ---- in -------------------------------------------------------------------------------------- */

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

/* What is begun when there is no room is finished: several stanzas may be one matter. */
static void slow_server_fills_the_queue_up_to_its_bound_and_a_little_over(void **state)
{
    struct world *w = *state;
    struct arena *a = arena_new();
    char *body = arena_alloc(a, 10001);
    unsigned sent = 0, never = 0;
    size_t most;

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
    most = sent * 11000 + 4 * w->options.queue_max;
    link_send(w->l, message(a, "finished"));
    for (unsigned i = 0; i < 4 * w->options.queue_max / 10000; i++)
        link_send(w->l, message(a, body));
    link_send(w->l, message(a, "refused"));
    w->flushes = 0;
    fake_server_listen(&w->server, true);
    assert_true(reached(w, &w->flushes, 1, WAIT_MS));
    assert_int_equal(link_room(w->l), w->options.queue_max);
    link_send(w->l, message(a, "after"));
    assert_true(server_got(w, "<body>after</body></message>"));
    assert_non_null(strstr(buf_str(&w->server.got), "finished"));
    assert_null(strstr(buf_str(&w->server.got), "refused"));
    assert_true(w->server.got.len < most);
    arena_free(a);
}

static void what_waited_when_the_link_was_lost_does_not_go_out_later(void **state)
{
    struct world *w = *state;
    struct arena *a = arena_new();
    char *body = arena_alloc(a, 10001);

    memset(body, 'x', 10000);
    begin_up(w);
    fake_server_listen(&w->server, false);
    while (link_room(w->l) > 0) {
        link_send(w->l, message(a, body));
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    fake_server_cut(&w->server);
    assert_true(reached(w, &w->server.up, 2, WAIT_MS));
    link_send(w->l, message(a, "new"));
    assert_true(server_got(w, "new"));
    assert_null(strstr(buf_str(&w->server.got), "x</body>"));
    assert_null(strstr(buf_str(&w->server.head), "x</body>"));
    arena_free(a);
}

static void fill(struct world *w, const char *body)
{
    struct arena *a = arena_new();

    while (link_room(w->l) > 0) {
        link_send(w->l, message(a, body));
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    arena_free(a);
}

/* Its kernel acknowledges, with a window that is closed. */
static void server_that_stands_still_is_waited_for_and_misses_nothing(void **state)
{
    struct world *w = *state;
    char body[10001];

    memset(body, 'x', 10000);
    body[10000] = '\0';
    w->options.silence_ms = 60;
    begin_up(w);
    fake_server_listen(&w->server, false);
    fill(w, body);
    assert_false(reached(w, &w->downs, 1, 10 * 60));
    w->flushes = 0;
    fake_server_listen(&w->server, true);
    assert_true(reached(w, &w->flushes, 1, WAIT_MS));
    assert_int_equal(w->downs, 0);
}

static void server_that_stands_still_for_too_long_is_given_up(void **state)
{
    struct world *w = *state;
    char body[10001];

    memset(body, 'x', 10000);
    body[10000] = '\0';
    w->options.silence_ms = 60;
    w->options.still_ms = 100;
    begin_up(w);
    fake_server_listen(&w->server, false);
    fill(w, body);
    assert_true(reached(w, &w->downs, 1, WAIT_MS));
    assert_true(reached(w, &w->server.accepted, 2, WAIT_MS));
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
    const struct link_handlers on = {.state = on_state_free, .ctx = w};

    w->options.port = w->server.port;
    w->l = link_new(&w->loop, &w->options, &on);
    while (!w->link_gone)
        uv_run(&w->loop, UV_RUN_ONCE);
    w->l = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

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
        TEST(stanza_in_single_bytes_arrives_once),
        TEST(stanzas_of_one_turn_go_out_together_and_in_order),
        TEST(nothing_is_queued_while_the_link_is_not_up),
        TEST(slow_server_fills_the_queue_up_to_its_bound_and_a_little_over),
        TEST(what_waited_when_the_link_was_lost_does_not_go_out_later),
        TEST(server_that_stands_still_is_waited_for_and_misses_nothing),
        TEST(server_that_stands_still_for_too_long_is_given_up),
        TEST(silent_link_sends_white_space),
        TEST(free_while_up_sends_what_is_queued_and_closes_the_stream),
        TEST(free_at_once_is_done_without_a_trace),
        TEST(free_from_inside_a_handler_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
