#include "component/muc_command.h"
#include "component/muc_own.h"

#include "core/base/stamp.h"

#include <stdlib.h>
#include <string.h>

/* ---- errors ------------------------------------------------------------------------------------
 */

struct refusal {
    enum cond cond;
    const char *type; /* NULL: the condition's usual one */
    const char *text; /* NULL: the condition says it all */
};

static const char LOW_DISK[] = "The disk is nearly full: nothing can be stored.";

/* The one translation of errors. A switch, so that the compiler finds the error that is missing. */
static struct refusal refusal_of(enum err e)
{
    switch (e) {
    case ERR_INVALID:
    case ERR_IDENTITY:
        return (struct refusal){COND_BAD_REQUEST, NULL, NULL};
    case ERR_TEXT:
        return (struct refusal){COND_BAD_REQUEST, NULL,
                                "The text holds a character that cannot be shown."};
    case ERR_TOO_LARGE:
        return (struct refusal){COND_POLICY, "modify", "The message is too long."};
    case ERR_NOT_FOUND:
    case ERR_UNAUTHORIZED:
    case ERR_NOT_ESCALATED: /* there is no room yet */
        return (struct refusal){COND_NOT_FOUND, NULL, NULL};
    case ERR_FORBIDDEN:
        return (struct refusal){COND_FORBIDDEN, NULL,
                                "You observe this chat: the customer talks to another agent. "
                                "!takeover asks to speak."};
    case ERR_CONFLICT:
    case ERR_KEY_REUSED:
        return (struct refusal){COND_CONFLICT, NULL, NULL};
    case ERR_ALREADY_ASSIGNED:
        return (struct refusal){COND_NOT_ALLOWED, NULL, "Another agent has this chat."};
    case ERR_CLOSED:
        return (struct refusal){COND_GONE, NULL, "This chat is closed."};
    case ERR_RATE:
        return (struct refusal){COND_POLICY, "wait", "Too many messages; wait a little."};
    case ERR_LOW_DISK:
        return (struct refusal){COND_RESOURCE, "wait", LOW_DISK};
    case ERR_BUSY:
        return (struct refusal){COND_RESOURCE, "wait", "Too busy at the moment; try again."};
    case ERR_NO_SPACE:
        return (struct refusal){COND_RESOURCE, "wait", "There is no room for it on the disk."};
    case ERR_UNKNOWN:
    case ERR_IO:
        return (struct refusal){COND_INTERNAL, "wait", "It could not be stored; send it again."};
    case ERR_NOT_OCCUPANT:
        return (struct refusal){COND_NOT_ACCEPTABLE, "cancel", "You are not in this room."};
    case ERR_NOT_ALLOWED:
        return (struct refusal){COND_NOT_ALLOWED, NULL, NULL};
    case ERR_NOT_ACCEPTABLE:
        return (struct refusal){COND_NOT_ACCEPTABLE, "modify", NULL};
    case ERR_OUTCAST:
        return (struct refusal){COND_FORBIDDEN, NULL, "You are banned from this room."};
    case ERR_NOT_MEMBER:
        return (struct refusal){COND_REGISTRATION, NULL, "You are no member of this room."};
    case ERR_PASSWORD:
        return (struct refusal){COND_NOT_AUTHORIZED, NULL, "This room wants its password."};
    case ERR_FULL: /* XEP-0045 #enter-maxusers */
        return (struct refusal){COND_UNAVAILABLE, "wait", "This room is full."};
    case OK:
    case ERR_NEWER:
    case ERR_CONFIG:
    case ERR_LOCKED:
    case ERR_COUNT_:
        break;
    }
    return (struct refusal){COND_INTERNAL, NULL, NULL};
}

void muc_refuse_call(struct call *c, struct muc_out *o, enum err e)
{
    const struct refusal r = refusal_of(e);

    if (r.cond == COND_NOT_FOUND)
        muc_reply_no_room(o, c->intent.in);
    else
        muc_reply_error(o, c->intent.in, r.cond, r.type, r.text);
}

void muc_refuse_text(struct call *c, struct muc_out *o, enum err e, const char *text)
{
    const struct refusal r = refusal_of(e);

    if (!text || !*text)
        muc_refuse_call(c, o, e);
    else
        muc_reply_error(o, c->intent.in, r.cond, r.type, text);
}

const char *muc_error_text(enum err e)
{
    return refusal_of(e).text;
}

