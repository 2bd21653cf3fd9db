/* What a store must show after faults: see work.h. */
#include "db/sql.h"
#include "tests/fault/store/image.h"
#include "tests/fault/store/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One room as the store shows it. */
struct view {
    const struct query *room, *log; /* room NULL: there is none */
};

static void digest(struct work *w, uint64_t value)
{
    w->digest ^= value;
    (void)chance_next(&w->digest);
}

static const struct entry *find_entry(const struct query *log, const char *id)
{
    for (size_t i = 0; i < log->n_entries; i++)
        if (strcmp(log->entries[i].id, id) == 0)
            return &log->entries[i];
    return NULL;
}

static bool is_own(const struct change *c, const char *id)
{
    for (size_t i = 0; !c->replayed && i < c->n_entries; i++)
        if (strcmp(c->entries[i].id, id) == 0)
            return true;
    return false;
}

/* ---- a room by itself ----------------------------------------------------------------------- */

static bool somebody_wrote(const struct work *w, const struct entry *e)
{
    for (size_t i = 0; i < w->rig.n_changes; i++)
        if (strcmp(w->rig.changes[i]->room, e->room) == 0 && is_own(w->rig.changes[i], e->id))
            return true;
    return false;
}

static void check_numbers(struct work *w, const struct query *log)
{
    int64_t pos = 0, gid = 0, at = 0;

    for (size_t i = 0; i < log->n_entries; i++) {
        const struct entry *e = &log->entries[i];

        assert_int_equal(e->seq, i + 1);
        if (e->audience == AUDIENCE_PUBLIC)
            assert_int_equal(e->pos, ++pos);
        else
            assert_int_equal(e->pos, 0);
        assert_true(e->gid > gid && e->created_ms > at);
        gid = e->gid;
        at = e->created_ms;
        assert_true(somebody_wrote(w, e));
        digest(w, (uint64_t)gid);
    }
}

static void check_counters(const struct view *v)
{
    const struct chat *chat = v->room->chats;
    size_t n = v->log->n_entries;

    assert_int_equal(chat->last_seq, n);
    if (n > 0) {
        assert_int_equal(chat->last_gid, v->log->entries[n - 1].gid);
        assert_int_equal(chat->last_ms, v->log->entries[n - 1].created_ms);
    }
}

/* ---- changes -------------------------------------------------------------------------------- */

static bool is_chat_there(const struct view *v, const struct change *c)
{
    return v->room != NULL && strcmp(v->room->chats->id, c->room) == 0;
}

/* How much of it is there: all, or nothing. */
static bool is_there(const struct view *v, const struct change *c)
{
    size_t n = 0;

    if (c->n_entries == 0)
        return c->chat_new && is_chat_there(v, c);
    for (size_t i = 0; i < c->n_entries; i++)
        n += find_entry(v->log, c->entries[i].id) != NULL;
    assert_true(n == 0 || n == c->n_entries);
    return n > 0;
}

static void check_entries(const struct view *v, struct change *c, bool known)
{
    for (size_t i = 0; i < c->n_entries; i++) {
        const struct entry *e = find_entry(v->log, c->entries[i].id);

        if (!known) {
            c->entries[i].seq = e->seq;
            c->entries[i].pos = e->pos;
            c->entries[i].gid = e->gid;
            c->entries[i].created_ms = e->created_ms;
        }
        assert_int_equal(e->seq, c->entries[i].seq);
        assert_int_equal(e->pos, c->entries[i].pos);
        assert_int_equal(e->gid, c->entries[i].gid);
        assert_int_equal(e->created_ms, c->entries[i].created_ms);
        if (e->deleted_ms == 0)
            assert_string_equal(e->text, c->entries[i].text);
    }
}

static void check_change(struct work *w, const struct view *v, struct change *c)
{
    bool there, known = c->result == OK;

    if (c->replayed || c->only_replay)
        return;
    there = is_there(v, c);
    digest(w, (uint64_t)c->result * 2 + there);
    if (c->result == OK)
        assert_true(there || (c->n_entries == 0 && !c->chat_new));
    else if (c->result != ERR_UNKNOWN)
        assert_false(there);
    if (there)
        check_entries(v, c, known);
    if (c->result == ERR_UNKNOWN)
        c->result = there ? OK : ERR_IO;
}

/* ---- what entries did to other tables ------------------------------------------------------- */

static bool has_participant(const struct query *q, const char *id)
{
    for (size_t i = 0; i < q->n_participants; i++)
        if (strcmp(q->participants[i].agent_id, id) == 0)
            return true;
    return false;
}

static bool has_session(const struct query *q, const char *id)
{
    for (size_t i = 0; i < q->n_sessions; i++)
        if (strcmp(q->sessions[i].address, id) == 0)
            return true;
    return false;
}

static void check_rows(const struct work *w, const struct view *v)
{
    const struct entry *last = NULL;
    int64_t updates = 0;

    for (size_t i = 0; i < w->rig.n_changes; i++) {
        const struct change *c = w->rig.changes[i];
        const struct entry *e;

        if (c->n_participants == 0 || strcmp(c->room, v->room->chats->id) != 0)
            continue;
        e = find_entry(v->log, c->entries[0].id);
        assert_int_equal(has_participant(v->room, c->entries[0].id), e != NULL);
        assert_int_equal(has_session(v->room, c->entries[0].id), e != NULL);
        if (e == NULL)
            continue;
        updates++;
        if (last == NULL || e->seq > last->seq)
            last = e;
    }
    assert_string_equal(v->room->chats->page, last == NULL ? "" : last->id);
    assert_int_equal(v->room->chats->version, updates + 1);
}

