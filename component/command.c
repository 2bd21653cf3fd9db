#include "component/command.h"

#include "core/base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum opt {
    OPT_CONFIG,
    OPT_JSON,
    OPT_PRINT,
    OPT_NAME,
    OPT_ORGANIZATION,
    OPT_ROLE,
    OPT_SKILLS,
    OPT_TITLE,
    OPT_ORIGIN,
    OPT_LABEL,
    OPT_FILTER,
    OPT_FIND,
    OPT_LIMIT,
    OPT_OUTPUT,
    OPT_FORCE,
    OPT_REASON,
    OPT_HELP,
    OPT_VERSION,
    OPT_COUNT
};

/* value "a|b" means one of these words; NULL means that the option takes none. */
static const struct {
    const char *name, *value, *meaning;
} opts[] = {
    [OPT_CONFIG] = {"config", "FILE", "the configuration file (default: /etc/parley/parley.conf)"},
    [OPT_JSON] = {"json", NULL, "print JSON"},
    [OPT_PRINT] = {"print", NULL, "print the settings in force, without secrets"},
    [OPT_NAME] = {"name", "NAME", "the agent's name, as customers see it"},
    [OPT_ORGANIZATION] = {"organization", "O", "the agent's organization (default: default)"},
    [OPT_ROLE] = {"role", "agent|supervisor", "what the agent may do (default: agent)"},
    [OPT_SKILLS] = {"skills", "A,B", "words, with a comma between"},
    [OPT_TITLE] = {"title", "T", "the organization's name for people"},
    [OPT_ORIGIN] = {"origin", "URL", "a web site that may show its chats; can be given again"},
    [OPT_LABEL] = {"label", "L", "what the key is for"},
    [OPT_FILTER] = {"filter", "all|needs_response|assigned", "which chats (default: all)"},
    [OPT_FIND] = {"find", "WORDS", "only chats of customers or reasons that have these words"},
    [OPT_LIMIT] = {"limit", "N", "how many rows, at most 200 (default: 50)"},
    [OPT_OUTPUT] = {"output", "FILE", "write there (for its owner only) instead of printing"},
    [OPT_FORCE] = {"force", NULL, "replace a file that is there already"},
    [OPT_REASON] = {"reason", "TEXT", "why, as the chat's log keeps it"},
    [OPT_HELP] = {"help", NULL, "show this"},
    [OPT_VERSION] = {"version", NULL, "print the version"},
};

_Static_assert(sizeof(opts) / sizeof(opts[0]) == OPT_COUNT, "an option without its row");

struct command_spec {
    enum command_id id;
    const char *words;   /* one or two */
    const char *operand; /* NULL: takes none */
    unsigned options;    /* bits of enum opt; --help and --config go with every command */
    unsigned needed;
    const char *meaning;
};

#define BIT(o) (1U << (o))
#define COMMON (BIT(OPT_HELP) | BIT(OPT_CONFIG))

