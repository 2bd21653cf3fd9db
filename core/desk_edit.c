#include "core/desk_own.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <string.h>

/* What speaks of an entry that is there already: corrections, retractions, reactions, and how far
 * somebody has read. Each reads the entry first, decides on it, and stores; nothing else of the
 * room goes on meanwhile. */

struct edit_call {
    struct edit edit;
    enum entry_kind kind;
    const struct entry *target;    /* NULL: it speaks of no other */
    void (*decide)(struct op *op); /* target is there */
};

static void no_such_message(struct op *op)
{
    op_refuse(op, ERR_NOT_FOUND, "ref", "There is no such message.");
}

/* ---- finding it --------------------------------------------------------------------------------
 */

static void find(struct op *op, const char *id);

static void target_failed(struct op *op, enum err e)
{
    if (e == ERR_NOT_FOUND)
        no_such_message(op);
    else
        op_done(op, e, NULL);
}

/* Some clients name the last correction instead of the message. XEP-0308 #rules */
static void target_read(struct op *op, struct query *q)
{
    struct edit_call *call = op->call;
    const struct entry *e = &q->entries[0];

    if (e->kind == ENTRY_EDITED && *e->ref && call->kind == ENTRY_EDITED) {
        find(op, arena_dup(op->arena, e->ref));
        return;
    }
    if (e->kind != ENTRY_MESSAGE && e->kind != ENTRY_NOTE &&
        !(e->kind == ENTRY_PAYLOAD && call->kind == ENTRY_DELETED)) {
        no_such_message(op);
        return;
    }
    call->target = entry_dup(op->arena, e);
    call->decide(op);
}

static void find(struct op *op, const char *id)
{
    const struct edit_call *call = op->call;
    struct query *q = query_new(QUERY_ENTRY, NULL, NULL);

    q->room = arena_dup(q->arena, op->room->id);
    q->id = arena_dup(q->arena, id);
    q->stanza_id = arena_dup(q->arena, call->edit.ref_stanza);
    q->sender_id = arena_dup(q->arena, op->who.id);
    op_read_or(op, q, target_read, target_failed);
}

static enum err may_edit(const struct op *op)
{
    const struct room *r = op->room;
    enum err e = op_may_as_agent(op, ACTION_WRITE);

    if (e == OK && *op->address && !room_has(r, op->who.id, op->address))
        e = ERR_NOT_OCCUPANT;
    return e == OK && r->chat->state == CHAT_CLOSED ? ERR_CLOSED : e;
}

static enum err staff_may_edit(const struct op *op)
{
    enum err e = staff_visible(op);
    const struct occupant *o;

    if (e != OK)
        return e;
    o = staff_actor_of(op).occupant;
    if (!o)
        return ERR_NOT_OCCUPANT;
    return o->role >= ROOM_PARTICIPANT ? OK : ERR_FORBIDDEN;
}

static bool may_moderate(const struct op *op)
{
    const struct agent *agent = directory_by_id(op->room->desk->directory, op->who.id);
    const struct occupant *o = op->who.kind == WHO_PERSON ? staff_actor_of(op).occupant
                                                          : room_occupant(op->room, op->who.id);

    return (agent && agent->role == AGENT_SUPERVISOR) || (o && o->role == ROOM_MODERATOR);
}

static void edit_run(struct op *op)
{
    const struct edit_call *call = op->call;
    enum err e = op->who.kind == WHO_PERSON ? staff_may_edit(op) : may_edit(op);

    if (e == OK && call->edit.moderate && !may_moderate(op)) {
        op_refuse(op, ERR_FORBIDDEN, "", "Only moderators may do that.");
        return;
    }
    if (e != OK)
        op_done(op, e, NULL);
    else if (call->kind == ENTRY_PAYLOAD)
        call->decide(op);
    else if (!*call->edit.ref && !*call->edit.ref_stanza)
        no_such_message(op);
    else
        find(op, call->edit.ref);
}

