#include "core/desk_files.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/desk_own.h"

#include <stdlib.h>
#include <string.h>

/* ---- slots ---------------------------------------------------------------------------------- */

enum slot_state { SLOT_OPEN, SLOT_BUSY, SLOT_USED };

struct slot {
    struct arena *arena; /* owns the slot */
    struct file *file;
    enum slot_state state;
};

static void slot_put(struct desk *d, const struct file *f)
{
    struct arena *a = arena_new();
    struct slot *s = arena_new_of(a, struct slot);

    s->arena = a;
    s->file = file_dup(a, f);
    map_set(d->slots, f->id, s);
}

static bool too_late(const struct desk *d, const struct slot *s)
{
    return s->file->created_ms + DESK_SLOT_MS <= desk_steady(d);
}

static bool slot_free(void *ctx, const char *key, void *value)
{
    struct slot *s = value;

    (void)ctx;
    (void)key;
    arena_free(s->arena);
    return true;
}

void files_free(struct desk *d)
{
    map_each(d->slots, slot_free, NULL);
    map_free(d->slots);
}

void files_start(struct desk *d, const struct query *q)
{
    for (size_t i = 0; i < q->n_files; i++)
        slot_put(d, &q->files[i]);
}

struct count {
    const char *owner;
    size_t n;
};

static bool count_open(void *ctx, const char *key, void *value)
{
    struct count *c = ctx;
    const struct slot *s = value;

    (void)key;
    c->n += s->state != SLOT_USED && strcmp(s->file->owner, c->owner) == 0;
    return true;
}

static bool slots_full(struct desk *d, const char *owner)
{
    struct count c = {.owner = owner};

    if (map_count(d->slots) >= DESK_SLOTS_MAX)
        return true;
    map_each(d->slots, count_open, &c);
    return c.n >= DESK_SLOTS_OF_ONE;
}

/* ---- asking for one ------------------------------------------------------------------------- */

static void slot_applied(struct op *op, struct change *c)
{
    struct desk_answer a = {.file = c->file};

    slot_put(op->room->desk, c->file);
    op_done(op, OK, &a);
}

static enum err slot_check(struct op *op, const struct file *f)
{
    const struct desk *d = op->room->desk;

    if (op->who.kind != WHO_AGENT || !directory_by_id(d->directory, op->who.id))
        return ERR_FORBIDDEN;
    if (f->size < 1 || strlen(f->type) > FILE_TYPE_MAX || !text_ok(f->type, strlen(f->type)))
        return ERR_INVALID;
    if (f->size > d->o.file_max)
        return ERR_TOO_LARGE;
    return d->o.files.room(d->o.files.self, f->size) ? OK : ERR_NO_SPACE;
}

static void slot_run(struct op *op)
{
    struct desk *d = op->room->desk;
    struct file *f = op->call;
    enum err e = slot_check(op, f);
    struct desk_answer full = {.retry_ms = DESK_SLOT_MS};
    struct change *c;

    if (e != OK || slots_full(d, op->who.id)) {
        op_done(op, e != OK ? e : ERR_RATE, e != OK ? NULL : &full);
        return;
    }
    c = op_change(op);
    d->o.time.id(d->o.time.self, f->id);
    f->owner = op->who.id;
    f->created_ms = c->now_ms = desk_steady(d);
    c->file = file_dup(c->arena, f);
    c->file_quota = d->o.file_quota;
    c->file_span_ms = DESK_FILES_SPAN_MS;
    op_submit(op, c);
}

void desk_file_slot(struct desk *d, const struct principal *who, const struct file *wish,
                    desk_fn *done, void *ctx)
{
    struct op *op = op_new_office_for(d, who, done, ctx);
    struct file *f = file_dup(op->arena, wish);

    f->name = file_name(op->arena, f->name);
    f->room = "";
    f->state = FILE_OPEN;
    op->call = f;
    op->run = slot_run;
    op->applied = slot_applied;
    op_enter(op);
}

/* ---- using it ------------------------------------------------------------------------------- */

