/* What happened, and who is told. Events are lent during the call and come in commit order, after
 * the commit. One thread. */
#ifndef PARLEY_BUS_H
#define PARLEY_BUS_H

#include "core/room.h"

/* How a session ended, and what its occupant is told. */
enum left_how {
    LEFT_PLAIN,   /* it left */
    LEFT_LOST,    /* its client answers no more (status 333) */
    LEFT_KICKED,  /* by a moderator; may come back (307) */
    LEFT_REMOVED, /* no member any more (321) */
    LEFT_BANNED   /* an outcast now (301) */
};

enum event_kind {
    EVENT_ENTRY,       /* a new entry of the room's log */
    EVENT_TYPING,      /* ephemeral */
    EVENT_READ,        /* somebody has read up to entry; ephemeral */
    EVENT_SAYING,      /* the assistant writes message_id: piece comes next; ephemeral */
    EVENT_UNSAID,      /* it does not go on: why is a word; ephemeral */
    EVENT_JOINED,      /* an agent came: occupant, and its first session */
    EVENT_LEFT,        /* a session ended; occupant is NULL when others of it remain */
    EVENT_ROLES,       /* roles of occupants changed: send all current presences again */
    EVENT_CLOSED_ROOM, /* the room is over: occupants (still listed) must be told and are gone after
                        */
    EVENT_ERASED,      /* what was said in the room is erased: whoever shows it must load anew */
    EVENT_KEY_GONE,    /* a key of agent_id is no more: its streams must show their keys again. Or a
                          token of the chat of that id */
    EVENT_AGENT_GONE,  /* agent removed: end its streams; from one room only when room is given */
    EVENT_OFFERED,   /* the chat is offered to agent_id; sender_name offers it, why is the reason */
    EVENT_STAFF,     /* something of a staff room or lobby: staff */
    EVENT_LOGIN,     /* somebody wants to come in as agent_id: login */
    EVENT_CUSTOMER,  /* the customer has another name in the room; it was sender_name */
    EVENT_OFFER_OVER /* it is not any more: agent_id had offered it, why says what happened */
};

struct login;

struct event {
    enum event_kind kind;
    const struct room *room; /* may be NULL only for EVENT_AGENT_GONE */
    const char *room_id;
    const struct entry *entry; /* EVENT_ENTRY, EVENT_READ */
    /* EVENT_TYPING, EVENT_READ */
    enum role role;
    const char *sender_id, *sender_name; /* as of an entry */
    bool typing;
    const char *state; /* XEP-0085: "composing" "paused" "active" "inactive" */
    bool to_customer;  /* the writer is a speaker, so that the customer may be told */
    bool reflected;    /* EVENT_READ: came by XMPP, and the room knows it */
    /* EVENT_SAYING, EVENT_UNSAID */
    const char *message_id; /* of the entry that it will be */
    const char *piece;
    uint64_t turn; /* one number for all of one answer */
    bool first;    /* nothing was said before the piece */
    /* EVENT_LEFT: the session (removed already) and its occupant's last state */
    const struct session *session;
    const struct occupant *occupant;
    const char *why;       /* text shown to the others, "" none; EVENT_UNSAID: a word */
    bool lost;             /* EVENT_LEFT: thrown out for errors (status 333); how is LEFT_LOST */
    enum left_how how;     /* EVENT_LEFT */
    const char *actor;     /* EVENT_LEFT: nick of who did it; NULL or "" unknown */
    const char *agent_id;  /* EVENT_AGENT_GONE, EVENT_OFFERED, EVENT_OFFER_OVER, EVENT_LOGIN */
    const char *agent_jid; /* EVENT_AGENT_GONE of all rooms: bare */
    const struct staff_event *staff; /* EVENT_STAFF */
    const struct login *login;       /* EVENT_LOGIN */
};

enum staff_what {
    STAFF_RENAMED,    /* session is now with occupant; it was with old_nick */
    STAFF_REMOVED,    /* occupant and all its sessions are out of the room */
    STAFF_CHANGED,    /* role or affiliation of occupant */
    STAFF_AFFILIATED, /* affiliate has this affiliation now, and is not in the room */
    STAFF_CONFIGURED, /* codes */
    STAFF_DESTROYED   /* occupants are still listed, and are gone after */
};

/* XEP-0045 #registrar-statuscodes-init */
#define STAFF_104 1u /* the configuration changed */
#define STAFF_170 2u /* the log is public now */
#define STAFF_171 4u
#define STAFF_172 8u /* everybody sees JIDs now */
#define STAFF_173 16u

struct staff_event {
    enum staff_what what;
    const struct occupant *occupant;
    const struct session *session; /* RENAMED: NULL, all sessions of the occupant */
    const char *old_nick;          /* RENAMED */
    bool old_stays;                /* RENAMED: others of it remain under the old nick */
    bool fresh;                    /* RENAMED: nobody had the new nick before */
    int status;                    /* REMOVED: 301 307 321 322 */
    const char *actor;             /* nick of who did it; "" unknown */
    const char *reason;            /* REMOVED CHANGED DESTROYED; "" none */
    const struct affiliate *affiliate;
    unsigned codes;
    const char *alternate; /* DESTROYED: bare JID; "" none */
};

typedef void bus_fn(void *ctx, const struct event *e);

struct bus;
struct subscription;

struct bus *bus_new(void);
void bus_free(struct bus *b);
/* room_id NULL: every room. Subscribing and ending are allowed within a call. */
struct subscription *bus_subscribe(struct bus *b, const char *room_id, bus_fn *fn, void *ctx);
void bus_end(struct subscription *s); /* NULL is allowed */
void bus_publish(struct bus *b, const struct event *e);
size_t bus_count(const struct bus *b, const char *room_id); /* subscriptions of one room */

#endif
