#include "component/muc/adhoc.h"
#include "component/muc/parts.h"

#include <string.h>

static bool is(const struct xml *x, const char *name, const char *ns)
{
    return strcmp(x->name, name) == 0 && strcmp(x->ns, ns) == 0;
}

static const char *node_of(const struct xml *query)
{
    const char *node = xml_get(query, "node");

    return node != NULL ? node : "";
}

static void unknown_node(struct muc_intent *out)
{
    muc_refuse(out, COND_NOT_FOUND, "cancel", NULL);
}

/* Which nodes are commands is known to whoever carries them out. */
static void command_info(const struct xml *query, struct muc_intent *out)
{
    out->kind = MUC_ADHOC_INFO;
    out->node = node_of(query);
}

static void other_items(const struct xml *query, struct muc_intent *out)
{
    if (strcmp(node_of(query), NS_COMMANDS) == 0)
        out->kind = MUC_ADHOC_ITEMS;
    else
        unknown_node(out);
}

static void read_service(const struct muc_service *s, const struct xml *query,
                         struct muc_intent *out)
{
    if (is(query, "query", NS_DISCO_INFO)) {
        if (node_of(query)[0] == '\0')
            muc_settle(out, muc_service_info(s, out->in));
        else
            command_info(query, out);
    } else if (is(query, "query", NS_DISCO_ITEMS)) {
        if (node_of(query)[0] == '\0')
            out->kind = MUC_SERVICE_ITEMS;
        else
            other_items(query, out);
    } else if (is(query, "ping", NS_PING)) {
        muc_settle(out, stanza_result(out->in));
    } else if (is(query, "query", NS_VERSION)) {
        muc_settle(out, muc_version(s, out->in));
    } else {
        muc_refuse(out, COND_UNAVAILABLE, "cancel", NULL);
    }
}

static void read_room_info(const struct xml *query, struct muc_intent *out)
{
    const char *node = node_of(query);

    if (node[0] == '\0') {
        out->kind = MUC_ROOM_INFO;
    } else if (strcmp(node, "x-roomuser-item") == 0) {
        out->kind = MUC_ROOM_NICK;
    } else if (strcmp(node, NS_MUC_TRAFFIC) == 0) {
        out->kind = MUC_ROOM_PING;
        out->reply = muc_traffic_info(out->in);
    } else {
        command_info(query, out);
    }
}

static void read_room(const struct muc_service *s, const struct xml *query, struct muc_intent *out)
{
    if (is(query, "query", NS_DISCO_INFO)) {
        read_room_info(query, out);
    } else if (is(query, "query", NS_DISCO_ITEMS)) {
        if (node_of(query)[0] == '\0')
            out->kind = MUC_ROOM_ITEMS;
        else
            other_items(query, out);
    } else if (is(query, "ping", NS_PING)) {
        out->kind = MUC_ROOM_PING;
        out->reply = stanza_result(out->in);
    } else if (is(query, "query", NS_VERSION)) {
        out->kind = MUC_ROOM_PING;
        out->reply = muc_version(s, out->in);
    } else if (is(query, "query", NS_ARCHIVE)) {
        out->kind = MUC_ROOM_PING;
        out->reply = muc_archive_form(out->in);
    } else if (is(query, "metadata", NS_ARCHIVE)) {
        out->kind = MUC_ARCHIVE_ENDS;
    } else {
        out->kind = MUC_ROOM_IQ;
    }
}

/* What changes a room, and what is sent as a change: the archive is asked by `set`. */
static bool read_managing(const struct xml *query, bool set, struct muc_intent *out)
{
    if (is(query, "query", NS_MUC_ADMIN))
        muc_read_admin(query, out);
    else if (is(query, "query", NS_MUC_OWNER))
        muc_read_owner(query, out);
    else if (set && is(query, "query", NS_ARCHIVE))
        muc_read_archive(query, out);
    else if (set && is(query, "moderate", NS_MODERATE))
        muc_read_moderate(query, out);
    else if (set && is(query, "apply-to", NS_FASTEN))
        return muc_read_moderate_old(query, out);
    else
        return false;
    return true;
}

/* RFC 6120 #stanzas-semantics-iq: get and set carry an id and exactly one child. */
static const struct xml *only_child(const struct stanza *in)
{
    const struct xml *x = xml_find(in->x, NULL, NULL);

    if (in->id[0] == '\0' || x == NULL || xml_find_next(x, NULL, NULL) != NULL)
        return NULL;
    return x;
}

void muc_read_iq(const struct muc_service *s, struct stanza *in, struct muc_intent *out)
{
    bool get = strcmp(in->type, "get") == 0;
    const struct xml *query = only_child(in);

    if (strcmp(in->type, "result") == 0 || strcmp(in->type, "error") == 0) {
        out->kind = MUC_PONG;
        return;
    }
    if (query == NULL || (!get && strcmp(in->type, "set") != 0)) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
        return;
    }
    if (!get && in->to.resource[0] == '\0' && is(query, "command", NS_COMMANDS)) {
        out->kind = MUC_ADHOC;
        return;
    }
    if (in->to.local[0] == '\0') {
        if (get && in->to.resource[0] == '\0')
            read_service(s, query, out);
        else
            muc_refuse(out, COND_UNAVAILABLE, "cancel", NULL);
    } else if (in->to.resource[0] == '\0') {
        if (read_managing(query, !get, out))
            return;
        if (get)
            read_room(s, query, out);
        else
            out->kind = MUC_ROOM_IQ;
    } else {
        out->kind = get && is(query, "ping", NS_PING) ? MUC_SELF_PING : MUC_OCCUPANT_IQ;
    }
}

struct xml *muc_version(const struct muc_service *s, const struct stanza *in)
{
    struct xml *iq = stanza_result(in);
    struct xml *query = xml_child(in->arena, iq, "query", NS_VERSION);

    xml_child_text(in->arena, query, "name", NULL, "Parley");
    xml_child_text(in->arena, query, "version", NULL, s->version);
    return iq;
}

/* ---- our own iqs ----------------------------------------------------------------------------- */

static struct xml *ping(struct arena *a, const char *from, const char *to, const char *id)
{
    struct xml *iq = xml_new(a, "iq", NS_CLIENT);

    xml_attr(a, iq, "from", from);
    xml_attr(a, iq, "to", to);
    xml_attr(a, iq, "type", "get");
    xml_attr(a, iq, "id", id);
    xml_child(a, iq, "ping", NS_PING);
    return iq;
}

void muc_send_ping(const struct muc_service *s, struct muc_out *o, const char *room, const char *to,
                   const char *id)
{
    o->send(o->ctx, ping(o->arena, muc_room_jid(s, o->arena, room), to, id));
}

void muc_send_barrier(const struct muc_service *s, struct muc_out *o, const char *id)
{
    o->send(o->ctx, ping(o->arena, s->domain, s->domain, id));
}
