#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static enum err put(struct rig *r, const char *room, const char *agent, enum standing s)
{
    struct change *c = rig_change(r, room);
    struct access *a = arena_new_of(c->arena, struct access);

    *a = (struct access){room, agent, s};
    c->access = a;
    c->n_access = 1;
    return rig_write(r, c);
}

static void standing_is_kept_and_changed_and_removed(void **state)
{
    static const enum standing all[] = {STANDING_MEMBER, STANDING_NONE, STANDING_OUTCAST};
    struct rig *r = *state;
    const char *room = rig_add_chat(r, 1)->id, *agent = rig_add_agent(r, 1)->id;

    for (size_t i = 0; i < 3; i++) {
        struct query *q;

        assert_int_equal(put(r, room, agent, all[i]), OK);
        q = rig_room(r, room);
        assert_int_equal(q->n_access, 1);
        assert_string_equal(q->access[0].room, room);
        assert_string_equal(q->access[0].agent_id, agent);
        assert_int_equal(q->access[0].standing, all[i]);
    }
    assert_int_equal(put(r, room, agent, STANDING_USUAL), OK);
    assert_int_equal(rig_room(r, room)->n_access, 0);
}

static void standings_are_of_one_room(void **state)
{
    struct rig *r = *state;
    const char *one = rig_add_chat(r, 1)->id, *two = rig_add_chat(r, 2)->id;
    const char *a = rig_add_agent(r, 1)->id, *b = rig_add_agent(r, 2)->id;

    assert_int_equal(put(r, one, a, STANDING_NONE), OK);
    assert_int_equal(put(r, one, b, STANDING_MEMBER), OK);
    assert_int_equal(rig_room(r, one)->n_access, 2);
    assert_int_equal(rig_room(r, two)->n_access, 0);
}

static void start_tells_those_of_open_chats_only(void **state)
{
    struct rig *r = *state;
    const char *with_assistant = rig_add_chat(r, 1)->id, *agent = rig_add_agent(r, 1)->id;
    struct chat *waits = rig_add_chat(r, 2);
    struct change *c = rig_change(r, waits->id);
    struct query *q;

    c->chat = chat_dup(c->arena, waits);
    c->chat->state = CHAT_WAITING;
    c->chat->escalation_requested = true;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(put(r, with_assistant, agent, STANDING_NONE), OK);
    assert_int_equal(put(r, waits->id, agent, STANDING_OUTCAST), OK);
    q = rig_start(r);
    assert_int_equal(q->n_access, 1);
    assert_string_equal(q->access[0].room, waits->id);
    assert_int_equal(q->access[0].standing, STANDING_OUTCAST);
}

static void removed_agent_takes_its_standings_along(void **state)
{
    struct rig *r = *state;
    const char *room = rig_add_chat(r, 1)->id, *agent = rig_add_agent(r, 1)->id;
    struct change *c = rig_change(r, "");

    assert_int_equal(put(r, room, agent, STANDING_MEMBER), OK);
    c->agent_gone = agent;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_room(r, room)->n_access, 0);
}

static void blocked_chat_stays_blocked(void **state)
{
    struct rig *r = *state;
    struct chat *chat = rig_add_chat(r, 1);
    struct change *c = rig_change(r, chat->id);

    assert_false(rig_room(r, chat->id)->chats[0].blocked);
    c->chat = chat_dup(c->arena, chat);
    c->chat->blocked = true;
    assert_int_equal(rig_write(r, c), OK);
    assert_true(rig_room(r, chat->id)->chats[0].blocked);
}

static const struct query *listed_for(struct rig *r, const char *agent)
{
    struct query *q = rig_query(r, QUERY_CHATS, "");

    q->agent = agent;
    q->limit = 10;
    assert_int_equal(rig_read(r, q), OK);
    return q;
}

static void list_is_without_the_chats_that_an_agent_is_shut_out_of(void **state)
{
    struct rig *r = *state;
    const char *one = rig_add_chat(r, 1)->id, *two = rig_add_chat(r, 2)->id;
    const char *a = rig_add_agent(r, 1)->id, *b = rig_add_agent(r, 2)->id;

    assert_int_equal(put(r, one, a, STANDING_OUTCAST), OK);
    assert_int_equal(put(r, two, a, STANDING_MEMBER), OK);
    assert_int_equal(listed_for(r, a)->n_chats, 1);
    assert_string_equal(listed_for(r, a)->chats[0].id, two);
    assert_int_equal(listed_for(r, b)->n_chats, 2);
    assert_int_equal(listed_for(r, "")->n_chats, 2);
}

static void standing_without_a_room_is_refused(void **state)
{
    struct rig *r = *state;

    assert_int_equal(put(r, "", rig_add_agent(r, 1)->id, STANDING_NONE), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(standing_is_kept_and_changed_and_removed),
        RIG_TEST(standings_are_of_one_room),
        RIG_TEST(start_tells_those_of_open_chats_only),
        RIG_TEST(removed_agent_takes_its_standings_along),
        RIG_TEST(blocked_chat_stays_blocked),
        RIG_TEST(list_is_without_the_chats_that_an_agent_is_shut_out_of),
        RIG_TEST(standing_without_a_room_is_refused),
    };
    int failed = cmocka_run_group_tests_name("access in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("access in a file", tests, rig_in_file, NULL);
}
