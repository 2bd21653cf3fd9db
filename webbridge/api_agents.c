#include "webbridge/api.h"

#include "core/base/stamp.h"

/* ---- escalate ------------------------------------------------------------------------------- */

static struct json *view_escalation(struct call *c, const struct desk_answer *a)
{
    const struct chat *chat = a->chat;
    char stamp[STAMP_LEN + 1];
    struct json *o = json_object();

    stamp_format(desk_wall(c->web->desk, chat->escalation_requested_ms), stamp);
    json_put_str(o, "chatId", chat->id);
    json_put_str(o, "reason", *chat->escalation_reason != '\0' ? chat->escalation_reason : NULL);
    json_put_str(o, "requestedAt", stamp);
    if (a->position > 0)
        json_put_int(o, "position", a->position);
    else
        json_put_null(o, "position");
    if (a->estimate_ms >= 0)
        json_put_int(o, "estimatedWaitSeconds", (a->estimate_ms + 999) / 1000);
    else
        json_put_null(o, "estimatedWaitSeconds");
    json_put_int(o, "agentsOnline",
                 (int64_t)desk_agents_available(c->web->desk, chat->organization));
    return o;
}

static void escalated(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct json *body;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    json_put(body, "chat", view_chat(&c->viewer, a->chat));
    json_put(body, "escalation", view_escalation(c, a));
    call_json(c, a->unchanged || a->replayed ? 200 : 201, body, a);
}

void api_agents_escalate(struct call *c)
{
    const char *chat = call_str(c, "chatId", true), *reason = call_str(c, "reason", false);

    call_read_key(c);
    if (call_complete(c))
        desk_escalate(c->web->desk, &c->who, chat, reason, c->key, escalated, c);
}

/* ---- assign --------------------------------------------------------------------------------- */

static void assigned(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct json *body;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    json_put(body, "chat", view_chat(&c->viewer, a->chat));
    call_json(c, 200, body, a);
}

void api_agents_assign(struct call *c)
{
    call_read_key(c);
    if (call_complete(c))
        desk_assign(c->web->desk, &c->who, c->chat, c->key, assigned, c);
}
