#include "db/access.h"

#include <string.h>

/* ---- writing -------------------------------------------------------------------------------- */

static const char *standing_name(enum standing s)
{
    switch (s) {
    case STANDING_MEMBER:
        return "member";
    case STANDING_NONE:
        return "none";
    case STANDING_OUTCAST:
        return "outcast";
    case STANDING_USUAL:
        break;
    }
    return "";
}

static enum err put_one(struct sql *db, const struct access *a, int64_t num)
{
    if (a->standing == STANDING_USUAL)
        return sql_run(db, "DELETE FROM access WHERE room = ?1 AND agentId = ?2",
                       SQL_WITH(sql_int(num), sql_text(a->agent_id)));
    return sql_run(
        db,
        "INSERT INTO access (room, agentId, standing) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (room, agentId) DO UPDATE SET standing = ?3",
        SQL_WITH(sql_int(num), sql_text(a->agent_id), sql_text(standing_name(a->standing))));
}

enum err access_put(struct sql *db, const struct change *c, int64_t num)
{
    enum err e;

    for (size_t i = 0; i < c->n_access; i++)
        if ((e = put_one(db, &c->access[i], num)) != OK)
            return e;
    if (c->unblock)
        return sql_run(db, "UPDATE chat SET blocked = 0 WHERE num = ?1", SQL_WITH(sql_int(num)));
    if (c->chat == NULL || !c->chat->blocked)
        return OK;
    return sql_run(db, "UPDATE chat SET blocked = 1 WHERE num = ?1", SQL_WITH(sql_int(num)));
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum standing standing_of(const char *name)
{
    if (strcmp(name, "outcast") == 0)
        return STANDING_OUTCAST;
    return strcmp(name, "member") == 0 ? STANDING_MEMBER : STANDING_NONE;
}

/* count: how many rows there are at most. */
static enum err collect(struct query *q, struct sql_row *row, size_t count)
{
    enum err e;

    q->access = arena_array(q->arena, struct access, count + 1);
    while (sql_next(row, &e)) {
        struct access *a = &q->access[q->n_access++];

        a->room = sql_get_text(row, 0, q->arena);
        a->agent_id = sql_get_text(row, 1, q->arena);
        a->standing = standing_of(sql_get_text(row, 2, q->arena));
    }
    return e;
}

#define ROWS                                                                                       \
    " FROM access JOIN room ON room.num = access.room JOIN chat ON chat.num = access.room WHERE "

static enum err count_rows(struct sql *db, const char *text, const char *room, size_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(db, text, SQL_WITH(sql_text(room)), &row);

    if (e != OK)
        return e;
    *out = (size_t)sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

/* Both texts have ?1, the room. */
static enum err read_rows(struct sql *db, struct query *q, const char *count, const char *rows,
                          const char *room)
{
    struct sql_row *row;
    size_t n = 0;
    enum err e = count_rows(db, count, room, &n);

    if (e != OK)
        return e;
    e = sql_query(db, rows, SQL_WITH(sql_text(room)), &row);
    return e == OK ? collect(q, row, n) : e;
}

enum err access_read(struct sql *db, struct query *q)
{
    size_t blocked = 0;
    enum err e = count_rows(db,
                            "SELECT blocked FROM chat JOIN room ON room.num = chat.num"
                            " WHERE room.id = ?1",
                            q->room, &blocked);

    if (e != OK)
        return e;
    q->chats[0].blocked = blocked != 0;
    return read_rows(db, q, "SELECT count(*)" ROWS "room.id = ?1",
                     "SELECT room.id, agentId, standing" ROWS "room.id = ?1 ORDER BY agentId",
                     q->room);
}

enum err access_read_open(struct sql *db, struct query *q)
{
    return read_rows(db, q, "SELECT count(*)" ROWS "section <= 1 AND ?1 = ''",
                     "SELECT room.id, agentId, standing" ROWS
                     "section <= 1 AND ?1 = '' ORDER BY access.room, agentId",
                     "");
}
