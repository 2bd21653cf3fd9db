/* The configuration file (libconfig), read through one table of settings. Alone includes
 * libconfig.h. */
#ifndef PARLEY_CONFIG_H
#define PARLEY_CONFIG_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_organization {
    const char *name, *title;
    const char *origins; /* space separated */
    const char *identity_secret_file;
    const char *identity_secret; /* of signed identities; "" none */
};

/* Everything in force after defaults. Strings are never NULL. */
struct config {
    struct arena *arena; /* owns all of it */
    const char *file;    /* "" when none was read */

    struct {
        const char *listen;          /* "127.0.0.1:8480", "[::1]:8480" or "unix:PATH" */
        const char *public_url;      /* "" means http://<listen> */
        const char *trusted_proxies; /* space separated addresses */
    } http;
    struct {
        const char *host;
        int port;
        const char *domain;
        const char
            *secret; /* from secret or secret_file or PARLEY_XMPP_SECRET; "" = no XMPP link */
        int64_t pause_max_ms;
        const char *claim_on;    /* "join" "message" "command" */
        const char *staff_rooms; /* "off" "agents" "anyone" */
        const char *room_name;
    } xmpp;
    struct {
        const char *domain; /* "" nobody uploads */
        const char *secret; /* its own, or xmpp.secret */
        const char *name;
        int64_t file_bytes, bytes_per_day;
    } upload;
    struct {
        const char *path;
        const char *control; /* control socket, default <path>.sock */
        int retention_days;  /* 0 for ever */
        int min_free_mb;     /* 0: not looked at */
        const char *files;   /* folder, default <path>.files */
    } store;
    struct {
        const char *mode; /* "builtin", "off" or "openai" */
        const char *name;
        const char *faq_file;
        const char *faq; /* its contents; "" when there is no file */
        const char *url, *model;
        const char *key;                        /* from key_file; "" none */
        const char *instructions;               /* from instructions_file; "" none */
        int first_token_timeout, total_timeout; /* seconds */
        int messages_per_chat, questions_per_day;
    } assistant;
    struct {
        int chats_per_minute, messages_per_minute, messages_burst, escalations_per_hour;
        int streams_per_chat, streams_per_address, bad_tokens_per_minute, logins_per_minute;
        int connections, streams; /* of HTTP at once */
        int body_bytes;
        int header_seconds, body_seconds, unsent_seconds, heartbeat_seconds;
        int linger_hours, grace_seconds, offer_seconds;
    } limits;
    struct {
        const char *waiting, *agent_joined, *agent_left, *closed, *reopened, *offer;
    } texts;
    enum log_level log_level;
    struct config_organization *organizations;
    size_t n_organizations;
};

/* file NULL: defaults only. On an error *detail says "FILE:LINE: …" and lives in no arena of the
 * caller: it is static until the next call.
 * Errors  ERR_CONFIG wrong setting, unknown setting, unreadable file, secret file open to others */
NODISCARD enum err config_load(const char *file, struct config **out, const char **detail);
void config_free(struct config *c);

/* The table for --help: path, type, default, range, meaning. */
void config_describe(struct buf *out);
/* The configuration in force as a file that could be read again; secrets are left out. */
void config_print(const struct config *c, struct buf *out);

#endif
