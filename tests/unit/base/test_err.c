#include "core/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_error_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT_; i++) {
        assert_non_null(err_name((enum err)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(err_name((enum err)i), err_name((enum err)j));
    }
    assert_string_equal(err_name(ERR_NOT_FOUND), "not-found");
}

static void number_out_of_range_has_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_COUNT_), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_a_name_of_its_own),
        cmocka_unit_test(number_out_of_range_has_a_name_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
