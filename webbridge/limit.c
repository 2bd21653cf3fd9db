#include "webbridge/limit.h"

#include "core/base/arena.h"
#include "core/base/map.h"

#include <stdint.h>
#include <stdlib.h>

#define DAY_MS 86400000

struct bucket {
    double tokens;
    int64_t at_ms;
};

struct limit {
    double per_ms, burst;
    size_t capacity;
    struct map *buckets; /* in the order of their last use: oldest first */
};

static struct limit *new_of(double amount, double span_ms, size_t capacity)
{
    struct limit *l = mem_alloc(sizeof(*l));

    l->per_ms = amount / span_ms;
    l->burst = amount;
    l->capacity = capacity;
    l->buckets = map_new();
    return l;
}

struct limit *limit_new(int per_minute, size_t capacity)
{
    return new_of(per_minute, 60000, capacity);
}

struct limit *limit_new_daily(int64_t per_day, size_t capacity)
{
    return new_of((double)per_day, DAY_MS, capacity);
}

static bool free_bucket(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    free(value);
    return true;
}

void limit_free(struct limit *l)
{
    if (l == NULL)
        return;
    map_each(l->buckets, free_bucket, NULL);
    map_free(l->buckets);
    free(l);
}

static bool forget_first(void *ctx, const char *key, void *value)
{
    (void)value;
    free(map_take(ctx, key));
    return false;
}

static struct bucket *touch(struct limit *l, const char *key, int64_t now_ms)
{
    struct bucket *b = map_take(l->buckets, key);

    if (b == NULL) {
        if (map_count(l->buckets) >= l->capacity)
            map_each(l->buckets, forget_first, l->buckets);
        b = mem_alloc(sizeof(*b));
        b->tokens = l->burst;
        b->at_ms = now_ms;
    }
    map_set(l->buckets, key, b);
    return b;
}

enum err limit_take_many(struct limit *l, const char *key, int64_t n, int64_t now_ms,
                         int64_t *retry_ms)
{
    struct bucket *b = touch(l, key, now_ms);
    double wanted = (double)n;

    b->tokens += (double)(now_ms - b->at_ms) * l->per_ms;
    b->at_ms = now_ms;
    if (b->tokens > l->burst)
        b->tokens = l->burst;
    if (b->tokens < wanted) {
        *retry_ms = wanted > l->burst ? DAY_MS : (int64_t)((wanted - b->tokens) / l->per_ms) + 1;
        return ERR_RATE;
    }
    b->tokens -= wanted;
    return OK;
}

enum err limit_take(struct limit *l, const char *key, int64_t now_ms, int64_t *retry_ms)
{
    return limit_take_many(l, key, 1, now_ms, retry_ms);
}

size_t limit_keys(const struct limit *l)
{
    return map_count(l->buckets);
}

struct tally {
    struct map *counts; /* the count itself, as a pointer */
};

struct tally *tally_new(void)
{
    struct tally *t = mem_alloc(sizeof(*t));

    t->counts = map_new();
    return t;
}

void tally_free(struct tally *t)
{
    if (t == NULL)
        return;
    map_free(t->counts);
    free(t);
}

int tally_of(const struct tally *t, const char *key)
{
    return (int)(intptr_t)map_get(t->counts, key);
}

bool tally_add(struct tally *t, const char *key, int most)
{
    int n = tally_of(t, key);

    if (n >= most)
        return false;
    map_set(t->counts, key, (void *)(intptr_t)(n + 1));
    return true;
}

void tally_drop(struct tally *t, const char *key)
{
    int n = tally_of(t, key);

    if (n > 1)
        map_set(t->counts, key, (void *)(intptr_t)(n - 1));
    else
        (void)map_take(t->counts, key);
}
