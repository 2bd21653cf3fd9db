#include "tests/unit/core/desk_rig.h"

/* ---- who may write when --------------------------------------------------------------------- */

/* A chat of each state; ann has joined the live one, bob is with nobody. */
struct scene {
    const char *ann, *bob;
    const char *chat[4]; /* by state */
};

static struct scene scene_of(struct rig *r)
{
    struct scene s = {.ann = rig_agent(r, "ann"), .bob = rig_agent(r, "bob")};

    s.chat[CHAT_ASSISTANT] = rig_chat(r, "Alice");
    s.chat[CHAT_WAITING] = rig_waiting(r, "Alice");
    s.chat[CHAT_LIVE] = rig_waiting(r, "Alice");
    s.chat[CHAT_CLOSED] = rig_waiting(r, "Alice");
    assert_int_equal(rig_wait(rig_assign(r, s.ann, s.chat[CHAT_LIVE], ""))->e, OK);
    assert_int_equal(rig_wait(rig_close(r, rig_who(s.ann), s.chat[CHAT_CLOSED], ""))->e, OK);
    rig_clear(r);
    return s;
}

static enum err post(struct rig *r, struct principal who, const char *chat)
{
    return rig_wait(rig_post(r, who, chat, "hello", ""))->e;
}

static void customer_writes_in_each_state(void **state)
{
    struct rig *r = *state;
    struct scene s = scene_of(r);

    for (int i = 0; i < 4; i++)
        assert_int_equal(post(r, rig_customer(s.chat[i]), s.chat[i]), OK);
    assert_trace(r, "[hello ok] message:hello [hello ok] message:hello [hello ok] message:hello "
                    "[hello ok] reopened message:hello");
}

static void others_cannot_write_to_a_customers_chat(void **state)
{
    struct rig *r = *state;
    struct scene s = scene_of(r);
    struct principal assistant = {.kind = WHO_ASSISTANT, .id = "assistant"};

    for (int i = 0; i < 4; i++) {
        assert_int_equal(post(r, rig_customer(s.chat[(i + 1) % 4]), s.chat[i]), ERR_NOT_FOUND);
        assert_int_equal(post(r, rig_anonymous, s.chat[i]), ERR_UNAUTHORIZED);
        assert_int_equal(post(r, rig_system, s.chat[i]), ERR_FORBIDDEN);
        assert_int_equal(post(r, assistant, s.chat[i]), ERR_FORBIDDEN);
        assert_int_equal(post(r, rig_who("nobody"), s.chat[i]), ERR_UNAUTHORIZED);
    }
}

static void agents_write_by_state(void **state)
{
    struct rig *r = *state;
    struct scene s = scene_of(r);

    assert_int_equal(post(r, rig_who(s.ann), s.chat[CHAT_ASSISTANT]), ERR_NOT_ESCALATED);
    assert_int_equal(post(r, rig_who(s.ann), s.chat[CHAT_LIVE]), OK);
    assert_int_equal(post(r, rig_who(s.bob), s.chat[CHAT_LIVE]), ERR_FORBIDDEN);
    assert_int_equal(post(r, rig_who(s.ann), s.chat[CHAT_CLOSED]), ERR_CLOSED);
    rig_clear(r);
    assert_int_equal(post(r, rig_who(s.bob), s.chat[CHAT_WAITING]), OK); /* claims */
    assert_trace(r, "[hello ok] agent_joined message:hello");
    assert_int_equal(post(r, rig_who(s.ann), s.chat[CHAT_WAITING]), ERR_FORBIDDEN);
}

static void message_does_not_claim_when_claims_are_commands(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    r->options.claim_on = CLAIM_COMMAND;
    rig_restart(r);
    assert_int_equal(post(r, rig_who(ann), chat), ERR_FORBIDDEN);
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, OK);
    assert_int_equal(post(r, rig_who(ann), chat), OK);
}

static void chat_that_is_not_there_is_not_found(void **state)
{
    struct rig *r = *state;
    const char *none = "aaaaaaaaaaaaaaaaaaaaaaaaaz";

    assert_int_equal(post(r, rig_customer(none), none), ERR_NOT_FOUND);
    assert_int_equal(post(r, rig_customer("x"), "x"), ERR_NOT_FOUND);
    assert_int_equal(post(r, rig_customer(""), ""), ERR_NOT_FOUND);
}