static const struct command_spec specs[] = {
    {COMMAND_SERVE, "serve", NULL, 0, 0, "Run the daemon in the foreground."},
    {COMMAND_CHECK_CONFIG, "check-config", NULL, BIT(OPT_PRINT), 0,
     "Read the configuration and say what is wrong with it. `parley help config` lists all "
     "settings."},
    {COMMAND_AGENT_ADD, "agent add", "JID",
     BIT(OPT_NAME) | BIT(OPT_ORGANIZATION) | BIT(OPT_ROLE) | BIT(OPT_SKILLS), BIT(OPT_NAME),
     "Let an XMPP account answer customers."},
    {COMMAND_AGENT_LIST, "agent list", NULL, BIT(OPT_JSON), 0, "List the agents."},
    {COMMAND_AGENT_REMOVE, "agent remove", "JID", 0, 0,
     "Take an agent out of the service, with its keys and sessions."},
    {COMMAND_AGENT_LOGIN_LINK, "agent login-link", "JID", 0, 0,
     "Print a link that opens the web console as the agent, once, within ten minutes. The daemon "
     "must "
     "run."},
    {COMMAND_ORGANIZATION_ADD, "organization add", "NAME", BIT(OPT_TITLE) | BIT(OPT_ORIGIN), 0,
     "Make an organization, or change one that is not in the configuration file."},
    {COMMAND_ORGANIZATION_LIST, "organization list", NULL, BIT(OPT_JSON), 0,
     "List the organizations."},
    {COMMAND_CHAT_LIST, "chat list", NULL,
     BIT(OPT_JSON) | BIT(OPT_FILTER) | BIT(OPT_FIND) | BIT(OPT_LIMIT), 0,
     "List chats, those that wait longest first."},
    {COMMAND_CHAT_SHOW, "chat show", "ID", BIT(OPT_JSON), 0, "Show one chat and what was said."},
    {COMMAND_CHAT_EXPORT, "chat export", "ID", BIT(OPT_OUTPUT) | BIT(OPT_FORCE), 0,
     "Print everything that is stored of one chat as JSON, with notes and all else that only staff "
     "see."},
    {COMMAND_CHAT_CLOSE, "chat close", "ID", BIT(OPT_REASON), 0, "End a chat."},
    {COMMAND_CHAT_ERASE, "chat erase", "ID", 0, 0,
     "Remove for good what was said in a chat, with names, addresses, files and the customer's "
     "access. An open chat is closed by it. What stays are stubs that say when something was said, "
     "and by "
     "whom by id. Backups made before keep it."},
    {COMMAND_KEY_ADD, "key add", "JID", BIT(OPT_LABEL), 0,
     "Make an API token that acts as the agent. It is printed once and cannot be read again."},
    {COMMAND_KEY_LIST, "key list", NULL, BIT(OPT_JSON), 0, "List the API tokens by their hashes."},
    {COMMAND_KEY_REMOVE, "key remove", "HASHPREFIX", 0, 0, "End an API token."},
    {COMMAND_BACKUP, "backup", "FILE", BIT(OPT_FORCE), 0,
     "Copy the database into a file, also while the daemon runs. The copy holds all that customers "
     "wrote; it is readable for its owner only. Agents' files are not in it: copy the folder "
     "store.files too."},
    {COMMAND_RESTORE, "restore", "FILE", 0, 0,
     "Put a copy in the place of the database, which stays beside it. No daemon may run."},
    {COMMAND_VERSION, "version", NULL, 0, 0, "Print the version."},
};

#define N_SPECS (sizeof(specs) / sizeof(specs[0]))

struct parse {
    struct command *out;
    unsigned given; /* bits of enum opt */
    const char *words[COMMAND_ARGS_MAX];
    size_t n_words;
};

static char problem[256];

static enum err fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

static enum err fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(problem, sizeof(problem), fmt, args);
    va_end(args);
    return ERR_INVALID;
}

static bool among(const char *choices, const char *word)
{
    size_t len = strlen(word);

    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL) {
        if (len > 0 && strcspn(c, "|") == len && strncmp(c, word, len) == 0)
            return true;
    }
    return false;
}

static enum err take_limit(struct command *c, const char *value)
{
    char *end = NULL;
    long n = strtol(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end || n < 1 || n > COMMAND_LIMIT_MAX)
        return fail("--limit must be a number from 1 to %d", COMMAND_LIMIT_MAX);
    c->limit = (size_t)n;
    return OK;
}

static enum err take_option(struct parse *p, enum opt o, const char *value)
{
    struct command *c = p->out;
    const char **const places[OPT_COUNT] = {
        [OPT_CONFIG] = &c->config, [OPT_NAME] = &c->name,     [OPT_ORGANIZATION] = &c->organization,
        [OPT_ROLE] = &c->role,     [OPT_SKILLS] = &c->skills, [OPT_TITLE] = &c->title,
        [OPT_LABEL] = &c->label,   [OPT_FILTER] = &c->filter, [OPT_FIND] = &c->find,
        [OPT_OUTPUT] = &c->output, [OPT_REASON] = &c->reason,
    };

