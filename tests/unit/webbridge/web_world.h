/* The bridge over the real desk and the real store in memory, and clients on real sockets. */
#ifndef WEB_WORLD_H
#define WEB_WORLD_H

#include "core/base/buf.h"
#include "db/store.h"
#include "webbridge/webbridge.h"

#define WAIT_MS 10000

struct world {
    uv_loop_t loop;
    uv_timer_t alarm; /* ends a wait that lasts too long */
    struct store *store;
    struct bus *bus;
    struct desk *desk;
    struct web_options options; /* may be changed before world_open */
    struct webbridge *web;
    int64_t now_ms;    /* the desk's clock */
    bool done, late;   /* of what is waited for */
    bool store_sleeps; /* what is asked of the store gets no answer */
    enum err outcome;
    char chat[ID_LEN + 1], token[TOKEN_LEN + 1]; /* of world_chat */
    char agent[ID_LEN + 1], key[TOKEN_LEN + 1];  /* of world_agent */
};

/* cmocka's; the bridge is not open yet. */
int world_setup(void **state);
int world_teardown(void **state);
void world_open(struct world *w);
void world_close(struct world *w);

/* Steps through the desk that must succeed. */
void world_chat(struct world *w);
void world_agent(struct world *w);
void world_escalate(struct world *w);
void world_say(struct world *w, const char *text); /* the customer */
void world_shut(struct world *w);                  /* close the chat */
void world_remove_agent(struct world *w);

/* A client's connection. */
struct client {
    struct world *world;
    int fd;
    struct buf in; /* all that came */
    bool ended;
};

void client_connect(struct world *w, struct client *c);
void client_send(struct client *c, const char *text);
/* Until text has come; false: the connection ended, or it took too long. */
bool client_got(struct client *c, const char *text);
bool client_ended(struct client *c); /* waits for it */
void client_free(struct client *c);

/* GET path with these credentials ("" none) and further header lines. */
void client_get(struct client *c, const char *path, const char *token, const char *headers);
void client_post(struct client *c, const char *path, const char *token, const char *body);
/* A stream of world's chat as far as its `ready`. query: "" or "?…". */
void client_stream(struct world *w, struct client *c, const char *token, const char *query,
                   const char *headers);

/* How often text is in what came. */
size_t client_count(const struct client *c, const char *text);

/* So many turns of the loop. */
void world_turns(struct world *w, int n);

/* Run the loop until fn says so; false when it took too long. */
bool world_until(struct world *w, bool (*fn)(void *ctx), void *ctx);

#endif
