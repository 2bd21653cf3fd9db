#include "tests/unit/core/desk_rig.h"

/* ---- calls ---------------------------------------------------------------------------------- */

static struct call *release(struct rig *r, const char *agent, const char *chat)
{
    struct call *c = rig_call(r, "release");
    struct principal who = rig_who(agent);

    desk_release(r->desk, &who, chat, "", rig_done, c);
    return rig_wait(c);
}

static struct call *voice(struct rig *r, const char *by, const char *chat, const char *agent,
                          bool on)
{
    struct call *c = rig_call(r, "voice");
    struct principal who = rig_who(by);

    desk_voice(r->desk, &who, chat, agent, on, rig_done, c);
    return rig_wait(c);
}

static struct call *offer(struct rig *r, const char *by, const char *chat, const char *to)
{
    struct call *c = rig_call(r, "offer");
    struct principal who = rig_who(by);

    desk_offer(r->desk, &who, chat, to, "", rig_done, c);
    return rig_wait(c);
}

static struct call *decline(struct rig *r, const char *agent, const char *chat)
{
    struct call *c = rig_call(r, "decline");
    struct principal who = rig_who(agent);

    desk_offer_end(r->desk, &who, chat, rig_done, c);
    return rig_wait(c);
}

static struct call *note(struct rig *r, const char *agent, const char *chat, const char *text)
{
    struct call *c = rig_call(r, "note");
    struct principal who = rig_who(agent);

    desk_note(r->desk, &who, chat, text, "s1", "", rig_done, c);
    return rig_wait(c);
}

static struct call *observe(struct rig *r, const char *agent, const char *chat)
{
    struct call *c = rig_call(r, "observe");
    struct principal who = rig_who(agent);

    desk_observe(r->desk, &who, chat, rig_done, c);
    return rig_wait(c);
}

static void tick(struct rig *r)
{
    desk_tick(r->desk);
    rig_pump(r);
}

static const struct chat *state_of(struct rig *r, const char *agent, const char *chat)
{
    return rig_wait(rig_show(r, rig_who(agent), chat))->chat;
}

/* Assigned to ann, who is in the room. */
static const char *live(struct rig *r, const char *ann)
{
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, "ann/desk"));
    rig_clear(r);
    return chat;
}

/* ---- giving back ---------------------------------------------------------------------------- */

static void released_chat_waits_and_the_customer_sees_it(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = live(r, ann);
    const struct entry *log = NULL;
    struct call *c;
    size_t n;

    r->now_ms += 5000;
    c = release(r, ann, chat);
    assert_int_equal(c->e, OK);
    assert_int_equal(c->chat->state, CHAT_WAITING);
    assert_string_equal(c->chat->assigned_to, "");
    assert_int_equal(c->chat->queued_ms, RIG_NOW + 5000);
    n = rig_log(r, chat, &log);
    assert_int_equal(log[n - 1].kind, ENTRY_AGENT_LEFT);
    assert_int_equal(log[n - 1].audience, AUDIENCE_PUBLIC);
    assert_string_equal(log[n - 1].sender_name, "Ann");
    assert_int_equal(queue_waiting(desk_queue(r->desk), "default"), 1);
    /* nobody speaks now but who claims it */
    rig_restart(r);
    assert_int_equal(state_of(r, ann, chat)->state, CHAT_WAITING);
}

static void chat_of_another_agent_is_not_released(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    assert_int_equal(release(r, bob, chat)->e, ERR_FORBIDDEN);
    assert_int_equal(state_of(r, ann, chat)->state, CHAT_LIVE);
}

static void release_of_a_waiting_chat_changes_nothing(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");

    assert_true(release(r, ann, chat)->unchanged);
}

/* ---- speaking along ------------------------------------------------------------------------- */

static void assigned_agent_lets_another_one_speak_and_fall_silent(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "hi", ""))->e, ERR_FORBIDDEN);
    assert_int_equal(voice(r, bob, chat, bob, true)->e, ERR_FORBIDDEN);
    assert_int_equal(voice(r, ann, chat, bob, true)->e, OK);
    assert_true(voice(r, ann, chat, bob, true)->unchanged);
    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "hi", ""))->e, OK);
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "hi", ""))->e, OK);
    assert_int_equal(voice(r, bob, chat, ann, false)->e, ERR_FORBIDDEN);
    assert_int_equal(voice(r, ann, chat, ann, false)->e, ERR_CONFLICT);
    assert_int_equal(release(r, bob, chat)->e, OK);
    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "hi", ""))->e, ERR_FORBIDDEN);
    assert_string_equal(state_of(r, ann, chat)->assigned_to, ann);
}

static void all_speakers_leave_with_a_release(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    voice(r, ann, chat, bob, true);
    assert_int_equal(release(r, ann, chat)->n_entries, 2);
    rig_wait(rig_assign(r, ann, chat, ""));
    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "hi", ""))->e, ERR_FORBIDDEN);
}

