#include "core/base/buf.h"

#include "core/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64
#define KEEP_CAP (256 * 1024)

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    if (b->cap > KEEP_CAP)
        buf_free(b);
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void buf_reserve(struct buf *b, size_t more)
{
    size_t cap = b->cap > 0 ? b->cap : FIRST_CAP;

    if (more > SIZE_MAX / 4 - b->len)
        abort();
    if (b->data != NULL && b->len + more < b->cap)
        return;
    while (cap <= b->len + more)
        cap *= 2;
    b->data = mem_resize(b->data, cap);
    b->cap = cap;
    b->data[b->len] = '\0';
}

void buf_put(struct buf *b, const void *data, size_t len)
{
    buf_reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    int len;

    buf_reserve(b, FIRST_CAP / 2);
    va_start(args, fmt);
    len = vsnprintf(b->data + b->len, b->cap - b->len, fmt, args);
    va_end(args);
    if (len < 0)
        abort();
    if ((size_t)len >= b->cap - b->len) {
        buf_reserve(b, (size_t)len);
        va_start(args, fmt);
        (void)vsnprintf(b->data + b->len, (size_t)len + 1, fmt, args);
        va_end(args);
    }
    b->len += (size_t)len;
}

void buf_consume(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (len == 0)
        return;
    if (len == b->len) {
        buf_clear(b);
        return;
    }
    b->len -= len;
    memmove(b->data, b->data + len, b->len + 1);
}

const char *buf_str(const struct buf *b)
{
    return b->data == NULL ? "" : b->data;
}
