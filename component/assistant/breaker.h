/* Stops asking a model that does not answer. Pure: times are given. */
#ifndef PARLEY_BREAKER_H
#define PARLEY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 5 /* in a row; then nothing is asked … */
#define BREAKER_OPEN_MS 60000
/* … and then one question at a time, until one is answered */

/* All zero: closed. */
struct breaker {
    int failures;
    int64_t until_ms; /* open until then; 0 closed */
    bool trying;      /* one question is under way */
};

/* May a question be asked now? If so, exactly one of the others follows. */
bool breaker_may(struct breaker *b, int64_t now_ms);
void breaker_answered(struct breaker *b);
/* true: it has opened now */
bool breaker_failed(struct breaker *b, int64_t now_ms);
void breaker_dropped(struct breaker *b); /* the question was taken back */

#endif
