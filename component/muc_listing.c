#include "component/muc_own.h"

#include "core/base/stamp.h"

#include <string.h>

#define REASON_MAX 80

struct listing {
    struct muc_desk *m;
    struct arena *arena;
    const char *agent_id; /* who asks */
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

/* Bytes of the reason that a line of a list has room for: whole characters. */
static int reason_len(const char *reason)
{
    size_t len = strnlen(reason, REASON_MAX + 1);

    if (len <= REASON_MAX)
        return (int)len;
    for (len = REASON_MAX; len > 0 && ((unsigned char)reason[len] & 0xc0) == 0x80; len--)
        ;
    return (int)len;
}

static bool list_chat(void *ctx, const struct chat *c)
{
    struct listing *l = ctx;
    char wait[16];
    bool waits = c->state == CHAT_WAITING;

    if (desk_excluded(l->m->desk, c->id, l->agent_id))
        return true;
    stamp_span(desk_steady(l->m->desk) - c->queued_ms, wait);
    l->items[l->n].local = arena_dup(l->arena, c->id);
    l->items[l->n++].name = arena_printf(
        l->arena, "%s%s%s%.*s - %s %s", waits ? "! " : "", *c->name ? c->name : "Customer",
        *c->escalation_reason ? " - " : "", reason_len(c->escalation_reason), c->escalation_reason,
        waits ? "waiting" : "assigned", wait);
    return true;
}

static void count_room(void *ctx, const struct staff_card *card)
{
    struct listing *l = ctx;

    (void)card;
    l->cap++;
}

static void list_room(void *ctx, const struct staff_card *card)
{
    struct listing *l = ctx;

    l->items[l->n].local = arena_dup(l->arena, card->local);
    l->items[l->n++].name = arena_dup(l->arena, *card->title ? card->title : card->local);
}

void muc_list_queue(struct call *c)
{
    struct muc_desk *m = c->m;
    struct muc_out o = muc_out_new(m);
    const struct agent *a = directory_by_jid(desk_directory(m->desk), c->intent.in->from.bare);
    struct listing l = {.m = m, .arena = o.arena};

    if (a)
        queue_each(desk_queue(m->desk), a->organization, count_chat, &l);
    desk_staff_list(m->desk, c->intent.in->from.bare, count_room, &l);
    l.items = arena_array(o.arena, struct muc_item, l.cap + 1);
    l.agent_id = a ? a->id : "";
    if (a)
        queue_each(desk_queue(m->desk), a->organization, list_chat, &l);
    desk_staff_list(m->desk, c->intent.in->from.bare, list_room, &l);
    muc_reply_items(&m->service, &o, &c->intent, l.items, l.n);
    arena_free(o.arena);
    muc_call_free(c);
}
