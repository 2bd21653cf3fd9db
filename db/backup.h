/* Copies of the database while it is in use: at most one at a time. The thread that writes makes
 * the steps, a thread of its own what takes long at the end (forcing the file to disk). */
#ifndef PARLEY_DB_BACKUP_H
#define PARLEY_DB_BACKUP_H

#include "core/ports.h"
#include "db/sql.h"

struct backups;

/* wake: as in db/store.h. */
struct backups *backups_new(void (*wake)(void *ctx), void *ctx);
/* Loop thread, after the last step: what is under way fails; its done has run at the end. */
void backups_free(struct backups *s);

/* Loop thread. Errors ERR_BUSY one is under way */
NODISCARD enum err backups_take(struct backups *s, struct backup *b);
void backups_cancel(struct backups *s); /* loop thread */
/* Loop thread: run completions. */
void backups_pump(struct backups *s);

/* The thread that writes: is there a step to make? Make it. db NULL: it fails. */
bool backups_due(struct backups *s);
void backups_step(struct backups *s, struct sql *db);
/* The thread that writes: its connection will be closed. */
void backups_break(struct backups *s);

/* The file gets what every copy must have: no epoch, its last byte on disk, then its name.
 * part: a database that nobody has open; becomes name. Errors ERR_IO, logged */
NODISCARD enum err backup_finish(const char *part, const char *name);
/* Its two steps: all but the name; the name. */
NODISCARD enum err backup_seal(const char *part);
NODISCARD enum err backup_place(const char *part, const char *name);
/* An empty file for its owner only, in place of one that is there. */
NODISCARD enum err backup_make_file(const char *path);

#endif
