/* Who is in a room, tokens, agents, organizations: every store, in memory and in a file. */
#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- participants and sessions -------------------------------------------------------------- */

static void participants_are_put_in_order_and_updated(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct participant both[] = {{"b", true}, {"a", false}}, one[] = {{"b", false}};
    struct change *c = rig_change(r, rig_id(1));
    struct query *q;

    rig_add_chat(r, 1);
    c->participants = both;
    c->n_participants = 2;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, rig_id(1));
    c->participants = one;
    c->n_participants = 1;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_room(r, rig_id(1));
    assert_int_equal(q->n_participants, 2);
    assert_string_equal(q->participants[0].agent_id, "b");
    assert_false(q->participants[0].speaker);
    assert_string_equal(q->participants[1].agent_id, "a");
}

static void session_is_stored_with_every_field_and_replaced(void **state)
{
    struct rig *r = (struct rig *)*state;
    const struct agent *agent = rig_add_agent(r, 1);
    struct change *c;
    struct session *s;
    const struct session *got;
    struct query *q;

    rig_add_chat(r, 1);
    c = rig_change(r, rig_id(1));
    rig_session(c, "sarah@example.org/a");
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, rig_id(1));
    s = rig_session(c, "sarah@example.org/a");
    *s = (struct session){.kind = SESSION_XMPP,
                          .room = c->room,
                          .address = s->address,
                          .agent_id = agent->id,
                          .jid = "sarah@example.org",
                          .nick = "Sarah",
                          .presence = "<c/>",
                          .since_gid = 12,
                          .joined_ms = RIG_NOW + 5};
    assert_int_equal(rig_write(r, c), OK);
    q = rig_room(r, rig_id(1));
    assert_int_equal(q->n_sessions, 1);
    got = q->sessions;
    assert_int_equal(got->kind, SESSION_XMPP);
    assert_string_equal(got->room, rig_id(1));
    assert_string_equal(got->address, "sarah@example.org/a");
    assert_string_equal(got->agent_id, agent->id);
    assert_string_equal(got->jid, "sarah@example.org");
    assert_string_equal(got->nick, "Sarah");
    assert_string_equal(got->presence, "<c/>");
    assert_int_equal(got->since_gid, 12);
    assert_int_equal(got->joined_ms, RIG_NOW + 5);
}

static void add_session(struct rig *r, int room, const char *address)
{
    struct change *c = rig_change(r, rig_id(room));

    rig_session(c, address);
    assert_int_equal(rig_write(r, c), OK);
}

static void sessions_that_end_are_removed_from_their_room_only(void **state)
{
    struct rig *r = (struct rig *)*state;
    const char *gone[] = {"a@x/1", "never@x/1"};
    struct change *c = rig_change(r, rig_id(1));

    rig_add_chat(r, 1);
    rig_add_chat(r, 2);
    add_session(r, 1, "a@x/1");
    add_session(r, 1, "a@x/2");
    add_session(r, 2, "a@x/1");
    c->gone = gone;
    c->n_gone = 2;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_room(r, rig_id(1))->n_sessions, 1);
    assert_string_equal(rig_room(r, rig_id(1))->sessions[0].address, "a@x/2");
    add_session(r, 1, "a@x/1");
    c = rig_change(r, rig_id(1));
    c->gone_all = true;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_room(r, rig_id(1))->n_sessions, 0);
    assert_int_equal(rig_start(r)->n_sessions, 1);
}

static void web_session_is_not_stored(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, rig_id(1));

    rig_add_chat(r, 1);
    rig_session(c, "stream-1")->kind = SESSION_WEB;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_room(r, rig_id(1))->n_sessions, 0);
}

/* ---- tokens and people ---------------------------------------------------------------------- */

static enum err put_token(struct rig *r, enum token_kind kind, const char *subject, int n)
{
    struct change *c = rig_change(r, "");
    struct token *t = arena_new_of(c->arena, struct token);

    memset(t->hash, n, HASH_LEN);
    t->kind = kind;
    t->subject = subject;
    t->label = "for tests";
    t->created_ms = RIG_NOW + n;
    c->token = t;
    return rig_write(r, c);
}

static struct query *token_query(struct rig *r, int n)
{
    struct query *q = rig_query(r, QUERY_TOKEN, "");

