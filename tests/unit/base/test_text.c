#include "core/base/text.h"

#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ZWSP "\u200b"

static int start(void **state)
{
    *state = arena_new();
    return 0;
}

static int stop(void **state)
{
    arena_free(*state);
    return 0;
}

static bool ok(const char *s)
{
    return text_ok(s, strlen(s));
}

static void xml_characters_pass(void **state)
{
    (void)state;
    assert_true(ok(""));
    assert_true(ok("plain\t\r\n~"));
    assert_true(ok("é 漢 😀 \xef\xbf\xbd \xee\x80\x80 \xed\x9f\xbf \xf4\x8f\xbf\xbf"));
    assert_true(ok("\x7f\xc2\x80")); /* discouraged, but allowed by XML */
}

static void characters_outside_xml_do_not_pass(void **state)
{
    (void)state;
    assert_false(text_ok("a\0b", 3));
    for (char c = 1; c < 0x20; c++)
        assert_int_equal(text_ok(&c, 1), c == '\t' || c == '\n' || c == '\r');
    assert_false(ok("\xef\xbf\xbe"));
    assert_false(ok("\xef\xbf\xbf"));
}

static void malformed_utf8_does_not_pass(void **state)
{
    const char *bad[] = {"\x80",
                         "\xc3",
                         "\xc3(",
                         "\xe2\x82",
                         "\xc0\x80",
                         "\xc1\xbf",
                         "\xe0\x80\x80",
                         "\xed\xa0\x80",
                         "\xed\xbf\xbf",
                         "\xf0\x80\x80\x80",
                         "\xf4\x90\x80\x80",
                         "\xf5\x80\x80\x80",
                         "\xf8\x88\x80\x80\x80",
                         "\xff",
                         "\xfe"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ok(bad[i]));
    assert_false(text_ok("é", 1));
}

static void clean_replaces_what_does_not_pass(void **state)
{
    assert_string_equal(text_clean(*state, "a\0b", 3), "a\ufffd"
                                                       "b");
    assert_string_equal(text_clean(*state, "a\xff\xef\xbf\xbf\x01z", 7), "a\ufffd\ufffd\ufffdz");
    assert_string_equal(text_clean(*state, "é", 1), "\ufffd");
    assert_string_equal(text_clean(*state, "fine é", 7), "fine é");
    assert_string_equal(text_clean(*state, "", 0), "");
}

static void body_has_one_kind_of_line_end_and_no_controls(void **state)
{
    assert_string_equal(text_body(*state, "a\r\nb\rc\n\rd\u2028e\u2029f"), "a\nb\nc\n\nd\ne\nf");
    assert_string_equal(text_body(*state, "a\x7f"
                                          "b\xc2\x85"
                                          "c\xef\xb7\x90"
                                          "d\xf0\x9f\xbf\xbe"
                                          "e"),
                        "abcde");
    assert_string_equal(text_body(*state, "a\tb"), "a\tb");
}

static void body_is_trimmed_at_both_ends(void **state)
{
    assert_string_equal(text_body(*state, " \r\n\u3000\u00a0 hi  there \n \u2028"), "hi  there");
    assert_string_equal(text_body(*state, " \t\r\n "), "");
    assert_string_equal(text_body(*state, ""), "");
}

static const char *name(struct arena *a, const char *s)
{
    char *out = NULL;

    assert_int_equal(text_name(a, s, &out), OK);
    return out;
}

static void name_is_composed_and_its_spaces_folded(void **state)
{
    assert_string_equal(name(*state, "Rene\u0301"), "Ren\u00e9");
    assert_string_equal(name(*state, "\t Ann \u00a0\n  Lee\u3000"), "Ann Lee");
    assert_string_equal(name(*state, "Анна 漢字 ❤\ufe0f"), "Анна 漢字 ❤\ufe0f");
}

static void hidden_characters_make_a_name_invalid(void **state)
{
    const char *bad[] = {"",
                         " \t",
                         "a\x01"
                         "b",
                         "a\x7f",
                         "a\xc2\x80",
                         "a" ZWSP "b",
                         "a\u200d"
                         "b",
                         "a\u200e",
                         "a\u202e"
                         "b",
                         "a\u2066"
                         "b",
                         "\ufeff"
                         "a",
                         "\u3164",
                         "a\u00ad"
                         "b",
                         "a\u2060"
                         "b",
                         "\xef\xb7\x90",
                         "\u061c"
                         "a"};
    char *out = NULL;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_not_equal(text_name(*state, bad[i], &out), OK);
    assert_int_equal(text_name(*state, "a" ZWSP, &out), ERR_INVALID);
    assert_int_equal(text_name(*state, "a\x01", &out), ERR_TEXT);
    assert_int_equal(text_name(*state, "a\xff", &out), ERR_TEXT);
    assert_null(out);
}

static void name_length_is_counted_in_characters(void **state)
{
    struct buf s = {0};
    char *out = NULL;

    for (int i = 0; i < TEXT_NAME_MAX; i++)
        buf_puts(&s, "漢");
    assert_string_equal(name(*state, s.data), s.data);
    buf_puts(&s, "漢");
    assert_int_equal(text_name(*state, s.data, &out), ERR_INVALID);
    buf_free(&s);
    assert_int_equal(text_chars(name(*state, "e\u0301e\u0301")), 2);
}

