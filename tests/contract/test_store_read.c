/* Reads: every store, in memory and in a file. */
#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LONG_LOG 10000

static struct query *page(struct rig *r, int64_t after, int64_t before, bool newest, size_t limit)
{
    struct query *q = rig_query(r, QUERY_ENTRIES, rig_id(1));

    q->after = after;
    q->before = before;
    q->newest = newest;
    q->limit = limit;
    return q;
}

static void assert_seqs(const struct query *q, int64_t first, int64_t last)
{
    assert_int_equal(q->n_entries, last + 1 - first);
    for (size_t i = 0; i < q->n_entries; i++)
        assert_int_equal(q->entries[i].seq, first + (int64_t)i);
}

/* ---- logs ----------------------------------------------------------------------------------- */

static void range_of_a_log_is_cut_from_its_start(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q;

    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), 10);
    assert_int_equal(rig_read(r, q = page(r, 0, 0, false, 100)), OK);
    assert_seqs(q, 1, 10);
    assert_false(q->more);
    assert_int_equal(rig_read(r, q = page(r, 3, 9, false, 100)), OK);
    assert_seqs(q, 4, 8);
    assert_int_equal(rig_read(r, q = page(r, 3, 9, false, 5)), OK);
    assert_seqs(q, 4, 8);
    assert_false(q->more);
    assert_int_equal(rig_read(r, q = page(r, 3, 9, false, 4)), OK);
    assert_seqs(q, 4, 7);
    assert_true(q->more);
    assert_int_equal(rig_read(r, q = page(r, 10, 0, false, 4)), OK);
    assert_int_equal(q->n_entries, 0);
    assert_false(q->more);
}

static void newest_of_a_range_are_its_end_in_log_order(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q;

    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), 10);
    assert_int_equal(rig_read(r, q = page(r, 0, 0, true, 4)), OK);
    assert_seqs(q, 7, 10);
    assert_true(q->more);
    assert_int_equal(rig_read(r, q = page(r, 3, 8, true, 3)), OK);
    assert_seqs(q, 5, 7);
    assert_true(q->more);
    assert_int_equal(rig_read(r, q = page(r, 3, 8, true, 100)), OK);
    assert_seqs(q, 4, 7);
    assert_false(q->more);
}

static void limit_of_nothing_gives_nothing_and_a_huge_one_a_thousand(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q;

    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), 1001);
    assert_int_equal(rig_read(r, q = page(r, 0, 0, false, 0)), OK);
    assert_int_equal(q->n_entries, 0);
    assert_true(q->more);
    assert_int_equal(rig_read(r, q = page(r, 0, 0, false, SIZE_MAX)), OK);
    assert_seqs(q, 1, 1000);
    assert_true(q->more);
}

static void public_view_counts_by_pos_and_hides_staff_entries(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, rig_id(1));
    struct query *q;

    rig_add_chat(r, 1);
    rig_entries(c, 10);
    for (size_t i = 0; i < 10; i += 2)
        c->entries[i].audience = AUDIENCE_STAFF;
    assert_int_equal(rig_write(r, c), OK);
    q = page(r, 1, 5, false, 2);
    q->public_only = true;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, 2);
    assert_int_equal(q->entries[0].pos, 2);
    assert_int_equal(q->entries[0].seq, 4);
    assert_int_equal(q->entries[1].pos, 3);
    assert_true(q->more);
    q = page(r, 0, 0, true, 2);
    q->public_only = true;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->entries[0].pos, 4);
    assert_int_equal(q->entries[1].pos, 5);
    q = page(r, 0, 0, true, 100);
    q->public_only = true;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, 5);
}

/* Of 300 entries, in runs of both kinds. */
static bool is_hidden(size_t i)
{
    return i < 20 || (i >= 60 && i < 160) || i % 7 == 0 || i >= 290;
}

static void assert_public_page(struct rig *r, const struct query *all, int64_t after,
                               int64_t before, bool newest)
{
    struct query *q = page(r, after, before, newest, 10);
    const struct entry *wanted[300];
    size_t n = 0, first;

    for (size_t i = 0; i < all->n_entries; i++) {
        const struct entry *e = &all->entries[i];

        if (e->pos > after && (before == 0 || e->pos < before))
            wanted[n++] = e;
    }
    q->public_only = true;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, n < 10 ? n : 10);
    assert_int_equal(q->more, n > 10);
    first = newest ? n - q->n_entries : 0;
    for (size_t i = 0; i < q->n_entries; i++)
        assert_string_equal(q->entries[i].id, wanted[first + i]->id);
}

