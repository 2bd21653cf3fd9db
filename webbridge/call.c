#include "webbridge/call.h"

#include "core/base/log.h"
#include "webbridge/cors.h"
#include "webbridge/problem.h"
#include "webbridge/route.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the beginning -------------------------------------------------------------------------- */

static bool good_id(const char *s)
{
    size_t len = s == NULL ? 0 : strlen(s);

    return len > 0 && len <= 64 &&
           strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") == len;
}

static void send_by_http(struct call *c, const struct reply *r)
{
    http_reply(c->request, r);
}

struct call *call_new(struct webbridge *w, struct request *r)
{
    struct call *c = arena_new_of(r->arena, struct call);
    const char *id = http_header(r, "X-Request-Id");

    c->arena = r->arena;
    c->web = w;
    c->request = r;
    c->send = send_by_http;
    c->method = r->method;
    c->path = r->path;
    c->chat = "";
    c->key = "";
    w->served++;
    c->id = good_id(id) ? id
                        : arena_printf(c->arena, "%s-%llx", w->boot, (unsigned long long)w->served);
    c->authorization = http_header(r, "Authorization");
    c->origin = http_header(r, "Origin");
    c->cookie = auth_cookie(c->arena, http_header(r, "Cookie"), call_cookie_name(w));
    proxies_client(w->proxies, &r->peer, http_header(r, "X-Forwarded-For"), &c->from);
    c->who.id = "";
    c->viewer.people = desk_directory(w->desk);
    c->viewer.queue = desk_queue(w->desk);
    c->viewer.id = "";
    c->viewer.domain = desk_domain(w->desk);
    c->viewer.desk = w->desk;
    c->started_ms = web_now(w);
    return c;
}

void call_free(struct call *c)
{
    if (c->ended != NULL)
        c->ended(c);
    json_free(c->body);
    json_free(c->errors);
    c->body = c->errors = NULL;
}

/* ---- who asks ------------------------------------------------------------------------------- */

struct asking {
    struct call *call;
    void (*then)(struct call *c);
};

void call_become(struct call *c, const struct principal *who)
{
    c->who.kind = who->kind;
    c->who.id = arena_dup(c->arena, who->id);
    c->viewer.kind = c->who.kind;
    c->viewer.id = c->who.id;
}

/* A wrong token costs the store a look, so that an address may be wrong only so often. A right one
 * always passes: neighbours behind one address are not locked out by one of them. */
void call_bad_token(struct call *c)
{
    char key[ADDRESS_KEY_MAX];
    int64_t retry_ms = 0;

    address_key(&c->from, key);
    if (limit_take(c->web->bad_tokens, key, web_now(c->web), &retry_ms) != OK)
        call_problem(c, ERR_RATE, "Too many wrong tokens from this address.", retry_ms);
    else
        call_problem(c, ERR_UNAUTHORIZED, NULL, 0);
}

static void on_who(void *ctx, enum err e, const struct principal *who)
{
    struct asking *a = ctx;
    struct call *c = a->call;

    if (e == OK) {
        call_become(c, who);
        a->then(c);
    } else if (e == ERR_NOT_FOUND || e == ERR_UNAUTHORIZED) {
        call_bad_token(c);
    } else {
        call_problem(c, e, NULL, 1000);
    }
}

const char *call_cookie_name(const struct webbridge *w)
{
    return strncmp(w->origin, "https:", 6) == 0 ? "__Host-parley" : "parley";
}

/* A cookie is sent by the browser whoever made the request: what changes something must come from a
 * page of ours. https://html.spec.whatwg.org/#origin, Fetch Metadata */
static bool from_own_page(const struct call *c)
{
    const char *wanted =
        c->route->kind == ROUTE_UPLOAD ? "application/octet-stream" : "application/json";
    const char *site, *type;

    if (strcmp(c->method, "GET") == 0 || strcmp(c->method, "HEAD") == 0)
        return true; /* streams too, whose request is gone by now */
    site = http_header(c->request, "Sec-Fetch-Site");
    type = http_header(c->request, "Content-Type");
    return c->origin != NULL && strcmp(c->origin, c->web->origin) == 0 &&
           (site == NULL || strcmp(site, "same-origin") == 0) && type != NULL &&
           strncasecmp(type, wanted, strlen(wanted)) == 0;
}

