#include "webbridge/problem.h"

/* In the order of enum err. */
static const struct problem table[] = {
    {OK, 500, "internal-error", "Internal error"},
    {ERR_INVALID, 400, "invalid-request", "The request is not valid"},
    {ERR_TEXT, 400, "invalid-text", "The text holds characters that cannot be carried"},
    {ERR_TOO_LARGE, 413, "too-large", "Too large"},
    {ERR_NOT_FOUND, 404, "not-found", "Not found"},
    {ERR_UNAUTHORIZED, 401, "unauthorized", "A valid token is needed"},
    {ERR_FORBIDDEN, 403, "forbidden", "Not allowed"},
    {ERR_CONFLICT, 409, "conflict", "It was changed meanwhile"},
    {ERR_NOT_ESCALATED, 409, "not-escalated", "The chat is still with the assistant"},
    {ERR_ALREADY_ASSIGNED, 409, "already-assigned", "Another agent has the chat"},
    {ERR_CLOSED, 409, "chat-closed", "The chat is closed"},
    {ERR_KEY_REUSED, 422, "key-reused", "The idempotency key belongs to another request"},
    {ERR_IDENTITY, 422, "invalid-identity", "The signed identity is not valid"},
    {ERR_RATE, 429, "rate-limited", "Too many requests"},
    {ERR_BUSY, 503, "busy", "Too busy at the moment"},
    {ERR_UNKNOWN, 503, "unknown-outcome", "It may or may not be stored: retry with the same key"},
    {ERR_NOT_OCCUPANT, 409, "not-joined", "The agent is not in the chat"},
    {ERR_NOT_ALLOWED, 405, "method-not-allowed", "Method not allowed"},
    {ERR_NOT_ACCEPTABLE, 415, "unsupported-media-type", "The media type is not taken"},
    {ERR_OUTCAST, 403, "forbidden", "Not allowed"},
    {ERR_NOT_MEMBER, 403, "forbidden", "Not allowed"},
    {ERR_PASSWORD, 403, "forbidden", "Not allowed"},
    {ERR_FULL, 403, "forbidden", "Not allowed"},
    {ERR_LOW_DISK, 503, "low-disk", "The disk is nearly full"},
    {ERR_NO_SPACE, 507, "no-space", "There is no room for it on the disk"},
    {ERR_IO, 503, "store-failed", "It could not be stored"},
    {ERR_NEWER, 500, "internal-error", "Internal error"},
    {ERR_CONFIG, 500, "internal-error", "Internal error"},
    {ERR_LOCKED, 500, "internal-error", "Internal error"},
};

_Static_assert(sizeof(table) / sizeof(table[0]) == ERR_COUNT_, "an error without its status");

const struct problem *problem_of(enum err e)
{
    return (size_t)e < ERR_COUNT_ ? &table[e] : &table[OK];
}

static const char *fixed_detail(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return "There is nothing here, or it is not yours.";
    if (e == ERR_UNAUTHORIZED)
        return "Send Authorization: Bearer with a token that is in force.";
    return NULL;
}

static bool comes_again(int status)
{
    return status == 429 || status == 503;
}

static struct json *field_error(struct arena *a, const char *field, const char *detail)
{
    struct json *errors = json_array();
    struct json *one = json_object();

    json_put_str(one, "pointer", arena_printf(a, "/%s", field));
    json_put_str(one, "detail", detail);
    json_add(errors, one);
    return errors;
}

void problem_reply(struct arena *a, struct reply *out, enum err e, const struct problem_more *more)
{
    static const struct problem_more none;
    const struct problem *p = problem_of(e);
    const char *detail = fixed_detail(e);
    struct json *body = json_object();

    if (more == NULL)
        more = &none;
    if (detail == NULL)
        detail = more->detail != NULL && *more->detail != '\0' ? more->detail : p->title;
    json_put_str(body, "type", arena_printf(a, "/problems/%s", p->code));
    json_put_str(body, "title", p->title);
    json_put_int(body, "status", p->status);
    json_put_str(body, "detail", detail);
    json_put_str(body, "code", p->code);
    json_put_bool(body, "success", false);
    if (more->errors != NULL)
        json_put(body, "errors", more->errors);
    else if (fixed_detail(e) == NULL && more->field != NULL && *more->field != '\0')
        json_put(body, "errors", field_error(a, more->field, detail));
    if (more->extra != NULL)
        json_put(body, more->extra_name, more->extra);
    reply_text(out, p->status, "application/problem+json", json_print(a, body));
    json_free(body);
    if (comes_again(p->status) || more->retry_ms > 0)
        reply_header(
            out, "Retry-After",
            arena_printf(a, "%lld",
                         more->retry_ms > 1000 ? (long long)((more->retry_ms + 999) / 1000) : 1LL));
    if (p->status == 401)
        reply_header(out, "WWW-Authenticate", "Bearer realm=\"parley\"");
}
