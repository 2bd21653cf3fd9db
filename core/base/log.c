#include "core/base/log.h"

#include "core/base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_LEN 2048

static struct {
    enum log_level least;
    log_sink_fn *sink;
    void *ctx;
} logger;

void log_init(enum log_level least, log_sink_fn *sink, void *ctx)
{
    logger.least = least;
    logger.sink = sink;
    logger.ctx = ctx;
}

const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG:
        return "debug";
    case LOG_INFO:
        return "info";
    case LOG_WARN:
        return "warn";
    case LOG_ERROR:
        return "error";
    }
    return "?";
}

/* Bytes of the character that may stand in a line as it is; 0 when its first byte must be escaped:
 * controls, what breaks lines or turns the writing direction, bad UTF-8. */
static size_t plain_len(const unsigned char *s, size_t left)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (n == 1)
        return s[0] >= 0x20 && s[0] != 0x7f && s[0] != '\\';
    if (n > left || !text_ok((const char *)s, n))
        return 0;
    if (s[0] == 0xc2 && s[1] < 0xa0)
        return 0;
    if (s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f))
        return 0;
    if (s[0] == 0xe2 && s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae)
        return 0;
    if (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)
        return 0;
    return n;
}

/* Returns the bytes put into out; stops before a character that does not fit. */
static size_t escape(const char *in, size_t in_len, char out[LINE_MAX_LEN])
{
    static const char hex[] = "0123456789abcdef";
    size_t len = 0, n;

    for (size_t i = 0; i < in_len; i += n) {
        unsigned char c = (unsigned char)in[i];
        size_t plain = plain_len((const unsigned char *)in + i, in_len - i);

        if (len + 4 > LINE_MAX_LEN)
            break;
        n = plain > 0 ? plain : 1;
        if (plain > 0) {
            memcpy(out + len, in + i, n);
            len += n;
        } else if (c == '\n' || c == '\\') {
            out[len++] = '\\';
            out[len++] = c == '\n' ? 'n' : '\\';
        } else {
            out[len++] = '\\';
            out[len++] = 'x';
            out[len++] = hex[c >> 4];
            out[len++] = hex[c & 15];
        }
    }
    return len;
}

void log_at(enum log_level level, const char *event, const char *fmt, ...)
{
    char raw[LINE_MAX_LEN], line[LINE_MAX_LEN];
    size_t len;
    int head, tail;
    va_list args;

    if (logger.sink == NULL || level < logger.least)
        return;
    head = snprintf(raw, sizeof(raw), fmt[0] == '\0' ? "%s" : "%s ", event);
    if (head < 0 || (size_t)head >= sizeof(raw))
        return;
    va_start(args, fmt);
    tail = vsnprintf(raw + head, sizeof(raw) - (size_t)head, fmt, args);
    va_end(args);
    len = tail < 0 ? (size_t)head : strlen(raw);
    len = escape(raw, len, line);
    logger.sink(logger.ctx, level, line, len);
}
