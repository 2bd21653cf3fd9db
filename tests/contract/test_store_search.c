/* What chats are found by, and in which order. */
#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MORE_THAN_FEW 1200 /* chats: a word of all of them is looked for along the list */
#define MORE_THAN_ONE_WALK 1300

static struct query *search_query(struct rig *r, const char *text, size_t limit)
{
    struct query *q = rig_query(r, QUERY_CHATS, "");
    struct search *s = arena_new_of(q->arena, struct search);

    assert_int_equal(search_read(q->arena, text, s), OK);
    q->search = s;
    q->organization = "default";
    q->limit = limit;
    return q;
}

static struct query *search(struct rig *r, const char *text)
{
    struct query *q = search_query(r, text, 1000);

    assert_int_equal(rig_read(r, q), OK);
    return q;
}

/* want: the last letters of the ids that are found, in order */
static void assert_found(const struct query *q, const char *want)
{
    char got[64] = "";

    for (size_t i = 0; i < q->n_chats && i + 1 < sizeof got; i++)
        got[i] = q->chats[i].id[ID_LEN - 1];
    assert_string_equal(got, want);
}

static struct chat *add(struct rig *r, int n, const char *name, const char *email,
                        const char *reason)
{
    struct change *c = rig_change(r, "");
    struct chat *chat = rig_chat(c, n);

    chat->name = name;
    chat->email = email;
    chat->escalation_reason = reason;
    assert_int_equal(rig_write(r, c), OK);
    return chat;
}

static struct change *change_of(struct rig *r, int n)
{
    struct change *c = rig_change(r, rig_id(n));

    c->chat = chat_dup(c->arena, &rig_room(r, rig_id(n))->chats[0]);
    return c;
}

static void put_words(struct rig *r, int first, int n, const char *name)
{
    for (int i = first; i < first + n; i++) {
        struct change *c = rig_change(r, "");

        rig_chat(c, i)->name = name;
        rig_submit(r, c);
    }
    rig_wait(r, r->n_submitted, 0);
}

/* ---- what is found -------------------------------------------------------------------------- */

static void beginnings_of_all_words_of_name_address_and_reason_find_a_chat(void **state)
{
    struct rig *r = *state;

    (void)add(r, 1, "Mia Smith", "mia.smith@example.org", "double invoice");
    (void)add(r, 2, "Mia Jones", "", "broken lamp");
    assert_found(search(r, "mia"), "cb");
    assert_found(search(r, "mia smith"), "b");
    assert_found(search(r, "smi m"), "b");
    assert_found(search(r, "mia.smith@example.org"), "b");
    assert_found(search(r, "inv"), "b");
    assert_found(search(r, "mia lamp"), "c");
    assert_found(search(r, "smith lamp"), "");
    assert_found(search(r, "mith"), "");
    assert_found(search(r, "miam"), "");
}

static void case_accents_and_look_alikes_make_no_difference(void **state)
{
    struct rig *r = *state;

    (void)add(r, 1,
              "J\xc3\xbcrgen Stra\xc3\x9f"
              "e",
              "", "");
    (void)add(r, 2, "\xd0\x90nna", "", ""); /* with a Cyrillic A */
    assert_found(search(r, "JURGEN"), "b");
    assert_found(search(r, "ju\xcc\x88r"), "b");
    assert_found(search(r, "strass"), "b");
    assert_found(search(r, "anna"), "c");
}

static void site_s_name_for_its_user_finds_its_chats(void **state)
{
    struct rig *r = *state;
    struct change *c = rig_change(r, "");

    rig_chat(c, 1)->external_id = "customer-4711";
    assert_int_equal(rig_write(r, c), OK);
    assert_found(search(r, "4711"), "b");
}

static void chat_is_found_by_its_id_and_by_the_id_s_beginning(void **state)
{
    struct rig *r = *state;
    char begin[8] = "";

    (void)rig_add_chat(r, 1);
    (void)rig_add_chat(r, 2);
    assert_found(search(r, rig_id(2)), "c");
    memcpy(begin, rig_id(2), 4);
    assert_found(search(r, begin), "cb");
    begin[3] = '\0';
    assert_found(search(r, begin), "");
    assert_found(search(r, "aaaa aaaa"), "");
}

static void text_without_words_finds_nothing(void **state)
{
    struct rig *r = *state;

    (void)add(r, 1, "Mia", "", "");
    assert_found(search(r, "!?"), "");
    assert_found(search(r, ""), "");
}

