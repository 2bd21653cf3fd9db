#include "component/assistant/rules.h"
#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define MOST_ENTRIES 12

extern const struct embedded faq_example[];

/* A chat's public log, and what came back. */
struct dialog {
    struct rules *rules;
    struct chat chat;
    struct entry entries[MOST_ENTRIES];
    size_t n;
    int calls;
    char *text, *reason;
    bool offer;
};

static int with_rules(void **state)
{
    struct dialog *t = mem_alloc(sizeof(*t));

    t->chat.locale = "";
    *state = t;
    return assistant_rules_new(&(struct rules_options){.faq = (const char *)faq_example[0].data},
                               &t->rules) == OK
               ? 0
               : -1;
}

static int without_rules(void **state)
{
    struct dialog *t = *state;

    assistant_rules_free(t->rules);
    free(t->text);
    free(t->reason);
    free(t);
    return 0;
}

static void answered(void *ctx, const char *text, bool offer, const char *reason)
{
    struct dialog *t = ctx;

    t->calls++;
    free(t->text);
    free(t->reason);
    t->text = mem_dup(text);
    t->reason = mem_dup(reason);
    t->offer = offer;
}

static void say(struct dialog *t, enum role role, const char *text, const char *data)
{
    assert_true(t->n < MOST_ENTRIES);
    t->entries[t->n++] = (struct entry){.kind = ENTRY_MESSAGE,
                                        .role = role,
                                        .audience = AUDIENCE_PUBLIC,
                                        .text = text,
                                        .data = data};
}

static void answer(struct dialog *t)
{
    const struct assistant_turn turn = {.chat = &t->chat, .entries = t->entries, .n_entries = t->n};
    const struct assistant_port port = assistant_rules_port(t->rules);

    t->calls = 0;
    port.answer(port.self, &turn, answered, t);
    assert_int_equal(t->calls, 1);
}

/* The customer says it to the assistant, who answers. */
static const char *ask(struct dialog *t, const char *text)
{
    say(t, ROLE_USER, text, "");
    answer(t);
    return t->text;
}

/* The same; the answer is then part of the log. */
static void go_on(struct dialog *t, const char *text)
{
    ask(t, text);
    say(t, ROLE_ASSISTANT, "an answer",
        t->offer ? "{\"actions\":[{\"type\":\"escalate\",\"label\":\"x\"}]}" : "");
}

static const char *ask_first(struct dialog *t, const char *text)
{
    t->n = 0;
    return ask(t, text);
}

#define PERSON                                                                                     \
    "I understand you'd like to speak with a person. Let me connect you with our support team: "   \
    "press the button below."
#define REPHRASE "I'm not sure I understood that. Could you put it in other words?"

static void request_for_a_person_is_answered_with_understanding_and_the_button(void **state)
{
    struct dialog *t = *state;

    assert_string_equal(ask(t, "I need to speak to a human"), PERSON);
    assert_true(t->offer);
    assert_string_equal(t->reason, "Asked for a person: \"I need to speak to a human\"");
}

static void answer_is_in_the_language_of_the_chat(void **state)
{
    struct dialog *t = *state;

    t->chat.locale = "de-AT";
    assert_non_null(strstr(ask(t, "I need a human"), "mit einem Menschen"));
    assert_non_null(strstr(ask_first(t, "hello"), "Hallo"));
    assert_non_null(strstr(ask_first(t, "blubb"), "nicht ganz verstanden"));
}

static void answer_is_in_the_language_heard_when_the_chat_has_none(void **state)
{
    struct dialog *t = *state;

    assert_non_null(strstr(ask(t, "je veux parler \xc3\xa0 un humain"), "une personne"));
    assert_non_null(strstr(ask_first(t, "Danke!"), "Gern geschehen"));
    t->chat.locale = "xx";
    assert_non_null(strstr(ask_first(t, "gracias"), "De nada"));
    assert_string_equal(ask_first(t, "blubb"), REPHRASE);
}

