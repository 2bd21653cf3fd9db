#include "tests/fault/store/vfs.h"

#include "core/base/arena.h"
#include "tests/fault/store/disk.h"
#include "tests/fault/store/image.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the connections to one file share: its locks and the index of its log. */
struct shared {
    char *name;
    size_t users;
    int readers; /* of the file lock */
    const struct handle *reserved, *pending, *exclusive;
    int shm_users, slot_readers[SQLITE_SHM_NLOCK];
    const struct handle *slot_writer[SQLITE_SHM_NLOCK];
    char **regions;
    int n_regions;
    struct shared *next;
};

struct handle {
    sqlite3_file base;
    struct disk_file *file;
    struct shared *shared;
    int level;              /* SQLITE_LOCK_… */
    unsigned reads, writes; /* slots that this one holds, a bit each */
    bool has_shm, sync_folder, delete_on_close;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* for all of struct shared */
static struct shared *all;
static sqlite3_vfs *real;
static uint64_t seed;
static int sector_size = 4096;
static bool is_powersafe;

static struct handle *handle_of(sqlite3_file *f)
{
    return (struct handle *)(void *)f;
}

/* ---- files ---------------------------------------------------------------------------------- */

static int code_of(enum disk_answer a, int of_error)
{
    switch (a) {
    case DISK_DONE:
        return SQLITE_OK;
    case DISK_FULL:
        return SQLITE_FULL;
    case DISK_MISSING:
        return SQLITE_CANTOPEN;
    case DISK_READ_ONLY: /* EROFS is an error like any other to SQLite's VFS for Unix */
    case DISK_ERROR:
        break;
    }
    return of_error;
}

static struct shared *shared_get(const char *name)
{
    struct shared *s;

