/* Files that the build put into the program (cmake/embed.cmake). */
#ifndef PARLEY_EMBED_H
#define PARLEY_EMBED_H

#include <stddef.h>

/* A table of these ends with a NULL name. data is followed by a 0 that len does not count. */
struct embedded {
    const char *name; /* file name without its folder */
    const unsigned char *data;
    size_t len;
    const char *sha1; /* of the data, in hex */
};

#endif
