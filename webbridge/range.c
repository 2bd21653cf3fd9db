#include "webbridge/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 18

/* Digits, which may be missing: -1. False when there are too many. */
static bool read_number(const char **s, int64_t *out)
{
    size_t digits = strspn(*s, "0123456789");

    *out = digits > 0 ? (int64_t)strtoll(*s, NULL, 10) : -1;
    *s += digits;
    return digits <= DIGITS_MAX;
}

enum range_kind range_read(const char *header, int64_t size, int64_t *from, int64_t *len)
{
    int64_t first, last;

    if (header == NULL || strncmp(header, "bytes=", 6) != 0)
        return RANGE_ALL;
    header += 6;
    if (!read_number(&header, &first) || *header++ != '-' || !read_number(&header, &last) ||
        *header != '\0' || (first < 0 && last < 0) || (last >= 0 && last < first))
        return RANGE_ALL;
    if (first < 0) { /* so many bytes of the end */
        first = last < size ? size - last : 0;
        last = size - 1;
    } else if (last < 0 || last >= size) {
        last = size - 1;
    }
    if (first >= size)
        return RANGE_NONE;
    *from = first;
    *len = last - first + 1;
    return RANGE_PART;
}
