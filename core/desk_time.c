#include "core/desk_own.h"

#include <stdlib.h>
#include <string.h>

/* Graces and offers run from times that are stored with the chats, and every chat they can concern
 * is in the queue: so there is nothing to arm, and nothing is lost by a restart. */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool work_goes_away(const struct room *r, const char *address)
{
    const struct occupant *o = room_by_address(r, address, NULL);

    return o && o->n_sessions == 1 && r->chat->state == CHAT_LIVE && r->chat->away_ms == 0 &&
           strcmp(r->chat->assigned_to, o->agent_id) == 0;
}

bool work_waits_for_agent(const struct room *r)
{
    return r->chat && r->chat->state == CHAT_LIVE && r->chat->away_ms > 0 &&
           r->desk->o.grace_ms > 0;
}

/* Programs that work with a key have no session: what they ask is their presence. */
void work_seen(struct room *r, const struct principal *who)
{
    if (r->chat && who->kind == WHO_AGENT && strcmp(r->chat->assigned_to, who->id) == 0)
        r->seen_ms = desk_steady(r->desk);
}

/* ---- who follows a chat without being in its room ----------------------------------------------
 */

static const char *watch_key(struct arena *a, const char *chat, const char *agent_id)
{
    return arena_printf(a, "%s %s", chat, agent_id);
}

static bool watched(const struct desk *d, const char *chat, const char *agent_id)
{
    struct arena *a = arena_new();
    bool there = map_get(d->watchers, watch_key(a, chat, agent_id)) != NULL;

    arena_free(a);
    return there;
}

void desk_watch(struct desk *d, const char *chat, const char *agent_id, bool on)
{
    struct arena *a = arena_new();
    const char *key = watch_key(a, chat, agent_id);
    struct principal who = {.kind = WHO_AGENT, .id = agent_id};
    size_t *n = map_get(d->watchers, key);
    struct room *r = map_get(d->rooms, chat);

    if (!n && on) {
        n = mem_alloc(sizeof(*n));
        map_set(d->watchers, key, n);
    }
    if (n)
        *n += on ? 1 : (size_t)-1;
    if (n && *n == 0)
        free(map_take(d->watchers, key));
    if (r)
        work_seen(r, &who);
    arena_free(a);
}

static bool free_count(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    free(value);
    return true;
}

void work_free(struct desk *d)
{
    map_each(d->watchers, free_count, NULL);
    map_free(d->watchers);
}

static bool grace_over(const struct desk *d, const struct chat *c, const struct room *r)
{
    int64_t seen_ms = r ? r->seen_ms : 0;

    return d->o.grace_ms > 0 && c->state == CHAT_LIVE && c->away_ms > 0 &&
           later(later(c->away_ms, d->started_ms), seen_ms) + d->o.grace_ms <= desk_steady(d) &&
           !watched(d, c->id, c->assigned_to);
}

static bool offer_over(const struct desk *d, const struct chat *c)
{
    return *c->offered_to && later(c->offered_ms, d->started_ms) + d->o.offer_ms <= desk_steady(d);
}

/* ---- what is due -------------------------------------------------------------------------------
 */

static void released(struct op *op, struct change *c)
{
    chat_apply(op->room, c);
    op_answer(op, OK, NULL);
    chat_publish(op->room, c);
    op_end(op);
}

/* The assigned agent may be back, or have asked something meanwhile. */
static void grace_run(struct op *op)
{
    struct room *r = op->room;
    struct change *c;

    if (!grace_over(r->desk, r->chat, r) || room_occupant(r, r->chat->assigned_to)) {
        op_done(op, OK, NULL);
        return;
    }
    c = op_change(op);
    (void)chat_note(op, c, NULL, "The agent did not come back.");
    chat_release(op, c, NULL);
    op->applied = released;
    op_submit(op, c);
}

struct due {
    struct desk *desk;
    struct arena *arena;
    struct due_chat {
        const char *id;
        bool offer;
        struct due_chat *next;
    } * first;
};

static bool note_due(void *ctx, const struct chat *c)
{
    struct due *due = ctx;
    bool offer = offer_over(due->desk, c);
    struct due_chat *chat;

    if (!offer && !grace_over(due->desk, c, map_get(due->desk->rooms, c->id)))
        return true;
    chat = arena_new_of(due->arena, struct due_chat);
    *chat = (struct due_chat){arena_dup(due->arena, c->id), offer, due->first};
    due->first = chat;
    return true;
}

void work_tick(struct desk *d)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct due due = {.desk = d, .arena = arena_new()};

    /* all are noted first: what is carried out changes the queue */
    queue_each(d->queue, "", note_due, &due);
    for (const struct due_chat *c = due.first; c; c = c->next) {
        struct op *op;

        if (c->offer) {
            desk_offer_end(d, &system, c->id, NULL, NULL);
            continue;
        }
        op = op_new(d, c->id, &system, NULL, NULL);
        op->run = grace_run;
        op_enter(op);
    }
    arena_free(due.arena);
}

/* ---- chats of agents who were removed ----------------------------------------------------------
 */

struct orphans {
    struct desk *desk;
    struct arena *arena;
    const char *agent_id; /* NULL: of everybody whom the directory does not know */
    struct orphan {
        const char *id;
        struct orphan *next;
    } * first;
};

static bool note_orphan(void *ctx, const struct chat *c)
{
    struct orphans *o = ctx;
    struct orphan *one;

    if (c->state != CHAT_LIVE)
        return true;
    if (o->agent_id ? strcmp(c->assigned_to, o->agent_id) != 0
                    : directory_by_id(o->desk->directory, c->assigned_to) != NULL)
        return true;
    one = arena_new_of(o->arena, struct orphan);
    *one = (struct orphan){arena_dup(o->arena, c->id), o->first};
    o->first = one;
    return true;
}

static void orphan_run(struct op *op)
{
    struct room *r = op->room;
    struct change *c;

    if (r->chat->state != CHAT_LIVE ||
        directory_by_id(r->desk->directory, r->chat->assigned_to) != NULL) {
        op_done(op, OK, NULL);
        return;
    }
    c = op_change(op);
    chat_release(op, c, op->call);
    op->applied = released;
    op_submit(op, c);
}

void work_orphaned(struct desk *d, const char *agent_id, const char *name)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct orphans o = {.desk = d, .arena = arena_new(), .agent_id = agent_id};

    queue_each(d->queue, "", note_orphan, &o);
    for (const struct orphan *one = o.first; one; one = one->next) {
        struct op *op = op_new(d, one->id, &system, NULL, NULL);

        op->call = name ? arena_dup(op->arena, name) : NULL;
        op->run = orphan_run;
        op_enter(op);
    }
    arena_free(o.arena);
}

void work_start(struct desk *d)
{
    work_orphaned(d, NULL, NULL);
}
