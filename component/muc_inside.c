#include "component/muc_own.h"

#include <string.h>

static void commanded(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    if (e != OK && a->room)
        muc_send_notice(&c->m->service, &o, muc_view(c->m, o.arena, a->room),
                        c->intent.in->from.full,
                        muc_error_text(e) ? muc_error_text(e) : err_name(e));
    arena_free(o.arena);
    muc_call_free(c);
}

/* Clients wait for the reflection of what they sent: the command goes back to its author alone,
 * unstored (xmpp.md 2, "Commands in room and reflection"). */
static void command(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct muc_intent *i = &c->intent;
    struct principal who = muc_agent_of(c->m, i->in);
    bool claim = strcmp(i->body, "!claim") == 0, close = strcmp(i->body, "!close") == 0;

    if (!claim && !close) {
        muc_reply_error(o, i->in, COND_NOT_ACCEPTABLE, "modify",
                        "There is no such command; it was not shown to the customer. "
                        "Commands here: !claim, !close.");
        muc_call_free(c);
        return;
    }
    muc_send_echo(&c->m->service, o, v, from, i);
    if (claim)
        desk_assign(c->m->desk, &who, i->room, NULL, commanded, c);
    else
        desk_close(c->m->desk, &who, i->room, "", NULL, commanded, c);
}

static void private_message(struct call *c, struct muc_out *o, const struct muc_room *v,
                            size_t from)
{
    size_t to = 0;

    if (!muc_index_nick(v, c->intent.nick, &to))
        muc_reply_error(o, c->intent.in, COND_NOT_FOUND, NULL, NULL);
    else if (v->occupants[to].n_sessions == 0)
        muc_reply_error(o, c->intent.in, COND_FORBIDDEN, NULL,
                        "Private messages do not reach customers.");
    else
        muc_send_private(&c->m->service, o, v, from, to, &c->intent);
}

static void occupant_iq(struct call *c, struct muc_out *o, const struct muc_room *v)
{
    size_t to = 0;
    bool found = muc_index_nick(v, c->intent.nick, &to);

    if (found && v->occupants[to].n_sessions > 0)
        muc_reply_error(o, c->intent.in, COND_UNAVAILABLE, NULL, NULL);
    else
        muc_reply_occupant_iq(&c->m->service, o, &c->intent, found ? &v->occupants[to] : NULL);
}

/* XEP-0410: a result only for a session that is in, under the nick it has. */
static void self_ping(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    size_t to = 0;

    if (muc_index_nick(v, c->intent.nick, &to) && to == from)
        muc_reply_result(o, c->intent.in);
    else
        occupant_iq(c, o, v);
}

/* For the kinds that only an occupant may send. Returns true when the call lives on. */
static bool of_occupant(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    struct muc_desk *m = c->m;
    size_t to = 0;

    switch (c->intent.kind) {
    case MUC_SELF_PING:
        self_ping(c, o, v, from);
        return false;
    case MUC_OCCUPANT_IQ:
        occupant_iq(c, o, v);
        return false;
    case MUC_COMMAND:
        command(c, o, v, from);
        return true;
    case MUC_SUBJECT:
        muc_reply_error(o, c->intent.in, COND_FORBIDDEN, NULL,
                        "The subject shows the state of the chat and is set by the service.");
        return false;
    case MUC_EPHEMERAL:
        muc_send_ephemeral(&m->service, o, v, v->occupants[from].nick, v->occupants[from].jid,
                           &c->intent);
        return false;
    case MUC_PRIVATE:
        private_message(c, o, v, from);
        return false;
    case MUC_PROBE:
        if (muc_index_nick(v, c->intent.nick, &to))
            muc_send_probed(&m->service, o, v, to, c->intent.in->from.full);
        else
            muc_reply_error(o, c->intent.in, COND_NOT_FOUND, NULL, NULL);
        return false;
    default:
        return false;
    }
}

/* For those who may enter, in or not. Returns true when it was one of these. */
static bool of_agent(struct call *c, struct muc_out *o, const struct muc_room *v)
{
    struct muc_desk *m = c->m;
    const struct muc_intent *i = &c->intent;
    const struct agent *a = directory_by_jid(desk_directory(m->desk), i->in->from.bare);

    switch (i->kind) {
    case MUC_ROOM_INFO:
        muc_reply_room_info(&m->service, o, i, v);
        return true;
    case MUC_ROOM_ITEMS:
        muc_reply_room_items(&m->service, o, i);
        return true;
    case MUC_ROOM_NICK:
        muc_reply_room_nick(&m->service, o, i, a ? a->name : "");
        return true;
    case MUC_ROOM_PING:
        o->send(o->ctx, i->reply);
        return true;
    case MUC_ROOM_IQ:
        muc_reply_room_iq(&m->service, o, i, v);
        return true;
    default:
        return false;
    }
}

/* XEP-0045 #disco-occupant: who is not in the room asks in vain. */
static bool is_disco(const struct stanza *in)
{
    return xml_find(in->x, "query", NS_DISCO_INFO) || xml_find(in->x, "query", NS_DISCO_ITEMS);
}

static void looked(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    const struct muc_room *v = e == OK ? muc_view(c->m, o.arena, a->room) : NULL;
    size_t from = 0, session = 0;
    bool lives = false;

    if (c->intent.kind == MUC_SELF_PING &&
        (!v || !muc_index(v, c->intent.in->from.full, &from, &session)))
        /* never item-not-found: clients would not come back (xmpp.md 1.11) */
        muc_reply_error(&o, c->intent.in, COND_NOT_ACCEPTABLE, "cancel", NULL);
    else if (!v)
        muc_refuse_call(c, &o, e);
    else if (!of_agent(c, &o, v)) {
        if (muc_index(v, c->intent.in->from.full, &from, &session))
            lives = of_occupant(c, &o, v, from);
        else if (c->intent.kind == MUC_OCCUPANT_IQ && is_disco(c->intent.in))
            muc_reply_error(&o, c->intent.in, COND_BAD_REQUEST, "modify", NULL);
        else
            muc_refuse_call(c, &o, ERR_NOT_OCCUPANT);
    }
    arena_free(o.arena);
    if (!lives)
        muc_call_free(c);
}

void muc_look(struct call *c, const struct principal *who)
{
    desk_look(c->m->desk, who, c->intent.room, looked, c);
}
