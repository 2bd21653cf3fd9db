#include "component/muc_own.h"

#include <string.h>

/* Changes of roles and affiliations in chats (XEP-0045 #kick, #grantvoice, #ban, #modifymember).
 * The items of one query are carried out one after the other, until one is refused. */

struct admin {
    struct call *c;
    size_t next;
};

static void carry_out(struct admin *a);

static const struct muc_admin_item *item_of(const struct admin *a)
{
    return &a->c->intent.items[a->next];
}

/* XEP-0045 #modifymember: of who is not in the room moderators hear, and the agent itself. */
static void tell_absent(struct call *c, struct muc_out *o, const struct muc_room *v,
                        const struct muc_admin_item *item)
{
    struct directory *d = desk_directory(c->m->desk);
    const struct agent *who =
        *item->jid ? directory_by_jid(d, item->jid) : directory_by_name(d, item->nick);
    size_t n = v->n_occupants;

    for (size_t i = 0; i < n && who; i++)
        if (strcmp(v->occupants[i].jid, who->jid) == 0)
            return;
    for (size_t i = 0; i < n && who; i++)
        for (size_t k = 0; k < v->occupants[i].n_sessions; k++)
            if (strcmp(v->occupants[i].role, "moderator") == 0)
                muc_send_affiliation(&c->m->service, o, v, who->jid, item->affiliation,
                                     v->occupants[i].sessions[k].address);
    if (who)
        muc_send_own_affiliation(&c->m->service, o, v, who->jid, item->affiliation);
}

static void done(void *ctx, enum err e, const struct desk_answer *answer)
{
    struct admin *a = ctx;
    struct call *c = a->c;
    struct muc_out o = muc_out_new(c->m);

    /* desk_voice says these of a chat's state and of its assigned agent */
    if ((e == ERR_INVALID || e == ERR_CONFLICT) && *item_of(a)->role)
        e = ERR_NOT_ALLOWED;
    if (e == OK && *item_of(a)->affiliation && !answer->unchanged && answer->room)
        tell_absent(c, &o, muc_view(c->m, o.arena, answer->room), item_of(a));
    if (e != OK)
        muc_refuse_text(c, &o, e, answer ? answer->detail : NULL);
    else if (a->next + 1 == c->intent.n_items)
        muc_reply_result(&o, c->intent.in);
    arena_free(o.arena);
    if (e != OK || ++a->next == c->intent.n_items)
        muc_call_free(c);
    else
        carry_out(a);
}

static void refuse(struct admin *a, enum err e)
{
    const struct desk_answer nothing = {.detail = ""};

    done(a, e, &nothing);
}

static void change_voice(struct admin *a, const struct principal *who, bool on)
{
    struct call *c = a->c;
    const char *nick = item_of(a)->nick;
    const struct agent *agent = directory_by_name(desk_directory(c->m->desk), nick);

    if (!agent || strcmp(agent->name, nick) != 0)
        refuse(a, ERR_NOT_FOUND); /* the same as for one whose room it is not */
    else
        desk_voice(c->m->desk, who, c->intent.room, agent->id, on, done, a);
}

static void change_role(struct admin *a, const struct principal *who)
{
    struct call *c = a->c;
    const struct muc_admin_item *item = item_of(a);
    const struct moderate kick = {
        .what = MODERATE_KICK, .nick = item->nick, .jid = "", .reason = item->reason};

    if (strcmp(item->role, "none") == 0)
        desk_moderate(c->m->desk, who, c->intent.room, &kick, done, a);
    else if (strcmp(item->role, "moderator") == 0)
        refuse(a, ERR_NOT_ALLOWED); /* who supervises is said by the directory */
    else
        change_voice(a, who, strcmp(item->role, "participant") == 0);
}

/* The addresses of those who have no client begin so. */
static bool is_virtual(const struct call *c, const char *jid, const char *prefix)
{
    struct arena *a = c->intent.in->arena;

    return strcmp(jid, arena_printf(a, "%s-%s@%s", prefix, c->intent.room, c->m->service.domain)) ==
           0;
}

static void change_affiliation(struct admin *a, const struct principal *who)
{
    struct call *c = a->c;
    const struct muc_admin_item *item = item_of(a);
    struct moderate m = {.nick = *item->jid ? "" : item->nick,
                         .jid = item->jid,
                         .customer = is_virtual(c, item->jid, "c"),
                         .reason = item->reason};

    if (strcmp(item->affiliation, "member") == 0)
        m.what = MODERATE_MEMBER;
    else if (strcmp(item->affiliation, "none") == 0)
        m.what = MODERATE_REMOVE;
    else if (strcmp(item->affiliation, "outcast") == 0)
        m.what = MODERATE_BAN;
    else {
        refuse(a, ERR_NOT_ALLOWED);
        return;
    }
    if (is_virtual(c, item->jid, "a"))
        refuse(a, ERR_NOT_ALLOWED);
    else
        desk_moderate(c->m->desk, who, c->intent.room, &m, done, a);
}

static void carry_out(struct admin *a)
{
    struct principal who = muc_agent_of(a->c->m, a->c->intent.in);

    if (who.kind == WHO_ANONYMOUS) /* removed meanwhile */
        refuse(a, ERR_NOT_FOUND);
    else if (*item_of(a)->role)
        change_role(a, &who);
    else
        change_affiliation(a, &who);
}

void muc_admin_set(struct call *c)
{
    struct admin *a = arena_new_of(c->intent.in->arena, struct admin);

    a->c = c;
    carry_out(a);
}

/* ---- lists -------------------------------------------------------------------------------------
 */

struct absent {
    struct call *c;
    struct arena *arena;
    const struct muc_room *v;
    enum standing wanted;
    const char *affiliation;
    struct muc_admin_item *items;
    size_t n, most;
};

static void count_agent(void *ctx, const struct agent *agent)
{
    struct absent *l = ctx;

    (void)agent;
    l->most++;
}

static void list_agent(void *ctx, const struct agent *agent)
{
    struct absent *l = ctx;

    if (desk_standing(l->c->m->desk, l->v->local, agent->id) != l->wanted)
        return;
    for (size_t i = 0; i < l->v->n_occupants; i++)
        if (strcmp(l->v->occupants[i].jid, agent->jid) == 0)
            return;
    l->items[l->n++] = (struct muc_admin_item){.jid = arena_dup(l->arena, agent->jid),
                                               .nick = arena_dup(l->arena, agent->name),
                                               .affiliation = l->affiliation,
                                               .role = "",
                                               .reason = ""};
}

void muc_list_affiliation(struct call *c, struct muc_out *o, const struct muc_room *v)
{
    const char *affiliation = c->intent.items[0].affiliation;
    struct directory *d = desk_directory(c->m->desk);
    struct muc_admin_item *present;
    struct absent l = {.c = c, .arena = o->arena, .v = v, .affiliation = affiliation};

    l.n = muc_list_occupants(o->arena, v, affiliation, "", &present);
    l.most = l.n;
    directory_each_agent(d, count_agent, &l);
    l.items = arena_array(o->arena, struct muc_admin_item, l.most + 1);
    if (l.n > 0)
        memcpy(l.items, present, l.n * sizeof(*present));
    l.wanted = strcmp(affiliation, "outcast") == 0 ? STANDING_OUTCAST : STANDING_MEMBER;
    if (l.wanted == STANDING_OUTCAST || strcmp(affiliation, "member") == 0)
        directory_each_agent(d, list_agent, &l);
    muc_reply_admin_list(o, &c->intent, l.items, l.n);
}
