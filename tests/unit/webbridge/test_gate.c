#include "webbridge/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool passes(const char *const headers[][2])
{
    struct gate g;

    gate_begin(&g, NULL);
    for (; (*headers)[0] != NULL; headers++)
        gate_header(&g, (*headers)[0], (*headers)[1]);
    return gate_ok(&g);
}

static void one_host_and_one_length_pass(void **state)
{
    const char *const headers[][2] = {{"host", "a"}, {"Content-Length", "12"}, {NULL, NULL}};
    struct gate g;

    (void)state;
    assert_true(passes(headers));
    gate_begin(&g, NULL);
    assert_int_equal(g.length, -1);
    gate_header(&g, "content-length", "12");
    assert_int_equal(g.length, 12);
}

static void chunked_alone_passes(void **state)
{
    const char *const headers[][2] = {
        {"Host", "a"}, {"Transfer-Encoding", "Chunked"}, {NULL, NULL}};

    (void)state;
    assert_true(passes(headers));
}

/* What the library has in its buffer: the bytes that came, NULs where it found ends of lines. */
static bool passes_in_place(const char *bytes, size_t name1, size_t value1, size_t name2,
                            size_t value2)
{
    struct gate g;

    gate_begin(&g, bytes);
    gate_header(&g, bytes + name1, bytes + value1);
    if (name2 > 0)
        gate_header(&g, bytes + name2, bytes + value2);
    return gate_ok(&g);
}

static void headers_that_stand_line_behind_line_pass(void **state)
{
    (void)state;
    assert_true(passes_in_place("1.1\0\0Host\0 a\0\0X\0 y\0\0\0\0", 5, 11, 14, 17));
    assert_true(passes_in_place("1.1\0\0Host\0a\0\0X\0\0\0\0\0", 5, 10, 13, 15));
}

static void headers_that_stand_elsewhere_are_refused(void **state)
{
    static const char other[] = "Host\0a\0\0\0\0";
    struct gate g;

    (void)state;
    /* one hidden between, one hidden at the end, a NUL in a value, a bare line feed, two of them */
    assert_false(passes_in_place("1.1\0\0Host\0a\0\0Te\0\0\0X\0y\0\0\0\0", 5, 10, 18, 20));
    assert_false(passes_in_place("1.1\0\0Host\0a\0\0Te\0 x\0\0\0\0", 5, 10, 0, 0));
    assert_false(passes_in_place("1.1\0\0Host\0a\0b\0\0X\0y\0\0\0\0", 5, 10, 15, 17));
    assert_false(passes_in_place("1.1\0\0Host\0a\0X\0y\0\0\0\0", 5, 10, 12, 14));
    assert_false(passes_in_place("1.1\0\0Host\0a\0\0\0GET", 5, 10, 0, 0));
    gate_begin(&g, "1.1\0\0Host\0a\0\0\0\0");
    gate_header(&g, other, other + 5); /* moved: it was folded */
    assert_false(gate_ok(&g));
}

static void hosts_that_are_no_host_are_refused(void **state)
{
    static const char *const bad[] = {"a, b", "a/b", "u@a", "a b", "a?b", "a#b", "\xc3\xa4"};
    static const char *const good[] = {"", "a", "a.b:80", "[::1]:80", "a_b", "xn--a"};
    struct gate g;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        gate_begin(&g, NULL);
        gate_header(&g, "Host", bad[i]);
        assert_false(gate_ok(&g));
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        gate_begin(&g, NULL);
        gate_header(&g, "Host", good[i]);
        assert_true(gate_ok(&g));
    }
}

static void methods_are_tokens(void **state)
{
    (void)state;
    assert_true(gate_method("GET") && gate_method("M-SEARCH"));
    assert_false(gate_method("") || gate_method("G\x01T") || gate_method("GET/") ||
                 gate_method("G T"));
}

static void missing_or_second_host_is_refused(void **state)
{
    const char *const none[][2] = {{"Accept", "*/*"}, {NULL, NULL}};
    const char *const two[][2] = {{"Host", "a"}, {"HOST", "a"}, {NULL, NULL}};

    (void)state;
    assert_false(passes(none));
    assert_false(passes(two));
}

