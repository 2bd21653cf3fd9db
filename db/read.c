#include "db/read.h"

#include "db/access.h"
#include "db/archive.h"
#include "db/canned.h"
#include "db/chats.h"
#include "db/erase.h"
#include "db/filerow.h"
#include "db/news.h"
#include "db/rooms.h"
#include "db/row.h"

#include <string.h>

#define LIMIT_MAX 1000
#define WAITS_MAX 20
#define BEHIND_ALL (INT64_MAX / 2) /* seq and pos stay below it, also when it is added to */

enum err read_begin(struct sql *db)
{
    struct sql_row *row;
    enum err e = sql_run(db, "BEGIN", SQL_NOTHING);

    if (e != OK)
        return e;
    /* BEGIN alone takes no snapshot, the first read does. */
    if ((e = sql_one(db, "SELECT 1 FROM meta LIMIT 1", SQL_NOTHING, &row)) == OK)
        sql_end(row);
    return e;
}

void read_end(struct sql *db)
{
    if (sql_in_transaction(db))
        (void)!sql_run(db, "COMMIT", SQL_NOTHING);
}

/* ---- growing results ------------------------------------------------------------------------ */

/* Room for one more in an array of the arena, which doubles: n is 0, 1, 2, 4 … when it is full. */
static void *grow(struct arena *a, void *items, size_t n, size_t size)
{
    void *bigger;

    if ((n & (n - 1)) != 0)
        return items;
    bigger = arena_alloc(a, size * (n == 0 ? 1 : 2 * n));
    if (n > 0)
        memcpy(bigger, items, n * size);
    return bigger;
}

#define NEXT(q, items, n)                                                                          \
    ((q)->items = grow((q)->arena, (q)->items, (q)->n, sizeof *(q)->items), &(q)->items[(q)->n++])

static int64_t limit_of(const struct query *q)
{
    return q->limit > LIMIT_MAX ? LIMIT_MAX : (int64_t)q->limit;
}

/* ---- logs ----------------------------------------------------------------------------------- */

/* ?1 room ?2 after ?3 before ?4 without subjects ?5 limit. One more than the limit is asked for, to
 * know whether there is more. */
#define ENTRIES(where, order)                                                                      \
    "SELECT" ROW_ENTRY "FROM message WHERE room = (SELECT num FROM room WHERE id = ?1) AND " where \
    " AND (?4 = 0 OR kind NOT IN ('subject', 'reaction')) ORDER BY seq " order " LIMIT ?5 + 1"

#define BY_SEQ "seq > ?2 AND seq < ?3"
/* How far pos is behind seq at the end of the log is the most that it is anywhere. Entries without
 * a pos, so many at the most, are passed in the index, which holds seq and pos. */
#define BY_POS                                                                                     \
    "seq > ?2 AND seq < ?3 + (SELECT lastSeq - lastPos FROM room WHERE id = ?1)"                   \
    " AND pos > ?2 AND pos < ?3"

const char *read_entries_text(bool public_only, bool newest)
{
    static const char *const texts[2][2] = {
        {ENTRIES(BY_SEQ, "ASC"), ENTRIES(BY_SEQ, "DESC")},
        {ENTRIES(BY_POS, "ASC"), ENTRIES(BY_POS, "DESC")},
    };

    return texts[public_only][newest];
}

/* In a room gids grow with seq, so the index by seq (which holds the gid) is walked from its end
 * down to the first gid that is not wanted; an index of its own would cost every insert. */
static const char after_gid[] =
    "SELECT" ROW_ENTRY "FROM message WHERE room = (SELECT num FROM room WHERE id = ?1)"
    " AND seq > coalesce((SELECT seq FROM message"
    " WHERE room = (SELECT num FROM room WHERE id = ?1) AND gid <= ?2"
    " ORDER BY seq DESC LIMIT 1), 0)"
    " ORDER BY seq LIMIT ?3 + 1";

static enum err collect_entries(struct query *q, struct sql_row *row)
{
    size_t limit = (size_t)limit_of(q);
    const char *room = arena_dup(q->arena, q->room);
    enum err e;

