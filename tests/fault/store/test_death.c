/* Our own allocations do not return when there is no memory: the process ends. So it may end at any
 * of them, and what it acknowledged before must be there. A child works on a file; its nth
 * allocation fails; the parent opens the file and looks. One file goes through all deaths. */
#include "tests/contract/rig.h"
#include "tests/fault/store/options.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LINES 200 /* of one child */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

struct receipt {
    char id[ID_LEN + 1];
    int64_t seq;
};

static struct options options;
static atomic_long left = -1; /* allocations until one fails; below 0 none does */
static int receipts[2];
static size_t deaths, acknowledged, unknown;

/* ---- memory --------------------------------------------------------------------------------- */

static bool fails(void)
{
    return atomic_load(&left) >= 0 && atomic_fetch_sub(&left, 1) == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

/* ---- the child ------------------------------------------------------------------------------ */

static void confirm(struct change *c, enum err e)
{
    struct receipt r = {.seq = c->entries[0].seq};

    memcpy(r.id, c->entries[0].id, sizeof r.id);
    if (e == OK && write(receipts[1], &r, sizeof r) != sizeof r)
        _exit(3);
    change_free(c);
}

static void work(const char *path, long nth)
{
    struct rig r = {.wake_fd = eventfd(0, EFD_CLOEXEC)};

    (void)snprintf(r.path, sizeof r.path, "%s", path);
    atomic_store(&left, nth);
    if (rig_open(&r) != OK)
        _exit(2);
    for (int i = 0; i < LINES; i++) {
        struct change *c = rig_change(&r, rig_id(1));
        struct query *q;

        rig_entries(c, 1);
        rig_key(c, "customer", c->entries[0].id, "body");
        c->done = confirm;
        rig_submit(&r, c);
        q = rig_query(&r, QUERY_ENTRIES, rig_id(1));
        q->limit = 3;
        q->newest = true;
        if (i % 4 == 0)
            (void)!rig_read(&r, q);
        else
            query_free(q);
    }
    rig_close(&r);
    _exit(0);
}

/* True when it died of it. */
static bool live_and_die(const char *path, long nth)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        static const struct rlimit no_core = {0, 0};

        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
        work(path, nth);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return !WIFEXITED(status);
}

/* ---- the parent ----------------------------------------------------------------------------- */

static const struct entry *find(const struct query *log, const char *id, int64_t seq)
{
    for (size_t i = 0; i < log->n_entries; i++)
        if (strcmp(log->entries[i].id, id) == 0 && log->entries[i].seq == seq)
            return &log->entries[i];
    return NULL;
}

/* The last entries of the log: the child's, and one before. */
static void look(struct rig *r, int64_t *last_seq)
{
    struct query *q = rig_query(r, QUERY_ENTRIES, rig_id(1));
    struct receipt one;
    size_t n = 0;

    q->after = *last_seq;
    assert_int_equal(rig_read(r, q), OK);
    assert_true(q->n_entries <= LINES);
    for (size_t i = 0; i < q->n_entries; i++)
        assert_int_equal(q->entries[i].seq, *last_seq + (int64_t)i + 1);
    while (read(receipts[0], &one, sizeof one) == sizeof one) {
        assert_non_null(find(q, one.id, one.seq));
        n++;
    }
    acknowledged += n;
    unknown += q->n_entries - n;
    *last_seq += (int64_t)q->n_entries;
}

static void what_was_acknowledged_outlives_an_end_at_any_allocation(void **state)
{
    struct rig *r = (struct rig *)*state;
    int64_t begun = options_now_ms(), last_seq = 0;
    bool died = true;
    long nth = 0;

    assert_int_equal(pipe2(receipts, O_NONBLOCK | O_CLOEXEC), 0);
    rig_add_chat(r, 1);
    rig_close(r);
    while (died) {
        died = live_and_die(r->path, nth);
        deaths += died;
        nth += options.long_form ? 1 + nth / 200 : 1 + nth / 12;
        assert_int_equal(rig_open(r), OK);
        look(r, &last_seq);
        rig_close(r);
    }
    assert_true(deaths > 10 && acknowledged > 0);
    (void)printf("death: deaths=%zu acknowledged=%zu unknown-and-there=%zu ms=%" PRId64 "\n",
                 deaths, acknowledged, unknown, options_now_ms() - begun);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_was_acknowledged_outlives_an_end_at_any_allocation),
    };

    options = options_read(argc, argv);
    return cmocka_run_group_tests_name("death", tests, rig_in_file, NULL);
}
