#include "tests/contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DAY 86400000

static struct file file_of(int n, const char *owner, int64_t size, int64_t created_ms)
{
    struct file f = {.owner = owner,
                     .room = "",
                     .name = "a b.png",
                     .type = "image/png",
                     .size = size,
                     .created_ms = created_ms,
                     .state = FILE_OPEN};

    memcpy(f.id, rig_id(n), sizeof(f.id));
    return f;
}

/* A slot of 100 bytes of a quota of 250 a day, at that time. */
static enum err ask(struct rig *r, int n, const char *owner, int64_t now_ms, int64_t *retry_ms)
{
    struct change *c = rig_change(r, "");
    struct file f = file_of(n, owner, 100, now_ms);
    enum err e;

    c->now_ms = now_ms;
    c->file = file_dup(c->arena, &f);
    c->file_quota = 250;
    c->file_span_ms = DAY;
    e = rig_write(r, c);
    *retry_ms = c->retry_ms;
    return e;
}

static enum err put_stored(struct rig *r, const struct file *f)
{
    struct change *c = rig_change(r, "");
    struct file *stored = file_dup(c->arena, f);

    stored->state = FILE_STORED;
    stored->type = "text/plain";
    c->file = stored;
    return rig_write(r, c);
}

static enum err find(struct rig *r, int n, struct query **out)
{
    struct query *q = rig_query(r, QUERY_FILE, "");

    q->id = arena_dup(q->arena, rig_id(n));
    *out = q;
    return rig_read(r, q);
}

static void slot_is_told_at_start_and_is_no_file(void **state)
{
    struct rig *r = *state;
    struct query *q;
    int64_t retry_ms;

    assert_int_equal(ask(r, 1, "sarah", RIG_NOW, &retry_ms), OK);
    assert_int_equal(find(r, 1, &q), ERR_NOT_FOUND);
    q = rig_start(r);
    assert_int_equal(q->n_files, 1);
    assert_string_equal(q->files[0].id, rig_id(1));
    assert_string_equal(q->files[0].owner, "sarah");
    assert_string_equal(q->files[0].name, "a b.png");
    assert_string_equal(q->files[0].type, "image/png");
    assert_int_equal(q->files[0].size, 100);
    assert_int_equal(q->files[0].created_ms, RIG_NOW);
    assert_int_equal(q->files[0].state, FILE_OPEN);
}

static void stored_file_is_found_with_the_type_it_has(void **state)
{
    struct rig *r = *state;
    struct file f = file_of(1, "sarah", 100, RIG_NOW);
    struct query *q;
    int64_t retry_ms;

    assert_int_equal(ask(r, 1, "sarah", RIG_NOW, &retry_ms), OK);
    assert_int_equal(put_stored(r, &f), OK);
    assert_int_equal(find(r, 1, &q), OK);
    assert_string_equal(q->files[0].type, "text/plain");
    assert_int_equal(q->files[0].state, FILE_STORED);
    assert_int_equal(rig_start(r)->n_files, 0);
    /* again, after an answer that was lost */
    assert_int_equal(put_stored(r, &f), OK);
}

static void file_whose_slot_is_gone_is_stored_all_the_same(void **state)
{
    struct rig *r = *state;
    struct file f = file_of(1, "sarah", 100, RIG_NOW);
    struct query *q;

    assert_int_equal(put_stored(r, &f), OK);
    assert_int_equal(find(r, 1, &q), OK);
    assert_string_equal(q->files[0].name, "a b.png");
}

static void quota_is_of_one_owner_and_one_day(void **state)
{
    struct rig *r = *state;
    int64_t retry_ms;

    assert_int_equal(ask(r, 1, "sarah", RIG_NOW, &retry_ms), OK);
    assert_int_equal(ask(r, 2, "sarah", RIG_NOW + 1000, &retry_ms), OK);
    assert_int_equal(ask(r, 3, "sarah", RIG_NOW + 2000, &retry_ms), ERR_RATE);
    assert_int_equal(retry_ms, DAY - 2000);
    assert_int_equal(ask(r, 3, "tom", RIG_NOW + 2000, &retry_ms), OK);
    assert_int_equal(ask(r, 4, "sarah", RIG_NOW + DAY - 1, &retry_ms), ERR_RATE);
    assert_int_equal(retry_ms, 1);
    assert_int_equal(ask(r, 4, "sarah", RIG_NOW + DAY, &retry_ms), OK);
}

