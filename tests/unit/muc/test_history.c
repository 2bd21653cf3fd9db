#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define N 5
#define NOW 100000

/* Five lines, 10 seconds apart, the newest now. */
static const struct muc_line LINES[N] = {
    {"a1", "Sarah", "sarah@example.org", "", "one", "", NOW - 40000, false, false},
    {"a2", "Sarah", "sarah@example.org", "", "two", "", NOW - 30000, false, false},
    {"a3", "Sarah", "sarah@example.org", "", "three", "", NOW - 20000, false, false},
    {"a4", "Sarah", "sarah@example.org", "", "four", "", NOW - 10000, false, false},
    {"a5", "Sarah", "sarah@example.org", "", "five", "", NOW, false, false},
};

static size_t kept(struct world *w, const char *limits)
{
    struct muc_intent i = read_of(
        w, arena_printf(w->arena,
                        "<presence to='k3v9@support.example.org/S'>"
                        "<x xmlns='http://jabber.org/protocol/muc'><history %s/></x></presence>",
                        limits));

    return N - muc_history_cut(&w->service, &i, &w->room, LINES, N, NOW);
}

static void no_limit_keeps_all(void **state)
{
    struct muc_intent i = read_of(*state, "<presence to='k3v9@support.example.org/S'>"
                                          "<x xmlns='http://jabber.org/protocol/muc'/></presence>");
    struct world *w = *state;

    assert_int_equal(muc_history_cut(&w->service, &i, &w->room, LINES, N, NOW), 0);
}

static void newest_lines_are_kept(void **state)
{
    assert_int_equal(kept(*state, "maxstanzas='2'"), 2);
    assert_int_equal(kept(*state, "maxstanzas='9'"), N);
    assert_int_equal(kept(*state, "seconds='10'"), 2);
    assert_int_equal(kept(*state, "seconds='0'"), 1);
    assert_int_equal(kept(*state, "since='1970-01-01T00:01:20Z'"), 3);
    assert_int_equal(kept(*state, "since='2030-01-01T00:00:00Z'"), 0);
}

static void zero_keeps_nothing(void **state)
{
    assert_int_equal(kept(*state, "maxstanzas='0'"), 0);
    assert_int_equal(kept(*state, "maxchars='0'"), 0);
}

static void narrowest_limit_wins(void **state)
{
    assert_int_equal(kept(*state, "maxstanzas='3' seconds='10'"), 2);
    assert_int_equal(kept(*state, "maxstanzas='1' seconds='30'"), 1);
    assert_int_equal(kept(*state, "seconds='30' since='1970-01-01T00:01:30Z'"), 2);
    assert_int_equal(kept(*state, "maxchars='0' maxstanzas='4'"), 0);
}

static void characters_are_those_of_whole_stanzas(void **state)
{
    struct world *w = *state;
    size_t one, two;

    muc_send_join(&w->service, &w->out, &w->room, UMA, 0, 0, "", NULL, 0);
    sent(w);
    for (one = 1; kept(w, arena_printf(w->arena, "maxchars='%zu'", one)) < 1; one++)
        assert_true(one < 1000);
    for (two = one; kept(w, arena_printf(w->arena, "maxchars='%zu'", two)) < 2; two++)
        assert_true(two < 2000);
    assert_true(one > 400); /* ids, addresses and stamp, not only "five" */
    assert_int_equal(two, 2 * one);
}

static void huge_limits_do_not_overflow(void **state)
{
    assert_int_equal(kept(*state, "seconds='9223372036854775807'"), N);
    assert_int_equal(kept(*state, "maxchars='18446744073709551616' maxstanzas='4294967296'"), N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(no_limit_keeps_all),
        TEST_IN_WORLD(newest_lines_are_kept),
        TEST_IN_WORLD(zero_keeps_nothing),
        TEST_IN_WORLD(narrowest_limit_wins),
        TEST_IN_WORLD(characters_are_those_of_whole_stanzas),
        TEST_IN_WORLD(huge_limits_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
