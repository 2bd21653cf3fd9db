/* Writes that follow each other in a file, put together. SQLite writes its log in two pieces for
 * each page, and each would be a system call. */
#ifndef PARLEY_DB_GATHER_H
#define PARLEY_DB_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes held. SQLite's own VFS for Unix cannot write 128 KiB and more at once (seekAndWriteFd of
 * its os_unix.c). */
#define GATHER_MAX 122880

struct gather {
    char *data; /* NULL until something is held */
    size_t len;
    int64_t at; /* where data[0] belongs in the file */
};

/* Hold a copy of it. False: it does not follow what is held, or there is no room; nothing is held
 * of it then. Memory is only asked for here: false too when there is none. */
bool gather_take(struct gather *g, const void *data, size_t len, int64_t at);
bool gather_holds(const struct gather *g, size_t len, int64_t at); /* some of these bytes */
void gather_clear(struct gather *g); /* what is held is dropped; its memory stays */
void gather_free(struct gather *g);  /* its memory too */

#endif
