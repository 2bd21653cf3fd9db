#include "core/login.h"

#include "core/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* Secrets are kept as hashes, so that looking one up says nothing about it. */
struct one {
    struct login login; /* of a link alone: neither id nor code */
    char secret[HASH_HEX_LEN + 1];
    char link[HASH_HEX_LEN + 1];
    TAILQ_ENTRY(one) next;
};

struct logins {
    TAILQ_HEAD(one_list, one) all; /* oldest first */
    size_t n;
};

struct logins *logins_new(void)
{
    struct logins *l = mem_alloc(sizeof(*l));

    TAILQ_INIT(&l->all);
    return l;
}

static void drop(struct logins *l, struct one *o)
{
    TAILQ_REMOVE(&l->all, o, next);
    l->n--;
    free(o);
}

void logins_free(struct logins *l)
{
    struct one *o;

    if (!l)
        return;
    while ((o = TAILQ_FIRST(&l->all)))
        drop(l, o);
    free(l);
}

static void expire(struct logins *l, int64_t now_ms)
{
    for (struct one *o = TAILQ_FIRST(&l->all), *after; o; o = after) {
        after = TAILQ_NEXT(o, next);
        if (o->login.until_ms <= now_ms)
            drop(l, o);
    }
}

static struct one *add(struct logins *l, const char *agent_id, int64_t until_ms)
{
    struct one *o = mem_alloc(sizeof(*o));

    (void)snprintf(o->login.agent_id, sizeof(o->login.agent_id), "%s", agent_id);
    o->login.until_ms = until_ms;
    crypto_token(o->login.link);
    crypto_hash_hex(o->login.link, TOKEN_LEN, o->link);
    TAILQ_INSERT_TAIL(&l->all, o, next);
    l->n++;
    return o;
}

static bool is_login(const struct one *o)
{
    return o->login.id[0] != 0;
}

/* Of this agent, and waiting; code NULL: whatever it is. */
static struct one *waiting(struct logins *l, const char *agent_id, const char *code)
{
    struct one *o;

    TAILQ_FOREACH(o, &l->all, next)
    {
        if (is_login(o) && o->login.state == LOGIN_PENDING && *agent_id &&
            strcmp(o->login.agent_id, agent_id) == 0 && (!code || strcmp(o->login.code, code) == 0))
            return o;
    }
    return NULL;
}

/* Browsers name themselves as they like: what is shown to the agent is plain. */
static void put_printable(char out[LOGIN_FROM_MAX + 1], const char *in)
{
    size_t n = 0;

    for (; *in && n < LOGIN_FROM_MAX; in++)
        if (*in >= ' ' && *in <= '~')
            out[n++] = *in;
    out[n] = 0;
}

enum err logins_begin(struct logins *l, const char *agent_id, const char *from, int64_t now_ms,
                      char secret[TOKEN_LEN + 1], const struct login **out)
{
    struct one *o;

    expire(l, now_ms);
    while ((o = waiting(l, agent_id, NULL)))
        drop(l, o);
    if (l->n >= LOGINS_MAX)
        return ERR_BUSY;
    o = add(l, agent_id, now_ms + LOGIN_MS);
    crypto_id(o->login.id);
    (void)snprintf(o->login.code, sizeof(o->login.code), "%02u-%02u", crypto_random(100),
                   crypto_random(100));
    put_printable(o->login.from, from);
    crypto_token(secret);
    crypto_hash_hex(secret, TOKEN_LEN, o->secret);
    *out = &o->login;
    return OK;
}

enum err logins_answer(struct logins *l, const char *agent_id, const char *code, bool yes,
                       int64_t now_ms)
{
    struct one *o;

    expire(l, now_ms);
    if (!(o = waiting(l, agent_id, code)))
        return ERR_NOT_FOUND;
    o->login.state = yes ? LOGIN_APPROVED : LOGIN_DENIED;
    return OK;
}

static bool has_secret(const struct one *o, const char *secret)
{
    char hash[HASH_HEX_LEN + 1];

    crypto_hash_hex(secret, strlen(secret), hash);
    return o->secret[0] != 0 && crypto_equal(o->secret, hash, HASH_HEX_LEN);
}

enum err logins_take(struct logins *l, const char *id, const char *secret, int64_t now_ms,
                     enum login_state *state, char agent_id[ID_LEN + 1])
{
    struct one *o;

    expire(l, now_ms);
    TAILQ_FOREACH(o, &l->all, next)
    {
        if (!is_login(o) || strcmp(o->login.id, id) != 0 || !has_secret(o, secret))
            continue;
        *state = o->login.state;
        memcpy(agent_id, o->login.agent_id, ID_LEN + 1);
        if (o->login.state != LOGIN_PENDING)
            drop(l, o);
        return OK;
    }
    return ERR_NOT_FOUND;
}

enum err logins_link(struct logins *l, const char *agent_id, int64_t lasts_ms, int64_t now_ms,
                     char token[TOKEN_LEN + 1])
{
    struct one *o;

    expire(l, now_ms);
    if (l->n >= LOGINS_MAX)
        return ERR_BUSY;
    o = add(l, agent_id, now_ms + lasts_ms);
    memcpy(token, o->login.link, TOKEN_LEN + 1);
    return OK;
}

enum err logins_use(struct logins *l, const char *token, const char *secret, int64_t now_ms,
                    char agent_id[ID_LEN + 1])
{
    char hash[HASH_HEX_LEN + 1];
    struct one *o;

    expire(l, now_ms);
    crypto_hash_hex(token, strlen(token), hash);
    TAILQ_FOREACH(o, &l->all, next)
    {
        if (!crypto_equal(o->link, hash, HASH_HEX_LEN) || o->login.state == LOGIN_DENIED ||
            (is_login(o) && (!has_secret(o, secret) || o->login.agent_id[0] == 0)))
            continue;
        memcpy(agent_id, o->login.agent_id, ID_LEN + 1);
        drop(l, o);
        return OK;
    }
    return ERR_NOT_FOUND;
}

void logins_forget(struct logins *l, const char *agent_id)
{
    for (struct one *o = TAILQ_FIRST(&l->all), *after; o; o = after) {
        after = TAILQ_NEXT(o, next);
        if (strcmp(o->login.agent_id, agent_id) == 0)
            drop(l, o);
    }
}
