#include "component/xml/jid.h"

#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

/* Bytes of a part, before and after preparation. RFC 7622 #domainpart, #localpart, #resourcepart */
#define PART_MAX 1023

enum part { PART_LOCAL, PART_DOMAIN, PART_RESOURCE };

static const char *const profiles[] = {
    [PART_LOCAL] = "Nodeprep",
    [PART_DOMAIN] = "Nameprep",
    [PART_RESOURCE] = "Resourceprep",
};

/* Nameprep lets ASCII pass that no domain holds and that would split an address anew. */
static const char domain_forbidden[] = " \"&'/<>@\\`{}|^";
static const char local_forbidden[] = " \"&'/:<>@";

static bool is_printable_ascii(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] < 0x20 || s[i] > 0x7e)
            return false;
    return true;
}

static bool holds_any(const char *s, const char *chars)
{
    return strpbrk(s, chars) != NULL;
}

static void lower_ascii(char *s)
{
    for (; *s != '\0'; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
}

/* Unassigned code points pass, as in Prosody and ejabberd: the tables are those of Unicode 3.2, and
 * nicks hold emoji. */
static enum err prepare(struct arena *a, enum part part, const char *s, size_t len, char **out)
{
    char *done = NULL;

    if (!text_ok(s, len))
        return ERR_INVALID;
    if (stringprep_profile(s, &done, profiles[part], (Stringprep_profile_flags)0) != STRINGPREP_OK)
        return ERR_INVALID;
    *out = arena_dup(a, done);
    free(done);
    return OK;
}

static enum err part_make(struct arena *a, enum part part, const char *s, size_t len, char **out)
{
    char *p = arena_dup_len(a, s, len);
    enum err e = OK;

    if (len == 0 || len > PART_MAX || strlen(p) != len)
        return ERR_INVALID;
    if (!is_printable_ascii(p, len))
        e = prepare(a, part, p, len, &p);
    else if (part != PART_RESOURCE)
        lower_ascii(p);
    if (e != OK || p[0] == '\0' || strlen(p) > PART_MAX)
        return ERR_INVALID;
    if (part == PART_LOCAL && holds_any(p, local_forbidden))
        return ERR_INVALID;
    if (part == PART_DOMAIN) {
        len = strlen(p);
        if (p[len - 1] == '.') /* the root's dot. RFC 7622 #domainpart */
            p[--len] = '\0';
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
                return ERR_INVALID;
        /* no empty label: what is left must be read the same again */
        if (len == 0 || p[0] == '.' || p[len - 1] == '.' || strstr(p, "..") != NULL ||
            holds_any(p, domain_forbidden))
            return ERR_INVALID;
    }
    *out = p;
    return OK;
}

struct span {
    const char *s; /* NULL: the part is missing */
    size_t len;
};

static enum err jid_build(struct arena *a, struct span local, struct span domain,
                          struct span resource, struct jid *out)
{
    char *l = NULL, *d, *r = NULL;
    enum err e = part_make(a, PART_DOMAIN, domain.s, domain.len, &d);

    if (e == OK && local.s != NULL)
        e = part_make(a, PART_LOCAL, local.s, local.len, &l);
    if (e == OK && resource.s != NULL)
        e = part_make(a, PART_RESOURCE, resource.s, resource.len, &r);
    if (e != OK)
        return e;
    out->local = l != NULL ? l : "";
    out->domain = d;
    out->resource = r != NULL ? r : "";
    out->bare = l != NULL ? arena_printf(a, "%s@%s", l, d) : d;
    out->full = r != NULL ? arena_printf(a, "%s/%s", out->bare, r) : out->bare;
    return OK;
}

enum err jid_parse(struct arena *a, const char *s, struct jid *out)
{
    /* The resource is split off first: it may hold "@" and "/". RFC 7622 #jid-fundamentals */
    const char *slash = strchr(s, '/');
    size_t bare_len = slash != NULL ? (size_t)(slash - s) : strlen(s);
    const char *at = memchr(s, '@', bare_len);
    struct span local = {0}, domain = {s, bare_len}, resource = {0};

    if (slash != NULL)
        resource = (struct span){slash + 1, strlen(slash + 1)};
    if (at != NULL) {
        local = (struct span){s, (size_t)(at - s)};
        domain = (struct span){at + 1, bare_len - local.len - 1};
    }
    return jid_build(a, local, domain, resource, out);
}

static struct span span_of(const char *s)
{
    return s == NULL || s[0] == '\0' ? (struct span){0} : (struct span){s, strlen(s)};
}

enum err jid_make(struct arena *a, const char *local, const char *domain, const char *resource,
                  struct jid *out)
{
    return jid_build(a, span_of(local), (struct span){domain, strlen(domain)}, span_of(resource),
                     out);
}

static unsigned next_char(const unsigned char **s)
{
    const unsigned char *p = *s;
    int more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
    unsigned c = more == 0 ? p[0] : p[0] & (0x3fU >> more);

    for (int i = 1; i <= more; i++)
        c = c << 6 | (p[i] & 0x3fU);
    *s = p + more + 1;
    return c;
}

/* Characters without a shape of their own, with which one nick imitates another. Resourceprep
 * knows those of Unicode 3.2 only. Source: DerivedCoreProperties.txt, Default_Ignorable */
static bool is_invisible(unsigned c)
{
    static const struct {
        unsigned first, last;
    } ranges[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
        {0x61c, 0x61c},     {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
        {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
        {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

enum err jid_nick(struct arena *a, const char *nick, char **out)
{
    const unsigned char *p;
    bool seen = false;
    char *done;
    enum err e = part_make(a, PART_RESOURCE, nick, strlen(nick), &done);

    if (e != OK)
        return e;
    for (p = (const unsigned char *)done; *p != '\0';) {
        unsigned c = next_char(&p);

        if (is_invisible(c))
            return ERR_INVALID;
        if (c != ' ' && c != 0x2800) /* the blank of Braille */
            seen = true;
    }
    if (!seen)
        return ERR_INVALID;
    *out = done;
    return OK;
}
