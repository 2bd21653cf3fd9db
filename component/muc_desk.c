#include "component/muc_own.h"

#include "core/base/stamp.h"

#include <stdlib.h>
#include <string.h>

/* One stanza under way: until the desk has answered, it keeps the stanza. */
struct call {
    struct muc_desk *m;
    struct muc_intent intent;
};

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

static void refuse(struct call *c, struct muc_out *o, enum err e)
{
    if (errors[e].cond == COND_NOT_FOUND)
        muc_reply_no_room(o, c->intent.in);
    else
        muc_reply_error(o, c->intent.in, errors[e].cond, errors[e].type, errors[e].text);
}

static void call_free(struct call *c)
{
    arena_free(c->intent.in->arena);
    free(c);
}

static void call_refuse(struct call *c, enum err e)
{
    struct muc_out o = muc_out_new(c->m);

    refuse(c, &o, e);
    arena_free(o.arena);
    call_free(c);
}

static struct principal agent_of(const struct muc_desk *m, const struct stanza *in)
{
    const struct agent *a = directory_by_jid(desk_directory(m->desk), in->from.bare);

    return (struct principal){.kind = a ? WHO_AGENT : WHO_ANONYMOUS, .id = a ? a->id : ""};
}

/* ---- joins -------------------------------------------------------------------------------------
 */

static void send_join(struct call *c, struct muc_out *o, const struct desk_answer *a)
{
    struct muc_desk *m = c->m;
    const struct muc_room *v = muc_view(m, o->arena, a->room);
    struct muc_line *lines = arena_array(o->arena, struct muc_line, a->n_history + 1);
    size_t who = 0, session = 0, cut;
    unsigned flags = a->new_occupant ? MUC_JOIN_NEW : 0;

    if (!muc_index(v, c->intent.in->from.full, &who, &session))
        return;
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
        refuse(c, &o, e);
    arena_free(o.arena);
    call_free(c);
}

static void present(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    size_t who = 0, session = 0;

    if (e != OK) {
        muc_send_desync(&c->m->service, &o, c->intent.in);
    } else {
        const struct muc_room *v = muc_view(c->m, o.arena, a->room);

        if (muc_index(v, c->intent.in->from.full, &who, &session)) {
            bool other = *c->intent.nick && strcmp(c->intent.nick, v->occupants[who].nick) != 0;

            if (other)
                muc_reply_error(&o, c->intent.in, COND_NOT_ACCEPTABLE, NULL,
                                "Names are set by the service here.");
            else
                muc_send_presence(&c->m->service, &o, v, who);
        }
    }
    arena_free(o.arena);
    call_free(c);
}

static void enter(struct call *c, const struct principal *who, bool resync)
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

static void leave(struct call *c, bool lost)
{
    desk_leave(c->m->desk, c->intent.room, c->intent.in->from.full, lost,
               c->intent.status ? c->intent.status : "", NULL, NULL);
    call_free(c);
}

/* ---- messages ----------------------------------------------------------------------------------
 */

static void posted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    if (e != OK) {
        refuse(c, &o, e);
    } else if (a->replayed) {
        /* sent again: its author gets the receipt that was lost, nobody else hears it twice */
        const struct muc_room *v = muc_view(c->m, o.arena, a->room);
        struct muc_line line;

        muc_line_of(c->m, o.arena, a->room, &a->entries[0], &line);
        muc_send_line(&c->m->service, &o, v, &line, c->intent.in->from.full);
    }
    arena_free(o.arena);
    call_free(c);
}

/* Clients that send again do so under the same origin-id. The text is part of the key: an id that
 * comes back with another text is another message. */
static const char *resend_key(struct call *c)
{
    const struct xml *origin = xml_find(c->intent.in->x, "origin-id", NS_SID);
    const char *id = origin ? xml_get(origin, "id") : NULL;
    char hex[HASH_HEX_LEN + 1];
    const char *all;

    if (!id || !*id)
        return NULL;
    all = arena_printf(c->intent.in->arena, "%s\n%s", id, c->intent.body);
    crypto_hash_hex(all, strlen(all), hex);
    return arena_dup_len(c->intent.in->arena, hex, DESK_KEY_MAX);
}

static void post(struct call *c, const struct principal *who)
{
    const struct muc_intent *i = &c->intent;
    struct post p = {.text = i->body,
                     .key = resend_key(c),
                     .escalated_only = true,
                     .address = i->in->from.full,
                     .stanza_id = i->in->id,
                     .payload = i->payload};

    desk_post(c->m->desk, who, i->room, &p, posted, c);
}