static void authenticate_cookie(struct call *c, struct asking *a)
{
    if (strlen(c->cookie) > 2 * TOKEN_LEN)
        call_bad_token(c);
    else if (!from_own_page(c))
        call_problem(c, ERR_FORBIDDEN, "Only a page of this origin may ask for this with a cookie.",
                     0);
    else
        desk_authenticate(c->web->desk, c->cookie, true, on_who, a);
}

void call_authenticate(struct call *c, void (*then)(struct call *c))
{
    const char *token = auth_bearer(c->authorization);
    struct asking *a = arena_new_of(c->arena, struct asking);

    a->call = c;
    a->then = then;
    if (c->authorization == NULL && c->cookie != NULL) {
        authenticate_cookie(c, a);
        return;
    }
    if (token == NULL || strlen(token) > 2 * TOKEN_LEN) {
        if (c->authorization == NULL)
            call_problem(c, ERR_UNAUTHORIZED, NULL, 0);
        else
            call_bad_token(c);
        return;
    }
    desk_authenticate(c->web->desk, token, false, on_who, a);
}

/* ---- the body ------------------------------------------------------------------------------- */

static void note(struct call *c, const char *name, const char *detail)
{
    struct json *one = json_object();

    if (c->errors == NULL)
        c->errors = json_array();
    json_put_str(one, "pointer", arena_printf(c->arena, "/%s", name));
    json_put_str(one, "detail", detail);
    json_add(c->errors, one);
}

const char *call_str(struct call *c, const char *name, bool required)
{
    const char *value = NULL;

    if (json_get_str(c->body, name, &value) != OK)
        note(c, name, "must be a string");
    else if (value == NULL && required)
        note(c, name, "is missing");
    return value;
}

bool call_bool(struct call *c, const char *name)
{
    bool value = false;

    if (!json_has(c->body, name))
        note(c, name, "is missing");
    else if (json_get_bool(c->body, name, &value) != OK)
        note(c, name, "must be true or false");
    return value;
}

int64_t call_int(struct call *c, const char *name)
{
    int64_t value = 0;

    if (!json_has(c->body, name))
        note(c, name, "is missing");
    else if (json_get_int(c->body, name, &value) != OK)
        note(c, name, "must be a whole number");
    return value;
}

bool call_complete(struct call *c)
{
    struct problem_more more = {.detail = "Members of the body are missing or of a wrong type."};
    struct reply r = {0};

    if (c->errors == NULL)
        return true;
    more.errors = c->errors;
    c->errors = NULL;
    problem_reply(c->arena, &r, ERR_INVALID, &more);
    call_send(c, &r);
    return false;
}

/* The header may be a structured field's string, in quotes (IETF draft "Idempotency-Key"). */
static const char *header_key(struct call *c)
{
    const char *value = http_header(c->request, "Idempotency-Key");
    size_t len = value == NULL ? 0 : strlen(value);

    if (len >= 2 && value[0] == '"' && value[len - 1] == '"')
        return arena_dup_len(c->arena, value + 1, len - 2);
    return value;
}

void call_read_key(struct call *c)
{
    const char *header = header_key(c), *body = call_str(c, "clientId", false);

    if (header != NULL && body != NULL && strcmp(header, body) != 0)
        note(c, "clientId", "differs from the header Idempotency-Key");
    c->key = header != NULL ? header : body != NULL ? body : "";
    if (strlen(c->key) > DESK_KEY_MAX)
        note(c, "clientId", "is longer than 64 bytes");
}

/* ---- the query ------------------------------------------------------------------------------ */

