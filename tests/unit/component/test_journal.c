#include "component/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool takes(struct journal *j, enum log_level level, const char *line, int64_t now_ms,
                  unsigned *left_out)
{
    return journal_takes(j, level, line, strlen(line), now_ms, left_out);
}

static void event_beyond_its_lines_is_left_out_and_told_a_minute_later(void **state)
{
    struct journal j = {0};
    unsigned left_out;

    (void)state;
    for (int i = 0; i < JOURNAL_LINES; i++)
        assert_true(takes(&j, LOG_WARN, "dropped a=b", 1000 + i, &left_out));
    for (int i = 0; i < 5; i++)
        assert_false(takes(&j, LOG_WARN, "dropped", 2000, &left_out));
    assert_true(takes(&j, LOG_WARN, "dropped a=c", 61000, &left_out));
    assert_int_equal(left_out, 5);
    assert_true(takes(&j, LOG_WARN, "dropped a=c", 61000, &left_out));
    assert_int_equal(left_out, 0);
}

static void events_do_not_take_each_others_lines(void **state)
{
    struct journal j = {0};
    unsigned left_out;

    (void)state;
    for (int i = 0; i < 2 * JOURNAL_LINES; i++)
        (void)takes(&j, LOG_ERROR, "drop", 0, &left_out);
    assert_true(takes(&j, LOG_ERROR, "dropped", 0, &left_out));
    assert_true(takes(&j, LOG_ERROR, "dro", 0, &left_out));
    assert_false(takes(&j, LOG_ERROR, "drop x=y", 0, &left_out));
}

static void debug_lines_are_whole(void **state)
{
    struct journal j = {0};
    unsigned left_out;

    (void)state;
    for (int i = 0; i < 2 * JOURNAL_LINES; i++)
        assert_true(takes(&j, LOG_DEBUG, "http", 0, &left_out));
}

static void more_events_than_places_share_one(void **state)
{
    struct journal j = {0};
    unsigned left_out;
    char line[32];
    int taken = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(line, sizeof(line), "event%d", i);
        taken += takes(&j, LOG_INFO, line, 0, &left_out);
    }
    assert_int_equal(taken, 63 + JOURNAL_LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_beyond_its_lines_is_left_out_and_told_a_minute_later),
        cmocka_unit_test(events_do_not_take_each_others_lines),
        cmocka_unit_test(debug_lines_are_whole),
        cmocka_unit_test(more_events_than_places_share_one),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