static void every_public_page_passes_staff_entries_wherever_they_stand(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, rig_id(1));
    struct query *all;

    rig_add_chat(r, 1);
    rig_entries(c, 300);
    for (size_t i = 0; i < 300; i++)
        if (is_hidden(i))
            c->entries[i].audience = AUDIENCE_STAFF;
    assert_int_equal(rig_write(r, c), OK);
    all = page(r, 0, 0, false, 1000);
    assert_int_equal(rig_read(r, all), OK);
    assert_int_equal(all->n_entries, 300);
    for (int64_t after = 0; after < 140; after++) {
        assert_public_page(r, all, after, 0, false);
        assert_public_page(r, all, 0, after + 1, true);
        assert_public_page(r, all, after, after + 8, true);
        assert_public_page(r, all, after, after + 30, false);
    }
}

static void messages_alone_are_without_subjects(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, rig_id(1));
    struct query *q = page(r, 0, 0, true, 3);

    rig_add_chat(r, 1);
    rig_entries(c, 5);
    c->entries[1].kind = ENTRY_SUBJECT;
    c->entries[3].kind = ENTRY_SUBJECT;
    c->entries[4].kind = ENTRY_AGENT_JOINED;
    assert_int_equal(rig_write(r, c), OK);
    q->messages_only = true;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, 3);
    assert_int_equal(q->entries[0].seq, 1);
    assert_int_equal(q->entries[1].seq, 3);
    assert_int_equal(q->entries[2].seq, 5);
    assert_false(q->more);
}

static void log_of_a_missing_room_is_empty(void **state)
{
    struct rig *r = (struct rig *)*state;

    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 0);
    assert_int_equal(rig_read(r, rig_query(r, QUERY_ROOM, rig_id(1))), ERR_NOT_FOUND);
}

static void ten_thousand_entries_are_paged_in_both_directions(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q;
    int64_t at = 0;

    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), LONG_LOG);
    do {
        assert_int_equal(rig_read(r, q = page(r, at, 0, false, 700)), OK);
        assert_seqs(q, at + 1, at + 700 < LONG_LOG ? at + 700 : LONG_LOG);
        at = q->entries[q->n_entries - 1].seq;
    } while (q->more);
    assert_int_equal(at, LONG_LOG);
    assert_string_equal(q->entries[q->n_entries - 1].text, "text 10000");
    at = LONG_LOG + 1;
    do {
        assert_int_equal(rig_read(r, q = page(r, 0, at, true, 700)), OK);
        assert_seqs(q, at > 701 ? at - 700 : 1, at - 1);
        at = q->entries[0].seq;
    } while (q->more);
    assert_int_equal(at, 1);
}

static void entries_after_a_gid_are_those_of_the_room_in_order(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q;
    int64_t middle = 0;

    rig_add_chat(r, 1);
    rig_add_chat(r, 2);
    for (int i = 0; i < 20; i++) {
        const struct change *c = rig_add_entries(r, rig_id(i % 2 + 1), 2);

        if (i == 9)
            middle = c->entries[0].gid; /* of room 2, after the 10th entry of room 1 */
    }
    q = rig_query(r, QUERY_AFTER_GID, rig_id(1));
    q->after = middle;
    q->limit = 6;
    assert_int_equal(rig_read(r, q), OK);
    assert_seqs(q, 11, 16);
    assert_true(q->more);
    q = rig_query(r, QUERY_AFTER_GID, rig_id(1));
    assert_int_equal(rig_read(r, q), OK);
    assert_seqs(q, 1, 20);
    assert_false(q->more);
    q = rig_query(r, QUERY_AFTER_GID, rig_id(1));
    q->after = 1000000;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, 0);
}

/* ---- chats ---------------------------------------------------------------------------------- */

/* Chats 0 … n-1: waiting, live, assistant, closed after escalation, in turn. The wait of a later
 * one is longer, so that the order of lists is not that of creation. */
