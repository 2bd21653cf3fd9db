/* Staff rooms and lobbies, on the real store. What clients see of them is in tests/integration. */
#include "tests/unit/core/desk_rig.h"

#include <time.h>

#include "core/desk_staff.h"

#define ANN "ann@example.org"
#define BOB "bob@example.org"
#define ROOM "team"

static struct call *enter(struct rig *r, const char *jid, const char *room, const char *resource,
                          const char *nick, const char *presence)
{
    struct call *c = rig_call(r, "enter");
    struct staff_join j = {.address = arena_printf(r->arena, "%s/%s", jid, resource),
                           .nick = nick,
                           .presence = presence,
                           .asked = true,
                           .history_max = 100};

    desk_staff_enter(r->desk, jid, room, &j, rig_done, c);
    return rig_wait(c);
}

static enum err join(struct rig *r, const char *jid, const char *nick)
{
    return enter(r, jid, ROOM, "a", nick, "")->e;
}

static enum err leave(struct rig *r, const char *jid, const char *room)
{
    return rig_wait(rig_leave(r, room, arena_printf(r->arena, "%s/a", jid)))->e;
}

static struct staff_setup usual(void)
{
    return (struct staff_setup){.config = room_config_new(ROOM_STAFF, "Team")};
}

static enum err configure(struct rig *r, const char *jid, const struct staff_setup *s)
{
    struct call *c = rig_call(r, "configure");

    desk_staff_configure(r->desk, jid, ROOM, arena_printf(r->arena, "%s/a", jid), s, rig_done, c);
    return rig_wait(c)->e;
}

/* Ann's, unlocked, and kept. */
static void make(struct rig *r)
{
    struct staff_setup s = usual();

    rig_agent(r, "ann");
    rig_agent(r, "bob");
    s.config.persistent = true;
    assert_int_equal(join(r, ANN, "Ann"), OK);
    assert_int_equal(configure(r, ANN, &s), OK);
    rig_clear(r);
}

static enum err give(struct rig *r, const char *by, const char *jid, enum affiliation a)
{
    struct call *c = rig_call(r, "give");
    struct staff_item item = {.jid = jid, .nick = "", .affiliation = a, .reason = ""};

    desk_staff_admin(r->desk, by, ROOM, arena_printf(r->arena, "%s/a", by), &item, 1, rig_done, c);
    return rig_wait(c)->e;
}

static enum err say(struct rig *r, const char *jid, const char *text)
{
    struct call *c = rig_call(r, "say");
    struct post p = {.text = text, .address = arena_printf(r->arena, "%s/a", jid)};

    desk_staff_post(r->desk, jid, ROOM, &p, rig_done, c);
    return rig_wait(c)->e;
}

static void count_card(void *ctx, const struct staff_card *card)
{
    (void)card;
    ++*(size_t *)ctx;
}

static size_t listed(struct rig *r, const char *jid)
{
    size_t n = 0;

    desk_staff_list(r->desk, jid, count_card, &n);
    return n;
}

/* ---- rooms -------------------------------------------------------------------------------------
 */

static void creation_outlives_a_restart(void **state)
{
    struct rig *r = *state;

    make(r);
    assert_int_equal(say(r, ANN, "kept"), OK);
    rig_restart(r);
    assert_int_equal(say(r, ANN, "still in"), OK);
    assert_int_equal(enter(r, BOB, ROOM, "a", "Bob", "")->n_history, 2);
    assert_int_equal(give(r, BOB, ANN, AFFILIATION_NONE), ERR_FORBIDDEN);
    assert_int_equal(give(r, ANN, BOB, AFFILIATION_ADMIN), OK);
}

