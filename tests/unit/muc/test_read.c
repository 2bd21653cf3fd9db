#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define ROOM "to='k3v9@support.example.org'"
#define SEAT "to='k3v9@support.example.org/Sarah'"

struct want {
    const char *stanza;
    enum muc_intent_kind kind;
};

static void check(void **state, const struct want *cases, size_t n)
{
    struct world *w = *state;

    for (size_t i = 0; i < n; i++) {
        struct muc_intent got = read_of(w, cases[i].stanza);

        if (got.kind != cases[i].kind)
            fail_msg("kind %d, not %d: %s", (int)got.kind, (int)cases[i].kind, cases[i].stanza);
        assert_true((got.kind == MUC_REPLY || got.kind == MUC_ROOM_PING ||
                     got.kind == MUC_COMMAND_OLD) == (got.reply != NULL));
    }
}

#define CHECK(cases) check(state, cases, sizeof(cases) / sizeof((cases)[0]))

#define DISCO_INFO "<query xmlns='http://jabber.org/protocol/disco#info'/>"
#define DISCO_ITEMS "<query xmlns='http://jabber.org/protocol/disco#items'/>"
#define PING "<ping xmlns='urn:xmpp:ping'/>"

static void iq_becomes_what_it_asks_for(void **state)
{
    static const struct want cases[] = {
        {"<iq type='get' id='1'>" DISCO_INFO "</iq>", MUC_REPLY},
        {"<iq type='get' id='1'>" DISCO_ITEMS "</iq>", MUC_SERVICE_ITEMS},
        {"<iq type='get' id='1'>" PING "</iq>", MUC_REPLY},
        {"<iq type='get' id='1' " ROOM ">" DISCO_INFO "</iq>", MUC_ROOM_INFO},
        {"<iq type='get' id='1' " ROOM ">" DISCO_ITEMS "</iq>", MUC_ROOM_ITEMS},
        {"<iq type='get' id='1' " ROOM "><query xmlns='http://jabber.org/protocol/disco#info' "
         "node='x-roomuser-item'/></iq>",
         MUC_ROOM_NICK},
        {"<iq type='get' id='1' " ROOM "><query xmlns='http://jabber.org/protocol/disco#info' "
         "node='http://jabber.org/protocol/muc#traffic'/></iq>",
         MUC_ROOM_PING},
        {"<iq type='get' id='1' " ROOM "><query xmlns='http://jabber.org/protocol/disco#info' "
         "node='other'/></iq>",
         MUC_ADHOC_INFO},
        {"<iq type='get' id='1' " ROOM ">" PING "</iq>", MUC_ROOM_PING},
        {"<iq type='get' id='1' " ROOM "><query xmlns='jabber:iq:version'/></iq>", MUC_ROOM_PING},
        {"<iq type='set' id='1' " ROOM ">" PING "</iq>", MUC_ROOM_IQ},
        {"<iq type='get' id='1' " ROOM "><vCard xmlns='vcard-temp'/></iq>", MUC_ROOM_IQ},
        {"<iq type='get' id='1' " SEAT ">" PING "</iq>", MUC_SELF_PING},
        {"<iq type='set' id='1' " SEAT ">" PING "</iq>", MUC_OCCUPANT_IQ},
        {"<iq type='get' id='1' " SEAT ">" DISCO_INFO "</iq>", MUC_OCCUPANT_IQ},
        {"<iq type='result' id='1' " ROOM "/>", MUC_PONG},
        {"<iq type='error' id='1' " ROOM "/>", MUC_PONG},
    };

    CHECK(cases);
}

static void iq_of_wrong_shape_is_a_bad_request(void **state)
{
    static const char *const cases[] = {
        "<iq type='get' id='1'/>",
        "<iq type='get'>" PING "</iq>",
        "<iq id='1'>" PING "</iq>",
        "<iq type='put' id='1'>" PING "</iq>",
        "<iq type='get' id='1'>" PING PING "</iq>",
    };

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct muc_intent i = read_of(*state, cases[k]);

        assert_int_equal(i.kind, MUC_REPLY);
        assert_non_null(strstr(reply_of(*state, &i), "<bad-request "));
    }
}

