#include "component/muc/parts.h"

static struct xml *unavailable(struct arena *a, const char *from)
{
    struct xml *x = xml_new(a, "presence", NS_CLIENT);

    xml_attr(a, x, "from", from);
    xml_attr(a, x, "type", "unavailable");
    return x;
}

static struct xml *leaving(const struct muc_service *s, struct arena *a, const char *local,
                           const struct muc_occupant *who, const char *jid, const char *status,
                           struct xml **user)
{
    struct xml *x = unavailable(a, muc_occupant_jid(s, a, local, who->nick));

    if (status[0] != '\0')
        xml_child_text(a, x, "status", NULL, status);
    muc_add_occupant_id(s, a, x, local, who->jid);
    *user = muc_add_user(a, x, who->affiliation, "none", jid);
    return x;
}

/* 333 alone, without 307: nobody threw them out. XEP-0045 #service-error-kick */
void muc_send_leave(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                    const struct muc_occupant *who, bool last, bool lost, const char *status)
{
    struct xml *x, *user;

    if (last) {
        x = leaving(s, o->arena, r->local, who, muc_item_jid(who), status, &user);
        if (lost)
            muc_add_status(o->arena, user, "333");
        muc_tell(o, r, x, MUC_NOBODY);
    }
    /* who is lost may only have been slow, and must learn that it has to come in again */
    for (size_t i = 0; i < who->n_sessions; i++) {
        x = leaving(s, o->arena, r->local, who, who->sessions[i].address, status, &user);
        muc_add_status(o->arena, user, "110");
        if (lost)
            muc_add_status(o->arena, user, "333");
        muc_tell_one(o, x, who->sessions[i].address);
    }
}

static struct xml *expelled(const struct muc_service *s, struct arena *a, const char *local,
                            const struct muc_occupant *who, const char *jid,
                            const struct muc_expulsion *how, struct xml **user)
{
    struct muc_occupant now = *who;
    struct xml *x, *item;

    now.affiliation = how->affiliation;
    x = leaving(s, a, local, &now, jid, "", user);
    item = (*user)->children;
    if (how->actor[0] != '\0')
        xml_attr(a, xml_child(a, item, "actor", NULL), "nick", how->actor);
    if (how->reason[0] != '\0')
        xml_child_text(a, item, "reason", NULL, how->reason);
    muc_add_status(a, *user, how->code);
    return x;
}

void muc_send_expelled(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                       const struct muc_occupant *who, bool last, const struct muc_expulsion *how)
{
    struct xml *x, *user;

    for (size_t i = 0; i < who->n_sessions; i++) {
        const char *own = who->sessions[i].address;

        x = expelled(s, o->arena, r->local, who, own, how, &user);
        muc_add_status(o->arena, user, "110");
        muc_tell_one(o, x, own);
    }
    if (last)
        muc_tell(o, r, expelled(s, o->arena, r->local, who, muc_item_jid(who), how, &user),
                 MUC_NOBODY);
}

void muc_send_desync(const struct muc_service *s, struct muc_out *o, const struct stanza *in)
{
    struct xml *x, *user;

    (void)s;
    if (in->to.resource[0] == '\0') {
        muc_reply_error(o, in, COND_JID_MALFORMED, "modify", "A nickname is missing.");
        return;
    }
    x = unavailable(o->arena, in->to.full);
    user = muc_add_user(o->arena, x, "none", "none", NULL);
    muc_add_status(o->arena, user, "110");
    muc_add_status(o->arena, user, "307");
    muc_add_status(o->arena, user, "333");
    muc_tell_one(o, x, in->from.full);
}

/* XEP-0045 #destroyroom: each from its own occupant address. */
void muc_send_destroyed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                        const char *alternate, const char *reason)
{
    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct muc_occupant *who = &r->occupants[i];
        struct muc_room only = {.occupants = who, .n_occupants = 1};
        struct xml *x, *user, *destroy;

        x = unavailable(o->arena, muc_occupant_jid(s, o->arena, r->local, who->nick));
        muc_add_occupant_id(s, o->arena, x, r->local, who->jid);
        user = muc_add_user(o->arena, x, "none", "none", NULL);
        muc_add_status(o->arena, user, "110");
        destroy = xml_child(o->arena, user, "destroy", NULL);
        xml_attr(o->arena, destroy, "jid", alternate[0] != '\0' ? alternate : NULL);
        if (reason[0] != '\0')
            xml_child_text(o->arena, destroy, "reason", NULL, reason);
        muc_tell(o, &only, x, MUC_NOBODY);
    }
}

void muc_send_destroy(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      const char *reason)
{
    muc_send_destroyed(s, o, r, "", reason);
}
