#include "component/muc/parts.h"

#include <string.h>

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

const struct muc_occupant *muc_occupant_at(const struct muc_room *r, const char *address)
{
    for (size_t i = 0; i < r->n_occupants; i++)
        for (size_t k = 0; k < r->occupants[i].n_sessions; k++)
            if (strcmp(r->occupants[i].sessions[k].address, address) == 0)
                return &r->occupants[i];
    return NULL;
}

/* XEP-0045 #terms-rooms: semi-anonymous */
bool muc_sees_jids(const struct muc_room *r, const struct muc_occupant *viewer)
{
    return muc_config_of(r)->nonanonymous ||
           (viewer != NULL && strcmp(viewer->role, "moderator") == 0);
}

struct xml *muc_without_jid(struct arena *a, const struct xml *presence)
{
    struct xml *x = xml_copy(a, presence);
    struct xml *user = xml_find(x, "x", NS_MUC_USER);
    struct xml *item = user != NULL ? xml_find(user, "item", NULL) : NULL;

    for (struct xml_attr **at = item != NULL ? &item->attrs : NULL; at != NULL && *at != NULL;) {
        if (strcmp((*at)->name, "jid") == 0)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
    return x;
}

/* Those who see JIDs, or those who do not, as they were chosen. */
static void tell_some(struct muc_out *o, const struct muc_room *r, const struct xml *x, size_t skip,
                      int sees)
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

        if (i == skip || (sees >= 0 && muc_sees_jids(r, who) != (sees > 0)))
            continue;
        for (size_t k = 0; k < who->n_sessions; k++)
            if (who->sessions[k].address[0] != '\0')
                to[n++] = who->sessions[k].address;
    }
    if (n > 0)
        o->send_each(o->ctx, x, to, n);
}

void muc_tell(struct muc_out *o, const struct muc_room *r, const struct xml *x, size_t skip)
{
    if (muc_config_of(r)->nonanonymous || strcmp(x->name, "presence") != 0) {
        tell_some(o, r, x, skip, -1);
        return;
    }
    tell_some(o, r, x, skip, 1);
    tell_some(o, r, muc_without_jid(o->arena, x), skip, 0);
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