/* ---- storing ----------------------------------------------------------------------------------
 */

static void edit_applied(struct op *op, struct change *c)
{
    struct desk_answer a = {
        .entries = c->entries, .n_entries = c->n_entries, .replayed = c->replayed};

    if (op->room->staff)
        (void)staff_apply(op->room, c);
    else
        chat_apply(op->room, c);
    op_answer(op, OK, &a);
    if (op->room->staff)
        staff_publish(op->room, c);
    else
        chat_publish(op->room, c);
    op_end(op);
}

/* Does what this agent says now reach the customer? */
static bool speaks(const struct op *op)
{
    const struct room *r = op->room;

    return r->chat && r->chat->state == CHAT_LIVE && room_is_speaker(r, op->who.id);
}

static struct entry *edit_entry(struct op *op, struct change *c, const char *text,
                                enum audience audience)
{
    const struct edit_call *call = op->call;
    const struct agent *agent = directory_by_id(op->room->desk->directory, op->who.id);
    struct entry *e = chat_entry(op, c, call->kind, ROLE_AGENT, text);

    if (call->target)
        memcpy(e->ref, call->target->id, sizeof(e->ref));
    e->audience = audience;
    e->sender_id = arena_dup(c->arena, op->who.id);
    e->sender_name = arena_dup(c->arena, agent ? agent->name : staff_actor_of(op).name);
    e->client_id = arena_dup(c->arena, op->key);
    e->stanza_id = arena_dup(c->arena, call->edit.stanza_id);
    e->payload = arena_dup(c->arena, call->edit.payload);
    return e;
}

static bool is_mine(const struct op *op)
{
    const struct entry *e = ((const struct edit_call *)op->call)->target;

    return e->role == ROLE_AGENT && strcmp(e->sender_id, op->who.id) == 0;
}

/* ---- correction --------------------------------------------------------------------------------
 */

static bool check_text(struct op *op)
{
    struct edit *edit = &((struct edit_call *)op->call)->edit;
    size_t len = strlen(edit->text);

    if (len > DESK_TEXT_MAX || strlen(edit->shown) > DESK_TEXT_MAX) {
        op_refuse(op, ERR_TOO_LARGE, "content", "The text is too long.");
        return false;
    }
    if (!text_ok(edit->text, len) || !text_ok(edit->shown, strlen(edit->shown))) {
        op_refuse(op, ERR_TEXT, "content", "The text holds a character that cannot be shown.");
        return false;
    }
    edit->text = text_body(op->arena, edit->text);
    edit->shown = text_body(op->arena, edit->shown);
    if (!*edit->text) {
        op_refuse(op, ERR_INVALID, "content", "The text is empty.");
        return false;
    }
    return chat_key_ok(op);
}

/* The audience of what was said does not change by correcting it: a note remains a note. And what
 * reaches the customer needs a speaker also the second time. */
static void correct_decide(struct op *op)
{
    const struct edit_call *call = op->call;
    const struct edit *edit = &call->edit;
    enum audience audience = call->target->audience;
    struct change *c;
    struct amend *amend;
    struct entry *e;

    if (!is_mine(op) || call->target->deleted_ms > 0) {
        no_such_message(op);
        return;
    }
    if (audience == AUDIENCE_PUBLIC && !speaks(op)) {
        op_done(op, ERR_FORBIDDEN, NULL);
        return;
    }
    if (!check_text(op))
        return;
    c = op_change(op);
    amend = arena_new_of(c->arena, struct amend);
    e = edit_entry(op, c, edit->text, audience);
    e->shown = arena_dup(c->arena, edit->shown);
    amend->id = arena_dup(c->arena, call->target->id);
    amend->shown = arena_dup(c->arena, entry_shown(e));
    c->amend = amend;
    chat_key(op, c, "correct", edit->text);
    op_submit(op, c);
}

/* ---- retraction and moderation -----------------------------------------------------------------
 */

