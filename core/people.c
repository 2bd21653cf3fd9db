#include "core/people.h"

#include "core/base/map.h"
#include "core/base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct agent *agent_dup(struct arena *a, const struct agent *from)
{
    struct agent *copy = arena_new_of(a, struct agent);

    *copy = *from;
    copy->jid = arena_dup(a, from->jid);
    copy->name = arena_dup(a, from->name);
    copy->organization = arena_dup(a, from->organization);
    copy->skills = arena_dup(a, from->skills);
    return copy;
}

const char *agent_notify_name(enum agent_notify n)
{
    switch (n) {
    case NOTIFY_MESSAGE:
        return "message";
    case NOTIFY_INVITE:
        return "invite";
    case NOTIFY_LOBBY:
        return "lobby";
    case NOTIFY_NONE:
        return "none";
    case NOTIFY_COUNT_:
        break;
    }
    return "";
}

/* Anywhere in a name as a word, or the whole name with spaces inside. */
static const char *const office_words[] = {
    "support",   "agent",    "assistant", "admin", "administrator", "system",
    "moderator", "operator", "helpdesk",  "staff", "chatbot",       NULL,
};
/* Only as the whole name: they are also names of people. */
static const char *const office_names[] = {
    "ai",        "bot",       "parley",        "parley bot", "parley ai", "customer service",
    "help desk", "live chat", "customer care", NULL,
};
/* Also without a space behind them: "AgentSarah". */
static const char *const office_starts[] = {"agent", "support agent", "support team", NULL};

struct person {
    struct arena *arena; /* owns this and all it points to */
    struct agent agent;
    char *key; /* of the name */
};

struct house {
    struct arena *arena;
    struct organization organization;
};

struct directory {
    struct arena *words_arena;
    struct map *by_id, *by_jid, *by_name; /* -> struct person */
    struct map *organizations;            /* -> struct house */
    struct map *words, *names;            /* skeletons that are reserved */
    struct person **order;                /* by created_ms */
    size_t n, cap;
};

static void reserve(struct directory *d, struct map *m, const char *const *list)
{
    for (; *list != NULL; list++)
        map_set(m, text_skeleton(d->words_arena, *list), d);
}

struct directory *directory_new(void)
{
    struct directory *d = mem_alloc(sizeof(*d));
    const struct organization first = {.name = "default", .title = "Support", .origins = ""};

    d->words_arena = arena_new();
    d->by_id = map_new();
    d->by_jid = map_new();
    d->by_name = map_new();
    d->organizations = map_new();
    d->words = map_new();
    d->names = map_new();
    reserve(d, d->words, office_words);
    reserve(d, d->names, office_names);
    reserve(d, d->names, office_words);
    directory_put_organization(d, &first);
    return d;
}

static bool house_free(void *ctx, const char *key, void *value)
{
    struct house *h = value;

    (void)ctx;
    (void)key;
    arena_free(h->arena);
    return true;
}

void directory_free(struct directory *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->n; i++)
        arena_free(d->order[i]->arena);
    map_each(d->organizations, house_free, NULL);
    map_free(d->by_id);
    map_free(d->by_jid);
    map_free(d->by_name);
    map_free(d->organizations);
    map_free(d->words);
    map_free(d->names);
    arena_free(d->words_arena);
    free(d->order);
    free(d);
}

/* A name of symbols alone has an empty skeleton and is its own key; "=" is in no skeleton. */
static char *name_key(struct arena *a, const char *name)
{
    char *skeleton = text_skeleton(a, name);

    return skeleton[0] != '\0' ? skeleton : arena_printf(a, "=%s", name);
}

static void order_insert(struct directory *d, struct person *p)
{
    size_t at = d->n;

    if (d->n == d->cap) {
        d->cap = d->cap == 0 ? 16 : d->cap * 2;
        d->order = mem_resize(d->order, d->cap * sizeof(struct person *));
    }
    while (at > 0 && d->order[at - 1]->agent.created_ms > p->agent.created_ms) {
        d->order[at] = d->order[at - 1];
        at--;
    }
    d->order[at] = p;
    d->n++;
}

static void order_remove(struct directory *d, const struct person *p)
{
    size_t at = 0;

    while (d->order[at] != p)
        at++;
    d->n--;
    memmove(&d->order[at], &d->order[at + 1], (d->n - at) * sizeof(struct person *));
}

static void forget(struct map *m, const char *key, const struct person *p)
{
    if (map_get(m, key) == p)
        map_take(m, key);
}

static void unlist(struct directory *d, struct person *p)
{
    forget(d->by_id, p->agent.id, p);
    forget(d->by_jid, p->agent.jid, p);
    forget(d->by_name, p->key, p);
    order_remove(d, p);
}

void directory_put_agent(struct directory *d, const struct agent *a)
{
    struct person *old = map_get(d->by_id, a->id);
    struct arena *arena = arena_new();
    struct person *p = arena_new_of(arena, struct person);

    p->arena = arena;
    p->agent = *a;
    p->agent.jid = arena_dup(arena, a->jid);
    p->agent.name = arena_dup(arena, a->name);
    p->agent.organization = arena_dup(arena, a->organization);
    p->agent.skills = arena_dup(arena, a->skills);
    p->key = name_key(arena, p->agent.name);
    if (old != NULL)
        unlist(d, old);
    map_set(d->by_id, p->agent.id, p);
    map_set(d->by_jid, p->agent.jid, p);
    map_set(d->by_name, p->key, p);
    order_insert(d, p);
    /* Last: a may be the one that is replaced. */
    if (old != NULL)
        arena_free(old->arena);
}

