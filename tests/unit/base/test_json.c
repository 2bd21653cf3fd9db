#include "core/base/json.h"

#include "core/base/buf.h"
#include "core/base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json *parse(const char *s)
{
    struct json *j = NULL;

    assert_int_equal(json_parse(s, strlen(s), &j), OK);
    assert_non_null(j);
    return j;
}

static enum err refusal(const char *s, size_t len)
{
    /* Of exactly its size, so that the sanitizer sees a step beyond. */
    char *copy = memcpy(mem_alloc(len), s, len);
    struct json *j = NULL;
    enum err e = json_parse(copy, len, &j);

    free(copy);
    assert_null(j);
    return e;
}

static void assert_invalid(const char *s)
{
    if (refusal(s, strlen(s)) != ERR_INVALID)
        fail_msg("not ERR_INVALID: %s", s);
}

static void assert_text(const char *s)
{
    if (refusal(s, strlen(s)) != ERR_TEXT)
        fail_msg("not ERR_TEXT: %s", s);
}

static void values_of_each_type_are_read(void **state)
{
    struct json *j = parse(" {\"s\":\"é\\n\\u00e9\\ud83d\\ude00\",\"i\":-12,\"b\":true,\"n\":null,"
                           "\"a\":[1,\"two\"],\"o\":{},\"f\":1.5e3} \r\n");
    const char *s = "x";
    int64_t i = 0;
    bool b = false;

    (void)state;
    assert_true(json_is_object(j));
    assert_int_equal(json_get_str(j, "s", &s), OK);
    assert_string_equal(s, "é\né😀");
    assert_int_equal(json_get_int(j, "i", &i), OK);
    assert_int_equal(i, -12);
    assert_int_equal(json_get_int(j, "f", &i), OK);
    assert_int_equal(i, 1500);
    assert_int_equal(json_get_bool(j, "b", &b), OK);
    assert_true(b);
    assert_int_equal(json_len(json_get(j, "a")), 2);
    assert_string_equal(json_str(json_at(json_get(j, "a"), 1)), "two");
    assert_null(json_str(json_at(json_get(j, "a"), 0)));
    assert_null(json_at(json_get(j, "a"), 2));
    assert_true(json_is_object(json_get(j, "o")));
    json_free(j);
}

static void missing_and_null_members_leave_numbers_alone(void **state)
{
    struct json *j = parse("{\"n\":null}");
    const char *s = "x";
    int64_t i = 7;
    bool b = true;

    (void)state;
    assert_false(json_has(j, "n"));
    assert_non_null(json_get(j, "n"));
    assert_null(json_get(j, "m"));
    assert_int_equal(json_get_str(j, "n", &s), OK);
    assert_null(s);
    s = "x";
    assert_int_equal(json_get_str(j, "m", &s), OK);
    assert_null(s);
    assert_int_equal(json_get_int(j, "n", &i), OK);
    assert_int_equal(json_get_int(j, "m", &i), OK);
    assert_int_equal(i, 7);
    assert_int_equal(json_get_bool(j, "m", &b), OK);
    assert_true(b);
    json_free(j);
}

static void member_of_another_type_is_invalid(void **state)
{
    struct json *j = parse("{\"s\":\"1\",\"i\":1,\"b\":true,\"f\":1.5,\"big\":1e300,"
                           "\"edge\":9007199254740992,\"most\":-9007199254740991}");
    const char *s = "x";
    int64_t i = 7;
    bool b = false;

    (void)state;
    assert_int_equal(json_get_str(j, "i", &s), ERR_INVALID);
    assert_int_equal(json_get_int(j, "s", &i), ERR_INVALID);
    assert_int_equal(json_get_int(j, "b", &i), ERR_INVALID);
    assert_int_equal(json_get_int(j, "f", &i), ERR_INVALID);
    assert_int_equal(json_get_int(j, "big", &i), ERR_INVALID);
    assert_int_equal(json_get_int(j, "edge", &i), ERR_INVALID);
    assert_int_equal(json_get_bool(j, "i", &b), ERR_INVALID);
    assert_int_equal(i, 7);
    assert_int_equal(json_get_int(j, "most", &i), OK);
    assert_int_equal(i, -9007199254740991);
    json_free(j);
}

static void names_are_compared_exactly(void **state)
{
    struct json *j = parse("{\"Text\":1,\"text\":2}");
    int64_t i = 0;

    (void)state;
    assert_int_equal(json_get_int(j, "text", &i), OK);
    assert_int_equal(i, 2);
    assert_false(json_has(j, "TEXT"));
    json_free(j);
}

