#include "tests/fault/store/options.h"

#include "core/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void log_line(void *ctx, enum log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)fprintf(stderr, "%s %.*s\n", log_level_name(level), (int)len, line);
}

struct options options_read(int argc, char **argv)
{
    struct options o = {.seed = 1, .only = -1};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--long") == 0) {
            o.long_form = true;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            o.seed = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            o.only = strtol(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--log") == 0) {
            log_init(LOG_INFO, log_line, NULL);
        } else {
            (void)fprintf(stderr, "usage: %s [--long] [--seed N] [--only N] [--log]\n", argv[0]);
            exit(2);
        }
    }
    return o;
}

int64_t options_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
