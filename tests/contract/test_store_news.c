/* What came in an organization's chats since an agent was there. */
#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MINE 1 /* chats: of the agent's organization, and of another one */
#define OTHERS 2
#define SPAN 50000 /* gids that are looked through at most */

static const struct agent *begin(struct rig *r)
{
    static const struct organization shop = {"shop", "Shop", "", false};
    struct change *c = rig_change(r, "");

    c->organization = &shop;
    assert_int_equal(rig_write(r, c), OK);
    rig_add_chat(r, MINE);
    c = rig_change(r, "");
    rig_chat(c, OTHERS)->organization = "shop";
    assert_int_equal(rig_write(r, c), OK);
    return rig_add_agent(r, 1);
}

static struct query *ask(struct rig *r, const struct agent *a, int64_t after, size_t most,
                         enum err expected)
{
    struct query *q = rig_query(r, QUERY_NEWS, "");

    q->organization = "default";
    q->agent = a->id;
    q->after = after;
    q->most = most;
    q->limit = 100;
    assert_int_equal(rig_read(r, q), expected);
    return q;
}

static struct query *ask_page(struct rig *r, const struct agent *a, int64_t after, size_t limit)
{
    struct query *q = rig_query(r, QUERY_NEWS, "");

    q->organization = "default";
    q->agent = a->id;
    q->after = after;
    q->limit = limit;
    assert_int_equal(rig_read(r, q), OK);
    return q;
}

static int64_t now_at(struct rig *r, const struct agent *a)
{
    return ask(r, a, 0, 0, OK)->last_gid;
}

static void change_agent(struct rig *r, const struct agent *a, const char *organization,
                         enum agent_role role, int max_chats)
{
    struct change *c = rig_change(r, "");
    struct agent *now = rig_agent(c, 1);

    memcpy(now->id, a->id, sizeof now->id);
    now->organization = organization;
    now->role = role;
    now->max_chats = max_chats;
    assert_int_equal(rig_write(r, c), OK);
}

static void stand(struct rig *r, const struct agent *a, enum standing s)
{
    struct change *c = rig_change(r, rig_id(MINE));
    struct access *access = arena_new_of(c->arena, struct access);

    *access = (struct access){rig_id(MINE), a->id, s};
    c->access = access;
    c->n_access = 1;
    assert_int_equal(rig_write(r, c), OK);
}