enum err desk_file_begin(struct desk *d, const char *id, const struct file **out)
{
    struct slot *s = map_get(d->slots, id);

    if (!s || too_late(d, s))
        return ERR_NOT_FOUND;
    if (s->state != SLOT_OPEN)
        return ERR_CONFLICT;
    s->state = SLOT_BUSY;
    *out = s->file;
    return OK;
}

void desk_file_failed(struct desk *d, const char *id)
{
    struct slot *s = map_get(d->slots, id);

    if (s && s->state == SLOT_BUSY)
        s->state = SLOT_OPEN;
}

/* The caller has to hear of a failure too, behind the slot. */
struct storing {
    struct desk *desk;
    char id[ID_LEN + 1];
    desk_fn *done;
    void *ctx;
};

static void stored(void *ctx, enum err e, const struct desk_answer *a)
{
    struct storing *s = ctx;

    if (e != OK)
        desk_file_failed(s->desk, s->id);
    s->done(s->ctx, e, a);
    free(s);
}

static void stored_applied(struct op *op, struct change *c)
{
    struct slot *s = map_get(op->room->desk->slots, c->file->id);
    struct desk_answer a = {.file = c->file};

    if (s)
        s->state = SLOT_USED;
    op_done(op, OK, &a);
}

static void stored_run(struct op *op)
{
    struct change *c = op_change(op);

    c->file = file_dup(c->arena, op->call);
    op_submit(op, c);
}

void desk_file_stored(struct desk *d, const char *id, const char *type, desk_fn *done, void *ctx)
{
    const struct slot *s = map_get(d->slots, id);
    struct storing *own = mem_alloc(sizeof(*own));
    struct op *op = op_new_office(d, stored, own);
    struct file *f = file_dup(op->arena, s->file); /* a busy slot is not swept */

    own->desk = d;
    memcpy(own->id, s->file->id, sizeof(own->id));
    own->done = done;
    own->ctx = ctx;
    f->type = arena_dup(op->arena, type);
    f->state = FILE_STORED;
    op->call = f;
    op->run = stored_run;
    op->applied = stored_applied;
    op->plain = op_always_plain;
    op_enter(op);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void found(struct op *op, struct query *q)
{
    struct desk_answer a = {.file = &q->files[0]};

    op_done(op, OK, &a);
}

static void find_run(struct op *op)
{
    struct query *q = query_new(QUERY_FILE, NULL, NULL);

    q->id = arena_dup(q->arena, op->call);
    op_read(op, q, found);
}

/* Beside the office's line: files do not change, and nobody should wait for a read. */
void desk_file_find(struct desk *d, const char *id, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);

    op->call = arena_dup(op->arena, id);
    op->line_free = true;
    find_run(op);
}

/* ---- files that come with a message -----------------------------------------------------------
 */

/* docs/API.md, "Attachments" */
const char *files_data(struct arena *a, const struct file *f, const char *url)
{
    struct json *o = json_object(), *list = json_array(), *one = json_object();
    const char *text;

    json_put_str(one, "url", url);
    json_put_str(one, "name", f->name);
    json_put_str(one, "type", f->type);
    json_put_int(one, "size", f->size);
    json_add(list, one);
    json_put(o, "attachments", list);
    text = json_print(a, o);
    json_free(o);
    return text;
}

const char *files_same(struct arena *a, const struct file *f, const char *digest)
{
    return arena_printf(a, "%s\n%s", f->name, digest);
}

void files_attach(struct op *op, struct change *c, const struct file *f, const char **data)
{
    struct desk *d = op->room->desk;
    struct file *own = file_dup(c->arena, f);

    own->owner = arena_dup(c->arena, op->who.id);
    own->room = c->room;
    own->created_ms = desk_steady(d);
    own->state = FILE_STORED;
    c->file = own;
    c->file_quota = d->o.file_quota;
    c->file_span_ms = DESK_FILES_SPAN_MS;
    *data = files_data(c->arena, f, c->entries[c->n_entries - 1].text);
}

