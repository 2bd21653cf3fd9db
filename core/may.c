#include "core/may.h"

#include <string.h>

/* What a kind of principal may do to a chat; who it belongs to is checked beside. */
enum grant {
    NEVER,        /* ERR_FORBIDDEN, unless the chat is out of reach */
    FREE,         /* no chat is concerned */
    MINE,         /* a chat within reach */
    OF_PEOPLE,    /* the same, once people are asked for; before, ERR_NOT_ESCALATED */
    OF_PEOPLE_404 /* the same, but before there is nothing to be found: no room yet */
};

enum asker { CUSTOMER, AGENT, ASSISTANT, SYSTEM, ASKERS };

/* What is not named is NEVER. Reading and entering differ for agents: they see every chat of their
 * organization in the list, but a room exists from escalation on. */
static const enum grant grants[][ASKERS] = {
    [ACTION_BEGIN] = {[CUSTOMER] = FREE, [AGENT] = FREE, [SYSTEM] = FREE},
    [ACTION_LIST] = {[AGENT] = FREE, [SYSTEM] = FREE},
    [ACTION_READ] = {[CUSTOMER] = MINE, [AGENT] = MINE, [ASSISTANT] = MINE, [SYSTEM] = MINE},
    [ACTION_WRITE] = {[CUSTOMER] = MINE, [AGENT] = OF_PEOPLE, [ASSISTANT] = MINE, [SYSTEM] = MINE},
    [ACTION_ESCALATE] = {[CUSTOMER] = MINE, [AGENT] = MINE, [ASSISTANT] = MINE, [SYSTEM] = MINE},
    [ACTION_ASSIGN] = {[AGENT] = OF_PEOPLE, [SYSTEM] = MINE},
    [ACTION_ENTER] = {[AGENT] = OF_PEOPLE_404, [SYSTEM] = MINE},
    [ACTION_CLOSE] = {[CUSTOMER] = MINE, [AGENT] = OF_PEOPLE, [SYSTEM] = MINE},
    [ACTION_RATE] = {[CUSTOMER] = MINE, [SYSTEM] = MINE},
    [ACTION_PUBLIC] = {[CUSTOMER] = FREE, [AGENT] = FREE, [ASSISTANT] = FREE, [SYSTEM] = FREE},
};

/* A closed chat keeps what it was: with people, or with the assistant alone. */
static bool with_people(const struct chat *c)
{
    switch (c->state) {
    case CHAT_ASSISTANT:
        return false;
    case CHAT_WAITING:
    case CHAT_LIVE:
        return true;
    case CHAT_CLOSED:
        return c->escalation_requested;
    }
    return false;
}

static enum err decide(enum grant g, const struct chat *chat, bool in_reach)
{
    switch (g) {
    case NEVER: /* somebody else's chat is like none, also here */
        return chat == NULL || in_reach ? ERR_FORBIDDEN : ERR_NOT_FOUND;
    case FREE:
        return OK;
    case MINE:
        return in_reach ? OK : ERR_NOT_FOUND;
    case OF_PEOPLE:
        if (!in_reach)
            return ERR_NOT_FOUND;
        return with_people(chat) ? OK : ERR_NOT_ESCALATED;
    case OF_PEOPLE_404:
        return in_reach && with_people(chat) ? OK : ERR_NOT_FOUND;
    }
    return ERR_FORBIDDEN;
}

enum err may(const struct directory *d, const struct principal *who, const struct chat *chat,
             enum action what)
{
    const struct agent *agent;

    switch (who->kind) {
    case WHO_ANONYMOUS:
        return what == ACTION_BEGIN || what == ACTION_PUBLIC ? OK : ERR_UNAUTHORIZED;
    case WHO_CUSTOMER:
        if (chat != NULL && chat->erased_ms > 0)
            return what == ACTION_PUBLIC ? OK : ERR_NOT_FOUND;
        if (chat != NULL && chat->blocked && strcmp(chat->id, who->id) == 0)
            return what == ACTION_PUBLIC ? OK : ERR_FORBIDDEN;
        return decide(grants[what][CUSTOMER], chat, chat != NULL && strcmp(chat->id, who->id) == 0);
    case WHO_AGENT:
        /* Removed while its session or token was still in use. */
        if ((agent = directory_by_id(d, who->id)) == NULL)
            return what == ACTION_PUBLIC ? OK : ERR_UNAUTHORIZED;
        return decide(grants[what][AGENT], chat,
                      chat != NULL && strcmp(chat->organization, agent->organization) == 0);
    case WHO_ASSISTANT:
        return decide(grants[what][ASSISTANT], chat, chat != NULL);
    case WHO_SYSTEM:
        return decide(grants[what][SYSTEM], chat, chat != NULL);
    case WHO_PERSON:
        return ERR_NOT_FOUND;
    }
    return ERR_UNAUTHORIZED;
}
