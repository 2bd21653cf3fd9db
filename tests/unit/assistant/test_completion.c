#include "component/assistant/completion.h"

#include "core/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SAY(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP                                                                                       \
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"              \
    "data: [DONE]\n\n"
#define CALL(parts) "data: {\"choices\":[{\"delta\":{\"tool_calls\":[" parts "]}}]}\n\n"

/* The same in one piece, and cut after every byte. */
static void check_len(const char *body, size_t len, enum err e, const char *text)
{
    for (size_t step = 1; step <= len; step += step == 1 ? len - 1 : 1) {
        struct completion *c = completion_new();
        enum err got = OK;

        for (size_t at = 0; at < len && got == OK; at += step)
            got = completion_feed(c, body + at, len - at < step ? len - at : step);
        if (got == OK)
            got = completion_end(c);
        assert_int_equal(got, e);
        assert_string_equal(completion_text(c), text);
        completion_free(c);
        if (len == 1)
            break;
    }
}

static void check(const char *body, enum err e, const char *text)
{
    check_len(body, strlen(body), e, text);
}

static void pieces_are_joined_until_the_end_mark(void **state)
{
    (void)state;
    check(SAY("Hel") SAY("lo") STOP, OK, "Hello");
    check(SAY("Hello") "data: [DONE]\n\n" SAY(" and more"), OK, "Hello");
    check("data:[DONE]\n", OK, "");
}

static void comments_carriage_returns_and_other_fields_do_not_matter(void **state)
{
    (void)state;
    check(": waiting\r\nevent: message\r\nid: 7\r\nretry: 10\r\n"
          "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n"
          "data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":null},\"finish_reason\":\"stop\"}]}\r\n\r\n"
          "data: [DONE]\r\n\r\n",
          OK, "a");
}

static void last_line_needs_no_end(void **state)
{
    (void)state;
    check(SAY("a") "data: [DONE]", OK, "a");
}

static void stream_that_was_cut_is_no_answer(void **state)
{
    (void)state;
    check(SAY("Hel"), ERR_INVALID, "Hel");
    check(SAY("Hel") "data: {\"choices\":[{\"del", ERR_INVALID, "Hel");
    check("", ERR_INVALID, "");
}

static void garbage_is_no_answer(void **state)
{
    (void)state;
    check("<html>\n<body>no</body>\n", ERR_INVALID, "");
    check("<a href=\"http://x\">\n", ERR_INVALID, "");
    check("data: {\"choices\":\n\n", ERR_INVALID, "");
    check("data: 7\n\n", ERR_INVALID, "");
    check("data: []\n\n", ERR_INVALID, "");
}

static void error_object_is_an_error_wherever_it_comes(void **state)
{
    (void)state;
    check("data: {\"error\":{\"message\":\"overloaded\"}}\n\n", ERR_INVALID, "");
    check(SAY("a") "data: {\"error\":\"x\"}\n\n" STOP, ERR_INVALID, "a");
    check("{\"error\":{\"message\":\"no such model\"}}\n", ERR_INVALID, "");
    check(SAY("a") "{\"error\":\"x\"}\n", ERR_INVALID, "a");
}

static void answer_in_one_object_is_taken_too(void **state)
{
    (void)state;
    check("{\"choices\":[{\"message\":{\"role\":\"assistant\",\n  \"content\":\"Hello\"},\n"
          "\"finish_reason\":\"stop\"}]}",
          OK, "Hello");
}

static void characters_that_cannot_be_shown_are_replaced(void **state)
{
    static const char zero[] =
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\0b\"}}]}\n\ndata: [DONE]\n";

    (void)state;
    check(SAY("a\xff"
              "b") STOP,
          OK,
          "a\xef\xbf\xbd"
          "b");
    check(SAY("a\\u0000\\b\\ud83d\\udc4d\\ud83d.\\uffff") STOP, OK,
          "a\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x91\x8d\xef\xbf\xbd.\xef\xbf\xbd");
    check(SAY("\xf0\x9f\x91\x8d") STOP, OK, "\xf0\x9f\x91\x8d");
    check_len(zero, sizeof(zero) - 1, OK,
              "a\xef\xbf\xbd"
              "b");
}

static void what_was_thought_first_is_not_said(void **state)
{
    (void)state;
    check(SAY("<think>hm") SAY("</thi") SAY("nk>\\n\\n") SAY("Yes") STOP, OK, "Yes");
    check(SAY("<thi") SAY("nk></think>Yes") STOP, OK, "Yes");
    check(SAY(" \\n<") SAY("b>") STOP, OK, "<b>");
    check(SAY("a <think>b</think>") STOP, OK, "a <think>b</think>");
    check(SAY("<think>without end") STOP, OK, "");
    check(SAY("<thi") STOP, OK, "<thi");
}

static void thinking_is_a_beginning(void **state)
{
    static const char *const begun[] = {
        SAY("a"), SAY("<think>"), CALL("{\"index\":0}"),
        "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"};
    static const char *const not [] = {
        SAY(""), ": x\n", "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"};

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        struct completion *c = completion_new();
        const char *s = i < 4 ? begun[i] : not [i - 4];

        assert_int_equal(completion_feed(c, s, strlen(s)), OK);
        assert_int_equal(completion_begun(c), i < 4);
        completion_free(c);
    }
}

static void feed_times(struct completion *c, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(completion_feed(c, s, strlen(s)), OK);
}

static void check_cut(const char *piece)
{
    struct completion *c = completion_new();
    const char *text;
    size_t chars = 0;

    feed_times(c, piece, 5000);
    assert_true(completion_over(c));
    text = completion_text(c);
    for (const char *p = text; *p; p++)
        chars += ((unsigned char)*p & 0xc0) != 0x80;
    assert_int_equal(chars, COMPLETION_TEXT_MAX);
    assert_string_equal(text + strlen(text) - 3, "\xe2\x80\xa6");
    assert_int_equal(completion_end(c), OK);
    completion_free(c);
}

