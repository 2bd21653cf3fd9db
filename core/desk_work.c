#include "core/desk_own.h"

#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- pieces ------------------------------------------------------------------------------------
 */

#define NOTE_PAYLOAD "<note xmlns='urn:parley:note:0'/>"

static const struct agent *self(const struct op *op)
{
    return directory_by_id(op->room->desk->directory, op->who.id);
}

bool op_is_supervisor(const struct op *op)
{
    const struct agent *a = op->who.kind == WHO_AGENT ? self(op) : NULL;

    return op->who.kind == WHO_SYSTEM || (a && a->role == AGENT_SUPERVISOR);
}

static bool is_assigned(const struct op *op)
{
    return strcmp(op->room->chat->assigned_to, op->who.id) == 0 && *op->who.id;
}

bool chat_is_offered(const struct room *r, const char *agent_id)
{
    return *agent_id && strcmp(r->chat->offered_to, agent_id) == 0 &&
           (r->chat->state == CHAT_LIVE || r->chat->state == CHAT_WAITING);
}

struct entry *chat_note(struct op *op, struct change *c, const struct agent *agent,
                        const char *text)
{
    struct entry *e = chat_entry(op, c, ENTRY_NOTE, agent ? ROLE_AGENT : ROLE_SYSTEM,
                                 arena_printf(c->arena, "[note] %s", text));

    e->audience = AUDIENCE_STAFF;
    e->payload = NOTE_PAYLOAD;
    if (agent) {
        e->sender_id = arena_dup(c->arena, agent->id);
        e->sender_name = arena_dup(c->arena, agent->name);
        e->data = chat_agent_data(c, agent->id, agent->name);
    }
    return e;
}

/* name: of the assigned agent when the directory does not know it any more. */
static void speakers_leave(struct op *op, struct change *c, const char *name, const char *but)
{
    const struct directory *d = op->room->desk->directory;
    size_t n = 0;
    const char **ids = room_speakers(op->room, c->arena, &n);

    for (size_t i = 0; i < n; i++) {
        const struct agent *a = directory_by_id(d, ids[i]);

        if (strcmp(ids[i], but) == 0)
            continue;
        chat_person(op, c, ENTRY_AGENT_LEFT, ids[i], a ? a->name : name ? name : "Support");
    }
}

void chat_take(struct op *op, struct change *c, const struct agent *agent)
{
    if (op->room->chat->state == CHAT_LIVE)
        speakers_leave(op, c, NULL, agent->id);
    chat_claim(op, c, agent);
}

void chat_release(struct op *op, struct change *c, const char *name)
{
    struct chat *chat = chat_alter(op, c);
    size_t n = 0;
    const char **ids = room_speakers(op->room, c->arena, &n);
    struct participant *p = arena_array(c->arena, struct participant, n + 1);

    speakers_leave(op, c, name, "");
    for (size_t i = 0; i < n; i++)
        p[i].agent_id = ids[i];
    c->participants = p;
    c->n_participants = n;
    chat->state = CHAT_WAITING;
    chat->assigned_to = "";
    chat->assigned_ms = chat->away_ms = 0;
    chat->queued_ms = desk_steady(op->room->desk);
    chat_unoffer(chat);
}

/* May this agent work on the chat, which is open? Ends the op when not. */
static bool work_may(struct op *op)
{
    enum err e =
        op->who.kind == WHO_SYSTEM ? op_may(op, ACTION_READ) : op_may_as_agent(op, ACTION_ENTER);

    if (e == OK && op->room->chat->state == CHAT_CLOSED)
        e = ERR_CLOSED;
    if (e == OK)
        return true;
    op_done(op, e, NULL);
    return false;
}

static void unchanged(struct op *op)
{
    struct desk_answer same = {.unchanged = true};

    op_done(op, OK, &same);
}

/* A line of free text that was given along, "" none. Ends the op when it cannot be used. */
static bool line_ok(struct op *op, const char **text, size_t max)
{
    if (strlen(*text) > max || !text_ok(*text, strlen(*text))) {
        op_refuse(op, ERR_INVALID, "text",
                  "This text is too long, or holds a forbidden character.");
        return false;
    }
    *text = text_body(op->arena, *text);
    return true;
}

