#include "tests/unit/core/desk_rig.h"

#define ANN "ann@example.org/a"
#define BOB "bob@example.org/b"

static struct call *invite(struct rig *r, const char *by, const char *chat, const char *address,
                           const char *jid)
{
    struct principal who = rig_who(by);
    struct call *c = rig_call(r, "invite");

    desk_invite(r->desk, &who, chat, address, jid, rig_done, c);
    return rig_wait(c);
}

static void invited_agent_is_a_member_also_after_a_restart(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, ANN));
    assert_int_equal(desk_standing(r->desk, chat, bob), STANDING_USUAL);
    assert_int_equal(invite(r, ann, chat, ANN, "bob@example.org")->e, OK);
    assert_int_equal(desk_standing(r->desk, chat, bob), STANDING_MEMBER);
    rig_restart(r);
    assert_int_equal(desk_standing(r->desk, chat, bob), STANDING_MEMBER);
    assert_true(invite(r, ann, chat, ANN, "bob@example.org")->unchanged);
}

static void who_may_not_invite_is_told_why(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_join(r, bob, chat, BOB)); /* a visitor */
    assert_int_equal(invite(r, bob, chat, BOB, "ann@example.org")->e, ERR_FORBIDDEN);
    assert_int_equal(invite(r, bob, chat, ANN, "ann@example.org")->e, ERR_NOT_OCCUPANT);
    assert_int_equal(invite(r, bob, chat, "", "ann@example.org")->e, ERR_FORBIDDEN);
    assert_int_equal(invite(r, ann, chat, ANN, "nobody@example.org")->e, ERR_NOT_FOUND);
    assert_int_equal(invite(r, ann, "aaaaaaaaaaaaaaaaaaaaaaaaaa", ANN, "bob@example.org")->e,
                     ERR_NOT_FOUND);
}

static void invitations_are_rationed(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    const char *chat = rig_waiting(r, "Alice");
    int n = 0;

    (void)rig_agent(r, "bob");
    rig_wait(rig_join(r, ann, chat, ANN));
    while (n < 100 && invite(r, ann, chat, ANN, "bob@example.org")->e == OK)
        n++;
    assert_int_equal(n, 10);
    assert_true(invite(r, ann, chat, ANN, "bob@example.org")->retry_ms > 0);
    r->now_ms += 60000;
    assert_int_equal(invite(r, ann, chat, ANN, "bob@example.org")->e, OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RIG_TEST(invited_agent_is_a_member_also_after_a_restart),
        RIG_TEST(who_may_not_invite_is_told_why),
        RIG_TEST(invitations_are_rationed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
