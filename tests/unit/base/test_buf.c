#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void fresh_buf_is_an_empty_string(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_string_equal(buf_str(&b), "");
    buf_clear(&b);
    buf_free(&b);
}

static void puts_are_joined_and_ended(void **state)
{
    struct buf b = {0};

    (void)state;
    for (int i = 0; i < 100; i++) {
        buf_puts(&b, "ab");
        buf_putc(&b, 'c');
        buf_put(&b, "de", 2);
        assert_int_equal(b.data[b.len], 0);
    }
    assert_int_equal(b.len, 500);
    assert_memory_equal(b.data + 495, "abcde", 6);
    buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
}

static void clear_gives_back_what_is_much(void **state)
{
    struct buf b = {0};
    char *kept;

    (void)state;
    buf_clear(&b);
    assert_string_equal(buf_str(&b), "");
    buf_puts(&b, "little");
    kept = b.data;
    buf_clear(&b);
    assert_ptr_equal(b.data, kept);
    assert_string_equal(buf_str(&b), "");
    buf_reserve(&b, 1 << 20);
    buf_clear(&b);
    assert_null(b.data);
    buf_puts(&b, "again");
    assert_string_equal(buf_str(&b), "again");
    buf_free(&b);
}

static void put_of_nothing_leaves_an_empty_string(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put(&b, NULL, 0);
    assert_string_equal(buf_str(&b), "");
    buf_free(&b);
}

static void printf_appends_at_each_length(void **state)
{
    (void)state;
    for (int n = 1; n < 300; n++) {
        struct buf b = {0};

        buf_puts(&b, "x");
        buf_printf(&b, "%0*d", n, 5);
        assert_int_equal(b.len, n + 1);
        assert_int_equal(b.data[n], '5');
        assert_int_equal(b.data[n + 1], 0);
        buf_free(&b);
    }
}

static void consume_drops_the_front(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_puts(&b, "hello");
    buf_consume(&b, 2);
    assert_string_equal(buf_str(&b), "llo");
    buf_consume(&b, 3);
    assert_string_equal(buf_str(&b), "");
    buf_puts(&b, "again");
    assert_string_equal(buf_str(&b), "again");
    buf_reserve(&b, 1 << 20);
    buf_consume(&b, 4);
    assert_string_equal(buf_str(&b), "n");
    buf_consume(&b, 1);
    assert_null(b.data);
    buf_free(&b);
}

static void reserved_room_is_filled_without_a_move(void **state)
{
    struct buf b = {0};
    const char *where;

    (void)state;
    buf_reserve(&b, 1000);
    where = b.data;
    for (int i = 0; i < 1000; i++)
        buf_putc(&b, 'x');
    assert_ptr_equal(b.data, where);
    buf_clear(&b);
    assert_ptr_equal(b.data, where);
    assert_string_equal(buf_str(&b), "");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_buf_is_an_empty_string),
        cmocka_unit_test(puts_are_joined_and_ended),
        cmocka_unit_test(clear_gives_back_what_is_much),
        cmocka_unit_test(put_of_nothing_leaves_an_empty_string),
        cmocka_unit_test(printf_appends_at_each_length),
        cmocka_unit_test(consume_drops_the_front),
        cmocka_unit_test(reserved_room_is_filled_without_a_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
