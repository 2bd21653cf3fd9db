#include "tests/fault/store/disk.h"

#include "core/base/arena.h"
#include "tests/fault/store/image.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct disk_file {
    struct image image;
    enum disk_part part;
    size_t users; /* names, durable names, handles */
    struct disk_file *next;
};

/* A name and the file that it has, or NULL. */
struct name {
    char *text;
    struct disk_file *now, *durable;
};

/* What happened to names since the last sync of the folder. */
struct named {
    size_t name, other; /* places in `names`; other: the one it was renamed from, or name */
    struct disk_file *file;
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t change;
    struct disk_file *files;
    struct name *names;
    size_t n_names;
    struct named *named;
    size_t n_named;
    size_t sector;

    struct disk_step *steps;
    size_t n_steps, called[DISK_CALLS];
    bool cut_set, dead;
    size_t cut_at;
    uint64_t seed;

    bool failing, lasting, failing_changes;
    enum disk_call fail_call;
    enum disk_answer fail_answer, changes_answer;
    size_t fail_at, n_failed;

    bool held;
    size_t waiting;
    pthread_t holder;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

const char *disk_call_name(enum disk_call call)
{
    static const char *const names[DISK_CALLS] = {"open", "delete", "read", "write",   "truncate",
                                                  "sync", "size",   "lock", "shm-map", "shm-lock"};

    return names[call];
}

/* ---- files and names ------------------------------------------------------------------------ */

static enum disk_part part_of(const char *name)
{
    size_t len = name == NULL ? 0 : strlen(name);

    if (len > 3 && strcmp(name + len - 3, ".db") == 0)
        return DISK_DATABASE;
    if (len > 7 && strcmp(name + len - 7, ".db-wal") == 0)
        return DISK_LOG;
    return DISK_OTHER;
}

static struct disk_file *file_new(const char *name)
{
    struct disk_file *f = mem_alloc(sizeof *f);

    f->part = part_of(name);
    f->next = disk.files;
    disk.files = f;
    return f;
}

static void file_drop(struct disk_file *f)
{
    struct disk_file **at = &disk.files;

    if (f == NULL || --f->users > 0)
        return;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    image_free(&f->image);
    free(f);
}

static void assign(struct disk_file **to, struct disk_file *f)
{
    struct disk_file *old = *to;

    if (f != NULL)
        f->users++;
    *to = f;
    file_drop(old);
}

static size_t name_place(const char *text)
{
    for (size_t i = 0; i < disk.n_names; i++)
        if (strcmp(disk.names[i].text, text) == 0)
            return i;
    disk.names = mem_resize(disk.names, (disk.n_names + 1) * sizeof *disk.names);
    disk.names[disk.n_names] = (struct name){.text = mem_dup(text)};
    return disk.n_names++;
}

static void set_name(size_t name, size_t other, struct disk_file *f)
{
    struct named *n;

    disk.named = mem_resize(disk.named, (disk.n_named + 1) * sizeof *disk.named);
    n = &disk.named[disk.n_named++];
    *n = (struct named){.name = name, .other = other};
    assign(&n->file, f);
    assign(&disk.names[name].now, f);
    if (other != name)
        assign(&disk.names[other].now, NULL);
}

/* The first n changes of names are durable, the others are forgotten. */
static void settle_names(size_t n)
{
    for (size_t i = 0; i < disk.n_named; i++) {
        struct named *d = &disk.named[i];

        if (i < n) {
            assign(&disk.names[d->name].durable, d->file);
            if (d->other != d->name)
                assign(&disk.names[d->other].durable, NULL);
        }
        assign(&d->file, NULL);
    }
    disk.n_named = 0;
}

/* ---- the power goes ------------------------------------------------------------------------- */

static void cut(void)
{
    disk.dead = true;
    disk.cut_set = false;
}

void disk_power_on(void)
{
    uint64_t chance = disk.seed;

    pthread_mutex_lock(&disk.mutex);
    settle_names(disk.n_named == 0 ? 0 : chance_below(&chance, disk.n_named + 1));
    for (size_t i = 0; i < disk.n_names; i++)
        assign(&disk.names[i].now, disk.names[i].durable);
    for (size_t i = 0; i < disk.n_names; i++)
        if (disk.names[i].now != NULL)
            image_lose(&disk.names[i].now->image, disk.sector, &chance);
    disk.dead = false;
    disk.n_steps = 0;
    memset(disk.called, 0, sizeof disk.called);
    pthread_mutex_unlock(&disk.mutex);
}

void disk_cut_at(size_t step, uint64_t seed)
{
    pthread_mutex_lock(&disk.mutex);
    disk.cut_set = true;
    disk.cut_at = disk.n_steps + step;
    disk.seed = seed;
    pthread_mutex_unlock(&disk.mutex);
}

void disk_cut(uint64_t seed)
{
    pthread_mutex_lock(&disk.mutex);
    disk.seed = seed;
    cut();
    pthread_mutex_unlock(&disk.mutex);
}

bool disk_is_dead(void)
{
    bool dead;

    pthread_mutex_lock(&disk.mutex);
    dead = disk.dead;
    pthread_mutex_unlock(&disk.mutex);
    return dead;
}

void disk_reset(size_t sector)
{
    disk_mend();
    disk_power_on();
    pthread_mutex_lock(&disk.mutex);
    for (size_t i = 0; i < disk.n_names; i++) {
        assign(&disk.names[i].now, NULL);
        assign(&disk.names[i].durable, NULL);
        free(disk.names[i].text);
    }
    disk.n_names = 0;
    assert(disk.files == NULL); /* somebody has one open */
    disk.cut_set = false;
    disk.sector = sector;
    pthread_mutex_unlock(&disk.mutex);
}

size_t disk_sector(void)
{
    return disk.sector;
}

/* ---- every call ----------------------------------------------------------------------------- */

static bool is_change(enum disk_call call)
{
    return call == DISK_WRITE || call == DISK_TRUNCATE || call == DISK_SYNC || call == DISK_DELETE;
}

static void wait_while_held(void)
{
    while (disk.held && !pthread_equal(disk.holder, pthread_self())) {
        disk.waiting++;
        pthread_cond_broadcast(&disk.change);
        pthread_cond_wait(&disk.change, &disk.mutex);
        disk.waiting--;
    }
}

/* With the mutex. changes: also true for an open that creates. */
static enum disk_answer enter(enum disk_call call, bool changes)
{
    size_t n;