static struct op *work_new(struct desk *d, const struct principal *who, const char *chat,
                           void (*run)(struct op *op), desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);

    op->run = run;
    op->applied = chat_applied;
    return op;
}

/* ---- release -----------------------------------------------------------------------------------
 */

#define REASON_MAX 500

static void drop_voice(struct op *op, const struct agent *agent)
{
    struct change *c = op_change(op);
    struct participant *p = arena_new_of(c->arena, struct participant);

    p->agent_id = arena_dup(c->arena, agent->id);
    c->participants = p;
    c->n_participants = 1;
    chat_person(op, c, ENTRY_AGENT_LEFT, agent->id, agent->name);
    op_submit(op, c);
}

static void release_run(struct op *op)
{
    const char *reason = op->call;
    struct change *c;

    if (!work_may(op) || !line_ok(op, &reason, REASON_MAX))
        return;
    if (op->room->chat->state == CHAT_WAITING) {
        unchanged(op);
        return;
    }
    if (!is_assigned(op) && !op_is_supervisor(op)) {
        if (room_is_speaker(op->room, op->who.id))
            drop_voice(op, self(op));
        else
            op_refuse(op, ERR_FORBIDDEN, "", "This chat is not yours.");
        return;
    }
    c = op_change(op);
    if (*reason)
        (void)chat_note(op, c, self(op), arena_printf(c->arena, "Gives the chat back: %s", reason));
    chat_release(op, c, NULL);
    op_submit(op, c);
}

void desk_release(struct desk *d, const struct principal *who, const char *chat, const char *reason,
                  desk_fn *done, void *ctx)
{
    struct op *op = work_new(d, who, chat, release_run, done, ctx);

    op->call = arena_dup(op->arena, reason);
    op_enter(op);
}

/* ---- voice -------------------------------------------------------------------------------------
 */

struct voice_call {
    const char *agent_id;
    bool on;
};

static void give_voice(struct op *op, const struct agent *agent)
{
    struct change *c = op_change(op);
    struct participant *p = arena_new_of(c->arena, struct participant);

    *p = (struct participant){.agent_id = arena_dup(c->arena, agent->id), .speaker = true};
    c->participants = p;
    c->n_participants = 1;
    chat_person(op, c, ENTRY_AGENT_JOINED, agent->id, agent->name);
    op_submit(op, c);
}

enum err work_may_voice(const struct op *op, const struct agent *agent, bool on, bool *alters,
                        const char **why)
{
    const struct room *r = op->room;
    bool mine = strcmp(agent->id, op->who.id) == 0;
    size_t n = 0;

    *alters = false;
    if (r->chat->state != CHAT_LIVE) {
        *why = "Nobody has this chat yet: claim it.";
        return ERR_INVALID;
    }
    if (room_is_speaker(r, agent->id) == on)
        return OK;
    *alters = true;
    if (!op_is_supervisor(op) && !is_assigned(op) && (on || !mine))
        return ERR_FORBIDDEN;
    if (on && desk_excluded(r->desk, r->id, agent->id)) {
        *why = "This agent is shut out of the chat.";
        return ERR_FORBIDDEN;
    }
    (void)room_speakers(r, op->arena, &n);
    if (on && n >= CHAT_SPEAKERS_MAX) {
        *why = "Too many agents speak in this chat.";
        return ERR_BUSY;
    }
    if (!on && strcmp(r->chat->assigned_to, agent->id) == 0) {
        *why = "This agent has the chat: release or transfer it.";
        return ERR_CONFLICT;
    }
    return OK;
}

static void voice_run(struct op *op)
{
    const struct voice_call *call = op->call;
    struct room *r = op->room;
    const struct agent *agent = directory_by_id(r->desk->directory, call->agent_id);
    const char *why = "";
    bool alters = false;
    enum err e;

    if (!work_may(op))
        return;
    if (!agent || strcmp(agent->organization, r->chat->organization) != 0) {
        op_refuse(op, ERR_NOT_FOUND, "agent", "There is no such agent.");
        return;
    }
    e = work_may_voice(op, agent, call->on, &alters, &why);
    if (e != OK)
        op_refuse(op, e, "", why);
    else if (!alters)
        unchanged(op);
    else if (call->on)
        give_voice(op, agent);
    else
        drop_voice(op, agent);
}

