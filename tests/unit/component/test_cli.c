#include "component/cli.h"
#include "core/base/crypto.h"
#include "core/desk.h"
#include "db/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16
#define DEADLINE_TURNS 100000

/* A shell: a host whose database is in memory, and what was printed. */
struct world {
    struct cli_host host;
    struct store *store;
    struct bus *bus;
    struct desk *desk;
    int64_t now;
    char *out, *err;
    size_t out_len, err_len;
    const char *asked_file;
    enum err load_answer, check_answer, local_answer;
    int served;
    bool done;
};

/* ---- the host ------------------------------------------------------------------------------- */

static enum err load(void *ctx, const char *file, const char **control, const char **detail)
{
    struct world *w = ctx;

    w->asked_file = file;
    *control = "/nonexistent/parley.sock";
    *detail = "p.conf:3: unknown setting x";
    return w->load_answer;
}

static enum err check(void *ctx, const char **detail)
{
    const struct world *w = ctx;

    *detail = "faq.json: not well-formed JSON";
    return w->check_answer;
}

static void print(void *ctx, struct buf *out)
{
    (void)ctx;
    buf_puts(out, "settings in force\n");
}

static void describe(void *ctx, struct buf *out)
{
    (void)ctx;
    buf_puts(out, "all settings\n");
}

static int serve(void *ctx)
{
    struct world *w = ctx;

    w->served++;
    return 0;
}

struct local {
    struct world *world;
    manage_done_fn *done;
    void *done_ctx;
};

static void on_local(void *ctx, int exit_code, const char *out, const char *err)
{
    struct local *l = ctx;

    l->world->done = true;
    l->done(l->done_ctx, exit_code, out, err);
}

static void pump(struct world *w)
{
    for (int i = 0; i < DEADLINE_TURNS && !w->done; i++)
        store_pump(w->store);
    assert_true(w->done);
}

static enum err local(void *ctx, int argc, const char *const *argv, manage_done_fn *done,
                      void *done_ctx, const char **detail)
{
    struct world *w = ctx;
    struct local l = {.world = w, .done = done, .done_ctx = done_ctx};

    *detail = "";
    if (w->local_answer != OK)
        return w->local_answer;
    w->done = false;
    manage_run(w->desk, argc, argv, on_local, &l);
    pump(w);
    return OK;
}

/* ---- the desk ------------------------------------------------------------------------------- */

static int64_t now_ms(void *self)
{
    struct world *w = self;

    return w->now;
}

static void new_id(void *self, char out[ID_LEN + 1])
{
    (void)self;
    crypto_id(out);
}

static void no_answer(void *self, const struct assistant_turn *turn, assistant_done_fn *done,
                      void *ctx)
{
    (void)self;
    (void)turn;
    done(ctx, "Hello.", false, "");
}

static void on_step(void *ctx, enum err e, const struct desk_answer *a)
{
    struct world *w = ctx;

    (void)a;
    assert_int_equal(e, OK);
    w->done = true;
}

static int set_up(void **state)
{
    struct world *w = mem_alloc(sizeof(*w));
    struct desk_options o = {.texts = {.waiting = "w",
                                       .agent_joined = "%s",
                                       .agent_left = "%s",
                                       .closed = "c",
                                       .reopened = "r",
                                       .offer = "o"},
                             .messages_per_minute = 30,
                             .messages_burst = 10,
                             .escalations_per_hour = 3};

    assert_int_equal(crypto_init(), OK);
    assert_int_equal(store_open(":memory:", NULL, NULL, NULL, &w->store), OK);
    w->now = 1700000000000;
    w->bus = bus_new();
    o.store = store_port(w->store);
    o.time = (struct timer_port){.self = w, .now_ms = now_ms, .steady_ms = now_ms, .id = new_id};
    o.assistant = (struct assistant_port){.name = "Assistant", .answer = no_answer};
    w->desk = desk_new(&o, w->bus);
    desk_start(w->desk, on_step, w);
    pump(w);
    w->host = (struct cli_host){.ctx = w,
                                .load = load,
                                .check = check,
                                .print = print,
                                .describe = describe,
                                .serve = serve,
                                .local = local};
    *state = w;
    return 0;
}

static void forget(struct world *w)
{
    free(w->out);
    free(w->err);
    w->out = w->err = NULL;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    forget(w);
    store_close(w->store);
    desk_free(w->desk);
    bus_free(w->bus);
    free(w);
    return 0;
}

