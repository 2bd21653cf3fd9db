/* How often and how many: token buckets and counters in bounded tables. One thread. */
#ifndef PARLEY_LIMIT_H
#define PARLEY_LIMIT_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limit;

/* per_minute is also the burst. capacity: keys that are remembered; beyond it the one that was
 * longest unused is forgotten, which gives it a full bucket. */
struct limit *limit_new(int per_minute, size_t capacity);
/* The same of an amount in a day. */
struct limit *limit_new_daily(int64_t per_day, size_t capacity);
void limit_free(struct limit *l);

/* Take one. now_ms: monotonic. Errors ERR_RATE: *retry_ms until there is one again. */
NODISCARD enum err limit_take(struct limit *l, const char *key, int64_t now_ms, int64_t *retry_ms);
/* The same with so many at once; more than there can ever be is ERR_RATE for a day. */
NODISCARD enum err limit_take_many(struct limit *l, const char *key, int64_t n, int64_t now_ms,
                                   int64_t *retry_ms);
size_t limit_keys(const struct limit *l);

/* How many of something a key has at this moment. */
struct tally;

struct tally *tally_new(void);
void tally_free(struct tally *t);
bool tally_add(struct tally *t, const char *key, int most); /* false: it has that many already */
void tally_drop(struct tally *t, const char *key);
int tally_of(const struct tally *t, const char *key);

#endif
