#include "component/muc_command.h"

#include "core/base/log.h"

#include <stdlib.h>
#include <string.h>

/* queue@: in the rosters of agents it shows how many wait, and through it those hear of chats who
 * are in no room. What it knows of an agent's presence goes to the desk's duty. */

#define PRESENCE_EVERY_MS 5000 /* at most one new presence to everybody in this time */

struct contact {
    struct subscription *subscription;
    struct map *told;     /* organization -> what its agents read last, as text in the heap */
    struct map *observed; /* set of "room agent": who was told how to observe */
    struct map *puzzled;  /* agent id -> struct puzzle */
    int64_t presence_ms;
    char announced[ID_LEN + 1]; /* the chat that was announced last, … */
    int64_t announced_ms;       /* … and since when it waited */
    bool up;
};

/* How often an agent's words were not understood lately. */
struct puzzle {
    int64_t since_ms;
    unsigned n;
};

static char mark;

static const char *contact_status(const struct muc_desk *m, struct arena *a, const char *org)
{
    size_t n = queue_waiting(desk_queue(m->desk), org);

    return n == 0 ? "Nobody waits" : arena_printf(a, "%zu waiting", n);
}

static void send_presence(struct muc_desk *m, const char *to, const char *type, const char *status)
{
    struct muc_out o = muc_out_new(m);

    muc_send_contact_presence(&m->service, &o, to, type, status);
    arena_free(o.arena);
}

/* To one who asks. If that is news, all are told with the next tick: else this one would keep it
 * when it is over before anybody was told. */
static void send_current(struct muc_desk *m, const struct agent *a, const char *to)
{
    struct arena *arena = arena_new();
    const char *status = contact_status(m, arena, a->organization);
    const char *told = map_get(m->contact->told, a->organization);

    if (told && strcmp(told, status) != 0)
        free(map_take(m->contact->told, a->organization));
    send_presence(m, to, "", status);
    arena_free(arena);
}

void muc_contact_say(struct muc_desk *m, const char *to, const char *text)
{
    struct muc_out o;
    char id[ID_LEN + 1];

    if (!m->contact->up)
        return;
    o = muc_out_new(m);
    crypto_id(id);
    muc_send_contact_words(&m->service, &o, to, id, text);
    arena_free(o.arena);
}

#define PUZZLED_MAX 5 /* answers of this kind a minute: two programs must not talk for ever */

bool muc_contact_puzzled(struct muc_desk *m, const char *agent_id)
{
    struct puzzle *p = map_get(m->contact->puzzled, agent_id);
    int64_t now = desk_steady(m->desk);

    if (!p) {
        p = mem_alloc(sizeof(*p));
        map_set(m->contact->puzzled, agent_id, p);
    }
    if (now - p->since_ms >= 60000)
        *p = (struct puzzle){.since_ms = now};
    return ++p->n <= PUZZLED_MAX;
}

/* ---- subscriptions -----------------------------------------------------------------------------
 */

/* What is stored may lag behind what was sent: the desk does the sum. */
static void keep(struct muc_desk *m, const struct agent *a, unsigned on, unsigned off)
{
    struct agent_settings s = {.contact_on = on, .contact_off = off};

    desk_agent_set(m->desk, a->id, &s, NULL, NULL);
}

/* Both directions at once: the agent sees who waits, and is seen. RFC 6121 #sub */
static void subscribe(struct muc_desk *m, const struct agent *a)
{
    send_presence(m, a->jid, "subscribed", "");
    send_current(m, a, a->jid);
    if (!(a->contact & CONTACT_SEEN))
        send_presence(m, a->jid, "subscribe", "");
    keep(m, a, CONTACT_SEES, 0);
}

static void unsubscribe(struct muc_desk *m, const struct agent *a)
{
    send_presence(m, a->jid, "unavailable", "");
    send_presence(m, a->jid, "unsubscribed", "");
    send_presence(m, a->jid, "unsubscribe", "");
    duty_clear(desk_duty(m->desk), a->id, DUTY_CONTACT);
    keep(m, a, 0, CONTACT_SEES | CONTACT_SEEN);
}

static void unsubscribed(struct muc_desk *m, const struct agent *a)
{
    duty_clear(desk_duty(m->desk), a->id, DUTY_CONTACT);
    keep(m, a, 0, CONTACT_SEEN);
}

