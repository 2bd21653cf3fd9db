/* The use cases: the one door through which HTTP handlers, stanzas, timers and the assistant change
 * a chat. Each call takes its place in the room's line, is decided on committed state, stored,
 * applied, and then answered and told to the bus, in that order, before the next one starts. */
#ifndef PARLEY_DESK_H
#define PARLEY_DESK_H

#include "core/bus.h"
#include "core/duty.h"
#include "core/login.h"
#include "core/may.h"
#include "core/ports.h"
#include "core/queue.h"

#define DESK_TEXT_MAX 16384   /* bytes of one message */
#define DESK_COMMENT_MAX 4096 /* bytes of what is written with a rating */
#define DESK_KEY_MAX 64       /* bytes of an idempotency key */
#define DESK_HISTORY 100      /* entries an agent sees on joining, unless it asks for fewer */

struct desk;

enum staff_rooms { STAFF_AGENTS, STAFF_ANYONE, STAFF_OFF };
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
    enum staff_rooms staff_rooms; /* who may make and enter rooms of their own */
    const char *domain;   /* of the rooms' addresses; NULL: nothing is announced in lobbies */
    int64_t linger_ms;    /* how long a closed chat can be reopened by its customer */
    int64_t grace_ms;     /* the assigned agent is out of the room so long: waits again; 0 never */
    int64_t offer_ms;     /* how long an offer to an agent stands */
    int64_t retention_ms; /* chats that were over for so long are erased; 0 never */
    int64_t room_idle_ms; /* how long an empty room stays in memory */
    int messages_per_minute, messages_burst, escalations_per_hour; /* per chat, of the customer */
    struct file_port files; /* self NULL: nobody sends files */
    int64_t file_max,
        file_quota; /* bytes of one file, 0 none are sent; and of one sender in a day */
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
    bool traces;         /* desk_erase: another program holds the files; they are cleaned later */
    bool unchanged;      /* nothing had to be done (already escalated, already mine) */
    const bool *altered; /* desk_moderate: of each item, whether it was not so already; NULL none */
    const char *token;   /* desk_begin, desk_key_add: the only time it is known */
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
    const struct file *file;  /* core/desk_files.h */
    const struct canned *canned;
    size_t n_canned;
    /* staff rooms (core/desk_staff.h) */
    bool created; /* by this join */
    bool renamed; /* it was a change of nick, and everybody was told */
};

typedef void desk_fn(void *ctx, enum err e, const struct desk_answer *a);

/* ---- start ---------------------------------------------------------------------------------- */

/* Load the directory, the queue and the room sessions; ask the assistant again where it owes an
 * answer. done: OK, or why the store could not be read. */
void desk_start(struct desk *d, desk_fn *done, void *ctx);

/* Call about once a second: drops idle rooms. */
void desk_tick(struct desk *d);

struct directory *desk_directory(struct desk *d); /* change it only through the desk */
/* Who can take chats. Doors say what they see of an agent's presence (duty_set); who asks whether
 * agents can come in uses desk_agents_available. */
struct duty *desk_duty(struct desk *d);
const struct queue *desk_queue(const struct desk *d);
const char *desk_epoch(const struct desk *d);
/* The last number given before we started; later ones come with their entries. */
int64_t desk_start_gid(const struct desk *d);
const char *desk_domain(const struct desk *d); /* of the rooms' addresses; NULL none */
/* Where browsers find us, without a slash at the end; "" while nobody serves them. Lent. */
void desk_set_url(struct desk *d, const char *url);
const char *desk_url(const struct desk *d);
const char *desk_secret(const struct desk *d);
/* The wall clock: when something was said or made, for people. Nothing is measured with it. */
int64_t desk_now(const struct desk *d);
/* The desk's own clock, of which no run ever sees a jump: what is measured and put in order, and
 * these times of chats: escalation_requested_ms, queued_ms, assigned_ms, away_ms, offered_ms,
 * closed_ms. It begins as the wall clock. */
int64_t desk_steady(const struct desk *d);
/* A time of the desk's clock, as the wall clock now counts it; 0 stays 0. */
int64_t desk_wall(const struct desk *d, int64_t steady_ms);
const char *desk_assistant_name(const struct desk *d);
const char *desk_assistant_nick(const struct desk *d); /* in rooms; text_nick() */
/* What the assistant has said so far of the answer that it is writing in a chat. false: it writes
 * none. Lent until something is done. */