static void creation_that_was_not_stored_leaves_nothing(void **state)
{
    struct rig *r = *state;

    rig_agent(r, "ann");
    rig_agent(r, "bob");
    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    assert_int_equal(join(r, ANN, "Ann"), ERR_UNKNOWN);
    assert_int_equal(listed(r, ANN), 1); /* the lobby */
    assert_int_equal(join(r, BOB, "Bob"), OK);
    assert_int_equal(give(r, BOB, ANN, AFFILIATION_OWNER), OK);
}

static void creation_that_was_stored_after_all_is_found(void **state)
{
    struct rig *r = *state;

    rig_agent(r, "ann");
    rig_agent(r, "bob");
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(join(r, ANN, "Ann"), ERR_UNKNOWN);
    assert_int_equal(join(r, BOB, "Bob"), ERR_NOT_FOUND); /* it is Ann's, and locked */
    assert_int_equal(join(r, ANN, "Ann"), OK);
    assert_int_equal(give(r, ANN, BOB, AFFILIATION_MEMBER), OK);
}

static void end_that_was_stored_after_all_is_told(void **state)
{
    struct rig *r = *state;
    struct call *c;

    make(r);
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    c = rig_call(r, "destroy");
    desk_staff_destroy(r->desk, ANN, ROOM, "", "", rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_UNKNOWN);
    rig_pump(r);
    assert_non_null(strstr(r->trace, "staff"));
    assert_int_equal(say(r, ANN, "nobody hears"), ERR_NOT_FOUND);
    assert_int_equal(listed(r, ANN), 1);
}

static void ban_that_was_stored_after_all_is_in_force(void **state)
{
    struct rig *r = *state;

    make(r);
    assert_int_equal(join(r, BOB, "Bob"), OK);
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(give(r, ANN, BOB, AFFILIATION_OUTCAST), ERR_UNKNOWN);
    assert_int_equal(say(r, BOB, "am I?"), ERR_NOT_OCCUPANT);
    assert_int_equal(join(r, BOB, "Bob"), ERR_OUTCAST);
}

static void temporary_room_goes_with_its_last_occupant(void **state)
{
    struct rig *r = *state;

    rig_agent(r, "ann");
    assert_int_equal(join(r, ANN, "Ann"), OK);
    assert_int_equal(leave(r, ANN, ROOM), OK);
    rig_restart(r);
    assert_int_equal(say(r, ANN, "gone"), ERR_NOT_FOUND);
    assert_int_equal(listed(r, ANN), 1);
}