static void readers_take_trees_of_another_type(void **state)
{
    struct json *j = parse("[1]");
    const char *s = "x";

    (void)state;
    assert_false(json_is_object(j));
    assert_false(json_has(j, "a"));
    assert_null(json_get(j, "a"));
    assert_int_equal(json_get_str(j, "a", &s), OK);
    assert_null(s);
    assert_int_equal(json_len(NULL), 0);
    assert_null(json_at(NULL, 0));
    assert_null(json_str(NULL));
    json_free(j);
    json_free(NULL);
}

static void malformed_text_is_invalid(void **state)
{
    const char *bad[] = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x10",
        "NaN",
        "Infinity",
        "tru",
        "nullx",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\",
        "{} x",
        "{}{}",
        "[1]]",
        "\"a\nb\"",
        "\"a\tb\"",
        "//\n1",
        "/**/1",
        "\ufeff{}",
        "\"\\ud83d\\u12\"",
        "{\"a\":}",
        "{1:1}",
        "[",
        "{\"a\":1",
        "{\"a\"",
        "\"",
        "--1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_invalid(bad[i]);
}

static void forbidden_characters_are_refused_raw_and_escaped(void **state)
{
    const char *bad[] = {
        "\"\\u0000\"",
        "\"\\u0001\"",
        "\"\\u001f\"",
        "\"\\b\"",
        "\"\\f\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ufffe\"",
        "\"\\uFFFF\"",
        "\"\\ud800x\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ud83d\\n\"",
        "\"\xff\"",
        "\"\xed\xa0\x80\"",
        "\"\x01\"",
        "\"\xef\xbf\xbf\"",
        "{\"\\u0000\":1}",
        "\x01",
        "\v1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_text(bad[i]);
    assert_int_equal(refusal("{}\0", 3), ERR_TEXT);
    assert_int_equal(refusal("\"a\0b\"", 5), ERR_TEXT);
}

static void duplicate_members_are_invalid_at_each_size(void **state)
{
    struct buf b = {0};
    struct json *j = NULL;

    (void)state;
    assert_invalid("{\"a\":1,\"a\":1}");
    assert_invalid("{\"a\":1,\"\\u0061\":2}");
    assert_invalid("[{\"b\":{\"a\":1,\"x\":2,\"a\":3}}]");
    buf_puts(&b, "{\"first\":0");
    for (int i = 0; i < 40; i++)
        buf_printf(&b, ",\"m%d\":0", i);
    buf_putc(&b, '}');
    assert_int_equal(json_parse(b.data, b.len, &j), OK);
    json_free(j);
    b.len--;
    buf_puts(&b, ",\"first\":1}");
    assert_invalid(b.data);
    buf_free(&b);
}

static void nested(struct buf *b, int levels)
{
    buf_clear(b);
    for (int i = 0; i < levels; i++)
        buf_puts(b, i % 2 ? "[" : "{\"a\":");
    buf_putc(b, '1');
    for (int i = levels - 1; i >= 0; i--)
        buf_putc(b, i % 2 ? ']' : '}');
}

static void deeper_than_32_levels_is_invalid(void **state)
{
    struct buf b = {0};
    struct json *j = NULL;

    (void)state;
    nested(&b, 32);
    assert_int_equal(json_parse(b.data, b.len, &j), OK);
    json_free(j);
    nested(&b, 33);
    assert_invalid(b.data);
    nested(&b, 100000);
    assert_invalid(b.data);
    buf_clear(&b);
    for (int i = 0; i < 100; i++)
        buf_puts(&b, i == 0 ? "[{},[]" : ",{\"a\":[]}");
    buf_putc(&b, ']');
    assert_int_equal(json_parse(b.data, b.len, &j), OK);
    json_free(j);
    buf_free(&b);
}

static void text_is_not_read_beyond_its_length(void **state)
{
    struct json *j = NULL;

    (void)state;
    assert_int_equal(json_parse("12", 1, &j), OK);
    json_free(j);
    assert_int_equal(refusal("{\"a\":1}", 6), ERR_INVALID);
    assert_int_equal(refusal("true", 3), ERR_INVALID);
}

static void built_tree_prints_on_one_line(void **state)
{
    struct arena *a = arena_new();
    struct json *o = json_object(), *items = json_array();

    (void)state;
    json_put_str(o, "s", "a\"\\\n\té");
    json_put_str(o, "none", NULL);
    json_put_int(o, "i", 1769903999123);
    json_put_int(o, "most", 9007199254740991);
    json_put_bool(o, "b", false);
    json_put_null(o, "n");
    json_add_str(items, "x");
    json_add(items, json_object());
    json_put(o, "items", items);
    json_put_raw(o, "raw", "{\"k\":[1]}");
    json_put_raw(o, "nothing", "");
    assert_string_equal(json_print(a, o),
                        "{\"s\":\"a\\\"\\\\\\n\\té\",\"none\":null,\"i\":1769903999123,"
                        "\"most\":9007199254740991,\"b\":false,\"n\":null,\"items\":[\"x\",{}],"
                        "\"raw\":{\"k\":[1]}}");
    json_free(o);
    arena_free(a);
}

static void text_of_any_length_is_printed_whole(void **state)
{
    static const size_t lengths[] = {1, 65530, 65533, 65534, 65535, 65536, 200000, 1000000};
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct json *list = json_array();
        char *text = memset(mem_alloc(lengths[i] + 1), 'x', lengths[i]);
        const char *printed;

        json_add_str(list, text);
        printed = json_print(a, list);
        assert_int_equal(strlen(printed), lengths[i] + 4);
        assert_memory_equal(printed, "[\"", 2);
        assert_memory_equal(printed + 2, text, lengths[i]);
        assert_string_equal(printed + 2 + lengths[i], "\"]");
        json_free(list);
        free(text);
    }
    arena_free(a);
}

