/* What lists and searches cost: each page is a walk along an index, wherever it begins. */
#include "db/chats.h"
#include "db/migrate.h"
#include "db/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct embedded db_migrations[];

struct plan {
    int walks, sorts; /* along the list's index; of rows before they are shown */
    bool words;       /* from the words of one organization on */
};

static struct plan plan_of(struct sql *db, struct arena *a, const char *text)
{
    struct plan p = {0};
    struct sql_row *row;
    enum err e;

    text = arena_printf(a, "EXPLAIN QUERY PLAN %s", text);
    assert_int_equal(sql_query(db, text, SQL_NOTHING, &row), OK);
    while (sql_next(row, &e)) {
        const char *step = sql_get_text(row, 3, a); /* sqlite.org/eqp.html */

        if (strstr(step, "SCAN ") != NULL && strstr(step, "SCAN organization") == NULL &&
            strstr(step, "SCAN (subquery") == NULL)
            fail_msg("a page of chats: %s", step);
        p.walks += strstr(step, "SEARCH chat USING INDEX") != NULL &&
                   strstr(step, "(section,rank)>(?,?)") != NULL;
        p.sorts += strstr(step, "TEMP B-TREE FOR ORDER BY") != NULL;
        p.words |= strstr(step, "SEARCH word USING PRIMARY KEY (organization=? AND word>? AND"
                                " word<?)") != NULL;
    }
    assert_int_equal(e, OK);
    return p;
}

static void open_new(struct sql **db)
{
    assert_int_equal(crypto_init(), OK);
    assert_int_equal(sql_open(":memory:", SQL_WRITE, db), OK);
    assert_int_equal(migrate_run(*db, ":memory:", db_migrations), OK);
}

static void page_of_chats_is_one_walk_along_an_index(void **state)
{
    struct sql *db = NULL;
    struct arena *a = arena_new();

    (void)state;
    open_new(&db);
    for (int of_one = 0; of_one <= 1; of_one++) {
        struct plan list = plan_of(db, a, chats_text(of_one != 0)),
                    search = plan_of(db, a, search_text(false, of_one != 0));

        assert_int_equal(list.walks, 1);
        assert_int_equal(list.sorts, 0);
        assert_int_equal(search.walks, 1);
        assert_int_equal(search.sorts, 0);
    }
    sql_close(db);
    arena_free(a);
}

static void search_for_a_rare_word_reads_the_chats_that_have_it(void **state)
{
    struct sql *db = NULL;
    struct arena *a = arena_new();
    struct plan p;

    (void)state;
    open_new(&db);
    p = plan_of(db, a, search_text(true, true));
    assert_true(p.words);
    assert_int_equal(p.walks, 0);
    assert_int_equal(p.sorts, 1);
    sql_close(db);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_of_chats_is_one_walk_along_an_index),
        cmocka_unit_test(search_for_a_rare_word_reads_the_chats_that_have_it),
    };

    return cmocka_run_group_tests_name("reads", tests, NULL, NULL);
}
