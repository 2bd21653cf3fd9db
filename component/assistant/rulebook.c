#include "component/assistant/rulebook.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define STEM_MIN 3 /* characters that a suffix must leave */

static const char *const saying_names[] = {"human",  "identity", "urgent", "rephrase",
                                           "choose", "offer",    "repeat", "unavailable"};
static const char *const cue_names[] = {"human",    "human_whole", "not_human", "negation",
                                        "identity", "urgent",      "yes"};
static const char *const reason_names[] = {"human",      "identity", "urgent",
                                           "unanswered", "repeated", "unavailable"};
static const char *const other_names[] = {"texts", "sets",  "talk",     "fillers",
                                          "stop",  "hints", "suffixes", NULL};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
_Static_assert(COUNT(saying_names) == SAY_COUNT_, "a saying without its name");
_Static_assert(COUNT(cue_names) == CUE_COUNT_, "a cue without its name");
_Static_assert(COUNT(reason_names) == REASON_COUNT_, "a reason without its name");

struct load {
    struct rulebook *book;
    struct buf *detail;
    struct language *language; /* being read */
    struct map *sets;          /* its */
    enum err e;                /* the first error; nothing is read behind it */
};

/* Where, then what. */
static void fail(struct load *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void fail(struct load *l, const char *fmt, ...)
{
    va_list args;

    if (l->e != OK)
        return;
    l->e = ERR_CONFIG;
    buf_puts(l->detail, "rules: ");
    if (l->language != NULL)
        buf_printf(l->detail, "languages.%s: ", l->language->code);
    va_start(args, fmt);
    buf_puts(l->detail, arena_vprintf(l->book->arena, fmt, args));
    va_end(args);
}

static const char *string_of(struct load *l, const struct json *o, const char *name)
{
    const char *s = NULL;

    if (json_get_str(o, name, &s) != OK || s == NULL || s[0] == '\0') {
        fail(l, "\"%s\" must be a string that is not empty", name);
        return "";
    }
    return arena_dup(l->book->arena, s);
}

static void read_patterns(struct load *l, const struct json *o, const char *name,
                          struct patterns *out)
{
    const struct json *list = json_get(o, name);

    if (json_len(list) == 0) {
        fail(l, "\"%s\" must be a list of patterns, and not empty", name);
        return;
    }
    out->items = arena_array(l->book->arena, struct pattern, json_len(list));
    for (size_t i = 0; i < json_len(list) && l->e == OK; i++) {
        const char *text = json_str(json_at(list, i));
        struct buf why = {0};

        if (text == NULL)
            fail(l, "%s[%zu] must be a string", name, i);
        else if (pattern_compile(l->book->arena, &l->book->lexicon, l->sets, text, &why,
                                 &out->items[i]) != OK)
            fail(l, "%s[%zu] \"%s\": %s", name, i, text, buf_str(&why));
        out->n = i + 1;
        buf_free(&why);
    }
}

static void read_set(void *ctx, const char *name, const struct json *v)
{
    struct load *l = ctx;

    if (json_str(v) == NULL)
        fail(l, "sets.%s must be a string like \"one/two\"", name);
    else
        map_set(l->sets, name, arena_dup(l->book->arena, json_str(v)));
}

/* "one two three" */
static struct map *read_words(struct load *l, const struct json *o, const char *name)
{
    struct map *m = map_new();
    char *rest = NULL;
    const char *list = NULL;

    if (json_get_str(o, name, &list) != OK || list == NULL)
        fail(l, "\"%s\" must be a string of words", name);
    for (char *w = strtok_r(arena_dup(l->book->arena, list), " ", &rest); w != NULL;
         w = strtok_r(NULL, " ", &rest)) {
        struct words words;

        words_split(l->book->arena, w, &words);
        if (words.n != 1)
            fail(l, "%s: \"%s\" is not one word", name, w);
        else
            map_set(m, words.word[0], m);
    }
    return m;
}

static void read_suffixes(struct load *l, const struct json *o)
{
    struct arena *a = l->book->arena;
    const char *list = NULL;
    char *rest = NULL;

    if (json_get_str(o, "suffixes", &list) != OK || list == NULL) {
        fail(l, "\"suffixes\" must be a string of word endings");
        return;
    }
    l->language->suffixes = arena_array(a, const char *, strlen(list) + 1);
    for (char *s = strtok_r(arena_dup(a, list), " ", &rest); s != NULL;
         s = strtok_r(NULL, " ", &rest))
        l->language->suffixes[l->language->n_suffixes++] = text_skeleton(a, s);
}

static void read_talk(struct load *l, const struct json *o)
{
    const struct json *list = json_get(o, "talk");
    struct language *lang = l->language;

    if (json_len(list) == 0) {
        fail(l, "\"talk\" must be a list, and not empty");
        return;
    }
    lang->talks = arena_array(l->book->arena, struct talk, json_len(list));
    for (size_t i = 0; i < json_len(list) && l->e == OK; i++) {
        struct talk *t = &lang->talks[lang->n_talks++];

        t->name = string_of(l, json_at(list, i), "name");
        read_patterns(l, json_at(list, i), "say", &t->say);
        t->text = string_of(l, json_at(list, i), "text");
    }
}

static bool listed(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n && names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* A name written wrong would otherwise be a rule that never applies. */
static void check_name(void *ctx, const char *name, const struct json *v)
{
    (void)v;
    if (!listed(cue_names, CUE_COUNT_, name) && !listed(other_names, SIZE_MAX, name))
        fail(ctx, "\"%s\" is not known here", name);
}

static void read_language(void *ctx, const char *name, const struct json *v)
{
    struct load *l = ctx;
    struct language *lang = &l->book->languages[l->book->n];

    if (l->e != OK)
        return;
    if (l->book->n == LANGUAGES_MAX || !json_is_object(v)) {
        fail(l, "languages.%s must be an object, one of at most %d", name, LANGUAGES_MAX);
        return;
    }
    l->book->n++;
    l->language = lang;
    lang->code = arena_dup(l->book->arena, name);
    l->sets = map_new();
    json_each(v, check_name, l);
    if (json_has(v, "sets"))
        json_each(json_get(v, "sets"), read_set, l);
    for (int i = 0; i < SAY_COUNT_; i++)
        lang->texts[i] = string_of(l, json_get(v, "texts"), saying_names[i]);
    for (int i = 0; i < CUE_COUNT_; i++)
        read_patterns(l, v, cue_names[i], &lang->cues[i]);
    read_talk(l, v);
    lang->fillers = read_words(l, v, "fillers");
    lang->stop = read_words(l, v, "stop");
    lang->hints = read_words(l, v, "hints");
    read_suffixes(l, v);
    map_free(l->sets);
    l->sets = NULL;
    l->language = NULL;
}

static void read_all(struct load *l, const struct json *root)
{
    struct rulebook *b = l->book;

    for (int i = 0; i < REASON_COUNT_; i++)
        b->reasons[i] = string_of(l, json_get(root, "reasons"), reason_names[i]);
    if (!json_is_object(json_get(root, "languages")))
        fail(l, "\"languages\" must be an object");
    if (l->e != OK)
        return;
    b->languages = arena_array(b->arena, struct language, LANGUAGES_MAX);
    json_each(json_get(root, "languages"), read_language, l);
    if (l->e == OK && (b->n == 0 || strcmp(b->languages[0].code, "en") != 0))
        fail(l, "the first of the languages must be \"en\"");
}

enum err rulebook_new(const char *json, size_t len, struct buf *detail, struct rulebook **out)
{
    struct arena *a = arena_new();
    struct rulebook *b = arena_new_of(a, struct rulebook);
    struct load l = {.book = b, .detail = detail};
    struct json *root = NULL;

    b->arena = a;
    b->lexicon.numbers = map_new();
    if (json_parse(json, len, &root) == OK)
        read_all(&l, root);
    else
        fail(&l, "not well-formed JSON");
    json_free(root);
    if (l.e != OK) {
        rulebook_free(b);
        return l.e;
    }
    *out = b;
    return OK;
}

void rulebook_free(struct rulebook *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->n; i++) {
        map_free(b->languages[i].fillers);
        map_free(b->languages[i].stop);
        map_free(b->languages[i].hints);
    }
    map_free(b->lexicon.numbers);
    arena_free(b->arena);
}

const struct language *rulebook_language(const struct rulebook *b, const char *locale)
{
    const size_t len = strcspn(locale, "-_.@");

    for (size_t i = 0; i < b->n; i++) {
        if (strlen(b->languages[i].code) == len &&
            strncasecmp(b->languages[i].code, locale, len) == 0)
            return &b->languages[i];
    }
    return NULL;
}

/* "shipp" -> "ship" */
static size_t undouble(const char *word, size_t len)
{
    const bool doubled =
        len > STEM_MIN && word[len - 1] == word[len - 2] && isalpha((unsigned char)word[len - 1]);

    return doubled ? len - 1 : len;
}

const char *language_stem(const struct language *l, struct arena *a, const char *word)
{
    size_t len = strlen(word);

    if (l == NULL)
        return word;
    if (map_get(l->hints, word) != NULL)
        return arena_printf(a, "?%s", word);
    if (map_get(l->stop, word) != NULL)
        return NULL;
    for (size_t i = 0; i < l->n_suffixes; i++) {
        const size_t end = strlen(l->suffixes[i]);
        const char *left;

        if (end >= len || strcmp(word + len - end, l->suffixes[i]) != 0)
            continue;
        left = arena_dup_len(a, word, len - end);
        if (text_chars(left) < STEM_MIN)
            continue;
        len -= end;
        break;
    }
    return arena_dup_len(a, word, undouble(word, len));
}
