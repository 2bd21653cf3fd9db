#include "tests/unit/core/desk_rig.h"

#include <stdlib.h>

#define DAY (24LL * 60 * 60 * 1000)

static struct call *erase(struct rig *r, const char *chat)
{
    struct call *c = rig_call(r, "erase");

    desk_erase(r->desk, &rig_system, chat, rig_done, c);
    return c;
}

static const struct chat *stored(struct rig *r, const char *chat)
{
    return rig_wait(rig_show(r, rig_system, chat))->chat;
}

/* ---- erasing -------------------------------------------------------------------------------- */

static void erased_chat_keeps_its_entries_without_their_words(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");
    const struct entry *log = NULL;
    size_t before, n;

    rig_wait(rig_post(r, rig_customer(chat), chat, "my secret", ""));
    before = rig_log(r, chat, &log);
    assert_int_equal(rig_wait(erase(r, chat))->e, OK);
    n = rig_log(r, chat, &log);
    assert_int_equal(n, before + 1); /* that it was closed */
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(log[i].seq, i + 1);
        assert_string_equal(log[i].text, "");
        assert_string_equal(log[i].sender_name, "");
        assert_true(log[i].deleted_ms > 0);
    }
    assert_int_equal(stored(r, chat)->state, CHAT_CLOSED);
    assert_string_equal(stored(r, chat)->name, "");
    assert_true(stored(r, chat)->erased_ms > 0);
}

static void open_chat_is_told_closed_and_erased(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");
    const char *ann = rig_agent(r, "Ann");

    rig_wait(rig_join(r, ann, chat, "ann/desk"));
    rig_clear(r);
    rig_wait(erase(r, chat));
    assert_trace(r, "[erase ok] closed erased over");
}

static void second_erasing_changes_nothing(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");
    const struct entry *log = NULL;
    size_t n;

    rig_wait(erase(r, chat));
    n = rig_log(r, chat, &log);
    assert_true(rig_wait(erase(r, chat))->unchanged);
    assert_int_equal(rig_log(r, chat, &log), n);
}

static void only_the_system_erases(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");
    const char *ann = rig_agent(r, "Ann");
    struct principal who = rig_who(ann);
    struct call *c = rig_call(r, "erase");

    desk_erase(r->desk, &who, chat, rig_done, c);
    assert_int_equal(rig_wait(c)->e, ERR_FORBIDDEN);
    assert_int_equal(rig_wait(erase(r, "aaaaaaaaaaaaaaaaaaaaaaaaaa"))->e, ERR_NOT_FOUND);
}

/* Whatever stands behind it in the line meets an erased chat. */
static void message_under_way_is_erased_or_refused(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");
    const struct entry *log = NULL;
    struct call *before = rig_post(r, rig_customer(chat), chat, "in time", "");
    struct call *erasing = erase(r, chat);
    struct call *after = rig_post(r, rig_customer(chat), chat, "too late", "");
    size_t n;

    assert_int_equal(rig_wait(before)->e, OK);
    assert_int_equal(rig_wait(erasing)->e, OK);
    assert_int_equal(rig_wait(after)->e, ERR_NOT_FOUND);
    n = rig_log(r, chat, &log);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(log[i].text, "");
}

static void erased_chat_is_not_opened_again(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");
    const char *ann = rig_agent(r, "Ann");
    struct principal who = rig_who(ann);
    struct call *reopen = rig_call(r, "reopen"), *note = rig_call(r, "note");

    rig_wait(erase(r, chat));
    desk_reopen(r->desk, &who, chat, rig_done, reopen);
    assert_int_equal(rig_wait(reopen)->e, ERR_CLOSED);
    desk_note(r->desk, &who, chat, "about Mia", "", "", rig_done, note);
    assert_int_equal(rig_wait(note)->e, ERR_CLOSED);
    assert_int_equal(rig_wait(rig_entries(r, who, chat))->e, OK);
}

static void token_ask(void *ctx, enum err e, const struct principal *who)
{
    struct call *c = ctx;

    (void)who;
    c->e = e;
    c->n++;
}

static void token_of_an_erased_chat_opens_nothing(void **state)
{
    struct rig *r = *state;
    struct call *begun = rig_call(r, "begin"), *known = rig_call(r, ""), *gone = rig_call(r, "");
    struct begin b = {.name = "Mia"};
    const char *token;

    desk_begin(r->desk, &b, rig_done, begun);
    token = rig_wait(begun)->token;
    desk_authenticate(r->desk, token, false, token_ask, known);
    rig_pump(r);
    assert_int_equal(known->e, OK);
    rig_wait(erase(r, begun->chat->id));
    desk_authenticate(r->desk, token, false, token_ask, gone);
    rig_pump(r);
    assert_int_equal(gone->e, ERR_UNAUTHORIZED);
}

static void erasing_whose_commit_seemed_to_fail_is_told_all_the_same(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");

    rig_clear(r);
    r->fail_changes = 1;
    r->mishap = COMMIT_KEPT;
    assert_int_equal(rig_wait(erase(r, chat))->e, ERR_UNKNOWN);
    rig_pump(r);
    assert_non_null(strstr(r->trace, "erased"));
    assert_true(stored(r, chat)->erased_ms > 0);
}

