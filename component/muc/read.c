#include "component/muc/parts.h"

#include <string.h>

void muc_settle(struct muc_intent *out, struct xml *reply)
{
    out->kind = MUC_REPLY;
    out->reply = reply;
}

void muc_refuse(struct muc_intent *out, enum cond c, const char *type, const char *text)
{
    muc_settle(out, muc_error(out->in->arena, out->in, c, type, text));
}

static void begin(struct stanza *in, struct muc_intent *out)
{
    *out = (struct muc_intent){.kind = MUC_IGNORE,
                               .in = in,
                               .room = in->to.local,
                               .nick = in->to.resource,
                               .history_stanzas = SIZE_MAX,
                               .history_chars = SIZE_MAX,
                               .history_seconds = -1,
                               .history_since_ms = -1,
                               .presence = "",
                               .status = "",
                               .body = "",
                               .payload = "",
                               .shown = "",
                               .link = "",
                               .ref = "",
                               .subject = "",
                               .state = "",
                               .node = "",
                               .guest = "",
                               .guest_nick = "",
                               .alternate = "",
                               .reason = ""};
}

/* What comes from our own domain we sent ourselves. Only the barrier is meant to come back. */
static void read_own(const struct stanza *in, struct muc_intent *out)
{
    if (in->kind == STANZA_IQ && in->from.local[0] == '\0' && in->to.local[0] == '\0')
        out->kind = MUC_PONG;
}

void muc_read(const struct muc_service *s, struct stanza *in, struct muc_intent *out)
{
    begin(in, out);
    if (strcmp(in->from.domain, s->domain) == 0) {
        read_own(in, out);
        return;
    }
    if (strcmp(in->to.local, "queue") == 0 && in->to.resource[0] == '\0') {
        muc_read_contact(s, in, out);
        return;
    }
    switch (in->kind) {
    case STANZA_IQ:
        muc_read_iq(s, in, out);
        return;
    case STANZA_PRESENCE:
        muc_read_presence(s, in, out);
        return;
    case STANZA_MESSAGE:
        muc_read_message(s, in, out);
        return;
    }
}

/* The conditions that say "this address receives nothing any more". Wider than XEP-0045
 * #service-error-kick: a groupchat message to a resource that is gone comes back as
 * service-unavailable. An error without a condition counts too. */
bool muc_is_bounce(const struct stanza *in)
{
    static const char *const gone[] = {"",
                                       "gone",
                                       "internal-server-error",
                                       "item-not-found",
                                       "jid-malformed",
                                       "recipient-unavailable",
                                       "redirect",
                                       "remote-server-not-found",
                                       "remote-server-timeout",
                                       "service-unavailable"};
    const char *condition = stanza_condition(in);

    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
        if (strcmp(condition, gone[i]) == 0)
            return true;
    return false;
}
