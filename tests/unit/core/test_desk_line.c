#include "tests/unit/core/desk_rig.h"

#include <stdlib.h>

#define ANN "ann@example.org/a"

/* ---- order ---------------------------------------------------------------------------------- */

static void answers_come_before_events_and_both_in_commit_order(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    rig_post(r, rig_customer(chat), chat, "1", "");
    rig_post(r, rig_customer(chat), chat, "2", "");
    rig_join(r, ann, chat, ANN);
    rig_post(r, rig_customer(chat), chat, "3", "");
    rig_typing(r, rig_customer(chat), chat, "", false);
    rig_post(r, rig_who(ann), chat, "4", "");
    rig_close(r, rig_who(ann), chat, "");
    rig_post(r, rig_customer(chat), chat, "5", "");
    rig_pump(r);
    assert_trace(r, "[1 ok] message:1 [2 ok] message:2 [join ok] joined:" ANN " agent_joined "
                    "[3 ok] message:3 [typing ok] typing:Alice:0 [4 ok] message:4 "
                    "[close ok] closed over [5 ok] reopened message:5");
}

static void join_is_not_interleaved_with_messages(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *join = NULL;
    size_t before = 0;

    for (int i = 0; i < 20; i++) {
        rig_post(r, rig_customer(chat), chat, arena_printf(r->arena, "%d", i), "");
        if (i == 10)
            join = rig_join(r, ann, chat, ANN);
    }
    rig_wait(join);
    /* history up to S; live from S + 1 */
    assert_int_equal(join->n_history, 12);
    assert_string_equal(join->history[11].text, "10");
    assert_int_equal(join->since_gid, join->history[11].gid);
    before = (size_t)(strstr(r->trace, "[join ok]") - r->trace);
    assert_true(strstr(r->trace, "message:10") < r->trace + before);
    assert_true(strstr(r->trace, "message:11") > r->trace + before);
}

static void run_of_plain_messages_is_handed_over_together(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    size_t before;

    rig_wait(rig_assign(r, ann, chat, ""));
    before = r->n_submitted;
    for (int i = 0; i < 10; i++)
        rig_post(r, i % 2 ? rig_who(ann) : rig_customer(chat), chat, "x", "");
    assert_int_equal(r->n_submitted, before + 10);
    rig_close(r, rig_who(ann), chat, "");
    rig_post(r, rig_customer(chat), chat, "x", "");
    assert_int_equal(r->n_submitted, before + 10);
    rig_pump(r);
    assert_int_equal(r->n_submitted, before + 12);
}

static void messages_that_decide_the_next_are_handed_over_one_by_one(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    size_t before;

    rig_wait(rig_show(r, rig_customer(chat), chat));
    before = r->n_submitted;
    rig_post(r, rig_who(ann), chat, "claims", "");
    rig_post(r, rig_who(ann), chat, "speaks", "");
    assert_int_equal(r->n_submitted, before + 1);
    rig_clear(r);
    rig_pump(r);
    assert_trace(r, "[claims ok] agent_joined message:claims [speaks ok] message:speaks");
}

static void nothing_is_shown_before_the_commit(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *show;

    rig_wait(rig_show(r, rig_customer(chat), chat));
    rig_clear(r);
    rig_assign(r, ann, chat, "");
    show = rig_show(r, rig_customer(chat), chat);
    assert_trace(r, "");
    assert_int_equal(queue_waiting(desk_queue(r->desk), ""), 1);
    rig_pump(r);
    assert_int_equal(show->chat->state, CHAT_LIVE);
    assert_trace(r, "[assign ok] agent_joined [show ok]");
}

static void reads_follow_what_was_asked_before_them(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_post(r, rig_customer(chat), chat, "1", ""));
    rig_clear(r);
    rig_post(r, rig_customer(chat), chat, "2", "");
    c = rig_entries(r, rig_customer(chat), chat);
    rig_wait(c);
    assert_int_equal(c->n_history, 3);
    assert_trace(r, "[2 ok] message:2 [entries ok]");
}

/* ---- callers that come back ----------------------------------------------------------------- */

static void post_again(struct call *c)
{
    if (!c->next)
        c->next = rig_post(c->rig, rig_customer(c->chat->id), c->chat->id, "again", "");
}

static void call_within_an_answer_comes_after_its_events(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");
    struct call *c = rig_post(r, rig_customer(chat), chat, "first", "");

    c->then = post_again;
    rig_pump(r);
    assert_trace(r, "[first ok] message:first [again ok] message:again");
}

static void show_within(struct rig *r, const struct event *e)
{
    r->on_event = NULL;
    rig_show(r, rig_customer(e->room_id), e->room_id);
    rig_leave(r, e->room_id, ANN);
}