static void seen(struct muc_desk *m, const struct agent *a, const struct stanza *in,
                 enum duty_show show)
{
    if (*in->from.resource)
        duty_set(desk_duty(m->desk), a->id, DUTY_CONTACT, in->from.full, show);
    else if (show == DUTY_OFF)
        duty_clear(desk_duty(m->desk), a->id, DUTY_CONTACT);
}

static void of_agent(struct muc_desk *m, const struct agent *a, const struct muc_intent *i)
{
    const char *type = i->in->type;

    if (!*type)
        seen(m, a, i->in, duty_of_presence(i->state));
    else if (strcmp(type, "unavailable") == 0 || strcmp(type, "error") == 0)
        seen(m, a, i->in, DUTY_OFF);
    else if (strcmp(type, "subscribe") == 0)
        subscribe(m, a);
    else if (strcmp(type, "subscribed") == 0)
        keep(m, a, CONTACT_SEEN, 0);
    else if (strcmp(type, "unsubscribe") == 0)
        unsubscribe(m, a);
    else if (strcmp(type, "unsubscribed") == 0)
        unsubscribed(m, a);
    else if (strcmp(type, "probe") == 0)
        send_current(m, a, i->in->from.bare);
}

void muc_contact_presence(struct call *c, const struct principal *who)
{
    const struct agent *a = directory_by_id(desk_directory(c->m->desk), who->id);
    const char *type = c->intent.in->type;

    if (a)
        of_agent(c->m, a, &c->intent);
    else if (strcmp(type, "subscribe") == 0 || strcmp(type, "probe") == 0)
        send_presence(c->m, c->intent.in->from.bare, "unsubscribed", "");
    muc_call_free(c);
}

static void announce_missed(struct muc_desk *m);

/* ---- presence ----------------------------------------------------------------------------------
 */

struct telling {
    struct muc_desk *m;
    const char *organization, *type, *status;
};

static void tell_one(void *ctx, const struct agent *a)
{
    const struct telling *t = ctx;

    if ((a->contact & CONTACT_SEES) && strcmp(a->organization, t->organization) == 0)
        send_presence(t->m, a->jid, "", t->status);
}

/* Only when it changed, and not more often than clients care for. */
static void tell_organization(void *ctx, const struct organization *o)
{
    struct muc_desk *m = ctx;
    struct contact *contact = m->contact;
    struct arena *a = arena_new();
    struct telling t = {.m = m, .organization = o->name, .status = contact_status(m, a, o->name)};
    char *before = map_get(contact->told, o->name);

    if (!before || strcmp(before, t.status) != 0) {
        free(map_take(contact->told, o->name));
        map_set(contact->told, o->name, mem_dup(t.status));
        contact->presence_ms = desk_steady(m->desk);
        directory_each_agent(desk_directory(m->desk), tell_one, &t);
    }
    arena_free(a);
}

void muc_contact_tick(struct muc_desk *m)
{
    int64_t now = desk_steady(m->desk), since = now - m->contact->presence_ms;

    if (m->contact->up && since >= PRESENCE_EVERY_MS)
        directory_each_organization(desk_directory(m->desk), tell_organization, m);
}

/* Everybody is greeted with the current one. */
static void note_told(void *ctx, const struct organization *o)
{
    struct muc_desk *m = ctx;
    struct arena *a = arena_new();

    free(map_take(m->contact->told, o->name));
    map_set(m->contact->told, o->name, mem_dup(contact_status(m, a, o->name)));
    arena_free(a);
}

static void greet(void *ctx, const struct agent *a)
{
    struct muc_desk *m = ctx;

    if (a->contact & CONTACT_SEES)
        send_current(m, a, a->jid);
    if (a->contact & CONTACT_SEEN)
        send_presence(m, a->jid, "probe", "");
}

static void lose(void *ctx, const struct agent *a)
{
    struct muc_desk *m = ctx;

    duty_clear(desk_duty(m->desk), a->id, DUTY_CONTACT);
}

void muc_contact_link(struct muc_desk *m, bool up)
{
    struct directory *d = desk_directory(m->desk);

    m->contact->up = up;
    /* the presences of the time between are lost: what was known is asked for anew */
    directory_each_agent(d, lose, m);
    if (!up)
        return;
    directory_each_organization(d, note_told, m);
    directory_each_agent(d, greet, m);
    announce_missed(m);
}

static void part(void *ctx, const struct agent *a)
{
    if (a->contact & CONTACT_SEES)
        send_presence(ctx, a->jid, "unavailable", "");
}

