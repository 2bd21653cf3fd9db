#include "core/desk_own.h"

#include "core/base/log.h"

#include <stdlib.h>
#include <string.h>

/* What becomes of the data: chats that are erased, on demand or when their time is over; copies of
 * everything; what may still be stored when the disk is nearly full. */

/* ---- erasing -----------------------------------------------------------------------------------
 */

struct forgetting {
    struct desk *desk;
    const char *chat;
};

static bool forget_of_chat(void *ctx, const char *key, void *value)
{
    struct forgetting *f = ctx;
    struct known_token *t = value;

    if (strcmp(t->id, f->chat) == 0)
        free(map_take(f->desk->tokens, key));
    return true;
}

static void forget_tokens(struct desk *d, const char *chat)
{
    struct forgetting f = {d, chat};

    d->tokens_forgotten++; /* also what is being read */
    map_each(d->tokens, forget_of_chat, &f);
}

void keep_tell_erased(struct room *r)
{
    struct event e = {.kind = EVENT_ERASED, .room = r, .room_id = r->id};

    forget_tokens(r->desk, r->id);
    room_forget_participants(r);
    bus_publish(r->desk->bus, &e);
}

/* If we end before, the next start removes them (desk_files_check). */
static void remove_bytes(const struct desk *d, const struct change *c)
{
    for (size_t i = 0; i < c->n_bytes_gone && d->o.files.self; i++)
        d->o.files.remove(d->o.files.self, c->bytes_gone[i]);
}

static void tell_closed(struct room *r)
{
    struct event e = {
        .kind = EVENT_CLOSED_ROOM, .room = r, .room_id = r->id, .why = r->desk->o.texts.closed};

    bus_publish(r->desk->bus, &e);
    room_clear_sessions(r);
}

static void erased(struct op *op, struct change *c)
{
    struct room *r = op->room;
    bool was_open = r->chat->state != CHAT_CLOSED;
    struct desk_answer a = {.entries = c->entries, .n_entries = c->n_entries, .traces = c->traces};

    chat_apply(r, c);
    remove_bytes(r->desk, c);
    log_info("chat-erased", "chat=%s files=%zu traces=%d", r->id, c->n_bytes_gone, c->traces);
    op_answer(op, OK, &a);
    chat_publish(r, c);
    if (!r->stale) {
        keep_tell_erased(r);
        if (was_open)
            tell_closed(r);
    }
    op_end(op);
}

static void erase(struct op *op)
{
    struct change *c = op_change(op);
    struct chat *chat = chat_alter(op, c);

    if (chat->state != CHAT_CLOSED)
        chat_close(op, c, "");
    chat->name = chat->email = chat->external_id = chat->locale = chat->page =
        chat->escalation_reason = chat->rating_comment = "";
    chat->assistant_pending = false;
    chat->erased_ms = c->now_ms;
    c->gone_all = true;
    c->erase = true;
    op->applied = erased;
    op_submit(op, c);
}

static void erase_run(struct op *op)
{
    enum err e = op_may(op, ACTION_CLOSE);
    struct desk_answer same = {.unchanged = true};

    if (e == OK && op->who.kind != WHO_SYSTEM)
        e = ERR_FORBIDDEN;
    if (e != OK)
        op_done(op, e, NULL);
    else if (op->room->chat->erased_ms > 0)
        op_done(op, OK, &same);
    else
        erase(op);
}

void desk_erase(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->run = erase_run;
    op_enter(op);
}

/* ---- what its time is over for -----------------------------------------------------------------
 */

#define SWEEP_AGAIN_MS (60 * 60 * 1000) /* after all rooms were looked at */
#define SWEEP_AT_ONCE 20                /* in a second */
#define EMPTY_MS (24 * 60 * 60 * 1000)

static bool is_empty(const struct room *r)
{
    const struct chat *c = r->chat;

    return c->state == CHAT_ASSISTANT && c->last_seq == 0 &&
           c->created_ms < clock_past(r->desk) - EMPTY_MS && bus_count(r->desk->bus, r->id) == 0;
}

/* A chat that nobody but the assistant answered is never closed: it counts from its last entry. */
static bool is_over(const struct room *r)
{
    const struct chat *c = r->chat;
    int64_t before = clock_past(r->desk) - r->desk->o.retention_ms;

    if (r->desk->o.retention_ms == 0 || c->erased_ms > 0 || c->last_seq == 0)
        return false;
    return (c->state == CHAT_CLOSED && c->closed_ms < before) ||
           (c->state == CHAT_ASSISTANT && c->last_ms < before);
}

/* Nothing of it is left: whoever asks for it from now on finds what is stored. */
static void swept(struct op *op, struct change *c)
{
    struct room *r = op->room;

    remove_bytes(r->desk, c);
    forget_tokens(r->desk, r->id);
    log_debug("chat-swept", "chat=%s", r->id);
    room_forget_chat(r);
    op_done(op, OK, NULL);
}

static void sweep_run(struct op *op)
{
    struct change *c;

    if (is_empty(op->room)) {
        c = op_change(op);
        c->chat_gone = true;
        op->applied = swept;
        op_submit(op, c);
    } else if (is_over(op->room)) {
        erase(op);
    } else {
        op_done(op, OK, NULL);
    }
}

static void due_read(struct op *op, struct query *q)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct desk *d = op->room->desk;

    d->sweep_after = q->more ? q->first : 0;
    if (!q->more)
        d->sweep_ms = desk_steady(d) + SWEEP_AGAIN_MS;
    for (size_t i = 0; i < q->n_pending; i++) {
        struct op *one = op_new(d, q->pending[i], &system, NULL, NULL);

        one->run = sweep_run;
        op_enter(one);
    }
    op_done(op, OK, NULL);
}

static void due_run(struct op *op)
{
    struct desk *d = op->room->desk;
    struct query *q = query_new(QUERY_SWEEP, NULL, NULL);

    q->after = d->sweep_after;
    q->before = clock_past(d) - EMPTY_MS;
    q->since = d->o.retention_ms > 0 ? clock_past(d) - d->o.retention_ms : 0;
    q->limit = SWEEP_AT_ONCE;
    op_read(op, q, due_read);
}

static void due_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct desk *d = ctx;

    (void)e;
    (void)a;
    d->sweeping = false;
}

void keep_tick(struct desk *d)
{
    struct op *op;

    if (d->sweeping || desk_steady(d) < d->sweep_ms)
        return;
    d->sweeping = true;
    op = op_new_office(d, due_done, d);
    op->run = due_run;
    op->plain = op_always_plain;
    op_enter(op);
}

/* ---- copies ------------------------------------------------------------------------------------
 */

enum err desk_backup(struct desk *d, struct backup *b)
{
    return d->o.store.backup(d->o.store.self, b);
}

/* ---- room on the disk --------------------------------------------------------------------------
 */

void desk_set_space(struct desk *d, enum desk_space space)
{
    d->space = space;
}

enum desk_space desk_space(const struct desk *d)
{
    return d->space;
}

/* What people write; what only says what happened is small, and must go on. */
static bool adds_words(const struct change *c)
{
    for (size_t i = 0; i < c->n_entries; i++) {
        const struct entry *e = &c->entries[i];

        if ((e->role == ROLE_USER || e->role == ROLE_AGENT) && entry_is_said(e->kind) &&
            e->kind != ENTRY_DELETED)
            return true;
    }
    return false;
}

bool keep_lacks_space(const struct desk *d, const struct change *c)
{
    if (d->space == SPACE_ENOUGH)
        return false;
    return c->chat_new || (d->space == SPACE_NONE && adds_words(c));
}