static const char *reason_data(struct arena *a, const char *reason)
{
    struct json *o;
    const char *text;

    if (!*reason)
        return "";
    o = json_object();
    json_put_str(o, "reason", reason);
    text = json_print(a, o);
    json_free(o);
    return text;
}

static void retract_decide(struct op *op)
{
    const struct edit_call *call = op->call;
    const struct edit *edit = &call->edit;
    struct desk_answer same = {.unchanged = true};
    struct change *c;
    struct amend *amend;
    struct entry *e;

    if (!edit->moderate && !is_mine(op)) {
        no_such_message(op);
        return;
    }
    if (call->target->deleted_ms > 0) {
        op_done(op, OK, &same);
        return;
    }
    c = op_change(op);
    amend = arena_new_of(c->arena, struct amend);
    e = edit_entry(op, c, "", call->target->audience);
    e->role = edit->moderate ? ROLE_SYSTEM : ROLE_AGENT;
    e->data = reason_data(c->arena, edit->reason);
    amend->id = arena_dup(c->arena, call->target->id);
    amend->erase = true;
    amend->shown = "";
    amend->payload = arena_dup(c->arena, edit->tombstone);
    c->amend = amend;
    op_submit(op, c);
}

/* ---- reactions ---------------------------------------------------------------------------------
 */

static void react_decide(struct op *op)
{
    const struct edit_call *call = op->call;
    const struct edit *edit = &call->edit;
    bool public = call->target->audience == AUDIENCE_PUBLIC && speaks(op);
    struct json *o = json_object(), *list = json_array();
    struct change *c = op_change(op);
    const char *text = "";
    struct entry *e;

    for (size_t i = 0; i < edit->n_reactions; i++) {
        json_add_str(list, edit->reactions[i]);
        text = arena_printf(c->arena, "%s%s%s", text, *text ? " " : "", edit->reactions[i]);
    }
    json_put(o, "reactions", list);
    e = edit_entry(op, c, text, public ? AUDIENCE_PUBLIC : AUDIENCE_STAFF);
    e->data = json_print(c->arena, o);
    json_free(o);
    op_submit(op, c);
}

/* ---- payloads ---------------------------------------------------------------------------------
 */

static void keep_decide(struct op *op)
{
    const struct edit_call *call = op->call;
    struct change *c;

    if (!chat_key_ok(op))
        return;
    c = op_change(op);
    (void)edit_entry(op, c, "", AUDIENCE_STAFF);
    chat_key(op, c, "keep", call->edit.payload);
    op_submit(op, c);
}

/* ---- calls ------------------------------------------------------------------------------------
 */

static void enter(struct desk *d, const struct principal *who, const char *chat,
                  const struct edit *edit, enum entry_kind kind, void (*decide)(struct op *op),
                  desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct edit_call *call = arena_new_of(op->arena, struct edit_call);
    const char **reactions = arena_array(op->arena, const char *, edit->n_reactions + 1);

    for (size_t i = 0; i < edit->n_reactions; i++)
        reactions[i] = arena_dup(op->arena, edit->reactions[i]);
    call->edit = (struct edit){.ref = arena_dup(op->arena, edit->ref),
                               .ref_stanza = arena_dup(op->arena, edit->ref_stanza),
                               .text = arena_dup(op->arena, edit->text),
                               .shown = arena_dup(op->arena, edit->shown),
                               .stanza_id = arena_dup(op->arena, edit->stanza_id),
                               .payload = arena_dup(op->arena, edit->payload),
                               .tombstone = arena_dup(op->arena, edit->tombstone),
                               .reason = arena_dup(op->arena, edit->reason),
                               .moderate = edit->moderate,
                               .reactions = reactions,
                               .n_reactions = edit->n_reactions};
    call->kind = kind;
    call->decide = decide;
    op->key = arena_dup(op->arena, edit->key);
    op->call = call;
    op->address = arena_dup(op->arena, edit->address);
    op->run = edit_run;
    op->applied = edit_applied;
    op_enter(op);
}

