#include "core/desk_own.h"

#include <stdlib.h>

/* What those who wait are told, again and again while they do. The median of an organization's last
 * waits is read after a chat was taken, and kept; its agents are counted once a second. */

#define SAMPLES 5 /* under so many one strange chat would make all of it */
#define COUNT_MS 1000

struct waits {
    struct desk *desk;
    int64_t median_ms;  /* -1 unknown */
    bool fresh, asking; /* it is that of the last chats; it is being read */
    int64_t agents, counted_ms;
};

static struct waits *waits_of(struct desk *d, const char *organization)
{
    struct waits *w = map_get(d->waits, organization);

    if (w)
        return w;
    w = mem_alloc(sizeof(*w));
    w->desk = d;
    w->median_ms = -1;
    w->counted_ms = desk_steady(d) - COUNT_MS;
    map_set(d->waits, organization, w);
    return w;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int64_t wait_median(struct desk *d, const char *organization, struct query *q)
{
    struct waits *w = waits_of(d, organization);

    w->median_ms = -1;
    if (q->n_waits >= SAMPLES) {
        qsort(q->waits_ms, q->n_waits, sizeof(int64_t), compare);
        w->median_ms = q->waits_ms[q->n_waits / 2];
    }
    w->fresh = true;
    return w->median_ms;
}

int64_t wait_estimate(int64_t median_ms, int64_t position, int64_t agents)
{
    return median_ms < 0 || position == 0 ? -1 : median_ms * position / (agents > 0 ? agents : 1);
}

void wait_taken(struct desk *d, const struct chat *before, const struct chat *after)
{
    if (before->state == CHAT_WAITING && after->state == CHAT_LIVE)
        waits_of(d, after->organization)->fresh = false;
}

static void read_waits(struct query *q, enum err e)
{
    struct waits *w = q->ctx;

    w->asking = false;
    if (e == OK)
        (void)wait_median(w->desk, q->organization, q);
    query_free(q);
}

static void ask(struct desk *d, struct waits *w, const char *organization)
{
    struct query *q;

    if (w->fresh || w->asking)
        return;
    q = query_new(QUERY_WAITS, read_waits, w);
    q->organization = arena_dup(q->arena, organization);
    w->asking = true;
    if (d->o.store.read(d->o.store.self, q) == OK)
        return;
    w->asking = false;
    query_free(q);
}

bool desk_wait(struct desk *d, const char *chat, struct wait *out)
{
    const struct chat *c = queue_get(d->queue, chat);
    struct waits *w;
    int64_t now = desk_steady(d);

    if (!c || c->state != CHAT_WAITING)
        return false;
    w = waits_of(d, c->organization);
    ask(d, w, c->organization);
    if (now - w->counted_ms >= COUNT_MS) {
        w->agents = (int64_t)desk_agents_available(d, c->organization);
        w->counted_ms = now;
    }
    out->position = (int64_t)queue_position(d->queue, c);
    out->agents = w->agents;
    out->estimate_ms = wait_estimate(w->median_ms, out->position, out->agents);
    return true;
}

static bool free_waits(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    free(value);
    return true;
}

void wait_free(struct desk *d)
{
    map_each(d->waits, free_waits, NULL);
    map_free(d->waits);
}
