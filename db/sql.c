#include "db/sql.h"

#include "core/base/log.h"
#include "db/gather.h"
#include "db/page.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* The library's small allocations come from here, at a tenth of malloc's price. */
#define LOOKASIDE_BYTES 1024
#define LOOKASIDE_SLOTS 512

/* A cached statement; also what a row is read from. */
struct sql_row {
    const char *text;
    sqlite3_stmt *stmt;
    struct sql *db;
};

struct sql {
    sqlite3 *handle;
    struct sql_row **cache; /* a few dozen, compared by address */
    size_t n_cache;
    int wal_pages;
    int page_size;
};

static enum err error_of(struct sql *db, int code)
{
    switch (sqlite3_extended_errcode(db->handle)) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ERR_CONFLICT;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return ERR_NOT_FOUND;
    case SQLITE_CONSTRAINT_CHECK:
    case SQLITE_CONSTRAINT_NOTNULL:
    case SQLITE_CONSTRAINT_DATATYPE:
        return ERR_INVALID;
    }
    log_error("database-error", "code=%d extended=%d detail=%s", code,
              sqlite3_extended_errcode(db->handle), sqlite3_errmsg(db->handle));
    return ERR_IO;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* A layer over SQLite's own file methods. https://www.sqlite.org/c3ref/io_methods.html
 * Of a database: pages on their way into the file leave behind what is not of them any more
 * (db/page.h). Of its log: what is appended is held (db/gather.h) until SQLite reads it or forces
 * it to disk, which with synchronous = FULL it does before anybody is told of a commit. */
#define LAYER "parley"
#define METHODS_MAX 8                /* SQLite has one table for each way of locking */
#define PAGES_MAX ((int64_t)1 << 24) /* half of what page_clear_gap can tell apart */
static pthread_mutex_t layer_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct methods {
    const sqlite3_io_methods *real;
    bool log;
    int state_at; /* of a log's struct gather, behind the file's own bytes */
    sqlite3_io_methods ours;
} layers[METHODS_MAX];

static const struct methods *methods_of(const sqlite3_file *file)
{
    for (size_t i = 0; i < METHODS_MAX; i++)
        if (file->pMethods == &layers[i].ours)
            return &layers[i];
    abort();
}

static int layer_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    const sqlite3_io_methods *real = methods_of(file)->real;
    unsigned char page[65536];

    if (len < 512 || (size_t)len > sizeof page || at % len != 0 || at / len >= PAGES_MAX)
        return real->xWrite(file, data, len, at);
    memcpy(page, data, (size_t)len);
    page_clear_gap(page, (size_t)len, at == 0);
    return real->xWrite(file, page, len, at);
}

static struct gather *held_of(sqlite3_file *file)
{
    return (struct gather *)(void *)((char *)file + methods_of(file)->state_at);
}

/* On errors it stays held: SQLite believes that it is written, and may go on. */
static int log_flush(sqlite3_file *file)
{
    struct gather *g = held_of(file);
    int code =
        g->len == 0 ? SQLITE_OK : methods_of(file)->real->xWrite(file, g->data, (int)g->len, g->at);

    if (code == SQLITE_OK)
        gather_clear(g);
    return code;
}

static int log_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    struct gather *g = held_of(file);
    int code;

    if (gather_take(g, data, (size_t)len, at))
        return SQLITE_OK;
    if ((code = log_flush(file)) != SQLITE_OK || gather_take(g, data, (size_t)len, at))
        return code;
    return methods_of(file)->real->xWrite(file, data, len, at);
}

static int log_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    int code = gather_holds(held_of(file), (size_t)len, at) ? log_flush(file) : SQLITE_OK;

    return code == SQLITE_OK ? methods_of(file)->real->xRead(file, out, len, at) : code;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = log_flush(file);

    return code == SQLITE_OK ? methods_of(file)->real->xTruncate(file, size) : code;
}

static int log_sync(sqlite3_file *file, int flags)
{
    int code = log_flush(file);

    return code == SQLITE_OK ? methods_of(file)->real->xSync(file, flags) : code;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *out)
{
    int code = log_flush(file);

    return code == SQLITE_OK ? methods_of(file)->real->xFileSize(file, out) : code;
}

static int log_close(sqlite3_file *file)
{
    gather_free(held_of(file)); /* nothing of a commit, which was forced to disk */
    return methods_of(file)->real->xClose(file);
}

