/* One XML stream of an external component (XEP-0114), as bytes in and bytes out. Alone includes
 * strophe.h.
 *
 * libstrophe does the handshake and the parsing, but never sees the network: it holds one end of a
 * pair of descriptors, and what the server sends is put into the other end after it went through
 * component/xml/sift.h. So its blocking name lookup, its select(), its unbounded queue and its
 * polling while it connects do not matter to us. */
#ifndef PARLEY_STREAM_H
#define PARLEY_STREAM_H

#include "component/xml/stanza.h"

#include <stdbool.h>

struct stream_handlers {
    void (*ready)(void *ctx); /* the server accepted the handshake */
    /* Owned by the callee, who frees stanza->arena. Never before ready. */
    void (*stanza)(void *ctx, struct stanza *in);
    void *ctx;
};

/* How a stream ended. */
struct stream_end {
    bool closed; /* the server sent </stream:stream> */
    const char
        *condition;   /* of its stream error, RFC 6120 #streams-error-conditions; "" for none */
    const char *text; /* the error's text, "" for none */
};

struct stream;

/* domain and secret are lent. One descriptor below 1024 is held from here on: call this early. */
struct stream *stream_new(const char *domain, const char *secret, const struct stream_handlers *h);
/* Not from inside a handler. NULL is allowed. */
void stream_free(struct stream *s);

/* Begin. out: appended with what the server must be sent first.
 * Errors  ERR_IO  no descriptor below 1024 is free */
NODISCARD enum err stream_open(struct stream *s, struct buf *out);
/* Take in[len] from the server; the handlers are called. out: appended with what must be sent.
 * Errors  ERR_CLOSED   the stream is over, see stream_how
 *         ERR_INVALID  the server sent something that is not XML, or forbidden in a stream */
NODISCARD enum err stream_feed(struct stream *s, const char *in, size_t len, struct buf *out);
/* Forget the stream; another may be opened. Not from inside a handler. */
void stream_close(struct stream *s);
/* How the last stream ended; after stream_close. Lent until the next stream_open. */
const struct stream_end *stream_how(const struct stream *s);

/* What we sent last is to blame: it must not be sent again as it was. */
bool stream_is_poison(const char *condition);
/* Only people can help: the configuration is wrong, or another process has our place. */
bool stream_is_refusal(const char *condition);

#endif
