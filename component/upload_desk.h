/* Between the upload service and the desk: agents ask for slots and get them. Knows no socket. */
#ifndef PARLEY_UPLOAD_DESK_H
#define PARLEY_UPLOAD_DESK_H

#include "component/xml/stanza.h"
#include "core/desk.h"

struct upload_options {
    const char *domain, *name;
    int64_t file_max;
    const char *url; /* below which files are found: struct web_options, public_url */
    void (*send)(void *ctx, const struct xml *x);
    void *send_ctx;
};

struct upload_desk;

/* Options' strings are lent. */
struct upload_desk *upload_desk_new(const struct upload_options *o, struct desk *desk);
/* Nothing is under way at the desk any more. NULL is allowed. */
void upload_desk_free(struct upload_desk *u);

/* A stanza has arrived; it is owned from here on. */
void upload_desk_stanza(struct upload_desk *u, struct stanza *in);

#endif
