#include "tests/unit/core/desk_rig.h"

static void use_assistant(struct rig *r, bool delayed)
{
    r->has_assistant = true;
    r->delayed = delayed;
    rig_restart(r);
}

static const struct chat *show(struct rig *r, const char *chat)
{
    struct call *c = rig_wait(rig_show(r, rig_customer(chat), chat));

    assert_int_equal(c->e, OK);
    return c->chat;
}

static void question_is_answered_after_it_was_stored_and_told(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct call *c;

    use_assistant(r, false);
    c = rig_wait(rig_post(r, rig_customer(chat), chat, "hello", ""));
    assert_true(c->chat->assistant_pending);
    assert_trace(r, "[hello ok] message:hello message:re: hello");
    assert_int_equal(r->question_role, ROLE_USER);
    assert_false(show(r, chat)->assistant_pending);
}

static void answer_may_offer_people(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    const struct entry *log;

    use_assistant(r, false);
    r->offer = true;
    rig_wait(rig_post(r, rig_customer(chat), chat, "hello", ""));
    assert_int_equal(rig_log(r, chat, &log), 2);
    assert_string_equal(log[1].data,
                        "{\"actions\":[{\"type\":\"escalate\",\"label\":\"Connect\"}]}");
    assert_string_equal(log[1].sender_name, "Robin");
    assert_string_equal(log[1].sender_id, "assistant");
    assert_int_equal(log[1].role, ROLE_ASSISTANT);
    assert_string_equal(show(r, chat)->escalation_reason, "asked");
}

static void without_an_assistant_nothing_is_pending(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    assert_false(rig_wait(rig_post(r, rig_customer(chat), chat, "a", ""))->chat->assistant_pending);
}

static void question_during_an_answer_gets_its_own(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_wait(rig_post(r, rig_customer(chat), chat, "two", ""));
    assert_int_equal(r->n_questions, 1);
    rig_say(r, "to one");
    rig_pump(r);
    assert_true(show(r, chat)->assistant_pending);
    assert_int_equal(r->n_questions, 2);
    /* though the answer to the first stands behind it in the log */
    assert_string_equal(r->question, "two");
    assert_int_equal(r->question_role, ROLE_USER);
    assert_int_equal(r->turn_entries, 3);
    rig_clear(r);
    rig_say(r, "to two");
    rig_pump(r);
    assert_trace(r, "message:to two");
    assert_false(show(r, chat)->assistant_pending);
    assert_int_equal(r->n_questions, 2);
}

static void pending_question_is_answered_once_after_a_restart(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    const struct entry *log;

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_restart(r);
    assert_int_equal(r->n_questions, 2);
    assert_string_equal(r->question, "one");
    rig_say(r, "yes");
    rig_pump(r);
    assert_int_equal(rig_log(r, chat, &log), 2);
    rig_restart(r);
    assert_int_equal(r->n_questions, 2);
}

static void replayed_question_is_not_asked_again(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, false);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", "k"));
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", "k"));
    assert_int_equal(r->n_questions, 1);
}

static void answer_after_escalation_is_dropped(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    const struct entry *log;

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_wait(rig_escalate(r, rig_customer(chat), chat, ""));
    rig_clear(r);
    rig_say(r, "too late");
    rig_pump(r);
    assert_trace(r, "");
    assert_int_equal(rig_log(r, chat, &log), 2);
}

static void answer_that_meets_the_escalation_in_the_line_is_dropped(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_clear(r);
    rig_escalate(r, rig_customer(chat), chat, "");
    rig_say(r, "too late");
    rig_pump(r);
    assert_trace(r, "[escalate ok] escalated");
}

static void answer_after_close_is_dropped(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    rig_clear(r);
    rig_say(r, "too late");
    rig_pump(r);
    assert_trace(r, "");
}

static void reopened_by_a_question_it_is_answered(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, false);
    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    rig_clear(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    assert_trace(r, "[one ok] reopened message:one message:re: one");
}

