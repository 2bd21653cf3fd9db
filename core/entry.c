#include "core/entry.h"

const char *entry_kind_name(enum entry_kind k)
{
    switch (k) {
    case ENTRY_MESSAGE:
        return "message";
    case ENTRY_ESCALATED:
        return "escalated";
    case ENTRY_AGENT_JOINED:
        return "agent_joined";
    case ENTRY_AGENT_LEFT:
        return "agent_left";
    case ENTRY_CLOSED:
        return "closed";
    case ENTRY_REOPENED:
        return "reopened";
    case ENTRY_SUBJECT:
        return "subject";
    case ENTRY_EDITED:
        return "message_updated";
    case ENTRY_DELETED:
        return "message_deleted";
    case ENTRY_REACTION:
        return "reaction";
    case ENTRY_NOTE:
        return "note";
    case ENTRY_RATED:
        return "rated";
    case ENTRY_PAYLOAD:
        return "payload";
    case ENTRY_KIND_COUNT_:
        break;
    }
    return "";
}

const char *role_name(enum role r)
{
    switch (r) {
    case ROLE_USER:
        return "USER";
    case ROLE_ASSISTANT:
        return "ASSISTANT";
    case ROLE_AGENT:
        return "AGENT";
    case ROLE_SYSTEM:
        return "SYSTEM";
    }
    return "";
}

void entry_copy(struct arena *a, struct entry *to, const struct entry *from)
{
    *to = *from;
    to->room = arena_dup(a, from->room);
    to->sender_id = arena_dup(a, from->sender_id);
    to->sender_name = arena_dup(a, from->sender_name);
    to->text = arena_dup(a, from->text);
    to->data = arena_dup(a, from->data);
    to->client_id = arena_dup(a, from->client_id);
    to->stanza_id = arena_dup(a, from->stanza_id);
    to->payload = arena_dup(a, from->payload);
    to->shown = arena_dup(a, from->shown);
}

const char *entry_shown(const struct entry *e)
{
    return e->shown && *e->shown ? e->shown : e->text;
}

bool entry_is_said(enum entry_kind k)
{
    return k == ENTRY_MESSAGE || k == ENTRY_EDITED || k == ENTRY_DELETED || k == ENTRY_REACTION ||
           k == ENTRY_NOTE || k == ENTRY_PAYLOAD;
}

struct entry *entry_dup(struct arena *a, const struct entry *e)
{
    struct entry *copy = arena_new_of(a, struct entry);

    entry_copy(a, copy, e);
    return copy;
}
