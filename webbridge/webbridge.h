/* The browsers' side: HTTP and Server-Sent Events over the desk. */
#ifndef PARLEY_WEBBRIDGE_H
#define PARLEY_WEBBRIDGE_H

#include "core/desk.h"

#include <uv.h>

struct web_options {
    const char *listen;          /* "127.0.0.1:8480", "[::1]:0", "unix:PATH" */
    const char *public_url;      /* "" means http://<listen> */
    const char *trusted_proxies; /* space separated addresses */
    int chats_per_minute, streams_per_chat, streams_per_address, bad_tokens_per_minute;
    int logins_per_minute;
    int connections, streams; /* at once; webbridge_new makes them fit `descriptors` */
    int descriptors;          /* that the process may have */
    int body_bytes, header_seconds, body_seconds, unsent_seconds, heartbeat_seconds;
    const struct file_port *files; /* lent; NULL: there are none */
    int64_t upload_bytes_per_day;  /* of customers from one address */
    const char *offer;             /* label of the button "Connect with Customer Support" */
    /* For /readyz: is the XMPP side ready, and in what state (static text)? */
    bool (*xmpp_ready)(void *ctx, const char **state);
    void *xmpp_ctx;
};

struct webbridge;

/* Options' strings are lent. *detail: static text on an error.
 * Errors  ERR_IO cannot listen; ERR_CONFIG bad address */
NODISCARD enum err webbridge_new(uv_loop_t *loop, const struct web_options *o, struct desk *desk,
                                 struct bus *bus, struct webbridge **out, const char **detail);
/* The address below which browsers see us, without a slash at its end: public_url, or made of the
 * listener's. "" for a local socket without public_url. Lent. */
const char *webbridge_url(const struct webbridge *w);
int webbridge_port(const struct webbridge *w); /* 0 for unix sockets */
/* Requests whose answers wait for the store are finished by the desk before this is called. */
void webbridge_free(struct webbridge *w, void (*done)(void *ctx), void *ctx);

/* Run what completions resumed; main calls it after the store's completions of a turn. */
void webbridge_turn(struct webbridge *w);

#endif
