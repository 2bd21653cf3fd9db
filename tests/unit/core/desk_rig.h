/* The real desk on the real store in memory, with a clock and ids of its own, a recording bus
 * subscriber, an assistant that says what the test wants, and a store that fails on demand. */
#ifndef PARLEY_DESK_RIG_H
#define PARLEY_DESK_RIG_H

#include "core/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RIG_NOW 1700000000000

struct rig;

/* What a call was answered; strings are copies that live as long as the rig. */
struct call {
    struct rig *rig;
    const char *label; /* in the trace */
    int n;             /* how often it was answered */
    enum err e;
    const struct chat *chat; /* NULL when none was shown */
    bool has_room, replayed, unchanged, new_occupant, pending;
    enum room_role role;
    const struct entry *entries, *history;
    size_t n_entries, n_history, n_page;
    const char *token, *detail, *field;
    int64_t position, estimate_ms, retry_ms, since_gid;
    void (*then)(struct call *c); /* runs within the answer */
    struct call *next;            /* what `then` called */
};

enum mishap {
    COMMIT_LOST, /* ERR_UNKNOWN, and nothing is there */
    COMMIT_KEPT  /* ERR_UNKNOWN, but it is there */
};

struct held;

struct rig {
    struct arena *arena;
    struct store *store;
    struct store_port real;
    struct desk_options options;
    struct bus *bus;
    struct desk *desk;
    int64_t now_ms;       /* what passes for both clocks */
    int64_t clock_set_ms; /* by so much the wall clock was set since */
    unsigned last_id;

    size_t open; /* changes and reads under way */
    size_t n_submitted, n_asked;
    size_t fail_changes; /* the next so many commits fail thus */
    enum mishap mishap;
    size_t fail_reads;     /* the next so many reads end with ERR_IO */
    bool busy;             /* the store takes nothing */
    size_t room_for_reads; /* it takes so many at once; 0 any number */
    bool hold_reads;       /* reads wait until this is false */
    size_t hold_replies;   /* the next so many are read, but come back with rig_let_go */
    struct held *held, **held_end, *late;

    bool has_assistant, delayed;
    bool offer;
    size_t n_questions;
    const char *question; /* the last one */
    enum role question_role;
    size_t turn_entries;
    assistant_done_fn *answer;
    void (*said)(void *ctx, const char *piece);
    void *answer_ctx;
    bool cancels; /* the assistant can be told that nobody waits */
    size_t n_cancelled;

    char trace[32768]; /* "[label ok]" an answer, "message:text" an event, … separated by spaces */
    void (*on_event)(struct rig *r, const struct event *e);
};

int rig_begin(void **state);
int rig_end(void **state);
#define RIG_TEST(f) cmocka_unit_test_setup_teardown(f, rig_begin, rig_end)

/* A new desk on the same store, as after a restart of the daemon, with r->options. */
void rig_restart(struct rig *r);
void rig_pump(struct rig *r); /* until nothing is under way */
void rig_step(struct rig *r); /* one turn of the store */
void rig_let_go(struct rig *r);
void rig_clear(struct rig *r);                   /* forget the trace */
void rig_say(struct rig *r, const char *text);   /* the delayed assistant answers */
void rig_piece(struct rig *r, const char *text); /* it says a part of the answer */
#define assert_trace(r, text) assert_string_equal((r)->trace, (text))

/* Steps that must succeed. */
const char *rig_chat(struct rig *r, const char *name);    /* begun */
const char *rig_waiting(struct rig *r, const char *name); /* begun and escalated */
const char *rig_agent(struct rig *r, const char *name);   /* added; its id */
struct principal rig_customer(const char *chat);
struct principal rig_who(const char *agent_id);
extern const struct principal rig_anonymous, rig_system;
size_t rig_log(struct rig *r, const char *chat, const struct entry **out); /* the whole log */

/* Calls. They are entered; rig_pump, or rig_wait, lets them be carried out. */
struct call *rig_call(struct rig *r, const char *label);
void rig_done(void *ctx, enum err e, const struct desk_answer *a); /* for a struct call */
struct call *rig_wait(struct call *c);                             /* answered exactly once */
struct call *rig_post(struct rig *r, struct principal who, const char *chat, const char *text,
                      const char *key);
struct call *rig_escalate(struct rig *r, struct principal who, const char *chat, const char *key);
struct call *rig_assign(struct rig *r, const char *agent_id, const char *chat, const char *key);
struct call *rig_close(struct rig *r, struct principal who, const char *chat, const char *key);
/* "ann/phone" joins as ann@example.org/phone by XMPP, "ann/#7" by the web stream "#7". */
struct call *rig_join(struct rig *r, const char *agent_id, const char *chat, const char *address);
struct call *rig_leave(struct rig *r, const char *chat, const char *address);
struct call *rig_typing(struct rig *r, struct principal who, const char *chat, const char *address,
                        bool typing);
struct call *rig_show(struct rig *r, struct principal who, const char *chat);
struct call *rig_entries(struct rig *r, struct principal who, const char *chat);

#endif
