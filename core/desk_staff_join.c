#include "core/desk_own.h"

#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

struct enter_call {
    struct staff_join join;
    const struct agent *agent; /* NULL for others; lent until the directory changes */
    struct session *session;   /* what will be stored */
    const char *old_nick;      /* it changes; NULL it does not */
    struct entry *history;
    size_t n_history;
    bool resync;
};

/* ---- may it? -----------------------------------------------------------------------------------
 */

struct nick_search {
    const char *nick, *jid;
    bool taken;
};

static void search_nick(void *ctx, const struct affiliate *a)
{
    struct nick_search *s = ctx;

    if (strcmp(a->nick, s->nick) == 0 && strcmp(a->jid, s->jid) != 0)
        s->taken = true;
}

/* Nobody may look like an agent that it is not, nor take a nick that was given to another. */
static bool nick_free(const struct op *op, const char *nick)
{
    const struct room *r = op->room;
    const struct occupant *o = room_by_nick(r, nick);
    const struct agent *named = directory_by_name(r->desk->directory, nick);
    struct nick_search s = {.nick = nick, .jid = op->who.id};

    if ((o && strcmp(o->jid, op->who.id) != 0) || (named && strcmp(named->jid, op->who.id) != 0))
        return false;
    room_each_affiliate(r, search_nick, &s);
    return !s.taken;
}

static bool knows_password(const struct op *op)
{
    const struct enter_call *call = op->call;
    const char *wanted = op->room->staff->config.password;

    return !*wanted || (call->join.password && strcmp(call->join.password, wanted) == 0);
}

/* XEP-0045 #enter, in the order in which its errors weigh */
static enum err may_enter(const struct op *op)
{
    const struct room *r = op->room;
    const struct enter_call *call = op->call;
    const struct room_config *config = &r->staff->config;
    enum affiliation mine = room_affiliation(r, op->who.id);

    if (mine == AFFILIATION_OUTCAST)
        return ERR_OUTCAST;
    if (config->members_only && mine < AFFILIATION_MEMBER)
        return ERR_NOT_MEMBER;
    if (!knows_password(op))
        return ERR_PASSWORD;
    if (r->staff->locked && mine != AFFILIATION_OWNER)
        return ERR_NOT_FOUND;
    if (config->max_users > 0 && r->n_occupants >= (size_t)config->max_users &&
        mine < AFFILIATION_ADMIN && !room_by_nick(r, call->join.nick))
        return ERR_FULL;
    if (r->n_sessions >= DESK_SESSIONS_MAX)
        return ERR_FULL;
    return nick_free(op, call->join.nick) ? OK : ERR_CONFLICT;
}

static enum err may_create(const struct op *op)
{
    const struct enter_call *call = op->call;
    struct desk *d = op->room->desk;

    if (lobby_organization(op->room->id))
        return ERR_NOT_FOUND;
    if (!staff_may_create(d, op->who.id))
        return ERR_NOT_ALLOWED;
    if (staff_count(d, "") >= DESK_STAFF_ROOMS_MAX ||
        (!call->agent && staff_count(d, op->who.id) >= DESK_OUTSIDERS_ROOMS_MAX))
        return ERR_NOT_ALLOWED;
    return nick_free(op, call->join.nick) ? OK : ERR_CONFLICT;
}

/* ---- storing -----------------------------------------------------------------------------------
 */

static void make_session(struct op *op, const struct session *before)
{
    struct room *r = op->room;
    struct enter_call *call = op->call;
    struct session *s = arena_new_of(op->arena, struct session);

    s->kind = SESSION_XMPP;
    s->room = arena_dup(op->arena, r->id);
    s->address = call->join.address;
    s->agent_id = call->agent ? arena_dup(op->arena, call->agent->id) : "";
    s->jid = op->who.id;
    s->nick = call->join.nick;
    s->presence = call->join.presence;
    s->joined_ms = before ? before->joined_ms : desk_steady(r->desk);
    s->since_gid = before && !call->join.asked ? before->since_gid : room_last_gid(r);
    call->session = s;
}

/* The role outlives a restart, and a change of nick. */
static enum room_role role_for(const struct op *op)
{
    const struct room *r = op->room;
    const struct enter_call *call = op->call;
    const struct occupant *o = room_by_nick(r, call->join.nick);

