#include "component/muc_own.h"

#include <string.h>

void muc_staff_refuse(struct call *c, struct muc_out *o, enum err e)
{
    const char *text = NULL;

    if (e == ERR_FORBIDDEN)
        text = "You have not the right to do that in this room.";
    else if (e == ERR_NOT_ALLOWED)
        text = "That cannot be done to somebody of this standing.";
    muc_refuse_text(c, o, e, text);
}

/* ---- speaking ----------------------------------------------------------------------------------
 */

static void posted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    if (e != OK) {
        muc_staff_refuse(c, &o, e);
    } else if (a->replayed && a->n_entries > 0) {
        muc_tell_again(c->m, &o, a->room, &a->entries[0], c->intent.in->from.full);
    }
    arena_free(o.arena);
    muc_call_free(c);
}

static void post(struct call *c)
{
    const struct muc_intent *i = &c->intent;
    struct post p = {.text = i->body,
                     .key = muc_resend_key(c),
                     .address = i->in->from.full,
                     .stanza_id = i->in->id,
                     .payload = i->payload};

    desk_staff_post(c->m->desk, i->in->from.bare, i->room, &p, posted, c);
}

static void subject(struct call *c)
{
    const struct muc_intent *i = &c->intent;

    desk_staff_subject(c->m->desk, i->in->from.bare, i->room, i->in->from.full, i->subject,
                       i->in->id, posted, c);
}

/* ---- inside ------------------------------------------------------------------------------------
 */

static bool has_role(const struct muc_occupant *who, const char *role)
{
    return strcmp(who->role, role) == 0;
}

/* What is reflected and not stored. Who has no voice cannot get round that with a payload. */
static void reflect(struct call *c, struct muc_out *o, const struct muc_room *v,
                    const struct muc_occupant *who)
{
    const struct muc_intent *i = &c->intent;

    if (has_role(who, "visitor")) {
        if (i->kind != MUC_TYPING && i->kind != MUC_MARKER)
            muc_staff_refuse(c, o, ERR_FORBIDDEN);
    } else if (i->kind == MUC_TYPING) {
        muc_send_state(&c->m->service, o, v, who->nick, who->jid, i->state, i->in->id);
    } else {
        muc_send_ephemeral(&c->m->service, o, v, who->nick, who->jid, i);
    }
}

static bool may_write_privately(const struct muc_room *v, const struct muc_occupant *who)
{
    const char *rule = v->config->allow_pm;

    if (strcmp(rule, "none") == 0)
        return false;
    if (strcmp(rule, "moderators") == 0)
        return has_role(who, "moderator");
    return strcmp(rule, "participants") != 0 || !has_role(who, "visitor");
}

static void voice_granted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;

    (void)a;
    if (e != OK)
        muc_call_refuse(c, e);
    else
        muc_call_free(c);
}

/* True: the call lives on. */
static bool grant_voice(struct call *c, struct muc_out *o, const struct muc_occupant *who)
{
    const struct muc_intent *i = &c->intent;
    struct staff_item item = {
        .jid = "", .nick = i->guest_nick, .of_role = true, .role = ROOM_PARTICIPANT, .reason = ""};

    if (!has_role(who, "moderator"))
        muc_staff_refuse(c, o, ERR_FORBIDDEN);
    if (!has_role(who, "moderator") || !i->granted)
        return false;
    desk_staff_admin(c->m->desk, i->in->from.bare, i->room, i->in->from.full, &item, 1,
                     voice_granted, c);
    return true;
}

/* True: the call lives on. */
static bool of_occupant(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct muc_occupant *who = &v->occupants[from];

    switch (c->intent.kind) {
    case MUC_TYPING:
    case MUC_EPHEMERAL:
    case MUC_ENCRYPTED:
    case MUC_MARKER:
        reflect(c, o, v, who);
        return false;
    case MUC_PRIVATE:
        if (may_write_privately(v, who))
            muc_private(c, o, v, from);
        else
            muc_staff_refuse(c, o, ERR_FORBIDDEN);
        return false;
    case MUC_VOICE_ASK:
        muc_staff_ask_voice(c, o, v, from);
        return false;
    case MUC_VOICE_GRANT:
        return grant_voice(c, o, who);
    case MUC_MODERATE:
        return muc_moderate(c, v, from);
    default:
        return muc_inside(c, o, v, from);
    }
}

struct nick_search {
    const char *jid, *nick;
};

