#include "webbridge/reply.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

bool reply_same_name(const char *a, const char *b)
{
    return (*a | 0x20) == (*b | 0x20) && strcasecmp(a, b) == 0; /* most begin otherwise */
}

void reply_header(struct reply *r, const char *name, const char *value)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (reply_same_name(r->headers[i].name, name)) {
            r->headers[i].value = value;
            return;
        }
    }
    reply_header_more(r, name, value);
}

void reply_header_more(struct reply *r, const char *name, const char *value)
{
    assert(r->n_headers < REPLY_HEADERS_MAX);
    r->headers[r->n_headers].name = name;
    r->headers[r->n_headers++].value = value;
}

const char *reply_get(const struct reply *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (reply_same_name(r->headers[i].name, name))
            return r->headers[i].value;
    }
    return NULL;
}

void reply_text(struct reply *r, int status, const char *type, const char *body)
{
    r->status = status;
    r->body = body;
    r->body_len = strlen(body);
    reply_header(r, "Content-Type", type);
}

const char *reply_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {416, "Range Not Satisfiable"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].status == status)
            return table[i].reason;
    }
    return "";
}

void reply_date(int64_t ms, char out[REPLY_DATE_LEN + 1])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    /* Not strftime, whose names follow the locale. */
    gmtime_r(&seconds, &tm);
    snprintf(out, REPLY_DATE_LEN + 1, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
             (unsigned)tm.tm_mday % 100, months[tm.tm_mon], (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

void reply_print(const struct reply *r, bool with_body, struct buf *out)
{
    buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\n", r->status, reply_reason(r->status));
    for (size_t i = 0; i < r->n_headers; i++)
        buf_printf(out, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
    if (with_body && r->status != 204 && r->status != 304)
        buf_printf(out, "Content-Length: %zu\r\n", r->body_len);
    buf_puts(out, "\r\n");
    if (with_body)
        buf_put(out, r->body, r->body_len);
}
