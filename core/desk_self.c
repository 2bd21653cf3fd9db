#include "core/desk_own.h"

#include <stdlib.h>
#include <string.h>

/* ---- settings ----------------------------------------------------------------------------------
 */

struct set_call {
    const char *agent_id;
    struct agent_settings set; /* pointers into the arena */
};

static void agent_set(struct op *op, struct change *c)
{
    people_put(op->room->desk, c->agent);
    op_done(op, OK, NULL);
}

/* Clients ask for subscriptions again and again. */
static bool changes_nothing(const struct agent_settings *s, const struct agent *a)
{
    return !s->status && !s->max_chats && !s->notify &&
           ((a->contact | s->contact_on) & ~s->contact_off) == a->contact;
}

static void agent_set_run(struct op *op)
{
    const struct set_call *call = op->call;
    const struct agent *have = directory_by_id(op->room->desk->directory, call->agent_id);
    struct change *c;
    struct agent *a;

    if (!have) {
        op_refuse(op, ERR_NOT_FOUND, "agent", "There is no such agent.");
        return;
    }
    if (changes_nothing(&call->set, have)) {
        op_done(op, OK, NULL);
        return;
    }
    c = op_change(op);
    a = agent_dup(c->arena, have);
    if (call->set.status)
        a->status = *call->set.status;
    if (call->set.max_chats)
        a->max_chats = *call->set.max_chats;
    if (call->set.notify)
        a->notify = *call->set.notify;
    a->contact = (a->contact | call->set.contact_on) & ~call->set.contact_off;
    c->agent = a;
    op->applied = agent_set;
    op_submit(op, c);
}

static const void *kept(struct op *op, const void *value, size_t size)
{
    void *copy;

    if (!value)
        return NULL;
    copy = arena_alloc(op->arena, size);
    memcpy(copy, value, size);
    return copy;
}

void desk_agent_set(struct desk *d, const char *agent_id, const struct agent_settings *s,
                    desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct set_call *call = arena_new_of(op->arena, struct set_call);

    call->agent_id = arena_dup(op->arena, agent_id);
    call->set.status = kept(op, s->status, sizeof(*s->status));
    call->set.max_chats = kept(op, s->max_chats, sizeof(*s->max_chats));
    call->set.notify = kept(op, s->notify, sizeof(*s->notify));
    call->set.contact_on = s->contact_on;
    call->set.contact_off = s->contact_off;
    op->call = call;
    op->run = agent_set_run;
    op_enter(op);
}

/* ---- what an agent has -------------------------------------------------------------------------
 */

struct held {
    const char *agent_id;
    size_t n;
};

static bool count_held(void *ctx, const struct chat *c)
{
    struct held *h = ctx;

    h->n += c->state == CHAT_LIVE && strcmp(c->assigned_to, h->agent_id) == 0;
    return true;
}

size_t desk_held(const struct desk *d, const char *agent_id)
{
    struct held h = {.agent_id = agent_id};

    queue_each(d->queue, "", count_held, &h);
    return h.n;
}

struct last_room {
    const char *agent_id;
    const struct room *room;
    int64_t joined_ms;
};

static bool find_last(void *ctx, const char *key, void *value)
{
    struct last_room *last = ctx;
    const struct room *r = value;
    const struct occupant *o = r->chat ? room_occupant(r, last->agent_id) : NULL;

    (void)key;
    for (size_t i = 0; o && i < o->n_sessions; i++) {
        if (!last->room || o->sessions[i]->joined_ms >= last->joined_ms) {
            last->room = r;
            last->joined_ms = o->sessions[i]->joined_ms;
        }
    }
    return true;
}

bool desk_last_room(const struct desk *d, const char *agent_id, char out[ID_LEN + 1])
{
    struct last_room last = {.agent_id = agent_id};

    map_each(d->rooms, find_last, &last);
    if (!last.room)
        return false;
    memcpy(out, last.room->id, ID_LEN + 1);
    return true;
}

/* ---- counts ------------------------------------------------------------------------------------
 */

static void stats_run(struct op *op)
{
    const struct agent *agent = op_lister(op);
    struct query *q;

    if (!agent)
        return;
    q = query_new(QUERY_STATS, NULL, NULL);
    q->organization = arena_dup(q->arena, agent->organization);
    q->since = *(const int64_t *)op->call;
    q->wall_ahead_ms = op->room->desk->wall_ahead_ms;
    op_read(op, q, op_page);
}

void desk_stats(struct desk *d, const struct principal *who, int64_t since_ms, desk_fn *done,
                void *ctx)
{
    struct op *op = op_new_office_for(d, who, done, ctx);
    int64_t *since = arena_new_of(op->arena, int64_t);

    *since = since_ms;
    op->call = since;
    op->run = stats_run;
    op->plain = op_always_plain;
    op_enter(op);
}
