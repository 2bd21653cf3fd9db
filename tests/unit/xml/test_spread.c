#include "component/xml/spread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
    struct arena *a;
    struct spread s;
    struct buf out;
};

static const char *const ann_bob[] = {"ann@x/<1>", "bob@x"};

static int setup(void **state)
{
    static struct world w;

    w = (struct world){.a = arena_new()};
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    spread_free(&w->s);
    buf_free(&w->out);
    arena_free(w->a);
    return 0;
}

static void add(struct world *w, const char *name, const char *body, const char *const *to,
                size_t n)
{
    struct xml *x = xml_new(w->a, name, NS_CLIENT);

    xml_attr(w->a, x, "from", "r@s");
    if (body != NULL)
        xml_child_text(w->a, x, "body", NULL, body);
    spread_add(&w->s, x, to, n, &w->out);
}

static void one_stanza_to_many_differs_in_to_only(void **state)
{
    struct world *w = *state;

    add(w, "message", "hi", ann_bob, 2);
    assert_string_equal(buf_str(&w->out), "");
    spread_write(&w->s, &w->out);
    assert_string_equal(buf_str(&w->out),
                        "<message to='ann@x/&lt;1&gt;' from='r@s'><body>hi</body></message>"
                        "<message to='bob@x' from='r@s'><body>hi</body></message>");
}

static void several_to_the_same_are_grouped_by_addressee_in_order(void **state)
{
    struct world *w = *state;

    add(w, "message", "1", ann_bob, 2);
    add(w, "presence", NULL, ann_bob, 2);
    add(w, "message", "3", ann_bob, 2);
    spread_write(&w->s, &w->out);
    assert_string_equal(buf_str(&w->out),
                        "<message to='ann@x/&lt;1&gt;' from='r@s'><body>1</body></message>"
                        "<presence to='ann@x/&lt;1&gt;' from='r@s'/>"
                        "<message to='ann@x/&lt;1&gt;' from='r@s'><body>3</body></message>"
                        "<message to='bob@x' from='r@s'><body>1</body></message>"
                        "<presence to='bob@x' from='r@s'/>"
                        "<message to='bob@x' from='r@s'><body>3</body></message>");
}

static void other_addressees_come_behind_what_was_there(void **state)
{
    static const char *const cid[] = {"cid@x", "bob@x"};
    struct world *w = *state;

    add(w, "message", "1", ann_bob, 2);
    add(w, "message", "2", ann_bob, 1);
    assert_string_equal(buf_str(&w->out),
                        "<message to='ann@x/&lt;1&gt;' from='r@s'><body>1</body></message>"
                        "<message to='bob@x' from='r@s'><body>1</body></message>");
    buf_clear(&w->out);
    add(w, "message", "3", cid, 2);
    assert_string_equal(buf_str(&w->out),
                        "<message to='ann@x/&lt;1&gt;' from='r@s'><body>2</body></message>");
}

static void bytes_are_those_that_will_be_written(void **state)
{
    static const char *const to[] = {"ann@x", "bob@x/desk", "cid@x"};
    struct world *w = *state;
    size_t expected;

    for (unsigned i = 0; i < 20; i++)
        add(w, "message", "hello", to, 3);
    expected = w->s.bytes;
    spread_write(&w->s, &w->out);
    assert_int_equal(w->out.len, expected);
    assert_int_equal(w->s.bytes, 0);
}

static void written_and_cleared_ones_are_not_written_again(void **state)
{
    struct world *w = *state;

    add(w, "message", "1", ann_bob, 2);
    spread_write(&w->s, &w->out);
    buf_clear(&w->out);
    spread_write(&w->s, &w->out);
    assert_int_equal(w->out.len, 0);
    add(w, "message", "2", ann_bob, 2);
    spread_clear(&w->s);
    spread_write(&w->s, &w->out);
    assert_int_equal(w->out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_stanza_to_many_differs_in_to_only, setup, teardown),
        cmocka_unit_test_setup_teardown(several_to_the_same_are_grouped_by_addressee_in_order,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(other_addressees_come_behind_what_was_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bytes_are_those_that_will_be_written, setup, teardown),
        cmocka_unit_test_setup_teardown(written_and_cleared_ones_are_not_written_again, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
