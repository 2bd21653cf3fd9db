#include "component/manage_show.h"

#include "component/table.h"
#include "core/base/json.h"
#include "core/base/stamp.h"

#include <stdio.h>
#include <string.h>

#define HASH_SHOWN 12 /* hex digits of a key's hash */

struct show {
    struct desk *desk;
    struct arena *arena;
    struct json *list;   /* when JSON is wanted */
    struct table *table; /* otherwise */
};

static void begin(struct show *s, bool json, const char *const *heads, size_t n)
{
    if (json)
        s->list = json_array();
    else
        s->table = table_new(s->arena, heads, n);
}

static void end(struct show *s, struct buf *out)
{
    if (s->list) {
        buf_printf(out, "%s\n", json_print(s->arena, s->list));
        json_free(s->list);
    } else {
        table_print(s->table, out);
    }
}

static void put_stamp(struct json *o, const char *name, int64_t ms)
{
    char text[STAMP_LEN + 1];

    if (ms == 0) {
        json_put_null(o, name);
        return;
    }
    stamp_format(ms, text);
    json_put_str(o, name, text);
}

/* Words of a text as a JSON array. */
static struct json *split(struct arena *a, const char *s, char sep)
{
    struct json *list = json_array();
    char seps[2] = {sep, 0};

    while (*s) {
        size_t len = strcspn(s, seps);

        if (len > 0)
            json_add_str(list, arena_dup_len(a, s, len));
        s += len + (s[len] == sep);
    }
    return list;
}

static const char *role_word(enum agent_role r)
{
    return r == AGENT_SUPERVISOR ? "supervisor" : "agent";
}

static const char *agent_name(struct desk *d, const char *id)
{
    const struct agent *a = id[0] ? directory_by_id(desk_directory(d), id) : NULL;

    return a ? a->name : id;
}

/* ---- people --------------------------------------------------------------------------------- */

static void add_agent(void *ctx, const struct agent *a)
{
    struct show *s = ctx;
    struct json *o;

    if (s->table) {
        table_add(s->table, (const char *[]){a->jid, a->name, a->organization, role_word(a->role),
                                             a->skills});
        return;
    }
    o = json_object();
    json_put_str(o, "id", a->id);
    json_put_str(o, "jid", a->jid);
    json_put_str(o, "name", a->name);
    json_put_str(o, "organization", a->organization);
    json_put_str(o, "role", role_word(a->role));
    json_put(o, "skills", split(s->arena, a->skills, ','));
    put_stamp(o, "createdAt", a->created_ms);
    json_add(s->list, o);
}

void manage_show_agents(struct desk *d, bool json, struct arena *arena, struct buf *out)
{
    struct show s = {.desk = d, .arena = arena};

    begin(&s, json, (const char *[]){"JID", "NAME", "ORGANIZATION", "ROLE", "SKILLS"}, 5);
    directory_each_agent(desk_directory(d), add_agent, &s);
    end(&s, out);
}

static void add_organization(void *ctx, const struct organization *org)
{
    struct show *s = ctx;
    struct json *o;

    if (s->table) {
        table_add(s->table,
                  (const char *[]){org->name, org->title,
                                   org->configured ? "configuration" : "command", org->origins});
        return;
    }
    o = json_object();
    json_put_str(o, "name", org->name);
    json_put_str(o, "title", org->title);
    json_put(o, "origins", split(s->arena, org->origins, ' '));
    json_put_bool(o, "configured", org->configured);
    json_add(s->list, o);
}

void manage_show_organizations(struct desk *d, bool json, struct arena *arena, struct buf *out)
{
    struct show s = {.desk = d, .arena = arena};

    begin(&s, json, (const char *[]){"NAME", "TITLE", "FROM", "ORIGINS"}, 4);
    directory_each_organization(desk_directory(d), add_organization, &s);
    end(&s, out);
}

/* ---- chats ---------------------------------------------------------------------------------- */

static struct json *chat_json(struct desk *d, const struct chat *c)
{
    struct json *o = json_object();
    bool assigned = c->assigned_to[0] != 0;

