/* The store: chats, logs and people in one SQLite file. One thread writes (group commit: a batch
 * is what arrived while the last commit ran), one reads; both hand their results to the loop
 * thread, which collects them with store_pump. All functions here are for the loop thread. */
#ifndef PARLEY_STORE_H
#define PARLEY_STORE_H

#include "core/base/embed.h"
#include "core/ports.h"

struct store;

/* Called from the store's threads when there is something to pump; must only wake the loop. */
typedef void store_wake_fn(void *ctx);

/* 0 or NULL in a field takes the default. */
struct store_options {
    size_t max_changes;                /* between submit and done, 8192; above: ERR_BUSY */
    size_t max_queries;                /* between read and done, 1024; above: ERR_BUSY */
    size_t checkpoint_bytes;           /* size of the WAL after which it is copied back, 16 MiB */
    const struct embedded *migrations; /* those of db/migrations; tests pass others */
};

/* A change that erases is done when nothing of it is left in the database's files: the log is
 * emptied and pages in memory are dropped. Backups are made in steps of 100 pages between batches.
 */

/* Open the database, creating or migrating it, and start the threads.
 *
 * path     ":memory:" has no threads: store_pump does the work. A file is made with mode 0600 and
 *          owned through the lock on "<path>.lock". An older one is first copied to
 *          "<path>.before-<its version>".
 * options  may be NULL
 * wake     may be NULL: the caller pumps by itself
 * Errors   ERR_LOCKED another process has it; ERR_NEWER made by a newer parley; ERR_INVALID a
 *          database, but not ours; ERR_IO */
NODISCARD enum err store_open(const char *path, const struct store_options *options,
                              store_wake_fn *wake, void *ctx, struct store **out);

/* Beside the errors that core/ports.h names: a change is ERR_NOT_FOUND too when it refers to an
 * organization, an agent or a chat that is not there. When a change fails, numbers filled into it
 * mean nothing. QUERY_ENTRIES and QUERY_AFTER_GID of a missing room are empty; a limit of 0 gives
 * nothing; a foreign cursor is ERR_INVALID. */
struct store_port store_port(struct store *s);

/* Run completions: of changes in commit order, then of reads. A read's done runs after the done of
 * every change that the read has seen. done may submit and read, but not pump or close. */
void store_pump(struct store *s);

/* The copy that is being made fails, unless it is at its end: before a stop that shall not wait. */
void store_cancel_backup(struct store *s);

/* Finish what was taken, run its completions, close. New changes and reads are refused meanwhile
 * (ERR_BUSY). NULL is allowed. */
void store_close(struct store *s);

#endif