    if (!o && call->old_nick)
        o = room_by_nick(r, call->old_nick);
    return o ? o->role : staff_role_on_entry(r->staff, room_affiliation(r, op->who.id));
}

static void store(struct op *op)
{
    struct enter_call *call = op->call;
    struct change *c = op_change(op);

    call->session->role = role_for(op);
    c->sessions = call->session;
    c->n_sessions = 1;
    op_submit(op, c);
}

static void create(struct op *op)
{
    struct enter_call *call = op->call;
    struct change *c = op_change(op);
    struct staff *s = arena_new_of(c->arena, struct staff);
    struct affiliate owner = {
        .jid = op->who.id, .affiliation = AFFILIATION_OWNER, .nick = "", .reason = ""};

    *s = (struct staff){.id = c->room,
                        .kind = ROOM_STAFF,
                        .organization = "",
                        .config = room_config_new(ROOM_STAFF, c->room),
                        .locked = true,
                        .subject = "",
                        .subject_by = "",
                        .created_by = op->who.id,
                        .created_ms = c->now_ms};
    if (call->agent && op->room->desk->o.staff_rooms == STAFF_AGENTS)
        s->organization = arena_dup(c->arena, call->agent->organization);
    c->staff = s;
    c->staff_new = true;
    staff_put_affiliate(op, c, &owner);
    call->session->role = ROOM_MODERATOR;
    c->sessions = call->session;
    c->n_sessions = 1;
    op_submit(op, c);
}

/* ---- applied -----------------------------------------------------------------------------------
 */

static void renamed(struct op *op)
{
    struct room *r = op->room;
    const struct enter_call *call = op->call;
    struct staff_event e = {.what = STAFF_RENAMED, .old_nick = call->old_nick, .actor = ""};
    struct desk_answer a = {.renamed = true};
    struct session *gone = NULL;
    struct occupant *last = NULL;

    e.fresh = !room_by_nick(r, call->join.nick);
    (void)room_take_session(r, call->join.address, &gone, &last);
    e.old_stays = !last;
    (void)room_put_session(r, call->session);
    e.occupant = room_by_address(r, call->join.address, &e.session);
    op_answer(op, OK, &a);
    staff_tell(r, &e);
    session_free(gone);
    occupant_free(last);
    op_end(op);
}

static void entered(struct op *op, struct change *c)
{
    struct room *r = op->room;
    struct enter_call *call = op->call;
    struct desk_answer a = {.resync = call->resync,
                            .created = c->staff_new,
                            .history = call->history,
                            .n_history = call->n_history};

    if (!staff_apply(r, c)) {
        op_done(op, ERR_UNKNOWN, NULL);
        return;
    }
    if (call->old_nick) {
        renamed(op);
        return;
    }
    a.new_occupant = !room_by_nick(r, call->join.nick);
    (void)room_put_session(r, call->session);
    a.occupant = room_by_address(r, call->join.address, &a.session);
    op_answer(op, OK, &a);
    op_end(op);
}

/* ---- the way in --------------------------------------------------------------------------------
 */

static void history_read(struct op *op, struct query *q)
{
    struct enter_call *call = op->call;

    call->n_history = q->n_entries;
    call->history = arena_array(op->arena, struct entry, q->n_entries + 1);
    for (size_t i = 0; i < q->n_entries; i++)
        entry_copy(op->arena, &call->history[i], &q->entries[i]);
    store(op);
}

static void read_history(struct op *op)
{
    struct enter_call *call = op->call;
    size_t most = (size_t)op->room->staff->config.history_length;
    struct query *q;

    most = call->join.history_max < most ? call->join.history_max : most;
    if (most == 0 || room_last_gid(op->room) == 0) {
        store(op);
        return;
    }
    q = query_new(QUERY_ENTRIES, NULL, NULL);
    q->room = arena_dup(q->arena, op->room->id);
    q->newest = true;
    q->messages_only = true;
    q->limit = most;
    op_read(op, q, history_read);
}

/* Somebody who is in: everything again, another nick, or only its presence. */
static void again(struct op *op, const struct occupant *o, const struct session *before)
{
    struct enter_call *call = op->call;
    bool other = *call->join.nick && strcmp(call->join.nick, o->nick) != 0;

    if (other && !nick_free(op, call->join.nick)) {
        op_done(op, ERR_CONFLICT, NULL);
        return;
    }
    if (other)
        call->old_nick = arena_dup(op->arena, o->nick);
    else
        call->join.nick = arena_dup(op->arena, o->nick);
    make_session(op, before);
    call->resync = call->join.asked && !other;
    if (call->resync)
        read_history(op);
    else
        store(op);
}

