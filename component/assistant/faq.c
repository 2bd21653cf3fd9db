#include "component/assistant/faq.h"

#include "core/base/json.h"

#include <string.h>
#include <strings.h>

#define TERMS_MAX 48 /* distinct words of a question that are looked up */

/* That a word is in an entry. */
struct posting {
    struct entry *entry;
    struct posting *next;
    bool key; /* in the question or the tags, not only in the answer */
};

struct term {
    struct posting *postings;
    size_t n_key;
    struct entry *last; /* entry of the newest posting */
};

struct entry {
    struct faq_hit hit;
    /* of the query under way */
    unsigned query;
    unsigned score, keys, sole_keys, hints;
};

/* Entries of one language. */
struct shelf {
    const char *lang;
    const struct language *language; /* NULL: no stop words, no endings known */
    struct map *terms;               /* stem -> struct term */
    size_t n;
    struct shelf *next;
};

struct faq {
    struct arena *arena;
    const struct rulebook *book;
    struct shelf *shelves;
    size_t n;
    unsigned query;
};

/* ---- reading -------------------------------------------------------------------------------- */

static struct shelf *shelf_of(struct faq *f, const char *tag)
{
    const size_t len = strcspn(tag, "-_.@");
    struct shelf **at = &f->shelves, *s;

    for (; *at != NULL; at = &(*at)->next) {
        if (strlen((*at)->lang) == len && strncasecmp((*at)->lang, tag, len) == 0)
            return *at;
    }
    s = arena_new_of(f->arena, struct shelf);
    s->lang = arena_dup_len(f->arena, tag, len);
    s->language = rulebook_language(f->book, tag);
    s->terms = map_new();
    *at = s;
    return s;
}

static void index_text(struct faq *f, struct shelf *s, struct entry *e, const char *text, bool key)
{
    struct words w;

    words_split(f->arena, text, &w);
    for (size_t i = 0; i < w.n; i++) {
        const char *stem = language_stem(s->language, f->arena, w.word[i]);
        struct term *t;
        struct posting *p;

        if (stem == NULL || stem[0] == '\0' || (stem[0] == '?' && !key))
            continue;
        t = map_get(s->terms, stem);
        if (t == NULL) {
            t = arena_new_of(f->arena, struct term);
            map_set(s->terms, stem, t);
        }
        /* Keys are put first, so that what is there already counts at least as much. */
        if (t->last == e)
            continue;
        p = arena_new_of(f->arena, struct posting);
        *p = (struct posting){e, t->postings, key};
        t->postings = p;
        t->last = e;
        t->n_key += key;
    }
}

static const char *required(struct faq *f, const struct json *o, const char *name)
{
    const char *s = NULL;

    if (json_get_str(o, name, &s) != OK || s == NULL || s[0] == '\0')
        return NULL;
    return arena_dup(f->arena, s);
}

/* NULL, or what is wrong. */
static const char *read_entry(struct faq *f, const struct json *o)
{
    const struct json *tags = json_get(o, "tags");
    struct entry *e = arena_new_of(f->arena, struct entry);
    const char *lang = NULL;
    struct shelf *s;

    if (!json_is_object(o))
        return "must be an object";
    if ((e->hit.question = required(f, o, "question")) == NULL)
        return "\"question\" must be a string that is not empty";
    if ((e->hit.answer = required(f, o, "answer")) == NULL)
        return "\"answer\" must be a string that is not empty";
    if (json_get_str(o, "lang", &lang) != OK)
        return "\"lang\" must be a string";
    s = shelf_of(f, lang == NULL || lang[0] == '\0' ? "en" : lang);
    e->hit.lang = s->lang;
    index_text(f, s, e, e->hit.question, true);
    if (json_has(o, "tags") && json_len(tags) == 0 && json_str(tags) != NULL)
        return "\"tags\" must be a list of strings";
    for (size_t i = 0; i < json_len(tags); i++) {
        if (json_str(json_at(tags, i)) == NULL)
            return "\"tags\" must be a list of strings";
        index_text(f, s, e, json_str(json_at(tags, i)), true);
    }
    index_text(f, s, e, e->hit.answer, false);
    s->n++;
    f->n++;
    return NULL;
}

/* json is well-formed. */
static bool is_list(const char *json, size_t len)
{
    size_t i = 0;

    while (i < len && strchr(" \t\r\n", json[i]) != NULL)
        i++;
    return i < len && json[i] == '[';
}

enum err faq_new(const char *json, size_t len, const struct rulebook *book, struct buf *detail,
                 struct faq **out)
{
    struct arena *a = arena_new();
    struct faq *f = arena_new_of(a, struct faq);
    struct json *root = NULL;
    const char *wrong = NULL;

    f->arena = a;
    f->book = book;
    if (json_parse(json, len, &root) != OK)
        wrong = "not well-formed JSON";
    else if (!is_list(json, len))
        wrong = "must be a list";
    for (size_t i = 0; i < json_len(root) && wrong == NULL; i++) {
        if ((wrong = read_entry(f, json_at(root, i))) != NULL)
            wrong = arena_printf(a, "entry %zu: %s", i + 1, wrong);
    }
    json_free(root);
    if (wrong != NULL) {
        buf_printf(detail, "faq: %s", wrong);
        faq_free(f);
        return ERR_CONFIG;
    }
    *out = f;
    return OK;
}

