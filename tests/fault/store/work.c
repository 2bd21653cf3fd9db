#include "tests/fault/store/work.h"

#include "db/migrate.h"
#include "tests/fault/store/disk.h"
#include "tests/fault/store/image.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct embedded db_migrations[];

void work_begin(struct work *w, const char *path, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    (void)snprintf(w->rig.path, sizeof w->rig.path, "%s", path);
    w->rig.wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(w->rig.wake_fd >= 0);
    w->chance = seed;
}

void work_end(struct work *w)
{
    struct rig *r = &w->rig;

    rig_close(r);
    for (size_t i = 0; i < r->n_changes; i++)
        change_free(r->changes[i]);
    for (size_t i = 0; i < r->n_queries; i++)
        query_free(r->queries[i]);
    free(r->changes);
    free(r->queries);
    free(r->order);
    close(r->wake_fd);
}

static size_t below(struct work *w, size_t n)
{
    return chance_below(&w->chance, n);
}

static const char *new_id(struct work *w, struct arena *a)
{
    char id[ID_LEN + 1] = {0};

    for (size_t i = 0; i < ID_LEN; i++)
        id[i] = "abcdefghijklmnopqrstuvwxyz234567"[below(w, 32)];
    return arena_dup(a, id);
}

static const char *new_text(struct work *w, struct arena *a)
{
    size_t len = below(w, 10) == 0 ? 6000 : 1 + below(w, 1500);
    char *text = arena_alloc(a, len + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = (char)('A' + below(w, 26));
    return text;
}

static struct change *new_change(struct work *w, const char *room)
{
    struct change *c = rig_change(&w->rig, room);

    c->now_ms = RIG_NOW + (int64_t)w->rig.n_submitted * 1000;
    return c;
}

static void add_entries(struct work *w, struct change *c, size_t n)
{
    rig_entries(c, n);
    for (size_t i = 0; i < n; i++) {
        memcpy(c->entries[i].id, new_id(w, c->arena), ID_LEN + 1);
        c->entries[i].text = new_text(w, c->arena);
        if (below(w, 5) == 0)
            c->entries[i].audience = AUDIENCE_STAFF;
    }
}

static const char *any_room(struct work *w)
{
    return w->rooms[below(w, w->n_rooms)];
}

/* ---- kinds of changes ----------------------------------------------------------------------- */

static struct change *make_chat(struct work *w)
{
    struct change *c = new_change(w, "");
    struct chat *chat = rig_chat(c, (int)w->n_rooms + 1);

    memcpy(chat->id, new_id(w, c->arena), ID_LEN + 1);
    memcpy(w->rooms[w->n_rooms++], chat->id, ID_LEN + 1);
    return c;
}

static struct change *make_lines(struct work *w)
{
    struct change *c = new_change(w, any_room(w));

    add_entries(w, c, 1 + below(w, 3));
    if (below(w, 5) < 3)
        rig_key(c, "customer", arena_printf(c->arena, "key %zu", w->n_keys++), c->entries[0].id);
    return c;
}

/* The entry's id is also the chat's page, a participant and a session's address. */
static struct change *make_update(struct work *w, bool stale)
{
    const char *room = any_room(w);
    struct query *q = rig_query(&w->rig, QUERY_ROOM, room);
    struct participant *p;
    struct change *c;

    work_settle(w);
    if (rig_read(&w->rig, q) != OK)
        return make_lines(w);
    c = new_change(w, room);
    add_entries(w, c, 1);
    c->chat = chat_dup(c->arena, q->chats);
    c->chat->version -= stale;
    c->chat->page = c->entries[0].id;
    c->chat->state = (enum chat_state)(c->entries[0].id[0] % (CHAT_CLOSED + 1));
    p = arena_new_of(c->arena, struct participant);
    *p = (struct participant){c->entries[0].id, true};
    c->participants = p;
    c->n_participants = 1;
    rig_session(c, c->entries[0].id);
    return c;
}

/* An older message that was stored, or NULL. */
static const struct entry *any_message(struct work *w, const char **room)
{
    for (int tries = 0; tries < 20 && w->rig.n_changes > 0; tries++) {
        const struct change *c = w->rig.changes[below(w, w->rig.n_changes)];

        if (c->result == OK && c->n_entries > 0 && c->entries[0].kind == ENTRY_MESSAGE) {
            *room = c->room;
            return &c->entries[0];
        }
    }
    return NULL;
}

static struct change *make_amend(struct work *w)
{
    const char *room = NULL;
    const struct entry *e = any_message(w, &room);
    struct change *c;
    struct amend *a;

    if (e == NULL)
        return make_lines(w);
    c = new_change(w, room);
    add_entries(w, c, 1);
    a = arena_new_of(c->arena, struct amend);
    a->id = arena_dup(c->arena, e->id);
    a->payload = "";
    a->erase = w->erasing || below(w, 2) == 0;
    a->shown = a->erase ? "" : new_text(w, c->arena);
    c->amend = a;
    c->entries[0].kind = a->erase ? ENTRY_DELETED : ENTRY_EDITED;
    memcpy(c->entries[0].ref, e->id, ID_LEN + 1);
    return c;
}

/* A key that was used, with the same body or another. */
static struct change *make_repeat(struct work *w)
{
    const struct change *old = NULL;
    struct change *c;

    for (int tries = 0; tries < 20 && w->rig.n_changes > 0; tries++) {
        old = w->rig.changes[below(w, w->rig.n_changes)];
        if (old->key[0] != 0 && old->result == OK)
            break;
        old = NULL;
    }
    if (old == NULL)
        return make_lines(w);
    c = new_change(w, old->room);
    add_entries(w, c, 1);
    rig_key(c, "customer", arena_dup(c->arena, old->key), "another body");
    if (below(w, 3) > 0)
        memcpy(c->body_hash, old->body_hash, HASH_LEN);
    return c;
}

static struct change *make_any(struct work *w, bool *updated)
{
    size_t kind = below(w, 100);
    bool first = !*updated;

    if (w->n_rooms == 0 || (kind < 8 && w->n_rooms < WORK_ROOMS))
        return make_chat(w);
    if (kind < (w->erasing ? 70 : 20))
        return make_amend(w);
    if (kind < 80 && first && below(w, 4) == 0) {
        *updated = true; /* one of a batch, which is decided on what is stored */
        return make_update(w, below(w, 5) == 0);
    }
    if (kind > 90)
        return make_repeat(w);
    if (kind == 90) {
        struct change *c = new_change(w, "");

        c->room = new_id(w, c->arena); /* not there */
        add_entries(w, c, 1);
        return c;
    }
    return make_lines(w);
}

/* ---- running -------------------------------------------------------------------------------- */

void work_settle(struct work *w)
{
    (void)rig_write(&w->rig, new_change(w, "")); /* behind what follows the batch before */
}

void work_round(struct work *w)
{
    struct change *batch[12];
    size_t n = 1 + below(w, 12);
    bool updated = false;

    for (size_t i = 0; i < n; i++)
        batch[i] = make_any(w, &updated);
    if (w->together) {
        disk_hold();
        rig_submit(&w->rig, new_change(w, ""));
        disk_wait_held();
    }
    for (size_t i = 0; i < n; i++)
        rig_submit(&w->rig, batch[i]);
    if (w->together)
        disk_release();
    rig_wait(&w->rig, w->rig.n_submitted, 0);
}

/* ---- a file of an earlier schema ------------------------------------------------------------ */

static void must(enum err e)
{
    assert_int_equal(e, OK);
}

static void put_old_message(struct sql *db, const char *room, const struct entry *e)
{
    must(sql_run(db,
                 "INSERT INTO message (gid, room, seq, pos, id, createdAt, kind, role, content)"
                 " SELECT ?1, num, ?3, ?3, ?4, ?5, 'message', 'USER', ?6 FROM room WHERE id = ?2",
                 SQL_WITH(sql_int(e->gid), sql_text(room), sql_int(e->seq), sql_text(e->id),
                          sql_int(e->created_ms), sql_text(e->text))));
    must(sql_run(
        db,
        "UPDATE room SET lastSeq = ?2, lastPos = ?2, lastGid = ?3, lastAt = ?4"
        " WHERE id = ?1",
        SQL_WITH(sql_text(room), sql_int(e->seq), sql_int(e->gid), sql_int(e->created_ms))));
}

static void put_old_chat(struct sql *db, const char *room)
{
    must(sql_run(db, "INSERT INTO room (id, kind) VALUES (?1, 'chat')", SQL_WITH(sql_text(room))));
    must(sql_run(db,
                 "INSERT INTO chat (num, organization, state, escalationRequested, createdAt,"
                 " assistantPending, version) SELECT num, 'default', 'assistant', 0, ?2, 0, 1"
                 " FROM room WHERE id = ?1",
                 SQL_WITH(sql_text(room), sql_int(RIG_NOW))));
}

static void done_of_old(struct work *w, struct change *c)
{
    w->rig.n_submitted++;
    c->done(c, OK);
}

static void fill_old(struct work *w, struct sql *db)
{
    int64_t gid = 0;

    for (size_t room = 0; room < 2; room++) {
        struct change *c = make_chat(w);

        put_old_chat(db, c->room);
        done_of_old(w, c);
        c = new_change(w, w->rooms[room]);
        add_entries(w, c, 10);
        for (size_t i = 0; i < c->n_entries; i++) {
            struct entry *e = &c->entries[i];

            e->audience = AUDIENCE_PUBLIC;
            e->seq = e->pos = (int64_t)i + 1;
            e->gid = ++gid;
            e->created_ms = RIG_NOW + gid;
            put_old_message(db, c->room, e);
        }
        done_of_old(w, c);
    }
}

void work_make_old(struct work *w, size_t version)
{
    struct embedded files[64] = {{0}};
    struct sql *db = NULL;

    memcpy(files, db_migrations, version * sizeof *files);
    must(sql_open(w->rig.path, SQL_WRITE, &db));
    must(migrate_run(db, w->rig.path, files));
    fill_old(w, db);
    sql_close(db);
}
