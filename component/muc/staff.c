#include "component/muc/parts.h"

#include <string.h>

/* What happens in rooms that people make, and never in a customer's chat. */

static struct xml *item_of(struct xml *user)
{
    return xml_find(user, "item", NULL);
}

/* ---- nicks ----------------------------------------------------------------------------------- */

static struct xml *old_name(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                            const struct muc_occupant *who, const char *old_nick, const char *jid,
                            struct xml **user)
{
    struct xml *x = xml_new(a, "presence", NS_CLIENT);

    xml_attr(a, x, "from", muc_occupant_jid(s, a, r->local, old_nick));
    xml_attr(a, x, "type", "unavailable");
    muc_add_occupant_id(s, a, x, r->local, who->jid);
    *user = muc_add_user(a, x, who->affiliation, who->role, jid);
    xml_attr(a, item_of(*user), "nick", who->nick);
    muc_add_status(a, *user, "303");
    return x;
}

/* Unavailable under the old nick to all, then available under the new one to all. */
void muc_send_renamed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      size_t occupant, size_t session, const char *old_nick, bool old_stays)
{
    const struct muc_occupant *who = &r->occupants[occupant];
    struct xml *x, *user;

    if (!old_stays)
        muc_tell(o, r, old_name(s, o->arena, r, who, old_nick, muc_item_jid(who), &user), occupant);
    for (size_t i = 0; i < who->n_sessions; i++) {
        const char *own = who->sessions[i].address;

        if (session != MUC_ALL && i != session)
            continue;
        x = old_name(s, o->arena, r, who, old_nick, own, &user);
        muc_add_status(o->arena, user, "110");
        muc_tell_one(o, x, own);
    }
    muc_send_presence(s, o, r, occupant);
}

/* ---- roles and affiliations ------------------------------------------------------------------ */

static void explain(struct arena *a, struct xml *user, const char *actor, const char *reason)
{
    struct xml *item = item_of(user);

    if (actor[0] != '\0')
        xml_attr(a, xml_child(a, item, "actor", NULL), "nick", actor);
    if (reason[0] != '\0')
        xml_child_text(a, item, "reason", NULL, reason);
}

void muc_send_changed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      size_t occupant, const char *actor, const char *reason)
{
    const struct muc_occupant *who = &r->occupants[occupant];
    struct xml *user;
    struct xml *x = muc_presence(s, o->arena, r, who, NULL, &user);

    explain(o->arena, user, actor, reason);
    muc_tell(o, r, x, occupant);
    for (size_t i = 0; i < who->n_sessions; i++) {
        x = muc_presence(s, o->arena, r, who, &who->sessions[i], &user);
        explain(o->arena, user, actor, reason);
        muc_tell_one(o, x, who->sessions[i].address);
    }
}

/* ---- the room -------------------------------------------------------------------------------- */

void muc_send_codes(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                    const char *const *codes, size_t n)
{
    struct xml *x = muc_message(o->arena, muc_room_jid(s, o->arena, r->local), "groupchat", "");
    struct xml *user = xml_child(o->arena, x, "x", NS_MUC_USER);

    for (size_t i = 0; i < n; i++)
        muc_add_status(o->arena, user, codes[i]);
    muc_tell(o, r, x, MUC_NOBODY);
}

/* From who changed it, under the id by which its client knows it. XEP-0045 #subject-mod */
void muc_send_subject_change(const struct muc_service *s, struct muc_out *o,
                             const struct muc_room *r, const struct muc_line *l)
{
    const char *from = muc_occupant_jid(s, o->arena, r->local, l->nick);
    const char *id = l->stanza_id[0] != '\0' ? l->stanza_id : l->id;
    struct xml *x = muc_message(o->arena, from, "groupchat", id), *sid;

    xml_child_text(o->arena, x, "subject", NULL, l->body);
    sid = xml_child(o->arena, x, "stanza-id", NS_SID);
    xml_attr(o->arena, sid, "by", muc_room_jid(s, o->arena, r->local));
    xml_attr(o->arena, sid, "id", l->id);
    muc_add_occupant_id(s, o->arena, x, r->local, l->jid);
    muc_tell(o, r, x, MUC_NOBODY);
}
