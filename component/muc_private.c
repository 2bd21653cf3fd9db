#include "component/muc_own.h"

#include <string.h>

#define REMEMBERED 512 /* private messages; a bounce comes soon or never */

/* A private message is known by who sent it where, and its id. */
static uint64_t hash_of(const char *room, const char *author, const char *id)
{
    struct arena *a = arena_new();
    const char *all = arena_printf(a, "%s\n%s\n%s", room, author, id);
    uint64_t hash = crypto_short_hash(all, strlen(all));

    arena_free(a);
    return hash;
}

static void remember(struct muc_desk *m, const char *room, const char *author, const char *id)
{
    if (!*id)
        return;
    if (!m->private_ids)
        m->private_ids = mem_alloc(REMEMBERED * sizeof(uint64_t));
    m->private_ids[m->private_next] = hash_of(room, author, id);
    m->private_next = (m->private_next + 1) % REMEMBERED;
}

bool muc_private_bounce(const struct muc_desk *m, const struct stanza *in)
{
    uint64_t hash;

    if (in->kind != STANZA_MESSAGE || !*in->to.resource || !*in->id || !m->private_ids)
        return false;
    hash = hash_of(in->to.local, in->to.resource, in->id);
    for (size_t i = 0; i < REMEMBERED; i++)
        if (m->private_ids[i] == hash)
            return true;
    return false;
}

static bool has_client(const struct muc_occupant *who)
{
    for (size_t i = 0; i < who->n_sessions; i++)
        if (*who->sessions[i].address)
            return true;
    return false;
}

void muc_private(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct muc_intent *i = &c->intent;
    size_t to = 0;

    if (!muc_index_nick(v, i->nick, &to)) {
        muc_reply_error(o, i->in, COND_NOT_FOUND, NULL, "Nobody of that name is here.");
    } else if (v->occupants[to].n_sessions == 0) {
        muc_reply_error(o, i->in, COND_FORBIDDEN, NULL, "Private messages do not reach customers.");
    } else if (!has_client(&v->occupants[to])) {
        muc_reply_error(o, i->in, COND_UNAVAILABLE, NULL,
                        "This agent is here in the web console, which shows no private messages.");
    } else {
        remember(c->m, v->local, v->occupants[from].nick, i->in->id);
        muc_send_private(&c->m->service, o, v, from, to, i);
    }
}
