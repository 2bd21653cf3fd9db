#include "core/desk_own.h"

#include <string.h>

/* Everything that a query asks for is checked first, then carried out in one change.
 * XEP-0045 #modifymember, #modifyvoice */

/* What is found about one item. */
struct mark {
    const struct agent *target; /* NULL: the customer, or nobody */
    const char *target_id;
    bool alters; /* it is not so already */
};

struct moderate_call {
    struct moderate *items;
    struct mark *marks;
    size_t n;
    const char *actor;
    bool customer; /* the only item is about the customer */
};

static bool refuse(struct op *op, enum err e, const char *why)
{
    op_refuse(op, e, "", why);
    return false;
}

static void nothing_to_do(struct op *op)
{
    struct desk_answer same = {.unchanged = true};

    op_done(op, OK, &same);
}

static bool leads(const struct op *op) /* the assigned agent */
{
    const struct chat *c = op->room->chat;

    return c->state == CHAT_LIVE && strcmp(c->assigned_to, op->who.id) == 0;
}

static bool shuts_out(const struct moderate *m)
{
    return m->what == MODERATE_REMOVE || m->what == MODERATE_BAN;
}

/* Somebody else must take the chat. */
static bool releases(const struct op *op, const struct moderate_call *call)
{
    for (size_t i = 0; i < call->n; i++)
        if (call->marks[i].alters && shuts_out(&call->items[i]) &&
            room_is_assigned(op->room, call->marks[i].target_id))
            return true;
    return false;
}

/* ---- after the commit --------------------------------------------------------------------------
 */

static void expel(struct op *op, const struct moderate *m, const char *target_id)
{
    struct room *r = op->room;
    const struct moderate_call *call = op->call;
    struct event e = {.kind = EVENT_AGENT_GONE, .room = r, .room_id = r->id, .agent_id = target_id};

    if (m->what == MODERATE_KICK)
        room_expel(r, target_id, LEFT_KICKED, call->actor, m->reason);
    if (!shuts_out(m))
        return;
    room_expel(r, target_id, m->what == MODERATE_BAN ? LEFT_BANNED : LEFT_REMOVED, call->actor,
               m->reason);
    bus_publish(r->desk->bus, &e);
}

/* Who stays when a chat waits again claims it by speaking: nobody joins a second time. */
static void wait_again(struct room *r)
{
    for (size_t i = 0; i < r->n_occupants && r->chat->state == CHAT_WAITING; i++)
        r->occupants[i]->pending = r->desk->o.claim_on == CLAIM_JOIN;
}

static void moderate_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;
    const struct moderate_call *call = op->call;
    bool *altered = arena_array(op->arena, bool, call->n);
    struct desk_answer a = {.altered = altered};

    if (call->customer && call->items[0].what != MODERATE_UNBLOCK) {
        chat_closed(op, c);
        return;
    }
    for (size_t i = 0; i < call->n; i++)
        altered[i] = call->marks[i].alters;
    chat_apply(r, c);
    op_answer(op, OK, &a);
    for (size_t i = 0; i < call->n; i++) /* before the entries: those speak to who remains */
        if (call->marks[i].alters && call->marks[i].target_id)
            expel(op, &call->items[i], call->marks[i].target_id);
    if (c->chat)
        wait_again(r);
    chat_publish(r, c);
    op_end(op);
}

/* ---- changes -----------------------------------------------------------------------------------
 */

static void drop_sessions(struct op *op, struct change *c, const char *target_id)
{
    const struct occupant *o = room_own(op->room, target_id);

    if (!c->gone)
        c->gone = arena_array(c->arena, const char *, op->room->n_sessions + 1);
    for (size_t i = 0; o && i < o->n_sessions; i++)
        if (o->sessions[i]->kind == SESSION_XMPP)
            c->gone[c->n_gone++] = arena_dup(c->arena, o->sessions[i]->address);
}

static void set_voice(struct op *op, struct change *c, const struct agent *agent, bool on)
{
    struct participant *list = arena_array(c->arena, struct participant, c->n_participants + 1);

    if (c->n_participants > 0)
        memcpy(list, c->participants, c->n_participants * sizeof(*list));
    list[c->n_participants++] = (struct participant){arena_dup(c->arena, agent->id), on};
    c->participants = list;
    chat_person(op, c, on ? ENTRY_AGENT_JOINED : ENTRY_AGENT_LEFT, agent->id, agent->name);
}

/* released: nobody of those who speak does so any more, which is in the change already. */
static void shut_out(struct op *op, struct change *c, const struct moderate *m,
                     const struct agent *target, bool released)
{
    const struct room *r = op->room;

    drop_sessions(op, c, target->id);
    access_change(c, target->id, m->what == MODERATE_BAN ? STANDING_OUTCAST : STANDING_NONE);
    if (strcmp(r->chat->offered_to, target->id) == 0)
        chat_unoffer(chat_alter(op, c));
    if (!released && r->chat->state == CHAT_LIVE && room_is_speaker(r, target->id))
        set_voice(op, c, target, false);
}

