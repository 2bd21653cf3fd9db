#include "webbridge/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CHAT "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AGENT "bbbbbbbbbbbbbbbbbbbbbbbbbb"

struct world {
    struct arena *arena;
    struct directory *people;
    struct queue *queue;
    struct viewer customer, agent;
    struct chat chat;
    struct entry message, joined;
};

static void fill_entries(struct world *w)
{
    w->message = (struct entry){.id = "mmmmmmmmmmmmmmmmmmmmmmmmmm",
                                .room = CHAT,
                                .seq = 9,
                                .pos = 4,
                                .created_ms = 1700000000123,
                                .kind = ENTRY_MESSAGE,
                                .role = ROLE_AGENT,
                                .audience = AUDIENCE_PUBLIC,
                                .sender_id = AGENT,
                                .sender_name = "Sarah",
                                .text = "Hi\n\"you\"",
                                .data = "",
                                .client_id = "key-1",
                                .stanza_id = "",
                                .payload = ""};
    w->joined = w->message;
    w->joined.kind = ENTRY_AGENT_JOINED;
    w->joined.role = ROLE_SYSTEM;
    w->joined.text = "✅ Support Agent Sarah has joined the chat";
    w->joined.data = "{\"agentId\":\"" AGENT "\",\"agentName\":\"Sarah\",\"secret\":\"x\"}";
}

