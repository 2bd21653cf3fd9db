#include "webbridge/api.h"

#include "core/base/text.h"
#include "core/desk_files.h"

#include <string.h>
#include <strings.h>

#define AT_ONCE 3 /* files of one sender that are on their way */

/* A message with a file. Its bytes are on disk before the message is posted, and they and the
 * message become part of the chat in one change: what was sent only in part is nowhere. */
struct attaching {
    struct file file;
    const char *chat;
    struct file_put *put; /* NULL: not yet begun, whole, or given up */
    struct crypto_digest *digest;
    char hex[HASH_HEX_LEN + 1];
    const void *first; /* the piece that waits until it is known who asks */
    size_t first_len;
    bool counted;
};

/* ---- the end -------------------------------------------------------------------------------- */

static void give_up(struct call *c)
{
    struct attaching *a = c->extra;

    c->web->o.files->abort(a->put);
    a->put = NULL;
}

static void ended(struct call *c)
{
    struct attaching *a = c->extra;

    give_up(c);
    crypto_digest_free(a->digest);
    a->digest = NULL;
    if (a->counted)
        tally_drop(c->web->uploads, c->who.id);
    a->counted = false;
}

static void forget_bytes(struct call *c)
{
    const struct attaching *a = c->extra;

    c->web->o.files->remove(c->web->o.files->self, a->file.id);
}

/* The file as the message has it: of a repetition the first one's. */
static void put_file(struct call *c, struct json *body, const struct entry *message)
{
    struct json *data = NULL;
    const struct json *one;
    const char *url = NULL, *text = NULL;
    char id[ID_LEN + 1];
    int64_t size = 0;

    if (json_parse(message->data, strlen(message->data), &data) != OK)
        return;
    if ((one = json_at(json_get(data, "attachments"), 0)) == NULL) {
        json_free(data);
        return;
    }
    if (json_get_str(one, "url", &url) == OK && url != NULL &&
        file_of_url(webbridge_url(c->web), url, id))
        json_put_str(body, "id", id);
    if (json_get_str(one, "name", &text) == OK)
        json_put_str(body, "name", text);
    if (json_get_str(one, "type", &text) == OK)
        json_put_str(body, "type", text);
    if (json_get_int(one, "size", &size) == OK)
        json_put_int(body, "size", size);
    json_put_str(body, "url", url);
    json_free(data);
}

static void posted(void *ctx, enum err e, const struct desk_answer *answer)
{
    struct call *c = ctx;
    const struct entry *message = answer->n_entries > 0 ? &answer->entries[0] : NULL;
    struct json *body;

    /* When the outcome is unknown the file may be wanted; if not, the next start removes it. */
    if ((e != OK && e != ERR_UNKNOWN) || answer->replayed)
        forget_bytes(c);
    if (e != OK) {
        call_fail(c, e, answer);
        return;
    }
    body = call_success();
    if (message != NULL) {
        put_file(c, body, message);
        json_put(body, "message", view_message(&c->viewer, answer->chat, message));
    }
    call_json(c, 201, body, answer);
}

/* ---- what it is ----------------------------------------------------------------------------- */

/* What strangers may send to an agent's screen: what is looked at or read. No markup that a browser
 * runs, no program. By the bytes themselves, whatever the name says. */
static bool taken_of_customers(const char *type)
{
    static const char *const refused[] = {"text/html",          "text/xml",
                                          "text/javascript",    "text/x-shellscript",
                                          "text/x-msdos-batch", NULL};
    static const char *const taken[] = {"image/png",
                                        "image/jpeg",
                                        "image/gif",
                                        "image/webp",
                                        "image/avif",
                                        "image/heic",
                                        "image/heif",
                                        "image/bmp",
                                        "image/tiff",
                                        "audio/",
                                        "video/",
                                        "text/",
                                        "application/pdf",
                                        "application/json",
                                        "application/zip",
                                        "application/gzip",
                                        "application/ogg",
                                        "application/msword",
                                        "application/rtf",
                                        "application/vnd.ms-",
                                        "application/vnd.openxmlformats-officedocument.",
                                        "application/vnd.oasis.opendocument.",
                                        "application/CDFV2",
                                        "application/x-ole-storage",
                                        NULL};

    return !api_files_type_is(type, refused) && api_files_type_is(type, taken);
}

static void on_disk(void *ctx, enum err e, const char *type)
{
    struct call *c = ctx;
    struct attaching *a = c->extra;
    struct post p = {.key = c->key, .escalated_only = true, .attach = &a->file};

    if (e != OK) {
        call_problem(c, e, NULL, 1000);
        return;
    }
    if (c->who.kind == WHO_CUSTOMER && !taken_of_customers(type)) {
        forget_bytes(c);
        call_problem(c, ERR_NOT_ACCEPTABLE,
                     arena_printf(c->arena, "Files of this kind (%s) are not taken.", type), 0);
        return;
    }
    a->file.type = arena_dup(c->arena, type);
    p.digest = a->hex;
    p.text = file_url(c->arena, webbridge_url(c->web), &a->file);
    desk_post(c->web->desk, &c->who, a->chat, &p, posted, c);
}