/* ---- what its time is over for -------------------------------------------------------------- */

static void later(struct rig *r, int64_t ms)
{
    r->now_ms += ms;
    for (int i = 0; i < 3; i++) {
        desk_tick(r->desk);
        rig_pump(r);
    }
}

static void keep_for(struct rig *r, int days)
{
    r->options.retention_ms = days * DAY;
    rig_restart(r);
}

static void closed_chat_is_erased_when_its_time_is_over(void **state)
{
    struct rig *r = *state;
    const char *old, *young, *open;

    keep_for(r, 30);
    old = rig_waiting(r, "Mia");
    open = rig_waiting(r, "Ben");
    rig_wait(rig_close(r, rig_customer(old), old, ""));
    r->now_ms += 20 * DAY;
    young = rig_waiting(r, "Eva");
    rig_wait(rig_close(r, rig_customer(young), young, ""));
    later(r, 11 * DAY);
    assert_true(stored(r, old)->erased_ms > 0);
    assert_int_equal(stored(r, young)->erased_ms, 0);
    assert_int_equal(stored(r, open)->erased_ms, 0);
}

static void chat_left_with_the_assistant_is_erased_too(void **state)
{
    struct rig *r = *state;
    const char *chat;

    keep_for(r, 30);
    chat = rig_chat(r, "Mia");
    rig_wait(rig_post(r, rig_customer(chat), chat, "hello", ""));
    later(r, 31 * DAY);
    assert_int_equal(stored(r, chat)->state, CHAT_CLOSED);
    assert_true(stored(r, chat)->erased_ms > 0);
}

static void without_a_time_nothing_is_erased(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");

    rig_wait(rig_close(r, rig_customer(chat), chat, ""));
    later(r, 10000 * DAY);
    assert_int_equal(stored(r, chat)->erased_ms, 0);
}

static void empty_chat_is_removed_after_a_day(void **state)
{
    struct rig *r = *state;
    const char *empty = rig_chat(r, "Mia"), *used = rig_chat(r, "Ben");
    struct call *c;

    rig_wait(rig_post(r, rig_customer(used), used, "hello", ""));
    later(r, DAY - 1000);
    assert_int_equal(rig_wait(rig_show(r, rig_system, empty))->e, OK);
    later(r, 2 * DAY);
    c = rig_wait(rig_show(r, rig_system, empty));
    assert_int_equal(c->e, ERR_NOT_FOUND);
    assert_int_equal(rig_wait(rig_show(r, rig_system, used))->e, OK);
}

/* ---- room on the disk ----------------------------------------------------------------------- */

static struct call *begin(struct rig *r)
{
    struct call *c = rig_call(r, "begin");
    struct begin b = {.name = "Eva"};

    desk_begin(r->desk, &b, rig_done, c);
    return rig_wait(c);
}

static void low_disk_refuses_chats_first_then_messages(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia");
    struct principal mia = rig_customer(chat);

    desk_set_space(r->desk, SPACE_LOW);
    assert_int_equal(begin(r)->e, ERR_LOW_DISK);
    assert_int_equal(rig_wait(rig_post(r, mia, chat, "one", "k1"))->e, OK);
    desk_set_space(r->desk, SPACE_NONE);
    assert_int_equal(rig_wait(rig_post(r, mia, chat, "two", "k2"))->e, ERR_LOW_DISK);
    assert_int_equal(rig_wait(rig_post(r, mia, chat, "two", ""))->e, ERR_LOW_DISK);
    assert_true(rig_wait(rig_post(r, mia, chat, "one", "k1"))->replayed);
    assert_int_equal(rig_wait(rig_entries(r, mia, chat))->e, OK);
    desk_set_space(r->desk, SPACE_ENOUGH);
    assert_int_equal(rig_wait(rig_post(r, mia, chat, "two", "k2"))->e, OK);
    assert_int_equal(begin(r)->e, OK);
}

static void full_disk_still_lets_chats_be_closed_and_erased(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_waiting(r, "Mia"), *other = rig_waiting(r, "Ben");

    desk_set_space(r->desk, SPACE_NONE);
    assert_int_equal(rig_wait(rig_close(r, rig_customer(chat), chat, ""))->e, OK);
    assert_int_equal(rig_wait(erase(r, other))->e, OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(erased_chat_keeps_its_entries_without_their_words),
        RIG_TEST(open_chat_is_told_closed_and_erased),
        RIG_TEST(second_erasing_changes_nothing),
        RIG_TEST(only_the_system_erases),
        RIG_TEST(message_under_way_is_erased_or_refused),
        RIG_TEST(erased_chat_is_not_opened_again),
        RIG_TEST(token_of_an_erased_chat_opens_nothing),
        RIG_TEST(erasing_whose_commit_seemed_to_fail_is_told_all_the_same),
        RIG_TEST(closed_chat_is_erased_when_its_time_is_over),
        RIG_TEST(chat_left_with_the_assistant_is_erased_too),
        RIG_TEST(without_a_time_nothing_is_erased),
        RIG_TEST(empty_chat_is_removed_after_a_day),
        RIG_TEST(low_disk_refuses_chats_first_then_messages),
        RIG_TEST(full_disk_still_lets_chats_be_closed_and_erased),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
