/* Streams of events from within: sse_open.c opens them, sse.c feeds and ends them. */
#ifndef PARLEY_SSE_OWN_H
#define PARLEY_SSE_OWN_H

#include "webbridge/call.h"
#include "webbridge/sse.h"

#include <sys/queue.h>

/* What one stream needs, ten thousand times: kept small. */
struct feed {
    struct sse *sse;
    struct wire *wire;
    struct call *call;   /* until the first byte is out */
    struct arena *arena; /* the call's */
    struct subscription *subscription;
    TAILQ_ENTRY(feed) link;
    char chat[ID_LEN + 1], asker[ID_LEN + 1];
    char address[ADDRESS_KEY_MAX];
    uint64_t number; /* names it as a session of an agent */
    int64_t sent;    /* the asker has everything up to here */
    int64_t grown;   /* the log reaches to here */
    uint64_t hears;  /* the assistant's answer of which it has all that was said; 0 none */
    enum who kind;
    uint32_t round;  /* of telling those who wait: the last that came to it */
    uint8_t pending; /* desk calls that will come back */
    bool gone;       /* the socket is closed */
    bool live;       /* the replay is over */
    bool closing;    /* the chat is closed: end when all is sent */
    bool joined;     /* is a session of the agent in the room */
    bool counted, of_address;
    bool waits;       /* in the list of those who wait … */
    struct wait told; /* … and was last told this */
    TAILQ_ENTRY(feed) wait_link;
    bool queue;          /* of all chats of the agent's organization; chat is "" */
    bool unread;         /* queue: something came since the store was asked last */
    bool on_duty;        /* queue: of an open console, whose agent can take chats */
    bool counts_due;     /* queue: how many chats there are has changed */
    bool authenticating; /* call_authenticate will go on, or answer */
};
TAILQ_HEAD(feed_list, feed);

/* The last live entry as a frame: an event to many streams is written once. One for customers, one
 * for agents who did not write it. */
struct last_frame {
    int64_t gid;
    struct buf text;
};

struct sse {
    struct webbridge *web;
    struct subscription *every; /* agents that go */
    struct feed_list feeds;
    struct tally *per_chat, *per_address;
    struct last_frame customers, agents, queues;
    struct buf scratch;
    uv_timer_t counts;        /* runs while counts are due */
    struct feed_list waiting; /* customers whose chats wait for an agent */
    uv_timer_t ticks;         /* runs while there are any */
    uint32_t round;           /* of telling them … */
    uint64_t round_ms;        /* … and when it began */
    bool in_round;            /* some have not been told yet */
    int timers;               /* not closed yet */
    int64_t last_gid;         /* of what was told */
    int64_t late_gid;         /* the last_gid when something of an earlier one was told: a
                                 commit seemed to have failed; 0 never */
    uint64_t opened;
    unsigned counting; /* looks at the counts that will come back */
    bool stopped;
    void (*done)(void *ctx);
    void *done_ctx;
};

/* Stopped, and nothing is left: then that is told, and s may be gone. */
void sse_settle(struct sse *s);
/* A desk call came back. False when nobody waits for it any more; the feed may be gone then. */
bool feed_back(struct feed *f);
/* Its session in the room, if it has one, ends. */
void feed_leave(struct feed *f);
#define FEED_NAME_MAX 32
void feed_name(const struct feed *f, char out[FEED_NAME_MAX]); /* of that session */
/* What the feed is counted under, among the streams of its chat. */
#define FEED_KEY_MAX (2 * ID_LEN + 2)
void feed_key(const struct feed *f, char out[FEED_KEY_MAX]);
/* The first byte is out: the call is no longer needed. */
void feed_drop_call(struct feed *f);

/* Of the bus, and of the wire. */
void feed_on_event(void *ctx, const struct event *e);
void feed_on_ended(void *ctx);
void feed_on_drained(void *ctx);

/* Among the streams of its chat and asker; false: there are too many. */
bool feed_count(struct feed *f);
const char *feed_after(const struct feed *f); /* the point that was asked for; NULL none */

/* ---- sse_wait.c ---- */

/* The chat waits for an agent, or does not. */
void wait_follow(struct feed *f, bool waits);
void wait_on_tick(uv_timer_t *t);

/* ---- sse_saying.c ---- */

void saying_on_event(struct feed *f, const struct event *e);
/* The stream is live: what was said before comes in one piece. */
void saying_catch_up(struct feed *f);

/* ---- sse_queue.c ---- */

/* The asker is known: begin. */
void queue_open(struct feed *f);
void queue_on_event(struct feed *f, const struct event *e);
void queue_on_counts(uv_timer_t *t);
void queue_catch_up(struct feed *f);
/* Whoever has the console open is there; what else an agent's programs follow says nothing. */
void queue_on_duty(struct feed *f, bool on); /* what it holds besides itself */

/* The first byte: head, time to come back, reset if the asker's point is not known. */
void feed_begin(struct feed *f, bool reset);
/* Of the bus: is the asker still an agent of the chat's organization, and not shut out? */
bool feed_may(const struct feed *f, const struct chat *c);
struct viewer feed_viewer(const struct feed *f);

/* Send what the log has beyond f->sent, then go live. */
void feed_catch_up(struct feed *f);

#endif
