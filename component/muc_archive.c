#include "component/muc_own.h"
#include "core/desk_staff.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* Queries of rooms' archives. Each may cost a long read and many stanzas, so one address has few of
 * them at once; clients that join many rooms at once ask in all of them, and wait. */

#define AT_ONCE 2
#define WAITING_MAX 64

struct asking {
    STAILQ_ENTRY(asking) link;
    struct call *call;
};
STAILQ_HEAD(asking_list, asking);

/* One bare address that asks. */
struct asker {
    size_t n_running, n_waiting;
    struct asking_list waiting;
};

static void start(struct call *c);

/* The next of the same asker. */
static void archive_over(struct muc_desk *m, const char *bare)
{
    struct asker *who = map_get(m->askers, bare);
    struct asking *next = STAILQ_FIRST(&who->waiting);
    struct call *c;

    who->n_running--;
    if (next) {
        STAILQ_REMOVE_HEAD(&who->waiting, link);
        who->n_waiting--;
        who->n_running++;
        c = next->call;
        free(next);
        start(c);
    } else if (who->n_running == 0) {
        (void)map_take(m->askers, bare);
        free(who);
    }
}

/* ---- the answer --------------------------------------------------------------------------------
 */

static void send_page(struct call *c, struct muc_out *o, const struct desk_answer *a)
{
    const struct query *q = a->page;
    const struct muc_room *v = muc_view(c->m, o->arena, a->room);
    struct muc_line *lines = arena_array(o->arena, struct muc_line, q->n_entries + 1);
    struct muc_page page = {
        .lines = lines, .n = q->n_entries, .more = q->more, .first = q->first, .total = q->total};

    for (size_t i = 0; i < q->n_entries; i++)
        muc_line_of(c->m, o->arena, a->room, &q->entries[i], &lines[i]);
    if (c->intent.kind == MUC_ARCHIVE_ENDS)
        muc_reply_archive_ends(o, &c->intent, lines, q->n_entries);
    else
        muc_send_archive(&c->m->service, o, &c->intent, v, &page);
}

static void archive_read(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_desk *m = c->m;
    struct muc_out o = muc_out_new(m);
    const char *bare = arena_dup(o.arena, c->intent.in->from.bare);

    if (e == OK && m->wire.room(m->wire.self) == 0)
        e = ERR_BUSY; /* the server does not keep up */
    if (e == OK)
        send_page(c, &o, a);
    else
        muc_refuse_edit(c, &o, e, a);
    muc_call_free(c);
    archive_over(m, bare);
    arena_free(o.arena);
}

/* ---- the question ------------------------------------------------------------------------------
 */

/* Whose real address it is, as the log names him. NULL: it is not one of ours to tell. */
static const char *id_of(const struct muc_desk *m, const struct muc_intent *i,
                         const struct jid *with)
{
    const struct agent *agent = directory_by_jid(desk_directory(m->desk), with->bare);

    if (desk_staff_name(m->desk, i->room))
        return with->bare;
    if (agent)
        return agent->id;
    if (strcmp(with->domain, m->service.domain) != 0)
        return "nobody";
    if (strncmp(with->local, "c-", 2) == 0 && strcmp(with->local + 2, i->room) == 0)
        return i->room;
    if (strncmp(with->local, "a-", 2) == 0 && strcmp(with->local + 2, i->room) == 0)
        return "assistant";
    return "nobody";
}

static void start(struct call *c)
{
    const struct muc_intent *i = &c->intent;
    const struct muc_archive *from = i->archive;
    struct principal who = muc_asker(c);
    struct archive_range range = {.ends = true,
                                  .end_ms = INT64_MAX,
                                  .after_id = "",
                                  .before_id = "",
                                  .page_after = "",
                                  .page_before = ""};
    const char *nick = NULL;

    if (from) {
        range = (struct archive_range){.start_ms = from->start_ms,
                                       .end_ms = from->end_ms,
                                       .after_id = from->after_id,
                                       .before_id = from->before_id,
                                       .ids = from->ids,
                                       .n_ids = from->n_ids,
                                       .page_after = from->page_after,
                                       .page_before = from->page_before,
                                       .newest = from->newest};
        if (from->has_with && strcmp(from->with.bare, i->in->to.bare) == 0)
            nick = from->with.resource;
        else if (from->has_with)
            range.sender_id = id_of(c->m, i, &from->with);
    }
    desk_archive(c->m->desk, &who, i->room, i->in->from.full, &range, nick, from ? from->max : 2,
                 archive_read, c);
}

void muc_archive(struct call *c)
{
    struct muc_desk *m = c->m;
    const char *bare = c->intent.in->from.bare;
    struct asker *who = map_get(m->askers, bare);
    struct asking *a;

    if (!who) {
        who = mem_alloc(sizeof(*who));
        STAILQ_INIT(&who->waiting);
        map_set(m->askers, bare, who);
    }
    if (who->n_running < AT_ONCE) {
        who->n_running++;
        start(c);
        return;
    }
    if (who->n_waiting == WAITING_MAX) {
        muc_call_refuse(c, ERR_BUSY);
        return;
    }
    a = mem_alloc(sizeof(*a));
    a->call = c;
    STAILQ_INSERT_TAIL(&who->waiting, a, link);
    who->n_waiting++;
}

/* ---- life --------------------------------------------------------------------------------------
 */

static bool free_asker(void *ctx, const char *key, void *value)
{
    struct asker *who = value;

    (void)ctx;
    (void)key;
    while (!STAILQ_EMPTY(&who->waiting)) {
        struct asking *a = STAILQ_FIRST(&who->waiting);

        STAILQ_REMOVE_HEAD(&who->waiting, link);
        muc_call_free(a->call);
        free(a);
    }
    free(who);
    return true;
}

void muc_archive_init(struct muc_desk *m)
{
    m->askers = map_new();
}

void muc_archive_free(struct muc_desk *m)
{
    map_each(m->askers, free_asker, NULL);
    map_free(m->askers);
}
