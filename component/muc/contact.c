#include "component/muc/parts.h"

#include "core/base/text.h"

#include <string.h>

/* The service's contact, queue@: no room, but somebody to have in the roster and to write to. What
 * it is does not depend on who asks; who may use it is decided by whoever knows the agents. */

static const char ENCRYPTED[] = "I cannot read encrypted messages. Turn encryption off.";

static bool is(const struct xml *x, const char *name, const char *ns)
{
    return strcmp(x->name, name) == 0 && strcmp(x->ns, ns) == 0;
}

static struct xml *info(const struct muc_service *s, const struct stanza *in)
{
    static const char *const features[] = {NS_DISCO_INFO, NS_PING, NS_VERSION, NS_VCARD};
    struct xml *iq = stanza_result(in);
    struct xml *query = muc_disco_query(in->arena, iq, NS_DISCO_INFO, "");

    muc_disco_identity(in->arena, query, "client", "bot", s->name);
    muc_disco_features(in->arena, query, features, sizeof(features) / sizeof(features[0]));
    return iq;
}

static struct xml *card(const struct muc_service *s, const struct stanza *in)
{
    struct xml *iq = stanza_result(in);
    struct xml *vcard = xml_child(in->arena, iq, "vCard", NS_VCARD);

    xml_child_text(in->arena, vcard, "FN", NULL, s->name);
    xml_child_text(in->arena, vcard, "NICKNAME", NULL, s->name);
    xml_child_text(in->arena, vcard, "DESC", NULL,
                   "Tells who waits, and takes commands: write \"help\".");
    return iq;
}

static struct xml *no_items(const struct stanza *in)
{
    struct xml *iq = stanza_result(in);

    muc_disco_query(in->arena, iq, NS_DISCO_ITEMS, "");
    return iq;
}

static void read_iq(const struct muc_service *s, struct stanza *in, struct muc_intent *out)
{
    const struct xml *x = xml_find(in->x, NULL, NULL);
    bool get = strcmp(in->type, "get") == 0;

    if (strcmp(in->type, "result") == 0 || strcmp(in->type, "error") == 0)
        return;
    if (x == NULL || in->id[0] == '\0')
        muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
    else if (get && is(x, "query", NS_DISCO_INFO) && xml_get(x, "node") == NULL)
        muc_settle(out, info(s, in));
    else if (get && is(x, "query", NS_DISCO_ITEMS) && xml_get(x, "node") == NULL)
        muc_settle(out, no_items(in));
    else if (get && is(x, "vCard", NS_VCARD))
        muc_settle(out, card(s, in));
    else if (get && is(x, "ping", NS_PING))
        muc_settle(out, stanza_result(in));
    else if (get && is(x, "query", NS_VERSION))
        muc_settle(out, muc_version(s, in));
    else if (get && (is(x, "pubsub", NS_PUBSUB) || xml_get(x, "node") != NULL))
        muc_refuse(out, COND_NOT_FOUND, "cancel", NULL);
    else
        muc_refuse(out, COND_UNAVAILABLE, "cancel", NULL);
}

static void read_presence(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *show = xml_find(in->x, "show", NS_CLIENT);

    out->state = show != NULL ? xml_content(in->arena, show) : "";
    /* who joins it as a room finds none */
    if (in->type[0] == '\0' && xml_find(in->x, "x", NS_MUC) != NULL)
        muc_refuse(out, COND_NOT_FOUND, "cancel", "There is no such room for you here.");
    else
        out->kind = MUC_CONTACT_PRESENCE;
}

/* Only what a person writes now: no errors, no late deliveries, no headlines, no copies. Answers
 * must not be answered. */
