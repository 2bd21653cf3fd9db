/* What the files of this folder share; nobody else includes it. */
#ifndef PARLEY_MUC_PARTS_H
#define PARLEY_MUC_PARTS_H

#include "component/muc/muc.h"

#define NS_MUC_ADMIN "http://jabber.org/protocol/muc#admin"
#define NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define NS_MUC_TRAFFIC "http://jabber.org/protocol/muc#traffic"
#define NS_ARCHIVE "urn:xmpp:mam:2"
#define NS_CAPS "http://jabber.org/protocol/caps"
#define NS_CORRECT "urn:xmpp:message-correct:0"
#define NS_FASTEN "urn:xmpp:fasten:0"
#define NS_FORM "jabber:x:data"
#define NS_HINTS "urn:xmpp:hints"
#define NS_HTTP_AUTH "http://jabber.org/protocol/http-auth"
#define NS_IDLE "urn:xmpp:idle:1"
#define NS_MARKERS "urn:xmpp:chat-markers:0"
#define NS_MODERATE "urn:xmpp:message-moderate:1"
#define NS_MODERATE_OLD "urn:xmpp:message-moderate:0" /* XEP-0425 0.2.1, in NS_FASTEN */
#define NS_OOB "jabber:x:oob"
#define NS_PUBSUB "http://jabber.org/protocol/pubsub"
#define NS_REACTIONS "urn:xmpp:reactions:0"
#define NS_RECEIPTS "urn:xmpp:receipts"
#define NS_REPLY "urn:xmpp:reply:0"
#define NS_RETRACT "urn:xmpp:message-retract:1"
#define NS_RETRACT_OLD "urn:xmpp:message-retract:0"
#define NS_RSM "http://jabber.org/protocol/rsm"
#define NS_VCARD "vcard-temp"
#define NS_VCARD_UPDATE "vcard-temp:x:update"
#define NS_VERSION "jabber:iq:version"

/* Bounds of what is reflected: one stanza goes to every session of a room, and must stay far below
 * the 256 KiB at which servers close streams. Bytes as written. */
#define MUC_BODY_MAX 16384
#define MUC_PAYLOAD_MAX 16384
#define MUC_SUBJECT_MAX 2048
#define MUC_ID_MAX 512
#define MUC_ARCHIVE_PAGE 50 /* lines of the archive, when no number is asked for */
#define MUC_ITEMS_MAX 100   /* rooms in one page of disco#items */

#define MUC_NOBODY SIZE_MAX /* an index of no occupant */

/* ---- addresses (address.c) ------------------------------------------------------------------- */

const char *muc_room_jid(const struct muc_service *s, struct arena *a, const char *local);
/* nick "" gives the room. */
const char *muc_occupant_jid(const struct muc_service *s, struct arena *a, const char *local,
                             const char *nick);
/* The address shown in items: full of the first XMPP session, bare without one. */
const char *muc_item_jid(const struct muc_occupant *who);
/* In semi-anonymous rooms presences lose the JID, unless the viewer moderates. */
struct xml *muc_without_jid(struct arena *a, const struct xml *presence);
bool muc_sees_jids(const struct muc_room *r, const struct muc_occupant *viewer);
/* x to every XMPP session of the room, but not to occupant `skip`. */
void muc_tell(struct muc_out *o, const struct muc_room *r, const struct xml *x, size_t skip);
/* x to one address; nothing when it is "" (a web session). */
void muc_tell_one(struct muc_out *o, struct xml *x, const char *to);
/* x to all, or only to `only` when not NULL. */
void muc_tell_some(struct muc_out *o, const struct muc_room *r, struct xml *x, const char *only);

/* ---- pieces of stanzas (element.c) ----------------------------------------------------------- */

struct xml *muc_message(struct arena *a, const char *from, const char *type, const char *id);
void muc_add_occupant_id(const struct muc_service *s, struct arena *a, struct xml *x,
                         const char *local, const char *jid);
void muc_add_delay(const struct muc_service *s, struct arena *a, struct xml *x, const char *local,
                   int64_t ms);
void muc_add_no_store(struct arena *a, struct xml *x);
/* <x xmlns=muc#user/> with one item; jid NULL adds none. */
struct xml *muc_add_user(struct arena *a, struct xml *x, const char *affiliation, const char *role,
                         const char *jid);
void muc_add_status(struct arena *a, struct xml *user, const char *code);
/* Presence of one occupant. own: the session whose own copy it is, with 110; NULL for others. */
struct xml *muc_presence(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                         const struct muc_occupant *who, const struct muc_session *own,
                         struct xml **user);
