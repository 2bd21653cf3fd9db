/* Random, hashes, comparison. Alone includes libsodium. */
#ifndef PARLEY_CRYPTO_H
#define PARLEY_CRYPTO_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_LEN 26    /* 128 bit in lower-case base32 (RFC 4648 alphabet a-z2-7), no padding */
#define TOKEN_LEN 43 /* 256 bit in base64url, no padding */
#define HASH_LEN 32
#define HASH_HEX_LEN 64

NODISCARD enum err crypto_init(void); /* before anything else; again is harmless */

void crypto_id(char out[ID_LEN + 1]);
bool crypto_is_id(const char *s); /* has the form of an id */
void crypto_token(char out[TOKEN_LEN + 1]);
uint32_t crypto_random(uint32_t below); /* 0 <= result < below */
void crypto_random_bytes(void *out, size_t len);

void crypto_hash_raw(const void *data, size_t len, unsigned char out[HASH_LEN]); /* BLAKE2b-256 */
void crypto_hash_hex(const void *data, size_t len, char out[HASH_HEX_LEN + 1]);
/* The same of what comes in pieces. _final frees. NULL is allowed for _free. */
struct crypto_digest;
struct crypto_digest *crypto_digest_new(void);
void crypto_digest_add(struct crypto_digest *d, const void *data, size_t len);
void crypto_digest_final(struct crypto_digest *d, char out[HASH_HEX_LEN + 1]);
void crypto_digest_free(struct crypto_digest *d);
/* HMAC-SHA256; and in lower-case hex. Any key length. */
void crypto_hmac_raw(const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char out[HASH_LEN]);
void crypto_hmac_hex(const void *key, size_t key_len, const void *data, size_t len,
                     char out[HASH_HEX_LEN + 1]);
/* Base64 with padding. out has room for CRYPTO_BASE64_SIZE(len). */
#define CRYPTO_BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)
void crypto_base64(const void *data, size_t len, char *out);
/* Base64url without padding (RFC 4648 #section-5), strictly. *out_len at most max.
 * Errors  ERR_INVALID */
NODISCARD enum err crypto_base64url_read(const char *s, size_t len, void *out, size_t max,
                                         size_t *out_len);
bool crypto_equal(const void *a, const void *b, size_t len); /* in constant time */

/* For tables in memory: SipHash under a key of this process, so that outsiders cannot choose names
 * that collide. Never stored. */
uint64_t crypto_short_hash(const void *data, size_t len);

#endif