static void fill_log_methods(sqlite3_io_methods *ours)
{
    ours->xWrite = log_write;
    ours->xRead = log_read;
    ours->xTruncate = log_truncate;
    ours->xSync = log_sync;
    ours->xFileSize = log_size;
    ours->xClose = log_close;
}

static void put_layer(sqlite3_file *file, bool log, int state_at)
{
    struct methods *m = layers;

    pthread_mutex_lock(&layer_mutex);
    while (m < layers + METHODS_MAX && m->real != NULL &&
           (m->real != file->pMethods || m->log != log))
        m++;
    assert(m < layers + METHODS_MAX);
    if (m->real == NULL) {
        *m = (struct methods){file->pMethods, log, state_at, *file->pMethods};
        if (log)
            fill_log_methods(&m->ours);
        else
            m->ours.xWrite = layer_write;
    }
    pthread_mutex_unlock(&layer_mutex);
    file->pMethods = &m->ours;
    if (log)
        *held_of(file) = (struct gather){0};
}

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *under = vfs->pAppData;
    int code = under->xOpen(under, name, file, flags, out);

    if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0)
        put_layer(file, false, 0);
    /* Without this a commit's end is written after it was forced: wal.c, padToSectorBoundary. */
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0 &&
        (file->pMethods->xDeviceCharacteristics(file) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0)
        put_layer(file, true, (under->szOsFile + 7) & ~7);
    return code;
}

static void register_layer(void)
{
    static sqlite3_vfs layer;
    sqlite3_vfs *under = sqlite3_vfs_find(NULL);

    pthread_mutex_lock(&layer_mutex);
    if (layer.pAppData != under) {
        if (layer.pAppData != NULL)
            (void)sqlite3_vfs_unregister(&layer);
        layer = *under;
        layer.szOsFile = ((under->szOsFile + 7) & ~7) + (int)sizeof(struct gather);
        layer.zName = LAYER;
        layer.pNext = NULL;
        layer.pAppData = under;
        layer.xOpen = layer_open;
        (void)sqlite3_vfs_register(&layer, 0);
    }
    pthread_mutex_unlock(&layer_mutex);
}

/* ---- connection ----------------------------------------------------------------------------- */

static int wal_grew(void *ctx, sqlite3 *handle, const char *name, int pages)
{
    struct sql *db = (struct sql *)ctx;

    (void)handle;
    (void)name;
    db->wal_pages = pages;
    return SQLITE_OK;
}

/* trusted_schema and cell_size_check: the file may come from elsewhere (a restored copy).
 * secure_delete: what is erased must not stay in free pages. */
static const char both_pragmas[] = "PRAGMA foreign_keys = ON;"
                                   "PRAGMA trusted_schema = OFF;"
                                   "PRAGMA cell_size_check = ON;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA cache_size = -32000;";
static const char write_pragmas[] = "PRAGMA synchronous = FULL;"
                                    "PRAGMA secure_delete = ON;"
                                    "PRAGMA wal_autocheckpoint = 0;";
static const char copy_pragmas[] = "PRAGMA journal_mode = OFF;"
                                   "PRAGMA synchronous = OFF;"
                                   "PRAGMA cache_size = -2000;";

/* Some file systems cannot have a write-ahead log; without it a read would stop the writer. */
static enum err log_ahead(struct sql *db)
{
    struct arena *a = arena_new();
    struct sql_row *row;
    enum err e = sql_one(db, "PRAGMA journal_mode = WAL", SQL_NOTHING, &row);

    if (e == OK) {
        const char *mode = sql_get_text(row, 0, a);

        if (strcmp(mode, "wal") != 0 && strcmp(mode, "memory") != 0) {
            log_error("database-error", "detail=no write-ahead log here mode=%s", mode);
            e = ERR_IO;
        }
        sql_end(row);
    }
    arena_free(a);
    return e;
}

static enum err set_up(struct sql *db, enum sql_mode mode)
{
    struct sql_row *row;
    enum err e;