void desk_correct(struct desk *d, const struct principal *who, const char *chat,
                  const struct edit *edit, desk_fn *done, void *ctx)
{
    enter(d, who, chat, edit, ENTRY_EDITED, correct_decide, done, ctx);
}

void desk_retract(struct desk *d, const struct principal *who, const char *chat,
                  const struct edit *edit, desk_fn *done, void *ctx)
{
    enter(d, who, chat, edit, ENTRY_DELETED, retract_decide, done, ctx);
}

void desk_react(struct desk *d, const struct principal *who, const char *chat,
                const struct edit *edit, desk_fn *done, void *ctx)
{
    enter(d, who, chat, edit, ENTRY_REACTION, react_decide, done, ctx);
}

void desk_keep(struct desk *d, const struct principal *who, const char *chat,
               const struct edit *edit, desk_fn *done, void *ctx)
{
    enter(d, who, chat, edit, ENTRY_PAYLOAD, keep_decide, done, ctx);
}

/* ---- read -------------------------------------------------------------------------------------
 */

struct read_call {
    const char *id, *address;
    const struct entry *entry;
};

static void read_applied(struct op *op, struct change *c)
{
    struct room *r = op->room;
    const struct read_call *call = op->call;
    bool customer = op->who.kind == WHO_CUSTOMER;
    const struct agent *agent = customer ? NULL : directory_by_id(r->desk->directory, op->who.id);
    struct event e = {.kind = EVENT_READ, .room = r, .room_id = r->id, .entry = call->entry};

    (void)c;
    e.role = customer ? ROLE_USER : ROLE_AGENT;
    e.sender_id = op->who.id;
    e.sender_name = customer ? chat_customer_name(r->chat) : agent ? agent->name : "";
    e.to_customer = customer || speaks(op);
    e.reflected = *call->address != '\0';
    op_answer(op, OK, NULL);
    bus_publish(r->desk->bus, &e);
    op_end(op);
}

static void read_found(struct op *op, struct query *q)
{
    struct read_call *call = op->call;
    const struct entry *e = &q->entries[0];
    struct desk_answer same = {.unchanged = true};
    struct reader *reader;
    struct change *c;

    if (op->who.kind == WHO_CUSTOMER && e->audience != AUDIENCE_PUBLIC) {
        no_such_message(op);
        return;
    }
    if (e->seq <= q->read_seq) {
        op_done(op, OK, &same);
        return;
    }
    call->entry = entry_dup(op->arena, e);
    c = op_change(op);
    reader = arena_new_of(c->arena, struct reader);
    reader->id = arena_dup(c->arena, op->who.id);
    reader->seq = e->seq;
    c->reader = reader;
    op_submit(op, c);
}

static void read_run(struct op *op)
{
    const struct read_call *call = op->call;
    enum err e = op_may(op, op->who.kind == WHO_CUSTOMER ? ACTION_READ : ACTION_WRITE);
    struct query *q;

    if (e == OK && *call->address && !room_has(op->room, op->who.id, call->address))
        e = ERR_NOT_OCCUPANT;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!*call->id) {
        no_such_message(op);
        return;
    }
    q = query_new(QUERY_ENTRY, NULL, NULL);
    q->room = arena_dup(q->arena, op->room->id);
    q->id = arena_dup(q->arena, call->id);
    q->reader_id = arena_dup(q->arena, op->who.id);
    op_read_or(op, q, read_found, target_failed);
}

void desk_read(struct desk *d, const struct principal *who, const char *chat, const char *address,
               const char *id, desk_fn *done, void *ctx)
{
    struct op *op = op_new(d, chat, who, done, ctx);
    struct read_call *call = arena_new_of(op->arena, struct read_call);

    call->id = arena_dup(op->arena, id);
    call->address = arena_dup(op->arena, address);
    op->call = call;
    op->run = read_run;
    op->applied = read_applied;
    op_enter(op);
}