    p->given |= BIT(o);
    c->json = (p->given & BIT(OPT_JSON)) != 0;
    c->print = (p->given & BIT(OPT_PRINT)) != 0;
    c->force = (p->given & BIT(OPT_FORCE)) != 0;
    if (opts[o].value && strchr(opts[o].value, '|') && !among(opts[o].value, value))
        return fail("--%s must be one of %s", opts[o].name, opts[o].value);
    if (o == OPT_LIMIT)
        return take_limit(c, value);
    if (o == OPT_ORIGIN) {
        if (c->n_origins == COMMAND_ORIGINS_MAX)
            return fail("--origin can be given %d times", COMMAND_ORIGINS_MAX);
        c->origins[c->n_origins++] = value;
    } else if (places[o]) {
        *places[o] = value;
    }
    return OK;
}

/* A leading - in the short options gives other words in order, as option 1: what the environment
 * says about POSIX does not matter then. */
static enum err read_words(struct parse *p, int argc, char **argv)
{
    struct option table[OPT_COUNT + 1] = {0};
    enum err e = OK;
    int got;

    for (int i = 0; i < OPT_COUNT; i++)
        table[i] = (struct option){opts[i].name, opts[i].value ? required_argument : no_argument,
                                   NULL, 256 + i};
    optind = 0; /* glibc: start anew */
    opterr = 0;
    while (e == OK && (got = getopt_long(argc, argv, "-:hV", table, NULL)) != -1) {
        if (got == 1)
            p->words[p->n_words++] = optarg;
        else if (got == 'h')
            e = take_option(p, OPT_HELP, NULL);
        else if (got == 'V')
            e = take_option(p, OPT_VERSION, NULL);
        else if (got >= 256)
            e = take_option(p, (enum opt)(got - 256), optarg);
        else if (got == ':')
            e = fail("%.64s needs a value", argv[optind - 1]);
        else
            e = fail("unknown option %.64s, see parley --help", argv[optind - 1]);
    }
    while (e == OK && optind < argc)
        p->words[p->n_words++] = argv[optind++];
    return e;
}

/* How many words of the line are the command's name; 0: it is another command. */
static size_t match(const struct command_spec *s, const char *const *words, size_t n)
{
    size_t first = strcspn(s->words, " ");

    if (n == 0 || strlen(words[0]) != first || strncmp(s->words, words[0], first) != 0)
        return 0;
    if (s->words[first] == 0)
        return 1;
    return n > 1 && strcmp(s->words + first + 1, words[1]) == 0 ? 2 : 0;
}

static enum err find_spec(const char *const *words, size_t n, const struct command_spec **out,
                          size_t *used)
{
    char choices[128] = "";
    size_t len;

    if (n == 0)
        return fail("no command given, see parley --help");
    len = strlen(words[0]);
    for (size_t i = 0; i < N_SPECS; i++) {
        const char *name = specs[i].words;

        *used = match(&specs[i], words, n);
        if (*used > 0) {
            *out = &specs[i];
            return OK;
        }
        if (strncmp(name, words[0], len) == 0 && name[len] == ' ') {
            size_t at = strlen(choices);

            snprintf(choices + at, sizeof(choices) - at, "%s%s", at ? ", " : "", name + len + 1);
        }
    }
    if (choices[0])
        return fail("after %s one of these must follow: %s", words[0], choices);
    return fail("unknown command %.64s, see parley --help", words[0]);
}

static enum err find_topic(struct parse *p, const char *const *words, size_t n)
{
    size_t used = 0;

    p->out->id = COMMAND_HELP;
    if (n == 0)
        return OK;
    if (strcmp(words[0], "config") == 0) {
        p->out->id = COMMAND_HELP_CONFIG;
        return OK;
    }
    return find_spec(words, n, &p->out->topic, &used);
}

static enum err check_options(const struct parse *p, const struct command_spec *s)
{
    for (unsigned o = 0; o < OPT_COUNT; o++) {
        if ((p->given & BIT(o)) && !((s->options | COMMON) & BIT(o)))
            return fail("parley %s has no option --%s", s->words, opts[o].name);
        if ((s->needed & BIT(o)) && !(p->given & BIT(o)))
            return fail("parley %s needs --%s %s", s->words, opts[o].name, opts[o].value);
    }
    return OK;
}

