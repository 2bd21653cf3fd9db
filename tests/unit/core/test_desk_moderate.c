#include "tests/unit/core/desk_rig.h"

#define ANN "ann@example.org/a"
#define BOB "bob@example.org/b"
#define SUE "sue@example.org/s"

/* Ann has the chat, Bob observes, Sue supervises. */
struct scene {
    const char *chat, *ann, *bob, *sue;
};

static const char *supervisor(struct rig *r, const char *name)
{
    struct agent_new a = {
        .jid = arena_printf(r->arena, "%s@example.org", name), .name = name, .supervisor = true};
    struct call *c = rig_call(r, "add");

    desk_agent_add(r->desk, &a, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    return arena_dup(r->arena, directory_by_jid(desk_directory(r->desk), a.jid)->id);
}

static struct scene scene(struct rig *r)
{
    struct scene s = {.ann = rig_agent(r, "ann"), .bob = rig_agent(r, "bob")};

    s.sue = supervisor(r, "sue");
    s.chat = rig_waiting(r, "Alice");
    rig_wait(rig_join(r, s.ann, s.chat, ANN));
    rig_wait(rig_join(r, s.bob, s.chat, BOB));
    rig_wait(rig_join(r, s.sue, s.chat, SUE));
    rig_clear(r);
    return s;
}

static enum err act(struct rig *r, const char *by, const char *chat, enum moderation what,
                    const char *nick, const char *jid)
{
    struct principal who = rig_who(by);
    struct moderate m = {.what = what, .nick = nick, .jid = jid, .reason = "so"};
    struct call *c = rig_call(r, "act");

    desk_moderate(r->desk, &who, chat, &m, 1, rig_done, c);
    return rig_wait(c)->e;
}

static enum err kick(struct rig *r, const char *by, const char *chat, const char *nick)
{
    return act(r, by, chat, MODERATE_KICK, nick, "");
}

static enum err ban_customer(struct rig *r, const char *by, const char *chat)
{
    struct principal who = rig_who(by);
    struct moderate m = {.what = MODERATE_BAN, .nick = "", .jid = "c", .customer = true};
    struct call *c = rig_call(r, "ban");

    desk_moderate(r->desk, &who, chat, &m, 1, rig_done, c);
    return rig_wait(c)->e;
}

static enum err join(struct rig *r, const char *agent, const char *chat, const char *address)
{
    return rig_wait(rig_join(r, agent, chat, address))->e;
}

static void supervisors_are_moderators(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(rig_wait(rig_join(r, s.sue, s.chat, SUE))->role, ROOM_MODERATOR);
    assert_int_equal(rig_wait(rig_join(r, s.ann, s.chat, ANN))->role, ROOM_PARTICIPANT);
    /* and yet are not heard by the customer */
    assert_int_equal(rig_wait(rig_post(r, rig_who(s.sue), s.chat, "hi", ""))->e, ERR_FORBIDDEN);
}

static void kicked_agent_is_out_and_may_come_back(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(kick(r, s.sue, s.chat, "bob"), OK);
    assert_trace(r, "[act ok] left:" BOB ":last");
    assert_int_equal(join(r, s.bob, s.chat, BOB), OK);
}

static void kicked_assigned_agent_has_its_grace_to_come_back(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(kick(r, s.sue, s.chat, "ann"), OK);
    assert_true(rig_wait(rig_show(r, rig_who(s.sue), s.chat))->chat->away_ms > 0);
    assert_int_equal(join(r, s.ann, s.chat, ANN), OK);
    assert_int_equal(rig_wait(rig_show(r, rig_who(s.sue), s.chat))->chat->away_ms, 0);
}

static void kick_outlives_a_restart(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(kick(r, s.sue, s.chat, "bob"), OK);
    rig_restart(r);
    assert_int_equal(desk_agents_available(r->desk, "default"), 2);
}

static void kicks_follow_the_hierarchy(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);
    const char *cat = rig_agent(r, "cat");

    assert_int_equal(kick(r, s.bob, s.chat, "ann"), ERR_FORBIDDEN);
    assert_int_equal(kick(r, s.ann, s.chat, "sue"), ERR_NOT_ALLOWED);
    assert_int_equal(kick(r, s.ann, s.chat, "ann"), ERR_NOT_ALLOWED);
    assert_int_equal(kick(r, s.sue, s.chat, "cat"), ERR_NOT_FOUND);
    assert_int_equal(kick(r, cat, s.chat, "bob"), ERR_NOT_OCCUPANT);
    assert_int_equal(kick(r, s.ann, s.chat, "bob"), OK);
    assert_int_equal(kick(r, s.sue, s.chat, "ann"), OK);
}

