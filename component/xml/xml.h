/* Elements in an arena, and the one writer: nothing reaches the stream but through it.
 * The writer escapes markup, and replaces what XML 1.0 forbids by U+FFFD, because one such
 * character makes the server close the stream of every room. */
#ifndef PARLEY_XML_H
#define PARLEY_XML_H

#include "core/base/arena.h"
#include "core/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define NS_CLIENT "jabber:client" /* "jabber:component:accept" is read as this one */

struct xml_attr {
    const char *name, *value;
    struct xml_attr *next;
};

/* An element, or a run of text (name is NULL), or finished XML (name NULL, raw true). */
struct xml {
    const char *name;
    const char *ns;   /* the namespace in force, NS_CLIENT for stanzas; never NULL on elements */
    const char *text; /* of text and raw nodes */
    bool raw;
    struct xml_attr *attrs; /* without xmlns; in order */
    struct xml *children;   /* in order */
    struct xml *last;       /* last child */
    struct xml *next;       /* next sibling */
};

/* Build. Strings are lent: they must live as long as the arena. A NULL value adds no attribute.
 * ns NULL inherits the parent's. Children without a prefix only; names are ours, never input. */
struct xml *xml_new(struct arena *a, const char *name, const char *ns);
struct xml *xml_attr(struct arena *a, struct xml *x, const char *name, const char *value);
struct xml *xml_child(struct arena *a, struct xml *x, const char *name, const char *ns);
/* Child with text; returns the child. */
struct xml *xml_child_text(struct arena *a, struct xml *x, const char *name, const char *ns,
                           const char *text);
void xml_text(struct arena *a, struct xml *x, const char *text);
/* text: XML written before by xml_write with parent_ns NS_CLIENT. "" adds nothing. */
void xml_raw(struct arena *a, struct xml *x, const char *text);
void xml_append(struct xml *parent, struct xml *child); /* child must not have a parent */
/* Copy of an element and all below it, without its siblings. */
struct xml *xml_copy(struct arena *a, const struct xml *x);

/* Read. */
const char *xml_get(const struct xml *x, const char *name); /* attribute, NULL when missing */
/* First child element with that name and namespace; NULL name or ns matches any. */
struct xml *xml_find(const struct xml *x, const char *name, const char *ns);
struct xml *xml_find_next(const struct xml *after, const char *name, const char *ns);
/* All text directly below; "" when none. */
char *xml_content(struct arena *a, const struct xml *x);

/* Append x to b. xmlns is written where it differs from parent_ns. */
void xml_write(struct buf *b, const struct xml *x, const char *parent_ns);
/* Append one attribute, with the space before it; for component/xml/spread.c. */
void xml_write_attr(struct buf *b, const char *name, const char *value);

#endif
