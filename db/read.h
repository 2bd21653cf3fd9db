/* Queries, on the reading connection. */
#ifndef PARLEY_READ_H
#define PARLEY_READ_H

#include "core/ports.h"
#include "db/sql.h"

/* Open a snapshot: what is committed now is what read_query sees until read_end, which is due after
 * an error too. A connection that is in a transaction after it is of no more use. */
NODISCARD enum err read_begin(struct sql *db);
void read_end(struct sql *db);

/* The text of a page of a log, for the test that asks for its plan. */
const char *read_entries_text(bool public_only, bool newest);

/* Errors  as in core/ports.h; ERR_INVALID a cursor that is not ours */
NODISCARD enum err read_query(struct sql *db, struct query *q);

#endif
