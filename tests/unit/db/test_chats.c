/* What lists cost: each page is a walk along an index, wherever it begins. */
#include "db/chats.h"
#include "db/migrate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct embedded db_migrations[];

static void page_of_chats_is_one_walk_along_an_index(void **state)
{
    struct sql *db = NULL;
    struct arena *a = arena_new();

    (void)state;
    assert_int_equal(crypto_init(), OK);
    assert_int_equal(sql_open(":memory:", SQL_WRITE, &db), OK);
    assert_int_equal(migrate_run(db, ":memory:", db_migrations), OK);
    for (int of_one = 0; of_one <= 1; of_one++) {
        const char *text = arena_printf(a, "EXPLAIN QUERY PLAN %s", chats_text(of_one != 0));
        struct sql_row *row;
        enum err e;
        int walks = 0;

        assert_int_equal(sql_query(db, text, SQL_NOTHING, &row), OK);
        while (sql_next(row, &e)) {
            const char *step = sql_get_text(row, 3, a); /* sqlite.org/eqp.html */

            if (strstr(step, "SCAN ") != NULL || strstr(step, "TEMP B-TREE") != NULL)
                fail_msg("a page of chats: %s", step);
            walks += strstr(step, "SEARCH chat USING INDEX") != NULL &&
                     strstr(step, "(section,rank)>(?,?)") != NULL;
        }
        assert_int_equal(e, OK);
        assert_int_equal(walks, 1);
    }
    sql_close(db);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_of_chats_is_one_walk_along_an_index),
    };

    return cmocka_run_group_tests_name("reads", tests, NULL, NULL);
}
