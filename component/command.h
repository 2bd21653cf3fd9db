/* The command line as one table: it drives parsing, the help pages and the check of what the
 * control socket is sent. Pure: prints nothing, opens nothing. */
#ifndef PARLEY_COMMAND_H
#define PARLEY_COMMAND_H

#include "core/base/arena.h"
#include "core/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Exit codes. 78 is EX_CONFIG of sysexits.h. */
enum { EXIT_DONE = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_BAD_CONFIG = 78 };

#define COMMAND_ARGS_MAX 64      /* words of one command line */
#define COMMAND_ORIGINS_MAX 16   /* --origin options of one command */
#define COMMAND_LIMIT_DEFAULT 50 /* rows of a list */
#define COMMAND_LIMIT_MAX 200

enum command_id {
    COMMAND_HELP, /* of command.topic, or of all when topic is NULL */
    COMMAND_HELP_CONFIG,
    COMMAND_VERSION,
    COMMAND_SERVE,
    COMMAND_CHECK_CONFIG,
    COMMAND_RESTORE,
    COMMAND_AGENT_ADD, /* from here on: management commands, run on a desk */
    COMMAND_AGENT_LIST,
    COMMAND_AGENT_REMOVE,
    COMMAND_AGENT_LOGIN_LINK,
    COMMAND_ORGANIZATION_ADD,
    COMMAND_ORGANIZATION_LIST,
    COMMAND_CHAT_LIST,
    COMMAND_CHAT_SHOW,
    COMMAND_CHAT_EXPORT,
    COMMAND_CHAT_CLOSE,
    COMMAND_CHAT_ERASE,
    COMMAND_KEY_ADD,
    COMMAND_KEY_LIST,
    COMMAND_KEY_REMOVE,
    COMMAND_BACKUP
};

struct command_spec; /* one row of the table */

/* What a command line says. Strings are lent by argv; NULL is "not given". */
struct command {
    enum command_id id;
    const struct command_spec *topic; /* COMMAND_HELP: of which command */
    const char *config;               /* --config */
    bool json;
    bool print;          /* check-config --print */
    bool force;          /* replace a file */
    const char *operand; /* JID, NAME, ID, HASHPREFIX or FILE */
    const char *name, *organization, *role, *skills, *title, *label, *filter, *find, *output,
        *reason;
    const char *origins[COMMAND_ORIGINS_MAX];
    size_t n_origins;
    size_t limit;
};

/* argv[0] is the program's name. *detail: static text on an error, without "parley: ".
 * Errors  ERR_INVALID  not a command line of ours */
NODISCARD enum err command_parse(int argc, const char *const *argv, struct command *out,
                                 const char **detail);
bool command_is_management(enum command_id id);
/* The help page of one command, or of parley when topic is NULL. */
void command_help(const struct command_spec *topic, struct buf *out);

#endif
