/* The use cases: the one door through which HTTP handlers, stanzas, timers and the assistant change
 * a chat. Each call takes its place in the room's line, is decided on committed state, stored,
 * applied, and then answered and told to the bus, in that order, before the next one starts. */
#ifndef PARLEY_DESK_H
#define PARLEY_DESK_H

#include "core/bus.h"
#include "core/may.h"
#include "core/ports.h"
#include "core/queue.h"

#define DESK_TEXT_MAX 16384 /* bytes of one message */
#define DESK_KEY_MAX 64     /* bytes of an idempotency key */
#define DESK_HISTORY 100    /* entries an agent sees on joining, unless it asks for fewer */

struct desk;

enum claim_on { CLAIM_JOIN, CLAIM_MESSAGE, CLAIM_COMMAND };

struct desk_texts {
    const char *waiting;      /* "⏱️ Connecting you to a support agent. Please wait..." */
    const char *agent_joined; /* "✅ Support Agent %s has joined the chat": one %s, checked */
    const char *agent_left;   /* one %s */
    const char *closed, *reopened;
    const char *offer; /* label of the assistant's button "Connect with Customer Support" */
};

struct desk_options {
    struct store_port store;
    struct timer_port time;
    struct assistant_port assistant;
    struct desk_texts texts;
    enum claim_on claim_on;
    int64_t linger_ms;    /* how long a closed chat can be reopened by its customer */
    int64_t room_idle_ms; /* how long an empty room stays in memory */
    int messages_per_minute, messages_burst, escalations_per_hour; /* per chat, of the customer */
};

/* Strings of options are lent for the desk's life. */
struct desk *desk_new(const struct desk_options *o, struct bus *bus);
void desk_free(struct desk *d);

/* What a call answers. Lent during the callback. */
struct desk_answer {
    const struct chat *chat;     /* NULL when there is none to show */
    const struct room *room;     /* likewise */
    const struct entry *entries; /* made by this call, or by its first run when replayed */
    size_t n_entries;
    bool replayed;
    bool unchanged;    /* nothing had to be done (already escalated, already mine) */
    const char *token; /* desk_begin, desk_key_add: the only time it is known */
    const char *epoch;
    int64_t position;    /* escalation: place in the queue, 0 none */
    int64_t estimate_ms; /* escalation: -1 unknown */
    int64_t retry_ms;    /* ERR_RATE, ERR_BUSY, ERR_UNKNOWN: when to come again */
    const char *detail;  /* what was wrong, for people; "" none */
    const char *field;   /* which field was wrong; "" none */
    /* joins */
    const struct session *session;
    const struct occupant *occupant;
    bool new_occupant;           /* the first session of its agent: others must be told */
    bool resync;                 /* the session was there already and asked for everything again */
    const struct entry *history; /* up to now, oldest first */
    size_t n_history;
    const struct query *page; /* lists: the read's results */
};

typedef void desk_fn(void *ctx, enum err e, const struct desk_answer *a);

/* ---- start ---------------------------------------------------------------------------------- */

/* Load the directory, the queue and the room sessions; ask the assistant again where it owes an
 * answer. done: OK, or why the store could not be read. */
void desk_start(struct desk *d, desk_fn *done, void *ctx);

/* Call about once a second: drops idle rooms. */
void desk_tick(struct desk *d);

struct directory *desk_directory(struct desk *d); /* change it only through the desk */
const struct queue *desk_queue(const struct desk *d);
const char *desk_epoch(const struct desk *d);
const char *desk_secret(const struct desk *d);
int64_t desk_now(const struct desk *d);
const char *desk_assistant_name(const struct desk *d);
bool desk_store_ok(const struct desk *d); /* the last write did not fail */
/* The texts in force, for the pages. */
const struct desk_texts *desk_texts(const struct desk *d);

/* Whether agents can come in: an agent counts as available while it has a session in any room. */
size_t desk_agents_available(const struct desk *d, const char *organization);

/* ---- customers ------------------------------------------------------------------------------ */

struct begin {
    const char *organization, *name, *email, *locale, *page; /* NULL or "" when not given */
};

/* Begin a chat. answer: chat, token.
 * Errors  ERR_INVALID, ERR_TEXT (field, detail); ERR_NOT_FOUND organization unknown */
void desk_begin(struct desk *d, const struct begin *b, desk_fn *done, void *ctx);

/* Who holds this token? answer->detail is unused; *who is passed by the callback. */
typedef void desk_who_fn(void *ctx, enum err e, const struct principal *who);
void desk_authenticate(struct desk *d, const char *token, desk_who_fn *done, void *ctx);

struct post {
    const char *text;    /* checked here: ERR_TEXT, ERR_INVALID (empty), ERR_TOO_LARGE */
    const char *key;     /* idempotency key, NULL or "" none */
    bool escalated_only; /* …/messages/send: ERR_NOT_ESCALATED in the assistant's phase */
    /* from XMPP: */
    const char *address; /* the sender's session; its occupant is the author */
    const char *stanza_id;
    const char *payload; /* XML that is reflected with the body */
};

