#include "component/muc_own.h"

#include "core/base/text.h"

#include <string.h>

struct muc_out muc_out_new(struct muc_desk *m)
{
    return (struct muc_out){.arena = arena_new(),
                            .send = m->wire.send,
                            .send_each = m->wire.send_each,
                            .ctx = m->wire.self};
}

static const char *role_of(enum room_role r)
{
    switch (r) {
    case ROOM_NONE:
        return "none";
    case ROOM_VISITOR:
        return "visitor";
    case ROOM_PARTICIPANT:
        return "participant";
    case ROOM_MODERATOR:
        return "moderator";
    }
    return "none";
}

static const char *affiliation_of(enum affiliation a)
{
    switch (a) {
    case AFFILIATION_OUTCAST:
        return "outcast";
    case AFFILIATION_NONE:
        return "none";
    case AFFILIATION_MEMBER:
        return "member";
    case AFFILIATION_ADMIN:
        return "admin";
    case AFFILIATION_OWNER:
        return "owner";
    }
    return "none";
}

struct muc_occupant muc_occupant_of(struct arena *a, const struct occupant *o,
                                    const struct session *only)
{
    struct muc_session *s = arena_array(a, struct muc_session, o->n_sessions + 1);
    struct muc_occupant v = {.nick = o->nick,
                             .jid = o->jid,
                             .affiliation = affiliation_of(o->affiliation),
                             .role = role_of(o->role),
                             .sessions = s};

    for (size_t i = 0; i < o->n_sessions && !only; i++)
        s[v.n_sessions++] = (struct muc_session){
            .address = o->sessions[i]->kind == SESSION_XMPP ? o->sessions[i]->address : "",
            .presence = o->sessions[i]->presence};
    if (only)
        s[v.n_sessions++] = (struct muc_session){
            .address = only->kind == SESSION_XMPP ? only->address : "", .presence = only->presence};
    return v;
}

/* The customer and the assistant have addresses of their own on our domain, so that clients which
 * look for OMEMO keys of every member find none, and do not encrypt what a browser must read. */
static const char *virtual_jid(struct muc_desk *m, struct arena *a, const struct room *r,
                               const char *prefix)
{
    return arena_printf(a, "%s-%s@%s", prefix, room_chat(r)->id, m->service.domain);
}

static const char *subject_of(struct arena *a, const struct chat *c)
{
    const char *dash = *c->escalation_reason ? " - " : "";

    switch (c->state) {
    case CHAT_WAITING:
        return arena_printf(a, "Waiting%s%s", dash, c->escalation_reason);
    case CHAT_LIVE:
        return arena_printf(a, "Live%s%s", dash, c->escalation_reason);
    case CHAT_CLOSED:
        return "Closed";
    case CHAT_ASSISTANT:
        return "";
    }
    return "";
}

/* Supervisors moderate whether they speak or not; the hat says it. */
static unsigned hats_of(const struct room *r, const struct occupant *o)
{
    bool live = room_chat(r)->state == CHAT_LIVE;
    unsigned hats = o->affiliation == AFFILIATION_ADMIN ? MUC_HAT_SUPERVISOR : 0;

    if (live && strcmp(room_chat(r)->assigned_to, o->agent_id) == 0)
        hats |= MUC_HAT_ASSIGNED;
    else if (live && !room_is_speaker(r, o->agent_id))
        hats |= MUC_HAT_OBSERVER;
    return hats;
}

struct muc_room *muc_view(struct muc_desk *m, struct arena *a, const struct room *r)
{
    size_t n = 0;
    const struct occupant *const *list = room_occupants(r, &n);
    struct muc_room *v;
    struct muc_occupant *o = arena_array(a, struct muc_occupant, n + 2);
    const struct chat *c = room_chat(r);

