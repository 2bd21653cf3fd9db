#include "component/xml/stanza.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct stanza *arrived(const char *name, const char *id)
{
    struct arena *a = arena_new();
    struct stanza *s = arena_new_of(a, struct stanza);

    s->arena = a;
    s->x = xml_new(a, name, NS_CLIENT);
    s->id = id;
    s->type = "";
    assert_int_equal(jid_parse(a, "ann@x.org/1", &s->from), OK);
    assert_int_equal(jid_parse(a, "room@y.org/Bob", &s->to), OK);
    return s;
}

static void check_written(const struct xml *x, const char *expected)
{
    struct buf b = {0};

    xml_write(&b, x, NS_CLIENT);
    assert_string_equal(buf_str(&b), expected);
    buf_free(&b);
}

static void error_reply_swaps_addresses_and_keeps_id(void **state)
{
    struct stanza *s = arrived("message", "m1");

    (void)state;
    xml_child_text(s->arena, s->x, "body", NULL, "hi");
    check_written(stanza_error_reply(s, COND_FORBIDDEN, NULL, "No voice"),
                  "<message type='error' from='room@y.org/Bob' to='ann@x.org/1' id='m1'>"
                  "<error type='auth'>"
                  "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                  "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>No voice</text>"
                  "</error></message>");
    arena_free(s->arena);
}

static void result_without_id_has_none(void **state)
{
    struct stanza *s = arrived("iq", "");

    (void)state;
    check_written(stanza_result(s), "<iq type='result' from='room@y.org/Bob' to='ann@x.org/1'/>");
    arena_free(s->arena);
}

static void given_type_and_by_are_written(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    check_written(stanza_error(a, COND_INTERNAL, "wait", "room@y.org", NULL),
                  "<error type='wait' by='room@y.org'>"
                  "<internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
    arena_free(a);
}

static void every_condition_has_a_name_and_a_type(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    for (int c = COND_BAD_REQUEST; c <= COND_REMOTE_TIMEOUT; c++) {
        struct xml *x = stanza_error(a, (enum cond)c, NULL, NULL, NULL);

        assert_non_null(x->children->name);
        assert_non_null(xml_get(x, "type"));
    }
    arena_free(a);
}

static void condition_of_an_arrived_error_skips_its_text(void **state)
{
    struct stanza *s = arrived("presence", "");
    struct xml *e = xml_child(s->arena, s->x, "error", NULL);

    (void)state;
    xml_child(s->arena, e, "text", "urn:ietf:params:xml:ns:xmpp-stanzas");
    xml_child(s->arena, e, "odd", "urn:other");
    assert_string_equal(stanza_condition(s), "");
    xml_child(s->arena, e, "gone", "urn:ietf:params:xml:ns:xmpp-stanzas");
    assert_string_equal(stanza_condition(s), "gone");
    arena_free(s->arena);
}

static void condition_of_a_stanza_without_error_is_empty(void **state)
{
    struct stanza *s = arrived("presence", "");

    (void)state;
    assert_string_equal(stanza_condition(s), "");
    arena_free(s->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_reply_swaps_addresses_and_keeps_id),
        cmocka_unit_test(result_without_id_has_none),
        cmocka_unit_test(given_type_and_by_are_written),
        cmocka_unit_test(every_condition_has_a_name_and_a_type),
        cmocka_unit_test(condition_of_an_arrived_error_skips_its_text),
        cmocka_unit_test(condition_of_a_stanza_without_error_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
