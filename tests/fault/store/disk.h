/* A disk in memory that can lose its power and fail. For every file it keeps what is durable and
 * what was written since the last sync; a power cut drops, tears and reorders the latter, by chance
 * from a seed. Names are created and removed in order, as file systems with a journal do it: a cut
 * keeps a beginning of what was not synced.
 *
 * One disk in the process; all functions are safe from any thread. vfs.h puts SQLite on it. */
#ifndef PARLEY_FAULT_DISK_H
#define PARLEY_FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_ROOT "/disk/" /* files whose names begin so live here */

enum disk_call {
    DISK_OPEN,
    DISK_DELETE,
    DISK_READ,
    DISK_WRITE,
    DISK_TRUNCATE,
    DISK_SYNC,
    DISK_SIZE,
    DISK_LOCK,
    DISK_SHM_MAP,
    DISK_SHM_LOCK,
    DISK_CALLS
};
const char *disk_call_name(enum disk_call call);

enum disk_answer {
    DISK_DONE,
    DISK_MISSING,  /* no such file */
    DISK_ERROR,    /* an error of input and output */
    DISK_FULL,     /* no space; of a write a part may be there */
    DISK_READ_ONLY /* nothing may be changed */
};

/* What a file is, by its name. */
enum disk_part { DISK_DATABASE, DISK_LOG, DISK_OTHER };

/* A call that changes something: where a power cut can be. */
struct disk_step {
    enum disk_call call;
    enum disk_part part;
};

struct disk_file;

/* ---- the disk ------------------------------------------------------------------------------- */

/* An empty one. sector: what may be damaged when power goes while one byte of it is written; 0:
 * nothing but what is written, in pieces of 512 bytes. */
void disk_reset(size_t sector);
size_t disk_sector(void);

/* Every change so far, since disk_reset or disk_power_on; lent. */
const struct disk_step *disk_steps(size_t *n);
size_t disk_called(enum disk_call call); /* how often, since the same moments */

/* The power goes during the step number `step` (0: the next one). Everything fails from then on. */
void disk_cut_at(size_t step, uint64_t seed);
void disk_cut(uint64_t seed); /* now */
bool disk_is_dead(void);
/* What is durable is what is there. All files must be closed. */
void disk_power_on(void);

/* From the nth call of this kind on (0: the next one) it answers so: once, or until disk_mend. */
void disk_fail(enum disk_call call, size_t nth, enum disk_answer answer, bool lasting);
/* From now on every write, sync, truncation and creation answers so, until disk_mend. */
void disk_fail_changes(enum disk_answer answer);
void disk_mend(void);
size_t disk_failed(void); /* how many calls failed since the last disk_fail… */

/* Calls of other threads than this one wait from now on. */
void disk_hold(void);
void disk_wait_held(void); /* until one waits */
void disk_release(void);

/* Whether the bytes are anywhere on it, synced or not. */
bool disk_has(const void *bytes, size_t len);

/* ---- files ---------------------------------------------------------------------------------- */

/* name: NULL a file without one. *made: it was not there. */
enum disk_answer disk_open(const char *name, bool create, struct disk_file **out, bool *made);
void disk_close(struct disk_file *f);
enum disk_answer disk_delete(const char *name, bool sync_folder);
enum disk_answer disk_rename(const char *from, const char *to);
bool disk_exists(const char *name); /* and is not empty, as SQLite asks */

/* *got: bytes that were there. */
enum disk_answer disk_read(struct disk_file *f, void *out, size_t len, size_t at, size_t *got);
enum disk_answer disk_write(struct disk_file *f, const void *data, size_t len, size_t at);
enum disk_answer disk_truncate(struct disk_file *f, size_t size);
enum disk_answer disk_sync(struct disk_file *f, bool folder_too);
enum disk_answer disk_size(struct disk_file *f, size_t *out);
/* For calls whose work is the caller's: locks and shared memory. */
enum disk_answer disk_enter(enum disk_call call);

#endif
