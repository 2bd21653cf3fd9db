#include "core/base/words.h"

#include "core/base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum sign { SIGN_LETTER, SIGN_GAP, SIGN_PAUSE };

/* *len: bytes of the character at s, which is well-formed and not ASCII. */
static uint32_t decode(const unsigned char *s, size_t *len)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c;

    *len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    c = s[0] & masks[*len];
    for (size_t i = 1; i < *len; i++) {
        if (s[i] == '\0') {
            *len = i;
            return c;
        }
        c = c << 6 | (s[i] & 0x3f);
    }
    return c;
}

static bool is_wide_pause(uint32_t c)
{
    return c == 0xa1 || c == 0xbf ||                               /* Spanish ! and ? */
           c == 0x60c || c == 0x61b || c == 0x61f || c == 0x6d4 || /* Arabic , ; ? . */
           c == 0x2013 || c == 0x2014 || c == 0x2026 || c == 0x3001 || c == 0x3002 || c == 0xff01 ||
           c == 0xff0c || c == 0xff1a || c == 0xff1b || c == 0xff1f;
}

/* Symbols not named here count as letters; text_skeleton drops them. */
static bool is_wide_gap(uint32_t c)
{
    return (c >= 0x80 && c <= 0xbf && c != 0xaa && c != 0xb5 && c != 0xba) || c == 0xd7 ||
           c == 0xf7 || (c >= 0x2000 && c <= 0x200a) || (c >= 0x2010 && c <= 0x205f) ||
           (c >= 0x3000 && c <= 0x3011);
}

static enum sign sign_at(const char *s, size_t *len)
{
    uint32_t c;

    *len = 1;
    if ((unsigned char)*s < 0x80) {
        if (isalnum((unsigned char)*s))
            return SIGN_LETTER;
        return strchr(".!?;:,()\n", *s) != NULL ? SIGN_PAUSE : SIGN_GAP;
    }
    c = decode((const unsigned char *)s, len);
    return is_wide_pause(c) ? SIGN_PAUSE : is_wide_gap(c) ? SIGN_GAP : SIGN_LETTER;
}

static void add(struct words *out, const char *word, bool *pause)
{
    if (word[0] == '\0' || out->n + 1 >= WORDS_MAX)
        return;
    if (*pause && out->n > 0)
        out->word[out->n++] = "";
    out->word[out->n++] = word;
    *pause = false;
}

void words_split(struct arena *a, const char *text, struct words *out)
{
    const char *begin = text;
    bool pause = false;
    /* each word, and the pause before it, takes two bytes of the text at least */
    size_t len = strlen(text) + 2;

    out->word = arena_array(a, const char *, len < WORDS_MAX ? len : WORDS_MAX);
    out->n = 0;
    while (*text != '\0' && out->n + 1 < WORDS_MAX) {
        const enum sign sign = sign_at(text, &len);

        if (sign == SIGN_LETTER) {
            text += len;
            continue;
        }
        if (text > begin)
            add(out, text_skeleton(a, arena_dup_len(a, begin, (size_t)(text - begin))), &pause);
        pause = pause || sign == SIGN_PAUSE;
        text += len;
        begin = text;
    }
    if (text > begin)
        add(out, text_skeleton(a, arena_dup_len(a, begin, (size_t)(text - begin))), &pause);
}

static size_t skip_pause(const struct words *w, size_t i)
{
    return i < w->n && w->word[i][0] == '\0' ? i + 1 : i;
}

bool words_equal(const struct words *x, const struct words *y)
{
    size_t i = skip_pause(x, 0), j = skip_pause(y, 0);

    while (i < x->n && j < y->n && strcmp(x->word[i], y->word[j]) == 0) {
        i = skip_pause(x, i + 1);
        j = skip_pause(y, j + 1);
    }
    return i == x->n && j == y->n;
}
