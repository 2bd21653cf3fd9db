#include "tests/unit/webbridge/web_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *id_line(struct world *w, int number)
{
    static char line[64];

    snprintf(line, sizeof(line), "id: %s-%d\n", desk_epoch(w->desk), number);
    return line;
}

static const char *last_id(struct world *w, int number)
{
    static char line[64];

    snprintf(line, sizeof(line), "Last-Event-ID: %s-%d\r\n", desk_epoch(w->desk), number);
    return line;
}

/* ---- replay and live ------------------------------------------------------------------------ */

static void stream_without_id_begins_at_the_start_and_goes_live(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    world_say(w, "one");
    client_stream(w, &c, w->token, "", "");
    assert_true(client_got(&c, "\"content\":\"one\""));
    world_say(w, "two");
    assert_true(client_got(&c, "\"content\":\"two\""));
    assert_true(strstr(buf_str(&c.in), id_line(w, 1)) < strstr(buf_str(&c.in), id_line(w, 2)));
    assert_int_equal(client_count(&c, "\nid: "), 2);
    client_free(&c);
}

static void last_event_id_delivers_what_came_after_it(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    world_say(w, "one");
    world_say(w, "two");
    world_say(w, "three");
    client_stream(w, &c, w->token, "", last_id(w, 2));
    assert_true(client_got(&c, "three"));
    assert_int_equal(client_count(&c, "\nid: "), 1);
    assert_int_equal(client_count(&c, "event: reset"), 0);
    client_free(&c);
}

static void header_wins_over_the_query(void **state)
{
    struct world *w = *state;
    struct client c;
    char query[64];

    world_open(w);
    world_chat(w);
    world_say(w, "one");
    world_say(w, "two");
    snprintf(query, sizeof(query), "?lastEventId=%s-0", desk_epoch(w->desk));
    client_stream(w, &c, w->token, query, last_id(w, 1));
    assert_true(client_got(&c, "two"));
    assert_int_equal(client_count(&c, "\nid: "), 1);
    client_free(&c);
}

static void point_of_another_log_is_answered_by_reset_first(void **state)
{
    struct world *w = *state;
    struct client c;
    const char *text;

    world_open(w);
    world_chat(w);
    world_say(w, "one");
    client_stream(w, &c, w->token, "", "Last-Event-ID: zzzzzzzz-1\r\n");
    text = buf_str(&c.in);
    assert_non_null(strstr(text, "event: reset"));
    assert_true(strstr(text, "event: reset") < strstr(text, "event: ready"));
    world_say(w, "two");
    assert_true(client_got(&c, "two"));
    assert_int_equal(client_count(&c, "\nid: "), 1);
    client_free(&c);
}

static void since_now_skips_what_was(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    world_say(w, "one");
    client_stream(w, &c, w->token, "?since=now", "");
    world_say(w, "two");
    assert_true(client_got(&c, "two"));
    assert_int_equal(client_count(&c, "\nid: "), 1);
    client_free(&c);
}

/* More than a page, more than what may wait unsent, and a log that grows meanwhile. */
static void long_replay_meets_live_without_gap_or_repetition(void **state)
{
    enum { BEFORE = 250, DURING = 50 };
    struct world *w = *state;
    struct client c;
    static char text[16000];
    const char *at;

    memset(text, '"', sizeof(text) - 1);
    world_open(w);
    world_chat(w);
    world_escalate(w);
    for (int i = 0; i < BEFORE; i++)
        world_say(w, text);
    client_stream(w, &c, w->token, "", "");
    for (int i = 0; i < DURING; i++)
        world_say(w, text);
    world_say(w, "the end");
    assert_true(client_got(&c, "the end"));
    assert_int_equal(client_count(&c, "\nid: "), 1 + BEFORE + DURING + 1);
    at = buf_str(&c.in);
    for (int i = 1; i <= 1 + BEFORE + DURING + 1; i++)
        assert_non_null(at = strstr(at, id_line(w, i)));
    client_free(&c);
}

/* ---- the end -------------------------------------------------------------------------------- */

static bool nobody_listens(void *ctx)
{
    struct world *w = ctx;

    return bus_count(w->bus, w->chat) == 0;
}

static void going_peer_is_noticed(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    client_stream(w, &c, w->token, "", "");
    assert_int_equal(bus_count(w->bus, w->chat), 1);
    client_free(&c);
    assert_true(world_until(w, nobody_listens, w));
}

