/* From every earlier schema to this one, also when it is killed on the way; and never back. */
#include "tests/contract/rig.h"

#include "core/base/buf.h"
#include "db/sql.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct embedded db_migrations[];

#define FILES_MAX 100
#define CHATS 3
#define ENTRIES 4   /* in each chat */
#define SEARCHED 15 /* the migration that makes words of what is there */

/* ---- databases as earlier versions left them ------------------------------------------------ */

/* What people had in the database, in the words of each schema: row n belongs to migration n + 1. A
 * new migration that adds a table gets its row. */
static const char *const data_of[] = {
    "INSERT INTO agent (id, jid, name, skeleton, organization, role, createdAt)"
    "  VALUES ('agentagentagentagentagenta', 'ann@example.org', 'Ann', 'ann', 'default', 'agent', "
    "1);"
    "WITH n (i) AS (VALUES (0), (1), (2)) INSERT INTO room (id, kind, lastSeq, lastPos, lastGid,"
    "  lastAt) SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaa' || char(97 + i), 'chat', 4, 4, 4 * i + 4, 100 "
    "FROM n;"
    "INSERT INTO chat (num, organization, name, state, escalationRequested, createdAt,"
    "  assistantPending, version) SELECT num, 'default', 'Mia', 'waiting', 1, 1, 0, 1 FROM room"
    "  WHERE kind = 'chat';"
    "WITH s (i) AS (VALUES (1), (2), (3), (4)) INSERT INTO message (room, seq, pos, id, createdAt,"
    "  kind, role, userId, senderName, content) SELECT num, i, i, substr(id, 1, 25) || i, i * 10,"
    "  'message', 'USER', id, 'Mia', 'text ' || i FROM room, s WHERE kind = 'chat' ORDER BY num, i;"
    "INSERT INTO participant (room, agentId, speaker) SELECT num, 'agentagentagentagentagenta', 1"
    "  FROM room WHERE kind = 'chat';"
    "INSERT INTO token (hash, chat, createdAt) SELECT randomblob(32), num, 1 FROM room"
    "  WHERE kind = 'chat';"
    "INSERT INTO meta VALUES ('epoch', 'abcdefgh'), ('secret', '0123');",
    "INSERT INTO affiliation (room, jid, affiliation) SELECT num, 'ann@example.org', 'owner'"
    "  FROM room WHERE kind = 'lobby';",
    "INSERT INTO reader (room, userId, seq) SELECT num, 'agentagentagentagentagenta', 2 FROM room"
    "  WHERE kind = 'chat';",
    "UPDATE agent SET maxChats = 7;",
    "INSERT INTO access (room, agentId, standing) SELECT num, 'agentagentagentagentagenta', "
    "'member'"
    "  FROM room WHERE kind = 'chat';",
};

static size_t count_files(void)
{
    size_t n = 0;

    while (db_migrations[n].name != NULL)
        n++;
    return n;
}

/* That the first n of them lead to: numbers may be left out. */
static long version_of(size_t n)
{
    return strtol(db_migrations[n - 1].name, NULL, 10);
}

/* The first n migrations, each with its data behind it. */
static void files_with_data(struct arena *a, size_t n, struct embedded out[FILES_MAX])
{
    for (size_t i = 0; i < n; i++) {
        const char *more = i < sizeof data_of / sizeof data_of[0] ? data_of[i] : "";
        const char *text = arena_printf(a, "%s\n%s", (const char *)db_migrations[i].data, more);

        out[i] = db_migrations[i];
        out[i].data = (const unsigned char *)text;
        out[i].len = strlen(text);
    }
    out[n] = (struct embedded){0};
}

/* The rig's database is one that the program of n migrations has closed. */
static void make_old(struct rig *r, size_t n)
{
    struct embedded files[FILES_MAX];
    struct arena *a = arena_new();
    struct sql *db = NULL;

    rig_close(r);
    (void)unlink(r->path);
    files_with_data(a, n, files);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(sql_open(r->path, SQL_WRITE, &db), OK);
        assert_int_equal(sql_script(db, (const char *)files[i].data), OK);
        sql_close(db);
    }
    assert_int_equal(sql_open(r->path, SQL_WRITE, &db), OK);
    assert_int_equal(
        sql_script(db, arena_printf(a, "PRAGMA application_id = %d; PRAGMA user_version = %ld;",
                                    0x50726c79, version_of(n))),
        OK);
    sql_close(db);
    arena_free(a);
}

static int64_t number(struct sql *db, const char *text)
{
    struct sql_row *row;
    int64_t n;

    assert_int_equal(sql_one(db, text, SQL_NOTHING, &row), OK);
    n = sql_get_int(row, 0);
    sql_end(row);
    return n;
}

static void check_integrity(const char *path)
{
    struct sql *db = NULL;
    struct sql_row *row;
    struct arena *a = arena_new();

    assert_int_equal(sql_open(path, SQL_WRITE, &db), OK);
    assert_int_equal(sql_one(db, "PRAGMA integrity_check", SQL_NOTHING, &row), OK);
    assert_string_equal(sql_get_text(row, 0, a), "ok");
    sql_end(row);
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    rig_check_counts(db);
    sql_close(db);
    arena_free(a);
}

