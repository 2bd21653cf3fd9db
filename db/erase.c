#include "db/erase.h"

#include "db/filerow.h"

#define WINDOW 2000 /* rooms looked at by one sweep */
#define SWEEP_MAX 200

/* A table that comes to hold what people wrote or are called gets its row here, or below. */
static const char *const gone_with_room[] = {
    "DELETE FROM idempotency WHERE room = ?1", "DELETE FROM reader WHERE room = ?1",
    "DELETE FROM participant WHERE room = ?1", "DELETE FROM access WHERE room = ?1",
    "DELETE FROM session WHERE room = ?1",     "DELETE FROM token WHERE chat = ?1",
    "DELETE FROM word WHERE chat = ?1",
};

#define STUB                                                                                       \
    "UPDATE message SET senderName = NULL, content = NULL, data = NULL, clientId = NULL,"          \
    " stanzaId = NULL, payload = NULL, shown = NULL, editedAt = NULL,"                             \
    " deletedAt = coalesce(deletedAt, ?2) WHERE "

static enum err erase_chat(struct sql *db, const struct change *c, int64_t num)
{
    enum err e = sql_run(db, STUB "room = ?1", SQL_WITH(sql_int(num), sql_int(c->now_ms)));

    if (e != OK)
        return e;
    e = sql_run(db, STUB "room IN (SELECT num FROM room WHERE kind = 'lobby') AND ref = ?1",
                SQL_WITH(sql_text(c->room), sql_int(c->now_ms)));
    if (e != OK)
        return e;
    e = sql_run(
        db,
        "UPDATE chat SET name = NULL, email = NULL, externalId = NULL, locale = NULL, page = NULL,"
        " escalationReason = NULL, ratingComment = NULL, assistantPending = 0, erasedAt = "
        "?2 WHERE num = ?1",
        SQL_WITH(sql_int(num), sql_int(c->now_ms)));
    for (size_t i = 0; e == OK && i < sizeof gone_with_room / sizeof gone_with_room[0]; i++)
        e = sql_run(db, gone_with_room[i], SQL_WITH(sql_int(num)));
    return e;
}

enum err erase_put(struct sql *db, struct change *c, int64_t num)
{
    enum err e = c->erase || c->chat_gone ? filerow_erase(db, c, num) : OK;

    if (e != OK)
        return e;
    if (c->chat_gone) /* all that is of it goes by ON DELETE CASCADE */
        return sql_run(db, "DELETE FROM room WHERE num = ?1", SQL_WITH(sql_int(num)));
    return c->erase ? erase_chat(db, c, num) : OK;
}

/* ---- what is due ---------------------------------------------------------------------------- */

/* A walk over the rooms in windows: an index of its own would cost every message. ?1 after ?2 empty
 * since ?3 quiet since, 0 never ?4 limit */
static const char due_text[] =
    "SELECT room.num, room.id FROM room CROSS JOIN chat ON chat.num = room.num"
    " WHERE room.num > ?1 AND room.num <= ?1 + 2000 AND erasedAt IS NULL AND iif(lastSeq = 0,"
    " state = 'assistant' AND createdAt < ?2, (state = 'closed' AND closedAt < ?3)"
    " OR (state = 'assistant' AND lastAt < ?3)) ORDER BY room.num LIMIT ?4";

_Static_assert(WINDOW == 2000, "as in the text above");

static enum err last_room(struct sql *db, int64_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(db, "SELECT max(num) FROM room", SQL_NOTHING, &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

enum err erase_read_due(struct sql *db, struct query *q)
{
    size_t limit = q->limit < SWEEP_MAX ? q->limit : SWEEP_MAX;
    int64_t last = 0, seen = q->after;
    struct sql_row *row;
    enum err e = last_room(db, &last);

    if (e != OK)
        return e;
    e = sql_query(
        db, due_text,
        SQL_WITH(sql_int(q->after), sql_int(q->before), sql_int(q->since), sql_int((int64_t)limit)),
        &row);
    if (e != OK)
        return e;
    q->pending = arena_array(q->arena, const char *, limit + 1);
    while (sql_next(row, &e)) {
        seen = sql_get_int(row, 0);
        q->pending[q->n_pending++] = sql_get_text(row, 1, q->arena);
    }
    q->first = q->n_pending == limit ? seen : q->after + WINDOW;
    q->more = q->first < last;
    return e;
}
