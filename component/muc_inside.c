#include "component/muc_command.h"
#include "component/muc_own.h"

#include "core/base/text.h"

#include <string.h>

static void occupant_iq(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    size_t to = 0;
    bool found = muc_index_nick(v, c->intent.nick, &to);

    if (found && v->occupants[to].n_sessions > 0)
        muc_relay(c, o, v, from, to);
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
        occupant_iq(c, o, v, from);
}

bool muc_inside(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    struct muc_desk *m = c->m;
    size_t to = 0;

    switch (c->intent.kind) {
    case MUC_SELF_PING:
        self_ping(c, o, v, from);
        return false;
    case MUC_OCCUPANT_IQ:
        occupant_iq(c, o, v, from);
        return false;
    case MUC_COMMAND:
        muc_command_room(c, o, v, from);
        return true;
    case MUC_COMMAND_OLD:
        o->send(o->ctx, c->intent.reply);
        return false;
    case MUC_SUBJECT:
        muc_reply_error(o, c->intent.in, COND_FORBIDDEN, NULL,
                        "The subject shows the state of the chat and is set by the service.");
        return false;
    case MUC_EPHEMERAL:
        muc_unstored(c, o, v, from);
        return false;
    case MUC_MODERATE:
        return muc_moderate(c, v, from);
    case MUC_PRIVATE:
        muc_private(c, o, v, from);
        return false;
    case MUC_VOICE_ASK:
        muc_voice_ask(c, o, v, from);
        return false;
    case MUC_VOICE_GRANT:
        return muc_voice_grant(c, o, v, from);
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
static bool of_agent(struct call *c, struct muc_out *o, const struct room *r,
                     const struct muc_room *v, bool *lives)
{
    struct muc_desk *m = c->m;
    const struct muc_intent *i = &c->intent;
    const struct agent *a = directory_by_jid(desk_directory(m->desk), i->in->from.bare);

    (void)r;
    *lives = false;
    switch (i->kind) {
    case MUC_ROOM_INFO:
        muc_reply_room_info(&m->service, o, i, v);
        return true;
    case MUC_ROOM_ITEMS:
        muc_reply_room_items(&m->service, o, i, v);
        return true;
    case MUC_ROOM_NICK:
        muc_reply_room_nick(&m->service, o, i, a ? text_nick(o->arena, a->name) : "");
        return true;
    case MUC_ROOM_PING:
        o->send(o->ctx, i->reply);
        return true;
    case MUC_DECLINE:
        muc_decline(c, o, v);
        return true;
    case MUC_ADMIN_GET:
        if (*i->items[0].affiliation)
            muc_list_affiliation(c, o, v);
        else
            muc_reply_room_iq(&m->service, o, i, v);
        return true;
    case MUC_ROOM_IQ:
    case MUC_ADMIN_SET:
    case MUC_OWNER_GET:
    case MUC_OWNER_SET:
    case MUC_OWNER_DESTROY:
        muc_reply_room_iq(&m->service, o, i, v);
        return true;
    default:
        return false;
    }
}

static void refuse_outsider(struct call *c, struct muc_out *o)
{
    const struct stanza *in = c->intent.in;

    /* XEP-0045 #disco-occupant: who is not in the room asks in vain. */
    if (c->intent.kind == MUC_OCCUPANT_IQ &&
        (xml_find(in->x, "query", NS_DISCO_INFO) || xml_find(in->x, "query", NS_DISCO_ITEMS)))
        muc_reply_error(o, in, COND_BAD_REQUEST, "modify", NULL);
    else
        muc_refuse_call(c, o, ERR_NOT_OCCUPANT);
}

void muc_looked(struct call *c, enum err e, const struct desk_answer *a,
                const struct muc_look_parts *parts)
{
    struct muc_out o = muc_out_new(c->m);
    const struct muc_room *v = e == OK ? muc_view(c->m, o.arena, a->room) : NULL;
    size_t from = 0, session = 0;
    bool in = v && muc_index(v, c->intent.in->from.full, &from, &session);
    bool lives = false;

    if (c->intent.kind == MUC_SELF_PING && !in)
        /* never item-not-found: clients take that for "still in". XEP-0410 */
        muc_reply_error(&o, c->intent.in, COND_NOT_ACCEPTABLE, "cancel", NULL);
    else if (!v)
        muc_refuse_call(c, &o, e);
    else if (parts->anybody(c, &o, a->room, v, &lives))
        ;
    else if (in)
        lives = parts->occupant(c, &o, v, from);
    else
        refuse_outsider(c, &o);
    arena_free(o.arena);
    if (!lives)
        muc_call_free(c);
}

static void looked(void *ctx, enum err e, const struct desk_answer *a)
{
    static const struct muc_look_parts parts = {.anybody = of_agent, .occupant = muc_inside};

    muc_looked(ctx, e, a, &parts);
}

void muc_look(struct call *c, const struct principal *who)
{
    desk_look(c->m->desk, who, c->intent.room, looked, c);
}
