#include "component/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER                                                                                     \
    "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "         \
    "xmlns='jabber:component:accept' from='support.example.org' id='abc'>"
#define TO " to='support.example.org'"
#define KEPT 16

struct world {
    struct stream *s;
    struct buf out;
    unsigned ready;
    struct stanza *in[KEPT];
    size_t in_len;
};

static void on_ready(void *ctx)
{
    struct world *w = ctx;

    w->ready++;
}

static void on_stanza(void *ctx, struct stanza *in)
{
    struct world *w = ctx;

    assert_true(w->in_len < KEPT);
    w->in[w->in_len++] = in;
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    const struct stream_handlers on = {on_ready, on_stanza, w};

    w->s = stream_new("support.example.org", "s3cret", &on);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    stream_free(w->s);
    for (size_t i = 0; i < w->in_len; i++)
        arena_free(w->in[i]->arena);
    buf_free(&w->out);
    free(w);
    return 0;
}

static enum err feed(struct world *w, const char *text)
{
    buf_clear(&w->out);
    return stream_feed(w->s, text, strlen(text), &w->out);
}

static void open_up(struct world *w)
{
    assert_int_equal(stream_open(w->s, &w->out), OK);
    assert_int_equal(feed(w, HEADER "<handshake/>"), OK);
    assert_true(w->ready > 0);
}

/* ---- the stream ------------------------------------------------------------------------------ */

static void handshake_proves_the_secret(void **state)
{
    struct world *w = *state;

    assert_int_equal(stream_open(w->s, &w->out), OK);
    assert_non_null(strstr(buf_str(&w->out), "<stream:stream "));
    assert_non_null(strstr(buf_str(&w->out), "xmlns=\"jabber:component:accept\""));
    assert_non_null(strstr(buf_str(&w->out), "to=\"support.example.org\""));
    assert_int_equal(feed(w, HEADER), OK);
    /* sha1("abc" "s3cret") */
    assert_string_equal(buf_str(&w->out), "<handshake xmlns='jabber:component:accept'>"
                                          "31998b73ea3a9f9924c37e68133695467a6701e6</handshake>");
    assert_int_equal(w->ready, 0);
    assert_int_equal(feed(w, "<handshake/>"), OK);
    assert_int_equal(w->ready, 1);
    assert_string_equal(buf_str(&w->out), "");
}

static void header_without_an_id_does_not_come_up(void **state)
{
    struct world *w = *state;

    assert_int_equal(stream_open(w->s, &w->out), OK);
    assert_int_equal(feed(w, "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
                             "xmlns='jabber:component:accept'>"),
                     OK);
    assert_int_equal(w->ready, 0);
    stream_close(w->s);
    assert_false(stream_how(w->s)->closed);
}

static void stanza_before_the_handshake_is_not_told(void **state)
{
    struct world *w = *state;

    assert_int_equal(stream_open(w->s, &w->out), OK);
    assert_int_equal(feed(w, HEADER "<message from='a@b'" TO "/>"), OK);
    assert_int_equal(w->in_len, 0);
}

