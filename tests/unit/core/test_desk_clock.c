#include "tests/unit/core/desk_rig.h"

/* The wall clock is set while something runs that takes its time. */

#define HOUR INT64_C(3600000)
#define YEAR (365 * 24 * HOUR)

static const int64_t settings[] = {HOUR, -HOUR, 72 * HOUR, -72 * HOUR, 10 * YEAR, -10 * YEAR};
#define N_SETTINGS (sizeof(settings) / sizeof(*settings))

static void tick(struct rig *r)
{
    desk_tick(r->desk);
    rig_pump(r);
}

static void set_clock(struct rig *r, int64_t by_ms)
{
    r->clock_set_ms += by_ms;
    tick(r);
}

/* The time passes, and the clock is set when half of it is over. */
static void pass(struct rig *r, int64_t ms, int64_t set_ms)
{
    r->now_ms += ms / 2;
    tick(r);
    set_clock(r, set_ms);
    r->now_ms += ms - ms / 2;
    tick(r);
}

static void rig_with_times(struct rig *r)
{
    r->options.offer_ms = 60000;
    r->options.grace_ms = 120000;
    rig_restart(r);
}

/* Assigned to the agent, who is in the room. */
static const char *live(struct rig *r, const char *agent)
{
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, agent, chat, "ann/desk"));
    return chat;
}

static const struct chat *state_of(struct rig *r, const char *agent, const char *chat)
{
    return rig_wait(rig_show(r, rig_who(agent), chat))->chat;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        n++;
    return n;
}

static enum err post(struct rig *r, const char *chat, const char *text)
{
    return rig_wait(rig_post(r, rig_customer(chat), chat, text, text))->e;
}

/* ---- graces and offers ---------------------------------------------------------------------- */

static void grace_keeps_its_length(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    rig_with_times(r);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        rig_wait(rig_leave(r, chat, "ann/desk"));
        pass(r, 119999, settings[i]);
        assert_int_equal(state_of(r, bob, chat)->state, CHAT_LIVE);
        rig_clear(r);
        r->now_ms++;
        tick(r);
        tick(r);
        assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
        assert_int_equal(count(r->trace, "agent_left"), 1);
        rig_wait(rig_join(r, ann, chat, "ann/desk"));
        assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, OK);
    }
}

static void offer_keeps_its_length(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);
    struct principal who = rig_who(ann);

    rig_with_times(r);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        struct call *c = rig_call(r, "offer");

        desk_offer(r->desk, &who, chat, bob, "", rig_done, c);
        assert_int_equal(rig_wait(c)->e, OK);
        pass(r, 59999, settings[i]);
        assert_string_equal(state_of(r, ann, chat)->offered_to, bob);
        rig_clear(r);
        r->now_ms++;
        tick(r);
        tick(r);
        assert_string_equal(state_of(r, ann, chat)->offered_to, "");
        assert_int_equal(count(r->trace, "offer-over"), 1);
    }
}

static void grace_that_a_restart_finds_in_the_future_ends_after_its_length(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);
    struct principal who = rig_who(ann);
    struct call *c = rig_call(r, "offer");

    r->clock_set_ms = 10 * YEAR;
    rig_with_times(r);
    desk_offer(r->desk, &who, chat, bob, "", rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    rig_wait(rig_leave(r, chat, "ann/desk"));
    r->clock_set_ms = 0;
    rig_restart(r);
    r->now_ms += 59999;
    tick(r);
    assert_string_equal(state_of(r, bob, chat)->offered_to, bob);
    r->now_ms++;
    tick(r);
    assert_string_equal(state_of(r, bob, chat)->offered_to, "");
    r->now_ms += 59999;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_LIVE);
    r->now_ms++;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
}

/* ---- the queue ------------------------------------------------------------------------------ */

static size_t place(struct rig *r, const char *chat)
{
    return queue_position(desk_queue(r->desk),
                          rig_wait(rig_show(r, rig_customer(chat), chat))->chat);
}

static void queue_keeps_its_order_and_waits_are_measured(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chats[N_SETTINGS + 1];

    for (size_t i = 0; i <= N_SETTINGS; i++) {
        chats[i] = rig_waiting(r, "Alice");
        if (i < N_SETTINGS)
            pass(r, 1000, settings[i]);
    }
    for (size_t i = 0; i <= N_SETTINGS; i++)
        assert_int_equal(place(r, chats[i]), i + 1);
    for (size_t i = 0; i <= N_SETTINGS; i++) {
        const struct chat *c = rig_wait(rig_assign(r, ann, chats[i], ""))->chat;

        assert_int_equal(c->assigned_ms - c->queued_ms, (N_SETTINGS - i) * 1000);
    }
}

