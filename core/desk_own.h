/* The desk's inside: rooms, and the line of operations of each. Private to core/. */
#ifndef PARLEY_DESK_OWN_H
#define PARLEY_DESK_OWN_H

#include "core/base/map.h"
#include "core/desk.h"
#include "core/desk_staff.h"

#include <sys/queue.h>

#define DESK_SESSIONS_MAX 500 /* sessions in one room */
#define DESK_LINE_MAX 1000    /* operations waiting for one room; more is ERR_BUSY */
#define DESK_TURN_ENTRIES 20  /* of the log's end, shown to the assistant */

#define CHAT_SPEAKERS_MAX 12 /* agents who speak to one customer */

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
    const char *key;                    /* idempotency key, "" none */
    const char *address;                /* staff rooms: the session that asks; NULL or "" none */
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
    char *id;      /* "" for the office: changes that belong to no room */
    bool of_staff; /* a staff room or lobby by its name; staff is NULL while there is none */
    enum room_load load;
    struct arena *arena; /* of chat and customer_nick; renewed with each change */
    struct chat *chat;
    const char *customer_nick;
    struct map *participants; /* agent id -> itself; value &speaker_yes or &speaker_no */
    struct occupant **occupants;
    size_t n_occupants, n_sessions;
    bool unsettled;            /* chat, speakers or sessions changed since roles were settled */
    uint64_t settled_people;   /* the desk's people_changes then */
    struct arena *staff_arena; /* of staff; renewed with each change */
    struct staff *staff;
    struct map *affiliates; /* bare JID -> struct affiliate; NULL in chats */

    struct op_list line;
    size_t n_line;
    size_t in_flight;  /* DESK_LINE_MAX at most */
    bool flight_plain; /* what is in flight may be joined by plain ones */
    bool stale;        /* a commit failed: load anew before the next op. Until then chat stays at
                          what was told, and nothing more is told */
    bool pumping;

    bool idle; /* in the desk's list of idle rooms */
    int64_t idle_since_ms;
    TAILQ_ENTRY(room) idle_link;

    struct bucket messages, escalations, ends, typing;
    bool asking;       /* the assistant is at work, or will be asked again at ask_at_ms */
    struct turn *turn; /* its answer that is being made; NULL none is */
    int64_t ask_at_ms;
    TAILQ_ENTRY(room) owing_link;
    int64_t seen_ms;      /* when the assigned agent last asked or did anything here, or ceased to
                             follow the chat; 0 not since loading */
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
    struct logins *logins;     /* agents on their way into the console */
    uint64_t tokens_forgotten; /* how often: what was read before is not remembered */
    uint64_t people_changes;   /* how often the directory of agents changed */
    struct duty *duty;         /* who can take chats */
    struct map *staff;         /* localpart -> struct staff_card, of all there are */
    struct map *access;        /* "room agent" -> struct standing_kept, of the rooms read so far */
    struct map *watchers;      /* "chat agent" -> size_t: streams open on it */
    struct map *slots;         /* id of a file -> struct slot (desk_files.c) */
    struct map *secrets;       /* organization -> of its signed identities */
    struct map *waits;         /* organization -> struct waits (desk_wait.c) */
    struct map *invites;       /* agent id -> struct bucket: how often it invites */
    uint64_t turns;            /* of the assistant, so far */
    char *epoch, *secret;
    char *assistant_nick;
    const char *url;
    int64_t start_gid;
    int64_t steady_base_ms, wall_ahead_ms; /* of the desk's clock, see core/desk_clock.c */
    int64_t started_ms; /* graces and offers are not counted while nobody could come back */
    int64_t confirmed, confirm_wanted, confirm_sent;
    bool store_ok;
    enum desk_space space;
    bool sweeping;
    int64_t sweep_ms, sweep_after; /* when to look again; behind which room */
};

/* ---- desk.c: lines ---- */

/* A new op for the room, not yet in its line. */
struct op *op_new(struct desk *d, const char *room_id, const struct principal *who, desk_fn *done,
                  void *ctx);
/* For what is of no room; of the service itself, or of who asks. */
struct op *op_new_office(struct desk *d, desk_fn *done, void *ctx);
struct op *op_new_office_for(struct desk *d, const struct principal *who, desk_fn *done, void *ctx);
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
/* The agent who asks for lists. NULL: it is somebody else, and the op is ended. */
const struct agent *op_lister(struct op *op);
bool op_always_plain(const struct op *op);
struct change *op_change(struct op *op);
/* Hand it to the store; op->applied runs after the commit. */
void op_submit(struct op *op, struct change *c);
void op_read(struct op *op, struct query *q, void (*done)(struct op *op, struct query *q));
/* The same; failed ends the op when the read did not succeed. */
void op_read_or(struct op *op, struct query *q, void (*done)(struct op *op, struct query *q),
                void (*failed)(struct op *op, enum err e));
