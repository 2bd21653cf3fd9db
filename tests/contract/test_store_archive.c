/* The archive, and what entries do to older ones: every store, in memory and in a file. */
#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROOM rig_id(1)

/* A room with n messages; *log is its log. */
static void with_log(struct rig *r, size_t n, struct query **log)
{
    rig_add_chat(r, 1);
    for (size_t i = 0; i < n; i++)
        rig_add_entries(r, ROOM, 1);
    *log = rig_log(r, ROOM);
}

static struct query *archive(struct rig *r, struct archive_range **range, size_t limit)
{
    struct query *q = rig_query(r, QUERY_ARCHIVE, ROOM);

    *range = arena_new_of(q->arena, struct archive_range);
    **range = (struct archive_range){
        .end_ms = INT64_MAX, .after_id = "", .before_id = "", .page_after = "", .page_before = ""};
    q->range = *range;
    q->limit = limit;
    return q;
}

static void assert_page(struct rig *r, struct query *q, int64_t first, size_t n, bool more,
                        int64_t index, int64_t total)
{
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(q->entries[i].seq, first + (int64_t)i);
    assert_int_equal(q->more, more);
    assert_int_equal(q->total, total);
    if (n > 0)
        assert_int_equal(q->first, index);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void pages_go_forwards_by_the_last_id(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;

    with_log(r, 10, &log);
    q = archive(r, &range, 4);
    assert_page(r, q, 1, 4, true, 0, 10);
    q = archive(r, &range, 4);
    range->page_after = log->entries[3].id;
    assert_page(r, q, 5, 4, true, 4, 10);
    q = archive(r, &range, 4);
    range->page_after = log->entries[7].id;
    assert_page(r, q, 9, 2, false, 8, 10);
    q = archive(r, &range, 4);
    range->page_after = log->entries[9].id;
    assert_page(r, q, 0, 0, false, 0, 10);
}

static void pages_go_backwards_in_the_logs_order(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;

    with_log(r, 10, &log);
    q = archive(r, &range, 4);
    range->newest = true;
    assert_page(r, q, 7, 4, true, 6, 10);
    q = archive(r, &range, 4);
    range->newest = true;
    range->page_before = log->entries[2].id;
    assert_page(r, q, 1, 2, false, 0, 10);
}

static void limit_of_nothing_counts(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *log;

    with_log(r, 3, &log);
    assert_page(r, archive(r, &range, 0), 0, 0, true, 0, 3);
}

static void times_are_included_on_both_ends(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;

    with_log(r, 9, &log);
    q = archive(r, &range, 50);
    range->start_ms = log->entries[2].created_ms;
    range->end_ms = log->entries[5].created_ms;
    assert_page(r, q, 3, 4, false, 0, 4);
    q = archive(r, &range, 2);
    range->start_ms = log->entries[2].created_ms + 1;
    range->end_ms = log->entries[8].created_ms - 1;
    range->newest = true;
    assert_page(r, q, 7, 2, true, 3, 5);
    q = archive(r, &range, 2);
    range->start_ms = log->entries[8].created_ms + 1;
    assert_page(r, q, 0, 0, false, 0, 0);
    q = archive(r, &range, 2);
    range->end_ms = log->entries[0].created_ms - 1;
    assert_page(r, q, 0, 0, false, 0, 0);
}

static void ids_bound_the_range_and_are_left_out(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;

    with_log(r, 9, &log);
    q = archive(r, &range, 50);
    range->after_id = log->entries[1].id;
    range->before_id = log->entries[6].id;
    assert_page(r, q, 3, 4, false, 0, 4);
    q = archive(r, &range, 50);
    range->after_id = log->entries[6].id;
    range->before_id = log->entries[1].id;
    assert_page(r, q, 0, 0, false, 0, 0);
}

static void unknown_ids_are_not_found(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;
    const char *ids[2] = {NULL, "no such id"};

    with_log(r, 3, &log);
    ids[0] = log->entries[0].id;
    q = archive(r, &range, 50);
    range->after_id = ids[1];
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
    q = archive(r, &range, 50);
    range->before_id = ids[1];
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
    q = archive(r, &range, 50);
    range->page_after = ids[1];
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
    q = archive(r, &range, 50);
    range->page_before = ids[1];
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
    q = archive(r, &range, 50);
    range->ids = ids;
    range->n_ids = 2;
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
}

static void ids_of_another_room_are_not_found(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;

    with_log(r, 1, &log);
    rig_add_chat(r, 2);
    q = archive(r, &range, 50);
    range->page_after = rig_add_entries(r, rig_id(2), 1)->entries[0].id;
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
}

static void named_entries_come_once_and_in_the_logs_order(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;
    const char *ids[4];

    with_log(r, 6, &log);
    ids[0] = log->entries[4].id;
    ids[1] = log->entries[2].id;
    ids[2] = log->entries[4].id;
    ids[3] = log->entries[3].id;
    q = archive(r, &range, 50);
    range->ids = ids;
    range->n_ids = 4;
    assert_page(r, q, 3, 3, false, 0, 3);
    q = archive(r, &range, 2);
    range->ids = ids;
    range->n_ids = 4;
    range->newest = true;
    assert_page(r, q, 4, 2, true, 1, 3);
}

static void one_senders_entries_are_counted_apart(void **state)
{
    struct rig *r = *state;
    struct change *c = rig_change(r, ROOM);
    struct archive_range *range;
    struct query *q;

    rig_add_chat(r, 1);
    rig_entries(c, 6);
    for (size_t i = 0; i < 6; i++)
        c->entries[i].sender_id = i % 2 == 0 ? "somebody" : "else";
    c->entries[4].role = ROLE_SYSTEM; /* about somebody */
    assert_int_equal(rig_write(r, c), OK);
    q = archive(r, &range, 1);
    range->sender_id = "somebody";
    assert_page(r, q, 1, 1, true, 0, 2);
    q = archive(r, &range, 1);
    range->sender_id = "somebody";
    range->newest = true;
    assert_page(r, q, 3, 1, true, 1, 2);
    q = archive(r, &range, 9);
    range->sender_id = "";
    assert_page(r, q, 5, 1, false, 0, 1);
    q = archive(r, &range, 9);
    range->sender_id = "nobody";
    assert_page(r, q, 0, 0, false, 0, 0);
}

static void ends_of_the_log_are_its_first_and_last(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;
    struct query *q, *log;

    rig_add_chat(r, 1);
    q = archive(r, &range, 2);
    range->ends = true;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, 0);
    rig_add_entries(r, ROOM, 5);
    log = rig_log(r, ROOM);
    q = archive(r, &range, 2);
    range->ends = true;
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_entries, 2);
    assert_string_equal(q->entries[0].id, log->entries[0].id);
    assert_string_equal(q->entries[1].id, log->entries[4].id);
}