void muc_contact_stop(struct muc_desk *m)
{
    if (m->contact->up)
        directory_each_agent(desk_directory(m->desk), part, m);
    m->contact->up = false;
}

/* ---- announcements -----------------------------------------------------------------------------
 */

struct news {
    struct muc_desk *m;
    struct arena *arena;
    const struct chat *chat;
    const char *text;
    const struct agent *rung; /* the one who gets an invitation */
};

static bool concerns(const struct news *n, const struct agent *a)
{
    struct duty *d = desk_duty(n->m->desk);
    enum duty_show show = duty_of(d, a->id);

    if (strcmp(a->organization, n->chat->organization) != 0 || show == DUTY_DND ||
        show == DUTY_XA || desk_excluded(n->m->desk, n->chat->id, a->id))
        return false;
    if (a->notify == NOTIFY_LOBBY || a->notify == NOTIFY_NONE)
        return false;
    return duty_from(d, a->id, DUTY_LOBBY) == DUTY_OFF;
}

/* The best of those who want to be rung: the most available, then who has least to do. */
static void choose(void *ctx, const struct agent *a)
{
    struct news *n = ctx;
    struct desk *d = n->m->desk;
    const struct duty *duty = desk_duty(d);

    if (a->notify != NOTIFY_INVITE || !concerns(n, a) || !duty_available(duty, a->id))
        return;
    if (n->rung && (duty_of(duty, a->id) < duty_of(duty, n->rung->id) ||
                    desk_held(d, a->id) >= desk_held(d, n->rung->id)))
        return;
    n->rung = a;
}

/* A plain link, since some clients join by themselves what they are invited to: of many invited
 * agents the fastest client would take the chat, with nobody before it. */
static void announce_to(void *ctx, const struct agent *a)
{
    struct news *n = ctx;

    if (!concerns(n, a))
        return;
    muc_contact_say(n->m, a->jid, n->text);
    if (a == n->rung) {
        struct muc_out o = muc_out_new(n->m);

        muc_send_contact_invite(&n->m->service, &o, a->jid, n->chat->id, n->text);
        arena_free(o.arena);
    }
}

static void announce(struct muc_desk *m, const struct chat *c)
{
    struct news n = {.m = m, .arena = arena_new(), .chat = c};
    struct directory *d = desk_directory(m->desk);

    n.text = arena_printf(n.arena, "%s%s%.200s waits: %s", *c->name ? c->name : "A customer",
                          *c->escalation_reason ? " - " : "", c->escalation_reason,
                          muc_link(m, n.arena, c->id));
    directory_each_agent(d, choose, &n);
    directory_each_agent(d, announce_to, &n);
    arena_free(n.arena);
}

struct missed {
    struct arena *arena;
    int64_t confirmed;
    struct missed_chat {
        const struct chat *chat;
        struct missed_chat *next;
    } * first;
};

static bool note_missed(void *ctx, const struct chat *c)
{
    struct missed *missed = ctx;
    struct missed_chat *one;

    if (c->state != CHAT_WAITING)
        return false; /* the waiting come first */
    if (c->last_gid > missed->confirmed) {
        one = arena_new_of(missed->arena, struct missed_chat);
        *one = (struct missed_chat){chat_dup(missed->arena, c), missed->first};
        missed->first = one;
    }
    return true;
}

/* What began to wait while the link was away, or was in doubt when it ended. */
static void announce_missed(struct muc_desk *m)
{
    struct missed missed = {.arena = arena_new(), .confirmed = desk_xmpp_confirmed(m->desk)};

    queue_each(desk_queue(m->desk), "", note_missed, &missed);
    for (const struct missed_chat *one = missed.first; one; one = one->next)
        announce(m, one->chat);
    arena_free(missed.arena);
}

/* ---- offers ------------------------------------------------------------------------------------
 */

/* One agent is rung: for a client that joins by itself that is to accept. */
static void offer(struct muc_desk *m, const struct event *e)
{
    const struct agent *to = directory_by_id(desk_directory(m->desk), e->agent_id);
    const struct chat *c = room_chat(e->room);
    struct muc_out o;
    const char *why = e->why && *e->why ? e->why : "";
    const char *what;

    if (!to || !m->contact->up)
        return;
    o = muc_out_new(m);
    what = arena_printf(o.arena, "%s offers you the chat of %s%s%s",
                        *e->sender_name ? e->sender_name : "The service",
                        *c->name ? c->name : "a customer", *why ? ": " : "", why);
    muc_contact_say(m, to->jid,
                    arena_printf(o.arena,
                                 "%s. To take it join %s or answer: claim. Otherwise: decline",
                                 what, muc_link(m, o.arena, c->id)));
    muc_send_contact_invite(&m->service, &o, to->jid, c->id, what);
    arena_free(o.arena);
}

