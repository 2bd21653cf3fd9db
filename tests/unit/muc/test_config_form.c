#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define OWNER(inside) "<query xmlns='http://jabber.org/protocol/muc#owner'>" inside "</query>"
#define SUBMIT(fields) OWNER("<x xmlns='jabber:x:data' type='submit'>" fields "</x>")
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"

static struct muc_intent asks(struct world *w, const char *type, const char *query)
{
    return read_of(w, arena_printf(w->arena,
                                   "<iq from='sarah@example.org/desk' type='%s' id='1'"
                                   " to='team@support.example.org'>%s</iq>",
                                   type, query));
}

/* The open room that people make. */
static struct muc_setup open_room(void)
{
    struct muc_setup s = {.config = muc_config_chat};

    s.config.name = "Team";
    s.config.members_only = s.config.nonanonymous = false;
    return s;
}

static enum err submit(struct world *w, struct muc_setup *s, const char *query)
{
    struct muc_intent i = asks(w, "set", query);

    assert_int_equal(i.kind, MUC_OWNER_SET);
    return muc_read_config(&i, s);
}

static void form_that_was_shown_may_be_sent_back(void **state)
{
    struct world *w = *state;
    struct muc_setup s = open_room();
    struct muc_intent i = asks(w, "get", OWNER(""));
    const char *owners[] = {"sarah@example.org"};
    const char *text;

    assert_int_equal(i.kind, MUC_OWNER_GET);
    s.owners = owners;
    s.n_owners = 1;
    muc_reply_config(&w->out, &i, &s);
    text = sent(w);
    assert_non_null(strstr(text, "<value>http://jabber.org/protocol/muc#roomconfig</value>"));
    assert_non_null(strstr(text, "<field var='muc#roomconfig_roomname' type='text-single' "
                                 "label='Name'><value>Team</value></field>"));
    assert_non_null(strstr(text, "<value>sarah@example.org</value>"));
}

static void instant_room_keeps_everything(void **state)
{
    struct muc_setup s = open_room();

    assert_int_equal(submit(*state, &s, SUBMIT("")), OK);
    assert_string_equal(s.config.name, "Team");
    assert_true(s.config.persistent);
    assert_true(s.config.show_visitors);
    assert_null(s.owners);
}

static void fields_that_are_there_are_taken(void **state)
{
    struct muc_setup s = open_room();

    assert_int_equal(
        submit(*state, &s,
               SUBMIT(FIELD("muc#roomconfig_persistentroom", "false") FIELD(
                   "muc#roomconfig_membersonly", "1") FIELD("muc#roomconfig_whois", "anyone")
                          FIELD("muc#roomconfig_maxusers", "none")
                              FIELD("muc#roomconfig_roomsecret", "sesame")
                                  FIELD("muc#roomconfig_presencebroadcast", "moderator")
                                      FIELD("muc#roomconfig_roomadmins", "Tom@Example.org/phone"))),
        OK);
    assert_false(s.config.persistent);
    assert_true(s.config.members_only);
    assert_true(s.config.nonanonymous);
    assert_int_equal(s.config.max_users, 0);
    assert_string_equal(s.config.password, "sesame");
    assert_true(s.config.show_moderators);
    assert_false(s.config.show_visitors);
    assert_int_equal(s.n_admins, 1);
    assert_string_equal(s.admins[0], "tom@example.org");
}

static void password_goes_with_its_switch(void **state)
{
    struct muc_setup s = open_room();

    s.config.password = "sesame";
    assert_int_equal(submit(*state, &s, SUBMIT(FIELD("muc#roomconfig_passwordprotectedroom", "0"))),
                     OK);
    assert_string_equal(s.config.password, "");
    assert_int_equal(submit(*state, &s, SUBMIT(FIELD("muc#roomconfig_passwordprotectedroom", "1"))),
                     ERR_INVALID);
}

static void values_that_are_none_are_refused(void **state)
{
    static const char *const cases[] = {
        SUBMIT(FIELD("muc#roomconfig_membersonly", "perhaps")),
        SUBMIT(FIELD("muc#roomconfig_whois", "nobody")),
        SUBMIT(FIELD("muc#roomconfig_maxusers", "-1")),
        SUBMIT(FIELD("muc#roomconfig_maxusers", "99999999999999999999")),
        SUBMIT(FIELD("muc#roomconfig_allowpm", "all")),
        SUBMIT(FIELD("muc#roomconfig_presencebroadcast", "king")),
        SUBMIT(FIELD("muc#roomconfig_roomowners", "@")),
        SUBMIT(FIELD("FORM_TYPE", "urn:other")),
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct muc_setup s = open_room();

        assert_int_equal(submit(*state, &s, cases[i]), ERR_INVALID);
    }
}

static void owner_s_requests_are_told_apart(void **state)
{
    struct world *w = *state;
    struct muc_intent i = asks(w, "set", OWNER("<x xmlns='jabber:x:data' type='cancel'/>"));

    assert_int_equal(i.kind, MUC_OWNER_SET);
    assert_true(i.cancelled);
    i = asks(w, "set",
             OWNER("<destroy jid='Other@support.example.org'><reason>moved</reason></destroy>"));
    assert_int_equal(i.kind, MUC_OWNER_DESTROY);
    assert_string_equal(i.alternate, "other@support.example.org");
    assert_string_equal(i.reason, "moved");
    assert_int_equal(asks(w, "set", OWNER("")).kind, MUC_REPLY);
    assert_int_equal(asks(w, "set", OWNER("<x xmlns='jabber:x:data' type='form'/>")).kind,
                     MUC_REPLY);
    assert_int_equal(asks(w, "set", OWNER("<destroy jid='@'/>")).kind, MUC_REPLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(form_that_was_shown_may_be_sent_back),
        TEST_IN_WORLD(instant_room_keeps_everything),
        TEST_IN_WORLD(fields_that_are_there_are_taken),
        TEST_IN_WORLD(password_goes_with_its_switch),
        TEST_IN_WORLD(values_that_are_none_are_refused),
        TEST_IN_WORLD(owner_s_requests_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
