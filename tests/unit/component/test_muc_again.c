#include "tests/support/xml_text.h"
#include "tests/unit/component/muc_rig.h"

#define ANN "ann@example.org/a"
#define LINES 1100 /* more than one page of catching up */

static void posted(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)a;
    assert_int_equal(e, OK);
    (*(int *)ctx)++;
}

static void customer_says(struct muc_rig *r, const char *text)
{
    struct principal who = {.kind = WHO_CUSTOMER, .id = r->chat};
    struct post p = {.text = text};
    int n = 0;

    r->now_ms += 1000; /* within the customer's rate */
    desk_post(r->desk, &who, r->chat, &p, posted, &n);
    muc_rig_settle(r);
    assert_int_equal(n, 1);
}

static void ann_says(struct muc_rig *r, const char *text)
{
    struct arena *a = arena_new();
    const char *line =
        arena_printf(a,
                     "<message type='groupchat' from='" ANN "' to='%s@" RIG_DOMAIN "' id='again'>"
                     "<body>%s</body><origin-id xmlns='urn:xmpp:sid:0' id='again'/></message>",
                     r->chat, text);

    muc_desk_stanza(r->muc, stanza_of_xml(a, xml_of(a, line)));
}

/* The link was lost before the server had read anything, and is back. */
static void new_link(struct muc_rig *r)
{
    muc_rig_link(r, false);
    (void)muc_rig_sent(r);
    r->up = true;
    muc_desk_link(r->muc, true);
}

static int copies(const char *text, const char *what)
{
    int n = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

static void line_sent_again_while_catching_up_comes_in_its_place(void **state)
{
    struct muc_rig *r = *state;
    const char *text, *last;

    muc_rig_join(r, ANN, "ann");
    for (int i = 0; i < LINES; i++)
        customer_says(r, arena_printf(r->arena, "line %d.", i));
    ann_says(r, "mine");
    muc_rig_settle(r);
    new_link(r);
    ann_says(r, "mine");
    muc_rig_settle(r);
    text = muc_rig_sent(r);
    last = strstr(text, "line 1099.");
    assert_non_null(last);
    assert_true(copies(text, "<body>mine</body>") > 0);
    assert_true(strstr(text, "<body>mine</body>") > last);
}

static void line_sent_again_later_is_its_authors_receipt(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    ann_says(r, "mine");
    muc_rig_settle(r);
    (void)muc_rig_sent(r);
    ann_says(r, "mine");
    muc_rig_settle(r);
    assert_int_equal(copies(muc_rig_sent(r), "<body>mine</body>"), 1);
}

static void line_from_before_the_join_is_repeated_also_while_catching_up(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_join(r, ANN, "ann");
    ann_says(r, "mine");
    muc_rig_settle(r);
    muc_rig_join(r, ANN, "ann");
    new_link(r);
    ann_says(r, "mine");
    muc_rig_settle(r);
    assert_int_equal(copies(muc_rig_sent(r), "<body>mine</body>"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MUC_RIG_TEST(line_sent_again_while_catching_up_comes_in_its_place),
        MUC_RIG_TEST(line_sent_again_later_is_its_authors_receipt),
        MUC_RIG_TEST(line_from_before_the_join_is_repeated_also_while_catching_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
