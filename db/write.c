#include "db/write.h"

#include "core/base/buf.h"
#include "core/base/text.h"
#include "db/access.h"
#include "db/amend.h"
#include "db/canned.h"
#include "db/erase.h"
#include "db/filerow.h"
#include "db/rooms.h"
#include "db/row.h"
#include "db/search.h"

#include <assert.h>
#include <string.h>

#define KEY_HASH_LEN 16 /* bytes kept of the hashes of a keyed call */

/* The room of a change, as it stands in the transaction. */
struct log {
    int64_t num;
    int64_t seq, pos, gid, last_ms;
    unsigned char call[HASH_LEN]; /* of a keyed change */
};

static enum err find_room(struct sql *db, const char *id, struct log *out)
{
    struct sql_row *row;
    enum err e =
        sql_one(db, "SELECT num, lastSeq, lastPos, lastGid, lastAt FROM room WHERE id = ?1",
                SQL_WITH(sql_text(id)), &row);

    if (e != OK)
        return e;
    out->num = sql_get_int(row, 0);
    out->seq = sql_get_int(row, 1);
    out->pos = sql_get_int(row, 2);
    out->gid = sql_get_int(row, 3);
    out->last_ms = sql_get_int(row, 4);
    sql_end(row);
    return OK;
}

/* ---- key ------------------------------------------------------------------------------------ */

static enum err load_replay(struct sql *db, struct change *c, int64_t first, size_t n)
{
    struct sql_row *row;
    size_t i = 0;
    enum err e;

    c->entries = arena_array(c->arena, struct entry, n);
    e = sql_query(db,
                  "SELECT" ROW_ENTRY "FROM message WHERE gid >= ?1 AND gid < ?1 + ?2 ORDER BY gid",
                  SQL_WITH(sql_int(first), sql_int((int64_t)n)), &row);
    if (e != OK)
        return e;
    while (sql_next(row, &e))
        row_entry(row, c->arena, c->room, &c->entries[i++]);
    c->n_entries = i;
    return e;
}

/* Author and key, with a separator that neither holds. */
static void hash_call(const struct change *c, unsigned char out[HASH_LEN])
{
    struct buf text = {0};

    buf_puts(&text, c->author);
    buf_putc(&text, 0);
    buf_puts(&text, c->key);
    crypto_hash_raw(text.data, text.len, out);
    buf_free(&text);
}

/* Has this key been seen? Then c->replayed, and the entries are there. */
static enum err check_key(struct sql *db, struct change *c, const struct log *log)
{
    unsigned char body[KEY_HASH_LEN];
    struct sql_row *row;
    int64_t first, n;
    bool same;
    enum err e;

    e = sql_one(db, "SELECT body, firstGid, entries FROM idempotency WHERE room = ?1 AND call = ?2",
                SQL_WITH(sql_int(log->num), sql_blob(log->call, KEY_HASH_LEN)), &row);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    same =
        sql_get_blob(row, 0, body, KEY_HASH_LEN) && crypto_equal(body, c->body_hash, KEY_HASH_LEN);
    first = sql_get_int(row, 1);
    n = sql_get_int(row, 2);
    sql_end(row);
    if (!same)
        return ERR_KEY_REUSED;
    c->replayed = true;
    return load_replay(db, c, first, (size_t)n);
}

static enum err put_key(struct sql *db, const struct change *c, const struct log *log)
{
    int64_t first = c->n_entries > 0 ? c->entries[0].gid : 0;

    return sql_run(db,
                   "INSERT INTO idempotency (room, call, body, firstGid, entries)"
                   " VALUES (?1, ?2, ?3, ?4, ?5)",
                   SQL_WITH(sql_int(log->num), sql_blob(log->call, KEY_HASH_LEN),
                            sql_blob(c->body_hash, KEY_HASH_LEN), sql_int_or_null(first),
                            sql_int((int64_t)c->n_entries)));
}

/* ---- people --------------------------------------------------------------------------------- */

static enum err put_organization(struct sql *db, const struct organization *o)
{
    return sql_run(db,
                   "INSERT INTO organization (name, title, origins, configured)"
                   " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET"
                   " title = ?2, origins = ?3, configured = ?4",
                   SQL_WITH(sql_text(o->name), sql_text(o->title), sql_text(o->origins),
                            sql_int(o->configured)));
}

