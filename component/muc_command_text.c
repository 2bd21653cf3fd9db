#include "component/muc_command.h"

#include "core/base/text.h"

#include <string.h>

/* The doors that take words: a chat's room, the lobby, and the chat with queue@. */

#define ANSWER_MAX (60 * 1024) /* bytes of one message */

/* Rows as lines of text. */
static const char *as_text(struct arena *a, const char *text, const struct adhoc_rows *rows)
{
    struct buf b = {0};
    const char *all;

    buf_puts(&b, text);
    for (size_t i = 0; rows && i < rows->n_rows && b.len < ANSWER_MAX; i++) {
        const char *between = "\n";

        for (size_t c = 0; c < rows->n_columns; c++) {
            const char *cell = rows->cells[i * rows->n_columns + c];

            if (!*cell)
                continue;
            buf_printf(&b, "%s%s", between, cell);
            between = " - ";
        }
    }
    all = arena_dup(a, buf_str(&b));
    buf_free(&b);
    return all;
}

/* ---- which chat ---------------------------------------------------------------------------------
 */

struct named {
    const char *prefix;
    size_t len, n;
    char id[ID_LEN + 1];
};

static bool match_chat(void *ctx, const struct chat *c)
{
    struct named *n = ctx;

    if (strncmp(c->id, n->prefix, n->len) == 0) {
        memcpy(n->id, c->id, sizeof(n->id));
        n->n++;
    }
    return n->n < 2;
}

#define PREFIX_MIN 4 /* letters that may stand for an id */

/* An id, a room's address, or how an open chat's id begins. Returns what is left. */
static const char *take_chat(struct muc_request *r, const struct agent *me, const char *rest)
{
    size_t len = strcspn(rest, " \t\n"), local = strcspn(rest, "@ \t\n");
    const char *first = rest + (strncmp(rest, "xmpp:", 5) == 0 ? 5 : 0);
    struct named n = {.prefix = first};
    const char *word;

    local -= (size_t)(first - rest) <= local ? (size_t)(first - rest) : local;
    word = arena_dup_len(r->arena, first, local);
    if (crypto_is_id(word)) {
        r->chat = word;
        return rest + len;
    }
    n.len = local;
    if (local >= PREFIX_MIN && local < ID_LEN && local == len)
        queue_each(desk_queue(r->m->desk), me->organization, match_chat, &n);
    if (n.n != 1)
        return rest;
    r->chat = arena_dup(r->arena, n.id);
    return rest + len;
}

struct own {
    const char *agent_id;
    size_t n;
    char id[ID_LEN + 1];
};

static bool match_own(void *ctx, const struct chat *c)
{
    struct own *own = ctx;

    if (strcmp(c->assigned_to, own->agent_id) == 0 || strcmp(c->offered_to, own->agent_id) == 0) {
        memcpy(own->id, c->id, sizeof(own->id));
        own->n++;
    }
    return true;
}

/* The chat at hand: the room joined last, or the only chat one has. */
static void chat_at_hand(struct muc_request *r, const struct agent *me)
{
    struct own own = {.agent_id = me->id};
    char id[ID_LEN + 1];

    if (desk_last_room(r->m->desk, me->id, id)) {
        r->chat = arena_dup(r->arena, id);
        return;
    }
    queue_each(desk_queue(r->m->desk), me->organization, match_own, &own);
    if (own.n == 1)
        r->chat = arena_dup(r->arena, own.id);
}

/* "claim" alone is the next one that waits, when the chat at hand does not. */
static bool claims_next(const struct muc_request *r)
{
    return r->command->run == muc_do_claim;
}

/* Where no room says which chat is meant. */
static void with_chat(struct muc_request *r, const char *rest)
{
    const struct agent *me = muc_request_agent(r);

    if (!me) {
        muc_answer(r, ERR_NOT_FOUND, NULL, NULL);
        return;
    }
    rest += strspn(rest, " \t\n");
    if (r->command->flags & MUC_ON_CHAT) {
        rest = take_chat(r, me, rest);
        if (!*r->chat && !claims_next(r))
            chat_at_hand(r, me);
        if (!*r->chat && !claims_next(r)) {
            muc_answer(r, ERR_INVALID, "Which chat? Give its id, or join its room first.", NULL);
            return;
        }
    }
    muc_request_words(r, rest);
}

