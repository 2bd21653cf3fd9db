#include "component/xml/jid.h"

#include "core/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LAST 0x10000 /* beyond are hardly any that are changed */

static void put_utf8(char out[5], unsigned c)
{
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
    } else {
        out[0] = (char)(0xf0 | c >> 18);
        out[1] = (char)(0x80 | (c >> 12 & 0x3f));
        out[2] = (char)(0x80 | (c >> 6 & 0x3f));
        out[3] = (char)(0x80 | (c & 0x3f));
    }
}

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

static void full_address_gives_prepared_parts(void **state)
{
    struct jid j;

    assert_int_equal(jid_parse(*state, "Ann@Example.ORG/Phone@home/2", &j), OK);
    assert_string_equal(j.local, "ann");
    assert_string_equal(j.domain, "example.org");
    assert_string_equal(j.resource, "Phone@home/2");
    assert_string_equal(j.bare, "ann@example.org");
    assert_string_equal(j.full, "ann@example.org/Phone@home/2");
}

static void domain_alone_has_empty_parts(void **state)
{
    struct jid j;

    assert_int_equal(jid_parse(*state, "example.org.", &j), OK);
    assert_string_equal(j.local, "");
    assert_string_equal(j.resource, "");
    assert_string_equal(j.bare, "example.org");
    assert_string_equal(j.full, "example.org");
}

static void letters_of_other_scripts_are_folded_and_composed(void **state)
{
    struct jid j;

    assert_int_equal(jid_parse(*state, "\xc3\x84nne@B\xc3\x9c\x43HER.example/A\xcc\x88", &j), OK);
    assert_string_equal(j.full, "\xc3\xa4nne@b\xc3\xbc\x63her.example/\xc3\x84");
}

static void malformed_addresses_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "@example.org",
        "ann@",
        "/phone",
        "ann@/phone",
        "ann@example.org/",
        "ann@example.org@other.org",
        "a nn@example.org",
        "a<nn@example.org",
        "a'nn@example.org",
        "ann@exam ple.org",
        "ann@exam<ple.org",
        ".",
        "..",
        "ann@example..org",
        "ann@\x7f",
        "an\x01n@example.org",
        "ann@example.org/pho\x02ne",
        "ann\xff@example.org",
        "ann@example.org/\xed\xa0\x80",
        "ann@example.org/\xc0\xaf",
        "\xc2\xad@example.org",            /* nothing is left of the soft hyphen */
        "ann\xef\xbc\xa0zoe@example.org",  /* full-width @ */
        "ann@exa\xef\xbc\x8fmple.org",     /* full-width / */
        "ann@example.org/\xe2\x80\xaexyz", /* right-to-left override */
    };
    struct jid j;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (jid_parse(*state, bad[i], &j) != ERR_INVALID)
            fail_msg("accepted number %zu: %s", i, bad[i]);
}

static void part_of_1023_bytes_passes_and_1024_is_refused(void **state)
{
    char local[1025], domain[1025], resource[1025];
    struct jid j;

    memset(local, 'a', 1024);
    memset(domain, 'b', 1024);
    memset(resource, 'c', 1024);
    local[1023] = domain[1023] = resource[1023] = '\0';
    assert_int_equal(jid_make(*state, local, domain, resource, &j), OK);
    assert_int_equal(strlen(j.full), 3 * 1023 + 2);
    local[1023] = 'a';
    local[1024] = '\0';
    assert_int_equal(jid_make(*state, local, domain, resource, &j), ERR_INVALID);
    local[1023] = '\0';
    resource[1023] = 'c';
    resource[1024] = '\0';
    assert_int_equal(jid_make(*state, local, domain, resource, &j), ERR_INVALID);
    resource[1023] = '\0';
    domain[1023] = 'b';
    domain[1024] = '\0';
    assert_int_equal(jid_make(*state, local, domain, resource, &j), ERR_INVALID);
}