static void only_the_first_words_and_their_first_bytes_are_kept(void **state)
{
    struct rig *r = *state;
    char reason[512] = "";
    size_t len = 0;

    for (int i = 0; i < SEARCH_OF_CHAT + 8; i++)
        len += (size_t)snprintf(reason + len, sizeof reason - len, "x%c%c ", 'a' + i / 8,
                                "bcdfghjk"[i % 8]);
    (void)add(r, 1, "", "", reason);
    (void)add(r, 2, "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", "", "");
    assert_found(search(r, "xab"), "b");
    assert_found(search(r, "xdk"), "b");
    assert_found(search(r, "xeb"), "");
    assert_found(search(r, "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"), "c");
}

/* ---- what is found no more ------------------------------------------------------------------ */

static void renamed_customer_is_found_by_the_new_name_only(void **state)
{
    struct rig *r = *state;
    struct change *c;

    (void)add(r, 1, "Mia Smith", "", "");
    c = change_of(r, 1);
    c->chat->name = "Mia Jones";
    assert_int_equal(rig_write(r, c), OK);
    assert_found(search(r, "jones"), "b");
    assert_found(search(r, "smith"), "");
}

static void refused_change_leaves_the_words_as_they_are(void **state)
{
    struct rig *r = *state;
    struct change *c;

    (void)add(r, 1, "Mia Smith", "", "");
    c = change_of(r, 1);
    c->chat->name = "Mia Jones";
    c->chat->version = 99;
    assert_int_equal(rig_write(r, c), ERR_CONFLICT);
    assert_found(search(r, "smith"), "b");
    assert_found(search(r, "jones"), "");
}

static void erased_chat_and_one_that_is_gone_are_found_by_no_word(void **state)
{
    struct rig *r = *state;
    struct change *c;

    (void)add(r, 1, "Mia Smith", "", "");
    (void)add(r, 2, "Mia Jones", "", "");
    c = rig_change(r, rig_id(1));
    c->erase = true;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, rig_id(2));
    c->chat_gone = true;
    assert_int_equal(rig_write(r, c), OK);
    assert_found(search(r, "mia"), "");
    assert_found(search(r, rig_id(1)), "b"); /* the stub is in lists too */
}

/* ---- whose ---------------------------------------------------------------------------------- */

static void chats_of_other_organizations_are_not_found(void **state)
{
    struct rig *r = *state;
    struct organization o = {"shop", "shop", "", false};
    struct change *c = rig_change(r, "");
    struct query *q;

    c->organization = &o;
    assert_int_equal(rig_write(r, c), OK);
    c = rig_change(r, "");
    (void)rig_chat(c, 1);
    c->chat->organization = "shop";
    c->chat->name = "Mia";
    assert_int_equal(rig_write(r, c), OK);
    (void)add(r, 2, "Mia", "", "");
    assert_found(search(r, "mia"), "c");
    assert_found(search(r, rig_id(1)), "");
    q = search_query(r, "mia", 10);
    q->organization = "shop";
    assert_int_equal(rig_read(r, q), OK);
    assert_found(q, "b");
    q = search_query(r, "mia", 10);
    q->organization = "";
    assert_int_equal(rig_read(r, q), OK);
    assert_found(q, "cb");
}

static void agent_does_not_find_what_it_is_shut_out_of(void **state)
{
    struct rig *r = *state;
    const char *agent = rig_add_agent(r, 1)->id;
    struct access *a;
    struct change *c;
    struct query *q;

    (void)add(r, 1, "Mia", "", "");
    (void)add(r, 2, "Mia", "", "");
    c = rig_change(r, rig_id(1));
    a = arena_new_of(c->arena, struct access);
    *a = (struct access){.room = rig_id(1), .agent_id = agent, .standing = STANDING_NONE};
    c->access = a;
    c->n_access = 1;
    assert_int_equal(rig_write(r, c), OK);
    q = search_query(r, "mia", 10);
    q->agent = agent;
    assert_int_equal(rig_read(r, q), OK);
    assert_found(q, "c");
}

/* ---- order and pages ------------------------------------------------------------------------ */

static void set_state(struct rig *r, int n, enum chat_state state)
{
    struct change *c = change_of(r, n);

    c->chat->state = state;
    c->chat->escalation_requested = true;
    c->chat->queued_ms = c->chat->assigned_ms = RIG_NOW + n;
    assert_int_equal(rig_write(r, c), OK);
}

