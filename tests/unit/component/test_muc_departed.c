#include "tests/unit/component/muc_rig.h"

#define ANN "ann@example.org/a"
#define BOB "bob@example.org/b"

static void done(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)a;
    assert_int_equal(e, OK);
    (*(int *)ctx)++;
}

static void remove_agent(struct muc_rig *r, const char *jid)
{
    int n = 0;

    desk_agent_remove(r->desk, jid, done, &n);
    muc_rig_settle(r);
    assert_int_equal(n, 1);
}

/* One stanza of that kind, to this address, in what was sent? */
static bool has_line(struct muc_rig *r, const char *text, const char *a, const char *b,
                     const char *c)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        const char *one = arena_dup_len(r->arena, line, strcspn(line, "\n"));

        if (strstr(one, a) && strstr(one, b) && strstr(one, c))
            return true;
    }
    return false;
}

static void removed_agent_is_told_at_once(void **state)
{
    struct muc_rig *r = *state;
    const char *text;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    remove_agent(r, "bob@example.org");
    text = muc_rig_sent(r);
    assert_true(has_line(r, text, "/bob", "to='" ANN "'", "code='321'"));
    assert_true(has_line(r, text, "/bob", "to='" BOB "'", "code='321'"));
}

static void agent_removed_while_the_link_was_down_is_told_when_it_is_back(void **state)
{
    struct muc_rig *r = *state;
    const char *text;

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_link(r, false);
    remove_agent(r, "bob@example.org");
    muc_rig_link(r, true);
    text = muc_rig_sent(r);
    assert_true(has_line(r, text, "/bob", "to='" ANN "'", "code='321'"));
    assert_true(has_line(r, text, "/bob", "to='" BOB "'", "code='110'"));
    muc_rig_link(r, false);
    muc_rig_link(r, true);
    assert_null(strstr(muc_rig_sent(r), "code='321'")); /* once */
}

static void last_one_removed_while_the_link_was_down_is_told_too(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    muc_rig_link(r, false);
    remove_agent(r, "ann@example.org");
    muc_rig_link(r, true);
    assert_true(has_line(r, muc_rig_sent(r), "/ann", "to='" ANN "'", "code='321'"));
}

static void session_that_left_and_came_back_is_not_told_as_gone(void **state)
{
    struct muc_rig *r = *state;
    int n = 0;
    struct principal who = {.kind = WHO_AGENT,
                            .id = directory_by_jid(desk_directory(r->desk), "bob@example.org")->id};
    struct join j = {.kind = SESSION_WEB, .address = "#7", .presence = "", .resync = true};

    muc_rig_join(r, ANN, "ann");
    muc_rig_join(r, BOB, "bob");
    muc_rig_link(r, false);
    desk_leave(r->desk, r->chat, BOB, false, "", NULL, NULL);
    desk_join(r->desk, &who, r->chat, &j, done, &n);
    muc_rig_settle(r);
    muc_rig_link(r, true);
    assert_false(has_line(r, muc_rig_sent(r), "/bob", "to='" ANN "'", "unavailable"));
}

static void room_closed_while_the_link_was_down_is_told_as_gone(void **state)
{
    struct muc_rig *r = *state;
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    int n = 0;

    muc_rig_join(r, ANN, "ann");
    muc_rig_link(r, false);
    desk_close(r->desk, &system, r->chat, "", NULL, done, &n);
    muc_rig_settle(r);
    muc_rig_link(r, true);
    assert_true(has_line(r, muc_rig_sent(r), "/ann", "to='" ANN "'", "<destroy>"));
}

static void customer_renamed_while_the_link_was_down_is_one_afterwards(void **state)
{
    struct muc_rig *r = *state;
    const char *text;
    int n = 0;
    struct principal who = {.kind = WHO_AGENT,
                            .id = directory_by_jid(desk_directory(r->desk), "bob@example.org")->id};

    muc_rig_join(r, ANN, "ann");
    muc_rig_link(r, false);
    desk_customer(r->desk, &who, r->chat, "Zoe", NULL, done, &n);
    desk_customer(r->desk, &who, r->chat, "Zora", NULL, done, &n);
    muc_rig_settle(r);
    muc_rig_link(r, true);
    text = muc_rig_sent(r);
    assert_true(has_line(r, text, "/Alice (customer)'", "to='" ANN "'", "unavailable"));
    assert_true(has_line(r, text, "/Zora (customer)'", "to='" ANN "'", "<presence"));
    assert_false(has_line(r, text, "/Zora (customer)'", "to='" ANN "'", "unavailable"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MUC_RIG_TEST(removed_agent_is_told_at_once),
        MUC_RIG_TEST(agent_removed_while_the_link_was_down_is_told_when_it_is_back),
        MUC_RIG_TEST(last_one_removed_while_the_link_was_down_is_told_too),
        MUC_RIG_TEST(session_that_left_and_came_back_is_not_told_as_gone),
        MUC_RIG_TEST(room_closed_while_the_link_was_down_is_told_as_gone),
        MUC_RIG_TEST(customer_renamed_while_the_link_was_down_is_one_afterwards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
