#include "tests/unit/webbridge/web_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GET_HEALTH "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST_HEALTH "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define POST_CHATS "POST /api/chats HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    client_connect(w, &c);
    client_send(&c, GET_HEALTH POST_CHATS "Content-Length: 2\r\n\r\n{}" LAST_HEALTH);
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "HTTP/1.1 200"), 2);
    assert_int_equal(client_count(&c, "HTTP/1.1 201"), 1);
    client_free(&c);
}

static void refusal_of_a_bodyless_request_keeps_the_connection(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    client_connect(w, &c);
    client_send(&c, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" LAST_HEALTH);
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "HTTP/1.1 404"), 1);
    assert_int_equal(client_count(&c, "HTTP/1.1 200"), 1);
    client_free(&c);
}

/* Each is followed by a request that must not be answered. */
static void ambiguous_framing_is_400_and_the_end(void **state)
{
    static const char *const requests[] = {
        POST_CHATS "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        POST_CHATS "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST_CHATS "Content-Length : 2\r\n\r\n{}",
        POST_CHATS "Content-Length: +2\r\n\r\n{}",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nAccept: */*\r\n\r\n",
        "GET /healthz%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /x/../healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    struct world *w = *state;

    world_open(w);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct client c;

        client_connect(w, &c);
        client_send(&c, requests[i]);
        client_send(&c, GET_HEALTH);
        assert_true(client_ended(&c));
        assert_int_equal(client_count(&c, "HTTP/1.1 "), 1);
        assert_int_equal(client_count(&c, "HTTP/1.1 400"), 1);
        client_free(&c);
    }
}

static void head_has_the_length_and_no_body(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    client_connect(w, &c);
    client_send(&c, "HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "Content-Length: "), 1);
    assert_int_equal(client_count(&c, "status"), 0);
    client_free(&c);
}

static void large_body_is_413_before_it_comes(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    client_connect(w, &c);
    client_send(&c, POST_CHATS "Content-Length: 65537\r\n\r\n");
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "HTTP/1.1 413"), 1);
    client_free(&c);
}

static void unfinished_headers_are_cut_however_they_drip(void **state)
{
    struct world *w = *state;
    struct client c;

    w->options.header_seconds = 1;
    world_open(w);
    client_connect(w, &c);
    client_send(&c, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
    assert_true(client_ended(&c));
    assert_int_equal(c.in.len, 0);
    client_free(&c);
}

static void unfinished_body_is_cut(void **state)
{
    struct world *w = *state;
    struct client c;

    w->options.body_seconds = 1;
    world_open(w);
    client_connect(w, &c);
    client_send(&c, POST_CHATS "Content-Length: 100\r\n\r\n{");
    assert_true(client_ended(&c));
    assert_int_equal(c.in.len, 0);
    client_free(&c);
}

static void wrong_tokens_are_401_and_then_429_while_a_right_one_passes(void **state)
{
    struct world *w = *state;
    struct client c;
    char path[64];

    w->options.bad_tokens_per_minute = 3;
    world_open(w);
    world_chat(w);
    snprintf(path, sizeof(path), "/api/chats/%s", w->chat);
    client_connect(w, &c);
    for (int i = 0; i < 4; i++)
        client_get(&c, path, "wrong", "");
    client_get(&c, path, w->token, "Connection: close\r\n");
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "HTTP/1.1 401"), 3);
    assert_int_equal(client_count(&c, "HTTP/1.1 429"), 1);
    assert_int_equal(client_count(&c, "HTTP/1.1 200"), 1);
    client_free(&c);
}

static void same_key_is_replayed_and_says_so(void **state)
{
    struct world *w = *state;
    struct client c;
    char path[64];

    world_open(w);
    world_chat(w);
    snprintf(path, sizeof(path), "/api/chats/%s/messages", w->chat);
    client_connect(w, &c);
    client_post(&c, path, w->token, "{\"content\":\"one\",\"clientId\":\"k\"}");
    client_post(&c, path, w->token, "{\"content\":\"one\",\"clientId\":\"k\"}");
    client_post(&c, path, w->token, "{\"content\":\"two\",\"clientId\":\"k\"}");
    assert_true(client_got(&c, "HTTP/1.1 422"));
    assert_int_equal(client_count(&c, "HTTP/1.1 200"), 2);
    assert_int_equal(client_count(&c, "Idempotent-Replayed: true"), 1);
    client_free(&c);
}

static void listed_origin_is_echoed_and_others_are_not(void **state)
{
    struct world *w = *state;
    struct client c;

    w->options.public_url = "https://chat.example/x";
    world_open(w);
    client_connect(w, &c);
    client_get(&c, "/api/nothing", "", "Origin: https://chat.example\r\n");
    client_get(&c, "/api/nothing", "", "Origin: https://chat.example.evil\r\n");
    client_get(&c, "/api/nothing", "", "Connection: close\r\n");
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "Access-Control-Allow-Origin: https://chat.example\r\n"), 1);
    assert_int_equal(client_count(&c, "Access-Control-Allow-Origin"), 1);
    assert_int_equal(client_count(&c, "Vary: Origin"), 3);
    client_free(&c);
}

static void address_that_is_taken_or_wrong_is_refused(void **state)
{
    static const char *const wrong[] = {"",      "localhost",       "127.0.0.1", "127.0.0.1:x",
                                        "unix:", "127.0.0.1:70000", "[::1:8480", "300.1.1.1:80"};
    struct world *w = *state;
    struct webbridge *other;
    const char *detail = "";
    char taken[32];

    world_open(w);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        w->options.listen = wrong[i];
        assert_int_equal(webbridge_new(&w->loop, &w->options, w->desk, w->bus, &other, &detail),
                         ERR_CONFIG);
    }
    snprintf(taken, sizeof(taken), "127.0.0.1:%d", webbridge_port(w->web));
    w->options.listen = taken;
    assert_int_equal(webbridge_new(&w->loop, &w->options, w->desk, w->bus, &other, &detail),
                     ERR_IO);
}

static void socket_file_is_made_and_removed(void **state)
{
    struct world *w = *state;
    char spec[64];

    snprintf(spec, sizeof(spec), "unix:/tmp/parley-test-%d.sock", (int)getpid());
    w->options.listen = spec;
    world_open(w);
    assert_int_equal(access(spec + 5, F_OK), 0);
    assert_int_equal(webbridge_port(w->web), 0);
    world_close(w);
    assert_int_not_equal(access(spec + 5, F_OK), 0);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(pipelined_requests_are_answered_in_order),
        WORLD(refusal_of_a_bodyless_request_keeps_the_connection),
        WORLD(ambiguous_framing_is_400_and_the_end),
        WORLD(head_has_the_length_and_no_body),
        WORLD(large_body_is_413_before_it_comes),
        WORLD(unfinished_headers_are_cut_however_they_drip),
        WORLD(unfinished_body_is_cut),
        WORLD(wrong_tokens_are_401_and_then_429_while_a_right_one_passes),
        WORLD(same_key_is_replayed_and_says_so),
        WORLD(listed_origin_is_echoed_and_others_are_not),
        WORLD(address_that_is_taken_or_wrong_is_refused),
        WORLD(socket_file_is_made_and_removed),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