static void closing_the_chat_ends_the_stream_after_its_event(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    client_stream(w, &c, w->token, "", "");
    world_shut(w);
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "event: closed"), 1);
    client_free(&c);
}

static void closed_chat_is_204_when_nothing_is_left(void **state)
{
    struct world *w = *state;
    struct client c;
    char path[64];

    world_open(w);
    world_chat(w);
    world_say(w, "one");
    world_shut(w);
    snprintf(path, sizeof(path), "/api/chats/%s/events", w->chat);
    client_connect(w, &c);
    client_get(&c, path, w->token, last_id(w, 2));
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "HTTP/1.1 204"), 1);
    client_free(&c);
    client_stream(w, &c, w->token, "", last_id(w, 1));
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "\nid: "), 1);
    client_free(&c);
}

static void removed_agents_streams_end(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    world_agent(w);
    client_stream(w, &c, w->key, "", "");
    world_remove_agent(w);
    assert_true(client_ended(&c));
    client_free(&c);
}

static void bridge_ends_with_streams_and_calls_open(void **state)
{
    struct world *w = *state;
    struct client stream, opening, asking;
    char path[64];

    world_open(w);
    world_chat(w);
    client_stream(w, &stream, w->token, "", "");
    client_connect(w, &opening);
    client_connect(w, &asking);
    snprintf(path, sizeof(path), "/api/chats/%s/events", w->chat);
    client_get(&opening, path, w->token, "");
    client_post(&asking, "/api/chats", "", "{}");
    world_close(w);
    assert_true(client_ended(&stream));
    assert_true(client_ended(&opening));
    assert_true(client_ended(&asking));
    client_free(&stream);
    client_free(&opening);
    client_free(&asking);
}

/* The answer of the store comes to nobody. */
static void peer_may_go_while_the_store_is_asked(void **state)
{
    struct world *w = *state;
    struct client c;
    char path[64];

    world_open(w);
    world_chat(w);
    snprintf(path, sizeof(path), "/api/chats/%s/events", w->chat);
    client_connect(w, &c);
    w->store_sleeps = true;
    client_get(&c, path, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "");
    world_turns(w, 100);
    client_free(&c);
    world_turns(w, 100);
    w->store_sleeps = false;
    world_turns(w, 100);
}

/* ---- who sees what -------------------------------------------------------------------------- */

static void other_chats_are_not_found_and_nobody_is_unauthorized(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    client_connect(w, &c);
    client_get(&c, "/api/chats/aaaaaaaaaaaaaaaaaaaaaaaaaa/events", w->token, "");
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "HTTP/1.1 404"), 1);
    client_free(&c);
    client_connect(w, &c);
    client_get(&c, "/api/chats/aaaaaaaaaaaaaaaaaaaaaaaaaa/events", "", "");
    assert_true(client_ended(&c));
    assert_int_equal(client_count(&c, "HTTP/1.1 401"), 1);
    client_free(&c);
}

static void what_is_no_id_is_not_found(void **state)
{
    static const char *const paths[] = {"/api/chats/x/events",
                                        "/api/chats/AAAAAAAAAAAAAAAAAAAAAAAAAA/events",
                                        "/api/chats/aaaaaaaaaaaaaaaaaaaaaaaaaaa/events?join=1"};
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        client_connect(w, &c);
        client_get(&c, paths[i], i == 0 ? "" : w->token, "");
        assert_true(client_got(&c, "HTTP/1.1 404"));
        client_free(&c);
    }
    assert_int_equal(bus_count(w->bus, w->chat), 0);
}

static void seventh_stream_of_a_chat_is_429(void **state)
{
    struct world *w = *state;
    struct client c[7];
    char path[64];

    world_open(w);
    world_chat(w);
    for (int i = 0; i < 6; i++)
        client_stream(w, &c[i], w->token, "", "");
    snprintf(path, sizeof(path), "/api/chats/%s/events", w->chat);
    client_connect(w, &c[6]);
    client_get(&c[6], path, w->token, "");
    assert_true(client_ended(&c[6]));
    assert_int_equal(client_count(&c[6], "HTTP/1.1 429"), 1);
    assert_int_equal(client_count(&c[6], "Retry-After: "), 1);
    for (int i = 0; i < 7; i++)
        client_free(&c[i]);
}

