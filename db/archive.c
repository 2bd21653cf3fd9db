#include "db/archive.h"

#include "db/row.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 1000
#define COUNT_MAX 5000  /* entries that are looked at to count one sender's */
#define RECENT_MAX 2000 /* entries among which a stanza's id is looked for */

/* Entries of one room stand at seq 1, 2, 3 … without gaps (what is erased leaves its row, and old
 * ones could only be dropped from the front), and their times grow with it. So places
 * are subtractions, and times are found by halving: nothing here walks through a long log, but the
 * search for one sender. */
struct span {
    int64_t first, last; /* both included; empty when first > last */
};

struct archive {
    struct sql *db;
    struct query *q;
    int64_t room;
    struct span all;  /* what the filters leave */
    struct span page; /* what of it the page may hold */
    size_t limit;
};

static int64_t size_of(const struct span *s)
{
    return s->last < s->first ? 0 : s->last - s->first + 1;
}

static void not_before(struct span *s, int64_t seq)
{
    s->first = seq > s->first ? seq : s->first;
}

static void not_after(struct span *s, int64_t seq)
{
    s->last = seq < s->last ? seq : s->last;
}

static enum err find_room(struct sql *db, const char *id, int64_t *num, struct span *out)
{
    struct sql_row *row;
    enum err e = sql_one(db,
                         "SELECT num, lastSeq, coalesce((SELECT min(seq) FROM message"
                         " WHERE room = room.num), lastSeq + 1) FROM room WHERE id = ?1",
                         SQL_WITH(sql_text(id)), &row);

    if (e != OK)
        return e;
    *num = sql_get_int(row, 0);
    *out = (struct span){.first = sql_get_int(row, 2), .last = sql_get_int(row, 1)};
    sql_end(row);
    return OK;
}

/* ---- one entry ------------------------------------------------------------------------------ */

static const char entry_by_id[] = "SELECT" ROW_ENTRY "FROM message WHERE room = ?1 AND id = ?2";

/* Clients name the stanza by the id they gave it. The newest one counts, among the room's end. */
static const char entry_by_stanza[] =
    "SELECT" ROW_ENTRY "FROM message WHERE room = ?1 AND seq > ?2"
    " AND (stanzaId = ?3 OR (stanzaId IS NULL AND id = ?3)) AND userId = ?4"
    " ORDER BY seq DESC LIMIT 1";

