#include "db/rooms.h"

/* ---- writing -------------------------------------------------------------------------------- */

enum err rooms_add(struct sql *db, const char *id, const char *kind, int64_t *num)
{
    enum err e = sql_run(db, "INSERT INTO room (id, kind) VALUES (?1, ?2)",
                         SQL_WITH(sql_text(id), sql_text(kind)));

    if (e == OK)
        *num = sql_last_id(db);
    return e;
}

enum err rooms_put(struct sql *db, const struct change *c, int64_t *num)
{
    const struct staff *s = c->staff;
    const struct room_config *o = &s->config;
    enum err e;

    if (c->staff_new && (e = rooms_add(db, s->id, "staff", num)) != OK)
        return e;
    return sql_run(
        db,
        "INSERT INTO staff (num, organization, title, description, lang, password, listed,"
        " persistent, moderated, membersOnly, whoisAnyone, changeSubject, allowInvites, logging,"
        " allowPm, broadcast, maxUsers, historyLength, locked, subject, subjectBy, subjectAt,"
        " createdAt, createdBy) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
        "?14, ?15,"
        " ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) ON CONFLICT (num) DO UPDATE SET title = ?3,"
        " description = ?4, lang = ?5, password = ?6, listed = ?7, persistent = ?8,"
        " moderated = ?9, membersOnly = ?10, whoisAnyone = ?11, changeSubject = ?12,"
        " allowInvites = ?13, logging = ?14, allowPm = ?15, broadcast = ?16, maxUsers = ?17,"
        " historyLength = ?18, locked = ?19, subject = ?20, subjectBy = ?21, subjectAt = ?22",
        SQL_WITH(sql_int(*num), sql_text_or_null(s->organization), sql_text(o->title),
                 sql_text_or_null(o->description), sql_text_or_null(o->lang),
                 sql_text_or_null(o->password), sql_int(o->listed), sql_int(o->persistent),
                 sql_int(o->moderated), sql_int(o->members_only), sql_int(o->whois_anyone),
                 sql_int(o->change_subject), sql_int(o->allow_invites), sql_int(o->logging),
                 sql_text(allow_pm_name(o->allow_pm)), sql_int(o->broadcast), sql_int(o->max_users),
                 sql_int(o->history_length), sql_int(s->locked), sql_text_or_null(s->subject),
                 sql_text_or_null(s->subject_by), sql_int_or_null(s->subject_ms),
                 sql_int(s->created_ms), sql_text_or_null(s->created_by)));
}

static enum err put_affiliate(struct sql *db, const struct affiliate *a, int64_t num)
{
    if (a->affiliation == AFFILIATION_NONE && a->nick[0] == 0)
        return sql_run(db, "DELETE FROM affiliation WHERE room = ?1 AND jid = ?2",
                       SQL_WITH(sql_int(num), sql_text(a->jid)));
    return sql_run(db,
                   "INSERT INTO affiliation (room, jid, affiliation, nick, reason)"
                   " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (room, jid) DO UPDATE SET"
                   " affiliation = ?3, nick = ?4, reason = ?5",
                   SQL_WITH(sql_int(num), sql_text(a->jid),
                            sql_text(affiliation_name(a->affiliation)), sql_text_or_null(a->nick),
                            sql_text_or_null(a->reason)));
}

enum err rooms_put_rest(struct sql *db, const struct change *c, int64_t num)
{
    enum err e;

    for (size_t i = 0; i < c->n_affiliates; i++)
        if ((e = put_affiliate(db, &c->affiliates[i], num)) != OK)
            return e;
    if (!c->staff_gone)
        return OK;
    return sql_run(db, "DELETE FROM room WHERE num = ?1", SQL_WITH(sql_int(num)));
}

/* ---- reading -------------------------------------------------------------------------------- */

#define STAFF                                                                                      \
    "SELECT room.id, room.kind = 'lobby', organization, title, description, lang, password,"       \
    " listed, persistent, moderated, membersOnly, whoisAnyone, changeSubject, allowInvites,"       \
    " logging, allowPm, broadcast, maxUsers, historyLength, locked, subject, subjectBy,"           \
    " subjectAt, createdAt, lastSeq, lastPos, lastGid, lastAt, createdBy"                          \
    " FROM staff CROSS JOIN room ON room.num = staff.num "

