#include "core/desk_own.h"

#include <string.h>

static struct staff_item *items_dup(struct arena *a, const struct staff_item *items, size_t n)
{
    struct staff_item *copy = arena_array(a, struct staff_item, n + 1);

    for (size_t i = 0; i < n; i++) {
        copy[i] = items[i];
        copy[i].jid = arena_dup(a, items[i].jid);
        copy[i].nick = arena_dup(a, items[i].nick);
        copy[i].reason = arena_dup(a, items[i].reason);
    }
    return copy;
}

/* ---- roles and affiliations --------------------------------------------------------------------
 */

struct admin_call {
    struct staff_item *items;
    size_t n;
    struct staff_plan *plan;
    unsigned codes;
    const char *alternate, *reason;
    struct staff_setup setup;
};

static void administered(struct op *op, struct change *c)
{
    struct room *r = op->room;
    const struct admin_call *call = op->call;
    struct staff_event e = {.what = STAFF_CONFIGURED, .codes = call->codes, .actor = ""};
    struct event all = {.kind = EVENT_ROLES, .room = r, .room_id = r->id};

    if (!staff_apply(r, c)) {
        op_done(op, ERR_UNKNOWN, NULL);
        return;
    }
    op_answer(op, OK, NULL);
    staff_plan_apply(r, call->plan);
    if (call->codes != 0)
        staff_tell(r, &e);
    if (call->codes & STAFF_172) /* what was hidden until now */
        bus_publish(r->desk->bus, &all);
    if (c->staff_gone)
        staff_end(r, "", "");
    op_end(op);
}

static void admin_run(struct op *op)
{
    struct admin_call *call = op->call;
    enum err e = staff_visible(op);
    struct change *c;

    if (e == OK)
        call->plan = staff_plan_new(op, call->n);
    for (size_t i = 0; e == OK && i < call->n; i++)
        e = staff_plan_add(op, call->plan, &call->items[i]);
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    c = op_change(op);
    staff_plan_store(op, c, call->plan);
    op_submit(op, c);
}

void desk_staff_admin(struct desk *d, const char *jid, const char *room, const char *address,
                      const struct staff_item *items, size_t n, desk_fn *done, void *ctx)
{
    struct op *op = staff_op(d, jid, room, address, done, ctx);
    struct admin_call *call = arena_new_of(op->arena, struct admin_call);

    call->items = items_dup(op->arena, items, n);
    call->n = n;
    op->call = call;
    op->run = admin_run;
    op->applied = administered;
    op_enter(op);
}

/* ---- configuration -----------------------------------------------------------------------------
 */

static enum err as_owner(const struct op *op)
{
    enum err e = staff_visible(op);

    if (e != OK)
        return e;
    return staff_actor_of(op).affiliation == AFFILIATION_OWNER ? OK : ERR_FORBIDDEN;
}

/* XEP-0045 #roomconfig-notify */
static unsigned codes_of(const struct room_config *was, const struct room_config *is)
{
    unsigned codes = STAFF_104;

    if (was->logging != is->logging)
        codes |= is->logging ? STAFF_170 : STAFF_171;
    if (was->whois_anyone != is->whois_anyone)
        codes |= is->whois_anyone ? STAFF_172 : STAFF_173;
    return codes;
}

static bool listed(const char *jid, const char *const *jids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(jids[i], jid) == 0)
            return true;
    return false;
}

struct replacing {
    const struct op *op;
    struct staff_plan *plan;
    const struct staff_setup *setup;
    enum err e;
};

static void set_one(struct replacing *x, const char *jid, enum affiliation to)
{
    struct staff_item item = {.jid = jid, .nick = "", .affiliation = to, .reason = ""};

    if (x->e == OK)
        x->e = staff_plan_add(x->op, x->plan, &item);
}

/* Who is on no list any more has that standing no more. */
static void take_from(void *ctx, const struct affiliate *a)
{
    struct replacing *x = ctx;
    const struct staff_setup *s = x->setup;
    bool is_owner = s->owners && a->affiliation == AFFILIATION_OWNER;
    bool is_admin = s->admins && a->affiliation == AFFILIATION_ADMIN;

    if ((is_owner && !listed(a->jid, s->owners, s->n_owners)) ||
        (is_admin && !listed(a->jid, s->admins, s->n_admins)))
        if (!listed(a->jid, s->owners, s->n_owners) && !listed(a->jid, s->admins, s->n_admins))
            set_one(x, a->jid, AFFILIATION_NONE);
}

