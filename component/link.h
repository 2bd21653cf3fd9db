/* The connection to the XMPP server as an external component (XEP-0114): the socket, the pauses,
 * the queue. component/stream.h speaks the protocol. Reconnects by itself, with growing pauses and
 * jitter. One thread, on the loop. */
#ifndef PARLEY_LINK_H
#define PARLEY_LINK_H

#include "component/xml/stanza.h"
#include "component/xml/xml.h"

#include <uv.h>

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct link_options {
    const char *host; /* name or address; resolved without blocking */
    int port;
    const char *domain; /* ours */
    const char *secret;
    int64_t pause_min_ms, pause_max_ms; /* between attempts: 1000 and 60000; tests use less */
    size_t queue_max;     /* bytes waiting for the socket: link_room. Four times that is refused */
    int64_t patience_ms;  /* for a connection, then for the handshake; 0: 10000 */
    int64_t keepalive_ms; /* white space is sent after so long without a stanza; 0: 60000 */
    int64_t silence_ms;   /* without an acknowledgement the host is gone; 0: 30000 */
    int64_t still_ms;     /* so long may a server that is there take nothing; 0: 300000 */
};

/* stanza: owned by the callee, who frees stanza->arena. */
typedef void link_stanza_fn(void *ctx, struct stanza *in);
/* up: just authenticated, or just lost. why: for people. */
typedef void link_state_fn(void *ctx, enum link_state s, const char *why);
/* The server closed the stream because of what we sent last (not-well-formed, invalid-xml,
 * policy-violation …): what was sent since the last sure point must not be sent again as it was. */
typedef void link_poison_fn(void *ctx, const char *condition);

struct link_handlers {
    link_stanza_fn *stanza;
    link_state_fn *state;
    link_poison_fn *poison;
    void (*flushed)(void *ctx); /* all that was queued has been given to the socket; may be NULL */
    void *ctx;
};

struct link;

/* Options' strings are lent. Connecting starts at once. */
struct link *link_new(uv_loop_t *loop, const struct link_options *o, const struct link_handlers *h);
/* Close the stream politely; done is called when nothing of the link is left on the loop. */
void link_free(struct link *l, void (*done)(void *ctx), void *ctx);

enum link_state link_state(const struct link *l);
const char *link_state_text(const struct link *l); /* "up", or why it is not */

/* Queue one stanza; x has `to`. It goes out at the end of the turn of the loop, together with
 * all others, in one write. While the link is not up nothing is queued. */
void link_send(struct link *l, const struct xml *x);
/* The same stanza to many. x has no `to`. Several to the same addressees in one turn go out grouped
 * by addressee; for each the order is that of the calls. */
void link_send_each(struct link *l, const struct xml *x, const char *const *to, size_t n);
/* Bytes that still fit below queue_max; 0 means: the server reads too slowly, send later. */
size_t link_room(const struct link *l);

#endif
