#include "db/restore.h"

#include "core/base/log.h"
#include "core/base/stamp.h"
#include "db/backup.h"
#include "db/lock.h"
#include "db/migrate.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern const struct embedded db_migrations[];

struct restore {
    struct arena *arena;
    const char *path, *from, *part, *before;
    const struct embedded *migrations;
    const char **detail;
};

static enum err wrong(struct restore *r, enum err e, const char *detail)
{
    *r->detail = detail;
    return e;
}

static enum err io(const char *step, const char *path)
{
    log_error("restore-failed", "step=%s path=%s detail=%s", step, path, strerror(errno));
    return ERR_IO;
}

static const char *with(struct restore *r, const char *path, const char *suffix)
{
    return arena_printf(r->arena, "%s%s", path, suffix);
}

/* ---- the copy, beside the database ---------------------------------------------------------- */

static enum err copy_bytes(int in, int out, const char *name)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(in, piece, sizeof piece)) > 0) {
        for (ssize_t at = 0, put; at < n; at += put)
            if ((put = write(out, piece + at, (size_t)(n - at))) < 0)
                return io("write", name);
    }
    return n == 0 ? OK : io("read", name);
}

/* Errors ERR_NOT_FOUND from is not there */
static enum err copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out;
    enum err e;

    if (in < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : io("open", from);
    if ((e = backup_make_file(to)) == OK) {
        out = open(to, O_WRONLY | O_CLOEXEC);
        e = out < 0 ? io("open", to) : copy_bytes(in, out, to);
        if (out >= 0)
            (void)close(out);
    }
    (void)close(in);
    return e;
}

static enum err copy_here(struct restore *r)
{
    enum err e = copy_file(r->from, r->part);

    if (e == ERR_NOT_FOUND)
        return wrong(r, e, "there is no such file");
    (void)unlink(with(r, r->part, "-wal"));
    if (e == OK)
        e = copy_file(with(r, r->from, "-wal"), with(r, r->part, "-wal"));
    if (e == OK || e == ERR_NOT_FOUND)
        return OK;
    return wrong(r, e, "the copy cannot be read, or not be put beside the database");
}

static enum err check_whole(struct restore *r, struct sql *db)
{
    struct sql_row *row;
    enum err e = sql_one(db, "PRAGMA integrity_check(1)", SQL_NOTHING, &row);
    bool whole;

    if (e == OK) {
        whole = strcmp(sql_get_text(row, 0, r->arena), "ok") == 0;
        sql_end(row);
        if (whole)
            return OK;
    }
    return wrong(r, ERR_INVALID, "the copy is damaged");
}

static enum err check(struct restore *r)
{
    struct sql *db = NULL;
    int64_t version = 0;
    enum err e = sql_open(r->part, SQL_WRITE, &db);

    if (e != OK)
        return wrong(r, ERR_INVALID, "the file is no database");
    e = migrate_check(db, r->migrations, &version);
    if (e == ERR_NEWER)
        (void)wrong(r, e, "the copy was made by a newer parley");
    else if (e != OK || version == 0)
        e = wrong(r, ERR_INVALID, "the file is no database of parley's");
    else
        e = check_whole(r, db);
    sql_close(db);
    return e;
}

/* ---- in its place --------------------------------------------------------------------------- */

/* The old log must not be taken for one of the new file. What can be opened is closed without a
 * log; what cannot keeps it, under the name that its file gets. */
static enum err put_aside(struct restore *r)
{
    struct sql *old = NULL;

    if (access(r->path, F_OK) != 0)
        return OK;
    if (sql_open(r->path, SQL_WRITE, &old) == OK)
        sql_close(old);
    if (link(r->path, r->before) != 0)
        return io("link", r->before);
    if (rename(with(r, r->path, "-wal"), with(r, r->before, "-wal")) != 0 && errno != ENOENT)
        return io("rename", with(r, r->before, "-wal"));
    (void)unlink(with(r, r->path, "-shm"));
    log_info("database-kept", "path=%s", r->before);
    return OK;
}

static enum err restore(struct restore *r)
{
    enum err e;

    if ((e = copy_here(r)) != OK || (e = check(r)) != OK)
        return e;
    *r->detail = "the database could not be put in its place; the log says why";
    /* what may fail comes before the database loses its log */
    if ((e = backup_seal(r->part)) != OK || (e = put_aside(r)) != OK ||
        (e = backup_place(r->part, r->path)) != OK)
        return e;
    *r->detail = "";
    return OK;
}

/* 20260131T100000000Z */
static const char *compact(struct arena *a, int64_t now_ms)
{
    char stamp[STAMP_LEN + 1], *out = arena_alloc(a, sizeof stamp);
    size_t n = 0;

    stamp_format(now_ms, stamp);
    for (const char *s = stamp; *s != '\0'; s++)
        if (isalnum((unsigned char)*s))
            out[n++] = *s;
    out[n] = '\0';
    return out;
}

enum err restore_run(const char *path, const char *from, int64_t now_ms,
                     const struct embedded *migrations, const char **detail)
{
    struct restore r = {.arena = arena_new(), .path = path, .from = from, .detail = detail};
    int lock = -1;
    enum err e;

    *detail = "";
    r.migrations = migrations != NULL ? migrations : db_migrations;
    r.part = with(&r, path, ".restore");
    r.before =
        with(&r, path, arena_printf(r.arena, ".before-restore-%s", compact(r.arena, now_ms)));
    if ((e = lock_take(path, &lock)) == OK) {
        e = restore(&r);
        if (e != OK) {
            (void)unlink(r.part);
            (void)unlink(with(&r, r.part, "-wal"));
            (void)unlink(with(&r, r.part, "-shm"));
        }
        (void)close(lock);
    } else if (e == ERR_LOCKED) {
        *detail = "a daemon has the database open: stop it first";
    }
    arena_free(r.arena);
    return e;
}
