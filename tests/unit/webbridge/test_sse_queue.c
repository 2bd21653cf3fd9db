#include "tests/unit/webbridge/web_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID_MAX 64 /* of an event */

/* The stream of all chats, as far as its `ready`. after: "" none. */
static void watch(struct world *w, struct client *c, const char *after)
{
    char header[ID_MAX + 32];

    snprintf(header, sizeof(header), "Last-Event-ID: %s\r\n", after);
    client_connect(w, c);
    client_get(c, "/api/events", w->key, *after != '\0' ? header : "");
    assert_true(client_got(c, "event: ready"));
}

/* A quoted or bare word behind the last `name` that came. */
static void last_word(const struct client *c, const char *name, char out[ID_MAX])
{
    const char *at = NULL;

    for (const char *p = buf_str(&c->in); (p = strstr(p, name)) != NULL; p++)
        at = p + strlen(name);
    assert_non_null(at);
    snprintf(out, ID_MAX, "%.*s", (int)strcspn(at, "\"\n"), at);
}

static void last_id(const struct client *c, char out[ID_MAX])
{
    last_word(c, "\nid: ", out);
}

static int64_t number_of(const char *id)
{
    return strtoll(strrchr(id, '-') + 1, NULL, 10);
}

/* The ids grow: nothing came twice, or in another order. */
static void assert_ids_grow(const struct client *c)
{
    int64_t before = 0;

    for (const char *p = buf_str(&c->in); (p = strstr(p, "\nid: ")) != NULL; p++) {
        char id[ID_MAX];
        int64_t number;

        snprintf(id, sizeof(id), "%.*s", (int)strcspn(p + 5, "\n"), p + 5);
        number = number_of(id);
        assert_true(number > before);
        before = number;
    }
}

static void open_with_agent(struct world *w)
{
    world_open(w);
    world_chat(w);
    world_agent(w);
}

/* An agent that was there, and the last thing it heard. */
static void away(struct world *w, char place[ID_MAX])
{
    struct client c;

    watch(w, &c, "");
    world_say(w, "heard");
    assert_true(client_got(&c, "\"heard\""));
    last_id(&c, place);
    client_free(&c);
}

/* ---- the first time ------------------------------------------------------------------------- */

static void first_stream_begins_with_a_snapshot_and_goes_live(void **state)
{
    struct world *w = *state;
    struct client c;
    char as_of[ID_MAX], id[ID_MAX];
    const char *live;

    open_with_agent(w);
    world_say(w, "one");
    watch(w, &c, "");
    assert_true(client_got(&c, "event: snapshot"));
    last_word(&c, "\"asOf\":\"", as_of);
    assert_int_equal(client_count(&c, "event: reset"), 0);
    assert_int_equal(client_count(&c, "\nid: "), 0);
    world_say(w, "two");
    assert_true(client_got(&c, "\"two\""));
    last_id(&c, id);
    assert_int_equal(number_of(id), number_of(as_of) + 1);
    live = strstr(buf_str(&c.in), "event: snapshot");
    assert_true(strstr(live, "event: queue") < strstr(live, "event: message"));
    client_free(&c);
}

/* ---- coming back ---------------------------------------------------------------------------- */

static void place_gets_what_came_after_it_and_goes_live(void **state)
{
    struct world *w = *state;
    struct client c;
    char place[ID_MAX];
    const char *row;

    open_with_agent(w);
    away(w, place);
    world_say(w, "one");
    world_say(w, "two");
    world_escalate(w);
    watch(w, &c, place);
    assert_true(client_got(&c, "event: escalated"));
    world_say(w, "three");
    assert_true(client_got(&c, "\"three\""));
    assert_int_equal(client_count(&c, "\nid: "), 4);
    assert_int_equal(client_count(&c, "heard"), 0);
    assert_int_equal(client_count(&c, "event: reset"), 0);
    assert_int_equal(client_count(&c, "event: snapshot"), 0);
    assert_ids_grow(&c);
    /* one row for all that was read, before the id that covers it; and one live */
    assert_int_equal(client_count(&c, "chat_updated"), 2);
    row = strstr(buf_str(&c.in), "chat_updated");
    assert_true(row > strstr(buf_str(&c.in), "\"two\""));
    assert_true(row < strstr(buf_str(&c.in), "event: escalated"));
    assert_true(client_got(&c, "\"needsResponse\":1"));
    client_free(&c);
}

