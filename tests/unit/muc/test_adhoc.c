#include "component/muc/adhoc.h"
#include "tests/unit/muc/muc_world.h"

#include <string.h>
#include <sys/resource.h>

#define TO " to='support.example.org' id='1'>"
#define NS "xmlns='http://jabber.org/protocol/commands'"
#define BACK "<iq type='result' from='support.example.org' to='sarah@example.org/phone' id='1'>"

static struct stanza *command(struct world *w, const char *attrs, const char *inside)
{
    return stanza_of(w, arena_printf(w->arena,
                                     "<iq type='set'" TO "<command " NS " %s>%s</command></iq>",
                                     attrs, inside));
}

#define FORM(fields) "<x xmlns='jabber:x:data' type='submit'>" fields "</x>"

/* ---- reading -------------------------------------------------------------------------------- */

static void commands_of_service_and_rooms_are_recognised(void **state)
{
    struct world *w = *state;
    struct muc_intent i = read_of(w, "<iq type='set'" TO "<command " NS " node='claim'/></iq>");

    assert_int_equal(i.kind, MUC_ADHOC);
    assert_string_equal(i.room, "");
    i = read_of(w, "<iq type='set' id='1' to='k3v9@support.example.org'><command " NS
                   " node='claim'/></iq>");
    assert_int_equal(i.kind, MUC_ADHOC);
    assert_string_equal(i.room, "k3v9");
    i = read_of(w, "<iq type='get'" TO "<query xmlns='http://jabber.org/protocol/disco#items' "
                   "node='http://jabber.org/protocol/commands'/></iq>");
    assert_int_equal(i.kind, MUC_ADHOC_ITEMS);
    i = read_of(w, "<iq type='get'" TO "<query xmlns='http://jabber.org/protocol/disco#info' "
                   "node='claim'/></iq>");
    assert_int_equal(i.kind, MUC_ADHOC_INFO);
    assert_string_equal(i.node, "claim");
}

static void submitted_values_are_read(void **state)
{
    struct world *w = *state;
    struct adhoc_ask ask;
    enum adhoc_wrong wrong;
    const struct stanza *in =
        command(w, "node='note' sessionid='s1' action='complete'",
                FORM("<field var='chat'><value>k3v9</value></field>"
                     "<field var='text'><value>one</value><value>two</value></field>"
                     "<field><value>no name</value></field><field var='empty'/>"));

    assert_true(adhoc_read(in, &ask, &wrong));
    assert_string_equal(ask.node, "note");
    assert_string_equal(ask.session, "s1");
    assert_int_equal(ask.action, ADHOC_EXECUTE);
    assert_true(ask.submitted);
    assert_string_equal(adhoc_value(&ask, "chat"), "k3v9");
    assert_string_equal(adhoc_value(&ask, "text"), "one\ntwo");
    assert_string_equal(adhoc_value(&ask, "empty"), "");
    assert_int_equal(ask.n_values, 2);
}

static void fields_beyond_the_bound_are_left_out(void **state)
{
    struct world *w = *state;
    struct adhoc_ask ask;
    enum adhoc_wrong wrong;
    struct buf many = {0};

    buf_puts(&many, "<x xmlns='jabber:x:data' type='submit'>");
    for (int i = 0; i < ADHOC_VALUES_MAX + 10; i++)
        buf_printf(&many, "<field var='f%d'><value>x</value></field>", i);
    buf_puts(&many, "</x>");
    assert_true(adhoc_read(command(w, "node='note'", buf_str(&many)), &ask, &wrong));
    assert_int_equal(ask.n_values, ADHOC_VALUES_MAX);
    buf_free(&many);
}

static long peak_kib(void)
{
    struct rusage use;

    assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
    return use.ru_maxrss;
}

/* As large as a stanza can be, from anybody: the memory that it costs is of its own size. */
static void field_of_very_many_values_costs_no_more_than_it_holds(void **state)
{
    struct world *w = *state;
    struct adhoc_ask ask;
    enum adhoc_wrong wrong;
    struct stanza *in = command(w, "node='note'", "<x xmlns='jabber:x:data' type='submit'/>");
    struct xml *form = xml_find(xml_find(in->x, "command", NULL), "x", NULL);
    struct xml *field = xml_attr(w->arena, xml_child(w->arena, form, "field", NULL), "var", "text");
    char line[161];
    long before;

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    for (int i = 0; i < 1440; i++)
        (void)xml_child_text(w->arena, field, "value", NULL, line);
    before = peak_kib();
    assert_true(adhoc_read(in, &ask, &wrong));
    assert_int_equal(strlen(adhoc_value(&ask, "text")), 1440 * sizeof(line) - 1);
    assert_true(peak_kib() - before < 16 * 1024);
}

