#include "db/vault.h"

#include "core/base/log.h"
#include "db/filetype.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PART ".part"

struct vault {
    uv_loop_t *loop;
    char *folder;
    int fd;           /* of the folder */
    int64_t promised; /* bytes that files on their way have still to get */
};

struct file_put {
    struct vault *vault;
    char id[ID_LEN + 1];
    char part[ID_LEN + sizeof(PART)]; /* its name until it is whole */
    int fd;
    int64_t left; /* of its size, not written yet */
    uv_work_t work;
    bool working;
    const void *data;
    size_t len;
    enum err result;
    char type[FILETYPE_MAX];
    file_done_fn *written;
    file_whole_fn *whole;
    void *ctx;
};

static enum err err_of(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG ? ERR_NO_SPACE : ERR_IO;
}

static enum err failed(const char *what, const char *name)
{
    enum err e = err_of(errno);

    log_error("file-failed", "call=%s name=%s detail=%s", what, name, strerror(errno));
    return e;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* So much less of it is still to come. */
static void keep_promise(struct file_put *p, int64_t bytes)
{
    if (bytes > p->left)
        bytes = p->left;
    p->left -= bytes;
    p->vault->promised -= bytes;
}

static bool has_room(void *self, int64_t size)
{
    struct vault *v = self;
    struct statvfs st;

    if (fstatvfs(v->fd, &st) != 0)
        return true; /* writing will tell */
    return (int64_t)(st.f_bavail * st.f_frsize) - VAULT_RESERVE_BYTES - v->promised >= size;
}

static enum err begin(void *self, const char *id, int64_t size, struct file_put **out)
{
    struct vault *v = self;
    struct file_put *p;

    assert(crypto_is_id(id));
    if (!has_room(v, size))
        return ERR_NO_SPACE;
    p = mem_alloc(sizeof(*p));
    p->vault = v;
    memcpy(p->id, id, sizeof(p->id));
    memcpy(p->part, id, ID_LEN);
    memcpy(p->part + ID_LEN, PART, sizeof(PART));
    p->fd = openat(v->fd, p->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0) {
        enum err e = failed("open", p->part);

        free(p);
        return e;
    }
    p->left = size;
    v->promised += size;
    *out = p;
    return OK;
}

static void drop(struct file_put *p, bool remove)
{
    keep_promise(p, p->left);
    (void)close(p->fd);
    if (remove)
        (void)unlinkat(p->vault->fd, p->part, 0);
    free(p);
}

static void do_write(uv_work_t *w)
{
    struct file_put *p = w->data;
    const char *at = p->data;
    size_t left = p->len;

    p->result = OK;
    while (left > 0 && p->result == OK) {
        ssize_t n = write(p->fd, at, left);

        if (n >= 0) {
            at += n;
            left -= (size_t)n;
        } else if (errno != EINTR) {
            p->result = failed("write", p->part);
        }
    }
}

static void after_write(uv_work_t *w, int status)
{
    struct file_put *p = w->data;

    (void)status;
    p->working = false;
    if (p->result == OK)
        keep_promise(p, (int64_t)p->len);
    p->written(p->ctx, p->result);
}

static void write_some(struct file_put *p, const void *data, size_t len, file_done_fn *done,
                       void *ctx)
{
    assert(!p->working);
    p->working = true;
    p->data = data;
    p->len = len;
    p->written = done;
    p->ctx = ctx;
    p->work.data = p;
    (void)uv_queue_work(p->vault->loop, &p->work, do_write, after_write);
}

/* The name is durable when the folder is synced too. */
static void do_finish(uv_work_t *w)
{
    struct file_put *p = w->data;
    char *head = mem_alloc(FILETYPE_LOOK);
    ssize_t n = pread(p->fd, head, FILETYPE_LOOK, 0);

    p->result = OK;
    filetype_of(head, n > 0 ? (size_t)n : 0, p->type);
    free(head);
    if (fsync(p->fd) != 0 || renameat(p->vault->fd, p->part, p->vault->fd, p->id) != 0 ||
        fsync(p->vault->fd) != 0)
        p->result = failed("finish", p->part);
}

static void after_finish(uv_work_t *w, int status)
{
    struct file_put *p = w->data;

    (void)status;
    p->working = false;
    p->whole(p->ctx, p->result, p->type);
    drop(p, p->result != OK);
}

static void finish(struct file_put *p, file_whole_fn *done, void *ctx)
{
    assert(!p->working);
    p->working = true;
    p->whole = done;
    p->ctx = ctx;
    p->work.data = p;
    (void)uv_queue_work(p->vault->loop, &p->work, do_finish, after_finish);
}

static void abort_put(struct file_put *p)
{
    if (p == NULL)
        return;
    assert(!p->working);
    drop(p, true);
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum err open_file(void *self, const char *id, int *fd)
{
    struct vault *v = self;

    assert(crypto_is_id(id));
    *fd = openat(v->fd, id, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd >= 0)
        return OK;
    return errno == ENOENT ? ERR_NOT_FOUND : failed("open", id);
}

static void remove_file(void *self, const char *id)
{
    struct vault *v = self;

    assert(crypto_is_id(id));
    if (unlinkat(v->fd, id, 0) != 0 && errno != ENOENT)
        (void)failed("remove", id);
}

/* ---- the check ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Only what has the form of our names: the folder may hold something of somebody else's. */
static bool is_ours(const char *name)
{
    char id[ID_LEN + 1] = "";
    size_t len = strlen(name);

    if (len != ID_LEN && (len != ID_LEN + sizeof(PART) - 1 || strcmp(name + ID_LEN, PART) != 0))
        return false;
    memcpy(id, name, ID_LEN);
    return crypto_is_id(id);
}

static void sweep(struct vault *v, DIR *dir, const char *const *ids, size_t n, bool *there)
{
    const struct dirent *entry;
    size_t removed = 0;

    while ((entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        const char *const *found = n > 0 ? bsearch(&name, ids, n, sizeof(*ids), compare) : NULL;

        if (found != NULL)
            there[found - ids] = true;
        else if (is_ours(name) && unlinkat(v->fd, name, 0) == 0)
            removed++;
    }
    if (removed > 0)
        log_info("files-swept", "count=%zu", removed);
}

static enum err keep(void *self, const char *const *ids, size_t n, file_missing_fn *missing,
                     void *ctx)
{
    struct vault *v = self;
    int fd = openat(v->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    bool *there;

    if (dir == NULL)
        return failed("list", v->folder);
    there = mem_alloc(n + 1);
    sweep(v, dir, ids, n, there);
    (void)closedir(dir);
    for (size_t i = 0; i < n; i++)
        if (!there[i])
            missing(ctx, ids[i]);
    free(there);
    return OK;
}

/* ---- open and close ------------------------------------------------------------------------- */

enum err vault_open(uv_loop_t *loop, const char *folder, struct vault **out)
{
    struct vault *v;
    int fd;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return failed("mkdir", folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed("open", folder);
    v = mem_alloc(sizeof(*v));
    v->loop = loop;
    v->folder = mem_dup(folder);
    v->fd = fd;
    *out = v;
    return OK;
}

void vault_close(struct vault *v)
{
    if (v == NULL)
        return;
    (void)close(v->fd);
    free(v->folder);
    free(v);
}

struct file_port vault_port(struct vault *v)
{
    return (struct file_port){v,         begin,    write_some,  finish, abort_put,
                              open_file, has_room, remove_file, keep};
}
