#include "component/xml/sift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPEN "<s xmlns='urn:s'>"
#define CUT "<cut xmlns='" NS_CUT "'/>"

/* What comes out for OPEN and text, without OPEN; given whole and in single bytes. */
static void check_sifted(const char *text, size_t len, const char *expected)
{
    for (int single = 0; single < 2; single++) {
        struct sift *s = sift_new();
        struct buf out = {0};

        assert_int_equal(sift_feed(s, OPEN, strlen(OPEN), &out), OK);
        assert_string_equal(buf_str(&out), OPEN);
        buf_clear(&out);
        for (size_t i = 0; single && i < len; i++)
            assert_int_equal(sift_feed(s, text + i, 1, &out), OK);
        if (!single)
            assert_int_equal(sift_feed(s, text, len, &out), OK);
        assert_string_equal(buf_str(&out), expected);
        buf_free(&out);
        sift_free(s);
    }
}

static void check(const char *text, const char *expected)
{
    check_sifted(text, strlen(text), expected);
}

static enum err feed(const char *text)
{
    struct sift *s = sift_new();
    struct buf out = {0};
    enum err e = sift_feed(s, text, strlen(text), &out);

    buf_free(&out);
    sift_free(s);
    return e;
}

/* <m> with n times open, then fill, then n times close. */
static void fill_message(struct buf *b, const char *open, size_t n, const char *fill,
                         const char *close)
{
    buf_puts(b, "<m>");
    for (size_t i = 0; i < n; i++)
        buf_puts(b, open);
    buf_puts(b, fill);
    for (size_t i = 0; i < n; i++)
        buf_puts(b, close);
    buf_puts(b, "</m>");
}

static void ordinary_stanzas_pass_unchanged(void **state)
{
    static const char text[] =
        "<message a='1' b=\"2>'\" ><body>a &lt; b \xc3\xa9\n</body><x/></message>"
        "<iq><q xmlns='urn:q' /></iq></s>";

    (void)state;
    check(text, "<message a='1' b=\"2>'\"><body>a &lt; b \xc3\xa9\n</body><x/></message>"
                "<iq><q xmlns='urn:q'/></iq></s>");
}

static void declaration_before_the_stream_passes(void **state)
{
    (void)state;
    assert_int_equal(feed("<?xml version='1.0'?> <s>"), OK);
    assert_int_equal(feed("<s><?xml version='1.0'?>"), ERR_INVALID);
    assert_int_equal(feed("<?php ?>"), ERR_INVALID);
}

static void space_between_stanzas_is_dropped(void **state)
{
    (void)state;
    check(" <a> </a>\n\n<b/> ", "<a> </a><b/>");
}

static void attributes_with_a_prefix_are_taken_out(void **state)
{
    (void)state;
    check("<m from='a' xmlns:x='urn:x' x:from='b' xml:lang='de' xml:from=\"c\" y:z = 'd'>"
          "<e x:f='1'/></m>",
          "<m from='a' xmlns:x='urn:x' xml:lang='de'><e/></m>");
}

static void prefix_inside_a_value_is_no_prefix(void **state)
{
    (void)state;
    check("<m a=' x:from=\"b\" '/>", "<m a=' x:from=\"b\" '/>");
}

static void character_data_section_becomes_text(void **state)
{
    (void)state;
    check("<m><![CDATA[a<b>&]]]]]>&amp;</m>", "<m>a&lt;b&gt;&amp;]]]&amp;</m>");
    check("<m><![CDATA[]]></m>", "<m></m>");
    check("<m><![CDATA[a]b]>c]]></m>", "<m>a]b]&gt;c</m>");
}

static void restricted_xml_is_refused(void **state)
{
    (void)state;
    assert_int_equal(feed("<!DOCTYPE x>"), ERR_INVALID);
    assert_int_equal(feed("<s><!ENTITY a 'b'>"), ERR_INVALID);
    assert_int_equal(feed("<s><m><!-- no --></m>"), ERR_INVALID);
    assert_int_equal(feed("<s><m><?do it?></m>"), ERR_INVALID);
    assert_int_equal(feed("<s><![CDATA[between]]>"), ERR_INVALID);
}