    json_put_str(o, "id", c->id);
    json_put_str(o, "organization", c->organization);
    json_put_str(o, "state", chat_state_name(c->state));
    json_put_str(o, "name", c->name[0] ? c->name : NULL);
    json_put_str(o, "email", c->email[0] ? c->email : NULL);
    json_put_str(o, "externalId", c->external_id[0] ? c->external_id : NULL);
    json_put_str(o, "page", c->page[0] ? c->page : NULL);
    json_put_bool(o, "escalationRequested", c->escalation_requested);
    json_put_str(o, "escalationReason", c->escalation_reason[0] ? c->escalation_reason : NULL);
    put_stamp(o, "escalationRequestedAt", desk_wall(d, c->escalation_requested_ms));
    json_put_str(o, "assignedToId", assigned ? c->assigned_to : NULL);
    json_put_str(o, "assignedToName", assigned ? agent_name(d, c->assigned_to) : NULL);
    put_stamp(o, "assignedAt", desk_wall(d, c->assigned_ms));
    put_stamp(o, "createdAt", c->created_ms);
    put_stamp(o, "closedAt", desk_wall(d, c->closed_ms));
    put_stamp(o, "erasedAt", c->erased_ms);
    if (c->rating > 0)
        json_put_int(o, "rating", c->rating);
    else
        json_put_null(o, "rating");
    json_put_str(o, "ratingComment", c->rating_comment[0] ? c->rating_comment : NULL);
    put_stamp(o, "ratedAt", c->rated_ms);
    return o;
}

/* How long a chat that waits has waited, else how old it is. */
static int64_t age(const struct desk *d, const struct chat *c)
{
    return c->state == CHAT_WAITING && c->queued_ms ? desk_steady(d) - c->queued_ms
                                                    : desk_now(d) - c->created_ms;
}

void manage_show_chats(struct desk *d, const struct query *page, bool json, struct arena *arena,
                       struct buf *out)
{
    struct show s = {.desk = d, .arena = arena};

    begin(&s, json,
          (const char *[]){"ID", "STATE", "SINCE", "ORGANIZATION", "CUSTOMER", "AGENT", "REASON"},
          7);
    for (size_t i = 0; page && i < page->n_chats; i++) {
        const struct chat *c = &page->chats[i];
        char span[16];

        if (json) {
            json_add(s.list, chat_json(d, c));
            continue;
        }
        stamp_span(age(d, c), span);
        table_add(s.table,
                  (const char *[]){c->id, chat_state_name(c->state), span, c->organization, c->name,
                                   agent_name(d, c->assigned_to), c->escalation_reason});
    }
    end(&s, out);
}

static void put_entry_json(struct json *list, const struct entry *e)
{
    struct json *o = json_object();

    json_put_str(o, "id", e->id);
    json_put_int(o, "seq", e->seq);
    json_put_str(o, "kind", entry_kind_name(e->kind));
    json_put_str(o, "role", role_name(e->role));
    json_put_bool(o, "public", e->audience == AUDIENCE_PUBLIC);
    json_put_str(o, "sender", e->sender_name[0] ? e->sender_name : NULL);
    json_put_str(o, "content", e->text);
    put_stamp(o, "createdAt", e->created_ms);
    json_add(list, o);
}

/* Lines below the first stand under its text, so that nobody can write a line of another. */
static void put_entry_text(struct buf *out, const struct entry *e)
{
    char stamp[STAMP_LEN + 1];
    const char *text = e->text;

    stamp_format(e->created_ms, stamp);
    buf_printf(out, "%s  %-9s ", stamp, role_name(e->role));
    if (e->sender_name[0])
        buf_printf(out, "%s: ", e->sender_name);
    if (e->audience == AUDIENCE_STAFF)
        buf_puts(out, "(staff only) ");
    if (e->deleted_ms)
        buf_puts(out, "(erased)");
    for (;;) {
        size_t len = strcspn(text, "\n");

        buf_put(out, text, len);
        buf_putc(out, '\n');
        if (text[len] == 0)
            return;
        text += len + 1;
        buf_printf(out, "%*s", STAMP_LEN + 12, "");
    }
}

static void put_line(struct buf *out, const char *name, const char *value)
{
    if (value[0])
        buf_printf(out, "%-13s %s\n", name, value);
}

static void put_time(struct buf *out, const char *name, int64_t ms)
{
    char stamp[STAMP_LEN + 1] = "";

    if (ms)
        stamp_format(ms, stamp);
    put_line(out, name, stamp);
}

void manage_show_chat(struct desk *d, const struct chat *c, const struct query *page, bool json,
                      struct arena *arena, struct buf *out)
{
    size_t n = page ? page->n_entries : 0;
    struct json *o, *list;