bool muc_is_ours(enum err e)
{
    return e == ERR_BUSY || e == ERR_UNKNOWN || e == ERR_IO;
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

static void refuse_encrypted(struct call *c)
{
    static const char text[] = "This room is bridged to a web customer and cannot carry "
                               "end-to-end encrypted messages. Turn encryption off.";
    struct muc_out o = muc_out_new(c->m);

    muc_refuse_text(c, &o, ERR_NOT_ACCEPTABLE, text);
    arena_free(o.arena);
    muc_call_free(c);
}

static void to_chat(struct call *c, const struct principal *who)
{
    const struct muc_intent *i = &c->intent;

    switch (i->kind) {
    case MUC_JOIN:
        muc_enter(c, who, true);
        break;
    case MUC_PRESENCE:
        muc_enter(c, who, false);
        break;
    case MUC_LEAVE:
        muc_leave(c, false);
        break;
    case MUC_BOUNCE:
        muc_leave(c, true);
        break;
    case MUC_ADMIN_SET:
        muc_admin_set(c);
        break;
    case MUC_INVITE:
        muc_invite(c, who);
        break;
    case MUC_MESSAGE:
        muc_post(c, who);
        break;
    case MUC_ENCRYPTED:
        refuse_encrypted(c);
        break;
    case MUC_TYPING:
        muc_type(c, who);
        break;
    case MUC_CORRECT:
    case MUC_RETRACT:
    case MUC_REACT:
    case MUC_KEEP:
    case MUC_MARKER:
        muc_about(c);
        break;
    case MUC_ARCHIVE:
    case MUC_ARCHIVE_ENDS:
        muc_archive(c);
        break;
    default:
        muc_look(c, who);
        break;
    }
}

static void to_room(struct call *c)
{
    struct muc_desk *m = c->m;
    const struct muc_intent *i = &c->intent;
    struct principal who = muc_agent_of(m, i->in);

    muc_alive_heard(m, i->room, i->in->from.full);
    if (desk_staff_name(m->desk, i->room) &&
        (who.kind == WHO_AGENT || desk_staff_open(m->desk, i->room))) {
        muc_staff(c);
        return;
    }
    if (who.kind == WHO_ANONYMOUS) {
        of_stranger(c);
        return;
    }
    if (i->kind == MUC_JOIN && desk_staff_off(m->desk, i->room)) {
        muc_call_refuse(c, ERR_NOT_ALLOWED); /* XEP-0045 #createroom */
        return;
    }
    to_chat(c, &who);
}

static void to_contact(struct call *c)
{
    struct principal who = muc_agent_of(c->m, c->intent.in);

    if (c->intent.kind == MUC_CONTACT_PRESENCE)
        muc_contact_presence(c, &who);
    else if (who.kind == WHO_AGENT)
        muc_command_contact(c, &who);
    else
        of_stranger(c);
}

/* The service's own commands, or a room's. */
static void to_commands(struct call *c)
{
    struct principal who = muc_agent_of(c->m, c->intent.in);

    if (*c->intent.room && who.kind != WHO_AGENT)
        of_stranger(c);
    else
        muc_adhoc(c, &who);
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
    case MUC_BOUNCE:
        if (muc_private_bounce(m, in))
            muc_call_free(c);
        else
            to_room(c);
        break;
    case MUC_PONG:
        muc_on_pong(m, in);
        muc_call_free(c);
        break;
    case MUC_SERVICE_ITEMS:
        muc_list_queue(c);
        break;
    case MUC_CONTACT_WORDS:
    case MUC_CONTACT_PRESENCE:
        to_contact(c);
        break;
    case MUC_ADHOC:
    case MUC_ADHOC_ITEMS:
    case MUC_ADHOC_INFO:
        to_commands(c);
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
    m->url = o->url;
    m->service = (struct muc_service){
        .domain = o->domain, .name = o->name, .version = PARLEY_VERSION, .salt = desk_secret(desk)};
    muc_tell_init(m);
    muc_archive_init(m);
    m->subscription = bus_subscribe(bus, NULL, muc_on_event, m);
    m->adhoc = adhoc_new();
    muc_contact_init(m);
    return m;
}

void muc_desk_tick(struct muc_desk *m)
{
    muc_contact_tick(m);
}

void muc_desk_stop(struct muc_desk *m)
{
    muc_contact_stop(m);
}

void muc_desk_free(struct muc_desk *m)
{
    if (!m)
        return;
    bus_end(m->subscription);
    muc_contact_free(m);
    adhoc_free(m->adhoc);
    muc_tell_free(m);
    muc_archive_free(m);
    free(m);
}
