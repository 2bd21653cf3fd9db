#include "tests/unit/core/desk_rig.h"

static const struct archive_range everything = {
    .end_ms = INT64_MAX, .after_id = "", .before_id = "", .page_after = "", .page_before = ""};

static struct call *ask(struct rig *r, struct principal who, const char *chat,
                        const struct archive_range *range, const char *nick)
{
    struct call *c = rig_call(r, "archive");

    desk_archive(r->desk, &who, chat, "", range, nick, 50, rig_done, c);
    return rig_wait(c);
}

static void agent_reads_the_whole_log_without_being_in_the_room(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    const struct entry *log = NULL;
    struct call *c = ask(r, rig_who(ann), chat, &everything, NULL);

    assert_int_equal(c->e, OK);
    assert_int_equal(c->n_page, rig_log(r, chat, &log));
}

static void only_who_may_enter_reads(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    const char *early = rig_chat(r, "Bert");

    assert_int_equal(ask(r, rig_anonymous, chat, &everything, NULL)->e, ERR_UNAUTHORIZED);
    assert_int_equal(ask(r, rig_customer(chat), chat, &everything, NULL)->e, ERR_FORBIDDEN);
    assert_int_equal(ask(r, rig_who(ann), early, &everything, NULL)->e, ERR_NOT_FOUND);
    assert_int_equal(ask(r, rig_who(ann), "k3v9", &everything, NULL)->e, ERR_NOT_FOUND);
}

static void missing_line_is_told_from_a_missing_room(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct archive_range range = everything;
    struct call *c;

    range.page_after = "nonsense";
    c = ask(r, rig_who(ann), chat, &range, NULL);
    assert_int_equal(c->e, ERR_NOT_FOUND);
    assert_string_equal(c->field, "ref");
    c = ask(r, rig_who(ann), "aaaaaaaaaaaaaaaaaaaaaaaaaa", &range, NULL);
    assert_int_equal(c->e, ERR_NOT_FOUND);
    assert_string_equal(c->field, "");
}

static void names_stand_for_who_said_it(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct principal customer = rig_customer(chat);

    assert_int_equal(rig_wait(rig_post(r, customer, chat, "one", ""))->e, OK);
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), chat, "two", ""))->e, OK);
    assert_int_equal(rig_wait(rig_post(r, customer, chat, "three", ""))->e, OK);
    assert_int_equal(ask(r, rig_who(ann), chat, &everything, "Alice (customer)")->n_page, 2);
    assert_int_equal(ask(r, rig_who(ann), chat, &everything, "ann")->n_page, 1);
    assert_int_equal(ask(r, rig_who(ann), chat, &everything, "nobody here")->n_page, 0);
    assert_int_equal(ask(r, rig_who(ann), chat, &everything, "")->n_page, 2); /* the room's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(agent_reads_the_whole_log_without_being_in_the_room),
        RIG_TEST(only_who_may_enter_reads),
        RIG_TEST(missing_line_is_told_from_a_missing_room),
        RIG_TEST(names_stand_for_who_said_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
