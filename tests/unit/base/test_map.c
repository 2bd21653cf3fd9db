#include "core/base/map.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int one = 1, two = 2, three = 3;

static int start(void **state)
{
    if (crypto_init() != OK)
        return -1;
    *state = map_new();
    return 0;
}

static int stop(void **state)
{
    map_free(*state);
    return 0;
}

static void missing_key_gives_null(void **state)
{
    map_set(*state, "abc", &one);
    assert_null(map_get(*state, "ab"));
    assert_null(map_get(*state, "abcd"));
    assert_null(map_get(*state, ""));
    assert_null(map_take(*state, "x"));
}

static void same_key_is_replaced(void **state)
{
    map_set(*state, "", &one);
    map_set(*state, "", &two);
    assert_ptr_equal(map_get(*state, ""), &two);
    assert_int_equal(map_count(*state), 1);
}

static void key_is_copied(void **state)
{
    char key[] = "alice";

    map_set(*state, key, &one);
    key[0] = 'X';
    assert_ptr_equal(map_get(*state, "alice"), &one);
}

static void taken_key_is_gone(void **state)
{
    map_set(*state, "a", &one);
    map_set(*state, "b", &two);
    assert_ptr_equal(map_take(*state, "a"), &one);
    assert_null(map_get(*state, "a"));
    assert_ptr_equal(map_get(*state, "b"), &two);
    assert_int_equal(map_count(*state), 1);
}

static bool collect(void *ctx, const char *key, void *value)
{
    (void)value;
    buf_puts(ctx, key);
    return strcmp(key, "stop") != 0;
}

static void each_goes_in_order_of_insertion_until_false(void **state)
{
    struct buf seen = {0};

    map_set(*state, "c", &one);
    map_set(*state, "a", &two);
    map_set(*state, "b", &three);
    map_set(*state, "a", &one);
    map_set(*state, "stop", &one);
    map_set(*state, "never", &one);
    map_each(*state, collect, &seen);
    assert_string_equal(buf_str(&seen), "cabstop");
    buf_free(&seen);
}

static bool take_it(void *ctx, const char *key, void *value)
{
    char *copy = mem_dup(key);

    assert_ptr_equal(map_take(ctx, copy), value);
    free(copy);
    return true;
}

static void each_may_take_its_pair(void **state)
{
    map_set(*state, "a", &one);
    map_set(*state, "b", &two);
    map_set(*state, "c", &three);
    map_each(*state, take_it, *state);
    assert_int_equal(map_count(*state), 0);
    map_set(*state, "d", &one);
    assert_ptr_equal(map_get(*state, "d"), &one);
}

static void many_keys_are_all_found(void **state)
{
    static int values[20000];
    struct arena *a = arena_new();

    for (int i = 0; i < 20000; i++)
        map_set(*state, arena_printf(a, "key-%d", i), &values[i]);
    assert_int_equal(map_count(*state), 20000);
    for (int i = 0; i < 20000; i++)
        assert_ptr_equal(map_get(*state, arena_printf(a, "key-%d", i)), &values[i]);
    arena_free(a);
}

static void free_of_null_is_allowed(void **state)
{
    (void)state;
    map_free(NULL);
}

#define WITH_MAP(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MAP(missing_key_gives_null),
        WITH_MAP(same_key_is_replaced),
        WITH_MAP(key_is_copied),
        WITH_MAP(taken_key_is_gone),
        WITH_MAP(each_goes_in_order_of_insertion_until_false),
        WITH_MAP(each_may_take_its_pair),
        WITH_MAP(many_keys_are_all_found),
        cmocka_unit_test(free_of_null_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
