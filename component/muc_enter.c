#include "component/muc_own.h"

#include <string.h>

static void send_join(struct call *c, struct muc_out *o, const struct desk_answer *a)
{
    struct muc_desk *m = c->m;
    const struct muc_room *v = muc_view(m, o->arena, a->room);
    struct muc_line *lines = arena_array(o->arena, struct muc_line, a->n_history + 1);
    size_t who = 0, session = 0, cut;
    unsigned flags = a->new_occupant ? MUC_JOIN_NEW : 0;

    if (!muc_index(v, c->intent.in->from.full, &who, &session))
        return;
    muc_alive_add(m, v->local, c->intent.in->from.full);
    if (strcmp(c->intent.nick, v->occupants[who].nick) != 0)
        flags |= MUC_JOIN_REWRITTEN;
    for (size_t i = 0; i < a->n_history; i++)
        muc_line_of(m, o->arena, a->room, &a->history[i], &lines[i]);
    cut = muc_history_cut(&m->service, &c->intent, v, lines, a->n_history, desk_now(m->desk));
    muc_send_join(&m->service, o, v, who, session, flags, c->intent.in->id, lines + cut,
                  a->n_history - cut);
    if (a->occupant->pending)
        muc_send_notice(&m->service, o, v, c->intent.in->from.full,
                        "This chat waits again. Write to the customer, or !claim, to take it.");
}

static void joined(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    if (e == OK)
        send_join(c, &o, a);
    else if (e == ERR_NOT_FOUND && c->intent.kind == MUC_PRESENCE)
        muc_send_desync(&c->m->service, &o, c->intent.in);
    else
        muc_refuse_call(c, &o, e);
    arena_free(o.arena);
    muc_call_free(c);
}

static void present(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    size_t who = 0, session = 0;

    /* whoever is in stays in, and is shown as it was */
    if (e != OK && !muc_is_ours(e)) {
        muc_send_desync(&c->m->service, &o, c->intent.in);
    } else if (e == OK) {
        const struct muc_room *v = muc_view(c->m, o.arena, a->room);

        if (muc_index(v, c->intent.in->from.full, &who, &session)) {
            bool other = *c->intent.nick && strcmp(c->intent.nick, v->occupants[who].nick) != 0;

            if (other)
                muc_reply_error(&o, c->intent.in, COND_NOT_ACCEPTABLE, "cancel",
                                "Names are set by the service here.");
            else
                muc_send_presence(&c->m->service, &o, v, who);
        }
    }
    arena_free(o.arena);
    muc_call_free(c);
}

void muc_enter(struct call *c, const struct principal *who, bool resync)
{
    const struct muc_intent *i = &c->intent;
    struct join j = {.kind = SESSION_XMPP,
                     .address = i->in->from.full,
                     .presence = i->presence,
                     .resync = resync};

    j.history_max = i->history_stanzas < DESK_HISTORY ? i->history_stanzas : DESK_HISTORY;
    if (i->history_chars == 0)
        j.history_max = 0;
    desk_join(c->m->desk, who, i->room, &j, resync ? joined : present, c);
}

void muc_leave(struct call *c, bool lost)
{
    desk_leave(c->m->desk, c->intent.room, c->intent.in->from.full, lost,
               c->intent.status ? c->intent.status : "", NULL, NULL);
    muc_call_free(c);
}