static void reading_does_not_claim_but_joining_does(void **state)
{
    struct world *w = *state;
    struct client reader, joiner;

    world_open(w);
    world_chat(w);
    world_agent(w);
    world_escalate(w);
    client_stream(w, &reader, w->key, "", "");
    world_say(w, "still waiting");
    assert_true(client_got(&reader, "still waiting"));
    assert_int_equal(client_count(&reader, "event: agent_joined"), 0);
    client_stream(w, &joiner, w->key, "?join=1", "");
    assert_true(client_got(&reader, "event: agent_joined"));
    assert_true(client_got(&joiner, "event: agent_joined"));
    assert_int_equal(desk_agents_available(w->desk, "default"), 1);
    client_free(&joiner);
    client_free(&reader);
}

static bool no_agent_is_in(void *ctx)
{
    struct world *w = ctx;

    return desk_agents_available(w->desk, "default") == 0;
}

static void joined_session_ends_with_its_stream(void **state)
{
    struct world *w = *state;
    struct client c;

    world_open(w);
    world_chat(w);
    world_agent(w);
    world_escalate(w);
    client_stream(w, &c, w->key, "?join=1", "");
    assert_int_equal(desk_agents_available(w->desk, "default"), 1);
    client_free(&c);
    assert_true(world_until(w, no_agent_is_in, w));
}

static void typing_reaches_others_and_never_oneself(void **state)
{
    struct world *w = *state;
    struct client customer, agent, post;
    char path[64];

    world_open(w);
    world_chat(w);
    world_agent(w);
    world_escalate(w);
    client_stream(w, &customer, w->token, "", "");
    client_stream(w, &agent, w->key, "?since=now", "");
    client_connect(w, &post);
    snprintf(path, sizeof(path), "/api/chats/%s/typing", w->chat);
    client_post(&post, path, w->token, "{\"isTyping\":true}");
    assert_true(client_got(&agent, "\"isTyping\":true"));
    assert_true(client_got(&post, "HTTP/1.1 204"));
    world_say(w, "sent");
    assert_true(client_got(&customer, "sent"));
    assert_int_equal(client_count(&customer, "event: typing"), 0);
    client_free(&customer);
    client_free(&agent);
    client_free(&post);
}

/* An agent who is no speaker is a stranger to the customer. */
static void typing_of_an_observer_is_not_told_to_the_customer(void **state)
{
    struct world *w = *state;
    struct client customer, post;
    char path[64];

    world_open(w);
    world_chat(w);
    world_agent(w);
    world_escalate(w);
    client_stream(w, &customer, w->token, "", "");
    client_connect(w, &post);
    snprintf(path, sizeof(path), "/api/chats/%s/typing", w->chat);
    client_post(&post, path, w->key, "{\"isTyping\":true}");
    assert_true(client_got(&post, "HTTP/1.1 204"));
    world_say(w, "after it");
    assert_true(client_got(&customer, "after it"));
    assert_int_equal(client_count(&customer, "event: typing"), 0);
    client_free(&customer);
    client_free(&post);
}

static void quiet_stream_has_a_heartbeat(void **state)
{
    struct world *w = *state;
    struct client c;

    w->options.heartbeat_seconds = 1;
    world_open(w);
    world_chat(w);
    client_stream(w, &c, w->token, "", "");
    assert_true(client_got(&c, "\n:\n\n"));
    client_free(&c);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(stream_without_id_begins_at_the_start_and_goes_live),
        WORLD(last_event_id_delivers_what_came_after_it),
        WORLD(header_wins_over_the_query),
        WORLD(point_of_another_log_is_answered_by_reset_first),
        WORLD(since_now_skips_what_was),
        WORLD(long_replay_meets_live_without_gap_or_repetition),
        WORLD(going_peer_is_noticed),
        WORLD(closing_the_chat_ends_the_stream_after_its_event),
        WORLD(closed_chat_is_204_when_nothing_is_left),
        WORLD(removed_agents_streams_end),
        WORLD(bridge_ends_with_streams_and_calls_open),
        WORLD(peer_may_go_while_the_store_is_asked),
        WORLD(other_chats_are_not_found_and_nobody_is_unauthorized),
        WORLD(what_is_no_id_is_not_found),
        WORLD(seventh_stream_of_a_chat_is_429),
        WORLD(reading_does_not_claim_but_joining_does),
        WORLD(joined_session_ends_with_its_stream),
        WORLD(typing_reaches_others_and_never_oneself),
        WORLD(typing_of_an_observer_is_not_told_to_the_customer),
        WORLD(quiet_stream_has_a_heartbeat),
    };

    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