static void archive_of_a_missing_room_is_not_found(void **state)
{
    struct rig *r = *state;
    struct archive_range *range;

    assert_int_equal(rig_read(r, archive(r, &range, 2)), ERR_NOT_FOUND);
}

/* ---- one entry ------------------------------------------------------------------------------ */

static struct query *entry(struct rig *r, const char *id, const char *stanza, const char *sender)
{
    struct query *q = rig_query(r, QUERY_ENTRY, ROOM);

    q->id = id;
    q->stanza_id = stanza;
    q->sender_id = sender;
    q->reader_id = "reader";
    return q;
}

static void entry_is_found_by_its_id_in_its_room_only(void **state)
{
    struct rig *r = *state;
    struct query *q, *log;

    with_log(r, 2, &log);
    rig_add_chat(r, 2);
    assert_int_equal(rig_read(r, q = entry(r, log->entries[1].id, "", "")), OK);
    assert_int_equal(q->entries[0].seq, 2);
    q = entry(r, rig_add_entries(r, rig_id(2), 1)->entries[0].id, "", "");
    assert_int_equal(rig_read(r, q), ERR_NOT_FOUND);
}

static void entry_is_found_by_the_newest_stanza_of_its_sender(void **state)
{
    struct rig *r = *state;
    struct change *c = rig_change(r, ROOM);
    struct query *q;

    rig_add_chat(r, 1);
    rig_entries(c, 4);
    for (size_t i = 0; i < 4; i++) {
        c->entries[i].sender_id = i == 3 ? "else" : "somebody";
        c->entries[i].stanza_id = i == 2 ? "" : "same";
    }
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(rig_read(r, q = entry(r, "", "same", "somebody")), OK);
    assert_int_equal(q->entries[0].seq, 2);
    assert_int_equal(rig_read(r, q = entry(r, "", c->entries[2].id, "somebody")), OK);
    assert_int_equal(q->entries[0].seq, 3);
    assert_int_equal(rig_read(r, q = entry(r, "", "same", "nobody")), ERR_NOT_FOUND);
}