static void refusal_shows_no_chat_to_strangers(void **state)
{
    struct rig *r = *state;
    const char *mine = rig_waiting(r, "Alice"), *other = rig_waiting(r, "Eve");
    struct call *c = rig_call(r, "");
    struct principal eve = rig_customer(other);

    desk_assign(r->desk, &eve, mine, "", rig_done, c);
    rig_wait(c);
    assert_int_equal(c->e, ERR_NOT_FOUND);
    assert_null(c->chat);
    assert_false(c->has_room);
}

static void session_of_another_agent_cannot_be_used(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    struct post p = {.text = "hello", .address = "ann@example.org/a"};
    struct principal who = rig_who(bob);
    struct call *c = rig_call(r, "");

    rig_wait(rig_join(r, ann, chat, "ann@example.org/a"));
    desk_post(r->desk, &who, chat, &p, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_NOT_OCCUPANT);
    who = rig_who(ann);
    c = rig_call(r, "");
    desk_post(r->desk, &who, chat, &p, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    p.address = "ann@example.org/b";
    c = rig_call(r, "");
    desk_post(r->desk, &who, chat, &p, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_NOT_OCCUPANT);
}

/* ---- text ----------------------------------------------------------------------------------- */

static void text_is_checked_and_made_uniform(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct principal who = rig_customer(chat);
    char *large = arena_alloc(r->arena, DESK_TEXT_MAX + 2);
    struct call *c;

    memset(large, 'x', DESK_TEXT_MAX + 1);
    assert_int_equal(rig_wait(rig_post(r, who, chat, "", ""))->e, ERR_INVALID);
    assert_int_equal(rig_wait(rig_post(r, who, chat, " \r\n ", ""))->e, ERR_INVALID);
    assert_int_equal(rig_wait(rig_post(r, who, chat, "\x01", ""))->e, ERR_TEXT);
    c = rig_wait(rig_post(r, who, chat, "\xff", ""));
    assert_int_equal(c->e, ERR_TEXT);
    assert_string_equal(c->field, "content");
    rig_clear(r);
    c = rig_call(r, "");
    desk_post(r->desk, &who, chat, &(struct post){.text = large}, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_TOO_LARGE);
    large[DESK_TEXT_MAX] = 0;
    c = rig_call(r, "");
    desk_post(r->desk, &who, chat, &(struct post){.text = large}, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    c = rig_wait(rig_post(r, who, chat, " a\r\nb ", ""));
    assert_string_equal(c->entries[0].text, "a\nb");
}

static void key_that_is_too_long_is_refused(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct principal who = rig_customer(chat);
    char key[DESK_KEY_MAX + 2];

    memset(key, 'k', sizeof(key) - 1);
    key[DESK_KEY_MAX + 1] = 0;
    assert_string_equal(rig_wait(rig_post(r, who, chat, "a", key))->field, "clientId");
    assert_int_equal(rig_wait(rig_escalate(r, who, chat, key))->e, ERR_INVALID);
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, key))->e, ERR_INVALID);
    assert_int_equal(rig_wait(rig_close(r, who, chat, key))->e, ERR_INVALID);
    key[DESK_KEY_MAX] = 0;
    assert_int_equal(rig_wait(rig_post(r, who, chat, "a", key))->e, OK);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void same_key_and_text_is_answered_with_the_first_entry(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct call *first = rig_wait(rig_post(r, rig_customer(chat), chat, "a", "k"));
    struct call *again;
    const struct entry *log;

    rig_wait(rig_post(r, rig_customer(chat), chat, "b", "l"));
    rig_clear(r);
    again = rig_wait(rig_post(r, rig_customer(chat), chat, "a", "k"));
    assert_int_equal(again->e, OK);
    assert_true(again->replayed);
    assert_false(first->replayed);
    assert_string_equal(again->entries[0].id, first->entries[0].id);
    assert_int_equal(again->entries[0].seq, 1);
    assert_trace(r, "[a ok]");
    assert_int_equal(rig_log(r, chat, &log), 2);
}

static void two_of_one_key_at_once_make_one_entry(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");
    struct call *one = rig_post(r, rig_customer(chat), chat, "a", "k");
    struct call *two = rig_post(r, rig_customer(chat), chat, "a", "k");

    rig_pump(r);
    assert_false(one->replayed);
    assert_true(two->replayed);
    assert_trace(r, "[a ok] message:a [a ok]");
}

