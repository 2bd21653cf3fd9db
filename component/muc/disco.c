#include "component/muc/adhoc.h"
#include "component/muc/parts.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const SERVICE_FEATURES[] = {
    NS_DISCO_INFO,       NS_DISCO_ITEMS, NS_OCCUPANT, NS_MUC,
    NS_MUC "#stable_id", NS_PING,        NS_VERSION,  NS_COMMANDS,
};

static const char *const ROOM_FEATURES[] = {
    NS_DISCO_INFO,
    NS_DISCO_ITEMS,
    NS_MUC,
    NS_MUC "#stable_id",
};

static const char *const MORE_ROOM_FEATURES[] = {
    NS_SID,     NS_OCCUPANT,     NS_COMMANDS, NS_ARCHIVE, NS_ARCHIVE "#extended",
    NS_RETRACT, NS_MODERATE,     NS_PING,     NS_VERSION, NS_MUC "#self-ping-optimization",
    NS_HATS,    NS_MODERATE_OLD,
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
    NS_REPLY,
    "urn:xmpp:fallback:0",
    "urn:xmpp:sfs:0",
    NS_MARKERS,
    NS_RETRACT,
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
    const struct muc_config *c = muc_config_of(r);
    struct xml *form = xml_child(a, query, "x", NS_FORM);

    xml_attr(a, form, "type", "result");
    add_field(a, form, "FORM_TYPE", "hidden", NS_MUC "#roominfo");
    add_field(a, form, "muc#roominfo_description", "text-single",
              c->description[0] != '\0' ? c->description : r->title);
    add_field(a, form, "muc#roominfo_subject", "text-single", r->subject);
    add_field(a, form, "muc#roominfo_changesubject", "boolean", c->change_subject ? "1" : "0");
    add_field(a, form, "muc#roominfo_occupants", "text-single",
              arena_printf(a, "%zu", r->n_occupants));
    add_field(a, form, "muc#roomconfig_roomname", "text-single", r->title);
    add_field(a, form, "muc#roomconfig_allowinvites", "boolean", c->allow_invites ? "1" : "0");
    add_field(a, form, "muc#roomconfig_allowpm", "list-single", c->allow_pm);
    if (c->lang[0] != '\0')
        add_field(a, form, "muc#roominfo_lang", "text-single", c->lang);
}

/* XEP-0045 #registrar-features */
static void add_kind(struct arena *a, struct xml *query, const struct muc_config *c)
{
    const char *const kind[] = {
        c->members_only ? "muc_membersonly" : "muc_open",
        c->moderated ? "muc_moderated" : "muc_unmoderated",
        c->listed ? "muc_public" : "muc_hidden",
        c->nonanonymous ? "muc_nonanonymous" : "muc_semianonymous",
        c->persistent ? "muc_persistent" : "muc_temporary",
        c->password[0] != '\0' ? "muc_passwordprotected" : "muc_unsecured",
    };

    muc_disco_features(a, query, kind, COUNT(kind));
}

void muc_reply_room_info(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                         const struct muc_room *r)
{
    struct xml *iq = stanza_result(i->in);
    struct xml *query = muc_disco_query(o->arena, iq, NS_DISCO_INFO, "");

    (void)s;
    muc_disco_identity(o->arena, query, "conference", "text", r->title);
    muc_disco_features(o->arena, query, ROOM_FEATURES, COUNT(ROOM_FEATURES));
    add_kind(o->arena, query, muc_config_of(r));
    muc_disco_features(o->arena, query, MORE_ROOM_FEATURES, COUNT(MORE_ROOM_FEATURES));
    add_room_form(o->arena, query, r);
    o->send(o->ctx, iq);
}

/* Who is in a room is told by its presences, to those who are in; only a public room made by people
 * tells it to everybody. XEP-0045 #disco-roomitems */
void muc_reply_room_items(const struct muc_service *s, struct muc_out *o,
                          const struct muc_intent *i, const struct muc_room *r)
{
    struct xml *iq = stanza_result(i->in);
    struct xml *query = muc_disco_query(o->arena, iq, NS_DISCO_ITEMS, "");

    for (size_t k = 0; r->list_occupants && k < r->n_occupants && k < MUC_ITEMS_MAX; k++)
        xml_attr(o->arena, xml_child(o->arena, query, "item", NULL), "jid",
                 muc_occupant_jid(s, o->arena, r->local, r->occupants[k].nick));
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