static void small_talk_is_answered_without_offer(void **state)
{
    struct dialog *t = *state;

    assert_string_equal(ask(t, "Hi there!"), "Hello! How can I help you today?");
    assert_false(t->offer);
    assert_string_equal(t->reason, "");
    assert_non_null(strstr(ask_first(t, "thanks a lot"), "You're welcome"));
    assert_non_null(strstr(ask_first(t, "bye"), "Goodbye"));
    assert_non_null(strstr(ask_first(t, "can you help me please?"), "What is it about?"));
}

static void greeting_before_a_question_does_not_hide_it(void **state)
{
    assert_non_null(strstr(ask(*state, "Hello! Where is my order?"), "tracking link"));
}

static void question_whether_a_person_answers_gets_the_truth_and_the_button(void **state)
{
    struct dialog *t = *state;

    assert_non_null(strstr(ask(t, "Am I talking to a real person?"), "automated assistant"));
    assert_true(t->offer);
    ask_first(t, "are you a bot");
    assert_true(t->offer);
}

static void urgent_matter_is_offered_a_person_at_once(void **state)
{
    struct dialog *t = *state;

    ask(t, "This is URGENT, my card was charged twice");
    assert_true(t->offer);
    assert_string_equal(t->reason, "Urgent: \"This is URGENT, my card was charged twice\"");
}

static void question_of_the_list_is_answered(void **state)
{
    struct dialog *t = *state;

    assert_non_null(strstr(ask(t, "how long does shipping take?"), "working days"));
    assert_false(t->offer);
}

static void question_that_fits_several_answers_lists_them(void **state)
{
    struct dialog *t = *state;

    assert_string_equal(ask(t, "shipping"),
                        "I found more than one answer. Which of these do you mean?\n"
                        "- How much does shipping cost?\n"
                        "- How long does delivery take?");
    assert_false(t->offer);
}

static void first_question_not_understood_is_asked_to_be_rephrased(void **state)
{
    struct dialog *t = *state;

    assert_string_equal(ask(t, "weather in paris"), REPHRASE);
    assert_false(t->offer);
}

static void second_question_not_understood_offers_a_person(void **state)
{
    struct dialog *t = *state;

    go_on(t, "weather in paris");
    ask(t, "will it rain there");
    assert_true(t->offer);
    assert_string_equal(t->reason, "Not understood twice: \"will it rain there\"");
}

static void answer_in_between_starts_the_count_again(void **state)
{
    struct dialog *t = *state;

    go_on(t, "weather in paris");
    go_on(t, "do you take paypal");
    assert_string_equal(ask(t, "will it rain there"), REPHRASE);
    assert_false(t->offer);
}

static void two_messages_sent_before_any_answer_count_once(void **state)
{
    struct dialog *t = *state;

    say(t, ROLE_USER, "so there is this thing", "");
    assert_string_equal(ask(t, "it is blue"), REPHRASE);
    assert_false(t->offer);
}

static void question_asked_again_offers_a_person(void **state)
{
    struct dialog *t = *state;

    go_on(t, "Where is my order?");
    go_on(t, "ok");
    ask(t, "WHERE is my order");
    assert_true(t->offer);
    assert_string_equal(t->reason, "Asked the same again: \"WHERE is my order\"");
}

static void greeting_said_again_offers_nobody(void **state)
{
    struct dialog *t = *state;

    go_on(t, "hello");
    assert_string_equal(ask(t, "hello"), "Hello! How can I help you today?");
    assert_false(t->offer);
}

static void yes_to_an_offer_is_a_request(void **state)
{
    struct dialog *t = *state;

    go_on(t, "are you a bot?");
    assert_string_equal(ask(t, "Yes please"), PERSON);
    assert_true(t->offer);
}

