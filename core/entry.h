/* One entry of a room's log. Everything durable that happens in a room is one. Plain data. */
#ifndef PARLEY_ENTRY_H
#define PARLEY_ENTRY_H

#include "core/base/arena.h"
#include "core/base/crypto.h"

#include <stdbool.h>
#include <stdint.h>

enum entry_kind {
    ENTRY_MESSAGE,
    ENTRY_ESCALATED,
    ENTRY_AGENT_JOINED,
    ENTRY_AGENT_LEFT,
    ENTRY_CLOSED,
    ENTRY_REOPENED,
    ENTRY_SUBJECT,
    ENTRY_EDITED,   /* a message has another text now; ref is the message */
    ENTRY_DELETED,  /* a message was taken back, its text is erased; ref is the message */
    ENTRY_REACTION, /* all reactions of its author to the message ref */
    ENTRY_NOTE,     /* of staff for staff: never public */
    ENTRY_RATED,    /* the customer's opinion of the chat */
    ENTRY_PAYLOAD,  /* no text: what agents' clients asked to be kept; never public */
    ENTRY_KIND_COUNT_
};

enum role { ROLE_USER, ROLE_ASSISTANT, ROLE_AGENT, ROLE_SYSTEM };

enum audience { AUDIENCE_STAFF, AUDIENCE_PUBLIC }; /* fixed when stored */

/* The event's name on SSE: "message", "escalated", "agent_joined" … */
const char *entry_kind_name(enum entry_kind k);
const char *role_name(enum role r); /* "USER" "ASSISTANT" "AGENT" "SYSTEM" */

/* Strings are never NULL, "" is none. */
struct entry {
    char id[ID_LEN + 1];
    const char *room;
    int64_t seq;        /* place in the room's log, 1, 2, 3 … without gaps; staff see it */
    int64_t pos;        /* place among the public entries of the room; 0 when staff-only */
    int64_t gid;        /* place in the whole database, in commit order */
    int64_t created_ms; /* max(now, previous of the room + 1) */
    enum entry_kind kind;
    enum role role;
    enum audience audience;
    const char *sender_id; /* agent id, chat id for the customer, "assistant", "" for the system */
    const char *sender_name; /* as shown then */
    const char *text;
    const char *data; /* JSON object with what the kind adds (actions, reason, agentId), or "" */
    const char *client_id; /* the author's idempotency key, shown to the author's pages */
    const char *stanza_id; /* id attribute of the stanza it came as */
    const char *payload;   /* XML of further payloads that are reflected, made by the XML writer */
    const char *shown;     /* what pages show instead of text: without a quoted part, or corrected;
                              "" or NULL: text itself */
    char ref[ID_LEN + 1];  /* the entry it speaks of; "" none */
    int64_t edited_ms;     /* shown was last corrected; 0 never */
    int64_t deleted_ms;    /* text, shown and data are erased, payload is a tombstone; 0 not */
};

/* The text for pages. */
const char *entry_shown(const struct entry *e);
/* Is it something that was said, or that speaks of what was said, and no event of the chat? */
bool entry_is_said(enum entry_kind k);

struct entry *entry_dup(struct arena *a, const struct entry *e);
/* Copies *from into *to, strings into the arena. */
void entry_copy(struct arena *a, struct entry *to, const struct entry *from);

#endif
