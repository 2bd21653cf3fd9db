/* The server stops reading while rooms catch up: nothing is left out, nothing comes twice. */
#include "tests/unit/component/muc_rig.h"

#define ANN "ann@example.org/a"
#define LINES 1500 /* more than one page of catching up */

static void posted(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)a;
    assert_int_equal(e, OK);
    (*(unsigned *)ctx)++;
}

static void customer_says(struct muc_rig *r, unsigned number, unsigned *done)
{
    struct principal who = {.kind = WHO_CUSTOMER, .id = r->chat};
    struct post p = {.text = arena_printf(r->arena, "line %u.", number)};

    r->now_ms += 1000; /* within the customer's rate */
    desk_post(r->desk, &who, r->chat, &p, posted, done);
}

static unsigned times(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

static void assert_each_once(struct muc_rig *r, const char *text, unsigned up_to)
{
    for (unsigned i = 0; i < up_to; i++)
        assert_int_equal(times(text, arena_printf(r->arena, "<body>line %u.<", i)), 1);
}

static void server_reads_no_more(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)e;
    (void)a;
    ((struct muc_rig *)ctx)->full = true;
}

/* Ann's link was away while much was said. */
static unsigned outage(struct muc_rig *r)
{
    unsigned n = 0;

    muc_rig_join(r, ANN, "ann");
    muc_rig_link(r, false);
    for (unsigned i = 0; i < LINES; i++)
        customer_says(r, i, &n);
    muc_rig_settle(r);
    assert_int_equal(n, LINES);
    return n;
}

static void room_that_was_catching_up_when_the_server_stopped_reading_goes_on(void **state)
{
    struct muc_rig *r = *state;
    unsigned n = outage(r);

    r->up = true;
    muc_desk_link(r->muc, true);
    /* Behind the first page: a line that is told while the room is behind, and then no room. */
    customer_says(r, LINES, &n);
    desk_catch_up(r->desk, r->chat, INT64_MAX, server_reads_no_more, r);
    muc_rig_settle(r);
    assert_true(r->full);
    assert_null(strstr(buf_str(&r->sent), "<body>line 1499.<"));
    r->full = false;
    muc_desk_flushed(r->muc);
    muc_rig_settle(r);
    assert_each_once(r, muc_rig_sent(r), LINES + 1);
}

static void link_that_is_lost_while_rooms_catch_up_begins_again(void **state)
{
    struct muc_rig *r = *state;

    (void)outage(r);
    r->up = true;
    muc_desk_link(r->muc, true);
    r->up = false;
    muc_desk_link(r->muc, false);
    r->up = true;
    muc_desk_link(r->muc, true); /* the first reads are still under way */
    muc_rig_settle(r);
    assert_each_once(r, muc_rig_sent(r), LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MUC_RIG_TEST(room_that_was_catching_up_when_the_server_stopped_reading_goes_on),
        MUC_RIG_TEST(link_that_is_lost_while_rooms_catch_up_begins_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
