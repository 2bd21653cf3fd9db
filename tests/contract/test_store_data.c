/* What the store owes to whoever is responsible for the data: nothing is left of what was erased,
 * copies are whole and can be put in place. */
#include "tests/contract/rig.h"

#include "core/base/buf.h"
#include "db/restore.h"
#include "db/sql.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY 80 /* chats: enough that SQLite moves rows about */
#define FEW 8

/* ---- files ---------------------------------------------------------------------------------- */

static void read_file(const char *path, struct buf *out)
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

/* Does any file of the folder hold this? */
static bool is_left(const struct rig *r, const char *text)
{
    DIR *dir = opendir(r->folder);
    const struct dirent *item;
    bool found = false;

    assert_non_null(dir);
    while ((item = readdir(dir)) != NULL) {
        struct buf all = {0};
        char path[512];

        if (item->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", r->folder, item->d_name);
        read_file(path, &all);
        if (all.len > 0 && memmem(all.data, all.len, text, strlen(text)) != NULL)
            found = true;
        buf_free(&all);
    }
    closedir(dir);
    return found;
}

/* ---- erasing -------------------------------------------------------------------------------- */

static const char *canary(struct arena *a, int n, const char *what)
{
    return arena_printf(a, "canary-%03d-%s", n, what);
}

/* One that is stored as it is when chats are searched by it: no letter of it looks like another. */
static const char *word(struct arena *a, int n)
{
    return arena_printf(a, "canary%c%cword", "abcdefghkm"[n / 10], "abcdefghkm"[n % 10]);
}

/* A new row without personal details; they come with later changes, so that rows grow and SQLite
 * moves them from page to page. */
static void add_person(struct rig *r, int n, int round)
{
    struct query *q = rig_room(r, rig_id(n));
    struct change *c = rig_change(r, rig_id(n));
    const char *long_text = arena_printf(c->arena, "%0*d", 40 + 300 * (round % 4), n);

    c->chat = chat_dup(c->arena, &q->chats[0]);
    c->chat->name = arena_printf(c->arena, "%s %s", canary(c->arena, n, "name"), word(c->arena, n));
    c->chat->email = canary(c->arena, n, "mail");
    c->chat->external_id = canary(c->arena, n, "external");
    c->chat->page = arena_printf(c->arena, "%s/%s", canary(c->arena, n, "page"), long_text);
    c->chat->escalation_reason =
        arena_printf(c->arena, "%s %s", canary(c->arena, n, "reason"), long_text);
    c->chat->rating = 1 + n % 5;
    c->chat->rating_comment = canary(c->arena, n, "comment");
    rig_entries(c, 2);
    c->entries[0].sender_name = canary(c->arena, n, "sender");
    c->entries[0].text = arena_printf(c->arena, "%s%s", canary(c->arena, n, "text"), long_text);
    c->entries[0].client_id = canary(c->arena, n, "client");
    c->entries[0].stanza_id = canary(c->arena, n, "stanza");
    c->entries[0].payload = canary(c->arena, n, "payload");
    c->entries[1].kind = ENTRY_NOTE;
    c->entries[1].audience = AUDIENCE_STAFF;
    c->entries[1].text = canary(c->arena, n, "note");
    c->entries[1].data = arena_printf(c->arena, "{\"reason\":\"%s\"}", canary(c->arena, n, "data"));
    rig_submit(r, c);
}

static void correct_first(struct rig *r, int n)
{
    struct query *log = rig_log(r, rig_id(n));
    struct change *c = rig_change(r, rig_id(n));
    struct amend *amend = arena_new_of(c->arena, struct amend);

    amend->id = log->entries[0].id;
    amend->shown = arena_printf(c->arena, "%s %0900d", canary(c->arena, n, "shown"), n);
    c->amend = amend;
    assert_int_equal(rig_write(r, c), OK);
}

static void fill(struct rig *r, int chats)
{
    struct change *c;

    for (int n = 0; n < chats; n++)
        rig_add_chat(r, n);
    for (int round = 0; round < 4; round++) {
        for (int n = 0; n < chats; n++)
            add_person(r, (n * 37) % chats, round + n);
        rig_wait(r, r->n_submitted, r->n_asked);
    }
    for (int n = 0; n < chats; n++)
        correct_first(r, n);
    c = rig_change(r, rig_id(0));
    c->reader = &(struct reader){"agent", 1};
    assert_int_equal(rig_write(r, c), OK);
}

static void erase(struct rig *r, int n)
{
    struct change *c = rig_change(r, rig_id(n));

    c->erase = true;
    assert_int_equal(rig_write(r, c), OK);
    assert_false(c->traces);
}

static void check_erased(const struct rig *r, const char *when)
{
    struct arena *a = arena_new();

    for (int n = 0; n < MANY; n += 2) {
        char text[32];

        (void)snprintf(text, sizeof text, "canary-%03d-", n);
        if (is_left(r, text) || is_left(r, word(a, n)))
            fail_msg("%s is there %s", text, when);
    }
    arena_free(a);
}

static void nothing_of_an_erased_chat_is_left_in_any_file(void **state)
{
    struct rig *r = (struct rig *)*state;

    r->options.checkpoint_bytes = 200000;
    rig_reopen(r);
    fill(r, MANY);
    assert_true(is_left(r, "canary-000-text"));
    assert_true(is_left(r, "canaryaaword"));
    for (int n = 0; n < MANY; n += 2) {
        char text[32];

        erase(r, n);
        (void)snprintf(text, sizeof text, "canary-%03d-", n);
        if (is_left(r, text))
            fail_msg("%s is left", text);
    }
    for (int n = 1; n < MANY; n += 2) /* pages that are held in memory go to the files again */
        add_person(r, n, n);
    rig_wait(r, r->n_submitted, r->n_asked);
    check_erased(r, "again");
    assert_true(is_left(r, "canary-001-text"));
    rig_reopen(r);
    check_erased(r, "after the restart");
}

static void erased_entries_stay_as_stubs_in_their_places(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *before, *after;

    fill(r, FEW);
    before = rig_log(r, rig_id(4));
    erase(r, 4);
    after = rig_log(r, rig_id(4));
    assert_int_equal(after->n_entries, before->n_entries);
    for (size_t i = 0; i < after->n_entries; i++) {
        const struct entry *was = &before->entries[i], *is = &after->entries[i];

        assert_string_equal(is->id, was->id);
        assert_int_equal(is->seq, was->seq);
        assert_int_equal(is->pos, was->pos);
        assert_int_equal(is->gid, was->gid);
        assert_int_equal(is->kind, was->kind);
        assert_int_equal(is->role, was->role);
        assert_int_equal(is->created_ms, was->created_ms);
        assert_true(is->deleted_ms > 0);
        assert_string_equal(is->text, "");
        assert_string_equal(is->shown, "");
        assert_string_equal(is->sender_name, "");
    }
    assert_true(rig_room(r, rig_id(4))->chats[0].erased_ms > 0);
    assert_string_equal(rig_room(r, rig_id(4))->chats[0].name, "");
    assert_string_equal(rig_log(r, rig_id(5))->entries[0].sender_name, "canary-005-sender");
}

static void what_the_lobby_heard_of_a_chat_is_erased_with_it(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "lobby");

    rig_add_chat(r, 1);
    rig_entries(c, 2);
    (void)snprintf(c->entries[0].ref, sizeof c->entries[0].ref, "%s", rig_id(1));
    c->entries[0].audience = c->entries[1].audience = AUDIENCE_STAFF;
    assert_int_equal(rig_write(r, c), OK);
    erase(r, 1);
    assert_string_equal(rig_log(r, "lobby")->entries[0].text, "");
    assert_string_equal(rig_log(r, "lobby")->entries[1].text, "text 2");
}

