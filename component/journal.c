#include "component/journal.h"

#include "core/base/stamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#define EVENTS (sizeof(((struct journal *)NULL)->events) / sizeof(struct journal_event))
#define MINUTE_MS 60000

static size_t name_len(const char *line, size_t len)
{
    const char *space = memchr(line, ' ', len);

    return space == NULL ? len : (size_t)(space - line);
}

static struct journal_event *event_of(struct journal *j, const char *line, size_t len)
{
    struct journal_event *e = j->events;
    size_t n = name_len(line, len);

    if (n >= JOURNAL_EVENT_MAX)
        n = JOURNAL_EVENT_MAX - 1;
    for (; e < j->events + EVENTS - 1; e++) {
        if (e->name[0] == '\0')
            memcpy(e->name, line, n);
        if (strlen(e->name) == n && memcmp(e->name, line, n) == 0)
            break;
    }
    return e;
}

bool journal_takes(struct journal *j, enum log_level level, const char *line, size_t len,
                   int64_t now_ms, unsigned *left_out)
{
    struct journal_event *e;

    *left_out = 0;
    if (level == LOG_DEBUG || len == 0)
        return true;
    e = event_of(j, line, len);
    if (e->lines == 0 || now_ms - e->since_ms >= MINUTE_MS) {
        *left_out = e->left_out;
        e->since_ms = now_ms;
        e->lines = e->left_out = 0;
    }
    if (e->lines == JOURNAL_LINES) {
        e->left_out++;
        return false;
    }
    e->lines++;
    return true;
}

static struct {
    uv_once_t once;
    uv_mutex_t mutex;
    struct journal journal;
} own = {.once = UV_ONCE_INIT};

static void begin(void)
{
    (void)uv_mutex_init(&own.mutex);
}

void journal_write(void *ctx, enum log_level level, const char *line, size_t len)
{
    char stamp[STAMP_LEN + 1];
    struct timespec now;
    unsigned left_out;

    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    stamp_format((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, stamp);
    uv_once(&own.once, begin);
    uv_mutex_lock(&own.mutex);
    if (journal_takes(&own.journal, level, line, len, (int64_t)(uv_hrtime() / 1000000),
                      &left_out)) {
        if (left_out > 0)
            (void)fprintf(stderr, "%s %s repeated event=%.*s lines=%u\n", stamp,
                          log_level_name(level), (int)name_len(line, len), line, left_out);
        (void)fprintf(stderr, "%s %s %.*s\n", stamp, log_level_name(level), (int)len, line);
    }
    uv_mutex_unlock(&own.mutex);
}
