#include "tests/unit/core/desk_rig.h"

static struct call *add(struct rig *r, const char *jid, const char *name, const char *organization)
{
    struct agent_new a = {.jid = jid, .name = name, .organization = organization};
    struct call *c = rig_call(r, "add");

    desk_agent_add(r->desk, &a, rig_done, c);
    return rig_wait(c);
}

static struct call *remove_agent(struct rig *r, const char *jid)
{
    struct call *c = rig_call(r, "remove");

    desk_agent_remove(r->desk, jid, rig_done, c);
    return c;
}

static struct call *put(struct rig *r, const char *name, const char *title, bool configured)
{
    struct organization o = {.name = name, .title = title, .origins = "", .configured = configured};
    struct call *c = rig_call(r, "put");

    desk_organization_put(r->desk, &o, rig_done, c);
    return rig_wait(c);
}

/* ---- agents --------------------------------------------------------------------------------- */

static void agent_that_clashes_is_refused_by_field(void **state)
{
    struct rig *r = *state;

    assert_int_equal(add(r, "ann@example.org", "Ann", "")->e, OK);
    assert_string_equal(add(r, "ann@example.org", "Other", "")->field, "jid");
    assert_string_equal(add(r, "bob@example.org", "\xd0\x90nn", "")->field, "name");
    assert_string_equal(add(r, "bob@example.org", "System", "")->field, "name");
    assert_string_equal(add(r, "bob@example.org", "Robin", "")->field, "name");
    assert_string_equal(add(r, "bob@example.org", "", "")->field, "name");
    assert_string_equal(add(r, "bob@example.org", "Bob", "nowhere")->field, "organization");
    assert_null(directory_by_jid(desk_directory(r->desk), "bob@example.org"));
    rig_restart(r);
    assert_string_equal(directory_by_jid(desk_directory(r->desk), "ann@example.org")->name, "Ann");
}

static void two_agents_of_one_name_at_once_are_one(void **state)
{
    struct rig *r = *state;
    struct agent_new a = {.jid = "a@example.org", .name = "Ann"};
    struct agent_new b = {.jid = "b@example.org", .name = "Ann"};
    struct call *first = rig_call(r, "a"), *second = rig_call(r, "b");

    desk_agent_add(r->desk, &a, rig_done, first);
    desk_agent_add(r->desk, &b, rig_done, second);
    rig_pump(r);
    assert_trace(r, "[a ok] [b conflict]");
}

static void removed_agent_leaves_all_rooms(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *bob = rig_agent(r, "bob");
    const char *one = rig_waiting(r, "Alice"), *two = rig_waiting(r, "Carl");

    rig_wait(rig_join(r, ann, one, "ann#1"));
    rig_wait(rig_join(r, ann, one, "ann#2"));
    rig_wait(rig_join(r, ann, one, "ann@example.org/a"));
    rig_wait(rig_join(r, ann, two, "ann#3"));
    rig_wait(rig_join(r, bob, two, "bob#1"));
    rig_clear(r);
    rig_wait(remove_agent(r, "ann@example.org"));
    assert_memory_equal(r->trace, "[remove ok] gone left:", 22);
    assert_non_null(strstr(r->trace, "left:ann#1"));
    assert_non_null(strstr(r->trace, "left:ann#2"));
    assert_non_null(strstr(r->trace, "left:ann#3:last"));
    assert_non_null(strstr(r->trace, "left:ann@example.org/a"));
    assert_null(strstr(r->trace, "bob"));
    assert_int_equal(desk_agents_available(r->desk, "default"), 1);
    assert_int_equal(rig_wait(rig_post(r, rig_who(ann), one, "x", ""))->e, ERR_UNAUTHORIZED);
    assert_int_equal(rig_wait(rig_join(r, ann, one, "ann#1"))->e, ERR_UNAUTHORIZED);
    assert_int_equal(rig_wait(remove_agent(r, "ann@example.org"))->e, ERR_NOT_FOUND);
    rig_restart(r);
    rig_clear(r);
    rig_wait(rig_leave(r, one, "ann@example.org/a"));
    assert_trace(r, "[leave ok]");
}

static void removed_agent_is_gone_before_the_answer(void **state)
{
    struct rig *r = *state;

    (void)rig_agent(r, "ann");
    rig_wait(remove_agent(r, "ann@example.org"));
    assert_int_equal(add(r, "ann@example.org", "ann", "")->e, OK);
}

static void agent_removed_while_joining_is_not_in_the_room(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *join, *gone;

    r->hold_reads = true;
    join = rig_join(r, ann, chat, "ann#1");
    gone = remove_agent(r, "ann@example.org");
    while (gone->n == 0)
        rig_step(r);
    r->hold_reads = false;
    rig_wait(join);
    assert_int_not_equal(join->e, OK);
    assert_trace(r, "[remove ok] gone [join not-found]");
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
}