static void key_with_another_text_is_refused(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    const struct entry *log;

    rig_wait(rig_post(r, rig_customer(chat), chat, "a", "k"));
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "b", "k"))->e, ERR_KEY_REUSED);
    /* keys are each author's own */
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "b", "k"))->e, OK);
    assert_int_equal(rig_log(r, chat, &log), 4);
}

static void key_of_another_action_is_refused(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    rig_wait(rig_post(r, rig_customer(chat), chat, "a", "k"));
    assert_int_equal(rig_wait(rig_escalate(r, rig_customer(chat), chat, "k"))->e, ERR_KEY_REUSED);
    assert_int_equal(rig_wait(rig_close(r, rig_customer(chat), chat, "k"))->e, ERR_KEY_REUSED);
}

static void post_is_replayed_after_the_chat_closed(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *agent = rig_wait(rig_post(r, rig_who(ann), chat, "hi", "k"));
    struct call *customer = rig_wait(rig_post(r, rig_customer(chat), chat, "ho", "k")), *again;

    rig_wait(rig_close(r, rig_who(ann), chat, ""));
    r->now_ms += r->options.linger_ms + 1;
    again = rig_wait(rig_post(r, rig_who(ann), chat, "hi", "k"));
    assert_true(again->replayed);
    assert_string_equal(again->entries[0].id, agent->entries[0].id);
    assert_string_equal(again->entries[0].text, "hi"); /* not the claim made with it */
    again = rig_wait(rig_post(r, rig_customer(chat), chat, "ho", "k"));
    assert_true(again->replayed);
    assert_string_equal(again->entries[0].id, customer->entries[0].id);
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "new", "l"))->e, ERR_CLOSED);
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "new", ""))->e, ERR_CLOSED);
    /* the refused key was not taken */
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "other", "l"))->e, ERR_CLOSED);
}

static void post_is_replayed_within_linger_without_opening_again(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_post(r, rig_customer(chat), chat, "ho", "k"));
    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    c = rig_wait(rig_post(r, rig_customer(chat), chat, "ho", "k"));
    assert_true(c->replayed);
    assert_int_equal(c->chat->state, CHAT_CLOSED);
}

static void too_many_messages_are_refused_until_time_passes(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct call *c;

    r->options.messages_per_minute = 30;
    r->options.messages_burst = 2;
    rig_restart(r);
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "1", "1"))->e, OK);
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "2", "2"))->e, OK);
    c = rig_wait(rig_post(r, rig_customer(chat), chat, "3", "3"));
    assert_int_equal(c->e, ERR_RATE);
    assert_in_range(c->retry_ms, 1990, 2001);
    assert_true(rig_wait(rig_post(r, rig_customer(chat), chat, "2", "2"))->replayed);
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "x", "2"))->e, ERR_KEY_REUSED);
    r->now_ms += 2001;
    assert_int_equal(rig_wait(rig_post(r, rig_customer(chat), chat, "3", "3"))->e, OK);
}

static void escalated_only_is_refused_in_the_assistants_phase(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct post p = {.text = "hello", .escalated_only = true};
    struct principal who = rig_customer(chat);
    struct call *c = rig_call(r, "");

    desk_post(r->desk, &who, chat, &p, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_NOT_ESCALATED);
    rig_wait(rig_escalate(r, who, chat, ""));
    c = rig_call(r, "");
    desk_post(r->desk, &who, chat, &p, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(customer_writes_in_each_state),
        RIG_TEST(others_cannot_write_to_a_customers_chat),
        RIG_TEST(agents_write_by_state),
        RIG_TEST(message_does_not_claim_when_claims_are_commands),
        RIG_TEST(chat_that_is_not_there_is_not_found),
        RIG_TEST(refusal_shows_no_chat_to_strangers),
        RIG_TEST(session_of_another_agent_cannot_be_used),
        RIG_TEST(text_is_checked_and_made_uniform),
        RIG_TEST(key_that_is_too_long_is_refused),
        RIG_TEST(same_key_and_text_is_answered_with_the_first_entry),
        RIG_TEST(two_of_one_key_at_once_make_one_entry),
        RIG_TEST(key_with_another_text_is_refused),
        RIG_TEST(key_of_another_action_is_refused),
        RIG_TEST(post_is_replayed_after_the_chat_closed),
        RIG_TEST(post_is_replayed_within_linger_without_opening_again),
        RIG_TEST(too_many_messages_are_refused_until_time_passes),
        RIG_TEST(escalated_only_is_refused_in_the_assistants_phase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
