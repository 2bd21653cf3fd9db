#include "webbridge/conns.h"

#include "core/base/arena.h"
#include "core/base/map.h"

#include <stdlib.h>
#include <sys/socket.h>

TAILQ_HEAD(conn_list, conn);

/* An address with connections. */
struct host {
    int count;
    char key[ADDRESS_KEY_MAX];
};

struct conns {
    int most, per_address;
    const struct proxies *proxies;
    struct conn_list waiting; /* for their next step: the longest first */
    struct conn_list busy;
    size_t count, cut;
    struct map *hosts; /* by the address's key */
};

struct conns *conns_new(int most, int per_address, const struct proxies *proxies)
{
    struct conns *c = mem_alloc(sizeof(*c));

    c->most = most;
    c->per_address = per_address;
    c->proxies = proxies;
    TAILQ_INIT(&c->waiting);
    TAILQ_INIT(&c->busy);
    c->hosts = map_new();
    return c;
}

void conns_free(struct conns *c)
{
    if (c == NULL)
        return;
    map_free(c->hosts);
    free(c);
}

size_t conns_count(const struct conns *c)
{
    return c->count;
}

/* libmicrohttpd 0.9.75 accepts up to 10 for each look at its sockets, and closes those that were
 * cut for them only after its last look: a crowd needs room for some looks. */
int conns_spare(int most)
{
    return most / 16 + 40;
}

/* Over the limit of an address, to be told. */
static int spare_of_address(int per_address)
{
    return per_address / 16 + 8;
}

static struct host *host_of(const struct conns *c, const struct address *peer)
{
    char key[ADDRESS_KEY_MAX];

    address_key(peer, key);
    return map_get(c->hosts, key);
}

bool conns_admit(struct conns *c, const struct address *peer)
{
    const struct host *h = host_of(c, peer);

    return c->count < (size_t)c->most + (size_t)conns_spare(c->most) &&
           (h == NULL || h->count < c->per_address + spare_of_address(c->per_address));
}

static void take_out(struct conn *n)
{
    if (n->busy)
        TAILQ_REMOVE(&n->of->busy, n, link);
    else
        TAILQ_REMOVE(&n->of->waiting, n, link);
}

static struct host *enter(struct conns *c, const struct address *peer)
{
    struct host *h = host_of(c, peer);

    if (h == NULL) {
        h = mem_alloc(sizeof(*h));
        address_key(peer, h->key);
        map_set(c->hosts, h->key, h);
    }
    h->count++;
    return h;
}

static void leave(struct conns *c, struct host *h)
{
    if (--h->count > 0)
        return;
    (void)map_take(c->hosts, h->key);
    free(h);
}

static int weight(const struct conn *n)
{
    return n->host == NULL ? 0 : n->host->count;
}

static struct conn *find_heaviest(struct conns *c)
{
    struct conn *best = TAILQ_FIRST(&c->waiting), *n;

    TAILQ_FOREACH(n, &c->waiting, link)
    {
        if (weight(n) > weight(best))
            best = n;
    }
    return best;
}

struct conn *conns_open(struct conns *c, int fd, const struct address *peer, int64_t now_ms,
                        int64_t wait_ms)
{
    struct conn *n = mem_alloc(sizeof(*n));

    n->of = c;
    n->fd = fd;
    n->peer = *peer;
    if (!proxies_trust(c->proxies, peer))
        n->host = enter(c, peer);
    if (n->host != NULL && n->host->count > c->per_address)
        n->overload = ERR_RATE;
    if (c->count - c->cut >= (size_t)c->most) {
        struct conn *heaviest = find_heaviest(c);

        if (heaviest == NULL)
            n->overload = ERR_BUSY;
        else
            conns_cut(heaviest);
    }
    c->count++;
    n->deadline_ms = now_ms + wait_ms;
    TAILQ_INSERT_TAIL(&c->waiting, n, link);
    return n;
}

void conns_close(struct conn *n)
{
    struct conns *c = n->of;

    if (n->host != NULL)
        leave(c, n->host);
    if (n->fd < 0)
        c->cut--;
    take_out(n);
    c->count--;
    free(n);
}

static void put(struct conn *n, bool busy, int64_t deadline_ms)
{
    take_out(n);
    n->busy = busy;
    n->deadline_ms = deadline_ms;
    if (busy)
        TAILQ_INSERT_TAIL(&n->of->busy, n, link);
    else
        TAILQ_INSERT_TAIL(&n->of->waiting, n, link);
}

void conns_wait(struct conn *n, int64_t now_ms, int64_t wait_ms)
{
    if (n->fd >= 0)
        put(n, false, now_ms + wait_ms);
}

void conns_work(struct conn *n)
{
    if (n->fd >= 0)
        put(n, true, INT64_MAX);
}

void conns_cut(struct conn *n)
{
    if (n->fd < 0)
        return;
    shutdown(n->fd, SHUT_RDWR);
    n->fd = -1;
    n->of->cut++;
    put(n, true, INT64_MAX);
}

void conns_sweep(struct conns *c, int64_t now_ms)
{
    struct conn *n, *next;

    for (n = TAILQ_FIRST(&c->waiting); n != NULL; n = next) {
        next = TAILQ_NEXT(n, link);
        if (n->deadline_ms <= now_ms)
            conns_cut(n);
    }
}

void conns_each(struct conns *c, void (*fn)(void *ctx, struct conn *n), void *ctx)
{
    struct conn *n, *next;

    for (n = TAILQ_FIRST(&c->waiting); n != NULL; n = next) {
        next = TAILQ_NEXT(n, link);
        fn(ctx, n);
    }
}
