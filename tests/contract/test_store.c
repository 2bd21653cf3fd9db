/* Changes: every store, in memory and in a file. */
#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_chat_equal(const struct chat *a, const struct chat *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->organization, b->organization);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->email, b->email);
    assert_string_equal(a->external_id, b->external_id);
    assert_string_equal(a->locale, b->locale);
    assert_string_equal(a->page, b->page);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->escalation_requested, b->escalation_requested);
    assert_string_equal(a->escalation_reason, b->escalation_reason);
    assert_int_equal(a->escalation_requested_ms, b->escalation_requested_ms);
    assert_string_equal(a->assigned_to, b->assigned_to);
    assert_int_equal(a->assigned_ms, b->assigned_ms);
    assert_int_equal(a->queued_ms, b->queued_ms);
    assert_int_equal(a->created_ms, b->created_ms);
    assert_int_equal(a->closed_ms, b->closed_ms);
    assert_int_equal(a->assistant_pending, b->assistant_pending);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->last_seq, b->last_seq);
    assert_int_equal(a->last_pos, b->last_pos);
    assert_int_equal(a->last_gid, b->last_gid);
    assert_int_equal(a->last_ms, b->last_ms);
}

static void assert_entry_equal(const struct entry *a, const struct entry *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->room, b->room);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->pos, b->pos);
    assert_int_equal(a->gid, b->gid);
    assert_int_equal(a->created_ms, b->created_ms);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->audience, b->audience);
    assert_string_equal(a->sender_id, b->sender_id);
    assert_string_equal(a->sender_name, b->sender_name);
    assert_string_equal(a->text, b->text);
    assert_string_equal(a->data, b->data);
    assert_string_equal(a->client_id, b->client_id);
    assert_string_equal(a->stanza_id, b->stanza_id);
    assert_string_equal(a->payload, b->payload);
}

/* A change of a chat that is there, decided on what is stored. */
static struct change *change_of(struct rig *r, const char *id)
{
    struct change *c = rig_change(r, id);

    c->chat = chat_dup(c->arena, rig_room(r, id)->chats);
    return c;
}

/* ---- chats ---------------------------------------------------------------------------------- */

static void new_chat_is_stored_with_every_field(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "");
    struct chat *chat = rig_chat(c, 1);

    chat->name = "Zoë 🦊";
    chat->email = "zoe@example.org";
    chat->external_id = "user 7";
    chat->locale = "de-AT";
    chat->page = "https://example.org/a?b=c";
    chat->state = CHAT_LIVE;
    chat->escalation_requested = true;
    chat->escalation_reason = "a 'quoted' reason";
    chat->escalation_requested_ms = RIG_NOW + 1;
    chat->assigned_to = rig_id(7);
    chat->assigned_ms = RIG_NOW + 2;
    chat->queued_ms = RIG_NOW + 3;
    chat->created_ms = RIG_NOW + 4;
    chat->closed_ms = RIG_NOW + 5;
    chat->assistant_pending = true;
    rig_entries(c, 3);
    c->entries[1].audience = AUDIENCE_STAFF;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(chat->version, 1);
    assert_int_equal(chat->last_seq, 3);
    assert_int_equal(chat->last_pos, 2);
    assert_int_equal(chat->last_gid, c->entries[2].gid);
    assert_int_equal(chat->last_ms, RIG_NOW + 2);
    assert_chat_equal(rig_room(r, chat->id)->chats, chat);
}

static void chat_without_anything_comes_back_empty(void **state)
{
    struct rig *r = (struct rig *)*state;
    const struct chat *chat = rig_add_chat(r, 1);

    assert_chat_equal(rig_room(r, chat->id)->chats, chat);
}

static void each_chat_state_comes_back(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_add_chat(r, 1);
    for (int s = CHAT_ASSISTANT; s <= CHAT_CLOSED; s++) {
        struct change *c = change_of(r, rig_id(1));

        c->chat->state = (enum chat_state)s;
        assert_int_equal(rig_write(r, c), OK);
        assert_int_equal(rig_room(r, rig_id(1))->chats[0].state, s);
    }
}

