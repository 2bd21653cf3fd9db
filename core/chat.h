/* What a customer's chat adds to a room: customer, state, assignment. Plain data. */
#ifndef PARLEY_CHAT_H
#define PARLEY_CHAT_H

#include "core/base/arena.h"
#include "core/base/crypto.h"

#include <stdbool.h>
#include <stdint.h>

enum chat_state {
    CHAT_ASSISTANT, /* with the assistant; no room for agents yet */
    CHAT_WAITING,   /* escalated, nobody assigned */
    CHAT_LIVE,      /* escalated and assigned */
    CHAT_CLOSED     /* over; may be reopened by the customer within the linger time */
};

const char *chat_state_name(enum chat_state s); /* "assistant" "waiting" "live" "closed" */

/* Members are named as in the HTTP API (docs/API.md). Strings are never NULL, "" is none; times 0
 * are none. */
struct chat {
    char id[ID_LEN + 1]; /* also the room's localpart */
    const char *organization;
    const char *name, *email, *locale, *page; /* of the customer, as given */
    const char *external_id; /* who the site says it is, signed: then so are name and email */
    enum chat_state state;
    bool escalation_requested;
    const char *escalation_reason; /* before people are asked for: the assistant's guess */
    int64_t escalation_requested_ms;
    const char *assigned_to; /* agent id */
    int64_t assigned_ms;
    int64_t queued_ms; /* since when it waits; kept through restarts */
    int64_t created_ms;
    int64_t closed_ms;
    int64_t erased_ms;      /* since when nothing of what was said is left */
    int64_t away_ms;        /* since when the assigned agent is out of the room */
    const char *offered_to; /* agent id of whom the chat is offered to */
    const char *offered_by; /* likewise, whose offer it is */
    int64_t offered_ms;
    int rating;                 /* the customer's, 1 to 5; 0 none since it was last reopened */
    const char *rating_comment; /* staff only */
    int64_t rated_ms;           /* by the wall clock */
    bool blocked;               /* the customer was banned: its token opens nothing any more */
    bool assistant_pending;     /* the customer's last message still wants the assistant's answer */
    int64_t version;            /* grows with each stored change; a stale change is ERR_CONFLICT */
    /* counters of the room's log, kept by the store */
    int64_t last_seq, last_pos, last_gid, last_ms;
};

/* A deep copy. */
struct chat *chat_dup(struct arena *a, const struct chat *c);

/* As people read it: "Customer" while the name is not known. */
const char *chat_customer_name(const struct chat *c);

/* Localparts that only the service may use: ids, which name chats' rooms, the same behind "c-" and
 * "a-", which are the customer's and the assistant's addresses, "queue" and "lobby…". */
bool chat_reserved_local(const char *local);

#endif
