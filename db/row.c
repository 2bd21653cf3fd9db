#include "db/row.h"

#include <string.h>

static enum entry_kind kind_of(const char *name)
{
    for (int k = 0; k < ENTRY_KIND_COUNT_; k++)
        if (strcmp(entry_kind_name((enum entry_kind)k), name) == 0)
            return (enum entry_kind)k;
    return ENTRY_MESSAGE;
}

static enum role role_of(const char *name)
{
    for (int r = ROLE_USER; r < ROLE_SYSTEM; r++)
        if (strcmp(role_name((enum role)r), name) == 0)
            return (enum role)r;
    return ROLE_SYSTEM;
}

static enum chat_state state_of(const char *name)
{
    for (int s = CHAT_ASSISTANT; s < CHAT_CLOSED; s++)
        if (strcmp(chat_state_name((enum chat_state)s), name) == 0)
            return (enum chat_state)s;
    return CHAT_CLOSED;
}

void row_entry(struct sql_row *row, struct arena *a, const char *room, struct entry *out)
{
    *out = (struct entry){.room = room};
    sql_get_id(row, 0, out->id);
    out->seq = sql_get_int(row, 1);
    out->pos = sql_get_int(row, 2);
    out->audience = sql_is_null(row, 2) ? AUDIENCE_STAFF : AUDIENCE_PUBLIC;
    out->gid = sql_get_int(row, 3);
    out->created_ms = sql_get_int(row, 4);
    out->kind = kind_of(sql_get_text(row, 5, a));
    out->role = role_of(sql_get_text(row, 6, a));
    out->sender_id = sql_get_text(row, 7, a);
    out->sender_name = sql_get_text(row, 8, a);
    out->text = sql_get_text(row, 9, a);
    out->data = sql_get_text(row, 10, a);
    out->client_id = sql_get_text(row, 11, a);
    out->stanza_id = sql_get_text(row, 12, a);
    out->payload = sql_get_text(row, 13, a);
    out->shown = sql_get_text(row, 14, a);
    sql_get_id(row, 15, out->ref);
    out->edited_ms = sql_get_int(row, 16);
    out->deleted_ms = sql_get_int(row, 17);
}

void row_chat(struct sql_row *row, struct arena *a, struct chat *out)
{
    *out = (struct chat){.state = CHAT_CLOSED};
    sql_get_id(row, 0, out->id);
    out->organization = sql_get_text(row, 1, a);
    out->name = sql_get_text(row, 2, a);
    out->email = sql_get_text(row, 3, a);
    out->locale = sql_get_text(row, 4, a);
    out->page = sql_get_text(row, 5, a);
    out->state = state_of(sql_get_text(row, 6, a));
    out->escalation_requested = sql_get_int(row, 7) != 0;
    out->escalation_reason = sql_get_text(row, 8, a);
    out->escalation_requested_ms = sql_get_int(row, 9);
    out->assigned_to = sql_get_text(row, 10, a);
    out->assigned_ms = sql_get_int(row, 11);
    out->queued_ms = sql_get_int(row, 12);
    out->created_ms = sql_get_int(row, 13);
    out->closed_ms = sql_get_int(row, 14);
    out->assistant_pending = sql_get_int(row, 15) != 0;
    out->version = sql_get_int(row, 16);
    out->last_seq = sql_get_int(row, 17);
    out->last_pos = sql_get_int(row, 18);
    out->last_gid = sql_get_int(row, 19);
    out->last_ms = sql_get_int(row, 20);
    out->away_ms = sql_get_int(row, 24);
    out->offered_to = sql_get_text(row, 25, a);
    out->offered_by = sql_get_text(row, 26, a);
    out->offered_ms = sql_get_int(row, 27);
    out->erased_ms = sql_get_int(row, 28);
    out->rating = (int)sql_get_int(row, 29);
    out->rating_comment = sql_get_text(row, 30, a);
    out->rated_ms = sql_get_int(row, 31);
    out->external_id = sql_get_text(row, 32, a);
}