/* ---- in rooms ----------------------------------------------------------------------------------
 */

static void notice(struct muc_request *r, const char *text, const struct adhoc_rows *rows)
{
    struct muc_out o = muc_out_new(r->m);
    const struct muc_room v = {.local = r->call->intent.room};

    muc_send_notice(&r->m->service, &o, &v, r->from, as_text(o.arena, text, rows));
    arena_free(o.arena);
}

static void say_in_room(struct muc_request *r, enum err e, const char *text,
                        const struct adhoc_rows *rows)
{
    struct muc_out o;

    if (!(r->command->flags & MUC_REFLECTED)) {
        notice(r, text, rows);
    } else if (e != OK) {
        /* the entry was the reflection; without it the sender must learn that there is none */
        o = muc_out_new(r->m);
        muc_refuse_call(r->call, &o, e);
        arena_free(o.arena);
    }
}

static void say_in_lobby(struct muc_request *r, enum err e, const char *text,
                         const struct adhoc_rows *rows)
{
    (void)e;
    notice(r, text, rows);
}

static const char unknown[] = "There is no such command; it was not shown to the customer. "
                              "!help lists the commands.";
static const char unknown_here[] = "There is no such command. !help lists the commands.";

static void in_chat(struct call *c, struct muc_request *r, const char *rest)
{
    r->chat = arena_dup(r->arena, c->intent.room);
    r->stanza_id = arena_dup(r->arena, c->intent.in->id);
    r->key = arena_dup(r->arena, muc_resend_key(c));
    r->door = say_in_room;
    muc_request_words(r, rest);
}

/* Clients wait for the reflection of what they sent: the command goes back to its author alone,
 * and is not stored. */
void muc_command_room(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct muc_intent *i = &c->intent;
    const char *word = i->body + 1 + strspn(i->body + 1, " \t");
    size_t len = strcspn(word, " \t\n");
    const struct muc_command *command = muc_command_named(word, len);
    bool lobby = lobby_organization(i->room) != NULL;
    struct principal who = muc_agent_of(c->m, i->in);
    struct muc_request *r;

    if (!command) {
        muc_reply_error(o, i->in, COND_NOT_ACCEPTABLE, "modify", lobby ? unknown_here : unknown);
        muc_call_free(c);
        return;
    }
    if (lobby || !(command->flags & MUC_REFLECTED))
        muc_send_echo(&c->m->service, o, v, from, i);
    r = muc_request_new(c, &who);
    r->command = command;
    r->marked = true;
    if (!lobby) {
        in_chat(c, r, word + len);
        return;
    }
    r->door = say_in_lobby;
    with_chat(r, word + len);
}

/* ---- the chat with queue@ ----------------------------------------------------------------------
 */

static void say_to_contact(struct muc_request *r, enum err e, const char *text,
                           const struct adhoc_rows *rows)
{
    (void)e;
    if (r->command || muc_contact_puzzled(r->m, r->who.id))
        muc_contact_say(r->m, r->from, as_text(r->arena, text, rows));
}

void muc_command_contact(struct call *c, const struct principal *who)
{
    struct muc_request *r = muc_request_new(c, who);
    const char *word = c->intent.body + (*c->intent.body == '!' || *c->intent.body == '/');
    size_t len = strcspn(word, " \t\n");

    r->door = say_to_contact;
    r->command = muc_command_named(word, len);
    r->stanza_id = "";
    if (!r->command)
        muc_answer(
            r, ERR_INVALID,
            arena_printf(r->arena, "I do not know that. %s", muc_help(r->arena, false, false)),
            NULL);
    else
        with_chat(r, word + len);
}
