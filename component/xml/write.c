#include "component/xml/xml.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the well-formed character at s that XML 1.0 allows, 0 when it is not one. *bad is then
 * how many bytes to replace. s ends with a 0 byte, which no sequence can pass.
 * Sources: Unicode table 3-7, https://www.w3.org/TR/xml/#charsets */
static size_t char_len(const unsigned char *s, size_t *bad)
{
    unsigned lo = 0x80, hi = 0xbf;
    size_t n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4, i;

    *bad = 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    if (s[0] == 0xe0)
        lo = 0xa0;
    else if (s[0] == 0xed)
        hi = 0x9f;
    else if (s[0] == 0xf0)
        lo = 0x90;
    else if (s[0] == 0xf4)
        hi = 0x8f;
    for (i = 1; i < n; i++) {
        if (s[i] < lo || s[i] > hi) {
            *bad = i;
            return 0;
        }
        lo = 0x80;
        hi = 0xbf;
    }
    if (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe) { /* U+FFFE, U+FFFF */
        *bad = n;
        return 0;
    }
    return n;
}

/* What stands for an ASCII byte; NULL: itself. */
static const char *escape_of(unsigned char c, bool in_attr)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;"; /* text must not hold "]]>" */
    case '\'':
        return in_attr ? "&apos;" : NULL;
    case '"':
        return in_attr ? "&quot;" : NULL;
    /* A parser makes one space of each of these in an attribute, and LF of CR everywhere.
     * https://www.w3.org/TR/xml/#AVNormalize, #sec-line-ends */
    case '\t':
        return in_attr ? "&#x9;" : NULL;
    case '\n':
        return in_attr ? "&#xA;" : NULL;
    case '\r':
        return "&#xD;";
    default:
        return c < 0x20 ? REPLACEMENT : NULL;
    }
}

static void put_escaped(struct buf *b, const char *text, bool in_attr)
{
    const unsigned char *s = (const unsigned char *)text, *run = s;
    const char *instead;
    size_t skip;

    while (*s != '\0') {
        if (*s < 0x80) {
            instead = escape_of(*s, in_attr);
            skip = 1;
        } else {
            size_t n = char_len(s, &skip);

            instead = n > 0 ? NULL : REPLACEMENT;
            skip = n > 0 ? n : skip;
        }
        if (instead != NULL) {
            buf_put(b, run, (size_t)(s - run));
            buf_puts(b, instead);
            run = s + skip;
        }
        s += skip;
    }
    buf_put(b, run, (size_t)(s - run));
}

void xml_write_attr(struct buf *b, const char *name, const char *value)
{
    buf_putc(b, ' ');
    buf_puts(b, name);
    buf_puts(b, "='");
    put_escaped(b, value, true);
    buf_putc(b, '\'');
}

/* Raw text was written for a parent in NS_CLIENT, so that its outermost elements name their
 * namespace only when it is another. Below any other parent it has to be named. The text is our
 * own writer's: "<" begins a tag, ">" ends it, and xmlns stands first. */
static void put_raw(struct buf *b, const char *s, const char *parent_ns)
{
    int depth = 0;

    if (strcmp(parent_ns, NS_CLIENT) == 0) {
        buf_puts(b, s);
        return;
    }
    while (*s != '\0') {
        size_t n = strcspn(s, "<>");

        buf_put(b, s, n);
        s += n;
        if (s[0] == '<' && s[1] == '/') {
            depth--;
        } else if (s[0] == '<') {
            n = strcspn(s, " />");
            if (depth++ == 0 && strncmp(s + n, " xmlns=", 7) != 0) {
                buf_put(b, s, n);
                xml_write_attr(b, "xmlns", NS_CLIENT);
                s += n;
                continue;
            }
        } else if (s[0] == '>' && s[-1] == '/') {
            depth--;
        }
        if (*s != '\0')
            buf_putc(b, *s++);
    }
}

/* Recursion is bounded: what arrives is at most STANZA_DEPTH_MAX deep, the rest we build. */
void xml_write(struct buf *b, const struct xml *x, const char *parent_ns)
{
    if (x->name == NULL) {
        if (x->raw)
            put_raw(b, x->text, parent_ns);
        else
            put_escaped(b, x->text, false);
        return;
    }
    buf_putc(b, '<');
    buf_puts(b, x->name);
    if (strcmp(x->ns, parent_ns) != 0)
        xml_write_attr(b, "xmlns", x->ns);
    for (const struct xml_attr *at = x->attrs; at != NULL; at = at->next)
        xml_write_attr(b, at->name, at->value);
    if (x->children == NULL) {
        buf_puts(b, "/>");
        return;
    }
    buf_putc(b, '>');
    for (const struct xml *c = x->children; c != NULL; c = c->next)
        xml_write(b, c, x->ns);
    buf_puts(b, "</");
    buf_puts(b, x->name);
    buf_putc(b, '>');
}
