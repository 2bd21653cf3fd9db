/* A model's answer as it comes in: the stream of POST /chat/completions in the form of OpenAI's
 * API, which Ollama, llama.cpp and vLLM speak too. Bytes go in, text and calls of tools come out;
 * pure. Source  https://platform.openai.com/docs/api-reference/chat/streaming and, for the lines,
 *         https://html.spec.whatwg.org/multipage/server-sent-events.html */
#ifndef PARLEY_COMPLETION_H
#define PARLEY_COMPLETION_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define COMPLETION_TEXT_MAX 4000      /* characters; the rest of an answer is cut off */
#define COMPLETION_LINE_MAX 262144    /* bytes of a line, or of a body that is no stream */
#define COMPLETION_CALLS_MAX 4        /* more are ignored */
#define COMPLETION_ARGUMENTS_MAX 8192 /* bytes of one call's; the rest is cut off */

struct completion;

/* That the model wants a tool to be used. */
struct completion_call {
    const char *id, *name;
    const char *arguments; /* JSON, if the model made no mistake */
};

struct completion *completion_new(void);
void completion_free(struct completion *c); /* NULL is allowed */

/* More bytes of the body, cut anywhere. Characters that cannot be shown become U+FFFD, and what a
 * model thinks between <think> and </think> before its answer is dropped.
 * Errors  ERR_INVALID    no such stream, or it says that there was an error
 *         ERR_TOO_LARGE  a line is too long */
NODISCARD enum err completion_feed(struct completion *c, const char *data, size_t len);
/* The body is over.
 * Errors  ERR_INVALID  also when it was cut: neither "[DONE]" nor a finish_reason came */
NODISCARD enum err completion_end(struct completion *c);

bool completion_begun(const struct completion *c);       /* the model has begun to work */
bool completion_over(const struct completion *c);        /* nothing more is needed */
const char *completion_text(const struct completion *c); /* so far, whole characters. Lent */
/* Whole only at the end. Lent. */
size_t completion_calls(const struct completion *c,
                        struct completion_call out[COMPLETION_CALLS_MAX]);

#endif
