/* The counts that stand beside lists: kept with the chats, and never apart from them. */
#include "tests/contract/rig.h"

#include "db/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHATS 40
#define ROUNDS 60
#define TOGETHER_MAX 8 /* changes that share a transaction */
#define PAGE 7

/* Everything follows from the seed: no two runs differ but by how changes share transactions. */
static size_t below(uint64_t *chance, size_t n)
{
    *chance = *chance * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
    return (size_t)(*chance >> 33) % n;
}

static const char *any_organization(uint64_t *chance)
{
    static const char *const names[] = {"default", "shop", "bank"};

    return names[below(chance, 3)];
}

static void add_organizations(struct rig *r)
{
    static struct organization shop = {"shop", "Shop", "", false},
                               bank = {"bank", "Bank", "", false};
    struct change *c = rig_change(r, "");

    c->organization = &shop;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, "");
    c->organization = &bank;
    assert_int_equal(rig_write(r, c), OK);
}

/* ---- changes -------------------------------------------------------------------------------- */

static struct change *new_chat(struct rig *r, int n, uint64_t *chance)
{
    struct change *c = rig_change(r, "");
    struct chat *chat = rig_chat(c, n);

    c->room = arena_dup(c->arena, chat->id);
    chat->organization = any_organization(chance);
    chat->state = (enum chat_state)below(chance, CHAT_CLOSED + 1);
    return c;
}

/* To any state; sometimes of another organization; sometimes decided on an older row, so that it
 * fails and what shares its transaction runs again. */
static struct change *moved_chat(struct rig *r, const struct chat *now, uint64_t *chance)
{
    struct change *c = rig_change(r, now->id);

    c->chat = chat_dup(c->arena, now);
    c->chat->state = (enum chat_state)below(chance, CHAT_CLOSED + 1);
    if (below(chance, 4) == 0)
        c->chat->organization = any_organization(chance);
    c->chat->version -= below(chance, 5) == 0;
    rig_entries(c, 1 + below(chance, 2));
    return c;
}

static struct change *any_change(struct rig *r, int n, uint64_t *chance)
{
    struct query *q = rig_query(r, QUERY_ROOM, rig_id(n));
    struct change *c;

    if (rig_read(r, q) != OK)
        return new_chat(r, n, chance);
    switch (below(chance, 8)) {
    case 0:
        c = rig_change(r, rig_id(n));
        c->chat_gone = true;
        return c;
    case 1:
        c = rig_change(r, rig_id(n));
        c->erase = true;
        return c;
    case 2:
        return new_chat(r, n, chance); /* it is there: refused */
    default:
        return moved_chat(r, q->chats, chance);
    }
}

static void some_changes(struct rig *r, uint64_t *chance)
{
    struct change *batch[TOGETHER_MAX];
    size_t n = 1 + below(chance, TOGETHER_MAX);

    for (size_t i = 0; i < n; i++)
        batch[i] = any_change(r, (int)below(chance, CHATS), chance);
    for (size_t i = 0; i < n; i++)
        rig_submit(r, batch[i]);
    rig_wait(r, r->n_submitted, 0);
}

/* ---- what is listed ------------------------------------------------------------------------- */

/* All pages of a filter: each of them has the same counts, and this one is what the pages hold. */
static int64_t listed(struct rig *r, const char *organization, enum chat_filter filter)
{
    const char *cursor = "";
    int64_t n = 0, counted;
    bool more;

    do {
        struct query *q = rig_query(r, QUERY_CHATS, "");

        q->organization = arena_dup(q->arena, organization);
        q->filter = filter;
        q->limit = PAGE;
        q->cursor = arena_dup(q->arena, cursor);
        assert_int_equal(rig_read(r, q), OK);
        n += (int64_t)q->n_chats;
        counted = q->counts[filter];
        cursor = q->next_cursor;
        more = q->more;
    } while (more);
    assert_int_equal(counted, n);
    return n;
}

static int64_t check_counts(struct rig *r)
{
    static const char *const names[] = {"default", "shop", "bank"};
    int64_t all = 0;

    for (int filter = FILTER_ALL; filter <= FILTER_ASSIGNED; filter++) {
        int64_t n = 0;

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            n += listed(r, names[i], (enum chat_filter)filter);
        assert_int_equal(listed(r, "", (enum chat_filter)filter), n);
        all = filter == FILTER_ALL ? n : all;
    }
    return all;
}

static void counts_are_what_pages_hold_after_any_changes(void **state)
{
    struct rig *r = (struct rig *)*state;
    uint64_t chance = 1;
    int64_t most = 0;

    add_organizations(r);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t n;

        some_changes(r, &chance);
        n = check_counts(r);
        most = n > most ? n : most;
    }
    assert_true(most > CHATS / 4);
}

static void kept_counts_are_fresh_ones_after_a_restart(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct sql *db = NULL;
    uint64_t chance = 2;

    add_organizations(r);
    for (int round = 0; round < ROUNDS; round++)
        some_changes(r, &chance);
    rig_close(r);
    assert_int_equal(sql_open(r->path, SQL_READ, &db), OK);
    rig_check_counts(db);
    sql_close(db);
    assert_int_equal(rig_open(r), OK);
    check_counts(r);
}

int main(void)
{
    const struct CMUnitTest always[] = {
        RIG_TEST(counts_are_what_pages_hold_after_any_changes),
    };
    const struct CMUnitTest of_files[] = {
        RIG_TEST(kept_counts_are_fresh_ones_after_a_restart),
    };
    int failed = cmocka_run_group_tests_name("counts in memory", always, rig_in_memory, NULL);

    failed += cmocka_run_group_tests_name("counts in a file", always, rig_in_file, NULL);
    return failed + cmocka_run_group_tests_name("counts of files", of_files, rig_in_file, NULL);
}