static void removed_and_banned_agents_stay_out_also_after_a_restart(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);
    const char *cat = rig_agent(r, "cat");

    assert_int_equal(act(r, s.sue, s.chat, MODERATE_REMOVE, "", "bob@example.org"), OK);
    assert_trace(r, "[act ok] left:" BOB ":last gone");
    assert_int_equal(act(r, s.sue, s.chat, MODERATE_BAN, "", "cat@example.org"), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(join(r, s.bob, s.chat, BOB), ERR_NOT_MEMBER);
        assert_int_equal(join(r, cat, s.chat, "cat@example.org/c"), ERR_OUTCAST);
        assert_int_equal(rig_wait(rig_show(r, rig_who(cat), s.chat))->e, ERR_NOT_FOUND);
        assert_true(desk_excluded(r->desk, s.chat, s.bob));
        assert_false(desk_excluded(r->desk, s.chat, s.ann));
        rig_restart(r);
    }
    assert_int_equal(act(r, s.sue, s.chat, MODERATE_MEMBER, "", "cat@example.org"), OK);
    assert_int_equal(join(r, cat, s.chat, "cat@example.org/c"), OK);
}

/* Closed chats are not read at the start. */
static void banned_agent_stays_out_when_a_closed_chat_opens_again(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(act(r, s.sue, s.chat, MODERATE_BAN, "", "bob@example.org"), OK);
    rig_wait(rig_close(r, rig_customer(s.chat), s.chat, ""));
    rig_restart(r);
    assert_int_equal(rig_wait(rig_post(r, rig_customer(s.chat), s.chat, "again", ""))->e, OK);
    assert_int_equal(join(r, s.bob, s.chat, BOB), ERR_OUTCAST);
}

static void only_supervisors_shut_out_and_never_supervisors(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(act(r, s.ann, s.chat, MODERATE_REMOVE, "", "bob@example.org"), ERR_FORBIDDEN);
    assert_int_equal(act(r, s.sue, s.chat, MODERATE_BAN, "", "sue@example.org"), ERR_NOT_ALLOWED);
    assert_int_equal(act(r, s.sue, s.chat, MODERATE_BAN, "", "x@example.org"), ERR_NOT_FOUND);
    assert_int_equal(act(r, s.sue, s.chat, MODERATE_BAN, "Robin", ""), ERR_NOT_ALLOWED);
}

static void chat_of_a_removed_agent_waits_again(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(act(r, s.sue, s.chat, MODERATE_REMOVE, "", "ann@example.org"), OK);
    assert_int_equal(rig_wait(rig_show(r, rig_who(s.sue), s.chat))->chat->state, CHAT_WAITING);
    assert_int_equal(rig_wait(rig_post(r, rig_who(s.bob), s.chat, "mine", ""))->e, OK);
    assert_string_equal(rig_wait(rig_show(r, rig_who(s.sue), s.chat))->chat->assigned_to, s.bob);
}

static void kick_of_the_customer_closes_the_chat(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(kick(r, s.ann, s.chat, "Alice (customer)"), ERR_NOT_ALLOWED);
    assert_int_equal(kick(r, s.sue, s.chat, "Alice (customer)"), OK);
    assert_int_equal(join(r, s.ann, s.chat, ANN), ERR_CLOSED);
    /* still a customer: it may come back */
    assert_int_equal(rig_wait(rig_post(r, rig_customer(s.chat), s.chat, "back", ""))->e, OK);
}

static void banned_customer_may_nothing_any_more(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(ban_customer(r, s.ann, s.chat), ERR_FORBIDDEN);
    assert_int_equal(ban_customer(r, s.sue, s.chat), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_wait(rig_post(r, rig_customer(s.chat), s.chat, "back", ""))->e,
                         ERR_FORBIDDEN);
        assert_int_equal(rig_wait(rig_show(r, rig_customer(s.chat), s.chat))->e, ERR_FORBIDDEN);
        rig_restart(r);
    }
}

static enum err unblock_customer(struct rig *r, const char *by, const char *chat)
{
    struct principal who = rig_who(by);
    struct moderate m = {.what = MODERATE_UNBLOCK, .nick = "", .jid = "", .customer = true};
    struct call *c = rig_call(r, "unblock");

    desk_moderate(r->desk, &who, chat, &m, 1, rig_done, c);
    return rig_wait(c)->e;
}

static void unblocked_customer_is_let_in_also_after_a_restart(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    assert_int_equal(unblock_customer(r, s.sue, s.chat), OK);
    assert_int_equal(ban_customer(r, s.sue, s.chat), OK);
    rig_restart(r);
    assert_int_equal(unblock_customer(r, s.ann, s.chat), ERR_FORBIDDEN);
    assert_int_equal(rig_wait(rig_show(r, rig_customer(s.chat), s.chat))->e, ERR_FORBIDDEN);
    assert_int_equal(unblock_customer(r, s.sue, s.chat), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_wait(rig_show(r, rig_customer(s.chat), s.chat))->e, OK);
        rig_restart(r);
    }
}

static void kick_whose_commit_fails_changes_nothing(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);

    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    assert_int_equal(kick(r, s.sue, s.chat, "bob"), ERR_UNKNOWN);
    rig_pump(r);
    assert_null(strstr(r->trace, "left:"));
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;

    while ((text = strstr(text, what))) {
        text += strlen(what);
        n++;
    }
    return n;
}

