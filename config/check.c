#include "config/check.h"

#include "core/base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 63

/* Only digits, and at most max. */
static bool is_number(const char *s, long max)
{
    size_t len = strspn(s, "0123456789");

    return len > 0 && len <= 5 && s[len] == 0 && strtol(s, NULL, 10) <= max;
}

bool check_proxy(const char *s)
{
    const char *slash = strchr(s, '/');
    char host[64];
    unsigned char raw[16];
    size_t len = slash ? (size_t)(slash - s) : strlen(s);
    bool v4;

    if (len >= sizeof(host))
        return false;
    memcpy(host, s, len);
    host[len] = 0;
    v4 = inet_pton(AF_INET, host, raw) == 1;
    if (!v4 && inet_pton(AF_INET6, host, raw) != 1)
        return false;
    return !slash || is_number(slash + 1, v4 ? 32 : 128);
}

bool check_listen(const char *s)
{
    const char *colon = strrchr(s, ':');
    char host[64];
    size_t len;
    unsigned char raw[16];

    if (strncmp(s, "unix:", 5) == 0)
        return s[5] != 0;
    if (!colon || !is_number(colon + 1, 65535))
        return false;
    len = (size_t)(colon - s);
    if (len < 2 || len >= sizeof(host))
        return false;
    memcpy(host, s, len);
    host[len] = 0;
    if (host[0] != '[')
        return inet_pton(AF_INET, host, raw) == 1;
    if (host[len - 1] != ']')
        return false;
    host[len - 1] = 0;
    return inet_pton(AF_INET6, host + 1, raw) == 1;
}

/* The part behind http:// or https://, or NULL. */
static const char *behind_scheme(const char *s)
{
    if (strncmp(s, "https://", 8) == 0)
        return s + 8;
    return strncmp(s, "http://", 7) == 0 ? s + 7 : NULL;
}

bool check_url(const char *s)
{
    const char *host = behind_scheme(s);

    if (s[0] == 0)
        return true;
    return host && host[0] != 0 && host[0] != '/' && strcspn(s, " \t\r\n\"<>?#\\") == strlen(s);
}

bool check_origin(const char *s)
{
    return text_is_origin(s);
}

bool check_public_url(const char *s)
{
    char origin[512];
    size_t len = strlen(s);

    while (len > 0 && s[len - 1] == '/')
        len--;
    if (len >= sizeof(origin))
        return false;
    memcpy(origin, s, len);
    origin[len] = 0;
    return s[0] == 0 || text_is_origin(origin);
}

bool check_domain(const char *s)
{
    if (s[0] == 0 || s[0] == '.' || strlen(s) > 255)
        return false;
    for (; *s; s++) {
        if ((*s >= 'A' && *s <= 'Z') || (*s > 0 && *s <= ' ') || strchr("@/\\\"<>&':", *s))
            return false;
    }
    return s[-1] != '.';
}

bool check_upload_domain(const char *s)
{
    return s[0] == 0 || check_domain(s);
}

bool check_organization(const char *s)
{
    size_t len = strlen(s);

    return len > 0 && len <= 32 && s[0] != '-' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

bool check_name_text(const char *s)
{
    const char *first = strchr(s, '%');

    return first && first[1] == 's' && !strchr(first + 1, '%');
}

bool check_filled(const char *s)
{
    return s[0] != 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table are enough. */
size_t check_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    size_t a_len = strnlen(a, WORD_MAX), b_len = strnlen(b, WORD_MAX);

    for (size_t j = 0; j <= b_len; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = least(change, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}
