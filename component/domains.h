/* Our domains at the XMPP server: that of the rooms and, if it is wanted, that of the upload
 * service, each with a connection of its own. Joins links, muc_desk and upload_desk. */
#ifndef PARLEY_DOMAINS_H
#define PARLEY_DOMAINS_H

#include "core/desk.h"

#include <uv.h>

struct domains_options {
    const char *host;
    int port;
    int64_t pause_max_ms, silence_ms; /* as link.h has them */
    const char *rooms, *rooms_secret, *rooms_name;
    const char *upload, *upload_secret, *upload_name; /* upload "": there is none */
    const char *url;                                  /* below which files are found */
    int64_t file_max;
};

struct domains;

/* Strings are lent, but for url, which is copied. Connecting starts at once. */
struct domains *domains_new(uv_loop_t *loop, const struct domains_options *o, struct desk *desk,
                            struct bus *bus);
/* Say farewell; done: nothing of it is left on the loop. */
void domains_stop(struct domains *d, void (*done)(void *ctx), void *ctx);
/* After domains_stop and the store, before the desk. NULL is allowed. */
void domains_free(struct domains *d);

/* Call about once a second. */
void domains_tick(struct domains *d);
/* Is everything connected? *state: "up", or why not; lent. */
bool domains_ready(const struct domains *d, const char **state);

#endif