static enum err put_agent(struct sql *db, struct arena *a, const struct agent *agent)
{
    const char *skeleton = text_skeleton(a, agent->name);

    if (skeleton[0] == 0) /* no letter, no digit */
        skeleton = text_fold(a, agent->name);
    return sql_run(db,
                   "INSERT INTO agent"
                   " (id, jid, name, skeleton, organization, role, skills, createdAt, status,"
                   " maxChats, notify, contact)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
                   " ON CONFLICT (id) DO UPDATE SET"
                   " jid = ?2, name = ?3, skeleton = ?4, organization = ?5, role = ?6,"
                   " skills = ?7, createdAt = ?8, status = ?9, maxChats = ?10, notify = ?11,"
                   " contact = ?12",
                   SQL_WITH(sql_text(agent->id), sql_text(agent->jid), sql_text(agent->name),
                            sql_text(skeleton), sql_text(agent->organization),
                            sql_text(agent->role == AGENT_SUPERVISOR ? "supervisor" : "agent"),
                            sql_text(agent->skills), sql_int(agent->created_ms),
                            agent->status == DUTY_OFF ? sql_text_or_null("")
                                                      : sql_text(duty_name(agent->status)),
                            sql_int_or_null(agent->max_chats),
                            sql_text(agent_notify_name(agent->notify)), sql_int(agent->contact)));
}

static enum err put_token(struct sql *db, const struct token *t)
{
    bool of_chat = t->kind == TOKEN_CHAT;
    struct log log = {0};
    enum err e;

    if (of_chat && (e = find_room(db, t->subject, &log)) != OK)
        return e;
    return sql_run(db,
                   "INSERT INTO token (hash, chat, agentId, label, createdAt, expiresAt, usedAt)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                   SQL_WITH(sql_blob(t->hash, HASH_LEN), sql_int_or_null(log.num),
                            sql_text_or_null(of_chat ? "" : t->subject), sql_text_or_null(t->label),
                            sql_int(t->created_ms), sql_int_or_null(t->until_ms),
                            sql_int_or_null(t->used_ms)));
}

/* ---- chat ----------------------------------------------------------------------------------- */

/* Of ?1 to ?16. */
#define CHAT_VALUES(c, num)                                                                        \
    sql_int(num), sql_text((c)->organization), sql_text_or_null((c)->name),                        \
        sql_text_or_null((c)->email), sql_text_or_null((c)->locale), sql_text_or_null((c)->page),  \
        sql_text(chat_state_name((c)->state)), sql_int((c)->escalation_requested),                 \
        sql_text_or_null((c)->escalation_reason), sql_int_or_null((c)->escalation_requested_ms),   \
        sql_text_or_null((c)->assigned_to), sql_int_or_null((c)->assigned_ms),                     \
        sql_int_or_null((c)->queued_ms), sql_int((c)->created_ms),                                 \
        sql_int_or_null((c)->closed_ms), sql_int((c)->assistant_pending)

static enum err insert_chat(struct sql *db, const struct chat *c, struct log *log)
{
    enum err e = rooms_add(db, c->id, "chat", &log->num);

    if (e != OK)
        return e;
    return sql_run(
        db,
        "INSERT INTO chat (num, organization, name, email, locale, page, state,"
        " escalationRequested, escalationReason, escalationRequestedAt, assignedToId, assignedAt,"
        " queuedAt, createdAt, closedAt, assistantPending, version, externalId)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        SQL_WITH(CHAT_VALUES(c, log->num), sql_int(c->version + 1),
                 sql_text_or_null(c->external_id)));
}

static enum err update_chat(struct sql *db, const struct chat *c, const struct log *log)
{
    enum err e = sql_run(
        db,
        "UPDATE chat SET organization = ?2, name = ?3, email = ?4, locale = ?5, page = ?6,"
        " state = ?7, escalationRequested = ?8, escalationReason = ?9, escalationRequestedAt = ?10,"
        " assignedToId = ?11, assignedAt = ?12, queuedAt = ?13, createdAt = ?14, closedAt = ?15,"
        " assistantPending = ?16, awayAt = ?18, offeredToId = ?19, offeredById = ?20,"
        " offeredAt = ?21, rating = ?22, ratingComment = ?23, ratedAt = ?24,"
        " version = version + 1 WHERE num = ?1 AND version = ?17",
        SQL_WITH(CHAT_VALUES(c, log->num), sql_int(c->version), sql_int_or_null(c->away_ms),
                 sql_text_or_null(c->offered_to), sql_text_or_null(c->offered_by),
                 sql_int_or_null(c->offered_ms), sql_int_or_null(c->rating),
                 sql_text_or_null(c->rating_comment), sql_int_or_null(c->rated_ms)));

