#include "component/muc_command.h"

#include "core/base/stamp.h"
#include "core/base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ---------------------------------------------------------------------------------
 */

static const char *const statuses[] = {"available", "away", "dnd", "auto", NULL};
static const char *const notifies[] = {"message", "invite", "lobby", "none", NULL};

#define AGENT                                                                                      \
    {                                                                                              \
        ARG_AGENT, true, "agent", "Agent", NULL                                                    \
    }
#define REASON                                                                                     \
    {                                                                                              \
        ARG_TEXT, false, "reason", "Reason", NULL                                                  \
    }

const struct muc_command muc_commands[] = {
    {"queue", "Show the chats that wait", "", 0, {{0}}, muc_do_queue},
    {"find",
     "Find chats by the customer's name or address, the reason, or the chat's id",
     "WORDS",
     0,
     {{ARG_TEXT, true, "words", "Words, or their beginnings", NULL}},
     muc_do_find},
    {"claim", "Take a chat", "", MUC_ON_CHAT, {{0}}, muc_do_claim},
    {"release", "Give a chat back to the queue", "[REASON]", MUC_ON_CHAT, {REASON}, muc_do_release},
    {"transfer",
     "Hand a chat to an agent or to the queue",
     "AGENT|queue [REASON]",
     MUC_ON_CHAT,
     {{ARG_AGENT_OR_QUEUE, true, "agent", "To", NULL}, REASON},
     muc_do_transfer},
    {"decline", "Do not take an offered chat", "", MUC_ON_CHAT, {{0}}, muc_do_decline},
    {"observe", "Read along without taking a chat", "", MUC_ON_CHAT, {{0}}, muc_do_observe},
    {"takeover", "Speak in a chat of another agent", "", MUC_ON_CHAT, {{0}}, muc_do_takeover},
    {"voice", "Let another agent speak too", "AGENT", MUC_ON_CHAT, {AGENT}, muc_do_voice},
    {"mute", "Let another agent speak no more", "AGENT", MUC_ON_CHAT, {AGENT}, muc_do_mute},
    {"invite",
     "Invite another agent to a chat",
     "AGENT [REASON]",
     MUC_ON_CHAT,
     {AGENT, REASON},
     muc_do_invite},
    {"note",
     "Write a note that only staff see",
     "TEXT",
     MUC_ON_CHAT | MUC_ANY_CHAT | MUC_REFLECTED,
     {{ARG_TEXT, true, "text", "Note", NULL}},
     muc_do_note},
    {"close", "End a chat", "[REASON]", MUC_ON_CHAT | MUC_HOLDER, {REASON}, muc_do_close},
    {"reopen", "Open a closed chat again", "", MUC_ON_CHAT | MUC_ANY_CHAT, {{0}}, muc_do_reopen},
    {"block", "End a chat and shut its customer out", "", MUC_ON_CHAT, {{0}}, muc_do_block},
    {"unblock",
     "Let the customer of a chat in again",
     "",
     MUC_ON_CHAT | MUC_ANY_CHAT,
     {{0}},
     muc_do_unblock},
    {"info", "Show who the customer is", "", MUC_ON_CHAT | MUC_ANY_CHAT, {{0}}, muc_do_info},
    {"history",
     "Show the last lines of a chat",
     "[COUNT]",
     MUC_ON_CHAT | MUC_ANY_CHAT,
     {{ARG_NUMBER, false, "count", "Lines (20)", NULL}},
     muc_do_history},
    {"canned",
     "Send a canned reply, or show them",
     "[NAME]",
     MUC_ON_CHAT,
     {{ARG_TEXT, false, "name", "Name", NULL}},
     muc_do_canned},
    {"agents", "Show who is on duty", "", 0, {{0}}, muc_do_agents},
    {"stats", "Show the figures of today", "", 0, {{0}}, muc_do_stats},
    {"my-status",
     "Show or set whether I take chats",
     "[available|away|dnd|auto] [MAX-CHATS]",
     0,
     {{ARG_WORD, false, "status", "Status", statuses},
      {ARG_NUMBER, false, "max-chats", "Chats at once (0: no limit)", NULL}},
     muc_do_status},
    {"notify-prefs",
     "Show or set how I hear of chats that wait",
     "[message|invite|lobby|none]",
     0,
     {{ARG_WORD, false, "notify", "Tell me by", notifies}},
     muc_do_notify},
    {"login", "Get a link that opens the web console", "", 0, {{0}}, muc_do_login},
    {"ok",
     "Let the browser in that shows this code",
     "CODE",
     0,
     {{ARG_TEXT, true, "code", "Code", NULL}},
     muc_do_ok},
    {"no",
     "Do not let a browser in",
     "[CODE]",
     0,
     {{ARG_TEXT, false, "code", "Code", NULL}},
     muc_do_no},
    {"logout", "End the sessions of all my browsers", "", 0, {{0}}, muc_do_logout},
    {"help", "Show the commands", "", 0, {{0}}, muc_do_help},
};

