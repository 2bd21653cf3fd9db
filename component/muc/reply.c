#include "component/muc/parts.h"

#include <string.h>

struct xml *muc_error(struct arena *a, const struct stanza *in, enum cond c, const char *type,
                      const char *text)
{
    struct xml *x = xml_new(a, in->x->name, NS_CLIENT);

    xml_attr(a, x, "from", in->to.full);
    xml_attr(a, x, "to", in->from.full);
    xml_attr(a, x, "type", "error");
    xml_attr(a, x, "id", in->id[0] != '\0' ? in->id : NULL);
    /* By this clients see that a join failed. XEP-0045 #enter-errorcodes */
    if (in->kind == STANZA_PRESENCE && xml_find(in->x, "x", NS_MUC) != NULL)
        xml_child(a, x, "x", NS_MUC);
    xml_append(x, stanza_error(a, c, type, in->to.bare, text));
    return x;
}

/* RFC 6120 #stanzas-error-rules: an error or a result is the end of an exchange; a leave asks for
 * no answer. */
static bool answerable(const struct stanza *in)
{
    if (strcmp(in->type, "error") == 0)
        return false;
    switch (in->kind) {
    case STANZA_IQ:
        return strcmp(in->type, "result") != 0;
    case STANZA_PRESENCE:
        return strcmp(in->type, "unavailable") != 0;
    case STANZA_MESSAGE:
        return true;
    }
    return false;
}

void muc_reply_error(struct muc_out *o, const struct stanza *in, enum cond c, const char *type,
                     const char *text)
{
    if (answerable(in))
        o->send(o->ctx, muc_error(o->arena, in, c, type, text));
}

void muc_reply_no_room(struct muc_out *o, const struct stanza *in)
{
    muc_reply_error(o, in, COND_NOT_FOUND, "cancel", "There is no such room for you here.");
}

void muc_reply_result(struct muc_out *o, const struct stanza *in)
{
    o->send(o->ctx, stanza_result(in));
}
