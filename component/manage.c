#include "component/manage.h"

#include "component/manage_own.h"
#include "component/manage_show.h"
#include "component/xml/jid.h"
#include "core/base/text.h"
#include "core/desk.h"

#include <string.h>

/* ---- ends ----------------------------------------------------------------------------------- */

void manage_finish(struct job *j, int exit_code, const char *err)
{
    j->done(j->ctx, exit_code, buf_str(&j->out), err);
    buf_free(&j->out);
    arena_free(j->arena);
}

void manage_refuse(struct job *j, const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = arena_vprintf(j->arena, fmt, args);
    va_end(args);
    manage_finish(j, EXIT_RUNTIME, text);
}

static const char *reason(enum err e)
{
    switch (e) {
    case ERR_NOT_FOUND:
        return "there is no such thing";
    case ERR_CONFLICT:
        return "the name or the address is taken";
    case ERR_INVALID:
        return "a value is not allowed";
    case ERR_TOO_LARGE:
        return "a value is too long";
    case ERR_FORBIDDEN:
    case ERR_NOT_ALLOWED:
        return "that is not allowed";
    case ERR_LOW_DISK:
        return "the disk is nearly full";
    case ERR_BUSY:
        return "too busy, try again";
    case ERR_UNKNOWN:
    case ERR_IO:
        return "the database cannot be written";
    default:
        return err_name(e);
    }
}

/* True when the desk did it; otherwise the job is over. */
bool manage_went_well(struct job *j, enum err e, const struct desk_answer *a)
{
    if (e == OK)
        return true;
    manage_refuse(j, "%s", a && a->detail && a->detail[0] ? a->detail : reason(e));
    return false;
}

/* The command has nothing to say but that it is done. */
void manage_on_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (manage_went_well(j, e, a))
        manage_finish(j, EXIT_DONE, "");
}

/* ---- what the words mean -------------------------------------------------------------------- */

/* The operand as the bare JID of an account. NULL: refused. */
static const char *account(struct job *j)
{
    struct jid jid;

    if (jid_parse(j->arena, j->cmd.operand, &jid) == OK && jid.local[0] && !jid.resource[0])
        return jid.bare;
    manage_refuse(j, "%s is not the address of an account, like anna@example.org", j->cmd.operand);
    return NULL;
}

/* The operand as the JID of an agent that we have. NULL: refused. */
static const char *known_agent(struct job *j)
{
    const char *jid = account(j);

    if (jid && !directory_by_jid(desk_directory(j->desk), jid)) {
        manage_refuse(j, "there is no agent %s", jid);
        return NULL;
    }
    return jid;
}

/* "a, b,,c" becomes "a,b,c". Errors: ERR_INVALID one of them is no name. */
static enum err tidy_skills(struct arena *a, const char *given, const char **out)
{
    struct buf all = {0};
    enum err e = OK;

    while (given && *given && e == OK) {
        size_t len = strcspn(given, ",");
        char *word = arena_dup_len(a, given, len);
        char *name = NULL;

        if (word[strspn(word, " ")] != 0 && (e = text_name(a, word, &name)) == OK)
            buf_printf(&all, "%s%s", all.len ? "," : "", name);
        given += len + (given[len] == ',');
    }
    *out = arena_dup(a, buf_str(&all));
    buf_free(&all);
    return e;
}

