#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define ID "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='#'/>"
#define SID "<stanza-id xmlns='urn:xmpp:sid:0' by='k3v9@support.example.org' id='a1'/>"
#define NO_STORE "<no-store xmlns='urn:xmpp:hints'/>"

static const struct muc_line LINE = {"a1",  "Sarah", "sarah@example.org",
                                     "m1",  "1 < 2", "<x xmlns='jabber:x:oob'/>",
                                     60000, false,   false};

static void line_goes_to_every_session_of_every_occupant(void **state)
{
    struct world *w = *state;

#define REST                                                                                       \
    " from='k3v9@support.example.org/Sarah' type='groupchat' id='m1'><body>1 &lt; 2</body>"        \
    "<x xmlns='jabber:x:oob'/>" SID ID "</message>\n"
    muc_send_line(&w->service, &w->out, &w->room, &LINE, NULL);
    assert_string_equal(sent(w), "<message to='sarah@example.org/phone'" REST
                                 "<message to='sarah@example.org/desk'" REST
                                 "<message to='uma@example.org/pda'" REST);
#undef REST
}

static void line_for_one_goes_to_that_session_only(void **state)
{
    struct world *w = *state;
    struct muc_line late = LINE;
    const char *text;

    late.delayed = true;
    muc_send_line(&w->service, &w->out, &w->room, &late, "uma@example.org/pda");
    text = sent(w);
    assert_int_equal(lines_in(text), 1);
    assert_non_null(strstr(text, " to='uma@example.org/pda'>"));
    assert_non_null(strstr(text, "<delay xmlns='urn:xmpp:delay' from='k3v9@support.example.org' "
                                 "stamp='1970-01-01T00:01:00.000Z'/>"));
}

static void line_of_the_room_has_its_bare_address_and_no_occupant_id(void **state)
{
    struct world *w = *state;
    struct muc_line l = {"a1", "", "", "", "Sarah joined", "", 0, false, false};

    muc_send_line(&w->service, &w->out, &w->room, &l, "uma@example.org/pda");
    assert_string_equal(sent(w), "<message from='k3v9@support.example.org' type='groupchat' "
                                 "id='a1' to='uma@example.org/pda'><body>Sarah joined</body>" SID
                                 "</message>\n");
}

static void nothing_is_sent_to_a_room_of_web_sessions(void **state)
{
    struct world *w = *state;

    w->room.n_occupants = SARAH;
    muc_send_line(&w->service, &w->out, &w->room, &LINE, NULL);
    w->room.occupants = w->occupants + TOM;
    w->room.n_occupants = 1;
    muc_send_line(&w->service, &w->out, &w->room, &LINE, NULL);
    muc_send_notice(&w->service, &w->out, &w->room, "", "x");
    assert_string_equal(sent(w), "");
}

static void changed_subject_has_no_date(void **state)
{
    struct world *w = *state;

    w->room.n_occupants = UMA + 1;
    muc_send_subject(&w->service, &w->out, &w->room, NULL);
    assert_non_null(strstr(sent(w), "<message to='uma@example.org/pda' "
                                    "from='k3v9@support.example.org' type='groupchat'>"
                                    "<subject>Billing</subject></message>\n"));
}

static void chat_state_is_never_stored(void **state)
{
    struct world *w = *state;

    muc_send_state(&w->service, &w->out, &w->room, "Alice (customer)", "c-k3v9@support.example.org",
                   "composing", "");
    assert_non_null(strstr(sent(w),
                           "<message to='uma@example.org/pda' "
                           "from='k3v9@support.example.org/Alice (customer)' "
                           "type='groupchat'>"
                           "<composing xmlns='http://jabber.org/protocol/chatstates'/>" NO_STORE ID
                           "</message>\n"));
}

