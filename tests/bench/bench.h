/* What the measuring programs share: time, samples, sockets, a process's cost. All of them print
 * one JSON object. Whatever goes wrong ends the program with a sentence. */
#ifndef PARLEY_BENCH_H
#define PARLEY_BENCH_H

#include <stdbool.h>
#include <stddef.h>

_Noreturn void bench_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

double bench_now_us(void); /* monotonic */

struct samples {
    float *us;
    size_t n, cap;
};

void samples_add(struct samples *s, double us);
/* "n":…,"p50_us":…,"p99_us":…,"max_us":…  Sorts them. */
void samples_print(struct samples *s);

double bench_cpu_s(int pid);   /* user and system time until now; 0 for pid 0 */
double bench_anon_kb(int pid); /* anonymous resident memory */

/* A TCP connection to ADDRESS:PORT. source: our own address, or NULL. wait: connected when it
 * returns; else not blocking, and perhaps under way. -1 when it was refused. */
int bench_connect(const char *address, const char *source, bool wait);

/* The lines of a file of "WORD WORD", both lent for good; a target is a chat's path and its token.
 */
struct target {
    const char *path, *token;
};
struct target *bench_targets(const char *file, size_t *n);

/* Where the text begins in data, or NULL. */
const char *bench_find(const char *data, size_t len, const char *text);

#endif
