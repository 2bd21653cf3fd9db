/* Work for a store under faults, by chance from a seed, and the proof of what became of it. A
 * change touches several tables under one entry's id, so that half a change is seen. */
#ifndef PARLEY_FAULT_WORK_H
#define PARLEY_FAULT_WORK_H

#include "tests/contract/rig.h"

#define WORK_ROOMS 6
#define WORK_PATH "/disk/parley.db"

struct work {
    struct rig rig; /* its changes are all that was ever asked, with what was answered */
    uint64_t chance;
    char rooms[WORK_ROOMS][ID_LEN + 1];
    size_t n_rooms;
    size_t n_keys;
    bool erasing;  /* erase more than write */
    bool together; /* batches are formed by holding the disk: the same seed, the same batches */
    char epoch[16];
    uint64_t digest; /* of what was answered and found */
};

void work_begin(struct work *w, const char *path, uint64_t seed);
void work_end(struct work *w);

/* One batch of 1 to 12 changes, and their answers. */
void work_round(struct work *w);
/* Until everything that the store's threads have to do is done. */
void work_settle(struct work *w);
/* The file at the path is one of an earlier schema, with two chats. */
void work_make_old(struct work *w, size_t version);

/* The store is open. Everything that was answered OK is there once, as it was answered; what is
 * unknown is there whole or not at all, and is known from now on; nothing else is there. */
void work_check(struct work *w);
/* Of any database file. */
void work_check_file(const char *path, int64_t version, int64_t messages);

#endif
