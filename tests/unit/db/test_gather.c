/* Writes that are put together: none is lost, none is in another place. */
#include "db/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void writes_that_follow_each_other_are_held_in_order(void **state)
{
    struct gather g = {0};

    (void)state;
    assert_true(gather_take(&g, "head", 4, 32));
    assert_true(gather_take(&g, "page", 4, 36));
    assert_int_equal(g.at, 32);
    assert_int_equal(g.len, 8);
    assert_memory_equal(g.data, "headpage", 8);
    gather_free(&g);
}

static void write_elsewhere_is_not_taken_and_changes_nothing(void **state)
{
    static const int64_t places[] = {0, 31, 32, 35, 37, 1000};
    struct gather g = {0};

    (void)state;
    assert_true(gather_take(&g, "head", 4, 32));
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        assert_false(gather_take(&g, "page", 4, places[i]));
    assert_int_equal(g.at, 32);
    assert_int_equal(g.len, 4);
    gather_clear(&g);
    assert_true(gather_take(&g, "page", 4, 1000));
    assert_int_equal(g.at, 1000);
    assert_memory_equal(g.data, "page", 4);
    gather_free(&g);
}

static void write_without_room_is_not_taken(void **state)
{
    static char much[GATHER_MAX + 1];
    struct gather g = {0};

    (void)state;
    assert_false(gather_take(&g, much, sizeof much, 0));
    assert_true(gather_take(&g, much, GATHER_MAX - 1, 0));
    assert_false(gather_take(&g, much, 2, GATHER_MAX - 1));
    assert_true(gather_take(&g, much, 1, GATHER_MAX - 1));
    gather_free(&g);
}

static void bytes_that_are_held_are_told_from_others(void **state)
{
    struct gather g = {0};

    (void)state;
    assert_false(gather_holds(&g, 100, 0));
    assert_true(gather_take(&g, "head", 4, 32));
    assert_false(gather_holds(&g, 32, 0));
    assert_true(gather_holds(&g, 33, 0));
    assert_true(gather_holds(&g, 1, 35));
    assert_false(gather_holds(&g, 10, 36));
    gather_clear(&g);
    assert_false(gather_holds(&g, 100, 0));
    gather_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_that_follow_each_other_are_held_in_order),
        cmocka_unit_test(write_elsewhere_is_not_taken_and_changes_nothing),
        cmocka_unit_test(write_without_room_is_not_taken),
        cmocka_unit_test(bytes_that_are_held_are_told_from_others),
    };

    return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