static void unknown_iq_to_the_service_is_unavailable(void **state)
{
    static const char *const types[] = {"get", "set"};
    struct world *w = *state;

    for (size_t k = 0; k < 2; k++) {
        struct muc_intent i =
            read_of(w, arena_printf(w->arena,
                                    "<iq type='%s' id='7'><query xmlns='jabber:iq:register'/></iq>",
                                    types[k]));

        assert_string_equal(
            reply_of(w, &i),
            "<iq from='support.example.org' to='sarah@example.org/phone' type='error' id='7'>"
            "<error type='cancel' by='support.example.org'>"
            "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>\n");
    }
}

static void unknown_node_of_the_service_is_not_found(void **state)
{
    struct muc_intent i = read_of(
        *state, "<iq type='get' id='7'><query xmlns='http://jabber.org/protocol/disco#items' "
                "node='other'/></iq>");

    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(*state, &i), "<item-not-found "));
}

static void what_we_sent_ourselves_is_ignored_but_for_the_barrier(void **state)
{
    static const struct want cases[] = {
        {"<iq from='support.example.org' type='get' id='b'>" PING "</iq>", MUC_PONG},
        {"<iq from='support.example.org' type='error' id='b'/>", MUC_PONG},
        {"<iq from='k3v9@support.example.org' type='get' id='b'>" PING "</iq>", MUC_IGNORE},
        {"<message from='k3v9@support.example.org' type='groupchat' " ROOM
         "><body>x</body></message>",
         MUC_IGNORE},
        {"<presence from='k3v9@support.example.org/A' " SEAT "/>", MUC_IGNORE},
    };

    CHECK(cases);
}

static void presence_becomes_what_it_means(void **state)
{
    static const struct want cases[] = {
        {"<presence " SEAT "><x xmlns='http://jabber.org/protocol/muc'/></presence>", MUC_JOIN},
        {"<presence " SEAT "/>", MUC_PRESENCE},
        {"<presence " ROOM "/>", MUC_PRESENCE},
        {"<presence type='unavailable' " SEAT "/>", MUC_LEAVE},
        {"<presence type='unavailable' " ROOM "/>", MUC_LEAVE},
        {"<presence type='probe' " SEAT "/>", MUC_PROBE},
        {"<presence type='probe' " ROOM "/>", MUC_IGNORE},
        {"<presence type='subscribe' " ROOM "/>", MUC_REPLY},
        {"<presence type='subscribed' " ROOM "/>", MUC_IGNORE},
        {"<presence type='unsubscribe' " ROOM "/>", MUC_IGNORE},
        {"<presence type='unsubscribed' " ROOM "/>", MUC_IGNORE},
        {"<presence type='invisible' " ROOM "/>", MUC_REPLY},
        {"<presence/>", MUC_IGNORE},
        {"<presence type='probe'/>", MUC_IGNORE},
        {"<presence to='support.example.org/x'><x xmlns='http://jabber.org/protocol/muc'/>"
         "</presence>",
         MUC_REPLY},
    };

    CHECK(cases);
}

static void join_without_a_nick_is_malformed(void **state)
{
    struct muc_intent i = read_of(
        *state, "<presence " ROOM " id='e'><x xmlns='http://jabber.org/protocol/muc'/></presence>");

    assert_string_equal(
        reply_of(*state, &i),
        "<presence from='k3v9@support.example.org' to='sarah@example.org/phone' type='error' "
        "id='e'><x xmlns='http://jabber.org/protocol/muc'/>"
        "<error type='modify' by='k3v9@support.example.org'>"
        "<jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>A nickname is missing.</text>"
        "</error></presence>\n");
}

static void join_with_an_invisible_nick_is_malformed(void **state)
{
    struct muc_intent i = read_of(*state, "<presence to='k3v9@support.example.org/ '>"
                                          "<x xmlns='http://jabber.org/protocol/muc'/></presence>");

    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(*state, &i), "<jid-malformed "));
}

