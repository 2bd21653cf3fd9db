#include "component/assistant/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct bench {
    struct arena *arena;
    struct lexicon lexicon;
    struct map *sets;
    struct buf detail;
};

static int set_up(void **state)
{
    static char person[] = "human/agent";
    struct bench *b = mem_alloc(sizeof(*b));

    b->arena = arena_new();
    b->lexicon.numbers = map_new();
    b->sets = map_new();
    map_set(b->sets, "person", person);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    map_free(b->lexicon.numbers);
    map_free(b->sets);
    buf_free(&b->detail);
    arena_free(b->arena);
    free(b);
    return 0;
}

static enum err compile(struct bench *b, const char *text, struct pattern *out)
{
    buf_clear(&b->detail);
    return pattern_compile(b->arena, &b->lexicon, b->sets, text, &b->detail, out);
}

/* Where a match at the first word ends. */
static size_t match(struct bench *b, const char *pattern, const char *text)
{
    struct pattern p;
    struct words w;

    assert_int_equal(compile(b, pattern, &p), OK);
    words_split(b->arena, text, &w);
    return pattern_match(&p, lexicon_numbers(&b->lexicon, b->arena, &w), w.n, 0);
}

static void words_match_in_order_whatever_their_case(void **state)
{
    assert_int_equal(match(*state, "talk to me", "TALK to M\xc3\x89 now"), 3);
    assert_int_equal(match(*state, "talk to me", "talk me to"), 0);
    assert_int_equal(match(*state, "talk to me", "talk to"), 0);
    assert_int_equal(match(*state, "talk to me", ""), 0);
}

static void words_match_as_a_whole_only(void **state)
{
    assert_int_equal(match(*state, "human", "humanity"), 0);
    assert_int_equal(match(*state, "human", "superhuman"), 0);
}

static void any_alternative_matches(void **state)
{
    assert_int_equal(match(*state, "talk/speak to/with", "speak with"), 2);
    assert_int_equal(match(*state, "talk/speak to/with", "speak at"), 0);
}

static void set_stands_for_its_alternatives(void **state)
{
    assert_int_equal(match(*state, "a $person", "a agent"), 2);
    assert_int_equal(match(*state, "a robot/$person?", "a human"), 2);
    assert_int_equal(match(*state, "a robot/$person?", "a robot"), 2);
}

static void optional_words_may_be_missing(void **state)
{
    assert_int_equal(match(*state, "a? b? c", "c"), 1);
    assert_int_equal(match(*state, "a? b? c", "a c"), 2);
    assert_int_equal(match(*state, "a? b? c", "b a c"), 0);
}

static void longest_match_wins(void **state)
{
    assert_int_equal(match(*state, "a b? c?", "a b c d"), 3);
    assert_int_equal(match(*state, "a b? c?", "a c"), 2);
    assert_int_equal(match(*state, "a? a? a", "a a a a"), 3);
}

static void no_match_reaches_over_a_pause(void **state)
{
    assert_int_equal(match(*state, "a b", "a. b"), 0);
    assert_int_equal(match(*state, "a b?", "a. b"), 1);
}

static void wrong_patterns_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *pattern, *reason;
    } wrong[] = {
        {"talk to $nobody", "no set is called \"nobody\""},
        {"don't", "\"don't\" is not one word"},
        {"a ? b", "a word has no letters"},
        {"\xf0\x9f\x98\x80", "is not one word"},
        {"a? b?", "matches nothing at all"},
        {"", "matches nothing at all"},
        {"a b c d e f g h i j k l m n o p q r s t u v w x y", "more than 24 words"},
    };
    struct bench *b = *state;
    struct pattern p;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(compile(b, wrong[i].pattern, &p), ERR_CONFIG);
        if (strstr(buf_str(&b->detail), wrong[i].reason) == NULL)
            fail_msg("%s: %s", wrong[i].pattern, buf_str(&b->detail));
    }
}

/* Trying one way after the other would take 2^20 steps for each word. */
static void many_optional_words_do_not_make_matching_slow(void **state)
{
    struct bench *b = *state;
    const clock_t begun = clock();
    struct buf text = {0};
    struct pattern p;
    struct words w;
    int *numbers;

    for (int i = 0; i < WORDS_MAX; i++)
        buf_puts(&text, "a ");
    words_split(b->arena, buf_str(&text), &w);
    buf_free(&text);
    assert_int_equal(
        compile(b, "a? a? a? a? a? a? a? a? a? a? a? a? a? a? a? a? a? a? a? a? b", &p), OK);
    numbers = lexicon_numbers(&b->lexicon, b->arena, &w);
    for (size_t at = 0; at < w.n; at++)
        assert_int_equal(pattern_match(&p, numbers, w.n, at), 0);
    assert_true(clock() - begun < CLOCKS_PER_SEC * 2);
}

#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BENCH(words_match_in_order_whatever_their_case),
        ON_BENCH(words_match_as_a_whole_only),
        ON_BENCH(any_alternative_matches),
        ON_BENCH(set_stands_for_its_alternatives),
        ON_BENCH(optional_words_may_be_missing),
        ON_BENCH(longest_match_wins),
        ON_BENCH(no_match_reaches_over_a_pause),
        ON_BENCH(wrong_patterns_are_refused_with_the_reason),
        ON_BENCH(many_optional_words_do_not_make_matching_slow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
