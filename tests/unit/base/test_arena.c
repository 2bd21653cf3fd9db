#include "core/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void many_sizes_are_zeroed_aligned_and_apart(void **state)
{
    struct arena *a = arena_new();
    unsigned char *pieces[2000];

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        pieces[i] = arena_alloc(a, i);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i & 0xff), i);
    }
    for (size_t i = 0; i < 2000; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], i & 0xff);
    }
    arena_free(a);
}

static void piece_larger_than_a_chunk_keeps_the_chunk_in_use(void **state)
{
    struct arena *a = arena_new();
    char *before = arena_alloc(a, 16);
    char *large = arena_alloc(a, 1 << 20);
    char *after = arena_alloc(a, 16);

    (void)state;
    memset(large, 'x', 1 << 20);
    assert_true(after > before && after - before < 100);
    arena_free(a);
}

static void dup_of_null_is_empty(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    assert_string_equal(arena_dup(a, NULL), "");
    assert_string_equal(arena_dup_len(a, NULL, 0), "");
    arena_free(a);
}

static void dup_len_ends_the_copy(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    assert_string_equal(arena_dup_len(a, "abcdef", 3), "abc");
    assert_string_equal(arena_dup(a, "abc"), "abc");
    arena_free(a);
}

static void printf_longer_than_a_chunk_is_whole(void **state)
{
    struct arena *a = arena_new();
    char *s = arena_printf(a, "%s-%05000d", "x", 7);

    (void)state;
    assert_int_equal(strlen(s), 5002);
    assert_string_equal(s + 4999, "007");
    arena_free(a);
}

static void free_of_null_is_allowed(void **state)
{
    (void)state;
    arena_free(NULL);
}

static void mem_functions_give_usable_memory(void **state)
{
    char *p = mem_alloc(0);
    char *s = mem_dup("abc");
    char *none = mem_dup(NULL);

    (void)state;
    assert_non_null(p);
    s = mem_resize(s, 1000);
    assert_string_equal(s, "abc");
    assert_string_equal(none, "");
    free(p);
    free(s);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_sizes_are_zeroed_aligned_and_apart),
        cmocka_unit_test(piece_larger_than_a_chunk_keeps_the_chunk_in_use),
        cmocka_unit_test(dup_of_null_is_empty),
        cmocka_unit_test(dup_len_ends_the_copy),
        cmocka_unit_test(printf_longer_than_a_chunk_is_whole),
        cmocka_unit_test(free_of_null_is_allowed),
        cmocka_unit_test(mem_functions_give_usable_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
