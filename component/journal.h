/* The log on standard error. Whoever can make the program log something can make it do so a million
 * times; so each event gets so many lines a minute, and what comes beyond is counted and told. */
#ifndef PARLEY_JOURNAL_H
#define PARLEY_JOURNAL_H

#include "core/base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_LINES 30
#define JOURNAL_EVENT_MAX 32

/* How often an event was told. All zero at the beginning; the last slot is for events that found no
 * place. */
struct journal {
    struct journal_event {
        char name[JOURNAL_EVENT_MAX];
        int64_t since_ms;
        unsigned lines, left_out;
    } events[64];
};

/* May this line be written? now_ms: monotonic. *left_out: how many lines of its event were not,
 * before this one; to be told first. Lines of the level debug are whole, since somebody asked. */
bool journal_takes(struct journal *j, enum log_level level, const char *line, size_t len,
                   int64_t now_ms, unsigned *left_out);

/* A sink of core/base/log.h; from any thread. ctx is not used. */
void journal_write(void *ctx, enum log_level level, const char *line, size_t len);

#endif
