/* What only a store in a file owes: its lock, its mode, what survives, migrations, failures. */
#include "tests/contract/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct embedded db_migrations[];

static off_t size_of(const struct rig *r, const char *suffix)
{
    char path[160];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s%s", r->path, suffix);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* ---- owner and file ------------------------------------------------------------------------- */

static void second_owner_is_refused_until_the_first_has_closed(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct store *second = NULL;

    assert_int_equal(store_open(r->path, NULL, NULL, NULL, &second), ERR_LOCKED);
    assert_null(second);
    rig_close(r);
    assert_int_equal(store_open(r->path, NULL, NULL, NULL, &second), OK);
    store_close(second);
}

static void files_are_for_their_owner_only(void **state)
{
    struct rig *r = (struct rig *)*state;
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};

    rig_add_chat(r, 1);
    for (size_t i = 0; i < 4; i++) {
        char path[160];
        struct stat st;

        (void)snprintf(path, sizeof path, "%s%s", r->path, suffixes[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void folder_that_is_not_there_is_an_io_error(void **state)
{
    struct store *s;

    (void)state;
    assert_int_equal(store_open("/nonexistent/parley.db", NULL, NULL, NULL, &s), ERR_IO);
}

/* ---- what survives -------------------------------------------------------------------------- */

static void reopening_keeps_everything(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *before, *after;
    struct change *c;

    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), 5);
    rig_add_agent(r, 1);
    c = rig_change(r, rig_id(1));
    c->xmpp_confirmed = 4;
    rig_session(c, "a@x/1");
    assert_int_equal(rig_write(r, c), OK);
    before = rig_start(r);
    rig_reopen(r);
    after = rig_start(r);
    assert_string_equal(after->epoch, before->epoch);
    assert_string_equal(after->secret, before->secret);
    assert_int_equal(after->xmpp_confirmed, 4);
    assert_int_equal(after->last_gid, 6); /* an agent's coming is one */
    assert_int_equal(after->n_agents, 1);
    assert_int_equal(after->n_sessions, 1);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 5);
    c = rig_add_entries(r, rig_id(1), 1);
    assert_int_equal(c->entries[0].seq, 6);
    assert_int_equal(c->entries[0].gid, 7);
}

static void closing_commits_and_completes_what_was_taken(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_add_chat(r, 1);
    for (int i = 0; i < 300; i++) {
        struct change *c = rig_change(r, rig_id(1));

        rig_entries(c, 1);
        rig_submit(r, c);
    }
    for (int i = 0; i < 10; i++)
        rig_ask(r, rig_query(r, QUERY_START, ""));
    rig_close(r);
    assert_int_equal(r->n_changes, 301);
    assert_int_equal(r->n_queries, 10);
    assert_int_equal(r->changes[300]->result, OK);
    assert_int_equal(rig_open(r), OK);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 300);
}

static struct rig *closing_rig;
static enum err refused;

static void submit_while_closing(struct change *c, enum err e)
{
    struct change *late = rig_change(closing_rig, rig_id(1));

    assert_int_equal(e, OK);
    refused = closing_rig->port.submit(closing_rig->port.self, late);
    change_free(late);
    change_free(c);
}

static void change_that_comes_while_closing_is_busy(void **state)
{
    struct rig *r = (struct rig *)*state;

    closing_rig = r;
    refused = OK;
    assert_int_equal(r->port.submit(r->port.self, change_new(submit_while_closing, NULL)), OK);
    rig_close(r);
    assert_int_equal(refused, ERR_BUSY);
}

