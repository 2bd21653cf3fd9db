#include "core/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
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

static void assert_words(const struct search *s, const char *want)
{
    char got[256] = "";
    size_t len = 0;

    for (size_t i = 0; i < s->n_words; i++)
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%s", i > 0 ? " " : "", s->words[i]);
    assert_string_equal(got, want);
}

static struct search read_text(struct arena *a, const char *text)
{
    struct search s;

    assert_int_equal(search_read(a, text, &s), OK);
    return s;
}

static void text_is_read_as_its_different_words(void **state)
{
    struct search s = read_text(*state, "  M\xc3\xa4x, max@Example.org ");

    assert_words(&s, "max example org");
    assert_string_equal(s.id, "");
    s = read_text(*state, "\xf0\x9f\x99\x82 --");
    assert_words(&s, "");
}

static void one_word_may_be_the_beginning_of_an_id(void **state)
{
    assert_string_equal(read_text(*state, " K3v9\n").id, "");
    assert_string_equal(read_text(*state, " K3v7\n").id, "k3v7");
    assert_string_equal(read_text(*state, "abcdefghijklmnopqrstuvwxyz").id,
                        "abcdefghijklmnopqrstuvwxyz");
    assert_string_equal(read_text(*state, "abcdefghijklmnopqrstuvwxyza").id, "");
    assert_string_equal(read_text(*state, "abc").id, "");
    assert_string_equal(read_text(*state, "abcd efgh").id, "");
    assert_string_equal(read_text(*state, "ab-cd").id, "");
}

static void what_is_too_much_or_no_text_is_refused(void **state)
{
    char long_one[SEARCH_TEXT_MAX + 2];
    struct search s;

    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(search_read(*state, long_one, &s), ERR_INVALID);
    assert_int_equal(search_read(*state, long_one + 1, &s), OK);
    assert_int_equal(strlen(s.words[0]), SEARCH_WORD_MAX);
    assert_int_equal(search_read(*state, "a b c d e f g h", &s), OK);
    assert_int_equal(search_read(*state, "a b c d e f g h a", &s), OK);
    assert_int_equal(search_read(*state, "a b c d e f g h j", &s), ERR_INVALID);
    assert_int_equal(search_read(*state, "a\x01", &s), ERR_TEXT);
    assert_int_equal(search_read(*state, "\xff", &s), ERR_TEXT);
}

static void long_words_are_cut_between_characters(void **state)
{
    char text[128] = "a";

    for (int i = 0; i < 30; i++) /* a letter of three bytes */
        memcpy(text + 1 + 3 * i, "\xe5\xb1\xb1", 4);
    assert_int_equal(strlen(read_text(*state, text).words[0]), 31);
}

static void chat_has_the_words_of_its_customer_and_reason(void **state)
{
    const struct chat c = {.name = "Mia Smith",
                           .email = "mia@example.org",
                           .external_id = "u-7",
                           .escalation_reason = "Double invoice, Mia!"};
    struct search s;

    search_of_chat(*state, &c, &s);
    assert_words(&s, "mla smlth example org u 7 double lnvolce");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, with_arena, without_arena)
    const struct CMUnitTest tests[] = {
        TEST(text_is_read_as_its_different_words),
        TEST(one_word_may_be_the_beginning_of_an_id),
        TEST(what_is_too_much_or_no_text_is_refused),
        TEST(long_words_are_cut_between_characters),
        TEST(chat_has_the_words_of_its_customer_and_reason),
    };

    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