const size_t muc_n_commands = sizeof(muc_commands) / sizeof(muc_commands[0]);

const struct muc_command *muc_command_named(const char *name, size_t len)
{
    for (size_t i = 0; i < muc_n_commands; i++)
        if (strlen(muc_commands[i].name) == len &&
            strncasecmp(muc_commands[i].name, name, len) == 0)
            return &muc_commands[i];
    return NULL;
}

const char *muc_help(struct arena *a, bool marked, bool of_chat)
{
    struct buf b = {0};
    const char *text;

    buf_puts(&b, of_chat
                     ? "Commands here, never shown to the customer:"
                     : "Commands; ID is a chat's id or its first letters, and may be left out for "
                       "the chat at hand:");
    for (size_t i = 0; i < muc_n_commands; i++) {
        const struct muc_command *c = &muc_commands[i];

        buf_printf(&b, "\n%s%s%s%s%s - %s", marked ? "!" : "", c->name,
                   !of_chat && (c->flags & MUC_ON_CHAT) ? " [ID]" : "", *c->usage ? " " : "",
                   c->usage, c->label);
    }
    text = arena_dup(a, buf_str(&b));
    buf_free(&b);
    return text;
}

/* ---- requests ----------------------------------------------------------------------------------
 */

struct muc_request *muc_request_new(struct call *c, const struct principal *who)
{
    struct arena *a = arena_new();
    struct muc_request *r = arena_new_of(a, struct muc_request);

    *r = (struct muc_request){.m = c->m,
                              .arena = a,
                              .who = {.kind = who->kind, .id = arena_dup(a, who->id)},
                              .from = arena_dup(a, c->intent.in->from.full),
                              .chat = "",
                              .agent_id = "",
                              .word = "",
                              .text = "",
                              .number = -1,
                              .stanza_id = "",
                              .key = "",
                              .said = "Done.",
                              .call = c};
    return r;
}

void muc_answer(struct muc_request *r, enum err e, const char *text, const struct adhoc_rows *rows)
{
    if (!text || !*text)
        text = muc_error_text(e);
    if (!text)
        text = e == ERR_NOT_FOUND || e == ERR_NOT_ESCALATED ? "There is no such chat for you."
                                                            : "This cannot be done.";
    r->door(r, e, text, rows);
    if (r->call)
        muc_call_free(r->call);
    arena_free(r->arena);
}

void muc_answered(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;

    muc_answer(r, e, e == OK ? r->said : a->detail, NULL);
}

const struct agent *muc_request_agent(const struct muc_request *r)
{
    return directory_by_id(desk_directory(r->m->desk), r->who.id);
}

struct by_local {
    const char *local, *organization;
    const struct agent *found;
    size_t n;
};

static void match_local(void *ctx, const struct agent *a)
{
    struct by_local *b = ctx;
    size_t len = strlen(b->local);

    if (strcmp(a->organization, b->organization) == 0 && strncasecmp(a->jid, b->local, len) == 0 &&
        a->jid[len] == '@') {
        b->found = a;
        b->n++;
    }
}

/* By name, by JID, or by the part before the @ when only one agent has it. */
const struct agent *muc_find_agent(const struct muc_request *r, const char *name)
{
    struct directory *d = desk_directory(r->m->desk);
    const struct agent *me = muc_request_agent(r), *a;
    struct by_local local = {.local = name + (*name == '@')};

    if (!me || !*local.local)
        return NULL;
    local.organization = me->organization;
    a = directory_by_name(d, local.local);
    if (!a)
        a = directory_by_jid(d, local.local);
    if (a)
        return strcmp(a->organization, me->organization) == 0 ? a : NULL;
    directory_each_agent(d, match_local, &local);
    return local.n == 1 ? local.found : NULL;
}

/* ---- arguments from words ----------------------------------------------------------------------
 */

static const char *skip(const char *s)
{
    return s + strspn(s, " \t\n");
}

static size_t word_len(const char *s)
{
    return strcspn(s, " \t\n");
}

/* Names may hold spaces: the longest beginning that names an agent. */
static const char *take_agent(struct muc_request *r, const char *rest)
{
    size_t len = strlen(rest);

    while (len > 0) {
        const struct agent *a =
            len <= 1024 ? muc_find_agent(r, arena_dup_len(r->arena, rest, len)) : NULL;

        if (a) {
            r->agent_id = arena_dup(r->arena, a->id);
            return rest + len;
        }
        while (len > 0 && !isspace((unsigned char)rest[len - 1]))
            len--;
        while (len > 0 && isspace((unsigned char)rest[len - 1]))
            len--;
    }
    return NULL;
}