/* For op_read: what was read is the answer's page. */
void op_page(struct op *op, struct query *q);

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
/* Ids of all speakers, at most CHAT_SPEAKERS_MAX. */
const char **room_speakers(const struct room *r, struct arena *a, size_t *n);
void room_forget_participants(struct room *r);
/* The chat is no more: the room is as if it was never read. */
void room_forget_chat(struct room *r);
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
/* What is shown of an agent. Who is heard by the customer does not follow from it: supervisors
 * moderate whether they speak or not. */
enum room_role room_role_of(const struct room *r, const char *agent_id);
bool room_is_assigned(const struct room *r, const char *agent_id);

/* ---- room_staff.c ---- */

/* Copies. NULL: the room is no more. */
void room_set_staff(struct room *r, const struct staff *s);
void room_put_affiliate(struct room *r, const struct affiliate *a);
void room_clear_affiliates(struct room *r);
const struct affiliate *room_affiliate(const struct room *r, const char *jid); /* NULL none */
int64_t room_last_gid(const struct room *r); /* of chats and staff rooms; 0 of none */

/* ---- desk_staff.c: what the operations of staff rooms share ---- */

/* Who acts in a staff room, as its line sees it. */
struct staff_actor {
    enum affiliation affiliation;
    const struct occupant *occupant; /* whose session asks; NULL when it is not in */
    const char *name;                /* its nick, else "" */
};

/* An op of that person in that room. address: the session that asks, "" none. */
struct op *staff_op(struct desk *d, const char *jid, const char *room, const char *address,
                    desk_fn *done, void *ctx);
/* May that person know of the room at all? ERR_NOT_FOUND also when there is none. */
NODISCARD enum err staff_visible(const struct op *op);
struct staff_actor staff_actor_of(const struct op *op);
/* Is the person one for whom staff rooms are made? */
bool staff_may_create(const struct desk *d, const char *jid);
/* The row to be stored with the change, a copy that may be altered. */
struct staff *staff_alter(struct op *op, struct change *c);
void staff_put_affiliate(struct op *op, struct change *c, const struct affiliate *a);
/* Sessions of occupants whose role or affiliation changed are stored again. */
void staff_put_sessions(struct op *op, struct change *c, const struct occupant *o,
                        enum room_role role);
void staff_drop_sessions(struct change *c, const struct occupant *o);
/* After the commit: row, affiliations, counters. False when nothing may be told (stale). */
bool staff_apply(struct room *r, const struct change *c);
void staff_publish(struct room *r, const struct change *c); /* entries */
void staff_tell(struct room *r, const struct staff_event *e);
/* Take the occupant out of the room and tell; it is freed. */
void staff_remove(struct room *r, struct occupant *o, struct staff_event *e);
/* After the room was destroyed: everybody is told and out. */
void staff_end(struct room *r, const char *alternate, const char *reason);
/* desk_leave of a staff room. */
void staff_leave(struct desk *d, const char *room, const char *address, enum left_how how,
                 const char *why, desk_fn *done, void *ctx);

/* ---- desk_staff_plan.c: several changes of standing, all or none ---- */

/* What is to become of the room's people. */
struct staff_plan {
    struct staff_actor actor;
    const char *actor_jid;
    struct affiliate *people; /* as they will be */
    size_t n_people;
    size_t n_owners; /* as there will be */
    struct staff_role_change {
        const struct occupant *occupant;
        enum room_role role;
        const char *reason;
    } * roles;
    size_t n_roles;
    bool members_only; /* as it will be */
    bool to_members;   /* it becomes so: who is no member leaves */
};

/* most: how many items there will be. */
struct staff_plan *staff_plan_new(const struct op *op, size_t most);
/* One item more, by the rules of #roles and #affil. */
NODISCARD enum err staff_plan_add(const struct op *op, struct staff_plan *p,
                                  const struct staff_item *item);
/* Everything the plan wants stored; the room ends when nobody is left in it. */
void staff_plan_store(struct op *op, struct change *c, const struct staff_plan *p);
/* After the commit. */
void staff_plan_apply(struct room *r, const struct staff_plan *p);

/* ---- desk_staff_load.c ---- */