static void call_within_an_event_waits_for_its_turn(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_clear(r);
    r->on_event = show_within;
    rig_close(r, rig_who(ann), chat, "");
    rig_pump(r);
    assert_trace(r, "[close ok] closed over [show ok] [leave ok]");
}

static void call_within_a_refusal_of_a_missing_room_is_served(void **state)
{
    struct rig *r = *state;
    const char *none = "aaaaaaaaaaaaaaaaaaaaaaaaaz";
    struct call *a = rig_show(r, rig_customer(none), none), *b;

    b = rig_show(r, rig_customer(none), none);
    rig_pump(r);
    assert_int_equal(a->e, ERR_NOT_FOUND);
    assert_int_equal(b->n, 1);
}

static void come_back(struct call *c)
{
    const char *none = "aaaaaaaaaaaaaaaaaaaaaaaaaz";

    c->next = rig_show(c->rig, rig_customer(none), none);
}

static void call_within_a_failed_load_is_not_lost(void **state)
{
    struct rig *r = *state;
    const char *none = "aaaaaaaaaaaaaaaaaaaaaaaaaz";
    struct call *a = rig_show(r, rig_customer(none), none);

    a->then = come_back;
    rig_pump(r);
    assert_int_equal(a->next->n, 1);
    assert_int_equal(a->next->e, ERR_NOT_FOUND);
    r->busy = true;
    a = rig_call(r, "");
    a->then = come_back;
    desk_chat(r->desk, &rig_system, none, rig_done, a);
    assert_int_equal(a->e, ERR_BUSY);
    assert_int_equal(a->next->n, 1);
    assert_int_equal(a->next->e, ERR_BUSY);
}

/* ---- rooms come and go ---------------------------------------------------------------------- */

static void idle_room_is_dropped_and_loaded_with_all_it_had(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    struct call *before, *after;
    size_t asked;

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_leave(r, chat, ANN));
    before = rig_wait(rig_post(r, rig_customer(chat), chat, "x", ""));
    before = rig_wait(rig_show(r, rig_customer(chat), chat));
    r->now_ms += r->options.room_idle_ms - 1;
    desk_tick(r->desk);
    asked = r->n_asked;
    rig_wait(rig_show(r, rig_customer(chat), chat)); /* in memory, and awake again */
    assert_int_equal(r->n_asked, asked);
    r->now_ms += r->options.room_idle_ms;
    desk_tick(r->desk);
    after = rig_wait(rig_show(r, rig_customer(chat), chat));
    assert_int_equal(r->n_asked, asked + 1);
    assert_int_equal(after->chat->state, CHAT_LIVE);
    assert_string_equal(after->chat->assigned_to, ann);
    assert_int_equal(after->chat->last_seq, before->chat->last_seq);
    assert_int_equal(after->chat->last_gid, before->chat->last_gid);
    assert_int_equal(after->chat->version, before->chat->version);
    assert_int_equal(rig_wait(rig_post(r, rig_who(bob), chat, "x", ""))->e, ERR_FORBIDDEN);
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "x", ""))->e, OK);
}

static void room_with_somebody_in_it_is_not_dropped(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    size_t asked;

    rig_wait(rig_join(r, ann, chat, "ann#1"));
    desk_tick(r->desk); /* looks for chats whose time is over; again in an hour */
    rig_pump(r);
    asked = r->n_asked;
    r->now_ms += 10 * r->options.room_idle_ms;
    desk_tick(r->desk);
    rig_wait(rig_leave(r, chat, "ann#1"));
    assert_int_equal(r->n_asked, asked);
    r->now_ms += r->options.room_idle_ms;
    desk_tick(r->desk);
    rig_wait(rig_show(r, rig_customer(chat), chat));
    assert_int_equal(r->n_asked, asked + 1);
}

/* ---- what the server has read --------------------------------------------------------------- */

static void confirmation_is_stored_and_only_grows(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");

    desk_confirm(r->desk, 7);
    desk_confirm(r->desk, 5);
    assert_int_equal(desk_xmpp_confirmed(r->desk), 7);
    desk_tick(r->desk);
    rig_pump(r);
    rig_restart(r);
    assert_int_equal(desk_xmpp_confirmed(r->desk), 7);
    desk_confirm(r->desk, 9); /* rides along */
    rig_wait(rig_post(r, rig_customer(chat), chat, "x", "k"));
    rig_restart(r);
    assert_int_equal(desk_xmpp_confirmed(r->desk), 9);
}

