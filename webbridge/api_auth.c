#include "webbridge/api.h"

#include "core/base/stamp.h"

#include <string.h>

/* Agents come into the console by saying so over XMPP, or by a link. What the browser holds
 * meanwhile is one cookie, and afterwards another. */

#define LOGIN_COOKIE "parley-login"

static bool secure(const struct call *c)
{
    return strncmp(c->web->origin, "https:", 6) == 0;
}

/* Of the address to which it is sent: the login's only where logins are made. */
static void put_cookie(struct call *c, struct reply *r, const char *name, const char *value,
                       const char *path, int64_t seconds)
{
    reply_header_more(r, "Set-Cookie",
                      arena_printf(c->arena,
                                   "%s=%s; Path=%s; Max-Age=%lld; HttpOnly; SameSite=Lax%s", name,
                                   value, path, (long long)seconds, secure(c) ? "; Secure" : ""));
}

static void send_json(struct call *c, struct reply *r, int status, struct json *body)
{
    reply_text(r, status, "application/json", json_print(c->arena, body));
    json_free(body);
    call_send(c, r);
}

static const char *login_secret(struct call *c)
{
    const char *secret = auth_cookie(c->arena, http_header(c->request, "Cookie"), LOGIN_COOKIE);

    return secret == NULL ? "" : secret;
}

/* Who is asked too often whether it is the one who logs in stops looking. */
static bool may_ask(struct call *c, const char *jid)
{
    char key[ADDRESS_KEY_MAX];
    int64_t retry_ms = 0;

    address_key(&c->from, key);
    if (limit_take(c->web->logins, key, web_now(c->web), &retry_ms) == OK &&
        limit_take(c->web->asked, directory_typed(c->arena, jid), web_now(c->web), &retry_ms) == OK)
        return true;
    call_problem(c, ERR_RATE, "Too many logins.", retry_ms);
    return false;
}

void api_auth_begin(struct call *c)
{
    const char *jid = call_str(c, "jid", true);
    const char *browser = http_header(c->request, "User-Agent");
    char secret[TOKEN_LEN + 1], address[ADDRESS_KEY_MAX];
    const struct login *login = NULL;
    struct reply r = {0};
    struct json *body;
    enum err e;

    if (!call_complete(c))
        return;
    if (strlen(jid) > 1024) {
        call_problem(c, ERR_INVALID, "This is no address of an account.", 0);
        return;
    }
    if (!may_ask(c, jid))
        return;
    address_key(&c->from, address);
    e = desk_login_begin(
        c->web->desk, jid,
        arena_printf(c->arena, "%s, %.80s", address, browser == NULL ? "unknown browser" : browser),
        secret, &login);
    if (e != OK) {
        call_problem(c, e, NULL, 5000);
        return;
    }
    body = call_success();
    json_put_str(body, "loginId", login->id);
    json_put_str(body, "code", login->code);
    json_put_int(body, "expiresIn", LOGIN_MS / 1000);
    put_cookie(c, &r, LOGIN_COOKIE, secret, "/api/auth", LOGIN_MS / 1000);
    send_json(c, &r, 202, body);
}

/* ---- in ----------------------------------------------------------------------------------------
 */

static void send_me(struct call *c, struct reply *r, const char *state, const char *agent_id)
{
    const struct agent *a = directory_by_id(desk_directory(c->web->desk), agent_id);
    struct json *body = call_success();

    if (state != NULL)
        json_put_str(body, "state", state);
    if (a != NULL)
        json_put(body, "agent", view_staff(c->web->desk, a));
    send_json(c, r, 200, body);
}

struct entering {
    struct call *call;
    char agent_id[ID_LEN + 1];
};

static void entered(void *ctx, enum err e, const struct desk_answer *a)
{
    struct entering *in = ctx;
    struct call *c = in->call;
    struct reply r = {0};

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    put_cookie(c, &r, call_cookie_name(c->web), a->token, "/", DESK_SESSION_MS / 1000);
    put_cookie(c, &r, LOGIN_COOKIE, "", "/api/auth", 0);
    send_me(c, &r, "approved", in->agent_id);
}

static void enter(struct entering *in)
{
    const char *browser = http_header(in->call->request, "User-Agent");

    desk_session_add(in->call->web->desk, in->agent_id,
                     arena_printf(in->call->arena, "%.60s", browser == NULL ? "" : browser),
                     entered, in);
}

void api_auth_poll(struct call *c)
{
    struct entering *in = arena_new_of(c->arena, struct entering);
    enum login_state state = LOGIN_PENDING;
    struct reply r = {0};

    in->call = c;
    if (desk_login_take(c->web->desk, c->chat, login_secret(c), &state, in->agent_id) != OK) {
        call_problem(c, ERR_NOT_FOUND, "This login is over.", 0);
        return;
    }
    switch (state) {
    case LOGIN_PENDING:
        send_me(c, &r, "pending", "");
        return;
    case LOGIN_DENIED:
        send_me(c, &r, "denied", "");
        return;
    case LOGIN_APPROVED:
        enter(in);
        return;
    }
}

/* Only a POST uses a link up: programs that look at links in messages do no harm. */
void api_auth_link(struct call *c)
{
    struct entering *in = arena_new_of(c->arena, struct entering);
    const char *token = call_str(c, "token", true);

    if (!call_complete(c))
        return;
    in->call = c;
    if (desk_login_use(c->web->desk, token, login_secret(c), in->agent_id) != OK)
        call_bad_token(c);
    else
        enter(in);
}

/* ---- out ---------------------------------------------------------------------------------------
 */

static void left(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct reply r = {.status = 204, .body = ""};

    if (e != OK) {
        call_fail(c, e, a);
        return;
    }
    put_cookie(c, &r, call_cookie_name(c->web), "", "/", 0);
    call_send(c, &r);
}

void api_auth_logout(struct call *c)
{
    bool all = json_has(c->body, "all") && call_bool(c, "all");

    if (!call_complete(c))
        return;
    if (c->cookie == NULL || c->authorization != NULL)
        call_problem(c, ERR_INVALID, "Only a session can be ended, and a key is none.", 0);
    else
        desk_session_end(c->web->desk, c->who.id, all ? NULL : c->cookie, left, c);
}

void api_auth_me(struct call *c)
{
    struct reply r = {0};

    send_me(c, &r, NULL, c->who.id);
}
