#include "core/desk_own.h"

#include "core/base/text.h"

#include <string.h>

/* Texts that an organization's agents send again and again. They are read from the store each time:
 * people ask for them now and then. */

struct canned_call {
    const char *id, *shortcut, *content;
    bool remove;
};

static const struct agent *asker(const struct op *op)
{
    return directory_by_id(op->room->desk->directory, op->who.id);
}

/* Agents only. Ends the op when it is somebody else. */
static bool canned_may(struct op *op)
{
    enum err e = op->who.kind == WHO_AGENT ? OK : ERR_FORBIDDEN;

    if (e == OK && !asker(op))
        e = ERR_UNAUTHORIZED;
    if (e == OK)
        return true;
    op_done(op, e, NULL);
    return false;
}

static void canned_ask(struct op *op, void (*done)(struct op *op, struct query *q))
{
    struct query *q = query_new(QUERY_CANNED, NULL, NULL);

    q->organization = arena_dup(q->arena, asker(op)->organization);
    op_read(op, q, done);
}

/* ---- the list ----------------------------------------------------------------------------------
 */

static void listed(struct op *op, struct query *q)
{
    struct desk_answer a = {.canned = q->canned, .n_canned = q->n_canned};

    op_done(op, OK, &a);
}

static void list_run(struct op *op)
{
    if (canned_may(op))
        canned_ask(op, listed);
}

void desk_canned_list(struct desk *d, const struct principal *who, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office_for(d, who, done, ctx);

    op->run = list_run;
    op_enter(op);
}

/* ---- changes -----------------------------------------------------------------------------------
 */

static void changed(struct op *op, struct change *c)
{
    struct desk_answer a = {.canned = c->canned, .n_canned = c->canned ? 1 : 0};

    op_done(op, OK, &a);
}

static const struct canned *by_id(const struct query *q, const char *id)
{
    for (size_t i = 0; i < q->n_canned; i++)
        if (strcmp(q->canned[i].id, id) == 0)
            return &q->canned[i];
    return NULL;
}

static void put_store(struct op *op, const struct canned *old, const char *organization)
{
    const struct canned_call *call = op->call;
    struct desk *d = op->room->desk;
    struct change *c = op_change(op);
    struct canned *r = arena_new_of(c->arena, struct canned);

    if (old)
        memcpy(r->id, old->id, sizeof(r->id));
    else
        d->o.time.id(d->o.time.self, r->id);
    r->organization = arena_dup(c->arena, organization);
    r->shortcut = arena_dup(c->arena, call->shortcut ? call->shortcut : old->shortcut);
    r->content = arena_dup(c->arena, call->content ? call->content : old->content);
    r->updated_ms = c->now_ms;
    c->canned = r;
    op_submit(op, c);
}

static void change_read(struct op *op, struct query *q)
{
    const struct canned_call *call = op->call;
    const struct canned *old = by_id(q, call->id);
    struct change *c;

    if (*call->id && !old) {
        op_done(op, ERR_NOT_FOUND, NULL);
        return;
    }
    if (call->remove) {
        c = op_change(op);
        c->canned_gone = arena_dup(c->arena, old->id);
        op_submit(op, c);
        return;
    }
    for (size_t i = 0; i < q->n_canned && call->shortcut; i++) {
        if (&q->canned[i] != old && strcmp(q->canned[i].shortcut, call->shortcut) == 0) {
            op_refuse(op, ERR_CONFLICT, "shortcut", "There is one of this name.");
            return;
        }
    }
    if (!old && q->n_canned >= CANNED_COUNT_MAX)
        op_refuse(op, ERR_CONFLICT, "", "There are too many already: remove some first.");
    else
        put_store(op, old, q->organization);
}

/* One word that can be typed behind a slash. */
static bool shortcut_ok(struct op *op, const char **shortcut)
{
    char *name = NULL;

    if (text_name(op->arena, *shortcut, &name) != OK || strpbrk(name, " /!") ||
        text_chars(name) > CANNED_SHORTCUT_MAX) {
        op_refuse(op, ERR_INVALID, "shortcut",
                  "A shortcut is one word of at most 32 characters, without slashes.");
        return false;
    }
    *shortcut = name;
    return true;
}

static bool content_ok(struct op *op, const char **content)
{
    if (strlen(*content) > CANNED_CONTENT_MAX) {
        op_refuse(op, ERR_TOO_LARGE, "content", "This text is longer than 4096 bytes.");
        return false;
    }
    if (!text_ok(*content, strlen(*content))) {
        op_refuse(op, ERR_TEXT, "content", "This text holds a forbidden character.");
        return false;
    }
    *content = text_body(op->arena, *content);
    if (**content)
        return true;
    op_refuse(op, ERR_INVALID, "content", "The text is empty.");
    return false;
}

static void change_run(struct op *op)
{
    struct canned_call *call = op->call;

    if (!canned_may(op) || (call->shortcut && !shortcut_ok(op, &call->shortcut)) ||
        (call->content && !content_ok(op, &call->content)))
        return;
    canned_ask(op, change_read);
}

static void canned_change(struct desk *d, const struct principal *who,
                          const struct canned_call *given, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office_for(d, who, done, ctx);
    struct canned_call *call = arena_new_of(op->arena, struct canned_call);

    call->id = arena_dup(op->arena, given->id);
    call->shortcut = given->shortcut ? arena_dup(op->arena, given->shortcut) : NULL;
    call->content = given->content ? arena_dup(op->arena, given->content) : NULL;
    call->remove = given->remove;
    op->call = call;
    op->run = change_run;
    op->applied = changed;
    op_enter(op);
}

void desk_canned_put(struct desk *d, const struct principal *who, const char *id,
                     const char *shortcut, const char *content, desk_fn *done, void *ctx)
{
    const struct canned_call call = {.id = id, .shortcut = shortcut, .content = content};

    canned_change(d, who, &call, done, ctx);
}

void desk_canned_remove(struct desk *d, const struct principal *who, const char *id, desk_fn *done,
                        void *ctx)
{
    const struct canned_call call = {.id = id, .remove = true};

    canned_change(d, who, &call, done, ctx);
}
