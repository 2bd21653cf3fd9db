#include "db/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LEN 1024

/* A leaf of a table with two cells at its end, and old bytes between. */
static void leaf(unsigned char page[LEN], size_t at)
{
    static const unsigned char head[] = {0x0d, 0, 0,   0,        2,        900 >> 8, 900 & 255,
                                         0,    3, 232, 900 >> 8, 900 & 255}; /* cells: 1000, 900 */

    memset(page, 'x', LEN);
    memcpy(page + at, head, sizeof head);
}

static size_t first_of(const unsigned char *page, size_t from, unsigned char byte)
{
    while (from < LEN && page[from] != byte)
        from++;
    return from;
}

static void gap_of_a_leaf_is_cleared_and_its_cells_stay(void **state)
{
    unsigned char page[LEN];

    (void)state;
    leaf(page, 0);
    page_clear_gap(page, LEN, false);
    assert_int_equal(page[11], 900 & 255);
    assert_int_equal(first_of(page, 12, 'x'), 900);
    assert_int_equal(first_of(page, 900, 0), LEN);
}

static void first_page_keeps_the_files_header(void **state)
{
    unsigned char page[LEN];

    (void)state;
    leaf(page, 100);
    page_clear_gap(page, LEN, true);
    assert_int_equal(first_of(page, 0, 0), 101);
    assert_int_equal(first_of(page, 112, 'x'), 900);
}

static void page_of_another_kind_stays_as_it_is(void **state)
{
    unsigned char page[LEN], before[LEN];

    (void)state;
    leaf(page, 0);
    page[0] = 0; /* an overflow page begins with the number of the next */
    memcpy(before, page, LEN);
    page_clear_gap(page, LEN, false);
    assert_memory_equal(page, before, LEN);
}

static void page_that_only_looks_like_one_stays_as_it_is(void **state)
{
    unsigned char page[LEN], before[LEN];

    (void)state;
    leaf(page, 0);
    page[8] = 2; /* a cell before the first one */
    memcpy(before, page, LEN);
    page_clear_gap(page, LEN, false);
    assert_memory_equal(page, before, LEN);
    leaf(page, 0);
    page[5] = 0; /* cells that begin within their own pointers */
    page[6] = 9;
    memcpy(before, page, LEN);
    page_clear_gap(page, LEN, false);
    assert_memory_equal(page, before, LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gap_of_a_leaf_is_cleared_and_its_cells_stay),
        cmocka_unit_test(first_page_keeps_the_files_header),
        cmocka_unit_test(page_of_another_kind_stays_as_it_is),
        cmocka_unit_test(page_that_only_looks_like_one_stays_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
