#include "tests/unit/core/desk_rig.h"

#include <stdlib.h>

#define ANN "ann@example.org/a"
#define ANN2 "ann@example.org/b"
#define BOB "bob@example.org/a"

/* ---- join ----------------------------------------------------------------------------------- */

static void first_join_claims(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *c = rig_wait(rig_join(r, ann, chat, ANN));

    assert_int_equal(c->e, OK);
    assert_true(c->new_occupant);
    assert_int_equal(c->role, ROOM_PARTICIPANT);
    assert_false(c->pending);
    assert_int_equal(c->chat->state, CHAT_LIVE);
    assert_string_equal(c->chat->assigned_to, ann);
    /* the history up to now, and live from the claim on */
    assert_int_equal(c->n_history, 1);
    assert_int_equal(c->history[0].kind, ENTRY_ESCALATED);
    assert_int_equal(c->since_gid, c->history[0].gid);
    assert_trace(r, "[join ok] joined:" ANN " agent_joined");
}

static void loser_of_the_race_observes(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    struct call *a = rig_join(r, ann, chat, ANN), *b = rig_join(r, bob, chat, BOB);

    rig_pump(r);
    assert_int_equal(a->role, ROOM_PARTICIPANT);
    assert_int_equal(b->role, ROOM_VISITOR);
    assert_false(b->pending);
    assert_int_equal(b->n_history, 2);
    assert_trace(r, "[join ok] joined:" ANN " agent_joined [join ok] joined:" BOB);
}

static void second_session_of_an_agent_is_told_to_nobody(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_clear(r);
    c = rig_wait(rig_join(r, ann, chat, ANN2));
    assert_false(c->new_occupant);
    assert_int_equal(c->role, ROOM_PARTICIPANT);
    c = rig_wait(rig_join(r, ann, chat, "ann#1"));
    assert_false(c->new_occupant);
    assert_trace(r, "[join ok] [join ok]");
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
}

/* Closed and opened again: ann was there before. */
static const char *returned(struct rig *r, const char *ann)
{
    const char *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_close(r, rig_who(ann), chat, ""));
    rig_wait(rig_post(r, rig_customer(chat), chat, "again", ""));
    rig_clear(r);
    c = rig_wait(rig_join(r, ann, chat, ANN));
    assert_true(c->pending);
    assert_int_equal(c->role, ROOM_PARTICIPANT);
    assert_int_equal(c->chat->state, CHAT_WAITING);
    assert_trace(r, "[join ok] joined:" ANN);
    rig_clear(r);
    return chat;
}

static void who_returns_claims_by_a_message(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = returned(r, ann);

    rig_wait(rig_post(r, rig_who(ann), chat, "here", ""));
    assert_trace(r, "[here ok] agent_joined message:here roles");
    assert_false(rig_wait(rig_join(r, ann, chat, ANN))->pending);
}

static void who_returns_claims_by_typing(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = returned(r, ann);

    rig_wait(rig_typing(r, rig_who(ann), chat, ANN, false));
    rig_wait(rig_typing(r, rig_who(ann), chat, ANN, true));
    rig_wait(rig_typing(r, rig_who(ann), chat, ANN, true));
    assert_trace(r, "[typing ok] typing:ann:0:staff [typing ok] agent_joined roles typing:ann:1 "
                    "[typing ok] typing:ann:1");
}

static void who_returns_is_still_pending_after_a_restart(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = returned(r, ann);

    rig_restart(r);
    assert_true(rig_wait(rig_join(r, ann, chat, ANN))->pending);
    rig_clear(r);
    rig_wait(rig_typing(r, rig_who(ann), chat, ANN, true));
    assert_trace(r, "[typing ok] agent_joined roles typing:ann:1");
}

