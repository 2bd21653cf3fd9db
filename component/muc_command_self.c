#include "component/muc_command.h"

#include "core/base/stamp.h"

#include <string.h>

/* Commands about the queue, the agents and the asker. */

static struct desk *desk_of(const struct muc_request *r)
{
    return r->m->desk;
}

void muc_do_help(struct muc_request *r)
{
    muc_answer(r, OK, muc_help(r->arena, r->marked, *r->chat != 0), NULL);
}

/* ---- the queue ---------------------------------------------------------------------------------
 */

#define LIST_MAX 50

struct listing {
    struct muc_request *r;
    const char **cells;
    size_t n, more;
};

static bool list_waiting(void *ctx, const struct chat *c)
{
    struct listing *l = ctx;
    struct arena *a = l->r->arena;
    const char **row = &l->cells[4 * l->n];
    char span[16];

    if (c->state != CHAT_WAITING)
        return false;
    if (desk_excluded(desk_of(l->r), c->id, l->r->who.id))
        return true;
    if (l->n == LIST_MAX) {
        l->more++;
        return true;
    }
    stamp_span(desk_steady(desk_of(l->r)) - c->queued_ms, span);
    row[0] = arena_dup(a, *c->name ? c->name : "Customer");
    row[1] = arena_printf(a, "%.200s", c->escalation_reason);
    row[2] = arena_dup(a, span);
    row[3] = muc_link(l->r->m, a, c->id);
    l->n++;
    return true;
}

void muc_do_queue(struct muc_request *r)
{
    static const struct adhoc_option columns[] = {
        {"Customer", "customer"}, {"Reason", "reason"}, {"Waits", "wait"}, {"Room", "room"}};
    const struct agent *me = muc_request_agent(r);
    struct listing l = {.r = r, .cells = arena_array(r->arena, const char *, 4 * LIST_MAX)};
    struct adhoc_rows rows = {.columns = columns, .n_columns = 4};
    const char *text = "Nobody waits.";

    if (me)
        queue_each(desk_queue(desk_of(r)), me->organization, list_waiting, &l);
    rows.cells = l.cells;
    rows.n_rows = l.n;
    if (l.n > 0)
        text = arena_printf(r->arena, "%zu waiting:", l.n + l.more);
    muc_answer(r, OK, text, &rows);
}

/* ---- agents ------------------------------------------------------------------------------------
 */

#define AGENTS_MAX 200

struct roll {
    struct muc_request *r;
    const char *organization;
    const char **cells;
    size_t n, on_duty;
};

static void list_agent(void *ctx, const struct agent *a)
{
    struct roll *l = ctx;
    struct desk *d = desk_of(l->r);
    enum duty_show show = duty_of(desk_duty(d), a->id);
    const char **row = &l->cells[3 * l->n];

    if (strcmp(a->organization, l->organization) != 0 || l->n == AGENTS_MAX)
        return;
    l->on_duty += show >= DUTY_AWAY;
    row[0] = arena_printf(l->r->arena, "%s%s", a->name,
                          a->role == AGENT_SUPERVISOR ? " (supervisor)" : "");
    row[1] = duty_name(show);
    row[2] = arena_printf(l->r->arena, "%zu", desk_held(d, a->id));
    if (a->max_chats > 0)
        row[2] = arena_printf(l->r->arena, "%s of %d", row[2], a->max_chats);
    l->n++;
}

void muc_do_agents(struct muc_request *r)
{
    static const struct adhoc_option columns[] = {
        {"Agent", "agent"}, {"Status", "status"}, {"Chats", "chats"}};
    const struct agent *me = muc_request_agent(r);
    struct roll l = {.r = r,
                     .organization = me ? me->organization : "",
                     .cells = arena_array(r->arena, const char *, 3 * AGENTS_MAX)};
    struct adhoc_rows rows = {.columns = columns, .n_columns = 3};

    directory_each_agent(desk_directory(desk_of(r)), list_agent, &l);
    rows.cells = l.cells;
    rows.n_rows = l.n;
    muc_answer(r, OK, arena_printf(r->arena, "%zu of %zu on duty:", l.on_duty, l.n), &rows);
}

/* ---- figures -----------------------------------------------------------------------------------
 */

