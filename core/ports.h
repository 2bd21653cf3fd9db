/* What the core asks of others: store, clock, ids, assistant. Filled in by component/main.c and by
 * tests. All calls are made on the loop thread; completions arrive on the loop thread. */
#ifndef PARLEY_PORTS_H
#define PARLEY_PORTS_H

#include "core/canned.h"
#include "core/chat.h"
#include "core/entry.h"
#include "core/file.h"
#include "core/people.h"
#include "core/search.h"
#include "core/staff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what is stored beside chats and entries ------------------------------------------------ */

enum session_kind { SESSION_XMPP, SESSION_WEB };

/* An agent's presence in a room by one client. Only XMPP sessions are stored: they outlive the
 * daemon, a web stream does not. */
struct session {
    enum session_kind kind;
    const char *room;
    const char *address;  /* full JID, or the stream's id */
    const char *agent_id; /* "" for one who is no agent (staff rooms) */
    const char *jid;      /* bare */
    const char *nick;
    const char *presence; /* the reflected payloads as XML, <show/> first; else opaque; "" none */
    int64_t since_gid;    /* what its join covered */
    int64_t joined_ms;
    enum room_role role; /* staff rooms; in chats it follows from who speaks: ROOM_NONE */
};

/* That an agent was in a chat: joins claim only the first time, and speakers reach the customer. */
struct participant {
    const char *agent_id;
    bool speaker;
};

/* What a correction or retraction does to the entry it speaks of: at the time of the change's first
 * entry, in the same transaction. */
struct amend {
    const char *id;
    bool erase;          /* text, shown and data go, also of its corrections */
    const char *shown;   /* else: the text for pages from now on */
    const char *payload; /* erase: the tombstone */
};

/* How far somebody has read. */
struct reader {
    const char *id; /* agent id, or chat id for the customer */
    int64_t seq;
};

/* What an agent is in one chat, where that differs from what its organization makes it. */
enum standing {
    STANDING_USUAL,
    STANDING_MEMBER, /* invited, or let in again */
    STANDING_NONE,   /* removed: may not enter */
    STANDING_OUTCAST /* banned: may not enter */
};

struct access {
    const char *room; /* as read; a change's are of its own room */
    const char *agent_id;
    enum standing standing;
};

enum token_kind {
    TOKEN_CHAT,
    TOKEN_AGENT,  /* a key of the API */
    TOKEN_SESSION /* an agent's browser; ends by itself */
};

struct token {
    unsigned char hash[HASH_LEN]; /* of the token's text */
    enum token_kind kind;
    const char *subject; /* chat id or agent id */
    const char *label;   /* what it is for; shown by lists */
    int64_t created_ms;
    int64_t until_ms, used_ms; /* sessions: good until then; when it was last used, roughly */
};

/* ---- the store: changes --------------------------------------------------------------------- */

struct change;

/* Runs on the loop thread when the change's fate is known; owns the change (change_free).
 *   OK            committed; entries have seq, pos, gid, created_ms; chat has version and counters
 *   ERR_CONFLICT  chat.version was not the stored one, or a unique name is taken; nothing is
 * written ERR_KEY_REUSED the key belongs to another body; nothing is written ERR_NOT_FOUND the room
 * does not exist ERR_IO        this change could not be written; nothing of it is ERR_UNKNOWN   the
 * commit of its batch failed: it may or may not be there */
typedef void change_done_fn(struct change *c, enum err e);

/* One operation: all of it is written, or nothing. It lives in its own arena together with all it
 * points to. Executed in this order: key, chat, entries, participants, sessions, tokens, people. */
struct change {
    struct arena *arena; /* owns the change itself */
    const char *room;    /* the log the entries go to; "" when there is none */
    int64_t now_ms;

    /* Idempotency: unique per room and author. If found with the same hash, nothing is written,
     * replayed is true and entries[0..n_entries) are those the first call made. Kept for good. */
    const char *author, *key; /* key "" is none */
    unsigned char body_hash[HASH_LEN];
    bool replayed;
    bool only_replay; /* write nothing: replayed when the key is found, else ERR_NOT_FOUND */

    struct chat *chat; /* the whole new row, or NULL; version is the one it was decided on */
    bool chat_new;     /* insert */

    struct entry *entries; /* id, kind, role, audience, sender, text … given; numbers filled in */
    size_t n_entries;

    const struct participant *participants; /* of this room: put */
    size_t n_participants;

    const struct access *access; /* of this room: put; STANDING_USUAL removes */
    size_t n_access;
    bool unblock; /* the customer's token opens the chat again; chat->blocked is false */

