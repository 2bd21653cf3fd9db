/* The framing gate: what a request may look like before anything in it is believed.
 *
 * libmicrohttpd 0.9.75 takes two Content-Length, Content-Length beside Transfer-Encoding, two
 * Hosts, and white space before the colon. A proxy in front of it may read such a request
 * differently, and then one customer's bytes become another's request (RFC 9112 section 11.2,
 * request smuggling). */
#ifndef PARLEY_GATE_H
#define PARLEY_GATE_H

#include <stdbool.h>
#include <stdint.h>

/* The raw request target: origin form, no control character also after decoding, no segment "."
 * or "..", well-formed escapes. */
bool gate_target(const char *raw);

struct gate {
    int hosts, lengths, codings;
    bool bad;
    int64_t length; /* of Content-Length; -1 none */
};

void gate_begin(struct gate *g);
/* Each header of the request, in any order. */
void gate_header(struct gate *g, const char *name, const char *value);
bool gate_ok(const struct gate *g);

#endif
