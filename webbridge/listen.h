/* The listening socket: "127.0.0.1:8480", "[::1]:0", "unix:PATH". */
#ifndef PARLEY_LISTEN_H
#define PARLEY_LISTEN_H

#include "core/base/err.h"

struct listen_result {
    int fd;
    int port;         /* the real one; 0 for a Unix socket */
    const char *path; /* of a Unix socket, lent from spec; NULL otherwise */
};

/* *detail: static text on an error.
 * Errors  ERR_CONFIG spec is not an address; ERR_IO it cannot be had */
NODISCARD enum err listen_open(const char *spec, struct listen_result *out, const char **detail);

#endif
