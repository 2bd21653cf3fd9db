#include "core/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHUNK 1024
#define MAX_CHUNK 65536

/* Under the address sanitizer what was not handed out is poisoned, with a gap behind each piece, so
 * that running over a piece's end is seen as it would be with malloc. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define GAP 16
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

struct chunk {
    struct chunk *next;
    size_t used, size;
    max_align_t data[]; /* its type aligns what follows */
};

struct arena {
    struct chunk *chunks; /* the one in use first */
    size_t next_size;
};

#ifndef ARENA_ASAN
#define KEPT_SIZES 2  /* the first chunk and the one after it: what requests and changes need */
#define KEPT_MAX 1024 /* of each size; a message has three arenas until it is answered */

/* Chunks that were freed on this thread. */
static _Thread_local struct {
    struct chunk *first;
    size_t n;
} kept[KEPT_SIZES];
#endif

static void fail(void)
{
    fputs("parley: out of memory\n", stderr);
    abort();
}

static struct chunk *chunk_make(size_t size)
{
    struct chunk *c = malloc(sizeof(*c) + size);

    if (c == NULL)
        fail();
    c->size = size;
    return c;
}

static struct chunk *chunk_new(size_t size)
{
    struct chunk *c = NULL;

#ifndef ARENA_ASAN
    for (size_t i = 0; i < KEPT_SIZES && c == NULL; i++) {
        if (size == (size_t)FIRST_CHUNK << i && kept[i].n > 0) {
            c = kept[i].first;
            kept[i].first = c->next;
            kept[i].n--;
        }
    }
#endif
    if (c == NULL)
        c = chunk_make(size);
    c->next = NULL;
    c->used = 0;
    POISON(c->data, size);
    return c;
}

static void chunk_free(struct chunk *c)
{
#ifndef ARENA_ASAN
    for (size_t i = 0; i < KEPT_SIZES; i++) {
        if (c->size == (size_t)FIRST_CHUNK << i && kept[i].n < KEPT_MAX) {
            c->next = kept[i].first;
            kept[i].first = c;
            kept[i].n++;
            return;
        }
    }
#endif
    UNPOISON(c->data, c->size);
    free(c);
}

static void *chunk_take(struct chunk *c, size_t size)
{
    char *p = (char *)c->data + c->used;
    size_t align = _Alignof(max_align_t);
    size_t step = (size + GAP + align - 1) / align * align;

    c->used = step < c->size - c->used ? c->used + step : c->size;
    UNPOISON(p, size);
    memset(p, 0, size);
    return p;
}

struct arena *arena_new(void)
{
    struct chunk *c = chunk_new(FIRST_CHUNK);
    struct arena *a = chunk_take(c, sizeof(*a));

    a->chunks = c;
    a->next_size = (size_t)2 * FIRST_CHUNK;
    return a;
}

void arena_free(struct arena *a)
{
    struct chunk *c = a == NULL ? NULL : a->chunks;

    while (c != NULL) {
        struct chunk *next = c->next;

        chunk_free(c);
        c = next;
    }
}

void *arena_alloc(struct arena *a, size_t size)
{
    struct chunk *c = a->chunks;

    if (size > SIZE_MAX / 4)
        fail();
    if (size <= c->size - c->used)
        return chunk_take(c, size);
    if (size > a->next_size / 2) {
        /* Goes behind the chunk in use, whose free end stays in use. */
        struct chunk *own = chunk_new(size);

        own->next = c->next;
        c->next = own;
        return chunk_take(own, size);
    }
    c = chunk_new(a->next_size);
    c->next = a->chunks;
    a->chunks = c;
    if (a->next_size < MAX_CHUNK)
        a->next_size *= 2;
    return chunk_take(c, size);
}

char *arena_dup(struct arena *a, const char *s)
{
    return arena_dup_len(a, s, s == NULL ? 0 : strlen(s));
}

char *arena_dup_len(struct arena *a, const char *s, size_t len)
{
    char *copy = arena_alloc(a, len + 1);

    if (len > 0)
        memcpy(copy, s, len);
    return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    char *s;

    va_start(args, fmt);
    s = arena_vprintf(a, fmt, args);
    va_end(args);
    return s;
}

__attribute__((format(printf, 2, 0))) char *arena_vprintf(struct arena *a, const char *fmt,
                                                          va_list args)
{
    char few[256];
    va_list again;
    char *s;
    int len;

    va_copy(again, args);
    len = vsnprintf(few, sizeof(few), fmt, again);
    va_end(again);
    if (len < 0)
        fail();
    if ((size_t)len < sizeof(few))
        return arena_dup_len(a, few, (size_t)len);
    s = arena_alloc(a, (size_t)len + 1);
    (void)vsnprintf(s, (size_t)len + 1, fmt, args);
    return s;
}

void *mem_alloc(size_t size)
{
    void *p = calloc(1, size > 0 ? size : 1);

    if (p == NULL)
        fail();
    return p;
}

void *mem_resize(void *p, size_t size)
{
    void *q = realloc(p, size > 0 ? size : 1);

    if (q == NULL)
        fail();
    return q;
}

char *mem_dup(const char *s)
{
    size_t len = s == NULL ? 0 : strlen(s);
    char *copy = mem_alloc(len + 1);

    if (len > 0)
        memcpy(copy, s, len);
    return copy;
}
