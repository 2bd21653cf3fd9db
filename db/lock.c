#include "db/lock.h"

#include "core/base/arena.h"
#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum err lock_take(const char *path, int *fd)
{
    struct arena *a = arena_new();
    const char *name = arena_printf(a, "%s.lock", path);
    int got = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum err e = OK;

    if (got < 0) {
        log_error("store-open-failed", "path=%s detail=%s", name, strerror(errno));
        e = ERR_IO;
    } else if (flock(got, LOCK_EX | LOCK_NB) != 0) {
        e = errno == EWOULDBLOCK ? ERR_LOCKED : ERR_IO;
        (void)close(got);
    } else {
        *fd = got;
    }
    arena_free(a);
    return e;
}
