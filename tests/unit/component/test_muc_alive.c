#include "tests/unit/component/muc_rig.h"

#define ANN "ann@example.org/a"
#define BOB "bob@example.org/b"
#define MINUTE 60000

static void answer(struct muc_rig *r, const char *from, const char *id, const char *type)
{
    muc_rig_send(r, STANZA_IQ, from, "", type, id, NULL, NULL);
}

static const char *pinged(struct muc_rig *r, const char *who)
{
    return muc_rig_iq_id(r, muc_rig_sent(r), who);
}

static void silent_session_is_pinged_after_ten_minutes(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    muc_rig_pass(r, 9 * MINUTE);
    assert_string_equal(pinged(r, ANN), "");
    muc_rig_pass(r, MINUTE + 1000);
    assert_string_not_equal(pinged(r, ANN), "");
}

static void who_speaks_is_not_asked(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    for (int i = 0; i < 4; i++) {
        muc_rig_pass(r, 8 * MINUTE);
        assert_string_equal(pinged(r, ANN), "");
        muc_rig_send(r, STANZA_MESSAGE, ANN, "", "groupchat", "1", "active",
                     "http://jabber.org/protocol/chatstates");
    }
}

static void answered_ping_keeps_the_session(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    muc_rig_pass(r, 10 * MINUTE + 1000);
    answer(r, ANN, pinged(r, ANN), "result");
    muc_rig_pass(r, 9 * MINUTE);
    muc_rig_send(r, STANZA_IQ, ANN, "ann", "get", "self", "ping", "urn:xmpp:ping");
    assert_non_null(strstr(muc_rig_sent(r), "type='result'"));
}

static void two_missed_pings_end_the_session_with_333(void **state)
{
    struct muc_rig *r = *state;
    const char *text;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    for (int i = 0; i < 20; i++) { /* Bob answers whatever he is asked */
        muc_rig_pass(r, MINUTE);
        text = muc_rig_sent(r);
        if (*muc_rig_iq_id(r, text, BOB))
            answer(r, BOB, muc_rig_iq_id(r, text, BOB), "result");
        if (strstr(text, "333"))
            break;
    }
    assert_non_null(strstr(text, "<status code='333'/>"));
    assert_non_null(strstr(text, "to='" BOB "'"));
    /* Ann's client was only away for a while, as a telephone that sleeps is, and comes in again */
    assert_non_null(strstr(text, "to='" ANN "'"));
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
}

static void error_that_says_gone_ends_the_session_at_once(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_pass(r, 10 * MINUTE + 1000);
    answer(r, ANN, pinged(r, ANN), "error");
    assert_non_null(strstr(muc_rig_sent(r), "<status code='333'/>"));
}

static void looked(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)ctx;
    (void)e;
    (void)a;
}

/* So much is asked of the room that nothing more can wait: a change of presence is lost, but
 * whoever sent it is in the room as before. */
static void presence_that_nobody_could_take_throws_nobody_out(void **state)
{
    struct muc_rig *r = *state;
    const struct agent *bob = directory_by_jid(desk_directory(r->desk), "bob@example.org");
    struct principal who = {.kind = WHO_AGENT, .id = bob->id};
    struct join j = {
        .kind = SESSION_WEB, .address = "w", .presence = "", .resync = true, .history_max = 1};

    muc_rig_join(r, ANN, "ann");
    desk_join(r->desk, &who, r->chat, &j, looked, NULL); /* reads first */
    for (int i = 0; i < 1500; i++)
        desk_look(r->desk, &who, r->chat, looked, NULL);
    muc_rig_send(r, STANZA_PRESENCE, ANN, "ann", "", "", "show", NS_CLIENT);
    assert_null(strstr(muc_rig_sent(r), "<status code='333'/>"));
    muc_rig_send(r, STANZA_IQ, ANN, "ann", "get", "self", "ping", "urn:xmpp:ping");
    assert_non_null(strstr(muc_rig_sent(r), "type='result'"));
}

static void answer_from_somebody_else_counts_for_nothing(void **state)
{
    struct muc_rig *r = *state;
    const char *id;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_pass(r, 10 * MINUTE + 1000);
    id = pinged(r, ANN);
    answer(r, BOB, id, "error");
    assert_null(strstr(muc_rig_sent(r), "333"));
}