static void yes_to_anything_else_is_not_a_request(void **state)
{
    struct dialog *t = *state;

    go_on(t, "do you take paypal");
    assert_string_equal(ask(t, "yes"), REPHRASE);
    assert_false(t->offer);
}

static void reason_holds_the_beginning_of_a_long_message_on_one_line(void **state)
{
    struct dialog *t = *state;
    struct buf text = {0};

    buf_puts(&text, "I need a human\n");
    while (text.len < 400)
        buf_puts(&text, "\xc3\xa9");
    ask(t, buf_str(&text));
    buf_free(&text);
    assert_true(t->offer);
    assert_null(strchr(t->reason, '\n'));
    assert_true(strlen(t->reason) < 160);
    assert_non_null(strstr(t->reason, "\xc3\xa9\xe2\x80\xa6\""));
}

static void turn_without_a_question_is_answered_without_offer(void **state)
{
    struct dialog *t = *state;

    answer(t);
    assert_false(t->offer);
    say(t, ROLE_USER, "hello", "");
    say(t, ROLE_ASSISTANT, "Hello!", "");
    answer(t);
    assert_false(t->offer);
    t->n = 0;
    say(t, ROLE_USER, "agent please", "");
    t->entries[0].kind = ENTRY_CLOSED;
    answer(t);
    assert_false(t->offer);
    t->n = 0;
    ask(t, " \xf0\x9f\x98\x80 ");
    assert_false(t->offer);
}

static void entries_that_are_no_messages_are_no_turns(void **state)
{
    struct dialog *t = *state;

    go_on(t, "weather in paris");
    say(t, ROLE_SYSTEM, "weather in paris", "");
    t->entries[t->n - 1].kind = ENTRY_REOPENED;
    ask(t, "will it rain there");
    assert_true(t->offer);
}

static bool offered(struct dialog *t, const char *text)
{
    struct assistant_turn turn = {.chat = &t->chat, .entries = t->entries};
    bool decided;

    say(t, ROLE_USER, text, "");
    turn.n_entries = t->n;
    t->calls = 0;
    decided = assistant_rules_offer(t->rules, &turn, answered, t);
    assert_int_equal(t->calls, decided);
    return decided;
}

static void what_needs_people_is_decided_before_a_model_is_asked(void **state)
{
    struct dialog *t = *state;

    assert_true(offered(t, "agent please"));
    assert_true(t->offer);
    assert_string_equal(t->text, PERSON);
}

static void what_a_model_may_answer_is_left_to_it(void **state)
{
    struct dialog *t = *state;

    go_on(t, "weather in paris");
    assert_false(offered(t, "will it rain there"));
    t->n = 0;
    assert_false(offered(t, "hello"));
    t->n = 0;
    assert_false(offered(t, "where is my order?"));
}

static void name_and_list_are_those_of_the_options(void **state)
{
    struct dialog *t = *state;
    const struct rules_options o = {
        .name = "Robbie", .faq = "[{\"question\":\"Weather in Paris?\",\"answer\":\"Sunny.\"}]"};

    assistant_rules_free(t->rules);
    assert_int_equal(assistant_rules_new(&o, &t->rules), OK);
    assert_string_equal(assistant_rules_port(t->rules).name, "Robbie");
    assert_string_equal(ask(t, "how is the weather in paris"), "Sunny.");
    assert_string_equal(ask_first(t, "do you take paypal"), REPHRASE);
}

static void without_a_list_only_people_are_offered(void **state)
{
    struct dialog *t = *state;

    assistant_rules_free(t->rules);
    assert_int_equal(assistant_rules_new(&(struct rules_options){0}, &t->rules), OK);
    assert_non_null(strstr(ask(t, "hello"), "How can I help"));
    t->n = 0;
    go_on(t, "how long does shipping take?");
    assert_string_equal(t->text, REPHRASE);
    ask(t, "how much does shipping cost?");
    assert_true(t->offer);
    assert_string_equal(ask_first(t, "agent please"), PERSON);
}

