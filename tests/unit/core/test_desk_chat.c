#include "tests/unit/core/desk_rig.h"

/* ---- escalate ------------------------------------------------------------------------------- */

static void escalation_makes_the_chat_wait(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct call *c = rig_wait(rig_escalate(r, rig_customer(chat), chat, ""));

    assert_int_equal(c->e, OK);
    assert_false(c->unchanged);
    assert_int_equal(c->chat->state, CHAT_WAITING);
    assert_true(c->chat->escalation_requested);
    assert_string_equal(c->chat->escalation_reason, "help");
    assert_int_equal(c->chat->escalation_requested_ms, RIG_NOW);
    assert_int_equal(c->position, 1);
    assert_int_equal(c->n_entries, 1);
    assert_string_equal(c->entries[0].text, "waiting");
    assert_string_equal(c->entries[0].data, "{\"reason\":\"help\"}");
    assert_trace(r, "[escalate ok] escalated"); /* the answer first */
    assert_int_equal(queue_waiting(desk_queue(r->desk), "default"), 1);
}

static void second_escalation_changes_nothing(void **state)
{
    struct rig *r = *state;
    const char *first = rig_waiting(r, "Bob"), *chat = rig_chat(r, "Alice");
    struct call *c;

    (void)first;
    r->now_ms += 1;
    rig_wait(rig_escalate(r, rig_customer(chat), chat, "k"));
    rig_clear(r);
    c = rig_wait(rig_escalate(r, rig_customer(chat), chat, ""));
    assert_int_equal(c->e, OK);
    assert_true(c->unchanged);
    assert_false(c->replayed);
    assert_int_equal(c->position, 2);
    c = rig_wait(rig_escalate(r, rig_customer(chat), chat, "other"));
    assert_true(c->unchanged);
    assert_false(c->replayed);
    c = rig_wait(rig_escalate(r, rig_customer(chat), chat, "k"));
    assert_true(c->replayed);
    assert_int_equal(c->n_entries, 1);
    assert_int_equal(c->position, 2);
    assert_trace(r, "[escalate ok] [escalate ok] [escalate ok]");
}

static void closed_chat_is_not_escalated(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice"), *other = rig_chat(r, "Bob");

    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, ""))->e, ERR_CLOSED);
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, "k"))->e, ERR_CLOSED);
    rig_wait(rig_escalate(r, rig_customer(other), other, "k"));
    rig_wait(rig_close(r, rig_customer(other), other, ""));
    assert_true(rig_wait(rig_escalate(r, rig_customer(other), other, "k"))->replayed);
}

static void only_escalations_that_were_stored_count_for_the_rate(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice"), *none = rig_chat(r, "Bob");

    r->options.escalations_per_hour = 1;
    rig_restart(r);
    r->fail_changes = 2;
    r->mishap = COMMIT_LOST;
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, "k"))->e, ERR_UNKNOWN);
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, "k"))->e, ERR_UNKNOWN);
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, "k"))->e, OK);
    r->options.escalations_per_hour = 0;
    rig_restart(r);
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(none), none, ""))->e, ERR_RATE);
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, ""))->e, OK);
}

static void agents_of_the_organization_may_escalate(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_chat(r, "Alice");

    assert_int_equal(rig_wait(rig_escalate(r, rig_anonymous, chat, ""))->e, ERR_UNAUTHORIZED);
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer("x"), chat, ""))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_escalate(r, rig_who(ann), chat, ""))->e, OK);
}

