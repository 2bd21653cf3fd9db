#include "core/desk_own.h"

#include <stdlib.h>
#include <string.h>

/* ---- who may what ------------------------------------------------------------------------------
 */

bool desk_staff_name(const struct desk *d, const char *local)
{
    const char *organization = lobby_organization(local);

    if (organization)
        return directory_organization(d->directory, organization) != NULL;
    return d->o.staff_rooms != STAFF_OFF && *local && strlen(local) <= ROOM_LOCAL_MAX &&
           !chat_reserved_local(local);
}

bool desk_staff_off(const struct desk *d, const char *local)
{
    return d->o.staff_rooms == STAFF_OFF && *local && strlen(local) <= ROOM_LOCAL_MAX &&
           !chat_reserved_local(local);
}

bool desk_staff_open(const struct desk *d, const char *local)
{
    return d->o.staff_rooms == STAFF_ANYONE && !lobby_organization(local) &&
           desk_staff_name(d, local);
}

bool staff_may_create(const struct desk *d, const char *jid)
{
    switch (d->o.staff_rooms) {
    case STAFF_OFF:
        return false;
    case STAFF_AGENTS:
        return directory_by_jid(d->directory, jid) != NULL;
    case STAFF_ANYONE:
        return true;
    }
    return false;
}

/* A lobby is its organization's; so is a room that one of its agents made, while only agents make
 * rooms. */
enum err staff_visible(const struct op *op)
{
    const struct room *r = op->room;
    const struct agent *a = directory_by_jid(r->desk->directory, op->who.id);

    if (!r->staff || (!a && r->staff->kind == ROOM_LOBBY))
        return ERR_NOT_FOUND;
    if (!a && r->desk->o.staff_rooms != STAFF_ANYONE)
        return ERR_NOT_FOUND;
    if (!*r->staff->organization)
        return OK;
    return a && strcmp(a->organization, r->staff->organization) == 0 ? OK : ERR_NOT_FOUND;
}

struct staff_actor staff_actor_of(const struct op *op)
{
    const char *address = op->address ? op->address : "";
    const struct occupant *o = *address ? room_by_address(op->room, address, NULL) : NULL;

    if (o && strcmp(o->jid, op->who.id) != 0)
        o = NULL;
    return (struct staff_actor){.affiliation = room_affiliation(op->room, op->who.id),
                                .occupant = o,
                                .name = o ? o->nick : ""};
}

struct op *staff_op(struct desk *d, const char *jid, const char *room, const char *address,
                    desk_fn *done, void *ctx)
{
    struct principal who = {.kind = WHO_PERSON, .id = jid};
    struct op *op = op_new(d, room, &who, done, ctx);

    op->address = arena_dup(op->arena, address);
    return op;
}

/* ---- changes -----------------------------------------------------------------------------------
 */

struct staff *staff_alter(struct op *op, struct change *c)
{
    if (!c->staff)
        c->staff = staff_dup(c->arena, op->room->staff);
    return (struct staff *)c->staff;
}

/* Arrays of a change grow by copying: they are short. */
void staff_put_affiliate(struct op *op, struct change *c, const struct affiliate *a)
{
    struct affiliate *all = arena_array(c->arena, struct affiliate, c->n_affiliates + 1);

    (void)op;
    if (c->n_affiliates > 0)
        memcpy(all, c->affiliates, c->n_affiliates * sizeof(*all));
    all[c->n_affiliates++] = (struct affiliate){.jid = arena_dup(c->arena, a->jid),
                                                .affiliation = a->affiliation,
                                                .nick = arena_dup(c->arena, a->nick),
                                                .reason = arena_dup(c->arena, a->reason)};
    c->affiliates = all;
}

void staff_put_sessions(struct op *op, struct change *c, const struct occupant *o,
                        enum room_role role)
{
    struct session *all = arena_array(c->arena, struct session, c->n_sessions + o->n_sessions);

    (void)op;
    if (c->n_sessions > 0)
        memcpy(all, c->sessions, c->n_sessions * sizeof(*all));
    for (size_t i = 0; i < o->n_sessions; i++) {
        all[c->n_sessions] = *o->sessions[i];
        all[c->n_sessions++].role = role;
    }
    c->sessions = all;
}

void staff_drop_sessions(struct change *c, const struct occupant *o)
{
    const char **all = arena_array(c->arena, const char *, c->n_gone + o->n_sessions);

    if (c->n_gone > 0)
        memcpy(all, c->gone, c->n_gone * sizeof(*all));
    for (size_t i = 0; i < o->n_sessions; i++)
        all[c->n_gone++] = arena_dup(c->arena, o->sessions[i]->address);
    c->gone = all;
}

bool staff_apply(struct room *r, const struct change *c)
{
    struct staff now;

    if (c->replayed || r->stale)
        return false;
    if (c->staff) {
        now = *c->staff;
        if (r->staff) { /* those of the copy may be older */
            now.last_seq = r->staff->last_seq;
            now.last_gid = r->staff->last_gid;
            now.last_ms = r->staff->last_ms;
        }
        room_set_staff(r, &now);
    }
    for (size_t i = 0; i < c->n_entries; i++) {
        r->staff->last_seq = c->entries[i].seq;
        r->staff->last_gid = c->entries[i].gid;
        r->staff->last_ms = c->entries[i].created_ms;
    }
    if (c->staff)
        staff_card_put(r->desk, r->staff);
    for (size_t i = 0; i < c->n_affiliates; i++)
        room_put_affiliate(r, &c->affiliates[i]);
    return true;
}

/* ---- telling -----------------------------------------------------------------------------------
 */

void staff_publish(struct room *r, const struct change *c)
{
    if (c->replayed || r->stale)
        return;
    for (size_t i = 0; i < c->n_entries; i++) {
        struct event e = {
            .kind = EVENT_ENTRY, .room = r, .room_id = r->id, .entry = &c->entries[i]};

        bus_publish(r->desk->bus, &e);
    }
}

void staff_tell(struct room *r, const struct staff_event *e)
{
    struct event event = {.kind = EVENT_STAFF, .room = r, .room_id = r->id, .staff = e};

    bus_publish(r->desk->bus, &event);
}

void staff_remove(struct room *r, struct occupant *o, struct staff_event *e)
{
    struct occupant was = *o;

    was.sessions = mem_alloc(o->n_sessions * sizeof(struct session *));
    was.n_sessions = 0;
    for (struct occupant *last = NULL; !last;)
        if (!room_take_session(r, o->sessions[0]->address, &was.sessions[was.n_sessions++], &last))
            break;
    e->what = STAFF_REMOVED;
    e->occupant = &was;
    staff_tell(r, e);
    for (size_t i = 0; i < was.n_sessions; i++)
        session_free(was.sessions[i]);
    free(was.sessions);
    o->n_sessions = 0;
    occupant_free(o);
}

void staff_end(struct room *r, const char *alternate, const char *reason)
{
    struct staff_event e = {
        .what = STAFF_DESTROYED, .alternate = alternate, .reason = reason, .actor = ""};

    staff_tell(r, &e);
    room_clear_sessions(r);
    staff_card_drop(r->desk, r->id);
    room_set_staff(r, NULL);
}

/* ---- looking -----------------------------------------------------------------------------------
 */

static void look_run(struct op *op)
{
    op_done(op, staff_visible(op), NULL);
}

void desk_staff_look(struct desk *d, const char *jid, const char *room, desk_fn *done, void *ctx)
{
    struct op *op = staff_op(d, jid, room, "", done, ctx);

    op->run = look_run;
    op_enter(op);
}
