#include "webbridge/route.h"

#include "webbridge/api.h"
#include "webbridge/cors.h"
#include "webbridge/problem.h"

#include <string.h>
#include <strings.h>

static const struct route table[] = {
    {"POST", "/api/chats", api_chats_begin, ACTION_BEGIN, ROUTE_API},
    {"GET", "/api/chats", api_chats_list, ACTION_LIST, ROUTE_API},
    {"GET", "/api/chats/{id}", api_chats_show, ACTION_READ, ROUTE_API},
    {"PATCH", "/api/chats/{id}", api_chats_change, ACTION_ENTER, ROUTE_API},
    {"GET", "/api/chats/{id}/messages", api_messages_list, ACTION_READ, ROUTE_API},
    {"POST", "/api/chats/{id}/messages", api_messages_post, ACTION_WRITE, ROUTE_API},
    {"POST", "/api/chats/{id}/messages/send", api_messages_send, ACTION_WRITE, ROUTE_API},
    {"POST", "/api/escalations", api_agents_escalate, ACTION_ESCALATE, ROUTE_API},
    {"POST", "/api/chats/{id}/assign", api_agents_assign, ACTION_ASSIGN, ROUTE_API},
    {"DELETE", "/api/chats/{id}/assign", api_agents_release, ACTION_ENTER, ROUTE_API},
    {"POST", "/api/chats/{id}/transfer", api_agents_transfer, ACTION_ENTER, ROUTE_API},
    {"DELETE", "/api/chats/{id}/transfer", api_agents_transfer_end, ACTION_ENTER, ROUTE_API},
    {"GET", "/api/agents", api_agents_list, ACTION_LIST, ROUTE_API},
    {"POST", "/api/chats/{id}/typing", api_messages_typing, ACTION_WRITE, ROUTE_API},
    {"POST", "/api/chats/{id}/read", api_messages_read, ACTION_READ, ROUTE_API},
    {"POST", "/api/chats/{id}/notes", api_messages_note, ACTION_ENTER, ROUTE_API},
    {"POST", "/api/chats/{id}/close", api_chats_close, ACTION_CLOSE, ROUTE_API},
    {"GET", "/api/chats/{id}/transcript", api_transcript, ACTION_READ, ROUTE_API},
    {"POST", "/api/chats/{id}/revoke", api_chats_revoke, ACTION_READ, ROUTE_API},
    {"POST", "/api/chats/{id}/rating", api_chats_rate, ACTION_RATE, ROUTE_API},
    {"POST", "/api/chats/{id}/reopen", api_chats_reopen, ACTION_ENTER, ROUTE_API},
    {"GET", "/api/chats/{id}/events", api_events_open, ACTION_READ, ROUTE_STREAM},
    {"GET", "/api/events", api_events_queue, ACTION_LIST, ROUTE_STREAM},
    {"POST", "/api/chats/{id}/events/ticket", api_events_ticket, ACTION_READ, ROUTE_API},
    {"GET", "/api/canned-responses", api_canned_list, ACTION_LIST, ROUTE_API},
    {"POST", "/api/canned-responses", api_canned_add, ACTION_LIST, ROUTE_API},
    {"PUT", "/api/canned-responses/{id}", api_canned_put, ACTION_LIST, ROUTE_API},
    {"DELETE", "/api/canned-responses/{id}", api_canned_remove, ACTION_LIST, ROUTE_API},
    {"POST", "/api/auth/login", api_auth_begin, ACTION_PUBLIC, ROUTE_API},
    {"GET", "/api/auth/login/{id}", api_auth_poll, ACTION_PUBLIC, ROUTE_API},
    {"POST", "/api/auth/link", api_auth_link, ACTION_PUBLIC, ROUTE_API},
    {"POST", "/api/auth/logout", api_auth_logout, ACTION_LIST, ROUTE_API},
    {"GET", "/api/me", api_auth_me, ACTION_LIST, ROUTE_API},
    {"PUT", FILE_PATH "{id}/{name}", api_files_put, ACTION_PUBLIC, ROUTE_FILE},
    {"POST", "/api/attachments", api_attachments_post, ACTION_WRITE, ROUTE_UPLOAD},
    {"GET", FILE_PATH "{id}/{name}", api_files_get, ACTION_PUBLIC, ROUTE_FILE},
    {"GET", "/healthz", api_health_live, ACTION_PUBLIC, ROUTE_API},
    {"GET", "/readyz", api_health_ready, ACTION_PUBLIC, ROUTE_API},
    {"GET", "/", api_pages_show, ACTION_PUBLIC, ROUTE_PAGE},
    {"GET", "/app/chats", api_pages_console, ACTION_PUBLIC, ROUTE_PAGE},
    {"GET", "/app/chats/{id}", api_pages_console, ACTION_PUBLIC, ROUTE_PAGE},
    {"GET", "/login", api_pages_console, ACTION_PUBLIC, ROUTE_PAGE},
    {"GET", "/login/{id}", api_pages_console, ACTION_PUBLIC, ROUTE_PAGE},
    {"GET", "/widget.js", api_pages_script, ACTION_PUBLIC, ROUTE_PAGE},
    {"GET", "/assets/{id}", api_pages_asset, ACTION_PUBLIC, ROUTE_PAGE},
    {"GET", "/favicon.ico", api_pages_icon, ACTION_PUBLIC, ROUTE_PAGE},
    {NULL, NULL, NULL, ACTION_PUBLIC, ROUTE_API},
};

