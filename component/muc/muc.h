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
    MUC_ADMIN_GET,     /* muc#admin: items[0] says the list's affiliation or role */
    MUC_ADMIN_SET,     /* muc#admin: items are to be changed; in rooms of staff all or none, in
                          chats one after the other until one is refused */
    MUC_OWNER_GET,     /* muc#owner: the configuration form is wanted */
    MUC_OWNER_SET,     /* muc#owner: form, or cancelled */
    MUC_OWNER_DESTROY, /* muc#owner: alternate, reason */
    MUC_ARCHIVE,       /* a page of the archive */
    MUC_ARCHIVE_ENDS,  /* its first and last line */
    MUC_MODERATE,      /* take back the line `ref` of somebody else */
    MUC_JOIN,          /* presence with <x xmlns=muc/> */
    MUC_PRESENCE,      /* presence without it */
    MUC_PROBE,         /* probe of room/nick: muc_send_probed, or not-acceptable to strangers */
    MUC_LEAVE,         /* unavailable */
    MUC_BOUNCE,        /* an error that ends the session: see muc_is_bounce */
    MUC_INVITE,        /* mediated invitation: guest, reason */
    MUC_DECLINE,       /* of one: guest (who invited), reason */
    MUC_VOICE_ASK,     /* a visitor asks for voice */
    MUC_VOICE_GRANT,   /* the answer to that: guest_nick, granted */
    MUC_MESSAGE,       /* groupchat with a body */
    MUC_COMMAND,       /* groupchat whose body begins with "!" */
    MUC_COMMAND_OLD,   /* the same, edited or delayed: not to be carried out; `reply` says so */
    MUC_TYPING,        /* groupchat with a chat state and no body */
    MUC_SUBJECT,       /* groupchat with a subject and neither body nor thread */
    MUC_CORRECT,       /* groupchat with a body that replaces the sender's own stanza `ref` */
    MUC_RETRACT,       /* groupchat that takes back the line `ref`, the sender's own */
    MUC_REACT,         /* groupchat with the sender's reactions to the line `ref` */
    MUC_MARKER,        /* groupchat: the sender has read up to the line `ref` */
    MUC_KEEP,          /* groupchat without a body whose payload is to be stored */
    MUC_EPHEMERAL,     /* groupchat that is only reflected, to staff: other payloads without a body;
                          with body: it is not to be stored, or for clients that know no better */
    MUC_ENCRYPTED,     /* groupchat, end-to-end encrypted: body is a fallback, "" none; payload */
    MUC_PRIVATE,       /* message to room/nick */
    MUC_ADHOC,         /* iq set with an ad-hoc command; room "": the service's */
    MUC_ADHOC_ITEMS,   /* disco#items of commands */
    MUC_ADHOC_INFO,    /* disco#info of `node` */
    MUC_CONTACT_WORDS, /* queue@ is written to: body */
    MUC_CONTACT_PRESENCE, /* presence or subscription for queue@: in->type; state is <show/> */
    MUC_PONG              /* answer to one of our own iqs: id is in->id; error or result */
};

/* One item of a muc#admin query. Strings are never NULL, "" when not given. */
struct muc_admin_item {
    const char *jid;         /* bare, prepared; an affiliation's is never full */
    const char *nick;        /* prepared */
    const char *affiliation; /* "owner" "admin" "member" "none" "outcast" */
    const char *role;        /* "moderator" "participant" "visitor" "none" */
    const char *reason;
};

#define MUC_ARCHIVE_MAX 250 /* lines of one page, and ids asked for */

/* Which part of the archive is wanted. Ids are as sent. Strings are never NULL, "" is none. */
struct muc_archive {
    const char *queryid; /* NULL none */
    bool has_with;
    struct jid with;
    int64_t start_ms, end_ms; /* included; INT64_MAX no end */
    const char *after_id, *before_id;
    const char *const *ids;
    size_t n_ids;
    const char *page_after, *page_before;
    bool newest; /* the page ends where the range does */
    bool flip;
    size_t max; /* MUC_ARCHIVE_MAX at most */
};

