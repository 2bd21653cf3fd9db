/* Sockets that left the HTTP library to carry an endless answer: a plain libuv handle each, written
 * to without a copy while the reader keeps up, cut when it does not. */
#ifndef PARLEY_WIRE_H
#define PARLEY_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define WIRE_QUEUE_MAX 262144 /* bytes that wait for a slow reader; more cuts it */

struct wires; /* all of them, with one heartbeat */
struct wire;

/* unsent_seconds: when nothing of what waits has gone out for so long, the wire is cut */
struct wires *wires_new(uv_loop_t *loop, int heartbeat_seconds, int unsent_seconds);
/* Cuts all wires. done: nothing of them is left on the loop. */
void wires_free(struct wires *g, void (*done)(void *ctx), void *ctx);
size_t wires_count(const struct wires *g);

struct wire_handlers {
    void (*ended)(void *ctx);   /* once, not within a call of ours; the wire is gone */
    void (*drained)(void *ctx); /* what waited has gone out */
    void *ctx;
};

/* fd becomes the wire's. NULL when libuv refuses it (fd is closed then). */
struct wire *wire_new(struct wires *g, int fd, const struct wire_handlers *h);
/* Copies what cannot go out at once. After a cut or an end it does nothing. */
void wire_write(struct wire *w, const char *data, size_t len);
size_t wire_waiting(const struct wire *w); /* bytes */
void wire_beat(struct wire *w);            /* heartbeats from now on */
void wire_end(struct wire *w);             /* close when all is out */
void wire_cut(struct wire *w);             /* close now */
bool wire_over(const struct wire *w);      /* cut or ended */

#endif
