#include "core/base/json.h"

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/base/text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS_MAX 32
#define INT_LIMIT 9007199254740992.0 /* 2^53: above it doubles skip integers */
#define FEW_MEMBERS 16
#define PRINT_BYTES 65536 /* more than most texts have */

/* ---- memory: a page of messages is thousands of pieces, of which nearly all are small, and each
 * first piece of a tree made malloc sort its free lists ---------------------------------------- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define CELLS
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define CELLS
#endif
#endif

#ifdef CELLS
#define CELL sizeof(cJSON)
#define CELLS_KEPT 2048

struct cell {
    struct cell *next;
};

/* Freed on this thread; each is malloc's, so that any thread may free it. */
static _Thread_local struct {
    struct cell *first;
    size_t n;
} cells;

static void *cell_take(size_t size)
{
    struct cell *c = cells.first;

    if (size > CELL)
        return malloc(size);
    if (c == NULL)
        return malloc(CELL);
    cells.first = c->next;
    cells.n--;
    return c;
}

static void cell_drop(void *p)
{
    struct cell *c = p;
    size_t size = malloc_usable_size(p); /* 0 of NULL */

    if (size < CELL || size >= 2 * CELL || cells.n == CELLS_KEPT) {
        free(p);
        return;
    }
    c->next = cells.first;
    cells.first = c;
    cells.n++;
}

/* Before there are threads. */
__attribute__((constructor)) static void use_cells(void)
{
    cJSON_Hooks hooks = {.malloc_fn = cell_take, .free_fn = cell_drop};

    cJSON_InitHooks(&hooks);
}
#endif

/* ---- reading: cJSON is lenient (numbers, white space, controls, U+0000), so the text is checked
 * against RFC 8259 before it gets it ---------------------------------------------------------- */

struct scan {
    const char *p, *end;
    int level;
};

static enum err scan_value(struct scan *s);

static char peek(const struct scan *s)
{
    return s->p < s->end ? *s->p : '\0';
}

static bool accept(struct scan *s, char c)
{
    if (peek(s) != c)
        return false;
    s->p++;
    return true;
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && strchr(" \t\r\n", *s->p) != NULL)
        s->p++;
}

static bool skip_digits(struct scan *s)
{
    const char *start = s->p;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->p++;
    return s->p > start;
}

static bool scan_hex4(struct scan *s, unsigned *out)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++, s->p++) {
        char c = peek(s);

        if (c >= '0' && c <= '9')
            value = value << 4 | (unsigned)(c - '0');
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            value = value << 4 | (unsigned)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    *out = value;
    return true;
}

/* Behind "\u". */
static enum err scan_unicode(struct scan *s)
{
    unsigned c, low;

    if (!scan_hex4(s, &c))
        return ERR_INVALID;
    if (c >= 0xdc00 && c <= 0xdfff)
        return ERR_TEXT;
    if (c >= 0xd800 && c <= 0xdbff) {
        if (!accept(s, '\\') || !accept(s, 'u'))
            return ERR_TEXT;
        if (!scan_hex4(s, &low))
            return ERR_INVALID;
        return low >= 0xdc00 && low <= 0xdfff ? OK : ERR_TEXT;
    }
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c >= 0xfffe)
        return ERR_TEXT;
    return OK;
}

static enum err scan_escape(struct scan *s)
{
    switch (peek(s)) {
    case '"':
    case '\\':
    case '/':
    case 'n':
    case 'r':
    case 't':
        s->p++;
        return OK;
    case 'b': /* U+0008 and U+000C are no XML characters */
    case 'f':
        return ERR_TEXT;
    case 'u':
        s->p++;
        return scan_unicode(s);
    default:
        return ERR_INVALID;
    }
}

static enum err scan_string(struct scan *s)
{
    enum err e;

    if (!accept(s, '"'))
        return ERR_INVALID;
    while (s->p < s->end) {
        if (accept(s, '"'))
            return OK;
        if (accept(s, '\\')) {
            if ((e = scan_escape(s)) != OK)
                return e;
        } else if ((unsigned char)*s->p++ < 0x20) {
            return ERR_INVALID;
        }
    }
    return ERR_INVALID;
}

static enum err scan_number(struct scan *s)
{
    (void)accept(s, '-');
    if (!accept(s, '0') && !skip_digits(s))
        return ERR_INVALID;
    if (accept(s, '.') && !skip_digits(s))
        return ERR_INVALID;
    if (accept(s, 'e') || accept(s, 'E')) {
        if (!accept(s, '+'))
            (void)accept(s, '-');
        if (!skip_digits(s))
            return ERR_INVALID;
    }
    return OK;
}

