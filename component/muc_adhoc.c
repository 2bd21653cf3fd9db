#include "component/muc_command.h"

#include <stdlib.h>
#include <string.h>

/* The third door: ad-hoc commands on the service and on rooms. XEP-0050 */

static bool on_room(const struct call *c)
{
    return *c->intent.room != 0;
}

/* A room's list holds what is about its chat; the service's holds all. */
static bool offered(const struct call *c, const struct muc_command *command)
{
    return !on_room(c) || (command->flags & MUC_ON_CHAT);
}

/* ---- lists -------------------------------------------------------------------------------------
 */

static void send_list(struct call *c, struct muc_out *o, bool agent)
{
    struct adhoc_option *names = arena_array(o->arena, struct adhoc_option, muc_n_commands);
    size_t n = 0;

    for (size_t i = 0; agent && i < muc_n_commands; i++)
        if (offered(c, &muc_commands[i]))
            names[n++] = (struct adhoc_option){muc_commands[i].label, muc_commands[i].name};
    adhoc_send_items(o, c->intent.in, names, n);
}

static void send_info(struct call *c, struct muc_out *o, bool agent)
{
    const struct muc_command *command = muc_command_named(c->intent.node, strlen(c->intent.node));

    if (strcmp(c->intent.node, NS_COMMANDS) == 0)
        adhoc_send_info(o, c->intent.in, NS_COMMANDS, "Commands");
    else if (agent && command && offered(c, command))
        adhoc_send_info(o, c->intent.in, command->name, command->label);
    else
        muc_reply_error(o, c->intent.in, COND_NOT_FOUND, "cancel", NULL);
}

/* ---- forms -------------------------------------------------------------------------------------
 */

struct choices {
    struct muc_request *r;
    struct adhoc_option *options;
    size_t n, cap;
};

static void add_choice(struct choices *c, const char *label, const char *value)
{
    if (c->n < c->cap)
        c->options[c->n++] = (struct adhoc_option){label, value};
}

static bool add_chat(void *ctx, const struct chat *chat)
{
    struct choices *c = ctx;

    if (!desk_excluded(c->r->m->desk, chat->id, c->r->who.id))
        add_choice(c, muc_chat_line(c->r->m, c->r->arena, chat), arena_dup(c->r->arena, chat->id));
    return c->n < c->cap;
}

static void add_agent(void *ctx, const struct agent *a)
{
    struct choices *c = ctx;
    const struct agent *me = muc_request_agent(c->r);

    if (me && strcmp(a->organization, me->organization) == 0 && strcmp(a->id, me->id) != 0)
        add_choice(c, arena_dup(c->r->arena, a->name), arena_dup(c->r->arena, a->jid));
}

#define CHOICES_MAX 100

static struct choices choices_new(struct muc_request *r)
{
    return (struct choices){.r = r,
                            .options = arena_array(r->arena, struct adhoc_option, CHOICES_MAX),
                            .cap = CHOICES_MAX};
}

static struct adhoc_field chat_field(struct muc_request *r, const struct agent *me)
{
    struct choices c = choices_new(r);
    struct adhoc_field f = {
        .var = "chat", .label = "Chat", .type = "list-single", .value = "", .required = true};

    if (r->command->flags & MUC_ANY_CHAT) { /* closed ones are not in the queue */
        f.type = "text-single";
        f.label = "Chat (its id)";
        return f;
    }
    queue_each(desk_queue(r->m->desk), me->organization, add_chat, &c);
    f.options = c.options;
    f.n_options = c.n;
    if (c.n > 0)
        f.value = c.options[0].value;
    return f;
}

static struct adhoc_field arg_field(struct muc_request *r, const struct muc_arg *arg)
{
    struct choices c = choices_new(r);
    struct adhoc_field f = {.var = arg->var,
                            .label = arg->label,
                            .type = "list-single",
                            .value = "",
                            .required = arg->required};

    switch (arg->kind) {
    case ARG_AGENT_OR_QUEUE:
        add_choice(&c, "The queue", "queue");
        directory_each_agent(desk_directory(r->m->desk), add_agent, &c);
        break;
    case ARG_AGENT:
        directory_each_agent(desk_directory(r->m->desk), add_agent, &c);
        break;
    case ARG_WORD:
        for (const char *const *w = arg->words; *w; w++)
            add_choice(&c, *w, *w);
        break;
    case ARG_TEXT:
        f.type = arg->required ? "text-multi" : "text-single";
        break;
    case ARG_NUMBER:
    case ARG_NONE:
        f.type = "text-single";
        break;
    }
    f.options = c.options;
    f.n_options = c.n;
    return f;
}