/* The presence of who as viewer may see it: NULL is one who may not see JIDs in secret rooms. */
struct xml *muc_presence_for(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                             const struct muc_occupant *who, const struct muc_occupant *viewer);
const struct muc_config *muc_config_of(const struct muc_room *r);
/* Is the presence of such a role told to others? */
bool muc_is_shown(const struct muc_room *r, const struct muc_occupant *who);
/* The line as a message without `to`. */
struct xml *muc_line_message(const struct muc_service *s, struct arena *a, const char *local,
                             const struct muc_line *l, bool delayed);

/* ---- hats and pictures (badge.c) ---------------------------------------------------------------
 */

#define NS_HATS "urn:xmpp:hats:0"
#define NS_CONFERENCE "jabber:x:conference"

void muc_add_hats(struct arena *a, struct xml *presence, unsigned hats);
/* What announces the picture (XEP-0153); nothing for NULL. */
void muc_add_picture(struct arena *a, struct xml *presence, const char *picture);
/* The picture itself, in a vCard. */
void muc_add_photo(struct arena *a, struct xml *card, const char *picture);

/* ---- payloads (payload.c) -------------------------------------------------------------------- */

/* True when the element would speak for the room or the service. */
bool muc_payload_forged(const struct stanza *in, const struct xml *child);
bool muc_payload_encrypted(const struct stanza *in);
/* The child elements of a message that may be reflected, as XML. body: the one to leave out, NULL
 * to keep it. */
const char *muc_payload_message(const struct stanza *in, const struct xml *body);
/* The children of a presence that may be reflected, as XML; <show/> comes first. */
const char *muc_payload_presence(const struct stanza *in);

/* ---- reading --------------------------------------------------------------------------------- */

void muc_read_iq(const struct muc_service *s, struct stanza *in, struct muc_intent *out);
void muc_read_presence(const struct muc_service *s, struct stanza *in, struct muc_intent *out);
void muc_read_message(const struct muc_service *s, struct stanza *in, struct muc_intent *out);
void muc_read_history(const struct xml *muc, struct muc_intent *out);
void muc_read_contact(const struct muc_service *s, struct stanza *in, struct muc_intent *out);
void muc_read_admin(const struct xml *query, struct muc_intent *out);  /* admin.c */
void muc_read_owner(const struct xml *query, struct muc_intent *out);  /* owner.c */
bool muc_read_invite(const struct stanza *in, struct muc_intent *out); /* invite.c */
bool muc_read_voice(const struct stanza *in, struct muc_intent *out);  /* voice.c */

void muc_read_archive(const struct xml *query, struct muc_intent *out); /* archive.c */
/* about.c. A retraction or reactions; true when it is one, also a wrong one. */
bool muc_read_about(const struct stanza *in, struct muc_intent *out);
bool muc_read_marker(const struct stanza *in, struct muc_intent *out); /* the same */
/* A message that names another which it replaces becomes a correction. */
void muc_read_correction(const struct stanza *in, struct muc_intent *out);
void muc_read_moderate(const struct xml *x, struct muc_intent *out);
/* <apply-to/>, as clients of 2022 ask it. False: it is about something else. */
bool muc_read_moderate_old(const struct xml *x, struct muc_intent *out);
bool muc_wants_no_store(const struct stanza *in); /* XEP-0334 */
bool muc_wants_store(const struct stanza *in);
/* The body of a reply without what it quotes for clients that know no replies; body itself when
 * nothing is marked as quoted. */
const char *muc_without_quote(const struct stanza *in, const char *body);

/* Settle with this reply. */
void muc_settle(struct muc_intent *out, struct xml *reply);
/* Settle with an error. type NULL: the usual one of the condition. */
void muc_refuse(struct muc_intent *out, enum cond c, const char *type, const char *text);

/* ---- answers --------------------------------------------------------------------------------- */

struct xml *muc_error(struct arena *a, const struct stanza *in, enum cond c, const char *type,
                      const char *text);
struct xml *muc_service_info(const struct muc_service *s, const struct stanza *in);
struct xml *muc_traffic_info(const struct stanza *in);
struct xml *muc_archive_form(const struct stanza *in);
struct xml *muc_version(const struct muc_service *s, const struct stanza *in);
/* <query/> of a disco answer; node "" none. */
struct xml *muc_disco_query(struct arena *a, struct xml *iq, const char *ns, const char *node);
void muc_disco_identity(struct arena *a, struct xml *query, const char *category, const char *type,
                        const char *name);
void muc_disco_features(struct arena *a, struct xml *query, const char *const *vars, size_t n);

#endif
