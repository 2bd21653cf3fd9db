#include "tests/unit/muc/muc_world.h"

#include <stdio.h>
#include <string.h>

#define MAM "urn:xmpp:mam:2"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define FORM(fields) "<x xmlns='jabber:x:data' type='submit'>" fields "</x>"
#define OURS FIELD("FORM_TYPE", MAM)
#define SET(inside) "<set xmlns='http://jabber.org/protocol/rsm'>" inside "</set>"

static struct muc_intent ask(struct world *w, const char *inside)
{
    return read_of(w, arena_printf(w->arena,
                                   "<iq type='set' id='q1' to='k3v9@support.example.org'>"
                                   "<query xmlns='" MAM "' queryid='x'>%s</query></iq>",
                                   inside));
}

/* ---- reading -------------------------------------------------------------------------------- */

static void form_says_what_can_be_asked(void **state)
{
    struct world *w = *state;
    struct muc_intent i = read_of(w, "<iq type='get' id='f1' to='k3v9@support.example.org'>"
                                     "<query xmlns='" MAM "'/></iq>");

    assert_int_equal(i.kind, MUC_ROOM_PING); /* only for those who may enter */
    assert_string_equal(
        reply_of(w, &i),
        "<iq type='result' from='k3v9@support.example.org' to='sarah@example.org/phone' id='f1'>"
        "<query xmlns='" MAM "'><x xmlns='jabber:x:data' type='form'>"
        "<field type='hidden' var='FORM_TYPE'><value>" MAM "</value></field>"
        "<field type='jid-single' var='with'/><field type='text-single' var='start'/>"
        "<field type='text-single' var='end'/><field type='text-single' var='before-id'/>"
        "<field type='text-single' var='after-id'/><field type='list-multi' var='ids'>"
        "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'>"
        "<open/></validate></field></x></query></iq>\n");
}

static void query_without_a_form_asks_for_the_first_fifty(void **state)
{
    struct muc_intent i = ask(*state, "");

    assert_int_equal(i.kind, MUC_ARCHIVE);
    assert_int_equal(i.archive->max, 50);
    assert_false(i.archive->newest);
    assert_false(i.archive->flip);
    assert_false(i.archive->has_with);
    assert_int_equal(i.archive->end_ms, INT64_MAX);
    assert_string_equal(i.archive->queryid, "x");
}

/* As Dino asks: the last page of all. */
static void fields_and_page_are_read(void **state)
{
    struct muc_intent i = ask(
        *state,
        FORM(OURS FIELD("start", "1970-01-01T00:00:01Z") FIELD("end", "2023-11-14T22:13:20.123Z")
                 FIELD("with", "Sarah@Example.org/x") FIELD("before-id", "b") FIELD(
                     "after-id", "a") "<field var='ids'><value>i1</value><value>i2</value></field>")
            SET("<max>20</max><before/>") "<flip-page/>");

    assert_int_equal(i.kind, MUC_ARCHIVE);
    assert_int_equal(i.archive->start_ms, 1000);
    assert_int_equal(i.archive->end_ms, 1700000000123);
    assert_true(i.archive->has_with);
    assert_string_equal(i.archive->with.bare, "sarah@example.org");
    assert_string_equal(i.archive->before_id, "b");
    assert_string_equal(i.archive->after_id, "a");
    assert_int_equal(i.archive->n_ids, 2);
    assert_string_equal(i.archive->ids[1], "i2");
    assert_int_equal(i.archive->max, 20);
    assert_true(i.archive->newest);
    assert_string_equal(i.archive->page_before, "");
    assert_true(i.archive->flip);
}

static void page_is_cut_at_the_largest(void **state)
{
    assert_int_equal(ask(*state, SET("<max>2000</max>")).archive->max, MUC_ARCHIVE_MAX);
    assert_int_equal(ask(*state, SET("<max>0</max>")).archive->max, 0);
}

static void wrong_queries_are_bad_requests(void **state)
{
    static const char *const wrong[] = {
        FORM(""),
        FORM(FIELD("FORM_TYPE", "urn:xmpp:mam:1")),
        FORM(OURS OURS),
        FORM(OURS FIELD("withtext", "x")),
        FORM(OURS "<field><value>x</value></field>"),
        FORM(OURS FIELD("start", "yesterday")),
        FORM(OURS FIELD("with", "@")),
        FORM(OURS FIELD("end", "2023-11-14T22:13:20Z") FIELD("end", "2023-11-14T22:13:20Z")),
        "<x xmlns='jabber:x:data' type='cancel'>" OURS "</x>",
        SET("<max>many</max>"),
        SET("<max>-1</max>"),
        SET("<max/>"),
    };

    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        struct muc_intent i = ask(*state, wrong[k]);

        assert_int_equal(i.kind, MUC_REPLY);
        assert_non_null(strstr(reply_of(*state, &i), "<bad-request"));
    }
}

static void field_without_a_value_is_no_filter(void **state)
{
    struct muc_intent i = ask(*state, FORM(OURS "<field var='with'/><field var='start'/>"));

    assert_int_equal(i.kind, MUC_ARCHIVE);
    assert_false(i.archive->has_with);
}

static void page_by_number_is_not_there(void **state)
{
    struct muc_intent i = ask(*state, SET("<index>3</index>"));

    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(*state, &i), "<feature-not-implemented"));
}

