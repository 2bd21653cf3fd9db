#include "webbridge/frame.h"
#include "webbridge/sse_own.h"

/* Customers who wait hear of their place, when it changes. They are a list of their own, looked
 * through once a second while there are any: what others say costs nothing here, and however fast
 * the queue moves, each hears of it once a second at most. When thousands wait, one who leaves the
 * queue is news for all of them: they are told a slice at a time, and all else goes on between. */

#define TICK_MS 1000
#define SLICE_TOLD 128 /* about 2 ms */
#define SLICE_SEEN 4096
#define PAUSE_BYTES 16384 /* unsent: the reader is told its place when it has read */

/* False: there is nothing to tell. */
static bool tell(struct feed *f)
{
    struct buf *out = &f->sse->scratch;
    struct wait w;

    if (!f->live || wire_over(f->wire) || wire_waiting(f->wire) > PAUSE_BYTES ||
        !desk_wait(f->sse->web->desk, f->chat, &w) ||
        (w.position == f->told.position && w.estimate_ms == f->told.estimate_ms &&
         w.agents == f->told.agents))
        return false;
    f->told = w;
    buf_clear(out);
    frame_put_wait(out, f->chat, &w);
    wire_write(f->wire, out->data, out->len);
    return true;
}

/* False: the round is over. Whom it has come to stands behind those it has not. */
static bool tell_slice(struct sse *s)
{
    struct feed *f;

    for (unsigned told = 0, seen = 0; told < SLICE_TOLD && seen < SLICE_SEEN; seen++) {
        f = TAILQ_FIRST(&s->waiting);
        if (f == NULL || f->round == s->round)
            return false;
        f->round = s->round;
        TAILQ_REMOVE(&s->waiting, f, wait_link);
        TAILQ_INSERT_TAIL(&s->waiting, f, wait_link);
        told += tell(f);
    }
    return true;
}

void wait_on_tick(uv_timer_t *t)
{
    struct sse *s = t->data;
    uint64_t passed;

    if (!s->in_round) {
        s->round++;
        s->round_ms = uv_now(t->loop);
    }
    s->in_round = tell_slice(s);
    passed = uv_now(t->loop) - s->round_ms;
    if (s->in_round)
        uv_timer_start(t, wait_on_tick, 1, 0);
    else if (!TAILQ_EMPTY(&s->waiting))
        uv_timer_start(t, wait_on_tick, passed < TICK_MS ? TICK_MS - passed : 1, 0);
}

void wait_follow(struct feed *f, bool waits)
{
    struct sse *s = f->sse;

    if (waits == f->waits || f->kind != WHO_CUSTOMER)
        return;
    f->waits = waits;
    f->told = (struct wait){.estimate_ms = -1};
    if (!waits) {
        TAILQ_REMOVE(&s->waiting, f, wait_link);
        return;
    }
    TAILQ_INSERT_TAIL(&s->waiting, f, wait_link);
    if (!uv_is_active((uv_handle_t *)&s->ticks))
        uv_timer_start(&s->ticks, wait_on_tick, TICK_MS, 0);
}