/* Another program, which sees what is there now for as long as it is open. */
static struct sql *begin_reading(const struct rig *r)
{
    struct sql *other = NULL;
    struct sql_row *row;

    assert_int_equal(sql_open(r->path, SQL_READ, &other), OK);
    assert_int_equal(sql_run(other, "BEGIN", SQL_NOTHING), OK);
    assert_int_equal(sql_one(other, "SELECT count(*) FROM message", SQL_NOTHING, &row), OK);
    sql_end(row);
    return other;
}

static void reader_that_stays_leaves_traces_that_go_with_it(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct sql *other;
    struct change *c;

    fill(r, FEW);
    other = begin_reading(r);
    c = rig_change(r, rig_id(2));
    c->erase = true;
    assert_int_equal(rig_write(r, c), OK);
    assert_true(c->traces);
    sql_close(other);
    rig_add_entries(r, rig_id(3), 1);
    assert_false(is_left(r, "canary-002-"));
}

/* Which takes 5 seconds each time when it is waited for. */
static void reader_that_stays_is_waited_for_once(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct sql *other;
    struct timespec begin, end;
    struct change *c;

    fill(r, FEW);
    other = begin_reading(r);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int n = 0; n < 4; n++) {
        c = rig_change(r, rig_id(n));
        c->erase = true;
        assert_int_equal(rig_write(r, c), OK);
        assert_true(c->traces);
        rig_add_entries(r, rig_id(FEW - 1), 1);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true(end.tv_sec - begin.tv_sec < 15);
    sql_close(other);
    rig_add_entries(r, rig_id(FEW - 1), 1);
    assert_false(is_left(r, "canary-003-"));
}

