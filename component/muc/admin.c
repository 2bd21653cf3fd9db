#include "component/muc/parts.h"

#include <string.h>

/* The lists of a room, read and changed (XEP-0045 #modifymember, #modifyvoice, #ban). */

static bool one_of(const char *value, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(value, list[i]) == 0)
            return true;
    return false;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *const AFFILIATIONS[] = {"owner", "admin", "member", "outcast", "none"};
static const char *const ROLES[] = {"moderator", "participant", "visitor", "none"};

static const char *attribute(const struct xml *item, const char *name)
{
    const char *value = xml_get(item, name);

    return value != NULL ? value : "";
}

/* Either a role or an affiliation. XEP-0045 #modify-mult would not know what to do with both. */
static bool read_what(const struct xml *item, struct muc_admin_item *out, bool list)
{
    out->affiliation = attribute(item, "affiliation");
    out->role = attribute(item, "role");
    if ((out->affiliation[0] == '\0') == (out->role[0] == '\0'))
        return false;
    if (out->role[0] != '\0')
        return one_of(out->role, ROLES, list ? 3 : 4);
    return one_of(out->affiliation, AFFILIATIONS, list ? 4 : 5);
}

/* COND_JID_MALFORMED or COND_BAD_REQUEST in *wrong when false. */
static bool read_whom(struct arena *a, const struct xml *item, struct muc_admin_item *out,
                      enum cond *wrong)
{
    const char *jid = attribute(item, "jid"), *nick = attribute(item, "nick");
    struct jid who;
    char *prepared;

    *wrong = COND_JID_MALFORMED;
    if (jid[0] != '\0') {
        if (jid_parse(a, jid, &who) != OK)
            return false;
        /* an affiliation is a person's, not a client's */
        if (out->affiliation[0] != '\0' && who.resource[0] != '\0')
            return false;
        out->jid = who.bare;
    }
    if (nick[0] != '\0') {
        if (jid_nick(a, nick, &prepared) != OK)
            return false;
        out->nick = prepared;
    }
    *wrong = COND_BAD_REQUEST;
    return out->nick[0] != '\0' || (out->affiliation[0] != '\0' && out->jid[0] != '\0');
}

static bool read_item(struct arena *a, const struct xml *item, struct muc_admin_item *out,
                      bool list, enum cond *wrong)
{
    const struct xml *reason = xml_find(item, "reason", NULL);

    *out = (struct muc_admin_item){.jid = "", .nick = "", .reason = ""};
    *wrong = COND_BAD_REQUEST;
    if (!read_what(item, out, list))
        return false;
    if (list)
        return true;
    if (reason != NULL)
        out->reason = xml_content(a, reason);
    return strlen(out->reason) <= MUC_SUBJECT_MAX && read_whom(a, item, out, wrong);
}

void muc_read_admin(const struct xml *query, struct muc_intent *out)
{
    struct arena *a = out->in->arena;
    bool list = strcmp(out->in->type, "get") == 0;
    struct muc_admin_item *items = arena_array(a, struct muc_admin_item, MUC_ADMIN_MAX);
    enum cond wrong = COND_BAD_REQUEST;

    for (const struct xml *x = xml_find(query, "item", NS_MUC_ADMIN); x != NULL;
         x = xml_find_next(x, "item", NS_MUC_ADMIN)) {
        if (out->n_items == MUC_ADMIN_MAX ||
            !read_item(a, x, &items[out->n_items++], list, &wrong)) {
            muc_refuse(out, wrong, NULL, NULL);
            return;
        }
    }
    out->items = items;
    out->kind = list ? MUC_ADMIN_GET : MUC_ADMIN_SET;
    if (out->n_items == 0)
        muc_refuse(out, COND_BAD_REQUEST, NULL, NULL);
}

/* ---- answers --------------------------------------------------------------------------------- */

static bool is_moderator(const struct muc_room *r, const char *address)
{
    for (size_t i = 0; i < r->n_occupants; i++)
        for (size_t k = 0; k < r->occupants[i].n_sessions; k++)
            if (strcmp(r->occupants[i].sessions[k].address, address) == 0)
                return strcmp(r->occupants[i].role, "moderator") == 0;
    return false;
}

void muc_reply_admin_list(struct muc_out *o, const struct muc_intent *i,
                          const struct muc_admin_item *items, size_t n)
{
    struct xml *iq = stanza_result(i->in);
    struct xml *query = xml_child(o->arena, iq, "query", NS_MUC_ADMIN);

    for (size_t k = 0; k < n; k++) {
        struct xml *item = xml_child(o->arena, query, "item", NULL);

        xml_attr(o->arena, item, "affiliation", items[k].affiliation);
        xml_attr(o->arena, item, "jid", items[k].jid[0] != '\0' ? items[k].jid : NULL);
        xml_attr(o->arena, item, "nick", items[k].nick[0] != '\0' ? items[k].nick : NULL);
        xml_attr(o->arena, item, "role", items[k].role[0] != '\0' ? items[k].role : NULL);
        if (items[k].reason[0] != '\0')
            xml_child_text(o->arena, item, "reason", NULL, items[k].reason);
    }
    o->send(o->ctx, iq);
}

size_t muc_list_occupants(struct arena *a, const struct muc_room *r, const char *affiliation,
                          const char *role, struct muc_admin_item **out)
{
    struct muc_admin_item *items = arena_array(a, struct muc_admin_item, r->n_occupants + 1);
    size_t n = 0;

    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct muc_occupant *who = &r->occupants[i];

        if ((affiliation[0] != '\0' && strcmp(who->affiliation, affiliation) != 0) ||
            (role[0] != '\0' && strcmp(who->role, role) != 0))
            continue;
        items[n++] = (struct muc_admin_item){.jid = role[0] != '\0' ? muc_item_jid(who) : who->jid,
                                             .nick = who->nick,
                                             .affiliation = who->affiliation,
                                             .role = role,
                                             .reason = ""};
    }
    *out = items;
    return n;
}

void muc_reply_room_iq(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                       const struct muc_room *r)
{
    struct muc_admin_item *items;
    size_t n;

    (void)s;
    switch (i->kind) {
    case MUC_ADMIN_GET:
        if (i->items[0].role[0] != '\0' && !is_moderator(r, i->in->from.full)) {
            muc_reply_error(o, i->in, COND_FORBIDDEN, "auth", NULL);
            return;
        }
        n = muc_list_occupants(o->arena, r, i->items[0].affiliation, i->items[0].role, &items);
        muc_reply_admin_list(o, i, items, n);
        return;
    case MUC_ADMIN_SET:
    case MUC_OWNER_GET:
    case MUC_OWNER_SET:
    case MUC_OWNER_DESTROY:
        muc_reply_error(o, i->in, COND_FORBIDDEN, "auth", NULL);
        return;
    default:
        muc_reply_error(o, i->in, COND_UNAVAILABLE, "cancel", NULL);
        return;
    }
}
