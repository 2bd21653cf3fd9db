#include "webbridge/gate.h"

#include <string.h>
#include <strings.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte at *s, escapes decoded, and *s behind it; -1 for what must not be there. */
static int next_byte(const char **s)
{
    int byte = (unsigned char)**s;

    if (byte == '%') {
        int high = hex((*s)[1]);
        int low = high < 0 ? -1 : hex((*s)[2]);

        if (low < 0)
            return -1;
        byte = high * 16 + low;
        *s += 2;
        if (byte < 0x20 || byte == 0x7f)
            return -1;
    } else if (byte <= 0x20 || byte == 0x7f || byte == '#') {
        return -1;
    }
    *s += 1;
    return byte;
}

bool gate_target(const char *raw)
{
    size_t dots = 0, others = 0;

    if (raw == NULL || *raw != '/')
        return false;
    while (*raw != '\0' && *raw != '?') {
        int byte = next_byte(&raw);

        if (byte < 0)
            return false;
        if (byte == '/' || byte == '\\') {
            if (others == 0 && (dots == 1 || dots == 2))
                return false;
            dots = others = 0;
        } else if (byte == '.') {
            dots++;
        } else {
            others++;
        }
    }
    if (others == 0 && (dots == 1 || dots == 2))
        return false;
    while (*raw != '\0') {
        if (next_byte(&raw) < 0)
            return false;
    }
    return true;
}

/* Letters, digits and these; strspn would make a table of them with each call. */
static bool is_made_of(const char *s, const char *others)
{
    for (; *s != '\0'; s++) {
        bool usual =
            (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');

        if (!usual && strchr(others, *s) == NULL)
            return false;
    }
    return true;
}

/* RFC 9110 #tokens */
static bool is_token(const char *s)
{
    return *s != '\0' && is_made_of(s, "-_!#$%&'*+.^`|~");
}

static bool is_value(const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool read_length(const char *s, int64_t *out)
{
    size_t digits = strspn(s, "0123456789");

    *out = 0;
    if (digits == 0 || digits > 18 || s[digits] != '\0')
        return false;
    for (; *s != '\0'; s++)
        *out = *out * 10 + (*s - '0');
    return true;
}

bool gate_method(const char *method)
{
    return is_token(method);
}

bool gate_line(const char *target, size_t target_len, const char *version)
{
    return target != NULL && version == target + target_len + 1;
}

/* RFC 9110 #field.host: an empty one is allowed; a list, a path or a user is none. */
static bool is_host(const char *s)
{
    return is_made_of(s, "-._~!$&'()*+;=%:[]");
}

static const char *behind(const char *text)
{
    return text + strlen(text) + 2;
}

void gate_begin(struct gate *g, const char *line)
{
    memset(g, 0, sizeof(*g));
    g->length = -1;
    if (line != NULL)
        g->next = behind(line);
}

/* Both NULs of the line's end must be there, since two line feeds leave two as well. */
static void check_place(struct gate *g, const char *name, const char *value)
{
    if (name != g->next || value <= name || value[strlen(value) + 1] != '\0')
        g->bad = true;
    g->next = behind(value);
}

void gate_header(struct gate *g, const char *name, const char *value)
{
    if (g->next != NULL && value != NULL)
        check_place(g, name, value);
    else if (g->next != NULL)
        g->bad = true;
    if (value == NULL)
        value = "";
    if (!is_token(name) || !is_value(value))
        g->bad = true;
    if (strcasecmp(name, "Host") == 0) {
        g->hosts++;
        if (!is_host(value))
            g->bad = true;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        g->lengths++;
        if (!read_length(value, &g->length))
            g->bad = true;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        g->codings++;
        /* Anything else is read until the end of the connection by the library. */
        if (strcasecmp(value, "chunked") != 0)
            g->bad = true;
    }
}

bool gate_ok(const struct gate *g)
{
    /* The empty line stands right behind the last header. */
    if (g->next != NULL && (g->next[0] != '\0' || g->next[1] != '\0'))
        return false;
    return !g->bad && g->hosts == 1 && g->lengths <= 1 && g->codings <= 1 &&
           (g->lengths == 0 || g->codings == 0);
}