static void chat_that_goes_takes_its_token_along(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, rig_id(1));
    struct token *t = arena_new_of(c->arena, struct token);
    struct query *q;

    rig_add_chat(r, 1);
    *t = (struct token){.kind = TOKEN_CHAT, .subject = rig_id(1), .label = ""};
    c->token = t;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, rig_id(1));
    c->chat_gone = true;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_read(r, rig_query(r, QUERY_ROOM, rig_id(1))), ERR_NOT_FOUND);
    q = rig_query(r, QUERY_TOKEN, "");
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
}

/* ---- what is due ---------------------------------------------------------------------------- */

static struct query *sweep(struct rig *r, int64_t before, int64_t since, int64_t after,
                           size_t limit)
{
    struct query *q = rig_query(r, QUERY_SWEEP, "");

    q->before = before;
    q->since = since;
    q->after = after;
    q->limit = limit;
    assert_int_equal(rig_read(r, q), OK);
    return q;
}

static void empty_and_old_chats_are_due_and_no_others(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q;

    rig_add_chat(r, 1); /* empty */
    rig_add_chat(r, 2);
    rig_add_entries(r, rig_id(2), 1);
    assert_int_equal(sweep(r, RIG_NOW, 0, 0, 10)->n_pending, 0);
    q = sweep(r, RIG_NOW + 100, 0, 0, 10);
    assert_int_equal(q->n_pending, 1);
    assert_string_equal(q->pending[0], rig_id(1));
    assert_false(q->more);
    q = sweep(r, 0, RIG_NOW + 1000, 0, 10);
    assert_int_equal(q->n_pending, 1);
    assert_string_equal(q->pending[0], rig_id(2));
    erase(r, 2);
    assert_int_equal(sweep(r, 0, RIG_NOW + 1000, 0, 10)->n_pending, 0);
}

static void sweep_goes_on_where_the_last_one_ended(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q = NULL;
    int64_t after = 0;
    size_t n = 0;

    for (int i = 0; i < 25; i++)
        rig_add_chat(r, i);
    do {
        q = sweep(r, RIG_NOW + 100, 0, after, 10);
        assert_true(q->n_pending <= 10);
        n += q->n_pending;
        after = q->first;
    } while (q->more);
    assert_int_equal(n, 25);
}

/* ---- copies --------------------------------------------------------------------------------- */

static enum err copied;
static int percent;

