#include "tests/unit/muc/muc_world.h"

#include <string.h>

#define RETRACT "urn:xmpp:message-retract:1"
#define MODERATE "urn:xmpp:message-moderate:1"

static struct muc_intent said(struct world *w, const char *inside)
{
    return read_of(w, arena_printf(w->arena,
                                   "<message type='groupchat' id='m9' "
                                   "to='k3v9@support.example.org'>%s</message>",
                                   inside));
}

#define REPLY "<reply xmlns='urn:xmpp:reply:0' id='a1'/>"
#define QUOTE(ranges)                                                                              \
    "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>" ranges "</fallback>"

/* ---- replies -------------------------------------------------------------------------------- */

static void quote_of_a_reply_is_not_for_customers(void **state)
{
    struct muc_intent i = said(*state, "<body>| gr\xc3\xbc\xc3\x9f dich\nYes.</body>" REPLY QUOTE(
                                           "<body start='0' end='12'/>"));
    assert_int_equal(i.kind, MUC_MESSAGE);
    assert_string_equal(i.body, "| gr\xc3\xbc\xc3\x9f dich\nYes.");
    assert_string_equal(i.shown, "Yes.");
}

static void marked_text_of_anything_but_a_reply_stays(void **state)
{
    struct muc_intent i = said(*state, "<body>quote Yes.</body>" QUOTE("<body end='6'/>"));

    assert_string_equal(i.shown, "");
    i = said(*state,
             "<body>https://x</body>" REPLY
             "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:sfs:0'><body/></fallback>");
    assert_int_equal(i.kind, MUC_MESSAGE);
    assert_string_equal(i.shown, "");
}

static void reply_that_only_quotes_is_for_staff(void **state)
{
    struct muc_intent i = said(*state, "<body>quote</body>" REPLY QUOTE("<body/>"));

    assert_int_equal(i.kind, MUC_EPHEMERAL);
    assert_non_null(strstr(i.payload, "<body>quote</body>"));
    assert_int_equal(said(*state, "<body>quote</body>" REPLY QUOTE("")).kind, MUC_EPHEMERAL);
}

/* Else the customer would be shown "!note …". */
static void command_behind_a_quote_is_a_command(void **state)
{
    struct muc_intent i =
        said(*state, "<body>quote !close now</body>" REPLY QUOTE("<body start='0' end='6'/>"));

    assert_int_equal(i.kind, MUC_COMMAND);
    assert_string_equal(i.body, "!close now");
}

/* Many clients quote with ">" alone. XEP-0393 #quote */
static void command_behind_quoted_lines_is_a_command(void **state)
{
    struct muc_intent i =
        said(*state, "<body>&gt; Where?\n  &gt;&gt; Here.\n\n !note angry\nvery</body>");

    assert_int_equal(i.kind, MUC_COMMAND);
    assert_string_equal(i.body, "!note angry\nvery");
    i = said(*state, "<body>&gt; !note\nNo.</body>");
    assert_int_equal(i.kind, MUC_MESSAGE);
    assert_string_equal(i.body, "> !note\nNo.");
}

static void ranges_that_make_no_sense_do_no_harm(void **state)
{
    static const char *const ranges[] = {"<body start='9999' end='0'/>", "<body start='x'/>",
                                         "<body start='3' end='3'/>",
                                         "<body start='99999999999999999999'/>"};

    for (size_t k = 0; k < 4; k++) {
        struct world *w = *state;
        struct muc_intent i =
            said(w, arena_printf(w->arena,
                                 "<body>hello</body>" REPLY
                                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
                                 "%s</fallback>",
                                 ranges[k]));

        assert_true(i.kind == MUC_MESSAGE || i.kind == MUC_EPHEMERAL);
    }
}

/* ---- hints ---------------------------------------------------------------------------------- */

static void what_is_not_to_be_stored_is_for_staff(void **state)
{
    static const char *const hints[] = {"no-store", "no-permanent-store"};

    for (size_t k = 0; k < 2; k++) {
        struct world *w = *state;
        struct muc_intent i = said(
            w, arena_printf(w->arena, "<body>psst</body><%s xmlns='urn:xmpp:hints'/>", hints[k]));

        assert_int_equal(i.kind, MUC_EPHEMERAL);
        assert_string_equal(i.body, "psst");
        assert_non_null(strstr(i.payload, "<body>psst</body>"));
    }
    assert_int_equal(said(*state, "<body>x</body><no-copy xmlns='urn:xmpp:hints'/>").kind,
                     MUC_MESSAGE);
}

