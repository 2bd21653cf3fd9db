/* Pages of a log whose ends are ids and times. For the reader's connection. */
#ifndef PARLEY_DB_ARCHIVE_H
#define PARLEY_DB_ARCHIVE_H

#include "core/ports.h"
#include "db/sql.h"

NODISCARD enum err archive_read_entry(struct sql *db, struct query *q); /* QUERY_ENTRY */
NODISCARD enum err archive_read_page(struct sql *db, struct query *q);  /* QUERY_ARCHIVE */

#endif
