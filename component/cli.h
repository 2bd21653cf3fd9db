/* The program as seen from a shell: reads argv, runs the command, prints, gives the exit code.
 * Management commands go to the daemon's control socket; when nobody listens there, they run on
 * the database in this process. */
#ifndef PARLEY_CLI_H
#define PARLEY_CLI_H

#include "component/command.h"
#include "component/manage.h"

#include <stdio.h>

/* What main.c lends. Every call gets ctx. load is called first and at most once; the others work
 * on what it loaded. *detail is text for people, lent until the next call. */
struct cli_host {
    void *ctx;

    /* Read the configuration; file NULL: the default place, or the defaults when nothing is there.
     * *control: path of the control socket.
     * Errors  ERR_CONFIG (any error ends with exit code 78) */
    enum err (*load)(void *ctx, const char *file, const char **control, const char **detail);

    /* What else of the configuration would keep the daemon from starting: files it names.
     * Errors  ERR_CONFIG */
    enum err (*check)(void *ctx, const char **detail);

    /* The configuration in force as text (config_print), and the settings' table for
     * `parley help config` (config_describe). */
    void (*print)(void *ctx, struct buf *out);
    void (*describe)(void *ctx, struct buf *out);

    /* Be the daemon until a signal; returns the exit code. It logs its own errors. */
    int (*serve)(void *ctx);

    /* Open the store, start a desk with no link and no web, call
     * manage_run(desk, argc, argv, done, done_ctx), run the loop until done was called, close.
     * An error means that done was not called.
     * Errors  ERR_LOCKED a daemon has the database; ERR_IO, ERR_NEWER, … */
    enum err (*local)(void *ctx, int argc, const char *const *argv, manage_done_fn *done,
                      void *done_ctx, const char **detail);

    /* Put this copy in the place of the database. *detail: what is wrong.
     * Errors  as restore_run of db/restore.h */
    enum err (*restore)(void *ctx, const char *file, const char **detail);

    FILE *out, *err; /* NULL: stdout and stderr */
};

/* The whole program: `int main(…) { return cli_run(argc, argv, &host); }`. */
int cli_run(int argc, char **argv, const struct cli_host *host);

#endif
