#include "db/canned.h"

enum err canned_put(struct sql *db, const struct change *c)
{
    const struct canned *r = c->canned;
    enum err e = OK;

    if (c->canned_gone != NULL)
        e = sql_run(db, "DELETE FROM canned WHERE id = ?1", SQL_WITH(sql_text(c->canned_gone)));
    if (e != OK || r == NULL)
        return e;
    return sql_run(db,
                   "INSERT INTO canned (id, organization, shortcut, content, updatedAt)"
                   " VALUES (?1, ?2, ?3, ?4, ?5)"
                   " ON CONFLICT (id) DO UPDATE SET shortcut = ?3, content = ?4, updatedAt = ?5",
                   SQL_WITH(sql_text(r->id), sql_text(r->organization), sql_text(r->shortcut),
                            sql_text(r->content), sql_int(r->updated_ms)));
}

enum err canned_read(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_query(db,
                           "SELECT id, organization, shortcut, content, updatedAt FROM canned"
                           " WHERE organization = ?1 ORDER BY shortcut LIMIT ?2",
                           SQL_WITH(sql_text(q->organization), sql_int(CANNED_COUNT_MAX)), &row);

    if (e != OK)
        return e;
    q->canned = arena_array(q->arena, struct canned, CANNED_COUNT_MAX);
    while (sql_next(row, &e)) {
        struct canned *r = &q->canned[q->n_canned++];

        sql_get_id(row, 0, r->id);
        r->organization = sql_get_text(row, 1, q->arena);
        r->shortcut = sql_get_text(row, 2, q->arena);
        r->content = sql_get_text(row, 3, q->arena);
        r->updated_ms = sql_get_int(row, 4);
    }
    return e;
}
