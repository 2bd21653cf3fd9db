#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define ID "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='#'/>"
#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>"
#define FROM_SARAH " from='k3v9@support.example.org/Sarah'"

static void presence_goes_to_all_and_with_110_to_each_own_session(void **state)
{
    struct world *w = *state;

    muc_send_presence(&w->service, &w->out, &w->room, SARAH);
    assert_string_equal(
        sent(w), "<presence to='uma@example.org/pda'" FROM_SARAH "><status>here</status>" ID USER
                 "<item affiliation='member' role='moderator' jid='sarah@example.org/phone'/></x>"
                 "</presence>\n"
                 "<presence" FROM_SARAH " to='sarah@example.org/phone'><show>away</show>" ID USER
                 "<item affiliation='member' role='moderator' jid='sarah@example.org/phone'/>"
                 "<status code='110'/></x></presence>\n"
                 "<presence" FROM_SARAH " to='sarah@example.org/desk'><status>here</status>" ID USER
                 "<item affiliation='member' role='moderator' jid='sarah@example.org/desk'/>"
                 "<status code='110'/></x></presence>\n");
}

static void most_available_session_is_shown(void **state)
{
    static const char *const order[] = {"<show>dnd</show>", "<show>xa</show>", "<show>away</show>",
                                        "<status>x</status>", "<show>chat</show>"};
    struct world *w = *state;

    w->occupants[SARAH].n_sessions = 2;
    for (size_t i = 0; i < 8; i++) {
        w->sarah[i % 2].presence = order[i / 2];
        w->sarah[1 - i % 2].presence = order[i / 2 + 1];
        muc_send_probed(&w->service, &w->out, &w->room, SARAH, "x@example.org/y");
        assert_non_null(strstr(sent(w), order[i / 2 + 1]));
    }
}

static void probe_is_answered_with_one_presence(void **state)
{
    struct world *w = *state;

    muc_send_probed(&w->service, &w->out, &w->room, BOT, "uma@example.org/pda");
    assert_string_equal(
        sent(w),
        "<presence from='k3v9@support.example.org/Assistant' to='uma@example.org/pda'>" ID USER
        "<item affiliation='member' role='participant' "
        "jid='a-k3v9@support.example.org'/></x></presence>\n");
}

static void probe_of_oneself_is_answered_with_110(void **state)
{
    struct world *w = *state;

    muc_send_probed(&w->service, &w->out, &w->room, UMA, "uma@example.org/pda");
    assert_non_null(strstr(sent(w), "<status code='110'/>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(presence_goes_to_all_and_with_110_to_each_own_session),
        TEST_IN_WORLD(most_available_session_is_shown),
        TEST_IN_WORLD(probe_is_answered_with_one_presence),
        TEST_IN_WORLD(probe_of_oneself_is_answered_with_110),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
