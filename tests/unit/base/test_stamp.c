#include "core/base/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *format(int64_t ms)
{
    static char out[STAMP_LEN + 1];

    stamp_format(ms, out);
    return out;
}

static int64_t parse(const char *s)
{
    int64_t ms = INT64_MIN;

    assert_int_equal(stamp_parse(s, &ms), OK);
    return ms;
}

static void times_are_written_in_utc_with_milliseconds(void **state)
{
    (void)state;
    assert_string_equal(format(0), "1970-01-01T00:00:00.000Z");
    assert_string_equal(format(1769903999123), "2026-01-31T23:59:59.123Z");
    assert_string_equal(format(951782400007), "2000-02-29T00:00:00.007Z");
    assert_string_equal(format(-1), "1969-12-31T23:59:59.999Z");
    assert_string_equal(format(-62167219200000), "0000-01-01T00:00:00.000Z");
    assert_string_equal(format(253402300799999), "9999-12-31T23:59:59.999Z");
}

static void times_out_of_range_stay_in_form(void **state)
{
    (void)state;
    assert_string_equal(format(INT64_MAX), "0000-01-01T00:00:00.000Z");
    assert_string_equal(format(INT64_MIN), "0000-01-01T00:00:00.000Z");
    assert_string_equal(format(253402300800000), "0000-01-01T00:00:00.000Z");
}

static void what_was_written_is_read_back(void **state)
{
    const int64_t times[] = {0, 1769903999123, 951782400007, -1, -62167219200000, 253402300799999};

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        assert_int_equal(parse(format(times[i])), times[i]);
}

static void offsets_and_fractions_of_any_length_are_read(void **state)
{
    (void)state;
    assert_int_equal(parse("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parse("1970-01-01t00:00:00z"), 0);
    assert_int_equal(parse("1970-01-01T01:30:00+01:30"), 0);
    assert_int_equal(parse("1969-12-31T19:00:00-05:00"), 0);
    assert_int_equal(parse("1970-01-01T00:00:00.5Z"), 500);
    assert_int_equal(parse("1970-01-01T00:00:00.1239999999999999999999Z"), 123);
    assert_int_equal(parse("2016-12-31T23:59:60Z"), 1483228800000);
}

static void malformed_times_are_invalid(void **state)
{
    const char *bad[] = {"",
                         "1970",
                         "1970-01-01",
                         "1970-01-01T00:00:00",
                         "1970-01-01 00:00:00Z",
                         "1970-13-01T00:00:00Z",
                         "1970-00-01T00:00:00Z",
                         "1970-04-31T00:00:00Z",
                         "1971-02-29T00:00:00Z",
                         "1900-02-29T00:00:00Z",
                         "1970-01-00T00:00:00Z",
                         "1970-01-01T24:00:00Z",
                         "1970-01-01T00:60:00Z",
                         "1970-01-01T00:00:61Z",
                         "1970-01-01T00:00:00.Z",
                         "1970-01-01T00:00:00+0100",
                         "1970-01-01T00:00:00+24:00",
                         "1970-01-01T00:00:00Z ",
                         " 1970-01-01T00:00:00Z",
                         "+970-01-01T00:00:00Z",
                         "1970-1-01T00:00:00Z"};
    int64_t ms = 42;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(stamp_parse(bad[i], &ms), ERR_INVALID);
    assert_int_equal(ms, 42);
}

static void assert_span(int64_t ms, const char *expected)
{
    char out[16];

    stamp_span(ms, out);
    assert_string_equal(out, expected);
}

static void spans_use_the_largest_whole_unit(void **state)
{
    (void)state;
    assert_span(-5, "0s");
    assert_span(59999, "59s");
    assert_span(60000, "1m");
    assert_span(3599999, "59m");
    assert_span(3600000, "1h");
    assert_span(86399999, "23h");
    assert_span(INT64_C(5) * 86400000, "5d");
    assert_span(INT64_MAX, "99999999d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
        cmocka_unit_test(times_out_of_range_stay_in_form),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(offsets_and_fractions_of_any_length_are_read),
        cmocka_unit_test(malformed_times_are_invalid),
        cmocka_unit_test(spans_use_the_largest_whole_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
