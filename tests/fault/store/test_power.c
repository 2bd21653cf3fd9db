/* The power goes while the store works, at a place and with losses by chance from a seed; then it
 * starts on what the disk kept. One point is one such life: work, a cut, sometimes a second cut
 * while it starts, proof, more work, a last cut, proof. */
#include "tests/fault/store/disk.h"
#include "tests/fault/store/image.h"
#include "tests/fault/store/options.h"
#include "tests/fault/store/vfs.h"
#include "tests/fault/store/work.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHORT_POINTS 60
#define LONG_POINTS 500
#define OLD_MESSAGES 20

extern const struct embedded db_migrations[];

enum kind { WRITE, CHECKPOINT, MIGRATION, ERASE, BIRTH, CLOSING, KINDS };
static const char *const kind_names[KINDS] = {"write", "checkpoint", "migration",
                                              "erase", "birth",      "closing"};

/* What the disk is, which decides what SQLite does to protect the neighbours of what it writes. */
static const struct {
    int sector;
    bool powersafe;
} disks[] = {{4096, true}, {512, false}, {4096, false}};

struct point {
    enum kind kind;
    size_t disk;
    size_t version; /* MIGRATION: of the file before */
    uint64_t seed;
};

/* Steps of the disk at which the phases of a life began. */
struct life {
    size_t opened, closing, ended;
};

static struct options options;
static size_t now_at; /* the point that runs */
static struct {
    size_t points[KINDS], cuts_in_start, answers[3], kept_unknown;
    uint64_t digest;
} sum;

static size_t n_migrations(void)
{
    size_t n = 0;

    while (db_migrations[n].name != NULL)
        n++;
    return n;
}

static void prepare(struct work *w, const struct point *p)
{
    disk_reset(disks[p->disk].powersafe ? 0 : (size_t)disks[p->disk].sector);
    vfs_describe(disks[p->disk].sector, disks[p->disk].powersafe);
    vfs_seed(p->seed);
    work_begin(w, WORK_PATH, p->seed);
    w->together = true;
    w->erasing = p->kind == ERASE;
    if (p->kind == CHECKPOINT || p->kind == ERASE || p->kind == CLOSING)
        w->rig.options.checkpoint_bytes = 30000;
    if (p->kind == MIGRATION) {
        work_make_old(w, p->version);
        disk_power_on(); /* nothing was pending: its steps count from here */
    }
}

static size_t steps(void)
{
    size_t n;

    (void)disk_steps(&n);
    return n;
}

/* Work until the end or until the power goes. */
static void live(struct work *w, const struct point *p, struct life *out)
{
    size_t rounds = p->kind == MIGRATION || p->kind == BIRTH ? 1 : 10;
    enum err e = rig_open(&w->rig);

    if (e != OK)
        assert_true(disk_is_dead());
    out->opened = steps();
    if (e == OK && !disk_is_dead()) {
        struct query *q = rig_query(&w->rig, QUERY_START, "");

        if (rig_read(&w->rig, q) == OK && !disk_is_dead())
            (void)snprintf(w->epoch, sizeof w->epoch, "%s", q->epoch);
        for (size_t i = 0; i < rounds && !disk_is_dead(); i++) {
            work_round(w);
            work_settle(w);
        }
    }
    out->closing = steps();
    rig_close(&w->rig);
    out->ended = steps();
}

static bool is_candidate(const struct point *p, const struct life *l, struct disk_step s, size_t i)
{
    switch (p->kind) {
    case WRITE:
        return i >= l->opened && i < l->closing;
    case CHECKPOINT:
        return i >= l->opened && i < l->closing && s.part == DISK_DATABASE;
    case ERASE:
        return i >= l->opened && i < l->closing;
    case MIGRATION:
    case BIRTH:
        return i < l->opened;
    case CLOSING:
        return i >= l->closing;
    case KINDS:
        break;
    }
    return false;
}