    while (sql_next(row, &e)) {
        if (q->n_entries == limit) {
            q->more = true;
            sql_end(row);
            break;
        }
        row_entry(row, q->arena, room, NEXT(q, entries, n_entries));
    }
    return e;
}

static void reverse_entries(struct query *q)
{
    for (size_t i = 0, j = q->n_entries; i + 1 < j; i++) {
        struct entry swap = q->entries[i];

        q->entries[i] = q->entries[--j];
        q->entries[j] = swap;
    }
}

static enum err read_entries(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db, read_entries_text(q->public_only, q->newest),
                           SQL_WITH(sql_text(q->room), sql_int(q->after),
                                    sql_int(q->before > 0 ? q->before : BEHIND_ALL),
                                    sql_int(q->messages_only), sql_int(limit_of(q))),
                           &row);

    if (e != OK || (e = collect_entries(q, row)) != OK)
        return e;
    if (q->newest)
        reverse_entries(q);
    return OK;
}

static enum err read_after_gid(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(
        db, after_gid, SQL_WITH(sql_text(q->room), sql_int(q->after), sql_int(limit_of(q))), &row);

    return e == OK ? collect_entries(q, row) : e;
}

/* ---- room ----------------------------------------------------------------------------------- */

static enum room_role role_of(const char *name)
{
    enum room_role r = ROOM_NONE;

    (void)room_role_of_name(name, &r);
    return r;
}

static void session_of(struct sql_row *row, struct arena *a, struct session *s)
{
    s->kind = SESSION_XMPP;
    s->room = sql_get_text(row, 0, a);
    s->address = sql_get_text(row, 1, a);
    s->agent_id = sql_get_text(row, 2, a);
    s->jid = sql_get_text(row, 3, a);
    s->nick = sql_get_text(row, 4, a);
    s->presence = sql_get_text(row, 5, a);
    s->since_gid = sql_get_int(row, 6);
    s->joined_ms = sql_get_int(row, 7);
    s->role = role_of(sql_get_text(row, 8, a));
}

#define SESSIONS                                                                                   \
    "SELECT room.id, address, agentId, jid, nick, presence, sinceGid, joinedAt, session.role"      \
    " FROM session CROSS JOIN room ON room.num = session.room "

static enum err collect_sessions(struct query *q, struct sql_row *row)
{
    enum err e;

    while (sql_next(row, &e))
        session_of(row, q->arena, NEXT(q, sessions, n_sessions));
    return e;
}

static enum err read_sessions(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db, SESSIONS "WHERE room.id = ?1 ORDER BY session.num",
                           SQL_WITH(sql_text(q->room)), &row);

    return e == OK ? collect_sessions(q, row) : e;
}

static enum err read_participants(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db,
                           "SELECT agentId, speaker FROM participant"
                           " WHERE room = (SELECT num FROM room WHERE id = ?1) ORDER BY num",
                           SQL_WITH(sql_text(q->room)), &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e)) {
        struct participant *p = NEXT(q, participants, n_participants);

        p->agent_id = sql_get_text(row, 0, q->arena);
        p->speaker = sql_get_int(row, 1) != 0;
    }
    return e;
}

static enum err read_room(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_one(db,
                         "SELECT" ROW_CHAT "FROM room CROSS JOIN chat ON chat.num = room.num"
                         " WHERE room.id = ?1",
                         SQL_WITH(sql_text(q->room)), &row);

    if (e == ERR_NOT_FOUND)
        return (e = rooms_read(db, q)) == OK ? read_sessions(db, q) : e;
    if (e != OK)
        return e;
    row_chat(row, q->arena, NEXT(q, chats, n_chats));
    sql_end(row);
    if ((e = read_participants(db, q)) != OK || (e = access_read(db, q)) != OK)
        return e;
    return read_sessions(db, q);
}

/* ---- tokens and waits ----------------------------------------------------------------------- */

static void token_of(struct sql_row *row, struct arena *a, struct token *t)
{
    t->until_ms = sql_get_int(row, 5);
    t->used_ms = sql_get_int(row, 6);
    t->kind = sql_is_null(row, 1) ? TOKEN_CHAT : t->until_ms > 0 ? TOKEN_SESSION : TOKEN_AGENT;
    (void)sql_get_blob(row, 0, t->hash, HASH_LEN);
    t->subject = sql_get_text(row, t->kind == TOKEN_CHAT ? 2 : 1, a);
    t->label = sql_get_text(row, 3, a);
    t->created_ms = sql_get_int(row, 4);
}