static enum err act_all(struct rig *r, const char *by, const char *chat,
                        const struct moderate *items, size_t n)
{
    struct principal who = rig_who(by);
    struct call *c = rig_call(r, "all");

    desk_moderate(r->desk, &who, chat, items, n, rig_done, c);
    return rig_wait(c)->e;
}

static void one_item_that_is_refused_undoes_all_others(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);
    struct moderate items[] = {
        {.what = MODERATE_BAN, .nick = "", .jid = "ann@example.org", .reason = ""},
        {.what = MODERATE_VOICE, .nick = "nobody", .jid = "", .reason = ""},
    };
    struct moderate twice[] = {items[0], items[0]};
    struct moderate customer[] = {
        items[0], {.what = MODERATE_KICK, .nick = "Alice (customer)", .jid = "", .reason = ""}};
    struct moderate voice[] = {items[0],
                               {.what = MODERATE_VOICE, .nick = "bob", .jid = "", .reason = ""}};

    assert_int_equal(act_all(r, s.sue, s.chat, items, 2), ERR_NOT_FOUND);
    items[1].nick = "sue";
    items[1].what = MODERATE_KICK;
    assert_int_equal(act_all(r, s.sue, s.chat, items, 2), ERR_NOT_ALLOWED);
    assert_int_equal(act_all(r, s.sue, s.chat, twice, 2), ERR_INVALID);
    assert_int_equal(act_all(r, s.sue, s.chat, customer, 2), ERR_INVALID);
    assert_int_equal(act_all(r, s.sue, s.chat, voice, 2), ERR_NOT_ALLOWED);
    assert_null(strstr(r->trace, "left:"));
    assert_int_equal(desk_standing(r->desk, s.chat, s.ann), STANDING_USUAL);
}

static void several_items_are_carried_out_together(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);
    const char *cat = rig_agent(r, "cat");
    struct moderate items[] = {
        {.what = MODERATE_VOICE, .nick = "bob", .jid = "", .reason = ""},
        {.what = MODERATE_BAN, .nick = "", .jid = "cat@example.org", .reason = ""},
        {.what = MODERATE_KICK, .nick = "ann", .jid = "", .reason = ""},
    };

    assert_int_equal(act_all(r, s.sue, s.chat, items, 3), OK);
    assert_trace(r, "[all ok] gone left:" ANN ":last agent_joined roles");
    rig_restart(r);
    assert_int_equal(rig_wait(rig_post(r, rig_who(s.bob), s.chat, "hello", ""))->e, OK);
    assert_int_equal(join(r, cat, s.chat, "cat@example.org/c"), ERR_OUTCAST);
    assert_true(rig_wait(rig_show(r, rig_who(s.sue), s.chat))->chat->away_ms > 0);
}

/* The chat waits again: each of its speakers leaves once. */
static void shutting_out_all_speakers_tells_each_once(void **state)
{
    struct rig *r = *state;
    struct scene s = scene(r);
    struct moderate voice = {.what = MODERATE_VOICE, .nick = "bob", .jid = "", .reason = ""};
    struct moderate items[] = {
        {.what = MODERATE_REMOVE, .nick = "", .jid = "bob@example.org", .reason = ""},
        {.what = MODERATE_BAN, .nick = "", .jid = "ann@example.org", .reason = ""},
    };
    struct call *shown;

    assert_int_equal(act_all(r, s.ann, s.chat, &voice, 1), OK);
    rig_clear(r);
    assert_int_equal(act_all(r, s.sue, s.chat, items, 2), OK);
    shown = rig_wait(rig_show(r, rig_who(s.sue), s.chat));
    assert_int_equal(shown->chat->state, CHAT_WAITING);
    assert_int_equal(count_of(r->trace, "agent_left"), 2);
    assert_int_equal(desk_standing(r->desk, s.chat, s.ann), STANDING_OUTCAST);
    assert_int_equal(desk_standing(r->desk, s.chat, s.bob), STANDING_NONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RIG_TEST(supervisors_are_moderators),
        RIG_TEST(kicked_agent_is_out_and_may_come_back),
        RIG_TEST(kicked_assigned_agent_has_its_grace_to_come_back),
        RIG_TEST(kick_outlives_a_restart),
        RIG_TEST(kicks_follow_the_hierarchy),
        RIG_TEST(removed_and_banned_agents_stay_out_also_after_a_restart),
        RIG_TEST(banned_agent_stays_out_when_a_closed_chat_opens_again),
        RIG_TEST(only_supervisors_shut_out_and_never_supervisors),
        RIG_TEST(chat_of_a_removed_agent_waits_again),
        RIG_TEST(kick_of_the_customer_closes_the_chat),
        RIG_TEST(banned_customer_may_nothing_any_more),
        RIG_TEST(unblocked_customer_is_let_in_also_after_a_restart),
        RIG_TEST(kick_whose_commit_fails_changes_nothing),
        RIG_TEST(one_item_that_is_refused_undoes_all_others),
        RIG_TEST(several_items_are_carried_out_together),
        RIG_TEST(shutting_out_all_speakers_tells_each_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
