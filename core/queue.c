#include "core/queue.h"

#include "core/base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct line;

struct item {
    struct arena *arena; /* of the copy */
    struct chat *chat;
    struct line *line;
};

/* Items in order: the waiting, then the live. A sorted array: finding a place takes O(log n)
 * comparisons, making room moves pointers only (10,000 chats: 80 KB). */
struct line {
    struct item **items;
    size_t n, cap;
    size_t waiting;
};

struct queue {
    struct map *items; /* chat id -> struct item */
    struct map *lines; /* organization -> struct line */
    struct line every;
};

struct queue *queue_new(void)
{
    struct queue *q = mem_alloc(sizeof(*q));

    q->items = map_new();
    q->lines = map_new();
    return q;
}

static bool item_free(void *ctx, const char *key, void *value)
{
    struct item *i = value;

    (void)ctx;
    (void)key;
    arena_free(i->arena);
    free(i);
    return true;
}

static bool line_free(void *ctx, const char *key, void *value)
{
    struct line *l = value;

    (void)ctx;
    (void)key;
    free(l->items);
    free(l);
    return true;
}

void queue_free(struct queue *q)
{
    if (q == NULL)
        return;
    map_each(q->items, item_free, NULL);
    map_free(q->items);
    map_each(q->lines, line_free, NULL);
    map_free(q->lines);
    free(q->every.items);
    free(q);
}

static int64_t since(const struct chat *c)
{
    return c->queued_ms != 0 ? c->queued_ms : c->escalation_requested_ms;
}

/* Never 0 for different chats: the id decides among those of one millisecond. */
static int compare(const struct chat *a, const struct chat *b)
{
    if (a->state != b->state)
        return a->state == CHAT_WAITING ? -1 : 1;
    if (since(a) != since(b))
        return since(a) < since(b) ? -1 : 1;
    return strcmp(a->id, b->id);
}

/* The index of the first item that does not come before c. */
static size_t place(const struct line *l, const struct chat *c)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (compare(l->items[mid]->chat, c) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void line_insert(struct line *l, struct item *i)
{
    const size_t at = place(l, i->chat);

    if (l->n == l->cap) {
        l->cap = l->cap == 0 ? 16 : l->cap * 2;
        l->items = mem_resize(l->items, l->cap * sizeof(struct item *));
    }
    memmove(&l->items[at + 1], &l->items[at], (l->n - at) * sizeof(struct item *));
    l->items[at] = i;
    l->n++;
    l->waiting += i->chat->state == CHAT_WAITING;
}

static void line_remove(struct line *l, const struct item *i)
{
    const size_t at = place(l, i->chat);

    assert(at < l->n && l->items[at] == i);
    l->n--;
    memmove(&l->items[at], &l->items[at + 1], (l->n - at) * sizeof(struct item *));
    l->waiting -= i->chat->state == CHAT_WAITING;
}

static struct line *line_of(struct queue *q, const char *organization)
{
    struct line *l = map_get(q->lines, organization);

    if (l == NULL) {
        l = mem_alloc(sizeof(*l));
        map_set(q->lines, organization, l);
    }
    return l;
}

static void drop(struct queue *q, struct item *i)
{
    line_remove(i->line, i);
    line_remove(&q->every, i);
    arena_free(i->arena);
    i->arena = NULL;
    i->chat = NULL;
}

void queue_put(struct queue *q, const struct chat *c)
{
    struct item *i = map_get(q->items, c->id);
    /* c may be the copy that is replaced. */
    struct arena *arena = arena_new();
    struct chat *copy = chat_dup(arena, c);

    if (i != NULL)
        drop(q, i);
    if (copy->state != CHAT_WAITING && copy->state != CHAT_LIVE) {
        if (i != NULL)
            free(map_take(q->items, copy->id));
        arena_free(arena);
        return;
    }
    if (i == NULL) {
        i = mem_alloc(sizeof(*i));
        map_set(q->items, copy->id, i);
    }
    i->arena = arena;
    i->chat = copy;
    i->line = line_of(q, copy->organization);
    line_insert(i->line, i);
    line_insert(&q->every, i);
}

const struct chat *queue_get(const struct queue *q, const char *id)
{
    const struct item *i = map_get(q->items, id);

    return i == NULL ? NULL : i->chat;
}

size_t queue_position(const struct queue *q, const struct chat *c)
{
    const struct item *i = map_get(q->items, c->id);

    if (i == NULL || i->chat->state != CHAT_WAITING)
        return 0;
    return place(i->line, i->chat) + 1;
}

static const struct line *line_get(const struct queue *q, const char *organization)
{
    return organization[0] == '\0' ? &q->every : map_get(q->lines, organization);
}

size_t queue_waiting(const struct queue *q, const char *organization)
{
    const struct line *l = line_get(q, organization);

    return l == NULL ? 0 : l->waiting;
}

void queue_each(const struct queue *q, const char *organization,
                bool (*fn)(void *ctx, const struct chat *c), void *ctx)
{
    const struct line *l = line_get(q, organization);

    for (size_t i = 0; l != NULL && i < l->n; i++) {
        if (!fn(ctx, l->items[i]->chat))
            return;
    }
}
