/* Server-sent events as text. */
#ifndef PARLEY_FRAME_H
#define PARLEY_FRAME_H

#include "core/base/buf.h"
#include "webbridge/view.h"

/* Where a client is in the log: "<epoch>-<number>". FRAME_GONE: of another epoch, or never given.
 */
enum frame_point { FRAME_NONE, FRAME_AT, FRAME_GONE };
enum frame_point frame_read_point(const char *text, const char *epoch, int64_t last, int64_t *out);
char *frame_print_point(struct arena *a, const char *epoch, int64_t number);

/* All append to out. */
void frame_put_entry(struct buf *out, const struct viewer *v, const char *epoch, int64_t number,
                     const struct chat *chat, const struct entry *e);
void frame_put_typing(struct buf *out, const char *chat_id, const struct event *e);
void frame_put_read(struct buf *out, const char *chat_id, const struct event *e);
/* More of what the assistant of that name is writing as message_id; and that it does not go on. */
void frame_put_delta(struct buf *out, const char *chat_id, const char *message_id, const char *name,
                     const char *text);
void frame_put_ai_error(struct buf *out, const char *chat_id, const struct event *e);
void frame_put_wait(struct buf *out, const char *chat_id, const struct wait *w);
/* The client's point is not in this log: it must load everything again. */
/* why: "history_gone" or "erased". */
void frame_put_reset(struct buf *out, const char *why);
/* at: the number behind which the stream begins. */
void frame_put_ready(struct buf *out, const char *epoch, const char *chat_id, int64_t at,
                     int64_t now_ms);
/* For streams of the queue. payload and snapshot are taken. */
void frame_put_queue_ready(struct buf *out, const char *epoch, int64_t at, int64_t now_ms);
void frame_put_queue(struct buf *out, const char *organization, struct json *payload);
void frame_put_snapshot(struct buf *out, struct json *snapshot);

#endif
