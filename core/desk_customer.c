#include "core/desk_own.h"

#include "core/base/text.h"

#include <string.h>

#define EMAIL_MAX 254

enum err customer_field(struct arena *a, const char *s, size_t max, const char **out)
{
    char *clean;

    *out = "";
    if (!s || !*s)
        return OK;
    if (strlen(s) > max)
        return ERR_TOO_LARGE;
    if (!text_ok(s, strlen(s)))
        return ERR_TEXT;
    clean = text_body(a, s);
    for (char *p = clean; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    *out = clean;
    return OK;
}

bool customer_name_ok(struct op *op, const char *given, const char **out)
{
    char *name = NULL;
    enum err e = OK;

    *out = "";
    if (!given || !*given)
        return true;
    if ((e = text_name(op->arena, given, &name)) == OK && people_reserved_name(op, name))
        e = ERR_INVALID;
    if (e != OK) {
        op_refuse(op, e, "name", "This name cannot be used.");
        return false;
    }
    *out = name;
    return true;
}

bool customer_email_ok(struct op *op, const char *given, const char **out)
{
    enum err e = customer_field(op->arena, given, EMAIL_MAX, out);

    if (e != OK)
        op_refuse(op, e, "email", "This is not an e-mail address.");
    return e == OK;
}

/* ---- another name, another address -------------------------------------------------------------
 */

struct customer_call {
    const char *name, *email; /* NULL: as it is */
    const char *old_nick;
};

static void customer_applied(struct op *op, struct change *c)
{
    const struct customer_call *call = op->call;
    struct room *r = op->room;
    struct event e = {
        .kind = EVENT_CUSTOMER, .room = r, .room_id = r->id, .sender_name = call->old_nick};

    chat_apply(r, c);
    op_answer(op, OK, NULL);
    if (!r->stale && strcmp(call->old_nick, room_customer_nick(r)) != 0)
        bus_publish(r->desk->bus, &e);
    chat_publish(r, c);
    op_end(op);
}

static const char *or_none(const char *s)
{
    return *s ? s : "none";
}

static void customer_store(struct op *op)
{
    struct customer_call *call = op->call;
    struct room *r = op->room;
    struct change *c = op_change(op);
    struct chat *chat = chat_alter(op, c);
    bool named = strcmp(chat->name, call->name) != 0,
         mailed = strcmp(chat->email, call->email) != 0;

    call->old_nick = arena_dup(op->arena, room_customer_nick(r));
    chat->name = arena_dup(c->arena, call->name);
    chat->email = arena_dup(c->arena, call->email);
    (void)chat_note(op, c, directory_by_id(r->desk->directory, op->who.id),
                    arena_printf(c->arena, "Sets the customer's %s%s%s%s%s", named ? "name: " : "",
                                 named ? or_none(call->name) : "", named && mailed ? ", " : "",
                                 mailed ? "e-mail: " : "", mailed ? or_none(call->email) : ""));
    op_submit(op, c);
}

static void customer_run(struct op *op)
{
    struct customer_call *call = op->call;
    const struct chat *chat = op->room->chat;
    enum err e = op_may_as_agent(op, ACTION_ENTER);
    struct desk_answer same = {.unchanged = true};

    if (e == OK && chat->erased_ms > 0)
        e = ERR_CLOSED;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!call->name)
        call->name = chat->name;
    else if (!customer_name_ok(op, call->name, &call->name))
        return;
    if (!call->email)
        call->email = chat->email;
    else if (!customer_email_ok(op, call->email, &call->email))
        return;
    if (strcmp(call->name, chat->name) == 0 && strcmp(call->email, chat->email) == 0)
        op_done(op, OK, &same);
    else if (*chat->external_id)
        op_refuse(op, ERR_CONFLICT, "", "The site has signed who this customer is.");
    else
        customer_store(op);
}

void desk_customer(struct desk *d, const struct principal *who, const char *chat, const char *name,
                   const char *email, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct customer_call *call = arena_new_of(op->arena, struct customer_call);

    call->name = name ? arena_dup(op->arena, name) : NULL;
    call->email = email ? arena_dup(op->arena, email) : NULL;
    op->call = call;
    op->run = customer_run;
    op->applied = customer_applied;
    op_enter(op);
}
