#include "webbridge/frame.h"
#include "webbridge/sse_own.h"

/* Customers who wait hear of their place, when it changes. They are a list of their own, looked
 * through once a second while there are any: what others say costs nothing here, and however fast
 * the queue moves, each hears of it once a second at most. */

#define TICK_MS 1000
#define PAUSE_BYTES 16384 /* unsent: the reader is told its place when it has read */

static void tell(struct feed *f)
{
    struct buf *out = &f->sse->scratch;
    struct wait w;

    if (!f->live || wire_over(f->wire) || wire_waiting(f->wire) > PAUSE_BYTES ||
        !desk_wait(f->sse->web->desk, f->chat, &w) ||
        (w.position == f->told.position && w.estimate_ms == f->told.estimate_ms &&
         w.agents == f->told.agents))
        return;
    f->told = w;
    buf_clear(out);
    frame_put_wait(out, f->chat, &w);
    wire_write(f->wire, out->data, out->len);
}

void wait_on_tick(uv_timer_t *t)
{
    struct sse *s = t->data;
    struct feed *f;

    if (TAILQ_EMPTY(&s->waiting))
        uv_timer_stop(t);
    TAILQ_FOREACH(f, &s->waiting, wait_link)
    tell(f);
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
        uv_timer_start(&s->ticks, wait_on_tick, TICK_MS, TICK_MS);
}