/* A child stores entries, says so, and dies without closing. */
static void write_and_die(struct rig *r, int tell)
{
    enum err e = rig_open(r);

    for (int i = 0; e == OK && i < 50; i++)
        rig_add_entries(r, rig_id(1), 1);
    (void)!write(tell, "", 1);
    (void)kill(getpid(), SIGKILL);
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    struct rig *r = (struct rig *)*state;
    int tell[2], status;
    char byte;
    pid_t child;

    rig_add_chat(r, 1);
    rig_close(r);
    assert_int_equal(pipe(tell), 0);
    child = fork();
    if (child == 0)
        write_and_die(r, tell[1]);
    assert_int_equal(read(tell[0], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(tell[0]);
    close(tell[1]);
    assert_int_equal(rig_open(r), OK);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 50);
}

/* ---- migrations ----------------------------------------------------------------------------- */

static const char second_text[] = "ALTER TABLE chat ADD COLUMN priority INTEGER;";
static const char broken_text[] = "ALTER TABLE chat ADD COLUMN priority INTEGER; SELECT nonsense;";

#define MIGRATIONS_MAX 100

/* Ours, and one more. */
static void with_next(struct embedded files[MIGRATIONS_MAX], const char *text)
{
    size_t n = 0;

    for (; db_migrations[n].name != NULL; n++)
        files[n] = db_migrations[n];
    files[n] = (struct embedded){"900_next.sql", (const unsigned char *)text, strlen(text), ""};
    files[n + 1] = (struct embedded){0};
}

static int our_version(void)
{
    size_t n = 0;

    while (db_migrations[n + 1].name != NULL)
        n++;
    return (int)strtol(db_migrations[n].name, NULL, 10);
}

static void database_of_a_newer_program_is_refused(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct embedded files[MIGRATIONS_MAX];

    with_next(files, second_text);
    rig_close(r);
    r->options.migrations = files;
    assert_int_equal(rig_open(r), OK);
    rig_close(r);
    r->options.migrations = NULL;
    assert_int_equal(rig_open(r), ERR_NEWER);
    r->options.migrations = files;
    assert_int_equal(rig_open(r), OK);
}

static void older_database_is_copied_then_migrated(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct embedded files[MIGRATIONS_MAX];
    struct query *before, *copy;
    char copied[24];

    r->options.migrations = NULL;
    rig_reopen(r);
    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), 3);
    before = rig_start(r);
    rig_close(r);
    with_next(files, second_text);
    r->options.migrations = files;
    assert_int_equal(rig_open(r), OK);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 3);
    assert_string_equal(rig_start(r)->epoch, before->epoch);
    (void)snprintf(copied, sizeof copied, ".before-%d", our_version());
    assert_true(size_of(r, copied) > 0);
    rig_close(r);

    /* the copy is a database of its own: same logs, another epoch */
    r->options.migrations = NULL;
    (void)snprintf(r->path, sizeof r->path, "%s/parley.db%s", r->folder, copied);
    assert_int_equal(rig_open(r), OK);
    copy = rig_start(r);
    assert_string_not_equal(copy->epoch, before->epoch);
    assert_string_equal(copy->secret, before->secret);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 3);
}

static void migration_that_fails_changes_nothing(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct embedded files[MIGRATIONS_MAX];

    r->options.migrations = NULL;
    rig_reopen(r);
    rig_add_chat(r, 1);
    rig_close(r);
    with_next(files, broken_text);
    r->options.migrations = files;
    assert_int_equal(rig_open(r), ERR_IO);
    r->options.migrations = NULL;
    assert_int_equal(rig_open(r), OK);
    rig_room(r, rig_id(1));
    rig_close(r);
    with_next(files, second_text);
    r->options.migrations = files;
    assert_int_equal(rig_open(r), OK);
}

static void overwrite(const struct rig *r, off_t at, const char *bytes, size_t len)
{
    int fd = open(r->path, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), len);
    close(fd);
}

static void database_of_another_program_is_refused(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_close(r);
    overwrite(r, 68, "abcd", 4); /* application id; https://www.sqlite.org/fileformat2.html */
    assert_int_equal(rig_open(r), ERR_INVALID);
    overwrite(r, 0, "not a database at all", 21);
    assert_int_equal(rig_open(r), ERR_IO);
}

/* ---- failures and load ---------------------------------------------------------------------- */

static void failed_commit_is_unknown_and_the_next_works(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct rlimit old, small;
    struct change *c, *neighbour;

    rig_add_chat(r, 1);
    rig_add_chat(r, 2);
    neighbour = rig_change(r, rig_id(2));
    rig_entries(neighbour, 1);
    c = rig_change(r, rig_id(1));
    rig_entries(c, 200);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = (rlim_t)size_of(r, "-wal") + 5000; /* the log can hold one page more */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rig_submit(r, neighbour);
    rig_submit(r, c);
    rig_wait(r, 4, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(c->result, ERR_UNKNOWN);

    rig_add_entries(r, rig_id(1), 2);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 2);
    assert_true(rig_log(r, rig_id(2))->n_entries == (neighbour->result == OK));
}

static void log_ahead_stays_small_under_load(void **state)
{
    struct rig *r = (struct rig *)*state;

    r->options.checkpoint_bytes = 100000;
    rig_reopen(r);
    rig_add_chat(r, 1);
    for (int i = 0; i < 100; i++) {
        rig_add_entries(r, rig_id(1), 200);
        rig_log(r, rig_id(1));
    }
    assert_true(size_of(r, "-wal") < 2000000);
    assert_true(size_of(r, "") > 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(second_owner_is_refused_until_the_first_has_closed),
        RIG_TEST(files_are_for_their_owner_only),
        RIG_TEST(folder_that_is_not_there_is_an_io_error),
        RIG_TEST(reopening_keeps_everything),
        RIG_TEST(closing_commits_and_completes_what_was_taken),
        RIG_TEST(change_that_comes_while_closing_is_busy),
        RIG_TEST(what_was_acknowledged_survives_a_kill),
        RIG_TEST(database_of_a_newer_program_is_refused),
        RIG_TEST(older_database_is_copied_then_migrated),
        RIG_TEST(migration_that_fails_changes_nothing),
        RIG_TEST(database_of_another_program_is_refused),
        RIG_TEST(failed_commit_is_unknown_and_the_next_works),
        RIG_TEST(log_ahead_stays_small_under_load),
    };

    return cmocka_run_group_tests_name("store in a file", tests, rig_in_file, NULL);
}
