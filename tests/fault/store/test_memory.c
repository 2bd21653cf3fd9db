/* Each allocation of SQLite fails in turn, once or with all that follow, until a life passes
 * without it. What the store says then is an error or true; when there is memory again it works
 * again. */
#include "tests/fault/store/disk.h"
#include "tests/fault/store/options.h"
#include "tests/fault/store/vfs.h"
#include "tests/fault/store/work.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum when { WORKING, STARTING, READING, WHENS };
static const char *const when_names[WHENS] = {"working", "starting", "reading"};

struct fault {
    enum when when;
    bool lasting;
    size_t nth;
};

static struct options options;
static struct fault now_with;
static size_t lives[WHENS], reads_failed, reads_true;

static void prepare(struct work *w, const struct fault *f)
{
    disk_reset(0);
    vfs_describe(4096, true);
    vfs_seed(options.seed);
    work_begin(w, WORK_PATH, options.seed);
    w->rig.options.checkpoint_bytes = 30000;
    assert_int_equal(rig_open(&w->rig), OK);
    for (int i = 0; i < 3; i++)
        work_round(w);
    work_settle(w);
    if (f->when == STARTING)
        rig_close(&w->rig);
}

static struct query *ask(struct work *w, enum query_kind kind, const char *room)
{
    struct query *q = rig_query(&w->rig, kind, room);

    (void)!rig_read(&w->rig, q);
    return q;
}

/* A text that could not be fetched must not be shown as none. */
static void compare(struct work *w, const char *room, const struct query *chat,
                    const struct query *log)
{
    struct query *q = ask(w, QUERY_ROOM, room), *l = ask(w, QUERY_ENTRIES, room);

    if (q->result == OK && l->result == OK)
        reads_true++;
    else
        reads_failed++;
    if (q->result == OK) {
        assert_string_equal(q->chats->page, chat->chats->page);
        assert_string_equal(q->chats->id, chat->chats->id);
        assert_int_equal(q->n_participants, chat->n_participants);
    }
    if (l->result != OK)
        return;
    assert_int_equal(l->n_entries, log->n_entries);
    for (size_t i = 0; i < l->n_entries; i++) {
        assert_string_equal(l->entries[i].id, log->entries[i].id);
        assert_string_equal(l->entries[i].text, log->entries[i].text);
    }
}

static void suffer(struct work *w, const struct fault *f)
{
    const struct query *chat = NULL, *log = NULL;
    bool open = w->rig.store != NULL;

    if (f->when == READING) {
        chat = ask(w, QUERY_ROOM, w->rooms[0]);
        log = ask(w, QUERY_ENTRIES, w->rooms[0]);
    }
    vfs_fail_memory(f->nth, f->lasting);
    if (f->when == READING)
        compare(w, w->rooms[0], chat, log);
    else if (open || rig_open(&w->rig) == OK)
        work_round(w);
}

static bool run_life(const struct fault *f)
{
    struct work w;
    bool failed;

    now_with = *f;
    prepare(&w, f);
    suffer(&w, f);
    failed = vfs_memory_failed();
    vfs_mend_memory();
    if (w.rig.store == NULL)
        assert_int_equal(rig_open(&w.rig), OK);
    assert_int_equal(rig_write(&w.rig, rig_change(&w.rig, "")), OK);
    work_check(&w);
    disk_cut(f->nth);
    rig_close(&w.rig);
    disk_power_on();
    assert_int_equal(rig_open(&w.rig), OK);
    work_check(&w);
    work_end(&w);
    lives[f->when]++;
    return failed;
}

static void each_allocation_that_fails_is_answered_and_overcome(void **state)
{
    int64_t begun = options_now_ms();

    (void)state;
    for (enum when when = 0; when < WHENS; when++) {
        for (int lasting = 0; lasting < 2; lasting++) {
            struct fault f = {when, lasting != 0, options.only < 0 ? 0 : (size_t)options.only};

            while (run_life(&f) && options.only < 0)
                f.nth += options.long_form ? 1 : 1 + f.nth / 3;
        }
    }
    (void)printf("memory: seed=%" PRIu64, options.seed);
    for (size_t i = 0; i < WHENS; i++)
        (void)printf(" %s=%zu", when_names[i], lives[i]);
    (void)printf(" reads-failed=%zu reads-true=%zu ms=%" PRId64 "\n", reads_failed, reads_true,
                 options_now_ms() - begun);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_that_fails_is_answered_and_overcome),
    };

    options = options_read(argc, argv);
    vfs_install();
    if (crypto_init() != OK)
        return 1;
    if (cmocka_run_group_tests_name("memory", tests, NULL, NULL) == 0)
        return 0;
    (void)fprintf(stderr, "at %s, allocation %zu%s\n", when_names[now_with.when], now_with.nth,
                  now_with.lasting ? " and all that follow" : "");
    return 1;
}