static void newest_place_gets_nothing_but_the_counts(void **state)
{
    struct world *w = *state;
    struct client c;
    char place[ID_MAX];

    open_with_agent(w);
    away(w, place);
    watch(w, &c, place);
    assert_true(client_got(&c, "\"counts\""));
    assert_int_equal(client_count(&c, "event: queue"), 1);
    assert_int_equal(client_count(&c, "\nid: "), 0);
    assert_int_equal(client_count(&c, "event: reset"), 0);
    client_free(&c);
}

static void place_of_a_snapshot_is_one_to_go_on_from(void **state)
{
    struct world *w = *state;
    struct client c;
    char place[ID_MAX];

    open_with_agent(w);
    world_say(w, "before");
    watch(w, &c, "");
    assert_true(client_got(&c, "event: snapshot"));
    last_word(&c, "\"asOf\":\"", place);
    client_free(&c);
    world_say(w, "after");
    watch(w, &c, place);
    assert_true(client_got(&c, "\"after\""));
    assert_int_equal(client_count(&c, "event: reset"), 0);
    assert_int_equal(client_count(&c, "\nid: "), 1);
    client_free(&c);
}

static void erased_chat_comes_as_its_row_alone(void **state)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct world *w = *state;
    struct client live, back;
    char place[ID_MAX];

    open_with_agent(w);
    world_escalate(w);
    world_shut(w);
    watch(w, &live, "");
    assert_true(client_got(&live, "event: snapshot"));
    last_word(&live, "\"asOf\":\"", place);
    assert_int_equal(client_count(&live, "Alice"), 1);
    desk_erase(w->desk, &system, w->chat, NULL, NULL);
    assert_true(client_got(&live, "\"erasedAt\":\"2"));
    watch(w, &back, place);
    assert_true(client_got(&back, "\"erasedAt\":\"2"));
    assert_int_equal(client_count(&live, "\nid: "), 0);
    assert_int_equal(client_count(&back, "\nid: "), 0);
    assert_int_equal(client_count(&live, "Alice"), 1);
    client_free(&live);
    client_free(&back);
}

static void more_erased_chats_than_a_page_holds_come_once_each(void **state)
{
    enum { MANY = 70 };
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct world *w = *state;
    struct client c;
    char place[ID_MAX], chats[MANY][ID_LEN + 1];

    open_with_agent(w);
    for (int i = 0; i < MANY; i++) {
        world_chat(w);
        memcpy(chats[i], w->chat, sizeof(chats[i]));
        world_shut(w);
    }
    world_chat(w);
    away(w, place);
    for (int i = 0; i < MANY; i++)
        desk_erase(w->desk, &system, chats[i], NULL, NULL);
    world_say(w, "the end");
    watch(w, &c, place);
    assert_true(client_got(&c, "the end"));
    assert_int_equal(client_count(&c, "\"erasedAt\":\"2"), MANY);
    client_free(&c);
}

/* More than a page, more than what may wait unsent, and a log that grows meanwhile. */
static void long_replay_meets_live_without_gap_or_repetition(void **state)
{
    enum { BEFORE = 200, DURING = 50 };
    struct world *w = *state;
    struct client c;
    static char text[16000];
    char place[ID_MAX];

    memset(text, '"', sizeof(text) - 1);
    open_with_agent(w);
    world_escalate(w);
    away(w, place);
    for (int i = 0; i < BEFORE; i++)
        world_say(w, text);
    watch(w, &c, place);
    for (int i = 0; i < DURING; i++)
        world_say(w, text);
    world_say(w, "the end");
    assert_true(client_got(&c, "the end"));
    assert_int_equal(client_count(&c, "\nid: "), BEFORE + DURING + 1);
    assert_ids_grow(&c);
    client_free(&c);
}

/* ---- what cannot be gone on from ------------------------------------------------------------ */

static void assert_reset(struct world *w, const char *place)
{
    struct client c;
    const char *text;

    watch(w, &c, place);
    assert_true(client_got(&c, "event: snapshot"));
    text = buf_str(&c.in);
    assert_non_null(strstr(text, "event: reset"));
    assert_true(strstr(text, "event: reset") < strstr(text, "event: ready"));
    assert_true(strstr(text, "event: ready") < strstr(text, "event: snapshot"));
    assert_int_equal(client_count(&c, "\nid: "), 0);
    client_free(&c);
}

static void thousand_entries_are_replayed_and_one_more_is_a_reset(void **state)
{
    struct world *w = *state;
    struct client c;
    char place[ID_MAX];

    open_with_agent(w);
    world_escalate(w);
    away(w, place);
    for (int i = 0; i < 999; i++)
        world_say(w, "again");
    world_say(w, "the thousandth");
    watch(w, &c, place);
    assert_true(client_got(&c, "the thousandth"));
    assert_int_equal(client_count(&c, "\nid: "), 1000);
    assert_int_equal(client_count(&c, "event: reset"), 0);
    assert_ids_grow(&c);
    client_free(&c);
    world_say(w, "one more");
    assert_reset(w, place);
}