static void join_names_room_nick_and_limits(void **state)
{
    struct muc_intent i =
        read_of(*state, "<presence to='k3v9@support.example.org/Sarah'>"
                        "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='5' "
                        "maxchars='0' seconds='60' since='1970-01-01T00:00:02Z'/></x></presence>");

    assert_string_equal(i.room, "k3v9");
    assert_string_equal(i.nick, "Sarah");
    assert_int_equal(i.history_stanzas, 5);
    assert_int_equal(i.history_chars, 0);
    assert_int_equal(i.history_seconds, 60);
    assert_int_equal(i.history_since_ms, 2000);
}

static void join_with_wrong_limits_is_as_if_they_were_missing(void **state)
{
    struct muc_intent i = read_of(
        *state, "<presence " SEAT "><x xmlns='http://jabber.org/protocol/muc'><history "
                "maxstanzas='-1' maxchars='9e9' seconds='' since='yesterday'/></x></presence>");

    assert_int_equal(i.kind, MUC_JOIN);
    assert_true(i.history_stanzas == SIZE_MAX);
    assert_true(i.history_chars == SIZE_MAX);
    assert_int_equal(i.history_seconds, -1);
    assert_int_equal(i.history_since_ms, -1);
}

static void limit_beyond_all_numbers_is_large(void **state)
{
    struct muc_intent i =
        read_of(*state, "<presence " SEAT "><x xmlns='http://jabber.org/protocol/muc'><history "
                        "maxstanzas='99999999999999999999999999' seconds='0'/></x></presence>");

    assert_true(i.history_stanzas > INT32_MAX);
    assert_int_equal(i.history_seconds, 0);
}

static void leave_keeps_its_status(void **state)
{
    struct muc_intent i =
        read_of(*state, "<presence type='unavailable' " SEAT "><status>bye</status></presence>");

    assert_string_equal(i.status, "bye");
}

static void subscription_is_declined(void **state)
{
    struct muc_intent i = read_of(*state, "<presence type='subscribe' " ROOM "/>");

    assert_string_equal(reply_of(*state, &i),
                        "<presence from='k3v9@support.example.org' to='sarah@example.org' "
                        "type='unsubscribed'/>\n");
}

#define ERROR(condition)                                                                           \
    "<error type='cancel'><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

static void error_ends_a_session_only_when_nobody_is_there(void **state)
{
    static const struct want cases[] = {
        {"<message type='error' " ROOM ">" ERROR("service-unavailable") "</message>", MUC_BOUNCE},
        {"<message type='error' " ROOM ">" ERROR("recipient-unavailable") "</message>", MUC_BOUNCE},
        {"<message type='error' " SEAT ">" ERROR("gone") "</message>", MUC_BOUNCE},
        {"<message type='error' " ROOM "/>", MUC_BOUNCE},
        {"<message type='error' " ROOM ">" ERROR("policy-violation") "</message>", MUC_IGNORE},
        {"<message type='error' " ROOM ">" ERROR("not-acceptable") "</message>", MUC_IGNORE},
        {"<message type='error' " ROOM ">" ERROR("resource-constraint") "</message>", MUC_IGNORE},
        {"<message type='error'>" ERROR("gone") "</message>", MUC_IGNORE},
        {"<presence type='error' " SEAT ">" ERROR("remote-server-not-found") "</presence>",
         MUC_BOUNCE},
        {"<presence type='error' " SEAT ">" ERROR("forbidden") "</presence>", MUC_IGNORE},
        {"<iq type='error' id='1' " ROOM ">" ERROR("service-unavailable") "</iq>", MUC_PONG},
    };

    CHECK(cases);
}

