#include "component/xml/stanza.h"

#include <string.h>

#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

struct condition {
    const char *name, *type;
};

/* RFC 6120 #stanzas-error-conditions. A switch, so that the compiler finds what is missing. */
static struct condition condition_of(enum cond c)
{
    switch (c) {
    case COND_BAD_REQUEST:
        return (struct condition){"bad-request", "modify"};
    case COND_CONFLICT:
        return (struct condition){"conflict", "cancel"};
    case COND_FORBIDDEN:
        return (struct condition){"forbidden", "auth"};
    case COND_GONE:
        return (struct condition){"gone", "cancel"};
    case COND_INTERNAL:
        return (struct condition){"internal-server-error", "cancel"};
    case COND_NOT_FOUND:
        return (struct condition){"item-not-found", "cancel"};
    case COND_JID_MALFORMED:
        return (struct condition){"jid-malformed", "modify"};
    case COND_NOT_ACCEPTABLE:
        return (struct condition){"not-acceptable", "modify"};
    case COND_NOT_ALLOWED:
        return (struct condition){"not-allowed", "cancel"};
    case COND_NOT_AUTHORIZED:
        return (struct condition){"not-authorized", "auth"};
    case COND_POLICY:
        return (struct condition){"policy-violation", "modify"};
    case COND_REGISTRATION:
        return (struct condition){"registration-required", "auth"};
    case COND_RESOURCE:
        return (struct condition){"resource-constraint", "wait"};
    case COND_UNAVAILABLE:
        return (struct condition){"service-unavailable", "cancel"};
    case COND_FEATURE:
        return (struct condition){"feature-not-implemented", "cancel"};
    case COND_REMOTE_TIMEOUT:
        return (struct condition){"remote-server-timeout", "wait"};
    }
    return (struct condition){"undefined-condition", "cancel"};
}

struct xml *stanza_error(struct arena *a, enum cond c, const char *type, const char *by,
                         const char *text)
{
    const struct condition is = condition_of(c);
    struct xml *x = xml_new(a, "error", NS_CLIENT);

    xml_attr(a, x, "type", type != NULL ? type : is.type);
    xml_attr(a, x, "by", by);
    xml_child(a, x, is.name, NS_STANZAS);
    if (text != NULL)
        xml_child_text(a, x, "text", NS_STANZAS, text);
    return x;
}

static struct xml *reply(const struct stanza *in, const char *type)
{
    struct arena *a = in->arena;
    struct xml *x = xml_new(a, in->x->name, NS_CLIENT);

    xml_attr(a, x, "type", type);
    xml_attr(a, x, "from", in->to.full);
    xml_attr(a, x, "to", in->from.full);
    xml_attr(a, x, "id", in->id[0] != '\0' ? in->id : NULL);
    return x;
}

struct xml *stanza_error_reply(const struct stanza *in, enum cond c, const char *type,
                               const char *text)
{
    struct xml *x = reply(in, "error");

    xml_append(x, stanza_error(in->arena, c, type, NULL, text));
    return x;
}

struct xml *stanza_result(const struct stanza *in)
{
    return reply(in, "result");
}

const char *stanza_condition(const struct stanza *in)
{
    const struct xml *error = xml_find(in->x, "error", NS_CLIENT), *c;

    if (error == NULL)
        return "";
    for (c = xml_find(error, NULL, NS_STANZAS); c != NULL; c = xml_find_next(c, NULL, NS_STANZAS))
        if (strcmp(c->name, "text") != 0)
            return c->name;
    return "";
}
