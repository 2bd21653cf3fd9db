#include "tests/unit/core/desk_rig.h"

static struct call *begin(struct rig *r, const struct begin *b)
{
    struct call *c = rig_call(r, "");

    desk_begin(r->desk, b, rig_done, c);
    return rig_wait(c);
}

static void chat_begins_with_a_token_and_the_assistant(void **state)
{
    struct rig *r = *state;
    struct begin b = {
        .name = " Alice  Smith ", .email = "a@example.org", .locale = "de", .page = "p"};
    struct call *c = begin(r, &b);

    assert_int_equal(c->e, OK);
    assert_int_equal(strlen(c->token), TOKEN_LEN);
    assert_string_equal(c->chat->name, "Alice Smith");
    assert_string_equal(c->chat->email, "a@example.org");
    assert_string_equal(c->chat->organization, "default");
    assert_int_equal(c->chat->state, CHAT_ASSISTANT);
    assert_int_equal(c->chat->created_ms, RIG_NOW);
    assert_false(c->has_room);
    c = rig_wait(rig_show(r, rig_customer(c->chat->id), c->chat->id));
    assert_int_equal(c->e, OK);
    assert_string_equal(c->chat->page, "p");
}

static void bad_field_is_named(void **state)
{
    static char long_mail[300];
    static const struct {
        struct begin b;
        enum err e;
        const char *field;
    } table[] = {
        {{.organization = "nowhere"}, ERR_NOT_FOUND, "organization"},
        {{.name = "a\x01"}, ERR_TEXT, "name"},
        {{.name = "\xe2\x80\xae"
                  "abc"},
         ERR_INVALID,
         "name"},
        {{.email = long_mail}, ERR_TOO_LARGE, "email"},
        {{.email = "\xff"}, ERR_TEXT, "email"},
        {{.locale = "\x02"}, ERR_TEXT, "locale"},
        {{.page = "\x02"}, ERR_TEXT, "page"},
    };
    struct rig *r = *state;

    memset(long_mail, 'a', sizeof(long_mail) - 1);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct call *c = begin(r, &table[i].b);

        if (c->e != table[i].e || strcmp(c->field, table[i].field) != 0)
            fail_msg("case %zu: %s %s", i, err_name(c->e), c->field);
        assert_null(c->token);
        assert_true(*c->detail);
    }
    assert_int_equal(r->n_submitted, 0);
}

static void names_of_agents_assistant_and_system_are_refused(void **state)
{
    static const char *const names[] = {"ann",     "ANN",   "Ann.", "System",
                                        "Support", "Robin", "r0bin"};
    struct rig *r = *state;

    rig_agent(r, "ann");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct begin b = {.name = names[i]};

        if (begin(r, &b)->e != ERR_INVALID)
            fail_msg("%s passed", names[i]);
    }
}

static void line_breaks_in_fields_become_spaces(void **state)
{
    struct begin b = {.page = "a\nb\tc"};

    assert_string_equal(begin(*state, &b)->chat->page, "a b c");
}

static void failed_begin_gives_no_token(void **state)
{
    struct rig *r = *state;
    struct begin b = {.name = "Alice"};
    struct call *c;

    r->fail_changes = 1;
    r->mishap = COMMIT_LOST;
    c = begin(r, &b);
    assert_int_equal(c->e, ERR_UNKNOWN);
    assert_null(c->token);
    assert_true(c->retry_ms > 0);
    assert_false(desk_store_ok(r->desk));
    assert_int_equal(begin(r, &b)->e, OK);
    assert_true(desk_store_ok(r->desk));
}

/* ---- tokens --------------------------------------------------------------------------------- */

struct asked {
    int n;
    enum err e;
    enum who kind;
    char id[ID_LEN + 1];
};

static void known(void *ctx, enum err e, const struct principal *who)
{
    struct asked *a = ctx;

    a->n++;
    a->e = e;
    a->kind = who->kind;
    (void)snprintf(a->id, sizeof(a->id), "%s", who->id);
}

static struct asked authenticate(struct rig *r, const char *token)
{
    struct asked a = {0};

    desk_authenticate(r->desk, token, false, known, &a);
    rig_pump(r);
    assert_int_equal(a.n, 1);
    return a;
}

static void token_names_its_customer_and_is_read_once(void **state)
{
    struct rig *r = *state;
    struct begin b = {.name = "Alice"};
    struct call *c = begin(r, &b);
    size_t before = r->n_asked;

    for (int i = 0; i < 3; i++) {
        struct asked a = authenticate(r, c->token);

        assert_int_equal(a.e, OK);
        assert_int_equal(a.kind, WHO_CUSTOMER);
        assert_string_equal(a.id, c->chat->id);
    }
    assert_int_equal(r->n_asked, before + 1);
}

static void unknown_and_malformed_tokens_are_nobody(void **state)
{
    struct rig *r = *state;
    char token[TOKEN_LEN + 1];
    struct asked a;

    crypto_token(token);
    a = authenticate(r, token);
    assert_int_equal(a.e, ERR_UNAUTHORIZED);
    assert_int_equal(a.kind, WHO_ANONYMOUS);
    assert_int_equal(authenticate(r, "").e, ERR_UNAUTHORIZED);
    assert_int_equal(authenticate(r, "short").e, ERR_UNAUTHORIZED);
}

static void token_that_cannot_be_read_is_an_error_and_not_a_refusal(void **state)
{
    struct rig *r = *state;
    char token[TOKEN_LEN + 1];

    crypto_token(token);
    r->fail_reads = 1;
    assert_int_equal(authenticate(r, token).e, ERR_IO);
    r->busy = true;
    assert_int_equal(authenticate(r, token).e, ERR_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(chat_begins_with_a_token_and_the_assistant),
        RIG_TEST(bad_field_is_named),
        RIG_TEST(names_of_agents_assistant_and_system_are_refused),
        RIG_TEST(line_breaks_in_fields_become_spaces),
        RIG_TEST(failed_begin_gives_no_token),
        RIG_TEST(token_names_its_customer_and_is_read_once),
        RIG_TEST(unknown_and_malformed_tokens_are_nobody),
        RIG_TEST(token_that_cannot_be_read_is_an_error_and_not_a_refusal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