static void what_is_found_has_the_order_and_the_filters_of_lists(void **state)
{
    struct rig *r = *state;
    struct query *q;

    for (int n = 1; n <= 6; n++)
        (void)add(r, n, n == 6 ? "Ann" : "Mia", "", "");
    set_state(r, 2, CHAT_WAITING);
    set_state(r, 4, CHAT_WAITING);
    set_state(r, 3, CHAT_LIVE);
    set_state(r, 1, CHAT_CLOSED);
    q = search(r, "mia");
    assert_found(q, "cedfb");
    assert_int_equal(q->counts[FILTER_ALL], 6);
    q = search_query(r, "mia", 10);
    q->filter = FILTER_NEEDS_RESPONSE;
    assert_int_equal(rig_read(r, q), OK);
    assert_found(q, "ce");
    q = search_query(r, "mia", 10);
    q->filter = FILTER_ASSIGNED;
    assert_int_equal(rig_read(r, q), OK);
    assert_found(q, "d");
}

/* All pages together. */
static size_t count_pages(struct rig *r, const char *text, size_t limit, size_t *pages)
{
    const char *cursor = "";
    size_t n = 0;

    *pages = 0;
    do {
        struct query *q = search_query(r, text, limit);

        q->cursor = cursor;
        assert_int_equal(rig_read(r, q), OK);
        assert_int_equal(q->more, *q->next_cursor != '\0');
        for (size_t i = 1; i < q->n_chats; i++)
            assert_true(q->chats[i].created_ms < q->chats[i - 1].created_ms);
        n += q->n_chats;
        cursor = q->next_cursor;
        (*pages)++;
    } while (*cursor != '\0');
    return n;
}

static void pages_hold_all_that_is_found_once(void **state)
{
    struct rig *r = *state;
    size_t pages;

    put_words(r, 0, 10, "Mia");
    assert_int_equal(count_pages(r, "mia", 3, &pages), 10);
    assert_int_equal(pages, 4);
    assert_int_equal(count_pages(r, "mia", 5, &pages), 10);
    assert_int_equal(pages, 2);
}

static void common_words_are_looked_for_along_the_list(void **state)
{
    struct rig *r = *state;
    size_t pages;

    put_words(r, 0, 1, "Mia Smith");
    put_words(r, 1, MORE_THAN_FEW, "Mia");
    put_words(r, 1 + MORE_THAN_FEW, MORE_THAN_FEW, "Smith");
    assert_int_equal(count_pages(r, "mia", 500, &pages), MORE_THAN_FEW + 1);
    assert_int_equal(count_pages(r, "m", 1000, &pages), MORE_THAN_FEW + 1);
    assert_int_equal(count_pages(r, "mia smith", 50, &pages), 1);
    assert_int_equal(pages, 3);
}

static void one_call_reads_no_more_than_its_part_of_the_list(void **state)
{
    struct rig *r = *state;
    struct query *q;
    size_t pages;

    put_words(r, 0, MORE_THAN_FEW, "Mia");
    put_words(r, MORE_THAN_FEW, MORE_THAN_ONE_WALK, "Ann");
    q = search_query(r, "mia", 10);
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_chats, 0);
    assert_true(q->more);
    assert_int_equal(count_pages(r, "mia", 1000, &pages), MORE_THAN_FEW);
    assert_true(pages <= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(beginnings_of_all_words_of_name_address_and_reason_find_a_chat),
        RIG_TEST(case_accents_and_look_alikes_make_no_difference),
        RIG_TEST(site_s_name_for_its_user_finds_its_chats),
        RIG_TEST(chat_is_found_by_its_id_and_by_the_id_s_beginning),
        RIG_TEST(text_without_words_finds_nothing),
        RIG_TEST(only_the_first_words_and_their_first_bytes_are_kept),
        RIG_TEST(renamed_customer_is_found_by_the_new_name_only),
        RIG_TEST(refused_change_leaves_the_words_as_they_are),
        RIG_TEST(erased_chat_and_one_that_is_gone_are_found_by_no_word),
        RIG_TEST(chats_of_other_organizations_are_not_found),
        RIG_TEST(agent_does_not_find_what_it_is_shut_out_of),
        RIG_TEST(what_is_found_has_the_order_and_the_filters_of_lists),
        RIG_TEST(pages_hold_all_that_is_found_once),
        RIG_TEST(common_words_are_looked_for_along_the_list),
        RIG_TEST(one_call_reads_no_more_than_its_part_of_the_list),
    };
    int failed = cmocka_run_group_tests_name("search in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("search in a file", tests, rig_in_file, NULL);
}
