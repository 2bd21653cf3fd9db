#include "webbridge/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void burst_is_taken_and_then_refused(void **state)
{
    struct limit *l = limit_new(5, 100);
    int64_t retry_ms = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(limit_take(l, "a", 1000, &retry_ms), OK);
    assert_int_equal(limit_take(l, "a", 1000, &retry_ms), ERR_RATE);
    assert_in_range(retry_ms, 12000, 12001);
    limit_free(l);
}

static void waiting_as_long_as_told_is_enough(void **state)
{
    struct limit *l = limit_new(5, 100);
    int64_t retry_ms = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(limit_take(l, "a", 0, &retry_ms), OK);
    assert_int_equal(limit_take(l, "a", 500, &retry_ms), ERR_RATE);
    assert_int_equal(limit_take(l, "a", 500 + retry_ms, &retry_ms), OK);
    assert_int_equal(limit_take(l, "a", 500 + retry_ms, &retry_ms), ERR_RATE);
    limit_free(l);
}

static void amount_of_a_day_is_taken_in_parts_and_comes_back_with_time(void **state)
{
    struct limit *l = limit_new_daily(86400000, 100); /* one a millisecond */
    int64_t retry_ms = 0;

    (void)state;
    assert_int_equal(limit_take_many(l, "a", 86400001, 0, &retry_ms), ERR_RATE);
    assert_int_equal(retry_ms, 86400000);
    assert_int_equal(limit_take_many(l, "a", 86000000, 0, &retry_ms), OK);
    assert_int_equal(limit_take_many(l, "a", 500000, 0, &retry_ms), ERR_RATE);
    assert_in_range(retry_ms, 100000, 100001);
    assert_int_equal(limit_take_many(l, "a", 400000, 0, &retry_ms), OK);
    assert_int_equal(limit_take_many(l, "a", 500000, 500001, &retry_ms), OK);
    limit_free(l);
}

static void keys_have_buckets_of_their_own(void **state)
{
    struct limit *l = limit_new(1, 100);
    int64_t retry_ms = 0;

    (void)state;
    assert_int_equal(limit_take(l, "a", 0, &retry_ms), OK);
    assert_int_equal(limit_take(l, "a", 0, &retry_ms), ERR_RATE);
    assert_int_equal(limit_take(l, "b", 0, &retry_ms), OK);
    limit_free(l);
}

static void full_table_forgets_what_was_longest_unused(void **state)
{
    struct limit *l = limit_new(1, 3);
    int64_t retry_ms = 0;

    (void)state;
    assert_int_equal(limit_take(l, "a", 0, &retry_ms), OK);
    assert_int_equal(limit_take(l, "b", 0, &retry_ms), OK);
    assert_int_equal(limit_take(l, "c", 0, &retry_ms), OK);
    assert_int_equal(limit_take(l, "a", 1, &retry_ms), ERR_RATE);
    assert_int_equal(limit_take(l, "d", 2, &retry_ms), OK);
    assert_int_equal(limit_keys(l), 3);
    assert_int_equal(limit_take(l, "a", 3, &retry_ms), ERR_RATE);
    assert_int_equal(limit_take(l, "b", 3, &retry_ms), OK);
    limit_free(l);
}

static void table_never_grows_over_its_capacity(void **state)
{
    struct limit *l = limit_new(1, 64);
    int64_t retry_ms = 0;
    char key[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "%d", i);
        assert_int_equal(limit_take(l, key, i, &retry_ms), OK);
    }
    assert_int_equal(limit_keys(l), 64);
    limit_free(l);
}

static void tally_counts_up_to_the_most_and_down_to_nothing(void **state)
{
    struct tally *t = tally_new();

    (void)state;
    assert_true(tally_add(t, "a", 2));
    assert_true(tally_add(t, "a", 2));
    assert_false(tally_add(t, "a", 2));
    assert_true(tally_add(t, "b", 2));
    assert_int_equal(tally_of(t, "a"), 2);
    tally_drop(t, "a");
    tally_drop(t, "a");
    assert_int_equal(tally_of(t, "a"), 0);
    tally_drop(t, "a");
    assert_true(tally_add(t, "a", 1));
    tally_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_is_taken_and_then_refused),
        cmocka_unit_test(waiting_as_long_as_told_is_enough),
        cmocka_unit_test(amount_of_a_day_is_taken_in_parts_and_comes_back_with_time),
        cmocka_unit_test(keys_have_buckets_of_their_own),
        cmocka_unit_test(full_table_forgets_what_was_longest_unused),
        cmocka_unit_test(table_never_grows_over_its_capacity),
        cmocka_unit_test(tally_counts_up_to_the_most_and_down_to_nothing),
    };

    return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