void desk_voice(struct desk *d, const struct principal *who, const char *chat, const char *agent_id,
                bool on, desk_fn *done, void *ctx)
{
    struct op *op = work_new(d, who, chat, voice_run, done, ctx);
    struct voice_call *call = arena_new_of(op->arena, struct voice_call);

    call->agent_id = arena_dup(op->arena, agent_id);
    call->on = on;
    op->call = call;
    op_enter(op);
}

/* ---- observe -----------------------------------------------------------------------------------
 */

static void observe_run(struct op *op)
{
    struct change *c;
    struct participant *p;

    if (!work_may(op))
        return;
    if (op->room->chat->state == CHAT_LIVE && room_is_speaker(op->room, op->who.id)) {
        if (is_assigned(op))
            op_refuse(op, ERR_CONFLICT, "", "You have this chat: release or transfer it first.");
        else
            drop_voice(op, self(op));
        return;
    }
    if (room_was_here(op->room, op->who.id)) {
        unchanged(op);
        return;
    }
    /* who has been there does not claim by joining */
    c = op_change(op);
    p = arena_new_of(c->arena, struct participant);
    p->agent_id = arena_dup(c->arena, op->who.id);
    c->participants = p;
    c->n_participants = 1;
    op_submit(op, c);
}

void desk_observe(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                  void *ctx)
{
    op_enter(work_new(d, who, chat, observe_run, done, ctx));
}

/* ---- offers ------------------------------------------------------------------------------------
 */

struct offer_call {
    const char *to, *reason;
};

static void offer_applied(struct op *op, struct change *c)
{
    const struct agent *by = self(op);
    struct event e = {.kind = EVENT_OFFERED, .room = op->room, .room_id = op->room->id};

    chat_apply(op->room, c);
    op_answer(op, OK, NULL);
    chat_publish(op->room, c);
    e.agent_id = c->chat->offered_to;
    e.sender_name = by ? by->name : "";
    e.why = ((const struct offer_call *)op->call)->reason;
    bus_publish(op->room->desk->bus, &e);
    op_end(op);
}

static void offer_store(struct op *op, const struct agent *to)
{
    const struct offer_call *call = op->call;
    struct change *c = op_change(op);
    struct chat *chat = chat_alter(op, c);

    chat->offered_to = arena_dup(c->arena, to->id);
    chat->offered_by = arena_dup(c->arena, op->who.id);
    chat->offered_ms = desk_steady(op->room->desk);
    (void)chat_note(op, c, self(op),
                    arena_printf(c->arena, "Offers the chat to %s%s%s", to->name,
                                 *call->reason ? ": " : "", call->reason));
    op_submit(op, c);
}

static void offer_run(struct op *op)
{
    struct offer_call *call = op->call;
    struct room *r = op->room;
    const struct agent *to = directory_by_id(r->desk->directory, call->to);

    if (!work_may(op) || !line_ok(op, &call->reason, REASON_MAX))
        return;
    if (!to || strcmp(to->organization, r->chat->organization) != 0)
        op_refuse(op, ERR_NOT_FOUND, "agent", "There is no such agent.");
    else if (r->chat->state == CHAT_LIVE && !is_assigned(op) && !op_is_supervisor(op))
        op_refuse(op, ERR_FORBIDDEN, "", "This chat is not yours.");
    else if (strcmp(r->chat->assigned_to, to->id) == 0)
        op_refuse(op, ERR_CONFLICT, "agent", "This agent has the chat.");
    else if (desk_excluded(r->desk, r->id, to->id))
        op_refuse(op, ERR_FORBIDDEN, "agent", "This agent is shut out of the chat.");
    else
        offer_store(op, to);
}

void desk_offer(struct desk *d, const struct principal *who, const char *chat, const char *agent_id,
                const char *reason, desk_fn *done, void *ctx)
{
    struct op *op = work_new(d, who, chat, offer_run, done, ctx);
    struct offer_call *call = arena_new_of(op->arena, struct offer_call);

    call->to = arena_dup(op->arena, agent_id);
    call->reason = arena_dup(op->arena, reason);
    op->call = call;
    op->applied = offer_applied;
    op_enter(op);
}

struct unoffer_call {
    const char *why, *by;
};

