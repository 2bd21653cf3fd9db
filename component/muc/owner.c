#include "component/muc/parts.h"

#include <string.h>

/* The owner's use cases: XEP-0045 #createroom, #roomconfig, #destroyroom. */

static void read_destroy(const struct xml *destroy, struct muc_intent *out)
{
    struct arena *a = out->in->arena;
    const struct xml *reason = xml_find(destroy, "reason", NULL);
    const char *jid = xml_get(destroy, "jid");
    struct jid alternate;

    if (reason != NULL)
        out->reason = xml_content(a, reason);
    if (jid != NULL && jid[0] != '\0') {
        if (jid_parse(a, jid, &alternate) != OK) {
            muc_refuse(out, COND_JID_MALFORMED, NULL, NULL);
            return;
        }
        out->alternate = alternate.bare;
    }
    if (strlen(out->reason) > MUC_SUBJECT_MAX)
        muc_refuse(out, COND_BAD_REQUEST, NULL, NULL);
    else
        out->kind = MUC_OWNER_DESTROY;
}

static void read_form(const struct xml *form, struct muc_intent *out)
{
    const char *type = xml_get(form, "type");

    out->form = form;
    out->cancelled = type != NULL && strcmp(type, "cancel") == 0;
    if (type != NULL && (out->cancelled || strcmp(type, "submit") == 0))
        out->kind = MUC_OWNER_SET;
    else
        muc_refuse(out, COND_BAD_REQUEST, NULL, NULL);
}

void muc_read_owner(const struct xml *query, struct muc_intent *out)
{
    const struct xml *form = xml_find(query, "x", NS_FORM);
    const struct xml *destroy = xml_find(query, "destroy", NS_MUC_OWNER);

    if (strcmp(out->in->type, "get") == 0)
        out->kind = MUC_OWNER_GET;
    else if (destroy != NULL)
        read_destroy(destroy, out);
    else if (form != NULL)
        read_form(form, out);
    else
        muc_refuse(out, COND_BAD_REQUEST, NULL, NULL);
}
