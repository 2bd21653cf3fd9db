/* Agents and organizations: plain data, and the directory that holds all of them in memory. */
#ifndef PARLEY_PEOPLE_H
#define PARLEY_PEOPLE_H

#include "core/base/arena.h"
#include "core/base/crypto.h"
#include "core/duty.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum agent_role { AGENT_AGENT, AGENT_SUPERVISOR };

/* How an agent that is not in the lobby hears of chats that wait. */
enum agent_notify {
    NOTIFY_MESSAGE, /* a chat message with the room's link */
    NOTIFY_INVITE,  /* an invitation when the agent is the one that is rung, else a message */
    NOTIFY_LOBBY,   /* in the lobby only */
    NOTIFY_NONE,
    NOTIFY_COUNT_
};

const char *agent_notify_name(enum agent_notify n); /* "message" "invite" "lobby" "none" */

/* Presence subscriptions between an agent and the service's contact. */
#define CONTACT_SEES 1u /* the agent is told the contact's presence */
#define CONTACT_SEEN 2u /* the contact is told the agent's */

struct organization {
    const char *name;    /* lower-case word; "default" is always there */
    const char *title;   /* shown to people */
    const char *origins; /* web origins, space separated; "" allows only the public URL's own */
    bool configured;     /* from the configuration file: read-only to commands */
};

struct agent {
    char id[ID_LEN + 1];
    const char *jid;  /* bare, prepared */
    const char *name; /* unique in the service by skeleton; the nick in rooms */
    const char *organization;
    enum agent_role role;
    const char *skills; /* comma separated */
    int64_t created_ms;
    /* set by the agent itself */
    enum duty_show status; /* DUTY_OFF: as its presence says */
    int max_chats;         /* held at once; 0 no limit */
    enum agent_notify notify;
    unsigned contact; /* CONTACT_SEES and CONTACT_SEEN */
};

struct agent *agent_dup(struct arena *a, const struct agent *from);

struct directory;

struct directory *directory_new(void);
void directory_free(struct directory *d);

/* Add or replace (by id, by name). Copies. */
void directory_put_agent(struct directory *d, const struct agent *a);
void directory_del_agent(struct directory *d, const char *id);
void directory_put_organization(struct directory *d, const struct organization *o);

/* Lent until the directory changes; NULL when missing. */
const struct agent *directory_by_id(const struct directory *d, const char *id);
const struct agent *directory_by_jid(const struct directory *d, const char *bare);
/* The same by a JID as people type it: spaces around it and its case do not matter. */
const struct agent *directory_by_typed(const struct directory *d, const char *jid);
const char *directory_typed(struct arena *a, const char *jid); /* what of it matters */
/* By look-alike name: text_skeleton(name) is compared. */
const struct agent *directory_by_name(const struct directory *d, const char *name);
const struct organization *directory_organization(const struct directory *d, const char *name);

/* In order of creation. */
void directory_each_agent(struct directory *d, void (*fn)(void *ctx, const struct agent *a),
                          void *ctx);
void directory_each_organization(struct directory *d,
                                 void (*fn)(void *ctx, const struct organization *o), void *ctx);

/* A name a customer may not have: looks like an agent, the assistant, or "System". */
bool directory_reserved_name(const struct directory *d, const char *name);

#endif