static int setup(void **state)
{
    struct arena *a = arena_new();
    struct world *w = arena_new_of(a, struct world);
    struct agent sarah = {.id = AGENT,
                          .jid = "sarah@example.org",
                          .name = "Sarah",
                          .organization = "default",
                          .skills = ""};

    w->arena = a;
    w->people = directory_new();
    w->queue = queue_new();
    directory_put_agent(w->people, &sarah);
    w->customer = (struct viewer){w->people, w->queue, WHO_CUSTOMER, CHAT, NULL, NULL};
    w->agent = (struct viewer){w->people, w->queue, WHO_AGENT, AGENT, "rooms.example", NULL};
    w->chat = (struct chat){.id = CHAT,
                            .organization = "default",
                            .name = "Alice",
                            .email = "alice@example.org",
                            .external_id = "",
                            .locale = "",
                            .page = "",
                            .escalation_reason = "",
                            .assigned_to = AGENT,
                            .last_seq = 9,
                            .last_pos = 4};
    fill_entries(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    directory_free(w->people);
    queue_free(w->queue);
    arena_free(w->arena);
    return 0;
}

static const char *printed(struct world *w, struct json *j)
{
    const char *text = json_print(w->arena, j);

    json_free(j);
    return text;
}

static void customer_sees_position_and_no_address_of_an_agent(void **state)
{
    struct world *w = *state;

    assert_string_equal(
        printed(w, view_message(&w->customer, &w->chat, &w->message)),
        "{\"id\":\"mmmmmmmmmmmmmmmmmmmmmmmmmm\",\"content\":\"Hi\\n\\\"you\\\"\",\"role\":"
        "\"AGENT\","
        "\"createdAt\":\"2023-11-14T22:13:20.123Z\",\"sender\":{\"id\":\"" AGENT
        "\",\"name\":\"Sarah\",\"email\":null,\"avatar\":null},\"seq\":4,\"clientId\":null,"
        "\"actions\":[],\"attachments\":[],\"editedAt\":null,\"deletedAt\":null}");
}

static void author_sees_its_key_and_agents_the_log_number(void **state)
{
    struct world *w = *state;
    const char *text = printed(w, view_message(&w->agent, &w->chat, &w->message));

    assert_non_null(strstr(text, "\"seq\":9"));
    assert_non_null(strstr(text, "\"clientId\":\"key-1\""));
    assert_non_null(strstr(text, "\"email\":\"sarah@example.org\""));
}

static void staff_entries_and_subjects_are_hidden_from_customers(void **state)
{
    struct world *w = *state;
    struct entry note = w->message, subject = w->message;

    note.audience = AUDIENCE_STAFF;
    note.pos = 0;
    subject.kind = ENTRY_SUBJECT;
    assert_true(view_sees(&w->customer, &w->message));
    assert_false(view_sees(&w->customer, &note));
    assert_true(view_sees(&w->agent, &note));
    assert_false(view_sees(&w->customer, &subject));
    assert_false(view_sees(&w->agent, &subject));
}

static void files_that_were_sent_along_are_passed_on(void **state)
{
    struct world *w = *state;

    w->message.data = "{\"attachments\":[{\"url\":\"https://x/files/a/b\",\"size\":1}]}";
    assert_non_null(strstr(printed(w, view_message(&w->customer, &w->chat, &w->message)),
                           "\"attachments\":[{\"url\":\"https://x/files/a/b\",\"size\":1}]"));
}

static void actions_of_the_assistant_are_passed_on(void **state)
{
    struct world *w = *state;
    const char *text;

    w->message.data = "{\"actions\":[{\"type\":\"escalate\",\"label\":\"Connect\"}]}";
    text = printed(w, view_message(&w->customer, &w->chat, &w->message));
    assert_non_null(strstr(text, "\"actions\":[{\"type\":\"escalate\",\"label\":\"Connect\"}]"));
}

static void corrected_message_shows_its_last_text_and_when(void **state)
{
    struct world *w = *state;
    const char *text;

    w->message.shown = "Hello";
    w->message.edited_ms = 1700000001000;
    text = printed(w, view_message(&w->customer, &w->chat, &w->message));
    assert_non_null(strstr(text, "\"content\":\"Hello\""));
    assert_non_null(strstr(text, "\"editedAt\":\"2023-11-14T22:13:21.000Z\""));
}

static void correction_names_its_message_and_is_no_line_of_the_history(void **state)
{
    struct world *w = *state;
    struct entry edit = w->message, gone;
    const char *text;

    edit.kind = ENTRY_EDITED;
    edit.text = "Hello";
    memcpy(edit.ref, "rrrrrrrrrrrrrrrrrrrrrrrrrr", sizeof(edit.ref));
    gone = edit;
    gone.kind = ENTRY_DELETED;
    text = view_event(w->arena, &w->customer, &w->chat, &edit);
    assert_non_null(strstr(text, "\"event\":\"message_updated\""));
    assert_non_null(strstr(text, "\"id\":\"rrrrrrrrrrrrrrrrrrrrrrrrrr\",\"content\":\"Hello\""));
    text = view_event(w->arena, &w->customer, &w->chat, &gone);
    assert_non_null(strstr(text, "\"event\":\"message_deleted\""));
    assert_null(strstr(text, "content"));
    assert_false(view_lists(&w->agent, &edit));
    assert_false(view_lists(&w->agent, &gone));
    assert_true(view_lists(&w->customer, &w->message));
}

static void happening_is_a_system_message_in_the_history(void **state)
{
    struct world *w = *state;
    const char *text = printed(w, view_message(&w->customer, &w->chat, &w->joined));

    assert_non_null(strstr(text, "\"role\":\"SYSTEM\""));
    assert_non_null(strstr(text, "\"event\":\"agent_joined\""));
}

static void event_is_in_the_documented_envelope(void **state)
{
    struct world *w = *state;
    struct buf out = {0};

    frame_put_entry(&out, &w->customer, "abcdefgh", 4, &w->chat, &w->joined);
    assert_string_equal(
        buf_str(&out),
        "id: abcdefgh-4\nevent: agent_joined\ndata: {\"type\":\"broadcast\",\"event\":"
        "\"agent_joined\",\"channel\":\"chat:" CHAT
        ":agent_joined\",\"payload\":{\"agentId\":\"" AGENT
        "\",\"agentName\":\"Sarah\",\"timestamp\":\"2023-11-14T22:13:20.123Z\",\"text\":"
        "\"✅ Support Agent Sarah has joined the chat\",\"id\":\"mmmmmmmmmmmmmmmmmmmmmmmmmm\","
        "\"seq\":4}}\n\n");
    buf_free(&out);
}

static void text_with_line_ends_stays_in_one_frame(void **state)
{
    struct world *w = *state;
    struct buf out = {0};
    int lines = 0;

    w->message.text = "a\n\nid: x-9\n\nevent: reset\r\n";
    frame_put_entry(&out, &w->agent, "abcdefgh", view_number(&w->agent, &w->message), &w->chat,
                    &w->message);
    for (size_t i = 0; i < out.len; i++)
        lines += out.data[i] == '\n';
    assert_int_equal(lines, 4);
    assert_null(memchr(out.data, '\r', out.len));
    buf_free(&out);
}

static void chat_has_the_documented_members(void **state)
{
    static const char *const members[] = {
        "id",           "escalationRequested", "escalationReason", "escalationRequestedAt",
        "assignedToId", "assignedAt"};
    struct world *w = *state;
    struct json *o = view_chat(&w->customer, &w->chat);

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        assert_non_null(json_get(o, members[i]));
    assert_null(strstr(json_print(w->arena, o), "sarah@example.org"));
    json_free(o);
}

static void point_of_this_log_is_read(void **state)
{
    int64_t at = -1;

    (void)state;
    assert_int_equal(frame_read_point("abcdefgh-3", "abcdefgh", 9, &at), FRAME_AT);
    assert_int_equal(at, 3);
    assert_int_equal(frame_read_point("abcdefgh-9", "abcdefgh", 9, &at), FRAME_AT);
    assert_int_equal(frame_read_point("abcdefgh-0", "abcdefgh", 0, &at), FRAME_AT);
    assert_int_equal(frame_read_point(NULL, "abcdefgh", 9, &at), FRAME_NONE);
    assert_int_equal(frame_read_point("", "abcdefgh", 9, &at), FRAME_NONE);
}

static void point_of_another_log_is_gone(void **state)
{
    static const char *const gone[] = {
        "abcdefgx-3",  "abcdefgh-10", "abcdefgh-", "abcdefgh",    "abcdefgh--1",
        "abcdefgh-3x", "3",           "-3",        "abcdefgh-+3", "abcdefgh-99999999999999999999"};
    int64_t at;

    (void)state;
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
        assert_int_equal(frame_read_point(gone[i], "abcdefgh", 9, &at), FRAME_GONE);
    assert_int_equal(frame_read_point("-3", "", 9, &at), FRAME_GONE);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(customer_sees_position_and_no_address_of_an_agent),
        WORLD(author_sees_its_key_and_agents_the_log_number),
        WORLD(staff_entries_and_subjects_are_hidden_from_customers),
        WORLD(actions_of_the_assistant_are_passed_on),
        WORLD(files_that_were_sent_along_are_passed_on),
        WORLD(corrected_message_shows_its_last_text_and_when),
        WORLD(correction_names_its_message_and_is_no_line_of_the_history),
        WORLD(happening_is_a_system_message_in_the_history),
        WORLD(event_is_in_the_documented_envelope),
        WORLD(text_with_line_ends_stays_in_one_frame),
        WORLD(chat_has_the_documented_members),
        cmocka_unit_test(point_of_this_log_is_read),
        cmocka_unit_test(point_of_another_log_is_gone),
    };

    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
