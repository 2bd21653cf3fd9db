#include "webbridge/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct json *made(struct arena *a, struct reply *r, enum err e,
                         const struct problem_more *more)
{
    struct json *body = NULL;

    problem_reply(a, r, e, more);
    assert_int_equal(json_parse(r->body, r->body_len, &body), OK);
    return body;
}

static void assert_text(const struct json *o, const char *name, const char *expected)
{
    const char *value = NULL;

    assert_int_equal(json_get_str(o, name, &value), OK);
    assert_non_null(value);
    assert_string_equal(value, expected);
}

static void problem_says_type_status_code_and_no_success(void **state)
{
    struct problem_more more = {.detail = "why"};
    struct arena *a = arena_new();
    struct reply r = {0};
    struct json *o = made(a, &r, ERR_NOT_ESCALATED, &more);
    bool success = true;
    int64_t status = 0;

    (void)state;
    assert_int_equal(r.status, 409);
    assert_string_equal(reply_get(&r, "content-type"), "application/problem+json");
    assert_text(o, "type", "/problems/not-escalated");
    assert_text(o, "code", "not-escalated");
    assert_text(o, "detail", "why");
    assert_int_equal(json_get_int(o, "status", &status), OK);
    assert_int_equal(status, 409);
    assert_int_equal(json_get_bool(o, "success", &success), OK);
    assert_false(success);
    json_free(o);
    arena_free(a);
}

static void not_found_says_the_same_whatever_the_reason(void **state)
{
    struct problem_more more = {.detail = "no such organization", .field = "ref"};
    struct arena *a = arena_new();
    struct reply one = {0}, other = {0};

    (void)state;
    problem_reply(a, &one, ERR_NOT_FOUND, NULL);
    problem_reply(a, &other, ERR_NOT_FOUND, &more);
    assert_int_equal(one.body_len, other.body_len);
    assert_memory_equal(one.body, other.body, one.body_len);
    arena_free(a);
}

static void unauthorized_challenges(void **state)
{
    struct arena *a = arena_new();
    struct reply r = {0};

    (void)state;
    problem_reply(a, &r, ERR_UNAUTHORIZED, NULL);
    assert_int_equal(r.status, 401);
    assert_string_equal(reply_get(&r, "WWW-Authenticate"), "Bearer realm=\"parley\"");
    assert_null(reply_get(&r, "Retry-After"));
    arena_free(a);
}

static void retry_after_is_in_whole_seconds_and_never_zero(void **state)
{
    struct problem_more more = {.retry_ms = 2001};
    struct arena *a = arena_new();
    struct reply r = {0}, none = {0};

    (void)state;
    problem_reply(a, &r, ERR_RATE, &more);
    assert_string_equal(reply_get(&r, "Retry-After"), "3");
    problem_reply(a, &none, ERR_BUSY, NULL);
    assert_string_equal(reply_get(&none, "Retry-After"), "1");
    arena_free(a);
}

static void wrong_field_is_pointed_at(void **state)
{
    struct problem_more more = {.detail = "too long", .field = "name"};
    struct arena *a = arena_new();
    struct reply r = {0};
    struct json *o = made(a, &r, ERR_INVALID, &more);
    const struct json *errors = json_get(o, "errors");

    (void)state;
    assert_int_equal(json_len(errors), 1);
    assert_text(json_at(errors, 0), "pointer", "/name");
    assert_text(json_at(errors, 0), "detail", "too long");
    json_free(o);
    arena_free(a);
}

static void every_error_has_a_status_with_a_reason(void **state)
{
    (void)state;
    for (int e = ERR_INVALID; e < ERR_COUNT_; e++) {
        const struct problem *p = problem_of((enum err)e);

        assert_int_equal(p->err, e);
        assert_in_range(p->status, 400, 507);
        assert_string_not_equal(reply_reason(p->status), "");
    }
}

static void reply_is_printed_with_its_length(void **state)
{
    struct reply r = {0};
    struct buf out = {0};

    (void)state;
    reply_text(&r, 404, "text/plain", "gone");
    reply_print(&r, true, &out);
    assert_string_equal(buf_str(&out), "HTTP/1.1 404 Not Found\r\nConnection: close\r\n"
                                       "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone");
    buf_clear(&out);
    reply_print(&r, false, &out);
    assert_null(strstr(buf_str(&out), "Content-Length"));
    buf_free(&out);
}

static void date_is_as_rfc_9110_has_it(void **state)
{
    char date[REPLY_DATE_LEN + 1];

    (void)state;
    reply_date(784111777000, date);
    assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem_says_type_status_code_and_no_success),
        cmocka_unit_test(not_found_says_the_same_whatever_the_reason),
        cmocka_unit_test(unauthorized_challenges),
        cmocka_unit_test(retry_after_is_in_whole_seconds_and_never_zero),
        cmocka_unit_test(wrong_field_is_pointed_at),
        cmocka_unit_test(every_error_has_a_status_with_a_reason),
        cmocka_unit_test(reply_is_printed_with_its_length),
        cmocka_unit_test(date_is_as_rfc_9110_has_it),
    };

    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
