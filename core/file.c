#include "core/file.h"

#include "core/base/buf.h"
#include "core/base/text.h"

#include <string.h>

struct file *file_dup(struct arena *a, const struct file *from)
{
    struct file *f = arena_new_of(a, struct file);

    *f = *from;
    f->owner = arena_dup(a, from->owner);
    f->room = arena_dup(a, from->room);
    f->name = arena_dup(a, from->name);
    f->type = arena_dup(a, from->type);
    return f;
}

/* The end of a name tells its kind. */
static char *last_bytes(char *s)
{
    size_t len = strlen(s);

    if (len <= FILE_NAME_MAX)
        return s;
    s += len - FILE_NAME_MAX;
    while (((unsigned char)*s & 0xc0) == 0x80)
        s++;
    return s;
}

const char *file_name(struct arena *a, const char *wish)
{
    char *s = last_bytes(text_visible(a, wish));

    for (char *c = s; *c != '\0'; c++)
        if (*c == '/' || *c == '\\')
            *c = '_';
    if (s[strspn(s, ". ")] == '\0')
        return "file";
    return s;
}

/* RFC 3986 #section-2.3 */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

const char *file_percent(struct arena *a, const char *name)
{
    struct buf b = {0};
    const char *out;

    for (const char *c = name; *c != '\0'; c++) {
        if (is_unreserved(*c))
            buf_putc(&b, *c);
        else
            buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*c);
    }
    out = arena_dup(a, buf_str(&b));
    buf_free(&b);
    return out;
}

const char *file_url(struct arena *a, const char *base, const struct file *f)
{
    return arena_printf(a, "%s" FILE_PATH "%s/%s", base, f->id, file_percent(a, f->name));
}

bool file_of_url(const char *base, const char *url, char id[ID_LEN + 1])
{
    size_t len = strlen(base), path_len = strlen(FILE_PATH);

    if (strncmp(url, base, len) != 0 || strncmp(url + len, FILE_PATH, path_len) != 0)
        return false;
    url += len + path_len;
    if (strlen(url) < ID_LEN + 2 || url[ID_LEN] != '/')
        return false;
    memcpy(id, url, ID_LEN);
    id[ID_LEN] = '\0';
    return crypto_is_id(id);
}
