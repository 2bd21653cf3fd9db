#include "component/muc_own.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define RELAY_MAX 1000         /* on their way at once */
#define RELAY_MAX_OF_ONE 64    /* of one asker */
#define RELAY_TIMEOUT_MS 60000 /* then the asker is told that nobody answers */

struct relayed {
    TAILQ_ENTRY(relayed) link;
    char id[ID_LEN + 1]; /* under which it went on */
    char *room, *nick;   /* of who was asked, for the answer's from */
    char *target;        /* where the question went */
    char *asker, *asker_id;
    int64_t sent_ms;
};
TAILQ_HEAD(relayed_list, relayed);

struct relay {
    struct map *by_id;
    struct relayed_list all; /* oldest first */
};

struct relay *muc_relay_new(void)
{
    struct relay *r = mem_alloc(sizeof(*r));

    r->by_id = map_new();
    TAILQ_INIT(&r->all);
    return r;
}

static void forget(struct relay *r, struct relayed *q)
{
    TAILQ_REMOVE(&r->all, q, link);
    (void)map_take(r->by_id, q->id);
    free(q->room);
    free(q->nick);
    free(q->target);
    free(q->asker);
    free(q->asker_id);
    free(q);
}

void muc_relay_free(struct relay *r)
{
    while (!TAILQ_EMPTY(&r->all))
        forget(r, TAILQ_FIRST(&r->all));
    map_free(r->by_id);
    free(r);
}

/* ---- there -------------------------------------------------------------------------------------
 */

static bool has_room(const struct relay *r, const char *asker)
{
    const struct relayed *q;
    size_t n = 0;

    if (map_count(r->by_id) >= RELAY_MAX)
        return false;
    TAILQ_FOREACH(q, &r->all, link) n += strcmp(q->asker, asker) == 0;
    return n < RELAY_MAX_OF_ONE;
}

/* What is about a person goes to its account, which answers even when no client does; the rest to
 * one client. NULL: there is none. */
static const char *target_of(const struct muc_occupant *who, const struct stanza *in)
{
    if (muc_asks_person(in))
        return who->jid;
    for (size_t i = 0; i < who->n_sessions; i++)
        if (*who->sessions[i].address)
            return who->sessions[i].address;
    return NULL;
}

void muc_relay(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from, size_t to)
{
    struct muc_desk *m = c->m;
    const struct stanza *in = c->intent.in;
    const char *target = target_of(&v->occupants[to], in);
    struct relayed *q;

    if (!target) {
        muc_reply_error(o, in, COND_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (!has_room(m->relay, in->from.full)) {
        muc_reply_error(o, in, COND_RESOURCE, "wait", "Too many questions are open.");
        return;
    }
    q = mem_alloc(sizeof(*q));
    crypto_id(q->id);
    q->room = mem_dup(v->local);
    q->nick = mem_dup(v->occupants[to].nick);
    q->target = mem_dup(target);
    q->asker = mem_dup(in->from.full);
    q->asker_id = mem_dup(in->id);
    q->sent_ms = desk_steady(m->desk);
    TAILQ_INSERT_TAIL(&m->relay->all, q, link);
    map_set(m->relay->by_id, q->id, q);
    muc_send_relayed(&m->service, o, v->local, v->occupants[from].nick, target, q->id, in);
    muc_timer_in(m, RELAY_TIMEOUT_MS);
}

/* ---- and back ----------------------------------------------------------------------------------
 */

/* Answers count only from where the question went. */
bool muc_relay_answer(struct muc_desk *m, const struct stanza *in)
{
    struct relayed *q = map_get(m->relay->by_id, in->id);
    struct muc_out o;

    if (!q || strcmp(q->target, in->from.full) != 0)
        return false;
    o = muc_out_new(m);
    muc_send_relayed(&m->service, &o, q->room, q->nick, q->asker, q->asker_id, in);
    arena_free(o.arena);
    forget(m->relay, q);
    return true;
}

static void give_up(struct muc_desk *m, const struct relayed *q)
{
    struct muc_out o = muc_out_new(m);
    const char *room = arena_printf(o.arena, "%s@%s", q->room, m->service.domain);
    struct xml *x = xml_new(o.arena, "iq", NS_CLIENT);

    xml_attr(o.arena, x, "from", arena_printf(o.arena, "%s/%s", room, q->nick));
    xml_attr(o.arena, x, "to", q->asker);
    xml_attr(o.arena, x, "type", "error");
    xml_attr(o.arena, x, "id", q->asker_id);
    xml_append(x, stanza_error(o.arena, COND_REMOTE_TIMEOUT, NULL, room, NULL));
    o.send(o.ctx, x);
    arena_free(o.arena);
}

/* Answers that came while the link was down are lost. */
void muc_relay_back(struct muc_desk *m)
{
    struct relayed *q;

    while ((q = TAILQ_FIRST(&m->relay->all))) {
        give_up(m, q);
        forget(m->relay, q);
    }
}

int64_t muc_relay_step(struct muc_desk *m)
{
    int64_t now = desk_steady(m->desk);
    struct relayed *q;

    while ((q = TAILQ_FIRST(&m->relay->all))) {
        if (now - q->sent_ms < RELAY_TIMEOUT_MS)
            return RELAY_TIMEOUT_MS - (now - q->sent_ms);
        give_up(m, q);
        forget(m->relay, q);
    }
    return -1;
}