    wait_while_held();
    n = disk.called[call]++;
    if (disk.dead)
        return DISK_ERROR;
    if (disk.failing && call == disk.fail_call &&
        (disk.lasting ? n >= disk.fail_at : n == disk.fail_at)) {
        disk.n_failed++;
        return disk.fail_answer;
    }
    if (disk.failing_changes && changes) {
        disk.n_failed++;
        return disk.changes_answer;
    }
    return DISK_DONE;
}

/* A change that is done and not yet durable: here the power may go. */
static enum disk_answer step(enum disk_call call, enum disk_part part)
{
    disk.steps = mem_resize(disk.steps, (disk.n_steps + 1) * sizeof *disk.steps);
    disk.steps[disk.n_steps++] = (struct disk_step){call, part};
    if (!disk.cut_set || disk.n_steps <= disk.cut_at)
        return DISK_DONE;
    cut();
    return DISK_ERROR;
}

enum disk_answer disk_enter(enum disk_call call)
{
    enum disk_answer a;

    pthread_mutex_lock(&disk.mutex);
    a = enter(call, is_change(call));
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

const struct disk_step *disk_steps(size_t *n)
{
    *n = disk.n_steps;
    return disk.steps;
}

size_t disk_called(enum disk_call call)
{
    size_t n;

    pthread_mutex_lock(&disk.mutex);
    n = disk.called[call];
    pthread_mutex_unlock(&disk.mutex);
    return n;
}

void disk_fail(enum disk_call call, size_t nth, enum disk_answer answer, bool lasting)
{
    pthread_mutex_lock(&disk.mutex);
    disk.failing = true;
    disk.fail_call = call;
    disk.fail_at = disk.called[call] + nth;
    disk.fail_answer = answer;
    disk.lasting = lasting;
    disk.n_failed = 0;
    pthread_mutex_unlock(&disk.mutex);
}

void disk_fail_changes(enum disk_answer answer)
{
    pthread_mutex_lock(&disk.mutex);
    disk.failing_changes = true;
    disk.changes_answer = answer;
    disk.n_failed = 0;
    pthread_mutex_unlock(&disk.mutex);
}

void disk_mend(void)
{
    pthread_mutex_lock(&disk.mutex);
    disk.failing = disk.failing_changes = false;
    pthread_mutex_unlock(&disk.mutex);
}

size_t disk_failed(void)
{
    size_t n;

    pthread_mutex_lock(&disk.mutex);
    n = disk.n_failed;
    pthread_mutex_unlock(&disk.mutex);
    return n;
}

void disk_hold(void)
{
    pthread_mutex_lock(&disk.mutex);
    disk.held = true;
    disk.holder = pthread_self();
    pthread_mutex_unlock(&disk.mutex);
}

void disk_wait_held(void)
{
    pthread_mutex_lock(&disk.mutex);
    while (disk.waiting == 0)
        pthread_cond_wait(&disk.change, &disk.mutex);
    pthread_mutex_unlock(&disk.mutex);
}

void disk_release(void)
{
    pthread_mutex_lock(&disk.mutex);
    disk.held = false;
    pthread_cond_broadcast(&disk.change);
    pthread_mutex_unlock(&disk.mutex);
}

bool disk_has(const void *bytes, size_t len)
{
    bool found = false;

    pthread_mutex_lock(&disk.mutex);
    for (size_t i = 0; i < disk.n_names && !found; i++) {
        const struct disk_file *f = disk.names[i].now;

        found = f != NULL && f->image.now.len > 0 &&
                memmem(f->image.now.data, f->image.now.len, bytes, len) != NULL;
    }
    pthread_mutex_unlock(&disk.mutex);
    return found;
}

/* ---- files ---------------------------------------------------------------------------------- */

enum disk_answer disk_open(const char *name, bool create, struct disk_file **out, bool *made)
{
    enum disk_answer a;
    size_t place;