static void agent_removed_beside_its_join_leaves_again(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    size_t before = r->n_submitted;
    struct call *join = rig_join(r, ann, chat, "ann@example.org/a");

    while (r->n_submitted == before)
        rig_step(r);
    remove_agent(r, "ann@example.org");
    rig_wait(join);
    assert_int_equal(join->e, OK);
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
}

static void room_read_before_a_removal_holds_no_ghost(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann"), *chat = rig_waiting(r, "Alice");
    struct call *join, *gone;
    size_t before = r->n_submitted;

    rig_wait(rig_show(r, rig_customer(chat), chat));
    join = rig_join(r, ann, chat, "ann@example.org/a");
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    while (join->n == 0) {
        r->hold_replies = r->n_submitted > before; /* the room, when it is loaded anew */
        rig_step(r);
    }
    assert_int_equal(join->e, ERR_UNKNOWN);
    rig_step(r);
    assert_non_null(r->late);
    gone = remove_agent(r, "ann@example.org");
    r->hold_replies = 0;
    while (gone->n == 0)
        rig_step(r);
    rig_let_go(r);
    rig_pump(r);
    assert_null(strstr(r->trace, "joined:"));
    assert_int_equal(desk_agents_available(r->desk, "default"), 0);
}

static void agents_stored_after_all_are_known(void **state)
{
    struct rig *r = *state;

    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(add(r, "ann@example.org", "Ann", "")->e, ERR_UNKNOWN);
    rig_pump(r);
    assert_non_null(directory_by_jid(desk_directory(r->desk), "ann@example.org"));
    rig_clear(r);
    r->fail_changes = 1;
    assert_int_equal(rig_wait(remove_agent(r, "ann@example.org"))->e, ERR_UNKNOWN);
    rig_pump(r);
    assert_null(directory_by_jid(desk_directory(r->desk), "ann@example.org"));
    assert_trace(r, "[remove unknown] gone");
}

/* ---- organizations -------------------------------------------------------------------------- */

static void configured_organization_is_read_only_to_commands(void **state)
{
    struct rig *r = *state;

    assert_int_equal(put(r, "shop", "Shop", true)->e, OK);
    assert_int_equal(put(r, "shop", "Other", false)->e, ERR_FORBIDDEN);
    assert_int_equal(put(r, "shop", "New", true)->e, OK);
    assert_int_equal(put(r, "lab", "Lab", false)->e, OK);
    assert_int_equal(put(r, "lab", "Labs", false)->e, OK);
    rig_restart(r);
    assert_string_equal(directory_organization(desk_directory(r->desk), "shop")->title, "New");
    assert_string_equal(directory_organization(desk_directory(r->desk), "lab")->title, "Labs");
}

/* ---- keys ----------------------------------------------------------------------------------- */

struct asked {
    int n;
    enum err e;
    char id[ID_LEN + 1];
};

static void known(void *ctx, enum err e, const struct principal *who)
{
    struct asked *a = ctx;

    a->n++;
    a->e = e;
    (void)snprintf(a->id, sizeof(a->id), "%s", who->id);
}

static enum err check(struct rig *r, const char *token, const char *id)
{
    struct asked a = {0};

    desk_authenticate(r->desk, token, false, known, &a);
    rig_pump(r);
    assert_int_equal(a.n, 1);
    if (a.e == OK)
        assert_string_equal(a.id, id);
    return a.e;
}

static struct call *key_add(struct rig *r, const char *jid)
{
    struct call *c = rig_call(r, "key");

    desk_key_add(r->desk, jid, "label", rig_done, c);
    return rig_wait(c);
}

static struct call *key_remove(struct rig *r, const char *prefix)
{
    struct call *c = rig_call(r, "key");

    desk_key_remove(r->desk, prefix, rig_done, c);
    return c;
}

static void key_works_until_it_is_removed(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    struct call *key = key_add(r, "ann@example.org"), *list = rig_call(r, "");
    char hex[HASH_HEX_LEN + 1];

    assert_int_equal(key_add(r, "bob@example.org")->e, ERR_NOT_FOUND);
    assert_int_equal(check(r, key->token, ann), OK);
    desk_key_list(r->desk, rig_done, list);
    assert_int_equal(rig_wait(list)->n_page, 1);
    assert_int_equal(rig_wait(key_remove(r, ""))->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(key_remove(r, "zz"))->e, ERR_NOT_FOUND);
    assert_int_equal(check(r, key->token, ann), OK);
    crypto_hash_hex(key->token, TOKEN_LEN, hex);
    hex[8] = 0;
    assert_int_equal(rig_wait(key_remove(r, hex))->e, OK);
    assert_int_equal(check(r, key->token, ann), ERR_UNAUTHORIZED);
}

static struct call *session_add(struct rig *r, const char *agent)
{
    struct call *c = rig_call(r, "session");

    desk_session_add(r->desk, agent, "browser", rig_done, c);
    return rig_wait(c);
}

static enum err check_cookie(struct rig *r, const char *token)
{
    struct asked a = {0};

    desk_authenticate(r->desk, token, true, known, &a);
    rig_pump(r);
    assert_int_equal(a.n, 1);
    return a.e;
}