static void reason_that_cannot_be_shown_is_refused(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct principal who = rig_customer(chat);
    struct call *c = rig_call(r, "");

    desk_escalate(r->desk, &who, chat, "\x01", "", rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_TEXT);
    assert_string_equal(c->field, "reason");
    c = rig_call(r, "");
    desk_escalate(r->desk, &who, chat, NULL, NULL, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    assert_string_equal(c->chat->escalation_reason, "");
}

/* Median of the last claims' waits x position / available agents. */
static void estimate_needs_five_claims_and_counts_agents(void **state)
{
    static const int64_t waits[] = {1000, 50000, 2000, 30000, 10000};
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob"), *chat = NULL;
    struct call *c = NULL;

    for (size_t i = 0; i < 5; i++) {
        chat = rig_chat(r, "Alice");
        c = rig_wait(rig_escalate(r, rig_customer(chat), chat, ""));
        assert_int_equal(c->estimate_ms, -1);
        r->now_ms += waits[i];
        rig_wait(rig_assign(r, ann, chat, ""));
    }
    (void)rig_waiting(r, "Bert");
    r->now_ms += 1;
    chat = rig_chat(r, "Carl");
    c = rig_wait(rig_escalate(r, rig_customer(chat), chat, ""));
    assert_int_equal(c->position, 2);
    assert_int_equal(c->estimate_ms, 20000);
    rig_wait(rig_join(r, ann, chat, "ann@example.org/a"));
    rig_wait(rig_join(r, bob, chat, "bob@example.org/a"));
    assert_int_equal(desk_agents_available(r->desk, "default"), 2);
    chat = rig_chat(r, "Dora");
    c = rig_wait(rig_escalate(r, rig_customer(chat), chat, ""));
    assert_int_equal(c->estimate_ms, 10000);
}

/* ---- assign --------------------------------------------------------------------------------- */

static void one_of_two_agents_wins(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    struct call *a = rig_assign(r, ann, chat, "k"), *b = rig_assign(r, bob, chat, "k");

    rig_pump(r);
    assert_int_equal(a->e, OK);
    assert_string_equal(a->chat->assigned_to, ann);
    assert_int_equal(a->chat->state, CHAT_LIVE);
    assert_string_equal(a->entries[0].text, "ann has joined");
    assert_int_equal(b->e, ERR_ALREADY_ASSIGNED);
    assert_string_equal(b->chat->assigned_to, ann);
    assert_trace(r, "[assign ok] agent_joined [assign already-assigned]");
    assert_int_equal(queue_waiting(desk_queue(r->desk), "default"), 0);
}

static void assigning_again_changes_nothing(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_assign(r, ann, chat, "k"));
    rig_clear(r);
    c = rig_wait(rig_assign(r, ann, chat, ""));
    assert_int_equal(c->e, OK);
    assert_true(c->unchanged);
    c = rig_wait(rig_assign(r, ann, chat, "k"));
    assert_true(c->replayed);
    assert_int_equal(c->n_entries, 1);
    assert_trace(r, "[assign ok] [assign ok]");
}

static void chat_that_cannot_be_assigned_says_why(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *early = rig_chat(r, "Alice");
    const char *chat = rig_waiting(r, "Bob");
    struct principal who = rig_customer(chat);
    struct call *c = rig_call(r, "");

    assert_int_equal(rig_wait(rig_assign(r, ann, early, ""))->e, ERR_NOT_ESCALATED);
    desk_assign(r->desk, &who, chat, "", rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_FORBIDDEN);
    c = rig_call(r, "");
    desk_assign(r->desk, &rig_system, chat, "", rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_FORBIDDEN);
    rig_wait(rig_close(r, who, chat, ""));
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, ERR_CLOSED);
}

static void agent_of_another_organization_finds_nothing(void **state)
{
    struct rig *r = *state;
    struct organization o = {.name = "shop", .title = "Shop", .origins = ""};
    struct agent_new a = {
        .jid = "eve@example.org", .name = "Eve", .organization = "shop", .skills = ""};
    struct call *made = rig_call(r, ""), *added = rig_call(r, "");
    const char *chat = rig_waiting(r, "Alice"), *eve;

    desk_organization_put(r->desk, &o, rig_done, made);
    desk_agent_add(r->desk, &a, rig_done, added);
    rig_pump(r);
    assert_int_equal(added->e, OK);
    eve = directory_by_jid(desk_directory(r->desk), a.jid)->id;
    assert_int_equal(rig_wait(rig_assign(r, eve, chat, ""))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_join(r, eve, chat, "e/1"))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_show(r, rig_who(eve), chat))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_entries(r, rig_who(eve), chat))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_post(r, rig_who(eve), chat, "x", ""))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_typing(r, rig_who(eve), chat, "", true))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_close(r, rig_who(eve), chat, ""))->e, ERR_NOT_FOUND);
}