static void whole(struct call *c)
{
    struct attaching *a = c->extra;
    struct file_put *put = a->put;

    a->put = NULL;
    crypto_digest_final(a->digest, a->hex);
    a->digest = NULL;
    c->web->o.files->finish(put, on_disk, c);
}

/* ---- its bytes ------------------------------------------------------------------------------ */

static void written(void *ctx, enum err e)
{
    struct call *c = ctx;

    if (e == OK) {
        http_more(c->request);
        return;
    }
    give_up(c);
    call_problem(c, e, NULL, 1000);
}

static void write_piece(struct call *c, const void *data, size_t len)
{
    struct attaching *a = c->extra;

    crypto_digest_add(a->digest, data, len);
    c->web->o.files->write(a->put, data, len, written, c);
}

/* Chats cost nothing, so that bytes are counted by the address too. */
static enum err count_bytes(struct call *c, int64_t *retry_ms)
{
    struct attaching *a = c->extra;
    char key[ADDRESS_KEY_MAX];

    *retry_ms = 1000;
    if (!tally_add(c->web->uploads, c->who.id, AT_ONCE))
        return ERR_RATE;
    a->counted = true;
    if (c->who.kind != WHO_CUSTOMER)
        return OK;
    address_key(&c->from, key);
    return limit_take_many(c->web->upload_bytes, key, a->file.size, web_now(c->web), retry_ms);
}

static void allowed(void *ctx, enum err e, const struct desk_answer *answer)
{
    struct call *c = ctx;
    struct attaching *a = c->extra;
    const struct file_port *files = c->web->o.files;
    int64_t retry_ms = 1000;

    if (e != OK) {
        call_fail(c, e, answer);
        return;
    }
    if ((e = count_bytes(c, &retry_ms)) != OK) {
        call_problem(c, e, "Too many files, or too many bytes.", retry_ms);
        return;
    }
    if ((e = files->begin(files->self, a->file.id, a->file.size, &a->put)) != OK) {
        call_problem(c, e, NULL, 1000);
        return;
    }
    write_piece(c, a->first, a->first_len);
}

static void known(struct call *c)
{
    const struct attaching *a = c->extra;

    desk_attach(c->web->desk, &c->who, a->chat, a->file.size, allowed, c);
}

/* Who asks is found out here and not before: while a piece is with us the request stays. */
static void piece(struct call *c, const void *data, size_t len)
{
    struct attaching *a = c->extra;

    if (a->put != NULL) {
        write_piece(c, data, len);
        return;
    }
    a->first = data;
    a->first_len = len;
    call_authenticate(c, known);
}

static const struct body_reader reader = {piece, whole};

/* ---- its head ------------------------------------------------------------------------------- */

static bool is_octets(const char *type)
{
    static const char octets[] = "application/octet-stream";
    size_t len = type == NULL ? 0 : strcspn(type, "; \t");

    return len == sizeof(octets) - 1 && strncasecmp(type, octets, len) == 0;
}

static bool check_head(struct call *c, const char *chat, const char *name)
{
    int64_t size = c->request->body_expected;

    if (!is_octets(http_header(c->request, "Content-Type")))
        call_problem(
            c, ERR_NOT_ACCEPTABLE,
            "Send Content-Type: application/octet-stream; what it is, is seen by the bytes.", 0);
    else if (chat == NULL || name == NULL || !text_ok(name, strlen(name)))
        call_problem(c, ERR_INVALID, "The parameters chatId and name are needed.", 0);
    else if (size < 0)
        call_problem(c, ERR_INVALID, "Send Content-Length; chunks are not taken here.", 0);
    else if (size == 0)
        call_problem(c, ERR_INVALID, "The file is empty.", 0);
    else if (size > desk_file_max(c->web->desk))
        call_problem(c, ERR_TOO_LARGE,
                     arena_printf(c->arena, "A file may have %lld bytes.",
                                  (long long)desk_file_max(c->web->desk)),
                     0);
    else
        return true;
    return false;
}

void api_attachments_post(struct call *c)
{
    struct attaching *a = arena_new_of(c->arena, struct attaching);
    const char *name = http_query(c->request, "name");

    a->chat = http_query(c->request, "chatId");
    if (!check_head(c, a->chat, name))
        return;
    c->body = json_object();
    call_read_key(c);
    if (!call_complete(c))
        return;
    crypto_id(a->file.id);
    a->file.owner = a->file.room = a->file.type = "";
    a->file.name = file_name(c->arena, name);
    a->file.size = c->request->body_expected;
    a->digest = crypto_digest_new();
    c->extra = a;
    c->reader = &reader;
    c->ended = ended;
    http_in_pieces(c->request);
}
