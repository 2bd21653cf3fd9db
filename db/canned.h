/* Canned responses as stored. */
#ifndef PARLEY_DB_CANNED_H
#define PARLEY_DB_CANNED_H

#include "core/ports.h"
#include "db/sql.h"

/* The change's part of it. Errors ERR_CONFLICT the shortcut is taken */
NODISCARD enum err canned_put(struct sql *db, const struct change *c);
NODISCARD enum err canned_read(struct sql *db, struct query *q); /* QUERY_CANNED */

#endif