static void typed(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)a;
    if (e != OK && e != ERR_CLOSED)
        call_refuse(ctx, e);
    else
        call_free(ctx);
}

/* ---- what needs the room -----------------------------------------------------------------------
 */

static void commanded(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    if (e != OK && a->room)
        muc_send_notice(&c->m->service, &o, muc_view(c->m, o.arena, a->room),
                        c->intent.in->from.full, errors[e].text ? errors[e].text : err_name(e));
    arena_free(o.arena);
    call_free(c);
}

/* Clients wait for the reflection of what they sent: the command goes back to its author alone,
 * unstored (xmpp.md 2, "Commands in room and reflection"). */
static void command(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct muc_intent *i = &c->intent;
    struct principal who = agent_of(c->m, i->in);
    bool claim = strcmp(i->body, "!claim") == 0, close = strcmp(i->body, "!close") == 0;

    if (!claim && !close) {
        muc_reply_error(o, i->in, COND_NOT_ACCEPTABLE, "modify",
                        "There is no such command; it was not shown to the customer. "
                        "Commands here: !claim, !close.");
        call_free(c);
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
        refuse(c, &o, e);
    else if (!of_agent(c, &o, v)) {
        if (muc_index(v, c->intent.in->from.full, &from, &session))
            lives = of_occupant(c, &o, v, from);
        else if (c->intent.kind == MUC_OCCUPANT_IQ && is_disco(c->intent.in))
            muc_reply_error(&o, c->intent.in, COND_BAD_REQUEST, "modify", NULL);
        else
            refuse(c, &o, ERR_NOT_OCCUPANT);
    }
    arena_free(o.arena);
    if (!lives)
        call_free(c);
}

/* ---- the service -------------------------------------------------------------------------------
 */

struct listing {
    struct muc_desk *m;
    struct arena *arena;
    struct muc_item *items;
    size_t n, cap;
};

static bool count_chat(void *ctx, const struct chat *c)
{
    struct listing *l = ctx;

    (void)c;
    l->cap++;
    return true;
}

static bool list_chat(void *ctx, const struct chat *c)
{
    struct listing *l = ctx;
    char wait[16];
    bool waits = c->state == CHAT_WAITING;

    stamp_span(desk_now(l->m->desk) - c->queued_ms, wait);
    l->items[l->n].local = arena_dup(l->arena, c->id);
    l->items[l->n++].name =
        arena_printf(l->arena, "%s%s%s%.80s - %s %s", waits ? "! " : "",
                     *c->name ? c->name : "Customer", *c->escalation_reason ? " - " : "",
                     c->escalation_reason, waits ? "waiting" : "assigned", wait);
    return true;
}

static void list_queue(struct call *c)
{
    struct muc_desk *m = c->m;
    struct muc_out o = muc_out_new(m);
    const struct agent *a = directory_by_jid(desk_directory(m->desk), c->intent.in->from.bare);
    struct listing l = {.m = m, .arena = o.arena};

    if (a)
        queue_each(desk_queue(m->desk), a->organization, count_chat, &l);
    l.items = arena_array(o.arena, struct muc_item, l.cap + 1);
    if (a)
        queue_each(desk_queue(m->desk), a->organization, list_chat, &l);
    muc_reply_items(&m->service, &o, &c->intent, l.items, l.n);
    arena_free(o.arena);
    call_free(c);
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
    call_free(c);
}

static void to_room(struct call *c)
{
    struct muc_desk *m = c->m;
    const struct muc_intent *i = &c->intent;
    struct principal who = agent_of(m, i->in);

    if (who.kind == WHO_ANONYMOUS) {
        of_stranger(c);
        return;
    }
    switch (i->kind) {
    case MUC_JOIN:
        enter(c, &who, true);
        break;
    case MUC_PRESENCE:
        enter(c, &who, false);
        break;
    case MUC_LEAVE:
        leave(c, false);
        break;
    case MUC_BOUNCE:
        leave(c, true);
        break;
    case MUC_MESSAGE:
        post(c, &who);
        break;
    case MUC_TYPING:
        desk_typing(m->desk, &who, i->room, i->in->from.full, i->typing, typed, c);
        break;
    default:
        desk_look(m->desk, &who, i->room, looked, c);
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
        call_free(c);
        break;
    case MUC_REPLY:
        m->wire.send(m->wire.self, c->intent.reply);
        call_free(c);
        break;
    case MUC_PONG:
        muc_on_pong(m, in);
        call_free(c);
        break;
    case MUC_SERVICE_ITEMS:
        list_queue(c);
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
