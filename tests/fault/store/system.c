/* The store's own system calls: the linker's --wrap sends them here. */
#include "tests/fault/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

static bool is_ours(const char *path)
{
    return strncmp(path, DISK_ROOT, strlen(DISK_ROOT)) == 0;
}

static int answer(enum disk_answer a)
{
    switch (a) {
    case DISK_DONE:
        return 0;
    case DISK_MISSING:
        errno = ENOENT;
        return -1;
    case DISK_FULL:
        errno = ENOSPC;
        return -1;
    case DISK_READ_ONLY:
        errno = EROFS;
        return -1;
    case DISK_ERROR:
        errno = EIO;
        return -1;
    }
    return -1;
}

/* A folder is opened only to be synced, so it is done at once. */
static int sync_folder(void)
{
    struct disk_file *f;
    bool made;
    enum disk_answer a = disk_open(NULL, true, &f, &made);

    if (a != DISK_DONE)
        return answer(a);
    a = disk_sync(f, true);
    disk_close(f);
    return a == DISK_DONE ? memfd_create("folder", MFD_CLOEXEC) : answer(a);
}

/* A descriptor that can be locked and closed. */
int __wrap_open(const char *path, int flags, ...)
{
    struct disk_file *f;
    enum disk_answer a;
    unsigned mode = 0;
    bool made;

    if (flags & O_CREAT) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, unsigned);
        va_end(args);
    }
    if (!is_ours(path))
        return __real_open(path, flags, mode);
    if (flags & O_DIRECTORY)
        return sync_folder();
    a = disk_open(path, (flags & O_CREAT) != 0, &f, &made);
    if (a != DISK_DONE)
        return answer(a);
    if (flags & O_TRUNC)
        a = disk_truncate(f, 0);
    disk_close(f);
    return a == DISK_DONE ? memfd_create("fault", MFD_CLOEXEC) : answer(a);
}

int __wrap_rename(const char *from, const char *to)
{
    return is_ours(from) ? answer(disk_rename(from, to)) : __real_rename(from, to);
}

int __wrap_unlink(const char *path)
{
    return is_ours(path) ? answer(disk_delete(path, false)) : __real_unlink(path);
}
