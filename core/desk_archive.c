#include "core/desk_own.h"

#include "core/base/text.h"

#include <string.h>

/* The room's log by pages (XEP-0313). */

struct archive_call {
    struct archive_range range;
    const char *nick; /* NULL anybody */
    size_t limit;
};

static void copy_range(struct arena *a, struct archive_range *to, const struct archive_range *from)
{
    const char **ids = arena_array(a, const char *, from->n_ids + 1);

    *to = *from;
    to->sender_id = from->sender_id ? arena_dup(a, from->sender_id) : NULL;
    to->after_id = arena_dup(a, from->after_id);
    to->before_id = arena_dup(a, from->before_id);
    to->page_after = arena_dup(a, from->page_after);
    to->page_before = arena_dup(a, from->page_before);
    for (size_t i = 0; i < from->n_ids; i++)
        ids[i] = arena_dup(a, from->ids[i]);
    to->ids = ids;
}

/* Who speaks in this room under that name; what is nobody's name is nobody's id either. */
static const char *sender_of(struct arena *a, const struct room *r, const char *nick)
{
    const struct occupant *o = room_by_nick(r, nick);
    const struct agent *agent = directory_by_name(r->desk->directory, nick);

    if (!*nick)
        return "";
    if (o)
        return r->staff ? o->jid : o->agent_id;
    if (r->customer_nick && strcmp(nick, r->customer_nick) == 0)
        return r->id;
    if (strcmp(nick, desk_assistant_nick(r->desk)) == 0)
        return "assistant";
    return agent && strcmp(text_nick(a, agent->name), nick) == 0 ? agent->id : "nobody";
}

/* An id that is not in the log must not look like a room that is not there. */
static void archive_failed(struct op *op, enum err e)
{
    if (e == ERR_NOT_FOUND)
        op_refuse(op, e, "ref", "There is no such message.");
    else
        op_done(op, e, NULL);
}

/* Who could enter now, but that a password is not asked for of those who are in, or belong there.
 */
static enum err staff_may_read(const struct op *op)
{
    enum err e = staff_visible(op);
    const struct staff *s = op->room->staff;
    enum affiliation mine;

    if (e != OK)
        return e;
    mine = room_affiliation(op->room, op->who.id);
    if (mine == AFFILIATION_OUTCAST)
        return ERR_OUTCAST;
    if (s->config.members_only && mine < AFFILIATION_MEMBER)
        return ERR_NOT_MEMBER;
    if (*s->config.password && mine < AFFILIATION_MEMBER && !staff_actor_of(op).occupant)
        return ERR_PASSWORD;
    return s->locked && mine != AFFILIATION_OWNER ? ERR_NOT_FOUND : OK;
}

static const char *sender_wanted(const struct op *op)
{
    const struct archive_call *call = op->call;
    const struct staff *s = op->room->staff;

    if (call->nick)
        return sender_of(op->arena, op->room, call->nick);
    /* nobody learns who somebody is by asking what an address has said */
    return s && !s->config.whois_anyone && call->range.sender_id ? "nobody" : call->range.sender_id;
}

static void archive_run(struct op *op)
{
    const struct archive_call *call = op->call;
    enum err e =
        op->who.kind == WHO_PERSON ? staff_may_read(op) : op_may_as_agent(op, ACTION_ENTER);
    struct archive_range *range;
    struct query *q;

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    q = query_new(QUERY_ARCHIVE, NULL, NULL);
    range = arena_new_of(q->arena, struct archive_range);
    copy_range(q->arena, range, &call->range);
    range->sender_id = sender_wanted(op);
    range->sender_id = range->sender_id ? arena_dup(q->arena, range->sender_id) : NULL;
    q->room = arena_dup(q->arena, op->room->id);
    q->range = range;
    q->limit = call->limit;
    op_read_or(op, q, op_page, archive_failed);
}

static bool archive_plain(const struct op *op)
{
    return op->room->chat || op->room->staff;
}

void desk_archive(struct desk *d, const struct principal *who, const char *chat,
                  const char *address, const struct archive_range *range, const char *nick,
                  size_t limit, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct archive_call *call = arena_new_of(op->arena, struct archive_call);

    copy_range(op->arena, &call->range, range);
    call->nick = nick ? arena_dup(op->arena, nick) : NULL;
    call->limit = limit;
    op->address = arena_dup(op->arena, address);
    op->call = call;
    op->run = archive_run;
    op->plain = archive_plain;
    op_enter(op);
}