/* line: words with one space between; a word may hold ~ for a space. */
static int run(struct world *w, const char *line)
{
    char text[512];
    char *words[WORDS_MAX + 1] = {0}, *rest = NULL;
    int n = 0, code;

    forget(w);
    snprintf(text, sizeof(text), "parley %s", line);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        for (char *c = word; *c; c++)
            *c = *c == '~' ? ' ' : *c;
        assert_true(n < WORDS_MAX);
        words[n++] = word;
    }
    w->host.out = open_memstream(&w->out, &w->out_len);
    w->host.err = open_memstream(&w->err, &w->err_len);
    code = cli_run(n, words, &w->host);
    fclose(w->host.out);
    fclose(w->host.err);
    return code;
}

static void works(struct world *w, const char *line)
{
    int code = run(w, line);

    if (code != EXIT_DONE)
        print_message("%s -> %d %s", line, code, w->err);
    assert_int_equal(code, EXIT_DONE);
    assert_string_equal(w->err, "");
}

/* said: all of the error output but "parley: " and the newline */
static void fails(struct world *w, const char *line, int code, const char *said)
{
    char want[512];

    snprintf(want, sizeof(want), "parley: %s\n", said);
    assert_int_equal(run(w, line), code);
    assert_string_equal(w->err, want);
    assert_string_equal(w->out, "");
}

/* ---- usage ---------------------------------------------------------------------------------- */

static void wrong_usage_exits_2(void **state)
{
    struct world *w = *state;

    fails(w, "", 2, "no command given, see parley --help");
    fails(w, "agnet list", 2, "unknown command agnet, see parley --help");
    fails(w, "agent", 2, "after agent one of these must follow: add, list, remove, login-link");
    fails(w, "agent frob", 2,
          "after agent one of these must follow: add, list, remove, login-link");
    fails(w, "agent list --frob", 2, "unknown option --frob, see parley --help");
    fails(w, "agent list --name X", 2, "parley agent list has no option --name");
    fails(w, "agent list x", 2, "parley agent list: x is one word too many");
    fails(w, "agent add", 2, "parley agent add needs --name NAME");
    fails(w, "agent add --name X", 2, "parley agent add needs JID");
    fails(w, "agent add a@b --name", 2, "--name needs a value");
    fails(w, "agent add a@b --name X --role boss", 2, "--role must be one of agent|supervisor");
    fails(w, "chat list --limit 0", 2, "--limit must be a number from 1 to 200");
    fails(w, "chat list --limit 201", 2, "--limit must be a number from 1 to 200");
    fails(w, "chat list --limit -1", 2, "--limit must be a number from 1 to 200");
    fails(w, "chat list --filter some", 2, "--filter must be one of all|needs_response|assigned");
    fails(w, "version \xff", 2, "word 2 of the command line is not UTF-8 text");
    assert_int_equal(w->served, 0);
}

static void help_lists_every_command_and_its_options(void **state)
{
    static const char *const commands[] = {
        "serve",        "check-config",     "agent add",         "agent list",
        "agent remove", "organization add", "organization list", "chat list",
        "chat show",    "key add",          "key list",          "key remove",
        "version"};
    struct world *w = *state;
    char line[64];

    works(w, "--help");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        assert_non_null(strstr(w->out, commands[i]));
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        snprintf(line, sizeof(line), "%s --help", commands[i]);
        works(w, line);
        snprintf(line, sizeof(line), "Usage: parley %s", commands[i]);
        assert_int_equal(strncmp(w->out, line, strlen(line)), 0);
    }
    works(w, "help agent add");
    assert_non_null(strstr(w->out, "--skills A,B"));
    works(w, "help config");
    assert_string_equal(w->out, "all settings\n");
    works(w, "--version");
    assert_string_equal(w->out, "parley " PARLEY_VERSION "\n");
}

static void options_may_stand_anywhere(void **state)
{
    struct world *w = *state;

    works(w, "--json agent --config /x/p.conf list");
    assert_string_equal(w->asked_file, "/x/p.conf");
    assert_string_equal(w->out, "[]\n");
    setenv("POSIXLY_CORRECT", "1", 1);
    works(w, "agent list --json");
    unsetenv("POSIXLY_CORRECT");
    fails(w, "agent remove -- -x@y", 1, "there is no agent -x@y");
}

static void configuration_error_exits_78(void **state)
{
    struct world *w = *state;

    w->load_answer = ERR_CONFIG;
    fails(w, "serve", 78, "p.conf:3: unknown setting x");
    fails(w, "check-config", 78, "p.conf:3: unknown setting x");
    fails(w, "agent list", 78, "p.conf:3: unknown setting x");
    w->load_answer = OK;
    w->check_answer = ERR_CONFIG;
    fails(w, "check-config", 78, "faq.json: not well-formed JSON");
    assert_int_equal(w->served, 0);
}

