#include "webbridge/address.h"

#include "core/base/arena.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct range {
    struct address from;
    int bits; /* of 128 */
};

struct proxies {
    size_t n;
    struct range *ranges;
};

static void put_v4(struct address *a, const void *four)
{
    a->known = true;
    memcpy(a->bytes, mapped, sizeof(mapped));
    memcpy(a->bytes + sizeof(mapped), four, 4);
}

void address_from(const struct sockaddr *sa, struct address *out)
{
    memset(out, 0, sizeof(*out));
    if (sa == NULL)
        return;
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, sa, sizeof(in));
        put_v4(out, &in.sin_addr);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, sa, sizeof(in6));
        out->known = true;
        memcpy(out->bytes, &in6.sin6_addr, 16);
    }
}

/* Proxies also write [v6]:port and v4:port. */
bool address_parse(const char *text, size_t len, struct address *out)
{
    char copy[64];
    unsigned char bin[16];
    char *colon;

    memset(out, 0, sizeof(*out));
    if (len > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', len);

        if (end == NULL)
            return false;
        text++;
        len = (size_t)(end - text);
    }
    if (len == 0 || len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, bin) == 1) {
        out->known = true;
        memcpy(out->bytes, bin, 16);
        return true;
    }
    if ((colon = strchr(copy, ':')) != NULL)
        *colon = '\0';
    if (inet_pton(AF_INET, copy, bin) != 1)
        return false;
    put_v4(out, bin);
    return true;
}

void address_key(const struct address *a, char out[ADDRESS_KEY_MAX])
{
    const unsigned char *b = a->bytes;

    if (!a->known)
        snprintf(out, ADDRESS_KEY_MAX, "unix");
    else if (memcmp(b, mapped, sizeof(mapped)) == 0)
        snprintf(out, ADDRESS_KEY_MAX, "%d.%d.%d.%d", b[12], b[13], b[14], b[15]);
    else
        snprintf(out, ADDRESS_KEY_MAX, "%02x%02x%02x%02x%02x%02x%02x%02x::", b[0], b[1], b[2], b[3],
                 b[4], b[5], b[6], b[7]);
}

static bool read_range(const char *text, size_t len, struct range *out)
{
    const char *slash = memchr(text, '/', len);
    size_t address_len = slash == NULL ? len : (size_t)(slash - text);
    bool v4;
    char *end;
    long bits;

    if (!address_parse(text, address_len, &out->from))
        return false;
    v4 = memcmp(out->from.bytes, mapped, sizeof(mapped)) == 0;
    out->bits = 128;
    if (slash == NULL)
        return true;
    bits = strtol(slash + 1, &end, 10);
    if (end == slash + 1 || end != text + len || bits < 0 || bits > (v4 ? 32 : 128))
        return false;
    out->bits = (int)bits + (v4 ? 96 : 0);
    return true;
}

struct proxies *proxies_new(const char *text, const char **bad)
{
    struct proxies *p = mem_alloc(sizeof(*p));

    for (;;) {
        size_t len;

        text += strspn(text, " \t,");
        if ((len = strcspn(text, " \t,")) == 0)
            return p;
        p->ranges = mem_resize(p->ranges, (p->n + 1) * sizeof(*p->ranges));
        if (!read_range(text, len, &p->ranges[p->n])) {
            *bad = text;
            proxies_free(p);
            return NULL;
        }
        p->n++;
        text += len;
    }
}

void proxies_free(struct proxies *p)
{
    if (p == NULL)
        return;
    free(p->ranges);
    free(p);
}

static bool in_range(const struct range *r, const struct address *a)
{
    size_t whole = (size_t)r->bits / 8;
    int rest = r->bits % 8;

    if (memcmp(r->from.bytes, a->bytes, whole) != 0)
        return false;
    return rest == 0 || (r->from.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

bool proxies_trust(const struct proxies *p, const struct address *a)
{
    if (!a->known)
        return true;
    for (size_t i = 0; i < p->n; i++) {
        if (in_range(&p->ranges[i], a))
            return true;
    }
    return false;
}

void proxies_client(const struct proxies *p, const struct address *peer, const char *forwarded,
                    struct address *out)
{
    const char *end = forwarded == NULL ? NULL : forwarded + strlen(forwarded);

    *out = *peer;
    while (end != NULL && proxies_trust(p, out)) {
        const char *start = end, *from, *to;
        struct address a;

        while (start > forwarded && start[-1] != ',')
            start--;
        for (from = start; from < end && (*from == ' ' || *from == '\t'); from++)
            ;
        for (to = end; to > from && (to[-1] == ' ' || to[-1] == '\t'); to--)
            ;
        if (!address_parse(from, (size_t)(to - from), &a))
            return;
        *out = a;
        end = start > forwarded ? start - 1 : NULL;
    }
}
