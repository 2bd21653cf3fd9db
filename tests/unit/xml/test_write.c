#include "component/xml/xml.h"

#include "core/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FFFD "\xef\xbf\xbd"

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

static void check_written(const struct xml *x, const char *expected)
{
    struct buf b = {0};

    xml_write(&b, x, NS_CLIENT);
    assert_string_equal(buf_str(&b), expected);
    buf_free(&b);
}

static void empty_stanza_is_one_tag_without_namespace(void **state)
{
    struct xml *x = xml_new(*state, "presence", NS_CLIENT);

    xml_attr(*state, x, "from", "a@b");
    xml_attr(*state, x, "type", NULL);
    check_written(x, "<presence from='a@b'/>");
}

static void namespace_is_written_where_it_changes(void **state)
{
    struct arena *a = *state;
    struct xml *x = xml_new(a, "iq", NS_CLIENT), *q = xml_child(a, x, "query", "urn:q");

    xml_child(a, q, "item", NULL);
    xml_child(a, q, "body", NS_CLIENT);
    xml_child(a, x, "error", NULL);
    check_written(x, "<iq><query xmlns='urn:q'><item/><body xmlns='jabber:client'/></query>"
                     "<error/></iq>");
}

static void markup_is_escaped_in_text_and_attributes(void **state)
{
    struct xml *x = xml_new(*state, "m", NS_CLIENT);

    xml_attr(*state, x, "a", "<&>\"'");
    xml_text(*state, x, "<&>\"' ]]>");
    check_written(x, "<m a='&lt;&amp;&gt;&quot;&apos;'>&lt;&amp;&gt;\"' ]]&gt;</m>");
}

static void line_ends_survive_as_references(void **state)
{
    struct xml *x = xml_new(*state, "m", NS_CLIENT);

    xml_attr(*state, x, "a", "1\r2\n3\t4");
    xml_text(*state, x, "1\r2\n3\t4");
    check_written(x, "<m a='1&#xD;2&#xA;3&#x9;4'>1&#xD;2\n3\t4</m>");
}

static void forbidden_characters_become_replacement_in_text_and_attributes(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a\x01z", "a" FFFD "z"},
        {"a\x1fz", "a" FFFD "z"},
        {"a\x7fz", "a\x7fz"},
        {"a\xef\xbf\xbez", "a" FFFD "z"},
        {"a\xef\xbf\xbfz", "a" FFFD "z"},
        {"a\xef\xbf\xbdz", "a" FFFD "z"},
        {"a\xed\xa0\x80z", "a" FFFD FFFD FFFD "z"}, /* surrogate */
        {"a\xc0\xafz", "a" FFFD FFFD "z"},          /* overlong */
        {"a\xe0\x80\xafz", "a" FFFD FFFD FFFD "z"},
        {"a\xf4\x90\x80\x80z", "a" FFFD FFFD FFFD FFFD "z"}, /* above U+10FFFF */
        {"a\x80z", "a" FFFD "z"},
        {"a\xe2\x82z", "a" FFFD "z"}, /* cut short */
        {"a\xf0\x9f\x98", "a" FFFD},
        {"a\xff", "a" FFFD},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    };
    struct arena *a = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xml *x = xml_new(a, "m", NS_CLIENT);

        xml_attr(a, x, "a", rows[i].in);
        xml_text(a, x, rows[i].in);
        check_written(x, arena_printf(a, "<m a='%s'>%s</m>", rows[i].out, rows[i].out));
    }
}

static void any_two_bytes_are_written_as_xml_characters(void **state)
{
    struct arena *a = *state;
    struct buf b = {0};
    char text[4] = {0};

    for (unsigned i = 0; i < 0x10000; i++) {
        struct xml x = {.name = "m", .ns = NS_CLIENT};
        struct xml run = {.text = text};
        struct xml_attr at = {"a", text, NULL};

        text[0] = (char)(i >> 8);
        text[1] = (char)i;
        x.attrs = &at;
        x.children = x.last = &run;
        buf_clear(&b);
        xml_write(&b, &x, NS_CLIENT);
        if (!text_ok(b.data, b.len))
            fail_msg("bytes %04x", i);
    }
    buf_free(&b);
    (void)a;
}

