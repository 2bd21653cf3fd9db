#include "component/assistant/faq.h"

#include "component/assistant/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

extern const struct embedded faq_example[];

static struct rulebook *book;

static int with_book(void **state)
{
    const char *json = (const char *)assistant_rules[0].data;
    struct buf detail = {0};

    (void)state;
    return rulebook_new(json, strlen(json), &detail, &book) == OK ? 0 : -1;
}

static int without_book(void **state)
{
    (void)state;
    rulebook_free(book);
    return 0;
}

static struct faq *faq_of(const char *json)
{
    struct buf detail = {0};
    struct faq *f = NULL;

    if (faq_new(json, strlen(json), book, &detail, &f) != OK)
        fail_msg("%s", buf_str(&detail));
    return f;
}

static enum faq_result find(struct faq *f, const char *text, const char *lang,
                            struct faq_hit hits[FAQ_CHOICES], size_t *n)
{
    struct arena *a = arena_new();
    enum faq_result r;
    struct words w;

    words_split(a, text, &w);
    r = faq_find(f, &w, lang, hits, n);
    arena_free(a);
    return r;
}

/* The answer; "?" and the number of choices; or "-". Static. */
static const char *found(struct faq *f, const char *text, const char *lang)
{
    static char choices[8];
    struct faq_hit hits[FAQ_CHOICES];
    size_t n = 0;

    switch (find(f, text, lang, hits, &n)) {
    case FAQ_NONE:
        return "-";
    case FAQ_ANSWER:
        return hits[0].answer;
    case FAQ_CHOOSE:
        break;
    }
    (void)snprintf(choices, sizeof(choices), "?%zu", n);
    return choices;
}

static const char shop[] =
    "[{\"question\":\"How do I reset my password?\",\"answer\":\"reset\","
    "\"tags\":[\"forgot\",\"login\"]},"
    "{\"question\":\"How do I get a refund for an order?\",\"answer\":\"refund\"},"
    "{\"question\":\"Where is my order?\",\"answer\":\"track\",\"tags\":[\"parcel\"]},"
    "{\"question\":\"Can I change my order?\",\"answer\":\"change\",\"lang\":\"en\"},"
    "{\"question\":\"Wie setze ich mein Passwort zur\\u00fcck?\",\"answer\":\"passwort\","
    "\"lang\":\"de-DE\"},"
    "{\"question\":\"Byta l\\u00f6senord\",\"answer\":\"byta\",\"lang\":\"sv\"}]";

static void question_in_other_words_finds_its_answer(void **state)
{
    struct faq *f = faq_of(shop);

    (void)state;
    assert_int_equal(faq_count(f), 6);
    assert_string_equal(found(f, "i forgot passwords, resetting?", "en"), "reset");
    assert_string_equal(found(f, "refund my order please", "en"), "refund");
    assert_string_equal(found(f, "LOGIN", "en"), "reset");
    assert_string_equal(found(f, "My parcel!", "en"), "track");
    assert_string_equal(found(f, "blue parcel tape", "en"), "track");
    faq_free(f);
}

static void question_word_decides_between_entries_of_one_subject(void **state)
{
    struct faq *f = faq_of(shop);

    (void)state;
    assert_string_equal(found(f, "where's my order?", "en"), "track");
    faq_free(f);
}

static void rare_word_counts_more_than_a_common_one(void **state)
{
    struct faq *f = faq_of("[{\"question\":\"red blue one\",\"answer\":\"1\"},"
                           "{\"question\":\"red blue two\",\"answer\":\"2\"},"
                           "{\"question\":\"red blue three\",\"answer\":\"3\"},"
                           "{\"question\":\"red violet\",\"answer\":\"4\"}]");

    (void)state;
    assert_string_equal(found(f, "red blue violet", "en"), "4");
    faq_free(f);
}

static void question_words_alone_are_enough_when_two_fit(void **state)
{
    struct faq *f = faq_of("[{\"question\":\"How long does delivery take?\",\"answer\":\"days\"}]");

    (void)state;
    assert_string_equal(found(f, "How long does it take?", "en"), "days");
    faq_free(f);
}

static void subject_of_several_entries_leaves_the_choice(void **state)
{
    struct faq *f = faq_of(shop);
    struct faq_hit hits[FAQ_CHOICES];
    size_t n = 0;

    (void)state;
    assert_int_equal(find(f, "order", "en", hits, &n), FAQ_CHOOSE);
    assert_int_equal(n, 3);
    faq_free(f);
}

static void text_about_something_else_finds_nothing(void **state)
{
    struct faq *f = faq_of(shop);

    (void)state;
    assert_string_equal(found(f, "weather in paris", "en"), "-");
    assert_string_equal(found(f, "where do you live", "en"), "-");
    assert_string_equal(found(f, "DROP \" OR * NEAR(", "en"), "-");
    assert_string_equal(found(f, "what is the", "en"), "-");
    assert_string_equal(found(f, "where?", "en"), "-");
    assert_string_equal(
        found(f, "I forgot a blue hat, a green badge for the login and red shoes", "en"), "-");
    assert_string_equal(found(f, "", "en"), "-");
    assert_string_equal(
        found(f, "my brother likes the blue parcel tape from that large store", "en"), "-");
    faq_free(f);
}