static void attach_run(struct op *op)
{
    const struct desk *d = op->room->desk;
    const int64_t *size = op->call;
    enum err e =
        op->who.kind == WHO_CUSTOMER ? op_may(op, ACTION_WRITE) : op_may_as_agent(op, ACTION_WRITE);

    if (e == OK && *size > d->o.file_max)
        e = ERR_TOO_LARGE;
    else if (e == OK && !d->o.files.room(d->o.files.self, *size))
        e = ERR_NO_SPACE;
    op_done(op, e, NULL);
}

void desk_attach(struct desk *d, const struct principal *who, const char *chat, int64_t size,
                 desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    int64_t *own = arena_new_of(op->arena, int64_t);

    *own = size;
    op->call = own;
    op->run = attach_run;
    op_enter(op);
}

int64_t desk_file_max(const struct desk *d)
{
    return d->o.file_max;
}

/* ---- sweeping ------------------------------------------------------------------------------- */

static void gone_applied(struct op *op, struct change *c)
{
    (void)c;
    op_done(op, OK, NULL);
}

static void gone_run(struct op *op)
{
    struct change *c = op_change(op);
    const char *const *ids = op->call;

    while (ids[c->n_files_gone])
        c->n_files_gone++;
    c->files_gone = arena_array(c->arena, const char *, c->n_files_gone + 1);
    for (size_t i = 0; i < c->n_files_gone; i++)
        c->files_gone[i] = arena_dup(c->arena, ids[i]);
    op_submit(op, c);
}

struct sweep {
    struct desk *desk;
    struct op *op; /* NULL until there is one to be swept */
    const char **ids;
    size_t n;
};

static bool sweep_one(void *ctx, const char *key, void *value)
{
    struct sweep *w = ctx;
    struct slot *s = value;

    if (s->state == SLOT_BUSY || !too_late(w->desk, s))
        return true;
    if (s->state == SLOT_OPEN && !w->op) {
        w->op = op_new_office(w->desk, NULL, NULL);
        w->ids = arena_array(w->op->arena, const char *, DESK_SLOTS_MAX + 1);
    }
    if (s->state == SLOT_OPEN && w->n < DESK_SLOTS_MAX)
        w->ids[w->n++] = arena_dup(w->op->arena, s->file->id);
    (void)map_take(w->desk->slots, key);
    arena_free(s->arena);
    return true;
}

void files_tick(struct desk *d)
{
    struct sweep w = {.desk = d};

    map_each(d->slots, sweep_one, &w);
    if (!w.op)
        return;
    w.op->call = w.ids;
    w.op->run = gone_run;
    w.op->applied = gone_applied;
    op_enter(w.op);
}

/* ---- the check at start --------------------------------------------------------------------- */

struct missing {
    struct op *op;
    const char **ids;
    size_t n;
};

static void note_missing(void *ctx, const char *id)
{
    struct missing *m = ctx;

    m->ids[m->n++] = arena_dup(m->op->arena, id);
}

static void check_ids(struct op *op, struct query *q)
{
    const struct file_port *files = &op->room->desk->o.files;
    struct missing m = {.op = op};
    enum err e;

    m.ids = arena_array(op->arena, const char *, q->n_file_ids + 1);
    e = files->keep(files->self, q->file_ids, q->n_file_ids, note_missing, &m);
    /* Not one is there: rather somebody forgot to bring the folder than that all are lost. */
    if (e != OK || m.n == 0 || m.n == q->n_file_ids) {
        if (m.n > 0)
            log_error("files-missing", "all=%zu", m.n);
        op_done(op, e, NULL);
        return;
    }
    log_warn("files-missing", "count=%zu of=%zu", m.n, q->n_file_ids);
    op->call = m.ids;
    gone_run(op);
}

static void check_run(struct op *op)
{
    op_read(op, query_new(QUERY_FILES, NULL, NULL), check_ids);
}

void desk_files_check(struct desk *d, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);

    op->run = check_run;
    op->applied = gone_applied;
    op_enter(op);
}