static void message_becomes_what_it_holds(void **state)
{
    static const struct want cases[] = {
        {"<message type='groupchat' " ROOM "><body>hi</body></message>", MUC_MESSAGE},
        {"<message type='groupchat' " ROOM "><body>!claim</body></message>", MUC_COMMAND},
        {"<message type='groupchat' " ROOM "><body> !claim me</body></message>", MUC_COMMAND},
        {"<message type='groupchat' " ROOM "><body>!</body></message>", MUC_MESSAGE},
        {"<message type='groupchat' " ROOM "><body>!!</body></message>", MUC_MESSAGE},
        {"<message type='groupchat' " ROOM "><body>! note</body></message>", MUC_COMMAND},
        {"<message type='groupchat' " ROOM "><body>!1</body></message>", MUC_MESSAGE},
        {"<message type='groupchat' " ROOM "><body>!claim</body>"
         "<replace xmlns='urn:xmpp:message-correct:0' id='1'/></message>",
         MUC_COMMAND_OLD},
        {"<message type='groupchat' " ROOM "><body>!claim</body>"
         "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/></message>",
         MUC_COMMAND_OLD},
        {"<message type='groupchat' " ROOM "><body>ok</body>"
         "<replace xmlns='urn:xmpp:message-correct:0' id='1'/></message>",
         MUC_CORRECT},
        {"<message type='groupchat' " ROOM "><subject>x</subject></message>", MUC_SUBJECT},
        {"<message type='groupchat' " ROOM "><subject/></message>", MUC_SUBJECT},
        {"<message type='groupchat' " ROOM "><subject>x</subject><body>y</body></message>",
         MUC_MESSAGE},
        {"<message type='groupchat' " ROOM "><subject>x</subject><thread>y</thread></message>",
         MUC_IGNORE},
        {"<message type='groupchat' " ROOM "><body> \n</body></message>", MUC_IGNORE},
        {"<message type='groupchat' " ROOM "/>", MUC_IGNORE},
        {"<message type='groupchat' " ROOM
         "><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
         MUC_TYPING},
        {"<message type='groupchat' " ROOM "><body> </body>"
         "<paused xmlns='http://jabber.org/protocol/chatstates'/><no-store xmlns='urn:xmpp:hints'/>"
         "</message>",
         MUC_TYPING},
        {"<message type='groupchat' " ROOM
         "><gone xmlns='http://jabber.org/protocol/chatstates'/></message>",
         MUC_IGNORE},
        {"<message type='groupchat' " ROOM
         "><displayed xmlns='urn:xmpp:chat-markers:0' id='1'/></message>",
         MUC_MARKER},
        {"<message type='groupchat' " ROOM "><displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>"
         "<active xmlns='http://jabber.org/protocol/chatstates'/></message>",
         MUC_MARKER},
        {"<message type='groupchat' " ROOM "><x xmlns='http://jabber.org/protocol/muc#user'>"
         "<invite to='a@b'/></x></message>",
         MUC_IGNORE},
        {"<message type='groupchat' " SEAT "><body>hi</body></message>", MUC_REPLY},
        {"<message type='chat' " SEAT "><body>hi</body></message>", MUC_PRIVATE},
        {"<message " SEAT "><body>hi</body></message>", MUC_PRIVATE},
        {"<message type='chat' " ROOM "><body>hi</body></message>", MUC_REPLY},
        {"<message " ROOM "><x xmlns='http://jabber.org/protocol/muc#user'>"
         "<invite to='a@b'/></x></message>",
         MUC_INVITE},
        {"<message type='chat'><body>hi</body></message>", MUC_REPLY},
        {"<message type='headline'><body>hi</body></message>", MUC_IGNORE},
    };

    CHECK(cases);
}

static void command_comes_without_white_space_around_it(void **state)
{
    struct muc_intent i =
        read_of(*state, "<message type='groupchat' " ROOM "><body> !claim \n</body>"
                        "</message>");

    assert_string_equal(i.body, "!claim");
}

