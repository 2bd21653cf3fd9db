/* The one logger. A line is an event name and key=value pairs; control characters in values are
 * escaped here, so that callers may log what outsiders sent. Never message text, never a secret. */
#ifndef PARLEY_LOG_H
#define PARLEY_LOG_H

#include "core/base/err.h"

#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* line: without level, time and newline; lent. Called from any thread. */
typedef void log_sink_fn(void *ctx, enum log_level level, const char *line, size_t len);

/* Before this is called nothing is logged. */
void log_init(enum log_level least, log_sink_fn *sink, void *ctx);
const char *log_level_name(enum log_level level); /* "debug" "info" "warn" "error" */

/* event: a word like "link-up". fmt: "key=%s other=%d". */
void log_at(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

#endif
