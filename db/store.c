#include "db/store.h"

#include "core/base/log.h"
#include "db/backup.h"
#include "db/lock.h"
#include "db/migrate.h"
#include "db/read.h"
#include "db/write.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct embedded db_migrations[];

/* When readers kept the log from being reused for so many checkpoints, they are waited for. */
#define PATIENCE 8
#define OWN_READS_MS 200 /* the reader's longest query is over by then */

/* First in, first out, linked through the items' own `next`. */
struct changes {
    struct change *first, **end;
};

struct queries {
    struct query *first, **end;
};

/* A read that is done, with what it may have seen. */
struct reply {
    struct query *q;
    uint64_t seen; /* number of the last batch whose commit had begun */
    struct reply *next;
};

struct store {
    char *path;
    struct store_options options;
    store_wake_fn *wake;
    void *wake_ctx;
    bool threaded;
    int lock_fd;
    pthread_t writer, reader;
    struct sql *write_db, *read_db; /* each its thread's own; without threads one and the same */
    int64_t copied;                 /* size of the log at the last checkpoint; the writer's own */
    bool traces;                    /* what was erased may still be in the files; likewise */
    struct backups *backups;
    size_t n_changes, n_queries; /* taken and not yet completed; the loop thread's own */

    pthread_mutex_t mutex;            /* for all below */
    pthread_cond_t to_write, to_read; /* something in an inbox, or closing */
    bool closing;
    struct changes inbox, done;
    struct queries asked;
    struct reply *replies, **replies_end;
    uint64_t begun, finished; /* batches: commit begun, results in `done` */
};

static void changes_put(struct changes *l, struct change *c)
{
    c->next = NULL;
    *l->end = c;
    l->end = &c->next;
}

static struct change *changes_take_all(struct changes *l)
{
    struct change *first = l->first;

    *l = (struct changes){NULL, &l->first};
    return first;
}

static void queries_put(struct queries *l, struct query *q)
{
    q->next = NULL;
    *l->end = q;
    l->end = &q->next;
}

static struct query *queries_take(struct queries *l)
{
    struct query *q = l->first;

    if (q != NULL && (l->first = q->next) == NULL)
        l->end = &l->first;
    return q;
}

/* ---- the writer ----------------------------------------------------------------------------- */

static void note_begun(void *ctx)
{
    struct store *s = (struct store *)ctx;

    pthread_mutex_lock(&s->mutex);
    s->begun++;
    pthread_mutex_unlock(&s->mutex);
}

static void fail_changes(struct change *c, enum err e)
{
    for (; c != NULL; c = c->next)
        c->result = e;
}

/* After a failed commit nobody knows what the connection holds: a new one asks the file. */
static void run_batch(struct store *s, struct change *first)
{
    if (s->write_db == NULL && sql_open(s->path, SQL_WRITE, &s->write_db) != OK) {
        s->write_db = NULL;
        fail_changes(first, ERR_IO);
        return;
    }
    if (write_batch(s->write_db, first, note_begun, s))
        return;
    log_error("store-batch-failed", "error=%s", err_name(first->result));
    if (s->threaded) {
        backups_break(s->backups);
        sql_close(s->write_db);
        s->write_db = NULL;
    }
}

static bool has_erased(const struct change *c)
{
    for (; c != NULL; c = c->next)
        if (c->result == OK && (c->erase || c->chat_gone))
            return true;
    return false;
}

/* What was erased is still in the log and in pages held in memory, from which it could come back.
 * Another program that reads is waited for once: it may read for hours, and everybody would wait
 * with each batch. */
static void clean(struct store *s, struct change *batch)
{
    bool erased = has_erased(batch);
    int wait_ms = !erased ? 0 : s->traces ? OWN_READS_MS : SQL_WAIT_MS;

    if (s->write_db == NULL || (!s->traces && !erased))
        return;
    s->traces = sql_checkpoint(s->write_db, wait_ms) != OK;
    s->copied = sql_wal_bytes(s->write_db);
    sql_forget(s->write_db);
    for (struct change *c = batch; c != NULL; c = c->next)
        c->traces = s->traces;
}

static void deliver_batch(struct store *s, struct change *c)
{
    pthread_mutex_lock(&s->mutex);
    while (c != NULL) {
        struct change *next = c->next;

        changes_put(&s->done, c);
        c = next;
    }
    s->finished = s->begun;
    pthread_mutex_unlock(&s->mutex);
}

/* Between batches, on the connection that writes: a checkpoint inside COMMIT would make somebody
 * wait for it, and SQLite before 3.51.3 may lose the log when another connection does it.
 * https://www.sqlite.org/wal.html#walresetbug */
