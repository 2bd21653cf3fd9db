/* Stanzas that go to many, gathered until they must go out. What one addressee gets is then written
 * together, in its order: a server takes what it reads in pieces, and writes to a client once for
 * all stanzas of a piece. Each stanza is serialised once; only `to` differs. */
#ifndef PARLEY_SPREAD_H
#define PARLEY_SPREAD_H

#include "component/xml/xml.h"

/* Empty when zeroed. */
struct spread {
    struct buf once; /* the stanzas without `to` */
    struct spread_cut *cuts;
    size_t n_cuts, cap_cuts;
    struct buf to; /* the addresses, each with a 0 behind it */
    size_t n_to;
    size_t bytes; /* that will be written, but for what is escaped in addresses */
};

/* Add one stanza for to[n], n > 0. x must have no attribute `to`. What is there for other
 * addressees is first appended to out. */
void spread_add(struct spread *s, const struct xml *x, const char *const *to, size_t n,
                struct buf *out);
/* Append all to out, and be empty. */
void spread_write(struct spread *s, struct buf *out);
void spread_clear(struct spread *s); /* keeps the memory */
void spread_free(struct spread *s);  /* empty afterwards, and may be used again */

#endif