static void same_attribute_again_replaces_the_value(void **state)
{
    struct xml *x = xml_new(*state, "m", NS_CLIENT);

    xml_attr(*state, x, "a", "1");
    xml_attr(*state, x, "b", "2");
    xml_attr(*state, x, "a", "3");
    check_written(x, "<m a='3' b='2'/>");
}

static void raw_text_below_a_stanza_is_written_as_it_is(void **state)
{
    struct xml *x = xml_new(*state, "message", NS_CLIENT);

    xml_raw(*state, x, "<body>a&amp;b</body><x xmlns='urn:x'/>");
    check_written(x, "<message><body>a&amp;b</body><x xmlns='urn:x'/></message>");
}

static void raw_text_below_another_namespace_gets_its_own(void **state)
{
    struct xml *x = xml_new(*state, "forwarded", "urn:f");

    xml_raw(*state, x,
            "<message to='a'><body>1 / 2</body><y/></message>t<x xmlns='urn:x'><z/></x><empty/>");
    check_written(x, "<forwarded xmlns='urn:f'><message xmlns='jabber:client' to='a'>"
                     "<body>1 / 2</body><y/></message>t<x xmlns='urn:x'><z/></x>"
                     "<empty xmlns='jabber:client'/></forwarded>");
}

static void copy_is_written_alike_and_has_no_siblings(void **state)
{
    struct arena *a = *state, *other = arena_new();
    struct xml *x = xml_new(a, "m", NS_CLIENT), *c = xml_child(a, x, "c", "urn:c"), *copy;

    xml_attr(a, c, "k", "v");
    xml_text(a, c, "t");
    xml_raw(a, c, "<r/>");
    xml_child(a, x, "d", NULL);
    copy = xml_copy(other, c);
    assert_null(copy->next);
    check_written(copy, "<c xmlns='urn:c' k='v'>t<r xmlns='jabber:client'/></c>");
    arena_free(other);
}

static void find_matches_name_and_namespace(void **state)
{
    struct arena *a = *state;
    struct xml *x = xml_new(a, "m", NS_CLIENT), *b1, *b2, *o;

    xml_text(a, x, "text");
    b1 = xml_child(a, x, "b", NULL);
    o = xml_child(a, x, "b", "urn:o");
    b2 = xml_child_text(a, x, "b", NULL, "");
    assert_ptr_equal(xml_find(x, "b", NS_CLIENT), b1);
    assert_ptr_equal(xml_find_next(b1, "b", NS_CLIENT), b2);
    assert_ptr_equal(xml_find(x, NULL, "urn:o"), o);
    assert_ptr_equal(xml_find(x, NULL, NULL), b1);
    assert_null(xml_find(x, "c", NULL));
    assert_null(xml_find_next(b2, NULL, NULL));
}

static void content_joins_text_around_elements(void **state)
{
    struct arena *a = *state;
    struct xml *x = xml_new(a, "m", NS_CLIENT);

    assert_string_equal(xml_content(a, x), "");
    xml_text(a, x, "one ");
    xml_child_text(a, x, "b", NULL, "not this");
    xml_text(a, x, "two");
    assert_string_equal(xml_content(a, x), "one two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(empty_stanza_is_one_tag_without_namespace, setup, teardown),
        cmocka_unit_test_setup_teardown(namespace_is_written_where_it_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(markup_is_escaped_in_text_and_attributes, setup, teardown),
        cmocka_unit_test_setup_teardown(line_ends_survive_as_references, setup, teardown),
        cmocka_unit_test_setup_teardown(
            forbidden_characters_become_replacement_in_text_and_attributes, setup, teardown),
        cmocka_unit_test_setup_teardown(any_two_bytes_are_written_as_xml_characters, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(same_attribute_again_replaces_the_value, setup, teardown),
        cmocka_unit_test_setup_teardown(raw_text_below_a_stanza_is_written_as_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(raw_text_below_another_namespace_gets_its_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(copy_is_written_alike_and_has_no_siblings, setup, teardown),
        cmocka_unit_test_setup_teardown(find_matches_name_and_namespace, setup, teardown),
        cmocka_unit_test_setup_teardown(content_joins_text_around_elements, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