static enum err replace_lists(const struct op *op, struct staff_plan *p,
                              const struct staff_setup *s)
{
    struct replacing x = {.op = op, .plan = p, .setup = s};

    for (size_t i = 0; i < s->n_owners; i++)
        if (room_affiliation(op->room, s->owners[i]) != AFFILIATION_OWNER)
            set_one(&x, s->owners[i], AFFILIATION_OWNER);
    for (size_t i = 0; i < s->n_admins; i++)
        if (room_affiliation(op->room, s->admins[i]) != AFFILIATION_ADMIN &&
            !listed(s->admins[i], s->owners, s->n_owners))
            set_one(&x, s->admins[i], AFFILIATION_ADMIN);
    room_each_affiliate(op->room, take_from, &x);
    return x.e;
}

static void configure_run(struct op *op)
{
    struct admin_call *call = op->call;
    struct room *r = op->room;
    enum err e = as_owner(op);
    struct change *c;
    struct staff *s;

    if (e == OK)
        e = room_config_check(&call->setup.config);
    if (e == OK) {
        call->plan =
            staff_plan_new(op, call->setup.n_owners + call->setup.n_admins + DESK_AFFILIATES_MAX);
        e = replace_lists(op, call->plan, &call->setup);
    }
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    c = op_change(op);
    s = staff_alter(op, c);
    s->config = call->setup.config;
    s->locked = false;
    call->codes = codes_of(&r->staff->config, &s->config);
    call->plan->members_only = s->config.members_only;
    call->plan->to_members = s->config.members_only && !r->staff->config.members_only;
    staff_plan_store(op, c, call->plan);
    op_submit(op, c);
}

static const char *const *jids_dup(struct arena *a, const char *const *jids, size_t n)
{
    const char **copy = arena_array(a, const char *, n + 1);

    for (size_t i = 0; i < n; i++)
        copy[i] = arena_dup(a, jids[i]);
    return jids ? copy : NULL;
}

void desk_staff_configure(struct desk *d, const char *jid, const char *room, const char *address,
                          const struct staff_setup *s, desk_fn *done, void *ctx)
{
    struct op *op = staff_op(d, jid, room, address, done, ctx);
    struct admin_call *call = arena_new_of(op->arena, struct admin_call);
    struct staff whole = {.id = "",
                          .organization = "",
                          .config = s->config,
                          .subject = "",
                          .subject_by = "",
                          .created_by = ""};

    call->setup = *s;
    call->setup.config = staff_dup(op->arena, &whole)->config;
    call->setup.owners = jids_dup(op->arena, s->owners, s->n_owners);
    call->setup.admins = jids_dup(op->arena, s->admins, s->n_admins);
    op->call = call;
    op->run = configure_run;
    op->applied = administered;
    op_enter(op);
}

/* ---- the end -----------------------------------------------------------------------------------
 */

static void destroyed(struct op *op, struct change *c)
{
    const struct admin_call *call = op->call;

    (void)c;
    if (op->room->stale) {
        op_done(op, ERR_UNKNOWN, NULL);
        return;
    }
    /* the occupants are told before the owner has its answer. XEP-0045 #destroyroom */
    staff_end(op->room, call->alternate, call->reason);
    op_done(op, OK, NULL);
}

static void destroy_now(struct op *op)
{
    struct change *c = op_change(op);

    c->gone_all = true;
    c->staff_gone = true;
    op_submit(op, c);
}

static void destroy_run(struct op *op)
{
    enum err e = as_owner(op);

    if (e != OK)
        op_done(op, e, NULL);
    else
        destroy_now(op);
}

static void cancel_run(struct op *op)
{
    enum err e = as_owner(op);

    if (e != OK || !op->room->staff->locked)
        op_done(op, e, NULL);
    else
        destroy_now(op);
}

static void end(struct op *op, const char *alternate, const char *reason, void (*run)(struct op *))
{
    struct admin_call *call = arena_new_of(op->arena, struct admin_call);

    call->alternate = arena_dup(op->arena, alternate);
    call->reason = arena_dup(op->arena, reason);
    op->call = call;
    op->run = run;
    op->applied = destroyed;
    op_enter(op);
}

void desk_staff_cancel(struct desk *d, const char *jid, const char *room, desk_fn *done, void *ctx)
{
    end(staff_op(d, jid, room, "", done, ctx), "", "", cancel_run);
}

void desk_staff_destroy(struct desk *d, const char *jid, const char *room, const char *alternate,
                        const char *reason, desk_fn *done, void *ctx)
{
    end(staff_op(d, jid, room, "", done, ctx), alternate, reason, destroy_run);
}