static void erase(struct rig *r, int chat)
{
    struct change *c = rig_change(r, rig_id(chat));

    c->erase = true;
    assert_int_equal(rig_write(r, c), OK);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void news_are_of_the_organizations_chats_by_gid(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t gids[3], at = now_at(r, a);
    struct query *q;

    rig_add_chat(r, 3);
    gids[0] = rig_add_entries(r, rig_id(MINE), 1)->entries[0].gid;
    rig_add_entries(r, rig_id(OTHERS), 2);
    gids[1] = rig_add_entries(r, rig_id(3), 1)->entries[0].gid;
    gids[2] = rig_add_entries(r, rig_id(MINE), 1)->entries[0].gid;
    rig_add_entries(r, rig_id(OTHERS), 1);
    q = ask(r, a, at, 1000, OK);
    assert_int_equal(q->n_entries, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(q->entries[i].gid, gids[i]);
    assert_string_equal(q->entries[1].room, rig_id(3));
    assert_int_equal(q->entries[2].seq, 2);
    assert_int_equal(q->n_chats, 2);
    assert_string_equal(q->chats[0].id, rig_id(MINE));
    assert_int_equal(q->chats[0].last_seq, 2);
    assert_false(q->more);
    assert_int_equal(q->up_to, gids[2] + 1);
    assert_int_equal(q->last_gid, gids[2] + 1);
    assert_int_equal(ask(r, a, gids[1], 1000, OK)->n_entries, 1);
    assert_int_equal(ask(r, a, q->last_gid, 1000, OK)->n_entries, 0);
}

static void pages_follow_each_other_without_gap_or_repetition(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a), seq = 0;
    struct query *q;

    for (int i = 0; i < 5; i++) {
        rig_add_entries(r, rig_id(MINE), 3);
        rig_add_entries(r, rig_id(OTHERS), 2);
    }
    do {
        q = ask_page(r, a, at, 4);
        for (size_t i = 0; i < q->n_entries; i++)
            assert_int_equal(q->entries[i].seq, ++seq);
        assert_true(q->up_to > at);
        at = q->up_to;
    } while (q->more);
    assert_int_equal(seq, 15);
    assert_int_equal(at, q->last_gid);
    q = ask_page(r, a, at, 0);
    assert_false(q->more);
}

static void chat_that_the_agent_is_shut_out_of_is_left_out(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    struct query *q;

    rig_add_chat(r, 3);
    stand(r, a, STANDING_OUTCAST);
    rig_add_entries(r, rig_id(MINE), 1);
    rig_add_entries(r, rig_id(3), 1);
    q = ask_page(r, a, 0, 10);
    assert_int_equal(q->n_entries, 1);
    assert_string_equal(q->entries[0].room, rig_id(3));
    assert_int_equal(q->n_chats, 1);
}

static void erased_chat_is_told_once_though_it_has_no_new_entry(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at;
    struct query *q;

    rig_add_chat(r, 3);
    rig_add_entries(r, rig_id(MINE), 2);
    at = now_at(r, a);
    erase(r, MINE);
    erase(r, OTHERS);
    rig_add_entries(r, rig_id(3), 1);
    q = ask(r, a, at, 1000, OK);
    assert_int_equal(q->n_entries, 1);
    assert_int_equal(q->n_chats, 2);
    assert_string_equal(q->chats[0].id, rig_id(MINE));
    assert_true(q->chats[0].erased_ms > 0);
    assert_int_equal(ask(r, a, q->up_to, 1000, OK)->n_chats, 0);
    q = ask(r, a, 0, 0, OK);
    assert_int_equal(q->n_entries, 3);
    assert_string_equal(q->entries[0].text, "");
}

static void page_ends_before_it_holds_too_many_erased_chats(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a);
    size_t chats = 0, entries = 0;
    struct query *q;

    for (int i = 3; i < 9; i++)
        rig_add_chat(r, i);
    for (int i = 3; i < 9; i++)
        erase(r, i);
    rig_add_entries(r, rig_id(MINE), 1);
    do {
        q = ask_page(r, a, at, 4);
        chats += q->n_chats;
        entries += q->n_entries;
        at = q->up_to;
    } while (q->more);
    assert_int_equal(chats, 7);
    assert_int_equal(entries, 1);
}

static void list_of_chats_tells_up_to_where_it_is(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    struct query *q = rig_query(r, QUERY_CHATS, "");

    rig_add_entries(r, rig_id(OTHERS), 3);
    q->organization = "default";
    q->limit = 10;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->last_gid, now_at(r, a));
    assert_int_equal(ask(r, a, q->last_gid, 1, OK)->n_entries, 0);
}

/* ---- what cannot be told -------------------------------------------------------------------- */

static void more_than_asked_for_is_not_told(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a);

    rig_add_entries(r, rig_id(MINE), 10);
    rig_add_entries(r, rig_id(OTHERS), 10);
    (void)ask(r, a, at, 10, OK);
    (void)ask(r, a, at, 9, ERR_NOT_FOUND);
    erase(r, MINE);
    (void)ask(r, a, at, 11, OK);
    (void)ask(r, a, at, 10, ERR_NOT_FOUND);
}

static void what_no_page_shows_is_told_and_not_counted(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a);
    struct change *c = rig_change(r, rig_id(MINE));

    rig_entries(c, 4);
    c->entries[1].kind = ENTRY_SUBJECT;
    c->entries[2].kind = ENTRY_REACTION;
    c->entries[3].kind = ENTRY_PAYLOAD;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(ask(r, a, at, 1, OK)->n_entries, 4);
}

