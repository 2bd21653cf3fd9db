#include "core/desk_own.h"

#include "core/base/log.h"

#define JUMP_MS 1000 /* less is the time between two readings */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t wall(const struct desk *d)
{
    return d->o.time.now_ms(d->o.time.self);
}

int64_t desk_now(const struct desk *d)
{
    return wall(d);
}

int64_t desk_steady(const struct desk *d)
{
    return d->o.time.steady_ms(d->o.time.self) + d->steady_base_ms;
}

/* What an earlier run stored was counted from the wall clock of its start. */
int64_t desk_wall(const struct desk *d, int64_t steady_ms)
{
    if (steady_ms == 0)
        return 0;
    if (steady_ms >= d->started_ms)
        return steady_ms + d->wall_ahead_ms;
    return earlier(steady_ms, wall(d));
}

int64_t clock_past(const struct desk *d)
{
    return earlier(wall(d), desk_steady(d));
}

/* What lies ahead was written before a restart, by a clock that was set back since. */
int64_t clock_age(const struct desk *d, int64_t steady_ms)
{
    int64_t now = desk_steady(d);

    return now - (steady_ms > now ? d->started_ms : steady_ms);
}

static int64_t newest(const struct query *q)
{
    int64_t ms = 0;

    for (size_t i = 0; i < q->n_chats; i++) {
        const struct chat *c = &q->chats[i];

        ms = later(ms, later(later(c->queued_ms, c->escalation_requested_ms), c->assigned_ms));
        ms = later(ms, later(c->away_ms, c->offered_ms));
    }
    return ms;
}

/* From now on it is that time. */
static void set(struct desk *d, int64_t ms, int64_t wall_ms)
{
    d->steady_base_ms = ms - d->o.time.steady_ms(d->o.time.self);
    d->wall_ahead_ms = wall_ms - ms;
    d->started_ms = ms;
}

void clock_init(struct desk *d)
{
    int64_t now = wall(d);

    set(d, now, now);
}

void clock_start(struct desk *d, const struct query *q)
{
    int64_t now = wall(d);

    set(d, later(now, newest(q)), now);
}

void clock_tick(struct desk *d)
{
    int64_t ahead = wall(d) - desk_steady(d), jump = ahead - d->wall_ahead_ms;

    if (jump > -JUMP_MS && jump < JUMP_MS)
        return;
    d->wall_ahead_ms = ahead;
    log_warn("clock-set", "by_ms=%lld", (long long)jump);
}