static void wrong_file_is_refused_with_the_reason(void **state)
{
    struct buf detail = {0};
    struct rules *r = NULL;

    (void)state;
    assert_int_equal(
        assistant_rules_new(&(struct rules_options){.rules = "{", .detail = &detail}, &r),
        ERR_CONFIG);
    assert_string_equal(buf_str(&detail), "rules: not well-formed JSON");
    buf_clear(&detail);
    assert_int_equal(
        assistant_rules_new(&(struct rules_options){.faq = "[1]", .detail = &detail}, &r),
        ERR_CONFIG);
    assert_string_equal(buf_str(&detail), "faq: entry 1: must be an object");
    assert_int_equal(assistant_rules_new(&(struct rules_options){.faq = "[1]"}, &r), ERR_CONFIG);
    assert_null(r);
    buf_free(&detail);
}

/* 16 KB each; the time holds for a build with sanitizers. */
static void hostile_texts_are_answered_quickly(void **state)
{
    static const char *const pieces[] = {
        "a ",
        "talk to a ",
        "not not ",
        "human resources ",
        "don't need a ",
        "x",
        "is.a.",
        "\xcc\x81",
        "\xd8\xa7 ",
        "\xf0\x9f\x98\x80",
        "\xe2\x80\x8b",
        "to to a an any some ",
    };
    struct dialog *t = *state;

    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct buf b = {0};
        const clock_t begun = clock();

        while (b.len < 16384 - 32)
            buf_puts(&b, pieces[i]);
        t->n = 0;
        go_on(t, buf_str(&b));
        go_on(t, buf_str(&b));
        if (clock() - begun > CLOCKS_PER_SEC)
            fail_msg("\"%s\" took %ld ms", pieces[i], (clock() - begun) * 1000 / CLOCKS_PER_SEC);
        buf_free(&b);
    }
}

#define WITH_RULES(test) cmocka_unit_test_setup_teardown(test, with_rules, without_rules)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RULES(request_for_a_person_is_answered_with_understanding_and_the_button),
        WITH_RULES(answer_is_in_the_language_of_the_chat),
        WITH_RULES(answer_is_in_the_language_heard_when_the_chat_has_none),
        WITH_RULES(small_talk_is_answered_without_offer),
        WITH_RULES(greeting_before_a_question_does_not_hide_it),
        WITH_RULES(question_whether_a_person_answers_gets_the_truth_and_the_button),
        WITH_RULES(urgent_matter_is_offered_a_person_at_once),
        WITH_RULES(question_of_the_list_is_answered),
        WITH_RULES(question_that_fits_several_answers_lists_them),
        WITH_RULES(first_question_not_understood_is_asked_to_be_rephrased),
        WITH_RULES(second_question_not_understood_offers_a_person),
        WITH_RULES(answer_in_between_starts_the_count_again),
        WITH_RULES(two_messages_sent_before_any_answer_count_once),
        WITH_RULES(question_asked_again_offers_a_person),
        WITH_RULES(greeting_said_again_offers_nobody),
        WITH_RULES(yes_to_an_offer_is_a_request),
        WITH_RULES(yes_to_anything_else_is_not_a_request),
        WITH_RULES(reason_holds_the_beginning_of_a_long_message_on_one_line),
        WITH_RULES(turn_without_a_question_is_answered_without_offer),
        WITH_RULES(entries_that_are_no_messages_are_no_turns),
        WITH_RULES(what_needs_people_is_decided_before_a_model_is_asked),
        WITH_RULES(what_a_model_may_answer_is_left_to_it),
        WITH_RULES(name_and_list_are_those_of_the_options),
        WITH_RULES(without_a_list_only_people_are_offered),
        WITH_RULES(wrong_file_is_refused_with_the_reason),
        WITH_RULES(hostile_texts_are_answered_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