#define MUC_ADMIN_MAX 100 /* items of one query */

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
    const char *shown;   /* messages, corrections: the body for customers where it differs, or "" */
    const char *link;    /* messages: the address that the body is (XEP-0066), or "" */
    const char *subject;
    const char *ref; /* the line, or the sender's own stanza, that it is about */
    const char *const *reactions;
    size_t n_reactions;
    const struct muc_archive *archive;
    bool typing;          /* MUC_TYPING: composing */
    bool chat_state;      /* MUC_TYPING: which one to reflect */
    const char *state;    /* "active" "composing" "paused" "inactive" */
    const char *node;     /* MUC_ADHOC_INFO */
    const char *password; /* MUC_JOIN: NULL when none was given */
    /* MUC_ADMIN_*: every item has an affiliation and a jid, or a role and a nick (lists: neither
     * jid nor nick) */
    const struct muc_admin_item *items;
    size_t n_items;
    const char *guest;      /* MUC_INVITE, MUC_DECLINE: bare, prepared; "" none */
    const char *guest_nick; /* MUC_DECLINE, MUC_VOICE_GRANT: "" none */
    bool granted;           /* MUC_VOICE_GRANT */
    /* MUC_OWNER_* */
    const struct xml *form; /* <x type='submit'/> */
    bool cancelled;
    const char *alternate, *reason;
};

/* Does this error stanza say that the session is no more? XEP-0045 #service-error-kick */
bool muc_is_bounce(const struct stanza *in);

/* Everything is checked here that does not depend on a room's state: shape, types, encrypted
 * payloads (refused with a helpful text), private payloads to strip. Room-dependent refusals come
 * after, so that outsiders get one answer for every room and learn of none. */
void muc_read(const struct muc_service *s, struct stanza *in, struct muc_intent *out);

/* A command in a room that knows none: the intent becomes what else the message is, or MUC_REPLY.
 */
void muc_read_as_said(struct muc_intent *i);

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

/* XEP-0317: what somebody is in a chat, beside role and affiliation. */
#define MUC_HAT_CUSTOMER 1u
#define MUC_HAT_ASSISTANT 2u
#define MUC_HAT_ASSIGNED 4u
#define MUC_HAT_OBSERVER 8u
#define MUC_HAT_SUPERVISOR 16u
#define MUC_HAT_VERIFIED 32u

struct muc_occupant {
    const char *nick;
    const char *jid;                    /* bare; virtual ones have one on our own domain */
    const char *affiliation;            /* "none" "member" "admin" "owner" */
    const char *role;                   /* "none" "visitor" "participant" "moderator" */
    const struct muc_session *sessions; /* none for virtual ones */
    size_t n_sessions;
    unsigned hats;       /* MUC_HAT_… */
    const char *picture; /* of virtual ones: a name in muc_pictures; NULL none */
};

/* A room's configuration, as its form shows it. Strings are never NULL.
 * XEP-0045 #registrar-formtype-owner */
struct muc_config {
    const char *name, *description, *lang;
    const char *password; /* "" none */
    bool listed, persistent, moderated, members_only, nonanonymous;
    bool change_subject, allow_invites, logging;
    const char *allow_pm; /* "anyone" "participants" "moderators" "none" */
    bool show_moderators, show_participants, show_visitors; /* whose presence is told */
    int max_users;                                          /* 0 no limit */
    int history;
};

/* What a customer's chat is. */
extern const struct muc_config muc_config_chat;

struct muc_room {
    const char *local;
    const struct muc_config *config; /* NULL: muc_config_chat */
    const char *subject_by;          /* nick; NULL or "" the room's own */
    bool list_occupants;             /* in disco#items */
    const char *title;               /* "Alice (customer)" … */
    const char *subject;             /* "" none */
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
    bool delayed;    /* with <delay/> */
    bool is_subject; /* body is a subject that was set */
};