static void claim_turns_who_waits_beside_into_a_visitor(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = returned(r, ann);

    rig_wait(rig_join(r, bob, chat, BOB)); /* the first time: claims */
    assert_trace(r, "[join ok] joined:" BOB " agent_joined roles");
    assert_int_equal(rig_wait(rig_join(r, ann, chat, ANN))->role, ROOM_VISITOR);
}

static void joins_claim_nothing_when_messages_do(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    struct call *c;

    r->options.claim_on = CLAIM_MESSAGE;
    rig_restart(r);
    c = rig_wait(rig_join(r, ann, chat, ANN));
    assert_int_equal(c->chat->state, CHAT_WAITING);
    assert_int_equal(c->role, ROOM_PARTICIPANT);
    rig_wait(rig_join(r, bob, chat, BOB));
    rig_wait(rig_typing(r, rig_who(bob), chat, BOB, true));
    rig_clear(r);
    rig_wait(rig_post(r, rig_who(bob), chat, "hi", ""));
    assert_trace(r, "[hi ok] agent_joined message:hi roles");
}

static void asking_again_gets_everything_and_tells_nobody(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *c;

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_post(r, rig_who(ann), chat, "hi", ""));
    rig_clear(r);
    c = rig_wait(rig_join(r, ann, chat, ANN));
    assert_false(c->new_occupant);
    assert_int_equal(c->n_history, 3);
    assert_string_equal(c->history[2].text, "hi");
    assert_int_equal(c->since_gid, c->history[2].gid);
    assert_trace(r, "[join ok]");
}

static struct call *present(struct rig *r, const char *agent_id, const char *chat,
                            const char *address)
{
    struct principal who = rig_who(agent_id);
    struct join j = {.address = address, .presence = "<show>away</show>"};
    struct call *c = rig_call(r, "present");

    desk_join(r->desk, &who, chat, &j, rig_done, c);
    return rig_wait(c);
}

static void presence_update_is_for_those_inside(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    int64_t since = rig_wait(rig_join(r, ann, chat, ANN))->since_gid;
    struct call *c;

    assert_int_equal(present(r, bob, chat, BOB)->e, ERR_NOT_OCCUPANT);
    assert_int_equal(present(r, bob, chat, ANN)->e, ERR_CONFLICT);
    c = present(r, ann, chat, ANN);
    assert_int_equal(c->e, OK);
    assert_int_equal(c->n_history, 0);
    assert_int_equal(c->since_gid, since); /* what its join covered does not move */
}

static void history_is_the_newest_in_order(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct principal who = rig_who(ann);
    struct join j = {.address = ANN, .presence = "", .resync = true, .history_max = 2};
    struct call *c = rig_call(r, "");

    for (int i = 0; i < 5; i++)
        rig_post(r, rig_customer(chat), chat, arena_printf(r->arena, "%d", i), "");
    rig_pump(r);
    desk_join(r->desk, &who, chat, &j, rig_done, c);
    assert_int_equal(rig_wait(c)->n_history, 2);
    assert_string_equal(c->history[0].text, "3");
    assert_string_equal(c->history[1].text, "4");
    j.history_max = 0;
    c = rig_call(r, "");
    desk_join(r->desk, &who, chat, &j, rig_done, c);
    assert_int_equal(rig_wait(c)->n_history, 0);
    j.history_max = 100000;
    for (int i = 0; i < DESK_HISTORY; i++)
        rig_post(r, rig_customer(chat), chat, "x", "");
    c = rig_call(r, "");
    desk_join(r->desk, &who, chat, &j, rig_done, c);
    assert_int_equal(rig_wait(c)->n_history, DESK_HISTORY);
}

