#include "core/desk_own.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- changes of a chat -------------------------------------------------------------------------
 */

struct chat *chat_alter(struct op *op, struct change *c)
{
    if (!c->chat)
        c->chat = chat_dup(c->arena, op->room->chat);
    return c->chat;
}

#define ENTRIES_PER_CHANGE 4

struct entry *chat_entry(struct op *op, struct change *c, enum entry_kind kind, enum role role,
                         const char *text)
{
    struct desk *d = op->room->desk;
    struct entry *e;

    if (!c->entries)
        c->entries = arena_array(c->arena, struct entry, ENTRIES_PER_CHANGE);
    e = &c->entries[c->n_entries++];
    d->o.time.id(d->o.time.self, e->id);
    e->room = c->room;
    e->kind = kind;
    e->role = role;
    e->audience = AUDIENCE_PUBLIC;
    e->text = arena_dup(c->arena, text);
    e->sender_id = e->sender_name = e->data = e->client_id = e->stanza_id = e->payload = "";
    return e;
}

static const char *data_with(struct change *c, const char *const *pairs)
{
    struct json *o = json_object();
    const char *text;

    for (; *pairs; pairs += 2)
        json_put_str(o, pairs[0], pairs[1]);
    text = json_print(c->arena, o);
    json_free(o);
    return text;
}

void chat_claim(struct op *op, struct change *c, const struct agent *agent)
{
    struct chat *chat = chat_alter(op, c);
    const char *pairs[] = {"agentId", agent->id, "agentName", agent->name, NULL};
    const char *mark = strstr(op->room->desk->o.texts.agent_joined, "%s");
    const char *form = op->room->desk->o.texts.agent_joined;
    struct entry *e;

    chat->state = CHAT_LIVE;
    chat->assigned_to = arena_dup(c->arena, agent->id);
    chat->assigned_ms = c->now_ms;
    e = chat_entry(
        op, c, ENTRY_AGENT_JOINED, ROLE_SYSTEM,
        mark ? arena_printf(c->arena, "%.*s%s%s", (int)(mark - form), form, agent->name, mark + 2)
             : form);
    e->sender_id = chat->assigned_to;
    e->sender_name = arena_dup(c->arena, agent->name);
    e->data = data_with(c, pairs);
    c->participants = room_speakers_now(op->room, c->arena, chat->assigned_to, &c->n_participants);
}

void chat_key(struct op *op, struct change *c, const char *what, const char *body)
{
    const char *all = arena_printf(c->arena, "%s\n%s", what, body);

    if (!op->key || !*op->key)
        return;
    c->author = arena_dup(c->arena, op->who.id);
    c->key = arena_dup(c->arena, op->key);
    crypto_hash_raw(all, strlen(all), c->body_hash);
}

void chat_apply(struct room *r, const struct change *c)
{
    if (c->replayed)
        return;
    if (c->chat)
        room_set_chat(r, c->chat);
    for (size_t i = 0; i < c->n_participants; i++)
        room_put_participant(r, c->participants[i].agent_id, c->participants[i].speaker);
    for (size_t i = 0; i < c->n_entries; i++) {
        const struct entry *e = &c->entries[i];

        r->chat->last_seq = e->seq;
        r->chat->last_pos = e->pos > 0 ? e->pos : r->chat->last_pos;
        r->chat->last_gid = e->gid;
        r->chat->last_ms = e->created_ms;
    }
    if (c->chat)
        queue_put(r->desk->queue, r->chat);
}

void chat_publish(struct room *r, const struct change *c)
{
    bool roles = room_settle_roles(r);

    for (size_t i = 0; i < c->n_entries && !c->replayed; i++) {
        struct event e = {
            .kind = EVENT_ENTRY, .room = r, .room_id = r->id, .entry = &c->entries[i]};

        bus_publish(r->desk->bus, &e);
    }
    if (roles) {
        struct event e = {.kind = EVENT_ROLES, .room = r, .room_id = r->id};

        bus_publish(r->desk->bus, &e);
    }
}

/* ---- begin -------------------------------------------------------------------------------------
 */

#define FIELD_MAX 2048

/* A short free text: one line, no forbidden characters. */
static enum err field(struct arena *a, const char *s, size_t max, const char **out)
{
    char *clean;

    *out = "";
    if (!s || !*s)
        return OK;
    if (strlen(s) > max)
        return ERR_TOO_LARGE;
    if (!text_ok(s, strlen(s)))
        return ERR_TEXT;
    clean = text_body(a, s);
    for (char *p = clean; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    *out = clean;
    return OK;
}

static enum err take_name(struct op *op, const char *given, const char **out)
{
    char *name = NULL;
    enum err e;

