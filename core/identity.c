#include "core/identity.h"

#include "core/base/crypto.h"
#include "core/base/json.h"

#include <string.h>

/* The three parts of the compact form. RFC 7515 #section-3.1 */
struct parts {
    const char *header, *payload, *signature;
    size_t header_len, payload_len, signature_len;
};

static bool split(const char *token, struct parts *p)
{
    const char *first = strchr(token, '.'), *second;

    if (first == NULL || (second = strchr(first + 1, '.')) == NULL || strchr(second + 1, '.'))
        return false;
    p->header = token;
    p->header_len = (size_t)(first - token);
    p->payload = first + 1;
    p->payload_len = (size_t)(second - first - 1);
    p->signature = second + 1;
    p->signature_len = strlen(second + 1);
    return true;
}

static struct json *read_object(struct arena *a, const char *s, size_t len)
{
    char *text = arena_alloc(a, len + 1);
    struct json *o = NULL;
    size_t n = 0;

    if (crypto_base64url_read(s, len, text, len, &n) != OK || json_parse(text, n, &o) != OK)
        return NULL;
    if (json_is_object(o))
        return o;
    json_free(o);
    return NULL;
}

/* One algorithm, whatever the token asks for; nothing that must be understood and is not.
 * RFC 8725 #section-3.1, RFC 7515 #section-4.1.11 */
static bool check_header(struct arena *a, const struct parts *p)
{
    struct json *o = read_object(a, p->header, p->header_len);
    const char *alg = NULL;
    bool good = o != NULL && json_get_str(o, "alg", &alg) == OK && alg != NULL &&
                strcmp(alg, "HS256") == 0 && json_get(o, "crit") == NULL;

    json_free(o);
    return good;
}

static bool check_signature(const struct parts *p, const char *secret)
{
    unsigned char given[HASH_LEN], ours[HASH_LEN];
    size_t n = 0;

    if (crypto_base64url_read(p->signature, p->signature_len, given, sizeof(given), &n) != OK ||
        n != sizeof(given))
        return false;
    crypto_hmac_raw(secret, strlen(secret), p->header, p->header_len + 1 + p->payload_len, ours);
    return crypto_equal(given, ours, sizeof(ours));
}

static bool read_text(struct arena *a, const struct json *o, const char *name, const char **out)
{
    const char *s = NULL;

    if (json_get_str(o, name, &s) != OK)
        return false;
    *out = arena_dup(a, s);
    return true;
}

/* What is wrong, for people; NULL: nothing. */
static const char *read_claims(struct arena *a, const struct json *o, int64_t now_ms,
                               struct identity *out)
{
    int64_t until = 0, from = 0, now = now_ms / 1000;

    if (!read_text(a, o, "sub", &out->sub) || *out->sub == '\0' ||
        strlen(out->sub) > IDENTITY_ID_MAX)
        return "It has no sub, or one of more than 255 bytes.";
    if (!read_text(a, o, "name", &out->name) || !read_text(a, o, "email", &out->email))
        return "Its name or email is no text.";
    if (!json_has(o, "exp") || json_get_int(o, "exp", &until) != OK ||
        json_get_int(o, "nbf", &from) != OK)
        return "Its exp is missing, or exp or nbf is no whole number of seconds.";
    if (now - IDENTITY_LEEWAY_S >= until)
        return "It has expired.";
    if (now + IDENTITY_LEEWAY_S < from)
        return "It is not yet valid.";
    return NULL;
}

enum err identity_read(struct arena *a, const char *token, const char *secret, int64_t now_ms,
                       struct identity *out, const char **why)
{
    struct identity found = {0};
    struct parts p;
    struct json *claims;

    *why = "It is no JSON Web Token of at most 4096 bytes.";
    if (strlen(token) > IDENTITY_TOKEN_MAX || !split(token, &p))
        return ERR_IDENTITY;
    *why = "Its alg must be HS256, without crit.";
    if (!check_header(a, &p))
        return ERR_IDENTITY;
    *why = "It is not signed with this organization's secret.";
    if (!check_signature(&p, secret))
        return ERR_IDENTITY;
    *why = "What it says is no JSON object.";
    if ((claims = read_object(a, p.payload, p.payload_len)) == NULL)
        return ERR_IDENTITY;
    *why = read_claims(a, claims, now_ms, &found);
    json_free(claims);
    if (*why != NULL)
        return ERR_IDENTITY;
    *out = found;
    *why = "";
    return OK;
}
