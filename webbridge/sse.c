#include "webbridge/frame.h"
#include "webbridge/sse_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 32            /* entries read at once while replaying */
#define PAUSE_BYTES 131072 /* unsent; the replay goes on when they are out */

/* ---- the end of a feed ---------------------------------------------------------------------- */

void feed_key(const struct feed *f, char out[FEED_KEY_MAX])
{
    snprintf(out, FEED_KEY_MAX, "%s/%s", f->chat, f->asker);
}

void feed_name(const struct feed *f, char out[FEED_NAME_MAX])
{
    snprintf(out, FEED_NAME_MAX, "stream-%llu", (unsigned long long)f->number);
}

void feed_leave(struct feed *f)
{
    char name[FEED_NAME_MAX];

    feed_name(f, name);
    if (f->joined && !f->sse->stopped)
        desk_leave(f->sse->web->desk, f->chat, name, false, "", NULL, NULL);
    f->joined = false;
}

void feed_drop_call(struct feed *f)
{
    if (f->call == NULL)
        return;
    call_free(f->call);
    arena_free(f->arena);
    f->call = NULL;
    f->arena = NULL;
}

void sse_settle(struct sse *s)
{
    if (s->stopped && s->timers == 0 && s->counting == 0 && TAILQ_EMPTY(&s->feeds))
        s->done(s->done_ctx);
}

static void timer_closed(uv_handle_t *t)
{
    struct sse *s = t->data;

    s->timers--;
    sse_settle(s);
}

static void feed_free(struct feed *f)
{
    struct sse *s = f->sse;

    if (!f->gone || f->pending > 0)
        return;
    feed_drop_call(f);
    TAILQ_REMOVE(&s->feeds, f, link);
    free(f);
    sse_settle(s);
}

void feed_on_ended(void *ctx)
{
    struct feed *f = ctx;
    struct sse *s = f->sse;
    char key[FEED_KEY_MAX];

    f->gone = true;
    wait_follow(f, false);
    f->wire = NULL;
    bus_end(f->subscription);
    f->subscription = NULL;
    feed_key(f, key);
    if (f->counted)
        tally_drop(s->per_chat, key);
    if (f->counted && f->kind == WHO_AGENT && !s->stopped)
        desk_watch(s->web->desk, f->chat, f->asker, false);
    if (f->of_address)
        tally_drop(s->per_address, f->address);
    if (f->on_duty)
        queue_on_duty(f, false);
    feed_leave(f);
    feed_free(f);
}

bool feed_back(struct feed *f)
{
    f->pending--;
    if (!f->gone)
        return !wire_over(f->wire);
    feed_free(f);
    return false;
}

/* ---- frames --------------------------------------------------------------------------------- */

struct viewer feed_viewer(const struct feed *f)
{
    struct viewer v = {.people = desk_directory(f->sse->web->desk),
                       .queue = desk_queue(f->sse->web->desk),
                       .kind = f->kind,
                       .id = f->asker,
                       .domain = desk_domain(f->sse->web->desk),
                       .desk = f->sse->web->desk};

    return v;
}

static const struct buf *frame_of(struct feed *f, const struct chat *chat, const struct entry *e)
{
    struct sse *s = f->sse;
    struct last_frame *last = f->kind == WHO_CUSTOMER ? &s->customers : &s->agents;
    struct viewer v = feed_viewer(f);
    /* The author's own stream also carries the client id; and what is read again from the log may
     * have been corrected or erased since it was live. */
    bool apart = !f->live || (f->kind == WHO_AGENT && strcmp(e->sender_id, f->asker) == 0);
    struct buf *out = apart ? &s->scratch : &last->text;

    if (!apart && last->gid == e->gid)
        return out;
    if (!apart)
        last->gid = e->gid;
    buf_clear(out);
    frame_put_entry(out, &v, desk_epoch(s->web->desk), view_number(&v, e), chat, e);
    return out;
}

static void send_entry(struct feed *f, const struct chat *chat, const struct entry *e)
{
    struct viewer v = feed_viewer(f);
    int64_t number = view_number(&v, e);
    const struct buf *frame;

    if (number <= f->sent)
        return;
    if (view_sees(&v, e)) {
        frame = frame_of(f, chat, e);
        wire_write(f->wire, frame->data, frame->len);
    }
    f->sent = number;
}

/* ---- live ----------------------------------------------------------------------------------- */

/* Typing and reading: never one's own, and to customers only of those who speak to them. */
static void on_passing(struct feed *f, const struct event *e)
{
    bool own = strcmp(e->sender_id, f->asker) == 0;
    struct buf *out = &f->sse->scratch;

    if (!f->live || own || (f->kind == WHO_CUSTOMER && !e->to_customer))
        return;
    if (f->kind == WHO_CUSTOMER && e->kind == EVENT_READ && e->entry->pos == 0)
        return;
    buf_clear(out);
    if (e->kind == EVENT_READ)
        frame_put_read(out, f->chat, e);
    else
        frame_put_typing(out, f->chat, e);
    wire_write(f->wire, out->data, out->len);
}

static void on_entry(struct feed *f, const struct event *e)
{
    struct viewer v = feed_viewer(f);
    int64_t number = view_number(&v, e->entry);

    if (e->entry->kind == ENTRY_REOPENED)
        f->closing = false;
    if (number > f->grown)
        f->grown = number;
    wait_follow(f, room_chat(e->room)->state == CHAT_WAITING);
    if (f->live)
        send_entry(f, room_chat(e->room), e->entry);
}

/* What the page shows is no more: it loads anew, if it may. */
static void on_erased(struct feed *f)
{
    struct buf *out = &f->sse->scratch;

    buf_clear(out);
    frame_put_reset(out, "erased");
    wire_write(f->wire, out->data, out->len);
    wire_end(f->wire);
}

