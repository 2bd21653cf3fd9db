#include "tests/unit/component/muc_rig.h"

#define ANN "ann@example.org/a"
#define MALLORY "mallory@example.org/m"
#define REFUSED "<not-allowed "
#define MISSING "<item-not-found "

static int begin_without_staff_rooms(void **state)
{
    return muc_rig_begin_with(state, STAFF_OFF);
}

static const char *join_of(struct muc_rig *r, const char *from, const char *room)
{
    r->chat = room;
    muc_rig_send(r, STANZA_PRESENCE, from, "nick", "", "", "x", "http://jabber.org/protocol/muc");
    return muc_rig_sent(r);
}

static void agent_who_would_create_a_room_is_not_allowed_to(void **state)
{
    const char *sent = join_of(*state, ANN, "consult");

    assert_non_null(strstr(sent, REFUSED));
    assert_non_null(strstr(sent, "type='cancel'"));
}

static void chats_and_lobbies_that_are_not_there_are_missing(void **state)
{
    assert_non_null(strstr(join_of(*state, ANN, "zzzzzzzzzzzzzzzzzzzzzzzzzz"), MISSING));
    assert_non_null(strstr(join_of(*state, ANN, "lobby-nowhere"), MISSING));
}

static void stranger_learns_nothing_of_the_setting(void **state)
{
    assert_non_null(strstr(join_of(*state, MALLORY, "consult"), MISSING));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_without_staff_rooms, muc_rig_end)
    const struct CMUnitTest tests[] = {
        TEST(agent_who_would_create_a_room_is_not_allowed_to),
        TEST(chats_and_lobbies_that_are_not_there_are_missing),
        TEST(stranger_learns_nothing_of_the_setting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
