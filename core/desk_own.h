/* The desk's inside: rooms, and the line of operations of each. Private to core/. */
#ifndef PARLEY_DESK_OWN_H
#define PARLEY_DESK_OWN_H

#include "core/base/map.h"
#include "core/desk.h"

#include <sys/queue.h>

#define DESK_SESSIONS_MAX 500 /* sessions in one room */
#define DESK_LINE_MAX 1000    /* operations waiting for one room; more is ERR_BUSY */
#define DESK_TURN_ENTRIES 20  /* of the log's end, shown to the assistant */

struct bucket {
    double tokens;
    int64_t at_ms; /* 0: never used, full */
};

/* One call, waiting for its turn in the room's line or being carried out. */
struct op {
    STAILQ_ENTRY(op) link;
    struct arena *arena; /* owns the op */
    struct room *room;
    struct principal who;
    void (*run)(struct op *op);                       /* decide: op_refuse, op_done or op_submit */
    void (*applied)(struct op *op, struct change *c); /* after the commit */
    bool (*plain)(const struct op *op); /* changes nothing that decides the next: may be handed to
                                           the store together with others; NULL never */
    void *call;                         /* the parameters, in the arena */
    const char *key;                    /* idempotency key, NULL or "" none */
    desk_fn *done;
    void *ctx;
    enum err instead;              /* how a call with a new key ends when only_replay was asked */
    struct desk_answer *otherwise; /* and with what, in the arena */
    bool lost;                     /* asked for a room that cannot exist */
    bool line_free;                /* does not hold up the line */
};
STAILQ_HEAD(op_list, op);

enum room_load { ROOM_UNLOADED, ROOM_LOADING, ROOM_READY };

struct room {
    struct desk *desk;
    char id[ID_LEN + 1]; /* "" for the office: changes that belong to no room */
    enum room_load load;
    struct arena *arena; /* of chat and customer_nick; renewed with each change */
    struct chat *chat;
    const char *customer_nick;
    struct map *participants; /* agent id -> itself; value &speaker_yes or &speaker_no */
    struct occupant **occupants;
    size_t n_occupants, n_sessions;

    struct op_list line;
    size_t n_line;
    size_t in_flight;
    bool flight_plain; /* what is in flight may be joined by plain ones */
    bool stale;        /* a commit failed: load anew before the next op. Until then chat stays at
                          what was told, and nothing more is told */
    bool pumping;

    bool idle; /* in the desk's list of idle rooms */
    int64_t idle_since_ms;
    TAILQ_ENTRY(room) idle_link;

    struct bucket messages, escalations;
    bool asking; /* the assistant is at work, or will be asked again at ask_at_ms */
    int64_t ask_at_ms;
    TAILQ_ENTRY(room) owing_link;
    int64_t question_seq; /* the customer's last message for the assistant */
    int64_t asked_seq;    /* the one the assistant was asked about */
};
TAILQ_HEAD(room_list, room);

struct desk {
    struct desk_options o;
    struct bus *bus;
    struct directory *directory;
    struct queue *queue;
    struct map *rooms;
    struct room *office;
    struct room_list idle;
    struct room_list owing;    /* where asking or loading anew failed; soonest first */
    struct map *tokens;        /* hash in hex -> struct known_token */
    uint64_t tokens_forgotten; /* how often: what was read before is not remembered */
    struct map *present;       /* agent id -> count of sessions, as (void *)(intptr_t) */
    char *epoch, *secret;
    int64_t confirmed, confirm_wanted, confirm_sent;
    bool store_ok;
};

/* ---- desk.c: lines ---- */

/* A new op for the room, not yet in its line. */
struct op *op_new(struct desk *d, const char *room_id, const struct principal *who, desk_fn *done,
                  void *ctx);
struct op *op_new_office(struct desk *d, desk_fn *done, void *ctx);
/* Into the line; runs at once when nothing is before it. The op is the line's from here on. */
void op_enter(struct op *op);
/* End it. answer NULL: an empty one with the room's chat. The op is freed. */
void op_done(struct op *op, enum err e, struct desk_answer *answer);
/* End it with the publication of events between the answer and the next op: op_answer calls the
 * caller back, op_end lets the line go on. op_done is both. */
