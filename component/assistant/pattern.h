/* Patterns of words, as the data files write them:
 *
 *   talk/speak to/with a? $person
 *
 * Words are separated by spaces. "/" lists alternatives, a final "?" makes a word optional, "$name"
 * is the list of alternatives called name. Case and accents make no difference. */
#ifndef PARLEY_PATTERN_H
#define PARLEY_PATTERN_H

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/base/words.h"

#define PATTERN_SLOTS 24

/* Numbers for words, so that matching compares numbers. */
struct lexicon {
    struct map *numbers;
};

enum { WORD_PAUSE = -1, WORD_UNKNOWN = 0 };

/* The numbers of a text's words, as many as there are words. */
int *lexicon_numbers(const struct lexicon *l, struct arena *a, const struct words *w);

struct pattern {
    struct slot *slots;
    size_t n;
};

/* sets: name -> alternatives ("human/person"), const char *.
 * detail: what is wrong is appended.
 * Errors  ERR_CONFIG */
NODISCARD enum err pattern_compile(struct arena *a, struct lexicon *l, const struct map *sets,
                                   const char *text, struct buf *detail, struct pattern *out);

/* Where the longest match that begins at word `at` ends; 0 is none. */
size_t pattern_match(const struct pattern *p, const int *numbers, size_t n, size_t at);

#endif