    memset(q->hash, n, HASH_LEN);
    return q;
}

static void token_tells_its_holder_until_it_is_removed(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q = token_query(r, 5);
    unsigned char hash[HASH_LEN];
    struct change *c;

    rig_add_chat(r, 1);
    assert_int_equal(rig_read(r, token_query(r, 5)), ERR_NOT_FOUND);
    assert_int_equal(put_token(r, TOKEN_CHAT, rig_id(1), 5), OK);
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_tokens, 1);
    assert_int_equal(q->tokens[0].kind, TOKEN_CHAT);
    assert_string_equal(q->tokens[0].subject, rig_id(1));
    assert_string_equal(q->tokens[0].label, "for tests");
    assert_int_equal(q->tokens[0].created_ms, RIG_NOW + 5);
    assert_memory_equal(q->tokens[0].hash, q->hash, HASH_LEN);
    memset(hash, 5, sizeof hash);
    c = rig_change(r, "");
    c->token_gone = hash;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_read(r, token_query(r, 5)), ERR_NOT_FOUND);
}

static void token_of_nobody_is_not_found_and_a_taken_hash_a_conflict(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_add_chat(r, 1);
    assert_int_equal(put_token(r, TOKEN_CHAT, rig_id(2), 1), ERR_NOT_FOUND);
    assert_int_equal(put_token(r, TOKEN_AGENT, rig_id(1), 1), ERR_NOT_FOUND);
    assert_int_equal(put_token(r, TOKEN_CHAT, rig_id(1), 1), OK);
    assert_int_equal(put_token(r, TOKEN_CHAT, rig_id(1), 1), ERR_CONFLICT);
}

static void new_chat_brings_its_token_in_the_same_change(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "");
    struct token t = {.kind = TOKEN_CHAT, .label = "", .created_ms = RIG_NOW};

    t.subject = rig_chat(c, 1)->id;
    memset(t.hash, 9, HASH_LEN);
    c->token = &t;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_read(r, token_query(r, 9)), OK);
}

static void tokens_of_agents_are_listed_oldest_first(void **state)
{
    struct rig *r = (struct rig *)*state;
    const struct agent *a = rig_add_agent(r, 1);
    struct query *q = rig_query(r, QUERY_TOKENS, "");

    rig_add_chat(r, 1);
    assert_int_equal(put_token(r, TOKEN_AGENT, a->id, 8), OK);
    assert_int_equal(put_token(r, TOKEN_CHAT, rig_id(1), 6), OK);
    assert_int_equal(put_token(r, TOKEN_AGENT, a->id, 7), OK);
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_tokens, 2);
    assert_int_equal(q->tokens[0].hash[0], 7);
    assert_int_equal(q->tokens[1].hash[0], 8);
    assert_int_equal(q->tokens[0].kind, TOKEN_AGENT);
    assert_string_equal(q->tokens[0].subject, a->id);
}

static void agent_is_stored_with_every_field_and_replaced(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "");
    struct agent *a;
    const struct agent *got;
    struct query *q;

    rig_add_agent(r, 1);
    rig_add_agent(r, 2);
    a = rig_agent(c, 1);
    a->jid = "sarah@example.org";
    a->name = "Sarah";
    a->role = AGENT_SUPERVISOR;
    a->skills = "billing,french";
    a->created_ms = RIG_NOW + 9;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_start(r);
    assert_int_equal(q->n_agents, 2);
    got = q->agents;
    assert_string_equal(got->id, a->id);
    assert_string_equal(got->jid, "sarah@example.org");
    assert_string_equal(got->name, "Sarah");
    assert_string_equal(got->organization, "default");
    assert_int_equal(got->role, AGENT_SUPERVISOR);
    assert_string_equal(got->skills, "billing,french");
    assert_int_equal(got->created_ms, RIG_NOW + 9);
    assert_int_equal(q->agents[1].role, AGENT_AGENT);
}

