#include "core/bus.h"

#include "core/base/arena.h"
#include "core/base/map.h"

#include <stdlib.h>

/* Who listens to one room, in the order of subscribing. */
struct topic {
    char *room; /* NULL: every room */
    struct subscription *first, *last;
    size_t n; /* without those that ended during a call */
};

struct subscription {
    struct bus *bus;
    struct topic *topic;
    struct subscription *prev, *next;
    struct subscription *next_ended;
    bus_fn *fn; /* NULL: ended, waits for the sweep */
    void *ctx;
    uint64_t number;
};

struct bus {
    struct map *topics; /* room id -> struct topic */
    struct topic every;
    struct subscription *ended;
    uint64_t next_number;
    size_t depth; /* publish calls on the stack */
};

struct bus *bus_new(void)
{
    struct bus *b = mem_alloc(sizeof(*b));

    b->topics = map_new();
    return b;
}

static void topic_empty(struct topic *t)
{
    while (t->first != NULL) {
        struct subscription *s = t->first;

        t->first = s->next;
        free(s);
    }
    free(t->room);
}

static bool topic_free(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    topic_empty(value);
    free(value);
    return true;
}

void bus_free(struct bus *b)
{
    if (b == NULL)
        return;
    map_each(b->topics, topic_free, NULL);
    map_free(b->topics);
    topic_empty(&b->every);
    free(b);
}

struct subscription *bus_subscribe(struct bus *b, const char *room_id, bus_fn *fn, void *ctx)
{
    struct topic *t = room_id == NULL ? &b->every : map_get(b->topics, room_id);
    struct subscription *s = mem_alloc(sizeof(*s));

    if (t == NULL) {
        t = mem_alloc(sizeof(*t));
        t->room = mem_dup(room_id);
        map_set(b->topics, room_id, t);
    }
    s->bus = b;
    s->topic = t;
    s->fn = fn;
    s->ctx = ctx;
    s->number = b->next_number++;
    s->prev = t->last;
    if (t->last != NULL)
        t->last->next = s;
    else
        t->first = s;
    t->last = s;
    t->n++;
    return s;
}

static void unlink_and_free(struct subscription *s)
{
    struct topic *t = s->topic;

    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        t->first = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    else
        t->last = s->prev;
    if (t->first == NULL && t->room != NULL) {
        map_take(s->bus->topics, t->room);
        free(t->room);
        free(t);
    }
    free(s);
}

void bus_end(struct subscription *s)
{
    if (s == NULL || s->fn == NULL)
        return;
    s->fn = NULL;
    s->topic->n--;
    if (s->bus->depth == 0) {
        unlink_and_free(s);
        return;
    }
    /* A publish further up the stack may stand on this one or on its topic. */
    s->next_ended = s->bus->ended;
    s->bus->ended = s;
}

/* before: those who subscribed during the call did not see what led to the event. */
static void tell(const struct topic *t, const struct event *e, uint64_t before)
{
    for (struct subscription *s = t->first; s != NULL; s = s->next) {
        if (s->number >= before)
            return;
        if (s->fn != NULL)
            s->fn(s->ctx, e);
    }
}

static void sweep(struct bus *b)
{
    while (b->ended != NULL) {
        struct subscription *s = b->ended;

        b->ended = s->next_ended;
        unlink_and_free(s);
    }
}

void bus_publish(struct bus *b, const struct event *e)
{
    const uint64_t before = b->next_number;
    const struct topic *t;

    b->depth++;
    tell(&b->every, e, before);
    if (e->room_id != NULL && (t = map_get(b->topics, e->room_id)) != NULL)
        tell(t, e, before);
    b->depth--;
    if (b->depth == 0)
        sweep(b);
}

size_t bus_count(const struct bus *b, const char *room_id)
{
    const struct topic *t = room_id == NULL ? &b->every : map_get(b->topics, room_id);

    return t == NULL ? 0 : t->n;
}