static void on_percent(struct backup *b, int now)
{
    assert_true(now >= percent);
    percent = now;
    (void)b;
}

static void on_copied(struct backup *b, enum err e)
{
    bool *done = b->ctx;

    copied = e;
    *done = true;
    backup_free(b);
}

static const char *copy_path(const struct rig *r)
{
    static char path[160];

    (void)snprintf(path, sizeof path, "%s/copy.db", r->folder);
    return path;
}

/* Writes all the while. */
static enum err make_copy(struct rig *r, bool replace)
{
    volatile bool done = false; /* set by on_copied, within the calls below */
    struct backup *b = backup_new(copy_path(r), on_copied, (void *)&done);
    int n = 0;

    percent = 0;
    b->replace = replace;
    b->progress = on_percent;
    assert_int_equal(r->port.backup(r->port.self, b), OK);
    while (!done)
        rig_add_entries(r, rig_id(n++ % FEW), 3);
    return copied;
}

static void check_copy(struct rig *r)
{
    struct sql *db = NULL;
    struct sql_row *row;
    struct arena *a = arena_new();
    struct stat st;

    assert_int_equal(stat(copy_path(r), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sql_open(copy_path(r), SQL_WRITE, &db), OK);
    assert_int_equal(sql_one(db, "PRAGMA integrity_check", SQL_NOTHING, &row), OK);
    assert_string_equal(sql_get_text(row, 0, a), "ok");
    sql_end(row);
    assert_int_equal(sql_one(db, "SELECT 1 FROM meta WHERE key = 'epoch'", SQL_NOTHING, &row),
                     ERR_NOT_FOUND);
    rig_check_counts(db);
    sql_close(db);
    arena_free(a);
}

static void copy_made_under_load_is_whole_and_without_epoch(void **state)
{
    struct rig *r = (struct rig *)*state;

    fill(r, FEW);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(make_copy(r, i > 0), OK);
        assert_int_equal(percent, 100);
        check_copy(r);
    }
}

static void copy_has_nothing_of_what_was_erased_before(void **state)
{
    struct rig *r = (struct rig *)*state;

    fill(r, MANY);
    for (int n = 0; n < MANY; n += 2)
        erase(r, n);
    assert_int_equal(make_copy(r, false), OK);
    check_erased(r, "in the copy");
}

static void file_that_is_there_is_not_replaced_unasked(void **state)
{
    struct rig *r = (struct rig *)*state;

    fill(r, FEW);
    assert_int_equal(make_copy(r, false), OK);
    assert_int_equal(make_copy(r, false), ERR_CONFLICT);
    check_copy(r);
}

static void second_copy_at_once_is_busy_and_closing_ends_the_first(void **state)
{
    struct rig *r = (struct rig *)*state;
    bool done = false;
    struct backup *first = backup_new(copy_path(r), on_copied, &done);
    struct backup *second = backup_new(copy_path(r), on_copied, &done);

    fill(r, FEW);
    assert_int_equal(r->port.backup(r->port.self, first), OK);
    assert_int_equal(r->port.backup(r->port.self, second), ERR_BUSY);
    backup_free(second);
    store_cancel_backup(r->store);
    rig_close(r);
    assert_true(done);
}

/* ---- restoring ------------------------------------------------------------------------------ */

static enum err put_back(struct rig *r)
{
    const char *detail;

    return restore_run(r->path, copy_path(r), RIG_NOW, NULL, &detail);
}

