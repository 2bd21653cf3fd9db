#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define ID "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='#'/>"
#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>"
#define TO_UMA " to='uma@example.org/pda'"
#define FROM " from='k3v9@support.example.org/"

static const struct muc_line HISTORY[] = {
    {"a1", "Alice (customer)", "c-k3v9@support.example.org", "", "Hello", "", 1000, false, false},
    {"a2", "", "", "s2", "Note", "", 2000, false, false},
};

#define OTHERS                                                                                     \
    "<presence" FROM "Alice (customer)'" TO_UMA ">" ID USER                                        \
    "<item affiliation='member' role='participant' jid='c-k3v9@support.example.org'/></x>"         \
    "</presence>\n"                                                                                \
    "<presence" FROM "Assistant'" TO_UMA ">" ID USER                                               \
    "<item affiliation='member' role='participant' jid='a-k3v9@support.example.org'/></x>"         \
    "</presence>\n"                                                                                \
    "<presence" FROM "Sarah'" TO_UMA "><status>here</status>" ID USER                              \
    "<item affiliation='member' role='moderator' jid='sarah@example.org/phone'/></x>"              \
    "</presence>\n"                                                                                \
    "<presence" FROM "Tom'" TO_UMA ">" ID USER                                                     \
    "<item affiliation='member' role='visitor' jid='tom@example.org'/></x></presence>\n"

#define ITEM_UMA "<item affiliation='admin' role='visitor' jid='uma@example.org/pda'/>"

#define TOLD                                                                                       \
    "<presence to='sarah@example.org/phone'" FROM "Uma'>" ID USER ITEM_UMA "</x></presence>\n"     \
    "<presence to='sarah@example.org/desk'" FROM "Uma'>" ID USER ITEM_UMA "</x></presence>\n"

#define PAST                                                                                       \
    "<message" FROM "Alice (customer)' type='groupchat' id='a1'" TO_UMA "><body>Hello</body>"      \
    "<stanza-id xmlns='urn:xmpp:sid:0' by='k3v9@support.example.org' id='a1'/>" ID                 \
    "<delay xmlns='urn:xmpp:delay' from='k3v9@support.example.org' "                               \
    "stamp='1970-01-01T00:00:01.000Z'/></message>\n"                                               \
    "<message from='k3v9@support.example.org' type='groupchat' id='s2'" TO_UMA                     \
    "><body>Note</body>"                                                                           \
    "<stanza-id xmlns='urn:xmpp:sid:0' by='k3v9@support.example.org' id='a2'/>"                    \
    "<delay xmlns='urn:xmpp:delay' from='k3v9@support.example.org' "                               \
    "stamp='1970-01-01T00:00:02.000Z'/></message>\n"

#define SUBJECT                                                                                    \
    "<message from='k3v9@support.example.org' type='groupchat'" TO_UMA                             \
    "><subject>Billing</subject>"                                                                  \
    "<delay xmlns='urn:xmpp:delay' from='k3v9@support.example.org' "                               \
    "stamp='1970-01-01T00:00:01.000Z'/></message>\n"

static void newcomer_gets_occupants_itself_history_and_subject_in_this_order(void **state)
{
    struct world *w = *state;

    muc_send_join(&w->service, &w->out, &w->room, UMA, 0, MUC_JOIN_NEW, "e1", HISTORY, 2);
    assert_string_equal(sent(w),
                        OTHERS TOLD "<presence" FROM "Uma' id='e1'" TO_UMA ">" ID USER ITEM_UMA
                                    "<status code='110'/><status code='100'/>"
                                    "</x></presence>\n" PAST SUBJECT);
}

static void second_session_is_not_announced_to_others(void **state)
{
    struct world *w = *state;
    const char *text;

    muc_send_join(&w->service, &w->out, &w->room, SARAH, 1, 0, "", NULL, 0);
    text = sent(w);
    assert_int_equal(lines_in(text), 4 + 1 + 1);
    assert_null(strstr(text, "to='uma@example.org/pda'"));
    assert_null(strstr(text, "to='sarah@example.org/phone'"));
}

static void session_sees_its_own_presence_and_address(void **state)
{
    struct world *w = *state;

    muc_send_join(&w->service, &w->out, &w->room, SARAH, 0, 0, "", NULL, 0);
    assert_non_null(strstr(sent(w), "<show>away</show>" ID USER
                                    "<item affiliation='member' role='moderator' "
                                    "jid='sarah@example.org/phone'/><status code='110'/>"));
}

static void rewritten_nick_is_said_with_210(void **state)
{
    struct world *w = *state;

    muc_send_join(&w->service, &w->out, &w->room, UMA, 0, MUC_JOIN_REWRITTEN, "", NULL, 0);
    assert_non_null(strstr(
        sent(w), "<status code='110'/><status code='100'/><status code='210'/></x></presence>\n"));
}

static void empty_subject_is_sent_without_a_date(void **state)
{
    struct world *w = *state;
    const char *text;

    w->room.subject = "";
    muc_send_join(&w->service, &w->out, &w->room, UMA, 0, 0, "", NULL, 0);
    text = sent(w);
    assert_non_null(strstr(text, "<message from='k3v9@support.example.org' type='groupchat'" TO_UMA
                                 "><subject/></message>\n"));
}

static void web_session_only_is_announced(void **state)
{
    struct world *w = *state;
    const char *text;

    muc_send_join(&w->service, &w->out, &w->room, TOM, 0, MUC_JOIN_NEW, "", HISTORY, 2);
    text = sent(w);
    assert_int_equal(lines_in(text), 3);
    assert_non_null(strstr(text, TO_UMA FROM "Tom'>"));
    assert_null(strstr(text, "code='110'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(newcomer_gets_occupants_itself_history_and_subject_in_this_order),
        TEST_IN_WORLD(second_session_is_not_announced_to_others),
        TEST_IN_WORLD(session_sees_its_own_presence_and_address),
        TEST_IN_WORLD(rewritten_nick_is_said_with_210),
        TEST_IN_WORLD(empty_subject_is_sent_without_a_date),
        TEST_IN_WORLD(web_session_only_is_announced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
