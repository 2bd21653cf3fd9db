/* Management commands on a desk: `parley agent add …` and its like. The same code serves the
 * control socket of the daemon and a command that opened the database itself. */
#ifndef PARLEY_MANAGE_H
#define PARLEY_MANAGE_H

#include <stddef.h>

/* Instead of an exit code: err is a line about how far it is, and done will be called again. */
#define MANAGE_GOES_ON (-1)

/* exit_code as in component/command.h. out and err are lent, never NULL; err has neither
 * "parley: " in front nor a newline at its end, out ends with a newline or is empty. */
typedef void manage_done_fn(void *ctx, int exit_code, const char *out, const char *err);

/* How the control socket runs commands; manage_run is one. */
typedef void manage_run_fn(void *desk, int argc, const char *const *argv, manage_done_fn *done,
                           void *ctx);

/* desk: a started struct desk. argv[0] is the program's name; argv is lent during the call. done is
 * called exactly once (but for MANAGE_GOES_ON), perhaps before manage_run returns. */
void manage_run(void *desk, int argc, const char *const *argv, manage_done_fn *done, void *ctx);

#endif