/* The life once without a cut, to know where there can be one. */
static size_t choose_step(const struct point *p, uint64_t *chance)
{
    struct work w;
    struct life l;
    size_t n, chosen = 0, seen = 0;
    const struct disk_step *s;

    prepare(&w, p);
    live(&w, p, &l);
    s = disk_steps(&n);
    for (size_t i = 0; i < n; i++)
        if (is_candidate(p, &l, s[i], i) && chance_below(chance, ++seen) == 0)
            chosen = i;
    assert_true(seen > 0);
    work_end(&w);
    return chosen;
}

/* Start on what is left; the power may go again meanwhile. */
static void start_again(struct work *w, uint64_t *chance)
{
    disk_power_on();
    if (chance_below(chance, 3) == 0) {
        disk_cut_at(chance_below(chance, 30), chance_next(chance));
        if (rig_open(&w->rig) == OK)
            rig_close(&w->rig);
        sum.cuts_in_start += disk_is_dead();
        disk_cut(chance_next(chance));
        disk_power_on();
    }
    assert_int_equal(rig_open(&w->rig), OK);
}

static void prove(struct work *w, const struct point *p)
{
    char copy[64];

    work_check(w);
    if (p->kind != MIGRATION)
        return;
    (void)snprintf(copy, sizeof copy, "%s.before-%zu", WORK_PATH, p->version);
    work_check_file(copy, (int64_t)p->version, OLD_MESSAGES);
}

static void count_answers(const struct work *w)
{
    for (size_t i = 0; i < w->rig.n_changes; i++) {
        enum err e = w->rig.changes[i]->result;

        sum.answers[e == OK ? 0 : e == ERR_UNKNOWN ? 2 : 1]++;
    }
}

static void run_point(size_t n)
{
    uint64_t chance = options.seed * 1000003 + n;
    struct point p = {.kind = (enum kind)(n % KINDS), .disk = n / KINDS % 3};
    struct work w;
    struct life l;
    size_t step;

    p.version = 1 + chance_below(&chance, n_migrations() - 1);
    p.seed = chance_next(&chance);
    step = choose_step(&p, &chance);
    prepare(&w, &p);
    disk_cut_at(step, chance_next(&chance));
    live(&w, &p, &l);
    assert_true(disk_is_dead());
    assert_int_equal(l.ended, step + 1);
    count_answers(&w);
    start_again(&w, &chance);
    prove(&w, &p);
    for (int i = 0; i < 3; i++)
        work_round(&w);
    work_settle(&w);
    disk_cut(chance_next(&chance)); /* all that was answered must be durable */
    rig_close(&w.rig);
    start_again(&w, &chance);
    prove(&w, &p);
    sum.points[p.kind]++;
    sum.digest = chance_next(&sum.digest) ^ w.digest ^ step;
    work_end(&w);
}

static void nothing_acknowledged_is_lost_when_the_power_goes(void **state)
{
    size_t n = options.long_form ? LONG_POINTS : SHORT_POINTS;
    int64_t begun = options_now_ms();

    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (options.only >= 0 && (size_t)options.only != i)
            continue;
        now_at = i;
        run_point(i);
    }
    (void)printf("power: seed=%" PRIu64, options.seed);
    for (size_t k = 0; k < KINDS; k++)
        (void)printf(" %s=%zu", kind_names[k], sum.points[k]);
    (void)printf(" second-cuts=%zu acknowledged=%zu refused=%zu unknown=%zu"
                 " digest=%016" PRIx64 " ms=%" PRId64 "\n",
                 sum.cuts_in_start, sum.answers[0], sum.answers[1], sum.answers[2], sum.digest,
                 options_now_ms() - begun);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost_when_the_power_goes),
    };

    options = options_read(argc, argv);
    vfs_install();
    if (crypto_init() != OK)
        return 1;
    if (cmocka_run_group_tests_name("power", tests, NULL, NULL) == 0)
        return 0;
    (void)fprintf(stderr, "again: --seed %" PRIu64 " --only %zu --log\n", options.seed, now_at);
    return 1;
}
