#include "component/xml/xml.h"

#include <string.h>

struct xml *xml_new(struct arena *a, const char *name, const char *ns)
{
    struct xml *x = arena_new_of(a, struct xml);

    x->name = name;
    x->ns = ns != NULL ? ns : NS_CLIENT;
    return x;
}

struct xml *xml_attr(struct arena *a, struct xml *x, const char *name, const char *value)
{
    struct xml_attr **at = &x->attrs;

    if (value == NULL)
        return x;
    /* The same attribute twice is not well-formed: the later value wins. */
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (*at == NULL) {
        *at = arena_new_of(a, struct xml_attr);
        (*at)->name = name;
    }
    (*at)->value = value;
    return x;
}

void xml_append(struct xml *parent, struct xml *child)
{
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->children = child;
    parent->last = child;
}

struct xml *xml_child(struct arena *a, struct xml *x, const char *name, const char *ns)
{
    struct xml *child = xml_new(a, name, ns != NULL ? ns : x->ns);

    xml_append(x, child);
    return child;
}

struct xml *xml_child_text(struct arena *a, struct xml *x, const char *name, const char *ns,
                           const char *text)
{
    struct xml *child = xml_child(a, x, name, ns);

    xml_text(a, child, text);
    return child;
}

static void add_run(struct arena *a, struct xml *x, const char *text, bool raw)
{
    struct xml *run;

    if (text == NULL || text[0] == '\0')
        return;
    run = arena_new_of(a, struct xml);
    run->text = text;
    run->raw = raw;
    xml_append(x, run);
}

void xml_text(struct arena *a, struct xml *x, const char *text)
{
    add_run(a, x, text, false);
}

void xml_raw(struct arena *a, struct xml *x, const char *text)
{
    add_run(a, x, text, true);
}

/* Recursion is bounded: what arrives is at most STANZA_DEPTH_MAX deep, the rest we build. */
struct xml *xml_copy(struct arena *a, const struct xml *x)
{
    struct xml *copy = arena_new_of(a, struct xml);

    copy->name = x->name != NULL ? arena_dup(a, x->name) : NULL;
    copy->ns = x->ns != NULL ? arena_dup(a, x->ns) : NULL;
    copy->text = x->text != NULL ? arena_dup(a, x->text) : NULL;
    copy->raw = x->raw;
    for (const struct xml_attr *at = x->attrs; at != NULL; at = at->next)
        xml_attr(a, copy, arena_dup(a, at->name), arena_dup(a, at->value));
    for (const struct xml *c = x->children; c != NULL; c = c->next)
        xml_append(copy, xml_copy(a, c));
    return copy;
}

const char *xml_get(const struct xml *x, const char *name)
{
    for (const struct xml_attr *at = x->attrs; at != NULL; at = at->next)
        if (strcmp(at->name, name) == 0)
            return at->value;
    return NULL;
}

static struct xml *first_match(struct xml *x, const char *name, const char *ns)
{
    for (; x != NULL; x = x->next)
        if (x->name != NULL && (name == NULL || strcmp(x->name, name) == 0) &&
            (ns == NULL || strcmp(x->ns, ns) == 0))
            return x;
    return NULL;
}

struct xml *xml_find(const struct xml *x, const char *name, const char *ns)
{
    return first_match(x->children, name, ns);
}

struct xml *xml_find_next(const struct xml *after, const char *name, const char *ns)
{
    return first_match(after->next, name, ns);
}

char *xml_content(struct arena *a, const struct xml *x)
{
    size_t len = 0, at = 0;
    char *out;

    for (const struct xml *c = x->children; c != NULL; c = c->next)
        if (c->name == NULL && !c->raw)
            len += strlen(c->text);
    out = arena_alloc(a, len + 1);
    for (const struct xml *c = x->children; c != NULL; c = c->next)
        if (c->name == NULL && !c->raw) {
            size_t n = strlen(c->text);

            memcpy(out + at, c->text, n);
            at += n;
        }
    return out;
}