static void observer_joins_a_waiting_chat_without_taking_it(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");

    assert_int_equal(observe(r, ann, chat)->e, OK);
    rig_wait(rig_join(r, ann, chat, "ann/desk"));
    assert_int_equal(state_of(r, ann, chat)->state, CHAT_WAITING);
    rig_wait(rig_assign(r, ann, chat, ""));
    assert_int_equal(observe(r, ann, chat)->e, ERR_CONFLICT);
}

/* ---- offers --------------------------------------------------------------------------------- */

static void rig_with_times(struct rig *r)
{
    r->options.offer_ms = 60000;
    r->options.grace_ms = 120000;
    rig_restart(r);
}

static void offered_chat_changes_hands_when_the_other_joins(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    rig_with_times(r);
    assert_int_equal(offer(r, ann, chat, bob)->e, OK);
    assert_string_equal(state_of(r, ann, chat)->assigned_to, ann);
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "a colleague comes", ""))->e, OK);
    rig_restart(r); /* an offer is stored */
    rig_wait(rig_join(r, bob, chat, "bob/desk"));
    assert_string_equal(state_of(r, bob, chat)->assigned_to, bob);
    assert_string_equal(state_of(r, bob, chat)->offered_to, "");
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "hi", ""))->e, ERR_FORBIDDEN);
    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "hi", ""))->e, OK);
}

static void offer_to_one_gives_nothing_to_another(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *cat = rig_agent(r, "Cat");
    const char *chat = live(r, ann);

    offer(r, ann, chat, bob);
    assert_int_equal(rig_wait(rig_assign(r, cat, chat, ""))->e, ERR_ALREADY_ASSIGNED);
    assert_int_equal(decline(r, cat, chat)->e, ERR_FORBIDDEN);
    assert_int_equal(offer(r, cat, chat, bob)->e, ERR_FORBIDDEN);
    assert_int_equal(offer(r, ann, chat, ann)->e, ERR_CONFLICT);
    assert_int_equal(offer(r, ann, chat, "nobody")->e, ERR_NOT_FOUND);
}

static void declined_offer_is_over(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    offer(r, ann, chat, bob);
    assert_int_equal(decline(r, bob, chat)->e, OK);
    assert_int_equal(decline(r, bob, chat)->e, ERR_INVALID);
    assert_int_equal(rig_wait(rig_assign(r, bob, chat, ""))->e, ERR_ALREADY_ASSIGNED);
}

static void offer_runs_out_and_the_chat_stays(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    rig_with_times(r);
    offer(r, ann, chat, bob);
    r->now_ms += 59999;
    tick(r);
    assert_string_equal(state_of(r, ann, chat)->offered_to, bob);
    r->now_ms += 1;
    rig_clear(r);
    tick(r);
    assert_non_null(strstr(r->trace, "offer-over"));
    assert_string_equal(state_of(r, ann, chat)->offered_to, "");
    assert_string_equal(state_of(r, ann, chat)->assigned_to, ann);
}

/* ---- grace ---------------------------------------------------------------------------------- */

static void chat_of_an_agent_who_stays_away_waits_again(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    rig_with_times(r);
    rig_wait(rig_leave(r, chat, "ann/desk"));
    r->now_ms += 119999;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_LIVE);
    r->now_ms += 1;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
}

static void agent_who_took_a_chat_from_outside_and_does_nothing_loses_it(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob");
    const char *chat = rig_waiting(r, "Alice");

    rig_with_times(r);
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, OK);
    r->now_ms += 119999;
    tick(r);
    assert_string_equal(state_of(r, bob, chat)->assigned_to, ann);
    r->now_ms += 1;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
}

/* Longer than rooms stay in memory that nobody uses. */
static void agent_without_a_session_keeps_the_chat_by_asking_now_and_then(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob");
    const char *chat = rig_waiting(r, "Alice");

    r->options.grace_ms = 2 * r->options.room_idle_ms;
    rig_restart(r);
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, OK);
    for (int i = 0; i < 5; i++) {
        r->now_ms += r->options.grace_ms - 1;
        tick(r);
        assert_string_equal(state_of(r, ann, chat)->assigned_to, ann);
    }
    r->now_ms += r->options.grace_ms;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
}

static void agent_who_follows_the_events_keeps_the_chat(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob");
    const char *chat = rig_waiting(r, "Alice");

    rig_with_times(r);
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, OK);
    desk_watch(r->desk, chat, ann, true);
    desk_watch(r->desk, chat, ann, true);
    desk_watch(r->desk, chat, ann, false);
    r->now_ms += 1000000;
    tick(r);
    assert_string_equal(state_of(r, bob, chat)->assigned_to, ann);
    desk_watch(r->desk, chat, ann, false);
    r->now_ms += 119999;
    tick(r);
    assert_string_equal(state_of(r, bob, chat)->assigned_to, ann);
    r->now_ms += 1;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
}

