/* String -> pointer. Keys are copied, values belong to the caller. */
#ifndef PARLEY_MAP_H
#define PARLEY_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct map;

struct map *map_new(void);
void map_free(struct map *m); /* not the values */

void map_set(struct map *m, const char *key, void *value); /* replaces */
void *map_get(const struct map *m, const char *key);       /* NULL when missing */
void *map_take(struct map *m, const char *key);            /* removes; NULL when missing */
size_t map_count(const struct map *m);

/* Calls fn for each pair in the order of insertion, until it returns false. fn may take the pair it
 * is called for. */
void map_each(struct map *m, bool (*fn)(void *ctx, const char *key, void *value), void *ctx);

#endif
