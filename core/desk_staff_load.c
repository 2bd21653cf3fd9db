#include "core/desk_own.h"

#include "core/base/log.h"

#include <stdlib.h>
#include <string.h>

/* ---- cards: what is known of every staff room, loaded or not -----------------------------------
 */

struct card {
    struct staff_card shown;
    char *local, *title, *organization, *created_by;
    bool listed;
};

static void card_free(struct card *c)
{
    if (!c)
        return;
    free(c->local);
    free(c->title);
    free(c->organization);
    free(c->created_by);
    free(c);
}

void staff_card_put(struct desk *d, const struct staff *s)
{
    struct card *c = mem_alloc(sizeof(*c));

    c->local = mem_dup(s->id);
    c->title = mem_dup(s->config.title);
    c->organization = mem_dup(s->organization);
    c->created_by = mem_dup(s->created_by);
    c->listed = s->config.listed && !s->locked;
    c->shown = (struct staff_card){.local = c->local, .title = c->title, .kind = s->kind};
    card_free(map_take(d->staff, c->local));
    map_set(d->staff, c->local, c);
}

void staff_card_drop(struct desk *d, const char *local)
{
    card_free(map_take(d->staff, local));
}

static bool free_card(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    card_free(value);
    return true;
}

void staff_free(struct desk *d)
{
    map_each(d->staff, free_card, NULL);
    map_free(d->staff);
}

struct count {
    const char *jid;
    size_t n;
};

static bool count_card(void *ctx, const char *key, void *value)
{
    struct count *count = ctx;
    const struct card *c = value;

    (void)key;
    if (!*count->jid || strcmp(c->created_by, count->jid) == 0)
        count->n++;
    return true;
}

size_t staff_count(const struct desk *d, const char *jid)
{
    struct count count = {.jid = jid};

    map_each(d->staff, count_card, &count);
    return count.n;
}

struct listing {
    const struct desk *desk;
    const struct agent *agent;
    bool creates;
    void (*fn)(void *ctx, const struct staff_card *card);
    void *ctx;
};

static bool list_card(void *ctx, const char *key, void *value)
{
    struct listing *l = ctx;
    const struct card *c = value;
    bool mine = l->agent && strcmp(c->organization, l->agent->organization) == 0;

    (void)key;
    if (c->shown.kind == ROOM_LOBBY ? mine : l->creates && c->listed && (mine || !*c->organization))
        l->fn(l->ctx, &c->shown);
    return true;
}

void desk_staff_list(struct desk *d, const char *jid,
                     void (*fn)(void *ctx, const struct staff_card *card), void *ctx)
{
    struct listing l = {.desk = d,
                        .agent = directory_by_jid(d->directory, jid),
                        .creates = staff_may_create(d, jid),
                        .fn = fn,
                        .ctx = ctx};

    map_each(d->staff, list_card, &l);
}

/* ---- a room is read ----------------------------------------------------------------------------
 */

static bool stored(const struct query *q, const char *address)
{
    for (size_t i = 0; i < q->n_sessions; i++)
        if (strcmp(q->sessions[i].address, address) == 0)
            return true;
    return false;
}

/* A session whose end was stored by a commit that seemed to have failed. */
static const struct session *lost_one(const struct room *r, const struct query *q)
{
    for (size_t i = 0; i < r->n_occupants; i++)
        for (size_t k = 0; k < r->occupants[i]->n_sessions; k++)
            if (!stored(q, r->occupants[i]->sessions[k]->address))
                return r->occupants[i]->sessions[k];
    return NULL;
}

static void drop_lost(struct room *r, const struct query *q)
{
    struct event e = {.kind = EVENT_LEFT, .room = r, .room_id = r->id, .why = ""};
    const struct session *s;

    while ((s = lost_one(r, q))) {
        struct session *gone = NULL;
        struct occupant *last = NULL;

        (void)room_take_session(r, s->address, &gone, &last);
        e.session = gone;
        e.occupant = last;
        bus_publish(r->desk->bus, &e);
        session_free(gone);
        occupant_free(last);
    }
}

static void settle(struct room *r)
{
    for (size_t i = 0; i < r->n_occupants; i++) {
        struct occupant *o = r->occupants[i];

        o->affiliation = room_affiliation(r, o->jid);
        if (o->sessions[0]->role != ROOM_NONE)
            o->role = o->sessions[0]->role;
    }
}

/* A session of an agent that was removed is not stored any more; but who was removed since this was
 * read is. */
static bool is_gone(const struct desk *d, const struct session *s)
{
    return *s->agent_id && !directory_by_id(d->directory, s->agent_id);
}

void staff_loaded(struct room *r, const struct query *q, const struct query *missed)
{
    bool again = r->staff != NULL;
    struct change told = {.entries = missed ? missed->entries : NULL,
                          .n_entries = missed ? missed->n_entries : 0};
    struct event roles = {.kind = EVENT_ROLES, .room = r, .room_id = r->id};

    r->load = ROOM_READY;
    r->stale = false;
    if (q->n_staff == 0) {
        if (again)
            staff_end(r, "", "");
        return;
    }
    room_clear_affiliates(r);
    room_set_staff(r, &q->staff[0]);
    staff_card_put(r->desk, r->staff);
    for (size_t i = 0; i < q->n_affiliates; i++)
        room_put_affiliate(r, &q->affiliates[i]);
    if (again)
        drop_lost(r, q);
    for (size_t i = 0; i < q->n_sessions; i++)
        if (!is_gone(r->desk, &q->sessions[i]))
            (void)room_put_session(r, &q->sessions[i]);
    settle(r);
    staff_publish(r, &told);
    if (again)
        bus_publish(r->desk->bus, &roles);
}

/* ---- start -------------------------------------------------------------------------------------
 */

static bool has_sessions(const struct query *q, const char *room)
{
    for (size_t i = 0; i < q->n_sessions; i++)
        if (strcmp(q->sessions[i].room, room) == 0)
            return true;
    return false;
}

static void ended(struct op *op, struct change *c)
{
    (void)c;
    if (op->room->staff && !op->room->stale)
        staff_end(op->room, "", "");
    op_done(op, OK, NULL);
}

static void end_run(struct op *op)
{
    struct room *r = op->room;
    struct change *c;

    if (!r->staff || r->n_sessions > 0) {
        op_done(op, OK, NULL);
        return;
    }
    c = op_change(op);
    c->staff_gone = true;
    op_submit(op, c);
}

void staff_start(struct desk *d, const struct query *q)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};

    for (size_t i = 0; i < q->n_staff; i++) {
        const struct staff *s = &q->staff[i];
        struct op *op;

        staff_card_put(d, s);
        if ((s->config.persistent && !s->locked) || has_sessions(q, s->id))
            continue;
        log_info("room-ends", "room=%s", s->id);
        op = op_new(d, s->id, &system, NULL, NULL);
        op->run = end_run;
        op->applied = ended;
        op_enter(op);
    }
    for (size_t i = 0; i < q->n_chats; i++)
        lobby_chat_changed(d, NULL, &q->chats[i]);
}
