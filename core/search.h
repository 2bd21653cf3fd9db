/* What chats are found by: words of what is known of the customer. Pure. */
#ifndef PARLEY_SEARCH_H
#define PARLEY_SEARCH_H

#include "core/chat.h"

#define SEARCH_TEXT_MAX 256 /* bytes of what is asked for */
#define SEARCH_ASKED_MAX 8  /* words of it */
#define SEARCH_WORD_MAX 32  /* bytes of a word; the rest of it is not looked at */
#define SEARCH_OF_CHAT 32   /* words of a chat; the rest is not looked at */
#define SEARCH_ID_MIN 4     /* characters of an id, so that names are not taken for ids */

struct search {
    const char **words; /* skeletons (core/base/text.h), each once */
    size_t n_words;
    const char *id; /* what a chat's id may begin with instead; "" none */
};

/* What somebody asks for. A chat is found when each word begins one of its own, or by its id. No
 * word: nothing is found.
 * Errors  ERR_TEXT; ERR_INVALID too long, too many words */
NODISCARD enum err search_read(struct arena *a, const char *text, struct search *out);

/* The words of a chat: of name, address, the site's name for its user, and reason. */
void search_of_chat(struct arena *a, const struct chat *c, struct search *out);

#endif
