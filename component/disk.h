/* How much room there is where the database lies. */
#ifndef PARLEY_DISK_H
#define PARLEY_DISK_H

#include "core/desk.h"

#include <stdint.h>

/* What may still be stored with so much room; free_bytes -1: unknown. now: what was said last; room
 * must have grown by a tenth beyond a mark before more is allowed again, so that it does not change
 * with each write. least: below it no new chats, below a quarter of it no messages; 0: always
 * enough. */
enum desk_space disk_judge(int64_t free_bytes, int64_t least, enum desk_space now);

/* Look, tell the desk, and log when it changes. For a timer. */
void disk_watch(struct desk *d, const char *path, int least_mb);

#endif