    return e == OK && sql_changed(db) == 0 ? ERR_CONFLICT : e;
}

static enum err put_chat(struct sql *db, struct change *c, struct log *log)
{
    bool words = true;
    enum err e = OK;

    if (c->chat_new)
        e = insert_chat(db, c->chat, log);
    else if ((e = search_differs(db, c->chat, log->num, &words)) == OK)
        e = update_chat(db, c->chat, log);
    return e == OK && words ? search_put(db, c->arena, c->chat, log->num) : e;
}

/* ---- log ------------------------------------------------------------------------------------ */

static enum err put_entry(struct sql *db, struct change *c, struct entry *e, struct log *log)
{
    enum err err;

    e->room = c->room;
    e->seq = ++log->seq;
    e->pos = e->audience == AUDIENCE_PUBLIC ? ++log->pos : 0;
    /* Pages are cut and sorted by time too: it must grow with seq, whatever the clock does. */
    e->created_ms = c->now_ms > log->last_ms ? c->now_ms : log->last_ms + 1;
    log->last_ms = e->created_ms;
    err = sql_run(db,
                  "INSERT INTO message (room, seq, pos, id, createdAt, kind, role, userId,"
                  " senderName, content, data, clientId, stanzaId, payload, shown, ref)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                  " ?16)",
                  SQL_WITH(sql_int(log->num), sql_int(e->seq), sql_int_or_null(e->pos),
                           sql_text(e->id), sql_int(e->created_ms),
                           sql_text(entry_kind_name(e->kind)), sql_text(role_name(e->role)),
                           sql_text_or_null(e->sender_id), sql_text_or_null(e->sender_name),
                           sql_text_or_null(e->text), sql_text_or_null(e->data),
                           sql_text_or_null(e->client_id), sql_text_or_null(e->stanza_id),
                           sql_text_or_null(e->payload), sql_text_or_null(e->shown),
                           sql_text_or_null(e->ref)));
    e->gid = log->gid = sql_last_id(db);
    return err;
}

static enum err put_entries(struct sql *db, struct change *c, struct log *log)
{
    enum err e;

    if (c->n_entries == 0)
        return OK;
    for (size_t i = 0; i < c->n_entries; i++)
        if ((e = put_entry(db, c, &c->entries[i], log)) != OK)
            return e;
    return sql_run(db,
                   "UPDATE room SET lastSeq = ?2, lastPos = ?3, lastGid = ?4, lastAt = ?5"
                   " WHERE num = ?1",
                   SQL_WITH(sql_int(log->num), sql_int(log->seq), sql_int(log->pos),
                            sql_int(log->gid), sql_int(log->last_ms)));
}

/* ---- who is in the room --------------------------------------------------------------------- */

static enum err put_participants(struct sql *db, const struct change *c, const struct log *log)
{
    for (size_t i = 0; i < c->n_participants; i++) {
        enum err e = sql_run(db,
                             "INSERT INTO participant (room, agentId, speaker) VALUES (?1, ?2, ?3)"
                             " ON CONFLICT (room, agentId) DO UPDATE SET speaker = ?3",
                             SQL_WITH(sql_int(log->num), sql_text(c->participants[i].agent_id),
                                      sql_int(c->participants[i].speaker)));

        if (e != OK)
            return e;
    }
    return OK;
}

