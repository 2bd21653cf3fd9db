#include "component/disk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LEAST 1000

static void marks_are_the_whole_for_chats_and_a_quarter_for_messages(void **state)
{
    (void)state;
    assert_int_equal(disk_judge(1000, LEAST, SPACE_ENOUGH), SPACE_ENOUGH);
    assert_int_equal(disk_judge(999, LEAST, SPACE_ENOUGH), SPACE_LOW);
    assert_int_equal(disk_judge(250, LEAST, SPACE_ENOUGH), SPACE_LOW);
    assert_int_equal(disk_judge(249, LEAST, SPACE_ENOUGH), SPACE_NONE);
}

static void more_is_allowed_again_a_tenth_above_the_mark(void **state)
{
    (void)state;
    assert_int_equal(disk_judge(1050, LEAST, SPACE_LOW), SPACE_LOW);
    assert_int_equal(disk_judge(1100, LEAST, SPACE_LOW), SPACE_ENOUGH);
    assert_int_equal(disk_judge(260, LEAST, SPACE_NONE), SPACE_NONE);
    assert_int_equal(disk_judge(275, LEAST, SPACE_NONE), SPACE_LOW);
    assert_int_equal(disk_judge(5000, LEAST, SPACE_NONE), SPACE_ENOUGH);
}

static void nothing_is_refused_without_a_mark_or_when_nothing_is_known(void **state)
{
    (void)state;
    assert_int_equal(disk_judge(0, 0, SPACE_NONE), SPACE_ENOUGH);
    assert_int_equal(disk_judge(-1, LEAST, SPACE_NONE), SPACE_ENOUGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_the_whole_for_chats_and_a_quarter_for_messages),
        cmocka_unit_test(more_is_allowed_again_a_tenth_above_the_mark),
        cmocka_unit_test(nothing_is_refused_without_a_mark_or_when_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