    if (!json) {
        put_line(out, "Chat", c->id);
        put_line(out, "State", chat_state_name(c->state));
        put_line(out, "Organization", c->organization);
        put_line(out, "Customer", c->name);
        put_line(out, "Mail", c->email);
        put_line(out, "Verified as", c->external_id);
        put_line(out, "Page", c->page);
        put_line(out, "Reason", c->escalation_reason);
        put_line(out, "Agent", agent_name(d, c->assigned_to));
        put_time(out, "Begun", c->created_ms);
        put_time(out, "Escalated", desk_wall(d, c->escalation_requested_ms));
        put_time(out, "Assigned", desk_wall(d, c->assigned_ms));
        put_time(out, "Closed", desk_wall(d, c->closed_ms));
        put_time(out, "Erased", c->erased_ms);
        if (c->rating > 0)
            put_line(out, "Rating", arena_printf(arena, "%d/5", c->rating));
        put_line(out, "Comment", c->rating_comment);
        buf_putc(out, '\n');
        for (size_t i = 0; i < n; i++)
            put_entry_text(out, &page->entries[i]);
        return;
    }
    o = chat_json(d, c);
    list = json_array();
    for (size_t i = 0; i < n; i++)
        put_entry_json(list, &page->entries[i]);
    json_put(o, "entries", list);
    buf_printf(out, "%s\n", json_print(arena, o));
    json_free(o);
}

/* ---- export --------------------------------------------------------------------------------- */

static void put_or_null(struct json *o, const char *name, const char *value)
{
    json_put_str(o, name, *value ? value : NULL);
}

void manage_export_entry(struct json *list, const struct entry *e)
{
    struct json *o = json_object(), *data = NULL;

    json_put_str(o, "id", e->id);
    json_put_int(o, "seq", e->seq);
    if (e->pos > 0)
        json_put_int(o, "pos", e->pos);
    else
        json_put_null(o, "pos");
    json_put_int(o, "gid", e->gid);
    json_put_str(o, "kind", entry_kind_name(e->kind));
    json_put_str(o, "role", role_name(e->role));
    json_put_bool(o, "public", e->audience == AUDIENCE_PUBLIC);
    put_or_null(o, "senderId", e->sender_id);
    put_or_null(o, "senderName", e->sender_name);
    put_or_null(o, "content", e->text);
    put_or_null(o, "shown", e->shown);
    put_or_null(o, "ref", e->ref);
    put_or_null(o, "clientId", e->client_id);
    put_or_null(o, "stanzaId", e->stanza_id);
    put_or_null(o, "payload", e->payload);
    if (*e->data && json_parse(e->data, strlen(e->data), &data) == OK)
        json_put(o, "data", data);
    else
        json_put_null(o, "data");
    put_stamp(o, "createdAt", e->created_ms);
    put_stamp(o, "editedAt", e->edited_ms);
    put_stamp(o, "deletedAt", e->deleted_ms);
    json_add(list, o);
}

void manage_export_chat(struct desk *d, const struct chat *c, struct json *list,
                        struct arena *arena, struct buf *out)
{
    struct json *o = chat_json(d, c);

    put_or_null(o, "locale", c->locale);
    json_put(o, "entries", list);
    buf_printf(out, "%s\n", json_print(arena, o));
    json_free(o);
}

/* ---- keys ----------------------------------------------------------------------------------- */

void manage_show_keys(struct desk *d, const struct query *page, bool json, struct arena *arena,
                      struct buf *out)
{
    struct show s = {.desk = d, .arena = arena};

    begin(&s, json, (const char *[]){"HASH", "AGENT", "LABEL", "MADE"}, 4);
    for (size_t i = 0; page && i < page->n_tokens; i++) {
        const struct token *t = &page->tokens[i];
        const struct agent *a = directory_by_id(desk_directory(d), t->subject);
        char hash[HASH_SHOWN + 1], stamp[STAMP_LEN + 1];
        struct json *o;

        for (size_t k = 0; k < HASH_SHOWN / 2; k++)
            snprintf(hash + 2 * k, 3, "%02x", t->hash[k]);
        stamp_format(t->created_ms, stamp);
        if (!json) {
            table_add(s.table, (const char *[]){hash, a ? a->jid : t->subject, t->label, stamp});
            continue;
        }
        o = json_object();
        json_put_str(o, "hash", hash);
        json_put_str(o, "agentId", t->subject);
        json_put_str(o, "jid", a ? a->jid : NULL);
        json_put_str(o, "label", t->label);
        json_put_str(o, "createdAt", stamp);
        json_add(s.list, o);
    }
    end(&s, out);
}