static void room_of_the_assistants_phase_is_not_there(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_chat(r, "Alice");
    struct principal who = rig_who(ann), customer = rig_customer(chat);
    struct join j = {.address = "x", .presence = "", .resync = true};
    struct call *c = rig_call(r, "");

    assert_int_equal(rig_wait(rig_join(r, ann, chat, ANN))->e, ERR_NOT_FOUND);
    desk_look(r->desk, &who, chat, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_NOT_FOUND);
    c = rig_call(r, "");
    desk_join(r->desk, &customer, chat, &j, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_FORBIDDEN);
    rig_wait(rig_escalate(r, customer, chat, ""));
    c = rig_call(r, "");
    desk_join(r->desk, &rig_system, chat, &j, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_FORBIDDEN);
    c = rig_call(r, "");
    desk_look(r->desk, &who, chat, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
}

static void full_room_is_busy_but_not_for_those_inside(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    for (int i = 0; i < 500; i++)
        rig_join(r, ann, chat, arena_printf(r->arena, "ann#%d", i));
    rig_pump(r);
    assert_int_equal(rig_wait(rig_join(r, ann, chat, "ann#500"))->e, ERR_BUSY);
    assert_int_equal(rig_wait(rig_join(r, ann, chat, "ann#499"))->e, OK);
    rig_wait(rig_leave(r, chat, "ann#0"));
    assert_int_equal(rig_wait(rig_join(r, ann, chat, "ann#500"))->e, OK);
}

static void sessions_outlive_a_restart_and_streams_do_not(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_join(r, ann, chat, "ann#1"));
    rig_wait(rig_join(r, bob, chat, "bob#1"));
    assert_int_equal(desk_agents_available(r->desk, "default"), 2);
    rig_restart(r);
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
    rig_clear(r);
    rig_wait(rig_leave(r, chat, "ann#1"));
    rig_wait(rig_leave(r, chat, ANN));
    assert_trace(r, "[leave ok] [leave ok] left:" ANN ":last");
}

static void count_id(void *ctx, const char *room_id)
{
    (void)room_id;
    ++*(size_t *)ctx;
}

/* More than the store would take at once. */
static void all_occupied_rooms_are_in_memory_after_the_start(void **state)
{
    enum { ROOMS = 150 };
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    size_t n = 0;

    r->room_for_reads = 100;
    for (int i = 0; i < ROOMS; i++) {
        const char *chat = rig_waiting(r, "Alice");

        rig_wait(rig_join(r, ann, chat, ANN));
        rig_wait(rig_join(r, ann, chat, ANN2));
    }
    rig_restart(r);
    desk_each_occupied(r->desk, count_id, &n);
    assert_int_equal(n, ROOMS);
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
}

/* ---- leave ---------------------------------------------------------------------------------- */

static void last_session_ends_the_occupant(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_join(r, ann, chat, "ann#1"));
    rig_clear(r);
    rig_wait(rig_leave(r, chat, ANN));
    rig_wait(rig_leave(r, chat, ANN));
    desk_leave(r->desk, chat, "ann#1", true, "", NULL, NULL);
    rig_pump(r);
    assert_trace(r, "[leave ok] left:" ANN " [leave ok] left:ann#1:last:lost");
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    /* the chat stays the agent's, and a return claims nothing */
    rig_clear(r);
    assert_string_equal(rig_wait(rig_join(r, ann, chat, ANN))->chat->assigned_to, ann);
    assert_trace(r, "[join ok] joined:" ANN);
}

static void leaving_what_one_is_not_in_is_ignored(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Alice");

    assert_int_equal(rig_wait(rig_leave(r, chat, ANN))->e, OK);
    assert_int_equal(rig_wait(rig_leave(r, "x", ANN))->e, ERR_NOT_FOUND);
    desk_leave(r->desk, "x", ANN, false, "", NULL, NULL);
    desk_leave(r->desk, "aaaaaaaaaaaaaaaaaaaaaaaaaz", ANN, false, "", NULL, NULL);
    rig_pump(r);
    assert_trace(r, "[leave ok] [leave not-found]");
}

/* ---- typing --------------------------------------------------------------------------------- */

