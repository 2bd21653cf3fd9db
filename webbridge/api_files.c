#include "webbridge/api.h"

#include "core/desk_files.h"
#include "webbridge/cors.h"
#include "webbridge/range.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

/* A page that shows a file as a document gets a sandbox without scripts, forms and origin. */
#define FILE_POLICY "default-src 'none'; sandbox; frame-ancestors 'none'"

/* The address has the form of the route: /files/{id}/{name}. */
static const char *name_of(const struct call *c)
{
    return strrchr(c->path, '/') + 1;
}

/* ---- sending -------------------------------------------------------------------------------- */

struct upload {
    char id[ID_LEN + 1];
    struct file_put *put; /* NULL: failed, or whole */
    enum err wrong;       /* the disk said; the rest is read and thrown away */
    bool settled;         /* the slot knows what became of it */
};

static void settle(struct call *c, bool failed)
{
    struct upload *u = c->extra;

    if (!u->settled && failed)
        desk_file_failed(c->web->desk, u->id);
    u->settled = true;
}

static void put_failed(struct call *c, enum err e, const struct desk_answer *a)
{
    settle(c, true);
    if (a != NULL)
        call_fail(c, e, a);
    else
        call_problem(c, e, NULL, 1000);
}

static void put_stored(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct upload *u = c->extra;
    struct reply r = {.status = 201, .body = ""};

    /* When the outcome is unknown the file may be wanted; if not, the next start removes it. */
    if (e != OK && e != ERR_UNKNOWN)
        c->web->o.files->remove(c->web->o.files->self, u->id);
    if (e != OK) {
        put_failed(c, e, a);
        return;
    }
    settle(c, false);
    call_send(c, &r);
}

static void put_on_disk(void *ctx, enum err e, const char *type)
{
    struct call *c = ctx;
    struct upload *u = c->extra;

    if (e != OK)
        put_failed(c, e, NULL);
    else
        desk_file_stored(c->web->desk, u->id, type, put_stored, c);
}

static void put_whole(struct call *c)
{
    struct upload *u = c->extra;
    struct file_put *put = u->put;

    u->put = NULL;
    if (u->wrong != OK)
        put_failed(c, u->wrong, NULL);
    else
        c->web->o.files->finish(put, put_on_disk, c);
}

static void put_written(void *ctx, enum err e)
{
    struct call *c = ctx;
    struct upload *u = c->extra;

    if (e != OK) {
        u->wrong = e;
        c->web->o.files->abort(u->put);
        u->put = NULL;
    }
    http_more(c->request);
}

static void put_piece(struct call *c, const void *data, size_t len)
{
    struct upload *u = c->extra;

    if (u->put == NULL)
        http_more(c->request);
    else
        c->web->o.files->write(u->put, data, len, put_written, c);
}

/* The client is gone, or we are ending. */
static void put_ended(struct call *c)
{
    struct upload *u = c->extra;

    c->web->o.files->abort(u->put);
    u->put = NULL;
    settle(c, true);
}

static const struct body_reader put_reader = {put_piece, put_whole};

/* What the slot promised. XEP-0363 #upload */
static bool fits(struct call *c, const struct file *f)
{
    const char *type = http_header(c->request, "Content-Type");
    int64_t size = c->request->body_expected;

    if (strcmp(f->name, name_of(c)) != 0)
        call_problem(c, ERR_NOT_FOUND, NULL, 0);
    else if (*f->type != '\0' && type != NULL && strcasecmp(type, f->type) != 0)
        call_problem(c, ERR_INVALID, "The slot was for another Content-Type.", 0);
    else if (size < 0)
        call_problem(c, ERR_INVALID, "Send Content-Length; chunks are not taken here.", 0);
    else if (size > f->size)
        call_problem(c, ERR_TOO_LARGE, "The body is larger than the slot.", 0);
    else if (size < f->size)
        call_problem(c, ERR_INVALID, "The body is smaller than the slot.", 0);
    else
        return true;
    return false;
}

void api_files_put(struct call *c)
{
    const struct file_port *files = c->web->o.files;
    struct upload *u = arena_new_of(c->arena, struct upload);
    const struct file *f;
    enum err e = desk_file_begin(c->web->desk, c->chat, &f);

    if (e != OK) {
        call_problem(c, e, e == ERR_CONFLICT ? "It was sent already, or is being sent." : NULL, 0);
        return;
    }
    memcpy(u->id, f->id, sizeof(u->id));
    if (!fits(c, f)) {
        desk_file_failed(c->web->desk, u->id);
        return;
    }
    if ((e = files->begin(files->self, u->id, f->size, &u->put)) != OK) {
        desk_file_failed(c->web->desk, u->id);
        call_problem(c, e, NULL, 1000);
        return;
    }
    c->extra = u;
    c->reader = &put_reader;
    c->ended = put_ended;
    http_in_pieces(c->request);
}

