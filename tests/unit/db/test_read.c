/* What pages of a log cost: each is one walk along one index, wherever it begins. */
#include "db/migrate.h"
#include "db/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct embedded db_migrations[];

static struct sql *new_database(void)
{
    struct sql *db = NULL;

    assert_int_equal(crypto_init(), OK);
    assert_int_equal(sql_open(":memory:", SQL_WRITE, &db), OK);
    assert_int_equal(migrate_run(db, ":memory:", db_migrations), OK);
    return db;
}

/* sqlite.org/eqp.html */
static void page_of_a_log_is_one_walk_along_an_index(void **state)
{
    struct sql *db = new_database();
    struct arena *a = arena_new();

    (void)state;
    for (int i = 0; i < 4; i++) {
        const char *text =
            arena_printf(a, "EXPLAIN QUERY PLAN %s", read_entries_text((i & 1) != 0, (i & 2) != 0));
        struct sql_row *row;
        enum err e;
        int walks = 0;

        assert_int_equal(sql_query(db, text, SQL_NOTHING, &row), OK);
        while (sql_next(row, &e)) {
            const char *step = sql_get_text(row, 3, a);

            if (strstr(step, "SCAN ") != NULL || strstr(step, "TEMP B-TREE") != NULL)
                fail_msg("a page of a log: %s", step);
            walks += strstr(step, "SEARCH message USING INDEX messageByPlace "
                                  "(room=? AND seq>? AND seq<?)") != NULL;
        }
        assert_int_equal(e, OK);
        assert_int_equal(walks, 1);
    }
    sql_close(db);
    arena_free(a);
}

/* sqlite.org/opcode.html: a deferred seek reads the row when a column of it is asked for. pos is
 * compared before that, so that what customers do not see costs a step in the index, and no row. */
static void public_page_reads_no_row_that_it_does_not_show(void **state)
{
    struct sql *db = new_database();
    struct arena *a = arena_new();

    (void)state;
    for (int newest = 0; newest < 2; newest++) {
        const char *text = arena_printf(a, "EXPLAIN %s", read_entries_text(true, newest != 0));
        int64_t index = -1, table = -1;
        struct sql_row *row;
        enum err e;
        int compared = 0;

        assert_int_equal(sql_query(db, text, SQL_NOTHING, &row), OK);
        while (sql_next(row, &e)) {
            const char *op = sql_get_text(row, 1, a);

            if (strcmp(op, "DeferredSeek") == 0) {
                index = sql_get_int(row, 2);
                table = sql_get_int(row, 4);
            }
            if (strcmp(op, "Column") != 0)
                continue;
            compared += sql_get_int(row, 2) == index && sql_get_int(row, 3) == 2;
            if (sql_get_int(row, 2) == table && table == 0)
                assert_true(compared >= 2);
        }
        assert_int_equal(e, OK);
        assert_int_equal(table, 0);
        assert_true(compared >= 2);
    }
    sql_close(db);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_of_a_log_is_one_walk_along_an_index),
        cmocka_unit_test(public_page_reads_no_row_that_it_does_not_show),
    };

    return cmocka_run_group_tests_name("reads", tests, NULL, NULL);
}