static void who_waits_is_still_first_after_a_restart_by_a_clock_set_back(void **state)
{
    struct rig *r = *state;
    const char *first, *second, *third;

    r->clock_set_ms = 10 * YEAR;
    rig_restart(r);
    first = rig_waiting(r, "Alice");
    r->now_ms += 10;
    second = rig_waiting(r, "Bob");
    r->now_ms += 10;
    r->clock_set_ms = 0;
    rig_restart(r);
    r->now_ms += 10;
    third = rig_waiting(r, "Carol");
    rig_restart(r);
    assert_int_equal(place(r, first), 1);
    assert_int_equal(place(r, second), 2);
    assert_int_equal(place(r, third), 3);
}

static void times_of_a_chat_are_shown_as_the_clock_counts_them_now(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");
    const struct chat *c = rig_wait(rig_show(r, rig_customer(chat), chat))->chat;

    for (size_t i = 0; i < N_SETTINGS; i++) {
        pass(r, 1000, settings[i]);
        assert_int_equal(desk_now(r->desk) - desk_wall(r->desk, c->queued_ms), (i + 1) * 1000);
    }
    r->clock_set_ms = -10 * YEAR;
    rig_restart(r);
    assert_in_range(desk_wall(r->desk, c->queued_ms), 1, desk_now(r->desk));
    assert_int_equal(desk_wall(r->desk, 0), 0);
}

/* ---- entries -------------------------------------------------------------------------------- */

static void entries_are_dated_by_the_clock_but_never_backwards_in_a_room(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice"), *other;
    const struct entry *log;
    size_t n;

    for (size_t i = 0; i < N_SETTINGS; i++) {
        char text[] = "a";

        text[0] += (char)i;
        pass(r, 1000, settings[i]);
        assert_int_equal(post(r, chat, text), OK);
        n = rig_log(r, chat, &log);
        if (settings[i] > 0 && desk_now(r->desk) > log[n - 2].created_ms)
            assert_int_equal(log[n - 1].created_ms, desk_now(r->desk));
        for (size_t j = 1; j < n; j++) {
            assert_int_equal(log[j].seq, log[j - 1].seq + 1);
            assert_true(log[j].created_ms > log[j - 1].created_ms);
        }
    }
    set_clock(r, -YEAR);
    other = rig_waiting(r, "Bob");
    n = rig_log(r, other, &log);
    assert_int_equal(log[n - 1].created_ms, desk_now(r->desk));
}

/* ---- what passes with time ------------------------------------------------------------------ */

static void rate_is_neither_lifted_nor_stuck(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    r->options.messages_per_minute = 30;
    r->options.messages_burst = 1;
    rig_restart(r);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        char taken[] = "a", refused[] = "A";

        taken[0] += (char)i;
        refused[0] += (char)i;
        assert_int_equal(post(r, chat, taken), OK);
        set_clock(r, settings[i]);
        assert_int_equal(post(r, chat, refused), ERR_RATE);
        r->now_ms += 2001;
    }
}

/* Reading fails: only who is in memory is shown. */
static bool in_memory(struct rig *r, const char *chat)
{
    enum err e;

    r->fail_reads = 1;
    e = rig_wait(rig_show(r, rig_customer(chat), chat))->e;
    r->fail_reads = 0;
    return e == OK;
}

static void idle_room_rests_as_long_as_ever(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    for (size_t i = 0; i < N_SETTINGS; i++) {
        assert_int_equal(rig_wait(rig_show(r, rig_customer(chat), chat))->e, OK);
        pass(r, r->options.room_idle_ms - 1, settings[i]);
        assert_true(in_memory(r, chat));
        pass(r, r->options.room_idle_ms, settings[i]);
        assert_false(in_memory(r, chat));
    }
}

static void closed_chat_lingers_as_long_as_ever(void **state)
{
    struct rig *r = *state;

    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *late = rig_waiting(r, "Alice"), *chat = rig_waiting(r, "Bob");

        rig_wait(rig_close(r, rig_customer(late), late, ""));
        rig_wait(rig_close(r, rig_customer(chat), chat, ""));
        pass(r, r->options.linger_ms, settings[i]);
        assert_int_equal(post(r, chat, "again"), OK);
        r->now_ms++;
        assert_int_equal(post(r, late, "again"), ERR_CLOSED);
    }
}

static void closing_that_a_restart_finds_in_the_future_lingers_no_longer(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");

    r->clock_set_ms = 10 * YEAR;
    rig_restart(r);
    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    r->clock_set_ms = 0;
    rig_restart(r);
    r->now_ms += r->options.linger_ms + 1;
    assert_int_equal(post(r, chat, "again"), ERR_CLOSED);
}