static void entries_of_other_languages_are_found_too(void **state)
{
    struct faq *f = faq_of(shop);

    (void)state;
    assert_string_equal(found(f,
                              "Passwort zur\xc3\xbc"
                              "cksetzen",
                              "en"),
                        "passwort");
    assert_string_equal(found(f, "byta l\xc3\xb6senord", "de"), "byta");
    assert_string_equal(found(f, "reset password", "de"), "reset");
    faq_free(f);
}

static void language_of_the_asker_comes_first(void **state)
{
    struct faq *f = faq_of("[{\"question\":\"Service\",\"answer\":\"english\",\"lang\":\"en\"},"
                           "{\"question\":\"Service\",\"answer\":\"deutsch\",\"lang\":\"de\"}]");

    (void)state;
    assert_string_equal(found(f, "service", "en"), "english");
    assert_string_equal(found(f, "service", "de"), "deutsch");
    assert_string_equal(found(f, "service", "fr"), "english");
    faq_free(f);
}

static void empty_list_answers_nothing(void **state)
{
    struct faq *f = faq_of(" []");

    (void)state;
    assert_int_equal(faq_count(f), 0);
    assert_string_equal(found(f, "anything", "en"), "-");
    faq_free(f);
}

static void wrong_lists_are_refused_with_place_and_reason(void **state)
{
    static const struct {
        const char *json, *reason;
    } wrong[] = {
        {"[", "faq: not well-formed JSON"},
        {"{}", "faq: must be a list"},
        {"\"x\"", "faq: must be a list"},
        {"7", "faq: must be a list"},
        {"[7]", "faq: entry 1: must be an object"},
        {"[{\"answer\":\"a\"}]", "faq: entry 1: \"question\" must be a string that is not empty"},
        {"[{\"question\":\"q\",\"answer\":\"a\"},{\"question\":\"q\",\"answer\":\"\"}]",
         "faq: entry 2: \"answer\" must be a string that is not empty"},
        {"[{\"question\":\"q\",\"answer\":\"a\",\"tags\":\"t\"}]",
         "faq: entry 1: \"tags\" must be a list of strings"},
        {"[{\"question\":\"q\",\"answer\":\"a\",\"tags\":[1]}]",
         "faq: entry 1: \"tags\" must be a list of strings"},
        {"[{\"question\":\"q\",\"answer\":\"a\",\"lang\":1}]",
         "faq: entry 1: \"lang\" must be a string"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct buf detail = {0};
        struct faq *f = NULL;

        assert_int_equal(faq_new(wrong[i].json, strlen(wrong[i].json), book, &detail, &f),
                         ERR_CONFIG);
        assert_null(f);
        if (strcmp(buf_str(&detail), wrong[i].reason) != 0)
            fail_msg("%s: %s", wrong[i].json, buf_str(&detail));
        buf_free(&detail);
    }
}

static void each_question_of_the_example_finds_its_own_answer(void **state)
{
    struct faq *f;
    struct arena *a = arena_new();
    const char *line = (const char *)faq_example[0].data;

    (void)state;
    f = faq_of(line);
    while ((line = strstr(line, "\"question\": \"")) != NULL) {
        const char *question;
        struct faq_hit hits[FAQ_CHOICES];
        size_t n = 0;

        line += strlen("\"question\": \"");
        question = arena_dup_len(a, line, strcspn(line, "\""));
        if (find(f, question, "en", hits, &n) != FAQ_ANSWER ||
            strcmp(hits[0].question, question) != 0)
            fail_msg("%s", question);
    }
    arena_free(a);
    faq_free(f);
}

static void thousands_of_entries_are_searched_quickly(void **state)
{
    struct buf json = {0};
    struct faq *f;
    clock_t begun;

    (void)state;
    buf_putc(&json, '[');
    for (int i = 0; i < 3000; i++)
        buf_printf(&json, "%s{\"question\":\"word%d common\",\"answer\":\"a%d\"}", i > 0 ? "," : "",
                   i, i);
    buf_putc(&json, ']');
    f = faq_of(buf_str(&json));
    buf_free(&json);
    begun = clock();
    for (int i = 0; i < 100; i++)
        assert_string_equal(found(f, "common word2222", "en"), "a2222");
    assert_true(clock() - begun < CLOCKS_PER_SEC * 2);
    faq_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_in_other_words_finds_its_answer),
        cmocka_unit_test(question_word_decides_between_entries_of_one_subject),
        cmocka_unit_test(rare_word_counts_more_than_a_common_one),
        cmocka_unit_test(question_words_alone_are_enough_when_two_fit),
        cmocka_unit_test(subject_of_several_entries_leaves_the_choice),
        cmocka_unit_test(text_about_something_else_finds_nothing),
        cmocka_unit_test(entries_of_other_languages_are_found_too),
        cmocka_unit_test(language_of_the_asker_comes_first),
        cmocka_unit_test(empty_list_answers_nothing),
        cmocka_unit_test(wrong_lists_are_refused_with_place_and_reason),
        cmocka_unit_test(each_question_of_the_example_finds_its_own_answer),
        cmocka_unit_test(thousands_of_entries_are_searched_quickly),
    };

    return cmocka_run_group_tests(tests, with_book, without_book);
}
