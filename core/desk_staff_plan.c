#include "core/desk_own.h"

#include <string.h>

static void count_owner(void *ctx, const struct affiliate *a)
{
    size_t *n = ctx;

    *n += a->affiliation == AFFILIATION_OWNER;
}

struct staff_plan *staff_plan_new(const struct op *op, size_t most)
{
    struct staff_plan *p = arena_new_of(op->arena, struct staff_plan);

    p->actor = staff_actor_of(op);
    p->actor.name = arena_dup(op->arena, p->actor.name); /* it may have to go itself */
    p->actor_jid = op->who.id;
    p->people = arena_array(op->arena, struct affiliate, most + 1);
    p->roles = arena_array(op->arena, struct staff_role_change, most + 1);
    p->members_only = op->room->staff->config.members_only;
    room_each_affiliate(op->room, count_owner, &p->n_owners);
    return p;
}

static struct affiliate *planned(const struct staff_plan *p, const char *jid)
{
    for (size_t i = 0; i < p->n_people; i++)
        if (strcmp(p->people[i].jid, jid) == 0)
            return &p->people[i];
    return NULL;
}

static enum affiliation standing_of(const struct room *r, const struct staff_plan *p,
                                    const char *jid)
{
    const struct affiliate *a = planned(p, jid);

    return a ? a->affiliation : room_affiliation(r, jid);
}

/* ---- rules -------------------------------------------------------------------------------------
 */

/* XEP-0045 #kick #revokevoice #grantmod #revokemod */
static enum err may_give_role(const struct staff_actor *actor, const struct occupant *target,
                              enum room_role role)
{
    bool moderators =
        role == ROOM_MODERATOR || (target->role == ROOM_MODERATOR && role != ROOM_NONE);

    if (!actor->occupant || actor->occupant->role != ROOM_MODERATOR)
        return ERR_FORBIDDEN;
    if (moderators && actor->affiliation < AFFILIATION_ADMIN)
        return ERR_FORBIDDEN;
    if (role != ROOM_MODERATOR && target->affiliation > actor->affiliation)
        return ERR_NOT_ALLOWED;
    /* nobody takes a voice from those who would give it to themselves again */
    if (role != ROOM_NONE && role < target->role && target->affiliation >= AFFILIATION_ADMIN)
        return ERR_NOT_ALLOWED;
    return OK;
}

/* XEP-0045 #ban #modifymember #modifyadmin #modifyowner */
static enum err may_affiliate(const struct room *r, const struct staff_plan *p, const char *jid,
                              enum affiliation after)
{
    enum affiliation before = standing_of(r, p, jid), mine = p->actor.affiliation;
    bool self = strcmp(jid, p->actor_jid) == 0;

    if (mine < AFFILIATION_ADMIN)
        return ERR_FORBIDDEN;
    if (self && after == AFFILIATION_OUTCAST)
        return ERR_CONFLICT;
    if (mine < AFFILIATION_OWNER && !self && before >= AFFILIATION_ADMIN)
        return ERR_NOT_ALLOWED;
    if (mine < AFFILIATION_OWNER && after >= AFFILIATION_ADMIN)
        return ERR_FORBIDDEN;
    if (after == AFFILIATION_OUTCAST && before >= mine)
        return ERR_NOT_ALLOWED;
    if (before == AFFILIATION_OWNER && after != AFFILIATION_OWNER && p->n_owners < 2)
        return ERR_CONFLICT;
    if (!room_affiliate(r, jid) && r->affiliates && map_count(r->affiliates) >= DESK_AFFILIATES_MAX)
        return ERR_NOT_ALLOWED;
    return OK;
}

/* ---- planning ----------------------------------------------------------------------------------
 */

static enum err add_role(const struct op *op, struct staff_plan *p, const struct staff_item *item)
{
    const struct occupant *o = room_by_nick(op->room, item->nick);
    enum err e;

    if (!p->actor.occupant || p->actor.occupant->role != ROOM_MODERATOR)
        return ERR_FORBIDDEN;
    if (!o)
        return ERR_NOT_FOUND;
    if ((e = may_give_role(&p->actor, o, item->role)) != OK)
        return e;
    for (size_t i = 0; i < p->n_roles; i++)
        if (p->roles[i].occupant == o)
            return ERR_INVALID;
    p->roles[p->n_roles++] = (struct staff_role_change){o, item->role, item->reason};
    return OK;
}

static enum err add_affiliation(const struct op *op, struct staff_plan *p,
                                const struct staff_item *item)
{
    const struct room *r = op->room;
    const struct occupant *o = *item->jid ? NULL : room_by_nick(r, item->nick);
    const char *jid = o ? o->jid : item->jid;
    const struct affiliate *before;
    struct affiliate *after;
    enum err e;

    if (p->actor.affiliation < AFFILIATION_ADMIN)
        return ERR_FORBIDDEN;
    if (!*jid)
        return ERR_NOT_FOUND;
    if ((e = may_affiliate(r, p, jid, item->affiliation)) != OK)
        return e;
    p->n_owners -= standing_of(r, p, jid) == AFFILIATION_OWNER;
    p->n_owners += item->affiliation == AFFILIATION_OWNER;
    before = room_affiliate(r, jid);
    if ((after = planned(p, jid)) == NULL)
        after = &p->people[p->n_people++];
    after->jid = arena_dup(op->arena, jid);
    after->affiliation = item->affiliation;
    after->nick = arena_dup(op->arena, *item->jid && *item->nick ? item->nick
                                       : before                  ? before->nick
                                                                 : "");
    if (item->affiliation < AFFILIATION_MEMBER)
        after->nick = "";
    after->reason = item->reason;
    return OK;
}