static void reading_goes_forwards_only(void **state)
{
    static const int64_t steps[][2] = {{2, 2}, {1, 2}, {3, 3}};
    struct rig *r = *state;
    struct query *q, *log;

    with_log(r, 3, &log);
    for (size_t i = 0; i < 3; i++) {
        struct change *c = rig_change(r, ROOM);
        struct reader reader = {.id = "reader", .seq = steps[i][0]};

        c->reader = &reader;
        assert_int_equal(rig_write(r, c), OK);
        assert_int_equal(rig_read(r, q = entry(r, log->entries[0].id, "", "")), OK);
        assert_int_equal(q->read_seq, steps[i][1]);
    }
}

/* ---- what entries do to older ones ---------------------------------------------------------- */

static void amend_first(struct rig *r, const struct query *log, enum entry_kind kind,
                        struct amend amend)
{
    struct change *c = rig_change(r, ROOM);

    rig_entries(c, 1);
    c->entries[0].kind = kind;
    c->entries[0].text = "second try";
    c->entries[0].shown = "shown";
    memcpy(c->entries[0].ref, log->entries[0].id, ID_LEN + 1);
    amend.id = log->entries[0].id;
    c->amend = &amend;
    assert_int_equal(rig_write(r, c), OK);
}

static void correction_leaves_the_text_and_changes_what_is_shown(void **state)
{
    struct rig *r = *state;
    struct query *log;

    with_log(r, 2, &log);
    amend_first(r, log, ENTRY_EDITED, (struct amend){.shown = "shown"});
    log = rig_log(r, ROOM);
    assert_string_equal(log->entries[0].text, "text 1");
    assert_string_equal(entry_shown(&log->entries[0]), "shown");
    assert_int_equal(log->entries[0].edited_ms, log->entries[2].created_ms);
    assert_int_equal(log->entries[1].edited_ms, 0);
    assert_int_equal(log->entries[2].kind, ENTRY_EDITED);
    assert_string_equal(log->entries[2].ref, log->entries[0].id);
}

static void retraction_erases_the_text_and_its_corrections(void **state)
{
    struct rig *r = *state;
    struct query *log;

    with_log(r, 2, &log);
    amend_first(r, log, ENTRY_EDITED, (struct amend){.shown = "shown"});
    amend_first(r, log, ENTRY_DELETED, (struct amend){.erase = true, .payload = "<gone/>"});
    log = rig_log(r, ROOM);
    for (size_t i = 0; i < 3; i += 2) {
        assert_string_equal(log->entries[i].text, "");
        assert_string_equal(entry_shown(&log->entries[i]), "");
        assert_string_equal(log->entries[i].payload, "<gone/>");
        assert_int_equal(log->entries[i].deleted_ms, log->entries[3].created_ms);
    }
    assert_int_equal(log->entries[1].deleted_ms, 0);
    assert_string_not_equal(log->entries[1].text, "");
    assert_int_equal(log->entries[3].deleted_ms, 0);
}

static void what_is_erased_cannot_be_corrected(void **state)
{
    struct rig *r = *state;
    struct query *log;

    with_log(r, 1, &log);
    amend_first(r, log, ENTRY_DELETED, (struct amend){.erase = true, .payload = "<gone/>"});
    amend_first(r, log, ENTRY_EDITED, (struct amend){.shown = "shown"});
    log = rig_log(r, ROOM);
    assert_string_equal(entry_shown(&log->entries[0]), "");
    assert_int_equal(log->entries[0].edited_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(pages_go_forwards_by_the_last_id),
        RIG_TEST(pages_go_backwards_in_the_logs_order),
        RIG_TEST(limit_of_nothing_counts),
        RIG_TEST(times_are_included_on_both_ends),
        RIG_TEST(ids_bound_the_range_and_are_left_out),
        RIG_TEST(unknown_ids_are_not_found),
        RIG_TEST(ids_of_another_room_are_not_found),
        RIG_TEST(named_entries_come_once_and_in_the_logs_order),
        RIG_TEST(one_senders_entries_are_counted_apart),
        RIG_TEST(ends_of_the_log_are_its_first_and_last),
        RIG_TEST(archive_of_a_missing_room_is_not_found),
        RIG_TEST(entry_is_found_by_its_id_in_its_room_only),
        RIG_TEST(entry_is_found_by_the_newest_stanza_of_its_sender),
        RIG_TEST(reading_goes_forwards_only),
        RIG_TEST(correction_leaves_the_text_and_changes_what_is_shown),
        RIG_TEST(retraction_erases_the_text_and_its_corrections),
        RIG_TEST(what_is_erased_cannot_be_corrected),
    };
    int failed = cmocka_run_group_tests_name("in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("in a file", tests, rig_in_file, NULL);
}
