#include "component/muc_own.h"

#include <string.h>

/* Invitations and requests for voice in staff rooms. */

static void may_come(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    const struct muc_intent *i = &c->intent;
    struct muc_out o = muc_out_new(c->m);

    (void)a;
    if (e == OK)
        muc_send_invite(&c->m->service, &o, i->room, i->in->from.bare, i->guest, i->reason,
                        i->in->id);
    else
        muc_staff_refuse(c, &o, e);
    arena_free(o.arena);
    muc_call_free(c);
}

/* Only those are invited who could come: nobody learns from us of a room that it cannot see. */
bool muc_staff_could_come(const struct muc_desk *m, const struct room *r, const char *guest)
{
    const struct agent *a = directory_by_jid(desk_directory(m->desk), guest);
    const char *organization = room_staff(r)->organization;

    if (!a && !desk_staff_open(m->desk, room_id(r)))
        return false;
    return !*organization || (a && strcmp(a->organization, organization) == 0);
}

/* XEP-0045 #invite-mediated. In a members-only room an invitation makes a member, and is by those
 * who may do that. True: the call lives on. */
bool muc_staff_invite(struct call *c, struct muc_out *o, const struct room *r,
                      const struct muc_room *v)
{
    const struct muc_intent *i = &c->intent;
    const struct muc_occupant *who = muc_occupant_at(v, i->in->from.full);
    struct staff_item member = {
        .jid = i->guest, .nick = "", .affiliation = AFFILIATION_MEMBER, .reason = ""};

    if (!who || !muc_staff_could_come(c->m, r, i->guest)) {
        muc_reply_error(o, i->in, who ? COND_NOT_FOUND : COND_NOT_ACCEPTABLE, NULL, NULL);
        return false;
    }
    if ((!v->config->allow_invites && strcmp(who->role, "moderator") != 0) ||
        strcmp(who->role, "visitor") == 0) {
        muc_staff_refuse(c, o, ERR_FORBIDDEN);
        return false;
    }
    if (!v->config->members_only || room_affiliation(r, i->guest) >= AFFILIATION_MEMBER) {
        muc_send_invite(&c->m->service, o, i->room, i->in->from.bare, i->guest, i->reason,
                        i->in->id);
        return false;
    }
    desk_staff_admin(c->m->desk, i->in->from.bare, i->room, i->in->from.full, &member, 1, may_come,
                     c);
    return true;
}

/* To the clients of the inviter, if it is here. */
void muc_staff_decline(struct call *c, struct muc_out *o, const struct muc_room *v)
{
    const struct muc_intent *i = &c->intent;

    for (size_t n = 0; n < v->n_occupants; n++) {
        const struct muc_occupant *who = &v->occupants[n];
        bool inviter =
            *i->guest ? strcmp(who->jid, i->guest) == 0 : strcmp(who->nick, i->guest_nick) == 0;

        for (size_t k = 0; inviter && k < who->n_sessions; k++)
            muc_send_decline(&c->m->service, o, v->local, i->in->from.bare,
                             who->sessions[k].address, i->reason);
    }
}

void muc_staff_ask_voice(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct stanza *in = c->intent.in;

    if (strcmp(v->occupants[from].role, "visitor") != 0) {
        muc_reply_error(o, in, COND_NOT_ALLOWED, NULL, "You have a voice already.");
        return;
    }
    if (!muc_alive_may_ask(c->m, v->local, in->from.full)) {
        muc_reply_error(o, in, COND_POLICY, "wait", "You have just asked; wait a little.");
        return;
    }
    for (size_t i = 0; i < v->n_occupants; i++)
        for (size_t k = 0; k < v->occupants[i].n_sessions; k++)
            if (strcmp(v->occupants[i].role, "moderator") == 0)
                muc_send_voice_form(&c->m->service, o, v, from,
                                    v->occupants[i].sessions[k].address);
}
