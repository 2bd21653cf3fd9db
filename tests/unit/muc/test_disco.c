#include "tests/unit/muc/muc_world.h"

#include <string.h>

static void service_tells_only_what_is_there(void **state)
{
    struct muc_intent i = read_of(
        *state,
        "<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");

    assert_string_equal(
        reply_of(*state, &i),
        "<iq type='result' from='support.example.org' to='sarah@example.org/phone' id='1'>"
        "<query xmlns='http://jabber.org/protocol/disco#info'>"
        "<identity category='conference' type='text' name='Support'/>"
        "<feature var='http://jabber.org/protocol/disco#info'/>"
        "<feature var='http://jabber.org/protocol/disco#items'/>"
        "<feature var='urn:xmpp:occupant-id:0'/>"
        "<feature var='http://jabber.org/protocol/muc'/>"
        "<feature var='http://jabber.org/protocol/muc#stable_id'/>"
        "<feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/>"
        "<feature var='http://jabber.org/protocol/commands'/></query></iq>\n");
}

static struct muc_intent ask_room(struct world *w)
{
    return read_of(w, "<iq type='get' id='1' to='k3v9@support.example.org'>"
                      "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
}

static void room_tells_that_it_is_a_private_group(void **state)
{
    static const char *const features[] = {
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#stable_id",
        "http://jabber.org/protocol/muc#self-ping-optimization",
        "muc_membersonly",
        "muc_nonanonymous",
        "muc_persistent",
        "muc_unsecured",
        "muc_hidden",
        "muc_moderated",
        "urn:xmpp:sid:0",
        "urn:xmpp:occupant-id:0",
        "urn:xmpp:ping",
        "urn:xmpp:mam:2",
        "urn:xmpp:mam:2#extended",
        "urn:xmpp:message-retract:1",
        "urn:xmpp:message-moderate:1",
        "urn:xmpp:hats:0",
        "http://jabber.org/protocol/commands",
    };
    struct world *w = *state;
    struct muc_intent i = ask_room(w);
    const char *text;

    muc_reply_room_info(&w->service, &w->out, &i, &w->room);
    text = sent(w);
    for (size_t k = 0; k < sizeof(features) / sizeof(features[0]); k++)
        assert_non_null(strstr(text, arena_printf(w->arena, "<feature var='%s'/>", features[k])));
    assert_null(strstr(text, "register"));
}

static void room_info_is_the_first_form(void **state)
{
    struct world *w = *state;
    struct muc_intent i = ask_room(w);

    muc_reply_room_info(&w->service, &w->out, &i, &w->room);
    assert_non_null(strstr(
        sent(w),
        "<x xmlns='jabber:x:data' type='result'>"
        "<field var='FORM_TYPE' type='hidden'>"
        "<value>http://jabber.org/protocol/muc#roominfo</value></field>"
        "<field var='muc#roominfo_description' type='text-single'>"
        "<value>Alice (customer)</value></field>"
        "<field var='muc#roominfo_subject' type='text-single'><value>Billing</value></field>"
        "<field var='muc#roominfo_changesubject' type='boolean'><value>0</value></field>"
        "<field var='muc#roominfo_occupants' type='text-single'><value>5</value></field>"
        "<field var='muc#roomconfig_roomname' type='text-single'>"
        "<value>Alice (customer)</value></field>"
        "<field var='muc#roomconfig_allowinvites' type='boolean'><value>1</value></field>"
        "<field var='muc#roomconfig_allowpm' type='list-single'><value>anyone</value></field>"
        "</x></query></iq>\n"));
}

static void room_lists_no_items(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<iq type='get' id='1' to='k3v9@support.example.org'>"
                   "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>");

    muc_reply_room_items(&w->service, &w->out, &i, &w->room);
    assert_string_equal(sent(w), "<iq type='result' from='k3v9@support.example.org' "
                                 "to='sarah@example.org/phone' id='1'>"
                                 "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>\n");
}

static void reserved_nick_is_an_identity(void **state)
{
    struct world *w = *state;
    struct muc_intent i = ask_room(w);

#define REPLY(inside)                                                                              \
    "<iq type='result' from='k3v9@support.example.org' to='sarah@example.org/phone' id='1'>"       \
    "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'" inside "</iq>\n"
    muc_reply_room_nick(&w->service, &w->out, &i, "Sarah");
    assert_string_equal(
        sent(w), REPLY("><identity category='conference' type='text' name='Sarah'/></query>"));
    muc_reply_room_nick(&w->service, &w->out, &i, "");
    assert_string_equal(sent(w), REPLY("/>"));
}

static void traffic_names_what_passes(void **state)
{
    struct muc_intent i = read_of(*state, "<iq type='get' id='1' to='k3v9@support.example.org'>"
                                          "<query xmlns='http://jabber.org/protocol/disco#info' "
                                          "node='http://jabber.org/protocol/muc#traffic'/></iq>");
    const char *text = reply_of(*state, &i);

    assert_non_null(strstr(text, "<feature var='http://jabber.org/protocol/chatstates'/>"));
    assert_null(strstr(text, "xhtml-im"));
}

static void version_is_told(void **state)
{
    struct muc_intent i =
        read_of(*state, "<iq type='get' id='1'><query xmlns='jabber:iq:version'/></iq>");

    assert_non_null(strstr(reply_of(*state, &i), "<query xmlns='jabber:iq:version'>"
                                                 "<name>Parley</name><version>1.0</version>"
                                                 "</query></iq>\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(service_tells_only_what_is_there),
        TEST_IN_WORLD(room_tells_that_it_is_a_private_group),
        TEST_IN_WORLD(room_info_is_the_first_form),
        TEST_IN_WORLD(room_lists_no_items),
        TEST_IN_WORLD(reserved_nick_is_an_identity),
        TEST_IN_WORLD(traffic_names_what_passes),
        TEST_IN_WORLD(version_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