static enum err put_session(struct sql *db, const struct session *s, const struct log *log)
{
    if (s->kind != SESSION_XMPP)
        return OK;
    return sql_run(db,
                   "INSERT INTO session"
                   " (room, address, agentId, jid, nick, presence, sinceGid, joinedAt, role)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (room, address)"
                   " DO UPDATE SET agentId = ?3, jid = ?4, nick = ?5, presence = ?6,"
                   " sinceGid = ?7, joinedAt = ?8, role = ?9",
                   SQL_WITH(sql_int(log->num), sql_text(s->address), sql_text_or_null(s->agent_id),
                            sql_text(s->jid), sql_text(s->nick), sql_text_or_null(s->presence),
                            sql_int(s->since_gid), sql_int(s->joined_ms),
                            sql_text_or_null(s->role == ROOM_NONE ? "" : room_role_name(s->role))));
}

static enum err put_sessions(struct sql *db, const struct change *c, const struct log *log)
{
    enum err e;

    for (size_t i = 0; i < c->n_sessions; i++)
        if ((e = put_session(db, &c->sessions[i], log)) != OK)
            return e;
    for (size_t i = 0; i < c->n_gone; i++) {
        e = sql_run(db, "DELETE FROM session WHERE room = ?1 AND address = ?2",
                    SQL_WITH(sql_int(log->num), sql_text(c->gone[i])));
        if (e != OK)
            return e;
    }
    if (!c->gone_all)
        return OK;
    return sql_run(db, "DELETE FROM session WHERE room = ?1", SQL_WITH(sql_int(log->num)));
}

/* ---- one change ----------------------------------------------------------------------------- */

static enum err put_room(struct sql *db, struct change *c, struct log *log)
{
    enum err e = OK;

    if (c->chat != NULL)
        e = put_chat(db, c, log);
    else if (c->staff != NULL)
        e = rooms_put(db, c, &log->num);
    if (e != OK || (e = put_entries(db, c, log)) != OK || (e = put_participants(db, c, log)) != OK)
        return e;
    if ((e = amend_put(db, c, log->num)) != OK)
        return e;
    if ((e = access_put(db, c, log->num)) != OK)
        return e;
    if ((e = put_sessions(db, c, log)) != OK || (e = rooms_put_rest(db, c, log->num)) != OK)
        return e;
    return erase_put(db, c, log->num);
}

static enum err put_rest(struct sql *db, const struct change *c)
{
    enum err e;

    if (c->token != NULL && (e = put_token(db, c->token)) != OK)
        return e;
    if (c->token_gone != NULL && (e = sql_run(db, "DELETE FROM token WHERE hash = ?1",
                                              SQL_WITH(sql_blob(c->token_gone, HASH_LEN)))) != OK)
        return e;
    if (c->sessions_gone != NULL &&
        (e = sql_run(db, "DELETE FROM token WHERE agentId = ?1 AND expiresAt IS NOT NULL",
                     SQL_WITH(sql_text(c->sessions_gone)))) != OK)
        return e;
    if (c->token_used != NULL &&
        (e = sql_run(db, "UPDATE token SET usedAt = ?2 WHERE hash = ?1",
                     SQL_WITH(sql_blob(c->token_used, HASH_LEN), sql_int(c->now_ms)))) != OK)
        return e;
    /* its tokens and sessions go by ON DELETE CASCADE */
    if (c->agent_gone != NULL && (e = sql_run(db, "DELETE FROM agent WHERE id = ?1",
                                              SQL_WITH(sql_text(c->agent_gone)))) != OK)
        return e;
    if (c->xmpp_confirmed == 0)
        return OK;
    return sql_run(db, "UPDATE meta SET value = ?1 WHERE key = 'xmppConfirmed' AND value < ?1",
                   SQL_WITH(sql_int(c->xmpp_confirmed)));
}

/* People come first, other than in the contract's order, so that what refers to them in the same
 * change finds them; removing an agent still comes last. */
static enum err put_all(struct sql *db, struct change *c, struct log *log)
{
    enum err e;

    if (c->organization != NULL && (e = put_organization(db, c->organization)) != OK)
        return e;
    if (c->agent != NULL && (e = put_agent(db, c->arena, c->agent)) != OK)
        return e;
    if (c->room[0] != 0 && (e = put_room(db, c, log)) != OK)
        return e;
    if (c->key[0] != 0 && (e = put_key(db, c, log)) != OK)
        return e;
    if ((e = filerow_put(db, c)) != OK || (e = canned_put(db, c)) != OK)
        return e;
    return put_rest(db, c);
}

