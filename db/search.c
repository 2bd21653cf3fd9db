#include "db/search.h"

#include "core/search.h"
#include "db/row.h"

#include <string.h>

/* How many chats one query looks at: those that have the rarest word, all of them, if they are no
 * more than FEW; else so many of the list, in its order. Measured by tests/bench/size.py. */
#define FEW 1000
#define WALK_MAX 1000
#define FEW_COSTS 3 /* a chat that is looked up and sorted in, in chats of the list */

/* Behind all words, and ids, that begin so: U+10FFFF is no letter. */
#define END_OF_WORDS "\xf4\x8f\xbf\xbf"

/* ---- writing -------------------------------------------------------------------------------- */

enum err search_differs(struct sql *db, const struct chat *c, int64_t num, bool *out)
{
    struct sql_row *row;
    enum err e =
        sql_one(db,
                "SELECT name IS NOT ?2 OR email IS NOT ?3 OR escalationReason IS NOT ?4"
                " OR organization IS NOT ?5 FROM chat WHERE num = ?1",
                SQL_WITH(sql_int(num), sql_text_or_null(c->name), sql_text_or_null(c->email),
                         sql_text_or_null(c->escalation_reason), sql_text(c->organization)),
                &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0) != 0;
    sql_end(row);
    return OK;
}

static enum err add(struct sql *db, struct arena *a, const struct chat *c, int64_t num)
{
    struct search s;
    enum err e = OK;

    search_of_chat(a, c, &s);
    for (size_t i = 0; e == OK && i < s.n_words; i++)
        e = sql_run(db, "INSERT INTO word SELECT num, ?2, ?3 FROM organization WHERE name = ?1",
                    SQL_WITH(sql_text(c->organization), sql_text(s.words[i]), sql_int(num)));
    return e;
}

enum err search_put(struct sql *db, struct arena *a, const struct chat *c, int64_t num)
{
    enum err e = sql_run(db, "DELETE FROM word WHERE chat = ?1", SQL_WITH(sql_int(num)));

    return e == OK ? add(db, a, c, num) : e;
}

enum err search_fill(struct sql *db)
{
    struct sql_row *row;
    enum err e = sql_query(db,
                           "SELECT num, organization, name, email, externalId, escalationReason"
                           " FROM chat ORDER BY num",
                           SQL_NOTHING, &row);

    if (e != OK)
        return e;
    while (sql_next(row, &e)) {
        struct arena *a = arena_new();
        struct chat c = {.organization = sql_get_text(row, 1, a),
                         .name = sql_get_text(row, 2, a),
                         .email = sql_get_text(row, 3, a),
                         .external_id = sql_get_text(row, 4, a),
                         .escalation_reason = sql_get_text(row, 5, a)};

        e = add(db, a, &c, sql_get_int(row, 0));
        arena_free(a);
        if (e != OK) {
            sql_end(row);
            break;
        }
    }
    return e;
}

/* ---- searching ------------------------------------------------------------------------------ */

/* A word, as the range of those that begin with it; the same of ids. */
struct part {
    const char *word, *word_end;
    const char *id, *id_end; /* an empty range when ids are not meant */
};

struct hunt {
    struct sql *db;
    struct query *q;
    struct part parts[SEARCH_ASKED_MAX];
    size_t n;
    size_t rarest; /* the part whose chats are walked; n: the list is */
};

#define OF_ORGANIZATION                                                                            \
    " organization IN (SELECT num FROM organization WHERE ?1 = '' OR name = ?1) "

/* ?1 organization ?2-?5 a part ?6 limit */
static const char count_text[] =
    "SELECT count(*) FROM (SELECT 1 FROM word WHERE" OF_ORGANIZATION
    "AND word BETWEEN ?2 AND ?3 UNION ALL SELECT 1 FROM room WHERE id BETWEEN ?4 AND ?5 LIMIT ?6)";

/* ?1 chat ?2-?5 a part */
static const char test_text[] =
    "SELECT 1 FROM word WHERE chat = ?1 AND word BETWEEN ?2 AND ?3"
    " UNION ALL SELECT 1 FROM room WHERE num = ?1 AND id BETWEEN ?4 AND ?5 LIMIT 1";

/* ?1 organization ?2-?4 place ?5 last section ?6 agent ?7-?10 a part. In the order of lists, which
 * chats.c has too. */
#define WALK(from, where)                                                                          \
    "SELECT section, rank, chat.num FROM " from " WHERE " where                                    \
    " AND (section, rank, chat.num) > (?2, ?3, ?4) AND section <= ?5 AND" CHATS_SEEN_BY(           \
        "?6") " ORDER BY section, rank, chat.num"

#define FOUND                                                                                      \
    "(SELECT chat AS found FROM word WHERE" OF_ORGANIZATION                                        \
    "AND word BETWEEN ?7 AND ?8 UNION SELECT num FROM room WHERE id BETWEEN ?9 AND ?10)"           \
    " CROSS JOIN chat ON chat.num = found"