static void answer_is_made_safe_to_show(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    char *large = arena_alloc(r->arena, 3 * DESK_TEXT_MAX);
    const struct entry *log;

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_say(r, " a\x01\xff ");
    rig_pump(r);
    assert_int_equal(rig_log(r, chat, &log), 2);
    assert_string_equal(log[1].text, "a\xef\xbf\xbd\xef\xbf\xbd");
    rig_wait(rig_post(r, rig_customer(chat), chat, "two", ""));
    memset(large, 'x', 3 * DESK_TEXT_MAX - 1);
    rig_say(r, large);
    rig_pump(r);
    assert_int_equal(rig_log(r, chat, &log), 4);
    assert_int_equal(strlen(log[3].text), DESK_TEXT_MAX);
}

/* ---- when the store fails ------------------------------------------------------------------- */

static void question_is_asked_again_when_the_answer_could_not_be_stored(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    const struct entry *log;

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    rig_say(r, "lost");
    rig_pump(r);
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(r->n_questions, 1); /* not at once: the store may stay ill */
    r->now_ms += 10000;
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(r->n_questions, 2);
    rig_say(r, "kept");
    rig_pump(r);
    assert_int_equal(rig_log(r, chat, &log), 2);
    assert_string_equal(log[1].text, "kept");
    assert_false(show(r, chat)->assistant_pending);
}

static void answer_stored_after_all_is_told_and_not_asked_for_again(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_clear(r);
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    rig_say(r, "kept");
    rig_pump(r);
    assert_trace(r, "message:kept");
    r->now_ms += 10000;
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(r->n_questions, 1);
    assert_trace(r, "message:kept");
}

static void question_is_asked_again_when_the_log_could_not_be_read(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, true);
    rig_show(r, rig_customer(chat), chat);
    rig_pump(r);
    rig_clear(r);
    rig_post(r, rig_customer(chat), chat, "one", "");
    r->fail_reads = 1;
    rig_pump(r);
    assert_int_equal(r->n_questions, 0);
    r->now_ms += 10000;
    r->busy = true;
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(r->n_questions, 0);
    r->busy = false;
    r->now_ms += 10000;
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(r->n_questions, 1);
    rig_say(r, "yes");
    rig_pump(r);
    assert_trace(r, "[one ok] message:one message:yes");
}

static void question_stored_after_all_during_an_answer_gets_its_own(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_assistant(r, true);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "two", "k"))->e, ERR_UNKNOWN);
    assert_true(rig_wait(rig_post(r, rig_customer(chat), chat, "two", "k"))->replayed);
    rig_say(r, "to one");
    rig_pump(r);
    assert_int_equal(r->n_questions, 2);
    assert_string_equal(r->question, "two");
    rig_say(r, "to two");
    rig_pump(r);
    assert_false(show(r, chat)->assistant_pending);
}

/* ---- piece by piece --------------------------------------------------------------------------
 */

static void use_slow_assistant(struct rig *r)
{
    r->cancels = true;
    use_assistant(r, true);
}

