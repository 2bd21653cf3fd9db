/* What the kernel knows of a TCP connection's other side, and an option that libuv does not set. */
#ifndef PARLEY_TCP_H
#define PARLEY_TCP_H

#include <uv.h>

/* Acknowledge what was read at once. Servers leave Nagle's algorithm on: a small stanza waits until
 * the one before it is acknowledged. The kernel delays that by up to 40 ms on a connection whose
 * reads are usually answered, and an answer to a ping has no answer. Linux forgets it with each
 * write. tcp(7), TCP_QUICKACK */
void tcp_acknowledge(const uv_tcp_t *tcp);

/* Begins as zeros, but for the patience. For how long, as looks found it, the other side was
 *   silent: something waits for its acknowledgement, and none came;
 *   still:  none of what waits here could be given to the kernel.
 * A program that stands still is not silent: its kernel acknowledges, even with full buffers. What
 * it has not read yet would be lost with the connection, and a new one would reach the same
 * program. TCP_USER_TIMEOUT (tcp(7)) does not tell the two apart. */
struct tcp_watch {
    int64_t most_silent_ms, most_still_ms;
    int64_t silent_ms, still_ms;
    size_t left; /* bytes that waited at the last look */
};

/* Until the next look. */
uint64_t tcp_look_ms(const struct tcp_watch *w);
/* NULL, or why the connection is to be given up. */
const char *tcp_look(struct tcp_watch *w, const uv_tcp_t *tcp);

#endif
