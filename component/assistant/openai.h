/* The assistant that asks a language model, on any server that speaks OpenAI's chat completions:
 * Ollama, llama.cpp, vLLM, OpenAI. What needs people is decided by the rules before the model is
 * asked; the rules answer everything while the model does not, or has been asked too much. */
#ifndef PARLEY_OPENAI_H
#define PARLEY_OPENAI_H

#include "component/assistant/rules.h"

#include <uv.h>

#define OPENAI_CONNECT_MS 3000
#define OPENAI_AT_ONCE 256 /* questions under way; the rules answer more */

struct openai;

/* Strings are copied. */
struct openai_options {
    const char *url; /* to which "/chat/completions" is added */
    const char *model;
    const char *key;          /* "" none */
    const char *instructions; /* the site's own; "" none */
    int first_ms;             /* until the model says the first thing … */
    int total_ms;             /* … and all of it */
    int per_chat; /* messages of a chat after which only the rules answer; 0 any number */
    int per_day;  /* questions to the model in 24 hours, since the start; 0 any number */
};

/* rules: lent for its life. */
struct openai *openai_new(uv_loop_t *loop, const struct openai_options *o, struct rules *rules);
/* What is under way is dropped. The loop must run until its handles are closed. NULL is allowed. */
void openai_free(struct openai *o);

/* Lent for the life of o. */
struct assistant_port openai_port(struct openai *o);

#endif
