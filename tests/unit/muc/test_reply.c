#include "tests/unit/muc/muc_world.h"

#include <string.h>

static void errors_results_and_leaves_are_never_answered(void **state)
{
    static const char *const cases[] = {
        "<message type='error' to='k3v9@support.example.org'/>",
        "<presence type='error' to='k3v9@support.example.org/A'/>",
        "<presence type='unavailable' to='k3v9@support.example.org/A'/>",
        "<iq type='error' id='1'/>",
        "<iq type='result' id='1'/>",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        muc_reply_error(&w->out, stanza_of(w, cases[i]), COND_NOT_ACCEPTABLE, "cancel", NULL);
        muc_reply_no_room(&w->out, stanza_of(w, cases[i]));
    }
    assert_string_equal(sent(w), "");
}

static void error_answers_from_the_address_asked(void **state)
{
    struct world *w = *state;

    muc_reply_error(&w->out,
                    stanza_of(w, "<message type='groupchat' id='m' to='k3v9@support.example.org'>"
                                 "<body>secret</body></message>"),
                    COND_NOT_ACCEPTABLE, "cancel", "You are not in this room.");
    assert_string_equal(
        sent(w), "<message from='k3v9@support.example.org' to='sarah@example.org/phone' "
                 "type='error' id='m'><error type='cancel' by='k3v9@support.example.org'>"
                 "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                 "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>You are not in this room."
                 "</text></error></message>\n");
}

static void missing_room_has_one_answer(void **state)
{
    struct world *w = *state;

    muc_reply_no_room(&w->out,
                      stanza_of(w, "<presence id='e' to='k3v9@support.example.org/Sarah'>"
                                   "<x xmlns='http://jabber.org/protocol/muc'/></presence>"));
    assert_string_equal(
        sent(w), "<presence from='k3v9@support.example.org/Sarah' to='sarah@example.org/phone' "
                 "type='error' id='e'><x xmlns='http://jabber.org/protocol/muc'/>"
                 "<error type='cancel' by='k3v9@support.example.org'>"
                 "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                 "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>There is no such room for you "
                 "here.</text></error></presence>\n");
}

static void result_is_empty(void **state)
{
    struct world *w = *state;

    muc_reply_result(&w->out,
                     stanza_of(w, "<iq type='get' id='1' to='k3v9@support.example.org/Sarah'>"
                                  "<ping xmlns='urn:xmpp:ping'/></iq>"));
    assert_string_equal(sent(w), "<iq type='result' from='k3v9@support.example.org/Sarah' "
                                 "to='sarah@example.org/phone' id='1'/>\n");
}

static void ping_comes_from_the_room(void **state)
{
    struct world *w = *state;

    muc_send_ping(&w->service, &w->out, "k3v9", "uma@example.org/pda", "p1");
    assert_string_equal(sent(w), "<iq from='k3v9@support.example.org' to='uma@example.org/pda' "
                                 "type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>\n");
}

static void barrier_comes_back_to_ourselves(void **state)
{
    struct world *w = *state;
    struct muc_intent i;
    const char *text;

    muc_send_barrier(&w->service, &w->out, "b1");
    text = sent(w);
    i = read_of(w, text);
    assert_int_equal(i.kind, MUC_PONG);
    assert_string_equal(i.in->id, "b1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(errors_results_and_leaves_are_never_answered),
        TEST_IN_WORLD(error_answers_from_the_address_asked),
        TEST_IN_WORLD(missing_room_has_one_answer),
        TEST_IN_WORLD(result_is_empty),
        TEST_IN_WORLD(ping_comes_from_the_room),
        TEST_IN_WORLD(barrier_comes_back_to_ourselves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
