#include "core/desk_own.h"

#include "core/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tokens ------------------------------------------------------------------------------------
 */

#define TOKENS_KNOWN 65536 /* remembered; when full, all are forgotten and read again */

static bool forget(void *ctx, const char *key, void *value)
{
    struct desk *d = ctx;

    free(map_take(d->tokens, key));
    (void)value;
    return true;
}

void people_forget_tokens(struct desk *d)
{
    d->tokens_forgotten++;
    map_each(d->tokens, forget, d);
}

struct asking {
    struct desk *desk;
    desk_who_fn *done;
    void *ctx;
    bool cookie;
    uint64_t tokens_forgotten;
    char hex[HASH_HEX_LEN + 1];
};

static void remember_token(const struct asking *ask, const struct known_token *t)
{
    struct desk *d = ask->desk;
    struct known_token *known;

    /* a key may have been removed since it was read */
    if (ask->tokens_forgotten != d->tokens_forgotten)
        return;
    if (map_count(d->tokens) >= TOKENS_KNOWN)
        people_forget_tokens(d);
    known = mem_alloc(sizeof(*known));
    *known = *t;
    free(map_take(d->tokens, ask->hex));
    map_set(d->tokens, ask->hex, known);
}

/* Sessions come as cookies, which browsers send by themselves; all else must be shown on purpose.
 */
static bool still_good(const struct desk *d, const struct known_token *t, bool cookie)
{
    int64_t left_ms;

    if (t->kind != TOKEN_SESSION)
        return !cookie;
    left_ms = t->until_ms - desk_steady(d);
    /* none has more left than it was given: the clock was set back while nobody ran */
    return cookie && left_ms > 0 && left_ms <= DESK_SESSION_MS &&
           clock_age(d, t->used_ms) < DESK_SESSION_IDLE_MS;
}

static void answer_who(const struct desk *d, const struct known_token *t, bool cookie,
                       desk_who_fn *done, void *ctx)
{
    struct principal who = {.kind = WHO_ANONYMOUS, .id = ""};
    bool good = still_good(d, t, cookie);

    if (good) {
        who.kind = t->kind == TOKEN_CHAT ? WHO_CUSTOMER : WHO_AGENT;
        who.id = t->id;
    }
    done(ctx, good ? OK : ERR_UNAUTHORIZED, &who);
}

static void token_read(struct query *q, enum err e)
{
    struct asking *ask = q->ctx;
    struct principal nobody = {.kind = WHO_ANONYMOUS, .id = ""};

    if (e == OK) {
        const struct token *t = &q->tokens[0];
        struct known_token known = {
            .kind = t->kind, .until_ms = t->until_ms, .used_ms = t->used_ms};

        strncpy(known.id, t->subject, ID_LEN);
        if (still_good(ask->desk, &known, ask->cookie)) {
            if (t->kind == TOKEN_SESSION)
                session_used(ask->desk, &known, q->hash);
            remember_token(ask, &known);
        }
        answer_who(ask->desk, &known, ask->cookie, ask->done, ask->ctx);
    } else {
        ask->done(ask->ctx, e == ERR_NOT_FOUND ? ERR_UNAUTHORIZED : e, &nobody);
    }
    query_free(q);
}

void desk_authenticate(struct desk *d, const char *token, bool cookie, desk_who_fn *done, void *ctx)
{
    struct principal nobody = {.kind = WHO_ANONYMOUS, .id = ""};
    struct known_token *known;
    struct asking *ask;
    struct query *q;
    char hex[HASH_HEX_LEN + 1];
    enum err e;

    if (strlen(token) != TOKEN_LEN) {
        done(ctx, ERR_UNAUTHORIZED, &nobody);
        return;
    }
    crypto_hash_hex(token, TOKEN_LEN, hex);
    if ((known = map_get(d->tokens, hex))) {
        struct known_token copy = *known; /* the callback may make us forget */

        if (known->kind == TOKEN_SESSION && still_good(d, known, cookie)) {
            unsigned char hash[HASH_LEN];

            crypto_hash_raw(token, TOKEN_LEN, hash);
            session_used(d, known, hash);
        }
        answer_who(d, &copy, cookie, done, ctx);
        return;
    }
    q = query_new(QUERY_TOKEN, token_read, NULL);
    ask = arena_new_of(q->arena, struct asking);
    *ask = (struct asking){.desk = d,
                           .done = done,
                           .ctx = ctx,
                           .cookie = cookie,
                           .tokens_forgotten = d->tokens_forgotten};
    memcpy(ask->hex, hex, sizeof(hex));
    crypto_hash_raw(token, TOKEN_LEN, q->hash);
    q->ctx = ask;
    if ((e = d->o.store.read(d->o.store.self, q)) == OK)
        return;
    query_free(q);
    done(ctx, e, &nobody);
}

