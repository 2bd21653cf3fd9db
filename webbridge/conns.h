/* The connections inside the HTTP library: how many there may be, and who is cut when. Knows
 * sockets as numbers only. One thread. */
#ifndef PARLEY_CONNS_H
#define PARLEY_CONNS_H

#include "core/base/err.h"
#include "webbridge/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct conns;
struct host;

struct conn {
    TAILQ_ENTRY(conn) link;
    struct conns *of;
    int fd;
    int64_t deadline_ms; /* INT64_MAX while we are at work, or when it is cut */
    struct address peer;
    struct host *host; /* NULL: a trusted proxy's */
    bool busy;         /* we are at work, or it is cut */
    enum err overload; /* OK; ERR_BUSY too many connections, ERR_RATE too many of its address */
    void *heading;     /* the user's, while the headers come in */
};

/* most, per_address: at once; trusted proxies have no limit of their own. proxies: lent */
struct conns *conns_new(int most, int per_address, const struct proxies *proxies);
void conns_free(struct conns *c);
size_t conns_count(const struct conns *c);
/* So many over the limit are still heard, so that they can be told. */
int conns_spare(int most);

/* May another one be heard at all? */
bool conns_admit(struct conns *c, const struct address *peer);
/* When there are too many, one that keeps us waiting for its next step makes room: one of the
 * address that has the most, and of its the one that has waited longest. When all are at work, the
 * new one is to be told so: `overload`.
 * Cost  beyond the limit, a look at all connections */
struct conn *conns_open(struct conns *c, int fd, const struct address *peer, int64_t now_ms,
                        int64_t wait_ms);
void conns_close(struct conn *n);

/* It made a step, and has so long for the next. Bytes alone do not move this deadline. */
void conns_wait(struct conn *n, int64_t now_ms, int64_t wait_ms);
void conns_work(struct conn *n); /* the next step is ours */
/* Both directions end; whoever reads the socket finds its end, and closes it. */
void conns_cut(struct conn *n);
void conns_sweep(struct conns *c, int64_t now_ms); /* cuts those over their deadlines */
void conns_each(struct conns *c, void (*fn)(void *ctx, struct conn *n), void *ctx);

#endif