    pthread_mutex_lock(&mutex);
    for (s = all; s != NULL && strcmp(s->name, name) != 0;)
        s = s->next;
    if (s == NULL) {
        s = mem_alloc(sizeof *s);
        s->name = mem_dup(name);
        s->next = all;
        all = s;
    }
    s->users++;
    pthread_mutex_unlock(&mutex);
    return s;
}

static void shared_drop(struct shared *s)
{
    struct shared **at = &all;

    pthread_mutex_lock(&mutex);
    if (--s->users == 0) {
        while (*at != s)
            at = &(*at)->next;
        *at = s->next;
        free(s->name);
        free(s);
    }
    pthread_mutex_unlock(&mutex);
}

static int x_unlock(sqlite3_file *f, int level);
static int x_shm_unmap(sqlite3_file *f, int gone);

static int x_close(sqlite3_file *f)
{
    struct handle *h = handle_of(f);

    if (h->shared != NULL) {
        (void)x_unlock(f, SQLITE_LOCK_NONE);
        (void)x_shm_unmap(f, 0);
        if (h->delete_on_close)
            (void)disk_delete(h->shared->name, false);
        shared_drop(h->shared);
    }
    disk_close(h->file);
    return SQLITE_OK;
}

static int x_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at)
{
    size_t got = 0;
    enum disk_answer a = disk_read(handle_of(f)->file, out, (size_t)len, (size_t)at, &got);

    if (a != DISK_DONE)
        return code_of(a, SQLITE_IOERR_READ);
    if (got == (size_t)len)
        return SQLITE_OK;
    memset((char *)out + got, 0, (size_t)len - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int x_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
    enum disk_answer a = disk_write(handle_of(f)->file, data, (size_t)len, (size_t)at);

    return code_of(a, SQLITE_IOERR_WRITE);
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return code_of(disk_truncate(handle_of(f)->file, (size_t)size), SQLITE_IOERR_TRUNCATE);
}

/* A handle's first sync of a log or journal makes its name durable, and with it all names. */
static int x_sync(sqlite3_file *f, int flags)
{
    struct handle *h = handle_of(f);
    enum disk_answer a = disk_sync(h->file, h->sync_folder);

    (void)flags;
    if (a != DISK_DONE)
        return SQLITE_IOERR_FSYNC;
    h->sync_folder = false;
    return SQLITE_OK;
}

static int x_size(sqlite3_file *f, sqlite3_int64 *out)
{
    size_t size = 0;
    enum disk_answer a = disk_size(handle_of(f)->file, &size);

    *out = (sqlite3_int64)size;
    return code_of(a, SQLITE_IOERR_FSTAT);
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
    (void)f;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int x_sector(sqlite3_file *f)
{
    (void)f;
    return sector_size;
}

static int x_character(sqlite3_file *f)
{
    (void)f;
    return is_powersafe ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

/* ---- locks; https://www.sqlite.org/lockingv3.html ------------------------------------------- */

static bool lock_now(struct handle *h, int level)
{
    struct shared *s = h->shared;

    if (level == SQLITE_LOCK_SHARED) {
        if (s->pending != NULL || s->exclusive != NULL)
            return false;
        s->readers++;
        return true;
    }
    if (s->reserved != NULL && s->reserved != h)
        return false;
    if (level == SQLITE_LOCK_RESERVED) {
        s->reserved = h;
        return true;
    }
    if (s->pending != NULL && s->pending != h)
        return false;
    s->pending = h;
    if (s->readers > 1)
        return false;
    s->exclusive = h;
    return true;
}

static int x_lock(sqlite3_file *f, int level)
{
    struct handle *h = handle_of(f);
    enum disk_answer a;
    bool got;

    if (h->level >= level)
        return SQLITE_OK;
    if ((a = disk_enter(DISK_LOCK)) != DISK_DONE)
        return code_of(a, SQLITE_IOERR_LOCK);
    pthread_mutex_lock(&mutex);
    got = lock_now(h, level);
    pthread_mutex_unlock(&mutex);
    if (got)
        h->level = level;
    return got ? SQLITE_OK : SQLITE_BUSY;
}

static int x_unlock(sqlite3_file *f, int level)
{
    struct handle *h = handle_of(f);
    struct shared *s = h->shared;

    if (h->level <= level)
        return SQLITE_OK;
    pthread_mutex_lock(&mutex);
    if (s->reserved == h)
        s->reserved = NULL;
    if (s->pending == h)
        s->pending = NULL;
    if (s->exclusive == h)
        s->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE)
        s->readers--;
    pthread_mutex_unlock(&mutex);
    h->level = level;
    return SQLITE_OK;
}

static int x_check_reserved(sqlite3_file *f, int *out)
{
    enum disk_answer a = disk_enter(DISK_LOCK);

    pthread_mutex_lock(&mutex);
    *out = handle_of(f)->shared->reserved != NULL;
    pthread_mutex_unlock(&mutex);
    return code_of(a, SQLITE_IOERR_CHECKRESERVEDLOCK);
}

/* ---- the index of the log ------------------------------------------------------------------- */

static int x_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    struct handle *h = handle_of(f);
    struct shared *s = h->shared;
    enum disk_answer a = disk_enter(DISK_SHM_MAP);

    *out = NULL;
    if (a != DISK_DONE)
        return code_of(a, SQLITE_IOERR_SHMMAP);
    pthread_mutex_lock(&mutex);
    if (!h->has_shm) {
        h->has_shm = true;
        s->shm_users++;
    }
    while (extend && s->n_regions <= region) {
        s->regions = mem_resize(s->regions, (size_t)(s->n_regions + 1) * sizeof *s->regions);
        s->regions[s->n_regions++] = mem_alloc((size_t)size);
    }
    if (region < s->n_regions)
        *out = s->regions[region];
    pthread_mutex_unlock(&mutex);
    return SQLITE_OK;
}

static bool slots_free(const struct shared *s, const struct handle *h, int first, int n, bool write)
{
    for (int i = first; i < first + n; i++) {
        int mine = (h->reads >> i) & 1;

        if (s->slot_writer[i] != NULL && s->slot_writer[i] != h)
            return false;
        if (write && s->slot_readers[i] > mine)
            return false;
    }
    return true;
}

static void slots_release(struct shared *s, struct handle *h, int first, int n)
{
    for (int i = first; i < first + n; i++) {
        unsigned bit = 1u << i;

        if (h->reads & bit)
            s->slot_readers[i]--;
        if (h->writes & bit)
            s->slot_writer[i] = NULL;
        h->reads &= ~bit;
        h->writes &= ~bit;
    }
}

static void slots_take(struct shared *s, struct handle *h, int first, int n, bool write)
{
    for (int i = first; i < first + n; i++) {
        unsigned bit = 1u << i;

        if (write) {
            s->slot_writer[i] = h;
            h->writes |= bit;
        } else if (!(h->reads & bit)) {
            s->slot_readers[i]++;
            h->reads |= bit;
        }
    }
}

static int x_shm_lock(sqlite3_file *f, int first, int n, int flags)
{
    struct handle *h = handle_of(f);
    bool write = (flags & SQLITE_SHM_EXCLUSIVE) != 0, ok = true;

    if (flags & SQLITE_SHM_LOCK) {
        enum disk_answer a = disk_enter(DISK_SHM_LOCK);

        if (a != DISK_DONE)
            return code_of(a, SQLITE_IOERR_SHMLOCK);
    }
    pthread_mutex_lock(&mutex);
    if (flags & SQLITE_SHM_UNLOCK)
        slots_release(h->shared, h, first, n);
    else if ((ok = slots_free(h->shared, h, first, n, write)))
        slots_take(h->shared, h, first, n, write);
    pthread_mutex_unlock(&mutex);
    return ok ? SQLITE_OK : SQLITE_BUSY;
}

static void x_shm_barrier(sqlite3_file *f)
{
    (void)f;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static int x_shm_unmap(sqlite3_file *f, int gone)
{
    struct handle *h = handle_of(f);
    struct shared *s = h->shared;

    (void)gone;
    if (!h->has_shm)
        return SQLITE_OK;
    pthread_mutex_lock(&mutex);
    slots_release(s, h, 0, SQLITE_SHM_NLOCK);
    h->has_shm = false;
    if (--s->shm_users == 0) {
        for (int i = 0; i < s->n_regions; i++)
            free(s->regions[i]);
        free(s->regions);
        s->regions = NULL;
        s->n_regions = 0;
    }
    pthread_mutex_unlock(&mutex);
    return SQLITE_OK;
}

/* ---- names ---------------------------------------------------------------------------------- */

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = x_close,
                                           .xRead = x_read,
                                           .xWrite = x_write,
                                           .xTruncate = x_truncate,
                                           .xSync = x_sync,
                                           .xFileSize = x_size,
                                           .xLock = x_lock,
                                           .xUnlock = x_unlock,
                                           .xCheckReservedLock = x_check_reserved,
                                           .xFileControl = x_control,
                                           .xSectorSize = x_sector,
                                           .xDeviceCharacteristics = x_character,
                                           .xShmMap = x_shm_map,
                                           .xShmLock = x_shm_lock,
                                           .xShmBarrier = x_shm_barrier,
                                           .xShmUnmap = x_shm_unmap};

/* What SQLite's VFS for Unix syncs the folder for. */
static const int new_names = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;

static int x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct handle *h = handle_of(f);
    bool made = false;
    enum disk_answer a;

    (void)v;
    memset(h, 0, sizeof *h);
    a = disk_open(name, (flags & SQLITE_OPEN_CREATE) != 0, &h->file, &made);
    if (a != DISK_DONE)
        return SQLITE_CANTOPEN;
    if (name != NULL)
        h->shared = shared_get(name);
    h->sync_folder = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & new_names) != 0;
    h->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    h->base.pMethods = &methods;
    if (out != NULL)
        *out = flags;
    return SQLITE_OK;
}

