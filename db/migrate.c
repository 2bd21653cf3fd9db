#include "db/migrate.h"

#include "core/base/log.h"
#include "db/backup.h"
#include "db/search.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x50726c79 /* "Prly", which file(1) shows; see the SQLite file format */
#define EPOCH_LEN 8

static enum err pragma(struct sql *db, const char *text, int64_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(db, text, SQL_NOTHING, &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

static int64_t version_of(const struct embedded *file)
{
    return strtol(file->name, NULL, 10);
}

static enum err check_owner(struct sql *db)
{
    int64_t id, tables, vacuum;
    enum err e;

    if ((e = pragma(db, "PRAGMA application_id", &id)) != OK ||
        (e = pragma(db, "SELECT count(*) FROM sqlite_schema", &tables)) != OK ||
        (e = pragma(db, "PRAGMA auto_vacuum", &vacuum)) != OK)
        return e;
    if (vacuum != 0) /* has pages that db/page.c does not know */
        return ERR_INVALID;
    return id == APPLICATION_ID || (id == 0 && tables == 0) ? OK : ERR_INVALID;
}

static enum err back_up(struct sql *db, const char *path, int64_t version)
{
    struct arena *a = arena_new();
    const char *copy = arena_printf(a, "%s.before-%" PRId64, path, version);
    const char *part = arena_printf(a, "%s.part", copy);
    enum err e = backup_make_file(part);

    if (e == OK)
        e = sql_run(db, "VACUUM INTO ?1", SQL_WITH(sql_text(part)));
    if (e == OK)
        e = backup_finish(part, copy);
    if (e != OK)
        log_error("database-backup-failed", "path=%s", copy);
    arena_free(a);
    return e;
}

/* What is made of the rows that are there, in C, behind the file of that version. */
static enum err fill_tables(struct sql *db, int64_t version)
{
    return version == 15 ? search_fill(db) : OK;
}

static enum err run_file(struct sql *db, const struct embedded *file)
{
    struct arena *a = arena_new();
    const char *text = arena_printf(
        a, "BEGIN IMMEDIATE;\n%s\n;PRAGMA application_id = %d; PRAGMA user_version = %" PRId64 ";",
        (const char *)file->data, APPLICATION_ID, version_of(file));
    enum err e = sql_script(db, text);

    if (e == OK)
        e = fill_tables(db, version_of(file));
    if (e == OK)
        e = sql_script(db, "COMMIT");
    if (e != OK && sql_in_transaction(db))
        (void)!sql_script(db, "ROLLBACK");
    arena_free(a);
    if (e != OK)
        log_error("database-migration-failed", "file=%s", file->name);
    return e;
}

/* What a database has from birth, and what a copy of it lacks. */
static enum err fill_meta(struct sql *db)
{
    char epoch[ID_LEN + 1], secret[HASH_HEX_LEN + 1];
    unsigned char seed[HASH_LEN];
    enum err e;

    crypto_id(epoch);
    epoch[EPOCH_LEN] = 0;
    crypto_random_bytes(seed, sizeof seed);
    crypto_hash_hex(seed, sizeof seed, secret);
    e = sql_run(db, "INSERT INTO meta VALUES ('epoch', ?1) ON CONFLICT DO NOTHING",
                SQL_WITH(sql_text(epoch)));
    if (e != OK)
        return e;
    return sql_run(db, "INSERT INTO meta VALUES ('secret', ?1) ON CONFLICT DO NOTHING",
                   SQL_WITH(sql_text(secret)));
}

static int64_t last_version(const struct embedded *files)
{
    int64_t last = 0;

    for (const struct embedded *f = files; f->name != NULL; f++)
        last = version_of(f);
    return last;
}

enum err migrate_check(struct sql *db, const struct embedded *files, int64_t *version)
{
    int64_t have;
    enum err e;

    if ((e = check_owner(db)) != OK || (e = pragma(db, "PRAGMA user_version", &have)) != OK)
        return e;
    if (have > last_version(files))
        return ERR_NEWER;
    *version = have;
    return OK;
}

enum err migrate_run(struct sql *db, const char *path, const struct embedded *files)
{
    int64_t have;
    enum err e = migrate_check(db, files, &have);

    if (e != OK)
        return e;
    if (have > 0 && have < last_version(files) && (e = back_up(db, path, have)) != OK)
        return e;
    for (const struct embedded *f = files; f->name != NULL; f++) {
        if (version_of(f) <= have)
            continue;
        if ((e = run_file(db, f)) != OK)
            return e;
        log_info("database-migrated", "to=%" PRId64, version_of(f));
    }
    return fill_meta(db);
}
