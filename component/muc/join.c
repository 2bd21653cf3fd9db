#include "component/muc/parts.h"

/* The joiner's own presence goes last: clients read status 110 as "the list is complete". Its id
 * lets a client match the answer to its question. XEP-0045 #enter-pres */
static void send_self(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      const struct muc_occupant *who, const struct muc_session *own, unsigned flags,
                      const char *id)
{
    struct xml *user;
    struct xml *x = muc_presence(s, o->arena, r, who, own, &user);

    if (muc_config_of(r)->nonanonymous)
        muc_add_status(o->arena, user, "100"); /* XEP-0045 #enter-nonanon */
    if (muc_config_of(r)->logging)
        muc_add_status(o->arena, user, "170");
    if (flags & MUC_JOIN_CREATED)
        muc_add_status(o->arena, user, "201");
    if (flags & MUC_JOIN_REWRITTEN)
        muc_add_status(o->arena, user, "210");
    xml_attr(o->arena, x, "id", id[0] != '\0' ? id : NULL);
    muc_tell_one(o, x, own->address);
}

void muc_send_join(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                   size_t occupant, size_t session, unsigned flags, const char *id,
                   const struct muc_line *history, size_t n_history)
{
    const struct muc_occupant *who = &r->occupants[occupant];
    const struct muc_session *own = &who->sessions[session];
    bool xmpp = own->address[0] != '\0';

    for (size_t i = 0; xmpp && i < r->n_occupants; i++)
        if (i != occupant && muc_is_shown(r, &r->occupants[i]))
            muc_tell_one(o, muc_presence_for(s, o->arena, r, &r->occupants[i], who), own->address);
    if (flags & MUC_JOIN_NEW && muc_is_shown(r, who))
        muc_tell(o, r, muc_presence(s, o->arena, r, who, NULL, NULL), occupant);
    if (!xmpp)
        return;
    send_self(s, o, r, who, own, flags, id);
    for (size_t i = 0; i < n_history; i++)
        muc_tell_one(o, muc_line_message(s, o->arena, r->local, &history[i], true), own->address);
    muc_send_subject(s, o, r, own->address);
}
