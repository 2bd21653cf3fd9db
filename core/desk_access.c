#include "core/desk_own.h"

#include <stdlib.h>
#include <string.h>

#define INVITES_PER_MINUTE 10

/* ---- who is shut out ---------------------------------------------------------------------------
 */

struct standing_kept {
    enum standing standing;
};

/* Room and agent in one word. Ids have no spaces. */
static const char *key_of(struct arena *a, const char *room, const char *agent_id)
{
    return arena_printf(a, "%s %s", room, agent_id);
}

enum standing access_of(const struct desk *d, const char *room, const char *agent_id)
{
    struct arena *a;
    const struct standing_kept *kept;

    if (map_count(d->access) == 0) /* nearly always */
        return STANDING_USUAL;
    a = arena_new();
    kept = map_get(d->access, key_of(a, room, agent_id));
    arena_free(a);
    return kept ? kept->standing : STANDING_USUAL;
}

void access_keep(struct desk *d, const char *room, const char *agent_id, enum standing s)
{
    struct arena *a = arena_new();
    const char *key = key_of(a, room, agent_id);
    struct standing_kept *kept;

    free(map_take(d->access, key));
    if (s != STANDING_USUAL) {
        kept = mem_alloc(sizeof(*kept));
        kept->standing = s;
        map_set(d->access, key, kept);
    }
    arena_free(a);
}

static bool free_value(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    free(value);
    return true;
}

void access_free(struct desk *d)
{
    map_each(d->access, free_value, NULL);
    map_each(d->invites, free_value, NULL);
    map_free(d->access);
    map_free(d->invites);
}

enum err access_may(const struct op *op, enum action what)
{
    bool enters = what == ACTION_ENTER;

    switch (access_of(op->room->desk, op->room->id, op->who.id)) {
    case STANDING_NONE:
        return enters ? ERR_NOT_MEMBER : ERR_NOT_FOUND;
    case STANDING_OUTCAST:
        return enters ? ERR_OUTCAST : ERR_NOT_FOUND;
    case STANDING_USUAL:
    case STANDING_MEMBER:
        break;
    }
    return OK;
}

void access_change(struct change *c, const char *agent_id, enum standing s)
{
    struct access *list = arena_array(c->arena, struct access, c->n_access + 1);

    if (c->n_access > 0)
        memcpy(list, c->access, c->n_access * sizeof(*list));
    list[c->n_access++] = (struct access){c->room, arena_dup(c->arena, agent_id), s};
    c->access = list;
}

enum standing desk_standing(const struct desk *d, const char *chat, const char *agent_id)
{
    return access_of(d, chat, agent_id);
}

bool desk_excluded(const struct desk *d, const char *chat, const char *agent_id)
{
    enum standing s = access_of(d, chat, agent_id);

    return s == STANDING_NONE || s == STANDING_OUTCAST;
}

/* ---- invitations -------------------------------------------------------------------------------
 */

struct invite_call {
    const char *address, *jid;
};

static void invite_applied(struct op *op, struct change *c)
{
    chat_apply(op->room, c);
    op_done(op, OK, NULL);
}

/* Clients can be made to show a window with each one. */
static bool too_often(struct op *op, int64_t *retry_ms)
{
    struct desk *d = op->room->desk;
    struct bucket *b = map_get(d->invites, op->who.id);

    if (!b) {
        b = mem_alloc(sizeof(*b));
        map_set(d->invites, op->who.id, b);
    }
    if (!bucket_has(b, INVITES_PER_MINUTE / 60000.0, INVITES_PER_MINUTE, desk_steady(d), retry_ms))
        return true;
    bucket_take(b);
    return false;
}

/* The asker may be here; may it invite? Ends the op if not. */
static bool invite_check(struct op *op, const struct agent *whom)
{
    struct room *r = op->room;
    struct desk_answer a = {0};
    const struct occupant *own = room_own(r, op->who.id);

    if (own->role == ROOM_VISITOR) {
        op_refuse(op, ERR_FORBIDDEN, "", "Who observes a chat cannot invite others to it.");
        return false;
    }
    if (!whom || strcmp(whom->organization, r->chat->organization) != 0) {
        op_refuse(op, ERR_NOT_FOUND, "", "There is no such agent.");
        return false;
    }
    if (desk_excluded(r->desk, r->id, whom->id) && !op_is_supervisor(op)) {
        op_refuse(op, ERR_NOT_ALLOWED, "", "A supervisor has shut this agent out of the chat.");
        return false;
    }
    if (too_often(op, &a.retry_ms)) {
        a.detail = "Too many invitations; wait a little.";
        op_done(op, ERR_RATE, &a);
        return false;
    }
    return true;
}

static void invite_run(struct op *op)
{
    struct room *r = op->room;
    const struct invite_call *call = op->call;
    enum err e = op_may_as_agent(op, ACTION_ENTER);
    struct desk_answer same = {.unchanged = true};
    const struct agent *whom;
    struct change *c;

    if (e == OK && r->chat->state == CHAT_CLOSED)
        e = ERR_CLOSED;
    if (e == OK && !(*call->address ? room_has(r, op->who.id, call->address)
                                    : room_own(r, op->who.id) != NULL))
        e = ERR_NOT_OCCUPANT;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    whom = directory_by_jid(r->desk->directory, call->jid);
    if (!invite_check(op, whom))
        return;
    if (access_of(r->desk, r->id, whom->id) == STANDING_MEMBER) {
        op_done(op, OK, &same);
        return;
    }
    c = op_change(op);
    access_change(c, whom->id, STANDING_MEMBER);
    op_submit(op, c);
}

void desk_invite(struct desk *d, const struct principal *who, const char *chat, const char *address,
                 const char *jid, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct invite_call *call = arena_new_of(op->arena, struct invite_call);

    call->address = arena_dup(op->arena, address);
    call->jid = arena_dup(op->arena, jid);
    op->call = call;
    op->run = invite_run;
    op->applied = invite_applied;
    op_enter(op);
}
