#include "core/base/log.h"

#include "core/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char last[8192];
static int calls;
static enum log_level last_level;

static void sink(void *ctx, enum log_level level, const char *line, size_t len)
{
    (void)ctx;
    assert_true(len < sizeof(last));
    memcpy(last, line, len);
    last[len] = '\0';
    last_level = level;
    calls++;
}

static int start(void **state)
{
    (void)state;
    calls = 0;
    log_init(LOG_INFO, sink, NULL);
    return 0;
}

static void before_init_nothing_happens(void **state)
{
    (void)state;
    log_error("boom", "x=%d", 1);
    assert_int_equal(calls, 0);
}

static void line_is_event_and_values(void **state)
{
    (void)state;
    log_warn("link-up", "host=%s port=%d", "example.org", 5347);
    assert_string_equal(last, "link-up host=example.org port=5347");
    assert_int_equal(last_level, LOG_WARN);
}

static void event_without_values_stands_alone(void **state)
{
    const char *none = "";

    (void)state;
    log_info("stop", "%s", none);
    assert_string_equal(last, "stop ");
}

static void level_below_the_least_is_dropped(void **state)
{
    (void)state;
    log_debug("noise", "x=%d", 1);
    assert_int_equal(calls, 0);
}

static void controls_are_escaped_and_utf8_is_kept(void **state)
{
    (void)state;
    log_info("in", "a=%s", "x\ny\r\033[31m\x7f\\ é 漢 😀");
    assert_string_equal(last, "in a=x\\ny\\x0d\\x1b[31m\\x7f\\\\ é 漢 😀");
}

static void c1_controls_and_direction_marks_are_escaped(void **state)
{
    (void)state;
    log_info("in", "%s", "\xc2\x85|\xc2\x9b|\xe2\x80\xa8|\xe2\x80\xae|\xe2\x81\xa6|\xc2\xa0");
    assert_string_equal(last, "in \\xc2\\x85|\\xc2\\x9b|\\xe2\\x80\\xa8|\\xe2\\x80\\xae|"
                              "\\xe2\\x81\\xa6|\xc2\xa0");
}

static void bad_utf8_is_escaped(void **state)
{
    (void)state;
    log_info("in", "%s", "\xff|\xc3|\xed\xa0\x80|\xe2\x82");
    assert_string_equal(last, "in \\xff|\\xc3|\\xed\\xa0\\x80|\\xe2\\x82");
}

static void long_line_is_cut_between_characters(void **state)
{
    char text[5000];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "é", 2);
    text[4998] = '\0';
    log_info("in", "%s", text);
    assert_in_range(strlen(last), 1900, 2048);
    assert_true(text_ok(last, strlen(last)));
    memset(text, '\n', 4998);
    log_info("in", "%s", text);
    assert_in_range(strlen(last), 1900, 2048);
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_string_equal(log_level_name(LOG_DEBUG), "debug");
    assert_string_equal(log_level_name(LOG_INFO), "info");
    assert_string_equal(log_level_name(LOG_WARN), "warn");
    assert_string_equal(log_level_name(LOG_ERROR), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_init_nothing_happens),
        cmocka_unit_test_setup(line_is_event_and_values, start),
        cmocka_unit_test_setup(event_without_values_stands_alone, start),
        cmocka_unit_test_setup(level_below_the_least_is_dropped, start),
        cmocka_unit_test_setup(controls_are_escaped_and_utf8_is_kept, start),
        cmocka_unit_test_setup(c1_controls_and_direction_marks_are_escaped, start),
        cmocka_unit_test_setup(bad_utf8_is_escaped, start),
        cmocka_unit_test_setup(long_line_is_cut_between_characters, start),
        cmocka_unit_test(levels_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
