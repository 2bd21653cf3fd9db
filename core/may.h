/* The one answer to "may this principal do that to this chat?". */
#ifndef PARLEY_MAY_H
#define PARLEY_MAY_H

#include "core/chat.h"
#include "core/people.h"

enum who {
    WHO_ANONYMOUS,
    WHO_CUSTOMER,
    WHO_AGENT,
    WHO_ASSISTANT,
    WHO_SYSTEM,
    WHO_PERSON /* in a staff room or lobby, where a bare JID is the identity; never in chats */
};

struct principal {
    enum who kind;
    const char *id; /* customer: chat id; agent: agent id; person: bare JID; else "" */
};

enum action {
    ACTION_BEGIN, /* begin a chat */
    ACTION_LIST,  /* see the list of chats */
    ACTION_READ,  /* chat, history, events */
    ACTION_WRITE, /* post, typing */
    ACTION_ESCALATE,
    ACTION_ASSIGN,
    ACTION_ENTER, /* be in its room */
    ACTION_CLOSE,
    ACTION_RATE,
    ACTION_PUBLIC /* needs nobody: health, pages */
};

/* chat may be NULL for actions without one.
 * Errors  ERR_UNAUTHORIZED  nobody in particular asks for what needs somebody
 *         ERR_NOT_FOUND     not the asker's chat (the same as for a missing one), or no room yet
 *         ERR_FORBIDDEN     never open to this kind of principal, and the chat is within reach or
 * NULL */
NODISCARD enum err may(const struct directory *d, const struct principal *who,
                       const struct chat *chat, enum action what);

#endif
