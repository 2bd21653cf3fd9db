/* Points in time as text. Times are milliseconds since 1970-01-01T00:00:00Z everywhere. */
#ifndef PARLEY_STAMP_H
#define PARLEY_STAMP_H

#include "core/base/err.h"

#include <stdint.h>

#define STAMP_LEN 24 /* 2026-01-31T23:59:59.123Z */

/* RFC 3339 in UTC with milliseconds; also XEP-0082. ms from year 0 to 9999. */
void stamp_format(int64_t ms, char out[STAMP_LEN + 1]);
/* RFC 3339 with any offset and any number of fraction digits. Errors ERR_INVALID. */
NODISCARD enum err stamp_parse(const char *s, int64_t *ms);
/* "3m", "2h", "5d": for people. */
void stamp_span(int64_t ms, char out[16]);

#endif
