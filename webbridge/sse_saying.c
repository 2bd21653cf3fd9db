#include "webbridge/frame.h"
#include "webbridge/sse_own.h"

/* What the assistant writes, as it writes it. Each stream gets a beginning of the text without
 * gaps, and need not get all of it: the message comes in the end. */

#define SLOW_BYTES 65536 /* unsent: the rest of the answer comes with the message only */

static void tell(struct feed *f, const char *message_id, const char *text)
{
    struct buf *out = &f->sse->scratch;

    buf_clear(out);
    frame_put_delta(out, f->chat, message_id, desk_assistant_name(f->sse->web->desk), text);
    wire_write(f->wire, out->data, out->len);
}

void saying_on_event(struct feed *f, const struct event *e)
{
    struct buf *out = &f->sse->scratch;

    if (!f->live)
        return;
    if (e->kind == EVENT_UNSAID) {
        buf_clear(out);
        frame_put_ai_error(out, f->chat, e);
        wire_write(f->wire, out->data, out->len);
        return;
    }
    if (e->first)
        f->hears = e->turn;
    if (f->hears != e->turn)
        return;
    if (wire_waiting(f->wire) > SLOW_BYTES)
        f->hears = 0;
    else
        tell(f, e->message_id, e->piece);
}

void saying_catch_up(struct feed *f)
{
    struct utterance s;

    if (!desk_saying(f->sse->web->desk, f->chat, &s) || f->hears == s.turn)
        return;
    f->hears = s.turn;
    tell(f, s.message_id, s.text);
}