static void unoffer_applied(struct op *op, struct change *c)
{
    const struct unoffer_call *call = op->call;
    struct event e = {.kind = EVENT_OFFER_OVER, .room = op->room, .room_id = op->room->id};

    chat_apply(op->room, c);
    op_answer(op, OK, NULL);
    chat_publish(op->room, c);
    e.agent_id = call->by;
    e.why = call->why;
    bus_publish(op->room->desk->bus, &e);
    op_end(op);
}

static void unoffer_run(struct op *op)
{
    struct unoffer_call *call = op->call;
    const struct chat *chat = op->room->chat;
    const struct agent *to;
    const char *name;
    struct change *c;
    bool mine;

    if (!work_may(op))
        return;
    if (!*chat->offered_to) {
        op_refuse(op, ERR_INVALID, "", "This chat is offered to nobody.");
        return;
    }
    mine = strcmp(chat->offered_to, op->who.id) == 0;
    if (!mine && strcmp(chat->offered_by, op->who.id) != 0 && !op_is_supervisor(op)) {
        op_refuse(op, ERR_FORBIDDEN, "", "This chat is offered to somebody else.");
        return;
    }
    to = directory_by_id(op->room->desk->directory, chat->offered_to);
    name = to ? to->name : "The agent";
    call->by = arena_dup(op->arena, chat->offered_by);
    call->why = op->who.kind == WHO_SYSTEM
                    ? arena_printf(op->arena, "%s did not answer the offer", name)
                : mine ? arena_printf(op->arena, "%s declines the offer", name)
                       : arena_printf(op->arena, "The offer to %s is withdrawn", name);
    c = op_change(op);
    chat_unoffer(chat_alter(op, c));
    (void)chat_note(op, c, NULL, arena_dup(c->arena, call->why));
    op->applied = unoffer_applied;
    op_submit(op, c);
}

void desk_offer_end(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                    void *ctx)
{
    struct op *op = work_new(d, who, chat, unoffer_run, done, ctx);

    op->call = arena_new_of(op->arena, struct unoffer_call);
    op_enter(op);
}

/* ---- notes -------------------------------------------------------------------------------------
 */

struct note_call {
    const char *text, *stanza_id;
};

static void note_run(struct op *op)
{
    struct note_call *call = op->call;
    enum err e = op_may_as_agent(op, ACTION_ENTER);
    struct change *c;
    struct entry *n;

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (op->room->chat->erased_ms > 0) {
        op_done(op, ERR_CLOSED, NULL);
        return;
    }
    if (!line_ok(op, &call->text, DESK_TEXT_MAX - 16) || !chat_key_ok(op))
        return;
    if (!*call->text) {
        op_refuse(op, ERR_INVALID, "text", "The note is empty.");
        return;
    }
    c = op_change(op);
    n = chat_note(op, c, self(op), call->text);
    n->client_id = arena_dup(c->arena, op->key);
    n->stanza_id = arena_dup(c->arena, call->stanza_id);
    chat_key(op, c, "note", call->text);
    op_submit(op, c);
}

void desk_note(struct desk *d, const struct principal *who, const char *chat, const char *text,
               const char *stanza_id, const char *key, desk_fn *done, void *ctx)
{
    struct op *op = work_new(d, who, chat, note_run, done, ctx);
    struct note_call *call = arena_new_of(op->arena, struct note_call);

    call->text = arena_dup(op->arena, text);
    call->stanza_id = arena_dup(op->arena, stanza_id);
    op->key = arena_dup(op->arena, key);
    op->call = call;
    op->plain = op_always_plain;
    op_enter(op);
}

/* ---- reopen ------------------------------------------------------------------------------------
 */

static void reopen_run(struct op *op)
{
    enum err e = op_may_as_agent(op, ACTION_ENTER);
    struct change *c;

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (op->room->chat->state != CHAT_CLOSED) {
        unchanged(op);
        return;
    }
    if (op->room->chat->erased_ms > 0) {
        op_refuse(op, ERR_CLOSED, "", "This chat is erased.");
        return;
    }
    c = op_change(op);
    chat_reopen(op, c);
    op_submit(op, c);
}

void desk_reopen(struct desk *d, const struct principal *who, const char *chat, desk_fn *done,
                 void *ctx)
{
    op_enter(work_new(d, who, chat, reopen_run, done, ctx));
}