static void place_that_is_not_of_this_log_is_a_reset(void **state)
{
    struct world *w = *state;
    char place[ID_MAX], ahead[ID_MAX + 32];

    open_with_agent(w);
    away(w, place);
    assert_reset(w, "zzzzzzzz-1");
    assert_reset(w, "nonsense");
    snprintf(ahead, sizeof(ahead), "%s-%lld", desk_epoch(w->desk), (long long)number_of(place) + 1);
    assert_reset(w, ahead);
}

static void agent_that_comes_again_gets_a_reset(void **state)
{
    struct world *w = *state;
    char place[ID_MAX];
    struct client c;

    open_with_agent(w);
    away(w, place);
    world_remove_agent(w);
    world_agent(w);
    assert_reset(w, place);
    away(w, place);
    watch(w, &c, place);
    assert_int_equal(client_count(&c, "event: reset"), 0);
    client_free(&c);
}

/* ---- rights, while it is open --------------------------------------------------------------- */

struct later {
    struct world *world;
    uint64_t ms;
};

static bool it_is_later(void *ctx)
{
    const struct later *l = ctx;

    return uv_now(&l->world->loop) > l->ms;
}

static void on_web_gone(void *ctx)
{
    struct world *w = ctx;

    w->web = NULL;
}

static bool web_is_gone(void *ctx)
{
    const struct world *w = ctx;

    return w->web == NULL;
}

/* The bridge ends while the store counts chats: the answer finds it still there. */
static void end_waits_for_counts_that_were_asked_for(void **state)
{
    struct world *w = *state;
    struct client c;
    struct later later = {.world = w};

    open_with_agent(w);
    watch(w, &c, "");
    world_say(w, "one");
    assert_true(client_got(&c, "\"one\""));
    w->store_sleeps = true;
    later.ms = uv_now(&w->loop) + 500; /* counts are asked for within 300 */
    assert_true(world_until(w, it_is_later, &later));
    webbridge_free(w->web, on_web_gone, w);
    assert_true(client_ended(&c));
    world_turns(w, 100);
    assert_non_null(w->web);
    w->store_sleeps = false;
    assert_true(world_until(w, web_is_gone, w));
    client_free(&c);
}

static void on_moderated(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)a;
    *(enum err *)ctx = e;
}

static void chat_is_taken_away_from_whom_it_is_closed_to(void **state)
{
    struct agent_new nina = {.jid = "nina@example.org",
                             .name = "Nina",
                             .organization = "",
                             .skills = "",
                             .supervisor = true};
    struct principal who = {.kind = WHO_AGENT};
    struct moderate ban = {
        .what = MODERATE_BAN, .nick = "", .jid = "sarah@example.org", .reason = ""};
    struct world *w = *state;
    enum err outcome = ERR_BUSY;
    struct client c;
    char place[ID_MAX];

    open_with_agent(w);
    desk_agent_add(w->desk, &nina, NULL, NULL);
    world_escalate(w);
    who.id = directory_by_jid(desk_directory(w->desk), nina.jid)->id;
    away(w, place);
    watch(w, &c, place);
    desk_moderate(w->desk, &who, w->chat, &ban, 1, on_moderated, &outcome);
    assert_true(client_got(&c, "\"event\":\"chat_removed\""));
    assert_int_equal(outcome, OK);
    world_say(w, "not for her");
    world_turns(w, 50);
    assert_int_equal(client_count(&c, "not for her"), 0);
    client_free(&c);
    assert_reset(w, place);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(first_stream_begins_with_a_snapshot_and_goes_live),
        WORLD(place_gets_what_came_after_it_and_goes_live),
        WORLD(newest_place_gets_nothing_but_the_counts),
        WORLD(place_of_a_snapshot_is_one_to_go_on_from),
        WORLD(erased_chat_comes_as_its_row_alone),
        WORLD(more_erased_chats_than_a_page_holds_come_once_each),
        WORLD(long_replay_meets_live_without_gap_or_repetition),
        WORLD(thousand_entries_are_replayed_and_one_more_is_a_reset),
        WORLD(place_that_is_not_of_this_log_is_a_reset),
        WORLD(agent_that_comes_again_gets_a_reset),
        WORLD(end_waits_for_counts_that_were_asked_for),
        WORLD(chat_is_taken_away_from_whom_it_is_closed_to),
    };

    return cmocka_run_group_tests_name("sse_queue", tests, NULL, NULL);
}
