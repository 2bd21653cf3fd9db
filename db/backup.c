#include "db/backup.h"

#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_PAGES 100

enum stage { STAGE_NONE, STAGE_ASKED, STAGE_COPYING, STAGE_FINISHING, STAGE_OVER };

struct backups {
    void (*wake)(void *ctx);
    void *wake_ctx;
    struct backup *backup; /* the loop's and, until it is over, lent to whoever works on it */
    pthread_t finisher;
    bool has_finisher;

    /* of the thread that works on it */
    char *part;
    struct sql *to;
    struct sql_copy *copy;

    pthread_mutex_t mutex; /* for all below */
    enum stage stage;
    bool cancelled;
    int percent, told;
    enum err result;
};

/* ---- files ---------------------------------------------------------------------------------- */

static enum err failed(const char *what, const char *path)
{
    log_error("backup-failed", "step=%s path=%s detail=%s", what, path, strerror(errno));
    return ERR_IO;
}

enum err backup_make_file(const char *path)
{
    int fd;

    if (unlink(path) != 0 && errno != ENOENT)
        return failed("replace", path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed("create", path);
    return close(fd) == 0 ? OK : failed("create", path);
}

static enum err sync_path(const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    bool ok;

    if (fd < 0)
        return failed("sync", path);
    ok = fsync(fd) == 0;
    if (!ok)
        (void)failed("sync", path);
    (void)close(fd);
    return ok ? OK : ERR_IO;
}

static enum err sync_folder(const char *name)
{
    const char *slash = strrchr(name, '/');
    struct arena *a = arena_new();
    const char *folder = slash == NULL ? "." : arena_dup_len(a, name, (size_t)(slash - name) + 1);
    enum err e = sync_path(folder, O_DIRECTORY);

    arena_free(a);
    return e;
}

enum err backup_seal(const char *part)
{
    struct sql *db = NULL;
    enum err e = sql_open(part, SQL_WRITE, &db);

    if (e == OK) {
        e = sql_run(db, "DELETE FROM meta WHERE key = 'epoch'", SQL_NOTHING);
        if (e == OK)
            e = sql_checkpoint(db, SQL_WAIT_MS);
        sql_close(db);
    }
    return e == OK ? sync_path(part, 0) : e;
}

enum err backup_place(const char *part, const char *name)
{
    return rename(part, name) == 0 ? sync_folder(name) : failed("rename", name);
}

enum err backup_finish(const char *part, const char *name)
{
    enum err e = backup_seal(part);

    return e == OK ? backup_place(part, name) : e;
}

/* ---- the work ------------------------------------------------------------------------------- */

static void set_stage(struct backups *s, enum stage stage)
{
    pthread_mutex_lock(&s->mutex);
    s->stage = stage;
    pthread_mutex_unlock(&s->mutex);
}

static enum stage stage_of(struct backups *s)
{
    enum stage stage;

    pthread_mutex_lock(&s->mutex);
    stage = s->stage;
    pthread_mutex_unlock(&s->mutex);
    return stage;
}

static void close_copy(struct backups *s)
{
    sql_copy_end(s->copy);
    sql_close(s->to);
    s->copy = NULL;
    s->to = NULL;
}

static void end(struct backups *s, enum err e)
{
    close_copy(s);
    if (e != OK && s->part != NULL)
        (void)unlink(s->part);
    free(s->part);
    s->part = NULL;
    pthread_mutex_lock(&s->mutex);
    s->result = e;
    s->stage = STAGE_OVER;
    pthread_mutex_unlock(&s->mutex);
    s->wake(s->wake_ctx);
}

static enum err begin(struct backups *s, struct sql *db)
{
    struct backup *b = s->backup;
    enum err e;

