#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define FORM(inside)                                                                               \
    "<message to='k3v9@support.example.org'><x xmlns='jabber:x:data' type='submit'>" inside        \
    "</x></message>"
#define REQUEST FIELD("FORM_TYPE", "http://jabber.org/protocol/muc#request")

static void request_without_a_name_is_ones_own(void **state)
{
    assert_int_equal(read_of(*state, FORM(REQUEST FIELD("muc#role", "participant"))).kind,
                     MUC_VOICE_ASK);
}

static void request_with_a_name_is_the_answer(void **state)
{
    struct muc_intent i = read_of(
        *state, FORM(REQUEST FIELD("muc#roomnick", "Tom") FIELD("muc#request_allow", "true")));

    assert_int_equal(i.kind, MUC_VOICE_GRANT);
    assert_string_equal(i.guest_nick, "Tom");
    assert_true(i.granted);
    i = read_of(*state, FORM(REQUEST FIELD("muc#roomnick", "Tom")));
    assert_int_equal(i.kind, MUC_VOICE_GRANT);
    assert_false(i.granted);
}

static void other_roles_and_other_forms_are_bad_requests(void **state)
{
    static const char *const cases[] = {
        FORM(REQUEST FIELD("muc#role", "moderator")),
        FORM(REQUEST),
        FORM(FIELD("FORM_TYPE", "urn:example")),
    };

    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        struct muc_intent i = read_of(*state, cases[n]);

        assert_int_equal(i.kind, MUC_REPLY);
        assert_non_null(strstr(reply_of(*state, &i), "<bad-request "));
    }
}

static void form_says_who_asks(void **state)
{
    struct world *w = *state;
    const char *text;

    muc_send_voice_form(&w->service, &w->out, &w->room, UMA, "sarah@example.org/phone");
    text = sent(w);
    assert_non_null(strstr(text, "<message from='k3v9@support.example.org' "
                                 "to='sarah@example.org/phone'><x xmlns='jabber:x:data' "
                                 "type='form'>"));
    assert_non_null(strstr(text, "<value>uma@example.org/pda</value>"));
    assert_non_null(strstr(text, "<value>Uma</value>"));
    assert_non_null(strstr(text, "<field var='muc#request_allow' type='boolean' "
                                 "label='Grant voice?'><value>0</value></field>"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(request_without_a_name_is_ones_own),
        TEST_IN_WORLD(request_with_a_name_is_the_answer),
        TEST_IN_WORLD(other_roles_and_other_forms_are_bad_requests),
        TEST_IN_WORLD(form_says_who_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
