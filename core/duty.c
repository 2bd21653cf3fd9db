#include "core/duty.h"

#include "core/base/arena.h"
#include "core/base/map.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An agent's sessions by source: address -> its show, as (void *)(intptr_t). A source that says
 * nothing has no map. */
struct person {
    struct map *sources[DUTY_SOURCES_];
};

struct duty {
    struct map *people; /* agent id -> struct person */
};

struct duty *duty_new(void)
{
    struct duty *d = mem_alloc(sizeof(*d));

    d->people = map_new();
    return d;
}

static void person_free(struct person *p)
{
    if (!p)
        return;
    for (int i = 0; i < DUTY_SOURCES_; i++)
        if (p->sources[i])
            map_free(p->sources[i]);
    free(p);
}

static bool free_one(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    person_free(value);
    return true;
}

void duty_free(struct duty *d)
{
    if (!d)
        return;
    map_each(d->people, free_one, NULL);
    map_free(d->people);
    free(d);
}

static struct map *source_of(struct duty *d, const char *agent_id, enum duty_source source)
{
    struct person *p = map_get(d->people, agent_id);

    if (!p) {
        p = mem_alloc(sizeof(*p));
        map_set(d->people, agent_id, p);
    }
    if (!p->sources[source])
        p->sources[source] = map_new();
    return p->sources[source];
}

void duty_set(struct duty *d, const char *agent_id, enum duty_source source, const char *address,
              enum duty_show show)
{
    const struct person *p = map_get(d->people, agent_id);

    assert(source < DUTY_SOURCES_);
    if (show != DUTY_OFF) {
        map_set(source_of(d, agent_id, source), address, (void *)(intptr_t)show);
        return;
    }
    if (!p || !p->sources[source])
        return;
    (void)map_take(p->sources[source], address);
    if (map_count(p->sources[source]) == 0)
        duty_clear(d, agent_id, source);
}

void duty_clear(struct duty *d, const char *agent_id, enum duty_source source)
{
    struct person *p = map_get(d->people, agent_id);

    if (!p || !p->sources[source])
        return;
    map_free(p->sources[source]);
    p->sources[source] = NULL;
    for (int i = 0; i < DUTY_SOURCES_; i++)
        if (p->sources[i])
            return;
    duty_forget(d, agent_id);
}

void duty_forget(struct duty *d, const char *agent_id)
{
    person_free(map_take(d->people, agent_id));
}

static bool most(void *ctx, const char *key, void *value)
{
    enum duty_show *best = ctx, show = (enum duty_show)(intptr_t)value;

    (void)key;
    if (show > *best)
        *best = show;
    return true;
}

enum duty_show duty_from(const struct duty *d, const char *agent_id, enum duty_source source)
{
    const struct person *p = map_get(d->people, agent_id);
    enum duty_show best = DUTY_OFF;

    if (p && p->sources[source])
        map_each(p->sources[source], most, &best);
    return best;
}

enum duty_show duty_of(const struct duty *d, const char *agent_id)
{
    for (int i = 0; i < DUTY_SOURCES_; i++) {
        enum duty_show show = duty_from(d, agent_id, (enum duty_source)i);

        if (show != DUTY_OFF)
            return show;
    }
    return DUTY_OFF;
}

bool duty_available(const struct duty *d, const char *agent_id)
{
    return duty_of(d, agent_id) >= DUTY_AWAY;
}

const char *duty_name(enum duty_show show)
{
    switch (show) {
    case DUTY_OFF:
        return "off";
    case DUTY_DND:
        return "dnd";
    case DUTY_XA:
        return "xa";
    case DUTY_AWAY:
        return "away";
    case DUTY_ON:
        return "available";
    }
    return "";
}

enum duty_show duty_of_presence(const char *show)
{
    if (strcmp(show, "dnd") == 0)
        return DUTY_DND;
    if (strcmp(show, "xa") == 0)
        return DUTY_XA;
    return strcmp(show, "away") == 0 ? DUTY_AWAY : DUTY_ON;
}