struct utterance {
    const char *message_id, *text;
    uint64_t turn; /* as in EVENT_SAYING */
};
bool desk_saying(const struct desk *d, const char *chat, struct utterance *out);
bool desk_store_ok(const struct desk *d); /* the last write did not fail */
/* The texts in force, for the pages. */
const struct desk_texts *desk_texts(const struct desk *d);

/* How many of the organization's agents can come in: duty_available, and not at their max_chats. */
size_t desk_agents_available(const struct desk *d, const char *organization);

/* The place of a chat that waits. estimate_ms -1: unknown, perhaps only now. agents can come in.
 * false: it does not wait. Cheap enough for every waiting chat once a second. */
struct wait {
    int64_t position, estimate_ms, agents;
};
bool desk_wait(struct desk *d, const char *chat, struct wait *out);

/* ---- customers ------------------------------------------------------------------------------ */

struct begin {
    const char *organization, *name, *email, *locale, *page; /* NULL or "" when not given */
    const char *user_token; /* likewise; core/identity.h. name and email are then those in it */
};

/* What an organization's signed identities are signed with. Copies; kept in memory only. */
void desk_set_identity_secret(struct desk *d, const char *organization, const char *secret);
/* Begin a chat. answer: chat, token.
 * Errors  ERR_INVALID, ERR_TEXT, ERR_IDENTITY (field, detail); ERR_NOT_FOUND organization unknown
 */
void desk_begin(struct desk *d, const struct begin *b, desk_fn *done, void *ctx);

/* Who holds this token? A session's token is good as a cookie only, and all others are not.
 * Errors  ERR_UNAUTHORIZED nobody, or it is over; ERR_BUSY, ERR_IO */
typedef void desk_who_fn(void *ctx, enum err e, const struct principal *who);
void desk_authenticate(struct desk *d, const char *token, bool cookie, desk_who_fn *done,
                       void *ctx);

/* ---- the web console's door (desk_login.c, core/login.h) --------------------------------------
 */

#define DESK_SESSION_MS INT64_C(604800000)     /* a browser's session ends after 7 days, … */
#define DESK_SESSION_IDLE_MS INT64_C(43200000) /* … or when it was not used for 12 hours */
#define DESK_SESSION_NOTED_MS 600000           /* so often its use is written down */

/* As in core/login.h, for whoever has this JID; EVENT_LOGIN when it is an agent's. */
NODISCARD enum err desk_login_begin(struct desk *d, const char *jid, const char *from,
                                    char secret[TOKEN_LEN + 1], const struct login **out);
NODISCARD enum err desk_login_answer(struct desk *d, const char *agent_id, const char *code,
                                     bool yes);
NODISCARD enum err desk_login_take(struct desk *d, const char *id, const char *secret,
                                   enum login_state *state, char agent_id[ID_LEN + 1]);
NODISCARD enum err desk_login_link(struct desk *d, const char *agent_id, int64_t lasts_ms,
                                   char token[TOKEN_LEN + 1]);
NODISCARD enum err desk_login_use(struct desk *d, const char *token, const char *secret,
                                  char agent_id[ID_LEN + 1]);
/* A browser is let in. label: what browser it is. answer: token. ERR_NOT_FOUND no such agent */
void desk_session_add(struct desk *d, const char *agent_id, const char *label, desk_fn *done,
                      void *ctx);
/* A customer's token opens nothing any more; what streams the chat has must show theirs again.
 * Errors  ERR_FORBIDDEN not a customer; ERR_NOT_FOUND another's chat */
void desk_token_end(struct desk *d, const struct principal *who, const char *chat,
                    const char *token, desk_fn *done, void *ctx);
/* The browser with this token is out; token NULL: all browsers of the agent. */
void desk_session_end(struct desk *d, const char *agent_id, const char *token, desk_fn *done,
                      void *ctx);