bool call_number(struct call *c, const char *name, int64_t least, int64_t most, int64_t fallback,
                 int64_t *out)
{
    const char *text = http_query(c->request, name);
    char *end;
    long long n;

    *out = fallback;
    if (text == NULL || *text == '\0')
        return true;
    n = strtoll(text, &end, 10);
    if (*end != '\0' || strlen(text) > 16 || n < least || n > most) {
        call_problem(c, ERR_INVALID,
                     arena_printf(c->arena, "The parameter %s is a number from %lld to %lld.", name,
                                  (long long)least, (long long)most),
                     0);
        return false;
    }
    *out = n;
    return true;
}

bool call_flag(struct call *c, const char *name)
{
    const char *text = http_query(c->request, name);

    return text != NULL && (*text == '\0' || strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
}

/* ---- answers -------------------------------------------------------------------------------- */

struct json *call_success(void)
{
    struct json *o = json_object();

    json_put_bool(o, "success", true);
    return o;
}

void call_standard_headers(struct call *c, struct reply *r)
{
    if (c->request == NULL) {
        char *date = arena_alloc(c->arena, REPLY_DATE_LEN + 1);

        reply_date(desk_now(c->web->desk), date);
        reply_header(r, "Date", date);
    }
    reply_header(r, "X-Request-Id", c->id);
    reply_header(r, "X-Content-Type-Options", "nosniff");
    reply_header(r, "Referrer-Policy", "no-referrer");
    if (c->page)
        return;
    reply_header(r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    reply_header(r, "Cache-Control", "no-store");
    cors_headers(c, r);
}

static void log_call(const struct call *c, int status)
{
    /* The path of a file is what opens it. */
    bool secret = c->route != NULL && c->route->kind == ROUTE_FILE;

    log_debug("http", "method=%s path=%s status=%d ms=%lld id=%s", c->method,
              secret ? c->route->path : c->path, status,
              (long long)(web_now(c->web) - c->started_ms), c->id);
}

void call_send(struct call *c, struct reply *r)
{
    call_standard_headers(c, r);
    log_call(c, r->status);
    c->send(c, r);
}

void call_json(struct call *c, int status, struct json *body, const struct desk_answer *a)
{
    struct reply r = {0};

    if (a != NULL && a->chat != NULL)
        c->organization = arena_dup(c->arena, a->chat->organization);
    if (a != NULL && a->replayed)
        reply_header(&r, "Idempotent-Replayed", "true");
    reply_text(&r, status, "application/json", json_print(c->arena, body));
    json_free(body);
    call_send(c, &r);
}

void call_empty(struct call *c)
{
    struct reply r = {.status = 204, .body = ""};

    call_send(c, &r);
}

void call_problem(struct call *c, enum err e, const char *detail, int64_t retry_ms)
{
    struct problem_more more = {.detail = detail, .retry_ms = retry_ms};
    struct reply r = {0};

    problem_reply(c->arena, &r, e, &more);
    /* What is left of a body that was refused unread would be taken for the next request. */
    r.close = e == ERR_TOO_LARGE || (c->request != NULL && c->request->overload != OK);
    call_send(c, &r);
}

void call_fail(struct call *c, enum err e, const struct desk_answer *a)
{
    struct problem_more more = {.detail = a->detail, .field = a->field, .retry_ms = a->retry_ms};
    struct reply r = {0};

    if (a->chat != NULL)
        c->organization = arena_dup(c->arena, a->chat->organization);
    if (e == ERR_ALREADY_ASSIGNED && a->chat != NULL) {
        more.extra_name = "assignedTo";
        more.extra = view_agent(&c->viewer, a->chat->assigned_to);
    }
    problem_reply(c->arena, &r, e, &more);
    call_send(c, &r);
}

static void answer_chat(struct call *c, int status, enum err e, const struct desk_answer *a)
{
    struct json *body;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    json_put(body, "chat", view_chat(&c->viewer, a->chat));
    call_json(c, status, body, a);
}

void call_chat(void *ctx, enum err e, const struct desk_answer *a)
{
    answer_chat(ctx, 200, e, a);
}

void call_chat_made(void *ctx, enum err e, const struct desk_answer *a)
{
    answer_chat(ctx, 201, e, a);
}

void call_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;

    if (e != OK)
        call_fail(c, e, a);
    else
        call_empty(c);
}