/* A chat is its own room; only management has none, and then nothing that needs one. */
static enum err check_room(struct change *c)
{
    if (c->room[0] == 0 && c->chat != NULL)
        c->room = c->chat->id;
    assert(c->chat == NULL || strcmp(c->room, c->chat->id) == 0);
    if (c->room[0] != 0)
        return OK;
    if (c->key[0] != 0 || c->n_entries > 0 || c->n_participants > 0 || c->n_sessions > 0 ||
        c->n_gone > 0 || c->gone_all || c->n_access > 0)
        return ERR_NOT_FOUND;
    return OK;
}

static enum err run_change(struct sql *db, struct change *c)
{
    struct log log = {0};
    enum err e = check_room(c);

    if (c->key[0] != 0)
        hash_call(c, log.call);
    if (e == OK && c->room[0] != 0 && !c->chat_new && !c->staff_new) {
        if ((e = find_room(db, c->room, &log)) == OK && c->key[0] != 0)
            e = check_key(db, c, &log);
    }
    if (e != OK || c->replayed)
        return e;
    if (c->only_replay)
        return ERR_NOT_FOUND;
    e = put_all(db, c, &log);
    if (e == OK && c->chat != NULL) {
        c->chat->version++;
        c->chat->last_seq = log.seq;
        c->chat->last_pos = log.pos;
        c->chat->last_gid = log.gid;
        c->chat->last_ms = log.last_ms;
    }
    return e;
}

/* ---- batch ---------------------------------------------------------------------------------- */

/* A savepoint costs a copy of every page that the change touches. Few changes fail, and most of
 * those before they have written, so that there is nothing to undo. Hence a batch runs without
 * savepoints first; after a failure that left something it is rolled back and runs again, with a
 * savepoint for each change. */
enum mode { TOGETHER, APART };

static void give(struct change *c)
{
    c->given = c->entries;
    c->n_given = c->n_entries;
}

/* As it was before it ran. */
static void take_back(struct change *c)
{
    if (c->result == OK && !c->replayed && c->chat != NULL)
        c->chat->version--;
    c->entries = c->given;
    c->n_entries = c->n_given;
    c->replayed = false;
}

/* Returns false when it failed and left something. */
static bool run_together(struct sql *db, struct change *c)
{
    int64_t before = sql_changed_ever(db);

    c->result = run_change(db, c);
    return c->result == OK || (sql_in_transaction(db) && sql_changed_ever(db) == before);
}

/* Returns false when the transaction is gone: some errors (a full disk) end it as a whole. */
static bool run_apart(struct sql *db, struct change *c)
{
    enum err e = sql_run(db, "SAVEPOINT change", SQL_NOTHING);

    if (e != OK)
        return false;
    c->result = run_change(db, c);
    if (c->result != OK &&
        (!sql_in_transaction(db) || sql_run(db, "ROLLBACK TO change", SQL_NOTHING) != OK))
        return false;
    return sql_run(db, "RELEASE change", SQL_NOTHING) == OK;
}

static bool fail_all(struct change *c, enum err e)
{
    for (; c != NULL; c = c->next)
        c->result = e;
    return false;
}

/* Everything up to the commit. Returns false when nothing of it is there any more, and the changes
 * are as they were given. */
static bool run_all(struct sql *db, struct change *first, enum mode mode)
{
    struct change *c = first;

    if (sql_run(db, "BEGIN IMMEDIATE", SQL_NOTHING) != OK)
        return false;
    for (; c != NULL; c = c->next) {
        give(c);
        if (!(mode == APART ? run_apart(db, c) : run_together(db, c)))
            break;
    }
    if (c == NULL)
        return true;
    if (sql_in_transaction(db))
        (void)!sql_run(db, "ROLLBACK", SQL_NOTHING);
    for (struct change *past = first; past != c->next; past = past->next)
        take_back(past);
    return false;
}

bool write_batch(struct sql *db, struct change *first, void (*before_commit)(void *ctx), void *ctx)
{
    if (!run_all(db, first, TOGETHER) && !run_all(db, first, APART))
        return fail_all(first, ERR_IO);
    before_commit(ctx);
    if (sql_run(db, "COMMIT", SQL_NOTHING) != OK)
        return fail_all(first, ERR_UNKNOWN);
    return true;
}
