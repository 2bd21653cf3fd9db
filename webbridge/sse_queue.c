#include "webbridge/frame.h"
#include "webbridge/sse_own.h"

#include <stdlib.h>
#include <string.h>

/* The queue of one organization as its agents watch it. Rows are state: each is sent whole, and the
 * last one counts. So a stream begins with a snapshot of the present and has nothing to replay; who
 * comes back with a point that is not the present one is told so by `reset`. */

#define ROWS 200            /* of a snapshot: those who wait come first */
#define COUNTS_AFTER_MS 300 /* counting reads the store: not for each change */

static const char *organization_of(const struct feed *f)
{
    const struct agent *a = directory_by_id(desk_directory(f->sse->web->desk), f->asker);

    return a == NULL ? "" : a->organization;
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static void put_row(struct feed *f, struct buf *out, const struct chat *c)
{
    struct viewer v = feed_viewer(f);
    struct json *payload = json_object();

    json_put_str(payload, "event", "chat_updated");
    json_put(payload, "chat", view_chat(&v, c));
    frame_put_queue(out, c->organization, payload);
}

static void send_entry(struct feed *f, const struct chat *c, const struct entry *e)
{
    struct sse *s = f->sse;
    struct viewer v = feed_viewer(f);
    bool apart = strcmp(e->sender_id, f->asker) == 0; /* its own carries the client id */
    struct buf *out = apart ? &s->scratch : &s->queues.text;

    if (apart || s->queues.gid != e->gid) {
        if (!apart)
            s->queues.gid = e->gid;
        buf_clear(out);
        if (view_sees(&v, e))
            frame_put_entry(out, &v, desk_epoch(s->web->desk), e->gid, c, e);
        put_row(f, out, c);
    }
    wire_write(f->wire, out->data, out->len);
    f->sent = e->gid;
}

/* ---- counts ------------------------------------------------------------------------------------
 */

static bool changes_counts(const struct entry *e)
{
    switch (e->kind) {
    case ENTRY_ESCALATED:
    case ENTRY_AGENT_JOINED:
    case ENTRY_AGENT_LEFT:
    case ENTRY_CLOSED:
    case ENTRY_REOPENED:
        return true;
    case ENTRY_MESSAGE:
        return e->seq == 1;
    case ENTRY_NOTE:
    case ENTRY_EDITED:
    case ENTRY_DELETED:
    case ENTRY_SUBJECT:
    case ENTRY_REACTION:
    case ENTRY_RATED:
    case ENTRY_PAYLOAD:
    case ENTRY_KIND_COUNT_:
        break;
    }
    return false;
}

static void due(struct feed *f)
{
    f->counts_due = true;
    if (!uv_is_active((uv_handle_t *)&f->sse->counts))
        uv_timer_start(&f->sse->counts, queue_on_counts, COUNTS_AFTER_MS, 0);
}

struct counting {
    struct sse *sse;
    char *organization;
};

static void counted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct counting *c = ctx;
    struct sse *s = c->sse;
    struct feed *f;

    TAILQ_FOREACH(f, &s->feeds, link)
    {
        struct json *payload;

        if (e != OK || !f->counts_due || f->gone || wire_over(f->wire) ||
            strcmp(organization_of(f), c->organization) != 0)
            continue;
        f->counts_due = false;
        payload = json_object();
        json_put_str(payload, "event", "counts");
        json_put(payload, "counts", view_counts(a->page));
        buf_clear(&s->scratch);
        frame_put_queue(&s->scratch, c->organization, payload);
        wire_write(f->wire, s->scratch.data, s->scratch.len);
    }
    free(c->organization);
    free(c);
}

static bool asked_before(const struct feed *of, const char *organization)
{
    struct feed *f;

    TAILQ_FOREACH(f, &of->sse->feeds, link)
    {
        if (f == of)
            return false;
        if (f->counts_due && strcmp(organization_of(f), organization) == 0)
            return true;
    }
    return false;
}

/* One look for each organization, whoever of it watches. */
void queue_on_counts(uv_timer_t *t)
{
    struct sse *s = t->data;
    struct feed *f;

    TAILQ_FOREACH(f, &s->feeds, link)
    {
        struct principal who = {.kind = WHO_AGENT, .id = f->asker};
        struct counting *c;

        if (!f->counts_due || f->gone || s->stopped || asked_before(f, organization_of(f)))
            continue;
        c = mem_alloc(sizeof(*c));
        c->sse = s;
        c->organization = mem_dup(organization_of(f));
        desk_chats(s->web->desk, &who, FILTER_ALL, "", 1, counted, c);
    }
}

/* ---- the stream --------------------------------------------------------------------------------
 */

