#include "core/base/buf.h"
#include "core/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct chat chat_of(const char *id, const char *organization, enum chat_state s,
                           int64_t queued_ms)
{
    struct chat c = {.organization = organization,
                     .name = "",
                     .email = "",
                     .locale = "",
                     .page = "",
                     .state = s,
                     .escalation_requested = s != CHAT_ASSISTANT,
                     .escalation_reason = "",
                     .assigned_to = s == CHAT_LIVE ? "agent" : "",
                     .queued_ms = queued_ms};

    (void)snprintf(c.id, sizeof(c.id), "%s", id);
    return c;
}

static void put(struct queue *q, const char *id, const char *organization, enum chat_state s,
                int64_t queued_ms)
{
    const struct chat c = chat_of(id, organization, s, queued_ms);

    queue_put(q, &c);
}

static size_t position(const struct queue *q, const char *id)
{
    const struct chat c = chat_of(id, "default", CHAT_WAITING, 0);

    return queue_position(q, &c);
}

static bool note(void *ctx, const struct chat *c)
{
    buf_printf(ctx, "%s ", c->id);
    return true;
}

static const char *listed(const struct queue *q, const char *organization)
{
    static struct buf list; /* lent until the next call */

    buf_free(&list);
    queue_each(q, organization, note, &list);
    return buf_str(&list);
}

static void waiting_chats_stand_in_order_of_their_wait(void **state)
{
    struct queue *q = queue_new();

    (void)state;
    put(q, "b", "default", CHAT_WAITING, 20);
    put(q, "c", "default", CHAT_WAITING, 30);
    put(q, "a", "default", CHAT_WAITING, 10);
    assert_string_equal(listed(q, "default"), "a b c ");
    assert_int_equal(position(q, "a"), 1);
    assert_int_equal(position(q, "c"), 3);
    assert_int_equal(queue_waiting(q, "default"), 3);
    queue_free(q);
}

static void chats_of_one_millisecond_all_have_their_own_place(void **state)
{
    struct queue *q = queue_new();

    (void)state;
    put(q, "b", "default", CHAT_WAITING, 10);
    put(q, "a", "default", CHAT_WAITING, 10);
    assert_int_equal(position(q, "a"), 1);
    assert_int_equal(position(q, "b"), 2);
    queue_free(q);
}

static void assigned_chats_stand_behind_all_that_wait(void **state)
{
    struct queue *q = queue_new();

    (void)state;
    put(q, "live", "default", CHAT_LIVE, 1);
    put(q, "new", "default", CHAT_WAITING, 99);
    assert_string_equal(listed(q, "default"), "new live ");
    assert_int_equal(position(q, "live"), 0);
    assert_int_equal(queue_waiting(q, "default"), 1);
    queue_free(q);
}

static void assignment_moves_a_chat_and_everyone_behind_it(void **state)
{
    struct queue *q = queue_new();

    (void)state;
    put(q, "a", "default", CHAT_WAITING, 10);
    put(q, "b", "default", CHAT_WAITING, 20);
    put(q, "a", "default", CHAT_LIVE, 10);
    assert_int_equal(position(q, "b"), 1);
    assert_string_equal(listed(q, ""), "b a ");
    queue_free(q);
}

static void chat_that_is_closed_or_with_the_assistant_is_not_in_the_queue(void **state)
{
    struct queue *q = queue_new();

    (void)state;
    put(q, "a", "default", CHAT_WAITING, 10);
    put(q, "b", "default", CHAT_LIVE, 20);
    put(q, "c", "default", CHAT_ASSISTANT, 0);
    put(q, "a", "default", CHAT_CLOSED, 10);
    put(q, "b", "default", CHAT_ASSISTANT, 20);
    assert_string_equal(listed(q, ""), "");
    assert_int_equal(queue_waiting(q, ""), 0);
    assert_int_equal(position(q, "a"), 0);
    queue_free(q);
}

static void organizations_wait_in_lines_of_their_own(void **state)
{
    struct queue *q = queue_new();

    (void)state;
    put(q, "a", "default", CHAT_WAITING, 10);
    put(q, "b", "shop", CHAT_WAITING, 20);
    put(q, "c", "default", CHAT_WAITING, 30);
    assert_int_equal(position(q, "b"), 1);
    assert_string_equal(listed(q, "default"), "a c ");
    assert_string_equal(listed(q, "shop"), "b ");
    assert_string_equal(listed(q, ""), "a b c ");
    assert_string_equal(listed(q, "nobody"), "");
    assert_int_equal(queue_waiting(q, ""), 3);
    assert_int_equal(queue_waiting(q, "nobody"), 0);
    queue_free(q);
}