static void stream_error_is_kept_with_its_text(void **state)
{
    struct world *w = *state;

    open_up(w);
    assert_int_equal(feed(w, "<stream:error>"
                             "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Sorry</text>"
                             "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                             "</stream:error>"),
                     OK);
    assert_int_equal(feed(w, "</stream:stream>"), ERR_CLOSED);
    assert_true(stream_how(w->s)->closed);
    assert_string_equal(stream_how(w->s)->condition, "conflict");
    assert_string_equal(stream_how(w->s)->text, "Sorry");
    assert_int_equal(feed(w, " "), ERR_CLOSED);
}

static void stream_error_without_end_is_known_after_close(void **state)
{
    struct world *w = *state;

    open_up(w);
    assert_int_equal(feed(w, "<stream:error><not-well-formed "
                             "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"),
                     OK);
    stream_close(w->s);
    assert_false(stream_how(w->s)->closed);
    assert_string_equal(stream_how(w->s)->condition, "not-well-formed");
}

static void broken_xml_is_told_and_nothing_is_sent(void **state)
{
    struct world *w = *state;

    open_up(w);
    assert_int_equal(feed(w, "<a></b>"), ERR_INVALID);
    assert_string_equal(buf_str(&w->out), "");
}

static void stream_opens_again_after_close(void **state)
{
    struct world *w = *state;

    for (unsigned i = 1; i <= 3; i++) {
        buf_clear(&w->out);
        open_up(w);
        assert_int_equal(w->ready, i);
        assert_int_equal(feed(w, "<message from='a@b'" TO "/><pres"), OK);
        assert_int_equal(w->in_len, i);
        stream_close(w->s);
        assert_int_equal(feed(w, "<message from='a@b'" TO "/>"), ERR_CLOSED);
    }
}

/* ---- stanzas --------------------------------------------------------------------------------- */

static void stanza_arrives_with_prepared_addresses_and_client_namespace(void **state)
{
    struct world *w = *state;
    const struct stanza *s;
    const struct xml *x;

    open_up(w);
    assert_int_equal(feed(w, "<message from='Ann@Example.org/Phone' to='R@Support.example.org' "
                             "id='m1' type='groupchat' xml:lang='de'><body>a &lt; b</body>"
                             "<x xmlns='urn:x'><y z='1'/>t<in xmlns='jabber:component:accept'/>"
                             "</x></message>"),
                     OK);
    assert_int_equal(w->in_len, 1);
    s = w->in[0];
    assert_int_equal(s->kind, STANZA_MESSAGE);
    assert_string_equal(s->from.full, "ann@example.org/Phone");
    assert_string_equal(s->to.full, "r@support.example.org");
    assert_string_equal(s->type, "groupchat");
    assert_string_equal(s->id, "m1");
    assert_string_equal(s->x->ns, NS_CLIENT);
    assert_string_equal(xml_get(s->x, "xml:lang"), "de");
    assert_string_equal(xml_content(s->arena, xml_find(s->x, "body", NS_CLIENT)), "a < b");
    x = xml_find(s->x, "x", "urn:x");
    assert_string_equal(xml_get(xml_find(x, "y", "urn:x"), "z"), "1");
    assert_non_null(xml_find(x, "in", NS_CLIENT));
    assert_null(xml_get(x, "xmlns"));
}

static void missing_type_and_id_have_their_defaults(void **state)
{
    struct world *w = *state;

    open_up(w);
    assert_int_equal(feed(w, "<message from='a@b'" TO "/><presence from='a@b'" TO "/>"), OK);
    assert_int_equal(w->in_len, 2);
    assert_string_equal(w->in[0]->type, "normal");
    assert_string_equal(w->in[1]->type, "");
    assert_string_equal(w->in[0]->id, "");
}

static void sender_forged_by_a_prefixed_attribute_is_not_believed(void **state)
{
    struct world *w = *state;

    open_up(w);
    assert_int_equal(feed(w, "<presence from='mallory@b/1' xmlns:x='urn:x' x:from='admin@b/1'" TO
                             " x:to='s@support.example.org' x:type='error'/>"
                             "<presence xmlns:y='urn:y' y:from='admin@b/1' from='mallory@b/1' "
                             "xml:from='admin@b/1'" TO "/>"),
                     OK);
    assert_int_equal(w->in_len, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(w->in[i]->from.bare, "mallory@b");
        assert_string_equal(w->in[i]->to.full, "support.example.org");
        assert_string_equal(w->in[i]->type, "");
    }
}

static void stanzas_without_usable_addresses_are_dropped(void **state)
{
    struct world *w = *state;

    open_up(w);
    assert_int_equal(feed(w, "<message" TO "/>"
                             "<message from='a@b'/>"
                             "<message from='a@'" TO "/>"
                             "<message from='a@b' to='@support.example.org'/>"
                             "<thing from='a@b'" TO "/>"
                             "<message xmlns='urn:x' from='a@b'" TO "/>"
                             "<message id='good' from='a@b'" TO "/>"),
                     OK);
    assert_int_equal(w->in_len, 1);
    assert_string_equal(w->in[0]->id, "good");
}

/* A message with n times open, then n times close. */
static void feed_message(struct world *w, const char *open, const char *close, size_t n)
{
    struct buf b = {0};

    buf_puts(&b, "<message from='a@b'" TO ">");
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, open);
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, close);
    buf_puts(&b, "</message>");
    assert_int_equal(feed(w, b.data), OK);
    buf_free(&b);
}

static void stanza_too_deep_is_dropped_and_the_stream_lives(void **state)
{
    struct world *w = *state;

    open_up(w);
    feed_message(w, "<a>", "</a>", STANZA_DEPTH_MAX);
    feed_message(w, "<a>", "</a>", 50000);
    assert_int_equal(w->in_len, 0);
    feed_message(w, "<a>", "</a>", STANZA_DEPTH_MAX - 1);
    assert_int_equal(w->in_len, 1);
}

static void stanza_too_large_is_dropped_and_the_stream_lives(void **state)
{
    struct world *w = *state;

    open_up(w);
    feed_message(w, "0123456789", "", STANZA_BYTES_MAX / 10);
    feed_message(w, "<a><b/><b/><b/></a>", "", STANZA_NODES_MAX / 4);
    feed_message(w, "<a/>", "", STANZA_NODES_MAX / 2);
    assert_int_equal(w->in_len, 0);
    feed_message(w, "<a><b/><b/><b/></a>", "", STANZA_NODES_MAX / 4 - 1);
    feed_message(w, "<a/>", "", STANZA_NODES_MAX / 4);
    feed_message(w, "0123456789", "", STANZA_BYTES_MAX / 10 - 20);
    assert_int_equal(w->in_len, 3);
}

static void stanza_marked_as_cut_by_its_sender_is_dropped(void **state)
{
    struct world *w = *state;

    open_up(w);
    assert_int_equal(feed(w, "<message from='a@b'" TO "><x><cut xmlns='urn:parley:cut'/></x>"
                             "</message><cut xmlns='urn:parley:cut' from='a@b'" TO "/>"),
                     OK);
    assert_int_equal(w->in_len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(handshake_proves_the_secret),
        TEST(header_without_an_id_does_not_come_up),
        TEST(stanza_before_the_handshake_is_not_told),
        TEST(stream_error_is_kept_with_its_text),
        TEST(stream_error_without_end_is_known_after_close),
        TEST(broken_xml_is_told_and_nothing_is_sent),
        TEST(stream_opens_again_after_close),
        TEST(stanza_arrives_with_prepared_addresses_and_client_namespace),
        TEST(missing_type_and_id_have_their_defaults),
        TEST(sender_forged_by_a_prefixed_attribute_is_not_believed),
        TEST(stanzas_without_usable_addresses_are_dropped),
        TEST(stanza_too_deep_is_dropped_and_the_stream_lives),
        TEST(stanza_too_large_is_dropped_and_the_stream_lives),
        TEST(stanza_marked_as_cut_by_its_sender_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
