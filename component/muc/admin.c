#include "component/muc/parts.h"

#include <string.h>

/* Reading the lists of a room (XEP-0045 #modifymember, #modifyvoice). */

static bool one_of(const char *value, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(value, list[i]) == 0)
            return true;
    return false;
}

static bool is_moderator(const struct muc_room *r, const char *address)
{
    for (size_t i = 0; i < r->n_occupants; i++)
        for (size_t k = 0; k < r->occupants[i].n_sessions; k++)
            if (strcmp(r->occupants[i].sessions[k].address, address) == 0)
                return strcmp(r->occupants[i].role, "moderator") == 0;
    return false;
}

static void send_list(struct muc_out *o, const struct stanza *in, const struct muc_room *r,
                      const char *affiliation, const char *role)
{
    struct xml *iq = stanza_result(in);
    struct xml *query = xml_child(o->arena, iq, "query", NS_MUC_ADMIN);

    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct muc_occupant *who = &r->occupants[i];
        struct xml *item;

        if ((affiliation != NULL && strcmp(who->affiliation, affiliation) != 0) ||
            (role != NULL && strcmp(who->role, role) != 0))
            continue;
        item = xml_child(o->arena, query, "item", NULL);
        xml_attr(o->arena, item, "affiliation", who->affiliation);
        xml_attr(o->arena, item, "jid", role != NULL ? muc_item_jid(who) : who->jid);
        xml_attr(o->arena, item, "nick", who->nick);
        xml_attr(o->arena, item, "role", role);
    }
    o->send(o->ctx, iq);
}

static void answer_get(struct muc_out *o, const struct stanza *in, const struct muc_room *r,
                       const struct xml *query)
{
    static const char *const affiliations[] = {"owner", "admin", "member", "outcast"};
    static const char *const roles[] = {"moderator", "participant", "visitor"};
    const struct xml *item = xml_find(query, "item", NS_MUC_ADMIN);
    const char *affiliation = item != NULL ? xml_get(item, "affiliation") : NULL;
    const char *role = item != NULL ? xml_get(item, "role") : NULL;

    if ((affiliation == NULL) == (role == NULL) ||
        (affiliation != NULL && !one_of(affiliation, affiliations, 4)) ||
        (role != NULL && !one_of(role, roles, 3)))
        muc_reply_error(o, in, COND_BAD_REQUEST, "modify", NULL);
    else if (role != NULL && !is_moderator(r, in->from.full))
        muc_reply_error(o, in, COND_FORBIDDEN, "auth", NULL);
    else
        send_list(o, in, r, affiliation, role);
}

void muc_reply_room_iq(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                       const struct muc_room *r)
{
    const struct stanza *in = i->in;
    const struct xml *query = xml_find(in->x, "query", NULL);
    bool admin = query != NULL && strcmp(query->ns, NS_MUC_ADMIN) == 0;

    (void)s;
    if (admin && strcmp(in->type, "get") == 0)
        answer_get(o, in, r, query);
    else if (admin || (query != NULL && strcmp(query->ns, NS_MUC_OWNER) == 0))
        muc_reply_error(o, in, COND_FORBIDDEN, "auth", NULL);
    else
        muc_reply_error(o, in, COND_UNAVAILABLE, "cancel", NULL);
}