/* ---- corrections ---------------------------------------------------------------------------- */

#define REPLACE "<replace xmlns='urn:xmpp:message-correct:0' id='m8'/>"

static void correction_names_the_stanza_it_replaces(void **state)
{
    struct muc_intent i = said(*state, "<body>better</body>" REPLACE);

    assert_int_equal(i.kind, MUC_CORRECT);
    assert_string_equal(i.ref, "m8");
    assert_string_equal(i.body, "better");
    assert_non_null(strstr(i.payload, "<replace"));
}

static void correction_into_a_command_is_refused(void **state)
{
    struct muc_intent i = said(*state, "<body>!close</body>" REPLACE);

    assert_int_equal(i.kind, MUC_COMMAND_OLD);
    assert_non_null(strstr(reply_of(*state, &i), "<not-acceptable"));
    i = said(*state, "<body>quote !close</body>" REPLACE REPLY QUOTE("<body end='6'/>"));
    assert_int_equal(i.kind, MUC_COMMAND_OLD);
    i = said(*state, "<body>&gt; Where?\n!close</body>" REPLACE);
    assert_int_equal(i.kind, MUC_COMMAND_OLD);
}

static void correction_of_nothing_is_a_bad_request(void **state)
{
    struct muc_intent i =
        said(*state, "<body>better</body><replace xmlns='urn:xmpp:message-correct:0'/>");

    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(*state, &i), "<bad-request"));
}

/* ---- retractions and reactions -------------------------------------------------------------- */

static void retraction_keeps_its_fallback_out_of_the_body(void **state)
{
    struct muc_intent i = said(*state, "<body>This was retracted.</body>"
                                       "<retract xmlns='" RETRACT "' id='a1'/>");

    assert_int_equal(i.kind, MUC_RETRACT);
    assert_string_equal(i.ref, "a1");
    assert_string_equal(i.body, "");
    assert_non_null(strstr(i.payload, "<body>This was retracted.</body>"));
}

static void retraction_that_claims_to_be_moderated_is_none(void **state)
{
    struct muc_intent i =
        said(*state, "<retract xmlns='" RETRACT "' id='a1'><moderated xmlns='" MODERATE
                     "' by='k3v9@support.example.org/Uma'/></retract>");

    assert_int_equal(i.kind, MUC_IGNORE);
}

static void reactions_are_a_set(void **state)
{
    struct muc_intent i =
        said(*state, "<reactions xmlns='urn:xmpp:reactions:0' id='a1'><reaction>\xf0\x9f\x91\x8d"
                     "</reaction><reaction>!</reaction><reaction>!</reaction></reactions>");

    assert_int_equal(i.kind, MUC_REACT);
    assert_int_equal(i.n_reactions, 2);
    assert_string_equal(i.reactions[1], "!");
    i = said(*state, "<reactions xmlns='urn:xmpp:reactions:0' id='a1'/>");
    assert_int_equal(i.kind, MUC_REACT);
    assert_int_equal(i.n_reactions, 0);
}

static void reaction_that_is_a_novel_is_refused(void **state)
{
    struct world *w = *state;
    char *novel = arena_alloc(w->arena, 101);
    struct muc_intent i;

    memset(novel, 'x', 100);
    i = said(w, arena_printf(w->arena,
                             "<reactions xmlns='urn:xmpp:reactions:0' id='a1'><reaction>%s"
                             "</reaction></reactions>",
                             novel));
    assert_int_equal(i.kind, MUC_REPLY);
    assert_non_null(strstr(reply_of(w, &i), "<policy-violation"));
}

/* ---- markers -------------------------------------------------------------------------------- */

static void marker_names_the_line_that_was_read(void **state)
{
    struct muc_intent i = said(*state, "<displayed xmlns='urn:xmpp:chat-markers:0' id='a1'/>");

    assert_int_equal(i.kind, MUC_MARKER);
    assert_string_equal(i.ref, "a1");
    assert_int_equal(said(*state, "<displayed xmlns='urn:xmpp:chat-markers:0' id='a1'/>"
                                  "<body>and a text</body>")
                         .kind,
                     MUC_MESSAGE);
}

