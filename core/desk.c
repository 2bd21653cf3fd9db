#include "core/desk_own.h"

#include "core/base/log.h"
#include "core/base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- answers --------------------------------------------------------------------------------- */

static int64_t retry_of(enum err e)
{
    if (e == ERR_LOW_DISK)
        return 30000;
    return e == ERR_BUSY || e == ERR_UNKNOWN || e == ERR_IO ? 1000 : 0;
}

void op_answer(struct op *op, enum err e, struct desk_answer *answer)
{
    struct desk_answer empty = {0};
    desk_fn *done = op->done;

    op->done = NULL;
    if (!done)
        return;
    if (!answer)
        answer = &empty;
    if (op->room->staff && e == OK)
        answer->room = op->room;
    if (op->room->chat && (e == OK || op_may(op, ACTION_READ) == OK)) {
        answer->chat = op->room->chat;
        answer->room = op->room;
    }
    if (answer->retry_ms == 0)
        answer->retry_ms = retry_of(e);
    answer->epoch = op->room->desk->epoch;
    if (!answer->detail)
        answer->detail = "";
    if (!answer->field)
        answer->field = "";
    done(op->ctx, e, answer);
}

void op_end(struct op *op)
{
    struct room *r = op->room;
    bool held = !op->line_free;

    arena_free(op->arena);
    if (!held)
        return;
    r->in_flight--;
    /* what the failed commit did must be told, also when nobody asks */
    if (r->stale && r->in_flight == 0 && STAILQ_EMPTY(&r->line))
        load_room(r);
    line_pump(r);
}

enum err op_may(const struct op *op, enum action what)
{
    enum err e = may(op->room->desk->directory, &op->who, op->room->chat, what);

    return e == OK && op->who.kind == WHO_AGENT && op->room->chat ? access_may(op, what) : e;
}

enum err op_may_as_agent(const struct op *op, enum action what)
{
    enum err e = op_may(op, what);

    return e == OK && op->who.kind != WHO_AGENT ? ERR_FORBIDDEN : e;
}

const struct agent *op_lister(struct op *op)
{
    const struct directory *d = op->room->desk->directory;
    const struct agent *agent = directory_by_id(d, op->who.id);
    enum err e = may(d, &op->who, NULL, ACTION_LIST);

    if (e == OK && agent)
        return agent;
    op_done(op, e != OK ? e : ERR_UNAUTHORIZED, NULL);
    return NULL;
}

void op_done(struct op *op, enum err e, struct desk_answer *answer)
{
    op_answer(op, e, answer);
    op_end(op);
}

void op_refuse(struct op *op, enum err e, const char *field, const char *detail)
{
    struct desk_answer a = {.field = field, .detail = detail};

    op_done(op, e, &a);
}

/* ---- rooms in memory ---------------------------------------------------------------------------
 */

static void room_wake(struct room *r)
{
    if (r->idle) {
        TAILQ_REMOVE(&r->desk->idle, r, idle_link);
        r->idle = false;
    }
}

static void room_rest(struct room *r)
{
    if (r == r->desk->office || r->idle || r->n_line > 0 || r->in_flight > 0)
        return;
    if (r->n_sessions > 0 || r->asking || work_waits_for_agent(r))
        return;
    if (r->load != ROOM_READY || (r->of_staff && !r->staff)) {
        (void)map_take(r->desk->rooms, r->id);
        room_free(r);
        return;
    }
    r->idle = true;
    r->idle_since_ms = desk_steady(r->desk);
    TAILQ_INSERT_TAIL(&r->desk->idle, r, idle_link);
}

static struct room *room_find(struct desk *d, const char *id)
{
    struct room *r = map_get(d->rooms, id);

    if (!r) {
        r = room_new(d, id);
        map_set(d->rooms, id, r);
    }
    return r;
}

/* ---- lines -------------------------------------------------------------------------------------
 */

