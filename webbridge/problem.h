/* The one translation of enum err into HTTP: RFC 9457 problem documents. */
#ifndef PARLEY_PROBLEM_H
#define PARLEY_PROBLEM_H

#include "core/base/json.h"
#include "webbridge/reply.h"

struct problem {
    enum err err;
    int status;
    const char *code; /* also the end of `type`, which is stable */
    const char *title;
};

const struct problem *problem_of(enum err e); /* never NULL */

/* What is known beyond the error; zeroes where nothing is. */
struct problem_more {
    const char *detail;  /* for people */
    const char *field;   /* the member of the body that was wrong */
    int64_t retry_ms;    /* Retry-After; errors that ask to come again always have one */
    struct json *errors; /* array of {pointer, detail}; taken */
    const char *extra_name;
    struct json *extra; /* one more member; taken */
};

/* more may be NULL. A 404 and a 401 say the same whatever their reason was: nobody learns from them
 * what exists. */
void problem_reply(struct arena *a, struct reply *out, enum err e, const struct problem_more *more);

#endif
