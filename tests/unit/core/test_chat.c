#include "core/chat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void copy_of_a_chat_shares_nothing(void **state)
{
    char text[] = "Alice";
    struct chat c = {.id = "abc", .organization = text, .name = text, .email = text};
    struct arena *a = arena_new();
    struct chat *copy;

    (void)state;
    c.locale = c.page = c.escalation_reason = c.assigned_to = text;
    c.state = CHAT_LIVE;
    c.version = 7;
    copy = chat_dup(a, &c);
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(copy->id, "abc");
    assert_string_equal(copy->organization, "Alice");
    assert_string_equal(copy->name, "Alice");
    assert_string_equal(copy->email, "Alice");
    assert_string_equal(copy->locale, "Alice");
    assert_string_equal(copy->page, "Alice");
    assert_string_equal(copy->escalation_reason, "Alice");
    assert_string_equal(copy->assigned_to, "Alice");
    assert_int_equal(copy->state, CHAT_LIVE);
    assert_int_equal(copy->version, 7);
    arena_free(a);
}

static void states_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(chat_state_name(CHAT_ASSISTANT), "assistant");
    assert_string_equal(chat_state_name(CHAT_WAITING), "waiting");
    assert_string_equal(chat_state_name(CHAT_LIVE), "live");
    assert_string_equal(chat_state_name(CHAT_CLOSED), "closed");
}

static void localparts_of_the_service_are_reserved(void **state)
{
    static const char *const reserved[] = {"queue",
                                           "lobby",
                                           "lobby-shop",
                                           "lobby-",
                                           "abcdefghijklmnopqrstuvwx27",
                                           "c-abcdefghijklmnopqrstuvwx27",
                                           "a-abcdefghijklmnopqrstuvwx27"};

    (void)state;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        assert_true(chat_reserved_local(reserved[i]));
}

static void other_localparts_are_free(void **state)
{
    static const char *const other[] = {"",
                                        "team",
                                        "queues",
                                        "lobbyist",
                                        "c-",
                                        "a-team",
                                        "abcdefghijklmnopqrstuvwx2",
                                        "abcdefghijklmnopqrstuvwx277",
                                        "abcdefghijklmnopqrstuvwx28",
                                        "b-abcdefghijklmnopqrstuvwx27",
                                        "c-a-abcdefghijklmnopqrstuvwx27"};

    (void)state;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_false(chat_reserved_local(other[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_of_a_chat_shares_nothing),
        cmocka_unit_test(states_have_their_names),
        cmocka_unit_test(localparts_of_the_service_are_reserved),
        cmocka_unit_test(other_localparts_are_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