enum err staff_plan_add(const struct op *op, struct staff_plan *p, const struct staff_item *item)
{
    if (strlen(item->reason) > ROOM_TEXT_MAX)
        return ERR_TOO_LARGE;
    return item->of_role ? add_role(op, p, item) : add_affiliation(op, p, item);
}

/* ---- what becomes of an occupant ---------------------------------------------------------------
 */

struct fate {
    int status; /* 0: stays */
    enum affiliation affiliation;
    enum room_role role;
    const char *reason;
};

static struct fate fate_of(const struct room *r, const struct staff_plan *p,
                           const struct occupant *o)
{
    const struct affiliate *a = planned(p, o->jid);
    struct fate f = {.affiliation = o->affiliation, .role = o->role, .reason = ""};

    if (a) {
        f.affiliation = a->affiliation;
        f.reason = a->reason;
        if (f.affiliation != o->affiliation && staff_role_on_entry(r->staff, f.affiliation) !=
                                                   staff_role_on_entry(r->staff, o->affiliation))
            f.role = staff_role_on_entry(r->staff, f.affiliation);
    }
    for (size_t i = 0; i < p->n_roles; i++) {
        if (p->roles[i].occupant != o)
            continue;
        f.role = p->roles[i].role;
        f.reason = p->roles[i].reason;
    }
    if (f.affiliation == AFFILIATION_OUTCAST)
        f.status = 301;
    else if (p->to_members && f.affiliation == AFFILIATION_NONE)
        f.status = 322;
    else if (p->members_only && f.affiliation == AFFILIATION_NONE &&
             f.affiliation != o->affiliation)
        f.status = 321;
    else if (f.role == ROOM_NONE)
        f.status = 307;
    if (f.status != 0)
        f.role = ROOM_NONE;
    return f;
}

void staff_plan_store(struct op *op, struct change *c, const struct staff_plan *p)
{
    const struct room *r = op->room;
    bool persistent = c->staff ? c->staff->config.persistent : r->staff->config.persistent;
    size_t left = 0;

    for (size_t i = 0; i < p->n_people; i++)
        staff_put_affiliate(op, c, &p->people[i]);
    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct occupant *o = r->occupants[i];
        struct fate f = fate_of(r, p, o);

        if (f.status != 0) {
            staff_drop_sessions(c, o);
            continue;
        }
        left++;
        if (f.role != o->role)
            staff_put_sessions(op, c, o, f.role);
    }
    c->staff_gone = left == 0 && c->n_gone > 0 && !persistent;
}

static struct occupant *next_to_go(const struct room *r, const struct staff_plan *p, struct fate *f)
{
    for (size_t i = 0; i < r->n_occupants; i++) {
        *f = fate_of(r, p, r->occupants[i]);
        if (f->status != 0)
            return r->occupants[i];
    }
    return NULL;
}

static void change_one(struct room *r, const struct staff_plan *p, struct occupant *o)
{
    struct fate f = fate_of(r, p, o);
    struct staff_event e = {
        .what = STAFF_CHANGED, .occupant = o, .actor = p->actor.name, .reason = f.reason};
    bool same = f.affiliation == o->affiliation && f.role == o->role;

    o->affiliation = f.affiliation;
    o->role = f.role;
    for (size_t i = 0; i < o->n_sessions; i++)
        o->sessions[i]->role = f.role;
    if (!same)
        staff_tell(r, &e);
}

static bool is_in(const struct room *r, const char *jid)
{
    for (size_t i = 0; i < r->n_occupants; i++)
        if (strcmp(r->occupants[i]->jid, jid) == 0)
            return true;
    return false;
}

void staff_plan_apply(struct room *r, const struct staff_plan *p)
{
    struct staff_event e = {.actor = p->actor.name, .reason = ""};
    struct occupant *o;
    struct fate f;

    /* who is not in is told of first, while it is known who was in */
    for (size_t i = 0; i < p->n_people; i++) {
        e.what = STAFF_AFFILIATED;
        e.affiliate = &p->people[i];
        if (!is_in(r, p->people[i].jid))
            staff_tell(r, &e);
    }
    while ((o = next_to_go(r, p, &f))) {
        e.status = f.status;
        e.reason = f.reason;
        o->affiliation = f.affiliation;
        o->role = ROOM_NONE;
        staff_remove(r, o, &e);
    }
    for (size_t i = 0; i < r->n_occupants; i++)
        change_one(r, p, r->occupants[i]);
}