static void change_on_the_stored_version_grows_it(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c;

    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), 2);
    c = change_of(r, rig_id(1));
    assert_int_equal(c->chat->version, 1);
    c->chat->name = "New name";
    rig_entries(c, 1);
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(c->chat->version, 2);
    assert_int_equal(c->chat->last_seq, 3);
    assert_chat_equal(rig_room(r, rig_id(1))->chats, c->chat);
}

static void change_on_an_old_version_is_a_conflict_and_writes_nothing(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *first, *second;

    rig_add_chat(r, 1);
    first = change_of(r, rig_id(1));
    second = change_of(r, rig_id(1));
    first->chat->assigned_to = rig_id(50);
    second->chat->assigned_to = rig_id(51);
    rig_entries(second, 1);
    rig_submit(r, first);
    assert_int_equal(rig_write(r, second), ERR_CONFLICT);
    assert_int_equal(first->result, OK);
    assert_string_equal(rig_room(r, rig_id(1))->chats[0].assigned_to, rig_id(50));
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 0);
}

static void entries_alone_leave_the_version(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_add_chat(r, 1);
    rig_add_entries(r, rig_id(1), 1);
    assert_int_equal(rig_room(r, rig_id(1))->chats[0].version, 1);
}

static void new_chat_with_a_taken_id_is_a_conflict(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "");

    rig_add_chat(r, 1);
    rig_chat(c, 1)->name = "Other";
    assert_int_equal(rig_write(r, c), ERR_CONFLICT);
    assert_string_equal(rig_room(r, rig_id(1))->chats[0].name, "");
}

static void change_of_a_missing_chat_is_not_found(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "");

    rig_chat(c, 1);
    c->chat_new = false;
    assert_int_equal(rig_write(r, c), ERR_NOT_FOUND);
}

static void chat_of_a_missing_organization_is_not_found(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "");

    rig_chat(c, 1)->organization = "elsewhere";
    assert_int_equal(rig_write(r, c), ERR_NOT_FOUND);
    assert_int_equal(rig_read(r, rig_query(r, QUERY_ROOM, rig_id(1))), ERR_NOT_FOUND);
}

/* ---- entries -------------------------------------------------------------------------------- */

static void entry_is_stored_with_every_field(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c;

    rig_add_chat(r, 1);
    for (int k = 0; k < ENTRY_KIND_COUNT_; k++) {
        struct entry *e;
        struct query *q;

        c = rig_change(r, rig_id(1));
        e = rig_entries(c, 1);
        e->kind = (enum entry_kind)k;
        e->role = (enum role)(k % 4);
        e->audience = k % 2 == 0 ? AUDIENCE_PUBLIC : AUDIENCE_STAFF;
        e->sender_id = rig_id(9);
        e->sender_name = "Sarah";
        e->text = "line 1\nline 2 \xf0\x9f\x99\x82 'quote' \"double\" \\ %s";
        e->data = "{\"actions\":[1]}";
        e->client_id = "client-1";
        e->stanza_id = "stanza-1";
        e->payload = "<x xmlns='urn:x'/>";
        assert_int_equal(rig_write(r, c), OK);
        q = rig_log(r, rig_id(1));
        assert_int_equal(q->n_entries, k + 1);
        assert_entry_equal(&q->entries[k], e);
    }
}

static void entries_of_a_missing_room_are_not_found(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, rig_id(1)), *none = rig_change(r, "");

    rig_entries(c, 1);
    rig_entries(none, 1);
    assert_int_equal(rig_write(r, c), ERR_NOT_FOUND);
    assert_int_equal(rig_write(r, none), ERR_NOT_FOUND);
}

