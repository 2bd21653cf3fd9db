/* component/assistant/rules.json: who wants a person, and who does not. */
#include "component/assistant/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What people write who want a person, and what must not be taken for it. */
static const char *const requests[] = {
    "I need to speak to a human",
    "can I talk to a real person",
    "agent please",
    "human",
    "Human!!",
    "HUMAN PLEASE",
    "hi, can I speak with someone?",
    "Hello, agent please",
    "I want to talk to a person",
    "let me talk to your manager",
    "get me a human now",
    "connect me to an agent",
    "please transfer me to customer service",
    "I'd like to chat with a representative",
    "talk to support",
    "i need human help",
    "is there a real person I can talk to?",
    "is anyone there?",
    "I don't want to talk to a bot",
    "I don't want a robot, I want a human",
    "live chat",
    "real person",
    "representative",
    "AGENT AGENT AGENT",
    "Agent! Agent!",
    "Hello, human",
    "customer service",
    "Why can't I talk to a human?",
    "put me through to an operator",
    "I'm tired of bots",
    "escalate this please",
    "can i speak to a human being",
    "speak to an actual person",
    "I would like a human agent",
    "may i speak to somebody from your team",
    "ich möchte mit einem Menschen sprechen",
    "Kann ich bitte mit einem Mitarbeiter reden?",
    "Mitarbeiter",
    "echter Mensch",
    "verbinden Sie mich mit dem Kundenservice",
    "ich will keinen Bot",
    "kann ich mit jemandem sprechen",
    "ich brauche einen echten Menschen",
    "je veux parler à un humain",
    "je voudrais parler à quelqu'un",
    "Puis-je parler avec un conseiller ?",
    "un conseiller svp",
    "j'ai besoin d'un humain",
    "mettez-moi en relation avec un agent",
    "service client",
    "quiero hablar con una persona",
    "necesito un agente",
    "¿Puedo hablar con un humano?",
    "hablar con alguien",
    "agente por favor",
    "atención al cliente",
    "vorrei parlare con un operatore",
    "operatore",
    "voglio parlare con una persona reale",
    "posso parlare con qualcuno?",
    "quero falar com um atendente",
    "preciso falar com uma pessoa",
    "atendente humano",
    "falar com alguém",
    "ik wil met een mens praten",
    "kan ik een medewerker spreken",
    "medewerker",
    "ik wil graag met iemand praten",
    "chcę rozmawiać z człowiekiem",
    "chce rozmawiac z konsultantem",
    "konsultant",
    "proszę połączyć mnie z konsultantem",
    "bir insanla konuşmak istiyorum",
    "müşteri temsilcisi",
    "müşteri temsilcisine bağlanmak istiyorum",
    "gerçek biriyle görüşmek istiyorum",
    "yetkiliyle görüşebilir miyim",
    "хочу поговорить с человеком",
    "оператор",
    "соедините меня с оператором",
    "позовите менеджера",
    "мне нужен живой человек",
    "أريد التحدث مع إنسان",
    "أريد التحدث إلى موظف",
    "موظف",
    "خدمة العملاء",
    "شخص حقيقي",
};

static const char *const no_requests[] = {
    "human resources policy",
    "estate agent",
    "I am an estate agent",
    "I don't need a human",
    "I do not want to talk to a human",
    "No need for an agent",
    "do you sell human hair wigs?",
    "is this soap a cleaning agent?",
    "who sells travel agent uniforms",
    "how many people live in Paris",
    "this is for one person",
    "password manager",
    "no human needed",
    "I need a gift for a person",
    "ich möchte nicht mit einem Menschen sprechen",
    "Preis pro Person",
    "ich brauche keinen Mitarbeiter",
    "je ne veux pas parler à un humain",
    "agent immobilier",
    "pas besoin d'un conseiller",
    "no quiero hablar con una persona",
    "derechos humanos",
    "non voglio parlare con un operatore",
    "não quero falar com um atendente",
    "ik wil niet met een mens praten",
    "nie chcę rozmawiać z człowiekiem",
    "bir insanla konuşmak istemiyorum",
    "insan kaynakları",
    "не хочу говорить с человеком",
    "права человека",
    "لا أريد التحدث مع إنسان",
    "حقوق الإنسان",
    "hello",
    "thanks!",
    "weather in paris",
    "where is my order",
    "what is your return policy",
    "I'd rather not talk to an agent",
    "can I pay with a card",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct rules *rules;

static int with_rules(void **state)
{
    (void)state;
    return assistant_rules_new(&(struct rules_options){0}, &rules) == OK ? 0 : -1;
}

static int without_rules(void **state)
{
    (void)state;
    assistant_rules_free(rules);
    return 0;
}

static void note_human(void *ctx, const char *text, bool offer, const char *reason)
{
    (void)text;
    *(bool *)ctx = offer && strncmp(reason, "Asked for a person", 18) == 0;
}

static bool asks_for_human(const char *text, const char *locale)
{
    const struct chat chat = {.locale = locale};
    const struct entry e = {.kind = ENTRY_MESSAGE, .role = ROLE_USER, .text = text, .data = ""};
    const struct assistant_turn turn = {.chat = &chat, .entries = &e, .n_entries = 1};
    const struct assistant_port port = assistant_rules_port(rules);
    bool human = false;

    port.answer(port.self, &turn, note_human, &human);
    return human;
}

static void requests_for_a_person_are_heard_in_many_words_and_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        if (!asks_for_human(requests[i], ""))
            fail_msg("not heard: %s", requests[i]);
    }
}

static void requests_are_heard_whatever_the_language_of_the_chat(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        if (!asks_for_human(requests[i], "de") || !asks_for_human(requests[i], "xx"))
            fail_msg("not heard: %s", requests[i]);
    }
}

static void what_only_looks_like_a_request_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(no_requests); i++) {
        if (asks_for_human(no_requests[i], ""))
            fail_msg("heard: %s", no_requests[i]);
    }
}

static void request_within_a_long_message_is_heard(void **state)
{
    (void)state;
    assert_true(asks_for_human("Hello, my parcel came late and one thing is missing.\n"
                               "I don't want a refund, I want to talk to a person!",
                               "en"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_for_a_person_are_heard_in_many_words_and_languages),
        cmocka_unit_test(requests_are_heard_whatever_the_language_of_the_chat),
        cmocka_unit_test(what_only_looks_like_a_request_is_none),
        cmocka_unit_test(request_within_a_long_message_is_heard),
    };

    return cmocka_run_group_tests(tests, with_rules, without_rules);
}
