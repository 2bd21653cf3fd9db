/* Which pages of other origins may read answers: the exact origins that organizations list, and the
 * public URL's own. Tokens travel in a header, so no credentials are ever allowed. */
#ifndef PARLEY_CORS_H
#define PARLEY_CORS_H

#include "webbridge/call.h"

/* "https://chat.example.com" of "https://chat.example.com/path". "" when url has no such form. */
char *cors_origin_of(struct arena *a, const char *url);
/* Is origin in the list, between white space? "*" is not special: origins are exact. */
bool cors_listed(const char *list, const char *origin);

/* Any page may read it: whoever knows the address may. */
void cors_open(struct reply *r);
void cors_headers(struct call *c, struct reply *r);
/* The answer to OPTIONS. methods: as for Allow. */
void cors_preflight(struct call *c, const char *methods);

#endif