static void checkpoint(struct store *s)
{
    int64_t size = s->write_db == NULL ? 0 : sql_wal_bytes(s->write_db);
    int64_t limit = (int64_t)s->options.checkpoint_bytes;

    if (size < s->copied) /* the log began anew */
        s->copied = 0;
    if (size - s->copied <= limit)
        return;
    (void)!sql_checkpoint(s->write_db, size > limit * PATIENCE ? OWN_READS_MS : SQL_COPY_ONLY);
    s->copied = size;
}

static void write_out(struct store *s, struct change *batch)
{
    run_batch(s, batch);
    clean(s, batch);
    deliver_batch(s, batch);
    s->wake(s->wake_ctx);
    checkpoint(s);
}

static void *writer_main(void *ctx)
{
    struct store *s = (struct store *)ctx;

    for (;;) {
        struct change *batch;
        bool closing;

        pthread_mutex_lock(&s->mutex);
        while (s->inbox.first == NULL && !s->closing && !backups_due(s->backups))
            pthread_cond_wait(&s->to_write, &s->mutex);
        batch = changes_take_all(&s->inbox);
        closing = s->closing;
        pthread_mutex_unlock(&s->mutex);
        if (batch == NULL && closing)
            return NULL;
        if (batch != NULL)
            write_out(s, batch);
        if (backups_due(s->backups))
            backups_step(s->backups, s->write_db);
    }
}

/* ---- the reader ----------------------------------------------------------------------------- */

/* The connection with its snapshot; a new one when the last could not end its transaction. */
static enum err begin_query(struct store *s)
{
    if (s->read_db == NULL && sql_open(s->path, SQL_READ, &s->read_db) != OK) {
        s->read_db = NULL;
        return ERR_IO;
    }
    return read_begin(s->read_db);
}

static void end_query(struct store *s)
{
    if (s->read_db == NULL)
        return;
    read_end(s->read_db);
    if (s->threaded && sql_in_transaction(s->read_db)) {
        sql_close(s->read_db);
        s->read_db = NULL;
    }
}

static uint64_t run_query(struct store *s, struct query *q)
{
    uint64_t seen;

    q->result = begin_query(s);
    /* Behind the snapshot, so that it covers every commit in it. */
    pthread_mutex_lock(&s->mutex);
    seen = s->begun;
    pthread_mutex_unlock(&s->mutex);
    if (q->result == OK)
        q->result = read_query(s->read_db, q);
    end_query(s);
    return seen;
}

static void deliver_reply(struct store *s, struct query *q, uint64_t seen)
{
    struct reply *r = arena_new_of(q->arena, struct reply);

    *r = (struct reply){q, seen, NULL};
    pthread_mutex_lock(&s->mutex);
    *s->replies_end = r;
    s->replies_end = &r->next;
    pthread_mutex_unlock(&s->mutex);
}

static void *reader_main(void *ctx)
{
    struct store *s = (struct store *)ctx;

    for (;;) {
        struct query *q;

        pthread_mutex_lock(&s->mutex);
        while (s->asked.first == NULL && !s->closing)
            pthread_cond_wait(&s->to_read, &s->mutex);
        q = queries_take(&s->asked);
        pthread_mutex_unlock(&s->mutex);
        if (q == NULL)
            return NULL;
        deliver_reply(s, q, run_query(s, q));
        s->wake(s->wake_ctx);
    }
}

/* ---- the port ------------------------------------------------------------------------------- */

static enum err submit(void *self, struct change *c)
{
    struct store *s = (struct store *)self;

    if (s->closing || s->n_changes >= s->options.max_changes)
        return ERR_BUSY;
    s->n_changes++;
    c->result = OK;
    c->replayed = false;
    pthread_mutex_lock(&s->mutex);
    changes_put(&s->inbox, c);
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_signal(&s->to_write);
    if (!s->threaded)
        s->wake(s->wake_ctx);
    return OK;
}

static enum err ask(void *self, struct query *q)
{
    struct store *s = (struct store *)self;

    if (s->closing || s->n_queries >= s->options.max_queries)
        return ERR_BUSY;
    s->n_queries++;
    q->result = OK;
    pthread_mutex_lock(&s->mutex);
    queries_put(&s->asked, q);
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_signal(&s->to_read);
    if (!s->threaded)
        s->wake(s->wake_ctx);
    return OK;
}

static enum err back_up(void *self, struct backup *b)
{
    struct store *s = (struct store *)self;
    enum err e = s->closing ? ERR_BUSY : backups_take(s->backups, b);

    if (e != OK)
        return e;
    pthread_mutex_lock(&s->mutex); /* the writer does not go to sleep between asking and this */
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_signal(&s->to_write);
    if (!s->threaded)
        s->wake(s->wake_ctx);
    return OK;
}

struct store_port store_port(struct store *s)
{
    return (struct store_port){s, submit, ask, back_up};
}

/* ---- completions ---------------------------------------------------------------------------- */