void staff_card_put(struct desk *d, const struct staff *s);
void staff_card_drop(struct desk *d, const char *local);
size_t staff_count(const struct desk *d, const char *jid); /* made by that person; "" all */
void staff_free(struct desk *d);
/* The room was read; q->staff is NULL when there is none. missed: as take_again. */
void staff_loaded(struct room *r, const struct query *q, const struct query *missed);
/* What is stored of all; rooms that nobody came back to end. */
void staff_start(struct desk *d, const struct query *q);

/* ---- desk_lobby.c ---- */

/* A chat changed: its organization's lobby is told when it waits or was taken. before NULL: it is
 * found at start. */
void lobby_chat_changed(struct desk *d, const struct chat *before, const struct chat *after);

/* ---- desk_chat.c ---- */

/* After a change of this room was committed: take over chat, participants, counters. */
void chat_apply(struct room *r, const struct change *c);
/* Tell the bus: each entry, then roles if they changed. */
void chat_publish(struct room *r, const struct change *c);
/* op->applied of calls that only answer with what they made: apply, answer, publish, end. */
void chat_applied(struct op *op, struct change *c);
/* The chat to be stored with the change, a copy that may be altered. */
struct chat *chat_alter(struct op *op, struct change *c);
/* One entry more, lent until the change's next one. */
struct entry *chat_entry(struct op *op, struct change *c, enum entry_kind kind, enum role role,
                         const char *text);
/* Give the change the op's idempotency key, if it has one. what, body: what must be the same. */
void chat_key(struct op *op, struct change *c, const char *what, const char *body);
/* Make agent the assigned one within this change: chat, speaker, entry agent_joined. */
void chat_claim(struct op *op, struct change *c, const struct agent *agent);
/* An entry agent_joined or agent_left with its text. */
void chat_person(struct op *op, struct change *c, enum entry_kind kind, const char *agent_id,
                 const char *name);
const char *chat_agent_data(struct change *c, const char *agent_id, const char *name);
void chat_unoffer(struct chat *chat);
/* The key has the right form? Else the op is ended. */
bool chat_key_ok(struct op *op);
/* End with e and *answer, but when the op has a key that is known, as the first call with it did:
 * a refusal, or that nothing is to be done, may hide that the first try went through.
 * op->applied gets the replay. answer may be NULL. */
void chat_replay_or(struct op *op, const char *what, const char *body, enum err e,
                    const struct desk_answer *answer);

/* ---- desk_work.c ---- */

bool chat_is_offered(const struct room *r, const char *agent_id);
/* chat_claim; whoever spoke until now leaves. */
void chat_take(struct op *op, struct change *c, const struct agent *agent);
/* Within this change the chat waits again: speakers leave, entry agent_left for each. name: of the
 * assigned agent when the directory does not know it any more, else NULL. */
void chat_release(struct op *op, struct change *c, const char *name);
/* A line that only staff see; it is the system's when agent is NULL. */
struct entry *chat_note(struct op *op, struct change *c, const struct agent *agent,
                        const char *text);
bool op_is_supervisor(const struct op *op);
/* May the asker make that agent speak along, or no more? *alters: it is not so already; *why: for
 * people, unchanged when there is nothing to say. Errors as desk_voice */
NODISCARD enum err work_may_voice(const struct op *op, const struct agent *agent, bool on,
                                  bool *alters, const char **why);

/* ---- desk_clock.c ---- */

void clock_init(struct desk *d);
/* The clock goes on from the last time that is stored with an open chat, if the wall clock was set
 * back behind it. */
void clock_start(struct desk *d, const struct query *q);
void clock_tick(struct desk *d); /* notices that the wall clock was set */
/* What is before this is past by both clocks: what is erased by age must not go sooner because one
 * of them was set. */
int64_t clock_past(const struct desk *d);
/* How long ago that was, by the desk's clock; never less than 0. */
int64_t clock_age(const struct desk *d, int64_t steady_ms);

/* ---- desk_time.c ---- */

/* Is it the assigned agent's last session that leaves with this address? */
bool work_goes_away(const struct room *r, const char *address);
/* Is somebody's grace running here? Then the room stays in memory, and seen_ms with it. */
bool work_waits_for_agent(const struct room *r);
void work_seen(struct room *r, const struct principal *who);
void work_free(struct desk *d);
void work_tick(struct desk *d); /* what has run out: graces, offers */
/* The chats of one who is no agent any more wait again. name: as customers knew it. */
void work_orphaned(struct desk *d, const char *agent_id, const char *name);
void work_start(struct desk *d); /* likewise, for those whom a crash left behind */

/* A chat ends within this change; what follows its commit. */
void chat_close(struct op *op, struct change *c, const char *reason);
void chat_closed(struct op *op, struct change *c);

