/* Server-sent events of one chat: what happened since the asker's position, then what happens.
 *
 * A stream listens to the bus before it looks at the chat, and remembers only how far the log has
 * grown while it replays; so nothing is missed between replay and live, nothing comes twice, and a
 * slow reader of a long history costs no memory. */
#ifndef PARLEY_SSE_H
#define PARLEY_SSE_H

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
/* The same for a stream of all chats of the agent's organization: rows, counts and entries. */
void sse_open_queue(struct sse *s, struct call *c);

#endif