static void work_here(struct store *s)
{
    struct change *batch = changes_take_all(&s->inbox);
    struct query *q;

    if (batch != NULL) {
        run_batch(s, batch);
        deliver_batch(s, batch);
    }
    while ((q = queries_take(&s->asked)) != NULL)
        deliver_reply(s, q, run_query(s, q));
    while (backups_due(s->backups))
        backups_step(s->backups, s->write_db);
}

/* Reads that saw a batch whose results are not here yet stay: its end wakes the loop again. */
static struct reply *take_replies(struct store *s)
{
    struct reply *first = s->replies, **end = &s->replies;

    while (*end != NULL && (*end)->seen <= s->finished)
        end = &(*end)->next;
    if (end == &s->replies)
        return NULL;
    s->replies = *end;
    *end = NULL;
    if (s->replies == NULL)
        s->replies_end = &s->replies;
    return first;
}

void store_pump(struct store *s)
{
    struct change *c;
    struct reply *r;

    if (!s->threaded)
        work_here(s);
    pthread_mutex_lock(&s->mutex);
    c = changes_take_all(&s->done);
    r = take_replies(s);
    pthread_mutex_unlock(&s->mutex);
    while (c != NULL) {
        struct change *next = c->next;

        s->n_changes--;
        c->done(c, c->result);
        c = next;
    }
    while (r != NULL) {
        struct reply *next = r->next; /* r lives in the query, which done frees */

        s->n_queries--;
        r->q->done(r->q, r->q->result);
        r = next;
    }
    backups_pump(s->backups);
}

/* ---- open and close ------------------------------------------------------------------------- */

static void no_wake(void *ctx)
{
    (void)ctx;
}

/* SQLite would make it readable for all; its log files take the mode of the file. */
static enum err make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        log_error("store-open-failed", "path=%s detail=%s", path, strerror(errno));
        return ERR_IO;
    }
    return close(fd) == 0 ? OK : ERR_IO;
}

static enum err open_databases(struct store *s)
{
    enum err e;

    if (s->threaded &&
        ((e = lock_take(s->path, &s->lock_fd)) != OK || (e = make_file(s->path)) != OK))
        return e;
    if ((e = sql_open(s->path, SQL_WRITE, &s->write_db)) != OK ||
        (e = migrate_run(s->write_db, s->path, s->options.migrations)) != OK)
        return e;
    if (s->threaded)
        return sql_open(s->path, SQL_READ, &s->read_db);
    s->read_db = s->write_db;
    return OK;
}

static void close_databases(struct store *s)
{
    backups_free(s->backups);
    if (s->read_db != s->write_db)
        sql_close(s->read_db); /* first: the last to close puts the log back into the file */
    sql_close(s->write_db);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd);
    pthread_cond_destroy(&s->to_write);
    pthread_cond_destroy(&s->to_read);
    pthread_mutex_destroy(&s->mutex);
    free(s->path);
    free(s);
}

static void begin_closing(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    s->closing = true;
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_signal(&s->to_write);
    pthread_cond_signal(&s->to_read);
}

static enum err start_threads(struct store *s)
{
    if (pthread_create(&s->writer, NULL, writer_main, s) != 0)
        return ERR_IO;
    if (pthread_create(&s->reader, NULL, reader_main, s) == 0)
        return OK;
    begin_closing(s);
    pthread_join(s->writer, NULL);
    return ERR_IO;
}

static struct store *store_new(const char *path, const struct store_options *options)
{
    struct store *s = mem_alloc(sizeof *s);

    if (options != NULL)
        s->options = *options;
    if (s->options.max_changes == 0)
        s->options.max_changes = 8192;
    if (s->options.max_queries == 0)
        s->options.max_queries = 1024;
    if (s->options.checkpoint_bytes == 0)
        s->options.checkpoint_bytes = 16 << 20;
    if (s->options.migrations == NULL)
        s->options.migrations = db_migrations;
    s->path = mem_dup(path);
    s->threaded = strcmp(path, ":memory:") != 0;
    s->lock_fd = -1;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->to_write, NULL);
    pthread_cond_init(&s->to_read, NULL);
    s->inbox.end = &s->inbox.first;
    s->done.end = &s->done.first;
    s->asked.end = &s->asked.first;
    s->replies_end = &s->replies;
    return s;
}

enum err store_open(const char *path, const struct store_options *options, store_wake_fn *wake,
                    void *ctx, struct store **out)
{
    struct store *s = store_new(path, options);
    enum err e;

    s->wake = wake != NULL ? wake : no_wake;
    s->wake_ctx = ctx;
    s->backups = backups_new(s->wake, ctx);
    if ((e = open_databases(s)) != OK || (s->threaded && (e = start_threads(s)) != OK)) {
        close_databases(s);
        return e;
    }
    *out = s;
    return OK;
}

void store_cancel_backup(struct store *s)
{
    backups_cancel(s->backups);
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    begin_closing(s);
    if (s->threaded) {
        pthread_join(s->writer, NULL);
        pthread_join(s->reader, NULL);
    }
    store_pump(s);
    close_databases(s);
}
