#include "tests/fault/store/image.h"

#include "core/base/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 512 /* what a disk writes whole or not at all */

/* A write that was not synced; without data: the file was cut or grown to `at`. */
struct pending {
    size_t at;
    struct bytes bytes;
};

uint64_t chance_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

size_t chance_below(uint64_t *state, size_t n)
{
    return (size_t)(chance_next(state) % n);
}

static void bytes_resize(struct bytes *b, size_t len)
{
    if (len == b->len)
        return;
    if (len > b->cap) {
        b->cap = len + len / 2;
        b->data = mem_resize(b->data, b->cap);
    }
    if (len > b->len)
        memset(b->data + b->len, 0, len - b->len);
    b->len = len;
}

static void bytes_put(struct bytes *b, const void *data, size_t len, size_t at)
{
    if (at + len > b->len)
        bytes_resize(b, at + len);
    memcpy(b->data + at, data, len);
}

static void bytes_copy(struct bytes *to, const struct bytes *from)
{
    bytes_resize(to, from->len);
    if (from->len > 0)
        memcpy(to->data, from->data, from->len);
}

static void drop_pending(struct image *m)
{
    for (size_t i = 0; i < m->n_pending; i++)
        free(m->pending[i].bytes.data);
    m->n_pending = 0;
}

static void add_pending(struct image *m, const void *data, size_t len, size_t at)
{
    struct pending *p;

    if (m->n_pending == m->pending_cap) {
        m->pending_cap = m->pending_cap * 2 + 16;
        m->pending = mem_resize(m->pending, m->pending_cap * sizeof *m->pending);
    }
    p = &m->pending[m->n_pending++];
    *p = (struct pending){.at = at};
    if (data != NULL) {
        p->bytes = (struct bytes){mem_alloc(len), len, len};
        memcpy(p->bytes.data, data, len);
    }
}

static void apply(struct bytes *b, const struct pending *p)
{
    if (p->bytes.data == NULL)
        bytes_resize(b, p->at);
    else
        bytes_put(b, p->bytes.data, p->bytes.len, p->at);
}

enum loss { LOSE_ALL, LOSE_NOTHING, LOSE_END, LOSE_ANY, LOSS_KINDS };

/* Each piece of each write is there or not. */
static void apply_pieces(struct bytes *b, const struct pending *p, size_t keep, uint64_t *chance)
{
    if (p->bytes.data == NULL) {
        if (chance_below(chance, 100) < keep)
            bytes_resize(b, p->at);
        return;
    }
    for (size_t i = 0; i < p->bytes.len;) {
        size_t end = (p->at + i) / PIECE * PIECE + PIECE - p->at;

        if (end > p->bytes.len)
            end = p->bytes.len;
        if (chance_below(chance, 100) < keep)
            bytes_put(b, p->bytes.data + i, end - i, p->at + i);
        i = end;
    }
}

/* What was being written may be anything, and with it all that lies in the same sector. */
static void damage(struct bytes *b, const struct pending *p, size_t sector, uint64_t *chance)
{
    size_t first = p->at / sector * sector, end = p->at + p->bytes.len;

    for (size_t at = first; at < end; at += sector) {
        if (chance_below(chance, 8) > 0)
            continue;
        for (size_t i = at; i < at + sector && i < b->len; i++)
            b->data[i] = (unsigned char)chance_next(chance);
    }
}

void image_lose(struct image *m, size_t sector, uint64_t *chance)
{
    enum loss kind = (enum loss)chance_below(chance, LOSS_KINDS);
    size_t keep = 10 + chance_below(chance, 81), last = m->n_pending;
    bool damaged = sector > 0 && chance_below(chance, 2) == 0;

    if (kind == LOSE_END && last > 0)
        last = chance_below(chance, last);
    for (size_t i = 0; i < m->n_pending && kind != LOSE_ALL; i++) {
        const struct pending *p = &m->pending[i];

        if (kind == LOSE_NOTHING || (kind == LOSE_END && i < last))
            apply(&m->durable, p);
        else if (kind == LOSE_ANY || i == last)
            apply_pieces(&m->durable, p, keep, chance);
        if (damaged && kind != LOSE_NOTHING && p->bytes.data != NULL)
            damage(&m->durable, p, sector, chance);
    }
    drop_pending(m);
    bytes_copy(&m->now, &m->durable);
}

void image_free(struct image *m)
{
    drop_pending(m);
    free(m->pending);
    free(m->now.data);
    free(m->durable.data);
}

void image_write(struct image *m, const void *data, size_t len, size_t at)
{
    if (len == 0)
        return;
    bytes_put(&m->now, data, len, at);
    add_pending(m, data, len, at);
}

void image_resize(struct image *m, size_t size)
{
    bytes_resize(&m->now, size);
    add_pending(m, NULL, 0, size);
}

void image_sync(struct image *m)
{
    for (size_t i = 0; i < m->n_pending; i++)
        apply(&m->durable, &m->pending[i]);
    drop_pending(m);
}

void image_forget(struct image *m)
{
    drop_pending(m);
}
