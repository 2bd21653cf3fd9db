/* Only one process may have the database open: a lock on "<path>.lock", gone with the process. */
#ifndef PARLEY_DB_LOCK_H
#define PARLEY_DB_LOCK_H

#include "core/base/err.h"

/* *fd: close it to let go. Errors ERR_LOCKED; ERR_IO, logged */
NODISCARD enum err lock_take(const char *path, int *fd);

#endif
