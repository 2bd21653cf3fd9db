/* Method and path to handler: the table in route.c reads as the API. */
#ifndef PARLEY_ROUTE_H
#define PARLEY_ROUTE_H

#include "core/may.h"

#include <stdbool.h>

struct arena;
struct call;

enum route_kind {
    ROUTE_API,    /* handled when the body is there and the asker known */
    ROUTE_STREAM, /* takes the socket */
    ROUTE_PAGE,   /* a page of ours */
    ROUTE_UPLOAD, /* of the API; runs when the headers are there, and reads the body in pieces */
    ROUTE_FILE    /* PUT runs when the headers are there, and reads the body in pieces */
};

struct route {
    const char *method, *path; /* {id} stands for one segment, {name} for another */
    void (*run)(struct call *c);
    enum action action; /* what the asker wants to do to the chat */
    enum route_kind kind;
};

/* The route, or NULL; *chat: what {id} stood for ("" without one), in the arena.
 * allow, when there is no route: NULL when the path is unknown, otherwise the path's methods, as
 * for the header Allow. */
const struct route *route_find(struct arena *a, const char *method, const char *path,
                               const char **chat, const char **allow);
const struct route *route_table(void); /* ends with a NULL method */

/* The two steps of a request. */
void route_begin(struct call *c);
void route_ready(struct call *c);

#endif
