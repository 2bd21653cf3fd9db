/* rules.json in memory: what each language says and listens for. Read once, then constant. */
#ifndef PARLEY_RULEBOOK_H
#define PARLEY_RULEBOOK_H

#include "component/assistant/pattern.h"

#define LANGUAGES_MAX 40

/* What the assistant says. */
enum saying {
    SAY_HUMAN,    /* asked for a person */
    SAY_IDENTITY, /* asked what it is */
    SAY_URGENT,
    SAY_REPHRASE,    /* not understood */
    SAY_CHOOSE,      /* not sure which question; their list follows */
    SAY_OFFER,       /* not understood twice */
    SAY_REPEAT,      /* the same question again */
    SAY_UNAVAILABLE, /* the model does not answer */
    SAY_COUNT_
};

/* What it listens for. */
enum cue {
    CUE_HUMAN,       /* anywhere in the text */
    CUE_HUMAN_WHOLE, /* the whole text, fillers aside */
    CUE_NOT_HUMAN,   /* taken out before CUE_HUMAN is looked for */
    CUE_NEGATION,    /* right before CUE_HUMAN undoes it */
    CUE_IDENTITY,    /* anywhere */
    CUE_URGENT,      /* anywhere */
    CUE_YES,         /* the whole text, after an offer */
    CUE_COUNT_
};

/* Why people are asked for, for agents to read. */
enum reason {
    REASON_HUMAN,
    REASON_IDENTITY,
    REASON_URGENT,
    REASON_UNANSWERED,
    REASON_REPEATED,
    REASON_UNAVAILABLE,
    REASON_COUNT_
};

struct patterns {
    struct pattern *items;
    size_t n;
};

struct talk {
    const char *name; /* the same in all languages: "greeting" */
    struct patterns say;
    const char *text;
};

struct language {
    const char *code; /* "en" */
    const char *texts[SAY_COUNT_];
    struct patterns cues[CUE_COUNT_];
    struct talk *talks; /* small talk; the whole text */
    size_t n_talks;
    struct map *fillers; /* words that say nothing in a request */
    struct map *stop;    /* words that say nothing in a question */
    struct map *hints;   /* "where", "when": tell questions apart, but are no subject */
    const char **suffixes;
    size_t n_suffixes;
};

struct rulebook {
    struct arena *arena;
    struct lexicon lexicon;
    const char *reasons[REASON_COUNT_];
    struct language *languages; /* English first */
    size_t n;
};

/* json[len]: the text of a file like component/assistant/rules.json.
 * detail: what is wrong and where is appended.
 * Errors  ERR_CONFIG */
NODISCARD enum err rulebook_new(const char *json, size_t len, struct buf *detail,
                                struct rulebook **out);
void rulebook_free(struct rulebook *b);

/* By BCP 47 tag or POSIX locale, of which the first part counts: "de-AT", "pt_BR". NULL when
 * missing. */
const struct language *rulebook_language(const struct rulebook *b, const char *locale);

/* What inflected forms of a word have in common; NULL for a stop word; a hint is marked by a "?"
 * in front. word: a skeleton.
 * l NULL: an unknown language, the word as it is. */
const char *language_stem(const struct language *l, struct arena *a, const char *word);

#endif