static void add(struct op *op, struct change *c, size_t i, bool released)
{
    const struct moderate_call *call = op->call;
    const struct moderate *m = &call->items[i];
    const struct agent *target = call->marks[i].target;

    switch (m->what) {
    case MODERATE_KICK:
        drop_sessions(op, c, target->id);
        /* its grace runs as if it had left by itself */
        if (!released && room_is_assigned(op->room, target->id))
            chat_alter(op, c)->away_ms = desk_steady(op->room->desk);
        break;
    case MODERATE_MEMBER:
        access_change(c, target->id, STANDING_MEMBER);
        break;
    case MODERATE_REMOVE:
    case MODERATE_BAN:
        shut_out(op, c, m, target, released);
        break;
    case MODERATE_VOICE:
    case MODERATE_MUTE:
        if (!released)
            set_voice(op, c, target, m->what == MODERATE_VOICE);
        break;
    case MODERATE_UNBLOCK:
        break;
    }
}

static void store(struct op *op)
{
    const struct moderate_call *call = op->call;
    bool released = releases(op, call);
    struct change *c = op_change(op);

    if (released)
        chat_release(op, c, NULL);
    for (size_t i = 0; i < call->n; i++)
        if (call->marks[i].alters)
            add(op, c, i, released);
    op_submit(op, c);
}

/* ---- the customer ------------------------------------------------------------------------------
 */

static void unblock(struct op *op)
{
    struct change *c;

    if (!op->room->chat->blocked) {
        nothing_to_do(op);
        return;
    }
    c = op_change(op);
    chat_alter(op, c)->blocked = false;
    c->unblock = true;
    op_submit(op, c);
}

static void of_customer(struct op *op)
{
    const struct moderate_call *call = op->call;
    enum moderation what = call->items[0].what;
    bool ban = what == MODERATE_BAN;
    struct change *c;

    if (what == MODERATE_MEMBER) {
        nothing_to_do(op);
        return;
    }
    if (what == MODERATE_UNBLOCK) {
        unblock(op);
        return;
    }
    if (!op_is_supervisor(op) || (what != MODERATE_KICK && !ban)) {
        (void)refuse(op, ERR_NOT_ALLOWED,
                     "The customer cannot be thrown out; the command !close ends the chat.");
        return;
    }
    c = op_change(op);
    chat_close(op, c, ""); /* the customer reads it; the reason is for staff */
    c->chat->blocked = ban;
    op_submit(op, c);
}

/* ---- checks: each ends the op when it is false ------------------------------------------------
 */

/* The asker's right to the kind of thing. */
static bool may_ask(struct op *op, const struct moderate *m)
{
    switch (m->what) {
    case MODERATE_KICK:
        if (room_own(op->room, op->who.id))
            return true;
        op_done(op, ERR_NOT_OCCUPANT, NULL);
        return false;
    case MODERATE_MEMBER:
    case MODERATE_REMOVE:
    case MODERATE_BAN:
    case MODERATE_UNBLOCK:
        return op_is_supervisor(op) || refuse(op, ERR_FORBIDDEN, "Only supervisors can do that.");
    case MODERATE_VOICE:
    case MODERATE_MUTE:
        return true;
    }
    return false;
}

static bool may_kick(struct op *op, struct mark *mark)
{
    mark->alters = true;
    if (!room_own(op->room, mark->target_id))
        return refuse(op, ERR_NOT_FOUND, "Nobody of that name is here.");
    if (!op_is_supervisor(op) && !leads(op))
        return refuse(op, ERR_FORBIDDEN, "Only supervisors and the assigned agent can do that.");
    if (strcmp(mark->target_id, op->who.id) == 0)
        return refuse(op, ERR_NOT_ALLOWED, "Leave the room instead.");
    if (mark->target->role == AGENT_SUPERVISOR)
        return refuse(op, ERR_NOT_ALLOWED, "Supervisors cannot be thrown out.");
    if (!op_is_supervisor(op) && room_is_speaker(op->room, mark->target_id))
        return refuse(op, ERR_NOT_ALLOWED,
                      "Only a supervisor can throw out who talks to the customer.");
    return true;
}

static bool may_affiliate(struct op *op, enum standing s, struct mark *mark)
{
    mark->alters = access_of(op->room->desk, op->room->id, mark->target_id) != s;
    if (s != STANDING_MEMBER && mark->target->role == AGENT_SUPERVISOR)
        return refuse(op, ERR_NOT_ALLOWED, "Supervisors cannot be shut out.");
    return true;
}

/* What is wrong with the chat or the agent is wrong with the role. XEP-0045 #modifyvoice */
static bool may_voice(struct op *op, bool on, struct mark *mark)
{
    const char *why = "";
    enum err e = work_may_voice(op, mark->target, on, &mark->alters, &why);

    if (e == OK)
        return true;
    return refuse(op, e == ERR_INVALID || e == ERR_CONFLICT ? ERR_NOT_ALLOWED : e, why);
}