/* One message. A customer's goes to the assistant or to people, by state; an agent's claims an
 * unassigned chat when it may (pending, or claim_on message), else needs a speaker.
 * Errors  ERR_NOT_FOUND ERR_NOT_ESCALATED ERR_CLOSED ERR_RATE ERR_KEY_REUSED ERR_NOT_OCCUPANT
 *         ERR_FORBIDDEN (a visitor), ERR_BUSY ERR_UNKNOWN */
void desk_post(struct desk *d, const struct principal *who, const char *chat, const struct post *p,
               desk_fn *done, void *ctx);

/* Ask for people. reason NULL or "" is allowed. key as in struct post; without one a repetition
 * still finds the chat escalated and changes nothing. */
void desk_escalate(struct desk *d, const struct principal *who, const char *chat,
                   const char *reason, const char *key, desk_fn *done, void *ctx);

/* ---- agents --------------------------------------------------------------------------------- */

/* Take the chat. Errors ERR_ALREADY_ASSIGNED (answer->chat says by whom) ERR_NOT_ESCALATED … */
void desk_assign(struct desk *d, const struct principal *who, const char *chat, const char *key,
                 desk_fn *done, void *ctx);

struct join {
    enum session_kind kind;
    const char *address;  /* full JID or stream id */
    const char *presence; /* opaque XML of the reflected payloads */
    bool resync;          /* asked to join: send everything again even if already in */
    size_t history_max;   /* entries; DESK_HISTORY at most */
};

/* Be in the room. Errors ERR_NOT_FOUND not there or not yours; ERR_CLOSED over;
 * ERR_NOT_OCCUPANT when !resync and there is no such session (a presence update of a stranger). */
void desk_join(struct desk *d, const struct principal *who, const char *chat, const struct join *j,
               desk_fn *done, void *ctx);

/* The room as it is, for those who may be in it. */
void desk_look(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
               void *ctx);

/* A session ends. lost: thrown out after errors. why: shown to others, may be "". done may be NULL.
 * Unknown sessions are ignored. */
void desk_leave(struct desk *d, const char *chat, const char *address, bool lost, const char *why,
                desk_fn *done, void *ctx);

/* ---- both ----------------------------------------------------------------------------------- */

/* Ephemeral. An agent in XMPP gives its session's address, else "". */
void desk_typing(struct desk *d, const struct principal *who, const char *chat, const char *address,
                 bool typing, desk_fn *done, void *ctx);

void desk_close(struct desk *d, const struct principal *who, const char *chat, const char *reason,
                const char *key, desk_fn *done, void *ctx);

/* The chat as it is. */
void desk_chat(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
               void *ctx);

/* Part of the log as the asker may see it (customers: public entries, positions; agents: all, seq).
 * after/before/newest/limit as in struct query. answer: chat, page. */
struct range {
    int64_t after, before;
    bool newest;
    size_t limit;
};
void desk_entries(struct desk *d, const struct principal *who, const char *chat,
                  const struct range *r, desk_fn *done, void *ctx);

/* A page of the chats the agent may read. answer: page. */
void desk_chats(struct desk *d, const struct principal *who, enum chat_filter filter,
                const char *cursor, size_t limit, desk_fn *done, void *ctx);

/* Do something in the room's line, when everything before it is committed and told; done gets the
 * room with its entries above after_gid as history (at most 1000; answer->unchanged = false means
 * there are more). For catching up after an outage. */
void desk_catch_up(struct desk *d, const char *chat, int64_t after_gid, desk_fn *done, void *ctx);

/* ---- link ----------------------------------------------------------------------------------- */

int64_t desk_xmpp_confirmed(const struct desk *d);
void desk_confirm(struct desk *d, int64_t gid); /* stored soon, with the next commit or alone */
/* Rooms that have XMPP sessions. */
void desk_each_occupied(struct desk *d, void (*fn)(void *ctx, const char *room_id), void *ctx);

/* ---- management (commands) ------------------------------------------------------------------ */

/* who is WHO_SYSTEM for all of these. */
struct agent_new {
    const char *jid, *name, *organization, *skills;
    bool supervisor;
};
void desk_agent_add(struct desk *d, const struct agent_new *a, desk_fn *done, void *ctx);
void desk_agent_remove(struct desk *d, const char *jid, desk_fn *done, void *ctx);
void desk_organization_put(struct desk *d, const struct organization *o, desk_fn *done, void *ctx);
/* A token for the API on behalf of an agent. answer: token. */
void desk_key_add(struct desk *d, const char *jid, const char *label, desk_fn *done, void *ctx);
void desk_key_list(struct desk *d, desk_fn *done, void *ctx);
void desk_key_remove(struct desk *d, const char *hash_prefix_hex, desk_fn *done, void *ctx);
/* Any chat, any organization: chat and page (entries) or page (chats). */
void desk_admin_chat(struct desk *d, const char *chat, desk_fn *done, void *ctx);
void desk_admin_chats(struct desk *d, enum chat_filter filter, const char *cursor, size_t limit,
                      desk_fn *done, void *ctx);

#endif
