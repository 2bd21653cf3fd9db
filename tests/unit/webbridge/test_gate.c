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

    gate_begin(&g);
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
    gate_begin(&g);
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