/* ---- close and reopen ----------------------------------------------------------------------- */

static void closing_ends_the_room(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_join(r, ann, chat, "ann@example.org/a"));
    rig_wait(rig_join(r, bob, chat, "b#1"));
    rig_clear(r);
    c = rig_wait(rig_close(r, rig_who(ann), chat, "k"));
    assert_int_equal(c->chat->state, CHAT_CLOSED);
    assert_string_equal(c->entries[0].data, "{\"reason\":\"done\"}");
    assert_trace(r, "[close ok] closed over");
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    rig_clear(r);
    c = rig_wait(rig_close(r, rig_who(ann), chat, "k"));
    assert_true(c->replayed);
    c = rig_wait(rig_close(r, rig_who(ann), chat, ""));
    assert_true(c->unchanged);
    rig_wait(rig_leave(r, chat, "ann@example.org/a"));
    assert_trace(r, "[close ok] [close ok] [leave ok]");
    rig_restart(r);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    assert_int_equal(rig_wait(rig_join(r, ann, chat, "ann@example.org/a"))->e, ERR_CLOSED);
    c = rig_call(r, "");
    desk_look(r->desk, &(struct principal){WHO_AGENT, ann}, chat, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_CLOSED);
}

/* Each time it waits again, and all agents are told. */
static void customer_ends_a_chat_of_people_no_more_often_than_it_may_call_them(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice"), *other = rig_chat(r, "Bob");
    struct principal who = rig_customer(chat);

    for (int i = 0; i < r->options.escalations_per_hour; i++) {
        assert_int_equal(rig_wait(rig_close(r, who, chat, i == 0 ? "k" : ""))->e, OK);
        assert_int_equal(rig_wait(rig_post(r, who, chat, "again", ""))->chat->state, CHAT_WAITING);
        assert_int_equal(rig_wait(rig_close(r, rig_customer(other), other, ""))->e, OK);
        assert_int_equal(rig_wait(rig_post(r, rig_customer(other), other, "x", ""))->e, OK);
    }
    assert_int_equal(rig_wait(rig_close(r, who, chat, ""))->e, ERR_RATE);
    assert_true(rig_wait(rig_close(r, who, chat, "k"))->replayed);
    assert_int_equal(rig_wait(rig_close(r, rig_customer(other), other, ""))->e, OK);
    assert_int_equal(rig_wait(rig_close(r, rig_system, chat, ""))->e, OK);
    assert_int_equal(rig_wait(rig_close(r, who, chat, ""))->e, OK); /* it is over already */
    assert_int_equal(rig_wait(rig_post(r, who, chat, "again", ""))->chat->state, CHAT_WAITING);
    r->now_ms += 3600000 / r->options.escalations_per_hour;
    assert_int_equal(rig_wait(rig_close(r, who, chat, ""))->e, OK);
}

static void message_within_linger_reopens_and_later_does_not(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_assign(r, ann, chat, ""));
    rig_wait(rig_close(r, rig_who(ann), chat, ""));
    r->now_ms += r->options.linger_ms;
    rig_clear(r);
    c = rig_wait(rig_post(r, rig_customer(chat), chat, "again", ""));
    assert_int_equal(c->e, OK);
    assert_int_equal(c->chat->state, CHAT_WAITING);
    assert_string_equal(c->chat->assigned_to, "");
    assert_int_equal(c->chat->queued_ms, r->now_ms);
    assert_string_equal(c->entries[0].text, "again");
    assert_trace(r, "[again ok] reopened message:again");
    assert_int_equal(queue_waiting(desk_queue(r->desk), ""), 1);
    rig_wait(rig_close(r, rig_who(ann), chat, ""));
    r->now_ms += r->options.linger_ms + 1;
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "x", ""))->e, ERR_CLOSED);
}

