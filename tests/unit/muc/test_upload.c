#include "component/muc/upload.h"

#include "tests/unit/muc/muc_world.h"

#include <string.h>

static const struct upload_service service = {
    .domain = "upload.example.org", .name = "Files", .version = "1", .file_max = 1000};

static struct upload_intent upload_of(struct world *w, const char *text)
{
    struct xml *x = xml_of(w->arena, text);
    struct upload_intent i;

    xml_attr(w->arena, x, "from", "sarah@example.org/phone");
    if (xml_get(x, "to") == NULL)
        xml_attr(w->arena, x, "to", "upload.example.org");
    upload_read(&service, stanza_of_xml(w->arena, x), &i);
    return i;
}

static const char *text_of(struct world *w, const struct xml *x)
{
    struct buf b = {0};
    const char *s;

    xml_write(&b, x, NS_CLIENT);
    s = arena_dup(w->arena, buf_str(&b));
    buf_free(&b);
    return s;
}

static const char *answer_to(struct world *w, const char *text)
{
    struct upload_intent i = upload_of(w, text);

    return i.kind == UPLOAD_REPLY ? text_of(w, i.reply) : "";
}

#define ASKED(attrs)                                                                               \
    "<iq type='get' id='1'><request xmlns='urn:xmpp:http:upload:0' " attrs "/></iq>"

static void request_says_name_size_and_type(void **state)
{
    struct upload_intent i =
        upload_of(*state, ASKED("filename='a b.png' size='1000' content-type='image/png'"));

    assert_int_equal(i.kind, UPLOAD_SLOT);
    assert_false(i.malformed);
    assert_string_equal(i.name, "a b.png");
    assert_string_equal(i.type, "image/png");
    assert_int_equal(i.size, 1000);
    assert_string_equal(upload_of(*state, ASKED("filename='a' size='1'")).type, "");
}

static void request_without_name_or_with_a_strange_size_is_malformed(void **state)
{
    static const char *const wrong[] = {
        ASKED("size='1'"),
        ASKED("filename='' size='1'"),
        ASKED("filename='a'"),
        ASKED("filename='a' size=''"),
        ASKED("filename='a' size='0'"),
        ASKED("filename='a' size='-1'"),
        ASKED("filename='a' size='1k'"),
        ASKED("filename='a' size='+1'"),
        ASKED("filename='a' size='9999999999999999999'"),
    };

    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        struct upload_intent i = upload_of(*state, wrong[k]);

        assert_int_equal(i.kind, UPLOAD_SLOT);
        assert_true(i.malformed);
    }
}

static void answers_have_the_form_that_clients_read(void **state)
{
    struct world *w = *state;
    struct upload_intent i = upload_of(w, ASKED("filename='a' size='1'"));

    assert_string_equal(
        text_of(w, upload_slot(&i, "https://x/p", "https://x/g")),
        "<iq type='result' from='upload.example.org' to='sarah@example.org/phone' id='1'>"
        "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://x/p'/><get url='https://x/g'/>"
        "</slot></iq>");
    assert_non_null(strstr(text_of(w, upload_too_large(&service, &i)),
                           "<error type='modify'><not-acceptable "));
    assert_non_null(strstr(text_of(w, upload_too_large(&service, &i)),
                           "<file-too-large xmlns='urn:xmpp:http:upload:0'>"
                           "<max-file-size>1000</max-file-size></file-too-large></error></iq>"));
    assert_non_null(strstr(text_of(w, upload_later(&i, 1500000000000, "Later.")),
                           "<retry xmlns='urn:xmpp:http:upload:0' "
                           "stamp='2017-07-14T02:40:00.000Z'/></error></iq>"));
}

static void discovery_tells_the_limit(void **state)
{
    const char *info = answer_to(
        *state,
        "<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");

    assert_non_null(strstr(info, "<identity category='store' type='file' name='Files'/>"));
    assert_non_null(strstr(info, "<feature var='urn:xmpp:http:upload:0'/>"));
    assert_non_null(strstr(info, "<field var='max-file-size'><value>1000</value></field>"));
    assert_non_null(strstr(
        answer_to(*state, "<iq type='get' id='1'>"
                          "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/></iq>"),
        "<item-not-found "));
    assert_non_null(
        strstr(answer_to(*state, "<iq type='get' id='1'>"
                                 "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>"),
               "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>"));
}

static void everything_else_is_answered_as_rfc_6120_wants(void **state)
{
    static const struct {
        const char *asked, *answer; /* NULL: none */
    } all[] = {
        {"<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "<iq type='result' "},
        {"<iq type='get' id='1'><query xmlns='jabber:iq:version'/></iq>", "<version>1</version>"},
        {"<iq type='get' id='1'><other xmlns='urn:x'/></iq>", "<service-unavailable "},
        {"<iq type='set' id='1'><request xmlns='urn:xmpp:http:upload:0'/></iq>",
         "<service-unavailable "},
        {"<iq type='get' id='1' to='x@upload.example.org'><ping xmlns='urn:xmpp:ping'/></iq>",
         "<service-unavailable "},
        {"<iq type='get' id='1'/>", "<bad-request "},
        {"<iq type='strange' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "<bad-request "},
        {"<iq type='result' id='1'/>", NULL},
        {"<iq type='error' id='1'/>", NULL},
        {"<message id='1'><body>hello</body></message>", "<service-unavailable "},
        {"<message type='error' id='1'/>", NULL},
        {"<presence/>", NULL},
        {"<presence type='subscribe'/>", NULL},
    };

    for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
        const char *answer = answer_to(*state, all[k].asked);

        if (all[k].answer == NULL)
            assert_string_equal(answer, "");
        else
            assert_non_null(strstr(answer, all[k].answer));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(request_says_name_size_and_type),
        TEST_IN_WORLD(request_without_name_or_with_a_strange_size_is_malformed),
        TEST_IN_WORLD(answers_have_the_form_that_clients_read),
        TEST_IN_WORLD(discovery_tells_the_limit),
        TEST_IN_WORLD(everything_else_is_answered_as_rfc_6120_wants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
