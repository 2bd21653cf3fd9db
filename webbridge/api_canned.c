#include "webbridge/api.h"

#include "core/base/stamp.h"

static struct json *view_canned(const struct canned *r)
{
    struct json *o = json_object();
    char stamp[STAMP_LEN + 1];

    stamp_format(r->updated_ms, stamp);
    json_put_str(o, "id", r->id);
    json_put_str(o, "shortcut", r->shortcut);
    json_put_str(o, "content", r->content);
    json_put_str(o, "updatedAt", stamp);
    return o;
}

static void listed(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct json *body, *items;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    items = json_array();
    for (size_t i = 0; i < a->n_canned; i++)
        json_add(items, view_canned(&a->canned[i]));
    json_put(body, "items", items);
    json_put_null(body, "nextCursor");
    call_json(c, 200, body, NULL);
}

void api_canned_list(struct call *c)
{
    desk_canned_list(c->web->desk, &c->who, listed, c);
}

static void send_one(struct call *c, int status, enum err e, const struct desk_answer *a)
{
    struct json *body;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    json_put(body, "cannedResponse", view_canned(a->canned));
    call_json(c, status, body, NULL);
}

static void made(void *ctx, enum err e, const struct desk_answer *a)
{
    send_one(ctx, 201, e, a);
}

static void put(void *ctx, enum err e, const struct desk_answer *a)
{
    send_one(ctx, 200, e, a);
}

void api_canned_add(struct call *c)
{
    const char *shortcut = call_str(c, "shortcut", true), *content = call_str(c, "content", true);

    if (call_complete(c))
        desk_canned_put(c->web->desk, &c->who, "", shortcut, content, made, c);
}

void api_canned_put(struct call *c)
{
    const char *shortcut = call_str(c, "shortcut", false), *content = call_str(c, "content", false);

    if (call_complete(c))
        desk_canned_put(c->web->desk, &c->who, c->chat, shortcut, content, put, c);
}

static void removed(void *ctx, enum err e, const struct desk_answer *a)
{
    if (e != OK)
        call_fail(ctx, e, a);
    else
        call_empty(ctx);
}

void api_canned_remove(struct call *c)
{
    if (call_complete(c))
        desk_canned_remove(c->web->desk, &c->who, c->chat, removed, c);
}
