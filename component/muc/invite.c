#include "component/muc/parts.h"

#include <string.h>

#define REASON_MAX 1024 /* bytes; longer ones are left out */

/* ---- reading --------------------------------------------------------------------------------- */

static const char *reason_of(struct arena *a, const struct xml *x)
{
    const struct xml *reason = xml_find(x, "reason", NS_MUC_USER);
    const char *text = reason != NULL ? xml_content(a, reason) : "";

    return strlen(text) <= REASON_MAX ? text : "";
}

static void read_invite(const struct stanza *in, const struct xml *user, const struct xml *invite,
                        struct muc_intent *out)
{
    const char *to = xml_get(invite, "to");
    struct jid who;

    if (xml_find_next(invite, "invite", NS_MUC_USER) != NULL) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", "One invitation at a time.");
        return;
    }
    if (to == NULL || jid_parse(in->arena, to, &who) != OK || who.local[0] == '\0') {
        muc_refuse(out, COND_JID_MALFORMED, "modify", NULL);
        return;
    }
    (void)user;
    out->kind = MUC_INVITE;
    out->guest = who.bare;
    out->reason = reason_of(in->arena, invite);
}

/* The inviter is named as the invitation named it: by its address, or by its place in the room. */
static void read_decline(const struct stanza *in, const struct xml *decline, struct muc_intent *out)
{
    const char *to = xml_get(decline, "to");
    struct jid who;

    if (to == NULL || jid_parse(in->arena, to, &who) != OK) {
        muc_refuse(out, COND_JID_MALFORMED, "modify", NULL);
        return;
    }
    out->kind = MUC_DECLINE;
    out->reason = reason_of(in->arena, decline);
    if (strcmp(who.bare, in->to.bare) == 0)
        out->guest_nick = who.resource;
    else
        out->guest = who.bare;
}

bool muc_read_invite(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *user = xml_find(in->x, "x", NS_MUC_USER);
    const struct xml *invite = user != NULL ? xml_find(user, "invite", NS_MUC_USER) : NULL;
    const struct xml *decline = user != NULL ? xml_find(user, "decline", NS_MUC_USER) : NULL;

    if (invite != NULL)
        read_invite(in, user, invite, out);
    else if (decline != NULL)
        read_decline(in, decline, out);
    else
        return false;
    return true;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void add_reason(struct arena *a, struct xml *x, const char *reason)
{
    if (reason[0] != '\0')
        xml_child_text(a, x, "reason", NULL, reason);
}

/* In an attribute line ends become spaces anyway. */
static const char *one_line(struct arena *a, const char *reason)
{
    char *text = arena_dup(a, reason);

    for (char *p = text; *p != '\0'; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
    return text;
}

static void add_conference(const struct muc_service *s, struct arena *a, struct xml *x,
                           const char *local, const char *reason)
{
    struct xml *conference = xml_child(a, x, "x", NS_CONFERENCE);

    xml_attr(a, conference, "jid", muc_room_jid(s, a, local));
    xml_attr(a, conference, "reason", reason[0] != '\0' ? one_line(a, reason) : NULL);
}

void muc_send_invite(const struct muc_service *s, struct muc_out *o, const char *local,
                     const char *inviter, const char *to, const char *reason, const char *id)
{
    struct xml *x = muc_message(o->arena, muc_room_jid(s, o->arena, local), "", id);
    struct xml *user = xml_child(o->arena, x, "x", NS_MUC_USER);
    struct xml *invite = xml_child(o->arena, user, "invite", NULL);

    xml_attr(o->arena, invite, "from", inviter);
    add_reason(o->arena, invite, reason);
    add_conference(s, o->arena, x, local, reason);
    muc_tell_one(o, x, to);
}

void muc_send_direct_invite(const struct muc_service *s, struct muc_out *o, const char *local,
                            const char *to, const char *reason)
{
    struct xml *x = muc_message(o->arena, arena_printf(o->arena, "queue@%s", s->domain), "", "");

    add_conference(s, o->arena, x, local, reason);
    muc_tell_one(o, x, to);
}

void muc_send_decline(const struct muc_service *s, struct muc_out *o, const char *local,
                      const char *decliner, const char *to, const char *reason)
{
    struct xml *x = muc_message(o->arena, muc_room_jid(s, o->arena, local), "", "");
    struct xml *user = xml_child(o->arena, x, "x", NS_MUC_USER);
    struct xml *decline = xml_child(o->arena, user, "decline", NULL);

    xml_attr(o->arena, decline, "from", decliner);
    add_reason(o->arena, decline, reason);
    muc_tell_one(o, x, to);
}

void muc_send_affiliation(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                          const char *jid, const char *affiliation, const char *to)
{
    struct xml *x = muc_message(o->arena, muc_room_jid(s, o->arena, r->local), "", "");

    muc_add_user(o->arena, x, affiliation, "none", jid);
    muc_tell_one(o, x, to);
}

/* XEP-0045 #registrar-statuscodes-init */
void muc_send_own_affiliation(const struct muc_service *s, struct muc_out *o,
                              const struct muc_room *r, const char *jid, const char *affiliation)
{
    struct xml *x = muc_message(o->arena, muc_room_jid(s, o->arena, r->local), "", "");

    muc_add_status(o->arena, muc_add_user(o->arena, x, affiliation, "none", jid), "101");
    muc_tell_one(o, x, jid);
}
