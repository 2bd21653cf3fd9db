#include "component/command.h"
#include "component/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 10000
#define ASKERS 40

/* A daemon with a fake command: "later" is answered only by the test. */
struct world {
    char dir[32], path[64];
    uv_loop_t loop;
    struct control *control;
    int ran;
    bool gone;
    manage_done_fn *held;
    void *held_ctx;
};

static void fake_run(void *desk, int argc, const char *const *argv, manage_done_fn *done, void *ctx)
{
    struct world *w = desk;

    w->ran++;
    if (argc == 2 && strcmp(argv[1], "later") == 0) {
        w->held = done;
        w->held_ctx = ctx;
        return;
    }
    done(ctx, argc, argc > 1 ? argv[argc - 1] : "", "said \"this\"\n");
}

static void on_gone(void *ctx)
{
    struct world *w = ctx;

    w->gone = true;
}

static void on_deadline(uv_timer_t *t)
{
    (void)t;
    fail_msg("nothing happened within %d ms", DEADLINE_MS);
}

/* Turn the loop until *flag. */
static void run_until(struct world *w, const bool *flag)
{
    uv_timer_t deadline;

    uv_timer_init(&w->loop, &deadline);
    uv_timer_start(&deadline, on_deadline, DEADLINE_MS, 0);
    while (!*flag)
        uv_run(&w->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

static enum err listen_again(struct world *w, struct control **out)
{
    const char *detail = "";

    return control_new(&w->loop, w->path, fake_run, w, out, &detail);
}

static int set_up(void **state)
{
    struct world *w = mem_alloc(sizeof(*w));

    snprintf(w->dir, sizeof(w->dir), "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->path, sizeof(w->path), "%s/sock", w->dir);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    assert_int_equal(listen_again(w, &w->control), OK);
    *state = w;
    return 0;
}

static void stop(struct world *w)
{
    if (w->control) {
        w->gone = false;
        control_free(w->control, on_gone, w);
        w->control = NULL;
        run_until(w, &w->gone);
    }
}

static int tear_down(void **state)
{
    struct world *w = *state;

    stop(w);
    assert_int_equal(access(w->path, F_OK), -1);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    rmdir(w->dir);
    free(w);
    return 0;
}

/* ---- clients -------------------------------------------------------------------------------- */

struct asker {
    struct world *world;
    uv_thread_t thread;
    uv_async_t done_sign;
    bool done;
    int argc;
    const char *argv[COMMAND_ARGS_MAX + 1];
    struct arena *arena;
    enum err e;
    struct control_reply reply;
};

static void ask_thread(void *arg)
{
    struct asker *k = arg;

    k->e = control_ask(k->arena, k->world->path, k->argc, k->argv, DEADLINE_MS, &k->reply);
    uv_async_send(&k->done_sign);
}

static void on_asked(uv_async_t *sign)
{
    struct asker *k = sign->data;

    k->done = true;
    uv_close((uv_handle_t *)sign, NULL);
}

static void ask_begin(struct world *w, struct asker *k)
{
    k->world = w;
    k->arena = arena_new();
    uv_async_init(&w->loop, &k->done_sign, on_asked);
    k->done_sign.data = k;
    assert_int_equal(uv_thread_create(&k->thread, ask_thread, k), 0);
}

static void ask_end(struct asker *k)
{
    run_until(k->world, &k->done);
    uv_thread_join(&k->thread);
}

/* A socket that says what it likes; *answer gets all that came back until the end. */
static int connect_raw(const struct world *w)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(at.sun_path, w->path, strlen(w->path));
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

struct ear {
    bool over;
    char text[512];
    size_t len;
    int fd;
};

static void on_heard(uv_poll_t *p, int status, int events)
{
    struct ear *ear = p->data;
    ssize_t n = recv(ear->fd, ear->text + ear->len, sizeof(ear->text) - 1 - ear->len, 0);

    (void)status;
    (void)events;
    if (n > 0)
        ear->len += (size_t)n;
    else
        ear->over = true;
}

static void say(struct world *w, const char *text, size_t len, struct ear *ear)
{
    uv_poll_t poll;
    int fd = connect_raw(w);

    *ear = (struct ear){.fd = fd};
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    uv_poll_init(&w->loop, &poll, fd);
    poll.data = ear;
    uv_poll_start(&poll, UV_READABLE, on_heard);
    run_until(w, &ear->over);
    uv_close((uv_handle_t *)&poll, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    close(fd);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void request_gets_the_commands_answer(void **state)
{
    struct asker k = {.argc = 3, .argv = {"parley", "agent", "zwölf\n\"x\""}};

    ask_begin(*state, &k);
    ask_end(&k);
    assert_int_equal(k.e, OK);
    assert_int_equal(k.reply.exit_code, 3);
    assert_string_equal(k.reply.out, "zwölf\n\"x\"");
    assert_string_equal(k.reply.err, "said \"this\"\n");
    arena_free(k.arena);
}

static void more_clients_than_places_are_all_answered(void **state)
{
    struct asker *k = calloc(ASKERS, sizeof(*k));

    for (int i = 0; i < ASKERS; i++) {
        k[i].argc = 1;
        k[i].argv[0] = "parley";
        ask_begin(*state, &k[i]);
    }
    for (int i = 0; i < ASKERS; i++) {
        ask_end(&k[i]);
        assert_int_equal(k[i].e, OK);
        assert_int_equal(k[i].reply.exit_code, 1);
        arena_free(k[i].arena);
    }
    free(k);
}

static void long_answer_arrives_whole(void **state)
{
    size_t len = 60000;
    char *text = malloc(len + 1);
    struct asker k = {.argc = 2, .argv = {"parley", text}};

    memset(text, 'x', len);
    text[len] = 0;
    ask_begin(*state, &k);
    ask_end(&k);
    assert_int_equal(k.e, OK);
    assert_string_equal(k.reply.out, text);
    arena_free(k.arena);
    free(text);
}

static void nonsense_is_answered_and_runs_nothing(void **state)
{
    static const char *const lines[] = {
        "hello\n", "{}\n", "{\"argv\":[]}\n", "{\"argv\":[1]}\n", "{\"argv\":\"x\"}\n",
        "\n",      "[]\n"};
    struct world *w = *state;
    struct ear ear;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        say(w, lines[i], strlen(lines[i]), &ear);
        assert_non_null(strstr(ear.text, "{\"exit\":2,"));
    }
    assert_int_equal(w->ran, 0);
}

static void endless_line_is_cut_off(void **state)
{
    struct world *w = *state;
    char *text = malloc(CONTROL_REQUEST_MAX + 1);
    struct ear ear;

    memset(text, ' ', CONTROL_REQUEST_MAX + 1);
    say(w, text, CONTROL_REQUEST_MAX + 1, &ear);
    assert_non_null(strstr(ear.text, "too long"));
    assert_int_equal(w->ran, 0);
    free(text);
}

static void peer_that_leaves_early_harms_nobody(void **state)
{
    struct world *w = *state;
    int fd = connect_raw(w);
    struct asker k = {.argc = 1, .argv = {"parley"}};

    assert_int_equal(send(fd, "{\"argv\":", 8, 0), 8);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    close(fd);
    ask_begin(w, &k);
    ask_end(&k);
    assert_int_equal(k.e, OK);
    arena_free(k.arena);
}

static void stop_waits_for_a_command_under_way(void **state)
{
    struct world *w = *state;
    struct asker k = {.argc = 2, .argv = {"parley", "later"}};
    struct control *control = w->control;

    ask_begin(w, &k);
    while (!w->held)
        uv_run(&w->loop, UV_RUN_ONCE);
    w->control = NULL;
    control_free(control, on_gone, w);
    while (!k.done)
        uv_run(&w->loop, UV_RUN_ONCE);
    uv_thread_join(&k.thread);
    assert_int_equal(k.e, ERR_INVALID);
    assert_false(w->gone);
    w->held(w->held_ctx, 0, "", "");
    assert_true(w->gone);
    arena_free(k.arena);
}

static void socket_is_for_its_owner_only(void **state)
{
    struct world *w = *state;
    struct stat st;

    assert_int_equal(stat(w->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void second_daemon_is_refused(void **state)
{
    struct control *other = NULL;

    assert_int_equal(listen_again(*state, &other), ERR_LOCKED);
}

static void socket_left_over_is_replaced(void **state)
{
    struct world *w = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    stop(w);
    memcpy(at.sun_path, w->path, strlen(w->path));
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    close(fd);
    assert_int_equal(listen_again(w, &w->control), OK);
}

static void file_in_its_place_is_left_alone(void **state)
{
    struct world *w = *state;
    FILE *f;

    stop(w);
    f = fopen(w->path, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(listen_again(w, &w->control), ERR_IO);
    assert_int_equal(unlink(w->path), 0);
}

static void path_too_long_is_refused(void **state)
{
    struct world *w = *state;
    char path[200];
    const char *detail = "";
    struct control *other = NULL;

    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = 0;
    assert_int_equal(control_new(&w->loop, path, fake_run, w, &other, &detail), ERR_CONFIG);
}

static void asking_without_a_daemon_says_so(void **state)
{
    struct world *w = *state;
    struct arena *a = arena_new();
    const char *argv[] = {"parley"};
    struct control_reply reply = {0};

    stop(w);
    assert_int_equal(control_ask(a, w->path, 1, argv, 100, &reply), ERR_NOT_FOUND);
    arena_free(a);
}

static void asking_a_silent_daemon_ends_at_the_deadline(void **state)
{
    struct world *w = *state;
    struct arena *a = arena_new();
    const char *argv[] = {"parley"};
    struct control_reply reply = {0};

    /* nobody turns the loop */
    assert_int_equal(control_ask(a, w->path, 1, argv, 50, &reply), ERR_BUSY);
    arena_free(a);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(request_gets_the_commands_answer),
        CASE(more_clients_than_places_are_all_answered),
        CASE(long_answer_arrives_whole),
        CASE(nonsense_is_answered_and_runs_nothing),
        CASE(endless_line_is_cut_off),
        CASE(peer_that_leaves_early_harms_nobody),
        CASE(stop_waits_for_a_command_under_way),
        CASE(socket_is_for_its_owner_only),
        CASE(second_daemon_is_refused),
        CASE(socket_left_over_is_replaced),
        CASE(file_in_its_place_is_left_alone),
        CASE(path_too_long_is_refused),
        CASE(asking_without_a_daemon_says_so),
        CASE(asking_a_silent_daemon_ends_at_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
