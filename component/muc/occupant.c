#include "component/muc/parts.h"

#include <string.h>

/* What a virtual occupant answers, so that clients can show it like anybody else. */

static void send_info(struct muc_out *o, const struct stanza *in, const char *nick)
{
    static const char *const features[] = {NS_DISCO_INFO, NS_CHATSTATES, NS_PING, NS_VCARD};
    struct xml *iq = stanza_result(in);
    struct xml *query = muc_disco_query(o->arena, iq, NS_DISCO_INFO, "");

    muc_disco_identity(o->arena, query, "client", "web", nick);
    muc_disco_features(o->arena, query, features, sizeof(features) / sizeof(features[0]));
    o->send(o->ctx, iq);
}

static void send_items(struct muc_out *o, const struct stanza *in)
{
    struct xml *iq = stanza_result(in);

    muc_disco_query(o->arena, iq, NS_DISCO_ITEMS, "");
    o->send(o->ctx, iq);
}

static void send_card(struct muc_out *o, const struct stanza *in, const char *nick,
                      const char *picture)
{
    struct xml *iq = stanza_result(in);
    struct xml *card = xml_child(o->arena, iq, "vCard", NS_VCARD);

    xml_child_text(o->arena, card, "FN", NULL, nick);
    xml_child_text(o->arena, card, "NICKNAME", NULL, nick);
    muc_add_photo(o->arena, card, picture);
    o->send(o->ctx, iq);
}

static bool without_node(const struct xml *query)
{
    const char *node = xml_get(query, "node");

    return node == NULL || node[0] == '\0';
}

static void answer_virtual(struct muc_out *o, const struct stanza *in,
                           const struct muc_occupant *who)
{
    const struct xml *query = xml_find(in->x, NULL, NULL);
    bool get = strcmp(in->type, "get") == 0 && query != NULL;

    if (get && strcmp(query->ns, NS_DISCO_INFO) == 0 && without_node(query))
        send_info(o, in, who->nick);
    else if (get && strcmp(query->ns, NS_DISCO_ITEMS) == 0 && without_node(query))
        send_items(o, in);
    else if (get && strcmp(query->ns, NS_VCARD) == 0)
        send_card(o, in, who->nick, who->picture);
    else if (get && strcmp(query->ns, NS_PING) == 0)
        muc_reply_result(o, in);
    else if (get && (strcmp(query->ns, NS_PUBSUB) == 0 || strcmp(query->ns, NS_DISCO_INFO) == 0 ||
                     strcmp(query->ns, NS_DISCO_ITEMS) == 0))
        /* No keys, no picture: with keys missing, clients do not offer to encrypt. */
        muc_reply_error(o, in, COND_NOT_FOUND, "cancel", NULL);
    else
        muc_reply_error(o, in, COND_UNAVAILABLE, "cancel", NULL);
}

void muc_reply_occupant_iq(const struct muc_service *s, struct muc_out *o,
                           const struct muc_intent *i, const struct muc_occupant *occupant)
{
    (void)s;
    if (occupant == NULL)
        muc_reply_error(o, i->in, COND_NOT_FOUND, "cancel", NULL);
    else if (occupant->n_sessions == 0)
        answer_virtual(o, i->in, occupant);
    else
        muc_reply_error(o, i->in, COND_UNAVAILABLE, "cancel", NULL);
}
