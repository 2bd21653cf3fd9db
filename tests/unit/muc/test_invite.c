#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define USER(inside) "<x xmlns='http://jabber.org/protocol/muc#user'>" inside "</x>"
#define TO_ROOM "<message to='k3v9@support.example.org' id='1'>"

static void invitation_names_a_bare_guest_and_a_reason(void **state)
{
    struct muc_intent i = read_of(
        *state,
        TO_ROOM USER("<invite to='Tom@Example.org/x'><reason>help</reason></invite>") "</message>");

    assert_int_equal(i.kind, MUC_INVITE);
    assert_string_equal(i.guest, "tom@example.org");
    assert_string_equal(i.reason, "help");
}

static void senseless_invitations_are_refused(void **state)
{
    static const char *const cases[] = {
        TO_ROOM USER("<invite/>") "</message>",
        TO_ROOM USER("<invite to='example.org'/>") "</message>",
        TO_ROOM USER("<invite to='a@b@c'/>") "</message>",
        TO_ROOM USER("<invite to='a@example.org'/><invite to='b@example.org'/>") "</message>",
        TO_ROOM USER("<decline/>") "</message>",
    };

    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        struct muc_intent i = read_of(*state, cases[n]);

        assert_int_equal(i.kind, MUC_REPLY);
        assert_non_null(strstr(reply_of(*state, &i), " type='error'"));
    }
}

static void decline_names_the_inviter_by_address_or_by_name(void **state)
{
    struct muc_intent i =
        read_of(*state, TO_ROOM USER("<decline to='sarah@example.org/desk'/>") "</message>");

    assert_int_equal(i.kind, MUC_DECLINE);
    assert_string_equal(i.guest, "sarah@example.org");
    i = read_of(*state,
                TO_ROOM USER("<decline to='k3v9@support.example.org/Sarah'/>") "</message>");
    assert_string_equal(i.guest, "");
    assert_string_equal(i.guest_nick, "Sarah");
}

/* Converse.js opens a second window for a body, and nothing at all without jabber:x:conference. */
static void invitation_is_sent_without_body_and_with_both_elements(void **state)
{
    struct world *w = *state;

    muc_send_invite(&w->service, &w->out, "k3v9", "sarah@example.org", "tom@example.org",
                    "one\ntwo", "7");
    assert_string_equal(
        sent(w),
        "<message from='k3v9@support.example.org' id='7' to='tom@example.org'>" USER(
            "<invite from='sarah@example.org'><reason>one\ntwo</reason></invite>") "<x "
                                                                                   "xmlns='jabber:"
                                                                                   "x:conference' "
                                                                                   "jid='k3v9@"
                                                                                   "support."
                                                                                   "example.org' "
                                                                                   "reason='one "
                                                                                   "two'/>"
                                                                                   "</message>\n");
}

static void direct_invitation_comes_from_the_contact_alone(void **state)
{
    struct world *w = *state;

    muc_send_direct_invite(&w->service, &w->out, "k3v9", "tom@example.org", "");
    assert_string_equal(
        sent(w), "<message from='queue@support.example.org' to='tom@example.org'>"
                 "<x xmlns='jabber:x:conference' jid='k3v9@support.example.org'/></message>\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(invitation_names_a_bare_guest_and_a_reason),
        TEST_IN_WORLD(senseless_invitations_are_refused),
        TEST_IN_WORLD(decline_names_the_inviter_by_address_or_by_name),
        TEST_IN_WORLD(invitation_is_sent_without_body_and_with_both_elements),
        TEST_IN_WORLD(direct_invitation_comes_from_the_contact_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