    /* Everything said in this chat goes: texts, names, payloads, keys, tokens, files, who was
     * there; what its organization's lobby heard of it too. Entries stay as stubs. After the commit
     * the store removes what is left of it in its files, before done. Comes last. */
    bool erase;
    bool chat_gone; /* the chat itself goes, with all that is of it; likewise */
    bool traces;    /* filled in: the files could not be cleaned now, and will be later */

    const struct session *sessions; /* put, by (room, address) */
    size_t n_sessions;
    const char **gone; /* addresses of sessions of this room that end */
    size_t n_gone;
    bool gone_all; /* every session of this room ends */

    const struct staff *staff; /* a staff room's or lobby's whole row, or NULL */
    bool staff_new;            /* insert, with its room */
    bool staff_gone;           /* the room goes, log and all that is of it; last of all */
    const struct affiliate
        *affiliates; /* of this room: put; AFFILIATION_NONE without nick removes */
    size_t n_affiliates;

    const struct token *token;               /* put, or NULL */
    const unsigned char *token_gone;         /* hash, or NULL */
    const char *sessions_gone;               /* id of the agent all of whose browsers are out */
    const unsigned char *token_used;         /* hash of a session that is used now, or NULL */
    const struct agent *agent;               /* put, or NULL */
    const char *agent_gone;                  /* id, or NULL; its tokens and sessions go too */
    const struct organization *organization; /* put, or NULL */
    const struct canned *canned;             /* put by id, or NULL */
    const char *canned_gone;                 /* id, or NULL */
    const struct amend *amend;               /* of an older entry of this room, or NULL */
    const struct reader *reader;             /* of this room: put unless it was farther, or NULL */

    const struct file *file; /* with file_quota: insert; else insert, or it is FILE_STORED now */
    int64_t file_quota;      /* of its owner's bytes in … */
    int64_t file_span_ms;    /* … this time before it was made; more is ERR_RATE */
    int64_t retry_ms;        /* ERR_RATE: when it would pass */
    const char **files_gone; /* ids of files that are no more */
    size_t n_files_gone;
    const char *file_posted; /* id of a file that is of this room from now on, unless it is of one
                                already; "" none */
    const char **bytes_gone; /* filled in: ids of files that went with erase or chat_gone */
    size_t n_bytes_gone;

    int64_t xmpp_confirmed; /* 0: unchanged; otherwise stored if greater than the stored one */

    change_done_fn *done;
    void *ctx; /* the caller's */

    /* the store's own */
    enum err result;
    struct change *next;
    struct entry *given; /* entries before a replay put others there */
    size_t n_given;
};

struct change *change_new(change_done_fn *done, void *ctx); /* empty: strings "", rest 0 */
void change_free(struct change *c);

/* ---- the store: reads ----------------------------------------------------------------------- */

enum query_kind {
    QUERY_START,   /* meta, organizations, agents, sessions, open escalated chats, pending chats */
    QUERY_ROOM,    /* one chat with its participants, or one staff room with its affiliations, and
                      the sessions; ERR_NOT_FOUND */
    QUERY_ENTRIES, /* part of one log */
    QUERY_AFTER_GID, /* entries of one room with gid > after, by seq */
    QUERY_CHATS,     /* a page of chats */
    QUERY_NEWS,      /* entries with gid > after of all chats of an organization, by gid, and chats
                        that were erased; ERR_NOT_FOUND, see most */
    QUERY_TOKEN,     /* who holds a token; ERR_NOT_FOUND */
    QUERY_TOKENS,    /* agents' tokens */
    QUERY_WAITS,     /* of an organization: the last 20 waits from escalation to claim */
    QUERY_STATS,     /* of an organization: counts since a point in time */
    QUERY_ENTRY,     /* one entry of a room; ERR_NOT_FOUND */
    QUERY_FILE,      /* one stored file by id; ERR_NOT_FOUND */
    QUERY_CANNED,    /* of an organization: all, by shortcut */
    QUERY_FILES,     /* the ids of all stored files, in order */
    QUERY_ARCHIVE,   /* a page of one log whose ends are ids; ERR_NOT_FOUND */
    QUERY_SWEEP      /* chats that may be due to be erased or removed */
};

enum chat_filter { FILTER_ALL, FILTER_NEEDS_RESPONSE, FILTER_ASSIGNED };

/* Which part of a log is wanted. Strings are never NULL, "" is none. Everything narrows. */
struct archive_range {
    bool ends;                            /* only the first and the last entry of the log */
    const char *sender_id;                /* only this one's; NULL everybody's */
    int64_t start_ms, end_ms;             /* both included */
    const char *after_id, *before_id;     /* not included */
    const char *const *ids;               /* only these; all must be there */
    size_t n_ids;                         /* 0 any */
    const char *page_after, *page_before; /* where the page begins or ends; not included */
    bool newest;                          /* the last `limit` of what is left, else the first */
};

