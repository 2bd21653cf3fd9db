#include "webbridge/api.h"

#include "core/base/embed.h"

#include <string.h>

extern const struct embedded web_pages[];

#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "                \
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "                \
    "require-trusted-types-for 'script'; trusted-types 'none'"

static const struct embedded *find(const char *name)
{
    for (const struct embedded *p = web_pages; p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (strcmp(dot, ".js") == 0)
        return "text/javascript; charset=utf-8";
    return strcmp(dot, ".css") == 0 ? "text/css; charset=utf-8" : "text/html; charset=utf-8";
}

static void page_headers(struct call *c, struct reply *r)
{
    c->page = true;
    reply_header(r, "Content-Security-Policy", PAGE_POLICY);
}

void api_pages_show(struct call *c)
{
    const char *name = strcmp(c->path, "/") == 0 ? "page.html" : c->path + 1;
    const struct embedded *page = find(name);
    const char *known = http_header(c->request, "If-None-Match");
    char hash[HASH_HEX_LEN + 1];
    struct reply r = {.status = 200, .lasting = true, .body = ""};
    char *etag;

    if (page == NULL) {
        call_problem(c, ERR_NOT_FOUND, NULL, 0);
        return;
    }
    page_headers(c, &r);
    crypto_hash_hex(page->data, page->len, hash);
    etag = arena_printf(c->arena, "\"%.16s\"", hash);
    reply_header(&r, "ETag", etag);
    reply_header(&r, "Cache-Control", "no-cache");
    if (known != NULL && strstr(known, etag) != NULL) {
        r.status = 304;
    } else {
        r.body = page->data;
        r.body_len = page->len;
        reply_header(&r, "Content-Type", type_of(name));
    }
    call_send(c, &r);
}

void api_pages_icon(struct call *c)
{
    struct reply r = {.status = 204, .body = ""};

    page_headers(c, &r);
    reply_header(&r, "Cache-Control", "max-age=86400");
    call_send(c, &r);
}
