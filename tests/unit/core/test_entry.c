#include "core/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void copy_of_an_entry_shares_nothing(void **state)
{
    char text[] = "hello";
    struct entry e = {.id = "abc", .seq = 3, .kind = ENTRY_CLOSED, .audience = AUDIENCE_PUBLIC};
    struct arena *a = arena_new();
    struct entry *copy;

    (void)state;
    e.room = e.sender_id = e.sender_name = e.text = e.data = text;
    e.client_id = e.stanza_id = e.payload = text;
    copy = entry_dup(a, &e);
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(copy->id, "abc");
    assert_int_equal(copy->seq, 3);
    assert_int_equal(copy->kind, ENTRY_CLOSED);
    assert_int_equal(copy->audience, AUDIENCE_PUBLIC);
    assert_string_equal(copy->room, "hello");
    assert_string_equal(copy->sender_id, "hello");
    assert_string_equal(copy->sender_name, "hello");
    assert_string_equal(copy->text, "hello");
    assert_string_equal(copy->data, "hello");
    assert_string_equal(copy->client_id, "hello");
    assert_string_equal(copy->stanza_id, "hello");
    assert_string_equal(copy->payload, "hello");
    arena_free(a);
}

static void kinds_and_roles_have_different_names(void **state)
{
    (void)state;
    for (int i = 0; i < ENTRY_KIND_COUNT_; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(entry_kind_name((enum entry_kind)i),
                                    entry_kind_name((enum entry_kind)j));
    assert_string_equal(entry_kind_name(ENTRY_MESSAGE), "message");
    assert_string_equal(entry_kind_name(ENTRY_AGENT_JOINED), "agent_joined");
    assert_string_equal(role_name(ROLE_USER), "USER");
    assert_string_equal(role_name(ROLE_ASSISTANT), "ASSISTANT");
    assert_string_equal(role_name(ROLE_AGENT), "AGENT");
    assert_string_equal(role_name(ROLE_SYSTEM), "SYSTEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_of_an_entry_shares_nothing),
        cmocka_unit_test(kinds_and_roles_have_different_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
