#include "core/base/buf.h"
#include "core/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void put(struct directory *d, const char *id, const char *jid, const char *name,
                int64_t created_ms)
{
    struct agent a = {.jid = jid,
                      .name = name,
                      .organization = "default",
                      .skills = "",
                      .created_ms = created_ms};

    (void)snprintf(a.id, sizeof(a.id), "%s", id);
    directory_put_agent(d, &a);
}

static int directory_with_sarah(void **state)
{
    struct directory *d = directory_new();

    put(d, "a1", "sarah@example.org", "Sarah", 10);
    *state = d;
    return 0;
}

static int directory_done(void **state)
{
    directory_free(*state);
    return 0;
}

static void agent_is_found_by_id_jid_and_name(void **state)
{
    struct directory *d = *state;
    const struct agent *a = directory_by_id(d, "a1");

    assert_non_null(a);
    assert_string_equal(a->name, "Sarah");
    assert_ptr_equal(directory_by_jid(d, "sarah@example.org"), a);
    assert_ptr_equal(directory_by_name(d, "Sarah"), a);
    assert_null(directory_by_id(d, "a2"));
    assert_null(directory_by_jid(d, "other@example.org"));
    assert_null(directory_by_name(d, "Sara"));
}

static void agent_is_found_by_a_name_that_looks_like_its_own(void **state)
{
    struct directory *d = *state;

    assert_non_null(directory_by_name(d, "  SARAH "));
    assert_non_null(directory_by_name(d, "S\xd0\xb0rah")); /* Cyrillic a */
    assert_non_null(directory_by_name(d, "S\xc3\xa1rah"));
}

static void names_of_symbols_alone_are_told_apart(void **state)
{
    struct directory *d = *state;

    put(d, "a2", "star@example.org", "\xe2\x98\x85", 20);
    assert_non_null(directory_by_name(d, "\xe2\x98\x85"));
    assert_null(directory_by_name(d, "\xe2\x98\x86"));
    assert_null(directory_by_name(d, ""));
}

static void agent_put_again_replaces_its_name_and_jid(void **state)
{
    struct directory *d = *state;

    put(d, "a1", "sally@example.org", "Sally", 10);
    assert_null(directory_by_jid(d, "sarah@example.org"));
    assert_null(directory_by_name(d, "Sarah"));
    assert_string_equal(directory_by_name(d, "Sally")->id, "a1");
    assert_string_equal(directory_by_id(d, "a1")->jid, "sally@example.org");
}

static void agent_lent_by_the_directory_may_be_put_back(void **state)
{
    struct directory *d = *state;

    directory_put_agent(d, directory_by_id(d, "a1"));
    assert_string_equal(directory_by_name(d, "Sarah")->jid, "sarah@example.org");
}

static void deleted_agent_is_found_by_nothing(void **state)
{
    struct directory *d = *state;

    directory_del_agent(d, "a1");
    directory_del_agent(d, "a1");
    assert_null(directory_by_id(d, "a1"));
    assert_null(directory_by_jid(d, "sarah@example.org"));
    assert_null(directory_by_name(d, "Sarah"));
    assert_false(directory_reserved_name(d, "Sarah"));
}

static void note_agent(void *ctx, const struct agent *a)
{
    buf_printf(ctx, "%s ", a->name);
}

static void agents_are_listed_in_order_of_creation(void **state)
{
    struct directory *d = *state;
    struct buf list = {0};

    put(d, "a3", "c@example.org", "Cleo", 30);
    put(d, "a2", "b@example.org", "Ben", 20);
    put(d, "a1", "sarah@example.org", "Sarah", 10);
    directory_each_agent(d, note_agent, &list);
    assert_string_equal(buf_str(&list), "Sarah Ben Cleo ");
    buf_free(&list);
}

static void note_organization(void *ctx, const struct organization *o)
{
    buf_printf(ctx, "%s=%s ", o->name, o->title);
}

static void default_organization_is_there_from_the_start(void **state)
{
    assert_non_null(directory_organization(*state, "default"));
    assert_null(directory_organization(*state, "shop"));
}

static void organization_put_again_is_replaced_in_place(void **state)
{
    struct directory *d = *state;
    struct organization shop = {.name = "shop", .title = "Shop", .origins = ""};
    const struct organization def = {.name = "default", .title = "Main", .origins = ""};
    struct buf list = {0};

    directory_put_organization(d, &shop);
    directory_put_organization(d, &def);
    shop.title = "Web";
    directory_put_organization(d, &shop);
    directory_each_organization(d, note_organization, &list);
    assert_string_equal(buf_str(&list), "default=Main shop=Web ");
    buf_free(&list);
}

static void names_that_look_official_are_reserved(void **state)
{
    static const char *const names[] = {
        "Sarah",
        "SARAH",
        "S\xd0\xb0rah", /* Cyrillic a */
        "Assistant",
        "AI",
        "A.I.",
        "bot",
        "Parley",
        "Parley Bot",
        "System",
        "S y s t e m",
        "SYST\xd0\x95M", /* Cyrillic E */
        "5upport Agent",
        "Support",
        "Customer Support",
        "Admin",
        "admin-42",
        "Support Agent Sarah",
        "Agent Smith",
        "AgentSmith",
        "SupportAgentSmith",
        "AI Assistant",
        "Sarah (Support)",
        "Alice (customer)",
        "Alice(Customer)",
        "Alice ( customer )",
        "Alice \xef\xbc\x88 customer\xef\xbc\x89", /* full-width brackets */
        "Customer Service",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!directory_reserved_name(*state, names[i]))
            fail_msg("not reserved: %s", names[i]);
    }
}

static void names_of_people_are_free(void **state)
{
    static const char *const names[] = {
        "Alice",
        "Sara",
        "Sarah Connor",
        "Aiko",
        "Al",
        "Ai Weiwei",
        "Alan",
        "Jan Bot",
        "Parley Pratt",
        "Customer",
        "A happy customer",
        "Agatha",
        "Systa Meyer",
        "Ren\xc3\xa9 Supper",
        "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e",
        "\xf0\x9f\x98\x80",
        "",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (directory_reserved_name(*state, names[i]))
            fail_msg("reserved: %s", names[i]);
    }
}

#define WITH_SARAH(test) cmocka_unit_test_setup_teardown(test, directory_with_sarah, directory_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SARAH(agent_is_found_by_id_jid_and_name),
        WITH_SARAH(agent_is_found_by_a_name_that_looks_like_its_own),
        WITH_SARAH(names_of_symbols_alone_are_told_apart),
        WITH_SARAH(agent_put_again_replaces_its_name_and_jid),
        WITH_SARAH(agent_lent_by_the_directory_may_be_put_back),
        WITH_SARAH(deleted_agent_is_found_by_nothing),
        WITH_SARAH(agents_are_listed_in_order_of_creation),
        WITH_SARAH(default_organization_is_there_from_the_start),
        WITH_SARAH(organization_put_again_is_replaced_in_place),
        WITH_SARAH(names_that_look_official_are_reserved),
        WITH_SARAH(names_of_people_are_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