static void checked_configuration_is_printed_when_asked(void **state)
{
    struct world *w = *state;

    works(w, "check-config");
    assert_string_equal(w->out, "");
    works(w, "check-config --print");
    assert_string_equal(w->out, "settings in force\n");
    works(w, "serve");
    assert_int_equal(w->served, 1);
}

static void database_in_use_says_so(void **state)
{
    struct world *w = *state;

    w->local_answer = ERR_LOCKED;
    fails(w, "agent list", 1,
          "another process has the database open, but nobody answers on its control socket");
    w->local_answer = ERR_IO;
    assert_int_equal(run(w, "agent list"), 1);
}

/* ---- management ----------------------------------------------------------------------------- */

static void added_agent_is_listed(void **state)
{
    struct world *w = *state;

    works(w, "agent add Sarah@Example.ORG --name ~Sarah~ --skills billing,~,dutch");
    assert_string_equal(w->out, "");
    works(w, "agent add bo@example.org --name Bo~Li --role supervisor");
    works(w, "agent list");
    assert_string_equal(w->out,
                        "JID                NAME   ORGANIZATION  ROLE        SKILLS\n"
                        "sarah@example.org  Sarah  default       agent       billing,dutch\n"
                        "bo@example.org     Bo Li  default       supervisor\n");
    works(w, "agent list --json");
    assert_non_null(strstr(w->out, "\"jid\":\"sarah@example.org\",\"name\":\"Sarah\","
                                   "\"organization\":\"default\",\"role\":\"agent\","
                                   "\"skills\":[\"billing\",\"dutch\"],"
                                   "\"createdAt\":\"2023-11-14T22:13:20.000Z\""));
}

static void wrong_agents_are_refused(void **state)
{
    struct world *w = *state;

    fails(w, "agent add example.org --name X", 1,
          "example.org is not the address of an account, like anna@example.org");
    fails(w, "agent add a@b/c --name X", 1,
          "a@b/c is not the address of an account, like anna@example.org");
    fails(w, "agent add a@b --name ~", 1,
          "--name must have 1 to 64 characters, none of them invisible");
    fails(w, "agent add a@b --name X --organization nope", 1, "there is no organization nope");
    works(w, "agent add a@b --name Sarah");
    assert_int_equal(run(w, "agent add a@b --name Other"), 1);
    assert_int_equal(run(w, "agent add c@b --name sarah"), 1);
    assert_string_equal(w->out, "");
}

static void removed_agent_is_gone(void **state)
{
    struct world *w = *state;

    works(w, "agent add a@b --name Sarah");
    works(w, "agent remove A@b");
    works(w, "agent list --json");
    assert_string_equal(w->out, "[]\n");
    fails(w, "agent remove a@b", 1, "there is no agent a@b");
}

static void organization_keeps_what_is_not_given(void **state)
{
    struct world *w = *state;

    works(w, "organization add shop --title The~Shop --origin https://a.example --origin "
             "http://localhost:8000");
    works(w, "organization add shop --title Shop");
    works(w, "organization list --json");
    assert_non_null(strstr(w->out, "{\"name\":\"shop\",\"title\":\"Shop\",\"origins\":"
                                   "[\"https://a.example\",\"http://localhost:8000\"],"
                                   "\"configured\":false}"));
    fails(w, "organization add Shop", 1,
          "an organization's name is a word of a-z, 0-9 and -, at most 32 long");
    fails(w, "organization add x --origin https://a/b", 1,
          "https://a/b is not an origin, like https://shop.example.org");
    fails(w, "organization add shop --origin https://a:443", 1,
          "https://a:443 is not an origin, like https://shop.example.org");
}

static void organization_of_the_file_is_read_only(void **state)
{
    struct world *w = *state;
    const struct organization o = {
        .name = "filed", .title = "F", .origins = "", .configured = true};

    w->done = false;
    desk_organization_put(w->desk, &o, on_step, w);
    pump(w);
    fails(w, "organization add filed --title X", 1,
          "filed is in the configuration file: change it there");
}

static void key_is_shown_once_listed_and_removed(void **state)
{
    struct world *w = *state;
    char token[TOKEN_LEN + 2], line[64], hash[16] = "";

    works(w, "agent add a@b --name Sarah");
    works(w, "key add a@b --label ci");
    assert_int_equal(strlen(w->out), TOKEN_LEN + 1);
    memcpy(token, w->out, TOKEN_LEN);
    token[TOKEN_LEN] = 0;
    works(w, "key list");
    assert_null(strstr(w->out, token));
    assert_non_null(strstr(w->out, "a@b    ci     2023-11-14T22:13:20.000Z\n"));
    works(w, "key list --json");
    memcpy(hash, strstr(w->out, "\"hash\":\"") + 8, 12);
    snprintf(line, sizeof(line), "key remove %s", hash);
    works(w, line);
    works(w, "key list --json");
    assert_string_equal(w->out, "[]\n");
    assert_int_equal(run(w, line), 1);
    fails(w, "key remove ab", 1,
          "a key is named by 4 or more digits of its hash, see parley key list");
    fails(w, "key add c@b", 1, "there is no agent c@b");
}