#define TOKENS                                                                                     \
    "SELECT hash, agentId, (SELECT id FROM room WHERE num = chat), label, createdAt, expiresAt,"   \
    " usedAt FROM token "

static enum err read_token(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_one(db, TOKENS "WHERE hash = ?1", SQL_WITH(sql_blob(q->hash, HASH_LEN)), &row);

    if (e != OK)
        return e;
    token_of(row, q->arena, NEXT(q, tokens, n_tokens));
    sql_end(row);
    return OK;
}

static enum err read_tokens(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db, TOKENS "WHERE agentId IS NOT NULL ORDER BY createdAt, hash",
                           SQL_NOTHING, &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e))
        token_of(row, q->arena, NEXT(q, tokens, n_tokens));
    return e;
}

#define WAITS(where)                                                                               \
    "SELECT max(0, assignedAt - coalesce(queuedAt, escalationRequestedAt)) FROM chat"              \
    " WHERE " where " AND assignedAt IS NOT NULL AND escalationRequested = 1"                      \
    " ORDER BY assignedAt DESC, num DESC LIMIT ?2"

/* From the escalation, or the return to the queue, to the claim. */
static enum err read_waits(struct sql *db, struct query *q)
{
    bool one = q->organization[0] != 0;
    struct sql_row *row;
    enum err e = sql_query(db, one ? WAITS("organization = ?1") : WAITS("?1 = ''"),
                           SQL_WITH(sql_text(q->organization), sql_int(WAITS_MAX)), &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e))
        *NEXT(q, waits_ms, n_waits) = sql_get_int(row, 0);
    return e;
}

static enum err read_stats(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_one(
        db,
        "SELECT (SELECT count(*) FROM chat WHERE organization = ?1 AND createdAt >= ?2),"
        " (SELECT count(*) FROM chat WHERE organization = ?1 AND escalationRequested = 1"
        "  AND escalationRequestedAt >= ?2 - ?3),"
        " (SELECT count(*) FROM chat WHERE organization = ?1 AND assignedAt >= ?2 - ?3),"
        " (SELECT count(*) FROM chat WHERE organization = ?1 AND closedAt >= ?2 - ?3)",
        SQL_WITH(sql_text(q->organization), sql_int(q->since), sql_int(q->wall_ahead_ms)), &row);

    if (e != OK)
        return e;
    q->stats = (struct day_stats){.begun = sql_get_int(row, 0),
                                  .escalated = sql_get_int(row, 1),
                                  .claimed = sql_get_int(row, 2),
                                  .closed = sql_get_int(row, 3)};
    sql_end(row);
    return OK;
}

/* ---- start ---------------------------------------------------------------------------------- */

static enum err read_meta(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_one(db,
                         "SELECT (SELECT value FROM meta WHERE key = 'epoch'),"
                         " (SELECT value FROM meta WHERE key = 'secret'),"
                         " (SELECT value FROM meta WHERE key = 'xmppConfirmed'),"
                         " (SELECT seq FROM sqlite_sequence WHERE name = 'message')",
                         SQL_NOTHING, &row);

    if (e != OK)
        return e;
    q->epoch = sql_get_text(row, 0, q->arena);
    q->secret = sql_get_text(row, 1, q->arena);
    q->xmpp_confirmed = sql_get_int(row, 2);
    q->last_gid = sql_get_int(row, 3);
    sql_end(row);
    return OK;
}

static enum err read_organizations(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db,
                           "SELECT name, title, origins, configured FROM organization"
                           " ORDER BY num",
                           SQL_NOTHING, &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e)) {
        struct organization *o = NEXT(q, organizations, n_organizations);

        o->name = sql_get_text(row, 0, q->arena);
        o->title = sql_get_text(row, 1, q->arena);
        o->origins = sql_get_text(row, 2, q->arena);
        o->configured = sql_get_int(row, 3) != 0;
    }
    return e;
}