static void ephemeral_payload_is_reflected_as_it_is(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<message type='groupchat' id='m9' to='k3v9@support.example.org'>"
                   "<displayed xmlns='urn:xmpp:chat-markers:0' id='a1'/></message>");

    muc_send_ephemeral(&w->service, &w->out, &w->room, "Sarah", "sarah@example.org", &i);
    assert_non_null(strstr(
        sent(w), "<message to='uma@example.org/pda' "
                 "from='k3v9@support.example.org/Sarah' type='groupchat' "
                 "id='m9'><displayed xmlns='urn:xmpp:chat-markers:0' id='a1'/>" ID "</message>\n"));
}

static void echo_goes_to_the_author_s_sessions_only(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<message type='groupchat' id='m9' to='k3v9@support.example.org'>"
                   "<body>!claim</body></message>");

#define REST                                                                                       \
    " from='k3v9@support.example.org/Sarah' type='groupchat' id='m9'><body>!claim</body>" NO_STORE \
        ID "</message>\n"
    muc_send_echo(&w->service, &w->out, &w->room, SARAH, &i);
    assert_string_equal(sent(w), "<message to='sarah@example.org/phone'" REST
                                 "<message to='sarah@example.org/desk'" REST);
#undef REST
}

static void notice_goes_to_one_and_into_no_archive(void **state)
{
    struct world *w = *state;

    muc_send_notice(&w->service, &w->out, &w->room, "uma@example.org/pda", "Say !claim.");
    assert_string_equal(sent(w), "<message from='k3v9@support.example.org' type='groupchat' "
                                 "to='uma@example.org/pda'><body>Say !claim.</body>" NO_STORE
                                 "</message>\n");
}

static void private_message_goes_to_all_sessions_marked_as_such(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<message from='uma@example.org/pda' type='chat' id='p1' "
                   "to='k3v9@support.example.org/Sarah'><body>psst</body>"
                   "<stanza-id xmlns='urn:xmpp:sid:0' by='k3v9@support.example.org' id='1'/>"
                   "<x xmlns='http://jabber.org/protocol/muc#user'><item role='owner'/></x>"
                   "<request xmlns='urn:xmpp:receipts'/></message>");

#define REST                                                                                       \
    " from='k3v9@support.example.org/Uma' type='chat' id='p1'><body>psst</body>"                   \
    "<request xmlns='urn:xmpp:receipts'/><x xmlns='http://jabber.org/protocol/muc#user'/>" ID      \
    "</message>\n"
    assert_int_equal(i.kind, MUC_PRIVATE);
    muc_send_private(&w->service, &w->out, &w->room, UMA, SARAH, &i);
    assert_string_equal(sent(w), "<message to='sarah@example.org/phone'" REST
                                 "<message to='sarah@example.org/desk'" REST);
#undef REST
}

static void private_chat_state_has_no_body(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<message from='uma@example.org/pda' to='k3v9@support.example.org/Sarah'>"
                   "<active xmlns='http://jabber.org/protocol/chatstates'/></message>");
    const char *text;

    muc_send_private(&w->service, &w->out, &w->room, UMA, SARAH, &i);
    text = sent(w);
    assert_null(strstr(text, "<body"));
    assert_null(strstr(text, "type="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(line_goes_to_every_session_of_every_occupant),
        TEST_IN_WORLD(line_for_one_goes_to_that_session_only),
        TEST_IN_WORLD(line_of_the_room_has_its_bare_address_and_no_occupant_id),
        TEST_IN_WORLD(nothing_is_sent_to_a_room_of_web_sessions),
        TEST_IN_WORLD(changed_subject_has_no_date),
        TEST_IN_WORLD(chat_state_is_never_stored),
        TEST_IN_WORLD(ephemeral_payload_is_reflected_as_it_is),
        TEST_IN_WORLD(echo_goes_to_the_author_s_sessions_only),
        TEST_IN_WORLD(notice_goes_to_one_and_into_no_archive),
        TEST_IN_WORLD(private_message_goes_to_all_sessions_marked_as_such),
        TEST_IN_WORLD(private_chat_state_has_no_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
