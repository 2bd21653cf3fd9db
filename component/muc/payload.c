#include "component/muc/parts.h"

#include <stdlib.h>
#include <string.h>

/* Prefixes of namespaces that speak for the room, the service or a server, or that show a text
 * which is not the body. From a client they are forgeries. */
static const char *const FORGED[] = {
    "http://jabber.org/protocol/muc", /* with #user, #admin, #owner */
    "http://jabber.org/protocol/address",
    "http://jabber.org/protocol/nick",
    "http://jabber.org/protocol/xhtml-im",
    "jabber:x:conference",
    "jabber:x:delay",
    "urn:parley:",
    "urn:xmpp:carbons:",
    "urn:xmpp:delay",
    "urn:xmpp:forward:",
    "urn:xmpp:hats:",
    "urn:xmpp:mam:",
    "urn:xmpp:message-moderate:",
    "urn:xmpp:occupant-id:",
    "xmpp:prosody.im/protocol/hats:",
};

static const char *const ENCRYPTED[] = {
    "eu.siacs.conversations.axolotl",
    "jabber:x:encrypted",
    "urn:xmpp:eme:",
    "urn:xmpp:omemo:",
    "urn:xmpp:openpgp:",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool starts_with_one(const char *ns, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(ns, list[i], strlen(list[i])) == 0)
            return true;
    return false;
}

/* Also inside, because clients of 2022 look for <moderated/> below <apply-to/> (XEP-0422). The
 * depth is bounded by STANZA_DEPTH_MAX. */
static bool forged_within(const struct xml *x)
{
    if (x->name == NULL)
        return false;
    if (starts_with_one(x->ns, FORGED, COUNT(FORGED)))
        return true;
    for (const struct xml *c = x->children; c != NULL; c = c->next)
        if (forged_within(c))
            return true;
    return false;
}

/* XEP-0359 #rules: an id in our name is ours alone; others' are kept. */
static bool names_this_room(const struct stanza *in, const struct xml *id)
{
    const char *by = xml_get(id, "by");
    struct jid who;

    return by == NULL || jid_parse(in->arena, by, &who) != OK || strcmp(who.bare, in->to.bare) == 0;
}

bool muc_payload_forged(const struct stanza *in, const struct xml *child)
{
    if (strcmp(child->ns, NS_SID) == 0 && strcmp(child->name, "stanza-id") == 0)
        return names_this_room(in, child);
    /* Everybody would answer everybody. XEP-0184 #when-groupchat */
    if (strcmp(child->ns, NS_RECEIPTS) == 0)
        return strcmp(in->type, "groupchat") == 0;
    return forged_within(child);
}

bool muc_payload_encrypted(const struct stanza *in)
{
    for (const struct xml *c = in->x->children; c != NULL; c = c->next)
        if (c->name != NULL && starts_with_one(c->ns, ENCRYPTED, COUNT(ENCRYPTED)))
            return true;
    return false;
}

/* Of the stanza's own namespace only these mean something, and a second body in another language
 * would be a text that nobody stored. */
static bool plain_child(const struct xml *c, const struct xml *body)
{
    if (strcmp(c->name, "body") == 0)
        return body == NULL;
    return strcmp(c->name, "subject") == 0 || strcmp(c->name, "thread") == 0;
}

static const char *finish(struct arena *a, struct buf *b)
{
    const char *s = arena_dup_len(a, buf_str(b), b->len);

    buf_free(b);
    return s;
}

const char *muc_payload_message(const struct stanza *in, const struct xml *body)
{
    struct buf b = {0};

    for (const struct xml *c = in->x->children; c != NULL; c = c->next) {
        if (c->name == NULL)
            continue;
        if (strcmp(c->ns, NS_CLIENT) == 0 ? plain_child(c, body) : !muc_payload_forged(in, c))
            xml_write(&b, c, NS_CLIENT);
    }
    return finish(in->arena, &b);
}

/* ---- presence -------------------------------------------------------------------------------- */

#define SHORT_MAX 256
#define STATUS_MAX 1024

/* Each kept payload is built anew from the parts that its document defines, so that nothing else
 * comes along. */

static void put_text(const struct stanza *in, struct buf *b, const char *name, size_t max)
{
    const struct xml *x = xml_find(in->x, name, NS_CLIENT);
    struct xml *copy;
    const char *text;

    if (x == NULL)
        return;
    text = xml_content(in->arena, x);
    if (text[0] == '\0' || strlen(text) > max)
        return;
    copy = xml_new(in->arena, name, NS_CLIENT);
    xml_text(in->arena, copy, text);
    xml_write(b, copy, NS_CLIENT);
}

static void put_show(const struct stanza *in, struct buf *b)
{
    static const char *const values[] = {"chat", "away", "xa", "dnd"};
    const struct xml *x = xml_find(in->x, "show", NS_CLIENT);
    const char *show = x != NULL ? xml_content(in->arena, x) : "";

    for (size_t i = 0; i < COUNT(values); i++)
        if (strcmp(show, values[i]) == 0)
            buf_printf(b, "<show>%s</show>", values[i]);
}

static void put_priority(const struct stanza *in, struct buf *b)
{
    const struct xml *x = xml_find(in->x, "priority", NS_CLIENT);
    const char *text = x != NULL ? xml_content(in->arena, x) : "";
    char *end;
    long value = strtol(text, &end, 10);

    if (end != text && *end == '\0' && value >= -128 && value <= 127)
        buf_printf(b, "<priority>%ld</priority>", value);
}

static void put_attrs(const struct stanza *in, struct buf *b, const char *name, const char *ns,
                      const char *const *attrs, size_t n)
{
    const struct xml *x = xml_find(in->x, name, ns);
    struct xml *copy;

    if (x == NULL)
        return;
    copy = xml_new(in->arena, name, ns);
    for (size_t i = 0; i < n; i++) {
        const char *value = xml_get(x, attrs[i]);

        if (value != NULL && strlen(value) <= SHORT_MAX)
            xml_attr(in->arena, copy, attrs[i], value);
    }
    xml_write(b, copy, NS_CLIENT);
}

static void put_photo(const struct stanza *in, struct buf *b)
{
    const struct xml *x = xml_find(in->x, "x", NS_VCARD_UPDATE);
    const struct xml *photo = x != NULL ? xml_find(x, "photo", NS_VCARD_UPDATE) : NULL;
    struct xml *copy;

    if (x == NULL)
        return;
    copy = xml_new(in->arena, "x", NS_VCARD_UPDATE);
    if (photo != NULL) {
        const char *hash = xml_content(in->arena, photo);

        /* An empty <photo/> says "no picture", none at all "not ready". XEP-0153 #publish */
        xml_child_text(in->arena, copy, "photo", NULL, strlen(hash) <= SHORT_MAX ? hash : "");
    }
    xml_write(b, copy, NS_CLIENT);
}

const char *muc_payload_presence(const struct stanza *in)
{
    static const char *const caps[] = {"hash", "node", "ver", "ext"};
    static const char *const idle[] = {"since"};
    struct buf b = {0};

    put_show(in, &b);
    put_text(in, &b, "status", STATUS_MAX);
    put_priority(in, &b);
    put_attrs(in, &b, "c", NS_CAPS, caps, COUNT(caps));
    put_attrs(in, &b, "idle", NS_IDLE, idle, COUNT(idle));
    put_photo(in, &b);
    return finish(in->arena, &b);
}
