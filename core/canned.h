/* Texts that agents of an organization send again and again, by a short name. Plain data. */
#ifndef PARLEY_CANNED_H
#define PARLEY_CANNED_H

#include "core/base/crypto.h"

#include <stdint.h>

#define CANNED_COUNT_MAX 500    /* of one organization */
#define CANNED_SHORTCUT_MAX 32  /* characters */
#define CANNED_CONTENT_MAX 4096 /* bytes */

/* Strings are never NULL. */
struct canned {
    char id[ID_LEN + 1];
    const char *organization;
    const char *shortcut; /* one word, the only one of its organization */
    const char *content;
    int64_t updated_ms;
};

#endif
