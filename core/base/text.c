#include "core/base/text.h"

#include "core/base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#define NAME_MAX_BYTES 4096 /* before it is made uniform */

/* XML 1.0 "Char" */
static bool xml_char(ucs4_t c)
{
    return (c >= 0x20 && c < 0xd800) || c == '\t' || c == '\n' || c == '\r' ||
           (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

bool text_ok(const char *s, size_t len)
{
    const uint8_t *p = (const uint8_t *)s, *end = p + len;

    while (p < end) {
        ucs4_t c;
        int n;

        if (*p >= 0x20 && *p < 0x80) {
            p++;
            continue;
        }
        n = u8_mbtoucr(&c, p, (size_t)(end - p));
        if (n <= 0 || !xml_char(c))
            return false;
        p += n;
    }
    return true;
}

static void put_char(struct buf *b, ucs4_t c)
{
    uint8_t raw[6];
    int n = u8_uctomb(raw, c, sizeof(raw));

    if (n > 0)
        buf_put(b, raw, (size_t)n);
}

/* The next character; U+FFFD for a bad sequence. *left > 0. */
static ucs4_t next_char(const uint8_t **p, size_t *left)
{
    ucs4_t c;
    int n = u8_mbtouc(&c, *p, *left);

    *p += n;
    *left -= (size_t)n;
    return c;
}

static char *take_buf(struct arena *a, struct buf *b)
{
    char *s = arena_dup_len(a, buf_str(b), b->len);

    buf_free(b);
    return s;
}

char *text_clean(struct arena *a, const char *s, size_t len)
{
    const uint8_t *p = (const uint8_t *)s;
    struct buf out = {0};

    if (text_ok(s, len))
        return arena_dup_len(a, s, len);
    while (len > 0) {
        ucs4_t c = next_char(&p, &len);

        put_char(&out, xml_char(c) ? c : 0xfffd);
    }
    return take_buf(a, &out);
}

static bool is_noncharacter(ucs4_t c)
{
    return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static bool is_space(ucs4_t c)
{
    return uc_is_property_white_space(c);
}

/* Nearly every body: ASCII without controls but tab and LF, of which only the ends may go. */
static bool is_simple(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];

        if ((c < 0x20 && c != '\t' && c != '\n') || c >= 0x7f)
            return false;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static char *trimmed(struct arena *a, const char *s, size_t len)
{
    while (len > 0 && is_blank(s[len - 1]))
        len--;
    while (len > 0 && is_blank(*s)) {
        s++;
        len--;
    }
    return arena_dup_len(a, s, len);
}

char *text_body(struct arena *a, const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t left = strlen(s), end = 0;
    struct buf out = {0};

    if (is_simple(s, left))
        return trimmed(a, s, left);
    while (left > 0) {
        ucs4_t c = next_char(&p, &left);

        if (c == '\r' && left > 0 && *p == '\n')
            continue;
        if (c == '\r' || c == 0x2028 || c == 0x2029)
            c = '\n';
        if ((c >= 0x7f && c <= 0x9f) || is_noncharacter(c))
            continue;
        if (is_space(c) && out.len == 0)
            continue;
        put_char(&out, c);
        if (!is_space(c))
            end = out.len;
    }
    out.len = end;
    return take_buf(a, &out);
}

/* libunistring returns NULL for bad UTF-8, which callers have excluded, or without memory. */
static char *keep(struct arena *a, uint8_t *s, size_t len)
{
    char *copy;

    if (s == NULL)
        abort();
    copy = arena_dup_len(a, (const char *)s, len);
    free(s);
    return copy;
}

static char *normalize(struct arena *a, uninorm_t form, const char *s)
{
    size_t len = strlen(s), out_len = 0;
    uint8_t *out;

    if (len == 0)
        return arena_dup(a, "");
    out = u8_normalize(form, (const uint8_t *)s, len, NULL, &out_len);
    return keep(a, out, out_len);
}

static char *case_fold(struct arena *a, uninorm_t form, const char *s)
{
    size_t len = strlen(s), out_len = 0;
    uint8_t *out;

    if (len == 0)
        return arena_dup(a, "");
    out = u8_casefold((const uint8_t *)s, len, NULL, form, NULL, &out_len);
    return keep(a, out, out_len);
}

/* Variation selectors pass, since phones put one behind a heart; text_skeleton drops them. */
static bool hidden_char(ucs4_t c)
{
    if (c >= 0xfe00 && c <= 0xfe0f)
        return false;
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf) ||
           uc_is_property_default_ignorable_code_point(c) || is_noncharacter(c);
}

char *text_visible(struct arena *a, const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t left = strlen(s);
    struct buf out = {0};

    while (left > 0) {
        ucs4_t c = next_char(&p, &left);

        if (!hidden_char(c))
            put_char(&out, c);
    }
    return take_buf(a, &out);
}

enum err text_name(struct arena *a, const char *s, char **out)
{
    size_t left = strlen(s), chars = 0;
    struct buf b = {0};
    const uint8_t *p;
    bool gap = false;

    if (!text_ok(s, left))
        return ERR_TEXT;
    if (left > NAME_MAX_BYTES)
        return ERR_INVALID;
    p = (const uint8_t *)normalize(a, UNINORM_NFC, s);
    left = strlen((const char *)p);
    while (left > 0) {
        ucs4_t c = next_char(&p, &left);

        if (is_space(c)) {
            gap = b.len > 0;
            continue;
        }
        chars += gap ? 2 : 1;
        if (hidden_char(c) || chars > TEXT_NAME_MAX) {
            buf_free(&b);
            return ERR_INVALID;
        }
        if (gap)
            buf_putc(&b, ' ');
        gap = false;
        put_char(&b, c);
    }
    if (b.len == 0)
        return ERR_INVALID;
    *out = take_buf(a, &b);
    return OK;
}

/* ---- names in addresses ------------------------------------------------------------------------
 */

#define NICK_MAX_BYTES 900 /* a part of an address has 1023 */

static bool is_rtl(ucs4_t c)
{
    int way = uc_bidi_category(c);

    return way == UC_BIDI_R || way == UC_BIDI_AL;
}

bool text_is_rtl(const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t left = strlen(s);

    while (left > 0)
        if (is_rtl(next_char(&p, &left)))
            return true;
    return false;
}

static bool is_ltr(const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t left = strlen(s);

    while (left > 0)
        if (uc_bidi_category(next_char(&p, &left)) == UC_BIDI_L)
            return true;
    return false;
}

/* Sources: RFC 3454, tables B.1, C.3, C.6, C.7; the last three have another direction in table D.2
 * than today. */
static bool never_in_address(ucs4_t c)
{
    return hidden_char(c) || uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Co) ||
           (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xfff9 && c <= 0xfffd) ||
           (c >= 0x2ff0 && c <= 0x2ffb) || c == 0x1806 || c == 0x1885 || c == 0x1886 || c == 0x2800;
}

/* without: a kind of characters that is left out too; NULL none. */
static char *kept_chars(struct arena *a, const char *s, bool (*without)(ucs4_t c))
{
    const uint8_t *p = (const uint8_t *)s;
    size_t left = strlen(s);
    struct buf out = {0};

    while (left > 0 && out.len < NICK_MAX_BYTES) {
        ucs4_t c = next_char(&p, &left);
        bool space = is_space(c);

        if (never_in_address(c) || (without != NULL && without(c)))
            continue;
        if (!space)
            put_char(&out, c);
        else if (out.len > 0 && out.data[out.len - 1] != ' ')
            buf_putc(&out, ' ');
    }
    while (out.len > 0 && out.data[out.len - 1] == ' ')
        out.len--;
    return take_buf(a, &out);
}

/* From the first to the last letter that is written from right to left. RFC 3454 #section-6 */
static char *between_rtl(struct arena *a, const char *s)
{
    const uint8_t *p = (const uint8_t *)s, *begin = NULL, *end = p;
    size_t left = strlen(s);

    while (left > 0) {
        const uint8_t *at = p;

        if (!is_rtl(next_char(&p, &left)))
            continue;
        begin = begin != NULL ? begin : at;
        end = p;
    }
    return arena_dup_len(a, (const char *)begin, (size_t)(end - begin));
}

char *text_nick(struct arena *a, const char *name)
{
    char *nick;

    if (is_simple(name, strlen(name)))
        return arena_dup(a, name);
    /* what was left out may have kept apart what is composed now */
    nick = normalize(a, UNINORM_NFKC, kept_chars(a, name, NULL));
    nick = kept_chars(a, nick, text_is_rtl(nick) && is_ltr(nick) ? is_rtl : NULL);
    return text_is_rtl(nick) ? between_rtl(a, nick) : nick;
}

struct look_alike {
    ucs4_t from;
    char to;
};

/* Letters whose small form looks like another Latin letter than their capital does. Used only where
 * the text also has Latin letters: "νera" must meet "vera", but all-Greek names must meet their own
 * capitals. Source of both tables: UTS #39, confusables. */
static const struct look_alike small_forms[] = {
    {0x03bd, 'v'}, {0x03b7, 'n'}, {0x03bc, 'u'}, {0x03c5, 'u'}, {0x03c9, 'w'}, {0x03c3, 'o'},
    {0x03b3, 'y'}, {0x0433, 'r'}, {0x0438, 'u'}, {0x043f, 'n'}, {0, 0},
};

/* After case folding. */
static const struct look_alike look_alikes[] = {
    {'0', 'o'},    {'1', 'l'},    {'|', 'l'},    {'i', 'l'},    {0x0131, 'l'}, {0x0142, 'l'},
    {0x00f8, 'o'}, {0x0111, 'd'}, {0x0127, 'h'}, {0x0251, 'a'}, {0x0261, 'g'}, {0x2113, 'l'},
    {0x03b1, 'a'}, {0x03b2, 'b'}, {0x03b5, 'e'}, {0x03b6, 'z'}, {0x03b7, 'h'}, {0x03b9, 'l'},
    {0x03ba, 'k'}, {0x03bc, 'm'}, {0x03bd, 'n'}, {0x03bf, 'o'}, {0x03c1, 'p'}, {0x03c4, 't'},
    {0x03c5, 'y'}, {0x03c7, 'x'}, {0x0430, 'a'}, {0x0432, 'b'}, {0x0435, 'e'}, {0x043a, 'k'},
    {0x043c, 'm'}, {0x043d, 'h'}, {0x043e, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'},
    {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'l'}, {0x0458, 'j'}, {0x04bb, 'h'},
    {0x04cf, 'l'}, {0x0501, 'd'}, {0x051b, 'q'}, {0x051d, 'w'}, {0x0585, 'o'}, {0, 0},
};

static ucs4_t look_up(const struct look_alike *table, ucs4_t c)
{
    for (; table->from != 0; table++) {
        if (table->from == c)
            return (ucs4_t)table->to;
    }
    return c;
}

static char *map_small_forms(struct arena *a, const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t left = strlen(s);
    struct buf out = {0};

    if (strpbrk(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL)
        return arena_dup(a, s);
    while (left > 0)
        put_char(&out, look_up(small_forms, next_char(&p, &left)));
    return take_buf(a, &out);
}

char *text_skeleton(struct arena *a, const char *s)
{
    struct buf out = {0};
    const uint8_t *p;
    size_t left;

    s = normalize(a, UNINORM_NFKC, text_clean(a, s, strlen(s)));
    s = case_fold(a, UNINORM_NFKD, map_small_forms(a, s));
    p = (const uint8_t *)s;
    left = strlen(s);
    while (left > 0) {
        ucs4_t c = look_up(look_alikes, next_char(&p, &left));

        if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_Nd))
            put_char(&out, c);
    }
    return take_buf(a, &out);
}

char *text_fold(struct arena *a, const char *s)
{
    return case_fold(a, UNINORM_NFC, text_clean(a, s, strlen(s)));
}

size_t text_chars(const char *s)
{
    return u8_mbsnlen((const uint8_t *)s, strlen(s));
}

bool text_is_origin(const char *s)
{
    bool tls = strncmp(s, "https://", 8) == 0;
    const char *host = tls ? s + 8 : s + 7, *own = tls ? ":443" : ":80";
    size_t len = strlen(s);

    if ((!tls && strncmp(s, "http://", 7) != 0) || len > 255 || *host == 0 || *host == ':')
        return false;
    return strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == strlen(host) &&
           strcmp(s + len - strlen(own), own) != 0;
}
