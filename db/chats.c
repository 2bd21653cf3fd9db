#include "db/chats.h"

#include "db/news.h"
#include "db/row.h"
#include "db/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 1000
#define CURSOR_MAX 64

int64_t chats_limit(const struct query *q)
{
    return q->limit > LIMIT_MAX ? LIMIT_MAX : (int64_t)q->limit;
}

void chats_end(struct query *q, const struct chats_place *p)
{
    q->next_cursor =
        arena_printf(q->arena, "%" PRId64 ".%" PRId64 ".%" PRId64, p->section, p->rank, p->num);
}

/* ?1 organization ?2-?4 place ?5 last section ?6 limit ?7 agent */
#define CHATS(where)                                                                               \
    "SELECT" ROW_CHAT ROW_CHAT_FROM "WHERE " where                                                 \
    " AND (section, rank, chat.num) > (?2, ?3, ?4) AND section <= ?5 AND" CHATS_SEEN_BY(           \
        "?7") " ORDER BY section, rank, chat.num LIMIT ?6 + 1"

const char *chats_text(bool of_one)
{
    return of_one ? CHATS("organization = ?1") : CHATS("?1 = ''");
}

enum err chats_place(const struct query *q, struct chats_place *p, int64_t *last)
{
    static const int64_t first_of[] = {0, 0, 1}, last_of[] = {2, 0, 1};
    char again[CURSOR_MAX], *end;

    *last = last_of[q->filter];
    *p = (struct chats_place){first_of[q->filter], INT64_MIN, INT64_MIN};
    if (q->cursor[0] == 0)
        return OK;
    p->section = strtoll(q->cursor, &end, 10);
    p->rank = *end == '.' ? strtoll(end + 1, &end, 10) : 0;
    p->num = *end == '.' ? strtoll(end + 1, &end, 10) : 0;
    /* strtoll forgives much: only what we would write ourselves is ours */
    (void)snprintf(again, sizeof again, "%" PRId64 ".%" PRId64 ".%" PRId64, p->section, p->rank,
                   p->num);
    if (strcmp(again, q->cursor) != 0 || p->section < first_of[q->filter])
        return ERR_INVALID;
    return OK;
}

static enum err collect_chats(struct query *q, struct sql_row *row)
{
    size_t limit = (size_t)chats_limit(q);
    struct chats_place p = {0};
    enum err e;

    q->chats = arena_array(q->arena, struct chat, limit);
    while (sql_next(row, &e)) {
        if (q->n_chats == limit) {
            q->more = true;
            sql_end(row);
            break;
        }
        row_chat(row, q->arena, &q->chats[q->n_chats++]);
        p = (struct chats_place){sql_get_int(row, ROW_SECTION), sql_get_int(row, ROW_RANK),
                                 sql_get_int(row, ROW_NUM)};
    }
    if (q->more && q->n_chats > 0)
        chats_end(q, &p);
    return e;
}

static enum err count_chats(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db,
                           "SELECT section, sum(chats) FROM tally"
                           " WHERE ?1 = '' OR organization = ?1 GROUP BY section",
                           SQL_WITH(sql_text(q->organization)), &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e)) {
        int64_t n = sql_get_int(row, 1);

        q->counts[FILTER_ALL] += n;
        if (sql_get_int(row, 0) == 0)
            q->counts[FILTER_NEEDS_RESPONSE] = n;
        if (sql_get_int(row, 0) == 1)
            q->counts[FILTER_ASSIGNED] = n;
    }
    return e;
}

static enum err list(struct sql *db, struct query *q, struct chats_place p, int64_t last)
{
    struct sql_row *row;
    enum err e = sql_query(db, chats_text(q->organization[0] != 0),
                           SQL_WITH(sql_text(q->organization), sql_int(p.section), sql_int(p.rank),
                                    sql_int(p.num), sql_int(last), sql_int(chats_limit(q)),
                                    sql_text(q->agent)),
                           &row);

    return e == OK ? collect_chats(q, row) : e;
}

enum err chats_read(struct sql *db, struct query *q)
{
    struct chats_place p;
    int64_t last;
    enum err e = chats_place(q, &p, &last);

    if (e == OK)
        e = count_chats(db, q);
    if (e == OK)
        e = q->search == NULL ? list(db, q, p, last) : search_chats(db, q, p, last);
    return e == OK ? news_read_last(db, q) : e;
}