static void marker_of_a_customer_is_for_no_archive(void **state)
{
    struct world *w = *state;

    muc_send_marker(&w->service, &w->out, &w->room, &w->occupants[ALICE], "a1");
    assert_non_null(strstr(sent(w), " type='groupchat'><displayed xmlns='urn:xmpp:chat-markers:0' "
                                    "id='a1'/><no-store xmlns='urn:xmpp:hints'/>"));
}

/* ---- moderation ----------------------------------------------------------------------------- */

static struct muc_intent moderate(struct world *w, const char *inside)
{
    return read_of(w, arena_printf(w->arena,
                                   "<iq type='set' id='q1' to='k3v9@support.example.org'>"
                                   "<moderate xmlns='" MODERATE "' id='a1'>%s</moderate></iq>",
                                   inside));
}

static void moderator_names_line_and_reason(void **state)
{
    struct muc_intent i = moderate(*state, "<retract xmlns='" RETRACT "'/><reason>rude</reason>");

    assert_int_equal(i.kind, MUC_MODERATE);
    assert_string_equal(i.ref, "a1");
    assert_string_equal(i.reason, "rude");
    assert_int_equal(moderate(*state, "").kind, MUC_REPLY);
}

static void room_tells_who_moderated(void **state)
{
    struct world *w = *state;
    struct muc_intent i = moderate(w, "<retract xmlns='" RETRACT "'/><reason>rude</reason>");
    const struct muc_occupant *by = &w->occupants[SARAH];
    const char *text = muc_moderation(&w->service, w->arena, &w->room, by, "a1", "rude");

#define BY "<moderated xmlns='" MODERATE "' by='k3v9@support.example.org/Sarah'><occupant-id "
    assert_ptr_equal(strstr(text, "<retract xmlns='" RETRACT "' id='a1'>" BY), text);
    assert_non_null(strstr(text, "</moderated><reason>rude</reason></retract>"));
    text = muc_tombstone(&w->service, w->arena, &w->room, by, &i, 1700000000123);
    assert_ptr_equal(
        strstr(text, "<retracted xmlns='" RETRACT "' stamp='2023-11-14T22:13:20.123Z'>" BY), text);
#undef BY
}

static void tombstone_of_ones_own_names_nobody(void **state)
{
    struct world *w = *state;
    struct muc_intent i = said(w, "<retract xmlns='" RETRACT "' id='a1'/>");

    assert_string_equal(muc_tombstone(&w->service, w->arena, NULL, NULL, &i, 1700000000123),
                        "<retracted xmlns='" RETRACT
                        "' stamp='2023-11-14T22:13:20.123Z' id='m9'/>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(quote_of_a_reply_is_not_for_customers),
        TEST_IN_WORLD(marked_text_of_anything_but_a_reply_stays),
        TEST_IN_WORLD(reply_that_only_quotes_is_for_staff),
        TEST_IN_WORLD(command_behind_a_quote_is_a_command),
        TEST_IN_WORLD(command_behind_quoted_lines_is_a_command),
        TEST_IN_WORLD(ranges_that_make_no_sense_do_no_harm),
        TEST_IN_WORLD(what_is_not_to_be_stored_is_for_staff),
        TEST_IN_WORLD(correction_names_the_stanza_it_replaces),
        TEST_IN_WORLD(correction_into_a_command_is_refused),
        TEST_IN_WORLD(correction_of_nothing_is_a_bad_request),
        TEST_IN_WORLD(retraction_keeps_its_fallback_out_of_the_body),
        TEST_IN_WORLD(retraction_that_claims_to_be_moderated_is_none),
        TEST_IN_WORLD(reactions_are_a_set),
        TEST_IN_WORLD(reaction_that_is_a_novel_is_refused),
        TEST_IN_WORLD(marker_names_the_line_that_was_read),
        TEST_IN_WORLD(marker_of_a_customer_is_for_no_archive),
        TEST_IN_WORLD(moderator_names_line_and_reason),
        TEST_IN_WORLD(room_tells_who_moderated),
        TEST_IN_WORLD(tombstone_of_ones_own_names_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
