#include "webbridge/api.h"

#include "core/base/embed.h"

#include <string.h>

/* What the build made of webbridge/ui: pages, scripts and styles, and of each a twin "NAME.gz".
 * Empty when the program was built without. */
extern const struct embedded web_pages[];

#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "                \
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "          \
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

    if (dot != NULL && strcmp(dot, ".js") == 0)
        return "text/javascript; charset=utf-8";
    return dot != NULL && strcmp(dot, ".css") == 0 ? "text/css; charset=utf-8"
                                                   : "text/html; charset=utf-8";
}

static bool takes_gzip(struct call *c)
{
    const char *accepted = http_header(c->request, "Accept-Encoding");

    return accepted != NULL && strstr(accepted, "gzip") != NULL &&
           strstr(accepted, "gzip;q=0") == NULL;
}

/* The file in the form the client takes. An ETag names bytes, so each form has its own. */
static void put_content(struct call *c, struct reply *r, const struct embedded *plain)
{
    const struct embedded *small =
        takes_gzip(c) ? find(arena_printf(c->arena, "%s.gz", plain->name)) : NULL;
    const struct embedded *file = small != NULL ? small : plain;
    const char *known = http_header(c->request, "If-None-Match");
    const char *etag = arena_printf(c->arena, "\"%.16s\"", file->sha1);

    reply_header(r, "ETag", etag);
    reply_header(r, "Vary", "Accept-Encoding");
    if (known != NULL && strstr(known, etag) != NULL) {
        r->status = 304;
        return;
    }
    r->body = file->data;
    r->body_len = file->len;
    reply_header(r, "Content-Type", type_of(plain->name));
    if (small != NULL)
        reply_header(r, "Content-Encoding", "gzip");
}

static void send_file(struct call *c, const struct embedded *file, const char *cache)
{
    struct reply r = {.status = 200, .lasting = true, .body = ""};

    c->page = true;
    reply_header(&r, "Content-Security-Policy", PAGE_POLICY);
    reply_header(&r, "Cache-Control", cache);
    put_content(c, &r, file);
    call_send(c, &r);
}

static void show(struct call *c, const char *name)
{
    const struct embedded *page = find(name);

    if (page == NULL)
        call_problem(c, ERR_NOT_FOUND, "This program was built without its pages.", 0);
    else
        send_file(c, page, "no-cache");
}

void api_pages_show(struct call *c)
{
    show(c, "page.html");
}

/* One page serves all addresses of the console: what is shown is decided in the browser, and what
 * may be seen by the API. */
void api_pages_console(struct call *c)
{
    show(c, "console.html");
}

/* Other sites load these: a module from another origin needs CORS. They hold nothing that is not
 * public. */
static void send_script(struct call *c, const struct embedded *file, const char *cache)
{
    struct reply r = {.status = 200, .lasting = true, .body = ""};

    c->page = true;
    reply_header(&r, "Access-Control-Allow-Origin", "*");
    reply_header(&r, "Cross-Origin-Resource-Policy", "cross-origin");
    reply_header(&r, "Cache-Control", cache);
    put_content(c, &r, file);
    call_send(c, &r);
}

void api_pages_script(struct call *c)
{
    const struct embedded *file = find("widget.js");

    if (file == NULL)
        call_problem(c, ERR_NOT_FOUND, "This program was built without its pages.", 0);
    else
        send_script(c, file, "public, max-age=300");
}

/* {id} is looked up in the table: it never becomes a path. Pages are not assets: they have routes.
 */
void api_pages_asset(struct call *c)
{
    const struct embedded *file = strstr(c->chat, ".html") == NULL ? find(c->chat) : NULL;

    if (file == NULL || strstr(file->name, ".gz") != NULL)
        call_problem(c, ERR_NOT_FOUND, NULL, 0);
    else
        send_script(c, file, "public, max-age=31536000, immutable");
}

void api_pages_icon(struct call *c)
{
    struct reply r = {.status = 204, .body = ""};

    c->page = true;
    reply_header(&r, "Cache-Control", "max-age=86400");
    call_send(c, &r);
}