static void on_missed(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;

    if (!feed_back(f) || e != OK)
        return;
    buf_clear(&f->sse->scratch);
    put_row(f, &f->sse->scratch, a->chat);
    wire_write(f->wire, f->sse->scratch.data, f->sse->scratch.len);
}

/* The snapshot may or may not show what was committed while it was read: those rows come again. */
static void miss(struct feed *f, const char *chat)
{
    struct missed *m;

    for (m = f->missed; m != NULL; m = m->next)
        if (strcmp(m->chat, chat) == 0)
            return;
    m = mem_alloc(sizeof(*m));
    memcpy(m->chat, chat, sizeof(m->chat));
    m->next = f->missed;
    f->missed = m;
}

void queue_forget(struct feed *f)
{
    struct missed *m;

    while ((m = f->missed) != NULL) {
        f->missed = m->next;
        free(m);
    }
}

static void on_snapshot(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;
    struct missed *first, *after;
    struct viewer v;
    struct json *o, *items;

    if (!feed_back(f))
        return;
    if (e != OK) {
        call_fail(f->call, e, a);
        return;
    }
    v = feed_viewer(f);
    o = json_object();
    items = json_array();
    for (size_t i = 0; i < a->page->n_chats; i++)
        json_add(items, view_chat(&v, &a->page->chats[i]));
    json_put(o, "items", items);
    json_put(o, "counts", view_counts(a->page));
    json_put_str(
        o, "asOf",
        arena_printf(f->arena, "%s-%lld", desk_epoch(f->sse->web->desk), (long long)f->sent));
    buf_clear(&f->sse->scratch);
    frame_put_snapshot(&f->sse->scratch, o);
    feed_begin(f, f->closing);
    f->closing = false;
    if (wire_over(f->wire))
        return;
    wire_write(f->wire, f->sse->scratch.data, f->sse->scratch.len);
    first = f->missed;
    f->missed = NULL;
    f->live = true;
    if (first != NULL)
        due(f);
    for (; first != NULL; first = after) {
        struct principal who = {.kind = f->kind, .id = f->asker};

        after = first->next;
        f->pending++;
        desk_chat(f->sse->web->desk, &who, first->chat, on_missed, f);
        free(first);
    }
}

void queue_on_duty(struct feed *f, bool on)
{
    struct arena *a = arena_new();

    f->on_duty = on;
    duty_set(desk_duty(f->sse->web->desk), f->asker, DUTY_ROOM,
             arena_printf(a, "console %llu", (unsigned long long)f->number),
             on ? DUTY_ON : DUTY_OFF);
    arena_free(a);
}

static void ask_snapshot(struct feed *f)
{
    struct principal who = {.kind = f->kind, .id = f->asker};

    f->sent = f->sse->last_gid;
    f->pending++;
    desk_chats(f->sse->web->desk, &who, FILTER_ALL, "", ROWS, on_snapshot, f);
}

void queue_open(struct feed *f)
{
    struct desk *d = f->sse->web->desk;
    const char *after = feed_after(f);
    int64_t at = 0;

    if (f->kind != WHO_AGENT) {
        call_problem(f->call, ERR_FORBIDDEN, NULL, 0);
        return;
    }
    if (!feed_count(f)) {
        call_problem(f->call, ERR_RATE, "Too many streams of this agent.", 5000);
        return;
    }
    if (f->call->authorization == NULL)
        queue_on_duty(f, true);
    f->subscription = bus_subscribe(f->sse->web->bus, NULL, feed_on_event, f);
    /* closing says meanwhile that the client has to load anew */
    f->closing = frame_read_point(after, desk_epoch(d), f->sse->last_gid, &at) != FRAME_NONE &&
                 at != f->sse->last_gid;
    ask_snapshot(f);
}

void queue_on_event(struct feed *f, const struct event *e)
{
    const struct chat *c = e->room == NULL ? NULL : room_chat(e->room);

    if (c == NULL || !feed_may(f, c))
        return;
    switch (e->kind) {
    case EVENT_ENTRY:
        if (!f->live) {
            miss(f, c->id);
            return;
        }
        send_entry(f, c, e->entry);
        if (changes_counts(e->entry))
            due(f);
        return;
    case EVENT_TYPING:
    case EVENT_READ:
    case EVENT_SAYING:
    case EVENT_UNSAID:
    case EVENT_JOINED:
    case EVENT_LEFT:
    case EVENT_ROLES:
    case EVENT_CLOSED_ROOM:
    case EVENT_ERASED:
    case EVENT_KEY_GONE:
    case EVENT_AGENT_GONE:
    case EVENT_OFFERED:
    case EVENT_STAFF:
    case EVENT_LOGIN:
    case EVENT_CUSTOMER:
    case EVENT_OFFER_OVER:
        return;
    }
}