static enum adhoc_wrong wrong_of(struct world *w, const char *attrs, const char *inside)
{
    struct adhoc_ask ask;
    enum adhoc_wrong wrong = ADHOC_EXPIRED;

    assert_false(adhoc_read(command(w, attrs, inside), &ask, &wrong));
    return wrong;
}

static void actions_that_cannot_be_are_told_apart(void **state)
{
    struct world *w = *state;

    assert_int_equal(wrong_of(w, "action='dance'", ""), ADHOC_MALFORMED_ACTION);
    assert_int_equal(wrong_of(w, "action='prev' sessionid='s'", ""), ADHOC_BAD_ACTION);
    assert_int_equal(wrong_of(w, "action='complete'", ""), ADHOC_BAD_ACTION);
    assert_int_equal(wrong_of(w, "node='x'", "<x xmlns='jabber:x:data' type='form'/>"),
                     ADHOC_BAD_PAYLOAD);
}

static void cancelled_form_cancels_the_command(void **state)
{
    struct world *w = *state;
    struct adhoc_ask ask;
    enum adhoc_wrong wrong;

    assert_true(adhoc_read(command(w, "sessionid='s'", "<x xmlns='jabber:x:data' type='cancel'/>"),
                           &ask, &wrong));
    assert_int_equal(ask.action, ADHOC_CANCEL);
    assert_true(adhoc_read(command(w, "sessionid='s' action='cancel'", ""), &ask, &wrong));
    assert_int_equal(ask.action, ADHOC_CANCEL);
}

/* ---- sessions ------------------------------------------------------------------------------- */

static bool take(struct world *w, struct adhoc *a, const char *attrs, const char *from,
                 int64_t now_ms, enum adhoc_wrong *wrong)
{
    struct adhoc_ask ask;
    const struct stanza *in = stanza_of(
        w, arena_printf(w->arena, "<iq type='set' from='%s'" TO "<command " NS " %s/></iq>", from,
                        attrs));

    assert_true(adhoc_read(in, &ask, wrong));
    return adhoc_take(a, in, &ask, now_ms, wrong);
}

static void session_is_had_once_and_by_its_own_client_only(void **state)
{
    struct world *w = *state;
    struct adhoc *a = adhoc_new();
    enum adhoc_wrong wrong;

    adhoc_open(a, command(w, "node='claim'", ""), "s1", "claim", 1000);
    assert_false(take(w, a, "node='claim' sessionid='s1'", "sarah@example.org/desk", 1001, &wrong));
    assert_int_equal(wrong, ADHOC_BAD_SESSION);
    assert_false(
        take(w, a, "node='close' sessionid='s1'", "sarah@example.org/phone", 1001, &wrong));
    assert_int_equal(wrong, ADHOC_BAD_SESSION);
    assert_true(take(w, a, "node='claim' sessionid='s1'", "sarah@example.org/phone", 1001, &wrong));
    assert_false(
        take(w, a, "node='claim' sessionid='s1'", "sarah@example.org/phone", 1001, &wrong));
    assert_int_equal(wrong, ADHOC_BAD_SESSION);
    assert_int_equal(adhoc_count(a), 0);
    adhoc_free(a);
}

static void late_submission_is_told_that_its_time_is_over(void **state)
{
    struct world *w = *state;
    struct adhoc *a = adhoc_new();
    enum adhoc_wrong wrong;

    adhoc_open(a, command(w, "node='claim'", ""), "s1", "claim", 1000);
    assert_false(take(w, a, "node='claim' sessionid='s1'", "sarah@example.org/phone",
                      1000 + ADHOC_TTL_MS, &wrong));
    assert_int_equal(wrong, ADHOC_EXPIRED);
    adhoc_open(a, command(w, "node='claim'", ""), "s2", "claim", 1000);
    assert_false(take(w, a, "node='claim' sessionid='s2'", "sarah@example.org/phone",
                      1000 + 2 * ADHOC_TTL_MS, &wrong));
    assert_int_equal(wrong, ADHOC_BAD_SESSION);
    adhoc_free(a);
}

