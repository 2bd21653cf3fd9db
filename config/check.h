/* What a setting's text must look like, and which setting a misspelt one was meant to be. Pure. */
#ifndef PARLEY_CHECK_H
#define PARLEY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

bool check_listen(const char *s); /* 127.0.0.1:8480, [::1]:8480, unix:PATH */
bool check_url(const char *s);    /* "", or http(s)://HOST[:PORT][/PATH] without a space */
bool check_origin(const char *s); /* http(s)://HOST[:PORT], lower case, no slash, not :443 or :80 */
bool check_public_url(const char *s);    /* the same, perhaps with slashes at the end, or "" */
bool check_proxy(const char *s);         /* numeric IPv4 or IPv6, perhaps with /BITS */
bool check_domain(const char *s);        /* lower case: servers compare it byte by byte */
bool check_upload_domain(const char *s); /* the same, or "" */
bool check_organization(const char *s);  /* a word of a-z 0-9 -, at most 32 long */
bool check_name_text(const char *s);     /* exactly one %s, no other % */
bool check_filled(const char *s);        /* not empty */

/* How many letters must be added, removed, changed or swapped with a neighbour to make one of the
 * other. Beyond 63 bytes the texts are cut. */
size_t check_distance(const char *a, const char *b);

#endif