    if (room_staff(r))
        return muc_staff_view(a, r);
    v = arena_new_of(a, struct muc_room);
    v->local = c->id;
    v->title = room_customer_nick(r);
    v->subject = subject_of(a, c);
    v->subject_ms =
        desk_wall(m->desk, c->assigned_ms > c->queued_ms ? c->assigned_ms : c->queued_ms);
    v->occupants = o;
    o[v->n_occupants++] =
        (struct muc_occupant){.nick = room_customer_nick(r),
                              .jid = virtual_jid(m, a, r, "c"),
                              .affiliation = "member",
                              .role = "participant",
                              .hats = MUC_HAT_CUSTOMER | (*c->external_id ? MUC_HAT_VERIFIED : 0),
                              .picture = "customer.png"};
    o[v->n_occupants++] = (struct muc_occupant){.nick = desk_assistant_nick(m->desk),
                                                .jid = virtual_jid(m, a, r, "a"),
                                                .affiliation = "member",
                                                .role = "visitor",
                                                .hats = MUC_HAT_ASSISTANT,
                                                .picture = "assistant.png"};
    for (size_t i = 0; i < n; i++) {
        o[v->n_occupants] = muc_occupant_of(a, list[i], NULL);
        o[v->n_occupants++].hats = hats_of(r, list[i]);
    }
    return v;
}

struct muc_room *muc_audience(struct arena *a, const struct room *r)
{
    size_t n = 0, all = 0;
    const struct occupant *const *list = room_occupants(r, &n);
    struct muc_room *v = arena_new_of(a, struct muc_room);
    struct muc_occupant *everybody = arena_new_of(a, struct muc_occupant);
    struct muc_session *s;

    for (size_t i = 0; i < n; i++)
        all += list[i]->n_sessions;
    s = arena_array(a, struct muc_session, all + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < list[i]->n_sessions; k++)
            if (list[i]->sessions[k]->kind == SESSION_XMPP)
                s[everybody->n_sessions++].address = list[i]->sessions[k]->address;
    everybody->sessions = s;
    v->local = room_id(r);
    v->occupants = everybody;
    v->n_occupants = 1;
    return v;
}

/* A file that a page sent (files_data in core/desk_files.c). One that a client sent says so itself.
 */
static bool is_file(const struct entry *e)
{
    static const char begin[] = "{\"attachments\":";

    return e->kind == ENTRY_MESSAGE && *e->payload == 0 && e->deleted_ms == 0 &&
           strncmp(e->data, begin, sizeof(begin) - 1) == 0;
}

static const char *payload_of(struct arena *a, const struct entry *e)
{
    if (e->deleted_ms > 0 && !*e->payload)
        return muc_erased(a, e->deleted_ms);
    return is_file(e) ? muc_oob(a, e->text) : e->payload;
}

void muc_line_of(struct muc_desk *m, struct arena *a, const struct room *r, const struct entry *e,
                 struct muc_line *out)
{
    const struct agent *agent;

    *out = (struct muc_line){.id = e->id,
                             .nick = "",
                             .jid = "",
                             .stanza_id = e->stanza_id,
                             .body = e->text,
                             .payload = payload_of(a, e),
                             .created_ms = e->created_ms,
                             .is_subject = e->kind == ENTRY_SUBJECT};
    if (room_staff(r)) {
        muc_staff_line(e, out);
        return;
    }
    switch (e->role) {
    case ROLE_USER:
        out->nick = room_customer_nick(r);
        out->jid = virtual_jid(m, a, r, "c");
        break;
    case ROLE_ASSISTANT:
        out->nick = desk_assistant_nick(m->desk);
        out->jid = virtual_jid(m, a, r, "a");
        break;
    case ROLE_AGENT:
        agent = directory_by_id(desk_directory(m->desk), e->sender_id);
        out->nick = text_nick(a, e->sender_name);
        out->jid = agent ? agent->jid : "";
        break;
    case ROLE_SYSTEM:
        break;
    }
}

bool muc_index(const struct muc_room *v, const char *address, size_t *occupant, size_t *session)
{
    for (size_t i = 0; i < v->n_occupants; i++) {
        for (size_t k = 0; k < v->occupants[i].n_sessions; k++) {
            if (strcmp(v->occupants[i].sessions[k].address, address) == 0) {
                *occupant = i;
                *session = k;
                return true;
            }
        }
    }
    return false;
}

bool muc_index_nick(const struct muc_room *v, const char *nick, size_t *occupant)
{
    for (size_t i = 0; i < v->n_occupants; i++) {
        if (strcmp(v->occupants[i].nick, nick) == 0) {
            *occupant = i;
            return true;
        }
    }
    return false;
}

bool muc_has_xmpp(const struct room *r)
{
    size_t n = 0;
    const struct occupant *const *list = room_occupants(r, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < list[i]->n_sessions; k++)
            if (list[i]->sessions[k]->kind == SESSION_XMPP)
                return true;
    return false;
}