static const char *take_word(struct muc_request *r, const struct muc_arg *arg, const char *rest)
{
    size_t len = word_len(rest);

    for (const char *const *w = arg->words; *w; w++) {
        if (strlen(*w) == len && strncasecmp(*w, rest, len) == 0) {
            r->word = *w;
            return rest + len;
        }
    }
    return NULL;
}

static const char *take_number(struct muc_request *r, const char *rest)
{
    char *end;
    long long n = strtoll(rest, &end, 10);

    if (end == rest || n < 0 || n > 1000000 || (size_t)(end - rest) != word_len(rest))
        return NULL;
    r->number = n;
    return end;
}

/* Returns what is left; NULL when it cannot be this. */
static const char *take_arg(struct muc_request *r, const struct muc_arg *arg, const char *rest)
{
    switch (arg->kind) {
    case ARG_NONE:
        return rest;
    case ARG_AGENT_OR_QUEUE:
        if (word_len(rest) == 5 && strncasecmp(rest, "queue", 5) == 0) {
            r->word = "queue";
            return rest + 5;
        }
        return take_agent(r, rest);
    case ARG_AGENT:
        return take_agent(r, rest);
    case ARG_WORD:
        return take_word(r, arg, rest);
    case ARG_NUMBER:
        return take_number(r, rest);
    case ARG_TEXT:
        r->text = arena_dup(r->arena, rest);
        return rest + strlen(rest);
    }
    return rest;
}

static void answer_usage(struct muc_request *r, const struct muc_arg *wrong)
{
    const struct muc_command *c = r->command;
    const char *what = "";

    if (wrong && (wrong->kind == ARG_AGENT || wrong->kind == ARG_AGENT_OR_QUEUE))
        what = "There is no such agent. ";
    muc_answer(r, ERR_INVALID, arena_printf(r->arena, "%sUse: %s %s", what, c->name, c->usage),
               NULL);
}

void muc_request_words(struct muc_request *r, const char *rest)
{
    const struct muc_command *c = r->command;

    rest = skip(rest);
    for (size_t i = 0; i < 2 && c->args[i].kind != ARG_NONE; i++) {
        const struct muc_arg *arg = &c->args[i];
        const char *next = *rest ? take_arg(r, arg, rest) : NULL;

        if (!next && (arg->required || (*rest && (i == 1 || c->args[1].kind == ARG_NONE)))) {
            answer_usage(r, arg);
            return;
        }
        rest = skip(next ? next : rest);
    }
    if (*rest)
        answer_usage(r, NULL);
    else
        muc_request_run(r);
}

/* Who has the chat, a supervisor, or anybody while nobody has it. */
static bool is_holder(const struct muc_request *r, const struct chat *c)
{
    const struct agent *me = muc_request_agent(r);

    return me && (me->role == AGENT_SUPERVISOR || c->state != CHAT_LIVE ||
                  strcmp(c->assigned_to, me->id) == 0);
}

static void looked(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;

    if (e == OK && !is_holder(r, a->chat))
        e = ERR_FORBIDDEN;
    if (e == OK)
        r->command->run(r);
    else
        muc_answer(r, e, a->detail, NULL);
}

void muc_request_run(struct muc_request *r)
{
    if (r->command->flags & MUC_HOLDER)
        desk_look(r->m->desk, &r->who, r->chat, looked, r);
    else
        r->command->run(r);
}

/* ---- words for people --------------------------------------------------------------------------
 */

const char *muc_link(const struct muc_desk *m, struct arena *a, const char *chat)
{
    return arena_printf(a, "xmpp:%s@%s?join", chat, m->service.domain);
}

const char *muc_chat_line(const struct muc_desk *m, struct arena *a, const struct chat *c)
{
    const struct agent *agent = directory_by_id(desk_directory(m->desk), c->assigned_to);
    const char *name = *c->name ? c->name : "Customer";
    const char *dash = *c->escalation_reason ? " - " : "";
    char span[16];

    stamp_span(desk_steady(m->desk) - c->queued_ms, span);
    if (c->state == CHAT_WAITING)
        return arena_printf(a, "%s%s%.80s - waiting %s", name, dash, c->escalation_reason, span);
    if (c->state == CHAT_LIVE)
        return arena_printf(a, "%s%s%.80s - with %s", name, dash, c->escalation_reason,
                            agent ? agent->name : "somebody");
    return arena_printf(a, "%s%s%.80s - %s", name, dash, c->escalation_reason,
                        chat_state_name(c->state));
}