/* An agent may have gone to another organization since it opened the stream. */
bool feed_may(const struct feed *f, const struct chat *c)
{
    struct principal who = {.kind = f->kind, .id = f->asker};
    struct desk *d = f->sse->web->desk;

    return f->kind != WHO_AGENT || (may(desk_directory(d), &who, c, ACTION_READ) == OK &&
                                    !desk_excluded(d, c->id, f->asker));
}

void feed_on_event(void *ctx, const struct event *e)
{
    struct feed *f = ctx;

    if (wire_over(f->wire))
        return;
    if (f->queue) {
        queue_on_event(f, e);
        return;
    }
    if (!feed_may(f, room_chat(e->room))) {
        wire_cut(f->wire);
        return;
    }
    switch (e->kind) {
    case EVENT_ENTRY:
        on_entry(f, e);
        return;
    case EVENT_TYPING:
    case EVENT_READ:
        on_passing(f, e);
        return;
    case EVENT_SAYING:
    case EVENT_UNSAID:
        saying_on_event(f, e);
        return;
    case EVENT_CLOSED_ROOM:
        f->closing = true;
        f->joined = false;
        if (f->live)
            wire_end(f->wire);
        return;
    case EVENT_ERASED:
        on_erased(f);
        return;
    case EVENT_LEFT:
    case EVENT_ROLES:
    case EVENT_JOINED:
    case EVENT_AGENT_GONE:
    case EVENT_KEY_GONE:
    case EVENT_OFFERED:
    case EVENT_LOGIN:
    case EVENT_OFFER_OVER:
    case EVENT_STAFF:
    case EVENT_CUSTOMER:
        return;
    }
}

/* Gone from the service, or from one chat. */
static void on_every(void *ctx, const struct event *e)
{
    struct sse *s = ctx;
    struct feed *f;

    if (e->kind == EVENT_ENTRY && e->entry->gid < s->last_gid)
        s->late_gid = s->last_gid;
    else if (e->kind == EVENT_ENTRY)
        s->last_gid = e->entry->gid;
    if (e->kind != EVENT_AGENT_GONE && e->kind != EVENT_KEY_GONE)
        return;
    TAILQ_FOREACH(f, &s->feeds, link)
    {
        if (f->gone || strcmp(f->asker, e->agent_id) != 0)
            continue;
        if (e->room == NULL || strcmp(f->chat, e->room_id) == 0)
            wire_cut(f->wire); /* its memory goes in a later turn */
    }
}

/* ---- replay --------------------------------------------------------------------------------- */

static void on_page(void *ctx, enum err e, const struct desk_answer *a);

void feed_catch_up(struct feed *f)
{
    struct range range = {.after = f->sent, .limit = PAGE};
    struct principal who = {.kind = f->kind, .id = f->asker};

    if (f->sent >= f->grown) {
        f->live = true;
        if (f->closing)
            wire_end(f->wire);
        else
            saying_catch_up(f);
        return;
    }
    if (wire_waiting(f->wire) > PAUSE_BYTES)
        return; /* on_drained goes on */
    f->pending++;
    desk_entries(f->sse->web->desk, &who, f->chat, &range, on_page, f);
}

static void on_page(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;
    size_t i;

    if (!feed_back(f))
        return;
    if (e != OK) {
        /* No longer allowed, or the store is ill: the client comes back and is told. */
        wire_end(f->wire);
        return;
    }
    for (i = 0; i < a->page->n_entries; i++) {
        if (wire_over(f->wire))
            return;
        if (wire_waiting(f->wire) > PAUSE_BYTES)
            break;
        send_entry(f, a->chat, &a->page->entries[i]);
    }
    if (a->page->n_entries == 0)
        f->sent = f->grown; /* what is left is not for this asker */
    if (!wire_over(f->wire))
        feed_catch_up(f);
}

void feed_on_drained(void *ctx)
{
    struct feed *f = ctx;

    if (f->call != NULL || f->live || f->pending > 0)
        return;
    if (f->queue)
        queue_catch_up(f);
    else
        feed_catch_up(f);
}

/* ---- all of them ---------------------------------------------------------------------------- */

struct sse *sse_new(struct webbridge *w)
{
    struct sse *s = mem_alloc(sizeof(*s));

    s->web = w;
    TAILQ_INIT(&s->feeds);
    TAILQ_INIT(&s->waiting);
    s->per_chat = tally_new();
    s->per_address = tally_new();
    s->every = bus_subscribe(w->bus, NULL, on_every, s);
    uv_timer_init(w->loop, &s->counts);
    s->counts.data = s;
    uv_timer_init(w->loop, &s->ticks);
    s->ticks.data = s;
    s->timers = 2;
    s->last_gid = desk_start_gid(w->desk);
    return s;
}

void sse_stop(struct sse *s, void (*done)(void *ctx), void *ctx)
{
    struct feed *f;

    s->stopped = true;
    s->done = done;
    s->done_ctx = ctx;
    bus_end(s->every);
    s->every = NULL;
    TAILQ_FOREACH(f, &s->feeds, link)
    {
        bus_end(f->subscription);
        f->subscription = NULL;
    }
    uv_close((uv_handle_t *)&s->counts, timer_closed);
    uv_close((uv_handle_t *)&s->ticks, timer_closed);
}

void sse_free(struct sse *s)
{
    tally_free(s->per_chat);
    tally_free(s->per_address);
    buf_free(&s->customers.text);
    buf_free(&s->agents.text);
    buf_free(&s->queues.text);
    buf_free(&s->scratch);
    free(s);
}
