#include "core/base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int without_arena(void **state)
{
    arena_free(*state);
    return 0;
}

/* Words joined by spaces, a pause as "|". */
static const char *split(struct arena *a, const char *text)
{
    const char *line = "";
    struct words w;

    words_split(a, text, &w);
    for (size_t i = 0; i < w.n; i++)
        line = arena_printf(a, "%s%s%s", line, i > 0 ? " " : "",
                            w.word[i][0] == '\0' ? "|" : w.word[i]);
    return line;
}

static void spaces_apostrophes_and_dashes_separate_words(void **state)
{
    assert_string_equal(split(*state, "  A man's  well-made\that "), "a man s well made hat");
    assert_string_equal(split(*state, "don\xe2\x80\x99t"), "don t");
}

static void sentence_marks_become_one_pause_between_words(void **state)
{
    assert_string_equal(split(*state, "...so! what?! - good.\n"), "so | what | good");
    assert_string_equal(split(*state, "\xc2\xbfque\xc2\xa1 va"), "que | va");
    assert_string_equal(split(*state, "\xd8\xa3\xd8\x8c \xd8\xa8"), "\xd8\xa7 | \xd8\xa8");
}

static void case_accents_and_symbols_make_no_difference(void **state)
{
    assert_string_equal(split(*state, "CAF\xc3\x89 cafe\xcc\x81 caf\xc3\xa9"), "cafe cafe cafe");
    assert_string_equal(split(*state, "\xf0\x9f\x98\x80 \xe2\x9c\x85yes\xe2\x9c\x85"), "yes");
}

static void text_without_words_has_none(void **state)
{
    assert_string_equal(split(*state, ""), "");
    assert_string_equal(split(*state, " ?! \xf0\x9f\x98\x80."), "");
}

static void only_the_first_words_of_a_long_text_are_read(void **state)
{
    char text[4 * WORDS_MAX + 1] = "";
    struct words w;

    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = "a. b"[i % 4];
    words_split(*state, text, &w);
    assert_true(w.n < WORDS_MAX);
    assert_true(w.n > WORDS_MAX / 2);
    assert_string_not_equal(w.word[w.n - 1], "");
}

static bool same(struct arena *a, const char *x, const char *y)
{
    struct words wx, wy;

    words_split(a, x, &wx);
    words_split(a, y, &wy);
    return words_equal(&wx, &wy);
}

static void texts_that_differ_in_signs_only_are_equal(void **state)
{
    assert_true(same(*state, "Where is it?", "where, is it"));
    assert_true(same(*state, "", "..."));
    assert_false(same(*state, "Where is it?", "Where is it now?"));
    assert_false(same(*state, "Where is it now?", "Where is it?"));
    assert_false(same(*state, "here", "there"));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, with_arena, without_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(spaces_apostrophes_and_dashes_separate_words),
        WITH_ARENA(sentence_marks_become_one_pause_between_words),
        WITH_ARENA(case_accents_and_symbols_make_no_difference),
        WITH_ARENA(text_without_words_has_none),
        WITH_ARENA(only_the_first_words_of_a_long_text_are_read),
        WITH_ARENA(texts_that_differ_in_signs_only_are_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
