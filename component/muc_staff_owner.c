#include "component/muc_own.h"

#include <string.h>

/* muc#admin and muc#owner of staff rooms. */

static void answered(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    (void)a;
    if (e == OK)
        muc_reply_result(&o, c->intent.in);
    else
        muc_staff_refuse(c, &o, e);
    arena_free(o.arena);
    muc_call_free(c);
}

/* ---- changes of standing -----------------------------------------------------------------------
 */

void muc_staff_admin(struct call *c)
{
    const struct muc_intent *i = &c->intent;
    struct staff_item *items = arena_array(i->in->arena, struct staff_item, i->n_items);

    for (size_t k = 0; k < i->n_items; k++) {
        const struct muc_admin_item *from = &i->items[k];

        items[k] = (struct staff_item){.jid = from->jid,
                                       .nick = from->nick,
                                       .of_role = *from->role != '\0',
                                       .reason = from->reason};
        (void)room_role_of_name(from->role, &items[k].role);
        (void)affiliation_of_name(from->affiliation, &items[k].affiliation);
    }
    desk_staff_admin(c->m->desk, i->in->from.bare, i->room, i->in->from.full, items, i->n_items,
                     answered, c);
}

/* ---- lists -------------------------------------------------------------------------------------
 */

struct list {
    struct arena *arena;
    enum affiliation wanted;
    struct muc_admin_item *items;
    const char **jids;
    size_t n, most;
};

static void count_one(void *ctx, const struct affiliate *a)
{
    struct list *l = ctx;

    if (a->affiliation == l->wanted)
        l->most++;
}

static void list_one(void *ctx, const struct affiliate *a)
{
    struct list *l = ctx;

    if (a->affiliation != l->wanted)
        return;
    l->jids[l->n] = arena_dup(l->arena, a->jid);
    l->items[l->n] = (struct muc_admin_item){.jid = l->jids[l->n],
                                             .nick = arena_dup(l->arena, a->nick),
                                             .affiliation = affiliation_name(l->wanted),
                                             .role = "",
                                             .reason = arena_dup(l->arena, a->reason)};
    l->n++;
}

static struct list list_of(struct arena *a, const struct room *r, enum affiliation wanted)
{
    struct list l = {.arena = a, .wanted = wanted};

    room_each_affiliate(r, count_one, &l);
    l.items = arena_array(a, struct muc_admin_item, l.most + 1);
    l.jids = arena_array(a, const char *, l.most + 1);
    room_each_affiliate(r, list_one, &l);
    return l;
}

/* Clients ask for all lists when they join a private group: who is a member may read them, but not
 * who is banned. */
static bool may_read(const struct room *r, const char *jid, enum affiliation wanted)
{
    enum affiliation mine = room_affiliation(r, jid);

    if (mine >= AFFILIATION_ADMIN)
        return true;
    return mine >= AFFILIATION_MEMBER && wanted != AFFILIATION_OUTCAST &&
           room_staff(r)->config.whois_anyone;
}

void muc_staff_list(struct call *c, struct muc_out *o, const struct room *r,
                    const struct muc_room *v)
{
    const struct muc_intent *i = &c->intent;
    enum affiliation wanted = AFFILIATION_NONE;
    struct list l;

    if (*i->items[0].role) {
        muc_reply_room_iq(&c->m->service, o, i, v);
        return;
    }
    (void)affiliation_of_name(i->items[0].affiliation, &wanted);
    if (!may_read(r, i->in->from.bare, wanted)) {
        muc_staff_refuse(c, o, ERR_FORBIDDEN);
        return;
    }
    l = list_of(o->arena, r, wanted);
    muc_reply_admin_list(o, i, l.items, l.n);
}

/* ---- configuration -----------------------------------------------------------------------------
 */

static void setup_of(struct arena *a, const struct room *r, struct muc_setup *out)
{
    struct list owners = list_of(a, r, AFFILIATION_OWNER),
                admins = list_of(a, r, AFFILIATION_ADMIN);

    muc_staff_config(&room_staff(r)->config, &out->config);
    out->owners = owners.jids;
    out->n_owners = owners.n;
    out->admins = admins.jids;
    out->n_admins = admins.n;
}

void muc_staff_show_config(struct call *c, struct muc_out *o, const struct room *r)
{
    struct muc_setup setup;

    if (room_affiliation(r, c->intent.in->from.bare) != AFFILIATION_OWNER) {
        muc_staff_refuse(c, o, ERR_FORBIDDEN);
        return;
    }
    setup_of(o->arena, r, &setup);
    muc_reply_config(o, &c->intent, &setup);
}

/* True: the call lives on. */
bool muc_staff_configure(struct call *c, struct muc_out *o, const struct room *r)
{
    const struct muc_intent *i = &c->intent;
    struct muc_setup setup;
    struct staff_setup wanted = {0};

    if (i->cancelled) {
        desk_staff_cancel(c->m->desk, i->in->from.bare, i->room, answered, c);
        return true;
    }
    setup_of(i->in->arena, r, &setup);
    if (room_affiliation(r, i->in->from.bare) != AFFILIATION_OWNER) {
        muc_staff_refuse(c, o, ERR_FORBIDDEN);
        return false;
    }
    if (muc_read_config(i, &setup) != OK) {
        muc_reply_error(o, i->in, COND_NOT_ACCEPTABLE, "modify", "A field has no such value.");
        return false;
    }
    muc_staff_config_back(&setup.config, &wanted.config);
    wanted.owners = setup.owners;
    wanted.n_owners = setup.n_owners;
    wanted.admins = setup.admins;
    wanted.n_admins = setup.n_admins;
    desk_staff_configure(c->m->desk, i->in->from.bare, i->room, i->in->from.full, &wanted, answered,
                         c);
    return true;
}

void muc_staff_destroy(struct call *c)
{
    const struct muc_intent *i = &c->intent;

    desk_staff_destroy(c->m->desk, i->in->from.bare, i->room, i->alternate, i->reason, answered, c);
}
