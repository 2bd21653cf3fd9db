#include "tests/unit/core/desk_rig.h"

static enum err set(struct rig *r, const char *agent, const struct agent_settings *s)
{
    struct call *c = rig_call(r, "set");

    desk_agent_set(r->desk, agent, s, rig_done, c);
    return rig_wait(c)->e;
}

static const struct agent *agent(struct rig *r, const char *id)
{
    return directory_by_id(desk_directory(r->desk), id);
}

static void what_an_agent_sets_outlives_a_restart(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann");
    const enum duty_show away = DUTY_AWAY;
    const enum agent_notify lobby = NOTIFY_LOBBY;
    const int max = 3;
    const struct agent_settings first = {.status = &away, .contact_on = CONTACT_SEES};
    const struct agent_settings second = {
        .max_chats = &max, .notify = &lobby, .contact_on = CONTACT_SEEN};

    assert_int_equal(agent(r, ann)->notify, NOTIFY_MESSAGE);
    assert_int_equal(set(r, ann, &first), OK);
    assert_int_equal(set(r, ann, &second), OK);
    rig_restart(r);
    assert_int_equal(agent(r, ann)->status, DUTY_AWAY);
    assert_int_equal(agent(r, ann)->max_chats, 3);
    assert_int_equal(agent(r, ann)->notify, NOTIFY_LOBBY);
    assert_int_equal(agent(r, ann)->contact, CONTACT_SEES | CONTACT_SEEN);
    assert_int_equal(duty_of(desk_duty(r->desk), ann), DUTY_AWAY);
}

static void settings_of_nobody_are_not_found(void **state)
{
    const struct agent_settings s = {.contact_on = CONTACT_SEES};

    assert_int_equal(set(*state, "nobody", &s), ERR_NOT_FOUND);
}

static void own_status_beats_being_in_a_room(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");
    const enum duty_show dnd = DUTY_DND, none = DUTY_OFF;
    const struct agent_settings busy = {.status = &dnd}, automatic = {.status = &none};

    rig_wait(rig_join(r, ann, chat, "ann/desk"));
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
    set(r, ann, &busy);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    set(r, ann, &automatic);
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
}

static void agent_with_as_many_chats_as_wanted_is_not_available(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");
    const int one = 1;
    const struct agent_settings s = {.max_chats = &one};

    rig_wait(rig_join(r, ann, chat, "ann/desk"));
    assert_int_equal(desk_held(r->desk, ann), 1);
    set(r, ann, &s);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
}

static void last_room_is_the_one_joined_last(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *first = rig_waiting(r, "A");
    const char *second = rig_waiting(r, "B");
    char id[ID_LEN + 1];

    assert_false(desk_last_room(r->desk, ann, id));
    rig_wait(rig_join(r, ann, second, "ann/desk"));
    r->now_ms += 10;
    rig_wait(rig_join(r, ann, first, "ann/desk"));
    assert_true(desk_last_room(r->desk, ann, id));
    assert_string_equal(id, first);
    rig_wait(rig_leave(r, first, "ann/desk"));
    assert_true(desk_last_room(r->desk, ann, id));
    assert_string_equal(id, second);
}

static struct day_stats counted;

static void keep_stats(void *ctx, enum err e, const struct desk_answer *a)
{
    if (e == OK)
        counted = a->page->stats;
    rig_done(ctx, e, a);
}

static void counts_are_those_since_the_given_time(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *old = rig_waiting(r, "Old"), *chat;
    struct principal who = rig_who(ann);
    struct call *c = rig_call(r, "stats");

    (void)old;
    r->now_ms += 100000;
    chat = rig_waiting(r, "New");
    rig_wait(rig_assign(r, ann, chat, ""));
    rig_wait(rig_close(r, who, chat, ""));
    desk_stats(r->desk, &who, RIG_NOW + 50000, keep_stats, c);
    rig_wait(c);
    assert_int_equal(counted.begun, 1);
    assert_int_equal(counted.escalated, 1);
    assert_int_equal(counted.claimed, 1);
    assert_int_equal(counted.closed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_an_agent_sets_outlives_a_restart),
        RIG_TEST(settings_of_nobody_are_not_found),
        RIG_TEST(own_status_beats_being_in_a_room),
        RIG_TEST(agent_with_as_many_chats_as_wanted_is_not_available),
        RIG_TEST(last_room_is_the_one_joined_last),
        RIG_TEST(counts_are_those_since_the_given_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
