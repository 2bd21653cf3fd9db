#include "webbridge/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 262144

/* ---- post ----------------------------------------------------------------------------------- */

static const struct entry *find_message(const struct desk_answer *a)
{
    for (size_t i = a->n_entries; i > 0; i--) {
        if (a->entries[i - 1].kind == ENTRY_MESSAGE)
            return &a->entries[i - 1];
    }
    return NULL;
}

static void posted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    const struct entry *message;
    struct json *body;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    if ((message = find_message(a)) != NULL)
        json_put(body, "message", view_message(&c->viewer, a->chat, message));
    call_json(c, 200, body, a);
}

/* The role follows from who asks. A client may name it nevertheless, and then it must be true. */
static bool role_fits(const struct call *c, const char *role)
{
    if (role == NULL)
        return true;
    if (c->who.kind == WHO_CUSTOMER)
        return strcmp(role, "USER") == 0;
    return strcmp(role, "AGENT") == 0 || strcmp(role, "ASSISTANT") == 0;
}

static void post(struct call *c, bool escalated_only)
{
    const char *role = call_str(c, "role", false);
    struct post p = {.text = call_str(c, "content", true), .escalated_only = escalated_only};

    call_read_key(c);
    p.key = c->key;
    if (!call_complete(c))
        return;
    if (!role_fits(c, role)) {
        call_problem(c, ERR_FORBIDDEN, "This role is not the asker's.", 0);
        return;
    }
    desk_post(c->web->desk, &c->who, c->chat, &p, posted, c);
}

void api_messages_post(struct call *c)
{
    post(c, false);
}

void api_messages_send(struct call *c)
{
    post(c, true);
}

static void noted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct json *body;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    if (a->n_entries > 0)
        json_put(body, "note", view_message(&c->viewer, a->chat, &a->entries[0]));
    call_json(c, 201, body, a);
}

/* A line that only staff see. */
void api_messages_note(struct call *c)
{
    const char *text = call_str(c, "content", true);

    call_read_key(c);
    if (call_complete(c))
        desk_note(c->web->desk, &c->who, c->chat, text, "", c->key, noted, c);
}

/* ---- list ----------------------------------------------------------------------------------- */

/* A page of the history. Forwards from the start or from `after`; backwards from the end (newest=1)
 * or from `before`. In both the items stand in the log's order. */
struct listing {
    struct call *call;
    struct range range;
    bool backwards;
};

/* The part of the page that is sent, `from` up to before `to`: at least one entry, and no more text
 * than one slow reader may make us hold. What is left is the next page. */
static void fit_page(const struct listing *l, const struct query *q, size_t *from, size_t *to)
{
    size_t bytes = 0, n = 0;

    for (; n < q->n_entries; n++) {
        bytes += strlen(q->entries[l->backwards ? q->n_entries - 1 - n : n].text);
        if (n > 0 && bytes > PAGE_BYTES)
            break;
    }
    *from = l->backwards ? q->n_entries - n : 0;
    *to = l->backwards ? q->n_entries : n;
}

static void put_cursor(struct json *body, const struct listing *l, const struct query *q,
                       size_t from, size_t to)
{
    const struct viewer *v = &l->call->viewer;
    char cursor[32];

    if ((!q->more && to - from == q->n_entries) || q->n_entries == 0) {
        json_put_null(body, "nextCursor");
        return;
    }
    snprintf(cursor, sizeof(cursor), "%c%lld", l->backwards ? 'b' : 'a',
             (long long)view_number(v, &q->entries[l->backwards ? from : to - 1]));
    json_put_str(body, "nextCursor", cursor);
}

static void listed(void *ctx, enum err e, const struct desk_answer *a)
{
    const struct listing *l = ctx;
    struct call *c = l->call;
    const struct query *q = a->page;
    struct json *body, *items;
    int64_t last = l->range.after;
    size_t from, to;

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    body = call_success();
    items = json_array();
    fit_page(l, q, &from, &to);
    for (size_t i = from; i < to; i++) {
        if (view_lists(&c->viewer, &q->entries[i]))
            json_add(items, view_message(&c->viewer, a->chat, &q->entries[i]));
        last = view_number(&c->viewer, &q->entries[i]);
    }
    json_put(body, "items", items);
    put_cursor(body, l, q, from, to);
    json_put_str(body, "lastEventId", arena_printf(c->arena, "%s-%lld", a->epoch, (long long)last));
    call_json(c, 200, body, a);
}

/* Opaque to clients: 'a' or 'b' and a number. */
static bool read_cursor(struct listing *l, const char *cursor)
{
    char *end;
    long long n;

    if (cursor == NULL)
        return true;
    if (*cursor != 'a' && *cursor != 'b')
        return false;
    n = strtoll(cursor + 1, &end, 10);
    if (end == cursor + 1 || *end != '\0' || n < 1 || strlen(cursor) > 17)
        return false;
    l->backwards = *cursor == 'b';
    l->range.after = l->backwards ? 0 : n;
    l->range.before = l->backwards ? n : 0;
    return true;
}

void api_messages_list(struct call *c)
{
    static const int64_t most = (INT64_C(1) << 53) - 1;
    struct listing *l = arena_new_of(c->arena, struct listing);
    int64_t limit;

    l->call = c;
    if (!call_number(c, "limit", 1, most, 50, &limit) ||
        !call_number(c, "after", 0, most, 0, &l->range.after) ||
        !call_number(c, "before", 1, most, 0, &l->range.before))
        return;
    l->backwards = l->range.before > 0 || call_flag(c, "newest");
    if (!read_cursor(l, http_query(c->request, "cursor"))) {
        call_problem(c, ERR_INVALID, "The parameter cursor is not one we gave.", 0);
        return;
    }
    l->range.limit = limit > CALL_LIST_MAX ? CALL_LIST_MAX : (size_t)limit;
    l->range.newest = l->backwards;
    desk_entries(c->web->desk, &c->who, c->chat, &l->range, listed, l);
}

/* ---- typing and reading --------------------------------------------------------------------- */

void api_messages_typing(struct call *c)
{
    bool typing = call_bool(c, "isTyping");

    if (call_complete(c))
        desk_typing(c->web->desk, &c->who, c->chat, "", typing, call_done, c);
}

void api_messages_read(struct call *c)
{
    const char *id = call_str(c, "messageId", true);

    if (call_complete(c))
        desk_read(c->web->desk, &c->who, c->chat, "", id, call_done, c);
}