static enum err choose(struct parse *p)
{
    const struct command_spec *s = NULL;
    size_t used = 0;
    enum err e;

    if (p->n_words > 0 && strcmp(p->words[0], "help") == 0)
        return find_topic(p, p->words + 1, p->n_words - 1);
    if (p->given & BIT(OPT_HELP))
        return find_topic(p, p->words, p->n_words);
    if (p->n_words == 0 && (p->given & BIT(OPT_VERSION))) {
        p->out->id = COMMAND_VERSION;
        return OK;
    }
    if ((e = find_spec(p->words, p->n_words, &s, &used)) != OK)
        return e;
    if ((e = check_options(p, s)) != OK)
        return e;
    p->out->id = s->id;
    if (s->operand && p->n_words == used)
        return fail("parley %s needs %s", s->words, s->operand);
    if (s->operand)
        p->out->operand = p->words[used++];
    if (p->n_words > used)
        return fail("parley %s: %.64s is one word too many", s->words, p->words[used]);
    return OK;
}

enum err command_parse(int argc, const char *const *argv, struct command *out, const char **detail)
{
    struct parse p = {.out = out};
    char *words[COMMAND_ARGS_MAX + 1] = {0};
    enum err e = OK;

    *out = (struct command){.limit = COMMAND_LIMIT_DEFAULT};
    *detail = problem;
    if (argc < 1 || argc > COMMAND_ARGS_MAX)
        return fail("a command line has 1 to %d words", COMMAND_ARGS_MAX);
    for (int i = 0; i < argc; i++) {
        if (!text_ok(argv[i], strlen(argv[i])))
            return fail("word %d of the command line is not UTF-8 text", i);
        words[i] = (char *)argv[i]; /* getopt_long does not write to them */
    }
    e = read_words(&p, argc, words);
    return e == OK ? choose(&p) : e;
}

bool command_is_management(enum command_id id)
{
    return id >= COMMAND_AGENT_ADD;
}

/* ---- help ----------------------------------------------------------------------------------- */

static void put_option(struct buf *out, unsigned o)
{
    char left[48];

    snprintf(left, sizeof(left), "--%s%s%s", opts[o].name, opts[o].value ? " " : "",
             opts[o].value ? opts[o].value : "");
    buf_printf(out, "  %-38s %s\n", left, opts[o].meaning);
}

static void help_all(struct buf *out)
{
    buf_puts(out, "Usage: parley COMMAND [OPTIONS]\n\n"
                  "Live chat for web sites, answered from any XMPP client.\n\nCommands:\n");
    for (size_t i = 0; i < N_SPECS; i++) {
        char left[48];

        snprintf(left, sizeof(left), "%s%s%s", specs[i].words, specs[i].operand ? " " : "",
                 specs[i].operand ? specs[i].operand : "");
        buf_printf(out, "  %-24s %.*s\n", left, (int)strcspn(specs[i].meaning, ".") + 1,
                   specs[i].meaning);
    }
    buf_puts(out, "\nOptions of every command:\n");
    put_option(out, OPT_CONFIG);
    put_option(out, OPT_HELP);
    buf_puts(out, "\n`parley help COMMAND` says more; `parley help config` lists all settings.\n"
                  "Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.\n");
}

void command_help(const struct command_spec *topic, struct buf *out)
{
    if (!topic) {
        help_all(out);
        return;
    }
    buf_printf(out, "Usage: parley %s", topic->words);
    if (topic->operand)
        buf_printf(out, " %s", topic->operand);
    for (unsigned o = 0; o < OPT_COUNT; o++) {
        if (topic->needed & BIT(o))
            buf_printf(out, " --%s %s", opts[o].name, opts[o].value);
    }
    buf_printf(out, " [OPTIONS]\n\n%s\n\nOptions:\n", topic->meaning);
    for (unsigned o = 0; o < OPT_COUNT; o++) {
        if ((topic->options | COMMON) & BIT(o))
            put_option(out, o);
    }
}
