#include "db/page.h"

#include <string.h>

#define FILE_HEADER 100

static size_t two(const unsigned char *p)
{
    return (size_t)p[0] << 8 | p[1];
}

/* Length of the page's header; 0: it is no b-tree page. */
static size_t header_len(unsigned char type)
{
    switch (type) {
    case 0x02: /* interior, of an index and of a table */
    case 0x05:
        return 12;
    case 0x0a: /* leaf */
    case 0x0d:
        return 8;
    default:
        return 0;
    }
}

void page_clear_gap(unsigned char *page, size_t len, bool first)
{
    size_t at = first ? FILE_HEADER : 0, pointers, end, cells, n;

    if (len < 512 || header_len(page[at]) == 0)
        return;
    pointers = at + header_len(page[at]);
    n = two(page + at + 3);
    cells = two(page + at + 5);
    if (cells == 0)
        cells = 65536;
    end = pointers + 2 * n;
    if (end > cells || cells > len)
        return;
    for (size_t i = 0; i < n; i++) {
        size_t cell = two(page + pointers + 2 * i);

        if (cell < cells || cell >= len)
            return;
    }
    memset(page + end, 0, cells - end);
}
