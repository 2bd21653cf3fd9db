#include "webbridge/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void ranges_are_read_as_rfc_9110_says(void **state)
{
    static const struct {
        const char *header;
        enum range_kind kind;
        int64_t from, len;
    } all[] = {
        {NULL, RANGE_ALL, 0, 0},
        {"", RANGE_ALL, 0, 0},
        {"lines=1-2", RANGE_ALL, 0, 0},
        {"bytes=", RANGE_ALL, 0, 0},
        {"bytes=-", RANGE_ALL, 0, 0},
        {"bytes=2-1", RANGE_ALL, 0, 0},
        {"bytes=0-1,3-4", RANGE_ALL, 0, 0},
        {"bytes=0-1 ", RANGE_ALL, 0, 0},
        {"bytes=0x1-2", RANGE_ALL, 0, 0},
        {"bytes=9999999999999999999-", RANGE_ALL, 0, 0},
        {"bytes=0-0", RANGE_PART, 0, 1},
        {"bytes=2-5", RANGE_PART, 2, 4},
        {"bytes=2-", RANGE_PART, 2, 8},
        {"bytes=2-100", RANGE_PART, 2, 8},
        {"bytes=9-9", RANGE_PART, 9, 1},
        {"bytes=-3", RANGE_PART, 7, 3},
        {"bytes=-100", RANGE_PART, 0, 10},
        {"bytes=10-", RANGE_NONE, 0, 0},
        {"bytes=-0", RANGE_NONE, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int64_t from = 0, len = 0;

        assert_int_equal(range_read(all[i].header, 10, &from, &len), all[i].kind);
        assert_int_equal(from, all[i].from);
        assert_int_equal(len, all[i].len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ranges_are_read_as_rfc_9110_says)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