static void temporary_room_whose_people_were_removed_ends_at_the_next_start(void **state)
{
    struct rig *r = *state;
    struct call *c;

    rig_agent(r, "ann");
    rig_agent(r, "bob");
    assert_int_equal(join(r, ANN, "Ann"), OK);
    c = rig_call(r, "remove");
    r->fail_changes = 0;
    desk_agent_remove(r->desk, ANN, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    rig_restart(r);
    rig_pump(r);
    assert_int_equal(listed(r, BOB), 1);
    assert_int_equal(join(r, BOB, "Bob"), OK); /* a new one, which is his */
    assert_int_equal(give(r, BOB, "x@example.org", AFFILIATION_MEMBER), OK);
}

static void removed_agent_leaves_with_all_its_nicks(void **state)
{
    struct rig *r = *state;
    struct call *c;

    make(r);
    assert_int_equal(enter(r, BOB, ROOM, "a", "Bob", "")->e, OK);
    assert_int_equal(enter(r, BOB, ROOM, "b", "Bob at home", "")->e, OK);
    rig_clear(r);
    c = rig_call(r, "remove");
    desk_agent_remove(r->desk, BOB, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    rig_pump(r);
    assert_non_null(strstr(r->trace, "left:" BOB "/a:last"));
    assert_non_null(strstr(r->trace, "left:" BOB "/b:last"));
}

static void every_affiliation_change_is_checked_before_any_is_made(void **state)
{
    struct rig *r = *state;
    struct call *c;
    struct staff_item items[] = {
        {.jid = BOB, .nick = "", .affiliation = AFFILIATION_MEMBER, .reason = ""},
        {.jid = ANN, .nick = "", .affiliation = AFFILIATION_NONE, .reason = ""}};

    make(r);
    c = rig_call(r, "admin");
    desk_staff_admin(r->desk, ANN, ROOM, ANN "/a", items, 2, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_CONFLICT);
    assert_trace(r, "[admin conflict]");
}

#define OWNERS 900

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* All in one form, which must not cost much more than to make them owners did. */
static void very_many_owners_are_taken_in_one_go(void **state)
{
    struct rig *r = *state;
    struct staff_item *items = arena_array(r->arena, struct staff_item, OWNERS);
    const char *const ann[] = {ANN};
    struct staff_setup s = usual();
    double begin, made, taken;
    struct call *c;

    make(r);
    for (size_t i = 0; i < OWNERS; i++)
        items[i] = (struct staff_item){.jid = arena_printf(r->arena, "owner%zu@example.org", i),
                                       .nick = "",
                                       .affiliation = AFFILIATION_OWNER,
                                       .reason = ""};
    c = rig_call(r, "admin");
    begin = seconds();
    desk_staff_admin(r->desk, ANN, ROOM, ANN "/a", items, OWNERS, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    made = seconds() - begin;
    s.owners = ann;
    s.n_owners = 1;
    begin = seconds();
    assert_int_equal(configure(r, ANN, &s), OK);
    taken = seconds() - begin;
    assert_true(taken < 3 * made);
    assert_int_equal(give(r, ANN, ANN, AFFILIATION_NONE), ERR_CONFLICT); /* the last one */
}

static void rooms_are_for_those_whom_the_setting_names(void **state)
{
    struct rig *r = *state;

    rig_agent(r, "ann");
    assert_int_equal(join(r, "eve@example.net", "Eve"), ERR_NOT_ALLOWED);
    r->options.staff_rooms = STAFF_ANYONE;
    rig_restart(r);
    assert_true(desk_staff_open(r->desk, ROOM));
    assert_false(desk_staff_open(r->desk, "lobby"));
    assert_int_equal(join(r, "eve@example.net", "Eve"), OK);
    r->options.staff_rooms = STAFF_OFF;
    rig_restart(r);
    assert_false(desk_staff_name(r->desk, ROOM));
    assert_true(desk_staff_name(r->desk, "lobby"));
    assert_int_equal(enter(r, ANN, "other", "a", "Ann", "")->e, ERR_NOT_FOUND);
}

static void one_person_who_is_no_agent_makes_few_rooms(void **state)
{
    struct rig *r = *state;

    r->options.staff_rooms = STAFF_ANYONE;
    rig_restart(r);
    for (int i = 0; i < DESK_OUTSIDERS_ROOMS_MAX; i++)
        assert_int_equal(
            enter(r, "eve@example.net", arena_printf(r->arena, "room%d", i), "a", "Eve", "")->e,
            OK);
    assert_int_equal(enter(r, "eve@example.net", "more", "a", "Eve", "")->e, ERR_NOT_ALLOWED);
    assert_int_equal(enter(r, "mel@example.net", "more", "a", "Mel", "")->e, OK);
}

static void configuration_out_of_range_is_refused(void **state)
{
    struct rig *r = *state;
    struct staff_setup s = usual();

    make(r);
    s.config.max_users = ROOM_USERS_MAX + 1;
    assert_int_equal(configure(r, ANN, &s), ERR_INVALID);
    s = usual();
    s.config.title = "a\x01";
    assert_int_equal(configure(r, ANN, &s), ERR_TEXT);
}

/* ---- the lobby ---------------------------------------------------------------------------------
 */

static void being_in_the_lobby_is_being_available_as_the_presence_says(void **state)
{
    struct rig *r = *state;

    rig_agent(r, "ann");
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    assert_int_equal(enter(r, ANN, "lobby", "a", "", "")->e, OK);
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
    assert_int_equal(enter(r, ANN, "lobby", "a", "", "<show>dnd</show>")->e, OK);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    rig_restart(r);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    assert_int_equal(enter(r, ANN, "lobby", "b", "", "<show>chat</show>")->e, OK);
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
    assert_int_equal(rig_wait(rig_leave(r, "lobby", ANN "/b"))->e, OK);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
    assert_int_equal(leave(r, ANN, "lobby"), OK);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
}

static void staff_room_is_no_sign_of_duty(void **state)
{
    struct rig *r = *state;

    rig_agent(r, "ann");
    assert_int_equal(join(r, ANN, "Ann"), OK);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
}

static void waiting_and_taken_chats_are_announced_once(void **state)
{
    struct rig *r = *state;
    const char *ann, *chat;
    struct call *c;

    r->options.domain = "support.example.org";
    rig_restart(r);
    ann = rig_agent(r, "ann");
    chat = rig_waiting(r, "Alice");
    rig_pump(r);
    c = enter(r, ANN, "lobby", "a", "", "");
    assert_int_equal(c->n_history, 1);
    assert_string_equal(
        c->history[0].text,
        arena_printf(r->arena, "NEW Alice - help - xmpp:%s@support.example.org?join", chat));
    rig_clear(r);
    rig_restart(r);
    rig_pump(r);
    assert_trace(r, "");
    assert_int_equal(rig_wait(rig_assign(r, ann, chat, ""))->e, OK);
    rig_pump(r);
    assert_non_null(strstr(r->trace, "message:ann took Alice"));
}

static void announcement_that_a_crash_prevented_is_made_at_the_next_start(void **state)
{
    struct rig *r = *state;

    (void)rig_waiting(r, "Alice"); /* no domain: nothing is announced */
    rig_clear(r);
    r->options.domain = "support.example.org";
    rig_restart(r);
    rig_pump(r);
    assert_non_null(strstr(r->trace, "message:NEW Alice"));
    rig_clear(r);
    r->now_ms += 2 * 60 * 60 * 1000;
    rig_restart(r);
    rig_pump(r);
    assert_trace(r, "");
}

static void lobby_is_its_organizations(void **state)
{
    struct rig *r = *state;

    rig_agent(r, "ann");
    assert_int_equal(enter(r, ANN, "lobby-elsewhere", "a", "", "")->e, ERR_NOT_FOUND);
    assert_int_equal(enter(r, "eve@example.net", "lobby", "a", "Eve", "")->e, ERR_NOT_FOUND);
    assert_int_equal(listed(r, ANN), 1);
    assert_int_equal(listed(r, "eve@example.net"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(creation_outlives_a_restart),
        RIG_TEST(creation_that_was_not_stored_leaves_nothing),
        RIG_TEST(creation_that_was_stored_after_all_is_found),
        RIG_TEST(end_that_was_stored_after_all_is_told),
        RIG_TEST(ban_that_was_stored_after_all_is_in_force),
        RIG_TEST(temporary_room_goes_with_its_last_occupant),
        RIG_TEST(temporary_room_whose_people_were_removed_ends_at_the_next_start),
        RIG_TEST(removed_agent_leaves_with_all_its_nicks),
        RIG_TEST(every_affiliation_change_is_checked_before_any_is_made),
        RIG_TEST(very_many_owners_are_taken_in_one_go),
        RIG_TEST(rooms_are_for_those_whom_the_setting_names),
        RIG_TEST(one_person_who_is_no_agent_makes_few_rooms),
        RIG_TEST(configuration_out_of_range_is_refused),
        RIG_TEST(being_in_the_lobby_is_being_available_as_the_presence_says),
        RIG_TEST(staff_room_is_no_sign_of_duty),
        RIG_TEST(waiting_and_taken_chats_are_announced_once),
        RIG_TEST(announcement_that_a_crash_prevented_is_made_at_the_next_start),
        RIG_TEST(lobby_is_its_organizations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
