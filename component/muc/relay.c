#include "component/muc/parts.h"

#include <string.h>

/* iqs from one occupant's client to another's, by way of the room (XEP-0045 #impl-service-iq). */

bool muc_asks_person(const struct stanza *in)
{
    const struct xml *x = xml_find(in->x, NULL, NULL);

    return strcmp(in->type, "get") == 0 && x != NULL &&
           (strcmp(x->ns, NS_VCARD) == 0 || strcmp(x->ns, NS_PUBSUB) == 0 ||
            strcmp(x->ns, "urn:ietf:params:xml:ns:vcard-4.0") == 0);
}

void muc_send_relayed(const struct muc_service *s, struct muc_out *o, const char *local,
                      const char *nick, const char *to, const char *id, const struct stanza *in)
{
    struct xml *x = xml_new(o->arena, "iq", NS_CLIENT);

    xml_attr(o->arena, x, "from", muc_occupant_jid(s, o->arena, local, nick));
    xml_attr(o->arena, x, "type", in->type);
    xml_attr(o->arena, x, "id", id);
    for (const struct xml *c = in->x->children; c != NULL; c = c->next)
        if (c->name != NULL)
            xml_append(x, xml_copy(o->arena, c));
    muc_tell_one(o, x, to);
}
