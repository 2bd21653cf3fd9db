/* What any room is, whoever made it: kind, configuration, affiliations. A staff room's are its
 * owners' choice; a lobby's and a customer's chat's are fixed values. Plain data. */
#ifndef PARLEY_STAFF_H
#define PARLEY_STAFF_H

#include "core/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define ROOM_LOCAL_MAX 255   /* bytes of a room's localpart */
#define ROOM_TEXT_MAX 1024   /* bytes of a title, description, password, reason */
#define ROOM_HISTORY_MAX 100 /* entries shown on joining */
#define ROOM_USERS_MAX 500

enum room_kind { ROOM_CHAT, ROOM_STAFF, ROOM_LOBBY };

/* In order of rank. XEP-0045 #affil */
enum affiliation {
    AFFILIATION_OUTCAST = -1,
    AFFILIATION_NONE,
    AFFILIATION_MEMBER,
    AFFILIATION_ADMIN,
    AFFILIATION_OWNER
};
enum room_role { ROOM_NONE, ROOM_VISITOR, ROOM_PARTICIPANT, ROOM_MODERATOR };

/* "outcast" … "owner"; "none" … "moderator". Names that are unknown leave *out alone. */
const char *affiliation_name(enum affiliation a);
const char *room_role_name(enum room_role r);
bool affiliation_of_name(const char *name, enum affiliation *out);
bool room_role_of_name(const char *name, enum room_role *out);

/* Who may write privately. */
enum allow_pm { PM_ANYONE, PM_PARTICIPANTS, PM_MODERATORS, PM_NONE };
const char *allow_pm_name(enum allow_pm p); /* "anyone" "participants" "moderators" "none" */
bool allow_pm_of_name(const char *name, enum allow_pm *out);

#define BROADCAST_ALL (1u << ROOM_VISITOR | 1u << ROOM_PARTICIPANT | 1u << ROOM_MODERATOR)

/* Strings are never NULL, "" is none. Source: XEP-0045 #registrar-formtype-owner */
struct room_config {
    const char *title, *description, *lang;
    const char *password; /* "": none is needed */
    bool listed;          /* found by service discovery */
    bool persistent;      /* stays when the last occupant leaves */
    bool moderated;       /* who has no affiliation has no voice */
    bool members_only;
    bool whois_anyone;   /* everybody sees everybody's JID; else moderators only */
    bool change_subject; /* participants may */
    bool allow_invites;  /* members may */
    bool logging;        /* the log is said to be public (status 170) */
    enum allow_pm allow_pm;
    unsigned broadcast; /* 1u << role: whose presence is told to others */
    int max_users;      /* 0: no limit but ROOM_USERS_MAX */
    int history_length; /* entries shown on joining, at most */
};

/* What a room begins with. */
struct room_config room_config_new(enum room_kind kind, const char *title);

/* Errors  ERR_INVALID a number out of range; ERR_TEXT; ERR_TOO_LARGE a text above ROOM_TEXT_MAX */
NODISCARD enum err room_config_check(const struct room_config *c);

/* A person's standing in a room. */
struct affiliate {
    const char *jid; /* bare */
    enum affiliation affiliation;
    const char *nick;   /* reserved, "" none */
    const char *reason; /* as given; "" none */
};

/* A staff room or a lobby, as it is stored. */
struct staff {
    const char *id; /* localpart */
    enum room_kind kind;
    const char *organization; /* whose agents it is for; "" everybody's who may be here */
    struct room_config config;
    bool locked;                      /* until its owner has configured it */
    const char *subject, *subject_by; /* nick */
    int64_t subject_ms;
    const char *created_by; /* bare JID */
    int64_t created_ms;
    /* counters of the log, kept by the store */
    int64_t last_seq, last_pos, last_gid, last_ms;
};

struct staff *staff_dup(struct arena *a, const struct staff *s);

/* The role somebody has on entering. XEP-0045 #affil-role */
enum room_role staff_role_on_entry(const struct staff *s, enum affiliation a);

/* "lobby" for the default organization, "lobby-NAME" for the others. */
const char *lobby_local(struct arena *a, const char *organization);
/* The organization of such a localpart, lent from it; NULL when it is none. */
const char *lobby_organization(const char *local);

#endif
