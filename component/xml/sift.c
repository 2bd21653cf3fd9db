#include "component/xml/sift.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Bytes the parser may walk over while it joins the pieces of a stanza's text: some 20 ms. */
#define WALK_MAX ((size_t)1024 * 1024 * 1024)
/* Children it may walk over to find the last of their parent, behind which the next one belongs:
 * some 3 ms; 1,448 children of one element. */
#define STEPS_MAX ((size_t)1024 * 1024)

enum state { IN_TEXT, IN_TAG, IN_CDATA };

struct sift {
    enum state state;
    struct buf tag; /* from "<" on; cut short when nothing will be shown of it */
    char quote;     /* inside an attribute's value: its quote */
    char before;    /* the byte before this one */
    bool opened;    /* the stream's own start tag was seen */
    size_t depth;   /* open elements, the stream's included */
    /* of the stanza that is open */
    bool cut;
    size_t shown; /* open elements that the parser knows of */
    size_t bytes, nodes;
    bool in_ref;                             /* between "&" and ";" */
    size_t run, walk;                        /* characters of this text so far; bytes walked over */
    size_t steps;                            /* children walked over */
    unsigned children[STANZA_DEPTH_MAX + 2]; /* of the open element of each depth */
};

struct sift *sift_new(void)
{
    return mem_alloc(sizeof(struct sift));
}

void sift_free(struct sift *s)
{
    if (s == NULL)
        return;
    buf_free(&s->tag);
    free(s);
}

static void cut(struct sift *s, struct buf *out)
{
    if (s->cut)
        return;
    s->cut = true;
    s->shown = s->depth;
    buf_puts(out, "<cut xmlns='" NS_CUT "'/>");
}

static void stanza_over(struct sift *s)
{
    s->cut = false;
    s->in_ref = false;
    s->bytes = s->nodes = s->run = s->walk = s->steps = 0;
}

static void count(struct sift *s, size_t len, struct buf *out)
{
    s->bytes += len;
    if (s->bytes > STANZA_BYTES_MAX)
        cut(s, out);
}

/* The parser reports a line end and a reference each as a piece of their own, and walks over all
 * that it has of the text to add one. */
static void put_text(struct sift *s, const char *in, size_t len, struct buf *out)
{
    if (s->depth < 2 || len == 0)
        return;
    count(s, len, out);
    for (size_t i = 0; i < len; i++) {
        if (in[i] == '\n' || in[i] == '&')
            s->walk += s->run;
        if (in[i] == '&')
            s->in_ref = true;
        else if (in[i] == ';')
            s->in_ref = false;
        s->run += !s->in_ref;
    }
    if (s->walk > WALK_MAX)
        cut(s, out);
    if (!s->cut)
        buf_put(out, in, len);
}

/* An element or a text. */
static void add_child(struct sift *s, struct buf *out)
{
    if (s->cut || s->depth < 2)
        return;
    s->steps += s->children[s->depth]++;
    if (s->steps > STEPS_MAX)
        cut(s, out);
}

