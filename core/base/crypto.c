#include "core/base/crypto.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(HASH_LEN == crypto_auth_hmacsha256_BYTES, "both hashes have one length");

static unsigned char short_key[crypto_shorthash_KEYBYTES];

enum err crypto_init(void)
{
    int r = sodium_init();

    if (r < 0)
        return ERR_IO;
    /* A new key would make the keys of living maps unfindable. */
    if (r == 0)
        randombytes_buf(short_key, sizeof(short_key));
    return OK;
}

void crypto_id(char out[ID_LEN + 1])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char raw[16];
    unsigned bits = 0, have = 0;
    size_t n = 0;

    randombytes_buf(raw, sizeof(raw));
    for (size_t i = 0; i < sizeof(raw); i++) {
        bits = (bits << 8 | raw[i]) & 0xfff;
        for (have += 8; have >= 5; have -= 5)
            out[n++] = alphabet[bits >> (have - 5) & 31];
    }
    out[n++] = alphabet[bits << (5 - have) & 31];
    out[n] = '\0';
}

bool crypto_is_id(const char *s)
{
    size_t n = 0;

    while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '2' && s[n] <= '7'))
        n++;
    return n == ID_LEN && s[n] == '\0';
}

void crypto_token(char out[TOKEN_LEN + 1])
{
    unsigned char raw[32];

    randombytes_buf(raw, sizeof(raw));
    sodium_bin2base64(out, TOKEN_LEN + 1, raw, sizeof(raw),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof(raw));
}

uint32_t crypto_random(uint32_t below)
{
    return randombytes_uniform(below);
}

void crypto_random_bytes(void *out, size_t len)
{
    randombytes_buf(out, len);
}

void crypto_hash_raw(const void *data, size_t len, unsigned char out[HASH_LEN])
{
    (void)crypto_generichash(out, HASH_LEN, data, len, NULL, 0);
}

void crypto_hash_hex(const void *data, size_t len, char out[HASH_HEX_LEN + 1])
{
    unsigned char hash[HASH_LEN];

    crypto_hash_raw(data, len, hash);
    sodium_bin2hex(out, HASH_HEX_LEN + 1, hash, sizeof(hash));
}

struct crypto_digest {
    crypto_generichash_state state;
};

/* Its state wants more alignment than malloc gives. */
struct crypto_digest *crypto_digest_new(void)
{
    struct crypto_digest *d = aligned_alloc(_Alignof(struct crypto_digest), sizeof(*d));

    if (d == NULL)
        abort();
    (void)crypto_generichash_init(&d->state, NULL, 0, HASH_LEN);
    return d;
}

void crypto_digest_add(struct crypto_digest *d, const void *data, size_t len)
{
    (void)crypto_generichash_update(&d->state, data, len);
}

void crypto_digest_final(struct crypto_digest *d, char out[HASH_HEX_LEN + 1])
{
    unsigned char hash[HASH_LEN];

    (void)crypto_generichash_final(&d->state, hash, sizeof(hash));
    sodium_bin2hex(out, HASH_HEX_LEN + 1, hash, sizeof(hash));
    crypto_digest_free(d);
}

void crypto_digest_free(struct crypto_digest *d)
{
    free(d);
}

void crypto_hmac_raw(const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char out[HASH_LEN])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key, key_len);
    crypto_auth_hmacsha256_update(&state, data, len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

void crypto_hmac_hex(const void *key, size_t key_len, const void *data, size_t len,
                     char out[HASH_HEX_LEN + 1])
{
    unsigned char mac[HASH_LEN];

    crypto_hmac_raw(key, key_len, data, len, mac);
    sodium_bin2hex(out, HASH_HEX_LEN + 1, mac, sizeof(mac));
}

enum err crypto_base64url_read(const char *s, size_t len, void *out, size_t max, size_t *out_len)
{
    return sodium_base642bin(out, max, s, len, NULL, out_len, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0
               ? OK
               : ERR_INVALID;
}

void crypto_base64(const void *data, size_t len, char *out)
{
    sodium_bin2base64(out, CRYPTO_BASE64_SIZE(len), data, len, sodium_base64_VARIANT_ORIGINAL);
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

uint64_t crypto_short_hash(const void *data, size_t len)
{
    unsigned char raw[crypto_shorthash_BYTES];
    uint64_t hash;

    (void)crypto_shorthash(raw, data, len, short_key);
    memcpy(&hash, raw, sizeof(hash));
    return hash;
}
