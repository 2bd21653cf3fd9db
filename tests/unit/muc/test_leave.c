#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define ID "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='#'/>"
#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>"
#define UMA_IS " from='k3v9@support.example.org/Uma' type='unavailable'"
#define ITEM "<item affiliation='admin' role='none' jid='uma@example.org/pda'/>"

/* Uma as she was; the room is without her afterwards. */
static struct muc_occupant uma_gone(struct world *w)
{
    w->room.n_occupants = UMA;
    return w->occupants[UMA];
}

static void last_session_leaving_is_told_to_all_and_confirmed(void **state)
{
    struct world *w = *state;
    struct muc_occupant uma = uma_gone(w);

    muc_send_leave(&w->service, &w->out, &w->room, &uma, true, false, "bye");
    assert_string_equal(sent(w), "<presence to='sarah@example.org/phone'" UMA_IS
                                 "><status>bye</status>" ID USER ITEM "</x></presence>\n"
                                 "<presence to='sarah@example.org/desk'" UMA_IS
                                 "><status>bye</status>" ID USER ITEM "</x></presence>\n"
                                 "<presence" UMA_IS
                                 " to='uma@example.org/pda'><status>bye</status>" ID USER ITEM
                                 "<status code='110'/></x></presence>\n");
}

/* Its client may be there after all, and would wait for messages that never come. */
static void lost_session_is_told_with_333_to_all_and_itself(void **state)
{
    struct world *w = *state;
    struct muc_occupant uma = uma_gone(w);
    const char *text;

    muc_send_leave(&w->service, &w->out, &w->room, &uma, true, true, "");
    text = sent(w);
    assert_int_equal(lines_in(text), 3);
    assert_non_null(strstr(text, ITEM "<status code='333'/></x></presence>\n"));
    assert_non_null(strstr(text, "<presence" UMA_IS " to='uma@example.org/pda'>" ID USER ITEM
                                 "<status code='110'/><status code='333'/></x></presence>\n"));
    assert_null(strstr(text, "307"));
}

static void one_of_several_sessions_leaves_in_silence(void **state)
{
    struct world *w = *state;
    struct muc_occupant gone = w->occupants[SARAH];

    gone.n_sessions = 1; /* the phone */
    w->occupants[SARAH].sessions = w->sarah + 1;
    w->occupants[SARAH].n_sessions = 2;
    muc_send_leave(&w->service, &w->out, &w->room, &gone, false, false, "");
    assert_string_equal(sent(w),
                        "<presence from='k3v9@support.example.org/Sarah' type='unavailable' "
                        "to='sarah@example.org/phone'>" ID USER
                        "<item affiliation='member' role='none' jid='sarah@example.org/phone'/>"
                        "<status code='110'/></x></presence>\n");
}

static void stranger_learns_that_it_is_not_in_the_room(void **state)
{
    struct world *w = *state;

    muc_send_desync(&w->service, &w->out,
                    stanza_of(w, "<presence to='k3v9@support.example.org/Sarah'/>"));
    assert_string_equal(sent(w), "<presence from='k3v9@support.example.org/Sarah' "
                                 "type='unavailable' to='sarah@example.org/phone'>" USER
                                 "<item affiliation='none' role='none'/><status code='110'/>"
                                 "<status code='307'/><status code='333'/></x></presence>\n");
}

static void stranger_without_a_nick_learns_that_one_is_missing(void **state)
{
    struct world *w = *state;

    muc_send_desync(&w->service, &w->out,
                    stanza_of(w, "<presence to='k3v9@support.example.org'/>"));
    assert_non_null(strstr(sent(w), "<jid-malformed "));
}

static void destroyed_room_is_told_to_each_from_its_own_address(void **state)
{
    struct world *w = *state;
    const char *text;

    muc_send_destroy(&w->service, &w->out, &w->room, "over");
    text = sent(w);
    assert_int_equal(lines_in(text), 3);
    assert_non_null(strstr(text, "<presence to='uma@example.org/pda'" UMA_IS ">" ID USER
                                 "<item affiliation='none' role='none'/><status code='110'/>"
                                 "<destroy><reason>over</reason></destroy></x></presence>\n"));
    assert_non_null(strstr(text, "<presence to='sarah@example.org/desk' "
                                 "from='k3v9@support.example.org/Sarah' type='unavailable'>"));
}

static void expelled_is_told_by_whom_and_why(void **state)
{
    struct world *w = *state;
    struct muc_occupant uma = uma_gone(w);
    const struct muc_expulsion ban = {"301", "outcast", "Sarah", "enough"};
    const char *text;

    muc_send_expelled(&w->service, &w->out, &w->room, &uma, true, &ban);
    text = sent(w);
    assert_int_equal(lines_in(text), 3); /* Uma, and two sessions of Sarah */
    assert_non_null(strstr(text, "<presence" UMA_IS " to='uma@example.org/pda'>" ID USER
                                 "<item affiliation='outcast' role='none' "
                                 "jid='uma@example.org/pda'><actor nick='Sarah'/>"
                                 "<reason>enough</reason></item><status code='301'/>"
                                 "<status code='110'/></x></presence>\n"));
    assert_non_null(strstr(text, "</item><status code='301'/></x></presence>\n"));
}

static void one_session_expelled_of_several_is_told_alone(void **state)
{
    struct world *w = *state;
    struct muc_occupant uma = uma_gone(w);
    const struct muc_expulsion kick = {"307", "member", "", ""};
    const char *text;

    muc_send_expelled(&w->service, &w->out, &w->room, &uma, false, &kick);
    text = sent(w);
    assert_int_equal(lines_in(text), 1);
    assert_null(strstr(text, "actor"));
    assert_null(strstr(text, "reason"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(last_session_leaving_is_told_to_all_and_confirmed),
        TEST_IN_WORLD(lost_session_is_told_with_333_to_all_and_itself),
        TEST_IN_WORLD(one_of_several_sessions_leaves_in_silence),
        TEST_IN_WORLD(stranger_learns_that_it_is_not_in_the_room),
        TEST_IN_WORLD(stranger_without_a_nick_learns_that_one_is_missing),
        TEST_IN_WORLD(destroyed_room_is_told_to_each_from_its_own_address),
        TEST_IN_WORLD(expelled_is_told_by_whom_and_why),
        TEST_IN_WORLD(one_session_expelled_of_several_is_told_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
