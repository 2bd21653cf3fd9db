#include "core/desk_own.h"

#include "core/base/log.h"
#include "core/base/text.h"

#include <string.h>

/* What the lobby hears. A link is a plain one, never an invitation: some clients accept invitations
 * by themselves, and joining may be taking the chat. */

struct announce {
    const char *text;
    char chat[ID_LEN + 1];
};

#define NEWS_MS (60 * 60 * 1000) /* at start: what is older is no news */

static void announced(struct op *op, struct change *c)
{
    (void)staff_apply(op->room, c);
    staff_publish(op->room, c);
    op_done(op, OK, NULL);
}

static void announce_run(struct op *op)
{
    const struct announce *call = op->call;
    struct change *c;
    struct entry *e;

    if (!op->room->staff) {
        op_done(op, ERR_NOT_FOUND, NULL);
        return;
    }
    c = op_change(op);
    e = chat_entry(op, c, ENTRY_MESSAGE, ROLE_SYSTEM, call->text);
    e->audience = AUDIENCE_STAFF;
    memcpy(e->ref, call->chat, sizeof(e->ref)); /* it is erased together with the chat */
    chat_key(op, c, "announce", "");
    op_submit(op, c);
}

static void was_announced(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)ctx;
    (void)a;
    if (e != OK && e != ERR_NOT_FOUND)
        log_warn("not-announced", "error=%s", err_name(e));
}

static bool announce_plain(const struct op *op)
{
    return op->room->staff != NULL;
}

/* key: the same news is told once, also when it is found again at start. */
static void announce(struct desk *d, const struct chat *c, const char *key, const char *text)
{
    struct arena *a = arena_new();
    struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    struct op *op = op_new(d, lobby_local(a, c->organization), &system, was_announced, NULL);
    struct announce *call = arena_new_of(op->arena, struct announce);

    call->text = arena_dup(op->arena, text);
    memcpy(call->chat, c->id, sizeof(call->chat));
    op->key = arena_dup(op->arena, key);
    op->call = call;
    op->run = announce_run;
    op->applied = announced;
    op->plain = announce_plain;
    op_enter(op);
    arena_free(a);
}

static void tell_waits(struct desk *d, struct arena *a, const struct chat *c, bool again)
{
    const char *key = arena_printf(a, "%s waits %lld", c->id, (long long)c->queued_ms);
    const char *link = arena_printf(a, " - xmpp:%s@%s?join", c->id, d->o.domain);

    announce(d, c, key,
             arena_printf(a, "%s %s%s%.200s%s", again ? "WAITS AGAIN" : "NEW",
                          chat_customer_name(c), *c->escalation_reason ? " - " : "",
                          c->escalation_reason, link));
}

static void tell_taken(struct desk *d, struct arena *a, const struct chat *c)
{
    const struct agent *agent = directory_by_id(d->directory, c->assigned_to);
    const char *key = arena_printf(a, "%s taken %lld", c->id, (long long)c->assigned_ms);

    if (agent)
        announce(d, c, key, arena_printf(a, "%s took %s", agent->name, chat_customer_name(c)));
}

#define COMMENT_MAX 200 /* bytes of a comment that the lobby is shown */

static void tell_rated(struct desk *d, struct arena *a, const struct chat *c)
{
    const struct agent *agent = directory_by_id(d->directory, c->assigned_to);
    const char *key = arena_printf(a, "%s rated %lld", c->id, (long long)c->rated_ms);
    const char *comment = text_clean(a, c->rating_comment, strnlen(c->rating_comment, COMMENT_MAX));

    announce(d, c, key,
             arena_printf(a, "%s rated the chat%s%s %d/5%s%s", chat_customer_name(c),
                          agent ? " with " : "", agent ? agent->name : "", c->rating,
                          *comment ? " - " : "", comment));
}

static bool is_news(const struct desk *d, int64_t since_ms)
{
    return clock_age(d, since_ms) < NEWS_MS;
}

void lobby_chat_changed(struct desk *d, const struct chat *before, const struct chat *after)
{
    struct arena *a;
    bool waited = before && before->state == CHAT_WAITING;
    bool same = before && before->state == CHAT_LIVE &&
                strcmp(before->assigned_to, after->assigned_to) == 0;

    if (!d->o.domain || !*d->o.domain)
        return;
    a = arena_new();
    if (before && after->rating > 0 && before->rated_ms != after->rated_ms)
        tell_rated(d, a, after);
    switch (after->state) {
    case CHAT_WAITING:
        if ((!waited || before->queued_ms != after->queued_ms) &&
            (before || is_news(d, after->queued_ms)))
            tell_waits(d, a, after, after->queued_ms != after->escalation_requested_ms);
        break;
    case CHAT_LIVE:
        if (!same && (before || is_news(d, after->assigned_ms)))
            tell_taken(d, a, after);
        break;
    case CHAT_ASSISTANT:
    case CHAT_CLOSED:
        break;
    }
    arena_free(a);
}
