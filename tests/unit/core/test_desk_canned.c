#include "tests/unit/core/desk_rig.h"

/* What a call answered with. */
struct seen {
    struct rig *rig;
    enum err e;
    size_t n;
    const struct canned *list;
    bool done;
};

static void see(void *ctx, enum err e, const struct desk_answer *a)
{
    struct seen *s = ctx;
    struct canned *copy = arena_array(s->rig->arena, struct canned, a->n_canned + 1);

    for (size_t i = 0; i < a->n_canned; i++) {
        copy[i] = a->canned[i];
        copy[i].shortcut = arena_dup(s->rig->arena, a->canned[i].shortcut);
        copy[i].content = arena_dup(s->rig->arena, a->canned[i].content);
    }
    s->e = e;
    s->n = a->n_canned;
    s->list = copy;
    s->done = true;
}

static struct seen put(struct rig *r, const char *agent, const char *id, const char *shortcut,
                       const char *content)
{
    struct seen s = {.rig = r};
    struct principal who = rig_who(agent);

    desk_canned_put(r->desk, &who, id, shortcut, content, see, &s);
    rig_pump(r);
    assert_true(s.done);
    return s;
}

static struct seen drop(struct rig *r, const char *agent, const char *id)
{
    struct seen s = {.rig = r};
    struct principal who = rig_who(agent);

    desk_canned_remove(r->desk, &who, id, see, &s);
    rig_pump(r);
    assert_true(s.done);
    return s;
}

static struct seen list(struct rig *r, struct principal who)
{
    struct seen s = {.rig = r};

    desk_canned_list(r->desk, &who, see, &s);
    rig_pump(r);
    assert_true(s.done);
    return s;
}

static void what_one_agent_keeps_all_find_by_name_after_a_restart(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann"), *bob = rig_agent(r, "Bob");
    struct seen s;

    assert_int_equal(put(r, ann, "", "thanks", "Thank you.").e, OK);
    assert_int_equal(put(r, ann, "", "hello", " Hello! ").e, OK);
    rig_restart(r);
    s = list(r, rig_who(bob));
    assert_int_equal(s.n, 2);
    assert_string_equal(s.list[0].shortcut, "hello");
    assert_string_equal(s.list[0].content, "Hello!");
    assert_string_equal(s.list[1].shortcut, "thanks");
}

static void one_is_changed_in_part_and_removed(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann");
    struct seen made = put(r, ann, "", "hello", "Hello!"), s;
    const char *id = arena_dup(r->arena, made.list[0].id);

    assert_int_equal(put(r, ann, id, NULL, "Good day!").e, OK);
    assert_string_equal(list(r, rig_who(ann)).list[0].shortcut, "hello");
    assert_int_equal(put(r, ann, id, "day", NULL).e, OK);
    s = list(r, rig_who(ann));
    assert_int_equal(s.n, 1);
    assert_string_equal(s.list[0].id, id);
    assert_string_equal(s.list[0].shortcut, "day");
    assert_string_equal(s.list[0].content, "Good day!");
    assert_int_equal(drop(r, ann, id).e, OK);
    assert_int_equal(list(r, rig_who(ann)).n, 0);
    assert_int_equal(drop(r, ann, id).e, ERR_NOT_FOUND);
    assert_int_equal(put(r, ann, id, NULL, "x").e, ERR_NOT_FOUND);
}

static void a_name_that_is_taken_is_a_conflict(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann");
    struct seen a = put(r, ann, "", "a", "A");

    assert_int_equal(put(r, ann, "", "b", "B").e, OK);
    assert_int_equal(put(r, ann, "", "a", "other").e, ERR_CONFLICT);
    assert_int_equal(put(r, ann, a.list[0].id, "b", NULL).e, ERR_CONFLICT);
    assert_int_equal(put(r, ann, a.list[0].id, "a", "again").e, OK);
}

static void words_that_cannot_be_typed_and_texts_that_cannot_be_said_are_refused(void **state)
{
    static const char *const names[] = {"",   "two words", "a/b",
                                        "!a", "a\x01",     "12345678901234567890123456789012x"};
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann");
    char *big = arena_alloc(r->arena, CANNED_CONTENT_MAX + 2);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(put(r, ann, "", names[i], "x").e, ERR_INVALID);
    memset(big, 'x', CANNED_CONTENT_MAX + 1);
    big[CANNED_CONTENT_MAX + 1] = 0;
    assert_int_equal(put(r, ann, "", "big", big).e, ERR_TOO_LARGE);
    assert_int_equal(put(r, ann, "", "big", big + 1).e, OK);
    assert_int_equal(put(r, ann, "", "empty", " \n ").e, ERR_INVALID);
    assert_int_equal(put(r, ann, "", "bad", "\xff").e, ERR_TEXT);
    assert_int_equal(list(r, rig_who(ann)).n, 1);
}

static void the_list_has_an_end(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "Ann");

    for (int i = 0; i < CANNED_COUNT_MAX; i++)
        assert_int_equal(put(r, ann, "", arena_printf(r->arena, "n%d", i), "x").e, OK);
    assert_int_equal(put(r, ann, "", "more", "x").e, ERR_CONFLICT);
    assert_int_equal(list(r, rig_who(ann)).n, CANNED_COUNT_MAX);
}

static void customers_and_strangers_get_nothing(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");

    assert_int_equal(list(r, rig_customer(chat)).e, ERR_FORBIDDEN);
    assert_int_equal(list(r, rig_who("nobody")).e, ERR_UNAUTHORIZED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_one_agent_keeps_all_find_by_name_after_a_restart),
        RIG_TEST(one_is_changed_in_part_and_removed),
        RIG_TEST(a_name_that_is_taken_is_a_conflict),
        RIG_TEST(words_that_cannot_be_typed_and_texts_that_cannot_be_said_are_refused),
        RIG_TEST(the_list_has_an_end),
        RIG_TEST(customers_and_strangers_get_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