/* Whose session has this address; NULL nobody's. */
const struct muc_occupant *muc_occupant_at(const struct muc_room *r, const char *address);

#define MUC_JOIN_NEW 1u       /* others are told */
#define MUC_JOIN_REWRITTEN 2u /* status 210 */
#define MUC_JOIN_CREATED 4u   /* status 201: the room is new, and locked */

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
 * Statuses: XEP-0045 #exit, #service-error-kick. */
void muc_send_leave(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                    const struct muc_occupant *who, bool last, bool lost, const char *status);

/* Who is made to leave, and by whom. XEP-0045 #kick, #ban, #exit-nonmember */
struct muc_expulsion {
    const char *code;        /* "307" "301" "321" "322" */
    const char *affiliation; /* from now on */
    const char *actor;       /* nick; "" unknown */
    const char *reason;      /* "" none */
};
/* As muc_send_leave: r is without it, who's sessions are those that end, which get their copies. */
void muc_send_expelled(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                       const struct muc_occupant *who, bool last, const struct muc_expulsion *how);

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

/* ---- staff rooms (staff.c) ------------------------------------------------------------------- */

/* Another nick: from old_nick to occupant's. session: of it, MUC_ALL all. old_stays: others keep
 * the old one, and see no leave. XEP-0045 #changenick */
#define MUC_ALL SIZE_MAX
void muc_send_renamed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      size_t occupant, size_t session, const char *old_nick, bool old_stays);
/* Role or affiliation of one who is in: its presence to all, with actor and reason ("" none). */
void muc_send_changed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      size_t occupant, const char *actor, const char *reason);
/* Codes to all, as a message of the room. XEP-0045 #roomconfig-notify */
void muc_send_codes(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                    const char *const *codes, size_t n);
/* The subject has changed. id: of the stanza that changed it. */
void muc_send_subject_change(const struct muc_service *s, struct muc_out *o,
                             const struct muc_room *r, const struct muc_line *l);
/* alternate: a bare JID, "" none. */
void muc_send_destroyed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                        const char *alternate, const char *reason);

struct muc_setup {
    struct muc_config config;
    const char *const *owners, *const *admins; /* bare, prepared; NULL not in the form */
    size_t n_owners, n_admins;
};
/* The answer to MUC_OWNER_GET. */
void muc_reply_config(struct muc_out *o, const struct muc_intent *i, const struct muc_setup *setup);
/* What MUC_OWNER_SET wants of a room that is *setup now; fields that are missing stay.
 * Errors  ERR_INVALID a value that is none */
NODISCARD enum err muc_read_config(const struct muc_intent *i, struct muc_setup *setup);

/* ---- invitations and voice ------------------------------------------------------------------- */

/* Mediated, from the room. inviter: bare JID. id: of the stanza that asked, "" none. No body: a
 * client that knows none of it shows nothing, one that knows it shows no second window. */
void muc_send_invite(const struct muc_service *s, struct muc_out *o, const char *local,
                     const char *inviter, const char *to, const char *reason, const char *id);
/* Direct (XEP-0249), from the service's contact: for one agent that is meant to come. */
void muc_send_direct_invite(const struct muc_service *s, struct muc_out *o, const char *local,
                            const char *to, const char *reason);
/* decliner: bare JID. */
void muc_send_decline(const struct muc_service *s, struct muc_out *o, const char *local,
                      const char *decliner, const char *to, const char *reason);
/* The form that moderators fill in. who: index of the visitor. XEP-0045 #requestvoice */
void muc_send_voice_form(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                         size_t who, const char *to);
/* The affiliation of one who is not in the room was changed. XEP-0045 #bullet-aff-notify */
void muc_send_affiliation(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                          const char *jid, const char *affiliation, const char *to);

/* The same to the person itself, all of whose clients get it: status 101. */
void muc_send_own_affiliation(const struct muc_service *s, struct muc_out *o,
                              const struct muc_room *r, const char *jid, const char *affiliation);