static void place_that_was_never_given_is_not_found(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);

    (void)ask(r, a, now_at(r, a) + 1, 1000, ERR_NOT_FOUND);
}

static void place_too_far_back_is_not_found_however_little_is_ones_own(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a);

    rig_add_entries(r, rig_id(MINE), 1);
    for (int i = 1; i < SPAN / 1000; i++)
        rig_add_entries(r, rig_id(OTHERS), 1000);
    rig_add_entries(r, rig_id(OTHERS), 999);
    assert_int_equal(ask(r, a, at, 1000, OK)->n_entries, 1);
    rig_add_entries(r, rig_id(OTHERS), 1);
    (void)ask(r, a, at, 1000, ERR_NOT_FOUND);
    (void)ask(r, a, at + 1, 1000, OK);
}

/* ---- rights --------------------------------------------------------------------------------- */

static void assert_lost(struct rig *r, const struct agent *a, int64_t *at)
{
    (void)ask(r, a, *at, 1000, ERR_NOT_FOUND);
    if (r->file) {
        rig_reopen(r);
        (void)ask(r, a, *at, 1000, ERR_NOT_FOUND);
    }
    *at = now_at(r, a);
    (void)ask(r, a, *at, 1000, OK);
}

static void place_from_before_a_change_of_rights_is_lost(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a);

    change_agent(r, a, "shop", AGENT_AGENT, 0);
    assert_lost(r, a, &at);
    change_agent(r, a, "default", AGENT_AGENT, 0);
    assert_lost(r, a, &at);
    change_agent(r, a, "default", AGENT_SUPERVISOR, 0);
    assert_lost(r, a, &at);
    stand(r, a, STANDING_NONE);
    assert_lost(r, a, &at);
    stand(r, a, STANDING_MEMBER);
    assert_lost(r, a, &at);
    stand(r, a, STANDING_OUTCAST);
    assert_lost(r, a, &at);
    stand(r, a, STANDING_USUAL);
    assert_lost(r, a, &at);
}

static void agent_that_comes_again_has_no_earlier_place(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a);
    struct change *c = rig_change(r, "");

    c->agent_gone = a->id;
    assert_int_equal(rig_write(r, c), OK);
    (void)ask(r, a, at, 1000, ERR_NOT_FOUND);
    a = rig_add_agent(r, 1);
    assert_lost(r, a, &at);
}

static void what_changes_no_rights_keeps_the_place(void **state)
{
    struct rig *r = *state;
    const struct agent *a = begin(r);
    int64_t at = now_at(r, a);

    change_agent(r, a, "default", AGENT_AGENT, 3);
    stand(r, a, STANDING_MEMBER);
    stand(r, a, STANDING_USUAL);
    rig_add_agent(r, 2);
    change_agent(r, a, "default", AGENT_AGENT, 4);
    assert_int_equal(ask(r, a, at, 1000, OK)->n_entries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(news_are_of_the_organizations_chats_by_gid),
        RIG_TEST(pages_follow_each_other_without_gap_or_repetition),
        RIG_TEST(chat_that_the_agent_is_shut_out_of_is_left_out),
        RIG_TEST(erased_chat_is_told_once_though_it_has_no_new_entry),
        RIG_TEST(page_ends_before_it_holds_too_many_erased_chats),
        RIG_TEST(list_of_chats_tells_up_to_where_it_is),
        RIG_TEST(more_than_asked_for_is_not_told),
        RIG_TEST(what_no_page_shows_is_told_and_not_counted),
        RIG_TEST(place_that_was_never_given_is_not_found),
        RIG_TEST(place_too_far_back_is_not_found_however_little_is_ones_own),
        RIG_TEST(place_from_before_a_change_of_rights_is_lost),
        RIG_TEST(agent_that_comes_again_has_no_earlier_place),
        RIG_TEST(what_changes_no_rights_keeps_the_place),
    };
    int failed = cmocka_run_group_tests_name("news in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("news in a file", tests, rig_in_file, NULL);
}
