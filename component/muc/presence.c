#include "component/muc/parts.h"

#include <string.h>

/* ---- reading --------------------------------------------------------------------------------- */

/* Nobody here has a roster: say so, or the asker's client waits for ever. */
static void unsubscribed(struct muc_intent *out)
{
    struct arena *a = out->in->arena;
    struct xml *x = xml_new(a, "presence", NS_CLIENT);

    xml_attr(a, x, "from", out->in->to.bare);
    xml_attr(a, x, "to", out->in->from.bare);
    xml_attr(a, x, "type", "unsubscribed");
    muc_settle(out, x);
}

static void read_password(const struct xml *muc, struct muc_intent *out)
{
    const struct xml *x = xml_find(muc, "password", NS_MUC);

    out->password = x != NULL ? xml_content(out->in->arena, x) : NULL;
}

static void read_available(struct stanza *in, struct muc_intent *out)
{
    const struct xml *muc = xml_find(in->x, "x", NS_MUC);
    char *nick;

    out->presence = muc_payload_presence(in);
    if (muc == NULL) {
        out->kind = MUC_PRESENCE;
        return;
    }
    if (in->to.resource[0] == '\0') {
        muc_refuse(out, COND_JID_MALFORMED, "modify", "A nickname is missing.");
        return;
    }
    if (jid_nick(in->arena, in->to.resource, &nick) != OK) {
        muc_refuse(out, COND_JID_MALFORMED, "modify", "This nickname cannot be used.");
        return;
    }
    out->kind = MUC_JOIN;
    out->nick = nick;
    muc_read_history(muc, out);
    read_password(muc, out);
}

static void read_service(const struct stanza *in, struct muc_intent *out)
{
    if (strcmp(in->type, "subscribe") == 0)
        unsubscribed(out);
    else if (in->type[0] == '\0' && xml_find(in->x, "x", NS_MUC) != NULL)
        muc_refuse(out, COND_UNAVAILABLE, "cancel", "This is the service, not a room.");
}

static void read_leave(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *status = xml_find(in->x, "status", NS_CLIENT);
    const char *text = status != NULL ? xml_content(in->arena, status) : "";

    out->kind = MUC_LEAVE;
    out->status = strlen(text) <= 1024 ? text : "";
}

void muc_read_presence(const struct muc_service *s, struct stanza *in, struct muc_intent *out)
{
    const char *type = in->type;

    (void)s;
    if (out->room[0] == '\0') {
        read_service(in, out);
    } else if (type[0] == '\0') {
        read_available(in, out);
    } else if (strcmp(type, "unavailable") == 0) {
        read_leave(in, out);
    } else if (strcmp(type, "error") == 0) {
        if (muc_is_bounce(in))
            out->kind = MUC_BOUNCE;
    } else if (strcmp(type, "probe") == 0) {
        /* A server probes the bare address when a user has the room in the roster. */
        if (out->nick[0] != '\0')
            out->kind = MUC_PROBE;
    } else if (strcmp(type, "subscribe") == 0) {
        unsubscribed(out);
    } else if (strcmp(type, "subscribed") != 0 && strcmp(type, "unsubscribe") != 0 &&
               strcmp(type, "unsubscribed") != 0) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

/* muc_payload_presence() puts <show/> first. */
static int availability(const char *presence)
{
    static const char *const order[] = {"<show>dnd<", "<show>xa<", "<show>away<"};

    for (int i = 0; i < 3; i++)
        if (strncmp(presence, order[i], strlen(order[i])) == 0)
            return i;
    return strncmp(presence, "<show>chat<", 11) == 0 ? 4 : 3;
}

/* Others see the most available session of an occupant; of equals the oldest. */
static const char *best_presence(const struct muc_occupant *who)
{
    const char *best = "";
    int most = -1;

    for (size_t i = 0; i < who->n_sessions; i++) {
        int much = availability(who->sessions[i].presence);

        if (much > most) {
            most = much;
            best = who->sessions[i].presence;
        }
    }
    return best;
}

struct xml *muc_presence(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                         const struct muc_occupant *who, const struct muc_session *own,
                         struct xml **user)
{
    struct xml *x = xml_new(a, "presence", NS_CLIENT), *u;

    xml_attr(a, x, "from", muc_occupant_jid(s, a, r->local, who->nick));
    xml_raw(a, x, own != NULL ? own->presence : best_presence(who));
    muc_add_picture(a, x, who->picture);
    muc_add_occupant_id(s, a, x, r->local, who->jid);
    muc_add_hats(a, x, who->hats);
    u = muc_add_user(a, x, who->affiliation, who->role,
                     own != NULL ? own->address : muc_item_jid(who));
    if (own != NULL)
        muc_add_status(a, u, "110");
    if (user != NULL)
        *user = u;
    return x;
}

struct xml *muc_presence_for(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                             const struct muc_occupant *who, const struct muc_occupant *viewer)
{
    struct xml *x = muc_presence(s, a, r, who, NULL, NULL);

    return muc_sees_jids(r, viewer) ? x : muc_without_jid(a, x);
}

bool muc_is_shown(const struct muc_room *r, const struct muc_occupant *who)
{
    const struct muc_config *c = muc_config_of(r);

    if (strcmp(who->role, "moderator") == 0)
        return c->show_moderators;
    return strcmp(who->role, "visitor") == 0 ? c->show_visitors : c->show_participants;
}

void muc_send_presence(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                       size_t occupant)
{
    const struct muc_occupant *who = &r->occupants[occupant];

    if (muc_is_shown(r, who))
        muc_tell(o, r, muc_presence(s, o->arena, r, who, NULL, NULL), occupant);
    for (size_t i = 0; i < who->n_sessions; i++)
        muc_tell_one(o, muc_presence(s, o->arena, r, who, &who->sessions[i], NULL),
                     who->sessions[i].address);
}

void muc_send_probed(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                     size_t occupant, const char *to)
{
    const struct muc_occupant *who = &r->occupants[occupant];
    const struct muc_session *own = NULL;

    for (size_t i = 0; i < who->n_sessions; i++)
        if (strcmp(who->sessions[i].address, to) == 0)
            own = &who->sessions[i];
    if (own != NULL)
        muc_tell_one(o, muc_presence(s, o->arena, r, who, own, NULL), to);
    else
        muc_tell_one(o, muc_presence_for(s, o->arena, r, who, muc_occupant_at(r, to)), to);
}