static void old_speaker_is_silent_after_a_new_claim(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_assign(r, ann, chat, ""));
    rig_wait(rig_close(r, rig_who(ann), chat, ""));
    rig_wait(rig_post(r, rig_customer(chat), chat, "again", ""));
    rig_clear(r);
    /* while it waits, nobody speaks to the customer */
    rig_wait(rig_typing(r, rig_who(ann), chat, "", true));
    assert_trace(r, "[typing ok] typing:ann:1:staff");
    rig_wait(rig_assign(r, bob, chat, ""));
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "x", ""))->e, ERR_FORBIDDEN);
    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "x", ""))->e, OK);
    rig_restart(r);
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "x", ""))->e, ERR_FORBIDDEN);
    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "x", ""))->e, OK);
}

static void closing_is_for_those_of_the_chat(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_chat(r, "Alice");

    assert_int_equal(rig_wait(rig_close(r, rig_who(ann), chat, ""))->e, ERR_NOT_ESCALATED);
    assert_int_equal(rig_wait(rig_close(r, rig_customer("x"), chat, ""))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_close(r, rig_customer(chat), chat, ""))->e, OK);
}

/* ---- views ---------------------------------------------------------------------------------- */

static void list_shows_the_agents_organization_only(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct principal who = rig_who(ann), customer = rig_customer(chat), gone = rig_who("gone");
    struct call *c = rig_call(r, "");

    desk_chats(r->desk, &who, FILTER_ALL, "", 50, rig_done, c);
    assert_int_equal(rig_wait(c)->n_page, 1);
    c = rig_call(r, "");
    desk_chats(r->desk, &customer, FILTER_ALL, "", 50, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_FORBIDDEN);
    c = rig_call(r, "");
    desk_chats(r->desk, &gone, FILTER_ALL, "", 50, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_UNAUTHORIZED);
    c = rig_call(r, "");
    desk_chats(r->desk, &rig_anonymous, FILTER_ALL, "", 50, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_UNAUTHORIZED);
    c = rig_call(r, "");
    desk_chats(r->desk, &who, FILTER_ALL, "nonsense", 50, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_INVALID);
    c = rig_call(r, "");
    desk_chats(r->desk, &rig_system, FILTER_ALL, "", 50, rig_done, c);
    assert_int_equal(rig_wait(c)->n_page, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(escalation_makes_the_chat_wait),
        RIG_TEST(second_escalation_changes_nothing),
        RIG_TEST(closed_chat_is_not_escalated),
        RIG_TEST(only_escalations_that_were_stored_count_for_the_rate),
        RIG_TEST(agents_of_the_organization_may_escalate),
        RIG_TEST(reason_that_cannot_be_shown_is_refused),
        RIG_TEST(estimate_needs_five_claims_and_counts_agents),
        RIG_TEST(one_of_two_agents_wins),
        RIG_TEST(assigning_again_changes_nothing),
        RIG_TEST(chat_that_cannot_be_assigned_says_why),
        RIG_TEST(agent_of_another_organization_finds_nothing),
        RIG_TEST(closing_ends_the_room),
        RIG_TEST(customer_ends_a_chat_of_people_no_more_often_than_it_may_call_them),
        RIG_TEST(message_within_linger_reopens_and_later_does_not),
        RIG_TEST(old_speaker_is_silent_after_a_new_claim),
        RIG_TEST(closing_is_for_those_of_the_chat),
        RIG_TEST(list_shows_the_agents_organization_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
