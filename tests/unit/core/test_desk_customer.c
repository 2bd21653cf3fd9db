#include "tests/unit/core/desk_rig.h"

static struct call *set(struct rig *r, struct principal who, const char *chat, const char *name,
                        const char *email)
{
    struct call *c = rig_call(r, "set");

    desk_customer(r->desk, &who, chat, name, email, rig_done, c);
    return rig_wait(c);
}

static void agent_sets_name_and_address_and_staff_reads_it(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");
    const struct entry *log = NULL;
    struct call *c;
    size_t n;

    rig_clear(r);
    c = set(r, rig_who(ann), chat, "Alicia", "a@example.org");
    assert_int_equal(c->e, OK);
    assert_string_equal(c->chat->name, "Alicia");
    assert_string_equal(c->chat->email, "a@example.org");
    assert_non_null(strstr(r->trace, "customer-was:Alice (customer) note"));
    n = rig_log(r, chat, &log);
    assert_string_equal(log[n - 1].text,
                        "[note] Sets the customer's name: Alicia, e-mail: a@example.org");
    assert_int_equal(log[n - 1].audience, AUDIENCE_STAFF);
    rig_restart(r);
    assert_string_equal(rig_wait(rig_show(r, rig_who(ann), chat))->chat->name, "Alicia");
}

static void what_is_not_given_stays_and_empty_is_none(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");
    struct call *c;

    assert_int_equal(set(r, rig_who(ann), chat, NULL, "a@example.org")->e, OK);
    c = set(r, rig_who(ann), chat, "", NULL);
    assert_string_equal(c->chat->name, "");
    assert_string_equal(c->chat->email, "a@example.org");
}

static void the_same_again_writes_nothing(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");
    const struct entry *log = NULL;
    size_t n = rig_log(r, chat, &log);

    assert_true(set(r, rig_who(ann), chat, "Alice", NULL)->unchanged);
    assert_int_equal(rig_log(r, chat, &log), n);
}

static void names_that_customers_may_not_have_are_refused(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");

    assert_int_equal(set(r, rig_who(ann), chat, "Ann", NULL)->e, ERR_INVALID);
    assert_int_equal(set(r, rig_who(ann), chat, "a\x01", NULL)->e, ERR_TEXT);
    assert_int_equal(set(r, rig_who(ann), chat, NULL, "\xff")->e, ERR_TEXT);
    assert_string_equal(rig_wait(rig_show(r, rig_who(ann), chat))->chat->name, "Alice");
}

static void only_agents_once_people_were_asked_for(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *chat = rig_waiting(r, "Alice");
    const char *early = rig_chat(r, "Bob");

    assert_int_equal(set(r, rig_customer(chat), chat, "Eve", NULL)->e, ERR_FORBIDDEN);
    assert_int_equal(set(r, rig_who(ann), early, "Eve", NULL)->e, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(agent_sets_name_and_address_and_staff_reads_it),
        RIG_TEST(what_is_not_given_stays_and_empty_is_none),
        RIG_TEST(the_same_again_writes_nothing),
        RIG_TEST(names_that_customers_may_not_have_are_refused),
        RIG_TEST(only_agents_once_people_were_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
