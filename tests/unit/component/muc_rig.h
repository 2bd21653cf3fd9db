/* The room service on the real desk and store, with a clock and a wire of its own: what is sent is
 * text, one stanza a line. */
#ifndef PARLEY_TEST_MUC_RIG_H
#define PARLEY_TEST_MUC_RIG_H

#include "component/muc_desk.h"
#include "db/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RIG_DOMAIN "support.example.org"

struct muc_rig {
    struct arena *arena;
    struct store *store;
    struct bus *bus;
    struct desk *desk;
    struct muc_desk *muc;
    int64_t now_ms;
    unsigned last_id;
    bool up;
    bool full;        /* the server reads no more */
    int64_t timer_ms; /* when it fires; 0 not armed */
    struct buf sent;
    enum err e; /* of the last desk call */
    const char *chat;
};

int muc_rig_begin(void **state); /* agents ann, bob, and cat; a waiting chat */
int muc_rig_begin_with(void **state, enum staff_rooms rooms);
int muc_rig_end(void **state);
#define MUC_RIG_TEST(f) cmocka_unit_test_setup_teardown(f, muc_rig_begin, muc_rig_end)

void muc_rig_settle(struct muc_rig *r);
void muc_rig_pass(struct muc_rig *r, int64_t ms); /* the clock; the timer fires when it is due */
void muc_rig_link(struct muc_rig *r, bool up);
/* child NULL none. `to` is the room with this nick; "" the room. */
void muc_rig_send(struct muc_rig *r, enum stanza_kind kind, const char *from, const char *nick,
                  const char *type, const char *id, const char *child, const char *ns);
void muc_rig_join(struct muc_rig *r, const char *from, const char *nick);
/* What was sent since the last call. */
const char *muc_rig_sent(struct muc_rig *r);
/* The id of the first iq in text that goes to this address; "" none. */
const char *muc_rig_iq_id(struct muc_rig *r, const char *text, const char *to);

#endif
