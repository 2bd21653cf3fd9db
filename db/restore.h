/* Putting a copy in the place of the database, while nobody has it open. */
#ifndef PARLEY_DB_RESTORE_H
#define PARLEY_DB_RESTORE_H

#include "core/base/embed.h"
#include "core/base/err.h"

#include <stdint.h>

/* The copy is checked before anything is changed: is it ours, not newer, whole? The database that
 * was there stays beside as "<path>.before-restore-<time>". At every moment one of both is in
 * place.
 *
 * path        of the database, which need not be there
 * from        what `parley backup` made, or a database with its -wal beside it; it stays as it is
 * migrations  NULL: those of this program
 * *detail     static: what is wrong, for people
 * Errors      ERR_LOCKED somebody has the database; ERR_NOT_FOUND no such copy; ERR_INVALID not a
 *             database of ours, or damaged; ERR_NEWER; ERR_IO */
NODISCARD enum err restore_run(const char *path, const char *from, int64_t now_ms,
                               const struct embedded *migrations, const char **detail);

#endif