static void sessions_of_one_user_are_bounded_and_the_oldest_goes(void **state)
{
    struct world *w = *state;
    struct adhoc *a = adhoc_new();
    enum adhoc_wrong wrong;

    for (int i = 0; i <= ADHOC_PER_USER; i++)
        adhoc_open(a, command(w, "node='claim'", ""), arena_printf(w->arena, "s%d", i), "claim", i);
    assert_int_equal(adhoc_count(a), ADHOC_PER_USER);
    assert_false(take(w, a, "node='claim' sessionid='s0'", "sarah@example.org/phone", 50, &wrong));
    assert_true(take(w, a, "node='claim' sessionid='s1'", "sarah@example.org/phone", 50, &wrong));
    adhoc_free(a);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void form_has_fields_options_and_one_action(void **state)
{
    struct world *w = *state;
    const struct adhoc_option options[] = {{"Alice", "k3v9"}};
    const struct adhoc_field fields[] = {{"chat", "Chat", "list-single", "k3v9", true, options, 1},
                                         {"reason", "Reason", "text-single", "", false, NULL, 0}};

    adhoc_send_form(&w->out, command(w, "node='claim'", ""), "claim", "s1", "Take a chat", "Choose",
                    fields, 2);
    assert_string_equal(
        sent(w),
        BACK "<command " NS " node='claim' sessionid='s1' status='executing'>"
             "<actions execute='complete'><complete/></actions>"
             "<x xmlns='jabber:x:data' type='form'><title>Take a chat</title>"
             "<instructions>Choose</instructions>"
             "<field var='chat' type='list-single' label='Chat'><required/><value>k3v9</value>"
             "<option label='Alice'><value>k3v9</value></option></field>"
             "<field var='reason' type='text-single' label='Reason'/></x></command></iq>\n");
}

static void table_has_columns_and_items(void **state)
{
    struct world *w = *state;
    const struct adhoc_option columns[] = {{"Who", "who"}, {"Wait", "wait"}};
    const char *const cells[] = {"Alice", "3m"};
    const struct adhoc_rows rows = {columns, 2, cells, 1};

    adhoc_send_done(&w->out, command(w, "node='queue'", ""), "queue", "s1", "Queue",
                    "1 waiting:", &rows);
    assert_string_equal(sent(w),
                        BACK "<command " NS " node='queue' sessionid='s1' status='completed'>"
                             "<x xmlns='jabber:x:data' type='result'><title>Queue</title><reported>"
                             "<field var='who' label='Who' type='text-single'/>"
                             "<field var='wait' label='Wait' type='text-single'/></reported>"
                             "<item><field var='who'><value>Alice</value></field>"
                             "<field var='wait'><value>3m</value></field></item></x>"
                             "<note type='info'>1 waiting:</note></command></iq>\n");
}

static void long_answer_is_a_field_of_lines(void **state)
{
    struct world *w = *state;

    adhoc_send_done(&w->out, command(w, "node='info'", ""), "info", "s1", "Info", "a\n\nb", NULL);
    assert_non_null(strstr(sent(w), "<field var='answer' type='text-multi'><value>a</value>"
                                    "<value/><value>b</value></field>"));
}

static void wrong_ones_carry_the_condition_and_what_it_means(void **state)
{
    struct world *w = *state;
    const char *text;

    adhoc_send_wrong(&w->out, command(w, "node='info'", ""), ADHOC_BAD_SESSION, NULL);
    text = sent(w);
    assert_non_null(strstr(text, "type='modify'"));
    assert_non_null(strstr(text, "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                                 "<bad-sessionid " NS "/>"));
    adhoc_send_wrong(&w->out, command(w, "node='info'", ""), ADHOC_EXPIRED, NULL);
    text = sent(w);
    assert_non_null(strstr(text, "type='cancel'"));
    assert_non_null(strstr(text, "<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                                 "<session-expired " NS "/>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(commands_of_service_and_rooms_are_recognised),
        TEST_IN_WORLD(submitted_values_are_read),
        TEST_IN_WORLD(fields_beyond_the_bound_are_left_out),
        TEST_IN_WORLD(field_of_very_many_values_costs_no_more_than_it_holds),
        TEST_IN_WORLD(actions_that_cannot_be_are_told_apart),
        TEST_IN_WORLD(cancelled_form_cancels_the_command),
        TEST_IN_WORLD(session_is_had_once_and_by_its_own_client_only),
        TEST_IN_WORLD(late_submission_is_told_that_its_time_is_over),
        TEST_IN_WORLD(sessions_of_one_user_are_bounded_and_the_oldest_goes),
        TEST_IN_WORLD(form_has_fields_options_and_one_action),
        TEST_IN_WORLD(table_has_columns_and_items),
        TEST_IN_WORLD(long_answer_is_a_field_of_lines),
        TEST_IN_WORLD(wrong_ones_carry_the_condition_and_what_it_means),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
