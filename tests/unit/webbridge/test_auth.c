#include "webbridge/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CHAT "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct principal customer = {.kind = WHO_CUSTOMER, .id = CHAT};

static int setup(void **state)
{
    *state = tickets_new();
    return crypto_init() == OK ? 0 : -1;
}

static int teardown(void **state)
{
    tickets_free(*state);
    return 0;
}

static enum err use(struct tickets *t, const char *ticket, const char *chat, int64_t now_ms)
{
    char id[ID_LEN + 1] = "";
    struct principal who = {0};
    enum err e = tickets_use(t, ticket, chat, now_ms, id, &who);

    if (e == OK) {
        assert_int_equal(who.kind, WHO_CUSTOMER);
        assert_string_equal(who.id, CHAT);
    }
    return e;
}

static void ticket_is_good_once(void **state)
{
    char ticket[TOKEN_LEN + 1];

    assert_int_equal(tickets_put(*state, &customer, CHAT, 0, ticket), OK);
    assert_int_equal(use(*state, ticket, CHAT, 10), OK);
    assert_int_equal(use(*state, ticket, CHAT, 10), ERR_UNAUTHORIZED);
}

static void ticket_ends_after_thirty_seconds(void **state)
{
    char ticket[TOKEN_LEN + 1], late[TOKEN_LEN + 1];

    assert_int_equal(tickets_put(*state, &customer, CHAT, 0, ticket), OK);
    assert_int_equal(tickets_put(*state, &customer, CHAT, 0, late), OK);
    assert_int_equal(use(*state, ticket, CHAT, TICKET_MS - 1), OK);
    assert_int_equal(use(*state, late, CHAT, TICKET_MS), ERR_UNAUTHORIZED);
}

static void ticket_of_another_chat_is_refused_and_used_up(void **state)
{
    char ticket[TOKEN_LEN + 1];

    assert_int_equal(tickets_put(*state, &customer, CHAT, 0, ticket), OK);
    assert_int_equal(use(*state, ticket, OTHER, 1), ERR_UNAUTHORIZED);
    assert_int_equal(use(*state, ticket, CHAT, 1), ERR_UNAUTHORIZED);
}

static void unknown_ticket_is_refused(void **state)
{
    assert_int_equal(use(*state, "", CHAT, 1), ERR_UNAUTHORIZED);
    assert_int_equal(use(*state, "x", CHAT, 1), ERR_UNAUTHORIZED);
}

static void tickets_are_bounded_until_old_ones_end(void **state)
{
    char ticket[TOKEN_LEN + 1];

    char id[16];
    struct principal asker = {.kind = WHO_AGENT, .id = id};

    for (int i = 0; i < TICKETS_MAX; i++) {
        (void)snprintf(id, sizeof(id), "agent%d", i);
        assert_int_equal(tickets_put(*state, &asker, CHAT, 0, ticket), OK);
    }
    assert_int_equal(tickets_put(*state, &customer, CHAT, 1, ticket), ERR_BUSY);
    assert_int_equal(tickets_put(*state, &customer, CHAT, TICKET_MS, ticket), OK);
}

static void one_asker_cannot_take_all_tickets(void **state)
{
    char ticket[TOKEN_LEN + 1], id[ID_LEN + 1];
    struct principal who;
    struct principal other = {.kind = WHO_AGENT, .id = "other"};

    for (int i = 0; i < TICKETS_EACH; i++)
        assert_int_equal(tickets_put(*state, &customer, CHAT, 0, ticket), OK);
    assert_int_equal(tickets_use(*state, ticket, CHAT, 1, id, &who), OK);
    assert_int_equal(tickets_put(*state, &customer, CHAT, 1, ticket), OK);
    assert_int_equal(tickets_put(*state, &customer, CHAT, 1, ticket), ERR_RATE);
    assert_int_equal(tickets_put(*state, &other, CHAT, 1, ticket), OK);
    assert_int_equal(tickets_put(*state, &customer, CHAT, TICKET_MS, ticket), OK);
}

static void bearer_is_read_strictly(void **state)
{
    (void)state;
    assert_string_equal(auth_bearer("Bearer abc"), "abc");
    assert_string_equal(auth_bearer("bearer   abc"), "abc");
    assert_null(auth_bearer(NULL));
    assert_null(auth_bearer("Bearer"));
    assert_null(auth_bearer("Bearer "));
    assert_null(auth_bearer("Basic abc"));
    assert_null(auth_bearer("Bearer abc def"));
    assert_null(auth_bearer("Bearer abc, Bearer def"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ticket_is_good_once, setup, teardown),
        cmocka_unit_test_setup_teardown(ticket_ends_after_thirty_seconds, setup, teardown),
        cmocka_unit_test_setup_teardown(ticket_of_another_chat_is_refused_and_used_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(unknown_ticket_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(tickets_are_bounded_until_old_ones_end, setup, teardown),
        cmocka_unit_test_setup_teardown(one_asker_cannot_take_all_tickets, setup, teardown),
        cmocka_unit_test(bearer_is_read_strictly),
    };

    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
