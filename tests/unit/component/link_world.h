/* For the tests of component/link.h. */
#ifndef LINK_WORLD_H
#define LINK_WORLD_H

#include "component/link.h"
#include "tests/unit/component/fake_server.h"

#define WAIT_MS 5000
#define KEPT 64

/* A server, a link to it, and what the link told. */
struct world {
    uv_loop_t loop;
    struct fake_server server;
    struct link_options options; /* may be changed before begin */
    struct link *l;
    unsigned ups, downs, flushes, poisons;
    char condition[64];
    struct stanza *in[KEPT];
    size_t in_len;
    bool link_gone;
};

/* cmocka's; the server runs, the link is not there yet. */
int world_setup(void **state);
int world_teardown(void **state);

void begin(struct world *w);
void begin_up(struct world *w); /* and wait until the link is up */
void on_link_gone(void *ctx);   /* for link_free; ctx is the world */

/* Run the loop until *value is at least wanted, or for at most ms. */
bool reached(struct world *w, const unsigned *value, unsigned wanted, uint64_t ms);
bool stanzas_reached(struct world *w, size_t wanted);
/* text is in what the server got over streams that were up. */
bool server_got(struct world *w, const char *text);

#endif
