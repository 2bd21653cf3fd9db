#include "tests/unit/muc/muc_world.h"

#define TO_TOM " id='1' to='k3v9@support.example.org/Tom'>"

static void relayed_iq_comes_from_the_room_under_another_id(void **state)
{
    struct world *w = *state;
    struct stanza *in = stanza_of(w, "<iq type='get'" TO_TOM "<query xmlns='urn:x'/></iq>");

    muc_send_relayed(&w->service, &w->out, "k3v9", "Sarah", "tom@example.org/x", "77", in);
    assert_string_equal(sent(w), "<iq from='k3v9@support.example.org/Sarah' type='get' id='77' "
                                 "to='tom@example.org/x'><query xmlns='urn:x'/></iq>\n");
}

static void questions_about_the_person_are_told_apart(void **state)
{
    assert_true(muc_asks_person(
        stanza_of(*state, "<iq type='get'" TO_TOM "<vCard xmlns='vcard-temp'/></iq>")));
    assert_true(muc_asks_person(
        stanza_of(*state, "<iq type='get'" TO_TOM
                          "<pubsub xmlns='http://jabber.org/protocol/pubsub'/></iq>")));
    assert_false(muc_asks_person(
        stanza_of(*state, "<iq type='get'" TO_TOM "<ping xmlns='urn:xmpp:ping'/></iq>")));
    assert_false(muc_asks_person(
        stanza_of(*state, "<iq type='set'" TO_TOM "<vCard xmlns='vcard-temp'/></iq>")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(relayed_iq_comes_from_the_room_under_another_id),
        TEST_IN_WORLD(questions_about_the_person_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