void line_fail(struct room *r, enum err e)
{
    struct op_list failed = STAILQ_HEAD_INITIALIZER(failed);

    STAILQ_CONCAT(&failed, &r->line);
    r->n_line = 0;
    while (!STAILQ_EMPTY(&failed)) {
        struct op *op = STAILQ_FIRST(&failed);

        STAILQ_REMOVE_HEAD(&failed, link);
        op->line_free = true;
        op_done(op, e, NULL);
    }
}

static bool may_start(const struct room *r, const struct op *op)
{
    if (r->in_flight == 0)
        return true;
    return r->in_flight < DESK_LINE_MAX && r->flight_plain && !r->stale && op->plain &&
           op->plain(op);
}

void line_pump(struct room *r)
{
    if (r->pumping || r->load == ROOM_LOADING)
        return;
    r->pumping = true;
    while (!STAILQ_EMPTY(&r->line)) {
        struct op *op = STAILQ_FIRST(&r->line);

        if (r->load == ROOM_UNLOADED || (r->stale && r->in_flight == 0)) {
            load_room(r);
            if (r->load == ROOM_LOADING)
                break;
            continue; /* all were refused; callers may have come back */
        }
        if (!may_start(r, op))
            break;
        STAILQ_REMOVE_HEAD(&r->line, link);
        r->n_line--;
        r->flight_plain = op->plain && op->plain(op);
        r->in_flight++;
        work_seen(r, &op->who);
        op->run(op);
        if (r->load == ROOM_LOADING)
            break;
    }
    r->pumping = false;
    if (r->load != ROOM_LOADING)
        room_rest(r);
}

struct op *op_new(struct desk *d, const char *room_id, const struct principal *who, desk_fn *done,
                  void *ctx)
{
    struct arena *a = arena_new();
    struct op *op = arena_new_of(a, struct op);

    op->arena = a;
    op->who = (struct principal){.kind = who->kind, .id = arena_dup(a, who->id)};
    op->key = "";
    op->done = done;
    op->ctx = ctx;
    /* no room is made for what can't be one */
    op->lost = !(crypto_is_id(room_id) ? who->kind != WHO_PERSON
                                       : (who->kind == WHO_PERSON || who->kind == WHO_SYSTEM) &&
                                             desk_staff_name(d, room_id));
    op->room = op->lost ? d->office : room_find(d, room_id);
    return op;
}

struct op *op_new_office_for(struct desk *d, const struct principal *who, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, "", who, done, ctx);

    op->lost = false;
    return op;
}

struct op *op_new_office(struct desk *d, desk_fn *done, void *ctx)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};

    return op_new_office_for(d, &system, done, ctx);
}

void op_enter(struct op *op)
{
    struct room *r = op->room;

    room_wake(r);
    if (op->lost || r->n_line >= DESK_LINE_MAX) {
        op->line_free = true;
        op_done(op, op->lost ? ERR_NOT_FOUND : ERR_BUSY, NULL);
        return;
    }
    STAILQ_INSERT_TAIL(&r->line, op, link);
    r->n_line++;
    line_pump(r);
}

bool op_always_plain(const struct op *op)
{
    (void)op;
    return true;
}

struct change *op_change(struct op *op)
{
    struct change *c = change_new(NULL, op);

    c->room = arena_dup(c->arena, op->room->id);
    c->now_ms = desk_now(op->room->desk);
    return c;
}

/* A change of people whose fate is unknown: the directory may lag behind the store. */
static bool of_people(const struct change *c)
{
    return c->agent || c->agent_gone || c->organization || c->token_gone;
}

/* Is what is in memory perhaps not what is stored? */
static bool is_stale(const struct room *r, const struct change *c, enum err e)
{
    if (r == r->desk->office)
        return e == ERR_UNKNOWN && of_people(c);
    return e == ERR_UNKNOWN || e == ERR_CONFLICT;
}

