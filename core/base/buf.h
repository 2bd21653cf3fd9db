/* A growing run of bytes, always followed by a 0 that len does not count. */
#ifndef PARLEY_BUF_H
#define PARLEY_BUF_H

#include "core/base/err.h"

#include <stddef.h>

struct buf {
    char *data; /* NULL while nothing was put */
    size_t len;
    size_t cap;
};

void buf_free(struct buf *b);  /* b is empty afterwards and may be used again */
void buf_clear(struct buf *b); /* keeps the memory, up to 256 KiB */
void buf_put(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_reserve(struct buf *b, size_t more); /* room for more bytes without a move */
void buf_consume(struct buf *b, size_t len);  /* drop len bytes from the front; all: buf_clear() */
const char *buf_str(const struct buf *b);     /* never NULL */

#endif
