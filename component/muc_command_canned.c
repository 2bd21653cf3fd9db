#include "component/muc_command.h"

#include <string.h>

#define SHOWN_BYTES 8192 /* one stanza holds the list */

static void show(struct muc_request *r, const struct desk_answer *a)
{
    static const struct adhoc_option columns[] = {{"Name", "name"}, {"Text", "text"}};
    struct adhoc_rows rows = {.columns = columns, .n_columns = 2};
    const char **cells = arena_array(r->arena, const char *, 2 * a->n_canned + 1);
    size_t bytes = 0;

    for (size_t i = 0; i < a->n_canned; i++) {
        const struct canned *c = &a->canned[i];

        if ((bytes += strlen(c->shortcut) + strlen(c->content)) > SHOWN_BYTES)
            break;
        cells[2 * i] = c->shortcut;
        cells[2 * i + 1] = c->content;
        rows.n_rows++;
    }
    rows.cells = cells;
    muc_answer(r, OK, rows.n_rows > 0 ? "The canned replies:" : "There are no canned replies.",
               &rows);
}

static void read_canned(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    struct post p = {.address = "", .stanza_id = "", .payload = "", .shown = ""};

    if (e != OK) {
        muc_answer(r, e, a->detail, NULL);
        return;
    }
    if (!*r->text) {
        show(r, a);
        return;
    }
    for (size_t i = 0; i < a->n_canned && !p.text; i++)
        if (strcmp(a->canned[i].shortcut, r->text) == 0)
            p.text = a->canned[i].content;
    if (!p.text) {
        muc_answer(r, ERR_NOT_FOUND, "There is no canned reply of this name.", NULL);
        return;
    }
    p.key = r->key;
    r->said = "Sent.";
    desk_post(r->m->desk, &r->who, r->chat, &p, muc_answered, r);
}

void muc_do_canned(struct muc_request *r)
{
    desk_canned_list(r->m->desk, &r->who, read_canned, r);
}
