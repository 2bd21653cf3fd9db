#include "component/muc_own.h"

#include <string.h>

static void send_join(struct call *c, struct muc_out *o, const struct desk_answer *a)
{
    struct muc_desk *m = c->m;
    const struct muc_room *v = muc_view(m, o->arena, a->room);
    struct muc_line *lines = arena_array(o->arena, struct muc_line, a->n_history + 1);
    size_t who = 0, session = 0, cut;
    unsigned flags = (a->new_occupant ? MUC_JOIN_NEW : 0) | (a->created ? MUC_JOIN_CREATED : 0);

    if (!muc_index(v, c->intent.in->from.full, &who, &session))
        return;
    if (strcmp(c->intent.nick, v->occupants[who].nick) != 0)
        flags |= MUC_JOIN_REWRITTEN;
    for (size_t i = 0; i < a->n_history; i++)
        muc_line_of(m, o->arena, a->room, &a->history[i], &lines[i]);
    cut = muc_history_cut(&m->service, &c->intent, v, lines, a->n_history, desk_now(m->desk));
    muc_send_join(&m->service, o, v, who, session, flags, c->intent.in->id, lines + cut,
                  a->n_history - cut);
    muc_alive_add(m, v->local, c->intent.in->from.full);
}

static void entered(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    bool asked = c->intent.kind == MUC_JOIN;
    size_t who = 0, session = 0;
    const struct muc_room *v;

    if (e == OK && asked && !a->renamed) {
        send_join(c, &o, a);
    } else if (e == OK && !a->renamed) {
        v = muc_view(c->m, o.arena, a->room);
        if (muc_index(v, c->intent.in->from.full, &who, &session))
            muc_send_presence(&c->m->service, &o, v, who);
    } else if (e == ERR_NOT_OCCUPANT || (e == ERR_NOT_FOUND && !asked)) {
        muc_send_desync(&c->m->service, &o, c->intent.in);
    } else if (e == ERR_NOT_ACCEPTABLE) {
        muc_reply_error(&o, c->intent.in, COND_NOT_ACCEPTABLE, "cancel",
                        "Names are set by the service here.");
    } else if (e != OK && (asked || !muc_is_ours(e))) {
        muc_refuse_call(c, &o, e);
    }
    arena_free(o.arena);
    muc_call_free(c);
}

void muc_staff_enter(struct call *c)
{
    const struct muc_intent *i = &c->intent;
    struct staff_join j = {.address = i->in->from.full,
                           .nick = i->nick,
                           .presence = i->presence,
                           .password = i->password,
                           .asked = i->kind == MUC_JOIN,
                           .history_max = i->history_stanzas};
    struct muc_out o;
    char *nick;

    if (i->history_chars == 0)
        j.history_max = 0;
    if (*i->nick && jid_nick(i->in->arena, i->nick, &nick) != OK) {
        o = muc_out_new(c->m);
        muc_reply_error(&o, i->in, COND_JID_MALFORMED, NULL, "This nickname cannot be used.");
        arena_free(o.arena);
        muc_call_free(c);
        return;
    }
    if (*i->nick)
        j.nick = c->intent.nick = nick;
    desk_staff_enter(c->m->desk, i->in->from.bare, i->room, &j, entered, c);
}
