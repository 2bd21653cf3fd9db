/* The framing gate: what a request may look like before anything in it is believed.
 *
 * libmicrohttpd 0.9.75 takes two Content-Length, Content-Length beside Transfer-Encoding, two
 * Hosts, and white space before the colon; it does not show a Transfer-Encoding whose value stands
 * on a folded line, ends lines at a bare CR or LF, and ends values at a NUL. A proxy in front of it
 * may read such a request differently, and then one customer's bytes become another's request
 * (RFC 9112 #request.smuggling). */
#ifndef PARLEY_GATE_H
#define PARLEY_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The raw request target: origin form, no control character also after decoding, no segment "."
 * or "..", well-formed escapes. */
bool gate_target(const char *raw);
bool gate_method(const char *method); /* a token */
/* target: where its text lies in the library's buffer, and version where that of the version does.
 * A NUL inside the first line ends the target early for us, but not for the library, which went on
 * to find the version behind it. */
bool gate_line(const char *target, size_t target_len, const char *version);

struct gate {
    int hosts, lengths, codings;
    bool bad;
    int64_t length; /* of Content-Length; -1 none */
    const char *next;
};

/* line: the text that ends the line before the first header, in the library's buffer; NULL when the
 * headers stand in no buffer of that kind. The library puts NULs in place of CR LF and leaves the
 * rest where it came. So each header must begin right behind the one before it: what does not was
 * folded, hidden, or ended by something else. Read are at most three bytes behind the last value,
 * of which the first was CR. */
void gate_begin(struct gate *g, const char *line);
/* Each header of the request, in the order of their coming. */
void gate_header(struct gate *g, const char *name, const char *value);
/* After the last header. */
bool gate_ok(const struct gate *g);

#endif