    *out = "";
    if (!given || !*given)
        return OK;
    if ((e = text_name(op->arena, given, &name)) != OK)
        return e;
    if (directory_reserved_name(op->room->desk->directory, name))
        return ERR_INVALID;
    *out = name;
    return OK;
}

static void begun(struct op *op, struct change *c)
{
    struct desk_answer a = {.token = op->call};
    struct room fresh = {.desk = op->room->desk, .chat = c->chat};

    /* the new chat's room is not in memory, and needs not be */
    op->room = &fresh;
    op_answer(op, OK, &a);
    op->room = fresh.desk->office;
    op_end(op);
}

static void begin_store(struct op *op, const struct chat *given)
{
    struct desk *d = op->room->desk;
    struct change *c = op_change(op);
    struct token *t = arena_new_of(c->arena, struct token);
    char *token = arena_alloc(op->arena, TOKEN_LEN + 1);
    struct chat *chat = chat_dup(c->arena, given);

    d->o.time.id(d->o.time.self, chat->id);
    crypto_token(token);
    crypto_hash_raw(token, strlen(token), t->hash);
    t->kind = TOKEN_CHAT;
    t->subject = chat->id;
    t->label = "";
    t->created_ms = c->now_ms;
    chat->created_ms = chat->last_ms = c->now_ms;
    c->room = chat->id;
    c->chat = chat;
    c->chat_new = true;
    c->token = t;
    op->call = token;
    op->applied = begun;
    op_submit(op, c);
}

static void begin_run(struct op *op)
{
    const struct begin *b = op->call;
    struct chat chat = {.state = CHAT_ASSISTANT, .escalation_reason = "", .assigned_to = ""};
    const char *org = b->organization && *b->organization ? b->organization : "default";
    const struct organization *o = directory_organization(op->room->desk->directory, org);
    enum err e;

    if (!o) {
        op_refuse(op, ERR_INVALID, "organization", "There is no such organization.");
        return;
    }
    chat.organization = o->name;
    if ((e = take_name(op, b->name, &chat.name)) != OK) {
        op_refuse(op, e, "name", "This name cannot be used.");
        return;
    }
    if ((e = field(op->arena, b->email, 254, &chat.email)) != OK) {
        op_refuse(op, e, "email", "This is not an e-mail address.");
        return;
    }
    if ((e = field(op->arena, b->locale, 35, &chat.locale)) != OK) {
        op_refuse(op, e, "locale", "This is not a language tag.");
        return;
    }
    if ((e = field(op->arena, b->page, FIELD_MAX, &chat.page)) != OK) {
        op_refuse(op, e, "page", "This is not the address of a page.");
        return;
    }
    begin_store(op, &chat);
}

void desk_begin(struct desk *d, const struct begin *b, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct begin *copy = arena_new_of(op->arena, struct begin);

    copy->organization = arena_dup(op->arena, b->organization);
    copy->name = arena_dup(op->arena, b->name);
    copy->email = arena_dup(op->arena, b->email);
    copy->locale = arena_dup(op->arena, b->locale);
    copy->page = arena_dup(op->arena, b->page);
    op->call = copy;
    op->run = begin_run;
    op->plain = op_always_plain;
    op_enter(op);
}

/* ---- escalate ----------------------------------------------------------------------------------
 */

struct escalate {
    const char *reason;
    bool unchanged, replayed;
    struct entry *entry;
};

static int compare_waits(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* http.md: median wait of the last 20 claims x position / available agents; none under 5 samples */
static int64_t estimate(struct op *op, struct query *q, int64_t position)
{
    size_t agents = desk_agents_available(op->room->desk, op->room->chat->organization);

    if (q->n_waits < 5 || position == 0)
        return -1;
    qsort(q->waits_ms, q->n_waits, sizeof(int64_t), compare_waits);
    return q->waits_ms[q->n_waits / 2] * position / (int64_t)(agents > 0 ? agents : 1);
}

static void escalate_estimated(struct op *op, struct query *q)
{
    const struct escalate *e = op->call;
    int64_t position = (int64_t)queue_position(op->room->desk->queue, op->room->chat);
    struct desk_answer a = {.unchanged = e->unchanged,
                            .replayed = e->replayed,
                            .entries = e->entry,
                            .n_entries = e->entry ? 1 : 0,
                            .position = position,
                            .estimate_ms = estimate(op, q, position)};

    op_done(op, OK, &a);
}

static void escalate_estimate(struct op *op)
{
    struct query *q = query_new(QUERY_WAITS, NULL, NULL);

    q->organization = arena_dup(q->arena, op->room->chat->organization);
    op_read(op, q, escalate_estimated);
}

static void escalate_applied(struct op *op, struct change *c)
{
    struct escalate *e = op->call;

    e->replayed = c->replayed;
    if (c->n_entries > 0)
        e->entry = entry_dup(op->arena, &c->entries[0]);
    chat_apply(op->room, c);
    chat_publish(op->room, c);
    escalate_estimate(op);
}

static void escalate_run(struct op *op)
{
    struct room *r = op->room;
    struct desk *d = r->desk;
    struct escalate *call = op->call;
    enum err e = may(d->directory, &op->who, r->chat, ACTION_ESCALATE);
    struct desk_answer a = {0};
    struct change *c;
    struct chat *chat;
    const char *reason;

    if (e == OK && r->chat->state == CHAT_CLOSED)
        e = ERR_CLOSED;
    if (e == OK)
        e = field(op->arena, call->reason, FIELD_MAX, &reason);
    if (e != OK) {
        op_refuse(op, e, "reason", NULL);
        return;
    }
    if (r->chat->escalation_requested) {
        call->unchanged = true;
        escalate_estimate(op);
        return;
    }
    if (op->who.kind == WHO_CUSTOMER &&
        !bucket_take(&r->escalations, d->o.escalations_per_hour / 3600000.0,
                     d->o.escalations_per_hour, desk_now(d), &a.retry_ms)) {
        op_done(op, ERR_RATE, &a);
        return;
    }
    c = op_change(op);
    chat = chat_alter(op, c);
    chat->state = CHAT_WAITING;
    chat->escalation_requested = true;
    if (*reason)
        chat->escalation_reason = arena_dup(c->arena, reason);
    chat->escalation_requested_ms = chat->queued_ms = c->now_ms;
    chat->assistant_pending = false;
    {
        const char *pairs[] = {"reason", chat->escalation_reason, NULL};

        chat_entry(op, c, ENTRY_ESCALATED, ROLE_SYSTEM, d->o.texts.waiting)->data =
            data_with(c, pairs);
    }
    chat_key(op, c, "escalate", reason);
    op->applied = escalate_applied;
    op_submit(op, c);
}

void desk_escalate(struct desk *d, const struct principal *who, const char *chat,
                   const char *reason, const char *key, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct escalate *call = arena_new_of(op->arena, struct escalate);

    call->reason = arena_dup(op->arena, reason);
    op->key = arena_dup(op->arena, key);
    op->call = call;
    op->run = escalate_run;
    op_enter(op);
}

/* ---- assign ------------------------------------------------------------------------------------
 */

static void assign_applied(struct op *op, struct change *c)
{
    struct desk_answer a = {
        .entries = c->entries, .n_entries = c->n_entries, .replayed = c->replayed};

    chat_apply(op->room, c);
    op_answer(op, OK, &a);
    chat_publish(op->room, c);
    op_end(op);
}

static void assign_run(struct op *op)
{
    struct room *r = op->room;
    enum err e = may(r->desk->directory, &op->who, r->chat, ACTION_ASSIGN);
    struct desk_answer same = {.unchanged = true};
    const struct agent *agent;
    struct change *c;

    if (e == OK && r->chat->state == CHAT_CLOSED)
        e = ERR_CLOSED;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (r->chat->state == CHAT_LIVE) {
        bool mine = strcmp(r->chat->assigned_to, op->who.id) == 0;

        op_done(op, mine ? OK : ERR_ALREADY_ASSIGNED, &same);
        return;
    }
    agent = directory_by_id(r->desk->directory, op->who.id);
    c = op_change(op);
    chat_claim(op, c, agent);
    chat_key(op, c, "assign", "");
    op->applied = assign_applied;
    op_submit(op, c);
}

void desk_assign(struct desk *d, const struct principal *who, const char *chat, const char *key,
                 desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->key = arena_dup(op->arena, key);
    op->run = assign_run;
    op_enter(op);
}

/* ---- close -------------------------------------------------------------------------------------
 */

static void close_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;
    struct desk_answer a = {
        .entries = c->entries, .n_entries = c->n_entries, .replayed = c->replayed};
    struct event e = {.kind = EVENT_CLOSED_ROOM, .room = r, .room_id = r->id};

    if (c->replayed) {
        op_done(op, OK, &a);
        return;
    }

    chat_apply(r, c);
    op_answer(op, OK, &a);
    chat_publish(r, c);
    e.why = r->desk->o.texts.closed;
    bus_publish(r->desk->bus, &e);
    room_clear_sessions(r, false);
    op_end(op);
}

static void close_run(struct op *op)
{
    struct room *r = op->room;
    struct desk *d = r->desk;
    enum err e = may(d->directory, &op->who, r->chat, ACTION_CLOSE);
    struct desk_answer same = {.unchanged = true};
    const char *reason = "";
    struct change *c;
    struct chat *chat;

    if (e == OK)
        e = field(op->arena, op->call, FIELD_MAX, &reason);
    if (e != OK) {
        op_refuse(op, e, "reason", NULL);
        return;
    }
    if (r->chat->state == CHAT_CLOSED) {
        op_done(op, OK, &same);
        return;
    }
    c = op_change(op);
    chat = chat_alter(op, c);
    chat->state = CHAT_CLOSED;
    chat->closed_ms = c->now_ms;
    chat->assistant_pending = false;
    {
        const char *pairs[] = {"reason", reason, NULL};

        chat_entry(op, c, ENTRY_CLOSED, ROLE_SYSTEM, d->o.texts.closed)->data = data_with(c, pairs);
    }
    c->gone_all = true;
    chat_key(op, c, "close", reason);
    op->applied = close_applied;
    op_submit(op, c);
}

void desk_close(struct desk *d, const struct principal *who, const char *chat, const char *reason,
                const char *key, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->key = arena_dup(op->arena, key);
    op->call = arena_dup(op->arena, reason);
    op->run = close_run;
    op_enter(op);
}
