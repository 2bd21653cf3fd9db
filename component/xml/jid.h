/* XMPP addresses (RFC 7622), prepared with stringprep. Alone includes libidn. */
#ifndef PARLEY_JID_H
#define PARLEY_JID_H

#include "core/base/arena.h"

#include <stdbool.h>

/* All parts prepared; local and resource are "" when missing, domain never. */
struct jid {
    const char *local, *domain, *resource;
    const char *bare; /* local@domain or domain */
    const char *full; /* bare/resource or bare */
};

/* Errors  ERR_INVALID  not an address, or a part that its profile forbids */
NODISCARD enum err jid_parse(struct arena *a, const char *s, struct jid *out);
NODISCARD enum err jid_make(struct arena *a, const char *local, const char *domain,
                            const char *resource, struct jid *out);
/* resourceprep, and no control, zero-width or only-space nick. Errors ERR_INVALID. */
NODISCARD enum err jid_nick(struct arena *a, const char *nick, char **out);

#endif
