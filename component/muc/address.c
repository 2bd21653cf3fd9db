#include "component/muc/parts.h"

const char *muc_room_jid(const struct muc_service *s, struct arena *a, const char *local)
{
    return arena_printf(a, "%s@%s", local, s->domain);
}

const char *muc_occupant_jid(const struct muc_service *s, struct arena *a, const char *local,
                             const char *nick)
{
    if (nick[0] == '\0')
        return muc_room_jid(s, a, local);
    return arena_printf(a, "%s@%s/%s", local, s->domain, nick);
}

const char *muc_item_jid(const struct muc_occupant *who)
{
    for (size_t i = 0; i < who->n_sessions; i++)
        if (who->sessions[i].address[0] != '\0')
            return who->sessions[i].address;
    return who->jid;
}

void muc_tell(struct muc_out *o, const struct muc_room *r, const struct xml *x, size_t skip)
{
    const char **to;
    size_t most = 0, n = 0;

    for (size_t i = 0; i < r->n_occupants; i++)
        most += r->occupants[i].n_sessions;
    if (most == 0)
        return;
    to = arena_array(o->arena, const char *, most);
    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct muc_occupant *who = &r->occupants[i];

        if (i == skip)
            continue;
        for (size_t k = 0; k < who->n_sessions; k++)
            if (who->sessions[k].address[0] != '\0')
                to[n++] = who->sessions[k].address;
    }
    if (n > 0)
        o->send_each(o->ctx, x, to, n);
}

void muc_tell_one(struct muc_out *o, struct xml *x, const char *to)
{
    if (to[0] == '\0')
        return;
    xml_attr(o->arena, x, "to", to);
    o->send(o->ctx, x);
}

void muc_tell_some(struct muc_out *o, const struct muc_room *r, struct xml *x, const char *only)
{
    if (only != NULL)
        muc_tell_one(o, x, only);
    else
        muc_tell(o, r, x, MUC_NOBODY);
}
