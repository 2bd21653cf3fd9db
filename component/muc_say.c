#include "component/muc_own.h"

#include <string.h>

static void posted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);

    if (e != OK) {
        muc_refuse_call(c, &o, e);
    } else if (a->replayed) {
        muc_tell_again(c->m, &o, a->room, &a->entries[0], c->intent.in->from.full);
    }
    arena_free(o.arena);
    muc_call_free(c);
}

/* Clients that send again do so under the same origin-id. The text is part of the key: an id that
 * comes back with another text is another message. */
const char *muc_resend_key(struct call *c)
{
    const struct xml *origin = xml_find(c->intent.in->x, "origin-id", NS_SID);
    const char *id = origin ? xml_get(origin, "id") : NULL;
    char hex[HASH_HEX_LEN + 1];
    const char *all;

    if (!id || !*id)
        return NULL;
    all = arena_printf(c->intent.in->arena, "%s\n%s", id, c->intent.body);
    crypto_hash_hex(all, strlen(all), hex);
    return arena_dup_len(c->intent.in->arena, hex, DESK_KEY_MAX);
}

void muc_post(struct call *c, const struct principal *who)
{
    const struct muc_intent *i = &c->intent;
    struct post p = {.text = i->body,
                     .key = muc_resend_key(c),
                     .escalated_only = true,
                     .address = i->in->from.full,
                     .stanza_id = i->in->id,
                     .payload = i->payload,
                     .shown = i->shown};
    char file[ID_LEN + 1];

    if (c->m->url != NULL && file_of_url(c->m->url, i->link, file))
        p.file = file;
    desk_post(c->m->desk, who, i->room, &p, posted, c);
}

static void typed(void *ctx, enum err e, const struct desk_answer *a)
{
    (void)a;
    if (e != OK && e != ERR_CLOSED)
        muc_call_refuse(ctx, e);
    else
        muc_call_free(ctx);
}

void muc_type(struct call *c, const struct principal *who)
{
    const struct muc_intent *i = &c->intent;

    desk_chat_state(c->m->desk, who, i->room, i->in->from.full, i->state, typed, c);
}
