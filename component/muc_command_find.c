#include "component/muc_command.h"

#define SHOWN 20

static const char *as_line(struct muc_request *r, const struct chat *c)
{
    bool open = c->state == CHAT_WAITING || c->state == CHAT_LIVE;

    return open ? muc_link(r->m, r->arena, c->id) : arena_dup(r->arena, c->id);
}

static void show(struct muc_request *r, const struct query *page)
{
    static const struct adhoc_option columns[] = {{"Chat", "chat"}, {"Room", "room"}};
    struct adhoc_rows rows = {.columns = columns, .n_columns = 2, .n_rows = page->n_chats};
    const char **cells = arena_array(r->arena, const char *, 2 * SHOWN);

    for (size_t i = 0; i < page->n_chats; i++) {
        cells[2 * i] = muc_chat_line(r->m, r->arena, &page->chats[i]);
        cells[2 * i + 1] = as_line(r, &page->chats[i]);
    }
    rows.cells = cells;
    muc_answer(r, OK,
               page->n_chats == 0 ? "Nothing is found."
               : page->more       ? "Found, and there are more:"
                                  : "Found:",
               &rows);
}

/* A page without a chat is not the end: each looks through a part of the list. */
static void found(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;

    if (e != OK)
        muc_answer(r, e, a->detail, NULL);
    else if (a->page->n_chats == 0 && a->page->more)
        desk_search(r->m->desk, &r->who, r->text, FILTER_ALL, a->page->next_cursor, SHOWN, found,
                    r);
    else
        show(r, a->page);
}

void muc_do_find(struct muc_request *r)
{
    desk_search(r->m->desk, &r->who, r->text, FILTER_ALL, "", SHOWN, found, r);
}