void faq_free(struct faq *f)
{
    if (f == NULL)
        return;
    for (struct shelf *s = f->shelves; s != NULL; s = s->next)
        map_free(s->terms);
    arena_free(f->arena);
}

size_t faq_count(const struct faq *f)
{
    return f->n;
}

/* ---- finding -------------------------------------------------------------------------------- */

struct find {
    struct entry *best[FAQ_CHOICES + 1]; /* by score; the best first */
    size_t n;
    size_t terms;
};

static void rank(struct find *r, struct entry *e)
{
    size_t at = 0;

    while (at < r->n && r->best[at] != e)
        at++;
    if (at == r->n) {
        if (r->n == FAQ_CHOICES + 1) {
            if (r->best[r->n - 1]->score >= e->score)
                return;
            at--;
        } else {
            r->n++;
        }
        r->best[at] = e;
    }
    for (; at > 0 && r->best[at - 1]->score < e->score; at--) {
        r->best[at] = r->best[at - 1];
        r->best[at - 1] = e;
    }
}

/* Rare words say more: each halving of the entries that have it counts one more. */
static unsigned worth(const struct shelf *s, const struct term *t)
{
    unsigned w = 1;

    for (size_t n = t->n_key; n > 0 && n * 2 <= s->n; n *= 2)
        w++;
    return w;
}

static void count_term(struct find *r, const struct shelf *s, const struct term *t, unsigned query,
                       bool hint)
{
    const unsigned w = hint ? 1 : worth(s, t);

    for (struct posting *p = t->postings; p != NULL; p = p->next) {
        struct entry *e = p->entry;

        if (e->query != query) {
            e->query = query;
            e->score = e->keys = e->sole_keys = e->hints = 0;
        }
        e->score += p->key ? 3 * w : 1;
        e->hints += hint;
        e->keys += p->key && !hint;
        e->sole_keys += p->key && !hint && t->n_key == 1;
        rank(r, e);
    }
}

/* One word is enough in a short question, the more so when no other entry has it. "How long does it
 * take?" has hints only. */
static bool enough(const struct find *r, const struct entry *e)
{
    if (r->terms == 0)
        return e->hints >= 2;
    if (e->keys >= 2)
        return e->keys * 3 >= r->terms;
    return e->keys == 1 && r->terms <= (e->sole_keys == 1 ? 3 : 2);
}

static enum faq_result judge(const struct find *r, struct faq_hit hits[FAQ_CHOICES], size_t *n)
{
    *n = 0;
    if (r->n == 0 || !enough(r, r->best[0]))
        return FAQ_NONE;
    for (size_t i = 0; i < r->n && *n < FAQ_CHOICES; i++) {
        if (i == 0 || r->best[i]->score * 5 > r->best[0]->score * 4)
            hits[(*n)++] = r->best[i]->hit;
    }
    return *n == 1 ? FAQ_ANSWER : FAQ_CHOOSE;
}

static enum faq_result find_on_shelf(const struct shelf *s, const struct words *text,
                                     unsigned query, struct faq_hit hits[FAQ_CHOICES], size_t *n)
{
    struct arena *a = arena_new();
    struct map *seen = map_new();
    struct find r = {0};

    for (size_t i = 0; i < text->n && r.terms < TERMS_MAX; i++) {
        const char *stem = language_stem(s->language, a, text->word[i]);
        const struct term *t;

        if (stem == NULL || stem[0] == '\0' || map_get(seen, stem) != NULL)
            continue;
        map_set(seen, stem, &r);
        r.terms += stem[0] != '?';
        if ((t = map_get(s->terms, stem)) != NULL)
            count_term(&r, s, t, query, stem[0] == '?');
    }
    map_free(seen);
    arena_free(a);
    return judge(&r, hits, n);
}

static bool is_lang(const struct shelf *s, const char *lang)
{
    return strcasecmp(s->lang, lang) == 0;
}

enum faq_result faq_find(struct faq *f, const struct words *text, const char *lang,
                         struct faq_hit hits[FAQ_CHOICES], size_t *n)
{
    enum faq_result result = FAQ_NONE;

    *n = 0;
    for (int own = 1; own >= 0; own--) {
        for (const struct shelf *s = f->shelves; s != NULL; s = s->next) {
            struct faq_hit found[FAQ_CHOICES];
            size_t count = 0;
            enum faq_result r;

            if (is_lang(s, lang) != (own == 1))
                continue;
            r = find_on_shelf(s, text, ++f->query, found, &count);
            if (r == FAQ_NONE || (r == FAQ_CHOOSE && result == FAQ_CHOOSE))
                continue;
            memcpy(hits, found, sizeof(found));
            *n = count;
            if ((result = r) == FAQ_ANSWER)
                return result;
        }
    }
    return result;
}