static void agent_whose_name_or_address_is_taken_is_a_conflict(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *name = rig_change(r, ""), *jid = rig_change(r, "");
    struct change *elsewhere = rig_change(r, "");

    rig_add_agent(r, 1);
    rig_agent(name, 2)->name = "\xd0\x90GENT 1"; /* with a Cyrillic A */
    assert_int_equal(rig_write(r, name), ERR_CONFLICT);
    rig_agent(jid, 2)->jid = "agent1@example.org";
    assert_int_equal(rig_write(r, jid), ERR_CONFLICT);
    rig_agent(elsewhere, 2)->organization = "elsewhere";
    assert_int_equal(rig_write(r, elsewhere), ERR_NOT_FOUND);
    assert_int_equal(rig_start(r)->n_agents, 1);
}

static void removed_agent_takes_its_tokens_and_sessions_along(void **state)
{
    struct rig *r = (struct rig *)*state;
    const struct agent *a = rig_add_agent(r, 1), *b = rig_add_agent(r, 2);
    struct participant p = {a->id, true};
    struct change *c;
    struct query *q;

    rig_add_chat(r, 1);
    assert_int_equal(put_token(r, TOKEN_AGENT, a->id, 1), OK);
    assert_int_equal(put_token(r, TOKEN_AGENT, b->id, 2), OK);
    c = rig_change(r, rig_id(1));
    rig_session(c, "a@x/1")->agent_id = a->id;
    c->participants = &p;
    c->n_participants = 1;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, rig_id(1));
    rig_session(c, "b@x/1")->agent_id = b->id;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, "");
    c->agent_gone = a->id;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_start(r);
    assert_int_equal(q->n_agents, 1);
    assert_int_equal(q->n_sessions, 1);
    assert_string_equal(q->sessions[0].address, "b@x/1");
    assert_int_equal(rig_read(r, token_query(r, 1)), ERR_NOT_FOUND);
    assert_int_equal(rig_read(r, token_query(r, 2)), OK);
    assert_int_equal(rig_room(r, rig_id(1))->n_participants, 1);
}

static void organization_is_there_from_birth_put_and_replaced(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct organization o = {"shop", "The Shop", "https://shop.example", true};
    struct change *c = rig_change(r, "");
    struct query *q = rig_start(r);

    assert_int_equal(q->n_organizations, 1);
    assert_string_equal(q->organizations[0].name, "default");
    c->organization = &o;
    assert_int_equal(rig_write(r, c), OK);
    o.title = "Another";
    o.origins = "";
    o.configured = false;
    q = rig_start(r);
    assert_string_equal(q->organizations[1].origins, "https://shop.example");
    assert_true(q->organizations[1].configured);
    c = rig_change(r, "");
    c->organization = &o;
    assert_int_equal(rig_write(r, c), OK);
    q = rig_start(r);
    assert_int_equal(q->n_organizations, 2);
    assert_string_equal(q->organizations[1].title, "Another");
    assert_false(q->organizations[1].configured);
}

static void confirmed_position_only_grows(void **state)
{
    struct rig *r = (struct rig *)*state;
    static const int64_t put[] = {5, 3, 0, 9}, want[] = {5, 5, 5, 9};

    assert_int_equal(rig_start(r)->xmpp_confirmed, 0);
    for (size_t i = 0; i < 4; i++) {
        struct change *c = rig_change(r, "");

        c->xmpp_confirmed = put[i];
        assert_int_equal(rig_write(r, c), OK);
        assert_int_equal(rig_start(r)->xmpp_confirmed, want[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(participants_are_put_in_order_and_updated),
        RIG_TEST(session_is_stored_with_every_field_and_replaced),
        RIG_TEST(sessions_that_end_are_removed_from_their_room_only),
        RIG_TEST(web_session_is_not_stored),
        RIG_TEST(token_tells_its_holder_until_it_is_removed),
        RIG_TEST(token_of_nobody_is_not_found_and_a_taken_hash_a_conflict),
        RIG_TEST(new_chat_brings_its_token_in_the_same_change),
        RIG_TEST(tokens_of_agents_are_listed_oldest_first),
        RIG_TEST(agent_is_stored_with_every_field_and_replaced),
        RIG_TEST(agent_whose_name_or_address_is_taken_is_a_conflict),
        RIG_TEST(removed_agent_takes_its_tokens_and_sessions_along),
        RIG_TEST(organization_is_there_from_birth_put_and_replaced),
        RIG_TEST(confirmed_position_only_grows),
    };
    int failed = cmocka_run_group_tests_name("people in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("people in a file", tests, rig_in_file, NULL);
}
