/* Who is at the other end, for limits: an IPv4 address or the /64 of an IPv6 one. */
#ifndef PARLEY_ADDRESS_H
#define PARLEY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;
struct proxies;

#define ADDRESS_KEY_MAX 24

/* An address as bytes: IPv4 is the mapped form of IPv6. A peer on a Unix socket has none. */
struct address {
    bool known;
    unsigned char bytes[16];
};

void address_from(const struct sockaddr *sa, struct address *out); /* sa may be NULL */
bool address_parse(const char *text, size_t len, struct address *out);
/* The key of its limits: all of an IPv4 address, the first 64 bits of another. */
void address_key(const struct address *a, char out[ADDRESS_KEY_MAX]);

/* text: addresses, each perhaps with /bits, between white space. Bad ones: NULL, *bad says which.
 */
struct proxies *proxies_new(const char *text, const char **bad);
void proxies_free(struct proxies *p);
/* A Unix socket is always a proxy's: its file permissions say who may connect. */
bool proxies_trust(const struct proxies *p, const struct address *a);

/* The customer's address: from the right end of X-Forwarded-For, the first that is not a trusted
 * proxy's. Elements left of it were written by nobody we know. forwarded may be NULL or "". */
void proxies_client(const struct proxies *p, const struct address *peer, const char *forwarded,
                    struct address *out);

#endif