static bool is_organization_name(const char *s)
{
    size_t len = strlen(s);

    return len > 0 && len <= 32 && s[0] != '-' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* ---- agents --------------------------------------------------------------------------------- */

static void agent_add(struct job *j)
{
    const struct command *c = &j->cmd;
    struct agent_new a = {.organization = c->organization ? c->organization : "default"};
    char *name = NULL;

    if (!(a.jid = account(j)))
        return;
    if (text_name(j->arena, c->name, &name) != OK) {
        manage_refuse(j, "--name must have 1 to %d characters, none of them invisible",
                      TEXT_NAME_MAX);
        return;
    }
    if (tidy_skills(j->arena, c->skills, &a.skills) != OK) {
        manage_refuse(j, "--skills must be words with a comma between");
        return;
    }
    if (!directory_organization(desk_directory(j->desk), a.organization)) {
        manage_refuse(j, "there is no organization %s", a.organization);
        return;
    }
    a.name = name;
    a.supervisor = c->role && strcmp(c->role, "supervisor") == 0;
    desk_agent_add(j->desk, &a, manage_on_done, j);
}

static void agent_remove(struct job *j)
{
    const char *jid = known_agent(j);

    if (jid)
        desk_agent_remove(j->desk, jid, manage_on_done, j);
}

/* Links are known to the process that made them. */
static void agent_login_link(struct job *j)
{
    const char *jid = known_agent(j);
    const struct agent *a = jid ? directory_by_jid(desk_directory(j->desk), jid) : NULL;
    char token[TOKEN_LEN + 1];

    if (!a)
        return;
    if (!*desk_url(j->desk)) {
        manage_refuse(j, "the daemon does not run, or has no http.public_url");
        return;
    }
    if (desk_login_link(j->desk, a->id, LOGIN_ADMIN_MS, token) != OK) {
        manage_refuse(j, "too many logins are open, try again");
        return;
    }
    buf_printf(&j->out, "%s/login/%s\n", desk_url(j->desk), token);
    manage_finish(j, EXIT_DONE, "");
}

/* ---- organizations -------------------------------------------------------------------------- */

/* What is not given stays as it is. */
static void organization_add(struct job *j)
{
    const struct command *c = &j->cmd;
    const struct organization *old;
    struct organization o = {.name = c->operand, .title = c->operand, .origins = ""};
    char *title = NULL;

    if (!is_organization_name(c->operand)) {
        manage_refuse(j, "an organization's name is a word of a-z, 0-9 and -, at most 32 long");
        return;
    }
    if ((old = directory_organization(desk_directory(j->desk), c->operand))) {
        o.title = old->title;
        o.origins = old->origins;
    }
    if (old && old->configured) {
        manage_refuse(j, "%s is in the configuration file: change it there", c->operand);
        return;
    }
    if (c->title && text_name(j->arena, c->title, &title) != OK) {
        manage_refuse(j, "--title must have 1 to %d characters, none of them invisible",
                      TEXT_NAME_MAX);
        return;
    }
    if (title)
        o.title = title;
    for (size_t i = 0; i < c->n_origins; i++) {
        if (!text_is_origin(c->origins[i])) {
            manage_refuse(j, "%s is not an origin, like https://shop.example.org", c->origins[i]);
            return;
        }
        o.origins =
            arena_printf(j->arena, "%s%s%s", i ? o.origins : "", i ? " " : "", c->origins[i]);
    }
    desk_organization_put(j->desk, &o, manage_on_done, j);
}

/* ---- chats ---------------------------------------------------------------------------------- */

static void list_from(struct job *j, const char *cursor);

static void on_chats(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (!manage_went_well(j, e, a))
        return;
    /* of a search, a page without a chat is not the end */
    if (a->page->n_chats == 0 && a->page->more) {
        list_from(j, a->page->next_cursor);
        return;
    }
    manage_show_chats(j->desk, a->page, j->cmd.json, j->arena, &j->out);
    manage_finish(j, EXIT_DONE, "");
}

static void list_from(struct job *j, const char *cursor)
{
    const struct principal system = {.kind = WHO_SYSTEM, .id = ""};
    enum chat_filter filter = FILTER_ALL;

    if (j->cmd.filter && strcmp(j->cmd.filter, "needs_response") == 0)
        filter = FILTER_NEEDS_RESPONSE;
    if (j->cmd.filter && strcmp(j->cmd.filter, "assigned") == 0)
        filter = FILTER_ASSIGNED;
    desk_search(j->desk, &system, j->cmd.find, filter, cursor, j->cmd.limit, on_chats, j);
}

static void on_chat(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (!manage_has_chat(j, e, a))
        return;
    manage_show_chat(j->desk, a->chat, a->page, j->cmd.json, j->arena, &j->out);
    manage_finish(j, EXIT_DONE, "");
}

static void chat_show(struct job *j)
{
    if (manage_names_chat(j))
        desk_admin_chat(j->desk, j->cmd.operand, on_chat, j);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void on_key_added(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (!manage_went_well(j, e, a))
        return;
    buf_printf(&j->out, "%s\n", a->token);
    manage_finish(j, EXIT_DONE, "");
}

static void key_add(struct job *j)
{
    const char *jid = known_agent(j);
    char *label = NULL;

    if (!jid)
        return;
    if (j->cmd.label && text_name(j->arena, j->cmd.label, &label) != OK)
        manage_refuse(j, "--label must have 1 to %d characters, none of them invisible",
                      TEXT_NAME_MAX);
    else
        desk_key_add(j->desk, jid, label ? label : "", on_key_added, j);
}

static void on_keys(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (!manage_went_well(j, e, a))
        return;
    manage_show_keys(j->desk, a->page, j->cmd.json, j->arena, &j->out);
    manage_finish(j, EXIT_DONE, "");
}

static void key_remove(struct job *j)
{
    size_t len = strlen(j->cmd.operand);

    if (len < 4 || len > HASH_HEX_LEN || strspn(j->cmd.operand, "0123456789abcdef") != len)
        manage_refuse(j, "a key is named by 4 or more digits of its hash, see parley key list");
    else
        desk_key_remove(j->desk, j->cmd.operand, manage_on_done, j);
}

/* ---- the door ------------------------------------------------------------------------------- */

static void start(struct job *j)
{
    switch (j->cmd.id) {
    case COMMAND_AGENT_ADD:
        agent_add(j);
        return;
    case COMMAND_AGENT_LIST:
        manage_show_agents(j->desk, j->cmd.json, j->arena, &j->out);
        manage_finish(j, EXIT_DONE, "");
        return;
    case COMMAND_AGENT_REMOVE:
        agent_remove(j);
        return;
    case COMMAND_AGENT_LOGIN_LINK:
        agent_login_link(j);
        return;
    case COMMAND_ORGANIZATION_ADD:
        organization_add(j);
        return;
    case COMMAND_ORGANIZATION_LIST:
        manage_show_organizations(j->desk, j->cmd.json, j->arena, &j->out);
        manage_finish(j, EXIT_DONE, "");
        return;
    case COMMAND_CHAT_LIST:
        list_from(j, "");
        return;
    case COMMAND_CHAT_SHOW:
        chat_show(j);
        return;
    case COMMAND_CHAT_EXPORT:
    case COMMAND_CHAT_CLOSE:
    case COMMAND_CHAT_ERASE:
    case COMMAND_BACKUP:
        manage_data(j);
        return;
    case COMMAND_KEY_ADD:
        key_add(j);
        return;
    case COMMAND_KEY_LIST:
        desk_key_list(j->desk, on_keys, j);
        return;
    case COMMAND_KEY_REMOVE:
        key_remove(j);
        return;
    case COMMAND_HELP:
    case COMMAND_HELP_CONFIG:
    case COMMAND_VERSION:
    case COMMAND_SERVE:
    case COMMAND_CHECK_CONFIG:
    case COMMAND_RESTORE:
        break;
    }
    manage_finish(j, EXIT_USAGE, "not a management command");
}

void manage_run(void *desk, int argc, const char *const *argv, manage_done_fn *done, void *ctx)
{
    struct arena *arena = arena_new();
    struct job *j = arena_new_of(arena, struct job);
    const char *words[COMMAND_ARGS_MAX];
    const char *detail = "";
    int n = argc < COMMAND_ARGS_MAX ? argc : COMMAND_ARGS_MAX;

    *j = (struct job){.arena = arena, .desk = desk, .done = done, .ctx = ctx};
    for (int i = 0; i < n; i++)
        words[i] = arena_dup(arena, argv[i]);
    if (argc > COMMAND_ARGS_MAX)
        manage_finish(j, EXIT_USAGE, "too many words");
    else if (command_parse(n, words, &j->cmd, &detail) != OK)
        manage_finish(j, EXIT_USAGE, detail);
    else
        start(j);
}
