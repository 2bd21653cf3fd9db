/* Each call to the disk fails in turn, once or from then on, until a life passes without a fault.
 * Every change gets an answer, what was answered stays true, and when the fault is over the store
 * works again by itself. */
#include "tests/fault/store/disk.h"
#include "tests/fault/store/image.h"
#include "tests/fault/store/options.h"
#include "tests/fault/store/vfs.h"
#include "tests/fault/store/work.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum when { WORKING, STARTING, MIGRATING, CLOSING, WHENS };
static const char *const when_names[WHENS] = {"working", "starting", "migrating", "closing"};

struct fault {
    enum when when;
    enum disk_call call;
    enum disk_answer answer;
    bool lasting;
    size_t nth;
};

static struct options options;
static struct fault now_with;
static size_t lives[WHENS], answers[3];

/* Up to where the fault begins. */
static void prepare(struct work *w, const struct fault *f)
{
    disk_reset(0);
    vfs_describe(4096, true); /* as SQLite's own VFS for Unix says of every disk */
    vfs_seed(options.seed);
    work_begin(w, WORK_PATH, options.seed + f->nth % 5);
    w->together = true;
    w->rig.options.checkpoint_bytes = 30000;
    if (f->when == MIGRATING) {
        work_make_old(w, 1);
        return;
    }
    assert_int_equal(rig_open(&w->rig), OK);
    for (int i = 0; i < 3; i++)
        work_round(w);
    work_settle(w);
    if (f->when != STARTING)
        return;
    disk_cut(f->nth); /* so that the start has a log to read */
    rig_close(&w->rig);
    disk_power_on();
}

/* The answers may be errors; what they say is proved later. */
static void live(struct work *w)
{
    for (int i = 0; i < 3; i++) {
        work_round(w);
        for (size_t room = 0; room < w->n_rooms; room++)
            (void)!rig_read(&w->rig, rig_query(&w->rig, QUERY_ENTRIES, w->rooms[room]));
    }
    work_settle(w);
}

static void suffer(struct work *w, const struct fault *f)
{
    disk_fail(f->call, f->nth, f->answer, f->lasting);
    if (f->when == CLOSING) {
        rig_close(&w->rig);
        return;
    }
    if (w->rig.store == NULL && rig_open(&w->rig) != OK)
        assert_true(disk_failed() > 0);
    else
        live(w);
}

/* The first change after the fault must succeed. */
static void recover(struct work *w)
{
    if (w->rig.store == NULL)
        assert_int_equal(rig_open(&w->rig), OK);
    assert_int_equal(rig_write(&w->rig, rig_change(&w->rig, "")), OK);
    for (size_t i = 0; i < w->rig.n_changes; i++) {
        enum err e = w->rig.changes[i]->result;

        answers[e == OK ? 0 : e == ERR_UNKNOWN ? 2 : 1]++;
    }
    work_check(w);
    work_round(w);
    work_settle(w);
}

/* False when the fault did not come to pass. */
static bool run_life(const struct fault *f)
{
    struct work w;
    bool failed;

    now_with = *f;
    prepare(&w, f);
    suffer(&w, f);
    failed = disk_failed() > 0;
    disk_mend();
    recover(&w);
    disk_cut(f->nth * 7);
    rig_close(&w.rig);
    disk_power_on();
    assert_int_equal(rig_open(&w.rig), OK);
    work_check(&w);
    work_end(&w);
    lives[f->when]++;
    return failed;
}

/* The short form leaves out more and more of the later calls, which are the earlier ones again. */
static void fail_in_turn(struct fault f)
{
    size_t nth = 0;

    do {
        f.nth = nth;
        nth += options.long_form ? 1 : 1 + 2 * nth;
    } while (run_life(&f));
}

static bool can_be(enum disk_call call, enum disk_answer answer)
{
    bool changes = call == DISK_WRITE || call == DISK_TRUNCATE || call == DISK_OPEN;

    return answer == DISK_ERROR || changes || (call == DISK_DELETE && answer == DISK_READ_ONLY);
}

/* A disk that is full or read-only is seldom so for one call. */
static bool is_in_form(enum disk_answer answer, bool lasting)
{
    return options.long_form || lasting || answer == DISK_ERROR;
}

static void each_call_that_fails_is_answered_and_overcome(void **state)
{
    static const enum disk_answer kinds[] = {DISK_ERROR, DISK_FULL, DISK_READ_ONLY};
    int64_t begun = options_now_ms();

    (void)state;
    for (enum when when = 0; when < WHENS; when++)
        for (enum disk_call call = 0; call < DISK_CALLS; call++)
            for (size_t i = 0; i < 3; i++)
                for (int lasting = 0; lasting < 2; lasting++)
                    if (can_be(call, kinds[i]) && is_in_form(kinds[i], lasting != 0))
                        fail_in_turn((struct fault){when, call, kinds[i], lasting != 0, 0});
    (void)printf("calls: seed=%" PRIu64, options.seed);
    for (size_t i = 0; i < WHENS; i++)
        (void)printf(" %s=%zu", when_names[i], lives[i]);
    (void)printf(" acknowledged=%zu refused=%zu unknown=%zu ms=%" PRId64 "\n", answers[0],
                 answers[1], answers[2], options_now_ms() - begun);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_that_fails_is_answered_and_overcome),
    };

    options = options_read(argc, argv);
    vfs_install();
    if (crypto_init() != OK)
        return 1;
    if (cmocka_run_group_tests_name("calls", tests, NULL, NULL) == 0)
        return 0;
    (void)fprintf(stderr, "at %s, %s number %zu answers %d%s\n", when_names[now_with.when],
                  disk_call_name(now_with.call), now_with.nth, now_with.answer,
                  now_with.lasting ? " from then on" : "");
    return 1;
}