static void restored_copy_has_another_epoch_and_the_old_stays_beside(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *before;
    const char *aside;

    fill(r, FEW);
    assert_int_equal(make_copy(r, false), OK);
    before = rig_start(r);
    rig_add_entries(r, rig_id(1), 500);
    assert_int_equal(put_back(r), ERR_LOCKED);
    rig_close(r);
    assert_int_equal(put_back(r), OK);
    assert_int_equal(rig_open(r), OK);
    assert_string_not_equal(rig_start(r)->epoch, before->epoch);
    assert_string_equal(rig_start(r)->secret, before->secret);
    assert_true(rig_log(r, rig_id(1))->n_entries < 500);
    rig_close(r);
    aside = arena_printf(before->arena, "%s.before-restore-20231114T221320000Z", r->path);
    assert_true(strlen(aside) < sizeof r->path);
    memcpy(r->path, aside, strlen(aside) + 1);
    assert_int_equal(rig_open(r), OK);
    assert_string_equal(rig_start(r)->epoch, before->epoch);
    assert_true(rig_log(r, rig_id(1))->n_entries > 500);
}

static void damaged_or_foreign_copy_changes_nothing(void **state)
{
    struct rig *r = (struct rig *)*state;
    const char *detail = "";
    struct stat st;
    int fd;

    fill(r, FEW);
    assert_int_equal(make_copy(r, false), OK);
    rig_close(r);
    assert_int_equal(restore_run(r->path, "/nonexistent/copy", RIG_NOW, NULL, &detail),
                     ERR_NOT_FOUND);
    assert_int_equal(restore_run(r->path, "/etc/passwd", RIG_NOW, NULL, &detail), ERR_INVALID);
    assert_int_equal(stat(copy_path(r), &st), 0);
    fd = open(copy_path(r), O_WRONLY | O_CLOEXEC);
    for (off_t at = 8192; at < st.st_size; at += 4096) {
        assert_int_equal(pwrite(fd, "\x0d\x7f\x7f\x7f\x7f\x7f\x7f", 7, at), 7);
    }
    close(fd);
    assert_int_equal(put_back(r), ERR_INVALID);
    assert_int_equal(rig_open(r), OK);
    assert_true(rig_log(r, rig_id(1))->n_entries > 0);
}

/* The copy is whole, but cannot be made ready; and of the database some is only in its log. */
static void restore_that_fails_leaves_the_database_its_log(void **state)
{
    static const char unready[] =
        "INSERT INTO meta VALUES ('epoch', 'stays');"
        "CREATE TRIGGER stays BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'stays'); END";
    struct rig *r = (struct rig *)*state;
    struct sql *other = NULL;
    size_t before;

    fill(r, FEW);
    assert_int_equal(make_copy(r, false), OK);
    assert_int_equal(sql_open(copy_path(r), SQL_WRITE, &other), OK);
    assert_int_equal(sql_script(other, unready), OK);
    sql_close(other);
    other = begin_reading(r);
    rig_add_entries(r, rig_id(1), 1);
    before = rig_log(r, rig_id(1))->n_entries;
    rig_close(r);
    assert_int_not_equal(put_back(r), OK);
    sql_close(other);
    assert_int_equal(rig_open(r), OK);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(nothing_of_an_erased_chat_is_left_in_any_file),
        RIG_TEST(erased_entries_stay_as_stubs_in_their_places),
        RIG_TEST(what_the_lobby_heard_of_a_chat_is_erased_with_it),
        RIG_TEST(reader_that_stays_leaves_traces_that_go_with_it),
        RIG_TEST(reader_that_stays_is_waited_for_once),
        RIG_TEST(chat_that_goes_takes_its_token_along),
        RIG_TEST(empty_and_old_chats_are_due_and_no_others),
        RIG_TEST(sweep_goes_on_where_the_last_one_ended),
        RIG_TEST(copy_made_under_load_is_whole_and_without_epoch),
        RIG_TEST(copy_has_nothing_of_what_was_erased_before),
        RIG_TEST(file_that_is_there_is_not_replaced_unasked),
        RIG_TEST(second_copy_at_once_is_busy_and_closing_ends_the_first),
        RIG_TEST(restored_copy_has_another_epoch_and_the_old_stays_beside),
        RIG_TEST(damaged_or_foreign_copy_changes_nothing),
        RIG_TEST(restore_that_fails_leaves_the_database_its_log),
    };

    return cmocka_run_group_tests_name("the store's data", tests, rig_in_file, NULL);
}
