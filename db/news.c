#include "db/news.h"

#include "db/chats.h"
#include "db/row.h"

#include <string.h>

/* Entries of other organizations lie between: the log of all is walked, which costs as many steps
 * as there are gids. An index by organization would cost every message. */
#define SPAN_MAX 50000

/* ?1 after ?2 organization ?3 agent ?4 limit */
#define ENTRIES(which)                                                                             \
    " FROM message CROSS JOIN chat ON chat.num = message.room"                                     \
    " CROSS JOIN room ON room.num = message.room WHERE gid > ?1" which " AND organization = ?2"    \
    " AND NOT EXISTS (SELECT 1 FROM access WHERE access.room = chat.num"                           \
    " AND agentId = ?3 AND standing <> 'member')"                                                  \
    " ORDER BY gid LIMIT ?4"

/* What pages show. The rest changes rows only. */
#define SHOWN                                                                                      \
    " AND message.kind NOT IN ('subject', 'reaction', 'payload')"                                  \
    " AND (message.kind <> 'message_updated' OR deletedAt IS NULL)"

/* ?1 after ?2 organization ?3 up to ?4 limit. Nobody is shut out of what is erased. */
#define ERASED                                                                                     \
    ROW_CHAT_FROM "WHERE organization = ?2 AND erasedGid > ?1 AND erasedGid <= ?3"                 \
                  " ORDER BY erasedGid LIMIT ?4"

#define ROW_ENTRY_ROOM 18 /* the columns behind those of the macros */
#define ROW_CHAT_ERASED 33

enum err news_read_last(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e =
        sql_one(db, "SELECT seq FROM sqlite_sequence WHERE name = 'message'", SQL_NOTHING, &row);

    if (e != OK)
        return e;
    q->last_gid = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

/* ---- may it be told? ------------------------------------------------------------------------ */

static enum err count_news(struct sql *db, const struct query *q, int64_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(
        db,
        "SELECT (SELECT count(*) FROM (SELECT 1" ENTRIES(
            SHOWN) ")) +"
                   " (SELECT count(*) FROM chat WHERE organization = ?2 AND erasedGid > ?1)",
        SQL_WITH(sql_int(q->after), sql_text(q->organization), sql_text(q->agent),
                 sql_int((int64_t)q->most + 1)),
        &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

static enum err check_point(struct sql *db, const struct query *q)
{
    int64_t rights, n = 0;
    struct sql_row *row;
    enum err e = sql_one(db, "SELECT rightsGid FROM agent WHERE id = ?1",
                         SQL_WITH(sql_text(q->agent)), &row);

    if (e != OK)
        return e;
    rights = sql_get_int(row, 0);
    sql_end(row);
    if (q->after < rights || q->after > q->last_gid || q->last_gid - q->after > SPAN_MAX)
        return ERR_NOT_FOUND;
    if ((e = count_news(db, q, &n)) != OK)
        return e;
    return n > (int64_t)q->most ? ERR_NOT_FOUND : OK;
}

/* ---- a page --------------------------------------------------------------------------------- */

static enum err read_entries(struct sql *db, struct query *q, size_t limit)
{
    struct sql_row *row;
    enum err e = sql_query(db, "SELECT" ROW_ENTRY ", room.id" ENTRIES(""),
                           SQL_WITH(sql_int(q->after), sql_text(q->organization),
                                    sql_text(q->agent), sql_int((int64_t)limit + 1)),
                           &row);

    if (e != OK)
        return e;
    q->entries = arena_array(q->arena, struct entry, limit);
    q->up_to = q->last_gid;
    while (sql_next(row, &e)) {
        if (q->n_entries == limit) {
            q->more = true;
            q->up_to = limit > 0 ? q->entries[limit - 1].gid : q->after;
            sql_end(row);
            break;
        }
        row_entry(row, q->arena, sql_get_text(row, ROW_ENTRY_ROOM, q->arena),
                  &q->entries[q->n_entries++]);
    }
    return e;
}

/* The page ends earlier when too many were erased within it. */
static enum err read_erased(struct sql *db, struct query *q, size_t limit)
{
    int64_t last = q->after;
    struct sql_row *row;
    enum err e = sql_query(db, "SELECT" ROW_CHAT ", erasedGid" ERASED,
                           SQL_WITH(sql_int(q->after), sql_text(q->organization), sql_int(q->up_to),
                                    sql_int((int64_t)limit + 1)),
                           &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e)) {
        if (q->n_chats == limit) {
            q->more = true;
            q->up_to = last;
            sql_end(row);
            break;
        }
        row_chat(row, q->arena, &q->chats[q->n_chats++]);
        last = sql_get_int(row, ROW_CHAT_ERASED);
    }
    while (q->n_entries > 0 && q->entries[q->n_entries - 1].gid > q->up_to)
        q->n_entries--;
    return e;
}

static bool has_chat(const struct query *q, const char *id)
{
    for (size_t i = 0; i < q->n_chats; i++)
        if (strcmp(q->chats[i].id, id) == 0)
            return true;
    return false;
}

static enum err read_chats(struct sql *db, struct query *q)
{
    for (size_t i = 0; i < q->n_entries; i++) {
        struct sql_row *row;
        enum err e;

        if (has_chat(q, q->entries[i].room))
            continue;
        e = sql_one(db, "SELECT" ROW_CHAT ROW_CHAT_FROM "WHERE room.id = ?1",
                    SQL_WITH(sql_text(q->entries[i].room)), &row);
        if (e != OK)
            return e;
        row_chat(row, q->arena, &q->chats[q->n_chats++]);
        sql_end(row);
    }
    return OK;
}

enum err news_read(struct sql *db, struct query *q)
{
    size_t limit = (size_t)chats_limit(q);
    enum err e;

    if ((e = news_read_last(db, q)) != OK || (q->most > 0 && (e = check_point(db, q)) != OK) ||
        (e = read_entries(db, q, limit)) != OK)
        return e;
    q->chats = arena_array(q->arena, struct chat, 2 * limit);
    if ((e = read_erased(db, q, limit)) != OK)
        return e;
    return read_chats(db, q);
}
