#include "core/chat.h"

#include <string.h>

const char *chat_state_name(enum chat_state s)
{
    switch (s) {
    case CHAT_ASSISTANT:
        return "assistant";
    case CHAT_WAITING:
        return "waiting";
    case CHAT_LIVE:
        return "live";
    case CHAT_CLOSED:
        return "closed";
    }
    return "";
}

struct chat *chat_dup(struct arena *a, const struct chat *c)
{
    struct chat *copy = arena_new_of(a, struct chat);

    *copy = *c;
    copy->organization = arena_dup(a, c->organization);
    copy->name = arena_dup(a, c->name);
    copy->email = arena_dup(a, c->email);
    copy->external_id = arena_dup(a, c->external_id);
    copy->locale = arena_dup(a, c->locale);
    copy->page = arena_dup(a, c->page);
    copy->escalation_reason = arena_dup(a, c->escalation_reason);
    copy->assigned_to = arena_dup(a, c->assigned_to);
    copy->offered_to = arena_dup(a, c->offered_to);
    copy->offered_by = arena_dup(a, c->offered_by);
    copy->rating_comment = arena_dup(a, c->rating_comment);
    return copy;
}

const char *chat_customer_name(const struct chat *c)
{
    return *c->name ? c->name : "Customer";
}

bool chat_reserved_local(const char *local)
{
    if (strcmp(local, "queue") == 0 || strcmp(local, "lobby") == 0 ||
        strncmp(local, "lobby-", 6) == 0)
        return true;
    if (strncmp(local, "c-", 2) == 0 || strncmp(local, "a-", 2) == 0)
        local += 2;
    return crypto_is_id(local);
}
