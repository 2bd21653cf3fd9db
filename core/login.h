/* Agents on their way into the web console: logins that wait for an answer over XMPP, and links
 * that open it. Nothing of it is stored: a restart ends them all. Time is an argument. */
#ifndef PARLEY_LOGIN_H
#define PARLEY_LOGIN_H

#include "core/base/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGIN_MS 300000       /* how long a login waits for its answer */
#define LOGIN_LINK_MS 60000   /* how long a link works that an agent asked for by XMPP */
#define LOGIN_ADMIN_MS 600000 /* the same of one made by the management command */
#define LOGIN_CODE_LEN 5      /* "48-29" */
#define LOGINS_MAX 1000
#define LOGIN_FROM_MAX 128 /* bytes of address and browser, shown to the agent in ASCII */

enum login_state { LOGIN_PENDING, LOGIN_APPROVED, LOGIN_DENIED };

/* A login as the agent is asked about it. */
struct login {
    char id[ID_LEN + 1];
    char code[LOGIN_CODE_LEN + 1];
    char agent_id[ID_LEN + 1]; /* "" nobody's: it waits and ends like the others */
    char link[TOKEN_LEN + 1];  /* what the agent may follow instead of answering */
    char from[LOGIN_FROM_MAX + 1];
    enum login_state state;
    int64_t until_ms;
};

struct logins;

struct logins *logins_new(void);
void logins_free(struct logins *l);

/* Somebody wants in as this agent; "" when there is no such agent, which the asker must not see. An
 * older login of the agent that nobody answered is over. secret: the browser keeps it, and only who
 * has it may look at the login or use its link.
 * *out     lent until the next call
 * Errors   ERR_BUSY LOGINS_MAX wait */
NODISCARD enum err logins_begin(struct logins *l, const char *agent_id, const char *from,
                                int64_t now_ms, char secret[TOKEN_LEN + 1],
                                const struct login **out);

/* The agent says yes to this code, or no to whatever waits (code NULL).
 * Errors  ERR_NOT_FOUND nothing of this agent waits under this code */
NODISCARD enum err logins_answer(struct logins *l, const char *agent_id, const char *code, bool yes,
                                 int64_t now_ms);

/* How it stands. A login that was answered is over after this.
 * Errors  ERR_NOT_FOUND unknown, over, or another browser's */
NODISCARD enum err logins_take(struct logins *l, const char *id, const char *secret, int64_t now_ms,
                               enum login_state *state, char agent_id[ID_LEN + 1]);

/* A link that opens the console for this agent in any browser, once.
 * Errors  ERR_BUSY too many are open */
NODISCARD enum err logins_link(struct logins *l, const char *agent_id, int64_t lasts_ms,
                               int64_t now_ms, char token[TOKEN_LEN + 1]);

/* Use a link, of either kind; it is over. secret: of the browser, "" none.
 * Errors  ERR_NOT_FOUND unknown, over, or of a login of another browser (which stays good) */
NODISCARD enum err logins_use(struct logins *l, const char *token, const char *secret,
                              int64_t now_ms, char agent_id[ID_LEN + 1]);

/* The agent is no more. */
void logins_forget(struct logins *l, const char *agent_id);

#endif
