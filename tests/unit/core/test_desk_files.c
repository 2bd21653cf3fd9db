#include "core/desk_files.h"

#include "tests/unit/core/desk_rig.h"

/* A folder that has room or has not, and lacks some files. */
struct folder {
    bool full;
    const char *lost; /* id; "all" */
    size_t n_known;
};

static bool has_room(void *self, int64_t size)
{
    const struct folder *f = self;

    (void)size;
    return !f->full;
}

static enum err keep(void *self, const char *const *ids, size_t n, file_missing_fn *missing,
                     void *ctx)
{
    struct folder *f = self;

    f->n_known = n;
    for (size_t i = 0; i < n; i++)
        if (strcmp(f->lost, "all") == 0 || strcmp(f->lost, ids[i]) == 0)
            missing(ctx, ids[i]);
    return OK;
}

static struct folder folder;

/* The rig's desk again, with a folder for files. */
static void with_files(struct rig *r)
{
    folder = (struct folder){.lost = ""};
    r->options.files = (struct file_port){.self = &folder, .room = has_room, .keep = keep};
    r->options.file_max = 1000;
    r->options.file_quota = 10000;
    rig_restart(r);
}

struct answer {
    struct call *call;
    char id[ID_LEN + 1];
    char name[64], type[64];
};

static void answered(void *ctx, enum err e, const struct desk_answer *a)
{
    struct answer *got = ctx;

    if (a->file) {
        memcpy(got->id, a->file->id, sizeof(got->id));
        (void)snprintf(got->name, sizeof(got->name), "%s", a->file->name);
        (void)snprintf(got->type, sizeof(got->type), "%s", a->file->type);
    }
    rig_done(got->call, e, a);
}

static enum err ask(struct rig *r, struct principal who, int64_t size, struct answer *got)
{
    struct file wish = {.owner = "", .room = "", .name = "a/b", .type = "x/y", .size = size};

    got->call = rig_call(r, "slot");
    desk_file_slot(r->desk, &who, &wish, answered, got);
    return rig_wait(got->call)->e;
}

static enum err stored(struct rig *r, const char *id, struct answer *got)
{
    got->call = rig_call(r, "stored");
    desk_file_stored(r->desk, id, "image/png", answered, got);
    return rig_wait(got->call)->e;
}

static enum err find(struct rig *r, const char *id, struct answer *got)
{
    got->call = rig_call(r, "find");
    desk_file_find(r->desk, id, answered, got);
    return rig_wait(got->call)->e;
}

static void only_agents_get_slots(void **state)
{
    struct rig *r = *state;
    const char *chat = rig_chat(r, "Alice");
    struct answer got;

    with_files(r);
    assert_int_equal(ask(r, rig_anonymous, 1, &got), ERR_FORBIDDEN);
    assert_int_equal(ask(r, rig_customer(chat), 1, &got), ERR_FORBIDDEN);
    assert_int_equal(ask(r, rig_who("nobody"), 1, &got), ERR_FORBIDDEN);
    assert_int_equal(ask(r, rig_anonymous, 2000, &got), ERR_FORBIDDEN);
}

static void size_is_bounded_and_needs_room(void **state)
{
    struct rig *r = *state;
    struct principal ann = rig_who(rig_agent(r, "Ann"));
    struct answer got;

    with_files(r);
    assert_int_equal(ask(r, ann, 0, &got), ERR_INVALID);
    assert_int_equal(ask(r, ann, 1001, &got), ERR_TOO_LARGE);
    folder.full = true;
    assert_int_equal(ask(r, ann, 1000, &got), ERR_NO_SPACE);
    folder.full = false;
    assert_int_equal(ask(r, ann, 1000, &got), OK);
    assert_string_equal(got.name, "a_b");
}

