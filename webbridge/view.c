#include "webbridge/view.h"

#include "core/base/stamp.h"
#include "core/desk_files.h"

#include <string.h>

static void put_text(struct json *o, const char *name, const char *s)
{
    json_put_str(o, name, *s != '\0' ? s : NULL);
}

static void put_time(struct json *o, const char *name, int64_t ms)
{
    char stamp[STAMP_LEN + 1];

    if (ms == 0) {
        json_put_null(o, name);
        return;
    }
    stamp_format(ms, stamp);
    json_put_str(o, name, stamp);
}

/* ---- chats ---------------------------------------------------------------------------------- */

struct json *view_agent(const struct viewer *v, const char *id)
{
    const struct agent *agent = *id != '\0' ? directory_by_id(v->people, id) : NULL;
    struct json *o;

    if (agent == NULL)
        return NULL;
    o = json_object();
    json_put_str(o, "id", agent->id);
    json_put_str(o, "name", agent->name);
    json_put_null(o, "avatar");
    if (v->kind == WHO_AGENT)
        json_put_str(o, "email", agent->jid);
    return o;
}

struct json *view_staff(struct desk *d, const struct agent *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", a->id);
    json_put_str(o, "name", a->name);
    json_put_str(o, "email", a->jid);
    json_put_str(o, "organization", a->organization);
    json_put_str(o, "role", a->role == AGENT_SUPERVISOR ? "supervisor" : "agent");
    json_put_str(o, "availability", duty_name(duty_of(desk_duty(d), a->id)));
    json_put_int(o, "maxChats", a->max_chats);
    json_put_int(o, "chats", (int64_t)desk_held(d, a->id));
    return o;
}

static struct json *view_customer(const struct chat *c)
{
    struct json *o = json_object();

    json_put_str(o, "id", c->id);
    put_text(o, "name", c->name);
    put_text(o, "email", c->email);
    put_text(o, "externalId", c->external_id);
    json_put_bool(o, "verified", *c->external_id != '\0');
    put_text(o, "locale", c->locale);
    put_text(o, "page", c->page);
    return o;
}

static void put_agent(struct json *o, const char *name, const struct viewer *v, const char *id)
{
    struct json *agent = view_agent(v, id);

    if (agent == NULL)
        json_put_null(o, name);
    else
        json_put(o, name, agent);
}

static int64_t chat_time(const struct viewer *v, int64_t ms)
{
    return v->desk ? desk_wall(v->desk, ms) : ms;
}

static void put_wait(struct json *o, const struct wait *w)
{
    if (w != NULL && w->estimate_ms >= 0)
        json_put_int(o, "estimatedWaitSeconds", (w->estimate_ms + 999) / 1000);
    else
        json_put_null(o, "estimatedWaitSeconds");
    if (w != NULL)
        json_put_int(o, "agentsOnline", w->agents);
    else
        json_put_null(o, "agentsOnline");
}

/* Of one chat, and not of each row of agents' lists. */
static void put_own_wait(struct json *o, const struct viewer *v, const struct chat *c)
{
    struct wait w;

    if (v->kind == WHO_CUSTOMER)
        put_wait(o, v->desk != NULL && desk_wait(v->desk, c->id, &w) ? &w : NULL);
}

/* What was written with it is for staff, as it was when it was stored. */
static void put_rating(struct json *o, const struct viewer *v, const struct chat *c)
{
    struct json *rating;

    if (c->rating == 0) {
        json_put_null(o, "rating");
        return;
    }
    rating = json_object();
    json_put_int(rating, "score", c->rating);
    if (v->kind == WHO_AGENT)
        put_text(rating, "comment", c->rating_comment);
    put_time(rating, "ratedAt", c->rated_ms);
    json_put(o, "rating", rating);
}

struct json *view_chat(const struct viewer *v, const struct chat *c)
{
    struct json *o = json_object();
    size_t position = c->state == CHAT_WAITING ? queue_position(v->queue, c) : 0;

    json_put_str(o, "id", c->id);
    json_put_str(o, "organization", c->organization);
    json_put_str(o, "status", chat_state_name(c->state));
    json_put_bool(o, "escalationRequested", c->escalation_requested);
    put_text(o, "escalationReason", c->escalation_requested ? c->escalation_reason : "");
    put_time(o, "escalationRequestedAt", chat_time(v, c->escalation_requested_ms));
    put_text(o, "assignedToId", c->assigned_to);
    put_time(o, "assignedAt", chat_time(v, c->assigned_ms));
    put_agent(o, "assignedTo", v, c->assigned_to);
    if (v->kind == WHO_AGENT)
        put_agent(o, "offeredTo", v, c->offered_to);
    json_put(o, "customer", view_customer(c));
    put_time(o, "createdAt", c->created_ms);
    /* the log's last time would tell a customer when a note was written */
    put_time(o, "lastMessageAt", v->kind != WHO_CUSTOMER && c->last_seq > 0 ? c->last_ms : 0);
    put_time(o, "waitingSince", c->state == CHAT_WAITING ? chat_time(v, c->queued_ms) : 0);
    put_time(o, "closedAt", chat_time(v, c->closed_ms));
    put_time(o, "erasedAt", c->erased_ms);
    put_rating(o, v, c);
    if (position > 0)
        json_put_int(o, "queuePosition", (int64_t)position);
    else
        json_put_null(o, "queuePosition");
    put_own_wait(o, v, c);
    if (v->kind == WHO_AGENT && v->domain != NULL && *v->domain != '\0' &&
        c->escalation_requested) {
        struct arena *a = arena_new();

        json_put_str(o, "xmppUri", arena_printf(a, "xmpp:%s@%s?join", c->id, v->domain));
        arena_free(a);
    }
    if (v->desk != NULL && desk_file_max(v->desk) > 0)
        json_put_int(o, "maxFileBytes", desk_file_max(v->desk));
    else
        json_put_null(o, "maxFileBytes");
    json_put_int(o, "lastSeq", v->kind == WHO_CUSTOMER ? c->last_pos : c->last_seq);
    return o;
}