static void offer_over(struct muc_desk *m, const struct event *e)
{
    const struct agent *by = directory_by_id(desk_directory(m->desk), e->agent_id);
    struct arena *a = arena_new();

    if (by)
        muc_contact_say(m, by->jid,
                        arena_printf(a, "%s. The chat of %s stays where it is.", e->why,
                                     room_customer_nick(e->room)));
    arena_free(a);
}

static void ask_login(struct muc_desk *m, const struct event *e)
{
    const struct agent *a = directory_by_id(desk_directory(m->desk), e->agent_id);

    if (a && m->contact->up)
        muc_login_ask(m, a, e->login);
}

/* ---- observers ---------------------------------------------------------------------------------
 */

#define OBSERVED_MAX 10000 /* remembered; when full, all are told once more */

static bool forget(void *ctx, const char *key, void *value)
{
    (void)value;
    (void)map_take(ctx, key);
    return true;
}

/* Clients close the input line of a visitor: this is where an observer can write. Once for each
 * chat, since clients come back to it by themselves. */
static void welcome(struct muc_desk *m, const struct event *e)
{
    struct map *seen_before = m->contact->observed;
    struct arena *a = arena_new();
    const char *key = arena_printf(a, "%s %s", e->room_id, e->occupant->agent_id);

    if (e->occupant->role == ROOM_VISITOR && e->session->kind == SESSION_XMPP &&
        !map_get(seen_before, key)) {
        if (map_count(seen_before) >= OBSERVED_MAX)
            map_each(seen_before, forget, seen_before);
        map_set(seen_before, key, &mark);
        muc_contact_say(m, e->session->address,
                        arena_printf(a, "You observe %s. Answer here: note TEXT, or takeover",
                                     room_customer_nick(e->room)));
    }
    arena_free(a);
}

/* ---- events ------------------------------------------------------------------------------------
 */

static bool begins_waiting(const struct event *e)
{
    enum entry_kind k = e->entry->kind;

    return (k == ENTRY_ESCALATED || k == ENTRY_REOPENED || k == ENTRY_AGENT_LEFT) &&
           room_chat(e->room)->state == CHAT_WAITING;
}

/* When several agents spoke in a chat that waits again, each of them leaves it. */
static bool is_news(struct contact *k, const struct chat *c)
{
    bool known = strcmp(k->announced, c->id) == 0 && k->announced_ms == c->queued_ms;

    memcpy(k->announced, c->id, sizeof(k->announced));
    k->announced_ms = c->queued_ms;
    return !known;
}

static void on_event(void *ctx, const struct event *e)
{
    struct muc_desk *m = ctx;

    switch (e->kind) {
    case EVENT_ENTRY:
        if (begins_waiting(e) && is_news(m->contact, room_chat(e->room)))
            announce(m, room_chat(e->room));
        break;
    case EVENT_JOINED:
        welcome(m, e);
        break;
    case EVENT_LOGIN:
        ask_login(m, e);
        break;
    case EVENT_OFFERED:
        offer(m, e);
        break;
    case EVENT_OFFER_OVER:
        offer_over(m, e);
        break;
    case EVENT_ERASED:
    case EVENT_KEY_GONE:
    case EVENT_AGENT_GONE:
        if (e->agent_jid && m->contact->up)
            send_presence(m, e->agent_jid, "unsubscribed", "");
        break;
    default:
        break;
    }
}

/* ---- life --------------------------------------------------------------------------------------
 */

void muc_contact_init(struct muc_desk *m)
{
    m->contact = mem_alloc(sizeof(*m->contact));
    m->contact->told = map_new();
    m->contact->observed = map_new();
    m->contact->puzzled = map_new();
    m->contact->subscription = bus_subscribe(m->bus, NULL, on_event, m);
}

static bool free_text(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    free(value);
    return true;
}

void muc_contact_free(struct muc_desk *m)
{
    bus_end(m->contact->subscription);
    map_each(m->contact->told, free_text, NULL);
    map_free(m->contact->told);
    map_each(m->contact->puzzled, free_text, NULL);
    map_free(m->contact->puzzled);
    map_free(m->contact->observed);
    free(m->contact);
}