static void endless_answer_is_cut_between_characters(void **state)
{
    (void)state;
    check_cut(SAY("\xc3\xa4\xe2\x82\xac\xf0\x9f\x91\x8d"));
    check_cut(SAY("\xc3\xa4"));
}

static void line_without_end_is_refused(void **state)
{
    static char part[65536];
    struct completion *c = completion_new();
    size_t fed = 0;
    enum err e = OK;

    (void)state;
    memset(part, 'x', sizeof(part));
    for (; e == OK && fed < 100; fed++)
        e = completion_feed(c, part, sizeof(part));
    assert_int_equal(e, ERR_TOO_LARGE);
    assert_int_equal(fed, COMPLETION_LINE_MAX / sizeof(part) + 1);
    completion_free(c);
}

static void body_without_end_is_refused(void **state)
{
    struct completion *c = completion_new();
    enum err e = completion_feed(c, "{\n", 2);

    (void)state;
    for (size_t fed = 0; e == OK && fed < COMPLETION_LINE_MAX; fed++)
        e = completion_feed(c, "xxxxxxx\n", 8);
    assert_int_equal(e, ERR_TOO_LARGE);
    completion_free(c);
}

static void check_calls(const char *body, const struct completion_call *want, size_t n)
{
    struct completion_call got[COMPLETION_CALLS_MAX];
    struct completion *c = completion_new();

    assert_int_equal(completion_feed(c, body, strlen(body)), OK);
    assert_int_equal(completion_calls(c, got), n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(got[i].id, want[i].id);
        assert_string_equal(got[i].name, want[i].name);
        assert_string_equal(got[i].arguments, want[i].arguments);
    }
    completion_free(c);
}

static void calls_are_put_together_by_their_index(void **state)
{
    static const struct completion_call two[] = {{"a", "f", "{\"x\":1}"}, {"b", "g", "{}"}};

    (void)state;
    check_calls(
        CALL("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
            CALL("{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}}")
                CALL("{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\"\"}},"
                     "{\"index\":1,\"function\":{\"arguments\":\"}\"}}")
                    CALL("{\"index\":0,\"function\":{\"arguments\":\":1}\"}}"),
        two, 2);
}

static void call_in_one_chunk_without_index_is_whole(void **state)
{
    static const struct completion_call two[] = {{"a", "f", "{}"}, {"", "g", "{}"}};

    (void)state;
    check_calls(CALL("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}")
                    CALL("{\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}"),
                two, 2);
}

static void more_calls_than_are_taken_are_ignored(void **state)
{
    struct completion_call got[COMPLETION_CALLS_MAX];
    struct completion *c = completion_new();

    (void)state;
    feed_times(c, CALL("{\"function\":{\"name\":\"f\",\"arguments\":\"\"}}"), 99);
    assert_int_equal(completion_calls(c, got), COMPLETION_CALLS_MAX);
    completion_free(c);
}

/* Counted from the first for each, they hold up all for most of a minute; otherwise it is a matter
 * of milliseconds. */
static void flood_of_calls_in_one_line_is_read_once(void **state)
{
    static const char before[] = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[";
    struct completion_call got[COMPLETION_CALLS_MAX];
    struct completion *c = completion_new();
    clock_t begun = clock();

    (void)state;
    assert_int_equal(completion_feed(c, before, strlen(before)), OK);
    for (size_t i = 0; i < (COMPLETION_LINE_MAX - 100) / 2; i++)
        assert_int_equal(completion_feed(c, "1,", 2), OK);
    assert_int_equal(completion_feed(c, "1]}}]}\n", 7), OK);
    assert_true(clock() - begun < 10 * CLOCKS_PER_SEC);
    assert_int_equal(completion_calls(c, got), COMPLETION_CALLS_MAX);
    completion_free(c);
}

static void arguments_without_end_are_cut(void **state)
{
    struct completion_call got[COMPLETION_CALLS_MAX];
    struct completion *c = completion_new();

    (void)state;
    feed_times(c, CALL("{\"index\":0,\"function\":{\"arguments\":\"0123456789\"}}"), 10000);
    assert_int_equal(completion_calls(c, got), 1);
    assert_true(strlen(got[0].arguments) <= COMPLETION_ARGUMENTS_MAX);
    completion_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_joined_until_the_end_mark),
        cmocka_unit_test(comments_carriage_returns_and_other_fields_do_not_matter),
        cmocka_unit_test(last_line_needs_no_end),
        cmocka_unit_test(stream_that_was_cut_is_no_answer),
        cmocka_unit_test(garbage_is_no_answer),
        cmocka_unit_test(error_object_is_an_error_wherever_it_comes),
        cmocka_unit_test(answer_in_one_object_is_taken_too),
        cmocka_unit_test(characters_that_cannot_be_shown_are_replaced),
        cmocka_unit_test(what_was_thought_first_is_not_said),
        cmocka_unit_test(thinking_is_a_beginning),
        cmocka_unit_test(endless_answer_is_cut_between_characters),
        cmocka_unit_test(line_without_end_is_refused),
        cmocka_unit_test(body_without_end_is_refused),
        cmocka_unit_test(calls_are_put_together_by_their_index),
        cmocka_unit_test(call_in_one_chunk_without_index_is_whole),
        cmocka_unit_test(more_calls_than_are_taken_are_ignored),
        cmocka_unit_test(flood_of_calls_in_one_line_is_read_once),
        cmocka_unit_test(arguments_without_end_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
