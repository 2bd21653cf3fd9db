#include "component/assistant/pattern.h"

#include <stdint.h>
#include <string.h>

/* One word of a pattern. */
struct slot {
    int *numbers; /* of the alternatives; ends with 0 */
    bool optional;
};

struct compile {
    struct arena *arena;
    struct lexicon *lexicon;
    const struct map *sets;
    struct buf *detail;
};

int *lexicon_numbers(const struct lexicon *l, struct arena *a, const struct words *w)
{
    int *numbers = arena_array(a, int, w->n + 1);

    for (size_t i = 0; i < w->n; i++) {
        numbers[i] =
            w->word[i][0] == '\0' ? WORD_PAUSE : (int)(intptr_t)map_get(l->numbers, w->word[i]);
    }
    return numbers;
}

static int number_of(struct lexicon *l, const char *word)
{
    intptr_t number = (intptr_t)map_get(l->numbers, word);

    if (number == 0) {
        number = (intptr_t)map_count(l->numbers) + 1;
        map_set(l->numbers, word, (void *)number);
    }
    return (int)number;
}

static enum err put_alternatives(struct compile *c, char *list, int **at, const int *end,
                                 bool in_set)
{
    char *rest = NULL;

    for (char *word = strtok_r(list, "/", &rest); word != NULL; word = strtok_r(NULL, "/", &rest)) {
        struct words w;
        enum err e;

        if (word[0] == '$' && !in_set) {
            const char *set = map_get(c->sets, word + 1);

            if (set == NULL) {
                buf_printf(c->detail, "no set is called \"%s\"", word + 1);
                return ERR_CONFIG;
            }
            if ((e = put_alternatives(c, arena_dup(c->arena, set), at, end, true)) != OK)
                return e;
            continue;
        }
        words_split(c->arena, word, &w);
        if (w.n != 1 || *at == end) {
            buf_printf(c->detail,
                       w.n != 1 ? "\"%s\" is not one word" : "too many alternatives at \"%s\"",
                       word);
            return ERR_CONFIG;
        }
        *(*at)++ = number_of(c->lexicon, w.word[0]);
    }
    return OK;
}

static enum err put_slot(struct compile *c, char *token, struct slot *out)
{
    enum { MOST = 200 };
    int numbers[MOST + 1], *at = numbers;
    size_t len = strlen(token);
    enum err e;

    out->optional = token[len - 1] == '?';
    if (out->optional)
        token[len - 1] = '\0';
    if ((e = put_alternatives(c, token, &at, numbers + MOST, false)) != OK)
        return e;
    if (at == numbers) {
        buf_puts(c->detail, "a word has no letters");
        return ERR_CONFIG;
    }
    *at++ = 0;
    out->numbers = arena_array(c->arena, int, (size_t)(at - numbers));
    memcpy(out->numbers, numbers, (size_t)(at - numbers) * sizeof(int));
    return OK;
}

enum err pattern_compile(struct arena *a, struct lexicon *l, const struct map *sets,
                         const char *text, struct buf *detail, struct pattern *out)
{
    struct compile c = {a, l, sets, detail};
    struct slot slots[PATTERN_SLOTS];
    size_t n = 0, needed = 0;
    char *rest = NULL, *copy = arena_dup(a, text);

    for (char *t = strtok_r(copy, " ", &rest); t != NULL; t = strtok_r(NULL, " ", &rest)) {
        enum err e;

        if (n == PATTERN_SLOTS) {
            buf_printf(detail, "more than %d words", PATTERN_SLOTS);
            return ERR_CONFIG;
        }
        if ((e = put_slot(&c, t, &slots[n])) != OK)
            return e;
        needed += !slots[n++].optional;
    }
    if (needed == 0) {
        buf_puts(detail, "matches nothing at all");
        return ERR_CONFIG;
    }
    out->slots = arena_array(a, struct slot, n);
    memcpy(out->slots, slots, n * sizeof(slots[0]));
    out->n = n;
    return OK;
}

static bool fits(const struct slot *s, int number)
{
    for (const int *n = s->numbers; *n != 0; n++) {
        if (*n == number)
            return true;
    }
    return false;
}

/* Bit i of a set of states: the first i slots are done with. */
static uint32_t skip_optional(const struct pattern *p, uint32_t states)
{
    for (size_t i = 0; i < p->n; i++) {
        if ((states >> i & 1) != 0 && p->slots[i].optional)
            states |= (uint32_t)1 << (i + 1);
    }
    return states;
}

/* All ways through the optional words are followed side by side, so that no text makes it slow. */
size_t pattern_match(const struct pattern *p, const int *numbers, size_t n, size_t at)
{
    uint32_t states = skip_optional(p, 1);
    size_t end = 0;

    for (; at < n && states != 0; at++) {
        uint32_t next = 0;

        for (size_t i = 0; i < p->n; i++) {
            if ((states >> i & 1) != 0 && fits(&p->slots[i], numbers[at]))
                next |= (uint32_t)1 << (i + 1);
        }
        states = skip_optional(p, next);
        if ((states >> p->n & 1) != 0)
            end = at + 1;
    }
    return end;
}
