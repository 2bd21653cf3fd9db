/* The room service (XEP-0045): what a stanza asks for, and how a room is told. Pure: stanza in,
 * intent out; room and event in, stanzas out. No clock, socket or store: component/muc_desk.c
 * stands between this and the desk. One file per subject in this folder. */
#ifndef PARLEY_MUC_H
#define PARLEY_MUC_H

#include "component/xml/stanza.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info"
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_PING "urn:xmpp:ping"
#define NS_SID "urn:xmpp:sid:0"
#define NS_DELAY "urn:xmpp:delay"
#define NS_OCCUPANT "urn:xmpp:occupant-id:0"
#define NS_CHATSTATES "http://jabber.org/protocol/chatstates"

struct muc_service {
    const char *domain; /* support.example.org */
    const char *name;   /* shown in service discovery */
    const char *version;
    const char *salt; /* secret: occupant ids are HMACs of room and bare JID under it */
};

/* ---- in -------------------------------------------------------------------------------------- */

enum muc_intent_kind {
    MUC_IGNORE,        /* nothing is owed */
    MUC_REPLY,         /* settled without the room: send `reply` */
    MUC_SERVICE_ITEMS, /* which rooms may the sender see? */
    MUC_ROOM_INFO,     /* disco#info of a room: only for those who may enter */
    MUC_ROOM_ITEMS,    /* disco#items of a room: likewise, empty */
    MUC_ROOM_NICK,     /* disco#info node x-roomuser-item: the reserved nick */
    MUC_ROOM_PING,     /* ping, version … to a room: `reply` if the sender may enter */
    MUC_SELF_PING,     /* ping to room/nick (XEP-0410) */
    MUC_OCCUPANT_IQ,   /* any other iq to room/nick */
    MUC_ROOM_IQ,       /* any other iq to a room */
    MUC_JOIN,          /* presence with <x xmlns=muc/> */
    MUC_PRESENCE,      /* presence without it */
    MUC_PROBE,         /* probe of room/nick: muc_send_probed, or not-acceptable to strangers */
    MUC_LEAVE,         /* unavailable */
    MUC_BOUNCE,        /* an error that ends the session: #errors "kickable" set of xmpp.md 1.4 */
    MUC_MESSAGE,       /* groupchat with a body */
    MUC_COMMAND,       /* groupchat whose body begins with "!" */
    MUC_TYPING,        /* groupchat with a chat state and no body */
    MUC_SUBJECT,       /* groupchat with a subject and neither body nor thread */
    MUC_EPHEMERAL,     /* groupchat without a body that is neither: markers … (reflected only) */
    MUC_PRIVATE,       /* message to room/nick */
    MUC_PONG           /* answer to one of our own iqs: id is in->id; error or result */
};

struct muc_intent {
    enum muc_intent_kind kind;
    struct stanza *in;
    const char *room; /* localpart asked for; "" for the service itself */
    const char *nick; /* resource asked for; "" when none; prepared for joins */
    struct xml *reply;
    /* joins: how much history at most; each SIZE_MAX / -1 when not asked */
    size_t history_stanzas, history_chars;
    int64_t history_seconds;
    int64_t history_since_ms;
    const char *presence; /* reflected payloads as XML (show, status, caps …), spoofs removed */
    const char *status;   /* leaves: text of <status/> */
    /* messages */
    const char *body;    /* as sent; not yet text_body(), which a command's already is */
    const char *payload; /* reflected payloads as XML, spoofs and stamps removed */
    const char *subject;
    bool typing;       /* MUC_TYPING: composing */
    bool chat_state;   /* MUC_TYPING: which one to reflect */
    const char *state; /* "active" "composing" "paused" "inactive" */
};

/* Does this error stanza say that the session is no more? (xmpp.md 1.4, kickable) */
bool muc_is_bounce(const struct stanza *in);

/* Everything is checked here that does not depend on a room's state: shape, types, encrypted
 * payloads (refused with a helpful text, xmpp.md 1.6), private payloads to strip. Room-dependent
 * refusals come after, so that outsiders get one answer for every room (xmpp.md 5.3). */
void muc_read(const struct muc_service *s, struct stanza *in, struct muc_intent *out);

/* ---- out ------------------------------------------------------------------------------------- */

/* Where stanzas go: the link, or a test. */
struct muc_out {
    struct arena *arena; /* for what is built; freed by the caller afterwards */
    void (*send)(void *ctx, const struct xml *x); /* x has `to` */
    void (*send_each)(void *ctx, const struct xml *x, const char *const *to, size_t n);
    void *ctx;
};

struct muc_session {
    const char *address;  /* full JID; "" for a web session, which gets no stanzas */
    const char *presence; /* as struct muc_intent says */
};

struct muc_occupant {
    const char *nick;
    const char *jid;                    /* bare; virtual ones have one on our own domain */
    const char *affiliation;            /* "none" "member" "admin" "owner" */
    const char *role;                   /* "none" "visitor" "participant" "moderator" */
    const struct muc_session *sessions; /* none for virtual ones */
    size_t n_sessions;
};