static void config_of(struct sql_row *row, struct arena *a, struct room_config *o)
{
    o->title = sql_get_text(row, 3, a);
    o->description = sql_get_text(row, 4, a);
    o->lang = sql_get_text(row, 5, a);
    o->password = sql_get_text(row, 6, a);
    o->listed = sql_get_int(row, 7) != 0;
    o->persistent = sql_get_int(row, 8) != 0;
    o->moderated = sql_get_int(row, 9) != 0;
    o->members_only = sql_get_int(row, 10) != 0;
    o->whois_anyone = sql_get_int(row, 11) != 0;
    o->change_subject = sql_get_int(row, 12) != 0;
    o->allow_invites = sql_get_int(row, 13) != 0;
    o->logging = sql_get_int(row, 14) != 0;
    (void)allow_pm_of_name(sql_get_text(row, 15, a), &o->allow_pm);
    o->broadcast = (unsigned)sql_get_int(row, 16);
    o->max_users = (int)sql_get_int(row, 17);
    o->history_length = (int)sql_get_int(row, 18);
}

static void staff_of(struct sql_row *row, struct arena *a, struct staff *s)
{
    s->id = sql_get_text(row, 0, a);
    s->kind = sql_get_int(row, 1) != 0 ? ROOM_LOBBY : ROOM_STAFF;
    s->organization = sql_get_text(row, 2, a);
    config_of(row, a, &s->config);
    s->locked = sql_get_int(row, 19) != 0;
    s->subject = sql_get_text(row, 20, a);
    s->subject_by = sql_get_text(row, 21, a);
    s->subject_ms = sql_get_int(row, 22);
    s->created_ms = sql_get_int(row, 23);
    s->last_seq = sql_get_int(row, 24);
    s->last_pos = sql_get_int(row, 25);
    s->last_gid = sql_get_int(row, 26);
    s->last_ms = sql_get_int(row, 27);
    s->created_by = sql_get_text(row, 28, a);
}

static enum err count(struct sql *db, const char *text, const char *room, size_t *out)
{
    struct sql_row *row;
    enum err e = sql_one(db, text, SQL_WITH(sql_text(room)), &row);

    if (e != OK)
        return e;
    *out = (size_t)sql_get_int(row, 0);
    sql_end(row);
    return OK;
}

static enum err read_affiliates(struct sql *db, struct query *q)
{
    size_t most = 0;
    struct sql_row *row;
    enum err e = count(db,
                       "SELECT count(*) FROM affiliation"
                       " WHERE room = (SELECT num FROM room WHERE id = ?1)",
                       q->room, &most);

    if (e != OK)
        return e;
    q->affiliates = arena_array(q->arena, struct affiliate, most + 1);
    e = sql_query(db,
                  "SELECT jid, affiliation, nick, reason FROM affiliation"
                  " WHERE room = (SELECT num FROM room WHERE id = ?1) ORDER BY num",
                  SQL_WITH(sql_text(q->room)), &row);
    if (e != OK)
        return e;
    while (sql_next(row, &e)) {
        struct affiliate *a = &q->affiliates[q->n_affiliates++];

        a->jid = sql_get_text(row, 0, q->arena);
        (void)affiliation_of_name(sql_get_text(row, 1, q->arena), &a->affiliation);
        a->nick = sql_get_text(row, 2, q->arena);
        a->reason = sql_get_text(row, 3, q->arena);
    }
    return e;
}

enum err rooms_read(struct sql *db, struct query *q)
{
    struct sql_row *row;
    enum err e = sql_one(db, STAFF "WHERE room.id = ?1", SQL_WITH(sql_text(q->room)), &row);

    if (e != OK)
        return e;
    q->staff = arena_new_of(q->arena, struct staff);
    q->n_staff = 1;
    staff_of(row, q->arena, q->staff);
    sql_end(row);
    return read_affiliates(db, q);
}

enum err rooms_read_all(struct sql *db, struct query *q)
{
    size_t most = 0;
    struct sql_row *row;
    enum err e = count(db, "SELECT count(*) FROM staff WHERE ?1 = ''", "", &most);

    if (e != OK)
        return e;
    q->staff = arena_array(q->arena, struct staff, most + 1);
    if ((e = sql_query(db, STAFF "ORDER BY room.num", SQL_NOTHING, &row)) != OK)
        return e;
    while (sql_next(row, &e))
        staff_of(row, q->arena, &q->staff[q->n_staff++]);
    return e;
}
