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

static enum grant customer_grant(enum action what)
{
    switch (what) {
    case ACTION_BEGIN:
    case ACTION_PUBLIC:
        return FREE;
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_ESCALATE:
    case ACTION_CLOSE:
    case ACTION_RATE:
        return MINE;
    case ACTION_LIST:
    case ACTION_ASSIGN:
    case ACTION_ENTER:
        return NEVER;
    }
    return NEVER;
}

/* Reading and entering differ: agents see every chat of their organization in the list, but a room
 * exists from escalation on. */
static enum grant agent_grant(enum action what)
{
    switch (what) {
    case ACTION_BEGIN:
    case ACTION_LIST:
    case ACTION_PUBLIC:
        return FREE;
    case ACTION_READ:
    case ACTION_ESCALATE:
        return MINE;
    case ACTION_WRITE:
    case ACTION_ASSIGN:
    case ACTION_CLOSE:
        return OF_PEOPLE;
    case ACTION_ENTER:
        return OF_PEOPLE_404;
    case ACTION_RATE:
        return NEVER;
    }
    return NEVER;
}

static enum grant assistant_grant(enum action what)
{
    switch (what) {
    case ACTION_PUBLIC:
        return FREE;
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_ESCALATE:
        return MINE;
    case ACTION_BEGIN:
    case ACTION_LIST:
    case ACTION_ASSIGN:
    case ACTION_ENTER:
    case ACTION_CLOSE:
    case ACTION_RATE:
        return NEVER;
    }
    return NEVER;
}

static enum grant system_grant(enum action what)
{
    switch (what) {
    case ACTION_BEGIN:
    case ACTION_LIST:
    case ACTION_PUBLIC:
        return FREE;
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_ESCALATE:
    case ACTION_ASSIGN:
    case ACTION_ENTER:
    case ACTION_CLOSE:
    case ACTION_RATE:
        return MINE;
    }
    return NEVER;
}

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
        return decide(customer_grant(what), chat, chat != NULL && strcmp(chat->id, who->id) == 0);
    case WHO_AGENT:
        /* Removed while its session or token was still in use. */
        if ((agent = directory_by_id(d, who->id)) == NULL)
            return what == ACTION_PUBLIC ? OK : ERR_UNAUTHORIZED;
        return decide(agent_grant(what), chat,
                      chat != NULL && strcmp(chat->organization, agent->organization) == 0);
    case WHO_ASSISTANT:
        return decide(assistant_grant(what), chat, chat != NULL);
    case WHO_SYSTEM:
        return decide(system_grant(what), chat, chat != NULL);
    case WHO_PERSON:
        return ERR_NOT_FOUND;
    }
    return ERR_UNAUTHORIZED;
}