static void seq_and_pos_have_no_gaps_over_mixed_audiences(void **state)
{
    struct rig *r = (struct rig *)*state;
    int64_t seq = 0, pos = 0, gid = 0;

    rig_add_chat(r, 1);
    rig_add_chat(r, 2);
    for (size_t i = 0; i < 20; i++) {
        struct change *c = rig_change(r, rig_id(1));

        rig_add_entries(r, rig_id(2), 1);
        rig_entries(c, i % 3 + 1);
        for (size_t j = 0; j < c->n_entries; j++)
            c->entries[j].audience = (i + j) % 3 == 0 ? AUDIENCE_STAFF : AUDIENCE_PUBLIC;
        assert_int_equal(rig_write(r, c), OK);
        for (size_t j = 0; j < c->n_entries; j++) {
            const struct entry *e = &c->entries[j];

            assert_int_equal(e->seq, ++seq);
            assert_int_equal(e->pos, e->audience == AUDIENCE_PUBLIC ? ++pos : 0);
            assert_true(e->gid > gid);
            gid = e->gid;
        }
    }
    assert_int_equal(rig_room(r, rig_id(1))->chats[0].last_pos, pos);
}

static void time_of_entries_grows_even_when_the_clock_stands_or_goes_back(void **state)
{
    struct rig *r = (struct rig *)*state;
    static const int64_t clock[] = {RIG_NOW, RIG_NOW, RIG_NOW - 5000, RIG_NOW + 100};
    static const int64_t want[] = {RIG_NOW, RIG_NOW + 1, RIG_NOW + 2, RIG_NOW + 100};

    rig_add_chat(r, 1);
    for (size_t i = 0; i < 4; i++) {
        struct change *c = rig_change(r, rig_id(1));

        c->now_ms = clock[i];
        rig_entries(c, 1);
        assert_int_equal(rig_write(r, c), OK);
        assert_int_equal(c->entries[0].created_ms, want[i]);
    }
}

/* ---- one change among others ---------------------------------------------------------------- */

/* In memory they are one batch, which runs again because of the last one. */
static void neighbours_of_a_failing_change_are_told_their_own_results(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *first, *again, *bad;

    rig_add_chat(r, 1);
    rig_add_chat(r, 2);
    first = change_of(r, rig_id(1));
    first->chat->name = "New name";
    rig_entries(first, 1);
    rig_key(first, "author", "key", "body");
    again = rig_change(r, rig_id(1));
    rig_entries(again, 2);
    rig_key(again, "author", "key", "body");
    bad = rig_change(r, rig_id(2));
    rig_entries(bad, 1);
    rig_session(bad, "x@example.org/y")->agent_id = "nobody"; /* fails after its entries */
    rig_submit(r, first);
    rig_submit(r, again);
    assert_int_equal(rig_write(r, bad), ERR_NOT_FOUND);
    assert_int_equal(first->result, OK);
    assert_false(first->replayed);
    assert_int_equal(first->chat->version, 2);
    assert_int_equal(first->entries[0].seq, 1);
    assert_int_equal(again->result, OK);
    assert_true(again->replayed);
    assert_int_equal(again->n_entries, 1);
    assert_string_equal(again->entries[0].id, first->entries[0].id);
    assert_int_equal(rig_room(r, rig_id(1))->chats[0].version, 2);
    assert_int_equal(rig_log(r, rig_id(2))->n_entries, 0);
}

static void failing_change_is_undone_alone(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *before = rig_change(r, rig_id(1)), *bad = rig_change(r, rig_id(1));
    struct change *after = rig_change(r, rig_id(1));

    rig_add_chat(r, 1);
    rig_entries(before, 2);
    rig_entries(bad, 5);
    rig_session(bad, "x@example.org/y")->agent_id = "nobody"; /* fails after its entries */
    rig_key(bad, "author", "key", "body");
    rig_entries(after, 1);
    rig_submit(r, before);
    rig_submit(r, bad);
    assert_int_equal(rig_write(r, after), OK);
    assert_int_equal(before->result, OK);
    assert_int_equal(bad->result, ERR_NOT_FOUND);
    assert_int_equal(after->entries[0].seq, 3);
    assert_int_equal(after->entries[0].pos, 3);
    assert_int_equal(after->entries[0].gid, before->entries[1].gid + 1);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 3);

    /* its key was not kept either */
    bad = rig_change(r, rig_id(1));
    rig_entries(bad, 1);
    rig_key(bad, "author", "key", "other body");
    assert_int_equal(rig_write(r, bad), OK);
    assert_false(bad->replayed);
}

