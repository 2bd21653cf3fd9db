/* What a model is asked: the body of POST /chat/completions. Pure. */
#ifndef PARLEY_PROMPT_H
#define PARLEY_PROMPT_H

#include "component/assistant/completion.h"
#include "component/assistant/faq.h"
#include "core/base/json.h"
#include "core/ports.h"

#define PROMPT_BYTES_MAX 24000 /* of what was said: about 6,000 tokens of 4 bytes */

/* Tools of the model. */
#define PROMPT_REQUEST_HUMAN "request_human" /* reason, summary, urgency: "normal" "urgent" */
#define PROMPT_SEARCH_FAQ "search_faq"       /* query */

/* The messages: what we ask for, then what was said, of which the oldest is left out when it is too
 * much. Customers' text is in messages of the role "user" only. instructions: the site's own, ""
 * none. The caller's (json_free). */
struct json *prompt_messages(const char *instructions, const struct assistant_turn *turn);

/* After the model has called a tool to search: its call, and what was found, as data. */
void prompt_add_found(struct json *messages, const struct completion_call *call,
                      const struct faq_hit *hits, size_t n);

/* tools: the model may call them; else it must answer. */
char *prompt_body(struct arena *a, const char *model, const struct json *messages, bool tools);

#endif