/* ---- entries -------------------------------------------------------------------------------- */

bool view_sees(const struct viewer *v, const struct entry *e)
{
    if (e->kind == ENTRY_SUBJECT || e->kind == ENTRY_REACTION || e->kind == ENTRY_PAYLOAD ||
        (e->kind == ENTRY_EDITED && e->deleted_ms > 0))
        return false;
    return v->kind != WHO_CUSTOMER || (e->audience == AUDIENCE_PUBLIC && e->pos > 0);
}

bool view_lists(const struct viewer *v, const struct entry *e)
{
    return view_sees(v, e) && e->kind != ENTRY_EDITED && e->kind != ENTRY_DELETED;
}

int64_t view_number(const struct viewer *v, const struct entry *e)
{
    return v->kind == WHO_CUSTOMER ? e->pos : e->seq;
}

/* Somebody's words, as against what happened. */
static bool has_author(const struct entry *e)
{
    return entry_is_said(e->kind) || e->kind == ENTRY_NOTE;
}

static enum role role_of(const struct entry *e)
{
    return has_author(e) ? e->role : ROLE_SYSTEM;
}

/* Staff's addresses are not the customers' business. */
static const char *sender_email(const struct viewer *v, const struct chat *c, const struct entry *e)
{
    const struct agent *agent;

    switch (role_of(e)) {
    case ROLE_USER:
        return c->email;
    case ROLE_AGENT:
        agent = v->kind == WHO_AGENT ? directory_by_id(v->people, e->sender_id) : NULL;
        return agent == NULL ? "" : agent->jid;
    case ROLE_ASSISTANT:
    case ROLE_SYSTEM:
        break;
    }
    return "";
}

static struct json *view_sender(const struct viewer *v, const struct chat *c, const struct entry *e)
{
    struct json *o = json_object();
    bool system = role_of(e) == ROLE_SYSTEM;

    json_put_str(o, "id", system ? "system" : e->sender_id);
    json_put_str(o, "name", system ? "System" : e->sender_name);
    put_text(o, "email", sender_email(v, c, e));
    json_put_null(o, "avatar");
    return o;
}

static struct json *read_data(const struct entry *e)
{
    struct json *data = NULL;

    if (*e->data == '\0' || json_parse(e->data, strlen(e->data), &data) != OK)
        return NULL;
    return data;
}

/* Only the author's own pages need the key: to know the answer to what they sent. */
static bool is_author(const struct viewer *v, const struct entry *e)
{
    if (v->kind == WHO_CUSTOMER)
        return e->role == ROLE_USER;
    return strcmp(e->sender_id, v->id) == 0;
}

/* A list out of the entry's data; it is there though it may be empty. */
static void put_list(struct json *o, const struct json *data, const char *name)
{
    const struct json *list = data == NULL ? NULL : json_get(data, name);
    struct arena *a = arena_new();

    if (list == NULL)
        json_put(o, name, json_array());
    else
        json_put_raw(o, name, json_print(a, list));
    arena_free(a);
}

struct json *view_message(const struct viewer *v, const struct chat *c, const struct entry *e)
{
    struct json *o = json_object(), *data = read_data(e);

    json_put_str(o, "id", e->id);
    json_put_str(o, "content", entry_shown(e));
    json_put_str(o, "role", role_name(role_of(e)));
    put_time(o, "createdAt", e->created_ms);
    json_put(o, "sender", view_sender(v, c, e));
    json_put_int(o, "seq", view_number(v, e));
    put_text(o, "clientId", is_author(v, e) ? e->client_id : "");
    put_list(o, data, "actions");
    put_list(o, data, "attachments");
    json_free(data);
    put_time(o, "editedAt", e->edited_ms);
    put_time(o, "deletedAt", e->deleted_ms);
    if (e->kind != ENTRY_MESSAGE)
        json_put_str(o, "event", entry_kind_name(e->kind));
    return o;
}

/* ---- events --------------------------------------------------------------------------------- */

static void put_member(struct json *o, const struct json *data, const char *name)
{
    const char *value = NULL;

    if (data != NULL && json_get_str(data, name, &value) == OK && value != NULL)
        put_text(o, name, value);
}

