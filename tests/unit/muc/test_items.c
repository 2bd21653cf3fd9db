#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define MANY 150

/* Ask with this <set/>, of n rooms r000, r001 … */
static const char *ask(struct world *w, const char *set, size_t n)
{
    struct muc_item *items = arena_array(w->arena, struct muc_item, MANY);
    struct muc_intent i =
        read_of(w, arena_printf(w->arena,
                                "<iq type='get' id='1'>"
                                "<query xmlns='http://jabber.org/protocol/disco#items'>%s"
                                "</query></iq>",
                                set));

    for (size_t k = 0; k < n; k++) {
        items[k].local = arena_printf(w->arena, "r%03zu", k);
        items[k].name = "Chat";
    }
    muc_reply_items(&w->service, &w->out, &i, items, n);
    return sent(w);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

#define SET(inside) "<set xmlns='http://jabber.org/protocol/rsm'>" inside "</set>"
#define ROOM(n) "r" n "@support.example.org"

static void short_list_is_sent_whole(void **state)
{
    assert_string_equal(ask(*state, "", 1),
                        "<iq type='result' from='support.example.org' "
                        "to='sarah@example.org/phone' id='1'>"
                        "<query xmlns='http://jabber.org/protocol/disco#items'>"
                        "<item jid='" ROOM("000") "' name='Chat'/></query></iq>\n");
}

static void nothing_is_an_empty_list(void **state)
{
    assert_non_null(
        strstr(ask(*state, "", 0), "<query xmlns='http://jabber.org/protocol/disco#items'/>"));
}

static void long_list_is_cut_and_says_so(void **state)
{
    const char *text = ask(*state, "", MANY);

    assert_int_equal(count(text, "<item "), 100);
    assert_int_equal(count(ask(*state, SET("<max>1000</max>"), MANY), "<item "), 100);
    assert_non_null(strstr(text, SET("<first index='0'>" ROOM("000") "</first><last>" ROOM(
                                     "099") "</last><count>150</count>")));
}

static void page_after_an_item_goes_on_behind_it(void **state)
{
    const char *text = ask(*state, SET("<max>2</max><after>" ROOM("003") "</after>"), 10);

    assert_int_equal(count(text, "<item "), 2);
    assert_non_null(strstr(text, SET("<first index='4'>" ROOM("004") "</first><last>" ROOM(
                                     "005") "</last><count>10</count>")));
}

static void page_before_an_item_ends_ahead_of_it(void **state)
{
    assert_non_null(strstr(
        ask(*state, SET("<max>2</max><before>" ROOM("003") "</before>"), 10),
        SET("<first index='1'>" ROOM("001") "</first><last>" ROOM("002") "</last>"
                                                                         "<count>10</count>")));
}

static void empty_before_is_the_last_page(void **state)
{
    assert_non_null(strstr(ask(*state, SET("<max>3</max><before/>"), 10),
                           SET("<first index='7'>" ROOM("007") "</first><last>" ROOM(
                               "009") "</last><count>10</count>")));
}

static void index_begins_there(void **state)
{
    assert_non_null(strstr(ask(*state, SET("<max>1</max><index>9</index>"), 10),
                           SET("<first index='9'>" ROOM("009") "</first><last>" ROOM(
                               "009") "</last><count>10</count>")));
}

static void max_zero_only_counts(void **state)
{
    const char *text = ask(*state, SET("<max>0</max>"), 10);

    assert_int_equal(count(text, "<item "), 0);
    assert_non_null(strstr(text, SET("<count>10</count>")));
}

static void unknown_item_is_not_found(void **state)
{
    assert_non_null(strstr(ask(*state, SET("<after>other@support.example.org</after>"), 3),
                           "<item-not-found "));
    assert_non_null(
        strstr(ask(*state, SET("<before>r000@evil.example</before>"), 3), "<item-not-found "));
}

static void senseless_numbers_are_harmless(void **state)
{
    assert_int_equal(count(ask(*state, SET("<max>-1</max>"), 3), "<item "), 3);
    assert_int_equal(count(ask(*state, SET("<max>x</max><index>7</index>"), 3), "<item "), 0);
    assert_int_equal(
        count(ask(*state, SET("<max>5</max><index>18446744073709551615</index>"), 3), "<item "), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(short_list_is_sent_whole),
        TEST_IN_WORLD(nothing_is_an_empty_list),
        TEST_IN_WORLD(long_list_is_cut_and_says_so),
        TEST_IN_WORLD(page_after_an_item_goes_on_behind_it),
        TEST_IN_WORLD(page_before_an_item_ends_ahead_of_it),
        TEST_IN_WORLD(empty_before_is_the_last_page),
        TEST_IN_WORLD(index_begins_there),
        TEST_IN_WORLD(max_zero_only_counts),
        TEST_IN_WORLD(unknown_item_is_not_found),
        TEST_IN_WORLD(senseless_numbers_are_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
