/* The control socket: commands of the same user (or root) to the running daemon. A client sends one
 * JSON line {"argv":["parley","agent","list"]} and gets one back {"exit":0,"out":"…","err":"…"};
 * before it, from commands that take long, any number of {"progress":"…"}. */
#ifndef PARLEY_CONTROL_H
#define PARLEY_CONTROL_H

#include "component/manage.h"
#include "core/base/arena.h"

#include <stdint.h>
#include <uv.h>

#define CONTROL_CLIENTS_MAX 16          /* at once; more wait to be accepted */
#define CONTROL_REQUEST_MAX (64 * 1024) /* bytes of a request line */
#define CONTROL_REQUEST_MS 10000        /* for the request line to arrive */
#define CONTROL_REPLY_MAX (64L << 20)   /* bytes of a reply that the client takes */

/* ---- in the daemon -------------------------------------------------------------------------- */

struct control;

/* Listen at path, mode 0600. A socket that nobody listens on is replaced; call it when the store's
 * lock is held, so that two daemons do not race. run(desk, …) is manage_run, or a test's.
 * path is copied. *detail: static text on an error.
 * Errors  ERR_LOCKED someone listens there; ERR_CONFIG path too long; ERR_IO */
NODISCARD enum err control_new(uv_loop_t *loop, const char *path, manage_run_fn *run, void *desk,
                               struct control **out, const char **detail);
/* Stop listening, remove the socket, drop the clients. done is called when nothing is left on the
 * loop and every command begun has ended (stop the desk after that, or let it fail them). */
void control_free(struct control *c, void (*done)(void *ctx), void *ctx);

/* ---- in the command ------------------------------------------------------------------------- */

struct control_reply {
    int exit_code;
    const char *out, *err; /* in the arena */
    /* set by the caller, or NULL: told how far it is */
    void (*progress)(void *ctx, const char *text);
    void *ctx;
};

/* Ask the daemon; blocks until the answer is there or nothing came for deadline_ms.
 * Errors  ERR_NOT_FOUND nobody listens at path; ERR_FORBIDDEN not allowed to;
 *         ERR_INVALID an answer that is none; ERR_IO; ERR_BUSY no answer in time */
NODISCARD enum err control_ask(struct arena *a, const char *path, int argc, const char *const *argv,
                               int64_t deadline_ms, struct control_reply *out);

#endif