static void collect(void *ctx, const char *name, const struct json *v)
{
    buf_printf(ctx, "%s=%s;", name, json_str(v));
}

static void each_visits_members_in_order(void **state)
{
    struct json *j = parse("{\"b\":\"1\",\"a\":\"2\"}"), *list = parse("[\"x\"]");
    struct buf seen = {0};

    (void)state;
    json_each(j, collect, &seen);
    json_each(list, collect, &seen);
    assert_string_equal(buf_str(&seen), "b=1;a=2;");
    buf_free(&seen);
    json_free(j);
    json_free(list);
}

static int start(void **state)
{
    (void)state;
    return crypto_init() == OK ? 0 : -1;
}

static void assert_clean(const char *json, const char *want)
{
    struct json *j = NULL;
    const char *s = NULL;

    assert_int_equal(json_parse_clean(json, strlen(json), &j), OK);
    assert_int_equal(json_get_str(j, "a", &s), OK);
    assert_string_equal(s, want);
    json_free(j);
}

#define LOST "\xef\xbf\xbd"

static void cleaning_replaces_what_is_no_text(void **state)
{
    struct json *j = NULL;

    (void)state;
    assert_clean("{\"a\":\"b\\n\\\\\\u00e9\\ud83d\\ude00\"}", "b\n\\é😀");
    assert_clean("{\"a\":\"\xff.\xc3\"}", LOST "." LOST);
    assert_clean("{\"a\":\"\\u0000\\b\\f\\uFFFF\"}", LOST LOST LOST LOST);
    assert_clean("{\"a\":\"\\ud83d\\u0041\\ude00\\ud83d\\n\\ud83d\"}",
                 LOST "A" LOST LOST "\n" LOST);
    assert_int_equal(json_parse_clean("{\"a\":\"\\u00", 9, &j), ERR_INVALID);
    assert_int_equal(json_parse_clean("{\"a\":\"\\", 7, &j), ERR_INVALID);
    assert_int_equal(json_parse_clean("{\"a\":\"\\x\"}", 10, &j), ERR_INVALID);
    assert_int_equal(json_parse_clean("", 0, &j), ERR_INVALID);
    assert_null(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_each_type_are_read),
        cmocka_unit_test(missing_and_null_members_leave_numbers_alone),
        cmocka_unit_test(member_of_another_type_is_invalid),
        cmocka_unit_test(names_are_compared_exactly),
        cmocka_unit_test(readers_take_trees_of_another_type),
        cmocka_unit_test(malformed_text_is_invalid),
        cmocka_unit_test(forbidden_characters_are_refused_raw_and_escaped),
        cmocka_unit_test(duplicate_members_are_invalid_at_each_size),
        cmocka_unit_test(deeper_than_32_levels_is_invalid),
        cmocka_unit_test(text_is_not_read_beyond_its_length),
        cmocka_unit_test(built_tree_prints_on_one_line),
        cmocka_unit_test(text_of_any_length_is_printed_whole),
        cmocka_unit_test(each_visits_members_in_order),
        cmocka_unit_test(cleaning_replaces_what_is_no_text),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
