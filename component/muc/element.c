#include "component/muc/parts.h"
#include "core/base/crypto.h"
#include "core/base/stamp.h"

#include <string.h>

struct xml *muc_message(struct arena *a, const char *from, const char *type, const char *id)
{
    struct xml *x = xml_new(a, "message", NS_CLIENT);

    xml_attr(a, x, "from", from);
    xml_attr(a, x, "type", type[0] != '\0' ? type : NULL);
    xml_attr(a, x, "id", id[0] != '\0' ? id : NULL);
    return x;
}

/* Keyed by the address, not by the nick, so that it outlives rejoins and renames; by the room, so
 * that nobody is followed from room to room. XEP-0421 #rules */
void muc_add_occupant_id(const struct muc_service *s, struct arena *a, struct xml *x,
                         const char *local, const char *jid)
{
    char hex[HASH_HEX_LEN + 1];
    size_t room_len = strlen(local) + 1, jid_len = strlen(jid);
    char *both;

    if (jid[0] == '\0')
        return;
    both = arena_alloc(a, room_len + jid_len);
    memcpy(both, local, room_len);
    memcpy(both + room_len, jid, jid_len);
    crypto_hmac_hex(s->salt, strlen(s->salt), both, room_len + jid_len, hex);
    xml_attr(a, xml_child(a, x, "occupant-id", NS_OCCUPANT), "id", arena_dup(a, hex));
}

void muc_add_delay(const struct muc_service *s, struct arena *a, struct xml *x, const char *local,
                   int64_t ms)
{
    char stamp[STAMP_LEN + 1];
    struct xml *delay = xml_child(a, x, "delay", NS_DELAY);

    stamp_format(ms, stamp);
    xml_attr(a, delay, "from", muc_room_jid(s, a, local));
    xml_attr(a, delay, "stamp", arena_dup(a, stamp));
}

void muc_add_no_store(struct arena *a, struct xml *x)
{
    xml_child(a, x, "no-store", NS_HINTS);
}

struct xml *muc_add_user(struct arena *a, struct xml *x, const char *affiliation, const char *role,
                         const char *jid)
{
    struct xml *user = xml_child(a, x, "x", NS_MUC_USER);
    struct xml *item = xml_child(a, user, "item", NULL);

    xml_attr(a, item, "affiliation", affiliation);
    xml_attr(a, item, "role", role);
    xml_attr(a, item, "jid", jid);
    return user;
}

void muc_add_status(struct arena *a, struct xml *user, const char *code)
{
    xml_attr(a, xml_child(a, user, "status", NULL), "code", code);
}

struct xml *muc_line_message(const struct muc_service *s, struct arena *a, const char *local,
                             const struct muc_line *l, bool delayed)
{
    const char *from = muc_occupant_jid(s, a, local, l->nick);
    const char *id = l->stanza_id[0] != '\0' ? l->stanza_id : l->id;
    struct xml *x = muc_message(a, from, "groupchat", id), *sid;

    if (l->is_subject)
        xml_child_text(a, x, "subject", NULL, l->body);
    else if (l->body[0] != '\0')
        xml_child_text(a, x, "body", NULL, l->body);
    xml_raw(a, x, l->payload);
    sid = xml_child(a, x, "stanza-id", NS_SID);
    xml_attr(a, sid, "by", muc_room_jid(s, a, local));
    xml_attr(a, sid, "id", l->id);
    muc_add_occupant_id(s, a, x, local, l->jid);
    if (delayed)
        muc_add_delay(s, a, x, local, l->created_ms);
    return x;
}
