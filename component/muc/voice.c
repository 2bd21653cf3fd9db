#include "component/muc/parts.h"

#include <string.h>

/* Visitors ask for voice, and whoever may give it answers, both with a form (XEP-0045
 * #requestvoice, #grantvoice-request). */

#define FORM_REQUEST NS_MUC "#request"

/* ---- reading --------------------------------------------------------------------------------- */

static const char *value_of(struct arena *a, const struct xml *form, const char *var)
{
    const struct xml *f;

    for (f = xml_find(form, "field", NS_FORM); f != NULL; f = xml_find_next(f, "field", NS_FORM)) {
        const char *name = xml_get(f, "var");
        const struct xml *value = xml_find(f, "value", NS_FORM);

        if (name != NULL && strcmp(name, var) == 0)
            return value != NULL ? xml_content(a, value) : "";
    }
    return "";
}

bool muc_read_voice(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *form = xml_find(in->x, "x", NS_FORM);
    const char *nick, *allow;
    char *prepared;

    if (form == NULL || strcmp(value_of(in->arena, form, "FORM_TYPE"), FORM_REQUEST) != 0)
        return false;
    nick = value_of(in->arena, form, "muc#roomnick");
    allow = value_of(in->arena, form, "muc#request_allow");
    if (nick[0] == '\0') {
        /* any role but this one is not for the asking */
        if (strcmp(value_of(in->arena, form, "muc#role"), "participant") != 0)
            muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
        else
            out->kind = MUC_VOICE_ASK;
        return true;
    }
    if (jid_nick(in->arena, nick, &prepared) != OK) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
        return true;
    }
    out->kind = MUC_VOICE_GRANT;
    out->guest_nick = prepared;
    out->granted = strcmp(allow, "1") == 0 || strcmp(allow, "true") == 0;
    return true;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void add_field(struct arena *a, struct xml *form, const char *var, const char *type,
                      const char *label, const char *value)
{
    struct xml *field = xml_child(a, form, "field", NULL);

    xml_attr(a, field, "var", var);
    xml_attr(a, field, "type", type);
    xml_attr(a, field, "label", label);
    xml_child_text(a, field, "value", NULL, value);
}

void muc_send_voice_form(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                         size_t who, const char *to)
{
    const struct muc_occupant *visitor = &r->occupants[who];
    struct arena *a = o->arena;
    struct xml *x = muc_message(a, muc_room_jid(s, a, r->local), "", "");
    struct xml *form = xml_child(a, x, "x", NS_FORM);

    xml_attr(a, form, "type", "form");
    xml_child_text(a, form, "title", NULL, "Voice request");
    xml_child_text(a, form, "instructions", NULL,
                   "Allow it, and this agent talks to the customer too.");
    add_field(a, form, "FORM_TYPE", "hidden", NULL, FORM_REQUEST);
    add_field(a, form, "muc#role", "text-single", "Requested role", "participant");
    add_field(a, form, "muc#jid", "jid-single", "User", muc_item_jid(visitor));
    add_field(a, form, "muc#roomnick", "text-single", "Nickname", visitor->nick);
    add_field(a, form, "muc#request_allow", "boolean", "Grant voice?", "0");
    muc_tell_one(o, x, to);
}