static void part_that_grows_past_the_limit_is_refused(void **state)
{
    char resource[1024];
    struct jid j;

    /* U+FDFA becomes 18 characters, 33 bytes */
    for (size_t i = 0; i < 1023; i += 3)
        memcpy(resource + i, "\xef\xb7\xba", 3);
    resource[1023] = '\0';
    assert_int_equal(jid_make(*state, "ann", "example.org", resource, &j), ERR_INVALID);
}

static void make_without_local_or_resource_gives_the_domain(void **state)
{
    struct jid j;

    assert_int_equal(jid_make(*state, NULL, "Example.org", "", &j), OK);
    assert_string_equal(j.full, "example.org");
    assert_int_equal(jid_make(*state, "a@b", "example.org", NULL, &j), ERR_INVALID);
    assert_int_equal(jid_make(*state, "a", "", NULL, &j), ERR_INVALID);
}

static void preparing_twice_changes_nothing(void **state)
{
    static const char *const in[] = {
        "STRASSE@ex.org/r",
        "stra\xc3\x9fi@ex.org",
        "\xef\xac\x81sh@ex.org/\xef\xac\x81",
        "\xd0\x90@ex.org",
        "x@ex.org/\xf0\x9f\x98\x80 smile",
    };
    struct jid once, twice;

    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
        assert_int_equal(jid_parse(*state, in[i], &once), OK);
        assert_int_equal(jid_parse(*state, once.full, &twice), OK);
        assert_string_equal(once.full, twice.full);
    }
}

static void nick_keeps_case_spaces_and_emoji(void **state)
{
    char *nick;

    assert_int_equal(jid_nick(*state, "Ann \xf0\x9f\x98\x80 / B@c", &nick), OK);
    assert_string_equal(nick, "Ann \xf0\x9f\x98\x80 / B@c");
}

static void nick_that_people_cannot_see_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "   ",
        "\xc2\xa0",     /* no-break space */
        "\xe2\xa0\x80", /* blank of Braille */
        "\xe2\x80\x8b", /* zero-width space */
        "a\nb",
        "a\tb",
        "a\x7f",
        "a\xc2\x85",
        "a\xe2\x80\x8e",     /* left-to-right mark */
        "a\xe2\x81\xa6",     /* left-to-right isolate */
        "a\xe2\x81\xa4",     /* invisible plus */
        "a\xe3\x85\xa4",     /* Hangul filler */
        "a\xf3\xa0\x81\x81", /* tag letter */
    };
    char *nick;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (jid_nick(*state, bad[i], &nick) != ERR_INVALID)
            fail_msg("accepted number %zu", i);
}

/* Between letters of either direction. A server drops what it would have to refuse. */
static void nick_of_any_name_passes_unchanged(void **state)
{
    static const char *const around[][2] = {{"a", "b"}, {"\u05d0", "\u05d0"}};

    (void)state;
    for (unsigned c = 0xa0; c < LAST; c++) {
        for (size_t i = 0; i < 2; i++) {
            struct arena *a = arena_new();
            char one[5] = "", *name, *nick, *prepared = NULL;

            put_utf8(one, c);
            if (text_name(a, arena_printf(a, "%s%s%s", around[i][0], one, around[i][1]), &name) ==
                OK) {
                nick = text_nick(a, name);
                if (jid_nick(a, nick, &prepared) != OK || strcmp(prepared, nick) != 0)
                    fail_msg("U+%04X", c);
            }
            arena_free(a);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(full_address_gives_prepared_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(domain_alone_has_empty_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(letters_of_other_scripts_are_folded_and_composed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(malformed_addresses_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(part_of_1023_bytes_passes_and_1024_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(part_that_grows_past_the_limit_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(make_without_local_or_resource_gives_the_domain, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(preparing_twice_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(nick_keeps_case_spaces_and_emoji, setup, teardown),
        cmocka_unit_test(nick_of_any_name_passes_unchanged),
        cmocka_unit_test_setup_teardown(nick_that_people_cannot_see_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
