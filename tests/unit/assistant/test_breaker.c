#include "component/assistant/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW 1000

static void open_it(struct breaker *b)
{
    for (int i = 1; i < BREAKER_FAILURES; i++)
        assert_false(breaker_failed(b, NOW));
    assert_true(breaker_failed(b, NOW));
}

static void failures_in_a_row_open_it(void **state)
{
    struct breaker b = {0};

    (void)state;
    for (int i = 1; i < BREAKER_FAILURES; i++)
        assert_false(breaker_failed(&b, NOW));
    assert_true(breaker_may(&b, NOW));
    assert_true(breaker_failed(&b, NOW));
    assert_false(breaker_may(&b, NOW));
    assert_false(breaker_may(&b, NOW + BREAKER_OPEN_MS - 1));
}

static void an_answer_between_failures_keeps_it_closed(void **state)
{
    struct breaker b = {0};

    (void)state;
    for (int i = 0; i < 3 * BREAKER_FAILURES; i++) {
        assert_false(breaker_failed(&b, NOW));
        if (i % 2 == 1)
            breaker_answered(&b);
    }
    assert_true(breaker_may(&b, NOW));
}

static void after_its_time_one_question_is_tried(void **state)
{
    struct breaker b = {0};

    (void)state;
    open_it(&b);
    assert_true(breaker_may(&b, NOW + BREAKER_OPEN_MS));
    assert_false(breaker_may(&b, NOW + BREAKER_OPEN_MS));
    breaker_answered(&b);
    assert_true(breaker_may(&b, NOW + BREAKER_OPEN_MS));
    assert_true(breaker_may(&b, NOW + BREAKER_OPEN_MS));
}

static void a_try_that_fails_keeps_it_open(void **state)
{
    struct breaker b = {0};
    const int64_t later = NOW + BREAKER_OPEN_MS;

    (void)state;
    open_it(&b);
    assert_true(breaker_may(&b, later));
    assert_false(breaker_failed(&b, later));
    assert_false(breaker_may(&b, later + BREAKER_OPEN_MS - 1));
    assert_true(breaker_may(&b, later + BREAKER_OPEN_MS));
}

static void a_try_that_is_taken_back_makes_room_for_another(void **state)
{
    struct breaker b = {0};

    (void)state;
    open_it(&b);
    assert_true(breaker_may(&b, NOW + BREAKER_OPEN_MS));
    breaker_dropped(&b);
    assert_true(breaker_may(&b, NOW + BREAKER_OPEN_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_in_a_row_open_it),
        cmocka_unit_test(an_answer_between_failures_keeps_it_closed),
        cmocka_unit_test(after_its_time_one_question_is_tried),
        cmocka_unit_test(a_try_that_fails_keeps_it_open),
        cmocka_unit_test(a_try_that_is_taken_back_makes_room_for_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