static void what_is_no_xml_is_refused(void **state)
{
    static const char *const bad[] = {
        "<s><m a></m>",        "<s><m a=1></m>", "<s><m a='1'/b></m>", "<s><m ='1'></m>",
        "<s><m a='1' <b></m>", "<s></s></s>",    "<s></s><s>",         "<s><m / ></m>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (feed(bad[i]) != ERR_INVALID)
            fail_msg("accepted: %s", bad[i]);
}

static void zero_byte_in_a_tag_is_refused(void **state)
{
    static const char bad[] = "<s><m a='1\0' x:from='2'>";
    struct sift *s = sift_new();
    struct buf out = {0};

    (void)state;
    assert_int_equal(sift_feed(s, bad, sizeof(bad) - 1, &out), ERR_INVALID);
    buf_free(&out);
    sift_free(s);
}

static void deepest_allowed_stanza_passes(void **state)
{
    struct buf b = {0};

    (void)state;
    fill_message(&b, "<a>", STANZA_DEPTH_MAX - 1, "x", "</a>");
    check_sifted(b.data, b.len, b.data);
    buf_free(&b);
}

static void stanza_too_deep_is_cut_and_the_next_one_passes(void **state)
{
    struct buf in = {0}, expected = {0};

    (void)state;
    fill_message(&in, "<a>", 1000, "x<b/>", "</a>");
    buf_puts(&in, "<n/>");
    fill_message(&expected, "<a>", STANZA_DEPTH_MAX - 1, CUT, "</a>");
    buf_puts(&expected, "<n/>");
    check_sifted(in.data, in.len, expected.data);
    buf_free(&in);
    buf_free(&expected);
}

/* True when <m> full of n times text ends with the mark. */
static bool is_cut(const char *text, size_t n)
{
    static const char end[] = CUT "</m>";
    struct buf in = {0}, out = {0};
    struct sift *s = sift_new();
    bool cut;

    assert_int_equal(sift_feed(s, OPEN, strlen(OPEN), &out), OK);
    fill_message(&in, text, n, "", "");
    assert_int_equal(sift_feed(s, in.data, in.len, &out), OK);
    cut = strcmp(out.data + out.len - strlen(end), end) == 0;
    buf_clear(&out);
    assert_int_equal(sift_feed(s, "<n/>", 4, &out), OK);
    assert_string_equal(buf_str(&out), "<n/>");
    buf_free(&in);
    buf_free(&out);
    sift_free(s);
    return cut;
}

static void stanza_too_long_is_cut_and_the_next_one_passes(void **state)
{
    (void)state;
    assert_false(is_cut("0123456789abcdef", STANZA_BYTES_MAX / 16 - 1));
    assert_true(is_cut("0123456789abcdef", STANZA_BYTES_MAX / 16));
}

static void start_tag_too_long_leaves_the_mark_alone(void **state)
{
    struct buf in = {0};

    (void)state;
    buf_puts(&in, "<m a='");
    for (int i = 0; i < STANZA_BYTES_MAX / 16; i++)
        buf_puts(&in, "0123456789abcdef");
    buf_puts(&in, ">'><x/>text</m><n/>");
    check_sifted(in.data, in.len, CUT "<n/>");
    buf_free(&in);
}

#define FOUR "<a><b/><b/><b/></a>"

static void stanza_with_too_many_elements_is_cut(void **state)
{
    struct buf in = {0}, expected = {0};

    (void)state;
    fill_message(&in, FOUR, STANZA_NODES_MAX / 4, "", "");
    fill_message(&expected, FOUR, STANZA_NODES_MAX / 4 - 1, "<a><b/><b/>" CUT "</a>", "");
    check_sifted(in.data, in.len, expected.data);
    buf_free(&in);
    buf_free(&expected);
}

/* One behind the other, 0 + 1 + … + (n - 1) steps. */
#define CHILDREN_MAX 1448

static void element_with_too_many_children_is_cut(void **state)
{
    static const char *const open[] = {"<a/>", "<a>x</a>", "<a/>x"};
    static const size_t each[] = {1, 1, 2};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_false(is_cut(open[i], CHILDREN_MAX / each[i]));
        assert_true(is_cut(open[i], CHILDREN_MAX / each[i] + 1));
    }
    assert_false(is_cut("<a><b/><b/></a>", CHILDREN_MAX - 200));
}

static void element_with_too_many_attributes_is_cut(void **state)
{
    struct buf in = {0};

    (void)state;
    buf_puts(&in, "<m><e");
    for (int i = 0; i <= SIFT_ATTRS_MAX; i++)
        buf_printf(&in, " a%d=''", i);
    buf_puts(&in, ">x</e>y</m><n/>");
    check_sifted(in.data, in.len, "<m>" CUT "</m><n/>");
    buf_free(&in);
}

static void text_too_costly_for_the_parser_is_cut(void **state)
{
    (void)state;
    assert_true(is_cut("\n", 100000));
    assert_true(is_cut("&lt;", 60000));
}

static void longest_body_of_references_passes(void **state)
{
    (void)state;
    assert_false(is_cut("&amp;", 16384));
    assert_false(is_cut("&#x1F600;", 16384));
    assert_false(is_cut("\n", 16384));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_stanzas_pass_unchanged),
        cmocka_unit_test(declaration_before_the_stream_passes),
        cmocka_unit_test(space_between_stanzas_is_dropped),
        cmocka_unit_test(attributes_with_a_prefix_are_taken_out),
        cmocka_unit_test(prefix_inside_a_value_is_no_prefix),
        cmocka_unit_test(character_data_section_becomes_text),
        cmocka_unit_test(restricted_xml_is_refused),
        cmocka_unit_test(what_is_no_xml_is_refused),
        cmocka_unit_test(zero_byte_in_a_tag_is_refused),
        cmocka_unit_test(deepest_allowed_stanza_passes),
        cmocka_unit_test(stanza_too_deep_is_cut_and_the_next_one_passes),
        cmocka_unit_test(stanza_too_long_is_cut_and_the_next_one_passes),
        cmocka_unit_test(start_tag_too_long_leaves_the_mark_alone),
        cmocka_unit_test(stanza_with_too_many_elements_is_cut),
        cmocka_unit_test(element_with_too_many_children_is_cut),
        cmocka_unit_test(element_with_too_many_attributes_is_cut),
        cmocka_unit_test(text_too_costly_for_the_parser_is_cut),
        cmocka_unit_test(longest_body_of_references_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
