/* SQLite on the disk of disk.h, and SQLite's memory. While it is installed, it is what the store's
 * connections get, and the store's own open, rename and unlink of files below DISK_ROOT come here
 * too (the linker's --wrap). The index of the write-ahead log lives in memory and dies with the
 * power. */
#ifndef PARLEY_FAULT_VFS_H
#define PARLEY_FAULT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before anything else of SQLite is used. */
void vfs_install(void);
/* SQLite's own chance begins anew from here. */
void vfs_seed(uint64_t seed);
/* Whether writing one byte of a sector leaves its others alone, as SQLite assumes of files. The
 * disk's sector is what it can damage. */
void vfs_describe(int sector, bool powersafe);

/* The nth allocation of SQLite from now (0: the next one) fails, once or with all that follow. */
void vfs_fail_memory(size_t nth, bool lasting);
void vfs_mend_memory(void);
bool vfs_memory_failed(void); /* since vfs_fail_memory */

#endif
