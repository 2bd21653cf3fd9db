#include "component/muc_own.h"

#include <string.h>

/* ---- invitations (XEP-0045 #invite-mediated) ---------------------------------------------------
 */

/* Access is granted and stored: clients look at the room before they show an invitation. */
static void may_come(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    const struct muc_intent *i = &c->intent;
    struct muc_out o = muc_out_new(c->m);

    if (e == OK)
        muc_send_invite(&c->m->service, &o, i->room, i->in->from.bare, i->guest, i->reason,
                        i->in->id);
    else
        muc_refuse_text(c, &o, e, a->detail);
    arena_free(o.arena);
    muc_call_free(c);
}

void muc_invite(struct call *c, const struct principal *who)
{
    const struct muc_intent *i = &c->intent;

    desk_invite(c->m->desk, who, i->room, i->in->from.full, i->guest, may_come, c);
}

static bool is_inviter(const struct muc_intent *i, const struct muc_occupant *who)
{
    return who->n_sessions > 0 &&
           strcmp(*i->guest ? who->jid : who->nick, *i->guest ? i->guest : i->guest_nick) == 0;
}

/* Only who was invited can decline, and only to one who is here. */
void muc_decline(struct call *c, struct muc_out *o, const struct muc_room *v)
{
    const struct muc_intent *i = &c->intent;
    const struct agent *a = directory_by_jid(desk_directory(c->m->desk), i->in->from.bare);

    if (!a || desk_standing(c->m->desk, v->local, a->id) != STANDING_MEMBER) {
        muc_reply_error(o, i->in, COND_FORBIDDEN, NULL, "There is no invitation to decline.");
        return;
    }
    for (size_t n = 0; n < v->n_occupants; n++)
        for (size_t k = 0; is_inviter(i, &v->occupants[n]) && k < v->occupants[n].n_sessions; k++)
            muc_send_decline(&c->m->service, o, v->local, i->in->from.bare,
                             v->occupants[n].sessions[k].address, i->reason);
}

/* ---- voice (XEP-0045 #requestvoice) ------------------------------------------------------------
 */

static bool gives_voice(const struct muc_occupant *who)
{
    return (who->hats & (MUC_HAT_ASSIGNED | MUC_HAT_SUPERVISOR)) != 0;
}

/* Not every client knows the form: a line says the same. */
static void ask_one(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from,
                    const char *to)
{
    const char *nick = v->occupants[from].nick;

    if (!*to)
        return;
    muc_send_voice_form(&c->m->service, o, v, from, to);
    muc_send_notice(&c->m->service, o, v, to,
                    arena_printf(o->arena, "%s asks to take part in this chat.", nick));
}

void muc_voice_ask(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct stanza *in = c->intent.in;
    size_t asked = 0;

    if (strcmp(v->occupants[from].role, "visitor") != 0) {
        muc_reply_error(o, in, COND_NOT_ALLOWED, NULL, "You have a voice already.");
        return;
    }
    if (!muc_alive_may_ask(c->m, v->local, in->from.full)) {
        muc_reply_error(o, in, COND_POLICY, "wait", "You have just asked; wait a little.");
        return;
    }
    for (size_t i = 0; i < v->n_occupants; i++) {
        for (size_t k = 0; gives_voice(&v->occupants[i]) && k < v->occupants[i].n_sessions; k++) {
            ask_one(c, o, v, from, v->occupants[i].sessions[k].address);
            asked++;
        }
    }
    if (asked == 0)
        muc_send_notice(&c->m->service, o, v, in->from.full,
                        "Nobody is here who could answer that.");
}

static void granted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    if (e != OK)
        muc_refuse_text(c, &o, e, a->detail);
    arena_free(o.arena);
    muc_call_free(c);
}

bool muc_voice_grant(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct muc_intent *i = &c->intent;
    struct principal who = muc_agent_of(c->m, i->in);
    const struct agent *agent;
    size_t to = 0;

    if (!gives_voice(&v->occupants[from])) {
        muc_reply_error(o, i->in, COND_FORBIDDEN, NULL,
                        "Only supervisors and the assigned agent can do that.");
        return false;
    }
    if (!muc_index_nick(v, i->guest_nick, &to) || v->occupants[to].n_sessions == 0) {
        muc_reply_error(o, i->in, COND_NOT_FOUND, NULL, "Nobody of that name is here.");
        return false;
    }
    agent = directory_by_jid(desk_directory(c->m->desk), v->occupants[to].jid);
    if (i->granted && agent) {
        desk_voice(c->m->desk, &who, i->room, agent->id, true, granted, c);
        return true;
    }
    for (size_t k = 0; k < v->occupants[to].n_sessions; k++)
        if (*v->occupants[to].sessions[k].address)
            muc_send_notice(&c->m->service, o, v, v->occupants[to].sessions[k].address,
                            "Your request to take part was declined.");
    return false;
}
