#include "component/muc_own.h"

#include "core/base/stamp.h"

struct listing {
    struct muc_desk *m;
    struct arena *arena;
    struct muc_item *items;
    size_t n, cap;
};

static bool count_chat(void *ctx, const struct chat *c)
{
    struct listing *l = ctx;

    (void)c;
    l->cap++;
    return true;
}

static bool list_chat(void *ctx, const struct chat *c)
{
    struct listing *l = ctx;
    char wait[16];
    bool waits = c->state == CHAT_WAITING;

    stamp_span(desk_now(l->m->desk) - c->queued_ms, wait);
    l->items[l->n].local = arena_dup(l->arena, c->id);
    l->items[l->n++].name =
        arena_printf(l->arena, "%s%s%s%.80s - %s %s", waits ? "! " : "",
                     *c->name ? c->name : "Customer", *c->escalation_reason ? " - " : "",
                     c->escalation_reason, waits ? "waiting" : "assigned", wait);
    return true;
}

void muc_list_queue(struct call *c)
{
    struct muc_desk *m = c->m;
    struct muc_out o = muc_out_new(m);
    const struct agent *a = directory_by_jid(desk_directory(m->desk), c->intent.in->from.bare);
    struct listing l = {.m = m, .arena = o.arena};

    if (a)
        queue_each(desk_queue(m->desk), a->organization, count_chat, &l);
    l.items = arena_array(o.arena, struct muc_item, l.cap + 1);
    if (a)
        queue_each(desk_queue(m->desk), a->organization, list_chat, &l);
    muc_reply_items(&m->service, &o, &c->intent, l.items, l.n);
    arena_free(o.arena);
    muc_call_free(c);
}