static void all_are_asked_in_a_paced_way_when_the_link_is_back(void **state)
{
    struct muc_rig *r = *state;
    const char *text;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_link(r, false);
    muc_rig_link(r, true);
    muc_rig_pass(r, 60);
    text = muc_rig_sent(r);
    assert_true(!*muc_rig_iq_id(r, text, ANN) != !*muc_rig_iq_id(r, text, BOB));
    muc_rig_pass(r, 60);
    text = muc_rig_sent(r);
    assert_true(!*muc_rig_iq_id(r, text, ANN) != !*muc_rig_iq_id(r, text, BOB));
}

/* ---- relayed iqs ----------------------------------------------------------------------------- */

static void question_that_nobody_answers_ends_with_a_timeout(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_send(r, STANZA_IQ, ANN, "bob", "get", "q", "query", "urn:example");
    assert_string_not_equal(pinged(r, BOB), "");
    muc_rig_pass(r, 59000);
    assert_null(strstr(muc_rig_sent(r), "remote-server-timeout"));
    muc_rig_pass(r, 2000);
    assert_non_null(strstr(muc_rig_sent(r), "/bob' to='" ANN "' type='error' id='q'"));
}

static void question_whose_answer_the_link_lost_is_answered_when_it_is_back(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_send(r, STANZA_IQ, ANN, "bob", "get", "q", "query", "urn:example");
    assert_string_not_equal(pinged(r, BOB), "");
    muc_rig_link(r, false);
    muc_rig_pass(r, 61000);
    assert_null(strstr(muc_rig_sent(r), "id='q'"));
    muc_rig_link(r, true);
    assert_non_null(strstr(muc_rig_sent(r), "/bob' to='" ANN "' type='error' id='q'"));
    muc_rig_pass(r, 61000);
    assert_null(strstr(muc_rig_sent(r), "id='q'"));
}

static void questions_of_one_asker_are_bounded(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    for (int i = 0; i < 64; i++)
        muc_rig_send(r, STANZA_IQ, ANN, "bob", "get", "q", "query", "urn:example");
    assert_null(strstr(muc_rig_sent(r), "resource-constraint"));
    muc_rig_send(r, STANZA_IQ, ANN, "bob", "get", "q", "query", "urn:example");
    assert_non_null(strstr(muc_rig_sent(r), "resource-constraint"));
    muc_rig_send(r, STANZA_IQ, BOB, "ann", "get", "q", "query", "urn:example");
    assert_string_not_equal(pinged(r, ANN), "");
}

static void only_who_was_asked_can_answer(void **state)
{
    struct muc_rig *r = *state;
    const char *id;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_send(r, STANZA_IQ, ANN, "bob", "get", "q", "query", "urn:example");
    id = pinged(r, BOB);
    muc_rig_send(r, STANZA_IQ, "eve@example.org/x", "ann", "result", id, NULL, NULL);
    assert_null(strstr(muc_rig_sent(r), "id='q'"));
    muc_rig_send(r, STANZA_IQ, BOB, "ann", "result", id, NULL, NULL);
    assert_non_null(strstr(muc_rig_sent(r), "type='result' id='q' to='" ANN "'"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MUC_RIG_TEST(silent_session_is_pinged_after_ten_minutes),
        MUC_RIG_TEST(who_speaks_is_not_asked),
        MUC_RIG_TEST(answered_ping_keeps_the_session),
        MUC_RIG_TEST(two_missed_pings_end_the_session_with_333),
        MUC_RIG_TEST(error_that_says_gone_ends_the_session_at_once),
        MUC_RIG_TEST(presence_that_nobody_could_take_throws_nobody_out),
        MUC_RIG_TEST(answer_from_somebody_else_counts_for_nothing),
        MUC_RIG_TEST(all_are_asked_in_a_paced_way_when_the_link_is_back),
        MUC_RIG_TEST(question_that_nobody_answers_ends_with_a_timeout),
        MUC_RIG_TEST(question_whose_answer_the_link_lost_is_answered_when_it_is_back),
        MUC_RIG_TEST(questions_of_one_asker_are_bounded),
        MUC_RIG_TEST(only_who_was_asked_can_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