static void file_larger_than_the_quota_waits_a_day(void **state)
{
    struct rig *r = *state;
    struct change *c = rig_change(r, "");
    struct file f = file_of(1, "sarah", 251, RIG_NOW);

    c->file = file_dup(c->arena, &f);
    c->file_quota = 250;
    c->file_span_ms = DAY;
    assert_int_equal(rig_write(r, c), ERR_RATE);
    assert_int_equal(c->retry_ms, DAY);
}

static void ids_of_stored_files_come_in_order(void **state)
{
    static const int order[] = {3, 1, 2};
    struct rig *r = *state;
    struct query *q = rig_query(r, QUERY_FILES, "");
    int64_t retry_ms;

    for (size_t i = 0; i < 3; i++) {
        struct file f = file_of(order[i], "sarah", 1, RIG_NOW);

        assert_int_equal(put_stored(r, &f), OK);
    }
    assert_int_equal(ask(r, 4, "sarah", RIG_NOW, &retry_ms), OK);
    assert_int_equal(rig_read(r, q), OK);
    assert_int_equal(q->n_file_ids, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(q->file_ids[i], rig_id(i + 1));
}

static void removed_files_are_gone(void **state)
{
    struct rig *r = *state;
    struct change *c = rig_change(r, "");
    struct file f = file_of(1, "sarah", 1, RIG_NOW);
    struct query *q;

    assert_int_equal(put_stored(r, &f), OK);
    c->files_gone = arena_array(c->arena, const char *, 2);
    c->files_gone[0] = arena_dup(c->arena, rig_id(1));
    c->files_gone[1] = arena_dup(c->arena, rig_id(9)); /* there is none */
    c->n_files_gone = 2;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(find(r, 1, &q), ERR_NOT_FOUND);
}

/* ---- files of chats -------------------------------------------------------------------------- */

static void post(struct rig *r, int chat, int file)
{
    struct change *c = rig_change(r, rig_id(chat));

    rig_entries(c, 1);
    c->file_posted = arena_dup(c->arena, rig_id(file));
    assert_int_equal(rig_write(r, c), OK);
}

static void erase(struct rig *r, int chat, bool all_of_it, const char *file)
{
    struct change *c = rig_change(r, rig_id(chat));

    c->erase = !all_of_it;
    c->chat_gone = all_of_it;
    assert_int_equal(rig_write(r, c), OK);
    assert_int_equal(c->n_bytes_gone, file != NULL);
    if (file != NULL)
        assert_string_equal(c->bytes_gone[0], file);
}

static void file_goes_with_the_chat_it_was_posted_in_first(void **state)
{
    struct rig *r = *state;
    struct query *q;

    for (int n = 1; n <= 3; n++) {
        struct file f = file_of(n, "sarah", 1, RIG_NOW);

        rig_add_chat(r, n);
        assert_int_equal(put_stored(r, &f), OK);
    }
    post(r, 1, 1);
    post(r, 2, 1);
    post(r, 2, 2);
    post(r, 2, 9); /* there is none */
    assert_int_equal(find(r, 1, &q), OK);
    assert_string_equal(q->files[0].room, rig_id(1));
    erase(r, 3, false, NULL);
    erase(r, 2, false, rig_id(2));
    assert_int_equal(find(r, 1, &q), OK);
    assert_int_equal(find(r, 2, &q), ERR_NOT_FOUND);
    assert_int_equal(find(r, 3, &q), OK);
    assert_string_equal(q->files[0].room, "");
    erase(r, 1, false, rig_id(1));
    assert_int_equal(find(r, 1, &q), ERR_NOT_FOUND);
}

static void chat_that_goes_takes_its_files_along(void **state)
{
    struct rig *r = *state;
    struct file f = file_of(1, "sarah", 1, RIG_NOW);
    struct query *q;

    rig_add_chat(r, 1);
    assert_int_equal(put_stored(r, &f), OK);
    post(r, 1, 1);
    erase(r, 1, true, rig_id(1));
    assert_int_equal(find(r, 1, &q), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(slot_is_told_at_start_and_is_no_file),
        RIG_TEST(stored_file_is_found_with_the_type_it_has),
        RIG_TEST(file_whose_slot_is_gone_is_stored_all_the_same),
        RIG_TEST(quota_is_of_one_owner_and_one_day),
        RIG_TEST(file_larger_than_the_quota_waits_a_day),
        RIG_TEST(ids_of_stored_files_come_in_order),
        RIG_TEST(removed_files_are_gone),
        RIG_TEST(file_goes_with_the_chat_it_was_posted_in_first),
        RIG_TEST(chat_that_goes_takes_its_files_along),
    };
    int failed = cmocka_run_group_tests_name("files in memory", tests, rig_in_memory, NULL);

    return failed + cmocka_run_group_tests_name("files in a file", tests, rig_in_file, NULL);
}
