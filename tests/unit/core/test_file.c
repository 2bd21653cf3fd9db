#include "core/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define IN_ARENA(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define BASE "https://chat.example.org"
#define ID "abcdefghijklmnopqrstuvwxyz"

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void name_is_harmless_whatever_was_wished(void **state)
{
    static const char *const all[][2] = {
        {"a b.png", "a b.png"},
        {"tr\xc3\xa8s.png", "tr\xc3\xa8s.png"},
        {"../../etc/passwd", ".._.._etc_passwd"},
        {"a\\b", "a_b"},
        {"a\nb\x7f", "ab"},
        {"a\xe2\x80\xaegnp.exe", "agnp.exe"}, /* U+202E turns what follows round */
        {"\xff.png", "\xef\xbf\xbd.png"},
        {"", "file"},
        {".", "file"},
        {" .. ", "file"},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        assert_string_equal(file_name(*state, all[i][0]), all[i][1]);
}

static void long_name_keeps_its_end_and_whole_characters(void **state)
{
    char wish[2 * FILE_NAME_MAX + 8];
    const char *name;

    for (size_t i = 0; i < FILE_NAME_MAX; i++)
        memcpy(wish + 2 * i, "\xc3\xa8", 2);
    strncpy(wish + (size_t)2 * FILE_NAME_MAX, ".png", 5);
    name = file_name(*state, wish);
    assert_int_equal(strlen(name), FILE_NAME_MAX);
    assert_memory_equal(name, "\xc3\xa8", 2);
    assert_string_equal(name + FILE_NAME_MAX - 4, ".png");
    strncpy(wish + (size_t)2 * FILE_NAME_MAX, ".jpeg", 6);
    assert_int_equal(strlen(file_name(*state, wish)), FILE_NAME_MAX - 1);
}

static void address_goes_there_and_back(void **state)
{
    struct file f = {.id = ID, .name = "a/b? \xc3\xa8%.png"};
    const char *url = file_url(*state, BASE, &f);
    char id[ID_LEN + 1] = "";

    assert_string_equal(url, BASE "/files/" ID "/a%2Fb%3F%20%C3%A8%25.png");
    assert_true(file_of_url(BASE, url, id));
    assert_string_equal(id, ID);
}

static void address_of_others_is_not_ours(void **state)
{
    static const char *const all[] = {
        "",
        BASE,
        BASE "/files/",
        BASE "/files/" ID,
        BASE "/files/" ID "/",
        BASE "/files/ABCDEFGHIJKLMNOPQRSTUVWXYZ/a",
        BASE "/files/" ID "x/a",
        BASE "/other/" ID "/a",
        "https://chat.example.org.evil.example/files/" ID "/a",
        "http://chat.example.org/files/" ID "/a",
    };
    char id[ID_LEN + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        assert_false(file_of_url(BASE, all[i], id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ARENA(name_is_harmless_whatever_was_wished),
        IN_ARENA(long_name_keeps_its_end_and_whole_characters),
        IN_ARENA(address_goes_there_and_back),
        IN_ARENA(address_of_others_is_not_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
