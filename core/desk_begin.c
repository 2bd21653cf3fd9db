#include "core/desk_own.h"

#include "core/base/text.h"
#include "core/identity.h"

#include <stdlib.h>
#include <string.h>

/* What the site says of its user takes the place of what the visitor says. */
static enum err take_identity(struct op *op, const struct begin *b, struct chat *chat,
                              const char **why)
{
    struct desk *d = op->room->desk;
    const char *secret = map_get(d->secrets, chat->organization);
    struct identity who;
    char *name = NULL;
    enum err e;

    *why = "This organization takes no signed identities.";
    if (!secret)
        return ERR_IDENTITY;
    if ((e = identity_read(op->arena, b->user_token, secret, desk_now(d), &who, why)) != OK)
        return e;
    *why = "Its sub, name or email cannot be used.";
    if ((*who.name && text_name(op->arena, who.name, &name) != OK) ||
        customer_field(op->arena, who.email, 254, &chat->email) != OK ||
        customer_field(op->arena, who.sub, IDENTITY_ID_MAX, &chat->external_id) != OK ||
        !*chat->external_id)
        return ERR_IDENTITY;
    /* nobody should be shut out for being called like an agent */
    chat->name = name && !people_reserved_name(op, name) ? name : "";
    return OK;
}

static bool take_visitor(struct op *op, const struct begin *b, struct chat *chat)
{
    const char *why = "";
    enum err e;

    chat->external_id = "";
    if (!*b->user_token)
        return customer_name_ok(op, b->name, &chat->name) &&
               customer_email_ok(op, b->email, &chat->email);
    if ((e = take_identity(op, b, chat, &why)) != OK)
        op_refuse(op, e, "userToken", why);
    return e == OK;
}

/* The new chat's room is not in memory, and needs not be. */
static void begun(struct op *op, struct change *c)
{
    struct desk_answer a = {.token = op->call, .chat = c->chat};

    op_done(op, OK, &a);
}

static void begin_store(struct op *op, const struct chat *given)
{
    struct desk *d = op->room->desk;
    struct change *c = op_change(op);
    struct token *t = arena_new_of(c->arena, struct token);
    char *token = arena_alloc(op->arena, TOKEN_LEN + 1);
    struct chat *chat = chat_dup(c->arena, given);

    d->o.time.id(d->o.time.self, chat->id);
    crypto_token(token);
    crypto_hash_raw(token, strlen(token), t->hash);
    t->kind = TOKEN_CHAT;
    t->subject = chat->id;
    t->label = "";
    t->created_ms = c->now_ms;
    chat->created_ms = chat->last_ms = c->now_ms;
    c->room = chat->id;
    c->chat = chat;
    c->chat_new = true;
    c->token = t;
    op->call = token;
    op->applied = begun;
    op_submit(op, c);
}

static void begin_run(struct op *op)
{
    const struct begin *b = op->call;
    struct chat chat = {.state = CHAT_ASSISTANT, .escalation_reason = "", .assigned_to = ""};
    const char *org = b->organization && *b->organization ? b->organization : "default";
    const struct organization *o = directory_organization(op->room->desk->directory, org);
    enum err e;

    if (!o) {
        op_refuse(op, ERR_NOT_FOUND, "organization", "There is no such organization.");
        return;
    }
    chat.organization = o->name;
    if (!take_visitor(op, b, &chat))
        return;
    if ((e = customer_field(op->arena, b->locale, 35, &chat.locale)) != OK) {
        op_refuse(op, e, "locale", "This is not a language tag.");
        return;
    }
    if ((e = customer_field(op->arena, b->page, CHAT_FIELD_MAX, &chat.page)) != OK) {
        op_refuse(op, e, "page", "This is not the address of a page.");
        return;
    }
    begin_store(op, &chat);
}

void desk_set_identity_secret(struct desk *d, const char *organization, const char *secret)
{
    free(map_take(d->secrets, organization));
    map_set(d->secrets, organization, mem_dup(secret));
}

void desk_begin(struct desk *d, const struct begin *b, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct begin *copy = arena_new_of(op->arena, struct begin);

    copy->organization = arena_dup(op->arena, b->organization);
    copy->name = arena_dup(op->arena, b->name);
    copy->email = arena_dup(op->arena, b->email);
    copy->locale = arena_dup(op->arena, b->locale);
    copy->page = arena_dup(op->arena, b->page);
    copy->user_token = arena_dup(op->arena, b->user_token);
    op->call = copy;
    op->run = begin_run;
    op->plain = op_always_plain;
    op_enter(op);
}