static void slot_is_used_once(void **state)
{
    struct rig *r = *state;
    struct principal ann = rig_who(rig_agent(r, "Ann"));
    const struct file *f = NULL;
    struct answer got, later;

    with_files(r);
    assert_int_equal(ask(r, ann, 10, &got), OK);
    assert_int_equal(find(r, got.id, &later), ERR_NOT_FOUND);
    assert_int_equal(desk_file_begin(r->desk, got.id, &f), OK);
    assert_int_equal(f->size, 10);
    assert_int_equal(desk_file_begin(r->desk, got.id, &f), ERR_CONFLICT);
    desk_file_failed(r->desk, got.id);
    assert_int_equal(desk_file_begin(r->desk, got.id, &f), OK);
    assert_int_equal(stored(r, got.id, &later), OK);
    desk_file_failed(r->desk, got.id);
    assert_int_equal(desk_file_begin(r->desk, got.id, &f), ERR_CONFLICT);
    assert_int_equal(find(r, got.id, &later), OK);
    assert_string_equal(later.type, "image/png");
}

static void slot_whose_commit_was_lost_may_be_tried_again(void **state)
{
    struct rig *r = *state;
    struct principal ann = rig_who(rig_agent(r, "Ann"));
    const struct file *f = NULL;
    struct answer got, later;

    with_files(r);
    assert_int_equal(ask(r, ann, 10, &got), OK);
    assert_int_equal(desk_file_begin(r->desk, got.id, &f), OK);
    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    assert_int_equal(stored(r, got.id, &later), ERR_UNKNOWN);
    assert_int_equal(desk_file_begin(r->desk, got.id, &f), OK);
    assert_int_equal(stored(r, got.id, &later), OK);
    assert_int_equal(find(r, got.id, &later), OK);
}

static void slot_ends_after_its_time_but_not_while_it_is_used(void **state)
{
    struct rig *r = *state;
    struct principal ann = rig_who(rig_agent(r, "Ann"));
    const struct file *f = NULL;
    struct answer one, two, later;

    with_files(r);
    r->options.file_quota = 20;
    rig_restart(r);
    assert_int_equal(ask(r, ann, 10, &one), OK);
    assert_int_equal(ask(r, ann, 10, &two), OK);
    assert_int_equal(ask(r, ann, 10, &later), ERR_RATE);
    assert_int_equal(later.call->retry_ms, DESK_FILES_SPAN_MS);
    assert_int_equal(desk_file_begin(r->desk, two.id, &f), OK);
    r->now_ms += DESK_SLOT_MS;
    assert_int_equal(desk_file_begin(r->desk, one.id, &f), ERR_NOT_FOUND);
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(ask(r, ann, 10, &later), OK); /* what was not used does not count */
    assert_int_equal(stored(r, two.id, &later), OK);
    desk_tick(r->desk);
    rig_pump(r);
    assert_int_equal(find(r, two.id, &later), OK);
}

static void slot_outlives_a_restart(void **state)
{
    struct rig *r = *state;
    struct principal ann = rig_who(rig_agent(r, "Ann"));
    const struct file *f = NULL;
    struct answer got;

    with_files(r);
    assert_int_equal(ask(r, ann, 10, &got), OK);
    rig_restart(r);
    assert_int_equal(desk_file_begin(r->desk, got.id, &f), OK);
    assert_string_equal(f->name, "a_b");
}

static void one_agent_has_so_many_slots_at_most(void **state)
{
    struct rig *r = *state;
    struct principal ann = rig_who(rig_agent(r, "Ann")), bob = rig_who(rig_agent(r, "Bob"));
    struct answer got;

    with_files(r);
    for (int i = 0; i < DESK_SLOTS_OF_ONE; i++)
        assert_int_equal(ask(r, ann, 1, &got), OK);
    assert_int_equal(ask(r, ann, 1, &got), ERR_RATE);
    assert_int_equal(got.call->retry_ms, DESK_SLOT_MS);
    assert_int_equal(ask(r, bob, 1, &got), OK);
}

static enum err check(struct rig *r)
{
    struct call *c = rig_call(r, "check");

