/* HTTP/1.1 on the loop. Alone includes microhttpd.h. */
#ifndef PARLEY_HTTP_H
#define PARLEY_HTTP_H

#include "core/base/arena.h"
#include "webbridge/address.h"
#include "webbridge/reply.h"

#include <stdint.h>
#include <uv.h>

#define HTTP_PIECE (256 * 1024) /* of a body that is given on in pieces, about */

struct http;

/* One request. Lives until its answer is sent or its client is gone, but never shorter than until
 * http_reply was called, or http_more for a piece: a client's going is not noticed while we wait
 * for the store or the disk. */
struct request {
    struct arena *arena;
    struct http *http;
    const char *method, *path; /* the path decoded, without query */
    struct address peer;
    const char *body; /* from `ready` on; never NULL */
    size_t body_len;
    int64_t body_expected; /* of Content-Length; -1 unknown (chunked) */
    enum err overload;     /* not OK: there are too many connections; answer that and close */
    bool malformed;        /* the framing gate refused it: answer 400 and close */
    bool too_large;        /* a chunked body grew over the limit and was thrown away */
    void *user;            /* the handlers' */
};

/* Each request comes to `begin` when its headers are there, which may answer at once or take the
 * socket; otherwise to `ready` when its body is there too, which answers then or later. */
struct http_handlers {
    void (*begin)(void *ctx, struct request *r);
    void (*ready)(void *ctx, struct request *r);
    /* Part of the body, after http_in_pieces; lent until http_more. */
    void (*piece)(void *ctx, struct request *r, const void *data, size_t len);
    void (*ended)(void *ctx, struct request *r); /* the request is about to go */
    void *ctx;
};

struct http_options {
    const char *listen;
    int connections, per_address; /* as in conns.h */
    size_t body_max;
    int header_seconds, body_seconds, unsent_seconds;
    const struct proxies *proxies; /* lent */
};

/* Options' strings are lent. *detail: static text on an error.
 * Errors  ERR_CONFIG, ERR_IO */
NODISCARD enum err http_new(uv_loop_t *loop, const struct http_options *o,
                            const struct http_handlers *h, struct http **out, const char **detail);
/* Takes no more requests, waits for the answers that are still owed, and ends. done: nothing of it
 * is left on the loop. */
void http_free(struct http *h, void (*done)(void *ctx), void *ctx);
int http_port(const struct http *h);
void http_turn(struct http *h); /* send what was answered since the last turn */

/* A header or a query parameter, copied into the request's arena; NULL when missing. Until the
 * answer. A header that came several times is joined by ", ". */
const char *http_header(struct request *r, const char *name);
const char *http_query(struct request *r, const char *name);

/* Only in begin, when body_expected is known: the body is not collected but comes to `piece`, then
 * `ready` with no body. body_max is not kept; the time for it grows with its size. */
void http_in_pieces(struct request *r);
/* The handler is done with a piece: perhaps before `piece` returns. */
void http_more(struct request *r);

/* The answer. reply is copied from, its fd is taken. For a piece it stands for http_more too: what
 * is left of the body is thrown away, and `ready` does not come. */
void http_reply(struct request *r, const struct reply *reply);

/* Only in begin: the socket leaves the HTTP library and becomes the caller's, and with it r->arena.
 * -1 when there is no descriptor left; then answer. */
int http_take(struct request *r);

#endif
