/* Tokens of visitors: any text, and any header and claims that are rightly signed, which the input
 * gives as two lines. What is taken has a name to go by. */
#include "core/identity.h"

#include "core/base/buf.h"
#include "core/base/crypto.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

#define SECRET "a secret that site and service share"
#define NOW_MS INT64_C(1800000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_base64url(struct arena *a, struct buf *out, const void *data, size_t len)
{
    char *text = arena_alloc(a, CRYPTO_BASE64_SIZE(len));

    crypto_base64(data, len, text);
    for (char *c = text; *c != '\0' && *c != '='; c++)
        buf_putc(out, (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c));
}

static void read_one(struct arena *a, const char *token)
{
    struct identity found = {0};
    const char *why = NULL;
    enum err e = identity_read(a, token, SECRET, NOW_MS, &found, &why);

    if (why == NULL || (e == OK) != (*why == '\0') || (e == OK) != (found.sub != NULL))
        abort();
    if (e == OK && (*found.sub == '\0' || !text_ok(found.sub, strlen(found.sub))))
        abort();
}

static void read_signed(struct arena *a, const char *header, size_t header_len, const char *claims,
                        size_t claims_len)
{
    unsigned char signature[HASH_LEN];
    struct buf token = {0};

    put_base64url(a, &token, header, header_len);
    buf_putc(&token, '.');
    put_base64url(a, &token, claims, claims_len);
    crypto_hmac_raw(SECRET, strlen(SECRET), token.data, token.len, signature);
    buf_putc(&token, '.');
    put_base64url(a, &token, signature, sizeof(signature));
    read_one(a, buf_str(&token));
    buf_free(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    char *text = arena_alloc(a, size + 1), *line;

    memcpy(text, data, size);
    text[size] = '\0';
    read_one(a, text);
    if ((line = memchr(text, '\n', size)) != NULL)
        read_signed(a, text, (size_t)(line - text), line + 1, size - (size_t)(line + 1 - text));
    arena_free(a);
    return 0;
}
