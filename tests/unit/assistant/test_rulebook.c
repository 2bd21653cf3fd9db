#include "component/assistant/rulebook.h"

#include "component/assistant/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The least there can be. */
static const char least[] =
    "{\"reasons\":{\"human\":\"h\",\"identity\":\"i\",\"urgent\":\"u\",\"unanswered\":\"n\","
    "\"repeated\":\"r\",\"unavailable\":\"x\"},\"languages\":{\"en\":{\"texts\":{\"human\":\"h\","
    "\"identity\":\"i\","
    "\"urgent\":\"u\",\"rephrase\":\"p\",\"choose\":\"c\",\"offer\":\"o\",\"repeat\":\"r\","
    "\"unavailable\":\"n\"},"
    "\"sets\":{\"person\":\"human/agent\"},\"human\":[\"a $person\"],\"human_whole\":[\"agent\"],"
    "\"not_human\":[\"x y\"],\"negation\":[\"no\"],\"identity\":[\"who\"],\"urgent\":[\"now\"],"
    "\"yes\":[\"yes\"],\"fillers\":\"please\",\"stop\":\"the is\",\"hints\":\"when\","
    "\"suffixes\":\"ing s\",\"talk\":[{\"name\":\"greeting\",\"say\":[\"hi\"],"
    "\"text\":\"Hello\"}]}}}";

/* The text with the first `old` replaced. */
static char *changed(const char *old, const char *by)
{
    const char *at = strstr(least, old);
    struct buf b = {0};

    assert_non_null(at);
    buf_put(&b, least, (size_t)(at - least));
    buf_puts(&b, by);
    buf_puts(&b, at + strlen(old));
    return b.data;
}

static void check_refused(const char *json, const char *reason)
{
    struct buf detail = {0};
    struct rulebook *book = NULL;

    assert_int_equal(rulebook_new(json, strlen(json), &detail, &book), ERR_CONFIG);
    assert_null(book);
    if (strcmp(buf_str(&detail), reason) != 0)
        fail_msg("%s", buf_str(&detail));
    buf_free(&detail);
}

static void check_change_refused(const char *old, const char *by, const char *reason)
{
    char *json = changed(old, by);

    check_refused(json, reason);
    free(json);
}

static struct rulebook *book_of(const char *json)
{
    struct buf detail = {0};
    struct rulebook *book = NULL;

    if (rulebook_new(json, strlen(json), &detail, &book) != OK)
        fail_msg("%s", buf_str(&detail));
    return book;
}

static void least_rules_are_read(void **state)
{
    struct rulebook *b = book_of(least);

    (void)state;
    assert_int_equal(b->n, 1);
    assert_string_equal(b->languages[0].texts[SAY_OFFER], "o");
    assert_string_equal(b->languages[0].talks[0].name, "greeting");
    assert_int_equal(b->languages[0].cues[CUE_HUMAN].n, 1);
    assert_string_equal(b->reasons[REASON_REPEATED], "r");
    rulebook_free(b);
}

static void wrong_rules_are_refused_with_place_and_reason(void **state)
{
    (void)state;
    check_refused("", "rules: not well-formed JSON");
    check_refused("{\"a\":1,}", "rules: not well-formed JSON");
    check_refused("[]", "rules: \"human\" must be a string that is not empty");
    check_change_refused(
        "{\"en\":", "{\"de\":", "rules: the first of the languages must be \"en\"");
    check_change_refused("\"repeat\":\"r\"", "\"repeat\":7",
                         "rules: languages.en: \"repeat\" must be a string that is not empty");
    check_change_refused("[\"now\"]", "[\"now\",\"$then\"]",
                         "rules: languages.en: urgent[1] \"$then\": no set is called \"then\"");
    check_change_refused("[\"now\"]", "[7]", "rules: languages.en: urgent[0] must be a string");
    check_change_refused(
        "[\"no\"]", "\"no\"",
        "rules: languages.en: \"negation\" must be a list of patterns, and not empty");
    check_change_refused("\"urgent\":[", "\"urgnt\":[",
                         "rules: languages.en: \"urgnt\" is not known here");
    check_change_refused("human/agent", "hu-man",
                         "rules: languages.en: human[0] \"a $person\": \"hu-man\" is not one word");
    check_change_refused("\"the is\"", "\"the isn't\"",
                         "rules: languages.en: stop: \"isn't\" is not one word");
    check_change_refused("\"ing s\"", "null",
                         "rules: languages.en: \"suffixes\" must be a string of word endings");
    check_change_refused("[\"hi\"]", "[]",
                         "rules: languages.en: \"say\" must be a list of patterns, and not empty");
}

static void language_is_found_by_tag_and_by_locale(void **state)
{
    struct rulebook *b = book_of((const char *)assistant_rules[0].data);

    (void)state;
    assert_string_equal(rulebook_language(b, "de")->code, "de");
    assert_string_equal(rulebook_language(b, "de-AT")->code, "de");
    assert_string_equal(rulebook_language(b, "PT_BR.UTF-8")->code, "pt");
    assert_null(rulebook_language(b, ""));
    assert_null(rulebook_language(b, "d"));
    assert_null(rulebook_language(b, "deu"));
    rulebook_free(b);
}

static void stem_is_without_ending_and_doubled_letter(void **state)
{
    struct rulebook *b = book_of(least);
    const struct language *en = &b->languages[0];

    (void)state;
    assert_string_equal(language_stem(en, b->arena, "shlpplng"), "shlp");
    assert_string_equal(language_stem(en, b->arena, "cats"), "cat");
    assert_string_equal(language_stem(en, b->arena, "bus"), "bus"); /* too short */
    assert_string_equal(language_stem(en, b->arena, "see"), "see");
    assert_string_equal(language_stem(NULL, b->arena, "cats"), "cats");
    rulebook_free(b);
}

static void stop_words_have_no_stem_and_hints_are_marked(void **state)
{
    struct rulebook *b = book_of(least);

    (void)state;
    assert_null(language_stem(&b->languages[0], b->arena, "the"));
    assert_string_equal(language_stem(&b->languages[0], b->arena, "when"), "?when");
    rulebook_free(b);
}

static void built_in_rules_speak_eleven_languages(void **state)
{
    static const char *const codes[] = {"en", "de", "fr", "es", "it", "pt",
                                        "nl", "pl", "tr", "ru", "ar"};
    struct rulebook *b;

    (void)state;
    assert_string_equal(assistant_rules[0].name, "rules.json");
    b = book_of((const char *)assistant_rules[0].data);
    assert_int_equal(b->n, sizeof(codes) / sizeof(codes[0]));
    for (size_t i = 0; i < b->n; i++)
        assert_string_equal(b->languages[i].code, codes[i]);
    rulebook_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_rules_are_read),
        cmocka_unit_test(wrong_rules_are_refused_with_place_and_reason),
        cmocka_unit_test(language_is_found_by_tag_and_by_locale),
        cmocka_unit_test(stem_is_without_ending_and_doubled_letter),
        cmocka_unit_test(stop_words_have_no_stem_and_hints_are_marked),
        cmocka_unit_test(built_in_rules_speak_eleven_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
