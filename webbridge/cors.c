#include "webbridge/cors.h"

#include <string.h>

static void drop_end(char *s, const char *end)
{
    size_t len = strlen(s), end_len = strlen(end);

    if (len > end_len && strcmp(s + len - end_len, end) == 0)
        s[len - end_len] = '\0';
}

/* RFC 6454 #section-6.2: what an operator writes may have other case, and the usual port. */
char *cors_origin_of(struct arena *a, const char *url)
{
    const char *rest = strstr(url, "://");
    char *origin;

    if (rest == NULL)
        return arena_dup(a, "");
    rest += 3;
    origin = arena_dup_len(a, url, (size_t)(rest - url) + strcspn(rest, "/?#"));
    for (char *c = origin; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    drop_end(origin, strncmp(origin, "https:", 6) == 0 ? ":443" : ":80");
    return origin;
}

bool cors_listed(const char *list, const char *origin)
{
    size_t len = strlen(origin);

    for (;;) {
        size_t one;

        list += strspn(list, " \t\n");
        if ((one = strcspn(list, " \t\n")) == 0)
            return false;
        if (one == len && memcmp(list, origin, len) == 0)
            return true;
        list += one;
    }
}

struct origin_search {
    const char *origin;
    bool found;
};

static void look(void *ctx, const struct organization *o)
{
    struct origin_search *s = ctx;

    s->found = s->found || cors_listed(o->origins, s->origin);
}

static bool allowed(const struct call *c)
{
    const struct directory *people = desk_directory(c->web->desk);
    struct origin_search s = {.origin = c->origin};
    const struct organization *o;

    if (strcmp(c->origin, c->web->origin) == 0)
        return true;
    if (c->organization == NULL) {
        directory_each_organization(desk_directory(c->web->desk), look, &s);
        return s.found;
    }
    o = directory_organization(people, c->organization);
    return o != NULL && cors_listed(o->origins, c->origin);
}

static bool is_open(const struct call *c)
{
    return strncmp(c->path, FILE_PATH, strlen(FILE_PATH)) == 0;
}

/* Clients run in pages of anywhere. XEP-0363 #impl */
void cors_open(struct reply *r)
{
    reply_header(r, "Access-Control-Allow-Origin", "*");
    reply_header(r, "Access-Control-Expose-Headers",
                 "Content-Disposition, Content-Range, ETag, Retry-After, X-Request-Id");
}

void cors_headers(struct call *c, struct reply *r)
{
    if (is_open(c)) {
        cors_open(r);
        return;
    }
    /* Also without an Origin: caches must not give this answer to a page that sends one. */
    reply_header(r, "Vary", "Origin");
    if (c->origin == NULL || *c->origin == '\0' || !allowed(c))
        return;
    reply_header(r, "Access-Control-Allow-Origin", c->origin);
    reply_header(r, "Access-Control-Expose-Headers",
                 "Idempotent-Replayed, Location, Retry-After, X-Request-Id");
}

void cors_preflight(struct call *c, const char *methods)
{
    struct reply r = {.status = 204, .body = ""};

    reply_header(&r, "Allow", methods);
    if (is_open(c)) {
        reply_header(&r, "Access-Control-Allow-Methods", methods);
        reply_header(&r, "Access-Control-Allow-Headers",
                     "Authorization, Content-Type, If-None-Match, Range, X-Requested-With");
        reply_header(&r, "Access-Control-Max-Age", "600");
    } else if (c->origin != NULL && *c->origin != '\0' && allowed(c)) {
        reply_header(&r, "Access-Control-Allow-Methods", methods);
        reply_header(&r, "Access-Control-Allow-Headers",
                     "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id");
        reply_header(&r, "Access-Control-Max-Age", "600");
    }
    call_send(c, &r);
}
