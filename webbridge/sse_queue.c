#include "webbridge/frame.h"
#include "webbridge/sse_own.h"

#include <stdlib.h>
#include <string.h>

/* The queue of one organization as its agents watch it. Rows are state: each is sent whole, and the
 * last one counts. A stream begins with a snapshot of the present, or where its client was last.
 * Then it reads from the log what came since, page by page, until nothing came while it read; from
 * there on it is live. So what is committed meanwhile waits in the log, and not in memory. */

#define ROWS 200            /* of a snapshot: those who wait come first */
#define COUNTS_AFTER_MS 300 /* counting reads the store: not for each change */
#define REPLAY_MAX 1000     /* entries behind the client's point; beyond, it loads anew */
#define PAGE 32             /* entries read at once */
#define PAUSE_BYTES 131072  /* unsent; the replay goes on when they are out */

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

static void send_row(struct feed *f, const struct chat *c)
{
    struct buf *out = &f->sse->scratch;

    buf_clear(out);
    put_row(f, out, c);
    wire_write(f->wire, out->data, out->len);
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
        put_row(f, out, c); /* first: whoever is cut here and has the id would never see it */
        if (view_sees(&v, e))
            frame_put_entry(out, &v, desk_epoch(s->web->desk), e->gid, c, e);
    }
    wire_write(f->wire, out->data, out->len);
    f->sent = e->gid;
}

/* The asker is shut out of the chat. */
static void send_removed(struct feed *f, const struct chat *c)
{
    struct buf *out = &f->sse->scratch;
    struct json *payload = json_object(), *chat = json_object();

    json_put_str(chat, "id", c->id);
    json_put_str(payload, "event", "chat_removed");
    json_put(payload, "chat", chat);
    buf_clear(out);
    frame_put_queue(out, c->organization, payload);
    wire_write(f->wire, out->data, out->len);
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
    s->counting--;
    sse_settle(s);
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
        s->counting++;
        desk_chats(s->web->desk, &who, FILTER_ALL, "", 1, counted, c);
    }
}

/* ---- what came since ---------------------------------------------------------------------------
 */

static const struct chat *chat_of(const struct query *page, const char *id)
{
    for (size_t i = 0; i < page->n_chats; i++)
        if (strcmp(page->chats[i].id, id) == 0)
            return &page->chats[i];
    return NULL;
}

/* Does the page go on with this chat behind its entry i, or from 0? */
static bool goes_on(const struct query *page, size_t i, const char *chat)
{
    for (; i < page->n_entries; i++)
        if (strcmp(page->entries[i].room, chat) == 0)
            return true;
    return false;
}

/* An entry as the log has it now, and before the chat's last one of the page its row. */
static void send_read(struct feed *f, const struct query *page, size_t i)
{
    struct sse *s = f->sse;
    struct viewer v = feed_viewer(f);
    const struct entry *e = &page->entries[i];
    const struct chat *c = chat_of(page, e->room);

    f->sent = e->gid;
    if (c == NULL || !feed_may(f, c))
        return;
    buf_clear(&s->scratch);
    if (!goes_on(page, i + 1, c->id))
        put_row(f, &s->scratch, c);
    if (view_sees(&v, e))
        frame_put_entry(&s->scratch, &v, desk_epoch(s->web->desk), e->gid, c, e);
    wire_write(f->wire, s->scratch.data, s->scratch.len);
}

/* False: the reader has to read first, or is gone. Rows without an entry, of what was erased, come
 * first: the ids of entries lie behind them. */
static bool send_page(struct feed *f, const struct query *page)
{
    for (size_t i = 0; i < page->n_chats && !wire_over(f->wire); i++)
        if (!goes_on(page, 0, page->chats[i].id) && feed_may(f, &page->chats[i]))
            send_row(f, &page->chats[i]);
    for (size_t i = 0; i < page->n_entries; i++) {
        if (wire_over(f->wire) || wire_waiting(f->wire) > PAUSE_BYTES)
            return false;
        send_read(f, page, i);
    }
    f->sent = page->up_to;
    return !wire_over(f->wire);
}

static void ask_snapshot(struct feed *f, bool reset);

static void on_news(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;
    bool first = f->call != NULL;

    if (!feed_back(f))
        return;
    if (first && e == ERR_NOT_FOUND) {
        ask_snapshot(f, true);
        return;
    }
    if (e != OK && first)
        call_fail(f->call, e, a);
    else if (e != OK)
        wire_end(f->wire); /* the client comes back and is told */
    if (e != OK)
        return;
    if (first)
        feed_begin(f, false);
    due(f);
    f->unread = f->unread || a->page->more;
    if (!wire_over(f->wire) && !send_page(f, a->page))
        f->unread = true;
    if (!wire_over(f->wire))
        queue_catch_up(f);
}

