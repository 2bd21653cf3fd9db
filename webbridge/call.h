/* One call of the API from its first header to its answer, whichever socket it came on. Handlers
 * read their parameters from it, ask the desk, and answer through it, exactly once. */
#ifndef PARLEY_CALL_H
#define PARLEY_CALL_H

#include "core/base/json.h"
#include "webbridge/view.h"
#include "webbridge/web.h"

#define CALL_LIST_MAX 200 /* items of a list's page */

struct call;
struct route;

/* A handler whose body comes in pieces (http_in_pieces). */
struct body_reader {
    void (*piece)(struct call *c, const void *data, size_t len); /* until http_more */
    void (*whole)(struct call *c);                               /* now answer */
};

struct call {
    struct arena *arena;
    struct webbridge *web;
    struct request *request; /* NULL when the socket left the HTTP library */
    /* Sends the finished answer; the call may be gone after it. */
    void (*send)(struct call *c, const struct reply *r);
    void *send_ctx;
    const struct route *route; /* NULL until one is found */
    const char *method, *path;
    const char *chat;                   /* {id} of the path; "" when it has none */
    const char *id;                     /* X-Request-Id */
    const char *authorization, *origin; /* NULL when missing */
    const char *cookie;                 /* an agent's session; NULL when missing */
    struct address from;
    struct principal who;
    struct viewer viewer;
    struct json *body;        /* an empty object when none was sent */
    struct json *errors;      /* found in the body so far */
    const char *key;          /* idempotency key; "" none */
    const char *organization; /* whose origins may read the answer; NULL: any organization's */
    int64_t started_ms;
    const struct body_reader *reader; /* NULL: the body is collected */
    void (*ended)(struct call *c);    /* the request goes, answered or not; NULL: nobody minds */
    void *extra;                      /* the handler's own */
    bool page;                        /* the answer is a page of ours and not the API's */
};

struct call *call_new(struct webbridge *w, struct request *r);
void call_free(struct call *c); /* not its arena */

/* Find out who asks, then go on. Answers itself when nobody does. */
void call_authenticate(struct call *c, void (*then)(struct call *c));
/* "__Host-parley" behind https, "parley" on plain http. */
const char *call_cookie_name(const struct webbridge *w);
/* A wrong credential: 401, or 429 after too many from its address. */
void call_bad_token(struct call *c);
void call_become(struct call *c, const struct principal *who); /* copies */

/* Members of the body. A wrong type or, if required, a missing one is noted; call_complete answers
 * 400 with all that was noted and then returns false. Texts are lent by the body; NULL when
 * missing. */
const char *call_str(struct call *c, const char *name, bool required);
bool call_bool(struct call *c, const char *name);
int64_t call_int(struct call *c, const char *name); /* required */
bool call_complete(struct call *c);
/* The idempotency key from header and body; into c->key. */
void call_read_key(struct call *c);
/* ?name= as a number; fallback when missing. False: answered with 400. */
bool call_number(struct call *c, const char *name, int64_t least, int64_t most, int64_t fallback,
                 int64_t *out);
bool call_flag(struct call *c, const char *name); /* ?name, ?name=1, ?name=true */

/* Answers. json is taken. */
void call_json(struct call *c, int status, struct json *body, const struct desk_answer *a);
void call_empty(struct call *c);
void call_fail(struct call *c, enum err e, const struct desk_answer *a);
void call_problem(struct call *c, enum err e, const char *detail, int64_t retry_ms);
void call_send(struct call *c, struct reply *r);
/* The headers that each answer has; call_send puts them too. */
void call_standard_headers(struct call *c, struct reply *r);

/* {success: true} */
struct json *call_success(void);

/* Ends of calls to the desk, whose ctx is the call. */
desk_fn call_chat;      /* 200 {success, chat} */
desk_fn call_chat_made; /* 201 {success, chat} */
desk_fn call_done;      /* 204 */

#endif
