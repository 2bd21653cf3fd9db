/* The bytes of files, in one folder, each under its id. A file comes there whole or not at all: it
 * is written under another name, synced, and renamed. Reads and writes that may take long are done
 * on libuv's threads. One thread calls, that of the loop. */
#ifndef PARLEY_VAULT_H
#define PARLEY_VAULT_H

#include "core/ports.h"

#include <uv.h>

/* Left free on the disk whatever is sent, so that the database goes on. */
#define VAULT_RESERVE_BYTES ((int64_t)64 << 20)

struct vault;

/* The folder is made, for its owner only. Errors ERR_IO, logged */
NODISCARD enum err vault_open(uv_loop_t *loop, const char *folder, struct vault **out);
/* No call is under way. NULL is allowed. */
void vault_close(struct vault *v);
struct file_port vault_port(struct vault *v);

#endif