static void add_mixed_chats(struct rig *r, int n, const char *organization)
{
    for (int i = 0; i < n; i++) {
        static const enum chat_state states[] = {CHAT_WAITING, CHAT_LIVE, CHAT_ASSISTANT,
                                                 CHAT_CLOSED};
        struct change *c = rig_change(r, "");
        struct chat *chat = rig_chat(c, i + 1000 * organization[0]);

        chat->organization = arena_dup(c->arena, organization);
        chat->state = states[i % 4];
        chat->created_ms = RIG_NOW + i;
        chat->escalation_requested = chat->state != CHAT_ASSISTANT;
        if (chat->escalation_requested)
            chat->escalation_requested_ms = chat->queued_ms = RIG_NOW - 10 * i;
        if (chat->state == CHAT_LIVE || chat->state == CHAT_CLOSED)
            chat->assigned_ms = RIG_NOW + 10 * i;
        assert_int_equal(rig_write(r, c), OK);
    }
}

static void add_organization(struct rig *r, const char *name)
{
    struct organization o = {name, name, "", false};
    struct change *c = rig_change(r, "");

    c->organization = &o;
    assert_int_equal(rig_write(r, c), OK);
}

static struct query *chats_query(struct rig *r, const char *organization, enum chat_filter filter,
                                 size_t limit, const char *cursor)
{
    struct query *q = rig_query(r, QUERY_CHATS, "");

    q->organization = arena_dup(q->arena, organization);
    q->filter = filter;
    q->limit = limit;
    q->cursor = arena_dup(q->arena, cursor);
    return q;
}

static struct query *chats(struct rig *r, const char *organization, enum chat_filter filter)
{
    struct query *q = chats_query(r, organization, filter, 1000, "");

    assert_int_equal(rig_read(r, q), OK);
    return q;
}

static void assert_order(const struct query *q, const char *want)
{
    char got[512] = "";
    size_t len = 0;

    for (size_t i = 0; i < q->n_chats; i++) {
        const struct chat *c = &q->chats[i];

        len += (size_t)snprintf(got + len, sizeof got - len, "%s%c%d", i > 0 ? " " : "",
                                chat_state_name(c->state)[0], (int)(c->created_ms - RIG_NOW));
    }
    assert_string_equal(got, want);
}

static void chats_are_listed_waiting_first_then_live_then_newest(void **state)
{
    struct rig *r = (struct rig *)*state;

    add_mixed_chats(r, 12, "default");
    assert_order(chats(r, "default", FILTER_ALL), "w8 w4 w0 l9 l5 l1 c11 a10 c7 a6 c3 a2");
    assert_order(chats(r, "", FILTER_ALL), "w8 w4 w0 l9 l5 l1 c11 a10 c7 a6 c3 a2");
    assert_order(chats(r, "default", FILTER_NEEDS_RESPONSE), "w8 w4 w0");
    assert_order(chats(r, "default", FILTER_ASSIGNED), "l9 l5 l1");
}

static void chats_of_other_organizations_are_not_listed_or_counted(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q;

    add_organization(r, "shop");
    add_mixed_chats(r, 9, "default");
    add_mixed_chats(r, 4, "shop");
    q = chats(r, "shop", FILTER_ALL);
    assert_order(q, "w0 l1 c3 a2");
    assert_int_equal(q->counts[FILTER_ALL], 4);
    assert_int_equal(q->counts[FILTER_NEEDS_RESPONSE], 1);
    assert_int_equal(q->counts[FILTER_ASSIGNED], 1);
    q = chats(r, "default", FILTER_ASSIGNED);
    assert_int_equal(q->counts[FILTER_ALL], 9);
    assert_int_equal(q->counts[FILTER_NEEDS_RESPONSE], 3);
    assert_int_equal(q->counts[FILTER_ASSIGNED], 2);
    assert_int_equal(chats(r, "", FILTER_ALL)->counts[FILTER_ALL], 13);
    assert_int_equal(chats(r, "none", FILTER_ALL)->counts[FILTER_ALL], 0);
}

static void counts_follow_a_chat_from_state_to_state(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct chat *chat = rig_add_chat(r, 1);

    for (int s = CHAT_ASSISTANT; s <= CHAT_CLOSED; s++) {
        struct change *c = rig_change(r, chat->id);
        struct query *q;

        c->chat = chat_dup(c->arena, chat);
        c->chat->state = (enum chat_state)s;
        assert_int_equal(rig_write(r, c), OK);
        chat = c->chat;
        q = chats(r, "default", FILTER_ALL);
        assert_int_equal(q->counts[FILTER_ALL], 1);
        assert_int_equal(q->counts[FILTER_NEEDS_RESPONSE], s == CHAT_WAITING);
        assert_int_equal(q->counts[FILTER_ASSIGNED], s == CHAT_LIVE);
    }
}

