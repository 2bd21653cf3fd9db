#include "db/gather.h"

#include <stdlib.h>
#include <string.h>

bool gather_take(struct gather *g, const void *data, size_t len, int64_t at)
{
    if (len > GATHER_MAX - g->len || (g->len > 0 && at != g->at + (int64_t)g->len))
        return false;
    if (g->data == NULL && (g->data = malloc(GATHER_MAX)) == NULL)
        return false;
    if (g->len == 0)
        g->at = at;
    memcpy(g->data + g->len, data, len);
    g->len += len;
    return true;
}

bool gather_holds(const struct gather *g, size_t len, int64_t at)
{
    return g->len > 0 && at < g->at + (int64_t)g->len && at + (int64_t)len > g->at;
}

void gather_clear(struct gather *g)
{
    g->len = 0;
}

void gather_free(struct gather *g)
{
    free(g->data);
    *g = (struct gather){0};
}