static size_t n_fields(const struct call *c, const struct muc_command *command)
{
    size_t n = !on_room(c) && (command->flags & MUC_ON_CHAT);

    for (size_t i = 0; i < 2; i++)
        n += command->args[i].kind != ARG_NONE;
    return n;
}

static void send_form(struct muc_request *r, struct muc_out *o)
{
    const struct call *c = r->call;
    const struct agent *me = muc_request_agent(r);
    struct adhoc_field fields[3];
    size_t n = 0;
    char id[ID_LEN + 1];

    crypto_id(id);
    if (me && !on_room(c) && (r->command->flags & MUC_ON_CHAT))
        fields[n++] = chat_field(r, me);
    for (size_t i = 0; i < 2 && r->command->args[i].kind != ARG_NONE; i++)
        fields[n++] = arg_field(r, &r->command->args[i]);
    adhoc_open(r->m->adhoc, c->intent.in, id, r->command->name, desk_steady(r->m->desk));
    adhoc_send_form(o, c->intent.in, r->command->name, arena_dup(o->arena, id), r->command->label,
                    *r->command->usage ? r->command->usage : r->command->label, fields, n);
}

/* ---- answers -----------------------------------------------------------------------------------
 */

static void refuse(struct muc_request *r, struct muc_out *o, enum err e, const char *text)
{
    const struct stanza *in = r->call->intent.in;

    switch (e) {
    case ERR_INVALID:
    case ERR_TEXT:
    case ERR_TOO_LARGE:
        adhoc_send_wrong(o, in, ADHOC_BAD_PAYLOAD, text);
        break;
    case ERR_FORBIDDEN:
    case ERR_UNAUTHORIZED:
        muc_reply_error(o, in, COND_FORBIDDEN, "cancel", text);
        break;
    case ERR_NOT_FOUND:
    case ERR_NOT_ESCALATED:
        muc_reply_error(o, in, COND_NOT_FOUND, "cancel", text);
        break;
    case ERR_RATE:
    case ERR_BUSY:
    case ERR_UNKNOWN:
    case ERR_IO:
        muc_reply_error(o, in, COND_INTERNAL, "wait", text);
        break;
    default:
        muc_reply_error(o, in, COND_NOT_ALLOWED, "cancel", text);
        break;
    }
}

static void say_by_form(struct muc_request *r, enum err e, const char *text,
                        const struct adhoc_rows *rows)
{
    struct muc_out o = muc_out_new(r->m);
    const char *session = r->ask->session;
    char id[ID_LEN + 1];

    if (e != OK) {
        refuse(r, &o, e, text);
    } else {
        if (!*session) {
            crypto_id(id);
            session = arena_dup(o.arena, id);
        }
        adhoc_send_done(&o, r->call->intent.in, r->command->name, session, r->command->label, text,
                        rows);
    }
    arena_free(o.arena);
}

/* ---- carrying out ------------------------------------------------------------------------------
 */

/* The values go the way of words, so that both mean the same. */
static bool take_values(struct muc_request *r)
{
    for (size_t i = 0; i < 2; i++) {
        const struct muc_arg *arg = &r->command->args[i];
        const char *value = arg->kind == ARG_NONE ? "" : adhoc_value(r->ask, arg->var);
        const struct agent *a;
        char *end;

        if (!*value && arg->required)
            return false;
        if (!*value)
            continue;
        if (arg->kind == ARG_TEXT) {
            r->text = arena_dup(r->arena, value);
        } else if (arg->kind == ARG_NUMBER) {
            r->number = strtoll(value, &end, 10);
            if (*end || r->number < 0 || r->number > 1000000)
                return false;
        } else if (arg->kind == ARG_WORD) {
            for (const char *const *w = arg->words; *w; w++)
                if (strcmp(*w, value) == 0)
                    r->word = *w;
            if (!*r->word)
                return false;
        } else if (arg->kind == ARG_AGENT_OR_QUEUE && strcmp(value, "queue") == 0) {
            r->word = "queue";
        } else if ((a = muc_find_agent(r, value))) {
            r->agent_id = arena_dup(r->arena, a->id);
        } else {
            return false;
        }
    }
    return true;
}

