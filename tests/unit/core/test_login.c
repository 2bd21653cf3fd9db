#include "core/login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1000000
#define ANN "annannannannannannannannan"

static char secret[TOKEN_LEN + 1];
static const struct login *login;

static int begin(void **state)
{
    *state = logins_new();
    return crypto_init() == OK ? 0 : -1;
}

static int end(void **state)
{
    logins_free(*state);
    return 0;
}

static void start(struct logins *l, const char *agent)
{
    assert_int_equal(logins_begin(l, agent, "here", NOW, secret, &login), OK);
}

static enum err look(struct logins *l, int64_t now, enum login_state *s)
{
    char agent[ID_LEN + 1];

    return logins_take(l, login->id, secret, now, s, agent);
}

static void right_code_lets_the_browser_in_once(void **state)
{
    enum login_state s = LOGIN_DENIED;
    char agent[ID_LEN + 1], id[ID_LEN + 1];

    start(*state, ANN);
    memcpy(id, login->id, sizeof(id));
    assert_int_equal(strlen(login->code), LOGIN_CODE_LEN);
    assert_int_equal(look(*state, NOW, &s), OK);
    assert_int_equal(s, LOGIN_PENDING);
    assert_int_equal(logins_answer(*state, ANN, login->code, true, NOW), OK);
    assert_int_equal(logins_take(*state, id, secret, NOW, &s, agent), OK);
    assert_int_equal(s, LOGIN_APPROVED);
    assert_string_equal(agent, ANN);
    assert_int_equal(logins_take(*state, id, secret, NOW, &s, agent), ERR_NOT_FOUND);
}

static void wrong_code_and_other_agents_answer_nothing(void **state)
{
    enum login_state s = LOGIN_DENIED;

    start(*state, ANN);
    assert_int_equal(logins_answer(*state, ANN, "xx-xx", true, NOW), ERR_NOT_FOUND);
    assert_int_equal(logins_answer(*state, "bob", login->code, true, NOW), ERR_NOT_FOUND);
    assert_int_equal(look(*state, NOW, &s), OK);
    assert_int_equal(s, LOGIN_PENDING);
}

static void no_without_a_code_denies_what_waits(void **state)
{
    enum login_state s = LOGIN_PENDING;

    start(*state, ANN);
    assert_int_equal(logins_answer(*state, ANN, NULL, false, NOW), OK);
    assert_int_equal(look(*state, NOW, &s), OK);
    assert_int_equal(s, LOGIN_DENIED);
}

static void another_browser_sees_nothing(void **state)
{
    enum login_state s;
    char agent[ID_LEN + 1];

    start(*state, ANN);
    assert_int_equal(logins_take(*state, login->id, "", NOW, &s, agent), ERR_NOT_FOUND);
    assert_int_equal(logins_take(*state, login->id, "other", NOW, &s, agent), ERR_NOT_FOUND);
    assert_int_equal(logins_use(*state, login->link, "other", NOW, agent), ERR_NOT_FOUND);
    assert_int_equal(logins_use(*state, login->link, secret, NOW, agent), OK);
    assert_string_equal(agent, ANN);
}

static void login_of_nobody_waits_and_is_never_let_in(void **state)
{
    enum login_state s = LOGIN_DENIED;
    char agent[ID_LEN + 1];

    start(*state, "");
    assert_int_equal(logins_answer(*state, "", login->code, true, NOW), ERR_NOT_FOUND);
    assert_int_equal(logins_use(*state, login->link, secret, NOW, agent), ERR_NOT_FOUND);
    assert_int_equal(look(*state, NOW, &s), OK);
    assert_int_equal(s, LOGIN_PENDING);
}

static void login_ends_by_time_and_by_the_next_one(void **state)
{
    enum login_state s;
    char agent[ID_LEN + 1], first[ID_LEN + 1], held[TOKEN_LEN + 1];

    start(*state, ANN);
    memcpy(first, login->id, sizeof(first));
    memcpy(held, secret, sizeof(held));
    start(*state, ANN);
    assert_int_equal(logins_take(*state, first, held, NOW, &s, agent), ERR_NOT_FOUND);
    assert_int_equal(look(*state, NOW + LOGIN_MS - 1, &s), OK);
    assert_int_equal(look(*state, NOW + LOGIN_MS, &s), ERR_NOT_FOUND);
}

static void link_opens_once_in_any_browser_while_it_lasts(void **state)
{
    char token[TOKEN_LEN + 1], agent[ID_LEN + 1];

    assert_int_equal(logins_link(*state, ANN, 60, NOW, token), OK);
    assert_int_equal(logins_use(*state, token, "", NOW + 59, agent), OK);
    assert_string_equal(agent, ANN);
    assert_int_equal(logins_use(*state, token, "", NOW + 59, agent), ERR_NOT_FOUND);
    assert_int_equal(logins_link(*state, ANN, 60, NOW, token), OK);
    assert_int_equal(logins_use(*state, token, "", NOW + 60, agent), ERR_NOT_FOUND);
}

static void removed_agent_has_no_logins_and_links(void **state)
{
    char token[TOKEN_LEN + 1], agent[ID_LEN + 1];

    assert_int_equal(logins_link(*state, ANN, 60, NOW, token), OK);
    logins_forget(*state, ANN);
    assert_int_equal(logins_use(*state, token, "", NOW, agent), ERR_NOT_FOUND);
}

static void browsers_cannot_fill_memory_or_terminals(void **state)
{
    char long_name[1000];

    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[999] = 0;
    memcpy(long_name, "a\x1b[2J\n\xc3\xa4", 8);
    assert_int_equal(logins_begin(*state, "", long_name, NOW, secret, &login), OK);
    assert_int_equal(strlen(login->from), LOGIN_FROM_MAX);
    assert_memory_equal(login->from, "a[2Jx", 5);
    for (int i = 1; i < LOGINS_MAX; i++)
        start(*state, "");
    assert_int_equal(logins_begin(*state, "", "", NOW, secret, &login), ERR_BUSY);
    assert_int_equal(logins_begin(*state, "", "", NOW + LOGIN_MS, secret, &login), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(right_code_lets_the_browser_in_once, begin, end),
        cmocka_unit_test_setup_teardown(wrong_code_and_other_agents_answer_nothing, begin, end),
        cmocka_unit_test_setup_teardown(no_without_a_code_denies_what_waits, begin, end),
        cmocka_unit_test_setup_teardown(another_browser_sees_nothing, begin, end),
        cmocka_unit_test_setup_teardown(login_of_nobody_waits_and_is_never_let_in, begin, end),
        cmocka_unit_test_setup_teardown(login_ends_by_time_and_by_the_next_one, begin, end),
        cmocka_unit_test_setup_teardown(link_opens_once_in_any_browser_while_it_lasts, begin, end),
        cmocka_unit_test_setup_teardown(removed_agent_has_no_logins_and_links, begin, end),
        cmocka_unit_test_setup_teardown(browsers_cannot_fill_memory_or_terminals, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