static void find_nick(void *ctx, const struct affiliate *a)
{
    struct nick_search *s = ctx;

    if (strcmp(a->jid, s->jid) == 0)
        s->nick = a->nick;
}

static void reply_nick(struct call *c, struct muc_out *o, const struct room *r)
{
    struct nick_search s = {.jid = c->intent.in->from.bare, .nick = ""};

    room_each_affiliate(r, find_nick, &s);
    muc_reply_room_nick(&c->m->service, o, &c->intent, s.nick);
}

/* For those who may know of the room, in or not. True: it was one of these; *lives: the call lives
 * on. */
static bool of_anybody(struct call *c, struct muc_out *o, const struct room *r,
                       const struct muc_room *v, bool *lives)
{
    const struct muc_service *s = &c->m->service;
    const struct muc_intent *i = &c->intent;

    switch (i->kind) {
    case MUC_ROOM_INFO:
        muc_reply_room_info(s, o, i, v);
        return true;
    case MUC_ROOM_ITEMS:
        muc_reply_room_items(s, o, i, v);
        return true;
    case MUC_ROOM_NICK:
        reply_nick(c, o, r);
        return true;
    case MUC_ROOM_PING:
        o->send(o->ctx, i->reply);
        return true;
    case MUC_ADMIN_GET:
        muc_staff_list(c, o, r, v);
        return true;
    case MUC_OWNER_GET:
        muc_staff_show_config(c, o, r);
        return true;
    case MUC_OWNER_SET:
        *lives = muc_staff_configure(c, o, r);
        return true;
    case MUC_INVITE:
        *lives = muc_staff_invite(c, o, r, v);
        return true;
    case MUC_DECLINE:
        muc_staff_decline(c, o, v);
        return true;
    case MUC_ROOM_IQ:
        muc_reply_room_iq(s, o, i, v);
        return true;
    default:
        return false;
    }
}

static void looked(void *ctx, enum err e, const struct desk_answer *a)
{
    static const struct muc_look_parts parts = {.anybody = of_anybody, .occupant = of_occupant};

    muc_looked(ctx, e, a, &parts);
}

/* In a lobby the service itself speaks, and who is on duty must be able to read. */
static void encrypted(struct call *c)
{
    struct muc_out o;

    if (lobby_organization(c->intent.room)) {
        o = muc_out_new(c->m);
        muc_refuse_text(c, &o, ERR_NOT_ACCEPTABLE,
                        "The lobby carries no end-to-end encrypted messages. Turn encryption off.");
        arena_free(o.arena);
        muc_call_free(c);
    } else if (*c->intent.body) {
        post(c);
    } else {
        desk_staff_look(c->m->desk, c->intent.in->from.bare, c->intent.room, looked, c);
    }
}

/* A room that people made knows none: what begins with "!" there is a message, perhaps to a robot
 * of theirs. */
static void command(struct call *c)
{
    if (lobby_organization(c->intent.room)) {
        desk_staff_look(c->m->desk, c->intent.in->from.bare, c->intent.room, looked, c);
        return;
    }
    muc_read_as_said(&c->intent);
    muc_staff(c);
}

void muc_staff(struct call *c)
{
    switch (c->intent.kind) {
    case MUC_JOIN:
    case MUC_PRESENCE:
        muc_staff_enter(c);
        break;
    case MUC_LEAVE:
        muc_leave(c, false);
        break;
    case MUC_BOUNCE:
        muc_leave(c, true);
        break;
    case MUC_COMMAND:
    case MUC_COMMAND_OLD:
        command(c);
        break;
    case MUC_REPLY:
        c->m->wire.send(c->m->wire.self, c->intent.reply);
        muc_call_free(c);
        break;
    case MUC_MESSAGE:
        post(c);
        break;
    case MUC_ENCRYPTED:
        encrypted(c);
        break;
    case MUC_CORRECT:
    case MUC_RETRACT:
    case MUC_REACT:
    case MUC_KEEP:
        muc_about(c);
        break;
    case MUC_ARCHIVE:
    case MUC_ARCHIVE_ENDS:
        muc_archive(c);
        break;
    case MUC_SUBJECT:
        subject(c);
        break;
    case MUC_ADMIN_SET:
        muc_staff_admin(c);
        break;
    case MUC_OWNER_DESTROY:
        muc_staff_destroy(c);
        break;
    default:
        desk_staff_look(c->m->desk, c->intent.in->from.bare, c->intent.room, looked, c);
        break;
    }
}