#define DAY_MS (24 * 3600 * INT64_C(1000))

struct figures {
    size_t waiting, live;
    int64_t oldest_ms;
};

static bool count(void *ctx, const struct chat *c)
{
    struct figures *f = ctx;

    f->waiting += c->state == CHAT_WAITING;
    f->live += c->state == CHAT_LIVE;
    if (c->state == CHAT_WAITING && (f->oldest_ms == 0 || c->queued_ms < f->oldest_ms))
        f->oldest_ms = c->queued_ms;
    return true;
}

static void counted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    const struct agent *me = muc_request_agent(r);
    const struct day_stats *s;
    struct figures f = {0};
    char span[16] = "";

    if (e != OK || !me) {
        muc_answer(r, e != OK ? e : ERR_NOT_FOUND, a->detail, NULL);
        return;
    }
    s = &a->page->stats;
    queue_each(desk_queue(desk_of(r)), me->organization, count, &f);
    if (f.oldest_ms > 0)
        stamp_span(desk_steady(desk_of(r)) - f.oldest_ms, span);
    muc_answer(r, OK,
               arena_printf(r->arena,
                            "Waiting: %zu%s%s%s\nWith agents: %zu\nAgents available: %zu\n"
                            "Today (UTC): %lld begun, %lld escalated, %lld taken, %lld closed",
                            f.waiting, *span ? " (longest " : "", span, *span ? ")" : "", f.live,
                            desk_agents_available(desk_of(r), me->organization),
                            (long long)s->begun, (long long)s->escalated, (long long)s->claimed,
                            (long long)s->closed),
               NULL);
}

void muc_do_stats(struct muc_request *r)
{
    int64_t now = desk_now(desk_of(r));

    desk_stats(desk_of(r), &r->who, now - now % DAY_MS, counted, r);
}

/* ---- one's own settings ------------------------------------------------------------------------
 */

static const char *limit_of(const struct muc_request *r, int max)
{
    return max > 0 ? arena_printf(r->arena, "at most %d chats", max) : "no limit of chats";
}

static void tell_status(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    const struct agent *me = muc_request_agent(r);
    const char *now;

    if (e != OK || !me) {
        muc_answer(r, e != OK ? e : ERR_NOT_FOUND, a ? a->detail : NULL, NULL);
        return;
    }
    now = duty_name(duty_of(desk_duty(desk_of(r)), me->id));
    if (me->status == DUTY_OFF)
        now = arena_printf(r->arena, "as your presence says (now %s)", now);
    muc_answer(r, OK,
               arena_printf(r->arena, "Your status: %s; %s.", now, limit_of(r, me->max_chats)),
               NULL);
}

void muc_do_status(struct muc_request *r)
{
    enum duty_show status = strcmp(r->word, "auto") == 0   ? DUTY_OFF
                            : strcmp(r->word, "dnd") == 0  ? DUTY_DND
                            : strcmp(r->word, "away") == 0 ? DUTY_AWAY
                                                           : DUTY_ON;
    int max = (int)r->number;
    struct agent_settings s = {.status = *r->word ? &status : NULL,
                               .max_chats = r->number >= 0 ? &max : NULL};

    if (!s.status && !s.max_chats)
        tell_status(r, OK, NULL);
    else
        desk_agent_set(desk_of(r), r->who.id, &s, tell_status, r);
}

static void tell_notify(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    const struct agent *me = muc_request_agent(r);

    if (e != OK || !me)
        muc_answer(r, e != OK ? e : ERR_NOT_FOUND, a ? a->detail : NULL, NULL);
    else
        muc_answer(r, OK,
                   arena_printf(r->arena, "You hear of chats that wait by: %s.",
                                agent_notify_name(me->notify)),
                   NULL);
}

void muc_do_notify(struct muc_request *r)
{
    enum agent_notify n = NOTIFY_MESSAGE;
    struct agent_settings s = {.notify = &n};

    if (!*r->word) {
        tell_notify(r, OK, NULL);
        return;
    }
    while (n < NOTIFY_NONE && strcmp(agent_notify_name(n), r->word) != 0)
        n++;
    desk_agent_set(desk_of(r), r->who.id, &s, tell_notify, r);
}
