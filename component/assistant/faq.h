/* Questions that owners have answered in advance, found by the words that matter. */
#ifndef PARLEY_FAQ_H
#define PARLEY_FAQ_H

#include "component/assistant/rulebook.h"

#define FAQ_CHOICES 3

struct faq;

enum faq_result {
    FAQ_NONE,
    FAQ_ANSWER, /* one fits: enough words of the question, and clearly better than the next */
    FAQ_CHOOSE  /* several fit alike */
};

struct faq_hit {
    const char *lang; /* "en" */
    const char *question, *answer;
};

/* json[len]: a list of {"question", "answer", "tags": ["…"], "lang"}; tags and lang may be left
 * out, lang is then "en". book: for its stop words and word endings; lent for the faq's life.
 * detail: what is wrong and where is appended.
 * Errors  ERR_CONFIG */
NODISCARD enum err faq_new(const char *json, size_t len, const struct rulebook *book,
                           struct buf *detail, struct faq **out);
void faq_free(struct faq *f);
size_t faq_count(const struct faq *f);

/* lang: of the asker, whose language is tried first. hits: the best first, lent by the faq.
 * Cost    grows with the entries that share a word with the text */
enum faq_result faq_find(struct faq *f, const struct words *text, const char *lang,
                         struct faq_hit hits[FAQ_CHOICES], size_t *n);

#endif
