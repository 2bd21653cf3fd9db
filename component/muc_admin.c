#include "component/muc_own.h"

#include <string.h>

/* Changes of roles and affiliations in chats (XEP-0045 #kick, #grantvoice, #ban, #modifymember).
 * All items of one query are carried out, or none. */

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
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    bool tells = e == OK && answer->altered && answer->room;
    const struct muc_room *v = tells ? muc_view(c->m, o.arena, answer->room) : NULL;

    for (size_t i = 0; tells && i < c->intent.n_items; i++)
        if (answer->altered[i] && *c->intent.items[i].affiliation)
            tell_absent(c, &o, v, &c->intent.items[i]);
    if (e != OK)
        muc_refuse_text(c, &o, e, answer->detail);
    else
        muc_reply_result(&o, c->intent.in);
    arena_free(o.arena);
    muc_call_free(c);
}

/* The addresses of those who have no client begin so. */
static bool is_virtual(const struct call *c, const char *jid, const char *prefix)
{
    struct arena *a = c->intent.in->arena;

    return strcmp(jid, arena_printf(a, "%s-%s@%s", prefix, c->intent.room, c->m->service.domain)) ==
           0;
}

/* False: nobody can do that in a chat. Who supervises is said by the directory. */
static bool what_of(const struct muc_admin_item *item, enum moderation *out)
{
    static const struct {
        const char *role, *affiliation;
        enum moderation what;
    } table[] = {{"none", "", MODERATE_KICK},    {"participant", "", MODERATE_VOICE},
                 {"visitor", "", MODERATE_MUTE}, {"", "member", MODERATE_MEMBER},
                 {"", "none", MODERATE_REMOVE},  {"", "outcast", MODERATE_BAN}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(item->role, table[i].role) == 0 &&
            strcmp(item->affiliation, table[i].affiliation) == 0) {
            *out = table[i].what;
            return true;
        }
    }
    return false;
}

void muc_admin_set(struct call *c)
{
    const struct muc_intent *i = &c->intent;
    struct principal who = muc_agent_of(c->m, i->in);
    struct moderate *list = arena_array(i->in->arena, struct moderate, i->n_items);

    for (size_t k = 0; k < i->n_items; k++) {
        const struct muc_admin_item *item = &i->items[k];
        bool of_role = *item->role != '\0';

        list[k] = (struct moderate){.nick = of_role || !*item->jid ? item->nick : "",
                                    .jid = of_role ? "" : item->jid,
                                    .customer = !of_role && is_virtual(c, item->jid, "c"),
                                    .reason = item->reason};
        if (!what_of(item, &list[k].what) || (!of_role && is_virtual(c, item->jid, "a"))) {
            muc_call_refuse(c, ERR_NOT_ALLOWED);
            return;
        }
    }
    desk_moderate(c->m->desk, &who, i->room, list, i->n_items, done, c);
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