/* ---- desk_customer.c ---- */

#define CHAT_FIELD_MAX 2048 /* bytes of a page's address, of a reason */

/* What somebody says of a customer, made fit to be stored. False: the op was refused. NULL is "".
 */
NODISCARD bool customer_name_ok(struct op *op, const char *given, const char **out);
NODISCARD bool customer_email_ok(struct op *op, const char *given, const char **out);
/* A short free text: one line of at most max bytes, no forbidden characters.
 * Errors  ERR_TOO_LARGE, ERR_TEXT */
NODISCARD enum err customer_field(struct arena *a, const char *s, size_t max, const char **out);

/* ---- desk_wait.c ---- */

/* The median of what was read, which is remembered; -1 too few. */
int64_t wait_median(struct desk *d, const char *organization, struct query *q);
/* Median wait of the last 20 claims x position / available agents; -1 unknown. */
int64_t wait_estimate(int64_t median_ms, int64_t position, int64_t agents);
void wait_taken(struct desk *d, const struct chat *before, const struct chat *after);
void wait_free(struct desk *d);

/* ---- desk_access.c ---- */

enum standing access_of(const struct desk *d, const char *room, const char *agent_id);
void access_keep(struct desk *d, const char *room, const char *agent_id, enum standing s);
void access_free(struct desk *d);
/* OK, ERR_OUTCAST or ERR_NOT_MEMBER to one who wants to enter, ERR_NOT_FOUND for all else. */
NODISCARD enum err access_may(const struct op *op, enum action what);
/* Within this change the agent's standing becomes that, beside what others' became. */
void access_change(struct change *c, const char *agent_id, enum standing s);

/* ---- desk_keep.c ---- */

void keep_tick(struct desk *d); /* chats that are due to be erased or removed */
void keep_tell_erased(struct room *r);
bool keep_lacks_space(const struct desk *d, const struct change *c);

/* ---- desk_room.c ---- */

/* All sessions of an agent end, and the bus is told; they are not stored any more. */
void room_expel(struct room *r, const char *agent_id, enum left_how how, const char *actor,
                const char *why);
/* One session ends in its room's line. */
void room_leave(struct desk *d, const char *room, const char *address, enum left_how how,
                const char *why);

/* ---- desk_post.c ---- */

/* Within this change a closed chat is open again, and waits if people were asked for. */
void chat_reopen(struct op *op, struct change *c);

/* ---- desk_assistant.c ---- */

/* Ask the assistant about the room's last question, unless it is at work already. */
void chat_ask(struct room *r);
/* The chat is another one now: an answer that is not wanted any more is not waited for. */
void chat_ask_over(struct room *r);
void chat_ask_free(struct room *r);
/* Asking, or loading the room anew, failed: the room stays in memory and is tried again. */
void chat_ask_later(struct room *r);
void chat_ask_again(struct desk *d); /* for all whose time has come */

/* ---- desk_files.c ---- */

void files_start(struct desk *d, const struct query *q); /* the slots that are stored */
void files_tick(struct desk *d);                         /* those that are too old end */
void files_free(struct desk *d);
/* Within this change the file is one of the room's. *data: what the entry says of it. */
void files_attach(struct op *op, struct change *c, const struct file *f, const char **data);
/* docs/API.md, "Attachments" */
const char *files_data(struct arena *a, const struct file *f, const char *url);
/* What must be the same when it is sent again. */
const char *files_same(struct arena *a, const struct file *f, const char *digest);

/* ---- desk_people.c ---- */

/* A name that neither customers nor new agents may have. */
bool people_reserved_name(struct op *op, const char *name);
void people_forget_tokens(struct desk *d);
/* Stores a new credential of the agent and ends the op with its text. life_ms of steady time; 0: it
 * has no end. */
void op_token(struct op *op, enum token_kind kind, const struct agent *agent, const char *label,
              int64_t life_ms);

/* What is remembered of a token that was read. */
struct known_token {
    enum token_kind kind;
    char id[ID_LEN + 1];
    int64_t until_ms, used_ms; /* of sessions */
};

/* ---- desk_login.c ---- */

/* A session's token was shown: its use is written down now and then. */
void session_used(struct desk *d, struct known_token *t, const unsigned char hash[HASH_LEN]);
/* An agent as stored: into the directory, and what it set for itself. */
void people_put(struct desk *d, const struct agent *a);
/* The agent was removed: from the directory, and out of all rooms; its chats wait again. */
void people_gone(struct desk *d, const struct agent *gone);

#endif