static void committed(struct change *c, enum err e)
{
    struct op *op = c->ctx;
    struct room *r = op->room;
    struct desk *d = r->desk;
    struct desk_answer refused = {.retry_ms = c->retry_ms};

    if (c->xmpp_confirmed > 0 && (e != OK || c->replayed))
        d->confirm_sent = 0; /* nothing was written: it rides with another one */
    if (c->only_replay && e == ERR_NOT_FOUND) {
        op_done(op, op->instead, op->otherwise);
        change_free(c);
        return;
    }
    d->store_ok = e != ERR_UNKNOWN && e != ERR_IO;
    if (is_stale(r, c, e))
        r->stale = true;
    if (e == OK)
        op->applied(op, c);
    else
        op_done(op, e == ERR_CONFLICT && r != d->office ? ERR_UNKNOWN : e, &refused);
    change_free(c);
}

/* What the server has read rides along with the next commit. */
static void add_confirmed(struct desk *d, struct change *c)
{
    c->xmpp_confirmed = d->confirm_wanted > d->confirm_sent ? d->confirm_wanted : 0;
}

void op_submit(struct op *op, struct change *c)
{
    struct desk *d = op->room->desk;
    enum err e;

    c->done = committed;
    if (keep_lacks_space(d, c)) {
        if (!*c->key) {
            change_free(c);
            op_done(op, ERR_LOW_DISK, NULL);
            return;
        }
        op->instead = ERR_LOW_DISK; /* the first try may have gone through */
        op->otherwise = NULL;
        c->only_replay = true;
    }
    add_confirmed(d, c);
    if ((e = d->o.store.submit(d->o.store.self, c)) == OK) {
        d->confirm_sent = d->confirm_wanted;
        return;
    }
    change_free(c);
    op_done(op, e, NULL);
}

struct op_read {
    struct op *op;
    void (*done)(struct op *op, struct query *q);
    void (*failed)(struct op *op, enum err e);
};

static void read_done(struct query *q, enum err e)
{
    struct op_read *r = q->ctx;

    if (e == OK)
        r->done(r->op, q);
    else
        r->failed(r->op, e);
    query_free(q);
}

static void read_failed(struct op *op, enum err e)
{
    op_done(op, e, NULL);
}

void op_read(struct op *op, struct query *q, void (*done)(struct op *op, struct query *q))
{
    op_read_or(op, q, done, read_failed);
}

void op_read_or(struct op *op, struct query *q, void (*done)(struct op *op, struct query *q),
                void (*failed)(struct op *op, enum err e))
{
    struct desk *d = op->room->desk;
    struct op_read *r = arena_new_of(q->arena, struct op_read);
    enum err e;

    r->op = op;
    r->done = done;
    r->failed = failed;
    q->done = read_done;
    q->ctx = r;
    if ((e = d->o.store.read(d->o.store.self, q)) == OK)
        return;
    query_free(q);
    op_done(op, e, NULL);
}

void op_page(struct op *op, struct query *q)
{
    struct desk_answer a = {.page = q};

    op_done(op, OK, &a);
}

bool bucket_has(struct bucket *b, double per_ms, double burst, int64_t now_ms, int64_t *retry_ms)
{
    if (b->at_ms == 0)
        b->tokens = burst;
    else if (now_ms > b->at_ms)
        b->tokens += (double)(now_ms - b->at_ms) * per_ms;
    if (b->tokens > burst)
        b->tokens = burst;
    b->at_ms = now_ms;
    if (b->tokens >= 1)
        return true;
    *retry_ms = per_ms > 0 ? (int64_t)((1 - b->tokens) / per_ms) + 1 : 3600000;
    return false;
}

void bucket_take(struct bucket *b)
{
    b->tokens -= 1;
}

/* ---- the desk ----------------------------------------------------------------------------------
 */

static char *nick_of_assistant(const struct desk *d)
{
    struct arena *a = arena_new();
    const char *nick = text_nick(a, desk_assistant_name(d));
    char *own = mem_dup(*nick ? nick : "Assistant");

    arena_free(a);
    return own;
}

struct desk *desk_new(const struct desk_options *o, struct bus *bus)
{
    struct desk *d = mem_alloc(sizeof(*d));