static bool is_kept(struct rig *r, const char *chat)
{
    return rig_wait(rig_show(r, rig_customer(chat), chat))->chat->erased_ms == 0;
}

static void nothing_is_erased_before_it_is_old_by_both_clocks(void **state)
{
    struct rig *r = *state;
    const char *dated_back;

    r->options.retention_ms = 30 * 24 * HOUR;
    rig_restart(r);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *chat = rig_waiting(r, "Alice"), *quiet = rig_chat(r, "Bob");

        assert_int_equal(post(r, quiet, "hello"), OK);
        rig_wait(rig_close(r, rig_customer(chat), chat, ""));
        set_clock(r, settings[i]);
        pass(r, 29 * 24 * HOUR, 0);
        tick(r);
        assert_true(is_kept(r, chat));
        assert_true(is_kept(r, quiet));
    }
    set_clock(r, -YEAR);
    dated_back = rig_chat(r, "Carol");
    assert_int_equal(post(r, dated_back, "hello"), OK);
    pass(r, 2 * HOUR, 0);
    tick(r);
    assert_true(is_kept(r, dated_back));
}

/* ---- the console's door --------------------------------------------------------------------- */

static void known(void *ctx, enum err e, const struct principal *who)
{
    (void)who;
    *(enum err *)ctx = e;
}

static enum err check_cookie(struct rig *r, const char *token)
{
    enum err e = ERR_BUSY;

    desk_authenticate(r->desk, token, true, known, &e);
    rig_pump(r);
    return e;
}

static const char *session_add(struct rig *r, const char *agent)
{
    struct call *c = rig_call(r, "session");

    desk_session_add(r->desk, agent, "browser", rig_done, c);
    return rig_wait(c)->token;
}

static void browser_stays_in_as_long_as_ever(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");

    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *token = session_add(r, ann);

        pass(r, DESK_SESSION_IDLE_MS - 1, settings[i]);
        assert_int_equal(check_cookie(r, token), OK);
        pass(r, DESK_SESSION_IDLE_MS, settings[i]);
        assert_int_equal(check_cookie(r, token), ERR_UNAUTHORIZED);
    }
}

static void browser_let_in_by_a_clock_of_the_future_is_out_after_a_restart(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *token;

    r->clock_set_ms = YEAR;
    rig_restart(r);
    token = session_add(r, ann);
    assert_int_equal(check_cookie(r, token), OK);
    r->clock_set_ms = 0;
    rig_restart(r);
    assert_int_equal(check_cookie(r, token), ERR_UNAUTHORIZED);
}

static void login_waits_as_long_as_ever(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");

    for (size_t i = 0; i < N_SETTINGS; i++) {
        char secret[TOKEN_LEN + 1], link[TOKEN_LEN + 1], id[ID_LEN + 1], agent[ID_LEN + 1];
        const struct login *login;
        enum login_state s;

        assert_int_equal(desk_login_begin(r->desk, "ann@example.org", "x", secret, &login), OK);
        (void)snprintf(id, sizeof(id), "%s", login->id);
        assert_int_equal(desk_login_link(r->desk, ann, LOGIN_MS, link), OK);
        pass(r, LOGIN_MS - 1, settings[i]);
        assert_int_equal(desk_login_take(r->desk, id, secret, &s, agent), OK);
        assert_int_equal(s, LOGIN_PENDING);
        r->now_ms++;
        assert_int_equal(desk_login_take(r->desk, id, secret, &s, agent), ERR_NOT_FOUND);
        assert_int_equal(desk_login_use(r->desk, link, "", agent), ERR_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(grace_keeps_its_length),
        RIG_TEST(offer_keeps_its_length),
        RIG_TEST(grace_that_a_restart_finds_in_the_future_ends_after_its_length),
        RIG_TEST(queue_keeps_its_order_and_waits_are_measured),
        RIG_TEST(who_waits_is_still_first_after_a_restart_by_a_clock_set_back),
        RIG_TEST(times_of_a_chat_are_shown_as_the_clock_counts_them_now),
        RIG_TEST(entries_are_dated_by_the_clock_but_never_backwards_in_a_room),
        RIG_TEST(rate_is_neither_lifted_nor_stuck),
        RIG_TEST(idle_room_rests_as_long_as_ever),
        RIG_TEST(closed_chat_lingers_as_long_as_ever),
        RIG_TEST(closing_that_a_restart_finds_in_the_future_lingers_no_longer),
        RIG_TEST(nothing_is_erased_before_it_is_old_by_both_clocks),
        RIG_TEST(browser_stays_in_as_long_as_ever),
        RIG_TEST(browser_let_in_by_a_clock_of_the_future_is_out_after_a_restart),
        RIG_TEST(login_waits_as_long_as_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
