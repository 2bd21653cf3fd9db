#include "component/xml/stanza.h"

#include <string.h>

#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

/* RFC 6120 #stanzas-error-conditions */
static const struct {
    const char *name, *type;
} conditions[] = {
    [COND_BAD_REQUEST] = {"bad-request", "modify"},
    [COND_CONFLICT] = {"conflict", "cancel"},
    [COND_FORBIDDEN] = {"forbidden", "auth"},
    [COND_GONE] = {"gone", "cancel"},
    [COND_INTERNAL] = {"internal-server-error", "cancel"},
    [COND_NOT_FOUND] = {"item-not-found", "cancel"},
    [COND_JID_MALFORMED] = {"jid-malformed", "modify"},
    [COND_NOT_ACCEPTABLE] = {"not-acceptable", "modify"},
    [COND_NOT_ALLOWED] = {"not-allowed", "cancel"},
    [COND_NOT_AUTHORIZED] = {"not-authorized", "auth"},
    [COND_POLICY] = {"policy-violation", "modify"},
    [COND_REGISTRATION] = {"registration-required", "auth"},
    [COND_RESOURCE] = {"resource-constraint", "wait"},
    [COND_UNAVAILABLE] = {"service-unavailable", "cancel"},
    [COND_FEATURE] = {"feature-not-implemented", "cancel"},
    [COND_REMOTE_TIMEOUT] = {"remote-server-timeout", "wait"},
};

struct xml *stanza_error(struct arena *a, enum cond c, const char *type, const char *by,
                         const char *text)
{
    struct xml *x = xml_new(a, "error", NS_CLIENT);

    xml_attr(a, x, "type", type != NULL ? type : conditions[c].type);
    xml_attr(a, x, "by", by);
    xml_child(a, x, conditions[c].name, NS_STANZAS);
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