/* ---- agents ------------------------------------------------------------------------------------
 */

/* The directory does not know how the assistant is called here. */
bool people_reserved_name(struct op *op, const char *name)
{
    struct desk *d = op->room->desk;
    const char *assistant = text_skeleton(op->arena, desk_assistant_name(d));

    return directory_reserved_name(d->directory, name) ||
           (*assistant && strcmp(text_skeleton(op->arena, name), assistant) == 0);
}

void people_put(struct desk *d, const struct agent *a)
{
    duty_set(d->duty, a->id, DUTY_STATUS, "", a->status);
    d->people_changes++;
    directory_put_agent(d->directory, a);
}

static void agent_added(struct op *op, struct change *c)
{
    people_put(op->room->desk, c->agent);
    op_done(op, OK, NULL);
}

/* In rooms agents are told apart by their nicks. */
static bool is_whole_nick(struct arena *a, const char *name)
{
    const char *nick = text_nick(a, name);

    return *nick && strcmp(text_skeleton(a, nick), text_skeleton(a, name)) == 0;
}

static void agent_add_run(struct op *op)
{
    struct desk *d = op->room->desk;
    const struct agent_new *in = op->call;
    const char *org = in->organization && *in->organization ? in->organization : "default";
    char *name = NULL;
    struct change *c;
    struct agent *a;

    if (text_name(op->arena, in->name, &name) != OK) {
        op_refuse(op, ERR_INVALID, "name", "This name cannot be used.");
        return;
    }
    if (!is_whole_nick(op->arena, name)) {
        op_refuse(op, ERR_INVALID, "name",
                  "This name mixes letters of both directions of writing, or has none to show.");
        return;
    }
    if (!directory_organization(d->directory, org)) {
        op_refuse(op, ERR_INVALID, "organization", "There is no such organization.");
        return;
    }
    if (directory_by_jid(d->directory, in->jid)) {
        op_refuse(op, ERR_CONFLICT, "jid", "There is an agent with this JID.");
        return;
    }
    if (people_reserved_name(op, name)) {
        op_refuse(op, ERR_CONFLICT, "name",
                  "This name looks like another agent, the assistant or the system.");
        return;
    }
    c = op_change(op);
    a = arena_new_of(c->arena, struct agent);
    d->o.time.id(d->o.time.self, a->id);
    a->jid = arena_dup(c->arena, in->jid);
    a->name = arena_dup(c->arena, name);
    a->organization = arena_dup(c->arena, org);
    a->role = in->supervisor ? AGENT_SUPERVISOR : AGENT_AGENT;
    a->skills = arena_dup(c->arena, in->skills);
    a->created_ms = c->now_ms;
    c->agent = a;
    op->applied = agent_added;
    op_submit(op, c);
}

void desk_agent_add(struct desk *d, const struct agent_new *in, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct agent_new *call = arena_new_of(op->arena, struct agent_new);

    call->jid = arena_dup(op->arena, in->jid);
    call->name = arena_dup(op->arena, in->name);
    call->organization = arena_dup(op->arena, in->organization);
    call->skills = arena_dup(op->arena, in->skills);
    call->supervisor = in->supervisor;
    op->call = call;
    op->run = agent_add_run;
    op_enter(op);
}

struct leaving {
    struct arena *arena;
    const char *agent_id;
    struct left {
        const char *room, *address;
        struct left *next;
    } * first;
};