static void very_long_name_is_invalid(void **state)
{
    char s[100001];
    char *out = NULL;

    memset(s, ' ', 100000);
    s[0] = 'a';
    s[100000] = '\0';
    assert_int_equal(text_name(*state, s, &out), ERR_INVALID);
}

static void assert_alike(struct arena *a, const char *one, const char *two)
{
    assert_string_equal(text_skeleton(a, one), text_skeleton(a, two));
}

static void nick_is_what_servers_make_of_a_name(void **state)
{
    static const char *const cases[][2] = {
        {"Ann & Bob", "Ann & Bob"},
        {"Zoë 漢 😀", "Zoë 漢 😀"},
        {"Mª José", "Ma José"},
        {"สำราญ", "สํารา\u0e0d"},
        {"Ann ❤\ufe0f", "Ann ❤"},
        {"Ann \uf8ff", "Ann"},
        {"\uf8ff", ""},
        {"محمد", "محمد"},
        {"משה כהן", "משה כהן"},
        {"1. محمد 2", "محمد"},
        {"محمد Ali", "Ali"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(text_nick(*state, cases[i][0]), cases[i][1]);
    assert_true(text_is_rtl("a משה"));
    assert_false(text_is_rtl("Zoë 漢 1"));
}

static void names_that_look_alike_share_a_skeleton(void **state)
{
    assert_alike(*state, "Alice", "ALICE");
    assert_alike(*state, "Alice", "a l-i_c.e");
    assert_alike(*state, "Alice", "\u0410l\u0456\u0441\u0435"); /* Cyrillic */
    assert_alike(*state, "Alice", "Al\u0131ce");
    assert_alike(*state, "Alice", "A1ice");
    assert_alike(*state, "Alice", "A|ice");
    assert_alike(*state, "Alice", "AIice");
    assert_alike(*state, "Bob", "B0b");
    assert_alike(*state, "Bob", "\u0392\u03bfb"); /* Greek */
    assert_alike(*state, "Vera", "\u03bdera");
    assert_alike(*state, "Dv", "\uff24\u03bd");
    assert_alike(*state, "Nick", "\u039dick");
    assert_alike(*state, "Ren\u00e9", "Rene");
    assert_alike(*state, "Rene\u0301", "Rene");
    assert_alike(*state, "Anna", "\uff21\uff2e\uff2e\uff21");              /* full width */
    assert_alike(*state, "Anna", "\u0391\u039d\u039d\u0391");              /* all Greek */
    assert_alike(*state, "Support", "\U0001d412\U0001d42e\U0001d429port"); /* bold */
    assert_alike(*state, "\u039d\u0399\u039a\u039f\u03a3", "\u03bd\u03b9\u03ba\u03bf\u03c2");
    assert_alike(*state, "Stra\u00dfe", "STRASSE");
    assert_alike(*state, "Al" ZWSP "ice", "Alice");
}

static void different_names_keep_different_skeletons(void **state)
{
    assert_string_not_equal(text_skeleton(*state, "Alice"), text_skeleton(*state, "Alicia"));
    assert_string_not_equal(text_skeleton(*state, "Bob"), text_skeleton(*state, "Rob"));
    assert_string_not_equal(text_skeleton(*state, "漢字"), text_skeleton(*state, "漢"));
    assert_string_not_equal(text_skeleton(*state, "Agent 2"), text_skeleton(*state, "Agent 3"));
    assert_string_equal(text_skeleton(*state, " -!"), "");
}

static void skeleton_takes_any_bytes(void **state)
{
    assert_string_equal(text_skeleton(*state, "a\xff\xc3"), "a");
    assert_string_equal(text_skeleton(*state, ""), "");
}

static void fold_joins_case_and_composition(void **state)
{
    assert_string_equal(text_fold(*state, "CAFE\u0301"), text_fold(*state, "caf\u00e9"));
    assert_string_equal(text_fold(*state, "\u03a3\u03af\u03c2"), "\u03c3\u03af\u03c3");
    assert_string_equal(text_fold(*state, ""), "");
    assert_string_equal(text_fold(*state, "x\xff"), "x\ufffd");
}

static void chars_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(text_chars(""), 0);
    assert_int_equal(text_chars("aé漢😀"), 4);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xml_characters_pass),
        cmocka_unit_test(characters_outside_xml_do_not_pass),
        cmocka_unit_test(malformed_utf8_does_not_pass),
        WITH_ARENA(clean_replaces_what_does_not_pass),
        WITH_ARENA(body_has_one_kind_of_line_end_and_no_controls),
        WITH_ARENA(body_is_trimmed_at_both_ends),
        WITH_ARENA(name_is_composed_and_its_spaces_folded),
        WITH_ARENA(hidden_characters_make_a_name_invalid),
        WITH_ARENA(name_length_is_counted_in_characters),
        WITH_ARENA(very_long_name_is_invalid),
        WITH_ARENA(nick_is_what_servers_make_of_a_name),
        WITH_ARENA(names_that_look_alike_share_a_skeleton),
        WITH_ARENA(different_names_keep_different_skeletons),
        WITH_ARENA(skeleton_takes_any_bytes),
        WITH_ARENA(fold_joins_case_and_composition),
        cmocka_unit_test(chars_counts_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