static char chat_id[ID_LEN + 1];

static void on_begun(void *ctx, enum err e, const struct desk_answer *a)
{
    struct world *w = ctx;

    assert_int_equal(e, OK);
    memcpy(chat_id, a->chat->id, sizeof(chat_id));
    w->done = true;
}

/* A chat of Anna's with one message of two lines that waits since one minute. */
static void begin_chat(struct world *w)
{
    const struct begin b = {.name = "Anna"};
    const struct post p = {.text = "first\nAgent: second"};
    const struct principal who = {.kind = WHO_CUSTOMER, .id = chat_id};

    w->done = false;
    desk_begin(w->desk, &b, on_begun, w);
    pump(w);
    w->done = false;
    desk_escalate(w->desk, &who, chat_id, "broken", "", on_step, w);
    pump(w);
    w->done = false;
    desk_post(w->desk, &who, chat_id, &p, on_step, w);
    pump(w);
    w->now += 61000;
}

static void chats_are_listed_by_filter(void **state)
{
    struct world *w = *state;
    char want[256];

    begin_chat(w);
    works(w, "chat list");
    snprintf(want, sizeof(want),
             "ID                          STATE    SINCE  ORGANIZATION  CUSTOMER  AGENT  REASON\n"
             "%s  waiting  1m     default       Anna             broken\n",
             chat_id);
    assert_string_equal(w->out, want);
    works(w, "chat list --filter assigned --json");
    assert_string_equal(w->out, "[]\n");
    works(w, "chat list --filter needs_response --json --limit 1");
    assert_non_null(strstr(w->out, chat_id));
    assert_non_null(strstr(w->out, "\"state\":\"waiting\""));
}

static void chats_are_listed_by_words(void **state)
{
    struct world *w = *state;

    begin_chat(w);
    works(w, "chat list --find ann --json");
    assert_non_null(strstr(w->out, chat_id));
    works(w, "chat list --find nna --json");
    assert_string_equal(w->out, "[]\n");
    fails(w, "chat list --find a.b.c.d.e.f.g.h.j", 1,
          "A search has at most 8 words and 256 bytes, and is text.");
}

static void shown_chat_has_its_log(void **state)
{
    struct world *w = *state;
    char line[64];

    begin_chat(w);
    snprintf(line, sizeof(line), "chat show %s", chat_id);
    works(w, line);
    assert_non_null(strstr(w->out, "State         waiting\n"));
    /* a customer cannot write a line that looks like another's */
    assert_non_null(strstr(w->out, "first\n                                    Agent: second\n"));
    snprintf(line, sizeof(line), "chat show %s --json", chat_id);
    works(w, line);
    assert_non_null(strstr(w->out, "\"content\":\"first\\nAgent: second\""));
    fails(w, "chat show nope", 1, "there is no chat nope");
    fails(w, "chat show aaaaaaaaaaaaaaaaaaaaaaaaaa", 1,
          "there is no chat aaaaaaaaaaaaaaaaaaaaaaaaaa");
}

static void on_ran(void *ctx, int exit_code, const char *out, const char *err)
{
    struct world *w = ctx;

    assert_int_equal(exit_code, EXIT_USAGE);
    assert_string_equal(out, "");
    assert_string_equal(err, "not a management command");
    w->done = true;
}

/* What the control socket could be asked for. */
static void other_commands_are_not_run_on_a_desk(void **state)
{
    static const char *const words[] = {"serve", "check-config", "version", "--help"};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *argv[] = {"parley", words[i]};

        w->done = false;
        manage_run(w->desk, 2, argv, on_ran, w);
        assert_true(w->done);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wrong_usage_exits_2),
        CASE(help_lists_every_command_and_its_options),
        CASE(options_may_stand_anywhere),
        CASE(configuration_error_exits_78),
        CASE(checked_configuration_is_printed_when_asked),
        CASE(database_in_use_says_so),
        CASE(added_agent_is_listed),
        CASE(wrong_agents_are_refused),
        CASE(removed_agent_is_gone),
        CASE(organization_keeps_what_is_not_given),
        CASE(organization_of_the_file_is_read_only),
        CASE(key_is_shown_once_listed_and_removed),
        CASE(chats_are_listed_by_filter),
        CASE(chats_are_listed_by_words),
        CASE(shown_chat_has_its_log),
        CASE(other_commands_are_not_run_on_a_desk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
