/* What is known of files. Their bytes: db/vault.h. */
#ifndef PARLEY_FILEROW_H
#define PARLEY_FILEROW_H

#include "core/ports.h"
#include "db/sql.h"

/* The change's part of it. Errors ERR_RATE with c->retry_ms */
NODISCARD enum err filerow_put(struct sql *db, struct change *c);
/* The files of a room go; c->bytes_gone names them. num: the room's. */
NODISCARD enum err filerow_erase(struct sql *db, struct change *c, int64_t num);

NODISCARD enum err filerow_read(struct sql *db, struct query *q);      /* QUERY_FILE */
NODISCARD enum err filerow_read_ids(struct sql *db, struct query *q);  /* QUERY_FILES */
NODISCARD enum err filerow_read_open(struct sql *db, struct query *q); /* of QUERY_START */

#endif