static void ask_news(struct feed *f, size_t most)
{
    struct principal who = {.kind = f->kind, .id = f->asker};

    f->unread = false;
    f->pending++;
    desk_news(f->sse->web->desk, &who, f->sent, most, PAGE, on_news, f);
}

void queue_catch_up(struct feed *f)
{
    if (!f->unread)
        f->live = true;
    else if (wire_waiting(f->wire) <= PAUSE_BYTES)
        ask_news(f, 0); /* else feed_on_drained goes on */
}

/* ---- the stream --------------------------------------------------------------------------------
 */

static void put_snapshot(struct feed *f, struct buf *out, const struct query *page)
{
    struct viewer v = feed_viewer(f);
    struct json *o = json_object(), *items = json_array();
    struct arena *a = arena_new();

    for (size_t i = 0; i < page->n_chats; i++)
        json_add(items, view_chat(&v, &page->chats[i]));
    json_put(o, "items", items);
    json_put(o, "counts", view_counts(page));
    json_put_str(o, "asOf", frame_print_point(a, desk_epoch(f->sse->web->desk), page->last_gid));
    frame_put_snapshot(out, o);
    arena_free(a);
}

static void on_snapshot(void *ctx, enum err e, const struct desk_answer *a)
{
    struct feed *f = ctx;
    struct buf *out = &f->sse->scratch;

    if (!feed_back(f))
        return;
    if (e != OK) {
        call_fail(f->call, e, a);
        return;
    }
    f->sent = a->page->last_gid;
    feed_begin(f, f->closing);
    f->closing = false;
    if (wire_over(f->wire))
        return;
    buf_clear(out);
    put_snapshot(f, out, a->page);
    wire_write(f->wire, out->data, out->len);
    if (!wire_over(f->wire))
        queue_catch_up(f);
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

/* reset: the client has to load anew. */
static void ask_snapshot(struct feed *f, bool reset)
{
    struct principal who = {.kind = f->kind, .id = f->asker};

    f->closing = reset;
    f->unread = false;
    f->pending++;
    desk_chats(f->sse->web->desk, &who, FILTER_ALL, "", ROWS, on_snapshot, f);
}

static void begin(struct feed *f)
{
    struct sse *s = f->sse;
    int64_t at = 0;

    switch (frame_read_point(feed_after(f), desk_epoch(s->web->desk), INT64_MAX, &at)) {
    case FRAME_NONE:
        ask_snapshot(f, false);
        return;
    case FRAME_AT:
        if (s->late_gid > 0 && at <= s->late_gid)
            break; /* it may lack what was told late */
        f->sent = at;
        ask_news(f, REPLAY_MAX);
        return;
    case FRAME_GONE:
        break;
    }
    ask_snapshot(f, true);
}

void queue_open(struct feed *f)
{
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
    begin(f);
}

static void on_entry(struct feed *f, const struct chat *c, const struct entry *e)
{
    if (e->gid < f->sse->last_gid) {
        wire_end(f->wire); /* as what is after it was told: the client is told to load anew */
        return;
    }
    if (!f->live) {
        f->unread = true;
        return;
    }
    send_entry(f, c, e);
    if (changes_counts(e))
        due(f);
}

static void on_shut_out(struct feed *f, const struct chat *c)
{
    if (f->live)
        send_removed(f, c);
    else
        wire_end(f->wire); /* what was read before may still show it */
}

void queue_on_event(struct feed *f, const struct event *e)
{
    const struct chat *c = e->room == NULL ? NULL : room_chat(e->room);

    if (c == NULL)
        return;
    if (e->kind == EVENT_AGENT_GONE && strcmp(e->agent_id, f->asker) == 0)
        on_shut_out(f, c);
    if (!feed_may(f, c))
        return;
    switch (e->kind) {
    case EVENT_ENTRY:
        on_entry(f, c, e->entry);
        return;
    case EVENT_ERASED:
        if (f->live)
            send_row(f, c);
        else
            f->unread = true;
        return;
    case EVENT_TYPING:
    case EVENT_READ:
    case EVENT_SAYING:
    case EVENT_UNSAID:
    case EVENT_JOINED:
    case EVENT_LEFT:
    case EVENT_ROLES:
    case EVENT_CLOSED_ROOM:
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