static bool check_agent(struct op *op, const struct moderate *m, struct mark *mark)
{
    switch (m->what) {
    case MODERATE_KICK:
        return may_kick(op, mark);
    case MODERATE_MEMBER:
        return may_affiliate(op, STANDING_MEMBER, mark);
    case MODERATE_REMOVE:
        return may_affiliate(op, STANDING_NONE, mark);
    case MODERATE_BAN:
        return may_affiliate(op, STANDING_OUTCAST, mark);
    case MODERATE_VOICE:
    case MODERATE_MUTE:
        return may_voice(op, m->what == MODERATE_VOICE, mark);
    case MODERATE_UNBLOCK: /* agents are let in again as members */
        break;
    }
    return true;
}

static const struct agent *find_agent(const struct room *r, const struct moderate *m)
{
    const struct directory *d = r->desk->directory;
    const struct occupant *o = *m->nick ? room_by_nick(r, m->nick) : NULL;
    const struct agent *a = o          ? directory_by_id(d, o->agent_id)
                            : *m->nick ? directory_by_name(d, m->nick)
                                       : directory_by_jid(d, m->jid);

    return a && strcmp(a->organization, r->chat->organization) == 0 ? a : NULL;
}

static bool is_customer(const struct room *r, const struct moderate *m)
{
    return m->customer || strcmp(m->nick, r->customer_nick) == 0;
}

static bool check(struct op *op, size_t i)
{
    struct moderate_call *call = op->call;
    const struct moderate *m = &call->items[i];
    struct mark *mark = &call->marks[i];

    if (!may_ask(op, m))
        return false;
    if (is_customer(op->room, m))
        return call->n == 1 || refuse(op, ERR_INVALID, "The customer is an item of its own.");
    if (strcmp(m->nick, desk_assistant_nick(op->room->desk)) == 0)
        return refuse(op, ERR_NOT_ALLOWED, "The assistant belongs to the room.");
    mark->target = find_agent(op->room, m);
    if (!mark->target)
        return refuse(op, ERR_NOT_FOUND, "There is no such agent.");
    mark->target_id = arena_dup(op->arena, mark->target->id);
    for (size_t k = 0; k < i; k++)
        if (strcmp(call->marks[k].target_id, mark->target_id) == 0)
            return refuse(op, ERR_INVALID, "An agent is named twice.");
    return check_agent(op, m, mark);
}

/* What is wrong with all of it together. */
static bool check_all(struct op *op)
{
    const struct moderate_call *call = op->call;
    size_t voices = 0, spoken = 0;

    for (size_t i = 0; i < call->n; i++)
        voices += call->marks[i].alters && call->items[i].what == MODERATE_VOICE;
    if (voices > 0 && releases(op, call))
        return refuse(op, ERR_NOT_ALLOWED, "Nobody would have this chat.");
    (void)room_speakers(op->room, op->arena, &spoken);
    if (spoken + voices > CHAT_SPEAKERS_MAX)
        return refuse(op, ERR_BUSY, "Too many agents speak in this chat.");
    return true;
}

/* ---- the call ----------------------------------------------------------------------------------
 */

static bool alters_something(const struct moderate_call *call)
{
    for (size_t i = 0; i < call->n; i++)
        if (call->marks[i].alters)
            return true;
    return false;
}

static void moderate_run(struct op *op)
{
    struct room *r = op->room;
    struct moderate_call *call = op->call;
    enum err e = op_may_as_agent(op, ACTION_ENTER);

    if (e == OK && r->chat->state == CHAT_CLOSED && call->items[0].what != MODERATE_UNBLOCK)
        e = ERR_CLOSED;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    call->actor = arena_dup(op->arena, directory_by_id(r->desk->directory, op->who.id)->name);
    call->customer = call->n == 1 && is_customer(r, &call->items[0]);
    for (size_t i = 0; i < call->n; i++)
        if (!check(op, i))
            return;
    if (call->customer)
        of_customer(op);
    else if (!check_all(op))
        return;
    else if (alters_something(call))
        store(op);
    else
        nothing_to_do(op);
}

void desk_moderate(struct desk *d, const struct principal *who, const char *chat,
                   const struct moderate *items, size_t n, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct moderate_call *call = arena_new_of(op->arena, struct moderate_call);

    call->items = arena_array(op->arena, struct moderate, n);
    call->marks = arena_array(op->arena, struct mark, n);
    call->n = n;
    for (size_t i = 0; i < n; i++)
        call->items[i] = (struct moderate){.what = items[i].what,
                                           .nick = arena_dup(op->arena, items[i].nick),
                                           .jid = arena_dup(op->arena, items[i].jid),
                                           .customer = items[i].customer,
                                           .reason = arena_dup(op->arena, items[i].reason)};
    op->call = call;
    op->run = moderate_run;
    op->applied = moderate_applied;
    op_enter(op);
}