    d->o = *o;
    d->bus = bus;
    d->directory = directory_new();
    d->queue = queue_new();
    d->rooms = map_new();
    d->tokens = map_new();
    d->waits = map_new();
    d->logins = logins_new();
    d->access = map_new();
    d->invites = map_new();
    d->watchers = map_new();
    d->slots = map_new();
    d->secrets = map_new();
    d->duty = duty_new();
    d->staff = map_new();
    d->epoch = mem_dup("");
    d->secret = mem_dup("");
    d->assistant_nick = nick_of_assistant(d);
    d->store_ok = true;
    clock_init(d);
    TAILQ_INIT(&d->idle);
    TAILQ_INIT(&d->owing);
    d->office = room_new(d, "");
    d->office->load = ROOM_READY;
    return d;
}

static bool free_room(void *ctx, const char *key, void *value)
{
    struct room *r = value;

    (void)ctx;
    (void)key;
    while (!STAILQ_EMPTY(&r->line)) {
        struct op *op = STAILQ_FIRST(&r->line);

        STAILQ_REMOVE_HEAD(&r->line, link);
        arena_free(op->arena);
    }
    chat_ask_free(r);
    room_free(r);
    return true;
}

static bool free_value(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    free(value);
    return true;
}

void desk_free(struct desk *d)
{
    if (!d)
        return;
    map_each(d->rooms, free_room, NULL);
    (void)free_room(NULL, "", d->office);
    map_each(d->secrets, free_value, NULL);
    map_free(d->secrets);
    map_each(d->tokens, free_value, NULL);
    map_free(d->rooms);
    map_free(d->tokens);
    logins_free(d->logins);
    staff_free(d);
    files_free(d);
    access_free(d);
    work_free(d);
    wait_free(d);
    duty_free(d->duty);
    queue_free(d->queue);
    directory_free(d->directory);
    free(d->epoch);
    free(d->secret);
    free(d->assistant_nick);
    free(d);
}

struct directory *desk_directory(struct desk *d)
{
    return d->directory;
}

struct duty *desk_duty(struct desk *d)
{
    return d->duty;
}

const struct queue *desk_queue(const struct desk *d)
{
    return d->queue;
}

const char *desk_epoch(const struct desk *d)
{
    return d->epoch;
}

const char *desk_secret(const struct desk *d)
{
    return d->secret;
}

const char *desk_assistant_name(const struct desk *d)
{
    return d->o.assistant.name ? d->o.assistant.name : "Assistant";
}

const char *desk_assistant_nick(const struct desk *d)
{
    return d->assistant_nick;
}

bool desk_store_ok(const struct desk *d)
{
    return d->store_ok;
}

const struct desk_texts *desk_texts(const struct desk *d)
{
    return &d->o.texts;
}

int64_t desk_start_gid(const struct desk *d)
{
    return d->start_gid;
}

const char *desk_domain(const struct desk *d)
{
    return d->o.domain;
}

int64_t desk_xmpp_confirmed(const struct desk *d)
{
    return d->confirmed;
}

void desk_confirm(struct desk *d, int64_t gid)
{
    if (gid > d->confirm_wanted)
        d->confirm_wanted = gid;
    if (gid > d->confirmed)
        d->confirmed = gid;
}

/* ---- time --------------------------------------------------------------------------------------
 */

static void confirm_applied(struct op *op, struct change *c)
{
    (void)c;
    op_done(op, OK, NULL);
}

static void confirm_run(struct op *op)
{
    op->applied = confirm_applied;
    op_submit(op, op_change(op));
}

void desk_tick(struct desk *d)
{
    int64_t before = desk_steady(d) - d->o.room_idle_ms;
    struct room *r;

    clock_tick(d);
    while ((r = TAILQ_FIRST(&d->idle)) && r->idle_since_ms <= before) {
        TAILQ_REMOVE(&d->idle, r, idle_link);
        (void)map_take(d->rooms, r->id);
        room_free(r);
    }
    chat_ask_again(d);
    work_tick(d);
    keep_tick(d);
    files_tick(d);
    if (d->confirm_wanted > d->confirm_sent) {
        struct op *op = op_new_office(d, NULL, NULL);

        op->run = confirm_run;
        op_enter(op);
    }
}
