/* What is compared of a text: its words, so that case, accents, look-alike letters and punctuation
 * make no difference. */
#ifndef PARLEY_WORDS_H
#define PARLEY_WORDS_H

#include "core/base/arena.h"

#include <stdbool.h>

#define WORDS_MAX 400 /* of one text; the rest is not looked at */

struct words {
    const char **word; /* skeletons (core/base/text.h); "" is a pause: the end of a clause */
    size_t n;
};

/* Well-formed UTF-8. No pause comes first, last or twice. An apostrophe separates: "don't" is two
 * words. */
void words_split(struct arena *a, const char *text, struct words *out);

/* True when both have the same words, pauses aside. */
bool words_equal(const struct words *x, const struct words *y);

#endif