static void typing_reaches_the_customer_from_speakers_only(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *chat = rig_waiting(r, "Alice");
    size_t before;

    rig_wait(rig_join(r, ann, chat, ANN));
    rig_wait(rig_join(r, bob, chat, BOB));
    rig_clear(r);
    before = r->n_submitted;
    rig_wait(rig_typing(r, rig_customer(chat), chat, "", true));
    rig_wait(rig_typing(r, rig_who(ann), chat, ANN, true));
    rig_wait(rig_typing(r, rig_who(ann), chat, "", false));
    rig_wait(rig_typing(r, rig_who(bob), chat, BOB, true));
    assert_trace(r, "[typing ok] typing:Alice:1 [typing ok] typing:ann:1 "
                    "[typing ok] typing:ann:0 [typing ok] typing:bob:1:staff");
    assert_int_equal(r->n_submitted, before);
    assert_int_equal(rig_wait(rig_typing(r, rig_who(bob), chat, ANN, true))->e, ERR_NOT_OCCUPANT);
    assert_int_equal(rig_wait(rig_typing(r, rig_who(bob), chat, "b/x", true))->e, ERR_NOT_OCCUPANT);
    rig_wait(rig_close(r, rig_who(ann), chat, ""));
    assert_int_equal(rig_wait(rig_typing(r, rig_customer(chat), chat, "", true))->e, ERR_CLOSED);
}

/* ---- catching up ---------------------------------------------------------------------------- */

static void note_id(void *ctx, const char *room_id)
{
    struct rig *r = ctx;

    (void)snprintf(r->trace + strlen(r->trace), 40, "%s,", room_id);
}

static void rooms_with_sessions_catch_up_behind_what_is_under_way(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *c = rig_call(r, "catch-up");
    int64_t gid;

    (void)rig_waiting(r, "Bob");
    rig_wait(rig_join(r, ann, chat, ANN));
    gid = rig_wait(rig_post(r, rig_customer(chat), chat, "a", ""))->entries[0].gid;
    rig_clear(r);
    rig_post(r, rig_customer(chat), chat, "b", "");
    desk_catch_up(r->desk, chat, gid, rig_done, c);
    rig_post(r, rig_customer(chat), chat, "c", "");
    rig_wait(c);
    assert_int_equal(c->n_history, 1);
    assert_string_equal(c->history[0].text, "b");
    assert_true(c->unchanged);
    assert_true(c->has_room);
    assert_trace(r, "[b ok] message:b [catch-up ok] [c ok] message:c");
    rig_clear(r);
    desk_each_occupied(r->desk, note_id, r);
    assert_trace(r, arena_printf(r->arena, "%s,", chat));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(first_join_claims),
        RIG_TEST(loser_of_the_race_observes),
        RIG_TEST(second_session_of_an_agent_is_told_to_nobody),
        RIG_TEST(who_returns_claims_by_a_message),
        RIG_TEST(who_returns_claims_by_typing),
        RIG_TEST(who_returns_is_still_pending_after_a_restart),
        RIG_TEST(claim_turns_who_waits_beside_into_a_visitor),
        RIG_TEST(joins_claim_nothing_when_messages_do),
        RIG_TEST(asking_again_gets_everything_and_tells_nobody),
        RIG_TEST(presence_update_is_for_those_inside),
        RIG_TEST(history_is_the_newest_in_order),
        RIG_TEST(room_of_the_assistants_phase_is_not_there),
        RIG_TEST(full_room_is_busy_but_not_for_those_inside),
        RIG_TEST(sessions_outlive_a_restart_and_streams_do_not),
        RIG_TEST(all_occupied_rooms_are_in_memory_after_the_start),
        RIG_TEST(last_session_ends_the_occupant),
        RIG_TEST(leaving_what_one_is_not_in_is_ignored),
        RIG_TEST(typing_reaches_the_customer_from_speakers_only),
        RIG_TEST(rooms_with_sessions_catch_up_behind_what_is_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
