/* For the tests of component/muc: stanzas from text, a room, and what was sent as text. */
#ifndef PARLEY_TEST_MUC_WORLD_H
#define PARLEY_TEST_MUC_WORLD_H

#include "component/muc/muc.h"
#include "tests/support/xml_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ALICE 0 /* the customer: virtual */
#define BOT 1   /* the assistant: virtual */
#define SARAH 2 /* a phone, a desk and a web session */
#define TOM 3   /* a web session only */
#define UMA 4   /* one session */

struct world {
    struct arena *arena;
    struct muc_service service;
    struct muc_out out;
    struct muc_room room;
    struct muc_occupant occupants[5];
    struct muc_session sarah[3], tom[1], uma[1];
    struct buf sent;
};

int world_setup(void **state);
int world_teardown(void **state);

/* from and to are prepared; a missing `to` is the service, a missing `from` Sarah's phone. */
struct stanza *stanza_of(struct world *w, const char *text);
struct muc_intent read_of(struct world *w, const char *text);

/* What was sent since the last call: one stanza a line, occupant ids as "#". Lent. */
const char *sent(struct world *w);
/* The reply of an intent in the same form. */
const char *reply_of(struct world *w, const struct muc_intent *i);
/* How many lines. */
size_t lines_in(const char *text);

#define TEST_IN_WORLD(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

#endif
