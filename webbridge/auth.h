/* Who is asking: bearer tokens, and tickets for those who cannot send a header. */
#ifndef PARLEY_AUTH_H
#define PARLEY_AUTH_H

#include "core/base/crypto.h"
#include "core/may.h"

#include <stdint.h>

#define TICKET_MS 30000
#define TICKETS_MAX 10000
#define TICKETS_EACH 20 /* of one asker for one chat */

/* The token of "Bearer TOKEN"; NULL when it is something else. Lent from header. */
const char *auth_bearer(const char *header);

/* Tickets: one use, 30 seconds, one chat. They may show up in logs of others, since they travel in
 * URLs; that is why they are worth so little. In memory only. */
/* The cookie of this name in a Cookie header, in the arena; NULL when missing. RFC 6265 #cookie */
const char *auth_cookie(struct arena *a, const char *header, const char *name);

struct tickets;

struct tickets *tickets_new(void);
void tickets_free(struct tickets *t);
/* Errors  ERR_BUSY  TICKETS_MAX are out; ERR_RATE  TICKETS_EACH are, of this asker */
NODISCARD enum err tickets_put(struct tickets *t, const struct principal *who, const char *chat,
                               int64_t now_ms, char out[TOKEN_LEN + 1]);
/* id_out: at least ID_LEN + 1 bytes, to which who->id will point.
 * Errors  ERR_UNAUTHORIZED  used, too old, of another chat, or never given */
NODISCARD enum err tickets_use(struct tickets *t, const char *ticket, const char *chat,
                               int64_t now_ms, char id_out[ID_LEN + 1], struct principal *who);

#endif