/* The texts follow from the corrections and erasures that are in the log. */
static void check_amended(const struct work *w, const struct view *v, const struct entry *e)
{
    const char *shown = "";
    int64_t seq = 0;
    bool erased = false;

    for (size_t i = 0; i < w->rig.n_changes; i++) {
        const struct change *c = w->rig.changes[i];
        const struct entry *by;

        if (c->amend == NULL || strcmp(c->amend->id, e->id) != 0 ||
            (by = find_entry(v->log, c->entries[0].id)) == NULL)
            continue;
        erased = erased || c->amend->erase;
        if (!c->amend->erase && by->seq > seq) {
            seq = by->seq;
            shown = c->amend->shown;
        }
    }
    assert_int_equal(e->deleted_ms != 0, erased);
    assert_string_equal(e->shown, erased ? "" : shown);
    if (erased)
        assert_string_equal(e->text, "");
}

/* A correction is erased with what it corrected: its own text goes too. */
static bool is_correction(const struct entry *e)
{
    return e->kind == ENTRY_EDITED;
}

static bool was_asked_before(const struct work *w, size_t n)
{
    const struct change *c = w->rig.changes[n];

    for (size_t i = 0; i < n; i++)
        if (strcmp(w->rig.changes[i]->key, c->key) == 0)
            return true;
    return false;
}

/* Who asks again gets the first answer, also if the power went in between. */
static void check_keys(struct work *w, const struct view *v)
{
    size_t n = w->rig.n_changes;

    for (size_t i = 0; i < n; i++) {
        const struct change *old = w->rig.changes[i];
        struct change *c;
        bool there;

        if (old->key[0] == 0 || was_asked_before(w, i) ||
            strcmp(old->room, v->room->chats->id) != 0)
            continue;
        there = find_entry(v->log, old->entries[0].id) != NULL;
        c = rig_change(&w->rig, old->room);
        c->author = "customer";
        c->key = arena_dup(c->arena, old->key);
        memcpy(c->body_hash, old->body_hash, HASH_LEN);
        c->only_replay = true;
        assert_int_equal(rig_write(&w->rig, c), there ? OK : ERR_NOT_FOUND);
        if (!there)
            continue;
        assert_true(c->replayed);
        assert_int_equal(c->n_entries, old->n_entries);
        assert_string_equal(c->entries[0].id, old->entries[0].id);
    }
}

/* ---- all ------------------------------------------------------------------------------------ */

static void check_room(struct work *w, const char *id)
{
    struct rig *r = &w->rig;
    struct query *q = rig_query(r, QUERY_ROOM, id);
    enum err e = rig_read(r, q);
    struct view v = {e == OK ? q : NULL, rig_log(r, id)};
    size_t n = r->n_changes;

    assert_true(e == OK || e == ERR_NOT_FOUND);
    assert_false(v.log->more);
    for (size_t i = 0; i < n; i++)
        if (strcmp(r->changes[i]->room, id) == 0)
            check_change(w, &v, r->changes[i]);
    check_numbers(w, v.log);
    if (v.room == NULL)
        return;
    check_counters(&v);
    check_rows(w, &v);
    for (size_t i = 0; i < v.log->n_entries; i++)
        if (!is_correction(&v.log->entries[i]))
            check_amended(w, &v, &v.log->entries[i]);
    check_keys(w, &v);
}

void work_check_file(const char *path, int64_t version, int64_t messages)
{
    struct arena *a = arena_new();
    struct sql *db = NULL;
    struct sql_row *row;

    assert_int_equal(sql_open(path, SQL_READ, &db), OK);
    assert_int_equal(sql_one(db, "PRAGMA integrity_check", SQL_NOTHING, &row), OK);
    assert_string_equal(sql_get_text(row, 0, a), "ok");
    sql_end(row);
    assert_int_equal(sql_one(db, "PRAGMA foreign_key_check", SQL_NOTHING, &row), ERR_NOT_FOUND);
    rig_check_counts(db);
    assert_int_equal(sql_one(db, "PRAGMA user_version", SQL_NOTHING, &row), OK);
    if (version >= 0)
        assert_int_equal(sql_get_int(row, 0), version);
    sql_end(row);
    if (messages >= 0) {
        assert_int_equal(sql_one(db, "SELECT count(*) FROM message", SQL_NOTHING, &row), OK);
        assert_int_equal(sql_get_int(row, 0), messages);
        sql_end(row);
    }
    sql_close(db);
    arena_free(a);
}

void work_check(struct work *w)
{
    const struct query *start = rig_start(&w->rig);

    if (w->epoch[0] != 0)
        assert_string_equal(start->epoch, w->epoch);
    (void)snprintf(w->epoch, sizeof w->epoch, "%s", start->epoch);
    for (size_t i = 0; i < w->n_rooms; i++)
        check_room(w, w->rooms[i]);
    work_check_file(w->rig.path, -1, -1);
}