static void pages_of_chats_hold_each_chat_once(void **state)
{
    struct rig *r = (struct rig *)*state;

    add_mixed_chats(r, 40, "default");
    for (size_t limit = 1; limit < 15; limit += 3) {
        const char *cursor = "";
        size_t seen = 0, n_pages = 0;
        struct query *all = chats(r, "default", FILTER_ALL), *q;

        do {
            q = chats_query(r, "default", FILTER_ALL, limit, cursor);
            assert_int_equal(rig_read(r, q), OK);
            for (size_t i = 0; i < q->n_chats; i++)
                assert_string_equal(q->chats[i].id, all->chats[seen + i].id);
            seen += q->n_chats;
            n_pages++;
            cursor = q->next_cursor;
            assert_int_equal(q->more, cursor[0] != 0);
        } while (q->more);
        assert_int_equal(seen, 40);
        assert_int_equal(n_pages, (40 + limit - 1) / limit);
    }
}

static void page_goes_on_behind_its_place_when_chats_come_between(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *first, *second;

    add_mixed_chats(r, 12, "default");
    first = chats_query(r, "default", FILTER_ALL, 4, "");
    assert_int_equal(rig_read(r, first), OK);
    rig_add_chat(r, 7777); /* newest of the rest: behind the place */
    second = chats_query(r, "default", FILTER_ALL, 4, first->next_cursor);
    assert_int_equal(rig_read(r, second), OK);
    assert_order(first, "w8 w4 w0 l9");
    assert_order(second, "l5 l1 a7777 c11");
}

static void chats_of_one_moment_are_not_lost_between_pages(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *first, *second;

    for (int i = 0; i < 6; i++) {
        struct change *c = rig_change(r, "");

        rig_chat(c, i)->created_ms = RIG_NOW;
        assert_int_equal(rig_write(r, c), OK);
    }
    first = chats_query(r, "default", FILTER_ALL, 3, "");
    assert_int_equal(rig_read(r, first), OK);
    second = chats_query(r, "default", FILTER_ALL, 3, first->next_cursor);
    assert_int_equal(rig_read(r, second), OK);
    assert_int_equal(second->n_chats, 3);
    assert_false(second->more);
    for (size_t i = 0; i < 9; i++)
        assert_string_not_equal(first->chats[i / 3].id, second->chats[i % 3].id);
}

static void cursor_that_is_not_ours_is_invalid(void **state)
{
    struct rig *r = (struct rig *)*state;
    static const char *const bad[] = {"x",      "1",      "1.2",    "1.2.3.4",
                                      " 1.2.3", "1.2.3 ", "+1.2.3", "1.2.",
                                      "01.2.3", "1..3",   "-1.2.3", "1.2.99999999999999999999999",
                                      "1,2,3",  "1.2.3;", "0x1.2.3"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(rig_read(r, chats_query(r, "", FILTER_ALL, 5, bad[i])), ERR_INVALID);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static void waits_are_the_newest_twenty_of_the_organization(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *q = rig_query(r, QUERY_WAITS, "");

    add_organization(r, "shop");
    add_mixed_chats(r, 4, "shop");
    for (int i = 0; i < 30; i++) {
        struct change *c = rig_change(r, "");
        struct chat *chat = rig_chat(c, i);

        chat->escalation_requested = true;
        chat->escalation_requested_ms = chat->queued_ms = RIG_NOW + 1000 * i;
        chat->assigned_ms = i == 29 ? 0 : chat->queued_ms + i; /* the last still waits */
        chat->state = i == 29 ? CHAT_WAITING : CHAT_LIVE;
        assert_int_equal(rig_write(r, c), OK);
    }
    q->organization = "default";
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_waits, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(q->waits_ms[i], 28 - i);
    q = rig_query(r, QUERY_WAITS, ""); /* of all organizations */
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_waits, 20);
    assert_int_equal(q->waits_ms[0], 28);
    q = rig_query(r, QUERY_WAITS, "");
    q->organization = "nowhere";
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_waits, 0);
}

