/* Bring a database to the schema of this program. */
#ifndef PARLEY_MIGRATE_H
#define PARLEY_MIGRATE_H

#include "core/base/embed.h"
#include "db/sql.h"

/* Whose file is it? *version: of its schema, 0 when it is empty.
 * Errors  ERR_INVALID another program's; ERR_NEWER; ERR_IO */
NODISCARD enum err migrate_check(struct sql *db, const struct embedded *files, int64_t *version);

/* The schema's version is the number that begins the last file's name. Each file is run in a
 * transaction of its own. An older database in a file is copied to "<path>.before-<version>" first.
 *
 * Errors  ERR_NEWER made by a newer program; ERR_INVALID another program's database; ERR_IO */
NODISCARD enum err migrate_run(struct sql *db, const char *path, const struct embedded *files);

#endif
