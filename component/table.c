#include "component/table.h"

#include "core/base/text.h"

#include <string.h>

struct row {
    const char *cells[TABLE_COLUMNS_MAX];
    struct row *next;
};

struct table {
    struct arena *arena;
    size_t n;
    size_t widths[TABLE_COLUMNS_MAX]; /* characters */
    struct row *first, *last;
};

struct table *table_new(struct arena *a, const char *const *heads, size_t n)
{
    struct table *t = arena_new_of(a, struct table);

    t->arena = a;
    t->n = n < TABLE_COLUMNS_MAX ? n : TABLE_COLUMNS_MAX;
    table_add(t, heads);
    return t;
}

void table_add(struct table *t, const char *const *cells)
{
    struct row *r = arena_new_of(t->arena, struct row);

    for (size_t i = 0; i < t->n; i++) {
        char *cell = arena_dup(t->arena, cells[i]);
        size_t width = text_chars(cell);

        for (char *c = cell; *c; c++) {
            if (*c == '\n' || *c == '\r' || *c == '\t')
                *c = ' ';
        }
        r->cells[i] = cell;
        if (width > t->widths[i])
            t->widths[i] = width;
    }
    if (t->last)
        t->last->next = r;
    else
        t->first = r;
    t->last = r;
}

void table_print(const struct table *t, struct buf *out)
{
    for (const struct row *r = t->first; r; r = r->next) {
        for (size_t i = 0; i < t->n; i++) {
            size_t pad = t->widths[i] - text_chars(r->cells[i]) + 2;

            buf_puts(out, r->cells[i]);
            if (i + 1 < t->n)
                buf_printf(out, "%*s", (int)pad, "");
        }
        while (out->len > 0 && out->data[out->len - 1] == ' ')
            out->data[--out->len] = 0;
        buf_putc(out, '\n');
    }
}
