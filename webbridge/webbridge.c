#include "webbridge/webbridge.h"

#include "core/base/log.h"
#include "webbridge/call.h"
#include "webbridge/conns.h"
#include "webbridge/cors.h"
#include "webbridge/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES_MAX 20000 /* remembered by each rate limit */
#define DESCRIPTORS_KEPT 64
#define PER_ADDRESS 50 /* connections beside streams, which are short within the library */

static void on_begin(void *ctx, struct request *r)
{
    struct call *c = call_new(ctx, r);

    r->user = c;
    route_begin(c);
}

static void on_ready(void *ctx, struct request *r)
{
    (void)ctx;
    route_ready(r->user);
}

static void on_piece(void *ctx, struct request *r, const void *data, size_t len)
{
    struct call *c = r->user;

    (void)ctx;
    c->reader->piece(c, data, len);
}

static void on_ended(void *ctx, struct request *r)
{
    (void)ctx;
    call_free(r->user);
}

/* What the store, the XMPP connection, management commands and resolving names need stays theirs,
 * however many browsers there are: an XMPP connection can be made again, and a new browser is told
 * that there are too many. */
static void share_descriptors(struct web_options *o)
{
    const int ours = o->descriptors > 2 * DESCRIPTORS_KEPT ? o->descriptors - DESCRIPTORS_KEPT
                                                           : DESCRIPTORS_KEPT;

    if (o->connections + conns_spare(o->connections) + o->streams <= ours)
        return;
    if (o->connections > ours / 4)
        o->connections = ours / 4;
    if (o->streams > ours - o->connections - conns_spare(o->connections))
        o->streams = ours - o->connections - conns_spare(o->connections);
    log_warn("few-descriptors", "limit=%d connections=%d streams=%d", o->descriptors,
             o->connections, o->streams);
}

static void set_url(struct webbridge *w)
{
    const struct web_options *o = &w->o;
    struct arena *a = arena_new();
    const char *host_end = strrchr(o->listen, ':');

    if (*o->public_url != '\0' || strncmp(o->listen, "unix:", 5) == 0)
        w->url = mem_dup(o->public_url);
    else
        w->url = mem_dup(arena_printf(a, "http://%.*s:%d", (int)(host_end - o->listen), o->listen,
                                      http_port(w->http)));
    w->origin = mem_dup(cors_origin_of(a, w->url));
    arena_free(a);
}

static enum err open_http(struct webbridge *w, const char **detail)
{
    struct http_handlers handlers = {
        .begin = on_begin, .ready = on_ready, .piece = on_piece, .ended = on_ended, .ctx = w};
    struct http_options o = {.listen = w->o.listen,
                             .connections = w->o.connections,
                             .per_address = w->o.streams_per_address + PER_ADDRESS,
                             .body_max = (size_t)w->o.body_bytes,
                             .header_seconds = w->o.header_seconds,
                             .body_seconds = w->o.body_seconds,
                             .unsent_seconds = w->o.unsent_seconds,
                             .proxies = w->proxies};

    return http_new(w->loop, &o, &handlers, &w->http, detail);
}

enum err webbridge_new(uv_loop_t *loop, const struct web_options *o, struct desk *desk,
                       struct bus *bus, struct webbridge **out, const char **detail)
{
    struct webbridge *w = mem_alloc(sizeof(*w));
    const char *bad = "";
    enum err e = ERR_CONFIG;

    w->loop = loop;
    w->o = *o;
    share_descriptors(&w->o);
    w->desk = desk;
    w->bus = bus;
    *detail = "http.trusted_proxies holds what is no address";
    if ((w->proxies = proxies_new(o->trusted_proxies, &bad)) == NULL ||
        (e = open_http(w, detail)) != OK) {
        proxies_free(w->proxies);
        free(w);
        return e;
    }
    set_url(w);
    snprintf(w->boot, sizeof(w->boot), "%08x", crypto_random(UINT32_MAX));
    w->new_chats = limit_new(o->chats_per_minute, ADDRESSES_MAX);
    w->bad_tokens = limit_new(o->bad_tokens_per_minute, ADDRESSES_MAX);
    w->logins = limit_new(o->logins_per_minute, ADDRESSES_MAX);
    w->asked = limit_new((o->logins_per_minute + 2) / 3, ADDRESSES_MAX);
    w->upload_bytes = limit_new_daily(o->upload_bytes_per_day, ADDRESSES_MAX);
    w->uploads = tally_new();
    w->transcripts = tally_new();
    w->tickets = tickets_new();
    w->wires = wires_new(loop, o->heartbeat_seconds, o->unsent_seconds);
    w->sse = sse_new(w);
    *out = w;
    return OK;
}

const char *webbridge_url(const struct webbridge *w)
{
    return w->url;
}

int webbridge_port(const struct webbridge *w)
{
    return http_port(w->http);
}

static void part_gone(void *ctx)
{
    struct webbridge *w = ctx;

    if (--w->parts > 0)
        return;
    sse_free(w->sse);
    tickets_free(w->tickets);
    limit_free(w->new_chats);
    limit_free(w->bad_tokens);
    limit_free(w->logins);
    limit_free(w->asked);
    limit_free(w->upload_bytes);
    tally_free(w->uploads);
    tally_free(w->transcripts);
    proxies_free(w->proxies);
    free(w->url);
    free(w->origin);
    if (w->done != NULL)
        w->done(w->done_ctx);
    free(w);
}

/* Turns go on until everything is gone. */
static void http_gone(void *ctx)
{
    struct webbridge *w = ctx;

    w->http = NULL;
    part_gone(w);
}

void webbridge_free(struct webbridge *w, void (*done)(void *ctx), void *ctx)
{
    w->done = done;
    w->done_ctx = ctx;
    w->parts = 3;
    sse_stop(w->sse, part_gone, w);
    http_free(w->http, http_gone, w);
    wires_free(w->wires, part_gone, w);
}

void webbridge_turn(struct webbridge *w)
{
    if (w->http != NULL)
        http_turn(w->http);
}