static void completions_come_in_commit_order(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c[200];
    int64_t gid = 0;

    rig_add_chat(r, 1);
    rig_add_chat(r, 2);
    for (int i = 0; i < 200; i++) {
        c[i] = rig_change(r, rig_id(i % 2 + 1));
        rig_entries(c[i], 1);
        rig_submit(r, c[i]);
    }
    rig_wait(r, 202, 0);
    for (int i = 0; i < 200; i++) {
        assert_ptr_equal(r->changes[i + 2], c[i]);
        assert_int_equal(c[i]->result, OK);
        assert_int_equal(c[i]->entries[0].gid, ++gid);
    }
}

static void full_mailbox_is_busy_and_leaves_the_change_to_the_caller(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *extra = rig_change(r, rig_id(1));

    r->options.max_changes = 4;
    rig_reopen(r);
    rig_add_chat(r, 1);
    for (int i = 0; i < 4; i++)
        rig_submit(r, rig_change(r, rig_id(1)));
    rig_entries(extra, 1);
    assert_int_equal(r->port.submit(r->port.self, extra), ERR_BUSY);
    rig_wait(r, 5, 0);
    assert_int_equal(rig_write(r, extra), OK);
}

static void submit_again(struct change *c, enum err e)
{
    struct rig *r = (struct rig *)c->ctx;
    struct change *next = rig_change(r, rig_id(1));

    assert_int_equal(e, OK);
    rig_entries(next, 1);
    rig_submit(r, next);
    change_free(c);
}

static void completion_may_submit_even_when_the_mailbox_was_full(void **state)
{
    struct rig *r = (struct rig *)*state;

    r->options.max_changes = 1;
    rig_reopen(r);
    rig_add_chat(r, 1);
    assert_int_equal(r->port.submit(r->port.self, change_new(submit_again, r)), OK);
    rig_wait(r, 2, 0);
    assert_int_equal(r->changes[1]->entries[0].seq, 1);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static struct change *keyed(struct rig *r, int room, const char *author, const char *key,
                            const char *body, size_t n)
{
    struct change *c = rig_change(r, rig_id(room));

    rig_entries(c, n);
    rig_key(c, author, key, body);
    return c;
}

static void same_key_and_body_replays_the_first_entries(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *first = keyed(r, 1, "alice", "k1", "hello", 2);
    struct change *again = keyed(r, 1, "alice", "k1", "hello", 1);

    rig_add_chat(r, 1);
    assert_int_equal(rig_write(r, first), OK);
    rig_add_entries(r, rig_id(1), 1);
    assert_int_equal(rig_write(r, again), OK);
    assert_false(first->replayed);
    assert_true(again->replayed);
    assert_int_equal(again->n_entries, 2);
    assert_entry_equal(&again->entries[0], &first->entries[0]);
    assert_entry_equal(&again->entries[1], &first->entries[1]);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 3);
}

static void replay_writes_nothing_of_the_change(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *again;

    rig_add_chat(r, 1);
    assert_int_equal(rig_write(r, keyed(r, 1, "alice", "k1", "hello", 1)), OK);
    again = change_of(r, rig_id(1));
    rig_entries(again, 1);
    rig_key(again, "alice", "k1", "hello");
    again->chat->name = "Changed";
    again->chat->version = 77; /* not even compared */
    rig_session(again, "x@example.org/y");
    assert_int_equal(rig_write(r, again), OK);
    assert_true(again->replayed);
    assert_string_equal(rig_room(r, rig_id(1))->chats[0].name, "");
    assert_int_equal(rig_room(r, rig_id(1))->n_sessions, 0);
}

