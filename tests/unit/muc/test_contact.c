#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define QUEUE " to='queue@support.example.org'"

static void words_of_a_person_are_read(void **state)
{
    struct muc_intent i =
        read_of(*state, "<message type='chat'" QUEUE "><body> claim </body></message>");

    assert_int_equal(i.kind, MUC_CONTACT_WORDS);
    assert_string_equal(i.body, "claim");
    i = read_of(*state, "<message" QUEUE "><body>claim</body></message>");
    assert_int_equal(i.kind, MUC_CONTACT_WORDS);
}

static void what_no_person_writes_now_is_ignored(void **state)
{
    static const char *const ignored[] = {
        "<message type='error'" QUEUE "><body>claim</body></message>",
        "<message type='headline'" QUEUE "><body>claim</body></message>",
        "<message type='groupchat'" QUEUE "><body>claim</body></message>",
        "<message type='chat'" QUEUE "><body>  </body></message>",
        "<message type='chat'" QUEUE
        "><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
        "<message type='chat'" QUEUE
        "><body>claim</body><delay xmlns='urn:xmpp:delay' stamp='x'/></message>",
        "<message type='chat'" QUEUE
        "><body>claim</body><replace xmlns='urn:xmpp:message-correct:0' id='x'/></message>",
        "<message type='chat' from='lobby@support.example.org'" QUEUE
        "><body>claim</body></message>",
        "<iq type='result' id='1'" QUEUE "/>",
    };

    for (size_t k = 0; k < sizeof(ignored) / sizeof(ignored[0]); k++)
        assert_int_equal(read_of(*state, ignored[k]).kind, MUC_IGNORE);
}

static void encrypted_words_are_refused(void **state)
{
    struct world *w = *state;
    struct muc_intent i = read_of(
        w, "<message type='chat' id='1'" QUEUE
           "><body>fallback</body><encrypted xmlns='eu.siacs.conversations.axolotl'/></message>");

    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(w, &i), "<not-acceptable"));
}

static void presence_and_subscriptions_are_passed_on(void **state)
{
    struct muc_intent i = read_of(*state, "<presence" QUEUE "><show>away</show></presence>");

    assert_int_equal(i.kind, MUC_CONTACT_PRESENCE);
    assert_string_equal(i.state, "away");
    assert_int_equal(read_of(*state, "<presence type='subscribe'" QUEUE "/>").kind,
                     MUC_CONTACT_PRESENCE);
    assert_int_equal(read_of(*state, "<presence type='unavailable'" QUEUE "/>").kind,
                     MUC_CONTACT_PRESENCE);
}

static void contact_is_no_room(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<presence" QUEUE "><x xmlns='http://jabber.org/protocol/muc'/></presence>");

    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(w, &i), "<item-not-found"));
    i = read_of(w, "<presence to='queue@support.example.org/sarah'>"
                   "<x xmlns='http://jabber.org/protocol/muc'/></presence>");
    assert_int_equal(i.kind, MUC_JOIN); /* as to any room that is not there */
}

static void contact_says_what_it_is(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<iq type='get' id='1'" QUEUE
                   "><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");

    assert_non_null(strstr(reply_of(w, &i), "<identity category='client' type='bot'"));
    i = read_of(w, "<iq type='get' id='1'" QUEUE "><vCard xmlns='vcard-temp'/></iq>");
    assert_non_null(strstr(reply_of(w, &i), "<FN>"));
    i = read_of(w, "<iq type='set' id='1'" QUEUE "><vCard xmlns='vcard-temp'/></iq>");
    assert_non_null(strstr(reply_of(w, &i), "<service-unavailable"));
    i = read_of(w, "<iq type='get' id='1'" QUEUE
                   "><pubsub xmlns='http://jabber.org/protocol/pubsub'/></iq>");
    assert_non_null(strstr(reply_of(w, &i), "<item-not-found"));
}

static void contact_sends_presence_words_and_invitations(void **state)
{
    struct world *w = *state;

    muc_send_contact_presence(&w->service, &w->out, "uma@example.org", "", "3 waiting");
    muc_send_contact_presence(&w->service, &w->out, "uma@example.org", "subscribed", "");
    muc_send_contact_words(&w->service, &w->out, "uma@example.org", "m1", "Hello");
    muc_send_contact_invite(&w->service, &w->out, "uma@example.org", "k3v9", "for you");
    assert_string_equal(sent(w), "<presence from='queue@support.example.org' to='uma@example.org'>"
                                 "<status>3 waiting</status></presence>\n"
                                 "<presence from='queue@support.example.org' to='uma@example.org' "
                                 "type='subscribed'/>\n"
                                 "<message from='queue@support.example.org' type='chat' id='m1' "
                                 "to='uma@example.org'><body>Hello</body></message>\n"
                                 "<message from='queue@support.example.org' to='uma@example.org'>"
                                 "<x xmlns='jabber:x:conference' jid='k3v9@support.example.org' "
                                 "reason='for you'/></message>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(words_of_a_person_are_read),
        TEST_IN_WORLD(what_no_person_writes_now_is_ignored),
        TEST_IN_WORLD(encrypted_words_are_refused),
        TEST_IN_WORLD(presence_and_subscriptions_are_passed_on),
        TEST_IN_WORLD(contact_is_no_room),
        TEST_IN_WORLD(contact_says_what_it_is),
        TEST_IN_WORLD(contact_sends_presence_words_and_invitations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