void directory_del_agent(struct directory *d, const char *id)
{
    struct person *p = map_get(d->by_id, id);

    if (p == NULL)
        return;
    unlist(d, p);
    arena_free(p->arena);
}

void directory_put_organization(struct directory *d, const struct organization *o)
{
    struct house *old = map_get(d->organizations, o->name);
    struct arena *arena = arena_new();
    struct house *h = arena_new_of(arena, struct house);

    h->arena = arena;
    h->organization = *o;
    h->organization.name = arena_dup(arena, o->name);
    h->organization.title = arena_dup(arena, o->title);
    h->organization.origins = arena_dup(arena, o->origins);
    map_set(d->organizations, h->organization.name, h);
    if (old != NULL)
        arena_free(old->arena);
}

static const struct agent *agent_of(const struct person *p)
{
    return p == NULL ? NULL : &p->agent;
}

const struct agent *directory_by_id(const struct directory *d, const char *id)
{
    return agent_of(map_get(d->by_id, id));
}

const struct agent *directory_by_jid(const struct directory *d, const char *bare)
{
    return agent_of(map_get(d->by_jid, bare));
}

struct typed {
    struct arena *arena;
    const char *folded;
    const struct agent *found;
};

static void match_typed(void *ctx, const struct agent *a)
{
    struct typed *t = ctx;

    if (strcmp(text_fold(t->arena, a->jid), t->folded) == 0)
        t->found = a;
}

const char *directory_typed(struct arena *a, const char *jid)
{
    size_t len;

    jid += strspn(jid, " \t");
    len = strlen(jid);
    while (len > 0 && strchr(" \t", jid[len - 1]))
        len--;
    return text_fold(a, arena_dup_len(a, jid, len));
}

const struct agent *directory_by_typed(const struct directory *d, const char *jid)
{
    struct typed t = {.arena = arena_new()};

    t.folded = directory_typed(t.arena, jid);
    directory_each_agent((struct directory *)d, match_typed, &t);
    arena_free(t.arena);
    return t.found;
}

const struct agent *directory_by_name(const struct directory *d, const char *name)
{
    struct arena *a = arena_new();
    const struct person *p = map_get(d->by_name, name_key(a, name));

    arena_free(a);
    return agent_of(p);
}

const struct organization *directory_organization(const struct directory *d, const char *name)
{
    const struct house *h = map_get(d->organizations, name);

    return h == NULL ? NULL : &h->organization;
}

void directory_each_agent(struct directory *d, void (*fn)(void *ctx, const struct agent *a),
                          void *ctx)
{
    for (size_t i = 0; i < d->n; i++)
        fn(ctx, &d->order[i]->agent);
}

struct each_organization {
    void (*fn)(void *ctx, const struct organization *o);
    void *ctx;
};

static bool tell_organization(void *ctx, const char *key, void *value)
{
    const struct each_organization *each = ctx;
    const struct house *h = value;

    (void)key;
    each->fn(each->ctx, &h->organization);
    return true;
}

void directory_each_organization(struct directory *d,
                                 void (*fn)(void *ctx, const struct organization *o), void *ctx)
{
    struct each_organization each = {fn, ctx};

    map_each(d->organizations, tell_organization, &each);
}

static bool starts_as_office(struct arena *a, const char *skeleton)
{
    for (const char *const *s = office_starts; *s != NULL; s++) {
        const char *start = text_skeleton(a, *s);

        if (strncmp(skeleton, start, strlen(start)) == 0)
            return true;
    }
    return false;
}

/* Characters above ASCII stay in words: text_skeleton knows which of them are letters. */
static bool in_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool has_office_word(const struct directory *d, struct arena *a, const char *name)
{
    while (*name != '\0') {
        size_t len = 0;

        while (in_word(name[len]))
            len++;
        if (len > 0 && map_get(d->words, text_skeleton(a, arena_dup_len(a, name, len))) != NULL)
            return true;
        name += len > 0 ? len : 1;
    }
    return false;
}

/* "Alice (customer)" is how rooms show a customer named Alice. A bare "customer" at the end is
 * nobody else's; with a bracket or any other sign behind it, it reads like ours. */
static bool ends_as_customer(struct arena *a, const char *name, const char *skeleton)
{
    const char *end = text_skeleton(a, "customer");
    const size_t len = strlen(skeleton), end_len = strlen(end);

    if (len < end_len || strcmp(skeleton + len - end_len, end) != 0)
        return false;
    return !isalpha((unsigned char)name[strlen(name) - 1]);
}

/* "Al" looks like "AI", but is a name that people have. */
static bool is_office_name(const struct directory *d, struct arena *a, const char *name,
                           const char *skeleton)
{
    return map_get(d->names, skeleton) && strcmp(text_fold(a, name), "al") != 0;
}

bool directory_reserved_name(const struct directory *d, const char *name)
{
    struct arena *a = arena_new();
    const char *skeleton = text_skeleton(a, name);
    const bool reserved = map_get(d->by_name, name_key(a, name)) != NULL ||
                          is_office_name(d, a, name, skeleton) || has_office_word(d, a, name) ||
                          starts_as_office(a, skeleton) || ends_as_customer(a, name, skeleton);

    arena_free(a);
    return reserved;
}
