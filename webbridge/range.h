/* Parts of a file, RFC 9110 #field.range. Pure. */
#ifndef PARLEY_RANGE_H
#define PARLEY_RANGE_H

#include <stdint.h>

enum range_kind {
    RANGE_ALL,  /* the whole: no range was asked for, or several, or in a unit we do not know */
    RANGE_PART, /* *from and *len are set */
    RANGE_NONE  /* nothing of the file is in the range */
};

/* header: of Range, may be NULL. size: of the file. */
enum range_kind range_read(const char *header, int64_t size, int64_t *from, int64_t *len);

#endif