static enum err scan_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
        return ERR_INVALID;
    s->p += len;
    return OK;
}

/* Behind "{" or "[". */
static enum err scan_items(struct scan *s, char close)
{
    enum err e;

    if (++s->level > LEVELS_MAX)
        return ERR_INVALID;
    skip_space(s);
    if (accept(s, close)) {
        s->level--;
        return OK;
    }
    do {
        skip_space(s);
        if (close == '}') {
            if ((e = scan_string(s)) != OK)
                return e;
            skip_space(s);
            if (!accept(s, ':'))
                return ERR_INVALID;
        }
        if ((e = scan_value(s)) != OK)
            return e;
        skip_space(s);
    } while (accept(s, ','));
    s->level--;
    return accept(s, close) ? OK : ERR_INVALID;
}

static enum err scan_value(struct scan *s)
{
    skip_space(s);
    switch (peek(s)) {
    case '{':
        s->p++;
        return scan_items(s, '}');
    case '[':
        s->p++;
        return scan_items(s, ']');
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        return scan_number(s);
    }
}

static bool names_unique(const cJSON *o)
{
    struct map *seen = NULL;
    bool ok = true;
    size_t n = 0;

    if (!cJSON_IsObject(o))
        return true;
    for (const cJSON *m = o->child; m != NULL && n <= FEW_MEMBERS; m = m->next)
        n++;
    /* A hostile object of many members must not cost their square. */
    if (n > FEW_MEMBERS)
        seen = map_new();
    for (cJSON *m = o->child; m != NULL && ok; m = m->next) {
        if (seen != NULL) {
            ok = map_get(seen, m->string) == NULL;
            map_set(seen, m->string, m);
            continue;
        }
        for (const cJSON *other = o->child; other != m && ok; other = other->next)
            ok = strcmp(other->string, m->string) != 0;
    }
    map_free(seen);
    return ok;
}

/* At most LEVELS_MAX deep. */
static bool all_names_unique(const cJSON *v)
{
    if (!names_unique(v))
        return false;
    for (const cJSON *m = v->child; m != NULL; m = m->next) {
        if (!all_names_unique(m))
            return false;
    }
    return true;
}

enum err json_parse(const char *s, size_t len, struct json **out)
{
    struct scan scan = {s, s + len, 0};
    enum err e;
    cJSON *tree;

    if (!text_ok(s, len))
        return ERR_TEXT;
    if ((e = scan_value(&scan)) != OK)
        return e;
    skip_space(&scan);
    if (scan.p != scan.end)
        return ERR_INVALID;
    tree = cJSON_ParseWithLength(s, len);
    if (tree == NULL)
        return ERR_INVALID;
    if (!all_names_unique(tree)) {
        cJSON_Delete(tree);
        return ERR_INVALID;
    }
    *out = (struct json *)tree;
    return OK;
}

/* The escape at s, which begins with a backslash, as json_parse takes it; *len: its bytes. */
static bool escape_ok(const char *s, const char *end, size_t *len)
{
    struct scan scan = {s + 1, end, 0};
    bool ok = scan_escape(&scan) != ERR_TEXT;

    *len = s + 1 == end ? 1 : s[1] == 'u' && end - s >= 6 ? 6 : 2;
    if (ok && scan.p > s + *len)
        *len = (size_t)(scan.p - s);
    return ok;
}

enum err json_parse_clean(const char *s, size_t len, struct json **out)
{
    struct arena *a = arena_new();
    const char *p = text_clean(a, s, len), *end = p + strlen(p);
    struct buf clean = {0};
    enum err e;

    for (size_t n; p < end; p += n) {
        n = strcspn(p, "\\");
        buf_put(&clean, p, n);
        p += n;
        n = 0;
        if (p < end)
            escape_ok(p, end, &n) ? buf_put(&clean, p, n) : buf_puts(&clean, "\\ufffd");
    }
    e = json_parse(buf_str(&clean), clean.len, out);
    buf_free(&clean);
    arena_free(a);
    return e;
}

void json_free(struct json *j)
{
    cJSON_Delete((cJSON *)j);
}

/* ---- building ------------------------------------------------------------------------------- */

static cJSON *made(cJSON *j)
{
    if (j == NULL)
        abort(); /* out of memory */
    return j;
}

static cJSON *made_str(const char *value)
{
    return made(value == NULL ? cJSON_CreateNull() : cJSON_CreateString(value));
}

/* CS: the name is not copied. */
static void put(struct json *o, const char *name, cJSON *child)
{
    if (!cJSON_AddItemToObjectCS((cJSON *)o, name, child))
        abort();
}

