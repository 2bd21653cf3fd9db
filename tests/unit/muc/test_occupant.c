#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define HEX_LEN 64

/* The occupant id of nick and jid in the room, as sent. */
static const char *id_of(struct world *w, const char *nick, const char *jid)
{
    static const char mark[] = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='";
    const char *at;

    buf_clear(&w->sent);
    muc_send_state(&w->service, &w->out, &w->room, nick, jid, "active", "");
    at = strstr(buf_str(&w->sent), mark);
    assert_non_null(at);
    return arena_dup_len(w->arena, at + sizeof(mark) - 1, HEX_LEN);
}

static void occupant_id_depends_on_room_address_and_secret_alone(void **state)
{
    struct world *w = *state;
    const char *id = id_of(w, "Sarah", "sarah@example.org");

    assert_int_equal(strspn(id, "0123456789abcdef"), HEX_LEN);
    assert_string_equal(id, id_of(w, "Other", "sarah@example.org"));
    assert_string_not_equal(id, id_of(w, "Sarah", "tom@example.org"));
    w->room.local = "other";
    assert_string_not_equal(id, id_of(w, "Sarah", "sarah@example.org"));
    w->room.local = "k3v9";
    w->service.salt = "pepper";
    assert_string_not_equal(id, id_of(w, "Sarah", "sarah@example.org"));
}

static void room_and_address_cannot_be_shifted_into_each_other(void **state)
{
    struct world *w = *state;
    const char *id;

    w->room.local = "ab";
    id = id_of(w, "x", "c@example.org");
    w->room.local = "a";
    assert_string_not_equal(id, id_of(w, "x", "bc@example.org"));
}

static const char *ask(struct world *w, const char *type, const char *query,
                       const struct muc_occupant *who)
{
    struct muc_intent i = read_of(
        w, arena_printf(w->arena, "<iq type='%s' id='1' to='k3v9@support.example.org/X'>%s</iq>",
                        type, query));

    assert_int_equal(i.kind, MUC_OCCUPANT_IQ);
    muc_reply_occupant_iq(&w->service, &w->out, &i, who);
    return sent(w);
}

static void virtual_occupant_shows_itself_as_a_web_client(void **state)
{
    struct world *w = *state;

    assert_non_null(strstr(ask(w, "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>",
                               &w->occupants[ALICE]),
                           "<identity category='client' type='web' name='Alice (customer)'/>"));
}

static void virtual_occupant_has_a_card_with_its_name(void **state)
{
    struct world *w = *state;

    assert_non_null(
        strstr(ask(w, "get", "<vCard xmlns='vcard-temp'/>", &w->occupants[BOT]),
               "<vCard xmlns='vcard-temp'><FN>Assistant</FN><NICKNAME>Assistant</NICKNAME>"
               "</vCard></iq>\n"));
}

static void virtual_occupant_has_no_keys_and_no_nodes(void **state)
{
    static const char *const cases[] = {
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='x'/></pubsub>",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>",
        "<query xmlns='http://jabber.org/protocol/disco#items' node='x'/>",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_non_null(strstr(ask(w, "get", cases[i], &w->occupants[ALICE]), "<item-not-found "));
}

static void anything_else_is_unavailable(void **state)
{
    struct world *w = *state;

    assert_non_null(strstr(ask(w, "set", "<vCard xmlns='vcard-temp'/>", &w->occupants[ALICE]),
                           "<service-unavailable "));
    assert_non_null(strstr(ask(w, "get", "<query xmlns='jabber:iq:last'/>", &w->occupants[ALICE]),
                           "<service-unavailable "));
    assert_non_null(strstr(ask(w, "get", "<vCard xmlns='vcard-temp'/>", &w->occupants[SARAH]),
                           "<service-unavailable "));
}

static void missing_occupant_is_not_found(void **state)
{
    assert_non_null(
        strstr(ask(*state, "get", "<vCard xmlns='vcard-temp'/>", NULL), "<item-not-found "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(occupant_id_depends_on_room_address_and_secret_alone),
        TEST_IN_WORLD(room_and_address_cannot_be_shifted_into_each_other),
        TEST_IN_WORLD(virtual_occupant_shows_itself_as_a_web_client),
        TEST_IN_WORLD(virtual_occupant_has_a_card_with_its_name),
        TEST_IN_WORLD(virtual_occupant_has_no_keys_and_no_nodes),
        TEST_IN_WORLD(anything_else_is_unavailable),
        TEST_IN_WORLD(missing_occupant_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
