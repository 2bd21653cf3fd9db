#include "tests/support/xml_text.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct arena *arena;
    const char *at;
};

static char *unescaped(struct arena *a, const char *s, size_t len)
{
    static const char *const entities[][2] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&apos;", "'"}, {"&quot;", "\""}};
    struct buf b = {0};
    char *out;

    for (size_t i = 0; i < len;) {
        size_t step = 1;

        for (size_t k = 0; k < 5; k++) {
            size_t n = strlen(entities[k][0]);

            if (len - i >= n && memcmp(s + i, entities[k][0], n) == 0) {
                buf_puts(&b, entities[k][1]);
                step = n;
                break;
            }
        }
        if (step == 1)
            buf_putc(&b, s[i]);
        i += step;
    }
    out = arena_dup_len(a, buf_str(&b), b.len);
    buf_free(&b);
    return out;
}

static char *word(struct reader *r, const char *stop)
{
    size_t n = strcspn(r->at, stop);
    char *s = unescaped(r->arena, r->at, n);

    r->at += n;
    return s;
}

static void attributes(struct reader *r, struct xml *x)
{
    while (*r->at == ' ') {
        char quote[2] = {0};
        char *name, *value;

        r->at += strspn(r->at, " ");
        if (*r->at == '/' || *r->at == '>')
            return;
        name = word(r, "=");
        if (*r->at != '=')
            abort();
        quote[0] = r->at[1];
        r->at += 2;
        value = word(r, quote);
        r->at++;
        if (strcmp(name, "xmlns") == 0)
            x->ns = value;
        else
            xml_attr(r->arena, x, name, value);
    }
}

static struct xml *element(struct reader *r, const char *ns)
{
    struct xml *x;

    if (*r->at != '<')
        abort();
    r->at++;
    x = xml_new(r->arena, word(r, " />"), ns);
    attributes(r, x);
    if (*r->at == '/') {
        r->at += 2;
        return x;
    }
    r->at++;
    while (r->at[0] != '<' || r->at[1] != '/') {
        if (r->at[0] == '\0')
            abort();
        if (r->at[0] == '<')
            xml_append(x, element(r, x->ns));
        else
            xml_text(r->arena, x, word(r, "<"));
    }
    (void)word(r, ">");
    r->at++;
    return x;
}

struct xml *xml_of(struct arena *a, const char *text)
{
    struct reader r = {.arena = a, .at = text};

    return element(&r, NS_CLIENT);
}

static struct jid address(struct arena *a, const char *s)
{
    struct jid out;

    if (s == NULL || jid_parse(a, s, &out) != OK)
        abort();
    return out;
}

struct stanza *stanza_of_xml(struct arena *a, struct xml *x)
{
    struct stanza *in = arena_new_of(a, struct stanza);
    const char *type = xml_get(x, "type"), *id = xml_get(x, "id");

    in->arena = a;
    in->x = x;
    in->kind = strcmp(x->name, "iq") == 0         ? STANZA_IQ
               : strcmp(x->name, "presence") == 0 ? STANZA_PRESENCE
                                                  : STANZA_MESSAGE;
    in->from = address(a, xml_get(x, "from"));
    in->to = address(a, xml_get(x, "to"));
    in->type = type != NULL ? type : in->kind == STANZA_MESSAGE ? "normal" : "";
    in->id = id != NULL ? id : "";
    return in;
}
