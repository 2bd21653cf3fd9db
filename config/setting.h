/* The table of settings: one row drives reading, checking, describing and printing. */
#ifndef PARLEY_SETTING_H
#define PARLEY_SETTING_H

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The public part, and what only the folder needs to know. */
struct full {
    struct config c; /* first: a struct config of ours is a struct full */
    const char *secret_file, *upload_secret_file, *key_file, *instructions_file;
    const char *level;
};

enum setting_kind { SETTING_TEXT, SETTING_WORD, SETTING_LIST, SETTING_INT, SETTING_INT64 };

struct setting {
    const char *path; /* "group.word" */
    enum setting_kind kind;
    size_t offset;    /* into struct full */
    const char *text; /* default of a text, a word or a list */
    int64_t number, least, most;
    bool (*check)(const char *s); /* of a text, or of each item of a list; may be NULL */
    const char *must;             /* what check wants, for people; of a word: "a|b|c" */
    const char *meaning;
    bool secret;
};

/* Rows of a group stand together. */
extern const struct setting setting_table[];
extern const size_t setting_count;

#define SETTING_ORGANIZATIONS "organizations"
extern const char setting_organizations_meaning[];

void *setting_place(const struct setting *s, struct full *f);
const char *setting_text(const struct setting *s, const struct full *f);
int64_t setting_number(const struct setting *s, const struct full *f);
void setting_defaults(struct full *f);

const struct setting *setting_find(const char *path); /* NULL when missing */
bool setting_is_group(const char *name);
size_t setting_group_len(const char *path);                     /* 4 for "http.listen" */
bool setting_allows(const struct setting *s, const char *word); /* of a SETTING_WORD */
/* What was meant by an unknown path: few letters away, or the same word in another group. group:
 * a group of the root. NULL when nothing is near; lent until the next call. */
const char *setting_nearest(const char *path, bool group);

#endif
