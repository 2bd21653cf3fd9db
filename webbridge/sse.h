/* Server-sent events of one chat: what happened since the asker's position, then what happens.
 *
 * A stream listens to the bus before it looks at the chat, and remembers only how far the log has
 * grown while it replays; so nothing is missed between replay and live, nothing comes twice, and a
 * slow reader of a long history costs no memory. */
#ifndef PARLEY_SSE_H
#define PARLEY_SSE_H

#include <stddef.h>
#include <stdint.h>

struct call;
struct sse;
struct webbridge;

struct sse *sse_new(struct webbridge *w);
/* Streams stop listening; their sockets go with wires_free. done: no stream is left, and none waits
 * for the desk; then sse_free may be called. */
void sse_stop(struct sse *s, void (*done)(void *ctx), void *ctx);
void sse_free(struct sse *s);

/* Take over the call's socket, or answer it. Within route_begin. */
void sse_open(struct sse *s, struct call *c);

/* A resume point "<epoch>-<number>". SSE_GONE: not of this epoch, or never given. */
enum sse_point { SSE_NONE, SSE_AT, SSE_GONE };
enum sse_point sse_read_point(const char *text, const char *epoch, int64_t last, int64_t *out);

#endif