/* ---- iqs from occupant to occupant ----------------------------------------------------------- */

/* The iq of an occupant as another one's client gets it. nick: of the asker. */
void muc_send_relayed(const struct muc_service *s, struct muc_out *o, const char *local,
                      const char *nick, const char *to, const char *id, const struct stanza *in);
/* Is it about the person rather than the client: a vCard, a PEP node? */
bool muc_asks_person(const struct stanza *in);

/* The sender's reading position, as a marker (XEP-0333). */
void muc_send_marker(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                     const struct muc_occupant *who, const char *ref);

/* Says of a line whose text is the address of a file that it is one. XEP-0066 #x */
const char *muc_oob(struct arena *a, const char *url);
/* What stands in the place of a line that was erased with its whole chat. */
const char *muc_erased(struct arena *a, int64_t at_ms);

/* What a moderated line is told with, and what stands in its place from then on (XEP-0425, 0424),
 * as XML. moderator NULL: its author took it back. */
const char *muc_moderation(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                           const struct muc_occupant *by, const char *ref, const char *reason);
const char *muc_tombstone(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                          const struct muc_occupant *moderator, const struct muc_intent *i,
                          int64_t now_ms);

struct muc_page {
    const struct muc_line *lines; /* in the log's order */
    size_t n;
    bool more;            /* the range has more than this page */
    int64_t first, total; /* place of the first in the range, and its size; -1 unknown */
};

/* The lines, then the answer; nothing may be sent in between. A page of many bytes is cut. */
void muc_send_archive(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                      const struct muc_room *r, const struct muc_page *page);
void muc_reply_archive_ends(struct muc_out *o, const struct muc_intent *i,
                            const struct muc_line *ends, size_t n);

struct muc_item {
    const char *local, *name;
};

void muc_reply_items(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                     const struct muc_item *items, size_t n);
void muc_reply_room_info(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                         const struct muc_room *r);
void muc_reply_room_items(const struct muc_service *s, struct muc_out *o,
                          const struct muc_intent *i, const struct muc_room *r);
void muc_reply_room_nick(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                         const char *nick);
void muc_reply_result(struct muc_out *o, const struct stanza *in); /* empty result */
/* iqs to room/nick of a virtual occupant; occupant NULL: none of that name. */
void muc_reply_occupant_iq(const struct muc_service *s, struct muc_out *o,
                           const struct muc_intent *i, const struct muc_occupant *occupant);
/* The list that MUC_ADMIN_GET asks for. */
void muc_reply_admin_list(struct muc_out *o, const struct muc_intent *i,
                          const struct muc_admin_item *items, size_t n);
/* Those present with that affiliation and role; "" is any. With a role the jid is full. */
size_t muc_list_occupants(struct arena *a, const struct muc_room *r, const char *affiliation,
                          const char *role, struct muc_admin_item **out);
/* iqs to a room that nobody else answers: MUC_ADMIN_GET with those present; changes are forbidden;
 * else service-unavailable. */
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
/* From queue@: presence of a type ("" available), a message, a direct invitation (XEP-0249). */
void muc_send_contact_presence(const struct muc_service *s, struct muc_out *o, const char *to,
                               const char *type, const char *status);
void muc_send_contact_words(const struct muc_service *s, struct muc_out *o, const char *to,
                            const char *id, const char *text);
/* The same words, with thread and request of XEP-0070 for clients that ask by themselves. */
void muc_send_contact_confirm(const struct muc_service *s, struct muc_out *o, const char *to,
                              const char *id, const char *text, const char *code, const char *url);
void muc_send_contact_invite(const struct muc_service *s, struct muc_out *o, const char *to,
                             const char *room, const char *reason);
/* The barrier: an iq to our own domain, behind what was sent. What comes back was read up to there
 * (docs/ARCHITECTURE.md, "The outbox, and catching up"). */
void muc_send_barrier(const struct muc_service *s, struct muc_out *o, const char *id);

#endif