static void confirmation_that_rode_with_nothing_written_is_sent_again(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_post(r, rig_customer(chat), chat, "x", "k"));
    desk_confirm(r->desk, 9);
    assert_true(rig_wait(rig_post(r, rig_customer(chat), chat, "x", "k"))->replayed);
    desk_tick(r->desk);
    rig_pump(r);
    rig_restart(r);
    assert_int_equal(desk_xmpp_confirmed(r->desk), 9);
    desk_confirm(r->desk, 11);
    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    rig_wait(rig_post(r, rig_customer(chat), chat, "y", ""));
    desk_tick(r->desk);
    rig_pump(r);
    rig_restart(r);
    assert_int_equal(desk_xmpp_confirmed(r->desk), 11);
}

/* ---- too much ------------------------------------------------------------------------------- */

static void full_line_is_busy(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");
    struct call *c = NULL;

    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    for (int i = 0; i < 1001; i++) /* one starts, 1,000 wait */
        c = rig_close(r, rig_customer(chat), chat, "k");
    assert_int_equal(c->n, 0);
    c = rig_close(r, rig_customer(chat), chat, "k");
    assert_int_equal(c->n, 1);
    assert_int_equal(c->e, ERR_BUSY);
    assert_true(c->retry_ms > 0);
    rig_pump(r);
    assert_int_equal(rig_wait(rig_show(r, rig_customer(chat), chat))->e, OK);
}

static void store_that_takes_nothing_is_busy(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    const struct entry *log;

    rig_wait(rig_show(r, rig_customer(chat), chat));
    r->busy = true;
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "x", ""))->e, ERR_BUSY);
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, ERR_BUSY);
    assert_int_equal(rig_wait(rig_join(r, ann, chat, ANN))->e, ERR_BUSY);
    assert_int_equal(rig_wait(rig_entries(r, rig_customer(chat), chat))->e, ERR_BUSY);
    assert_int_equal(rig_wait(rig_close(r, rig_customer(chat), chat, ""))->e, ERR_BUSY);
    assert_trace(r, "[show ok] [x busy] [assign busy] [join busy] [entries busy] [close busy]");
    rig_clear(r);
    r->busy = false;
    rig_wait(rig_join(r, ann, chat, ANN));
    assert_trace(r, "[join ok] joined:" ANN " agent_joined");
    assert_int_equal(rig_log(r, chat, &log), 2);
}

/* ---- commits whose fate is unknown ---------------------------------------------------------- */

static void unknown(void **state, enum mishap mishap, const char *trace)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");
    struct call *c;
    const struct entry *log;

    r->fail_changes = 1;
    r->mishap = mishap;
    c = rig_wait(rig_post(r, rig_customer(chat), chat, "a", "k"));
    assert_int_equal(c->e, ERR_UNKNOWN);
    assert_int_equal(c->n_entries, 0);
    assert_true(c->retry_ms > 0);
    assert_false(desk_store_ok(r->desk));
    c = rig_wait(rig_post(r, rig_customer(chat), chat, "a", "k"));
    assert_int_equal(c->e, OK);
    assert_int_equal(c->replayed, mishap == COMMIT_KEPT);
    assert_true(desk_store_ok(r->desk));
    assert_trace(r, trace);
    assert_int_equal(rig_log(r, chat, &log), 2);
    assert_int_equal(rig_wait(rig_show(r, rig_customer(chat), chat))->chat->last_seq, 2);
}

static void message_lost_in_a_commit_is_stored_by_the_retry(void **state)
{
    unknown(state, COMMIT_LOST, "[a unknown] [a ok] message:a");
}

static void message_kept_by_a_commit_is_told_once(void **state)
{
    unknown(state, COMMIT_KEPT, "[a unknown] message:a [a ok]");
}

static void entries_told_late_keep_their_order(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    rig_wait(rig_assign(r, ann, chat, ""));
    rig_clear(r);
    r->mishap = COMMIT_KEPT;
    r->fail_changes = 1;
    rig_post(r, rig_customer(chat), chat, "1", "");
    rig_post(r, rig_customer(chat), chat, "2", ""); /* its own commit succeeds */
    rig_show(r, rig_customer(chat), chat);
    rig_post(r, rig_customer(chat), chat, "3", "");
    rig_pump(r);
    assert_trace(r, "[1 unknown] [2 ok] message:1 message:2 [show ok] [3 ok] message:3");
}

static void claim_kept_by_a_commit_takes_effect(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");

    r->options.claim_on = CLAIM_MESSAGE;
    rig_restart(r);
    rig_wait(rig_join(r, bob, chat, "bob#1"));
    rig_clear(r);
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, ERR_UNKNOWN);
    assert_trace(r, "[assign unknown] agent_joined roles");
    assert_int_equal(queue_waiting(desk_queue(r->desk), ""), 0);
    assert_int_equal(rig_wait(rig_assign(r, bob, chat, ""))->e, ERR_ALREADY_ASSIGNED);
    assert_true(rig_wait(rig_assign(r, ann, chat, ""))->unchanged);
}