static void encrypted_message_is_none_for_the_customer(void **state)
{
    static const char *const cases[] = {
        "<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
        "<encrypted xmlns='urn:xmpp:omemo:2'/>", "<x xmlns='jabber:x:encrypted'/>",
        "<openpgp xmlns='urn:xmpp:openpgp:0'/>", "<encryption xmlns='urn:xmpp:eme:0'/>"};

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct world *w = *state;
        struct muc_intent i =
            read_of(w, arena_printf(w->arena,
                                    "<message type='groupchat' id='m' " ROOM
                                    "><body>I sent you an encrypted message</body>%s</message>",
                                    cases[k]));

        assert_int_equal(i.kind, MUC_ENCRYPTED);
        assert_string_equal(i.body, "I sent you an encrypted message");
        assert_string_equal(i.payload, cases[k]);
    }
}

static void fallback_text_of_a_reaction_is_reflected_but_no_message(void **state)
{
    struct muc_intent i = read_of(
        *state, "<message type='groupchat' " ROOM "><body>> hi\n+1</body>"
                "<reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>+1</reaction></reactions>"
                "</message>");

    assert_int_equal(i.kind, MUC_REACT);
    assert_string_equal(i.body, "");
    assert_string_equal(i.payload,
                        "<body>&gt; hi\n+1</body><reactions xmlns='urn:xmpp:reactions:0' id='1'>"
                        "<reaction>+1</reaction></reactions>");
}

static void body_without_a_language_is_the_message(void **state)
{
    struct muc_intent i =
        read_of(*state, "<message type='groupchat' " ROOM "><body xml:lang='de'>hallo</body>"
                        "<body>hello</body></message>");

    assert_string_equal(i.body, "hello");
    assert_string_equal(i.payload, "");
}

static void typing_says_which_state(void **state)
{
    struct muc_intent i =
        read_of(*state, "<message type='groupchat' " ROOM
                        "><composing xmlns='http://jabber.org/protocol/chatstates'/></message>");

    assert_true(i.typing);
    assert_true(i.chat_state);
    assert_string_equal(i.state, "composing");
}

static void message_with_too_much_payload_is_refused(void **state)
{
    struct world *w = *state;
    char *big = arena_alloc(w->arena, 20001);
    struct muc_intent i;

    memset(big, 'x', 20000);
    i = read_of(w, arena_printf(w->arena,
                                "<message type='groupchat' " ROOM
                                "><body>x</body><x xmlns='jabber:x:oob'>%s</x></message>",
                                big));
    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(w, &i), "<error type='modify' by='k3v9@support.example.org'>"
                                            "<policy-violation "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(iq_becomes_what_it_asks_for),
        TEST_IN_WORLD(iq_of_wrong_shape_is_a_bad_request),
        TEST_IN_WORLD(unknown_iq_to_the_service_is_unavailable),
        TEST_IN_WORLD(unknown_node_of_the_service_is_not_found),
        TEST_IN_WORLD(what_we_sent_ourselves_is_ignored_but_for_the_barrier),
        TEST_IN_WORLD(presence_becomes_what_it_means),
        TEST_IN_WORLD(join_without_a_nick_is_malformed),
        TEST_IN_WORLD(join_with_an_invisible_nick_is_malformed),
        TEST_IN_WORLD(join_names_room_nick_and_limits),
        TEST_IN_WORLD(join_with_wrong_limits_is_as_if_they_were_missing),
        TEST_IN_WORLD(limit_beyond_all_numbers_is_large),
        TEST_IN_WORLD(leave_keeps_its_status),
        TEST_IN_WORLD(subscription_is_declined),
        TEST_IN_WORLD(error_ends_a_session_only_when_nobody_is_there),
        TEST_IN_WORLD(message_becomes_what_it_holds),
        TEST_IN_WORLD(command_comes_without_white_space_around_it),
        TEST_IN_WORLD(encrypted_message_is_none_for_the_customer),
        TEST_IN_WORLD(fallback_text_of_a_reaction_is_reflected_but_no_message),
        TEST_IN_WORLD(body_without_a_language_is_the_message),
        TEST_IN_WORLD(typing_says_which_state),
        TEST_IN_WORLD(message_with_too_much_payload_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
