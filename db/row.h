/* Rows of the database and the core's structs: the columns and their order, once. */
#ifndef PARLEY_ROW_H
#define PARLEY_ROW_H

#include "core/chat.h"
#include "core/entry.h"
#include "db/sql.h"

/* Select these, from `message`; then row_entry. */
#define ROW_ENTRY                                                                                  \
    " message.id, seq, pos, gid, message.createdAt, message.kind, role, userId, senderName,"       \
    " content, data, clientId, stanzaId, payload, shown, ref, editedAt, deletedAt "

/* Select these, then row_chat. */
#define ROW_CHAT                                                                                   \
    " room.id, organization, name, email, locale, page, state, escalationRequested,"               \
    " escalationReason, escalationRequestedAt, assignedToId, assignedAt, queuedAt,"                \
    " chat.createdAt, closedAt, assistantPending, version, lastSeq, lastPos, lastGid, lastAt,"     \
    " section, rank, chat.num, awayAt, offeredToId, offeredById, offeredAt, erasedAt,"             \
    " rating, ratingComment, ratedAt, externalId "
#define ROW_CHAT_FROM " FROM chat CROSS JOIN room ON room.num = chat.num "
#define ROW_SECTION 21 /* the three columns that place a chat in lists */
#define ROW_RANK 22
#define ROW_NUM 23

/* Strings go to the arena. room: the log's, lent to the entry. */
void row_entry(struct sql_row *row, struct arena *a, const char *room, struct entry *out);
void row_chat(struct sql_row *row, struct arena *a, struct chat *out);

#endif
