/* What SQLite leaves behind in its pages. https://www.sqlite.org/fileformat2.html#b_tree_pages */
#ifndef PARLEY_DB_PAGE_H
#define PARLEY_DB_PAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Zero what lies between the cell pointers and the cells of a b-tree page. When SQLite moves cells
 * to another page it leaves copies of them there, also with secure_delete; nothing ever reads them,
 * but they would outlive what was erased. Other pages, and what is not well formed, stay as they
 * are. Only for files without auto_vacuum and of fewer than 2^25 pages: there no other page begins
 * like a b-tree page.
 *
 * page[len]  a whole page; first: it is the file's first, which begins with the file's header */
void page_clear_gap(unsigned char *page, size_t len, bool first);

#endif