static void joins_and_leaves_kept_by_a_commit_are_told(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(rig_wait(rig_join(r, ann, chat, ANN))->e, ERR_UNKNOWN);
    assert_trace(r, "[join unknown] joined:" ANN " agent_joined roles");
    rig_clear(r);
    assert_false(rig_wait(rig_join(r, ann, chat, ANN))->new_occupant);
    r->fail_changes = 1;
    assert_int_equal(rig_wait(rig_leave(r, chat, ANN))->e, ERR_UNKNOWN);
    assert_trace(r, "[join ok] [leave unknown] left:" ANN ":last");
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
}

static void join_lost_in_a_commit_leaves_nothing_behind(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    assert_int_equal(rig_wait(rig_join(r, ann, chat, ANN))->e, ERR_UNKNOWN);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    rig_wait(rig_join(r, ann, chat, ANN)); /* still the first */
    assert_trace(r, "[join unknown] [join ok] joined:" ANN " agent_joined");
}

static void close_kept_by_a_commit_ends_the_room(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_join(r, ann, chat, "ann#1"));
    rig_clear(r);
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(rig_wait(rig_close(r, rig_customer(chat), chat, "k"))->e, ERR_UNKNOWN);
    assert_trace(r, "[close unknown] closed over");
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    assert_true(rig_wait(rig_close(r, rig_customer(chat), chat, "k"))->replayed);
}

static void web_session_survives_loading_anew(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, "ann#1"));
    rig_clear(r);
    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    rig_wait(rig_post(r, rig_customer(chat), chat, "a", ""));
    rig_wait(rig_leave(r, chat, "ann#1"));
    assert_trace(r, "[a unknown] [leave ok] left:ann#1:last");
}

static void room_that_cannot_be_loaded_anew_refuses_and_tells_later(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_show(r, rig_customer(chat), chat));
    rig_clear(r);
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    r->fail_reads = 2;
    rig_wait(rig_post(r, rig_customer(chat), chat, "a", "k"));
    assert_int_equal(rig_wait(rig_show(r, rig_customer(chat), chat))->e, ERR_IO);
    assert_trace(r, "[a unknown] [show io]");
    rig_clear(r);
    r->now_ms += 10000;
    desk_tick(r->desk); /* nobody asks, but somebody may be listening */
    rig_pump(r);
    assert_trace(r, "message:a");
    r->now_ms += r->options.room_idle_ms;
    desk_tick(r->desk);
    assert_int_equal(rig_wait(rig_show(r, rig_customer(chat), chat))->e, OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(answers_come_before_events_and_both_in_commit_order),
        RIG_TEST(join_is_not_interleaved_with_messages),
        RIG_TEST(run_of_plain_messages_is_handed_over_together),
        RIG_TEST(messages_that_decide_the_next_are_handed_over_one_by_one),
        RIG_TEST(nothing_is_shown_before_the_commit),
        RIG_TEST(reads_follow_what_was_asked_before_them),
        RIG_TEST(call_within_an_answer_comes_after_its_events),
        RIG_TEST(call_within_an_event_waits_for_its_turn),
        RIG_TEST(call_within_a_refusal_of_a_missing_room_is_served),
        RIG_TEST(call_within_a_failed_load_is_not_lost),
        RIG_TEST(idle_room_is_dropped_and_loaded_with_all_it_had),
        RIG_TEST(room_with_somebody_in_it_is_not_dropped),
        RIG_TEST(confirmation_is_stored_and_only_grows),
        RIG_TEST(confirmation_that_rode_with_nothing_written_is_sent_again),
        RIG_TEST(full_line_is_busy),
        RIG_TEST(store_that_takes_nothing_is_busy),
        RIG_TEST(message_lost_in_a_commit_is_stored_by_the_retry),
        RIG_TEST(message_kept_by_a_commit_is_told_once),
        RIG_TEST(entries_told_late_keep_their_order),
        RIG_TEST(claim_kept_by_a_commit_takes_effect),
        RIG_TEST(joins_and_leaves_kept_by_a_commit_are_told),
        RIG_TEST(join_lost_in_a_commit_leaves_nothing_behind),
        RIG_TEST(close_kept_by_a_commit_ends_the_room),
        RIG_TEST(web_session_survives_loading_anew),
        RIG_TEST(room_that_cannot_be_loaded_anew_refuses_and_tells_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