static void session_is_good_as_a_cookie_and_a_key_is_not(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    struct call *session = session_add(r, ann), *key = key_add(r, "ann@example.org");

    for (int i = 0; i < 2; i++) { /* read, then remembered */
        assert_int_equal(check_cookie(r, session->token), OK);
        assert_int_equal(check(r, session->token, ann), ERR_UNAUTHORIZED);
        assert_int_equal(check(r, key->token, ann), OK);
        assert_int_equal(check_cookie(r, key->token), ERR_UNAUTHORIZED);
    }
    assert_int_equal(session_add(r, "nobody")->e, ERR_NOT_FOUND);
}

static void session_ends_unused_and_after_its_time(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    struct call *idle = session_add(r, ann), *used = session_add(r, ann);
    int64_t start = r->now_ms;

    while (r->now_ms - start < DESK_SESSION_MS - DESK_SESSION_IDLE_MS) {
        r->now_ms += DESK_SESSION_IDLE_MS - 1;
        assert_int_equal(check_cookie(r, used->token), OK);
    }
    assert_int_equal(check_cookie(r, idle->token), ERR_UNAUTHORIZED);
    r->now_ms = start + DESK_SESSION_MS;
    assert_int_equal(check_cookie(r, used->token), ERR_UNAUTHORIZED);
}

static void logout_ends_one_browser_or_all(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    struct call *one = session_add(r, ann), *two = session_add(r, ann), *c = rig_call(r, "out");
    struct call *key = key_add(r, "ann@example.org"), *all = rig_call(r, "out");

    desk_session_end(r->desk, ann, one->token, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    assert_int_equal(check_cookie(r, one->token), ERR_UNAUTHORIZED);
    assert_int_equal(check_cookie(r, two->token), OK);
    desk_session_end(r->desk, ann, NULL, rig_done, all);
    assert_int_equal(rig_wait(all)->e, OK);
    assert_int_equal(check_cookie(r, two->token), ERR_UNAUTHORIZED);
    assert_int_equal(check(r, key->token, ann), OK);
}

static void prefix_of_several_keys_is_refused(void **state)
{
    enum { KEYS = 17 }; /* of which two begin with the same digit */
    struct rig *r = *state;
    char hex[HASH_HEX_LEN + 1], first[KEYS + 1] = "", prefix[2] = "";

    (void)rig_agent(r, "ann");
    for (int i = 0; i < KEYS; i++) {
        crypto_hash_hex(key_add(r, "ann@example.org")->token, TOKEN_LEN, hex);
        if (strchr(first, hex[0]))
            prefix[0] = hex[0];
        first[i] = hex[0];
    }
    assert_int_equal(rig_wait(key_remove(r, prefix))->e, ERR_CONFLICT);
}

static void keys_die_with_their_agent(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    struct call *key = key_add(r, "ann@example.org");

    assert_int_equal(check(r, key->token, ann), OK);
    rig_wait(remove_agent(r, "ann@example.org"));
    assert_int_equal(check(r, key->token, ann), ERR_UNAUTHORIZED);
}

static void key_read_before_its_removal_is_not_remembered(void **state)
{
    struct rig *r = *state;
    const char *ann = rig_agent(r, "ann");
    struct call *key = key_add(r, "ann@example.org"), *removed;
    struct asked early = {0};
    char hex[HASH_HEX_LEN + 1];

    crypto_hash_hex(key->token, TOKEN_LEN, hex);
    r->hold_replies = 1;
    desk_authenticate(r->desk, key->token, false, known, &early);
    rig_step(r);
    removed = key_remove(r, hex);
    while (removed->n == 0)
        rig_step(r);
    assert_int_equal(removed->e, OK);
    rig_let_go(r);
    assert_int_equal(early.n, 1);
    assert_int_equal(early.e, OK); /* it was, when it was asked */
    assert_int_equal(check(r, key->token, ann), ERR_UNAUTHORIZED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(agent_that_clashes_is_refused_by_field),
        RIG_TEST(two_agents_of_one_name_at_once_are_one),
        RIG_TEST(removed_agent_leaves_all_rooms),
        RIG_TEST(removed_agent_is_gone_before_the_answer),
        RIG_TEST(agent_removed_while_joining_is_not_in_the_room),
        RIG_TEST(agent_removed_beside_its_join_leaves_again),
        RIG_TEST(room_read_before_a_removal_holds_no_ghost),
        RIG_TEST(agents_stored_after_all_are_known),
        RIG_TEST(configured_organization_is_read_only_to_commands),
        RIG_TEST(key_works_until_it_is_removed),
        RIG_TEST(session_is_good_as_a_cookie_and_a_key_is_not),
        RIG_TEST(session_ends_unused_and_after_its_time),
        RIG_TEST(logout_ends_one_browser_or_all),
        RIG_TEST(prefix_of_several_keys_is_refused),
        RIG_TEST(keys_die_with_their_agent),
        RIG_TEST(key_read_before_its_removal_is_not_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
