/* The embedded assistant: rules and the site's list of questions, no model, no network. It answers
 * what it surely knows and hands everything else to people. */
#ifndef PARLEY_RULES_H
#define PARLEY_RULES_H

#include "component/assistant/faq.h"
#include "core/base/buf.h"
#include "core/base/embed.h"
#include "core/ports.h"

/* rules.json as built in. */
extern const struct embedded assistant_rules[];

struct rules;

/* Strings are copied. */
struct rules_options {
    const char *name;   /* as shown; NULL "Assistant" */
    const char *rules;  /* text of a file like component/assistant/rules.json; NULL the built-in */
    const char *faq;    /* text of a file like config/faq.example.json; NULL no questions */
    struct buf *detail; /* appended on error: what is wrong and where; NULL is allowed */
};

/* Errors  ERR_CONFIG  a text is not as it must be */
NODISCARD enum err assistant_rules_new(const struct rules_options *o, struct rules **out);
void assistant_rules_free(struct rules *r); /* NULL is allowed */

/* Lent for the life of r. Its answers are complete when answer returns. */
struct assistant_port assistant_rules_port(struct rules *r);

/* For assistants that ask a model: what is decided before any model is asked. Answers and returns
 * true when the customer asks for people, asks whom it talks to, is in an urgent matter or asks the
 * same again; otherwise returns false, and done is not called. */
bool assistant_rules_offer(struct rules *r, const struct assistant_turn *turn,
                           assistant_done_fn *done, void *ctx);

/* For them too: that text in the turn's language, lent for the life of r; and that reason with the
 * beginning of the question, in a. */
const char *assistant_rules_text(struct rules *r, const struct assistant_turn *turn,
                                 enum saying say);
const char *assistant_rules_reason(struct rules *r, const struct assistant_turn *turn,
                                   enum reason reason, struct arena *a);

/* The site's questions and answers that fit the text, the best first. locale: the chat's. Lent for
 * the life of r. */
size_t assistant_rules_search(struct rules *r, const char *text, const char *locale,
                              struct faq_hit hits[FAQ_CHOICES]);

#endif
