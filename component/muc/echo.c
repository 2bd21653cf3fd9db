#include "component/muc/parts.h"

/* The author's client waits for its own message to come back; nobody else is told. */
void muc_send_echo(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                   size_t from, const struct muc_intent *i)
{
    const struct muc_occupant *who = &r->occupants[from];
    const char *jid = muc_occupant_jid(s, o->arena, r->local, who->nick);
    struct xml *x = muc_message(o->arena, jid, "groupchat", i->in->id);
    struct muc_room own = {.local = r->local, .occupants = who, .n_occupants = 1};

    if (*i->body)
        xml_child_text(o->arena, x, "body", NULL, i->body);
    xml_raw(o->arena, x, i->payload);
    muc_add_no_store(o->arena, x);
    muc_add_occupant_id(s, o->arena, x, r->local, who->jid);
    muc_tell(o, &own, x, MUC_NOBODY);
}