static int x_delete(sqlite3_vfs *v, const char *name, int sync_folder)
{
    enum disk_answer a = disk_delete(name, sync_folder != 0);

    (void)v;
    return a == DISK_MISSING ? SQLITE_IOERR_DELETE_NOENT : code_of(a, SQLITE_IOERR_DELETE);
}

static int x_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
    (void)v;
    (void)flags;
    *out = disk_exists(name);
    return SQLITE_OK;
}

static int x_full_path(sqlite3_vfs *v, const char *name, int size, char *out)
{
    (void)v;
    (void)snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int x_randomness(sqlite3_vfs *v, int len, char *out)
{
    (void)v;
    for (int i = 0; i < len; i++)
        out[i] = (char)chance_next(&seed);
    return len;
}

static int x_sleep(sqlite3_vfs *v, int us)
{
    (void)v;
    return real->xSleep(real, us);
}

static int x_time(sqlite3_vfs *v, sqlite3_int64 *out)
{
    (void)v;
    return real->xCurrentTimeInt64(real, out);
}

static int x_last_error(sqlite3_vfs *v, int len, char *out)
{
    (void)v;
    (void)len;
    (void)out;
    return 0;
}

static sqlite3_vfs vfs = {.iVersion = 2,
                          .szOsFile = sizeof(struct handle),
                          .mxPathname = 512,
                          .zName = "fault",
                          .xOpen = x_open,
                          .xDelete = x_delete,
                          .xAccess = x_access,
                          .xFullPathname = x_full_path,
                          .xRandomness = x_randomness,
                          .xSleep = x_sleep,
                          .xGetLastError = x_last_error,
                          .xCurrentTimeInt64 = x_time};

void vfs_seed(uint64_t to)
{
    seed = to;
    sqlite3_randomness(0, NULL);
}

void vfs_describe(int sector, bool powersafe)
{
    sector_size = sector;
    is_powersafe = powersafe;
}

/* ---- memory --------------------------------------------------------------------------------- */

static sqlite3_mem_methods plain;
static struct {
    pthread_mutex_t mutex;
    bool failing, lasting, failed;
    size_t left;
} memory = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static bool memory_fails(void)
{
    bool fails = false;

    pthread_mutex_lock(&memory.mutex);
    if (memory.failing && memory.left > 0) {
        memory.left--;
    } else if (memory.failing) {
        fails = memory.failed = true;
        memory.failing = memory.lasting;
    }
    pthread_mutex_unlock(&memory.mutex);
    return fails;
}

static void *x_malloc(int size)
{
    return memory_fails() ? NULL : plain.xMalloc(size);
}

static void *x_realloc(void *p, int size)
{
    return memory_fails() ? NULL : plain.xRealloc(p, size);
}

static void set_memory(bool failing, size_t nth, bool lasting)
{
    pthread_mutex_lock(&memory.mutex);
    memory.failing = failing;
    memory.lasting = lasting;
    memory.left = nth;
    memory.failed = memory.failed && !failing;
    pthread_mutex_unlock(&memory.mutex);
}

void vfs_fail_memory(size_t nth, bool lasting)
{
    set_memory(true, nth, lasting);
}

void vfs_mend_memory(void)
{
    set_memory(false, 0, false);
}

bool vfs_memory_failed(void)
{
    bool failed;

    pthread_mutex_lock(&memory.mutex);
    failed = memory.failed;
    pthread_mutex_unlock(&memory.mutex);
    return failed;
}

/* Without the lookaside every allocation of a connection is one that can fail. */
void vfs_install(void)
{
    sqlite3_mem_methods failing;
    int code = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);

    failing = plain;
    failing.xMalloc = x_malloc;
    failing.xRealloc = x_realloc;
    if (code != SQLITE_OK || sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
        abort();
    real = sqlite3_vfs_find(NULL);
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        abort();
}
