#include "component/muc/parts.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const SERVICE_FEATURES[] = {
    NS_DISCO_INFO, NS_DISCO_ITEMS, NS_OCCUPANT, NS_MUC, NS_MUC "#stable_id", NS_PING, NS_VERSION,
};

/* Members-only with non-anonymous is what clients call a private group: only there do they notify
 * of every message, show who types and send read markers. */
static const char *const ROOM_FEATURES[] = {
    NS_DISCO_INFO,
    NS_DISCO_ITEMS,
    NS_MUC,
    NS_MUC "#stable_id",
    "muc_membersonly",
    "muc_moderated",
    "muc_hidden",
    "muc_nonanonymous",
    "muc_persistent",
    "muc_unsecured",
    NS_SID,
    NS_OCCUPANT,
    NS_PING,
    NS_VERSION,
    NS_MUC "#self-ping-optimization",
};

/* What passes unchanged, of the well known; the rest of a presence is dropped. */
static const char *const TRAFFIC[] = {
    NS_CAPS,
    NS_CHATSTATES,
    NS_CORRECT,
    NS_HINTS,
    NS_IDLE,
    NS_OOB,
    NS_REACTIONS,
    NS_SID,
    NS_VCARD_UPDATE,
    "urn:xmpp:reply:0",
    "urn:xmpp:fallback:0",
    "urn:xmpp:sfs:0",
    "urn:xmpp:chat-markers:0",
    "urn:xmpp:message-retract:1",
};

struct xml *muc_disco_query(struct arena *a, struct xml *iq, const char *ns, const char *node)
{
    struct xml *query = xml_child(a, iq, "query", ns);

    xml_attr(a, query, "node", node[0] != '\0' ? node : NULL);
    return query;
}

void muc_disco_identity(struct arena *a, struct xml *query, const char *category, const char *type,
                        const char *name)
{
    struct xml *identity = xml_child(a, query, "identity", NULL);

    xml_attr(a, identity, "category", category);
    xml_attr(a, identity, "type", type);
    xml_attr(a, identity, "name", name);
}

void muc_disco_features(struct arena *a, struct xml *query, const char *const *vars, size_t n)
{
    for (size_t i = 0; i < n; i++)
        xml_attr(a, xml_child(a, query, "feature", NULL), "var", vars[i]);
}

struct xml *muc_service_info(const struct muc_service *s, const struct stanza *in)
{
    struct xml *iq = stanza_result(in);
    struct xml *query = muc_disco_query(in->arena, iq, NS_DISCO_INFO, "");

    muc_disco_identity(in->arena, query, "conference", "text", s->name);
    muc_disco_features(in->arena, query, SERVICE_FEATURES, COUNT(SERVICE_FEATURES));
    return iq;
}

/* XEP-0045 #impl-service-traffic */
struct xml *muc_traffic_info(const struct stanza *in)
{
    struct xml *iq = stanza_result(in);
    struct xml *query = muc_disco_query(in->arena, iq, NS_DISCO_INFO, NS_MUC_TRAFFIC);

    muc_disco_features(in->arena, query, TRAFFIC, COUNT(TRAFFIC));
    return iq;
}

static void add_field(struct arena *a, struct xml *form, const char *var, const char *type,
                      const char *value)
{
    struct xml *field = xml_child(a, form, "field", NULL);

    xml_attr(a, field, "var", var);
    xml_attr(a, field, "type", type);
    xml_child_text(a, field, "value", NULL, value);
}

/* Conversations reads the first form of the answer and no other. */
static void add_room_form(struct arena *a, struct xml *query, const struct muc_room *r)
{
    struct xml *form = xml_child(a, query, "x", NS_FORM);

    xml_attr(a, form, "type", "result");
    add_field(a, form, "FORM_TYPE", "hidden", NS_MUC "#roominfo");
    add_field(a, form, "muc#roominfo_description", "text-single", r->title);
    add_field(a, form, "muc#roominfo_subject", "text-single", r->subject);
    add_field(a, form, "muc#roominfo_changesubject", "boolean", "0");
    add_field(a, form, "muc#roominfo_occupants", "text-single",
              arena_printf(a, "%zu", r->n_occupants));
    add_field(a, form, "muc#roomconfig_roomname", "text-single", r->title);
    add_field(a, form, "muc#roomconfig_allowinvites", "boolean", "0");
    add_field(a, form, "muc#roomconfig_allowpm", "list-single", "anyone");
}

void muc_reply_room_info(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                         const struct muc_room *r)
{
    struct xml *iq = stanza_result(i->in);
    struct xml *query = muc_disco_query(o->arena, iq, NS_DISCO_INFO, "");

    (void)s;
    muc_disco_identity(o->arena, query, "conference", "text", r->title);
    muc_disco_features(o->arena, query, ROOM_FEATURES, COUNT(ROOM_FEATURES));
    add_room_form(o->arena, query, r);
    o->send(o->ctx, iq);
}

/* Who is in a room is told by its presences, to those who are in. XEP-0045 #disco-roomitems */
void muc_reply_room_items(const struct muc_service *s, struct muc_out *o,
                          const struct muc_intent *i)
{
    struct xml *iq = stanza_result(i->in);

    (void)s;
    muc_disco_query(o->arena, iq, NS_DISCO_ITEMS, "");
    o->send(o->ctx, iq);
}

void muc_reply_room_nick(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                         const char *nick)
{
    struct xml *iq = stanza_result(i->in);
    struct xml *query = muc_disco_query(o->arena, iq, NS_DISCO_INFO, "x-roomuser-item");

    (void)s;
    if (nick[0] != '\0')
        muc_disco_identity(o->arena, query, "conference", "text", nick);
    o->send(o->ctx, iq);
}
