#include "db/vault.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#define ONE "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TWO "bbbbbbbbbbbbbbbbbbbbbbbbbb"
#define THREE "cccccccccccccccccccccccccc"

struct rig {
    uv_loop_t loop;
    char folder[64];
    struct vault *vault;
    struct file_port port;
    bool done;
    enum err e;
    char type[128];
    char missing[128];
};

static int setup(void **state)
{
    struct rig *r = mem_alloc(sizeof(*r));

    uv_loop_init(&r->loop);
    strncpy(r->folder, "/tmp/vault-XXXXXX", sizeof(r->folder) - 1);
    assert_non_null(mkdtemp(r->folder));
    assert_int_equal(vault_open(&r->loop, r->folder, &r->vault), OK);
    r->port = vault_port(r->vault);
    *state = r;
    return 0;
}

static int count_files(const struct rig *r)
{
    DIR *d = opendir(r->folder);
    int n = -2;

    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void path_of(const struct rig *r, const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", r->folder, name);
}

static int teardown(void **state)
{
    struct rig *r = *state;
    static const char *const names[] = {ONE, TWO, THREE, ONE ".part", TWO ".part", "other"};
    char path[128];

    vault_close(r->vault);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        path_of(r, names[i], path);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(r->folder), 0);
    free(r);
    return 0;
}

static void written(void *ctx, enum err e)
{
    struct rig *r = ctx;

    r->done = true;
    r->e = e;
}

static void whole(void *ctx, enum err e, const char *type)
{
    struct rig *r = ctx;

    written(r, e);
    (void)snprintf(r->type, sizeof(r->type), "%s", type);
}

static enum err wait_for(struct rig *r)
{
    r->done = false;
    while (!r->done)
        uv_run(&r->loop, UV_RUN_ONCE);
    return r->e;
}

static enum err write_to(struct rig *r, struct file_put *p, const char *data, size_t len)
{
    r->port.write(p, data, len, written, r);
    return wait_for(r);
}

static void put_file(struct rig *r, const char *id, const char *data)
{
    struct file_put *p;

    assert_int_equal(r->port.begin(r->port.self, id, 100, &p), OK);
    assert_int_equal(write_to(r, p, data, strlen(data)), OK);
    r->port.finish(p, whole, r);
    assert_int_equal(wait_for(r), OK);
}

static void file_is_there_when_it_is_whole(void **state)
{
    struct rig *r = *state;
    struct file_put *p;
    char got[16] = "";
    int fd;

    assert_int_equal(r->port.begin(r->port.self, ONE, 11, &p), OK);
    assert_int_equal(write_to(r, p, "hello ", 6), OK);
    assert_int_equal(write_to(r, p, "world", 5), OK);
    assert_int_equal(r->port.open(r->port.self, ONE, &fd), ERR_NOT_FOUND);
    r->port.finish(p, whole, r);
    assert_int_equal(wait_for(r), OK);
    assert_string_equal(r->type, "text/plain");
    assert_int_equal(r->port.open(r->port.self, ONE, &fd), OK);
    assert_int_equal(read(fd, got, sizeof(got)), 11);
    assert_string_equal(got, "hello world");
    close(fd);
    assert_int_equal(count_files(r), 1);
    r->port.remove(r->port.self, ONE);
    r->port.remove(r->port.self, ONE);
    assert_int_equal(count_files(r), 0);
}

static void type_is_what_the_bytes_are(void **state)
{
    struct rig *r = *state;

    put_file(r, ONE, "<!DOCTYPE html><html><body>x</body></html>");
    assert_string_equal(r->type, "text/html");
    put_file(r, TWO, "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
    assert_string_equal(r->type, "application/pdf");
}

static void given_up_file_leaves_nothing(void **state)
{
    struct rig *r = *state;
    struct file_put *p;

    assert_int_equal(r->port.begin(r->port.self, ONE, 10, &p), OK);
    assert_int_equal(write_to(r, p, "hello", 5), OK);
    assert_int_equal(count_files(r), 1);
    r->port.abort(p);
    assert_int_equal(count_files(r), 0);
    r->port.abort(NULL);
}

static void file_that_the_disk_cannot_hold_is_not_begun(void **state)
{
    struct rig *r = *state;
    struct file_put *p;

    assert_false(r->port.room(r->port.self, INT64_MAX / 2));
    assert_int_equal(r->port.begin(r->port.self, ONE, INT64_MAX / 2, &p), ERR_NO_SPACE);
    assert_int_equal(count_files(r), 0);
}

/* Each of them would fit alone. */
static void files_on_their_way_have_their_room_already(void **state)
{
    struct rig *r = *state;
    struct statvfs st;
    struct file_put *one, *two;
    int64_t size;

    assert_int_equal(statvfs(r->folder, &st), 0);
    size = ((int64_t)(st.f_bavail * st.f_frsize) - VAULT_RESERVE_BYTES) / 3 * 2;
    assert_int_equal(r->port.begin(r->port.self, ONE, size, &one), OK);
    assert_false(r->port.room(r->port.self, size));
    assert_int_equal(r->port.begin(r->port.self, TWO, size, &two), ERR_NO_SPACE);
    assert_int_equal(write_to(r, one, "hello", 5), OK);
    r->port.finish(one, whole, r);
    assert_int_equal(wait_for(r), OK);
    assert_int_equal(r->port.begin(r->port.self, TWO, size, &two), OK);
    assert_false(r->port.room(r->port.self, size));
    r->port.abort(two);
    assert_true(r->port.room(r->port.self, size));
}

static void disk_that_fills_up_is_told_from_other_failures(void **state)
{
    struct rig *r = *state;
    struct rlimit old, small;
    struct file_put *p;
    char data[8192] = "";

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096;
    assert_int_equal(r->port.begin(r->port.self, ONE, sizeof(data), &p), OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(write_to(r, p, data, sizeof(data)), ERR_NO_SPACE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    r->port.abort(p);
    assert_int_equal(count_files(r), 0);
}

static void note(void *ctx, const char *id)
{
    struct rig *r = ctx;

    strncat(r->missing, id, sizeof(r->missing) - strlen(r->missing) - 1);
}

static void check_removes_what_is_ours_and_not_known(void **state)
{
    static const char *const known[] = {ONE, THREE};
    struct rig *r = *state;
    struct file_put *p;
    char path[128];

    put_file(r, ONE, "1");
    put_file(r, TWO, "2");
    path_of(r, "other", path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    path_of(r, ONE ".part", path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(r->port.keep(r->port.self, known, 2, note, r), OK);
    assert_string_equal(r->missing, THREE);
    assert_int_equal(count_files(r), 2); /* ONE and the stranger's */
    assert_int_equal(r->port.keep(r->port.self, NULL, 0, note, r), OK);
    assert_int_equal(count_files(r), 1);
    assert_int_equal(r->port.begin(r->port.self, ONE, 1, &p), OK); /* it goes on */
    r->port.abort(p);
}

#define IN_RIG(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_RIG(file_is_there_when_it_is_whole),
        IN_RIG(type_is_what_the_bytes_are),
        IN_RIG(given_up_file_leaves_nothing),
        IN_RIG(file_that_the_disk_cannot_hold_is_not_begun),
        IN_RIG(files_on_their_way_have_their_room_already),
        IN_RIG(disk_that_fills_up_is_told_from_other_failures),
        IN_RIG(check_removes_what_is_ours_and_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