static void pieces_are_told_and_the_answer_has_their_id(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice"), *id;
    const struct entry *log;
    struct utterance u;

    use_slow_assistant(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    assert_false(desk_saying(r->desk, chat, &u));
    rig_clear(r);
    rig_piece(r, "Well");
    rig_piece(r, ", yes");
    assert_trace(r, "saying:Well saying:+, yes");
    assert_true(desk_saying(r->desk, chat, &u));
    assert_string_equal(u.text, "Well, yes");
    id = arena_dup(r->arena, u.message_id);
    rig_clear(r);
    rig_say(r, "Well, yes.");
    assert_false(desk_saying(r->desk, chat, &u));
    rig_pump(r);
    assert_trace(r, "message:Well, yes.");
    assert_int_equal(rig_log(r, chat, &log), 2);
    assert_string_equal(log[1].id, id);
}

static void more_than_a_message_holds_is_not_told(void **state)
{
    static char big[DESK_TEXT_MAX];
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct utterance u;

    use_slow_assistant(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    memset(big, 'x', sizeof(big) - 1);
    rig_piece(r, "a");
    rig_clear(r);
    rig_piece(r, big);
    assert_true(desk_saying(r->desk, chat, &u));
    assert_int_equal(strlen(u.text), DESK_TEXT_MAX);
    rig_clear(r);
    rig_piece(r, "b");
    assert_trace(r, "");
}

static void escalation_cancels_the_answer_and_takes_back_what_was_said(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct utterance u;

    use_slow_assistant(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_piece(r, "Well");
    rig_clear(r);
    rig_wait(rig_escalate(r, rig_customer(chat), chat, ""));
    assert_trace(r, "unsaid:cancelled [escalate ok] escalated");
    assert_int_equal(r->n_cancelled, 1);
    assert_false(desk_saying(r->desk, chat, &u));
}

static void chat_that_was_closed_and_opened_again_is_answered(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_slow_assistant(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    assert_int_equal(r->n_cancelled, 1);
    rig_wait(rig_post(r, rig_customer(chat), chat, "two", ""));
    assert_string_equal(r->question, "two");
    rig_clear(r);
    rig_say(r, "to two");
    rig_pump(r);
    assert_trace(r, "message:to two");
}

static void escalation_before_the_log_was_read_asks_nobody(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    const struct call *escalated;

    use_slow_assistant(r);
    show(r, chat);
    r->hold_replies = 1;
    rig_post(r, rig_customer(chat), chat, "one", "");
    escalated = rig_escalate(r, rig_customer(chat), chat, "");
    while (escalated->n == 0)
        rig_step(r);
    rig_let_go(r);
    rig_pump(r);
    assert_int_equal(r->n_questions, 0);
}

static void escalation_that_overtakes_the_answer_takes_back_what_was_said(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_slow_assistant(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_piece(r, "Well");
    rig_clear(r);
    rig_escalate(r, rig_customer(chat), chat, "");
    rig_say(r, "Well, no");
    rig_pump(r);
    assert_trace(r, "[escalate ok] escalated unsaid:cancelled");
    assert_int_equal(r->n_cancelled, 0);
}

static void answer_that_could_not_be_stored_is_taken_back_and_asked_for_again(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    use_slow_assistant(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_piece(r, "Well");
    rig_clear(r);
    r->fail_changes = 1;
    rig_say(r, "Well, no");
    rig_pump(r);
    assert_trace(r, "unsaid:cancelled");
    r->now_ms += 10000;
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(r->n_questions, 2);
}

static void answer_under_way_at_the_end_is_cancelled_and_asked_for_after_it(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    const struct entry *log;

    use_slow_assistant(r);
    rig_wait(rig_post(r, rig_customer(chat), chat, "one", ""));
    rig_piece(r, "Well");
    rig_restart(r);
    assert_int_equal(r->n_cancelled, 1);
    assert_int_equal(r->n_questions, 2);
    rig_say(r, "yes");
    rig_pump(r);
    assert_int_equal(rig_log(r, chat, &log), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(question_is_answered_after_it_was_stored_and_told),
        RIG_TEST(answer_may_offer_people),
        RIG_TEST(without_an_assistant_nothing_is_pending),
        RIG_TEST(question_during_an_answer_gets_its_own),
        RIG_TEST(pending_question_is_answered_once_after_a_restart),
        RIG_TEST(replayed_question_is_not_asked_again),
        RIG_TEST(answer_after_escalation_is_dropped),
        RIG_TEST(answer_that_meets_the_escalation_in_the_line_is_dropped),
        RIG_TEST(answer_after_close_is_dropped),
        RIG_TEST(reopened_by_a_question_it_is_answered),
        RIG_TEST(answer_is_made_safe_to_show),
        RIG_TEST(question_is_asked_again_when_the_answer_could_not_be_stored),
        RIG_TEST(answer_stored_after_all_is_told_and_not_asked_for_again),
        RIG_TEST(question_is_asked_again_when_the_log_could_not_be_read),
        RIG_TEST(question_stored_after_all_during_an_answer_gets_its_own),
        RIG_TEST(pieces_are_told_and_the_answer_has_their_id),
        RIG_TEST(more_than_a_message_holds_is_not_told),
        RIG_TEST(escalation_cancels_the_answer_and_takes_back_what_was_said),
        RIG_TEST(chat_that_was_closed_and_opened_again_is_answered),
        RIG_TEST(escalation_before_the_log_was_read_asks_nobody),
        RIG_TEST(escalation_that_overtakes_the_answer_takes_back_what_was_said),
        RIG_TEST(answer_that_could_not_be_stored_is_taken_back_and_asked_for_again),
        RIG_TEST(answer_under_way_at_the_end_is_cancelled_and_asked_for_after_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
