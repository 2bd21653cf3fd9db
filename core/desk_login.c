#include "core/desk_own.h"

#include <stdlib.h>
#include <string.h>

/* The web console's door: who asks to come in is an agent who says so over XMPP. */

void desk_set_url(struct desk *d, const char *url)
{
    d->url = url;
}

const char *desk_url(const struct desk *d)
{
    return d->url ? d->url : "";
}

enum err desk_login_begin(struct desk *d, const char *jid, const char *from,
                          char secret[TOKEN_LEN + 1], const struct login **out)
{
    const struct agent *agent = directory_by_typed(d->directory, jid);
    struct event e = {.kind = EVENT_LOGIN, .room_id = "", .agent_id = agent ? agent->id : ""};
    enum err err = logins_begin(d->logins, e.agent_id, from, desk_steady(d), secret, out);

    if (err != OK || !agent)
        return err;
    e.login = *out;
    bus_publish(d->bus, &e);
    return OK;
}

enum err desk_login_answer(struct desk *d, const char *agent_id, const char *code, bool yes)
{
    return logins_answer(d->logins, agent_id, code, yes, desk_steady(d));
}

enum err desk_login_take(struct desk *d, const char *id, const char *secret,
                         enum login_state *state, char agent_id[ID_LEN + 1])
{
    return logins_take(d->logins, id, secret, desk_steady(d), state, agent_id);
}

enum err desk_login_link(struct desk *d, const char *agent_id, int64_t lasts_ms,
                         char token[TOKEN_LEN + 1])
{
    return logins_link(d->logins, agent_id, lasts_ms, desk_steady(d), token);
}

enum err desk_login_use(struct desk *d, const char *token, const char *secret,
                        char agent_id[ID_LEN + 1])
{
    return logins_use(d->logins, token, secret, desk_steady(d), agent_id);
}

/* ---- sessions ----------------------------------------------------------------------------------
 */

struct session_call {
    const char *agent_id;
    const char *label;
};

static void session_add_run(struct op *op)
{
    const struct session_call *call = op->call;
    const struct agent *agent = directory_by_id(op->room->desk->directory, call->agent_id);

    if (agent)
        op_token(op, TOKEN_SESSION, agent, call->label, DESK_SESSION_MS);
    else
        op_done(op, ERR_NOT_FOUND, NULL);
}

void desk_session_add(struct desk *d, const char *agent_id, const char *label, desk_fn *done,
                      void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct session_call *call = arena_new_of(op->arena, struct session_call);

    call->agent_id = arena_dup(op->arena, agent_id);
    call->label = arena_dup(op->arena, label);
    op->call = call;
    op->run = session_add_run;
    op_enter(op);
}

struct ending {
    const char *agent_id;
    bool all;
    unsigned char hash[HASH_LEN];
};

static void session_ended(struct op *op, struct change *c)
{
    struct desk *d = op->room->desk;
    const struct ending *call = op->call;
    struct event e = {.kind = EVENT_KEY_GONE, .room_id = "", .agent_id = call->agent_id};

    (void)c;
    people_forget_tokens(d);
    op_answer(op, OK, NULL);
    bus_publish(d->bus, &e);
    op_end(op);
}

static void session_end_run(struct op *op)
{
    struct ending *call = op->call;
    struct change *c = op_change(op);

    if (call->all)
        c->sessions_gone = arena_dup(c->arena, call->agent_id);
    else
        c->token_gone = memcpy(arena_alloc(c->arena, HASH_LEN), call->hash, HASH_LEN);
    op->applied = session_ended;
    op_submit(op, c);
}

void desk_session_end(struct desk *d, const char *agent_id, const char *token, desk_fn *done,
                      void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct ending *call = arena_new_of(op->arena, struct ending);

    call->agent_id = arena_dup(op->arena, agent_id);
    call->all = token == NULL;
    if (token != NULL)
        crypto_hash_raw(token, strlen(token), call->hash);
    op->call = call;
    op->run = session_end_run;
    op_enter(op);
}

/* ---- a customer's token ------------------------------------------------------------------------
 */

struct token_end {
    unsigned char hash[HASH_LEN];
    char hex[HASH_HEX_LEN + 1];
};

static void token_ended(struct op *op, struct change *c)
{
    struct desk *d = op->room->desk;
    const struct token_end *call = op->call;
    struct event e = {.kind = EVENT_KEY_GONE, .room_id = "", .agent_id = op->who.id};

    (void)c;
    d->tokens_forgotten++; /* also what is being read */
    free(map_take(d->tokens, call->hex));
    op_answer(op, OK, NULL);
    bus_publish(d->bus, &e);
    op_end(op);
}

static void token_end_run(struct op *op)
{
    const struct token_end *call = op->call;
    struct change *c = op_change(op);

    c->token_gone = memcpy(arena_alloc(c->arena, HASH_LEN), call->hash, HASH_LEN);
    op_submit(op, c);
}

void desk_token_end(struct desk *d, const struct principal *who, const char *chat,
                    const char *token, desk_fn *done, void *ctx)
{
    struct desk_answer nothing = {0};
    struct token_end *call;
    struct op *op;

    if (who->kind != WHO_CUSTOMER || strcmp(who->id, chat) != 0) {
        done(ctx, who->kind != WHO_CUSTOMER ? ERR_FORBIDDEN : ERR_NOT_FOUND, &nothing);
        return;
    }
    op = op_new_office(d, done, ctx);
    call = arena_new_of(op->arena, struct token_end);
    crypto_hash_raw(token, strlen(token), call->hash);
    crypto_hash_hex(token, strlen(token), call->hex);
    op->who.id = arena_dup(op->arena, who->id);
    op->call = call;
    op->run = token_end_run;
    op->applied = token_ended;
    op_enter(op);
}

/* ---- use ---------------------------------------------------------------------------------------
 */

static void used_stored(struct change *c, enum err e)
{
    (void)e; /* if not now, then with one of its next uses */
    change_free(c);
}

/* How long it was not used is known to a quarter of an hour: not every request is written. */
void session_used(struct desk *d, struct known_token *t, const unsigned char hash[HASH_LEN])
{
    int64_t now = desk_steady(d);
    struct change *c;

    if (t->used_ms <= now && now - t->used_ms < DESK_SESSION_NOTED_MS)
        return;
    t->used_ms = now;
    c = change_new(used_stored, NULL);
    c->token_used = memcpy(arena_alloc(c->arena, HASH_LEN), hash, HASH_LEN);
    c->now_ms = t->used_ms;
    if (d->o.store.submit(d->o.store.self, c) != OK)
        change_free(c);
}
