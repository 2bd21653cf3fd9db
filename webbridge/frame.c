#include "webbridge/frame.h"

#include "core/base/stamp.h"

#include <stdlib.h>
#include <string.h>

enum frame_point frame_read_point(const char *text, const char *epoch, int64_t last, int64_t *out)
{
    size_t len = strlen(epoch);
    const char *digits;

    if (text == NULL || *text == '\0')
        return FRAME_NONE;
    if (len == 0 || strncmp(text, epoch, len) != 0 || text[len] != '-')
        return FRAME_GONE;
    digits = text + len + 1;
    if (*digits == '\0' || strlen(digits) > 15 || digits[strspn(digits, "0123456789")] != '\0')
        return FRAME_GONE;
    *out = strtoll(digits, NULL, 10);
    return *out <= last ? FRAME_AT : FRAME_GONE;
}

char *frame_print_point(struct arena *a, const char *epoch, int64_t number)
{
    return arena_printf(a, "%s-%lld", epoch, (long long)number);
}

void frame_put_entry(struct buf *out, const struct viewer *v, const char *epoch, int64_t number,
                     const struct chat *chat, const struct entry *e)
{
    struct arena *a = arena_new();

    buf_printf(out, "id: %s\nevent: %s\ndata: ", frame_print_point(a, epoch, number),
               entry_kind_name(e->kind));
    buf_puts(out, view_event(a, v, chat, e));
    buf_puts(out, "\n\n");
    arena_free(a);
}

void frame_put_typing(struct buf *out, const char *chat_id, const struct event *e)
{
    struct arena *a = arena_new();

    buf_printf(out, "event: typing\ndata: %s\n\n", view_typing(a, chat_id, e));
    arena_free(a);
}

void frame_put_read(struct buf *out, const char *chat_id, const struct event *e)
{
    struct arena *a = arena_new();

    buf_printf(out, "event: read\ndata: %s\n\n", view_read(a, chat_id, e));
    arena_free(a);
}

void frame_put_delta(struct buf *out, const char *chat_id, const char *message_id, const char *name,
                     const char *text)
{
    struct arena *a = arena_new();

    buf_printf(out, "event: ai_delta\ndata: %s\n\n",
               view_delta(a, chat_id, message_id, name, text));
    arena_free(a);
}

void frame_put_ai_error(struct buf *out, const char *chat_id, const struct event *e)
{
    struct arena *a = arena_new();

    buf_printf(out, "event: ai_error\ndata: %s\n\n", view_ai_error(a, chat_id, e));
    arena_free(a);
}

void frame_put_wait(struct buf *out, const char *chat_id, const struct wait *w)
{
    struct arena *a = arena_new();

    buf_printf(out, "event: queue\ndata: %s\n\n", view_wait(a, chat_id, w));
    arena_free(a);
}

void frame_put_reset(struct buf *out, const char *why)
{
    buf_printf(out, "event: reset\ndata: {\"reason\":\"%s\"}\n\n", why);
}

/* channels is taken. */
static void put_ready(struct buf *out, struct json *channels, const char *epoch, int64_t at,
                      int64_t now_ms)
{
    struct arena *a = arena_new();
    struct json *o = json_object();
    char stamp[STAMP_LEN + 1];

    json_put(o, "channels", channels);
    json_put_str(o, "lastEventId", frame_print_point(a, epoch, at));
    stamp_format(now_ms, stamp);
    json_put_str(o, "serverTime", stamp);
    buf_printf(out, "event: ready\ndata: %s\n\n", json_print(a, o));
    json_free(o);
    arena_free(a);
}

void frame_put_ready(struct buf *out, const char *epoch, const char *chat_id, int64_t at,
                     int64_t now_ms)
{
    static const char *const names[] = {
        "message",    "message_updated", "message_deleted", "escalated", "agent_joined",
        "agent_left", "closed",          "reopened",        "rated",     "typing",
        "read",       "queue",           "ai_delta",        "ai_error"};
    struct json *channels = json_array();
    struct arena *a = arena_new();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        json_add_str(channels, arena_printf(a, "chat:%s:%s", chat_id, names[i]));
    put_ready(out, channels, epoch, at, now_ms);
    arena_free(a);
}

void frame_put_queue_ready(struct buf *out, const char *epoch, int64_t at, int64_t now_ms)
{
    struct json *channels = json_array();

    json_add_str(channels, "queue");
    put_ready(out, channels, epoch, at, now_ms);
}

void frame_put_queue(struct buf *out, const char *organization, struct json *payload)
{
    struct arena *a = arena_new();

    buf_printf(out, "event: queue\ndata: %s\n\n",
               view_envelope(a, "queue", arena_printf(a, "org:%s:queue", organization), payload));
    arena_free(a);
}

void frame_put_snapshot(struct buf *out, struct json *snapshot)
{
    struct arena *a = arena_new();

    buf_printf(out, "event: snapshot\ndata: %s\n\n", json_print(a, snapshot));
    json_free(snapshot);
    arena_free(a);
}
