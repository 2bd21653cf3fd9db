/* Chats and entries as JSON, in the shapes of docs/API.md, as one asker may see them. */
#ifndef PARLEY_VIEW_H
#define PARLEY_VIEW_H

#include "core/base/json.h"
#include "core/desk.h"

struct viewer {
    const struct directory *people;
    const struct queue *queue;
    enum who kind; /* WHO_CUSTOMER or WHO_AGENT */
    const char *id;
    const char *domain; /* of the rooms; NULL or "" none */
    struct desk *desk;  /* whose clock chats count with; NULL: as the wall clock does */
};

/* GET /api/chats/{id}. Customers get no staff-only member. */
struct json *view_chat(const struct viewer *v, const struct chat *c);

/* {id, name, avatar} of an agent; null when it is gone or id is "". */
struct json *view_agent(const struct viewer *v, const char *id);
/* One of the staff, for its own kind: GET /api/me and /api/agents. */
struct json *view_staff(struct desk *d, const struct agent *a);

/* Does the asker hear of the entry at all? A customer hears of what is public; subject and
 * reactions are a room's affair and no part of the conversation. */
bool view_sees(const struct viewer *v, const struct entry *e);
/* Is it a line of the history? Corrections and deletions are not: their message shows them. */
bool view_lists(const struct viewer *v, const struct entry *e);

/* Its number as the asker knows it: `pos` for customers, the log's `seq` for agents. */
int64_t view_number(const struct viewer *v, const struct entry *e);

/* One line of the history. What is no message has role SYSTEM and names its event. */
struct json *view_message(const struct viewer *v, const struct chat *c, const struct entry *e);

/* The data of a server-sent event: the envelope of docs/API.md, one line. */
char *view_event(struct arena *a, const struct viewer *v, const struct chat *c,
                 const struct entry *e);
/* The envelope around any payload, which is taken. */
char *view_envelope(struct arena *a, const char *event, const char *channel, struct json *payload);
/* {all, needsResponse, assigned} of a page of chats. */
struct json *view_counts(const struct query *q);
char *view_wait(struct arena *a, const char *chat_id, const struct wait *w);
char *view_typing(struct arena *a, const char *chat_id, const struct event *e);
char *view_read(struct arena *a, const char *chat_id, const struct event *e);
/* name: of the assistant */
char *view_delta(struct arena *a, const char *chat_id, const char *message_id, const char *name,
                 const char *text);
char *view_ai_error(struct arena *a, const char *chat_id, const struct event *e);

#endif
