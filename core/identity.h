/* Who a site says its visitor is: a JSON Web Token (RFC 7519) in compact form, signed with HS256 by
 * the secret that site and organization share. Pure. */
#ifndef PARLEY_IDENTITY_H
#define PARLEY_IDENTITY_H

#include "core/base/arena.h"
#include "core/base/err.h"

#include <stdint.h>

#define IDENTITY_TOKEN_MAX 4096 /* bytes */
#define IDENTITY_ID_MAX 255     /* bytes of sub */
#define IDENTITY_LEEWAY_S 60    /* clocks of two machines. RFC 7519 #section-4.1.4 */

/* Strings are never NULL, "" is none; sub is never "". */
struct identity {
    const char *sub, *name, *email;
};

/* now_ms: the wall clock. *why: on an error, for people; static.
 * Errors  ERR_IDENTITY; *out is then unchanged */
NODISCARD enum err identity_read(struct arena *a, const char *token, const char *secret,
                                 int64_t now_ms, struct identity *out, const char **why);

#endif
