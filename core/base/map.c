#include "core/base/map.h"

#include "core/base/arena.h"
#include "core/base/crypto.h"

#include <stdlib.h>
#include <string.h>

/* Keys come from outsiders; uthash's own hash has no seed. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)crypto_short_hash((key), (len)))
#define uthash_malloc(size) mem_alloc(size)
#include <uthash.h>

struct pair {
    UT_hash_handle hh;
    void *value;
    char key[];
};

struct map {
    struct pair *pairs;
};

struct map *map_new(void)
{
    return mem_alloc(sizeof(struct map));
}

void map_free(struct map *m)
{
    struct pair *p, *next;

    if (m == NULL)
        return;
    HASH_ITER(hh, m->pairs, p, next)
    {
        HASH_DEL(m->pairs, p);
        free(p);
    }
    free(m);
}

static struct pair *find(const struct map *m, const char *key, size_t len)
{
    struct pair *p;

    HASH_FIND(hh, m->pairs, key, len, p);
    return p;
}

void map_set(struct map *m, const char *key, void *value)
{
    size_t len = strlen(key);
    struct pair *p = find(m, key, len);

    if (p == NULL) {
        p = mem_alloc(sizeof(*p) + len + 1);
        memcpy(p->key, key, len + 1);
        HASH_ADD(hh, m->pairs, key[0], len, p);
    }
    p->value = value;
}

void *map_get(const struct map *m, const char *key)
{
    const struct pair *p = find(m, key, strlen(key));

    return p == NULL ? NULL : p->value;
}

void *map_take(struct map *m, const char *key)
{
    struct pair *p = find(m, key, strlen(key));
    void *value;

    if (p == NULL)
        return NULL;
    value = p->value;
    HASH_DEL(m->pairs, p);
    free(p);
    return value;
}

size_t map_count(const struct map *m)
{
    return HASH_COUNT(m->pairs);
}

void map_each(struct map *m, bool (*fn)(void *ctx, const char *key, void *value), void *ctx)
{
    struct pair *p, *next;

    HASH_ITER(hh, m->pairs, p, next)
    {
        if (!fn(ctx, p->key, p->value))
            return;
    }
}