static enum duty_show status_of(const char *name)
{
    for (int s = DUTY_DND; s <= DUTY_ON; s++)
        if (strcmp(duty_name((enum duty_show)s), name) == 0)
            return (enum duty_show)s;
    return DUTY_OFF;
}

static enum agent_notify notify_of(const char *name)
{
    for (int n = 0; n < NOTIFY_COUNT_; n++)
        if (strcmp(agent_notify_name((enum agent_notify)n), name) == 0)
            return (enum agent_notify)n;
    return NOTIFY_MESSAGE;
}

static enum err read_agents(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db,
                           "SELECT id, jid, name, organization, role = 'supervisor', skills,"
                           " createdAt, status, maxChats, notify, contact FROM agent ORDER BY num",
                           SQL_NOTHING, &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e)) {
        struct agent *a = NEXT(q, agents, n_agents);

        sql_get_id(row, 0, a->id);
        a->jid = sql_get_text(row, 1, q->arena);
        a->name = sql_get_text(row, 2, q->arena);
        a->organization = sql_get_text(row, 3, q->arena);
        a->role = sql_get_int(row, 4) != 0 ? AGENT_SUPERVISOR : AGENT_AGENT;
        a->skills = sql_get_text(row, 5, q->arena);
        a->created_ms = sql_get_int(row, 6);
        a->status = status_of(sql_get_text(row, 7, q->arena));
        a->max_chats = (int)sql_get_int(row, 8);
        a->notify = notify_of(sql_get_text(row, 9, q->arena));
        a->contact = (unsigned)sql_get_int(row, 10);
    }
    return e;
}

static enum err read_open_chats(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db,
                           "SELECT" ROW_CHAT ROW_CHAT_FROM "WHERE section <= 1"
                           " ORDER BY section, rank, chat.num",
                           SQL_NOTHING, &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e))
        row_chat(row, q->arena, NEXT(q, chats, n_chats));
    if (e != OK)
        return e;
    e = sql_query(db,
                  "SELECT room.id FROM chat CROSS JOIN room ON room.num = chat.num"
                  " WHERE assistantPending = 1 ORDER BY chat.num",
                  SQL_NOTHING, &row);
    if (e != OK)
        return e;
    while (sql_next(row, &e))
        *NEXT(q, pending, n_pending) = sql_get_text(row, 0, q->arena);
    return e;
}

static enum err read_start(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e;

    if ((e = read_meta(db, q)) != OK || (e = read_organizations(db, q)) != OK ||
        (e = read_agents(db, q)) != OK || (e = read_open_chats(db, q)) != OK ||
        (e = access_read_open(db, q)) != OK || (e = rooms_read_all(db, q)) != OK ||
        (e = filerow_read_open(db, q)) != OK)
        return e;
    e = sql_query(db, SESSIONS "ORDER BY session.num", SQL_NOTHING, &row);
    return e == OK ? collect_sessions(q, row) : e;
}

enum err read_query(struct sql *db, struct query *q)
{
    switch (q->kind) {
    case QUERY_START:
        return read_start(db, q);
    case QUERY_ROOM:
        return read_room(db, q);
    case QUERY_ENTRIES:
        return read_entries(db, q);
    case QUERY_AFTER_GID:
        return read_after_gid(db, q);
    case QUERY_CHATS:
        return chats_read(db, q);
    case QUERY_NEWS:
        return news_read(db, q);
    case QUERY_TOKEN:
        return read_token(db, q);
    case QUERY_TOKENS:
        return read_tokens(db, q);
    case QUERY_WAITS:
        return read_waits(db, q);
    case QUERY_STATS:
        return read_stats(db, q);
    case QUERY_ENTRY:
        return archive_read_entry(db, q);
    case QUERY_ARCHIVE:
        return archive_read_page(db, q);
    case QUERY_SWEEP:
        return erase_read_due(db, q);
    case QUERY_FILE:
        return filerow_read(db, q);
    case QUERY_CANNED:
        return canned_read(db, q);
    case QUERY_FILES:
        return filerow_read_ids(db, q);
    }
    return ERR_INVALID;
}
