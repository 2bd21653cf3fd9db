#include "webbridge/auth.h"

#include "core/base/arena.h"
#include "core/base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct ticket {
    enum who kind;
    char id[ID_LEN + 1], chat[ID_LEN + 1];
    int64_t until_ms;
};

struct tickets {
    struct map *by_hash; /* in the order of their end */
    struct map *held;    /* asker and chat -> how many, as (void *)(intptr_t) */
};

const char *auth_bearer(const char *header)
{
    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7;
    header += strspn(header, " ");
    return *header == '\0' || strpbrk(header, " \t,") != NULL ? NULL : header;
}

const char *auth_cookie(struct arena *a, const char *header, const char *name)
{
    size_t len = strlen(name);

    while (header != NULL && *header != '\0') {
        size_t one;

        header += strspn(header, "; \t");
        one = strcspn(header, ";");
        if (one > len && strncmp(header, name, len) == 0 && header[len] == '=')
            return arena_dup_len(a, header + len + 1, one - len - 1);
        header += one;
    }
    return NULL;
}

struct tickets *tickets_new(void)
{
    struct tickets *t = mem_alloc(sizeof(*t));

    t->by_hash = map_new();
    t->held = map_new();
    return t;
}

static bool free_one(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    free(value);
    return true;
}

void tickets_free(struct tickets *t)
{
    if (t == NULL)
        return;
    map_each(t->by_hash, free_one, NULL);
    map_free(t->by_hash);
    map_free(t->held);
    free(t);
}

#define OWNER_LEN (2 * ID_LEN + 2)

static void owner_of(const struct ticket *one, char out[OWNER_LEN])
{
    (void)snprintf(out, OWNER_LEN, "%s/%s", one->id, one->chat);
}

static intptr_t count_held(struct tickets *t, const struct ticket *one, intptr_t step)
{
    char owner[OWNER_LEN];
    intptr_t n;

    owner_of(one, owner);
    n = (intptr_t)map_get(t->held, owner) + step;
    if (n > 0)
        map_set(t->held, owner, (void *)n);
    else
        (void)map_take(t->held, owner);
    return n;
}

static void drop(struct tickets *t, struct ticket *one)
{
    (void)count_held(t, one, -1);
    free(one);
}

struct purge {
    struct tickets *tickets;
    int64_t now_ms;
};

static bool purge_one(void *ctx, const char *key, void *value)
{
    struct purge *p = ctx;
    struct ticket *t = value;

    if (t->until_ms > p->now_ms)
        return false;
    (void)map_take(p->tickets->by_hash, key);
    drop(p->tickets, t);
    return true;
}

enum err tickets_put(struct tickets *t, const struct principal *who, const char *chat,
                     int64_t now_ms, char out[TOKEN_LEN + 1])
{
    struct purge p = {.tickets = t, .now_ms = now_ms};
    char hash[HASH_HEX_LEN + 1];
    struct ticket *one;

    map_each(t->by_hash, purge_one, &p);
    if (map_count(t->by_hash) >= TICKETS_MAX)
        return ERR_BUSY;
    one = mem_alloc(sizeof(*one));
    one->kind = who->kind;
    one->until_ms = now_ms + TICKET_MS;
    snprintf(one->id, sizeof(one->id), "%s", who->id);
    snprintf(one->chat, sizeof(one->chat), "%s", chat);
    if (count_held(t, one, 1) > TICKETS_EACH) {
        drop(t, one);
        return ERR_RATE;
    }
    crypto_token(out);
    /* Looked up by hash, so that the time of a look-up says nothing about the ticket. */
    crypto_hash_hex(out, strlen(out), hash);
    map_set(t->by_hash, hash, one);
    return OK;
}

enum err tickets_use(struct tickets *t, const char *ticket, const char *chat, int64_t now_ms,
                     char id_out[ID_LEN + 1], struct principal *who)
{
    char hash[HASH_HEX_LEN + 1];
    struct ticket *one;
    enum err e = ERR_UNAUTHORIZED;

    crypto_hash_hex(ticket, strlen(ticket), hash);
    if ((one = map_take(t->by_hash, hash)) == NULL)
        return e;
    if (one->until_ms > now_ms && strcmp(one->chat, chat) == 0) {
        memcpy(id_out, one->id, sizeof(one->id));
        who->kind = one->kind;
        who->id = id_out;
        e = OK;
    }
    drop(t, one);
    return e;
}