void op_answer(struct op *op, enum err e, struct desk_answer *answer);
void op_end(struct op *op);
void op_refuse(struct op *op, enum err e, const char *field, const char *detail);
/* May who asks do that to the room's chat? For an agent only: ERR_FORBIDDEN to all others. */
NODISCARD enum err op_may(const struct op *op, enum action what);
NODISCARD enum err op_may_as_agent(const struct op *op, enum action what);
bool op_always_plain(const struct op *op);
struct change *op_change(struct op *op);
/* Hand it to the store; op->applied runs after the commit. */
void op_submit(struct op *op, struct change *c);
void op_read(struct op *op, struct query *q, void (*done)(struct op *op, struct query *q));

/* Start what may be started; rooms that nobody needs go to rest or are freed. */
void line_pump(struct room *r);
/* Refuse all that wait. Calls that come back meanwhile wait in the line: r->pumping must be set. */
void line_fail(struct room *r, enum err e);

/* Is there a token? If not, *retry_ms says when. */
bool bucket_has(struct bucket *b, double per_ms, double burst, int64_t now_ms, int64_t *retry_ms);
void bucket_take(struct bucket *b);

/* ---- desk_load.c ---- */

/* Read the room, or the office's people, from the store; nothing of it may be in flight. What a
 * failed commit did after all is told to the bus. When it cannot be read, its line is refused. */
void load_room(struct room *r);

/* ---- room.c ---- */

struct room *room_new(struct desk *d, const char *id);
void room_free(struct room *r);
void room_set_chat(struct room *r, const struct chat *c);
void room_put_participant(struct room *r, const char *agent_id, bool speaker);
/* What to store so that agent_id becomes the only speaker. */
struct participant *room_speakers_now(struct room *r, struct arena *a, const char *agent_id,
                                      size_t *n);
bool room_was_here(const struct room *r, const char *agent_id);
struct occupant *room_own(struct room *r, const char *agent_id);
/* Is the address a session of this agent? */
bool room_has(const struct room *r, const char *agent_id, const char *address);
/* Add or replace a session; its occupant is made when missing. Returns the session. */
struct session *room_put_session(struct room *r, const struct session *s);
/* Remove; *gone is the removed session (free with session_free), *last its occupant when that was
 * its last session (free with occupant_free), else NULL. False when there is no such session. */
bool room_take_session(struct room *r, const char *address, struct session **gone,
                       struct occupant **last);
void room_clear_sessions(struct room *r);
void session_free(struct session *s);
void occupant_free(struct occupant *o);
/* Give each occupant the role that chat and speakers demand. True when any changed. */
bool room_settle_roles(struct room *r);

/* ---- desk_chat.c ---- */

/* After a change of this room was committed: take over chat, participants, counters. */
void chat_apply(struct room *r, const struct change *c);
/* Tell the bus: each entry, then roles if they changed. */
void chat_publish(struct room *r, const struct change *c);
/* The chat to be stored with the change, a copy that may be altered. */
struct chat *chat_alter(struct op *op, struct change *c);
struct entry *chat_entry(struct op *op, struct change *c, enum entry_kind kind, enum role role,
                         const char *text);
/* Give the change the op's idempotency key, if it has one. what, body: what must be the same. */
void chat_key(struct op *op, struct change *c, const char *what, const char *body);
/* Make agent the assigned one within this change: chat, speaker, entry agent_joined. */
void chat_claim(struct op *op, struct change *c, const struct agent *agent);
/* The key has the right form? Else the op is ended. */
bool chat_key_ok(struct op *op);
/* End with e and *answer, but when the op has a key that is known, as the first call with it did:
 * a refusal, or that nothing is to be done, may hide that the first try went through.
 * op->applied gets the replay. answer may be NULL. */
void chat_replay_or(struct op *op, const char *what, const char *body, enum err e,
                    const struct desk_answer *answer);

/* ---- desk_post.c ---- */

/* Ask the assistant about the room's last question, unless it is at work already. */
void chat_ask(struct room *r);
/* Asking, or loading the room anew, failed: the room stays in memory and is tried again. */
void chat_ask_later(struct room *r);
void chat_ask_again(struct desk *d); /* for all whose time has come */

/* ---- desk_people.c ---- */

/* A name that neither customers nor new agents may have. */
bool people_reserved_name(struct op *op, const char *name);
void people_forget_tokens(struct desk *d);
/* The agent was removed: from the directory, and out of all rooms. */
void people_gone(struct desk *d, const char *agent_id);

#endif