/* How many chats of an organization did that since a point in time. */
struct day_stats {
    int64_t begun, escalated, claimed, closed;
};

struct query;
typedef void query_done_fn(struct query *q, enum err e); /* owns the query (query_free) */

/* One read. It lives in its own arena, results included. Sees every change whose done has run. */
struct query {
    struct arena *arena; /* owns the query itself */
    enum query_kind kind;

    const char *room;         /* ROOM, ENTRIES, AFTER_GID, ENTRY, ARCHIVE */
    const char *organization; /* CHATS, WAITS, CANNED; "" all. NEWS: one */
    bool public_only;         /* ENTRIES: only those with pos; after and before are pos, else seq */
    int64_t after;      /* ENTRIES: > after; AFTER_GID; NEWS; SWEEP: where the last one ended */
    int64_t before;     /* ENTRIES: < before when > 0; SWEEP: nothing said, begun earlier */
    bool newest;        /* ENTRIES: the last `limit` of the range (still in log order) */
    bool messages_only; /* ENTRIES: without ENTRY_SUBJECT and ENTRY_REACTION */
    size_t limit;       /* ENTRIES, AFTER_GID, CHATS, NEWS, ARCHIVE; at most 1000 */
    size_t most;        /* NEWS: ERR_NOT_FOUND when more that pages show came after `after`, when it
                           lies too far back or ahead, or when what the agent may read has changed
                           since; 0 does not look at all that */
    enum chat_filter filter; /* CHATS */
    const char *agent;  /* CHATS: without those it is shut out of, but counted; "" none. NEWS */
    const char *cursor; /* CHATS: "" from the start, else an earlier next_cursor */
    const struct search *search; /* CHATS: only those; a page may be short before the end. NULL: the
                                    whole list */
    unsigned char hash[HASH_LEN]; /* TOKEN */
    const char *id;               /* FILE; ENTRY: of the entry, "" by stanza_id */
    const char *stanza_id;        /* ENTRY: id of the stanza it came as, among the newest of … */
    const char *sender_id;        /* … this sender; the entry's id when it came as none */
    const char *reader_id;        /* ENTRY: "" nobody */
    const struct archive_range *range; /* ARCHIVE */

    struct entry *entries;
    size_t n_entries;
    bool more;          /* ENTRIES, AFTER_GID, CHATS, NEWS, ARCHIVE: the limit cut the answer;
                           SWEEP: not yet at the end */
    int64_t up_to;      /* NEWS: all up to this gid has been told */
    int64_t read_seq;   /* ENTRY: how far reader_id has read */
    int64_t total;      /* ARCHIVE: entries of all pages; -1 too many to count */
    int64_t first;      /* ARCHIVE: place of entries[0] among them, from 0; -1 unknown; SWEEP: for
                           `after` of the next */
    struct chat *chats; /* ROOM: one; CHATS: unassigned escalations first by longest wait, then the
                           assigned, then others by newest; START: all open escalated chats;
                           NEWS: those of the entries, and those erased, as they are now */
    size_t n_chats;
    const char *next_cursor;          /* CHATS; "" at the end */
    int64_t counts[3];                /* CHATS: of the organization, by enum chat_filter */
    struct participant *participants; /* ROOM */
    size_t n_participants;
    struct access *access; /* ROOM; START: of open escalated chats */
    size_t n_access;
    struct staff *staff; /* ROOM: one, when it is no chat; START: all */
    size_t n_staff;
    struct affiliate *affiliates; /* ROOM */
    size_t n_affiliates;
    struct session *sessions; /* ROOM, START */
    size_t n_sessions;
    struct agent *agents; /* START */
    size_t n_agents;
    struct organization *organizations; /* START */
    size_t n_organizations;
    int64_t since;          /* STATS: by the wall clock; SWEEP: over, or quiet with the assistant,
                               since before that; 0 none */
    int64_t wall_ahead_ms;  /* STATS: what it is ahead of the clock chats count with */
    struct day_stats stats; /* STATS */
    const char **pending;   /* START: ids of chats whose assistant_pending is set; SWEEP */
    size_t n_pending;
    struct token *tokens; /* TOKEN: one; TOKENS */
    size_t n_tokens;
    int64_t *waits_ms; /* WAITS */
    size_t n_waits;
    struct canned *canned; /* CANNED */
    size_t n_canned;
    struct file *files; /* FILE: one; START: those that are open */
    size_t n_files;
    const char **file_ids; /* FILES */
    size_t n_file_ids;
    const char *epoch;      /* START: changes when a backup is restored; [a-z2-7]{8} */
    const char *secret;     /* START: 64 hex digits, made once: salt of occupant ids */
    int64_t xmpp_confirmed; /* START */
    int64_t last_gid;       /* START, CHATS, NEWS: the last number given */