static void put_number(struct json *o, const struct json *data, const char *name)
{
    int64_t value = 0;

    if (data != NULL && json_has(data, name) && json_get_int(data, name, &value) == OK)
        json_put_int(o, name, value);
}

/* What is no message. docs/API.md lists the members. */
static struct json *view_happening(const struct viewer *v, const struct entry *e)
{
    struct json *o = json_object();
    struct json *data = read_data(e);

    put_member(o, data, "agentId");
    put_member(o, data, "agentName");
    put_member(o, data, "reason");
    put_number(o, data, "score");
    put_time(o, "timestamp", e->created_ms);
    json_put_str(o, "text", e->text);
    json_put_str(o, "id", e->id);
    json_put_int(o, "seq", view_number(v, e));
    json_free(data);
    return o;
}

/* A message has another text: what a client replaces, by the message's id. */
static struct json *view_updated(const struct viewer *v, const struct chat *c,
                                 const struct entry *e)
{
    struct json *o = json_object();

    json_put_str(o, "id", e->ref);
    json_put_str(o, "content", entry_shown(e));
    json_put_str(o, "role", role_name(e->role));
    json_put(o, "sender", view_sender(v, c, e));
    put_time(o, "editedAt", e->created_ms);
    json_put_int(o, "seq", view_number(v, e));
    return o;
}

static struct json *view_deleted(const struct viewer *v, const struct entry *e)
{
    struct json *o = json_object();

    json_put_str(o, "id", e->ref);
    put_time(o, "deletedAt", e->created_ms);
    json_put_int(o, "seq", view_number(v, e));
    return o;
}

static struct json *view_payload(const struct viewer *v, const struct chat *c,
                                 const struct entry *e)
{
    switch (e->kind) {
    case ENTRY_MESSAGE:
    case ENTRY_NOTE:
        return view_message(v, c, e);
    case ENTRY_EDITED:
        return view_updated(v, c, e);
    case ENTRY_DELETED:
        return view_deleted(v, e);
    case ENTRY_ESCALATED:
    case ENTRY_AGENT_JOINED:
    case ENTRY_AGENT_LEFT:
    case ENTRY_CLOSED:
    case ENTRY_REOPENED:
    case ENTRY_SUBJECT:
    case ENTRY_REACTION:
    case ENTRY_RATED:
    case ENTRY_PAYLOAD:
    case ENTRY_KIND_COUNT_:
        break;
    }
    return view_happening(v, e);
}

char *view_envelope(struct arena *a, const char *event, const char *channel, struct json *payload)
{
    struct json *o = json_object();
    char *text;

    json_put_str(o, "type", "broadcast");
    json_put_str(o, "event", event);
    json_put_str(o, "channel", channel);
    json_put(o, "payload", payload);
    text = json_print(a, o);
    json_free(o);
    return text;
}

static char *envelope(struct arena *a, const char *event, const char *chat_id, struct json *payload)
{
    return view_envelope(a, event, arena_printf(a, "chat:%s:%s", chat_id, event), payload);
}

struct json *view_counts(const struct query *q)
{
    struct json *o = json_object();

    json_put_int(o, "all", q->counts[FILTER_ALL]);
    json_put_int(o, "needsResponse", q->counts[FILTER_NEEDS_RESPONSE]);
    json_put_int(o, "assigned", q->counts[FILTER_ASSIGNED]);
    return o;
}

char *view_event(struct arena *a, const struct viewer *v, const struct chat *c,
                 const struct entry *e)
{
    return envelope(a, entry_kind_name(e->kind), c->id, view_payload(v, c, e));
}

char *view_wait(struct arena *a, const char *chat_id, const struct wait *w)
{
    struct json *o = json_object();

    json_put_int(o, "position", w->position);
    put_wait(o, w);
    return envelope(a, "queue", chat_id, o);
}

char *view_typing(struct arena *a, const char *chat_id, const struct event *e)
{
    struct json *o = json_object();

    json_put_str(o, "userId", e->sender_id);
    json_put_str(o, "userName", e->sender_name);
    json_put_str(o, "role", role_name(e->role));
    json_put_bool(o, "isTyping", e->typing);
    return envelope(a, "typing", chat_id, o);
}

char *view_read(struct arena *a, const char *chat_id, const struct event *e)
{
    struct json *o = json_object();

    json_put_str(o, "userId", e->sender_id);
    json_put_str(o, "userName", e->sender_name);
    json_put_str(o, "role", role_name(e->role));
    json_put_str(o, "messageId", e->entry->id);
    return envelope(a, "read", chat_id, o);
}

char *view_delta(struct arena *a, const char *chat_id, const char *message_id, const char *name,
                 const char *text)
{
    struct json *o = json_object();

    json_put_str(o, "messageId", message_id);
    json_put_str(o, "name", name);
    json_put_str(o, "text", text);
    return envelope(a, "ai_delta", chat_id, o);
}

char *view_ai_error(struct arena *a, const char *chat_id, const struct event *e)
{
    struct json *o = json_object();

    json_put_str(o, "messageId", e->message_id);
    json_put_str(o, "code", e->why);
    return envelope(a, "ai_error", chat_id, o);
}