/* In a staff room an agent may be several occupants. */
static bool note_sessions(void *ctx, const char *key, void *value)
{
    struct leaving *l = ctx;
    const struct room *r = value;

    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct occupant *o = r->occupants[i];

        for (size_t k = 0; k < o->n_sessions && strcmp(o->agent_id, l->agent_id) == 0; k++) {
            struct left *left = arena_new_of(l->arena, struct left);

            *left = (struct left){arena_dup(l->arena, key),
                                  arena_dup(l->arena, o->sessions[k]->address), l->first};
            l->first = left;
        }
    }
    return true;
}

void people_gone(struct desk *d, const struct agent *gone)
{
    struct event e = {.kind = EVENT_AGENT_GONE, .room_id = "", .agent_id = gone->id};
    struct leaving l = {.arena = arena_new(), .agent_id = gone->id};

    d->people_changes++;
    directory_del_agent(d->directory, gone->id);
    people_forget_tokens(d);
    logins_forget(d->logins, gone->id);
    /* all are noted first: leaving changes the occupants, and may free rooms */
    map_each(d->rooms, note_sessions, &l);
    e.agent_jid = gone->jid;
    bus_publish(d->bus, &e);
    for (const struct left *left = l.first; left; left = left->next)
        room_leave(d, left->room, left->address, LEFT_REMOVED, "");
    work_orphaned(d, gone->id, gone->name);
    duty_forget(d->duty, gone->id);
    arena_free(l.arena);
}

static void agent_removed(struct op *op, struct change *c)
{
    struct desk *d = op->room->desk;
    const struct agent *known = directory_by_id(d->directory, c->agent_gone);
    struct agent gone = {.jid = known ? arena_dup(op->arena, known->jid) : "",
                         .name = known ? arena_dup(op->arena, known->name) : ""};

    memcpy(gone.id, c->agent_gone, ID_LEN);
    directory_del_agent(d->directory, gone.id);
    people_forget_tokens(d);
    op_answer(op, OK, NULL);
    people_gone(d, &gone);
    op_end(op);
}

static void agent_remove_run(struct op *op)
{
    const struct agent *a = directory_by_jid(op->room->desk->directory, op->call);
    struct change *c;

    if (!a) {
        op_refuse(op, ERR_NOT_FOUND, "jid", "There is no such agent.");
        return;
    }
    c = op_change(op);
    c->agent_gone = arena_dup(c->arena, a->id);
    op->applied = agent_removed;
    op_submit(op, c);
}

void desk_agent_remove(struct desk *d, const char *jid, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);

    op->call = arena_dup(op->arena, jid);
    op->run = agent_remove_run;
    op_enter(op);
}

struct count {
    const struct desk *desk;
    const char *organization;
    size_t n;
};

static void count_agent(void *ctx, const struct agent *a)
{
    struct count *c = ctx;

    if (strcmp(a->organization, c->organization) == 0 && duty_available(c->desk->duty, a->id) &&
        (a->max_chats == 0 || desk_held(c->desk, a->id) < (size_t)a->max_chats))
        c->n++;
}

size_t desk_agents_available(const struct desk *d, const char *organization)
{
    struct count c = {.desk = d, .organization = organization};

    directory_each_agent(d->directory, count_agent, &c);
    return c.n;
}

/* ---- organizations -----------------------------------------------------------------------------
 */

static void organization_stored(struct op *op, struct change *c)
{
    directory_put_organization(op->room->desk->directory, c->organization);
    op_done(op, OK, NULL);
}

static void organization_run(struct op *op)
{
    const struct organization *in = op->call;
    const struct organization *have = directory_organization(op->room->desk->directory, in->name);
    struct change *c;
    struct organization *o;

    if (have && have->configured && !in->configured) {
        op_refuse(op, ERR_FORBIDDEN, "name",
                  "This organization is set in the configuration file; change it there.");
        return;
    }
    c = op_change(op);
    o = arena_new_of(c->arena, struct organization);
    o->name = arena_dup(c->arena, in->name);
    o->title = arena_dup(c->arena, in->title);
    o->origins = arena_dup(c->arena, in->origins);
    o->configured = in->configured;
    c->organization = o;
    op->applied = organization_stored;
    op_submit(op, c);
}

