#include "webbridge/api.h"
#include "webbridge/frame.h"

#include <string.h>

static void shown(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;

    if (e != OK)
        call_fail(c, e, a);
    else
        call_json(c, 200, view_chat(&c->viewer, a->chat), a);
}

void api_chats_show(struct call *c)
{
    desk_chat(c->web->desk, &c->who, c->chat, shown, c);
}

/* ---- begin ---------------------------------------------------------------------------------- */

static void begun(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct viewer customer = c->viewer;
    struct reply r = {0};
    struct json *body;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    customer.kind = WHO_CUSTOMER;
    customer.id = a->chat->id;
    body = call_success();
    json_put(body, "chat", view_chat(&customer, a->chat));
    json_put_str(body, "token", a->token);
    c->organization = arena_dup(c->arena, a->chat->organization);
    reply_text(&r, 201, "application/json", json_print(c->arena, body));
    reply_header(&r, "Location", arena_printf(c->arena, "/api/chats/%s", a->chat->id));
    json_free(body);
    call_send(c, &r);
}

void api_chats_begin(struct call *c)
{
    struct begin b = {.organization = call_str(c, "organization", false),
                      .name = call_str(c, "name", false),
                      .email = call_str(c, "email", false),
                      .locale = call_str(c, "locale", false),
                      .page = call_str(c, "page", false),
                      .user_token = call_str(c, "userToken", false)};
    char key[ADDRESS_KEY_MAX];
    int64_t retry_ms = 0;

    if (!call_complete(c))
        return;
    address_key(&c->from, key);
    if (limit_take(c->web->new_chats, key, web_now(c->web), &retry_ms) != OK) {
        call_problem(c, ERR_RATE, "Too many new chats from this address.", retry_ms);
        return;
    }
    desk_begin(c->web->desk, &b, begun, c);
}

/* ---- list ----------------------------------------------------------------------------------- */

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
    for (size_t i = 0; i < a->page->n_chats; i++)
        json_add(items, view_chat(&c->viewer, &a->page->chats[i]));
    json_put(body, "items", items);
    json_put(body, "counts", view_counts(a->page));
    json_put_str(body, "asOf", frame_print_point(c->arena, a->epoch, a->page->last_gid));
    json_put_str(body, "nextCursor", *a->page->next_cursor != '\0' ? a->page->next_cursor : NULL);
    call_json(c, 200, body, a);
}

static bool read_filter(const char *name, enum chat_filter *out)
{
    static const struct {
        const char *name;
        enum chat_filter filter;
    } table[] = {{"all", FILTER_ALL},
                 {"needs_response", FILTER_NEEDS_RESPONSE},
                 {"assigned", FILTER_ASSIGNED}};

    *out = FILTER_ALL;
    if (name == NULL)
        return true;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0) {
            *out = table[i].filter;
            return true;
        }
    }
    return false;
}

void api_chats_list(struct call *c)
{
    const char *cursor = http_query(c->request, "cursor"), *text = http_query(c->request, "q");
    enum chat_filter filter;
    int64_t limit;

    if (!read_filter(http_query(c->request, "filter"), &filter)) {
        call_problem(c, ERR_INVALID, "The parameter filter is all, needs_response or assigned.", 0);
        return;
    }
    if (!call_number(c, "limit", 1, INT32_MAX, 50, &limit))
        return;
    if (limit > CALL_LIST_MAX)
        limit = CALL_LIST_MAX;
    if (text != NULL && *text == '\0')
        text = NULL;
    desk_search(c->web->desk, &c->who, text, filter, cursor == NULL ? "" : cursor, (size_t)limit,
                listed, c);
}

/* ---- change -------------------------------------------------------------------------------- */

void api_chats_change(struct call *c)
{
    const char *name = call_str(c, "name", false), *email = call_str(c, "email", false);

    if (call_complete(c))
        desk_customer(c->web->desk, &c->who, c->chat, name, email, call_chat, c);
}

/* ---- close and reopen ----------------------------------------------------------------------- */

void api_chats_close(struct call *c)
{
    const char *reason = call_str(c, "reason", false);

    call_read_key(c);
    if (call_complete(c))
        desk_close(c->web->desk, &c->who, c->chat, reason, c->key, call_chat, c);
}

void api_chats_reopen(struct call *c)
{
    if (call_complete(c))
        desk_reopen(c->web->desk, &c->who, c->chat, call_chat, c);
}

/* ---- rating --------------------------------------------------------------------------------- */

void api_chats_rate(struct call *c)
{
    int64_t score = call_int(c, "score");
    const char *comment = call_str(c, "comment", false);

    call_read_key(c);
    if (!call_complete(c))
        return;
    /* what is out of range stays so */
    desk_rate(c->web->desk, &c->who, c->chat, score < 1 || score > 5 ? 0 : (int)score, comment,
              c->key, call_chat_made, c);
}

/* ---- the customer's token ------------------------------------------------------------------- */

void api_chats_revoke(struct call *c)
{
    desk_token_end(c->web->desk, &c->who, c->chat, auth_bearer(c->authorization), call_done, c);
}
