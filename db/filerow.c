#include "db/filerow.h"

#include <string.h>

/* ---- writing -------------------------------------------------------------------------------- */

/* When so much of the owner's bytes will be too old to count that the file fits. */
static enum err find_retry(struct sql *db, struct change *c)
{
    const struct file *f = c->file;
    struct sql_row *row;
    enum err e = sql_one(
        db,
        "WITH recent AS (SELECT num, createdAt, sum(size) OVER (ORDER BY createdAt, num) AS freed,"
        " sum(size) OVER () AS total FROM file WHERE agentId = ?1 AND createdAt > ?2)"
        " SELECT createdAt FROM recent WHERE total - freed + ?3 <= ?4 ORDER BY createdAt, num"
        " LIMIT 1",
        SQL_WITH(sql_text(f->owner), sql_int(f->created_ms - c->file_span_ms), sql_int(f->size),
                 sql_int(c->file_quota)),
        &row);

    if (e == ERR_NOT_FOUND) { /* it alone is too much */
        c->retry_ms = c->file_span_ms;
        return OK;
    }
    if (e != OK)
        return e;
    c->retry_ms = sql_get_int(row, 0) + c->file_span_ms - f->created_ms;
    sql_end(row);
    return OK;
}

/* Of ?1 to ?6. */
#define FILE_VALUES(f)                                                                             \
    sql_text((f)->id), sql_text((f)->owner), sql_text((f)->name), sql_text((f)->type),             \
        sql_int((f)->size), sql_int((f)->created_ms)

/* A new one, if its owner may send so much. */
static enum err put_new(struct sql *db, struct change *c)
{
    const struct file *f = c->file;
    enum err e = sql_run(db,
                         "INSERT INTO file (id, agentId, name, type, size, createdAt, stored, room)"
                         " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?9, (SELECT num FROM room WHERE id = ?10)"
                         " WHERE ?5 + coalesce((SELECT sum(size) FROM file"
                         " WHERE agentId = ?2 AND createdAt > ?7), 0) <= ?8",
                         SQL_WITH(FILE_VALUES(f), sql_int(f->created_ms - c->file_span_ms),
                                  sql_int(c->file_quota), sql_int(f->state == FILE_STORED),
                                  sql_text(f->room)));

    if (e != OK || sql_changed(db) > 0)
        return e;
    e = find_retry(db, c);
    return e == OK ? ERR_RATE : e;
}

static enum err put_stored(struct sql *db, const struct file *f)
{
    return sql_run(db,
                   "INSERT INTO file (id, agentId, name, type, size, createdAt, stored, room)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, (SELECT num FROM room WHERE id = ?7))"
                   " ON CONFLICT (id) DO UPDATE SET type = ?4, stored = 1",
                   SQL_WITH(FILE_VALUES(f), sql_text(f->room)));
}

enum err filerow_put(struct sql *db, struct change *c)
{
    enum err e = OK;

    if (c->file != NULL)
        e = c->file_quota > 0 ? put_new(db, c) : put_stored(db, c->file);
    for (size_t i = 0; i < c->n_files_gone && e == OK; i++)
        e = sql_run(db, "DELETE FROM file WHERE id = ?1", SQL_WITH(sql_text(c->files_gone[i])));
    if (e == OK && c->file_posted[0] != '\0')
        e = sql_run(db,
                    "UPDATE file SET room = (SELECT num FROM room WHERE id = ?2)"
                    " WHERE id = ?1 AND room IS NULL",
                    SQL_WITH(sql_text(c->file_posted), sql_text(c->room)));
    return e;
}

static enum err count(struct sql *db, const char *text, int64_t num, size_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(db, text, SQL_WITH(sql_int(num)), &row);

    if (e != OK)
        return e;
    *out = (size_t)sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

enum err filerow_erase(struct sql *db, struct change *c, int64_t num)
{
    struct sql_row *row;
    size_t most = 0;
    enum err e = count(db, "SELECT count(*) FROM file WHERE room = ?1", num, &most);

    c->n_bytes_gone = 0; /* the batch may run again */
    if (e != OK || most == 0)
        return e;
    c->bytes_gone = arena_array(c->arena, const char *, most);
    e = sql_query(db, "SELECT id FROM file WHERE room = ?1", SQL_WITH(sql_int(num)), &row);
    if (e != OK)
        return e;
    while (sql_next(row, &e))
        c->bytes_gone[c->n_bytes_gone++] = sql_get_text(row, 0, c->arena);
    if (e != OK)
        return e;
    return sql_run(db, "DELETE FROM file WHERE room = ?1", SQL_WITH(sql_int(num)));
}

/* ---- reading -------------------------------------------------------------------------------- */

#define FILES                                                                                      \
    "SELECT file.id, agentId, room.id, name, type, size, createdAt, stored FROM file"              \
    " LEFT JOIN room ON room.num = file.room WHERE "

static void file_of(struct sql_row *row, struct arena *a, struct file *f)
{
    sql_get_id(row, 0, f->id);
    f->owner = sql_get_text(row, 1, a);
    f->room = sql_get_text(row, 2, a);
    f->name = sql_get_text(row, 3, a);
    f->type = sql_get_text(row, 4, a);
    f->size = sql_get_int(row, 5);
    f->created_ms = sql_get_int(row, 6);
    f->state = sql_get_int(row, 7) != 0 ? FILE_STORED : FILE_OPEN;
}

enum err filerow_read(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_one(db, FILES "file.id = ?1 AND stored = 1", SQL_WITH(sql_text(q->id)), &row);

    if (e != OK)
        return e;
    q->files = arena_new_of(q->arena, struct file);
    q->n_files = 1;
    file_of(row, q->arena, q->files);
    sql_end(row);
    return OK;
}

enum err filerow_read_open(struct sql *db, struct query *q)
{
    struct sql_row *row;
    size_t most = 0;
    enum err e = count(db, "SELECT count(*) FROM file WHERE stored = ?1", 0, &most);

    if (e != OK)
        return e;
    q->files = arena_array(q->arena, struct file, most + 1);
    if ((e = sql_query(db, FILES "stored = 0 ORDER BY file.num", SQL_NOTHING, &row)) != OK)
        return e;
    while (sql_next(row, &e))
        file_of(row, q->arena, &q->files[q->n_files++]);
    return e;
}

enum err filerow_read_ids(struct sql *db, struct query *q)
{
    struct sql_row *row;
    size_t most = 0;
    enum err e = count(db, "SELECT count(*) FROM file WHERE stored = ?1", 1, &most);

    if (e != OK)
        return e;
    q->file_ids = arena_array(q->arena, const char *, most + 1);
    e = sql_query(db, "SELECT id FROM file WHERE stored = 1 ORDER BY id", SQL_NOTHING, &row);
    if (e != OK)
        return e;
    while (sql_next(row, &e))
        q->file_ids[q->n_file_ids++] = sql_get_text(row, 0, q->arena);
    return e;
}
