#include "tests/unit/muc/muc_world.h"

#include <string.h>

/* What is left of these children in a room message, beside its body. */
static const char *payload_of(struct world *w, const char *children)
{
    return read_of(w, arena_printf(w->arena,
                                   "<message type='groupchat' to='k3v9@support.example.org'>"
                                   "<body>x</body>%s</message>",
                                   children))
        .payload;
}

static const char *presence_of(struct world *w, const char *children)
{
    return read_of(w, arena_printf(w->arena,
                                   "<presence to='k3v9@support.example.org/S'>%s"
                                   "</presence>",
                                   children))
        .presence;
}

static void forged_payloads_are_removed_from_messages(void **state)
{
    static const char *const cases[] = {
        "<stanza-id xmlns='urn:xmpp:sid:0' by='k3v9@support.example.org' id='1'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' by='K3V9@Support.Example.org' id='1'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' by='k3v9@support.example.org/Sarah' id='1'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' by='@' id='1'/>",
        "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>",
        "<x xmlns='jabber:x:delay' stamp='20200101T00:00:00'/>",
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='1'/>",
        "<x xmlns='http://jabber.org/protocol/muc'/>",
        "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>",
        "<hats xmlns='urn:xmpp:hats:0'/>",
        "<addresses xmlns='http://jabber.org/protocol/address'/>",
        "<forwarded xmlns='urn:xmpp:forward:0'/>",
        "<result xmlns='urn:xmpp:mam:2'/>",
        "<received xmlns='urn:xmpp:carbons:2'/>",
        "<moderated xmlns='urn:xmpp:message-moderate:1'/>",
        "<a xmlns='urn:x'><moderated xmlns='urn:xmpp:message-moderate:0'/></a>",
        "<x xmlns='jabber:x:conference' jid='a@b'/>",
        "<note xmlns='urn:parley:note'/>",
        "<html xmlns='http://jabber.org/protocol/xhtml-im'/>",
        "<nick xmlns='http://jabber.org/protocol/nick'>Boss</nick>",
        "<request xmlns='urn:xmpp:receipts'/>",
        "<received xmlns='urn:xmpp:receipts' id='1'/>",
        "<body xml:lang='de'>y</body>",
        "<error type='cancel'/>",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (payload_of(*state, cases[i])[0] != '\0')
            fail_msg("kept: %s", cases[i]);
}

static void honest_payloads_are_kept_in_messages(void **state)
{
    static const char *const cases[] = {
        "<origin-id xmlns='urn:xmpp:sid:0' id='1'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' by='sarah@example.org' id='1'/>",
        "<replace xmlns='urn:xmpp:message-correct:0' id='1'/>",
        "<reply xmlns='urn:xmpp:reply:0' to='a@b' id='1'/>",
        "<fallback xmlns='urn:xmpp:fallback:0' for='x'><body start='0' end='4'/></fallback>",
        "<x xmlns='jabber:x:oob'><url>https://example.org/a.png</url></x>",
        "<active xmlns='http://jabber.org/protocol/chatstates'/>",
        "<no-copy xmlns='urn:xmpp:hints'/>",
        "<markable xmlns='urn:xmpp:chat-markers:0'/>",
        "<thread>t</thread>",
        "<subject>s</subject>",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(payload_of(*state, cases[i]), cases[i]);
}

static void known_payloads_are_kept_in_presence_with_show_first(void **state)
{
    assert_string_equal(
        presence_of(*state,
                    "<x xmlns='vcard-temp:x:update'><photo>ab</photo></x><status>out</status>"
                    "<priority>5</priority><show>dnd</show>"
                    "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='v' hash='sha-1'/>"
                    "<idle xmlns='urn:xmpp:idle:1' since='2020-01-01T00:00:00Z'/>"),
        "<show>dnd</show><status>out</status><priority>5</priority>"
        "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>"
        "<idle xmlns='urn:xmpp:idle:1' since='2020-01-01T00:00:00Z'/>"
        "<x xmlns='vcard-temp:x:update'><photo>ab</photo></x>");
}

static void other_payloads_are_dropped_from_presence(void **state)
{
    static const char *const cases[] = {
        "<show>busy</show>",
        "<priority>high</priority>",
        "<priority>1000</priority>",
        "<x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x>",
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='1'/>",
        "<hats xmlns='urn:xmpp:hats:0'/>",
        "<nick xmlns='http://jabber.org/protocol/nick'>Boss</nick>",
        "<delay xmlns='urn:xmpp:delay'/>",
        "<x xmlns='jabber:x:signed'>sig</x>",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (presence_of(*state, cases[i])[0] != '\0')
            fail_msg("kept: %s", cases[i]);
}

static void children_of_kept_presence_payloads_are_dropped(void **state)
{
    assert_string_equal(presence_of(*state, "<c xmlns='http://jabber.org/protocol/caps' ver='v' "
                                            "evil='1'><x xmlns='urn:x'/></c>"),
                        "<c xmlns='http://jabber.org/protocol/caps' ver='v'/>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(forged_payloads_are_removed_from_messages),
        TEST_IN_WORLD(honest_payloads_are_kept_in_messages),
        TEST_IN_WORLD(known_payloads_are_kept_in_presence_with_show_first),
        TEST_IN_WORLD(other_payloads_are_dropped_from_presence),
        TEST_IN_WORLD(children_of_kept_presence_payloads_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