    query_done_fn *done;
    void *ctx;

    enum err result;
    struct query *next;
};

struct query *query_new(enum query_kind kind, query_done_fn *done, void *ctx);
void query_free(struct query *q);

/* ---- the store: a copy of all of it --------------------------------------------------------- */

struct backup;
/* Owns the backup (backup_free). */
typedef void backup_done_fn(struct backup *b, enum err e);

/* The database in one file, as it is when the copy ends, made in steps between changes. It has no
 * epoch: who starts from it gets a new one. Lives in its own arena. */
struct backup {
    struct arena *arena;
    const char *path;                                /* an absolute one; first as <path>.part */
    bool replace;                                    /* a file that is there already */
    void (*progress)(struct backup *b, int percent); /* may be NULL; on the loop thread */
    backup_done_fn *done;                            /* likewise */
    void *ctx;
    const char *detail; /* filled in on errors: for people, static or in the arena */
};

struct backup *backup_new(const char *path, backup_done_fn *done, void *ctx);
void backup_free(struct backup *b);

struct store_port {
    void *self;
    /* Take the change. Errors ERR_BUSY the mailbox is full (the caller still owns the change). */
    enum err (*submit)(void *self, struct change *c);
    enum err (*read)(void *self, struct query *q); /* the same for a read */
    /* The same for a copy. Errors ERR_BUSY one is being made */
    enum err (*backup)(void *self, struct backup *b);
};

/* ---- the bytes of files --------------------------------------------------------------------- */

struct file_put; /* one file that is being written */
typedef void file_done_fn(void *ctx, enum err e);
/* type: what the bytes are, as a media type; lent. */
typedef void file_whole_fn(void *ctx, enum err e, const char *type);
typedef void file_missing_fn(void *ctx, const char *id);

/* A folder of files by id. What takes time is done elsewhere, and its callback comes later on the
 * loop thread; one call is under way for each file_put at a time. */
struct file_port {
    void *self;
    /* Begin a file of that size. Errors ERR_NO_SPACE ERR_IO */
    enum err (*begin)(void *self, const char *id, int64_t size, struct file_put **out);
    /* More bytes, lent until done. Errors ERR_NO_SPACE ERR_IO */
    void (*write)(struct file_put *p, const void *data, size_t len, file_done_fn *done, void *ctx);
    /* All bytes were written: they are on disk under the id when done says OK. p is gone. */
    void (*finish)(struct file_put *p, file_whole_fn *done, void *ctx);
    void (*abort)(struct file_put *p); /* nothing of it stays; NULL is allowed */
    /* A descriptor to read from, the caller's. Errors ERR_NOT_FOUND ERR_IO */
    enum err (*open)(void *self, const char *id, int *fd);
    bool (*room)(void *self, int64_t size); /* would a file of that size be taken? */
    void (*remove)(void *self, const char *id);
    /* Remove all but these n ids, which stand in order; tell which of them are not there. Blocks:
     * for the start. Errors ERR_IO */
    enum err (*keep)(void *self, const char *const *ids, size_t n, file_missing_fn *missing,
                     void *ctx);
};

/* ---- clock and ids -------------------------------------------------------------------------- */

struct timer_port {
    void *self;
    int64_t (*now_ms)(void *self);    /* wall clock: may be set at any time, both ways */
    int64_t (*steady_ms)(void *self); /* from any start; nobody sets it */
    void (*id)(void *self, char out[ID_LEN + 1]);
};

/* ---- the assistant -------------------------------------------------------------------------- */

struct assistant_turn {
    const struct chat *chat;
    const struct entry *entries; /* the public log's end, oldest first; the last is the question */
    size_t n_entries;
    /* For those who answer piece by piece; ctx is answer's. Called before done, or not at all. */
    void (*said)(void *ctx, const char *piece); /* whole characters, for which text_ok holds */
    void (*failed)(void *ctx, const char *why); /* a word; done will then say so to the customer */
};

/* text: what the assistant says. offer_human: the answer carries the button
 * "Connect with Customer Support". reason: why, for the agent; "" none. */
typedef void assistant_done_fn(void *ctx, const char *text, bool offer_human, const char *reason);

struct assistant_port {
    void *self;
    const char *name; /* as shown */
    /* done is called exactly once, perhaps before answer returns. turn is lent during the call. */
    void (*answer)(void *self, const struct assistant_turn *turn, assistant_done_fn *done,
                   void *ctx);
    /* Nobody waits for that answer any more: nothing is called with ctx from now on. NULL: all
     * answers are complete when answer returns. */
    void (*cancel)(void *self, void *ctx);
};

#endif
