#include "tests/unit/muc/muc_world.h"

#include <string.h>

static const char *ask(struct world *w, const char *from, const char *type, const char *query)
{
    struct muc_intent i =
        read_of(w, arena_printf(w->arena,
                                "<iq from='%s' type='%s' id='1' to='k3v9@support.example.org'>"
                                "%s</iq>",
                                from, type, query));

    if (i.kind == MUC_REPLY)
        return reply_of(w, &i);
    muc_reply_room_iq(&w->service, &w->out, &i, &w->room);
    return sent(w);
}

#define ADMIN(inside) "<query xmlns='http://jabber.org/protocol/muc#admin'>" inside "</query>"
#define UMA_AT "uma@example.org/pda"
#define SARAH_AT "sarah@example.org/desk"

static void members_are_told_to_anyone_inside(void **state)
{
    assert_string_equal(
        ask(*state, UMA_AT, "get", ADMIN("<item affiliation='member'/>")),
        "<iq type='result' from='k3v9@support.example.org' to='" UMA_AT "' id='1'>" ADMIN(
            "<item affiliation='member' jid='c-k3v9@support.example.org' nick='Alice (customer)'/>"
            "<item affiliation='member' jid='a-k3v9@support.example.org' nick='Assistant'/>"
            "<item affiliation='member' jid='sarah@example.org' nick='Sarah'/>"
            "<item affiliation='member' jid='tom@example.org' nick='Tom'/>") "</iq>\n");
}

static void list_without_entries_is_empty(void **state)
{
    assert_non_null(strstr(ask(*state, UMA_AT, "get", ADMIN("<item affiliation='outcast'/>")),
                           "<query xmlns='http://jabber.org/protocol/muc#admin'/>"));
}

static void roles_are_told_to_moderators_only(void **state)
{
    assert_non_null(strstr(ask(*state, SARAH_AT, "get", ADMIN("<item role='visitor'/>")),
                           ADMIN("<item affiliation='member' jid='tom@example.org' nick='Tom' "
                                 "role='visitor'/><item affiliation='admin' jid='" UMA_AT
                                 "' nick='Uma' role='visitor'/>")));
    assert_non_null(
        strstr(ask(*state, UMA_AT, "get", ADMIN("<item role='visitor'/>")), "<forbidden "));
}

static void senseless_lists_are_bad_requests(void **state)
{
    static const char *const cases[] = {
        ADMIN(""),
        ADMIN("<item/>"),
        ADMIN("<item affiliation='king'/>"),
        ADMIN("<item role='none'/>"),
        ADMIN("<item role='visitor' affiliation='member'/>"),
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_non_null(strstr(ask(*state, SARAH_AT, "get", cases[i]), "<bad-request "));
}

static void changes_and_configuration_are_forbidden(void **state)
{
    assert_non_null(strstr(ask(*state, SARAH_AT, "set", ADMIN("<item nick='Tom' role='none'/>")),
                           "<forbidden "));
    assert_non_null(strstr(
        ask(*state, SARAH_AT, "get", "<query xmlns='http://jabber.org/protocol/muc#owner'/>"),
        "<forbidden "));
}

static void other_requests_are_unavailable(void **state)
{
    assert_non_null(strstr(ask(*state, SARAH_AT, "get", "<query xmlns='jabber:iq:register'/>"),
                           "<error type='cancel' by='k3v9@support.example.org'>"
                           "<service-unavailable "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(members_are_told_to_anyone_inside),
        TEST_IN_WORLD(list_without_entries_is_empty),
        TEST_IN_WORLD(roles_are_told_to_moderators_only),
        TEST_IN_WORLD(senseless_lists_are_bad_requests),
        TEST_IN_WORLD(changes_and_configuration_are_forbidden),
        TEST_IN_WORLD(other_requests_are_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