const struct route *route_table(void)
{
    return table;
}

/* ---- finding -------------------------------------------------------------------------------- */

static bool matches_rest(const char *pattern, const char *path)
{
    if (strcmp(pattern, "/{name}") != 0)
        return strcmp(pattern, path) == 0;
    return path[0] == '/' && path[1] != '\0' && strchr(path + 1, '/') == NULL;
}

/* id: where the path has the chat's; lent by path, id_len long. */
static bool matches(const char *pattern, const char *path, const char **id, size_t *id_len)
{
    const char *hole = strstr(pattern, "{id}");
    size_t before;

    *id = path;
    *id_len = 0;
    if (hole == NULL)
        return strcmp(pattern, path) == 0;
    before = (size_t)(hole - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    *id = path + before;
    *id_len = strcspn(*id, "/");
    return *id_len > 0 && matches_rest(hole + 4, *id + *id_len);
}

/* HEAD is GET without the body; a stream has nothing but a body. */
static bool serves(const struct route *r, const char *method)
{
    if (strcmp(r->method, method) == 0)
        return true;
    return strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0 && r->kind != ROUTE_STREAM;
}

static const char *add_method(struct arena *a, const char *allow, const struct route *r)
{
    const char *more =
        strcmp(r->method, "GET") == 0 && r->kind != ROUTE_STREAM ? "GET, HEAD" : r->method;

    return allow == NULL ? more : arena_printf(a, "%s, %s", allow, more);
}

const struct route *route_find(struct arena *a, const char *method, const char *path,
                               const char **chat, const char **allow)
{
    const char *id;
    size_t len;

    *chat = "";
    *allow = NULL;
    for (const struct route *r = table; r->method != NULL; r++) {
        if (!matches(r->path, path, &id, &len))
            continue;
        if (**chat == '\0')
            *chat = arena_dup_len(a, id, len);
        if (serves(r, method))
            return r;
        *allow = add_method(a, *allow, r);
    }
    if (*allow != NULL)
        *allow = arena_printf(a, "%s, OPTIONS", *allow);
    return NULL;
}

/* ---- the headers are there ------------------------------------------------------------------ */

static void refuse_method(struct call *c, const char *allow)
{
    struct reply r = {0};

    problem_reply(c->arena, &r, ERR_NOT_ALLOWED, NULL);
    reply_header(&r, "Allow", allow);
    call_send(c, &r);
}

static void refuse_framing(struct call *c)
{
    struct problem_more more = {.detail = "The request line or a header is malformed."};
    struct reply r = {.close = true};

    problem_reply(c->arena, &r, ERR_INVALID, &more);
    call_send(c, &r);
}

/* Whoever sends nothing to be known by is told so before its body is read. */
static enum err may_anybody(const struct call *c)
{
    const struct principal nobody = {.kind = WHO_ANONYMOUS, .id = ""};

    if (c->authorization != NULL || c->cookie != NULL || c->route->kind == ROUTE_STREAM)
        return OK;
    return may(desk_directory(c->web->desk), &nobody, NULL, c->route->action);
}

static bool lacks_files(const struct call *c)
{
    return (c->route->kind == ROUTE_FILE || c->route->kind == ROUTE_UPLOAD) &&
           c->web->o.files == NULL;
}

static bool is_upload(const struct call *c)
{
    return c->route->kind == ROUTE_UPLOAD ||
           (c->route->kind == ROUTE_FILE && strcmp(c->route->method, "PUT") == 0);
}

void route_begin(struct call *c)
{
    const char *allow;
    enum err e;

    if (c->request->malformed) {
        refuse_framing(c);
        return;
    }
    if (c->request->overload != OK) {
        call_problem(c, c->request->overload, "Too many connections.", 1000);
        return;
    }
    c->route = route_find(c->arena, c->method, c->path, &c->chat, &allow);
    if ((c->route == NULL && allow == NULL) || (c->route != NULL && lacks_files(c))) {
        call_problem(c, ERR_NOT_FOUND, NULL, 0);
    } else if (c->route == NULL && strcmp(c->method, "OPTIONS") == 0) {
        cors_preflight(c, allow);
    } else if (c->route == NULL) {
        refuse_method(c, allow);
    } else if (!is_upload(c) && c->request->body_expected > c->web->o.body_bytes) {
        call_problem(c, ERR_TOO_LARGE, "The body is larger than the limit.", 0);
    } else if ((e = may_anybody(c)) != OK) {
        call_problem(c, e, NULL, 0);
    } else if (c->route->kind == ROUTE_STREAM || is_upload(c)) {
        c->route->run(c);
    }
}

/* ---- the body is there too ------------------------------------------------------------------ */

/* application/json or something+json, perhaps with parameters. */
static bool is_json(const char *type)
{
    size_t len;

    if (type == NULL)
        return false;
    len = strcspn(type, "; \t");
    if (len == 16 && strncasecmp(type, "application/json", len) == 0)
        return true;
    return len > 5 && strncasecmp(type + len - 5, "+json", 5) == 0;
}

static bool read_body(struct call *c)
{
    const struct request *r = c->request;
    enum err e;

    if (r->body_len == 0 || strcmp(c->route->method, "GET") == 0) {
        c->body = json_object();
        return true;
    }
    if (!is_json(http_header(c->request, "Content-Type"))) {
        call_problem(c, ERR_NOT_ACCEPTABLE, "Send Content-Type: application/json.", 0);
        return false;
    }
    e = json_parse(r->body, r->body_len, &c->body);
    if (e == OK && json_is_object(c->body))
        return true;
    if (e == OK)
        call_problem(c, ERR_INVALID, "The body is not a JSON object.", 0);
    else if (e == ERR_TEXT)
        call_problem(c, e, "The body holds bytes or characters that are not allowed.", 0);
    else
        call_problem(c, e, "The body is not well-formed JSON, or names a member twice.", 0);
    return false;
}

/* What is never open to this kind of asker is refused before the chat is looked at: the refusal
 * must not tell whether there is one. */
static void run_if_ever(struct call *c)
{
    if (may(desk_directory(c->web->desk), &c->who, NULL, c->route->action) == ERR_FORBIDDEN)
        call_problem(c, ERR_FORBIDDEN, NULL, 0);
    else
        c->route->run(c);
}

void route_ready(struct call *c)
{
    if (c->request->too_large) {
        call_problem(c, ERR_TOO_LARGE, "The body is larger than the limit.", 0);
        return;
    }
    if (c->reader != NULL) {
        c->reader->whole(c);
        return;
    }
    if (!read_body(c))
        return;
    switch (c->route->action) {
    case ACTION_BEGIN:
    case ACTION_PUBLIC:
        c->route->run(c);
        return;
    case ACTION_LIST:
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_ESCALATE:
    case ACTION_ASSIGN:
    case ACTION_ENTER:
    case ACTION_CLOSE:
    case ACTION_RATE:
        call_authenticate(c, run_if_ever);
        return;
    }
}
