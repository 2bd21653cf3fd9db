#include "webbridge/api.h"

void api_events_open(struct call *c)
{
    sse_open(c->web->sse, c);
}

void api_events_queue(struct call *c)
{
    sse_open_queue(c->web->sse, c);
}

static void given(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    char ticket[TOKEN_LEN + 1];
    struct json *body;

    if (e == OK)
        e = tickets_put(c->web->tickets, &c->who, c->chat, web_now(c->web), ticket);
    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    json_put_str(body, "ticket", ticket);
    json_put_int(body, "expiresIn", TICKET_MS / 1000);
    call_json(c, 201, body, a);
}

/* Only who may read the chat is given a ticket for it. */
void api_events_ticket(struct call *c)
{
    desk_chat(c->web->desk, &c->who, c->chat, given, c);
}