static void end_text(struct sift *s, struct buf *out)
{
    if (s->run > 0)
        add_child(s, out);
    s->run = 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool may_pass(const char *name, size_t len)
{
    return memchr(name, ':', len) == NULL || (len > 6 && memcmp(name, "xmlns:", 6) == 0) ||
           (len == 8 && memcmp(name, "xml:lang", 8) == 0);
}

/* s->tag is a whole start tag. */
static enum err put_start(struct sift *s, struct buf *out)
{
    const char *p = s->tag.data, *name, *value;
    size_t n = strcspn(p, " \t\r\n/>"), attrs = 0, before = out->len;

    buf_put(out, p, n);
    for (p += n;; p = value + 1) {
        while (is_space(*p))
            p++;
        if (*p == '/' || *p == '>')
            break;
        name = p;
        n = strcspn(p, " \t\r\n=/>'\"<");
        p += n;
        while (is_space(*p))
            p++;
        if (n == 0 || *p++ != '=')
            return ERR_INVALID;
        while (is_space(*p))
            p++;
        if (*p != '\'' && *p != '"')
            return ERR_INVALID;
        value = strchr(p + 1, *p);
        if (value == NULL)
            return ERR_INVALID;
        if (++attrs > SIFT_ATTRS_MAX) {
            out->data[out->len = before] = '\0';
            cut(s, out);
            return OK;
        }
        if (may_pass(name, n)) {
            buf_putc(out, ' ');
            buf_put(out, name, n);
            buf_putc(out, '=');
            buf_put(out, p, (size_t)(value + 1 - p));
        }
    }
    buf_puts(out, p);
    return p[0] == '>' || (p[1] == '>' && p[2] == '\0') ? OK : ERR_INVALID;
}

static enum err start_tag(struct sift *s, bool empty, struct buf *out)
{
    enum err e = OK;

    if (s->depth == 0 && s->opened)
        return ERR_INVALID;
    s->opened = true;
    end_text(s, out);
    add_child(s, out);
    if (s->depth > STANZA_DEPTH_MAX || (s->depth > 0 && ++s->nodes > STANZA_NODES_MAX))
        cut(s, out);
    if (!s->cut)
        e = put_start(s, out);
    if (!empty)
        s->depth++;
    if (!empty && !s->cut)
        s->children[s->depth] = 0;
    if (s->depth == 1) /* the stream's own tag, or an empty stanza */
        stanza_over(s);
    return e;
}

static enum err end_tag(struct sift *s, struct buf *out)
{
    if (s->depth == 0)
        return ERR_INVALID;
    end_text(s, out);
    s->depth--;
    if (!s->cut || s->depth < s->shown) {
        buf_put(out, s->tag.data, s->tag.len);
        s->shown = s->depth;
    }
    if (s->depth <= 1)
        stanza_over(s);
    return OK;
}

static enum err tag_over(struct sift *s, struct buf *out)
{
    const char *tag = s->tag.data;

    s->state = IN_TEXT;
    if (tag[1] == '/')
        return end_tag(s, out);
    if (tag[1] != '?')
        return start_tag(s, s->before == '/', out);
    if (s->opened || strncmp(tag, "<?xml ", 6) != 0)
        return ERR_INVALID;
    buf_put(out, tag, s->tag.len);
    return OK;
}

/* Returns true when "<!" turns out to begin a CDATA section, or may still do so. */
static bool is_cdata(struct sift *s)
{
    static const char begin[] = "<![CDATA[";

    if (s->depth < 2 || s->tag.len > sizeof(begin) - 1 ||
        strncmp(s->tag.data, begin, s->tag.len) != 0)
        return false;
    if (s->tag.len == sizeof(begin) - 1) {
        s->state = IN_CDATA;
        buf_clear(&s->tag);
    }
    return true;
}

/* Of a start tag that will not be shown, its kind is enough. */
static void keep(struct sift *s, const char *in, size_t len)
{
    if (!s->cut || s->tag.len < 2 || s->tag.data[1] == '/' || s->tag.data[1] == '!')
        buf_put(&s->tag, in, len);
}

/* Takes the bytes of a tag that change no state; returns how many. */
static size_t tag_run(struct sift *s, const char *in, size_t len, struct buf *out)
{
    size_t n = 0;

    if (s->tag.len < 2 || s->tag.data[1] == '!')
        return 0;
    while (n < len && in[n] != s->quote &&
           (s->quote != '\0' || (in[n] != '>' && in[n] != '<' && in[n] != '"' && in[n] != '\'')))
        n++;
    if (n == 0)
        return 0;
    count(s, n, out);
    keep(s, in, n);
    s->before = in[n - 1];
    return n;
}

static enum err tag_byte(struct sift *s, char c, struct buf *out)
{
    enum err e = OK;
    bool over = c == '>' && s->quote == '\0';

    if (c == '\0')
        return ERR_INVALID;
    count(s, 1, out);
    keep(s, &c, 1);
    if (s->tag.data[1] == '!')
        return is_cdata(s) ? OK : ERR_INVALID;
    if (s->quote != '\0')
        s->quote = c == s->quote ? '\0' : s->quote;
    else if (c == '\'' || c == '"')
        s->quote = c;
    else if (c == '<')
        return ERR_INVALID;
    if (over)
        e = tag_over(s, out);
    s->before = c;
    return e;
}

/* CDATA becomes ordinary text. s->tag holds the "]" and "]]" that may begin its end. */
static void cdata_byte(struct sift *s, char c, struct buf *out)
{
    if (c == ']' && s->tag.len < 2) {
        buf_putc(&s->tag, c);
        return;
    }
    if (c == '>' && s->tag.len == 2) {
        s->state = IN_TEXT;
        return;
    }
    if (c == ']') {
        put_text(s, "]", 1, out);
        return;
    }
    put_text(s, s->tag.data, s->tag.len, out);
    buf_clear(&s->tag);
    if (c == '<')
        put_text(s, "&lt;", 4, out);
    else if (c == '>')
        put_text(s, "&gt;", 4, out);
    else if (c == '&')
        put_text(s, "&amp;", 5, out);
    else
        put_text(s, &c, 1, out);
}

enum err sift_feed(struct sift *s, const char *in, size_t len, struct buf *out)
{
    const char *end = in + len, *open;
    enum err e = OK;

    while (in < end && e == OK) {
        switch (s->state) {
        case IN_TEXT:
            open = memchr(in, '<', (size_t)(end - in));
            put_text(s, in, (size_t)((open != NULL ? open : end) - in), out);
            in = open != NULL ? open + 1 : end;
            if (open == NULL)
                break;
            s->state = IN_TAG;
            s->quote = s->before = '\0';
            buf_clear(&s->tag);
            buf_putc(&s->tag, '<');
            count(s, 1, out);
            break;
        case IN_TAG:
            in += tag_run(s, in, (size_t)(end - in), out);
            if (in < end)
                e = tag_byte(s, *in++, out);
            break;
        case IN_CDATA:
            cdata_byte(s, *in++, out);
            break;
        }
    }
    return e;
}
