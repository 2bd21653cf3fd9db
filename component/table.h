/* Columns of text for a terminal. */
#ifndef PARLEY_TABLE_H
#define PARLEY_TABLE_H

#include "core/base/arena.h"
#include "core/base/buf.h"

#define TABLE_COLUMNS_MAX 8

struct table;

/* heads: the columns' names, lent like all cells until table_print. */
struct table *table_new(struct arena *a, const char *const *heads, size_t n);
/* One row of n cells. Line ends in a cell become spaces. */
void table_add(struct table *t, const char *const *cells);
void table_print(const struct table *t, struct buf *out);

#endif
