#include "component/domains.h"

#include "component/link.h"
#include "component/muc_desk.h"
#include "component/upload_desk.h"

#include <stdlib.h>

#define QUEUE_MAX (8u << 20)

struct domains {
    struct link *rooms, *upload; /* upload NULL: there is none, or it is gone */
    struct muc_desk *muc;
    struct upload_desk *files;
    uv_timer_t timer; /* muc_desk's */
    char *url;
    int open; /* links and timers that are still on the loop */
    bool stopping;
    void (*done)(void *ctx);
    void *done_ctx;
};

/* ---- what the room service asks of its connection -------------------------------------------- */

static bool wire_up(void *self)
{
    const struct domains *d = self;

    return d->rooms && link_state(d->rooms) == LINK_UP;
}

static size_t wire_room(void *self)
{
    const struct domains *d = self;

    return d->rooms ? link_room(d->rooms) : 0;
}

static void wire_send(void *self, const struct xml *x)
{
    struct domains *d = self;

    if (d->rooms)
        link_send(d->rooms, x);
}

static void wire_send_each(void *self, const struct xml *x, const char *const *to, size_t n)
{
    struct domains *d = self;

    if (d->rooms)
        link_send_each(d->rooms, x, to, n);
}

static void on_timer(uv_timer_t *t)
{
    struct domains *d = t->data;

    muc_desk_timer(d->muc);
}

static void wire_timer(void *self, int64_t ms)
{
    struct domains *d = self;

    if (!d->stopping)
        uv_timer_start(&d->timer, on_timer, (uint64_t)ms, 0);
}

/* ---- what the connections tell -------------------------------------------------------------- */

static void on_room_stanza(void *ctx, struct stanza *in)
{
    struct domains *d = ctx;

    muc_desk_stanza(d->muc, in);
}

static void on_room_state(void *ctx, enum link_state s, const char *why)
{
    struct domains *d = ctx;

    (void)why;
    muc_desk_link(d->muc, s == LINK_UP);
}

static void on_room_poison(void *ctx, const char *condition)
{
    struct domains *d = ctx;

    muc_desk_poison(d->muc, condition);
}

static void on_room_flushed(void *ctx)
{
    struct domains *d = ctx;

    muc_desk_flushed(d->muc);
}

static void on_upload_stanza(void *ctx, struct stanza *in)
{
    struct domains *d = ctx;

    upload_desk_stanza(d->files, in);
}

/* Whoever waits for a slot when the connection ends asks again. */
static void on_upload_state(void *ctx, enum link_state s, const char *why)
{
    (void)ctx;
    (void)s;
    (void)why;
}

static void upload_send(void *ctx, const struct xml *x)
{
    struct domains *d = ctx;

    if (d->upload)
        link_send(d->upload, x);
}

/* ---- begin ---------------------------------------------------------------------------------- */

static struct link *connect_to(uv_loop_t *loop, const struct domains_options *o, const char *domain,
                               const char *secret, const struct link_handlers *h)
{
    struct link_options lo = {.host = o->host,
                              .port = o->port,
                              .domain = domain,
                              .secret = secret,
                              .pause_min_ms = 1000,
                              .pause_max_ms = o->pause_max_ms,
                              .silence_ms = o->silence_ms,
                              .queue_max = QUEUE_MAX};

    if (lo.pause_max_ms < lo.pause_min_ms)
        lo.pause_min_ms = lo.pause_max_ms;
    return link_new(loop, &lo, h);
}

static void start_rooms(struct domains *d, uv_loop_t *loop, const struct domains_options *o,
                        struct desk *desk, struct bus *bus)
{
    struct muc_desk_options mo = {.wire = {.self = d,
                                           .up = wire_up,
                                           .room = wire_room,
                                           .send = wire_send,
                                           .send_each = wire_send_each,
                                           .timer = wire_timer},
                                  .domain = o->rooms,
                                  .name = o->rooms_name,
                                  .url = o->upload[0] != '\0' ? d->url : NULL};
    struct link_handlers h = {.stanza = on_room_stanza,
                              .state = on_room_state,
                              .poison = on_room_poison,
                              .flushed = on_room_flushed,
                              .ctx = d};

    uv_timer_init(loop, &d->timer);
    d->timer.data = d;
    d->muc = muc_desk_new(&mo, desk, bus);
    d->rooms = connect_to(loop, o, o->rooms, o->rooms_secret, &h);
    d->open = 2;
}

static void start_upload(struct domains *d, uv_loop_t *loop, const struct domains_options *o,
                         struct desk *desk)
{
    struct upload_options uo = {.domain = o->upload,
                                .name = o->upload_name,
                                .file_max = o->file_max,
                                .url = d->url,
                                .send = upload_send,
                                .send_ctx = d};
    struct link_handlers h = {.stanza = on_upload_stanza, .state = on_upload_state, .ctx = d};

    d->files = upload_desk_new(&uo, desk);
    d->upload = connect_to(loop, o, o->upload, o->upload_secret, &h);
    d->open++;
}

struct domains *domains_new(uv_loop_t *loop, const struct domains_options *o, struct desk *desk,
                            struct bus *bus)
{
    struct domains *d = mem_alloc(sizeof(*d));

    d->url = mem_dup(o->url);
    start_rooms(d, loop, o, desk, bus);
    if (o->upload[0] != '\0')
        start_upload(d, loop, o, desk);
    return d;
}

/* ---- end ------------------------------------------------------------------------------------ */

static void part_gone(struct domains *d)
{
    if (--d->open == 0)
        d->done(d->done_ctx);
}

static void on_rooms_gone(void *ctx)
{
    struct domains *d = ctx;

    d->rooms = NULL;
    part_gone(d);
}

static void on_upload_gone(void *ctx)
{
    struct domains *d = ctx;

    d->upload = NULL;
    part_gone(d);
}

static void on_timer_closed(uv_handle_t *h)
{
    part_gone(h->data);
}

void domains_stop(struct domains *d, void (*done)(void *ctx), void *ctx)
{
    d->done = done;
    d->done_ctx = ctx;
    d->stopping = true;
    muc_desk_stop(d->muc);
    uv_close((uv_handle_t *)&d->timer, on_timer_closed);
    link_free(d->rooms, on_rooms_gone, d);
    if (d->upload)
        link_free(d->upload, on_upload_gone, d);
}

void domains_free(struct domains *d)
{
    if (!d)
        return;
    muc_desk_free(d->muc);
    upload_desk_free(d->files);
    free(d->url);
    free(d);
}

void domains_tick(struct domains *d)
{
    muc_desk_tick(d->muc);
}

bool domains_ready(const struct domains *d, const char **state)
{
    bool rooms = d->rooms && link_state(d->rooms) == LINK_UP;

    *state = d->rooms ? link_state_text(d->rooms) : "down";
    if (!rooms || !d->files)
        return rooms;
    *state = d->upload ? link_state_text(d->upload) : "down";
    return d->upload && link_state(d->upload) == LINK_UP;
}