void desk_organization_put(struct desk *d, const struct organization *in, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct organization *call = arena_new_of(op->arena, struct organization);

    call->name = arena_dup(op->arena, in->name);
    call->title = arena_dup(op->arena, in->title);
    call->origins = arena_dup(op->arena, in->origins);
    call->configured = in->configured;
    op->call = call;
    op->run = organization_run;
    op_enter(op);
}

/* ---- keys --------------------------------------------------------------------------------------
 */

static void token_added(struct op *op, struct change *c)
{
    struct desk_answer a = {.token = op->call};

    (void)c;
    op_done(op, OK, &a);
}

void op_token(struct op *op, enum token_kind kind, const struct agent *agent, const char *label,
              int64_t life_ms)
{
    struct change *c = op_change(op);
    struct token *t = arena_new_of(c->arena, struct token);
    char *text = arena_alloc(op->arena, TOKEN_LEN + 1);

    crypto_token(text);
    crypto_hash_raw(text, TOKEN_LEN, t->hash);
    t->kind = kind;
    t->subject = arena_dup(c->arena, agent->id);
    t->label = arena_dup(c->arena, label);
    t->created_ms = c->now_ms;
    if (life_ms) {
        t->used_ms = desk_steady(op->room->desk);
        t->until_ms = t->used_ms + life_ms;
    }
    c->token = t;
    op->call = text;
    op->applied = token_added;
    op_submit(op, c);
}

struct key_call {
    const char *jid;
    const char *label;
};

static void key_add_run(struct op *op)
{
    const struct key_call *call = op->call;
    const struct agent *agent = directory_by_jid(op->room->desk->directory, call->jid);

    if (agent)
        op_token(op, TOKEN_AGENT, agent, call->label, 0);
    else
        op_refuse(op, ERR_NOT_FOUND, "jid", "There is no such agent.");
}

void desk_key_add(struct desk *d, const char *jid, const char *label, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);
    struct key_call *call = arena_new_of(op->arena, struct key_call);

    call->jid = arena_dup(op->arena, jid);
    call->label = arena_dup(op->arena, label);
    op->call = call;
    op->run = key_add_run;
    op_enter(op);
}

static void key_list_run(struct op *op)
{
    op_read(op, query_new(QUERY_TOKENS, NULL, NULL), op_page);
}

void desk_key_list(struct desk *d, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);

    op->run = key_list_run;
    op_enter(op);
}

static void key_removed(struct op *op, struct change *c)
{
    struct desk *d = op->room->desk;
    struct event e = {.kind = EVENT_KEY_GONE, .room_id = "", .agent_id = op->call};

    (void)c;
    people_forget_tokens(d);
    op_answer(op, OK, NULL);
    bus_publish(d->bus, &e);
    op_end(op);
}

static void key_matched(struct op *op, struct query *q)
{
    const char *prefix = op->call;
    const struct token *found = NULL;
    size_t n = 0;
    struct change *c;
    unsigned char *hash;

    for (size_t i = 0; i < q->n_tokens; i++) {
        char hex[HASH_HEX_LEN + 1];

        for (size_t k = 0; k < HASH_LEN; k++)
            (void)snprintf(hex + 2 * k, 3, "%02x", q->tokens[i].hash[k]);
        if (*prefix && strncmp(hex, prefix, strlen(prefix)) == 0) {
            found = &q->tokens[i];
            n++;
        }
    }
    if (n != 1) {
        op_refuse(op, n == 0 ? ERR_NOT_FOUND : ERR_CONFLICT, "key",
                  n == 0 ? "There is no such key." : "Several keys begin like this.");
        return;
    }
    c = op_change(op);
    hash = arena_alloc(c->arena, HASH_LEN);
    memcpy(hash, found->hash, HASH_LEN);
    c->token_gone = hash;
    op->call = arena_dup(op->arena, found->subject);
    op->applied = key_removed;
    op_submit(op, c);
}

static void key_remove_run(struct op *op)
{
    op_read(op, query_new(QUERY_TOKENS, NULL, NULL), key_matched);
}

void desk_key_remove(struct desk *d, const char *hash_prefix_hex, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office(d, done, ctx);

    op->call = arena_dup(op->arena, hash_prefix_hex);
    op->run = key_remove_run;
    op_enter(op);
}
