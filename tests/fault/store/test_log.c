/* The log in few writes: what a commit appends to it goes to the disk together. */
#include "tests/fault/store/disk.h"
#include "tests/fault/store/vfs.h"
#include "tests/fault/store/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CHATS 10

static size_t log_writes(size_t from)
{
    size_t n, found = 0;
    const struct disk_step *s = disk_steps(&n);

    for (size_t i = from; i < n; i++)
        found += s[i].part == DISK_LOG && s[i].call == DISK_WRITE;
    return found;
}

static void begin(struct work *w, bool powersafe)
{
    disk_reset(powersafe ? 0 : 4096);
    vfs_describe(4096, powersafe);
    vfs_seed(1);
    work_begin(w, WORK_PATH, 1);
    assert_int_equal(rig_open(&w->rig), OK);
    for (int i = 0; i < CHATS; i++)
        rig_add_chat(&w->rig, i);
}

/* How many writes of the log a commit of one message in each chat takes. */
static size_t one_commit(struct rig *r)
{
    size_t before;

    disk_hold();
    rig_submit(r, rig_change(r, "")); /* a commit of its own, while the others arrive */
    disk_wait_held();
    for (int i = 0; i < CHATS; i++) {
        struct change *c = rig_change(r, rig_id(i));

        rig_entries(c, 1);
        rig_submit(r, c);
    }
    (void)disk_steps(&before);
    disk_release();
    rig_wait(r, r->n_submitted, 0);
    return log_writes(before);
}

static void commit_appends_to_the_log_at_once(void **state)
{
    struct work w;

    (void)state;
    begin(&w, true);
    (void)one_commit(&w.rig); /* the tables' pages split */
    assert_in_range(one_commit(&w.rig), 1, 3);
    work_end(&w);
}

/* Such a disk is told piece by piece what must be there before what. */
static void disk_that_may_spoil_neighbours_gets_each_piece(void **state)
{
    struct work w;

    (void)state;
    begin(&w, false);
    (void)one_commit(&w.rig);
    assert_true(one_commit(&w.rig) > 6);
    work_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_appends_to_the_log_at_once),
        cmocka_unit_test(disk_that_may_spoil_neighbours_gets_each_piece),
    };

    vfs_install();
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