static enum err read_reader(struct sql *db, int64_t room, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_one(db, "SELECT seq FROM reader WHERE room = ?1 AND userId = ?2",
                         SQL_WITH(sql_int(room), sql_text(q->reader_id)), &row);

    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    q->read_seq = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

enum err archive_read_entry(struct sql *db, struct query *q)
{
    struct sql_row *row;
    struct span all;
    int64_t room;
    enum err e = find_room(db, q->room, &room, &all);

    if (e != OK)
        return e;
    if (q->id[0] != 0)
        e = sql_one(db, entry_by_id, SQL_WITH(sql_int(room), sql_text(q->id)), &row);
    else
        e = sql_one(db, entry_by_stanza,
                    SQL_WITH(sql_int(room), sql_int(all.last - RECENT_MAX), sql_text(q->stanza_id),
                             sql_text(q->sender_id)),
                    &row);
    if (e != OK)
        return e;
    q->entries = arena_new_of(q->arena, struct entry);
    q->n_entries = 1;
    row_entry(row, q->arena, arena_dup(q->arena, q->room), q->entries);
    sql_end(row);
    return read_reader(db, room, q);
}

/* ---- the range ------------------------------------------------------------------------------ */

static enum err seq_of(const struct archive *a, const char *id, int64_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(a->db, "SELECT seq FROM message WHERE room = ?1 AND id = ?2",
                         SQL_WITH(sql_int(a->room), sql_text(id)), &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

static enum err time_of(const struct archive *a, int64_t seq, int64_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(a->db, "SELECT createdAt FROM message WHERE room = ?1 AND seq = ?2",
                         SQL_WITH(sql_int(a->room), sql_int(seq)), &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

/* The first entry that is not older than this; one behind the last when there is none. */
static enum err first_since(const struct archive *a, const struct span *log, int64_t ms,
                            int64_t *out)
{
    int64_t low = log->first, high = log->last + 1, at;
    enum err e;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;

        if ((e = time_of(a, middle, &at)) != OK)
            return e;
        if (at >= ms)
            high = middle;
        else
            low = middle + 1;
    }
    *out = low;
    return OK;
}

static enum err cut_by_ids(const struct archive *a, struct span *s, const char *after,
                           const char *before)
{
    int64_t seq;
    enum err e;

    if (after[0] != 0) {
        if ((e = seq_of(a, after, &seq)) != OK)
            return e;
        not_before(s, seq + 1);
    }
    if (before[0] != 0) {
        if ((e = seq_of(a, before, &seq)) != OK)
            return e;
        not_after(s, seq - 1);
    }
    return OK;
}

static enum err find_span(struct archive *a)
{
    const struct archive_range *r = a->q->range;
    const struct span log = a->all;
    int64_t seq;
    enum err e;

    if (r->start_ms > 0) {
        if ((e = first_since(a, &log, r->start_ms, &seq)) != OK)
            return e;
        not_before(&a->all, seq);
    }
    if (r->end_ms < INT64_MAX) {
        if ((e = first_since(a, &log, r->end_ms + 1, &seq)) != OK)
            return e;
        not_after(&a->all, seq - 1);
    }
    if ((e = cut_by_ids(a, &a->all, r->after_id, r->before_id)) != OK)
        return e;
    a->page = a->all;
    return cut_by_ids(a, &a->page, r->page_after, r->page_before);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void reverse(struct query *q)
{
    for (size_t i = 0, j = q->n_entries; i + 1 < j; i++) {
        struct entry swap = q->entries[i];

        q->entries[i] = q->entries[--j];
        q->entries[j] = swap;
    }
}

static enum err collect(struct archive *a, struct sql_row *row)
{
    struct query *q = a->q;
    const char *room = arena_dup(q->arena, q->room);
    enum err e;

    q->entries = arena_array(q->arena, struct entry, a->limit + 1);
    while (sql_next(row, &e)) {
        if (q->n_entries == a->limit) {
            q->more = true;
            sql_end(row);
            break;
        }
        row_entry(row, q->arena, room, &q->entries[q->n_entries++]);
    }
    if (q->range->newest)
        reverse(q);
    return e;
}

#define EVERYBODY(order)                                                                           \
    "SELECT" ROW_ENTRY "FROM message WHERE room = ?1 AND seq BETWEEN ?2 AND ?3"                    \
    " ORDER BY seq " order " LIMIT ?4 + 1"

static enum err read_everybody(struct archive *a)
{
    static const char *const texts[] = {EVERYBODY("ASC"), EVERYBODY("DESC")};
    struct query *q = a->q;
    struct sql_row *row;
    enum err e = sql_query(a->db, texts[q->range->newest],
                           SQL_WITH(sql_int(a->room), sql_int(a->page.first), sql_int(a->page.last),
                                    sql_int((int64_t)a->limit)),
                           &row);

    if (e != OK || (e = collect(a, row)) != OK)
        return e;
    q->total = size_of(&a->all);
    q->first = q->n_entries > 0 ? q->entries[0].seq - a->all.first : 0;
    return OK;
}

/* What the room itself says has role SYSTEM, also when it is about somebody. */
#define OF_SENDER "(CASE ?4 WHEN '' THEN role = 'SYSTEM' ELSE userId = ?4 AND role <> 'SYSTEM' END)"
#define ONE_SENDER(order)                                                                          \
    "SELECT" ROW_ENTRY "FROM message WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 AND " OF_SENDER     \
    " ORDER BY seq " order " LIMIT ?5 + 1"

static enum err count_sender(const struct archive *a, const struct span *s, int64_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(
        a->db,
        "SELECT count(*) FROM message WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 AND " OF_SENDER,
        SQL_WITH(sql_int(a->room), sql_int(s->first), sql_int(s->last),
                 sql_text(a->q->range->sender_id)),
        &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

static enum err read_sender(struct archive *a)
{
    static const char *const texts[] = {ONE_SENDER("ASC"), ONE_SENDER("DESC")};
    struct query *q = a->q;
    struct span before = a->all;
    struct sql_row *row;
    enum err e = sql_query(a->db, texts[q->range->newest],
                           SQL_WITH(sql_int(a->room), sql_int(a->page.first), sql_int(a->page.last),
                                    sql_text(q->range->sender_id), sql_int((int64_t)a->limit)),
                           &row);

    if (e != OK || (e = collect(a, row)) != OK)
        return e;
    q->total = q->first = -1;
    if (size_of(&a->all) > COUNT_MAX)
        return OK;
    before.last = q->n_entries > 0 ? q->entries[0].seq - 1 : before.first - 1;
    if ((e = count_sender(a, &a->all, &q->total)) != OK)
        return e;
    return count_sender(a, &before, &q->first);
}

static int by_seq(const void *x, const void *y)
{
    int64_t a = ((const struct entry *)x)->seq, b = ((const struct entry *)y)->seq;

    return (a > b) - (a < b);
}

static bool is_of(const struct entry *e, const char *sender)
{
    if (sender == NULL)
        return true;
    if (sender[0] == 0 || e->role == ROLE_SYSTEM)
        return sender[0] == 0 && e->role == ROLE_SYSTEM;
    return strcmp(e->sender_id, sender) == 0;
}

/* All that are named, in the log's order, each once; those that the filters leave out are left out,
 * those that are missing are an error. */
static enum err read_named(struct archive *a, struct entry *found, size_t *n)
{
    const struct archive_range *r = a->q->range;
    const char *room = arena_dup(a->q->arena, a->q->room);
    size_t all = 0;

    for (size_t i = 0; i < r->n_ids; i++) {
        struct sql_row *row;
        enum err e =
            sql_one(a->db, entry_by_id, SQL_WITH(sql_int(a->room), sql_text(r->ids[i])), &row);

        if (e != OK)
            return e;
        row_entry(row, a->q->arena, room, &found[all++]);
        sql_end(row);
    }
    qsort(found, all, sizeof *found, by_seq);
    *n = 0;
    for (size_t i = 0; i < all; i++) {
        bool again = *n > 0 && found[*n - 1].seq == found[i].seq;

        if (!again && found[i].seq >= a->all.first && found[i].seq <= a->all.last &&
            is_of(&found[i], r->sender_id))
            found[(*n)++] = found[i];
    }
    return OK;
}

static enum err read_ids(struct archive *a)
{
    struct query *q = a->q;
    struct entry *found = arena_array(q->arena, struct entry, q->range->n_ids);
    size_t n = 0, from = 0, to;
    enum err e = read_named(a, found, &n);

    if (e != OK)
        return e;
    to = n;
    while (from < n && found[from].seq < a->page.first)
        from++;
    while (to > from && found[to - 1].seq > a->page.last)
        to--;
    q->more = to - from > a->limit;
    if (q->more && q->range->newest)
        from = to - a->limit;
    q->n_entries = q->more ? a->limit : to - from;
    q->entries = found + from;
    q->total = (int64_t)n;
    q->first = (int64_t)from;
    return OK;
}

static enum err read_ends(struct archive *a)
{
    struct query *q = a->q;
    struct entry first;
    enum err e;

    a->limit = 1;
    if ((e = read_everybody(a)) != OK || q->n_entries == 0)
        return e;
    first = q->entries[0];
    q->n_entries = 0;
    a->page.first = a->page.last;
    if ((e = read_everybody(a)) != OK)
        return e;
    q->entries[1] = q->entries[0];
    q->entries[0] = first;
    q->n_entries = 2;
    return OK;
}

enum err archive_read_page(struct sql *db, struct query *q)
{
    struct archive a = {.db = db, .q = q};
    enum err e = find_room(db, q->room, &a.room, &a.all);

    a.limit = q->limit > LIMIT_MAX ? LIMIT_MAX : q->limit;
    if (e != OK || (e = find_span(&a)) != OK)
        return e;
    if (q->range->ends)
        return read_ends(&a);
    if (q->range->n_ids > 0)
        return read_ids(&a);
    return q->range->sender_id != NULL ? read_sender(&a) : read_everybody(&a);
}