/* Everything of the schema that n migrations made is there, and works. */
static void check_whole(struct rig *r, size_t n)
{
    struct query *start;
    struct sql *db = NULL;

    assert_int_equal(rig_open(r), OK);
    start = rig_start(r);
    assert_string_equal(start->epoch, "abcdefgh");
    assert_int_equal(start->n_agents, 1);
    assert_int_equal(start->n_chats, CHATS);
    assert_int_equal(start->agents[0].max_chats, n >= 4 ? 7 : 0);
    for (int i = 0; i < CHATS; i++) {
        struct query *log = rig_log(r, rig_id(i)), *room = rig_room(r, rig_id(i));

        assert_int_equal(log->n_entries, ENTRIES);
        assert_string_equal(log->entries[ENTRIES - 1].text, "text 4");
        assert_string_equal(room->chats[0].name, "Mia");
        assert_int_equal(room->n_participants, 1);
        assert_int_equal(room->n_access, n >= 5 ? 1 : 0);
        rig_add_entries(r, rig_id(i), 1);
    }
    rig_close(r);
    check_integrity(r->path);
    assert_int_equal(sql_open(r->path, SQL_WRITE, &db), OK);
    assert_int_equal(number(db, "SELECT count(*) FROM token"), CHATS);
    assert_int_equal(number(db, "SELECT count(*) FROM reader"), n >= 3 ? CHATS : 0);
    assert_int_equal(number(db, "SELECT count(*) FROM affiliation"), n >= 2 ? 1 : 0);
    if (version_of(n) < SEARCHED)
        assert_int_equal(number(db, "SELECT count(*) FROM word WHERE word = 'mla'"), CHATS);
    sql_close(db);
}

static void remove_all_but_the_lock(const struct rig *r)
{
    DIR *dir = opendir(r->folder);
    const struct dirent *item;
    char path[512];

    assert_non_null(dir);
    while ((item = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", r->folder, item->d_name);
        if (item->d_name[0] != '.' && strstr(item->d_name, ".lock") == NULL)
            (void)unlink(path);
    }
    closedir(dir);
}

/* ---- forward -------------------------------------------------------------------------------- */

static void every_earlier_schema_is_brought_forward_whole(void **state)
{
    struct rig *r = (struct rig *)*state;

    for (size_t n = 1; n < count_files(); n++) {
        char copy[160];

        make_old(r, n);
        check_whole(r, n);
        (void)snprintf(copy, sizeof copy, "%s.before-%ld", r->path, version_of(n));
        check_integrity(copy);
        remove_all_but_the_lock(r);
    }
    assert_int_equal(rig_open(r), OK);
}

/* ---- killed on the way ---------------------------------------------------------------------- */

static void open_and_end(struct rig *r)
{
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    (void)raise(SIGSTOP);
    if (rig_open(r) == OK)
        rig_close(r);
    _exit(0);
}

/* System calls that change files: only between these can a kill make a difference. */
static bool changes_files(const struct __ptrace_syscall_info *info)
{
    static const long calls[] = {SYS_write,     SYS_pwrite64, SYS_ftruncate, SYS_fsync,
                                 SYS_fdatasync, SYS_unlink,   SYS_rename,    SYS_openat};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (info->op == PTRACE_SYSCALL_INFO_ENTRY && info->entry.nr == (uint64_t)calls[i])
            return true;
    return false;
}

/* A child opens the database, and is killed before its nth such call. False: it came to its end. */
static bool killed_at(struct rig *r, int nth)
{
    pid_t child = fork();
    int status, at = 0;

    if (child == 0)
        open_and_end(r);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
    for (;;) {
        struct __ptrace_syscall_info info = {0};

        assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status))
            return false;
        assert_true(WIFSTOPPED(status));
        (void)ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
        if (changes_files(&info) && ++at == nth)
            break;
    }
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    return true;
}

/* Threads would need tracing of their own; by then all is migrated. */
static void migration_that_is_killed_anywhere_goes_through_the_next_time(void **state)
{
    struct rig *r = (struct rig *)*state;
    bool everywhere = getenv("PARLEY_TEST_LONG") != NULL;
    size_t kills = 0;

    for (size_t n = 1; n < count_files(); n++) {
        int step = everywhere ? 1 : n + 1 == count_files() ? 5 : 31;
        bool killed = true;

        for (int nth = 1 + (int)n % step; killed; nth += step) {
            make_old(r, n);
            killed = killed_at(r, nth);
            kills += killed;
            check_whole(r, n);
            remove_all_but_the_lock(r);
        }
    }
    print_message("%zu kills\n", kills);
    assert_true(kills > count_files() * 2);
    assert_int_equal(rig_open(r), OK);
}

/* ---- never back ----------------------------------------------------------------------------- */

static void read_all(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    assert_true(fd >= 0);
    do {
        buf_reserve(out, 65536);
        n = read(fd, out->data + out->len, 65536);
        assert_true(n >= 0);
        out->len += (size_t)n;
    } while (n > 0);
    close(fd);
}

static void older_program_refuses_a_newer_file_and_leaves_it_as_it_is(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct embedded files[FILES_MAX] = {{0}};
    struct buf before = {0}, after = {0};

    rig_add_chat(r, 1);
    rig_close(r);
    read_all(r->path, &before);
    for (size_t n = 1; n < count_files(); n++) {
        memcpy(files, db_migrations, n * sizeof files[0]);
        files[n] = (struct embedded){0};
        r->options.migrations = files;
        assert_int_equal(rig_open(r), ERR_NEWER);
    }
    read_all(r->path, &after);
    assert_int_equal(after.len, before.len);
    assert_memory_equal(after.data, before.data, before.len);
    buf_free(&before);
    buf_free(&after);
    r->options.migrations = NULL;
    assert_int_equal(rig_open(r), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(every_earlier_schema_is_brought_forward_whole),
        RIG_TEST(migration_that_is_killed_anywhere_goes_through_the_next_time),
        RIG_TEST(older_program_refuses_a_newer_file_and_leaves_it_as_it_is),
    };

    /* A killed process loses nothing that it has handed to the kernel: no disk is needed. */
    if (access("/dev/shm", W_OK) == 0)
        rig_root = "/dev/shm";
    return cmocka_run_group_tests_name("migrations", tests, rig_in_file, NULL);
}
