/* The content of one file: what is durable, what is there now, and the writes between the two. */
#ifndef PARLEY_FAULT_IMAGE_H
#define PARLEY_FAULT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Chance that can be repeated (splitmix64, https://prng.di.unimi.it/splitmix64.c). */
uint64_t chance_next(uint64_t *state);
size_t chance_below(uint64_t *state, size_t n);

struct bytes {
    unsigned char *data;
    size_t len, cap;
};

struct pending;

struct image {
    struct bytes now, durable;
    struct pending *pending; /* in order */
    size_t n_pending, pending_cap;
};

void image_free(struct image *m);
void image_write(struct image *m, const void *data, size_t len, size_t at);
void image_resize(struct image *m, size_t size);
void image_sync(struct image *m);
/* A sync that failed: what was not written is taken for clean and never written again, as Linux
 * does it. https://wiki.postgresql.org/wiki/Fsync_Errors */
void image_forget(struct image *m);
/* The power goes: each pending write is there, or not, or in part. sector: all of it may be damaged
 * with one byte that was being written; 0: only what was written. */
void image_lose(struct image *m, size_t sector, uint64_t *chance);

#endif