    if (!b->replace && access(b->path, F_OK) == 0) {
        b->detail = "the file is there already; --force replaces it";
        return ERR_CONFLICT;
    }
    s->part = mem_dup(arena_printf(b->arena, "%s.part", b->path));
    b->detail = "the file cannot be written; the log says why";
    if ((e = backup_make_file(s->part)) != OK || (e = sql_open(s->part, SQL_COPY, &s->to)) != OK)
        return e;
    return sql_copy_begin(db, s->to, &s->copy);
}

static void *finish(void *ctx)
{
    struct backups *s = (struct backups *)ctx;

    end(s, backup_finish(s->part, s->backup->path));
    return NULL;
}

static void copied(struct backups *s)
{
    close_copy(s);
    set_stage(s, STAGE_FINISHING);
    s->has_finisher = pthread_create(&s->finisher, NULL, finish, s) == 0;
    if (!s->has_finisher)
        end(s, ERR_IO);
}

static void note_percent(struct backups *s)
{
    int percent = sql_copy_percent(s->copy);
    bool news;

    pthread_mutex_lock(&s->mutex);
    news = percent / 10 != s->percent / 10;
    s->percent = percent;
    pthread_mutex_unlock(&s->mutex);
    if (news)
        s->wake(s->wake_ctx);
}

static bool is_cancelled(struct backups *s)
{
    bool yes;

    pthread_mutex_lock(&s->mutex);
    yes = s->cancelled;
    pthread_mutex_unlock(&s->mutex);
    return yes;
}

void backups_cancel(struct backups *s)
{
    pthread_mutex_lock(&s->mutex);
    s->cancelled = true;
    pthread_mutex_unlock(&s->mutex);
}

void backups_step(struct backups *s, struct sql *db)
{
    bool more = true;
    enum err e = OK;

    if (db == NULL || is_cancelled(s)) {
        end(s, ERR_IO);
        return;
    }
    if (s->copy == NULL) {
        e = begin(s, db);
        set_stage(s, STAGE_COPYING);
    }
    if (e == OK)
        e = sql_copy_step(s->copy, STEP_PAGES, &more);
    if (e != OK) {
        end(s, e);
        return;
    }
    note_percent(s);
    if (!more)
        copied(s);
}

bool backups_due(struct backups *s)
{
    enum stage stage = stage_of(s);

    return stage == STAGE_ASKED || stage == STAGE_COPYING;
}

void backups_break(struct backups *s)
{
    if (backups_due(s))
        end(s, ERR_IO);
}

/* ---- the loop's side ------------------------------------------------------------------------ */

static void nothing(void *ctx)
{
    (void)ctx;
}

struct backups *backups_new(void (*wake)(void *ctx), void *ctx)
{
    struct backups *s = mem_alloc(sizeof *s);

    s->wake = wake != NULL ? wake : nothing;
    s->wake_ctx = ctx;
    pthread_mutex_init(&s->mutex, NULL);
    return s;
}

enum err backups_take(struct backups *s, struct backup *b)
{
    if (s->backup != NULL)
        return ERR_BUSY;
    s->backup = b;
    pthread_mutex_lock(&s->mutex);
    s->percent = s->told = 0;
    s->stage = STAGE_ASKED;
    pthread_mutex_unlock(&s->mutex);
    return OK;
}

static void tell(struct backups *s)
{
    int percent;
    bool news;

    pthread_mutex_lock(&s->mutex);
    percent = s->percent;
    news = percent / 10 != s->told / 10;
    s->told = percent;
    pthread_mutex_unlock(&s->mutex);
    if (news && s->backup->progress != NULL)
        s->backup->progress(s->backup, percent);
}

void backups_pump(struct backups *s)
{
    struct backup *b = s->backup;

    if (b == NULL)
        return;
    tell(s);
    if (stage_of(s) != STAGE_OVER)
        return;
    if (s->has_finisher)
        pthread_join(s->finisher, NULL);
    s->has_finisher = false;
    s->backup = NULL;
    set_stage(s, STAGE_NONE);
    b->done(b, s->result);
}

void backups_free(struct backups *s)
{
    backups_break(s);
    if (s->has_finisher) {
        pthread_join(s->finisher, NULL);
        s->has_finisher = false;
    }
    backups_pump(s);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}