    desk_files_check(r->desk, rig_done, c);
    return rig_wait(c)->e;
}

static void files_without_bytes_are_forgotten_unless_it_is_all_of_them(void **state)
{
    struct rig *r = *state;
    struct principal ann = rig_who(rig_agent(r, "Ann"));
    const struct file *f = NULL;
    struct answer one, two, later;

    with_files(r);
    assert_int_equal(check(r), OK);
    assert_int_equal(ask(r, ann, 10, &one), OK);
    assert_int_equal(ask(r, ann, 10, &two), OK);
    assert_int_equal(desk_file_begin(r->desk, one.id, &f), OK);
    assert_int_equal(desk_file_begin(r->desk, two.id, &f), OK);
    assert_int_equal(stored(r, one.id, &later), OK);
    assert_int_equal(stored(r, two.id, &later), OK);
    folder.lost = "all";
    assert_int_equal(check(r), OK);
    assert_int_equal(folder.n_known, 2);
    assert_int_equal(find(r, one.id, &later), OK);
    folder.lost = one.id;
    assert_int_equal(check(r), OK);
    assert_int_equal(find(r, one.id, &later), ERR_NOT_FOUND);
    assert_int_equal(find(r, two.id, &later), OK);
}

/* ---- with a message -------------------------------------------------------------------------- */

static enum err post(struct rig *r, const char *chat, const char *id, int64_t size, const char *key,
                     struct call **out)
{
    struct principal who = rig_customer(chat);
    struct file f = {.owner = "", .room = "", .name = "a.txt", .type = "text/plain", .size = size};
    struct post p = {.text = "https://x/files/f/a.txt", .key = key, .attach = &f, .digest = "d"};

    memcpy(f.id, id, sizeof(f.id));
    *out = rig_call(r, "file");
    desk_post(r->desk, &who, chat, &p, rig_done, *out);
    return rig_wait(*out)->e;
}

static void file_comes_with_its_message_or_not_at_all(void **state)
{
    static const char one[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa", two[] = "bbbbbbbbbbbbbbbbbbbbbbbbbb";
    struct rig *r = *state;
    const char *with_assistant = rig_chat(r, "Bob"), *chat = rig_waiting(r, "Alice");
    const struct entry *log;
    struct answer got;
    struct call *c;
    size_t before;

    with_files(r);
    before = rig_log(r, chat, &log);
    assert_int_equal(post(r, with_assistant, one, 10, "k", &c), ERR_NOT_ESCALATED);
    assert_int_equal(find(r, one, &got), ERR_NOT_FOUND);
    assert_int_equal(post(r, chat, one, 6000, "k", &c), OK);
    assert_int_equal(find(r, one, &got), OK);
    assert_int_equal(rig_log(r, chat, &log), before + 1);
    assert_string_equal(log[before].data,
                        "{\"attachments\":[{\"url\":\"https://x/files/f/a.txt\",\"name\":\"a.txt\","
                        "\"type\":\"text/plain\",\"size\":6000}]}");
    assert_int_equal(post(r, chat, two, 6000, "k", &c), OK); /* the first one's answer */
    assert_int_equal(post(r, chat, two, 6000, "l", &c), ERR_RATE);
    assert_true(c->retry_ms > 0);
    assert_int_equal(find(r, two, &got), ERR_NOT_FOUND);
    assert_int_equal(rig_log(r, chat, &log), before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(only_agents_get_slots),
        RIG_TEST(size_is_bounded_and_needs_room),
        RIG_TEST(slot_is_used_once),
        RIG_TEST(slot_whose_commit_was_lost_may_be_tried_again),
        RIG_TEST(slot_ends_after_its_time_but_not_while_it_is_used),
        RIG_TEST(slot_outlives_a_restart),
        RIG_TEST(one_agent_has_so_many_slots_at_most),
        RIG_TEST(file_comes_with_its_message_or_not_at_all),
        RIG_TEST(files_without_bytes_are_forgotten_unless_it_is_all_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