    (void)sqlite3_extended_result_codes(db->handle, 1);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES,
                            LOOKASIDE_SLOTS);
    (void)sqlite3_busy_timeout(db->handle, SQL_WAIT_MS);
    if ((e = sql_script(db, both_pragmas)) != OK)
        return e;
    if (mode == SQL_WRITE &&
        ((e = log_ahead(db)) != OK || (e = sql_script(db, write_pragmas)) != OK))
        return e;
    if (mode == SQL_COPY && (e = sql_script(db, copy_pragmas)) != OK)
        return e;
    if ((e = sql_one(db, "PRAGMA page_size", SQL_NOTHING, &row)) != OK)
        return e;
    db->page_size = (int)sql_get_int(row, 0);
    sql_end(row);
    (void)sqlite3_wal_hook(db->handle, wal_grew, db);
    return OK;
}

/* Before its first use, on the thread that opens the store. Its count of bytes in use would take a
 * lock with each allocation. */
static void configure_library(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum err sql_open(const char *path, enum sql_mode mode, struct sql **out)
{
    int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
        (mode == SQL_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    struct sql *db = mem_alloc(sizeof *db);
    enum err e;
    int code;

    configure_library();
    register_layer();
    code = sqlite3_open_v2(path, &db->handle, flags, LAYER);
    e = code == SQLITE_OK ? set_up(db, mode) : error_of(db, code);
    if (e != OK) {
        sql_close(db);
        return e;
    }
    *out = db;
    return OK;
}

void sql_close(struct sql *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->n_cache; i++) {
        (void)sqlite3_finalize(db->cache[i]->stmt);
        free(db->cache[i]);
    }
    free(db->cache);
    (void)sqlite3_close(db->handle);
    free(db);
}

/* ---- values --------------------------------------------------------------------------------- */

struct sql_value sql_int(int64_t number)
{
    return (struct sql_value){.type = SQL_INT, .number = number};
}

struct sql_value sql_text(const char *s)
{
    return (struct sql_value){.type = SQL_TEXT, .data = s};
}

struct sql_value sql_blob(const void *data, int len)
{
    return (struct sql_value){.type = SQL_BLOB, .data = data, .len = len};
}

struct sql_value sql_int_or_null(int64_t number)
{
    return (struct sql_value){.type = number == 0 ? SQL_NULL : SQL_INT, .number = number};
}

struct sql_value sql_text_or_null(const char *s)
{
    bool none = s == NULL || s[0] == 0;

    return (struct sql_value){.type = none ? SQL_NULL : SQL_TEXT, .data = s};
}

static int bind(sqlite3_stmt *stmt, int i, const struct sql_value *v)
{
    switch (v->type) {
    case SQL_NULL:
        return sqlite3_bind_null(stmt, i);
    case SQL_INT:
        return sqlite3_bind_int64(stmt, i, v->number);
    case SQL_TEXT:
        return sqlite3_bind_text(stmt, i, v->data, -1, SQLITE_STATIC);
    case SQL_BLOB:
        return sqlite3_bind_blob(stmt, i, v->data, v->len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

/* ---- statements ----------------------------------------------------------------------------- */

static enum err prepared(struct sql *db, const char *text, struct sql_row **out)
{
    struct sql_row *row;
    sqlite3_stmt *stmt;
    int code;

    for (size_t i = 0; i < db->n_cache; i++) {
        if (db->cache[i]->text == text) {
            *out = db->cache[i];
            return OK;
        }
    }
    code = sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (code != SQLITE_OK)
        return error_of(db, code);
    row = mem_alloc(sizeof *row);
    *row = (struct sql_row){.text = text, .stmt = stmt, .db = db};
    db->cache = mem_resize(db->cache, (db->n_cache + 1) * sizeof(struct sql_row *));
    db->cache[db->n_cache++] = row;
    *out = row;
    return OK;
}

enum err sql_query(struct sql *db, const char *text, const struct sql_value *v, size_t n,
                   struct sql_row **out)
{
    struct sql_row *row = NULL;
    enum err e = prepared(db, text, &row);

    if (e != OK)
        return e;
    for (size_t i = 0; i < n; i++) {
        int code = bind(row->stmt, (int)i + 1, &v[i]);

        if (code != SQLITE_OK) {
            e = error_of(db, code);
            sql_end(row);
            return e;
        }
    }
    *out = row;
    return OK;
}

bool sql_next(struct sql_row *row, enum err *e)
{
    int code = sqlite3_step(row->stmt);

    *e = OK;
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        *e = error_of(row->db, code);
    sql_end(row);
    return false;
}

void sql_end(struct sql_row *row)
{
    (void)sqlite3_reset(row->stmt); /* repeats the error that step gave */
    (void)sqlite3_clear_bindings(row->stmt);
}

enum err sql_run(struct sql *db, const char *text, const struct sql_value *v, size_t n)
{
    struct sql_row *row;
    enum err e = sql_query(db, text, v, n, &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e))
        continue;
    return e;
}

enum err sql_one(struct sql *db, const char *text, const struct sql_value *v, size_t n,
                 struct sql_row **out)
{
    struct sql_row *row;
    enum err e = sql_query(db, text, v, n, &row);

    if (e != OK)
        return e;
    if (!sql_next(row, &e))
        return e != OK ? e : ERR_NOT_FOUND;
    *out = row;
    return OK;
}

enum err sql_script(struct sql *db, const char *text)
{
    int code = sqlite3_exec(db->handle, text, NULL, NULL, NULL);

    return code == SQLITE_OK ? OK : error_of(db, code);
}

/* ---- columns -------------------------------------------------------------------------------- */

int64_t sql_get_int(struct sql_row *row, int column)
{
    return sqlite3_column_int64(row->stmt, column);
}

bool sql_is_null(struct sql_row *row, int column)
{
    return sqlite3_column_type(row->stmt, column) == SQLITE_NULL;
}

const char *sql_get_text(struct sql_row *row, int column, struct arena *a)
{
    const unsigned char *s = sqlite3_column_text(row->stmt, column);
    int len = sqlite3_column_bytes(row->stmt, column);

    return s == NULL ? "" : arena_dup_len(a, (const char *)s, (size_t)len);
}

void sql_get_id(struct sql_row *row, int column, char out[ID_LEN + 1])
{
    const unsigned char *s = sqlite3_column_text(row->stmt, column);
    bool good = s != NULL && sqlite3_column_bytes(row->stmt, column) == ID_LEN;

    if (good)
        memcpy(out, s, ID_LEN);
    out[good ? ID_LEN : 0] = 0;
}

bool sql_get_blob(struct sql_row *row, int column, void *out, size_t len)
{
    const void *data = sqlite3_column_blob(row->stmt, column);

    if (data == NULL || (size_t)sqlite3_column_bytes(row->stmt, column) != len)
        return false;
    memcpy(out, data, len);
    return true;
}

/* ---- state of the connection ---------------------------------------------------------------- */

int64_t sql_changed(struct sql *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t sql_changed_ever(struct sql *db)
{
    return sqlite3_total_changes64(db->handle);
}

int64_t sql_last_id(struct sql *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

bool sql_in_transaction(struct sql *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

int64_t sql_wal_bytes(struct sql *db)
{
    return (int64_t)db->wal_pages * db->page_size;
}

enum err sql_checkpoint(struct sql *db, int wait_ms)
{
    int mode = wait_ms < 0 ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE, code;

    (void)sqlite3_busy_timeout(db->handle, wait_ms);
    code = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, NULL, NULL);
    (void)sqlite3_busy_timeout(db->handle, SQL_WAIT_MS);
    return code == SQLITE_OK ? OK : code == SQLITE_BUSY ? ERR_BUSY : error_of(db, code);
}

void sql_forget(struct sql *db)
{
    (void)sqlite3_db_release_memory(db->handle);
}

/* ---- copies --------------------------------------------------------------------------------- */

struct sql_copy {
    struct sql *to;
    sqlite3_backup *backup;
};

enum err sql_copy_begin(struct sql *from, struct sql *to, struct sql_copy **out)
{
    sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");

    if (backup == NULL)
        return error_of(to, sqlite3_errcode(to->handle));
    *out = mem_alloc(sizeof **out);
    **out = (struct sql_copy){to, backup};
    return OK;
}

enum err sql_copy_step(struct sql_copy *c, int pages, bool *more)
{
    int code = sqlite3_backup_step(c->backup, pages);

    *more = code != SQLITE_DONE;
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return OK;
    log_error("database-error", "code=%d detail=%s", code, sqlite3_errstr(code));
    return ERR_IO;
}

int sql_copy_percent(const struct sql_copy *c)
{
    int all = sqlite3_backup_pagecount(c->backup);

    return all == 0 ? 0 : 100 - (int)(100LL * sqlite3_backup_remaining(c->backup) / all);
}

void sql_copy_end(struct sql_copy *c)
{
    if (c == NULL)
        return;
    (void)sqlite3_backup_finish(c->backup);
    free(c);
}