/* Names in a lobby are the directory's. Somebody who only asks for another is refused. */
static bool fix_nick(struct op *op, const struct occupant *o)
{
    struct enter_call *call = op->call;

    if (!op->room->staff || op->room->staff->kind != ROOM_LOBBY || !call->agent)
        return true;
    if (o && !call->join.asked && *call->join.nick && strcmp(call->join.nick, o->nick) != 0)
        return false;
    call->join.nick = text_nick(op->arena, call->agent->name);
    return true;
}

static void come_in(struct op *op)
{
    enum err e = op->room->staff ? may_enter(op) : may_create(op);

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    make_session(op, NULL);
    if (op->room->staff)
        read_history(op);
    else
        create(op);
}

static void enter_run(struct op *op)
{
    struct room *r = op->room;
    struct enter_call *call = op->call;
    const struct session *before = NULL;
    const struct occupant *o = room_by_address(r, call->join.address, &before);
    enum err e = r->staff ? staff_visible(op) : OK;

    call->agent = directory_by_jid(r->desk->directory, op->who.id);
    if (e == OK && !o && !call->join.asked)
        e = ERR_NOT_OCCUPANT;
    if (e == OK && !fix_nick(op, o))
        e = ERR_NOT_ACCEPTABLE;
    if (e != OK)
        op_done(op, e, NULL);
    else if (o)
        again(op, o, before);
    else
        come_in(op);
}

void desk_staff_enter(struct desk *d, const char *jid, const char *room, const struct staff_join *j,
                      desk_fn *done, void *ctx)
{
    struct op *op = staff_op(d, jid, room, j->address, done, ctx);
    struct enter_call *call = arena_new_of(op->arena, struct enter_call);

    call->join = *j;
    call->join.address = arena_dup(op->arena, j->address);
    call->join.nick = arena_dup(op->arena, j->nick);
    call->join.presence = arena_dup(op->arena, j->presence);
    if (j->password)
        call->join.password = arena_dup(op->arena, j->password);
    op->call = call;
    op->run = enter_run;
    op->applied = entered;
    op_enter(op);
}

/* ---- leaving -----------------------------------------------------------------------------------
 */

struct leave_call {
    const char *address, *why;
    enum left_how how;
};

static void left(struct op *op, struct change *c)
{
    struct room *r = op->room;
    const struct leave_call *call = op->call;
    struct event e = {.kind = EVENT_LEFT,
                      .room = r,
                      .room_id = r->id,
                      .why = call->why,
                      .how = call->how,
                      .lost = call->how == LEFT_LOST};
    struct session *gone = NULL;
    struct occupant *last = NULL;

    if (room_take_session(r, call->address, &gone, &last)) {
        e.session = gone;
        e.occupant = last;
        op_answer(op, OK, NULL);
        bus_publish(r->desk->bus, &e);
        session_free(gone);
        occupant_free(last);
    }
    if (c->staff_gone && !r->stale)
        staff_end(r, "", "");
    op_done(op, OK, NULL);
}

static void leave_run(struct op *op)
{
    struct room *r = op->room;
    const struct leave_call *call = op->call;
    const struct session *s = NULL;
    struct change *c;
    const char **gone;

    (void)room_by_address(r, call->address, &s);
    if (!s || !r->staff) {
        op_done(op, r->staff ? OK : ERR_NOT_FOUND, NULL);
        return;
    }
    c = op_change(op);
    gone = arena_array(c->arena, const char *, 1);
    gone[0] = arena_dup(c->arena, call->address);
    c->gone = gone;
    c->n_gone = 1;
    c->staff_gone = r->n_sessions == 1 && (!r->staff->config.persistent || r->staff->locked);
    op_submit(op, c);
}

void staff_leave(struct desk *d, const char *room, const char *address, enum left_how how,
                 const char *why, desk_fn *done, void *ctx)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct op *op = op_new(d, room, &system, done, ctx);
    struct leave_call *call = arena_new_of(op->arena, struct leave_call);

    call->address = arena_dup(op->arena, address);
    call->why = arena_dup(op->arena, why);
    call->how = how;
    op->call = call;
    op->run = leave_run;
    op->applied = left;
    op_enter(op);
}
