#include "core/desk_own.h"

#include "core/search.h"

struct chats_call {
    const char *text; /* NULL: the list */
    enum chat_filter filter;
    const char *cursor;
    size_t limit;
};

static enum err take_search(struct query *q, const char *text)
{
    struct search *s = arena_new_of(q->arena, struct search);
    enum err e = search_read(q->arena, text, s);

    q->search = s;
    return e;
}

static void chats_run(struct op *op)
{
    const struct chats_call *call = op->call;
    const struct agent *agent = NULL; /* the service itself: the chats of all */
    struct query *q;
    enum err e;

    if (op->who.kind != WHO_SYSTEM && !(agent = op_lister(op)))
        return;
    q = query_new(QUERY_CHATS, NULL, NULL);
    q->organization = arena_dup(q->arena, agent ? agent->organization : "");
    q->agent = arena_dup(q->arena, agent ? agent->id : "");
    q->filter = call->filter;
    q->cursor = arena_dup(q->arena, call->cursor);
    q->limit = call->limit;
    if (call->text && (e = take_search(q, call->text)) != OK) {
        query_free(q);
        op_refuse(op, e, "q",
                  arena_printf(op->arena,
                               "A search has at most %d words and %d bytes, and is text.",
                               SEARCH_ASKED_MAX, SEARCH_TEXT_MAX));
        return;
    }
    op_read(op, q, op_page);
}

void desk_chats(struct desk *d, const struct principal *who, enum chat_filter filter,
                const char *cursor, size_t limit, desk_fn *done, void *ctx)
{
    desk_search(d, who, NULL, filter, cursor, limit, done, ctx);
}

void desk_search(struct desk *d, const struct principal *who, const char *text,
                 enum chat_filter filter, const char *cursor, size_t limit, desk_fn *done,
                 void *ctx)
{
    struct op *op = op_new_office_for(d, who, done, ctx);
    struct chats_call *call = arena_new_of(op->arena, struct chats_call);

    *call = (struct chats_call){.text = text ? arena_dup(op->arena, text) : NULL,
                                .filter = filter,
                                .cursor = arena_dup(op->arena, cursor),
                                .limit = limit};
    op->call = call;
    op->run = chats_run;
    op->plain = op_always_plain;
    op_enter(op);
}

static void admin_chat_run(struct op *op)
{
    struct query *q = query_new(QUERY_ENTRIES, NULL, NULL);

    q->room = arena_dup(q->arena, op->room->id);
    q->limit = 1000;
    q->newest = true;
    op_read(op, q, op_page);
}

void desk_admin_chat(struct desk *d, const char *chat, desk_fn *done, void *ctx)
{
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct op *op = op_new(d, chat, &system, done, ctx);

    op->run = admin_chat_run;
    op_enter(op);
}