struct post {
    const char *text;    /* checked here: ERR_TEXT, ERR_INVALID (empty), ERR_TOO_LARGE */
    const char *key;     /* idempotency key, NULL or "" none */
    bool escalated_only; /* …/messages/send: ERR_NOT_ESCALATED in the assistant's phase */
    /* from XMPP: */
    const char *address; /* the sender's session; its occupant is the author */
    const char *stanza_id;
    const char *payload; /* XML that is reflected with the body */
    const char *shown;   /* the text for pages where it differs; NULL or "" it does not */
    const char *file; /* id of the file whose address the text is; NULL none, or it is not ours */
    /* A file that comes with the message (desk_attach); escalated_only is then true. NULL none. */
    const struct file *attach; /* its bytes are on disk: id, name, type, size */
    const char *digest;        /* of the bytes, for the key */
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

/* What the customer thinks of the chat, 1 to 5, and why (comment, for staff; NULL or "" nothing):
 * once, while an agent has it or when it is over; once more after it was reopened.
 * Errors  ERR_CONFLICT it was rated, or cannot be rated yet; ERR_INVALID ERR_TEXT ERR_TOO_LARGE */
void desk_rate(struct desk *d, const struct principal *who, const char *chat, int score,
               const char *comment, const char *key, desk_fn *done, void *ctx);

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

/* An agent begins or ceases to follow a chat's events without being in its room: while it does, it
 * is not away. */
void desk_watch(struct desk *d, const char *chat, const char *agent_id, bool on);

/* A session ends. lost: thrown out after errors. why: shown to others, may be "". done may be NULL.
 * Unknown sessions are ignored. */
void desk_leave(struct desk *d, const char *chat, const char *address, bool lost, const char *why,
                desk_fn *done, void *ctx);

/* ---- moderation -------------------------------------------------------------------------------
 */

enum moderation {
    MODERATE_KICK,   /* out, and may come back; the customer: the chat is closed */
    MODERATE_MEMBER, /* is let in (again) */
    MODERATE_REMOVE, /* out, and may not come back */
    MODERATE_BAN,    /* the same, as an outcast; the customer: blocked for good, the chat closed */
    MODERATE_VOICE,  /* as desk_voice, by name */
    MODERATE_MUTE,
    MODERATE_UNBLOCK /* the customer of a closed chat too: its token opens the chat again */
};

struct moderate {
    enum moderation what;
    const char *nick;   /* of the one concerned; "": by jid */
    const char *jid;    /* bare; "": by nick */
    bool customer;      /* jid is the customer's own */
    const char *reason; /* shown to who is concerned; "" none */
};

/* All n items or none, n > 0; what is about the customer stands alone.
 * who: supervisors; kicks of observers and voices also the assigned agent. A kick needs the asker
 * in the room. answer: altered, unchanged; detail says why not.
 * Errors  ERR_NOT_FOUND nobody of that name; ERR_FORBIDDEN not for the asker; ERR_NOT_ALLOWED not
 *         for anybody, or not with a supervisor, or not in this state; ERR_INVALID an agent is
 *         named twice; ERR_NOT_OCCUPANT; ERR_BUSY; ERR_CLOSED */
void desk_moderate(struct desk *d, const struct principal *who, const char *chat,
                   const struct moderate *items, size_t n, desk_fn *done, void *ctx);

/* Let an agent in, so that it can be invited. address: the asker's session, a participant's; "":
 * any of its sessions.
 * Errors  ERR_NOT_OCCUPANT; ERR_FORBIDDEN a visitor; ERR_NOT_FOUND no agent of that organization;
 *         ERR_NOT_ALLOWED a supervisor has shut it out; ERR_RATE; ERR_CLOSED */
void desk_invite(struct desk *d, const struct principal *who, const char *chat, const char *address,
                 const char *jid, desk_fn *done, void *ctx);

/* Is the agent shut out of this chat? For lists and announcements of open chats. */
bool desk_excluded(const struct desk *d, const char *chat, const char *agent_id);
/* What it is there, where that differs from what its organization makes it. */
enum standing desk_standing(const struct desk *d, const char *chat, const char *agent_id);

/* ---- agents' work on a chat (desk_work.c) -----------------------------------------------------
 *
 * Errors of all: ERR_NOT_FOUND not there or not yours; ERR_CLOSED; answer->detail says more. */

/* Give the chat back: it waits again, agent_left. A supervisor may for others; who only speaks
 * along just falls silent. reason: staff see it, "" none. Errors ERR_FORBIDDEN it is not yours */
void desk_release(struct desk *d, const struct principal *who, const char *chat, const char *reason,
                  desk_fn *done, void *ctx);
/* An agent speaks along with the assigned one, or does not any more. Errors ERR_FORBIDDEN the asker
 * is neither supervisor nor assigned; ERR_INVALID nobody has the chat; ERR_CONFLICT it has it */
void desk_voice(struct desk *d, const struct principal *who, const char *chat, const char *agent_id,
                bool on, desk_fn *done, void *ctx);
/* Be there without having the chat: falls silent, and joins without claiming.
 * Errors ERR_CONFLICT it is the asker's own */
void desk_observe(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                  void *ctx);
/* Offer the chat to one agent, who takes it by joining or claiming within offer_ms; EVENT_OFFERED.
 * Until then nothing changes. Errors ERR_FORBIDDEN not yours; ERR_CONFLICT that agent has it */
void desk_offer(struct desk *d, const struct principal *who, const char *chat, const char *agent_id,
                const char *reason, desk_fn *done, void *ctx);
/* Declined by whom it was offered to, or withdrawn; EVENT_OFFER_OVER. Errors ERR_INVALID none */
void desk_offer_end(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                    void *ctx);
/* A line that only staff see, from observers too. stanza_id, key: as in struct post. */
void desk_note(struct desk *d, const struct principal *who, const char *chat, const char *text,
               const char *stanza_id, const char *key, desk_fn *done, void *ctx);
/* Who the customer is, as an agent has learned it; NULL leaves it as it is, "" is none. Staff read
 * a note of it; EVENT_CUSTOMER when the room calls the customer otherwise now. What was said before
 * keeps the name it was said under. answer: unchanged. Errors as desk_begin: ERR_INVALID, ERR_TEXT,
 * ERR_TOO_LARGE (field, detail); ERR_CONFLICT the site has signed who it is */
void desk_customer(struct desk *d, const struct principal *who, const char *chat, const char *name,
                   const char *email, desk_fn *done, void *ctx);
/* A closed chat waits again. answer: unchanged when it is open. */
void desk_reopen(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                 void *ctx);

/* ---- agents themselves (desk_self.c) -------------------------------------------------------- */

/* What an agent sets for itself; NULL leaves it as it is. */
struct agent_settings {
    const enum duty_show *status;
    const int *max_chats;
    const enum agent_notify *notify;
    unsigned contact_on, contact_off; /* of CONTACT_SEES and CONTACT_SEEN */
};
void desk_agent_set(struct desk *d, const char *agent_id, const struct agent_settings *s,
                    desk_fn *done, void *ctx);
/* The chats an agent has. */
size_t desk_held(const struct desk *d, const char *agent_id);
/* The room the agent joined last, of those it is in; false when it is in none. */
bool desk_last_room(const struct desk *d, const char *agent_id, char out[ID_LEN + 1]);
/* Counts since a point in time, for the agent's organization. answer: page->stats. */
void desk_stats(struct desk *d, const struct principal *who, int64_t since_ms, desk_fn *done,
                void *ctx);

/* ---- canned responses (desk_canned.c) -----------------------------------------------------------
 *
 * Of the asker's organization. Errors of all: ERR_FORBIDDEN to others than agents. */

/* answer: canned, by shortcut. */
void desk_canned_list(struct desk *d, const struct principal *who, desk_fn *done, void *ctx);
/* id "": a new one, which needs both texts. Else NULL leaves a text as it is. answer: canned.
 * Errors  ERR_NOT_FOUND; ERR_CONFLICT the shortcut is taken, or there are CANNED_COUNT_MAX;
 *         ERR_INVALID, ERR_TEXT, ERR_TOO_LARGE (field, detail) */
void desk_canned_put(struct desk *d, const struct principal *who, const char *id,
                     const char *shortcut, const char *content, desk_fn *done, void *ctx);
void desk_canned_remove(struct desk *d, const struct principal *who, const char *id, desk_fn *done,
                        void *ctx);

/* ---- both ----------------------------------------------------------------------------------- */

/* Ephemeral. An agent in XMPP gives its session's address, else "". */
void desk_typing(struct desk *d, const struct principal *who, const char *chat, const char *address,
                 bool typing, desk_fn *done, void *ctx);
/* The same as a chat state of XEP-0085 (struct event): only "composing" is typing. */
void desk_chat_state(struct desk *d, const struct principal *who, const char *chat,
                     const char *address, const char *state, desk_fn *done, void *ctx);

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
/* The same of those that a text finds (core/search.h): a page may be short, or empty, before the
 * end. text NULL: all. Errors  ERR_TEXT; ERR_INVALID with field "q" */
void desk_search(struct desk *d, const struct principal *who, const char *text,
                 enum chat_filter filter, const char *cursor, size_t limit, desk_fn *done,
                 void *ctx);
/* What came after a gid in the chats the agent may read, from the oldest on; most as in struct
 * query. answer: page. Errors ERR_NOT_FOUND as there: load all anew */
void desk_news(struct desk *d, const struct principal *who, int64_t after_gid, size_t most,
               size_t limit, desk_fn *done, void *ctx);

/* A page of the room's whole log, for agents who may enter it; for WHO_PERSON of a staff room or
 * lobby. address: of the session that asks. nick: only what was said under this
 * name, "" by the room itself, NULL by anybody. answer: page.
 * Errors  ERR_NOT_FOUND no such room, or with answer->field "ref": an id is not in its log */
void desk_archive(struct desk *d, const struct principal *who, const char *chat,
                  const char *address, const struct archive_range *range, const char *nick,
                  size_t limit, desk_fn *done, void *ctx);

/* What an agent, or WHO_PERSON in a staff room, says of an entry that is there. Strings may be NULL
 * for "". */
struct edit {
    const char *ref;        /* id of the entry, or "" … */
    const char *ref_stanza; /* … and the id of the author's own stanza */
    const char *address;    /* the sender's session, "" for a page */
    const char *key;
    const char *text, *shown; /* corrections; shown as in struct post */
    const char *stanza_id, *payload;
    const char *tombstone; /* retractions: XML that stands for what was erased */
    const char *reason;
    bool moderate; /* not one's own: only for supervisors and moderators */
    const char *const *reactions;
    size_t n_reactions;
};

/* Each becomes an entry of its own. Corrections and retractions also change the older entry, and
 * have its audience. Reactions are all of their author's to that entry; they are public only when a
 * speaker makes them to a public one.
 * Errors  as desk_post; ERR_NOT_FOUND with answer->field "ref": no such message, or another's;
 *         ERR_FORBIDDEN no speaker, no moderator */
void desk_correct(struct desk *d, const struct principal *who, const char *chat,
                  const struct edit *edit, desk_fn *done, void *ctx);
void desk_retract(struct desk *d, const struct principal *who, const char *chat,
                  const struct edit *edit, desk_fn *done, void *ctx);
void desk_react(struct desk *d, const struct principal *who, const char *chat,
                const struct edit *edit, desk_fn *done, void *ctx);

/* A payload without text that a client asks to be kept: an entry for staff, in history and archive.
 * Of edit: address, payload, stanza_id, key. Errors as desk_post */
void desk_keep(struct desk *d, const struct principal *who, const char *chat,
               const struct edit *edit, desk_fn *done, void *ctx);

/* The asker has read up to this entry. Stored as a position and told, but no entry.
 * Errors  ERR_NOT_FOUND with answer->field "ref": no such entry for the asker */
void desk_read(struct desk *d, const struct principal *who, const char *chat, const char *address,
               const char *id, desk_fn *done, void *ctx);

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
/* ---- the data (desk_keep.c) -------------------------------------------------------------------
 */

/* Everything said in the chat goes, also from the database's files: texts, names, files,
 * the customer's token. Entries stay as stubs. An open chat is closed by it. WHO_SYSTEM only.
 * answer: unchanged it was erased before; traces. */
void desk_erase(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                void *ctx);
/* A copy of everything, as struct store_port says; takes b. Errors ERR_BUSY (b is still the
 * caller's) */
NODISCARD enum err desk_backup(struct desk *d, struct backup *b);

/* How full the disk is: whoever sees it says so. What is refused is ERR_LOW_DISK. */
enum desk_space {
    SPACE_ENOUGH,
    SPACE_LOW, /* no new chats */
    SPACE_NONE /* no messages either; reading, closing and erasing go on */
};
void desk_set_space(struct desk *d, enum desk_space space);
enum desk_space desk_space(const struct desk *d);

/* Any chat, any organization: chat and page (entries). */
void desk_admin_chat(struct desk *d, const char *chat, desk_fn *done, void *ctx);

#endif
