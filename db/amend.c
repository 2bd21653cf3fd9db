#include "db/amend.h"

/* What was corrected is erased together with what it was before. */
static enum err erase(struct sql *db, const struct amend *a, int64_t room, int64_t now_ms)
{
    enum err e = sql_run(
        db,
        "UPDATE message SET content = NULL, shown = NULL, data = NULL,"
        " payload = ?3, deletedAt = ?4 WHERE room = ?1 AND id = ?2",
        SQL_WITH(sql_int(room), sql_text(a->id), sql_text_or_null(a->payload), sql_int(now_ms)));

    if (e != OK)
        return e;
    return sql_run(
        db,
        "UPDATE message SET content = NULL, shown = NULL, payload = ?3, deletedAt = ?4"
        " WHERE room = ?1 AND ref = ?2 AND kind = 'message_updated'",
        SQL_WITH(sql_int(room), sql_text(a->id), sql_text_or_null(a->payload), sql_int(now_ms)));
}

static enum err put_amend(struct sql *db, const struct change *c, int64_t room)
{
    const struct amend *a = c->amend;
    int64_t now_ms = c->n_entries > 0 ? c->entries[0].created_ms : c->now_ms;

    if (a == NULL)
        return OK;
    if (a->erase)
        return erase(db, a, room, now_ms);
    return sql_run(db,
                   "UPDATE message SET shown = ?3, editedAt = ?4 WHERE room = ?1 AND id = ?2"
                   " AND deletedAt IS NULL",
                   SQL_WITH(sql_int(room), sql_text(a->id), sql_text(a->shown), sql_int(now_ms)));
}

static enum err put_reader(struct sql *db, const struct change *c, int64_t room)
{
    if (c->reader == NULL)
        return OK;
    return sql_run(db,
                   "INSERT INTO reader (room, userId, seq) VALUES (?1, ?2, ?3)"
                   " ON CONFLICT (room, userId) DO UPDATE SET seq = ?3 WHERE seq < ?3",
                   SQL_WITH(sql_int(room), sql_text(c->reader->id), sql_int(c->reader->seq)));
}

enum err amend_put(struct sql *db, const struct change *c, int64_t room)
{
    enum err e = put_amend(db, c, room);

    return e == OK ? put_reader(db, c, room) : e;
}