static void read_message(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *body = xml_find(in->x, "body", NS_CLIENT);
    const struct xml *confirm = xml_find(in->x, "confirm", NS_HTTP_AUTH);
    bool said =
        in->type[0] == '\0' || strcmp(in->type, "chat") == 0 || strcmp(in->type, "normal") == 0;

    if (!said || xml_find(in->x, NULL, NS_DELAY) != NULL ||
        xml_find(in->x, NULL, "jabber:x:delay") != NULL ||
        xml_find(in->x, "replace", NS_CORRECT) != NULL)
        return;
    if (muc_payload_encrypted(in)) {
        muc_refuse(out, COND_NOT_ACCEPTABLE, "modify", ENCRYPTED);
        return;
    }
    if (body == NULL && confirm != NULL && xml_get(confirm, "id") != NULL) {
        /* the client asked for us, and its owner said yes. XEP-0070 #message */
        out->body = arena_printf(in->arena, "ok %.16s", xml_get(confirm, "id"));
        out->kind = MUC_CONTACT_WORDS;
        return;
    }
    if (body == NULL)
        return;
    out->body = xml_content(in->arena, body);
    if (strlen(out->body) > MUC_BODY_MAX || !text_ok(out->body, strlen(out->body))) {
        muc_refuse(out, COND_POLICY, "modify", "The message is too large.");
        return;
    }
    out->body = text_body(in->arena, out->body);
    if (out->body[0] != '\0')
        out->kind = MUC_CONTACT_WORDS;
}

void muc_read_contact(const struct muc_service *s, struct stanza *in, struct muc_intent *out)
{
    switch (in->kind) {
    case STANZA_IQ:
        read_iq(s, in, out);
        return;
    case STANZA_PRESENCE:
        read_presence(in, out);
        return;
    case STANZA_MESSAGE:
        read_message(in, out);
        return;
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

static const char *contact_jid(const struct muc_service *s, struct arena *a)
{
    return arena_printf(a, "queue@%s", s->domain);
}

void muc_send_contact_presence(const struct muc_service *s, struct muc_out *o, const char *to,
                               const char *type, const char *status)
{
    struct xml *x = xml_new(o->arena, "presence", NS_CLIENT);

    xml_attr(o->arena, x, "from", contact_jid(s, o->arena));
    xml_attr(o->arena, x, "to", to);
    xml_attr(o->arena, x, "type", type[0] != '\0' ? type : NULL);
    if (status[0] != '\0')
        xml_child_text(o->arena, x, "status", NULL, status);
    o->send(o->ctx, x);
}

/* Of type chat with a body: so the agent's server copies it to all clients, keeps it while none is
 * there, and pushes it. */
void muc_send_contact_words(const struct muc_service *s, struct muc_out *o, const char *to,
                            const char *id, const char *text)
{
    struct xml *x = muc_message(o->arena, contact_jid(s, o->arena), "chat", id);

    xml_attr(o->arena, x, "to", to);
    xml_child_text(o->arena, x, "body", NULL, text);
    o->send(o->ctx, x);
}

void muc_send_contact_confirm(const struct muc_service *s, struct muc_out *o, const char *to,
                              const char *id, const char *text, const char *code, const char *url)
{
    struct xml *x = muc_message(o->arena, contact_jid(s, o->arena), "chat", id);
    struct xml *confirm;

    xml_attr(o->arena, x, "to", to);
    xml_child_text(o->arena, x, "thread", NULL, id);
    xml_child_text(o->arena, x, "body", NULL, text);
    confirm = xml_child(o->arena, x, "confirm", NS_HTTP_AUTH);
    xml_attr(o->arena, confirm, "id", code);
    xml_attr(o->arena, confirm, "method", "POST");
    xml_attr(o->arena, confirm, "url", url);
    o->send(o->ctx, x);
}

/* A direct invitation, to one agent that is rung. It is not of the room itself, which clients would
 * take for a mediated one. XEP-0249 */
void muc_send_contact_invite(const struct muc_service *s, struct muc_out *o, const char *to,
                             const char *room, const char *reason)
{
    struct xml *x = muc_message(o->arena, contact_jid(s, o->arena), "", "");
    struct xml *invite;

    xml_attr(o->arena, x, "to", to);
    invite = xml_child(o->arena, x, "x", NS_CONFERENCE);
    xml_attr(o->arena, invite, "jid", muc_room_jid(s, o->arena, room));
    if (reason[0] != '\0')
        xml_attr(o->arena, invite, "reason", reason);
    o->send(o->ctx, x);
}
