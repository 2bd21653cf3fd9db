#include "core/desk_own.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <string.h>

/* What the customer thinks of the chat, once: the score is for everybody in it, what was written
 * with it for staff only, and so an entry of its own. */

struct rate {
    int score;
    const char *comment;
    const char *body; /* of both, for the key */
};

static bool may_be_rated(const struct chat *c)
{
    switch (c->state) {
    case CHAT_ASSISTANT:
    case CHAT_WAITING:
        return false;
    case CHAT_LIVE:
    case CHAT_CLOSED:
        return true;
    }
    return false;
}

static const char *score_data(struct change *c, int score)
{
    struct json *o = json_object();
    const char *text;

    json_put_int(o, "score", score);
    text = json_print(c->arena, o);
    json_free(o);
    return text;
}

static void rate_store(struct op *op)
{
    const struct rate *call = op->call;
    struct change *c = op_change(op);
    struct chat *chat = chat_alter(op, c);

    chat->rating = call->score;
    chat->rating_comment = arena_dup(c->arena, call->comment);
    chat->rated_ms = c->now_ms;
    chat_entry(op, c, ENTRY_RATED, ROLE_SYSTEM,
               arena_printf(c->arena, "⭐ Rating: %d/5", call->score))
        ->data = score_data(c, call->score);
    if (*call->comment)
        (void)chat_note(op, c, NULL,
                        arena_printf(c->arena, "Comment on the rating: %s", call->comment));
    chat_key(op, c, "rate", call->body);
    op_submit(op, c);
}

static bool rate_check(struct op *op)
{
    struct rate *call = op->call;

    if (call->score < 1 || call->score > 5) {
        op_refuse(op, ERR_INVALID, "score", "The score is a number from 1 to 5.");
        return false;
    }
    if (!text_ok(call->comment, strlen(call->comment))) {
        op_refuse(op, ERR_TEXT, "comment", "The text holds a character that cannot be shown.");
        return false;
    }
    if (strlen(call->comment) > DESK_COMMENT_MAX) {
        op_refuse(op, ERR_TOO_LARGE, "comment", "The text is too long.");
        return false;
    }
    call->comment = text_body(op->arena, call->comment);
    call->body = arena_printf(op->arena, "%d\n%s", call->score, call->comment);
    return chat_key_ok(op);
}

static void rate_run(struct op *op)
{
    const struct rate *call = op->call;
    const struct chat *chat = op->room->chat;
    struct desk_answer why = {0};
    enum err e = op_may(op, ACTION_RATE);

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!rate_check(op))
        return;
    if (chat->rating == 0 && may_be_rated(chat)) {
        rate_store(op);
        return;
    }
    why.detail = chat->rating > 0 ? "This chat has been rated."
                                  : "A chat can be rated once an agent has it, or it is over.";
    chat_replay_or(op, "rate", call->body, ERR_CONFLICT, &why);
}

void desk_rate(struct desk *d, const struct principal *who, const char *chat, int score,
               const char *comment, const char *key, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct rate *call = arena_new_of(op->arena, struct rate);

    call->score = score;
    call->comment = arena_dup(op->arena, comment);
    op->key = arena_dup(op->arena, key);
    op->call = call;
    op->run = rate_run;
    op->applied = chat_applied;
    op_enter(op);
}