static void second_length_is_refused_even_if_equal(void **state)
{
    const char *const headers[][2] = {
        {"Host", "a"}, {"Content-Length", "2"}, {"content-length", "2"}, {NULL, NULL}};

    (void)state;
    assert_false(passes(headers));
}

static void length_beside_coding_is_refused(void **state)
{
    const char *const headers[][2] = {
        {"Host", "a"}, {"Content-Length", "2"}, {"Transfer-Encoding", "chunked"}, {NULL, NULL}};

    (void)state;
    assert_false(passes(headers));
}

static void other_or_second_coding_is_refused(void **state)
{
    static const char *const bad[] = {"gzip", "gzip, chunked", "chunked, chunked", "xchunked", ""};
    const char *const two[][2] = {{"Host", "a"},
                                  {"Transfer-Encoding", "chunked"},
                                  {"Transfer-Encoding", "chunked"},
                                  {NULL, NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const headers[][2] = {
            {"Host", "a"}, {"Transfer-Encoding", bad[i]}, {NULL, NULL}};

        assert_false(passes(headers));
    }
    assert_false(passes(two));
}

static void length_that_is_no_number_is_refused(void **state)
{
    static const char *const bad[] = {"",    "+2", "-1", "2x",  "0x2",
                                      "2,2", "2 ", " 2", "1e3", "99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const headers[][2] = {{"Host", "a"}, {"Content-Length", bad[i]}, {NULL, NULL}};

        assert_false(passes(headers));
    }
}

static void header_name_with_space_is_refused(void **state)
{
    static const char *const bad[] = {"Content-Length ", "X y", "", "X\ty", "X\x80", "X(y)"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const headers[][2] = {{"Host", "a"}, {bad[i], "1"}, {NULL, NULL}};

        assert_false(passes(headers));
    }
}

static void control_character_in_a_value_is_refused(void **state)
{
    const char *const bad[][2] = {{"Host", "a"}, {"X", "a\rb"}, {NULL, NULL}};
    const char *const tab[][2] = {{"Host", "a"}, {"X", "a\tb"}, {NULL, NULL}};

    (void)state;
    assert_false(passes(bad));
    assert_true(passes(tab));
}

static void ordinary_targets_pass(void **state)
{
    static const char *const good[] = {"/",          "/api/chats?filter=all&cursor=a%20b",
                                       "/a..b/...",  "/x?next=/../y",
                                       "/caf%C3%A9", "/.well-known"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(gate_target(good[i]));
}

static void dangerous_targets_are_refused(void **state)
{
    static const char *const bad[] = {"",         "x",           "*",          "http://b/healthz",
                                      "/..",      "/../x",       "/a/../b",    "/a/..",
                                      "/a/./b",   "/a/%2e%2E/b", "/a/.%2e",    "/a%2f..%2fb",
                                      "/a/..\\b", "/x%00",       "/x%0d%0aY:", "/x%7f",
                                      "/x\x01",   "/x y",        "/x%",        "/x%4",
                                      "/x%zz",    "/x?y=%00",    "/x?y=%1",    "/x?y=\x7f"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(gate_target(bad[i]));
    assert_false(gate_target(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_host_and_one_length_pass),
        cmocka_unit_test(chunked_alone_passes),
        cmocka_unit_test(headers_that_stand_line_behind_line_pass),
        cmocka_unit_test(headers_that_stand_elsewhere_are_refused),
        cmocka_unit_test(hosts_that_are_no_host_are_refused),
        cmocka_unit_test(methods_are_tokens),
        cmocka_unit_test(missing_or_second_host_is_refused),
        cmocka_unit_test(second_length_is_refused_even_if_equal),
        cmocka_unit_test(length_beside_coding_is_refused),
        cmocka_unit_test(other_or_second_coding_is_refused),
        cmocka_unit_test(length_that_is_no_number_is_refused),
        cmocka_unit_test(header_name_with_space_is_refused),
        cmocka_unit_test(control_character_in_a_value_is_refused),
        cmocka_unit_test(ordinary_targets_pass),
        cmocka_unit_test(dangerous_targets_are_refused),
    };

    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
