#include "tests/unit/component/link_world.h"

#include "core/base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void on_stanza(void *ctx, struct stanza *in)
{
    struct world *w = ctx;

    assert_true(w->in_len < KEPT);
    w->in[w->in_len++] = in;
}

static void on_state(void *ctx, enum link_state s, const char *why)
{
    struct world *w = ctx;

    assert_true(why[0] != '\0');
    if (s == LINK_UP)
        w->ups++;
    else
        w->downs++;
}

static void on_poison(void *ctx, const char *condition)
{
    struct world *w = ctx;

    w->poisons++;
    snprintf(w->condition, sizeof(w->condition), "%s", condition);
}

static void on_flushed(void *ctx)
{
    struct world *w = ctx;

    w->flushes++;
}

static void on_deadline(uv_timer_t *t)
{
    bool *late = t->data;

    *late = true;
}

/* Runs the loop until *value is at least wanted, or for at most ms. */
bool reached(struct world *w, const unsigned *value, unsigned wanted, uint64_t ms)
{
    uv_timer_t timer;
    bool late = false;

    uv_timer_init(&w->loop, &timer);
    timer.data = &late;
    uv_timer_start(&timer, on_deadline, ms, 0);
    while (*value < wanted && !late)
        uv_run(&w->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    return *value >= wanted;
}

bool stanzas_reached(struct world *w, size_t wanted)
{
    for (unsigned i = 0; i < 2000 && w->in_len < wanted; i++) {
        unsigned never = 0;

        reached(w, &never, 1, 1);
    }
    return w->in_len >= wanted;
}

bool server_got(struct world *w, const char *text)
{
    for (unsigned i = 0; i < 2000 && strstr(buf_str(&w->server.got), text) == NULL; i++) {
        unsigned never = 0;

        reached(w, &never, 1, 1);
    }
    return strstr(buf_str(&w->server.got), text) != NULL;
}

void begin(struct world *w)
{
    const struct link_handlers on = {on_stanza, on_state, on_poison, on_flushed, w};

    w->options.port = w->server.port;
    w->l = link_new(&w->loop, &w->options, &on);
}

void begin_up(struct world *w)
{
    begin(w);
    assert_true(reached(w, &w->ups, 1, WAIT_MS));
    assert_true(reached(w, &w->server.up, 1, WAIT_MS));
}

int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_int_equal(crypto_init(), OK);
    uv_loop_init(&w->loop);
    assert_true(fake_server_start(&w->server, &w->loop, "127.0.0.1", 0));
    w->options = (struct link_options){.host = "127.0.0.1",
                                       .domain = "support.example.org",
                                       .secret = FAKE_SECRET,
                                       .pause_min_ms = 2,
                                       .pause_max_ms = 20,
                                       .queue_max = 1000000};
    *state = w;
    return 0;
}

void on_link_gone(void *ctx)
{
    struct world *w = ctx;

    w->link_gone = true;
}

int world_teardown(void **state)
{
    struct world *w = *state;

    if (w->l != NULL)
        link_free(w->l, on_link_gone, w);
    while (w->l != NULL && !w->link_gone)
        uv_run(&w->loop, UV_RUN_ONCE);
    fake_server_stop(&w->server);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    for (size_t i = 0; i < w->in_len; i++)
        arena_free(w->in[i]->arena);
    free(w);
    return 0;
}
