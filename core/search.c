#include "core/search.h"

#include "core/base/text.h"
#include "core/base/words.h"

#include <string.h>

/* The beginning that fits; characters stay whole. */
static const char *cut(struct arena *a, const char *word)
{
    size_t len = strlen(word);

    if (len <= SEARCH_WORD_MAX)
        return word;
    for (len = SEARCH_WORD_MAX; ((unsigned char)word[len] & 0xc0) == 0x80;)
        len--;
    return arena_dup_len(a, word, len);
}

static bool has(const struct search *s, const char *word)
{
    for (size_t i = 0; i < s->n_words; i++)
        if (strcmp(s->words[i], word) == 0)
            return true;
    return false;
}

/* Returns false when there are more than max. */
static bool add_words(struct arena *a, const char *text, size_t max, struct search *s)
{
    struct words all;

    words_split(a, text, &all);
    for (size_t i = 0; i < all.n; i++) {
        const char *word = cut(a, all.word[i]);

        if (*word == '\0' || has(s, word))
            continue;
        if (s->n_words == max)
            return false;
        s->words[s->n_words++] = word;
    }
    return true;
}

static const char *as_id(struct arena *a, const char *text)
{
    const char *begin = text + strspn(text, " \t\n");
    size_t len = strcspn(begin, " \t\n");
    char *id;

    if (len < SEARCH_ID_MIN || len > ID_LEN || begin[len + strspn(begin + len, " \t\n")] != '\0')
        return "";
    id = arena_dup_len(a, begin, len);
    for (char *p = id; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '2' && *p <= '7')))
            return "";
    }
    return id;
}

enum err search_read(struct arena *a, const char *text, struct search *out)
{
    if (strlen(text) > SEARCH_TEXT_MAX)
        return ERR_INVALID;
    if (!text_ok(text, strlen(text)))
        return ERR_TEXT;
    *out = (struct search){arena_array(a, const char *, SEARCH_ASKED_MAX), 0, as_id(a, text)};
    return add_words(a, text, SEARCH_ASKED_MAX, out) ? OK : ERR_INVALID;
}

void search_of_chat(struct arena *a, const struct chat *c, struct search *out)
{
    const char *const texts[] = {c->name, c->email, c->external_id, c->escalation_reason};

    *out = (struct search){arena_array(a, const char *, SEARCH_OF_CHAT), 0, ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        (void)add_words(a, texts[i], SEARCH_OF_CHAT, out);
}
