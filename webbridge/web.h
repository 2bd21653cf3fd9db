/* The bridge's inside, shared by its files. */
#ifndef PARLEY_WEB_H
#define PARLEY_WEB_H

#include "webbridge/address.h"
#include "webbridge/auth.h"
#include "webbridge/http.h"
#include "webbridge/limit.h"
#include "webbridge/sse.h"
#include "webbridge/webbridge.h"
#include "webbridge/wire.h"

struct webbridge {
    uv_loop_t *loop;
    struct web_options o;
    struct desk *desk;
    struct bus *bus;
    struct proxies *proxies;
    struct http *http;
    struct sse *sse;
    struct wires *wires;
    struct tickets *tickets;
    struct limit *new_chats, *bad_tokens, *logins, *asked;
    struct limit *upload_bytes; /* of customers, by address */
    struct tally *uploads;      /* files on their way, by sender */
    struct tally *transcripts;  /* likewise, by address, and all of them as "" */
    char *url, *origin;         /* of the public URL */
    char boot[9];               /* makes request ids differ from those of another run */
    uint64_t served;            /* requests */
    int parts;                  /* still open on the loop, while it ends */
    void (*done)(void *ctx);
    void *done_ctx;
};

/* Monotonic, for limits and tickets. */
static inline int64_t web_now(const struct webbridge *w)
{
    return (int64_t)uv_now(w->loop);
}

#endif
