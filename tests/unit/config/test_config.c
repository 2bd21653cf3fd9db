#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/parley-test-XXXXXX");
    unsetenv("PARLEY_XMPP_SECRET");
    unsetenv("CREDENTIALS_DIRECTORY");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"p.conf", "more.conf", "secret", "faq.json"};
    char file[128];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(file, sizeof(file), "%s/%s", dir, names[i]);
        unlink(file);
    }
    return rmdir(dir);
}

static const char *put_file(const char *name, const char *text)
{
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static struct config *load(const char *text)
{
    struct config *c = NULL;
    const char *detail = "";
    enum err e = config_load(put_file("p.conf", text), &c, &detail);

    if (e != OK)
        print_message("%s\n", detail);
    assert_int_equal(e, OK);
    return c;
}

/* said: what must stand behind "FILE:LINE: ", and in which line. */
static void refuse(const char *text, int line, const char *said)
{
    struct config *c = NULL;
    const char *detail = "";
    char want[512];

    assert_int_equal(config_load(put_file("p.conf", text), &c, &detail), ERR_CONFIG);
    assert_null(c);
    snprintf(want, sizeof(want), "%s/p.conf:%d: %s", dir, line, said);
    assert_string_equal(detail, want);
}

static void no_file_gives_defaults(void **state)
{
    struct config *c = NULL;
    const char *detail = "";

    (void)state;
    assert_int_equal(config_load(NULL, &c, &detail), OK);
    assert_string_equal(c->file, "");
    assert_string_equal(c->http.listen, "127.0.0.1:8480");
    assert_string_equal(c->xmpp.domain, "support.localhost");
    assert_string_equal(c->xmpp.secret, "");
    assert_int_equal(c->xmpp.port, 5347);
    assert_int_equal(c->xmpp.pause_max_ms, 60000);
    assert_string_equal(c->store.control, "parley.db.sock");
    assert_int_equal(c->limits.chats_per_minute, 5);
    assert_int_equal(c->limits.body_bytes, 65536);
    assert_string_equal(c->texts.agent_joined, "✅ Support Agent %s has joined the chat");
    assert_string_equal(c->assistant.faq, "");
    assert_int_equal(c->log_level, LOG_INFO);
    assert_int_equal(c->n_organizations, 0);
    config_free(c);
}

static void given_settings_replace_defaults(void **state)
{
    struct config *c =
        load("http: { listen = \"unix:/run/p.sock\"; public_url = \"https://c.example/\";\n"
             "  trusted_proxies = [\"127.0.0.1/8\", \"::1\"]; };\n"
             "xmpp: { port = 5348; secret = \"s3cret\"; claim_on = \"message\"; };\n"
             "store: { path = \"/x/y.db\"; };\n"
             "limits: { linger_hours = 0; };\n"
             "log: { level = \"debug\"; };\n");

    (void)state;
    assert_string_equal(c->http.listen, "unix:/run/p.sock");
    assert_string_equal(c->http.public_url, "https://c.example");
    assert_string_equal(c->http.trusted_proxies, "127.0.0.1/8 ::1");
    assert_int_equal(c->xmpp.port, 5348);
    assert_string_equal(c->xmpp.secret, "s3cret");
    assert_string_equal(c->xmpp.claim_on, "message");
    assert_string_equal(c->store.control, "/x/y.db.sock");
    assert_int_equal(c->limits.linger_hours, 0);
    assert_int_equal(c->log_level, LOG_DEBUG);
    config_free(c);
}

static void misspelt_setting_names_the_right_one(void **state)
{
    (void)state;
    refuse("xmpp: {\n  secrte = \"x\";\n};\n", 2,
           "unknown setting xmpp.secrte, did you mean xmpp.secret?");
    refuse("htpp: { listen = \"x\"; };\n", 1, "unknown setting htpp, did you mean http?");
    refuse("domain = \"x\";\n", 1, "unknown setting domain, did you mean xmpp.domain?");
    refuse("organisations: ();\n", 1, "unknown setting organisations, did you mean organizations?");
    refuse("zzzzzzzzzz: { b = 1; };\n", 1, "unknown setting zzzzzzzzzz");
}

static void wrong_type_is_refused_with_its_line(void **state)
{
    (void)state;
    refuse("xmpp: {\n port = \"5347\";\n};\n", 2, "xmpp.port must be a whole number");
    refuse("xmpp: {\n host = 1;\n};\n", 2, "xmpp.host must be a text in quotes");
    refuse("xmpp = 3;\n", 1, "xmpp must be a group: xmpp: { ... };");
    refuse("http: { trusted_proxies = 7; };\n", 1,
           "http.trusted_proxies must be a list: [\"...\", \"...\"]");
    refuse("http: { trusted_proxies = [7]; };\n", 1,
           "http.trusted_proxies: each item must be a numeric address, perhaps with /BITS");
    refuse("http: { trusted_proxies = [\"10.0.0.0/33\"]; };\n", 1,
           "http.trusted_proxies: each item must be a numeric address, perhaps with /BITS");
    refuse("organizations = 3;\n", 1, "organizations must be a list: ( {name = \"...\";}, ... )");
}

static void value_out_of_range_is_refused(void **state)
{
    static const char public_url[] = "http.public_url must be http(s)://HOST[:PORT] in lower case, "
                                     "without a usual port, or \"\"";

    (void)state;
    refuse("xmpp: { port = 0; };", 1, "xmpp.port must be from 1 to 65535");
    refuse("xmpp: { port = 4294967296L; };", 1, "xmpp.port must be from 1 to 65535");
    refuse("xmpp: { claim_on = \"luck\"; };", 1,
           "xmpp.claim_on must be one of join|message|command");
    refuse("xmpp: { claim_on = \"join|message\"; };", 1,
           "xmpp.claim_on must be one of join|message|command");
    refuse("xmpp: { domain = \"Support.localhost\"; };", 1,
           "xmpp.domain must be a domain in lower case");
    refuse("http: { listen = \"8480\"; };", 1,
           "http.listen must be 127.0.0.1:8480, [::1]:8480 or unix:PATH");
    refuse("http: { listen = \"127.0.0.1:65536\"; };", 1,
           "http.listen must be 127.0.0.1:8480, [::1]:8480 or unix:PATH");
    refuse("http: { public_url = \"chat.example\"; };", 1, public_url);
    refuse("http: { public_url = \"https://Chat.example\"; };", 1, public_url);
    refuse("http: { public_url = \"https://chat.example:443\"; };", 1, public_url);
    refuse("http: { public_url = \"https://chat.example/below\"; };", 1, public_url);
    refuse("store: { path = \"\"; };", 1, "store.path must be text that is not empty");
    refuse("texts: { closed = \"\xff\"; };", 1,
           "texts.closed is not UTF-8, or has a control character");
}

static void joined_text_must_hold_the_name_once(void **state)
{
    static const char said[] = "texts.agent_joined must be text with exactly one %s and no other %";

    (void)state;
    config_free(load("texts: { agent_joined = \"%s is here\"; };"));
    refuse("texts: { agent_joined = \"hello\"; };", 1, said);
    refuse("texts: { agent_joined = \"%s %s\"; };", 1, said);
    refuse("texts: { agent_joined = \"%s 100%\"; };", 1, said);
    refuse("texts: { agent_joined = \"%n\"; };", 1, said);
    refuse("texts: { agent_joined = \"%%s\"; };", 1, said);
}

static void broken_file_is_refused_with_its_line(void **state)
{
    struct config *c = NULL;
    const char *detail = "";

    (void)state;
    refuse("xmpp: {\n port = ;\n};\n", 2, "syntax error");
    refuse("xmpp: { port = 1; };\nxmpp: { port = 2; };\n", 2, "duplicate setting name");
    assert_int_equal(config_load("/nonexistent/p.conf", &c, &detail), ERR_CONFIG);
    assert_string_equal(detail, "/nonexistent/p.conf: cannot open: No such file or directory");
    assert_int_equal(config_load("/tmp", &c, &detail), ERR_CONFIG);
    assert_string_equal(detail, "/tmp: is a directory");
}

static void included_file_counts_and_is_named_in_errors(void **state)
{
    char text[256], want[256];
    struct config *c;
    const char *detail = "";

    (void)state;
    put_file("more.conf", "xmpp: { port = 9; };\n");
    snprintf(text, sizeof(text), "@include \"%s/more.conf\"\n", dir);
    c = load(text);
    assert_int_equal(c->xmpp.port, 9);
    config_free(c);

    put_file("more.conf", "\nxmpp: { prot = 9; };\n");
    assert_int_equal(config_load(put_file("p.conf", text), &c, &detail), ERR_CONFIG);
    snprintf(want, sizeof(want),
             "%s/more.conf:2: unknown setting xmpp.prot, did you mean xmpp.port?", dir);
    assert_string_equal(detail, want);
}

static void organizations_are_read(void **state)
{
    struct config *c = load("organizations: (\n"
                            "  {name = \"shop\"; title = \"The Shop\";\n"
                            "   origins = [\"https://a.example\", \"http://localhost:8000\"];},\n"
                            "  {name = \"b-2\";});\n");

    (void)state;
    assert_int_equal(c->n_organizations, 2);
    assert_string_equal(c->organizations[0].name, "shop");
    assert_string_equal(c->organizations[0].title, "The Shop");
    assert_string_equal(c->organizations[0].origins, "https://a.example http://localhost:8000");
    assert_string_equal(c->organizations[1].title, "b-2");
    assert_string_equal(c->organizations[1].origins, "");
    config_free(c);
}

static void wrong_organizations_are_refused(void **state)
{
    (void)state;
    refuse("organizations: (\n {title = \"x\";});", 2, "this organization has no name");
    refuse("organizations: (3);", 1, "each organization must be a group {name = \"...\";}");
    refuse("organizations: (\n {name = \"A b\";});", 2,
           "name must be a word of a-z, 0-9 and -, at most 32 long");
    refuse("organizations: (\n {name = \"a\";},\n {name = \"a\";});", 3,
           "there are two organizations called a");
    refuse("organizations: (\n {name = \"a\"; colour = 1;});", 2,
           "unknown setting colour of an organization: only name, title, origins, "
           "identity_secret_file");
    refuse("organizations: (\n {name = \"a\"; origins = [\"https://x/y\"];});", 2,
           "origins: each item must be https://HOST[:PORT], in lower case, without a usual port");
    refuse("organizations: (\n {name = \"a\"; origins = [\"http://x:80\"];});", 2,
           "origins: each item must be https://HOST[:PORT], in lower case, without a usual port");
}

static void secret_comes_from_a_private_file(void **state)
{
    char text[256], said[300];
    struct config *c;

    (void)state;
    chmod(put_file("secret", "from file\n"), 0600);
    snprintf(text, sizeof(text), "xmpp: { secret_file = \"%s/secret\"; };", dir);
    c = load(text);
    assert_string_equal(c->xmpp.secret, "from file");
    config_free(c);

    snprintf(path, sizeof(path), "%s/secret", dir);
    chmod(path, 0640);
    snprintf(said, sizeof(said), "%s/secret is open to others: chmod 600 it", dir);
    refuse(text, 1, said);
    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    config_free(load(text));
    unsetenv("CREDENTIALS_DIRECTORY");

    chmod(put_file("secret", "\n"), 0600);
    snprintf(said, sizeof(said), "%s/secret is empty", dir);
    refuse(text, 1, said);
    snprintf(text, sizeof(text), "xmpp: { secret = \"x\"; secret_file = \"%s/secret\"; };", dir);
    refuse(text, 1, "give xmpp.secret or xmpp.secret_file, not both");
}

static void organizations_secret_comes_from_a_private_file(void **state)
{
    char text[256], said[300];
    struct config *c;
    struct buf printed = {0};

    (void)state;
    chmod(put_file("secret", "0123456789abcdef0123456789abcdef\n"), 0600);
    snprintf(text, sizeof(text),
             "organizations: ({name = \"a\"; identity_secret_file = \"%s/secret\";});", dir);
    c = load(text);
    assert_string_equal(c->organizations[0].identity_secret, "0123456789abcdef0123456789abcdef");
    config_print(c, &printed);
    snprintf(said, sizeof(said), "identity_secret_file = \"%s/secret\";}", dir);
    assert_non_null(strstr(buf_str(&printed), said));
    assert_null(strstr(buf_str(&printed), "0123456789abcdef"));
    buf_free(&printed);
    config_free(c);
    chmod(put_file("secret", "0123456789abcdef0123456789abcde\n"), 0600);
    snprintf(said, sizeof(said), "the secret in %s/secret is shorter than 32 bytes", dir);
    refuse(text, 1, said);
}

static void secret_of_the_environment_wins(void **state)
{
    struct config *c;

    (void)state;
    setenv("PARLEY_XMPP_SECRET", "from outside", 1);
    c = load("xmpp: { secret = \"inside\"; };");
    assert_string_equal(c->xmpp.secret, "from outside");
    config_free(c);
}

static void faq_file_is_read_whole(void **state)
{
    char text[256];
    struct config *c;

    (void)state;
    put_file("faq.json", "[]\n");
    snprintf(text, sizeof(text), "assistant: { faq_file = \"%s/faq.json\"; };", dir);
    c = load(text);
    assert_string_equal(c->assistant.faq, "[]\n");
    config_free(c);
    refuse("assistant: {\n faq_file = \"/nonexistent\"; };", 2,
           "cannot open /nonexistent: No such file or directory");
}

static void uploads_have_the_secret_of_rooms_unless_they_have_their_own(void **state)
{
    char text[256], said[256];
    struct config *c = load("xmpp: { secret = \"a\"; }; upload: { domain = \"u.example\"; };");

    (void)state;
    assert_string_equal(c->upload.secret, "a");
    assert_string_equal(c->store.files, "parley.db.files");
    config_free(c);
    chmod(put_file("secret", "b\n"), 0600);
    snprintf(text, sizeof(text),
             "xmpp: { secret = \"a\"; };\nupload: { domain = \"u.example\"; secret_file = "
             "\"%s/secret\"; };",
             dir);
    c = load(text);
    assert_string_equal(c->xmpp.secret, "a");
    assert_string_equal(c->upload.secret, "b");
    config_free(c);
    chmod(put_file("secret", "b\n"), 0644);
    snprintf(said, sizeof(said), "%s/secret is open to others: chmod 600 it", dir);
    refuse(text, 2, said);
}

static void upload_domain_is_refused_where_it_cannot_work(void **state)
{
    (void)state;
    refuse("upload: { domain = \"Support\"; };", 1,
           "upload.domain must be a domain in lower case or \"\"");
    refuse("upload: {\n domain = \"support.localhost\"; };", 2,
           "upload.domain must differ from xmpp.domain");
    refuse("http: { listen = \"unix:/x\"; };\nupload: { domain = \"u.example\"; };", 2,
           "upload.domain needs http.public_url when http.listen is a local socket");
}

static void printed_configuration_reads_back_without_its_secret(void **state)
{
    struct buf first = {0}, second = {0};
    struct config *c =
        load("xmpp: { secret = \"s3cret\"; room_name = \"A \\\"b\\\" \\\\ c\\n\"; };\n"
             "http: { trusted_proxies = [\"10.0.0.1\", \"::1\"]; };\n"
             "organizations: ({name = \"o\"; origins = [\"https://x\"];});\n");

    (void)state;
    config_print(c, &first);
    config_free(c);
    assert_null(strstr(buf_str(&first), "s3cret"));
    assert_non_null(strstr(buf_str(&first), "# secret is set"));
    c = load(buf_str(&first));
    assert_string_equal(c->xmpp.room_name, "A \"b\" \\ c\n");
    c->xmpp.secret = "x";
    config_print(c, &second);
    config_free(c);
    assert_string_equal(buf_str(&first), buf_str(&second));
    buf_free(&first);
    buf_free(&second);
}

static void description_names_every_default(void **state)
{
    struct buf b = {0};

    (void)state;
    config_describe(&b);
    assert_non_null(strstr(buf_str(&b), "http.listen = \"127.0.0.1:8480\"\n"));
    assert_non_null(strstr(buf_str(&b), "limits.linger_hours = 24\n    a number from 0 to 8760\n"));
    assert_non_null(strstr(buf_str(&b), "organizations = ()"));
    buf_free(&b);
}

/* This file's own path, as the compiler was given it, tells where the tree is. */
static const char *example(void)
{
    static const char own[] = "tests/unit/config/test_config.c";
    static char at[512];

    snprintf(at, sizeof(at), "%.*sconfig/parley.conf.example",
             (int)(strlen(__FILE__) - strlen(own)), __FILE__);
    return at;
}

static void example_file_loads_and_shows_every_setting(void **state)
{
    struct config *c = NULL;
    const char *detail = "";
    struct buf b = {0};
    char text[32768], *rest = NULL;
    FILE *f = fopen(example(), "r");

    (void)state;
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    assert_int_equal(config_load(example(), &c, &detail), OK);
    config_free(c);

    config_describe(&b);
    for (char *line = strtok_r(b.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *dot = strchr(line, '.'), *end = strstr(line, " = ");
        char want[64];

        if (line[0] == ' ' || !dot || !end || dot > end)
            continue;
        snprintf(want, sizeof(want), "%.*s = ", (int)(end - dot - 1), dot + 1);
        if (!strstr(text, want))
            print_message("not in the example: %s\n", want);
        assert_non_null(strstr(text, want));
    }
    buf_free(&b);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(no_file_gives_defaults),
        CASE(given_settings_replace_defaults),
        CASE(misspelt_setting_names_the_right_one),
        CASE(wrong_type_is_refused_with_its_line),
        CASE(value_out_of_range_is_refused),
        CASE(joined_text_must_hold_the_name_once),
        CASE(broken_file_is_refused_with_its_line),
        CASE(included_file_counts_and_is_named_in_errors),
        CASE(organizations_are_read),
        CASE(wrong_organizations_are_refused),
        CASE(secret_comes_from_a_private_file),
        CASE(organizations_secret_comes_from_a_private_file),
        CASE(secret_of_the_environment_wins),
        CASE(faq_file_is_read_whole),
        CASE(printed_configuration_reads_back_without_its_secret),
        CASE(uploads_have_the_secret_of_rooms_unless_they_have_their_own),
        CASE(upload_domain_is_refused_where_it_cannot_work),
        CASE(description_names_every_default),
        CASE(example_file_loads_and_shows_every_setting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