const char *search_text(bool few, bool of_one)
{
    if (few)
        return WALK(FOUND, "(?1 = '' OR organization = ?1)");
    return of_one ? WALK("chat", "organization = ?1") : WALK("chat", "?1 = ''");
}

static enum err count(const struct hunt *h, const struct part *p, int64_t *out)
{
    struct sql_row *row;
    enum err e =
        sql_one(h->db, count_text,
                SQL_WITH(sql_text(h->q->organization), sql_text(p->word), sql_text(p->word_end),
                         sql_text(p->id), sql_text(p->id_end), sql_int(FEW + 1)),
                &row);

    if (e != OK)
        return e;
    *out = sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

static enum err choose(struct hunt *h)
{
    int64_t least = FEW + 1, n = 0;
    enum err e = OK;

    h->rarest = h->n;
    for (size_t i = 0; e == OK && i < h->n && least > 0; i++) {
        e = count(h, &h->parts[i], &n);
        if (e == OK && n < least) {
            least = n;
            h->rarest = i;
        }
    }
    /* All chats of a single word are found: where they are dense, the list's beginning has a page.
     */
    if (h->n == 1 && FEW_COSTS * least * least > h->q->counts[h->q->filter] * chats_limit(h->q))
        h->rarest = h->n;
    return e;
}

/* Errors  ERR_NOT_FOUND a word is missing */
static enum err test(const struct hunt *h, int64_t num)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct part *p = &h->parts[i];
        struct sql_row *row;
        enum err e;

        if (i == h->rarest)
            continue;
        e = sql_one(h->db, test_text,
                    SQL_WITH(sql_int(num), sql_text(p->word), sql_text(p->word_end),
                             sql_text(p->id), sql_text(p->id_end)),
                    &row);
        if (e != OK)
            return e;
        sql_end(row);
    }
    return OK;
}

static enum err take(const struct hunt *h, int64_t num)
{
    struct sql_row *row;
    enum err e = sql_one(h->db, "SELECT" ROW_CHAT ROW_CHAT_FROM "WHERE chat.num = ?1",
                         SQL_WITH(sql_int(num)), &row);

    if (e != OK)
        return e;
    row_chat(row, h->q->arena, &h->q->chats[h->q->n_chats++]);
    sql_end(row);
    return OK;
}

static enum err walk(const struct hunt *h, struct sql_row *row)
{
    struct query *q = h->q;
    size_t limit = (size_t)chats_limit(q), most = h->rarest < h->n ? SIZE_MAX : WALK_MAX, n = 0;
    struct chats_place p = {0};
    enum err e;

    q->chats = arena_array(q->arena, struct chat, limit);
    while (sql_next(row, &e)) {
        enum err found = ERR_NOT_FOUND;

        if (n++ < most)
            found = test(h, sql_get_int(row, 2));
        q->more = n > most || (found == OK && q->n_chats == limit);
        if (found == OK && !q->more)
            found = take(h, sql_get_int(row, 2));
        if (q->more || (found != OK && found != ERR_NOT_FOUND)) {
            sql_end(row);
            e = found == ERR_NOT_FOUND ? OK : found;
            break;
        }
        p = (struct chats_place){sql_get_int(row, 0), sql_get_int(row, 1), sql_get_int(row, 2)};
    }
    if (q->more)
        chats_end(q, &p);
    return e;
}

static void make_parts(struct hunt *h)
{
    const struct search *s = h->q->search;
    struct arena *a = h->q->arena;
    bool by_id = s->id[0] != 0;

    for (h->n = 0; h->n < s->n_words; h->n++)
        h->parts[h->n] =
            (struct part){s->words[h->n], arena_printf(a, "%s" END_OF_WORDS, s->words[h->n]),
                          by_id ? s->id : "~", by_id ? arena_printf(a, "%s~", s->id) : ""};
}

static enum err begin(const struct hunt *h, const struct chats_place *p, int64_t last,
                      struct sql_row **out)
{
    const struct query *q = h->q;
    bool few = h->rarest < h->n;
    const struct part *part = &h->parts[few ? h->rarest : 0];
    const struct sql_value values[] = {sql_text(q->organization),
                                       sql_int(p->section),
                                       sql_int(p->rank),
                                       sql_int(p->num),
                                       sql_int(last),
                                       sql_text(q->agent),
                                       sql_text(part->word),
                                       sql_text(part->word_end),
                                       sql_text(part->id),
                                       sql_text(part->id_end)};

    return sql_query(h->db, search_text(few, q->organization[0] != 0), values, few ? 10 : 6, out);
}

enum err search_chats(struct sql *db, struct query *q, struct chats_place p, int64_t last)
{
    struct hunt h = {.db = db, .q = q};
    struct sql_row *row;
    enum err e;

    make_parts(&h);
    if (h.n == 0)
        return OK;
    if ((e = choose(&h)) != OK || (e = begin(&h, &p, last, &row)) != OK)
        return e;
    return walk(&h, row);
}
