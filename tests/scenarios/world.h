/* A whole service in process for transcripts: desk, store in memory, room service; the wire is a
 * list of what each client received. */
#ifndef PARLEY_TEST_SCENARIO_WORLD_H
#define PARLEY_TEST_SCENARIO_WORLD_H

#include "component/muc_desk.h"
#include "component/upload_desk.h"
#include "component/xml/xml.h"
#include "core/base/map.h"
#include "db/store.h"

#define WORLD_DOMAIN "support.example.org"
#define WORLD_UPLOAD "upload.example.org"
#define WORLD_FILE_MAX 16777216 /* as the daemon's default */

struct received {
    struct received *next;
    struct xml *x;
};

struct heard {
    struct heard *next;
    const char *chat, *kind, *text;
};

struct world {
    struct arena *arena;
    struct store *store;
    struct bus *bus;
    struct desk *desk;
    struct muc_desk *muc;
    struct upload_desk *upload;
    struct subscription *ears;
    struct map *clients; /* full JID -> struct received ** (head) */
    struct map *heads;
    struct heard *heard;
    struct map *names; /* {name} -> text */
    int64_t now_ms;
    unsigned last_id;
    bool timer;
    bool contact; /* what queue@ says is received too */
    bool failed;  /* of the call that was waited for */
    const char *answer_chat;
};

struct world *world_new(void);
void world_free(struct world *w);
/* Until nothing is under way. */
void world_settle(struct world *w);
void world_pass(struct world *w, int64_t ms);

void world_chat(struct world *w, const char *name, const char *state, const char *customer);
/* A room of Sarah's own, made and open. */
void world_room(struct world *w, const char *name);
/* One enters; what that brings is not looked at. */
void world_enter(struct world *w, const char *from, const char *where);
/* What clients and customers have been told until now is not looked at. */
void world_forget(struct world *w);
/* The service ends without a word and begins again on what is stored. */
void world_restart(struct world *w);
bool world_customer(struct world *w, const char *name, const char *verb, const char *text);
void world_send(struct world *w, const char *from, const char *text);
/* The next stanza of a client, taken; NULL when there is none. */
struct xml *world_take(struct world *w, const char *jid);
/* The next public event of a chat, taken. */
struct heard *world_hear(struct world *w, const char *name);
/* Does any client have something left? *who says which. */
bool world_left_over(struct world *w, const char **who, struct xml **what);

/* Text with each {name} replaced. NULL when a name is unknown. */
char *world_fill(struct world *w, const char *text, const char **unknown);
void world_name(struct world *w, const char *name, const char *text);

#endif