static void chat_that_changes_organization_changes_the_line(void **state)
{
    struct queue *q = queue_new();

    (void)state;
    put(q, "a", "default", CHAT_WAITING, 10);
    put(q, "a", "shop", CHAT_WAITING, 10);
    assert_string_equal(listed(q, "default"), "");
    assert_string_equal(listed(q, "shop"), "a ");
    queue_free(q);
}

static bool keep_name(void *ctx, const struct chat *c)
{
    buf_clear(ctx);
    buf_puts(ctx, c->name);
    return false;
}

static void queue_keeps_its_own_copy_of_the_last_put(void **state)
{
    struct queue *q = queue_new();
    char name[] = "Alice";
    struct buf seen = {0};
    struct chat c = chat_of("a", "default", CHAT_WAITING, 10);

    (void)state;
    c.name = name;
    queue_put(q, &c);
    name[0] = 'E';
    queue_each(q, "", keep_name, &seen);
    assert_string_equal(buf_str(&seen), "Alice");
    queue_put(q, &c);
    queue_each(q, "", keep_name, &seen);
    assert_string_equal(buf_str(&seen), "Elice");
    buf_free(&seen);
    queue_free(q);
}

static bool borrow(void *ctx, const struct chat *c)
{
    *(const struct chat **)ctx = c;
    return false;
}

static void chat_lent_by_the_queue_may_be_put_back(void **state)
{
    struct queue *q = queue_new();
    const struct chat *lent = NULL;

    (void)state;
    put(q, "a", "default", CHAT_WAITING, 10);
    queue_each(q, "", borrow, &lent);
    queue_put(q, lent);
    assert_string_equal(listed(q, ""), "a ");
    queue_free(q);
}

static void listing_stops_when_told(void **state)
{
    struct queue *q = queue_new();
    const struct chat *lent = NULL;

    (void)state;
    put(q, "a", "default", CHAT_WAITING, 10);
    put(q, "b", "default", CHAT_WAITING, 20);
    queue_each(q, "default", borrow, &lent);
    assert_string_equal(lent->id, "a");
    queue_free(q);
}

static void chat_without_queue_time_waits_since_its_escalation(void **state)
{
    struct queue *q = queue_new();
    struct chat c = chat_of("old", "default", CHAT_WAITING, 0);

    (void)state;
    c.escalation_requested_ms = 15;
    put(q, "new", "default", CHAT_WAITING, 10);
    queue_put(q, &c);
    assert_int_equal(position(q, "old"), 2);
    queue_free(q);
}

struct check {
    int64_t last_ms;
    size_t place, wrong;
    const struct queue *q;
};

static bool check_place(void *ctx, const struct chat *c)
{
    struct check *k = ctx;

    k->wrong += c->queued_ms < k->last_ms || queue_position(k->q, c) != ++k->place;
    k->last_ms = c->queued_ms;
    return true;
}

static void ten_thousand_waiting_chats_are_put_moved_and_placed_quickly(void **state)
{
    enum { N = 10000 };
    struct queue *q = queue_new();
    struct check k = {.q = q};
    const clock_t begun = clock();
    uint32_t random = 1;

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            char id[ID_LEN + 1];

            random = random * 1664525 + 1013904223;
            (void)snprintf(id, sizeof(id), "%d", i);
            put(q, id, "default", CHAT_WAITING, (int64_t)(random >> 8) + 1);
        }
    }
    queue_each(q, "default", check_place, &k);
    assert_int_equal(k.place, N);
    assert_int_equal(k.wrong, 0);
    assert_int_equal(queue_waiting(q, "default"), N);
    assert_true(clock() - begun < CLOCKS_PER_SEC * 5); /* 0.1 s without sanitizers */
    queue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_chats_stand_in_order_of_their_wait),
        cmocka_unit_test(chats_of_one_millisecond_all_have_their_own_place),
        cmocka_unit_test(assigned_chats_stand_behind_all_that_wait),
        cmocka_unit_test(assignment_moves_a_chat_and_everyone_behind_it),
        cmocka_unit_test(chat_that_is_closed_or_with_the_assistant_is_not_in_the_queue),
        cmocka_unit_test(organizations_wait_in_lines_of_their_own),
        cmocka_unit_test(chat_that_changes_organization_changes_the_line),
        cmocka_unit_test(queue_keeps_its_own_copy_of_the_last_put),
        cmocka_unit_test(chat_lent_by_the_queue_may_be_put_back),
        cmocka_unit_test(listing_stops_when_told),
        cmocka_unit_test(chat_without_queue_time_waits_since_its_escalation),
        cmocka_unit_test(ten_thousand_waiting_chats_are_put_moved_and_placed_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