    pthread_mutex_lock(&disk.mutex);
    if (name == NULL) {
        *out = file_new(NULL);
        (*out)->users++;
        *made = true;
        pthread_mutex_unlock(&disk.mutex);
        return DISK_DONE;
    }
    place = name_place(name);
    *made = disk.names[place].now == NULL;
    a = enter(DISK_OPEN, *made && create);
    if (a == DISK_DONE && *made && !create)
        a = DISK_MISSING;
    if (a == DISK_DONE && *made)
        set_name(place, place, file_new(name));
    if (a == DISK_DONE) {
        *out = disk.names[place].now;
        (*out)->users++;
    }
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

void disk_close(struct disk_file *f)
{
    pthread_mutex_lock(&disk.mutex);
    file_drop(f);
    pthread_mutex_unlock(&disk.mutex);
}

enum disk_answer disk_delete(const char *name, bool sync_folder)
{
    enum disk_answer a;
    size_t place;

    pthread_mutex_lock(&disk.mutex);
    place = name_place(name);
    if ((a = enter(DISK_DELETE, true)) == DISK_DONE && disk.names[place].now == NULL)
        a = DISK_MISSING;
    if (a == DISK_DONE) {
        set_name(place, place, NULL);
        a = step(DISK_DELETE, part_of(name));
    }
    if (a == DISK_DONE && sync_folder)
        settle_names(disk.n_named);
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

enum disk_answer disk_rename(const char *from, const char *to)
{
    enum disk_answer a;
    size_t old, new;

    pthread_mutex_lock(&disk.mutex);
    old = name_place(from);
    new = name_place(to);
    if ((a = enter(DISK_OPEN, true)) == DISK_DONE && disk.names[old].now == NULL)
        a = DISK_MISSING;
    if (a == DISK_DONE) {
        disk.names[old].now->part = part_of(to);
        set_name(new, old, disk.names[old].now);
    }
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

bool disk_exists(const char *name)
{
    const struct disk_file *f;
    size_t place;
    bool there;

    pthread_mutex_lock(&disk.mutex);
    place = name_place(name);
    f = disk.names[place].now;
    there = f != NULL && f->image.now.len > 0;
    pthread_mutex_unlock(&disk.mutex);
    return there;
}

enum disk_answer disk_read(struct disk_file *f, void *out, size_t len, size_t at, size_t *got)
{
    enum disk_answer a;

    pthread_mutex_lock(&disk.mutex);
    a = enter(DISK_READ, false);
    *got = at >= f->image.now.len ? 0 : f->image.now.len - at;
    if (*got > len)
        *got = len;
    if (a == DISK_DONE && *got > 0)
        memcpy(out, f->image.now.data + at, *got);
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

enum disk_answer disk_write(struct disk_file *f, const void *data, size_t len, size_t at)
{
    enum disk_answer a;

    pthread_mutex_lock(&disk.mutex);
    a = enter(DISK_WRITE, true);
    if (a == DISK_DONE || a == DISK_FULL)
        image_write(&f->image, data, a == DISK_FULL ? len / 2 : len, at);
    if (a == DISK_DONE)
        a = step(DISK_WRITE, f->part);
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

enum disk_answer disk_truncate(struct disk_file *f, size_t size)
{
    enum disk_answer a;

    pthread_mutex_lock(&disk.mutex);
    if ((a = enter(DISK_TRUNCATE, true)) == DISK_DONE) {
        image_resize(&f->image, size);
        a = step(DISK_TRUNCATE, f->part);
    }
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

enum disk_answer disk_sync(struct disk_file *f, bool folder_too)
{
    enum disk_answer a;

    pthread_mutex_lock(&disk.mutex);
    a = enter(DISK_SYNC, true);
    if (a != DISK_DONE && !disk.dead)
        image_forget(&f->image);
    if (a == DISK_DONE && (a = step(DISK_SYNC, f->part)) == DISK_DONE) {
        image_sync(&f->image);
        if (folder_too)
            settle_names(disk.n_named);
    }
    pthread_mutex_unlock(&disk.mutex);
    return a;
}

enum disk_answer disk_size(struct disk_file *f, size_t *out)
{
    enum disk_answer a;

    pthread_mutex_lock(&disk.mutex);
    a = enter(DISK_SIZE, false);
    *out = f->image.now.len;
    pthread_mutex_unlock(&disk.mutex);
    return a;
}
