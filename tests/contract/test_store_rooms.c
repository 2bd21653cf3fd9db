/* Staff rooms and lobbies: every store, in memory and in a file. */
#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct staff whole = {
    .id = "team",
    .kind = ROOM_STAFF,
    .organization = "default",
    .config = {.title = "Team",
               .description = "about us",
               .lang = "en",
               .password = "sesame",
               .listed = true,
               .persistent = true,
               .moderated = true,
               .members_only = true,
               .whois_anyone = true,
               .change_subject = true,
               .allow_invites = true,
               .logging = true,
               .allow_pm = PM_MODERATORS,
               .broadcast = 1u << ROOM_MODERATOR,
               .max_users = 7,
               .history_length = 9},
    .locked = true,
    .subject = "news",
    .subject_by = "Sarah",
    .subject_ms = RIG_NOW + 1,
    .created_by = "sarah@example.org",
    .created_ms = RIG_NOW,
};

static void put(struct rig *r, const struct staff *s, bool is_new, enum err want)
{
    struct change *c = rig_change(r, "team");

    c->staff = s;
    c->staff_new = is_new;
    assert_int_equal(rig_write(r, c), want);
}

static void assert_same(const struct staff *got, const struct staff *want)
{
    assert_string_equal(got->id, want->id);
    assert_int_equal(got->kind, want->kind);
    assert_string_equal(got->organization, want->organization);
    assert_string_equal(got->config.title, want->config.title);
    assert_string_equal(got->config.description, want->config.description);
    assert_string_equal(got->config.lang, want->config.lang);
    assert_string_equal(got->config.password, want->config.password);
    assert_int_equal(got->config.listed, want->config.listed);
    assert_int_equal(got->config.persistent, want->config.persistent);
    assert_int_equal(got->config.moderated, want->config.moderated);
    assert_int_equal(got->config.members_only, want->config.members_only);
    assert_int_equal(got->config.whois_anyone, want->config.whois_anyone);
    assert_int_equal(got->config.change_subject, want->config.change_subject);
    assert_int_equal(got->config.allow_invites, want->config.allow_invites);
    assert_int_equal(got->config.logging, want->config.logging);
    assert_int_equal(got->config.allow_pm, want->config.allow_pm);
    assert_int_equal(got->config.broadcast, want->config.broadcast);
    assert_int_equal(got->config.max_users, want->config.max_users);
    assert_int_equal(got->config.history_length, want->config.history_length);
    assert_int_equal(got->locked, want->locked);
    assert_string_equal(got->subject, want->subject);
    assert_string_equal(got->subject_by, want->subject_by);
    assert_int_equal(got->subject_ms, want->subject_ms);
    assert_string_equal(got->created_by, want->created_by);
    assert_int_equal(got->created_ms, want->created_ms);
}

static void room_is_stored_with_every_field_and_replaced(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct staff next = {.id = "team",
                         .kind = ROOM_STAFF,
                         .organization = "default",
                         .config = room_config_new(ROOM_STAFF, "Other"),
                         .subject = "",
                         .subject_by = "",
                         .created_by = "sarah@example.org",
                         .created_ms = RIG_NOW};

    put(r, &whole, true, OK);
    assert_same(rig_room(r, "team")->staff, &whole);
    put(r, &next, false, OK);
    assert_same(rig_room(r, "team")->staff, &next);
}

static void taken_name_is_a_conflict(void **state)
{
    struct rig *r = (struct rig *)*state;

    put(r, &whole, true, OK);
    put(r, &whole, true, ERR_CONFLICT);
    assert_int_equal(rig_room(r, "team")->n_staff, 1);
}

static void affiliations_are_put_replaced_and_removed(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct affiliate two[] = {{"a@x", AFFILIATION_OWNER, "", ""},
                              {"b@x", AFFILIATION_OUTCAST, "", "rude"}};
    struct affiliate next[] = {{"a@x", AFFILIATION_NONE, "", ""},
                               {"b@x", AFFILIATION_MEMBER, "Bo", ""}};
    struct change *c;
    struct query *q;

    put(r, &whole, true, OK);
    c = rig_change(r, "team");
    c->affiliates = two;
    c->n_affiliates = 2;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_room(r, "team");
    assert_int_equal(q->n_affiliates, 2);
    assert_int_equal(q->affiliates[1].affiliation, AFFILIATION_OUTCAST);
    assert_string_equal(q->affiliates[1].reason, "rude");
    c = rig_change(r, "team");
    c->affiliates = next;
    c->n_affiliates = 2;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_room(r, "team");
    assert_int_equal(q->n_affiliates, 1);
    assert_string_equal(q->affiliates[0].jid, "b@x");
    assert_int_equal(q->affiliates[0].affiliation, AFFILIATION_MEMBER);
    assert_string_equal(q->affiliates[0].nick, "Bo");
}

static void session_keeps_its_role(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c;

    put(r, &whole, true, OK);
    c = rig_change(r, "team");
    rig_session(c, "mel@example.net/a")->role = ROOM_MODERATOR;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_room(r, "team")->sessions[0].role, ROOM_MODERATOR);
}

static void room_that_goes_takes_everything_along_and_its_name_is_free(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct affiliate owner = {"a@x", AFFILIATION_OWNER, "", ""};
    struct change *c;
    struct query *q;

    put(r, &whole, true, OK);
    c = rig_change(r, "team");
    c->affiliates = &owner;
    c->n_affiliates = 1;
    (void)rig_entries(c, 3);
    rig_session(c, "mel@example.net/a");
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_room(r, "team")->staff->last_seq, 3);
    c = rig_change(r, "team");
    c->staff_gone = true;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_query(r, QUERY_ROOM, "team");
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
    put(r, &whole, true, OK);
    q = rig_room(r, "team");
    assert_int_equal(q->n_affiliates, 0);
    assert_int_equal(q->n_sessions, 0);
    assert_int_equal(q->staff->last_seq, 0);
}

static void every_organization_has_its_lobby(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct organization shop = {.name = "shop", .title = "Shop", .origins = ""};
    struct change *c = rig_change(r, "");
    struct query *q;

    assert_string_equal(rig_room(r, "lobby")->staff->organization, "default");
    c->organization = &shop;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, "");
    shop.title = "The shop";
    c->organization = &shop;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_room(r, "lobby-shop");
    assert_int_equal(q->staff->kind, ROOM_LOBBY);
    assert_string_equal(q->staff->organization, "shop");
    assert_true(q->staff->config.members_only && q->staff->config.persistent);
    q = rig_start(r);
    assert_int_equal(q->n_staff, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(room_is_stored_with_every_field_and_replaced),
        RIG_TEST(taken_name_is_a_conflict),
        RIG_TEST(affiliations_are_put_replaced_and_removed),
        RIG_TEST(session_keeps_its_role),
        RIG_TEST(room_that_goes_takes_everything_along_and_its_name_is_free),
        RIG_TEST(every_organization_has_its_lobby),
    };
    int failed = cmocka_run_group_tests_name("rooms in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("rooms in a file", tests, rig_in_file, NULL);
}