static void replay_in_the_same_batch_finds_the_first(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *first = keyed(r, 1, "alice", "k1", "hello", 1);
    struct change *again = keyed(r, 1, "alice", "k1", "hello", 1);

    rig_add_chat(r, 1);
    rig_submit(r, first);
    assert_int_equal(rig_write(r, again), OK);
    assert_true(again->replayed);
    assert_string_equal(again->entries[0].id, first->entries[0].id);
}

static void replay_of_a_call_without_entries_has_none(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *again = keyed(r, 1, "alice", "k1", "hello", 3);

    rig_add_chat(r, 1);
    assert_int_equal(rig_write(r, keyed(r, 1, "alice", "k1", "hello", 0)), OK);
    assert_int_equal(rig_write(r, again), OK);
    assert_true(again->replayed);
    assert_int_equal(again->n_entries, 0);
}

static void same_key_with_another_body_is_refused(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_add_chat(r, 1);
    assert_int_equal(rig_write(r, keyed(r, 1, "alice", "k1", "hello", 1)), OK);
    assert_int_equal(rig_write(r, keyed(r, 1, "alice", "k1", "bye", 1)), ERR_KEY_REUSED);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 1);
}

static void keys_of_other_authors_and_rooms_are_others(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_add_chat(r, 1);
    rig_add_chat(r, 2);
    assert_int_equal(rig_write(r, keyed(r, 1, "alice", "k1", "hello", 1)), OK);
    assert_int_equal(rig_write(r, keyed(r, 1, "bob", "k1", "else", 1)), OK);
    assert_int_equal(rig_write(r, keyed(r, 2, "alice", "k1", "else", 1)), OK);
    assert_int_equal(rig_write(r, keyed(r, 1, "alice", "k2", "else", 1)), OK);
    assert_int_equal(rig_log(r, rig_id(1))->n_entries, 3);
}

static void key_without_a_room_is_not_found(void **state)
{
    struct rig *r = (struct rig *)*state;
    struct change *c = rig_change(r, "");

    rig_key(c, "alice", "k1", "hello");
    assert_int_equal(rig_write(r, c), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(new_chat_is_stored_with_every_field),
        RIG_TEST(chat_without_anything_comes_back_empty),
        RIG_TEST(each_chat_state_comes_back),
        RIG_TEST(change_on_the_stored_version_grows_it),
        RIG_TEST(change_on_an_old_version_is_a_conflict_and_writes_nothing),
        RIG_TEST(entries_alone_leave_the_version),
        RIG_TEST(new_chat_with_a_taken_id_is_a_conflict),
        RIG_TEST(change_of_a_missing_chat_is_not_found),
        RIG_TEST(chat_of_a_missing_organization_is_not_found),
        RIG_TEST(entry_is_stored_with_every_field),
        RIG_TEST(entries_of_a_missing_room_are_not_found),
        RIG_TEST(seq_and_pos_have_no_gaps_over_mixed_audiences),
        RIG_TEST(time_of_entries_grows_even_when_the_clock_stands_or_goes_back),
        RIG_TEST(neighbours_of_a_failing_change_are_told_their_own_results),
        RIG_TEST(failing_change_is_undone_alone),
        RIG_TEST(completions_come_in_commit_order),
        RIG_TEST(full_mailbox_is_busy_and_leaves_the_change_to_the_caller),
        RIG_TEST(completion_may_submit_even_when_the_mailbox_was_full),
        RIG_TEST(same_key_and_body_replays_the_first_entries),
        RIG_TEST(replay_writes_nothing_of_the_change),
        RIG_TEST(replay_in_the_same_batch_finds_the_first),
        RIG_TEST(replay_of_a_call_without_entries_has_none),
        RIG_TEST(same_key_with_another_body_is_refused),
        RIG_TEST(keys_of_other_authors_and_rooms_are_others),
        RIG_TEST(key_without_a_room_is_not_found),
    };
    int failed = cmocka_run_group_tests_name("changes in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("changes in a file", tests, rig_in_file, NULL);
}
