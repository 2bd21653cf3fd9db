#include "webbridge/api.h"

void api_health_live(struct call *c)
{
    struct json *body = json_object();

    json_put_str(body, "status", "ok");
    json_put_str(body, "version", PARLEY_VERSION);
    call_json(c, 200, body, NULL);
}

static struct json *check(bool ok, const char *state)
{
    struct json *o = json_object();

    json_put_bool(o, "ok", ok);
    json_put_str(o, "state", state);
    return o;
}

/* A proxy that takes an unready instance away from customers would take away what still works, so
 * that this is for people and monitors: customers are served as long as /healthz answers. */
void api_health_ready(struct call *c)
{
    const struct web_options *o = &c->web->o;
    const char *state = "not configured";
    bool store = desk_store_ok(c->web->desk);
    enum desk_space space = desk_space(c->web->desk);
    const char *room = space == SPACE_NONE  ? "nearly full: no new chats, no messages"
                       : space == SPACE_LOW ? "nearly full: no new chats"
                                            : "ok";
    bool xmpp = o->xmpp_ready == NULL || o->xmpp_ready(o->xmpp_ctx, &state);
    struct json *body = json_object(), *checks = json_object();

    json_put_str(body, "status", store && xmpp && space == SPACE_ENOUGH ? "ok" : "unready");
    json_put(checks, "store", check(store, store ? "ok" : "the last write failed"));
    json_put(checks, "disk", check(space == SPACE_ENOUGH, room));
    json_put(checks, "xmpp", check(xmpp, state));
    json_put(body, "checks", checks);
    call_json(c, store && xmpp && space == SPACE_ENOUGH ? 200 : 503, body, NULL);
}