struct muc_room {
    const char *local;
    const char *title;   /* "Alice (customer)" … */
    const char *subject; /* "" none */
    int64_t subject_ms;
    const struct muc_occupant *occupants; /* virtual ones first */
    size_t n_occupants;
};

/* One entry of the log as occupants see it. */
struct muc_line {
    const char *id;        /* the archive's: stanza-id */
    const char *nick;      /* of the author; "" for the room itself */
    const char *jid;       /* bare, of the author; for the occupant id; "" for the room itself */
    const char *stanza_id; /* id attribute; "" = use id */
    const char *body;
    const char *payload;
    int64_t created_ms;
    bool delayed; /* with <delay/> */
};

#define MUC_JOIN_NEW 1u       /* others are told */
#define MUC_JOIN_REWRITTEN 2u /* status 210 */

/* The whole of a join, in the order of XEP-0045 #enter: others' presences to the newcomer, the
 * newcomer's to the others (when new), its own with 110, 100 and 210, history, subject.
 * occupant, session: indexes. id: of the join stanza, copied to the self-presence ("" none). */
void muc_send_join(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                   size_t occupant, size_t session, unsigned flags, const char *id,
                   const struct muc_line *history, size_t n_history);

/* The part of `history` that the limits of the intent leave: drops from the front. Returns the
 * number of lines to drop. now_ms for history_seconds. */
size_t muc_history_cut(const struct muc_service *s, const struct muc_intent *i,
                       const struct muc_room *r, const struct muc_line *history, size_t n,
                       int64_t now_ms);

/* Current presence of one occupant to everybody, itself included (110). */
void muc_send_presence(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                       size_t occupant);

/* The same to one address, whose session it need not be: the answer to a probe. */
void muc_send_probed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                     size_t occupant, const char *to);

/* A session has gone; r is without it. who: the occupant as it was, sessions those that left.
 * last: no session of it remains, so others are told. lost: with 333, else a plain leave.
 * The leaver's own copy is sent only when !lost. Statuses: XEP-0045 #exit. */
void muc_send_leave(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                    const struct muc_occupant *who, bool last, bool lost, const char *status);

/* "You are not here": for presence from one who is no occupant (XEP-0045 #impl-service-ghosts,
 * 110 + 307 + 333). */
void muc_send_desync(const struct muc_service *s, struct muc_out *o, const struct stanza *in);

/* The room ends: each occupant's session gets unavailable with <destroy/>. */
void muc_send_destroy(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      const char *reason);

/* A line to all sessions, or only to `only` when not NULL. */
void muc_send_line(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                   const struct muc_line *l, const char *only);
void muc_send_subject(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      const char *only);
/* Chat state of nick to all sessions (XEP-0085 #bizrules-groupchat), never stored. */
void muc_send_state(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                    const char *nick, const char *jid, const char *state, const char *stanza_id);
/* A bodyless payload reflected to all, never stored. */
void muc_send_ephemeral(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                        const char *nick, const char *jid, const struct muc_intent *i);
/* A word of the room to one session only: <no-store/>, no stanza-id. */
void muc_send_notice(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                     const char *to, const char *text);
/* What one occupant sent goes back to its own sessions only: <no-store/>, no stanza-id. */
void muc_send_echo(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                   size_t from, const struct muc_intent *i);
/* A private message from occupant `from` to all sessions of occupant `to`: indexes. */
void muc_send_private(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      size_t from, size_t to, const struct muc_intent *i);

struct muc_item {
    const char *local, *name;
};

void muc_reply_items(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                     const struct muc_item *items, size_t n);
void muc_reply_room_info(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                         const struct muc_room *r);
void muc_reply_room_items(const struct muc_service *s, struct muc_out *o,
                          const struct muc_intent *i);
void muc_reply_room_nick(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                         const char *nick);
void muc_reply_result(struct muc_out *o, const struct stanza *in); /* empty result */
/* iqs to room/nick of a virtual occupant; occupant NULL: none of that name. */
void muc_reply_occupant_iq(const struct muc_service *s, struct muc_out *o,
                           const struct muc_intent *i, const struct muc_occupant *occupant);
/* iq get to a room that one in it asks: muc#admin lists of members; else service-unavailable. */
void muc_reply_room_iq(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                       const struct muc_room *r);
/* Any error. Ignores stanzas that may not be answered (type error, result). text NULL: none. */
void muc_reply_error(struct muc_out *o, const struct stanza *in, enum cond c, const char *type,
                     const char *text);
/* The one answer for rooms that are missing or not the asker's: the same bytes for both. */
void muc_reply_no_room(struct muc_out *o, const struct stanza *in);

/* An iq ping from a room to one session. id: chosen by the caller. */
void muc_send_ping(const struct muc_service *s, struct muc_out *o, const char *room, const char *to,
                   const char *id);
/* The barrier iq to our own domain (design: "The log is the outbox"). */
void muc_send_barrier(const struct muc_service *s, struct muc_out *o, const char *id);

#endif
