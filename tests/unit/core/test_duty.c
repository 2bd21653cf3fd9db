#include "core/duty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static int begin(void **state)
{
    *state = duty_new();
    return 0;
}

static int end(void **state)
{
    duty_free(*state);
    return 0;
}

static void agent_nobody_speaks_of_is_off(void **state)
{
    assert_int_equal(duty_of(*state, "ann"), DUTY_OFF);
    assert_false(duty_available(*state, "ann"));
    duty_set(*state, "ann", DUTY_LOBBY, "a", DUTY_OFF);
    duty_clear(*state, "ann", DUTY_LOBBY);
    duty_forget(*state, "ann");
    assert_int_equal(duty_of(*state, "ann"), DUTY_OFF);
}

static void most_available_session_of_a_source_counts(void **state)
{
    duty_set(*state, "ann", DUTY_CONTACT, "ann@x/1", DUTY_DND);
    assert_false(duty_available(*state, "ann"));
    duty_set(*state, "ann", DUTY_CONTACT, "ann@x/2", DUTY_AWAY);
    assert_int_equal(duty_of(*state, "ann"), DUTY_AWAY);
    assert_true(duty_available(*state, "ann"));
    duty_set(*state, "ann", DUTY_CONTACT, "ann@x/2", DUTY_OFF);
    assert_int_equal(duty_of(*state, "ann"), DUTY_DND);
}

static void stronger_source_decides_even_when_it_says_less(void **state)
{
    duty_set(*state, "ann", DUTY_ROOM, "r", DUTY_ON);
    duty_set(*state, "ann", DUTY_LOBBY, "l", DUTY_XA);
    assert_int_equal(duty_of(*state, "ann"), DUTY_XA);
    duty_set(*state, "ann", DUTY_STATUS, "", DUTY_ON);
    assert_int_equal(duty_of(*state, "ann"), DUTY_ON);
    duty_set(*state, "ann", DUTY_STATUS, "", DUTY_OFF);
    duty_clear(*state, "ann", DUTY_LOBBY);
    assert_int_equal(duty_of(*state, "ann"), DUTY_ON);
    assert_int_equal(duty_from(*state, "ann", DUTY_LOBBY), DUTY_OFF);
}

static void forgotten_agent_is_off_and_others_stay(void **state)
{
    duty_set(*state, "ann", DUTY_ROOM, "r", DUTY_ON);
    duty_set(*state, "bob", DUTY_ROOM, "r", DUTY_ON);
    duty_forget(*state, "ann");
    assert_false(duty_available(*state, "ann"));
    assert_true(duty_available(*state, "bob"));
}

static void shows_are_read_and_named(void **state)
{
    (void)state;
    assert_int_equal(duty_of_presence(""), DUTY_ON);
    assert_int_equal(duty_of_presence("chat"), DUTY_ON);
    assert_int_equal(duty_of_presence("nonsense"), DUTY_ON);
    assert_int_equal(duty_of_presence("away"), DUTY_AWAY);
    assert_int_equal(duty_of_presence("xa"), DUTY_XA);
    assert_int_equal(duty_of_presence("dnd"), DUTY_DND);
    assert_string_equal(duty_name(DUTY_ON), "available");
    assert_string_equal(duty_name(DUTY_OFF), "off");
}

#define DUTY_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DUTY_TEST(agent_nobody_speaks_of_is_off),
        DUTY_TEST(most_available_session_of_a_source_counts),
        DUTY_TEST(stronger_source_decides_even_when_it_says_less),
        DUTY_TEST(forgotten_agent_is_off_and_others_stay),
        DUTY_TEST(shows_are_read_and_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
