/* An XMPP server that knows external components only (XEP-0114), on the test's own loop. */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include "core/base/buf.h"

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

/* sha1("abc" + "s3cret") */
#define FAKE_SECRET "s3cret"
#define FAKE_DIGEST "31998b73ea3a9f9924c37e68133695467a6701e6"

enum fake_manner {
    FAKE_ACCEPTS,
    FAKE_KNOWS_NO_HOST,  /* host-unknown instead of a handshake */
    FAKE_DENIES,         /* not-authorized as answer to the handshake */
    FAKE_STAYS_SILENT,   /* accepts the connection and says nothing */
    FAKE_TALKS_NONSENSE, /* another protocol */
};

struct fake_server {
    uv_loop_t *loop;
    uv_tcp_t listener;
    int port;
    enum fake_manner manner;
    struct fake_conn *conn; /* the newest; NULL when it is gone */
    LIST_HEAD(, fake_conn) conns;
    unsigned accepted;
    unsigned up;     /* handshakes that were answered with success */
    struct buf got;  /* all that came after the handshake, over all connections */
    struct buf head; /* what came before, of the newest connection */
};

/* address: "127.0.0.1" or "::1". False when it cannot be had. port 0: any. */
bool fake_server_start(struct fake_server *f, uv_loop_t *loop, const char *address, int port);
void fake_server_stop(struct fake_server *f); /* run the loop afterwards */
void fake_server_say(struct fake_server *f, const char *xml);
void fake_server_say_bytes(struct fake_server *f, const char *data, size_t len);
void fake_server_cut(struct fake_server *f); /* without a word */
void fake_server_listen(struct fake_server *f, bool on);

#endif
