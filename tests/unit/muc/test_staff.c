#include "tests/unit/muc/muc_world.h"

#include <string.h>

static void nobody_but_moderators_sees_addresses_in_a_semi_anonymous_room(void **state)
{
    struct world *w = *state;
    struct muc_config secret = muc_config_chat;
    const char *text;

    secret.nonanonymous = false;
    w->room.config = &secret;
    muc_send_presence(&w->service, &w->out, &w->room, UMA);
    text = sent(w);
    /* Sarah moderates, and has two clients; Uma's own copy shows her own address */
    assert_int_equal(lines_in(text), 3);
    assert_non_null(strstr(text, "to='sarah@example.org/desk'"));
    for (const char *jid = strstr(text, " jid='"); jid; jid = strstr(jid + 1, " jid='"))
        assert_int_equal(strncmp(jid, " jid='uma@example.org/pda'", 25), 0);
    w->occupants[SARAH].role = "participant";
    muc_send_probed(&w->service, &w->out, &w->room, UMA, "sarah@example.org/desk");
    assert_null(strstr(sent(w), " jid='"));
}

static void presence_of_a_hidden_role_is_told_to_nobody_else(void **state)
{
    struct world *w = *state;
    struct muc_config quiet = muc_config_chat;

    quiet.show_visitors = false;
    w->room.config = &quiet;
    muc_send_presence(&w->service, &w->out, &w->room, UMA); /* a visitor */
    assert_int_equal(lines_in(sent(w)), 1);
}

static void renamed_client_hears_it_of_itself_and_others_too(void **state)
{
    struct world *w = *state;
    const char *text;

    muc_send_renamed(&w->service, &w->out, &w->room, UMA, MUC_ALL, "Una", false);
    text = sent(w);
    assert_non_null(strstr(text, "from='k3v9@support.example.org/Una' type='unavailable'"));
    assert_non_null(strstr(text, "nick='Uma'/><status code='303'/><status code='110'/>"));
    assert_int_equal(lines_in(text), 6); /* two of Sarah's, and her own; each twice */
    muc_send_renamed(&w->service, &w->out, &w->room, UMA, 0, "Una", true);
    assert_int_equal(lines_in(sent(w)), 4); /* others of it stay: only its own leave is told */
}

static void change_of_standing_says_who_and_why(void **state)
{
    struct world *w = *state;

    muc_send_changed(&w->service, &w->out, &w->room, UMA, "Sarah", "well done");
    assert_non_null(strstr(sent(w), "<actor nick='Sarah'/><reason>well done</reason></item>"));
}

static void codes_come_from_the_room(void **state)
{
    struct world *w = *state;
    const char *codes[] = {"104", "172"};
    const char *text;

    muc_send_codes(&w->service, &w->out, &w->room, codes, 2);
    text = sent(w);
    assert_non_null(strstr(text, "from='k3v9@support.example.org' type='groupchat'"));
    assert_non_null(strstr(text, "<status code='104'/><status code='172'/></x></message>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(nobody_but_moderators_sees_addresses_in_a_semi_anonymous_room),
        TEST_IN_WORLD(presence_of_a_hidden_role_is_told_to_nobody_else),
        TEST_IN_WORLD(renamed_client_hears_it_of_itself_and_others_too),
        TEST_IN_WORLD(change_of_standing_says_who_and_why),
        TEST_IN_WORLD(codes_come_from_the_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