static void metadata_is_asked_for_its_ends(void **state)
{
    struct muc_intent i = read_of(*state, "<iq type='get' id='m1' to='k3v9@support.example.org'>"
                                          "<metadata xmlns='" MAM "'/></iq>");

    assert_int_equal(i.kind, MUC_ARCHIVE_ENDS);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void fill(struct muc_line lines[3])
{
    static const char *const ids[] = {"a1", "a2", "a3"};

    for (size_t k = 0; k < 3; k++)
        lines[k] = (struct muc_line){.id = ids[k],
                                     .nick = "Uma",
                                     .jid = "uma@example.org",
                                     .stanza_id = "s1",
                                     .body = "hello",
                                     .payload = "",
                                     .created_ms = 1700000000123};
}

static const char *page(struct world *w, const char *inside, struct muc_page p)
{
    struct muc_intent i = ask(w, inside);

    muc_send_archive(&w->service, &w->out, &i, &w->room, &p);
    return sent(w);
}

static void lines_come_before_the_answer(void **state)
{
    struct muc_line lines[3];

    fill(lines);
    lines[0].payload = "<x xmlns='jabber:x:oob'/>";
    assert_string_equal(
        page(*state, "",
             (struct muc_page){.lines = lines, .n = 1, .more = true, .first = 4, .total = 9}),
        "<message from='k3v9@support.example.org' to='sarah@example.org/phone'>"
        "<result xmlns='" MAM "' queryid='x' id='a1'><forwarded xmlns='urn:xmpp:forward:0'>"
        "<delay xmlns='urn:xmpp:delay' stamp='2023-11-14T22:13:20.123Z'/>"
        "<message xmlns='jabber:client' from='k3v9@support.example.org/Uma' type='groupchat' "
        "id='s1'><body>hello</body><x xmlns='jabber:x:oob'/>"
        "<stanza-id xmlns='urn:xmpp:sid:0' by='k3v9@support.example.org' id='a1'/>"
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='#'/>"
        "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='admin' "
        "role='visitor' jid='uma@example.org'/></x>"
        "</message></forwarded></result></message>\n"
        "<iq type='result' from='k3v9@support.example.org' to='sarah@example.org/phone' id='q1'>"
        "<fin xmlns='" MAM "' queryid='x'>" SET(
            "<first index='4'>a1</first><last>a1</last><count>9</count>") "</fin></iq>\n");
}

static void empty_answer_is_complete(void **state)
{
    assert_string_equal(
        page(*state, "", (struct muc_page){0}),
        "<iq type='result' from='k3v9@support.example.org' to='sarah@example.org/phone' id='q1'>"
        "<fin xmlns='" MAM
        "' queryid='x' complete='true'>" SET("<count>0</count>") "</fin></iq>\n");
}

static void flipped_page_keeps_its_ends(void **state)
{
    struct muc_line lines[3];
    const char *text;

    fill(lines);
    text = page(*state, "<flip-page/>", (struct muc_page){.lines = lines, .n = 3, .total = 3});
    assert_true(strstr(text, " id='a3'><forwarded") < strstr(text, " id='a1'><forwarded"));
    assert_non_null(strstr(text, "<first index='0'>a1</first><last>a3</last>"));
}

static void what_cannot_be_counted_is_not(void **state)
{
    struct muc_line lines[3];

    fill(lines);
    assert_non_null(strstr(
        page(*state, "", (struct muc_page){.lines = lines, .n = 2, .first = -1, .total = -1}),
        SET("<first>a1</first><last>a2</last>")));
}

static void page_of_many_bytes_is_cut_where_it_goes_on(void **state)
{
    struct world *w = *state;
    char *body = arena_alloc(w->arena, 200001);
    struct muc_line lines[3];
    const char *text;

    fill(lines);
    memset(body, 'b', 200000);
    lines[0].body = lines[1].body = lines[2].body = body;
    text = page(w, "", (struct muc_page){.lines = lines, .n = 3, .total = 3});
    assert_int_equal(lines_in(text), 2);
    assert_null(strstr(text, "complete"));
    assert_non_null(strstr(text, "<first index='0'>a1</first><last>a1</last>"));
    text = page(w, SET("<before/>"), (struct muc_page){.lines = lines, .n = 3, .total = 3});
    assert_int_equal(lines_in(text), 2);
    assert_non_null(strstr(text, "<first index='2'>a3</first><last>a3</last>"));
}

static void ends_are_told_with_their_times(void **state)
{
    struct world *w = *state;
    struct muc_intent i = read_of(w, "<iq type='get' id='m1' to='k3v9@support.example.org'>"
                                     "<metadata xmlns='" MAM "'/></iq>");
    struct muc_line lines[3];

    fill(lines);
    muc_reply_archive_ends(&w->out, &i, lines, 2);
    assert_non_null(strstr(sent(w), "<metadata xmlns='" MAM
                                    "'><start id='a1' timestamp='2023-11-14T22:13:20.123Z'/>"
                                    "<end id='a2' timestamp='2023-11-14T22:13:20.123Z'/>"));
    muc_reply_archive_ends(&w->out, &i, lines, 0);
    assert_non_null(strstr(sent(w), "<metadata xmlns='" MAM "'/>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(form_says_what_can_be_asked),
        TEST_IN_WORLD(query_without_a_form_asks_for_the_first_fifty),
        TEST_IN_WORLD(fields_and_page_are_read),
        TEST_IN_WORLD(page_is_cut_at_the_largest),
        TEST_IN_WORLD(wrong_queries_are_bad_requests),
        TEST_IN_WORLD(field_without_a_value_is_no_filter),
        TEST_IN_WORLD(page_by_number_is_not_there),
        TEST_IN_WORLD(metadata_is_asked_for_its_ends),
        TEST_IN_WORLD(lines_come_before_the_answer),
        TEST_IN_WORLD(empty_answer_is_complete),
        TEST_IN_WORLD(flipped_page_keeps_its_ends),
        TEST_IN_WORLD(what_cannot_be_counted_is_not),
        TEST_IN_WORLD(page_of_many_bytes_is_cut_where_it_goes_on),
        TEST_IN_WORLD(ends_are_told_with_their_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
