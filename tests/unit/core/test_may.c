#include "core/may.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ACTIONS 10

/* The asker's own chat or organization, by what has become of the chat. */
enum situation {
    NO_CHAT,   /* none, or none with that id */
    ELSEWHERE, /* another customer's chat, of another organization, escalated */
    WITH_ASSISTANT,
    WAITING,
    LIVE,
    CLOSED_EARLY, /* never escalated */
    CLOSED,       /* escalated */
    SITUATIONS
};

static const char *const situation_names[SITUATIONS] = {
    "no chat", "elsewhere", "with assistant", "waiting", "live", "closed early", "closed",
};

static const char *const action_names[ACTIONS] = {
    "begin", "list", "read", "write", "escalate", "assign", "enter", "close", "rate", "public",
};

static struct chat chat_in(enum situation s)
{
    struct chat c = {.organization = s == ELSEWHERE ? "shop" : "default", .assigned_to = ""};

    (void)snprintf(c.id, sizeof(c.id), "%s", s == ELSEWHERE ? "theirs" : "mine");
    c.state = s == WITH_ASSISTANT                ? CHAT_ASSISTANT
              : s == LIVE || s == ELSEWHERE      ? CHAT_LIVE
              : s == CLOSED || s == CLOSED_EARLY ? CHAT_CLOSED
                                                 : CHAT_WAITING;
    c.escalation_requested = s != WITH_ASSISTANT && s != CLOSED_EARLY;
    return c;
}

static void put(struct directory *d, const char *id, enum agent_role role)
{
    struct agent a = {.jid = id, .name = id, .organization = "default", .role = role, .skills = ""};

    (void)snprintf(a.id, sizeof(a.id), "%s", id);
    directory_put_agent(d, &a);
}

/* One letter for each action: + OK, U unauthorized, F forbidden, N not found, E not escalated. */
static char letter(enum err e)
{
    return (char)(e == OK                  ? '+'
                  : e == ERR_UNAUTHORIZED  ? 'U'
                  : e == ERR_FORBIDDEN     ? 'F'
                  : e == ERR_NOT_FOUND     ? 'N'
                  : e == ERR_NOT_ESCALATED ? 'E'
                                           : '?');
}

static void check(enum who kind, const char *id, const char *const table[SITUATIONS])
{
    struct directory *d = directory_new();
    const struct principal who = {kind, id};

    put(d, "ann", AGENT_AGENT);
    put(d, "sue", AGENT_SUPERVISOR);
    for (int s = 0; s < SITUATIONS; s++) {
        const struct chat c = chat_in((enum situation)s);

        for (int what = 0; what < ACTIONS; what++) {
            const char got = letter(may(d, &who, s == NO_CHAT ? NULL : &c, (enum action)what));

            if (got != table[s][what])
                fail_msg("%s, %s: %c", situation_names[s], action_names[what], got);
        }
    }
    directory_free(d);
}

/*  b begin  l list  r read  w write  e escalate  a assign  n enter  c close  t rate  p public */

static void anonymous_may_only_begin_and_see_what_is_public(void **state)
{
    static const char *const table[SITUATIONS] = {
        /* blrweanctp */
        "+UUUUUUUU+", "+UUUUUUUU+", "+UUUUUUUU+", "+UUUUUUUU+",
        "+UUUUUUUU+", "+UUUUUUUU+", "+UUUUUUUU+",
    };

    (void)state;
    check(WHO_ANONYMOUS, "", table);
}

static void customer_may_use_the_own_chat_and_nothing_of_agents(void **state)
{
    static const char *const table[SITUATIONS] = {
        /* blrweanctp */
        "+FNNNFFNN+", /* no chat */
        "+NNNNNNNN+", /* elsewhere: a missing one is ERR_NOT_FOUND before anybody asks here */
        "+F+++FF+++", /* with assistant */
        "+F+++FF+++", /* waiting */
        "+F+++FF+++", /* live */
        "+F+++FF+++", /* closed early */
        "+F+++FF+++", /* closed */
    };

    (void)state;
    check(WHO_CUSTOMER, "mine", table);
}

static const char *const agents_table[SITUATIONS] = {
    /* blrweanctp */
    "++NNNNNNF+", /* no chat */
    "++NNNNNNN+", /* elsewhere */
    "+++E+ENEF+", /* with assistant */
    "++++++++F+", /* waiting */
    "++++++++F+", /* live */
    "+++E+ENEF+", /* closed early */
    "++++++++F+", /* closed */
};

static void agent_may_serve_escalated_chats_of_the_organization(void **state)
{
    (void)state;
    check(WHO_AGENT, "ann", agents_table);
}

static void supervisor_may_do_what_agents_may(void **state)
{
    (void)state;
    check(WHO_AGENT, "sue", agents_table);
}

static void removed_agent_is_nobody(void **state)
{
    static const char *const table[SITUATIONS] = {
        /* blrweanctp */
        "UUUUUUUUU+", "UUUUUUUUU+", "UUUUUUUUU+", "UUUUUUUUU+",
        "UUUUUUUUU+", "UUUUUUUUU+", "UUUUUUUUU+",
    };

    (void)state;
    check(WHO_AGENT, "gone", table);
}

static void assistant_may_talk_and_escalate(void **state)
{
    static const char *const table[SITUATIONS] = {
        /* blrweanctp */
        "FFNNNFFFF+", "FF+++FFFF+", "FF+++FFFF+", "FF+++FFFF+",
        "FF+++FFFF+", "FF+++FFFF+", "FF+++FFFF+",
    };

    (void)state;
    check(WHO_ASSISTANT, "", table);
}

static void system_may_do_everything_to_what_exists(void **state)
{
    static const char *const table[SITUATIONS] = {
        /* blrweanctp */
        "++NNNNNNN+", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++",
    };

    (void)state;
    check(WHO_SYSTEM, "", table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anonymous_may_only_begin_and_see_what_is_public),
        cmocka_unit_test(customer_may_use_the_own_chat_and_nothing_of_agents),
        cmocka_unit_test(agent_may_serve_escalated_chats_of_the_organization),
        cmocka_unit_test(supervisor_may_do_what_agents_may),
        cmocka_unit_test(removed_agent_is_nobody),
        cmocka_unit_test(assistant_may_talk_and_escalate),
        cmocka_unit_test(system_may_do_everything_to_what_exists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