/* ---- reading -------------------------------------------------------------------------------- */

bool api_files_type_is(const char *type, const char *const *list)
{
    for (; *list != NULL; list++) {
        size_t len = strlen(*list);
        bool begin = strchr("/.-", (*list)[len - 1]) != NULL;

        if (strncmp(type, *list, len) == 0 && (begin || type[len] == '\0'))
            return true;
    }
    return false;
}

/* Browsers may show these in place: no script, no markup. */
static bool is_picture(const char *type)
{
    static const char *const list[] = {"image/png",  "image/jpeg", "image/gif",
                                       "image/webp", "image/avif", NULL};

    return api_files_type_is(type, list);
}

/* What else is named as what it is. All others are bytes to a browser, above all markup. */
static const char *shown_type(const char *type)
{
    static const char *const list[] = {
        "audio/",          "video/",           "application/pdf", "application/zip",
        "application/ogg", "application/gzip", "text/plain",      NULL};

    return is_picture(type) || api_files_type_is(type, list) ? type : "application/octet-stream";
}

static void file_headers(struct call *c, const struct file *f, struct reply *r)
{
    c->page = true; /* not the API's headers */
    reply_header(r, "ETag", arena_printf(c->arena, "\"%s\"", f->id));
    reply_header(r, "Cache-Control", "private, max-age=31536000, immutable");
    reply_header(r, "Content-Security-Policy", FILE_POLICY);
    reply_header(r, "Accept-Ranges", "bytes");
    reply_header(r, "Content-Type", shown_type(f->type));
    reply_header(r, "Content-Disposition",
                 arena_printf(c->arena, "%s; filename*=UTF-8''%s",
                              is_picture(f->type) ? "inline" : "attachment",
                              file_percent(c->arena, f->name)));
    cors_open(r);
}

static bool is_known(struct call *c, const struct file *f)
{
    const char *known = http_header(c->request, "If-None-Match");

    return known != NULL && (strcmp(known, "*") == 0 || strstr(known, f->id) != NULL);
}

/* RFC 9110 #field.if-range: of another version the whole is wanted; ours never change. */
static enum range_kind part_of(struct call *c, const struct file *f, struct reply *r)
{
    const char *only_if = http_header(c->request, "If-Range");

    if (only_if != NULL && strcmp(only_if, reply_get(r, "ETag")) != 0)
        return RANGE_ALL;
    return range_read(http_header(c->request, "Range"), f->size, &r->file_from, &r->file_len);
}

static void send_file(struct call *c, const struct file *f, int fd)
{
    struct reply r = {.status = 200, .body = "", .fd = fd, .file_len = f->size, .from_file = true};
    enum range_kind kind;

    file_headers(c, f, &r);
    if (is_known(c, f)) {
        r.status = 304;
        r.from_file = false;
    } else if ((kind = part_of(c, f, &r)) == RANGE_PART) {
        r.status = 206;
        reply_header(&r, "Content-Range",
                     arena_printf(c->arena, "bytes %lld-%lld/%lld", (long long)r.file_from,
                                  (long long)(r.file_from + r.file_len - 1), (long long)f->size));
    } else if (kind == RANGE_NONE) {
        r.status = 416;
        r.from_file = false;
        reply_header(&r, "Content-Range",
                     arena_printf(c->arena, "bytes */%lld", (long long)f->size));
    }
    if (!r.from_file)
        (void)close(fd);
    call_send(c, &r);
}

static void found(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    const struct file_port *files = c->web->o.files;
    int fd = -1;

    if (e == OK && strcmp(a->file->name, name_of(c)) != 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = files->open(files->self, a->file->id, &fd);
    if (e != OK)
        call_problem(c, e, NULL, 1000);
    else
        send_file(c, a->file, fd);
}

void api_files_get(struct call *c)
{
    if (crypto_is_id(c->chat))
        desk_file_find(c->web->desk, c->chat, found, c);
    else
        call_problem(c, ERR_NOT_FOUND, NULL, 0);
}