static void agent_who_comes_back_keeps_the_chat(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = live(r, ann);

    rig_with_times(r);
    rig_wait(rig_leave(r, chat, "ann/desk"));
    r->now_ms += 60000;
    rig_wait(rig_join(r, ann, chat, "ann/desk"));
    r->now_ms += 600000;
    tick(r);
    assert_int_equal(state_of(r, ann, chat)->state, CHAT_LIVE);
    assert_int_equal(state_of(r, ann, chat)->away_ms, 0);
}

static void grace_of_a_restart_is_counted_from_the_start(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);

    rig_with_times(r);
    rig_wait(rig_leave(r, chat, "ann/desk"));
    r->now_ms += 600000; /* the daemon was down: nobody could come back */
    rig_restart(r);
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_LIVE);
    r->now_ms += 120000;
    tick(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
}

static void grace_of_zero_keeps_the_chat(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = live(r, ann);

    rig_wait(rig_leave(r, chat, "ann/desk"));
    r->now_ms += 1000000000;
    tick(r);
    assert_int_equal(state_of(r, ann, chat)->state, CHAT_LIVE);
}

static void chats_of_a_removed_agent_wait_again(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);
    const struct entry *log = NULL;
    struct call *c = rig_call(r, "remove");
    size_t n;

    desk_agent_remove(r->desk, directory_by_id(desk_directory(r->desk), ann)->jid, rig_done, c);
    rig_wait(c);
    rig_pump(r);
    assert_int_equal(state_of(r, bob, chat)->state, CHAT_WAITING);
    n = rig_log(r, chat, &log);
    assert_int_equal(log[n - 1].kind, ENTRY_AGENT_LEFT);
    assert_string_equal(log[n - 1].sender_name, "Ann");
}

/* ---- notes, reopening ----------------------------------------------------------------------- */

static void note_is_for_staff_only(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob"), *chat = live(r, ann);
    struct call *c = note(r, bob, chat, " he is angry ");

    assert_int_equal(c->e, OK);
    assert_int_equal(c->entries[0].kind, ENTRY_NOTE);
    assert_int_equal(c->entries[0].audience, AUDIENCE_STAFF);
    assert_int_equal(c->entries[0].pos, 0);
    assert_string_equal(c->entries[0].text, "[note] he is angry");
    assert_string_equal(c->entries[0].sender_name, "Bob");
    assert_string_equal(c->entries[0].stanza_id, "s1");
    assert_int_equal(note(r, bob, chat, "  ")->e, ERR_INVALID);
    c = rig_wait(rig_entries(r, rig_customer(chat), chat));
    assert_int_equal(c->n_page, 2); /* escalated, agent_joined */
}

static void closed_chat_is_reopened_and_waits(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = live(r, ann);
    struct principal who = rig_who(ann);
    struct call *c = rig_call(r, "reopen");

    rig_wait(rig_close(r, who, chat, ""));
    assert_int_equal(release(r, ann, chat)->e, ERR_CLOSED);
    desk_reopen(r->desk, &who, chat, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    assert_int_equal(c->chat->state, CHAT_WAITING);
    c = rig_call(r, "reopen");
    desk_reopen(r->desk, &who, chat, rig_done, c);
    assert_true(rig_wait(c)->unchanged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(released_chat_waits_and_the_customer_sees_it),
        RIG_TEST(chat_of_another_agent_is_not_released),
        RIG_TEST(release_of_a_waiting_chat_changes_nothing),
        RIG_TEST(assigned_agent_lets_another_one_speak_and_fall_silent),
        RIG_TEST(all_speakers_leave_with_a_release),
        RIG_TEST(observer_joins_a_waiting_chat_without_taking_it),
        RIG_TEST(offered_chat_changes_hands_when_the_other_joins),
        RIG_TEST(offer_to_one_gives_nothing_to_another),
        RIG_TEST(declined_offer_is_over),
        RIG_TEST(offer_runs_out_and_the_chat_stays),
        RIG_TEST(chat_of_an_agent_who_stays_away_waits_again),
        RIG_TEST(agent_who_took_a_chat_from_outside_and_does_nothing_loses_it),
        RIG_TEST(agent_without_a_session_keeps_the_chat_by_asking_now_and_then),
        RIG_TEST(agent_who_follows_the_events_keeps_the_chat),
        RIG_TEST(agent_who_comes_back_keeps_the_chat),
        RIG_TEST(grace_of_a_restart_is_counted_from_the_start),
        RIG_TEST(grace_of_zero_keeps_the_chat),
        RIG_TEST(chats_of_a_removed_agent_wait_again),
        RIG_TEST(note_is_for_staff_only),
        RIG_TEST(closed_chat_is_reopened_and_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
