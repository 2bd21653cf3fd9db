#include "core/desk_own.h"

#include <string.h>

struct moderate_call {
    struct moderate m;
    const struct agent *target; /* NULL: the customer, or nobody */
    const char *target_id, *actor;
    bool customer;
};

static void refuse(struct op *op, enum err e, const char *why)
{
    op_refuse(op, e, "", why);
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

/* ---- after the commit --------------------------------------------------------------------------
 */

static void expel(struct op *op)
{
    const struct moderate_call *call = op->call;
    struct room *r = op->room;
    struct event e = {
        .kind = EVENT_AGENT_GONE, .room = r, .room_id = r->id, .agent_id = call->target_id};

    switch (call->m.what) {
    case MODERATE_KICK:
        room_expel(r, call->target_id, LEFT_KICKED, call->actor, call->m.reason);
        break;
    case MODERATE_REMOVE:
    case MODERATE_BAN:
        room_expel(r, call->target_id, call->m.what == MODERATE_BAN ? LEFT_BANNED : LEFT_REMOVED,
                   call->actor, call->m.reason);
        bus_publish(r->desk->bus, &e);
        break;
    case MODERATE_MEMBER:
    case MODERATE_UNBLOCK:
        break;
    }
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

    if (call->customer && call->m.what != MODERATE_UNBLOCK) {
        chat_closed(op, c);
        return;
    }
    chat_apply(r, c);
    op_answer(op, OK, NULL);
    expel(op); /* before the entries, so that those speak to who remains */
    if (c->chat)
        wait_again(r);
    chat_publish(r, c);
    op_end(op);
}

/* ---- changes -----------------------------------------------------------------------------------
 */

/* The change that takes the target's sessions away, whatever else it does. */
static struct change *without_sessions(struct op *op)
{
    const struct moderate_call *call = op->call;
    const struct occupant *o = room_own(op->room, call->target_id);
    struct change *c = op_change(op);
    const char **gone;

    if (!o)
        return c;
    gone = arena_array(c->arena, const char *, o->n_sessions);
    for (size_t i = 0; i < o->n_sessions; i++)
        if (o->sessions[i]->kind == SESSION_XMPP)
            gone[c->n_gone++] = arena_dup(c->arena, o->sessions[i]->address);
    c->gone = gone;
    return c;
}

static void set_speaker(struct change *c, const char *agent_id, bool speaker)
{
    struct participant *p = arena_new_of(c->arena, struct participant);

    *p = (struct participant){arena_dup(c->arena, agent_id), speaker};
    c->participants = p;
    c->n_participants = 1;
}

/* A speaker becomes silent, or leaves for good: the customer is told. */
static void fall_silent(struct op *op, struct change *c)
{
    const struct moderate_call *call = op->call;

    if (op->room->chat->state != CHAT_LIVE || !room_is_speaker(op->room, call->target_id))
        return;
    set_speaker(c, call->target_id, false);
    chat_person(op, c, ENTRY_AGENT_LEFT, call->target_id, call->target->name);
}

/* ---- kicks -------------------------------------------------------------------------------------
 */

/* The assigned agent's grace runs as if it had left by itself. */
static void kick_store(struct op *op)
{
    const struct moderate_call *call = op->call;
    struct change *c = without_sessions(op);

    if (room_is_assigned(op->room, call->target_id))
        chat_alter(op, c)->away_ms = c->now_ms;
    op_submit(op, c);
}

static void kick_agent(struct op *op)
{
    const struct moderate_call *call = op->call;
    bool speaks = room_is_speaker(op->room, call->target_id);

    if (!room_own(op->room, call->target_id))
        refuse(op, ERR_NOT_FOUND, "Nobody of that name is here.");
    else if (!op_is_supervisor(op) && !leads(op))
        refuse(op, ERR_FORBIDDEN, "Only supervisors and the assigned agent can do that.");
    else if (strcmp(call->target_id, op->who.id) == 0)
        refuse(op, ERR_NOT_ALLOWED, "Leave the room instead.");
    else if (call->target->role == AGENT_SUPERVISOR)
        refuse(op, ERR_NOT_ALLOWED, "Supervisors cannot be thrown out.");
    else if (!op_is_supervisor(op) && speaks)
        refuse(op, ERR_NOT_ALLOWED, "Only a supervisor can throw out who talks to the customer.");
    else
        kick_store(op);
}

/* ---- affiliations ------------------------------------------------------------------------------
 */

static void let_in(struct op *op)
{
    const struct moderate_call *call = op->call;
    struct change *c;

    if (access_of(op->room->desk, op->room->id, call->target_id) == STANDING_MEMBER) {
        nothing_to_do(op);
        return;
    }
    c = op_change(op);
    access_change(c, call->target_id, STANDING_MEMBER);
    op_submit(op, c);
}

static void shut_out(struct op *op, enum standing s)
{
    const struct moderate_call *call = op->call;
    const struct chat *chat = op->room->chat;
    struct change *c;

    if (call->target->role == AGENT_SUPERVISOR) {
        refuse(op, ERR_NOT_ALLOWED, "Supervisors cannot be shut out.");
        return;
    }
    if (access_of(op->room->desk, op->room->id, call->target_id) == s) {
        nothing_to_do(op);
        return;
    }
    c = without_sessions(op);
    access_change(c, call->target_id, s);
    if (strcmp(chat->offered_to, call->target_id) == 0)
        chat_unoffer(chat_alter(op, c));
    if (room_is_assigned(op->room, call->target_id))
        chat_release(op, c, NULL); /* somebody else must take it */
    else
        fall_silent(op, c);
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
    bool ban = call->m.what == MODERATE_BAN;
    struct change *c;

    if (call->m.what == MODERATE_MEMBER) {
        nothing_to_do(op);
        return;
    }
    if (call->m.what == MODERATE_UNBLOCK) {
        unblock(op);
        return;
    }
    if (!op_is_supervisor(op) || (call->m.what != MODERATE_KICK && !ban)) {
        refuse(op, ERR_NOT_ALLOWED,
               "The customer cannot be thrown out; the command !close ends the chat.");
        return;
    }
    c = op_change(op);
    chat_close(op, c, ""); /* the customer reads it; the reason is for staff */
    c->chat->blocked = ban;
    op_submit(op, c);
}

/* ---- the call ----------------------------------------------------------------------------------
 */

/* The asker's right to the kind of thing. Ends the op when there is none. */
static bool may_ask(struct op *op)
{
    const struct moderate_call *call = op->call;

    switch (call->m.what) {
    case MODERATE_KICK:
        if (room_own(op->room, op->who.id))
            return true;
        op_done(op, ERR_NOT_OCCUPANT, NULL);
        return false;
    case MODERATE_MEMBER:
    case MODERATE_REMOVE:
    case MODERATE_BAN:
    case MODERATE_UNBLOCK:
        if (op_is_supervisor(op))
            return true;
        refuse(op, ERR_FORBIDDEN, "Only supervisors can do that.");
        return false;
    }
    return false;
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

static void carry_out(struct op *op)
{
    struct moderate_call *call = op->call;

    switch (call->m.what) {
    case MODERATE_KICK:
        kick_agent(op);
        break;
    case MODERATE_MEMBER:
        let_in(op);
        break;
    case MODERATE_REMOVE:
        shut_out(op, STANDING_NONE);
        break;
    case MODERATE_BAN:
        shut_out(op, STANDING_OUTCAST);
        break;
    case MODERATE_UNBLOCK: /* agents are let in again as members */
        nothing_to_do(op);
        break;
    }
}

static void moderate_run(struct op *op)
{
    struct room *r = op->room;
    struct moderate_call *call = op->call;
    enum err e = op_may_as_agent(op, ACTION_ENTER);

    if (e == OK && r->chat->state == CHAT_CLOSED && call->m.what != MODERATE_UNBLOCK)
        e = ERR_CLOSED;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!may_ask(op))
        return;
    call->actor = arena_dup(op->arena, directory_by_id(r->desk->directory, op->who.id)->name);
    call->customer = call->m.customer || strcmp(call->m.nick, r->customer_nick) == 0;
    if (call->customer) {
        of_customer(op);
    } else if (strcmp(call->m.nick, desk_assistant_name(r->desk)) == 0) {
        refuse(op, ERR_NOT_ALLOWED, "The assistant belongs to the room.");
    } else if (!(call->target = find_agent(r, &call->m))) {
        refuse(op, ERR_NOT_FOUND, "There is no such agent.");
    } else {
        call->target_id = arena_dup(op->arena, call->target->id);
        carry_out(op);
    }
}

void desk_moderate(struct desk *d, const struct principal *who, const char *chat,
                   const struct moderate *m, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct moderate_call *call = arena_new_of(op->arena, struct moderate_call);

    call->m = (struct moderate){.what = m->what,
                                .nick = arena_dup(op->arena, m->nick),
                                .jid = arena_dup(op->arena, m->jid),
                                .customer = m->customer,
                                .reason = arena_dup(op->arena, m->reason)};
    op->call = call;
    op->run = moderate_run;
    op->applied = moderate_applied;
    op_enter(op);
}
