#include "component/muc_own.h"

#include "core/base/stamp.h"

#include <stdlib.h>
#include <string.h>

/* ---- errors ------------------------------------------------------------------------------------
 */

static const struct {
    enum cond cond;
    const char *type;
    const char *text;
} errors[ERR_COUNT_] = {
    [OK] = {COND_INTERNAL, NULL, NULL},
    [ERR_INVALID] = {COND_BAD_REQUEST, NULL, NULL},
    [ERR_TEXT] = {COND_BAD_REQUEST, NULL, "The text holds a character that cannot be shown."},
    [ERR_TOO_LARGE] = {COND_POLICY, "modify", "The message is too long."},
    [ERR_NOT_FOUND] = {COND_NOT_FOUND, NULL, NULL},
    [ERR_UNAUTHORIZED] = {COND_NOT_FOUND, NULL, NULL},
    [ERR_FORBIDDEN] = {COND_FORBIDDEN, NULL,
                       "You observe this chat: the customer talks to another agent."},
    [ERR_CONFLICT] = {COND_CONFLICT, NULL, NULL},
    [ERR_NOT_ESCALATED] = {COND_NOT_FOUND, NULL, NULL},
    [ERR_ALREADY_ASSIGNED] = {COND_NOT_ALLOWED, NULL, "Another agent has this chat."},
    [ERR_CLOSED] = {COND_GONE, NULL, "This chat is closed."},
    [ERR_KEY_REUSED] = {COND_CONFLICT, NULL, NULL},
    [ERR_RATE] = {COND_POLICY, "wait", "Too many messages; wait a little."},
    [ERR_BUSY] = {COND_RESOURCE, "wait", "Too busy at the moment; try again."},
    [ERR_UNKNOWN] = {COND_INTERNAL, "wait", "It could not be stored; send it again."},
    [ERR_NOT_OCCUPANT] = {COND_NOT_ACCEPTABLE, "modify", "You are not in this room."},
    [ERR_NOT_ALLOWED] = {COND_NOT_ALLOWED, NULL, NULL},
    [ERR_NOT_ACCEPTABLE] = {COND_NOT_ACCEPTABLE, "modify", NULL},
    [ERR_IO] = {COND_INTERNAL, "wait", "It could not be stored; send it again."},
    [ERR_NEWER] = {COND_INTERNAL, NULL, NULL},
    [ERR_CONFIG] = {COND_INTERNAL, NULL, NULL},
    [ERR_LOCKED] = {COND_INTERNAL, NULL, NULL},
};

void muc_refuse_call(struct call *c, struct muc_out *o, enum err e)
{
    if (errors[e].cond == COND_NOT_FOUND)
        muc_reply_no_room(o, c->intent.in);
    else
        muc_reply_error(o, c->intent.in, errors[e].cond, errors[e].type, errors[e].text);
}

const char *muc_error_text(enum err e)
{
    return errors[e].text;
}

void muc_call_free(struct call *c)
{
    arena_free(c->intent.in->arena);
    free(c);
}

void muc_call_refuse(struct call *c, enum err e)
{
    struct muc_out o = muc_out_new(c->m);

    muc_refuse_call(c, &o, e);
    arena_free(o.arena);
    muc_call_free(c);
}

struct principal muc_agent_of(const struct muc_desk *m, const struct stanza *in)
{
    const struct agent *a = directory_by_jid(desk_directory(m->desk), in->from.bare);

    return (struct principal){.kind = a ? WHO_AGENT : WHO_ANONYMOUS, .id = a ? a->id : ""};
}

/* ---- dispatch ----------------------------------------------------------------------------------
 */

/* What strangers get is decided before any room is looked for, so that it is the same for all. */
static void of_stranger(struct call *c)
{
    struct muc_out o = muc_out_new(c->m);

    switch (c->intent.kind) {
    case MUC_PRESENCE:
        muc_send_desync(&c->m->service, &o, c->intent.in);
        break;
    case MUC_SELF_PING:
        muc_reply_error(&o, c->intent.in, COND_NOT_ACCEPTABLE, "cancel", NULL);
        break;
    case MUC_LEAVE:
    case MUC_BOUNCE:
        break;
    default:
        muc_reply_no_room(&o, c->intent.in);
        break;
    }
    arena_free(o.arena);
    muc_call_free(c);
}

static void to_room(struct call *c)
{
    struct muc_desk *m = c->m;
    const struct muc_intent *i = &c->intent;
    struct principal who = muc_agent_of(m, i->in);

    if (who.kind == WHO_ANONYMOUS) {
        of_stranger(c);
        return;
    }
    switch (i->kind) {
    case MUC_JOIN:
        muc_enter(c, &who, true);
        break;
    case MUC_PRESENCE:
        muc_enter(c, &who, false);
        break;
    case MUC_LEAVE:
        muc_leave(c, false);
        break;
    case MUC_BOUNCE:
        muc_leave(c, true);
        break;
    case MUC_MESSAGE:
        muc_post(c, &who);
        break;
    case MUC_TYPING:
        muc_type(c, &who);
        break;
    default:
        muc_look(c, &who);
        break;
    }
}

void muc_desk_stanza(struct muc_desk *m, struct stanza *in)
{
    struct call *c = mem_alloc(sizeof(*c));

    c->m = m;
    muc_read(&m->service, in, &c->intent);
    c->intent.in = in;
    switch (c->intent.kind) {
    case MUC_IGNORE:
        muc_call_free(c);
        break;
    case MUC_REPLY:
        m->wire.send(m->wire.self, c->intent.reply);
        muc_call_free(c);
        break;
    case MUC_PONG:
        muc_on_pong(m, in);
        muc_call_free(c);
        break;
    case MUC_SERVICE_ITEMS:
        muc_list_queue(c);
        break;
    default:
        to_room(c);
        break;
    }
}

/* ---- life --------------------------------------------------------------------------------------
 */

struct muc_desk *muc_desk_new(const struct muc_desk_options *o, struct desk *desk, struct bus *bus)
{
    struct muc_desk *m = mem_alloc(sizeof(*m));

    m->wire = o->wire;
    m->desk = desk;
    m->bus = bus;
    m->service = (struct muc_service){
        .domain = o->domain, .name = o->name, .version = PARLEY_VERSION, .salt = desk_secret(desk)};
    muc_tell_init(m);
    m->subscription = bus_subscribe(bus, NULL, muc_on_event, m);
    return m;
}

void muc_desk_free(struct muc_desk *m)
{
    if (!m)
        return;
    bus_end(m->subscription);
    muc_tell_free(m);
    free(m);
}
