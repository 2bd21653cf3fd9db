/* Requests to other HTTP servers, by libcurl on the loop. Alone includes curl.h. One thread;
 * nothing blocks: names are resolved on libcurl's own threads. */
#ifndef PARLEY_FETCH_H
#define PARLEY_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct fetcher; /* all requests, and connections that may be used again */
struct fetch;   /* one request */

/* A part of the answer's body, of whatever status (fetch_status). Lent. false: it is enough, and
 * the request ends. Requests may be cancelled within the call, but none may begin. */
typedef bool fetch_data_fn(void *ctx, const char *data, size_t len);

/* Once, unless the request is cancelled; it is gone then.
 * status  of the answer; 0 there is none
 * why     NULL: the answer is whole; else a word: "timeout", "unreachable", "tls" (it could not be
 *         verified), "too-large", "broken", "ended" (by data) */
typedef void fetch_done_fn(void *ctx, int status, const char *why);

/* A POST. Everything is copied. */
struct fetch_request {
    const char *url; /* http or https. Redirects are not followed, proxies of the environment not
                        used, certificates verified with the system's authorities */
    const char *body;
    size_t body_len;
    const char *content_type;
    const char *bearer; /* sent as Authorization; "" none */
    int connect_ms;     /* time to be connected */
    int deadline_ms;    /* the request ends then; fetch_deadline sets another time */
    size_t max_bytes;   /* of the answer's body; more ends it */
    fetch_data_fn *data;
    fetch_done_fn *done;
    void *ctx;
};

struct fetcher *fetcher_new(uv_loop_t *loop);
/* Requests under way are cancelled. The loop must run until its handles are closed. NULL is
 * allowed. */
void fetcher_free(struct fetcher *m);

/* Lent until done is called, which is never before fetch_new returns. */
struct fetch *fetch_new(struct fetcher *m, const struct fetch_request *r);
void fetch_deadline(struct fetch *f, int ms); /* from now */
int fetch_status(const struct fetch *f);      /* of the answer; 0 none yet */
void fetch_cancel(struct fetch *f);           /* nothing is called any more; NULL is allowed */

#endif