struct json *json_object(void)
{
    return (struct json *)made(cJSON_CreateObject());
}

struct json *json_array(void)
{
    return (struct json *)made(cJSON_CreateArray());
}

void json_put_str(struct json *o, const char *name, const char *value)
{
    put(o, name, made_str(value));
}

/* cJSON would print it as a double, read that again to see whether it is the same, and round what
 * has more than 15 digits. */
void json_put_int(struct json *o, const char *name, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    json_put_raw(o, name, text);
}

void json_put_bool(struct json *o, const char *name, bool value)
{
    put(o, name, made(cJSON_CreateBool(value)));
}

void json_put_null(struct json *o, const char *name)
{
    put(o, name, made(cJSON_CreateNull()));
}

void json_put(struct json *o, const char *name, struct json *child)
{
    put(o, name, (cJSON *)child);
}

void json_put_raw(struct json *o, const char *name, const char *text)
{
    if (text[0] != '\0')
        put(o, name, made(cJSON_CreateRaw(text)));
}

void json_add(struct json *array, struct json *item)
{
    if (!cJSON_AddItemToArray((cJSON *)array, (cJSON *)item))
        abort();
}

void json_add_str(struct json *array, const char *value)
{
    json_add(array, (struct json *)made_str(value));
}

/* ---- looking -------------------------------------------------------------------------------- */

static const cJSON *member(const struct json *o, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive((const cJSON *)o, name);
}

/* NULL when missing or null. */
static const cJSON *present(const struct json *o, const char *name)
{
    const cJSON *m = member(o, name);

    return m == NULL || cJSON_IsNull(m) ? NULL : m;
}

bool json_is_object(const struct json *j)
{
    return cJSON_IsObject((const cJSON *)j);
}

bool json_has(const struct json *o, const char *name)
{
    return present(o, name) != NULL;
}

const struct json *json_get(const struct json *o, const char *name)
{
    return (const struct json *)member(o, name);
}

enum err json_get_str(const struct json *o, const char *name, const char **out)
{
    const cJSON *m = present(o, name);

    if (m != NULL && !cJSON_IsString(m))
        return ERR_INVALID;
    *out = m == NULL ? NULL : m->valuestring;
    return OK;
}

enum err json_get_bool(const struct json *o, const char *name, bool *out)
{
    const cJSON *m = present(o, name);

    if (m != NULL && !cJSON_IsBool(m))
        return ERR_INVALID;
    if (m != NULL)
        *out = cJSON_IsTrue(m);
    return OK;
}

enum err json_get_int(const struct json *o, const char *name, int64_t *out)
{
    const cJSON *m = present(o, name);
    double v;

    if (m == NULL)
        return OK;
    if (!cJSON_IsNumber(m))
        return ERR_INVALID;
    v = m->valuedouble;
    if (!(v > -INT_LIMIT && v < INT_LIMIT) || (double)(int64_t)v < v || (double)(int64_t)v > v)
        return ERR_INVALID;
    *out = (int64_t)v;
    return OK;
}

size_t json_len(const struct json *array)
{
    const cJSON *a = (const cJSON *)array;

    return cJSON_IsArray(a) ? (size_t)cJSON_GetArraySize(a) : 0;
}

const struct json *json_at(const struct json *array, size_t i)
{
    const cJSON *a = (const cJSON *)array;

    if (!cJSON_IsArray(a) || i > INT_MAX)
        return NULL;
    return (const struct json *)cJSON_GetArrayItem(a, (int)i);
}

const char *json_str(const struct json *j)
{
    return cJSON_GetStringValue((const cJSON *)j);
}

void json_each(const struct json *o, void (*fn)(void *ctx, const char *name, const struct json *v),
               void *ctx)
{
    const cJSON *j = (const cJSON *)o;

    if (!cJSON_IsObject(j))
        return;
    for (const cJSON *m = j->child; m != NULL; m = m->next)
        fn(ctx, m->string, (const struct json *)m);
}

char *json_print(struct arena *a, const struct json *j)
{
    char most[PRINT_BYTES], *text, *copy;
    cJSON *tree = (cJSON *)(uintptr_t)j; /* only read */

    if (cJSON_PrintPreallocated(tree, most, PRINT_BYTES, false))
        return arena_dup(a, most);
    if ((text = cJSON_PrintBuffered(tree, 4 * PRINT_BYTES, false)) == NULL)
        abort();
    copy = arena_dup(a, text);
    cJSON_free(text);
    return copy;
}