static void carry_out(struct muc_request *r)
{
    struct call *c = r->call;

    r->chat = arena_dup(r->arena, on_room(c) ? c->intent.room : adhoc_value(r->ask, "chat"));
    if ((r->command->flags & MUC_ON_CHAT) && !crypto_is_id(r->chat))
        muc_answer(r, ERR_INVALID, "This is not the id of a chat.", NULL);
    else if (!take_values(r))
        muc_answer(r, ERR_INVALID, arena_printf(r->arena, "Use: %s", r->command->usage), NULL);
    else
        muc_request_run(r);
}

static void end(struct muc_request *r)
{
    muc_call_free(r->call);
    arena_free(r->arena);
}

/* The request's call, in one of its two stages. */
static void execute(struct muc_request *r)
{
    struct muc_out o = muc_out_new(r->m);
    const struct stanza *in = r->call->intent.in;
    enum adhoc_wrong wrong;
    bool later = *r->ask->session != 0;

    if (later && !adhoc_take(r->m->adhoc, in, r->ask, desk_steady(r->m->desk), &wrong)) {
        adhoc_send_wrong(&o, in, wrong, NULL);
        end(r);
    } else if (r->ask->action == ADHOC_CANCEL) {
        if (later)
            adhoc_send_cancelled(&o, in, r->command->name, r->ask->session);
        else
            adhoc_send_wrong(&o, in, ADHOC_BAD_ACTION, NULL);
        end(r);
    } else if (r->ask->submitted || n_fields(r->call, r->command) == 0) {
        carry_out(r);
    } else if (later) {
        adhoc_send_wrong(&o, in, ADHOC_BAD_PAYLOAD, "The form is missing.");
        end(r);
    } else {
        send_form(r, &o);
        end(r);
    }
    arena_free(o.arena);
}

static void command(struct call *c, struct muc_out *o, const struct principal *who)
{
    struct adhoc_ask ask;
    enum adhoc_wrong wrong = ADHOC_BAD_ACTION;
    bool readable = adhoc_read(c->intent.in, &ask, &wrong);
    const struct muc_command *known = muc_command_named(ask.node, strlen(ask.node));
    struct muc_request *r;
    struct adhoc_ask *kept;

    if (!known || !offered(c, known)) {
        muc_reply_error(o, c->intent.in, COND_NOT_FOUND, "cancel", "There is no such command.");
    } else if (who->kind != WHO_AGENT) {
        muc_reply_error(o, c->intent.in, COND_FORBIDDEN, "cancel", NULL);
    } else if (!readable) {
        adhoc_send_wrong(o, c->intent.in, wrong, NULL);
    } else {
        r = muc_request_new(c, who);
        kept = arena_new_of(r->arena, struct adhoc_ask);
        *kept = ask;
        r->ask = kept;
        r->command = known;
        r->door = say_by_form;
        execute(r);
        return;
    }
    muc_call_free(c);
}

/* A room's commands are for those who may enter it, and to all others there is no room. */
static void room_looked(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    struct principal who = muc_agent_of(c->m, c->intent.in);

    (void)a;
    if (e != OK) {
        muc_refuse_call(c, &o, e);
        muc_call_free(c);
    } else if (c->intent.kind == MUC_ADHOC) {
        command(c, &o, &who);
    } else {
        if (c->intent.kind == MUC_ADHOC_ITEMS)
            send_list(c, &o, true);
        else
            send_info(c, &o, true);
        muc_call_free(c);
    }
    arena_free(o.arena);
}

void muc_adhoc(struct call *c, const struct principal *who)
{
    struct muc_out o;
    bool agent = who->kind == WHO_AGENT;

    if (on_room(c)) {
        desk_look(c->m->desk, who, c->intent.room, room_looked, c);
        return;
    }
    o = muc_out_new(c->m);
    if (c->intent.kind == MUC_ADHOC) {
        command(c, &o, who);
    } else {
        if (c->intent.kind == MUC_ADHOC_ITEMS)
            send_list(c, &o, agent);
        else
            send_info(c, &o, agent);
        muc_call_free(c);
    }
    arena_free(o.arena);
}
