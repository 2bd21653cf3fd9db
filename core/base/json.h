/* JSON in and out. Alone includes cJSON. Values live in trees; json_free frees the root. */
#ifndef PARLEY_JSON_H
#define PARLEY_JSON_H

#include "core/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

/* Parse one JSON text, strictly: well-formed UTF-8 with XML characters only, also after escapes
 * (\u0000, \ud800 alone and \uffff are refused); no duplicate member; nothing after the value;
 * at most 32 levels.
 * Errors  ERR_TEXT a forbidden character or bad UTF-8; ERR_INVALID anything else. */
NODISCARD enum err json_parse(const char *s, size_t len, struct json **out);
/* The same for what must be understood as far as it can: what would be ERR_TEXT is read as U+FFFD.
 * Errors  ERR_INVALID */
NODISCARD enum err json_parse_clean(const char *s, size_t len, struct json **out);
void json_free(struct json *j);

struct json *json_object(void);
struct json *json_array(void);

/* Build. A NULL string is written as null. Children are owned by their parent. Names are literals:
 * they are not copied. */
void json_put_str(struct json *o, const char *name, const char *value);
void json_put_int(struct json *o, const char *name, int64_t value); /* |value| < 2^53 */
void json_put_bool(struct json *o, const char *name, bool value);
void json_put_null(struct json *o, const char *name);
void json_put(struct json *o, const char *name, struct json *child);
/* text: JSON that json_print made; "" puts nothing. */
void json_put_raw(struct json *o, const char *name, const char *text);
void json_add(struct json *array, struct json *item);
void json_add_str(struct json *array, const char *value);

/* Read. Names are compared exactly. */
bool json_is_object(const struct json *j);
bool json_has(const struct json *o, const char *name);               /* present and not null */
const struct json *json_get(const struct json *o, const char *name); /* NULL when missing */
/* *out is lent by the tree; *out = NULL when missing or null. For bool and int a missing or null
 * member leaves *out as it was.
 * Errors  ERR_INVALID another type; int: also a fraction or |value| >= 2^53 */
NODISCARD enum err json_get_str(const struct json *o, const char *name, const char **out);
NODISCARD enum err json_get_bool(const struct json *o, const char *name, bool *out);
NODISCARD enum err json_get_int(const struct json *o, const char *name, int64_t *out);
size_t json_len(const struct json *array); /* 0 when not an array */
const struct json *json_at(const struct json *array, size_t i);
const char *json_str(const struct json *j); /* NULL when not a string */
/* Each member of an object, in order. */
void json_each(const struct json *o, void (*fn)(void *ctx, const char *name, const struct json *v),
               void *ctx);

char *json_print(struct arena *a, const struct json *j); /* compact, one line */

#endif
