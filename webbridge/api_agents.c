#include "webbridge/api.h"

#include "core/base/stamp.h"

#include <string.h>

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

void api_agents_assign(struct call *c)
{
    call_read_key(c);
    if (call_complete(c))
        desk_assign(c->web->desk, &c->who, c->chat, c->key, call_chat, c);
}

/* ---- give away ------------------------------------------------------------------------------ */

void api_agents_release(struct call *c)
{
    const char *reason = call_str(c, "reason", false);

    if (call_complete(c))
        desk_release(c->web->desk, &c->who, c->chat, reason, call_chat, c);
}

void api_agents_transfer(struct call *c)
{
    const char *to = call_str(c, "agentId", true), *note = call_str(c, "note", false);

    if (call_complete(c))
        desk_offer(c->web->desk, &c->who, c->chat, to, note, call_chat, c);
}

void api_agents_transfer_end(struct call *c)
{
    if (call_complete(c))
        desk_offer_end(c->web->desk, &c->who, c->chat, call_chat, c);
}

/* ---- list ----------------------------------------------------------------------------------- */

struct listing {
    struct desk *desk;
    const char *organization;
    struct json *items;
};

static void list_agent(void *ctx, const struct agent *a)
{
    const struct listing *l = ctx;

    if (strcmp(a->organization, l->organization) == 0)
        json_add(l->items, view_staff(l->desk, a));
}

void api_agents_list(struct call *c)
{
    struct directory *d = desk_directory(c->web->desk);
    const struct agent *me = directory_by_id(d, c->who.id);
    struct listing l = {.desk = c->web->desk};
    struct json *body;

    if (me == NULL) { /* removed while its token was still known */
        call_problem(c, ERR_UNAUTHORIZED, NULL, 0);
        return;
    }
    l.organization = me->organization;
    l.items = json_array();
    directory_each_agent(d, list_agent, &l);
    body = call_success();
    json_put(body, "items", l.items);
    json_put_null(body, "nextCursor");
    call_json(c, 200, body, NULL);
}