static void start_tells_all_that_is_kept_in_memory(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c;
    struct query *q;

    add_mixed_chats(r, 8, "default");
    c = rig_change(r, "");
    rig_chat(c, 500)->assistant_pending = true;
    rig_entries(c, 3);
    assert_int_equal(rig_write(r, c), OK);
    rig_add_agent(r, 1);
    c = rig_change(r, rig_id(500));
    rig_session(c, "a@x/1");
    assert_int_equal(rig_write(r, c), OK);
    q = rig_start(r);
    assert_order(q, "w4 w0 l5 l1");
    assert_int_equal(q->n_pending, 1);
    assert_string_equal(q->pending[0], rig_id(500));
    assert_int_equal(q->n_sessions, 1);
    assert_string_equal(q->sessions[0].room, rig_id(500));
    assert_int_equal(q->n_agents, 1);
    assert_int_equal(q->n_organizations, 1);
    assert_int_equal(q->last_gid, 4); /* an agent's coming is one */
    assert_int_equal(strlen(q->epoch), 8);
    assert_int_equal(strspn(q->epoch, "abcdefghijklmnopqrstuvwxyz234567"), 8);
    assert_int_equal(strlen(q->secret), HASH_HEX_LEN);
    assert_int_equal(strspn(q->secret, "0123456789abcdef"), HASH_HEX_LEN);
}

static void read_asked_after_a_change_is_done_sees_it(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_add_chat(r, 1);
    for (size_t i = 1; i <= 100; i++) {
        rig_add_entries(r, rig_id(1), 1);
        assert_int_equal(rig_log(r, rig_id(1))->n_entries, i);
    }
}

/* Reads run beside large commits; at each one's end, what it saw must be done. */
static void what_a_read_has_seen_is_done_before_it(void **state)
{
    struct rig *r = (struct rig *)*state;
    int64_t told = 0;
    size_t n_changes = 1;

    rig_add_chat(r, 1);
    for (int i = 0; i < 60; i++) {
        struct change *c = rig_change(r, rig_id(1));

        rig_entries(c, 300);
        rig_submit(r, c);
        for (int j = 0; j < 8; j++)
            rig_ask(r, rig_query(r, QUERY_ROOM, rig_id(1)));
        rig_wait(r, 0, r->n_asked);
    }
    rig_wait(r, r->n_submitted, 0);
    for (size_t i = 1; i < r->n_order; i++) {
        if (n_changes < r->n_changes && r->order[i] == r->changes[n_changes])
            told = r->changes[n_changes++]->entries[299].seq;
        else
            assert_true(r->queries[i - n_changes]->chats[0].last_seq <= told);
    }
    assert_int_equal(told, 60 * 300);
}

static void full_reading_line_is_busy(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct query *extra = rig_query(r, QUERY_START, "");

    r->options.max_queries = 3;
    rig_reopen(r);
    for (int i = 0; i < 3; i++)
        rig_ask(r, rig_query(r, QUERY_START, ""));
    assert_int_equal(r->port.read(r->port.self, extra), ERR_BUSY);
    rig_wait(r, 0, 3);
    assert_int_equal(rig_read(r, extra), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(range_of_a_log_is_cut_from_its_start),
        RIG_TEST(newest_of_a_range_are_its_end_in_log_order),
        RIG_TEST(limit_of_nothing_gives_nothing_and_a_huge_one_a_thousand),
        RIG_TEST(public_view_counts_by_pos_and_hides_staff_entries),
        RIG_TEST(every_public_page_passes_staff_entries_wherever_they_stand),
        RIG_TEST(messages_alone_are_without_subjects),
        RIG_TEST(log_of_a_missing_room_is_empty),
        RIG_TEST(ten_thousand_entries_are_paged_in_both_directions),
        RIG_TEST(entries_after_a_gid_are_those_of_the_room_in_order),
        RIG_TEST(chats_are_listed_waiting_first_then_live_then_newest),
        RIG_TEST(chats_of_other_organizations_are_not_listed_or_counted),
        RIG_TEST(counts_follow_a_chat_from_state_to_state),
        RIG_TEST(pages_of_chats_hold_each_chat_once),
        RIG_TEST(page_goes_on_behind_its_place_when_chats_come_between),
        RIG_TEST(chats_of_one_moment_are_not_lost_between_pages),
        RIG_TEST(cursor_that_is_not_ours_is_invalid),
        RIG_TEST(waits_are_the_newest_twenty_of_the_organization),
        RIG_TEST(start_tells_all_that_is_kept_in_memory),
        RIG_TEST(read_asked_after_a_change_is_done_sees_it),
        RIG_TEST(what_a_read_has_seen_is_done_before_it),
        RIG_TEST(full_reading_line_is_busy),
    };
    int failed = cmocka_run_group_tests_name("reads in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("reads in a file", tests, rig_in_file, NULL);
}
