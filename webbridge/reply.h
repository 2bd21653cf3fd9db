/* An answer before it meets a socket: plain data in the request's arena. */
#ifndef PARLEY_REPLY_H
#define PARLEY_REPLY_H

#include "core/base/arena.h"
#include "core/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_HEADERS_MAX 20

struct reply {
    int status;
    const void *body; /* lent until the reply was sent on */
    size_t body_len;
    bool lasting;   /* the body outlives the request, or is in its arena: it is not copied */
    bool close;     /* the connection ends after it */
    bool from_file; /* the body is file_len bytes of fd from file_from on */
    int fd;
    int64_t file_from, file_len;
    struct {
        const char *name, *value;
    } headers[REPLY_HEADERS_MAX];
    size_t n_headers;
};

/* Names of headers are the same in any case. */
bool reply_same_name(const char *a, const char *b);

/* name and value are lent as long as the reply. One name comes once: the later value wins. */
void reply_header(struct reply *r, const char *name, const char *value);
/* One more of a name that may come several times (Set-Cookie). */
void reply_header_more(struct reply *r, const char *name, const char *value);
const char *reply_get(const struct reply *r, const char *name); /* NULL when missing */
void reply_text(struct reply *r, int status, const char *type, const char *body);

const char *reply_reason(int status); /* "Not Found"; "" for a status that is not ours */

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 #http.date). The library does it for its own sockets.
 */
#define REPLY_DATE_LEN 29
void reply_date(int64_t ms, char out[REPLY_DATE_LEN + 1]);

/* The reply as HTTP/1.1 text with Connection: close, for a socket that left the HTTP library.
 * with_body false: for HEAD, and for the head of a stream, whose length nobody knows. */
void reply_print(const struct reply *r, bool with_body, struct buf *out);

#endif
