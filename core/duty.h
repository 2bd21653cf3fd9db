/* Who can take chats. Several sources say something about an agent; the strongest that says
 * anything decides, and within one source the most available session. Plain data in memory: what
 * must last is stored elsewhere and set again at start. One thread. */
#ifndef PARLEY_DUTY_H
#define PARLEY_DUTY_H

#include <stdbool.h>
#include <stddef.h>

/* From least to most available. Names of presence: dnd, xa, away; none and chat are DUTY_ON. */
enum duty_show { DUTY_OFF, DUTY_DND, DUTY_XA, DUTY_AWAY, DUTY_ON };

/* Strongest first. */
enum duty_source {
    DUTY_STATUS,  /* what the agent set itself ("my-status") */
    DUTY_LOBBY,   /* in the lobby room, with its <show/> */
    DUTY_CONTACT, /* presence sent to queue@ */
    DUTY_ROOM,    /* in the room of any chat, by XMPP or in the console; the console is open */
    DUTY_SOURCES_
};

struct duty;

struct duty *duty_new(void);
void duty_free(struct duty *d); /* NULL is allowed */

/* One session of a source says this; DUTY_OFF: it is gone. address: full JID, stream id, or any
 * word that names the session within its source ("" when there is only one). */
void duty_set(struct duty *d, const char *agent_id, enum duty_source source, const char *address,
              enum duty_show show);
/* All of one source has gone (a link is lost, a client sent unavailable from its bare JID). */
void duty_clear(struct duty *d, const char *agent_id, enum duty_source source);
/* The agent was removed. */
void duty_forget(struct duty *d, const char *agent_id);

/* What the strongest source says; DUTY_OFF when none says anything. */
enum duty_show duty_of(const struct duty *d, const char *agent_id);
/* What one source says: the most available of its sessions. */
enum duty_show duty_from(const struct duty *d, const char *agent_id, enum duty_source source);
/* On or away: such an agent may be offered a chat. Those away come last. */
bool duty_available(const struct duty *d, const char *agent_id);

/* "available" "away" "xa" "dnd" "off" */
const char *duty_name(enum duty_show show);
/* Text of <show/>: "" and "chat" and what is unknown are DUTY_ON. */
enum duty_show duty_of_presence(const char *show);

#endif
