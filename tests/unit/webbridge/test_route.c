#include "core/base/arena.h"
#include "webbridge/cors.h"
#include "webbridge/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct route *find(struct arena *a, const char *method, const char *path,
                                const char **chat, const char **allow)
{
    return route_find(a, method, path, chat, allow);
}

static void path_with_id_finds_its_route_and_the_id(void **state)
{
    struct arena *a = arena_new();
    const char *chat, *allow;
    const struct route *r = find(a, "POST", "/api/chats/k3v9/messages/send", &chat, &allow);

    (void)state;
    assert_non_null(r);
    assert_string_equal(r->path, "/api/chats/{id}/messages/send");
    assert_string_equal(chat, "k3v9");
    arena_free(a);
}

static void unknown_paths_have_no_methods(void **state)
{
    static const char *const unknown[] = {"",
                                          "/api",
                                          "/api/",
                                          "/api/chats/",
                                          "/api/chats/x/",
                                          "/api/chats/x/y",
                                          "/API/chats",
                                          "/api/chats/x/messages/send/",
                                          "//api/chats",
                                          "/api/escalations/x"};
    struct arena *a = arena_new();
    const char *chat, *allow;

    (void)state;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_null(find(a, "GET", unknown[i], &chat, &allow));
        assert_null(allow);
    }
    arena_free(a);
}

static void other_method_finds_nothing_but_all_that_are_allowed(void **state)
{
    struct arena *a = arena_new();
    const char *chat, *allow;

    (void)state;
    assert_null(find(a, "DELETE", "/api/chats", &chat, &allow));
    assert_string_equal(allow, "POST, GET, HEAD, OPTIONS");
    assert_null(find(a, "get", "/api/chats", &chat, &allow));
    assert_non_null(allow);
    arena_free(a);
}

static void head_is_get_except_for_streams(void **state)
{
    struct arena *a = arena_new();
    const char *chat, *allow;

    (void)state;
    assert_non_null(find(a, "HEAD", "/healthz", &chat, &allow));
    assert_null(find(a, "HEAD", "/api/chats/x/events", &chat, &allow));
    assert_string_equal(allow, "GET, OPTIONS");
    assert_null(find(a, "HEAD", "/api/escalations", &chat, &allow));
    arena_free(a);
}

static void every_route_is_found_by_its_own_path(void **state)
{
    struct arena *a = arena_new();
    const char *chat, *allow;

    (void)state;
    for (const struct route *r = route_table(); r->method != NULL; r++)
        assert_ptr_equal(find(a, r->method, r->path, &chat, &allow), r);
    arena_free(a);
}

static void origins_are_compared_whole(void **state)
{
    const char *list = "https://shop.example  http://localhost:3000";

    (void)state;
    assert_true(cors_listed(list, "https://shop.example"));
    assert_true(cors_listed(list, "http://localhost:3000"));
    assert_false(cors_listed(list, "https://shop.exampl"));
    assert_false(cors_listed(list, "https://shop.example.evil"));
    assert_false(cors_listed(list, "http://shop.example"));
    assert_false(cors_listed(list, "https://SHOP.example"));
    assert_false(cors_listed(list, "null"));
    assert_false(cors_listed("*", "https://shop.example"));
    assert_false(cors_listed("", ""));
}

static void origin_of_a_url_has_no_path(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    /* as browsers write it, whatever the configuration has */
    assert_string_equal(cors_origin_of(a, "https://Chat.Example.ORG:443/a"),
                        "https://chat.example.org");
    assert_string_equal(cors_origin_of(a, "http://[::1]:80"), "http://[::1]");
    assert_string_equal(cors_origin_of(a, "http://[::80]"), "http://[::80]");
    assert_string_equal(cors_origin_of(a, "http://chat.example:8080"), "http://chat.example:8080");
    assert_string_equal(cors_origin_of(a, "https://chat.example:80"), "https://chat.example:80");
    assert_string_equal(cors_origin_of(a, "https://chat.example:8443/a/b?c"),
                        "https://chat.example:8443");
    assert_string_equal(cors_origin_of(a, "https://chat.example"), "https://chat.example");
    assert_string_equal(cors_origin_of(a, "chat.example/x"), "");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_with_id_finds_its_route_and_the_id),
        cmocka_unit_test(unknown_paths_have_no_methods),
        cmocka_unit_test(other_method_finds_nothing_but_all_that_are_allowed),
        cmocka_unit_test(head_is_get_except_for_streams),
        cmocka_unit_test(every_route_is_found_by_its_own_path),
        cmocka_unit_test(origins_are_compared_whole),
        cmocka_unit_test(origin_of_a_url_has_no_path),
    };

    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
