/* Memory that lives as long as one request, stanza or operation, freed at once.
 * Allocation never fails: out of memory ends the process, which loses nothing that was
 * acknowledged (stored first, shown after). */
#ifndef PARLEY_ARENA_H
#define PARLEY_ARENA_H

#include "core/base/err.h"

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is allowed */

/* size bytes of zeroes, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy with a 0 behind it. s may be NULL: then "" is returned. */
char *arena_dup(struct arena *a, const char *s);
char *arena_dup_len(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list args);

#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

/* For what outlives an arena. They abort when memory is out; free with free(). */
void *mem_alloc(size_t size); /* zeroed */
void *mem_resize(void *p, size_t size);
char *mem_dup(const char *s); /* NULL gives "" */

#endif
