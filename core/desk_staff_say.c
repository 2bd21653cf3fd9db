#include "core/desk_own.h"

#include "core/base/text.h"

#include <string.h>

struct say_call {
    const char *text, *stanza_id, *payload;
};

/* ---- messages ----------------------------------------------------------------------------------
 */

static struct entry *put_entry(struct op *op, struct change *c, enum entry_kind kind)
{
    const struct say_call *call = op->call;
    struct entry *e = chat_entry(op, c, kind, ROLE_AGENT, call->text);

    e->audience = AUDIENCE_STAFF;
    e->sender_id = arena_dup(c->arena, op->who.id);
    e->sender_name = arena_dup(c->arena, staff_actor_of(op).name);
    e->client_id = arena_dup(c->arena, op->key);
    e->stanza_id = arena_dup(c->arena, call->stanza_id);
    e->payload = arena_dup(c->arena, call->payload);
    return e;
}

static void said(struct op *op, struct change *c)
{
    struct desk_answer a = {
        .entries = c->entries, .n_entries = c->n_entries, .replayed = c->replayed};

    (void)staff_apply(op->room, c);
    op_answer(op, OK, &a);
    staff_publish(op->room, c);
    op_end(op);
}

static bool check_text(struct op *op, size_t max, bool empty)
{
    struct say_call *call = op->call;
    size_t len = strlen(call->text);
    enum err e = !text_ok(call->text, len) ? ERR_TEXT : len > max ? ERR_TOO_LARGE : OK;

    if (e == OK) {
        call->text = text_body(op->arena, call->text);
        if (!*call->text && !empty)
            e = ERR_INVALID;
    }
    if (e != OK)
        op_done(op, e, NULL);
    return e == OK;
}

/* XEP-0045 #message: of those present, who has a voice. */
static enum err may_speak(const struct op *op)
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

static void post_run(struct op *op)
{
    enum err e = may_speak(op);
    struct change *c;

    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!check_text(op, DESK_TEXT_MAX, false) || !chat_key_ok(op))
        return;
    c = op_change(op);
    (void)put_entry(op, c, ENTRY_MESSAGE);
    chat_key(op, c, "post", ((struct say_call *)op->call)->text);
    op_submit(op, c);
}

static bool post_plain(const struct op *op)
{
    return op->room->staff != NULL;
}

void desk_staff_post(struct desk *d, const char *jid, const char *room, const struct post *p,
                     desk_fn *done, void *ctx)
{
    struct op *op = staff_op(d, jid, room, p->address, done, ctx);
    struct say_call *call = arena_new_of(op->arena, struct say_call);

    call->text = arena_dup(op->arena, p->text);
    call->stanza_id = arena_dup(op->arena, p->stanza_id);
    call->payload = arena_dup(op->arena, p->payload);
    op->key = arena_dup(op->arena, p->key);
    op->call = call;
    op->run = post_run;
    op->applied = said;
    op->plain = post_plain;
    op_enter(op);
}

/* ---- subject -----------------------------------------------------------------------------------
 */

static void subject_run(struct op *op)
{
    struct say_call *call = op->call;
    enum err e = may_speak(op);
    struct change *c;
    struct staff *s;

    if (e == OK && staff_actor_of(op).occupant->role < ROOM_MODERATOR &&
        !op->room->staff->config.change_subject)
        e = ERR_FORBIDDEN;
    if (e != OK) {
        op_done(op, e, NULL);
        return;
    }
    if (!check_text(op, ROOM_TEXT_MAX * 2, true))
        return;
    c = op_change(op);
    s = staff_alter(op, c);
    s->subject = arena_dup(c->arena, call->text);
    s->subject_by = arena_dup(c->arena, staff_actor_of(op).name);
    s->subject_ms = c->now_ms;
    (void)put_entry(op, c, ENTRY_SUBJECT);
    op_submit(op, c);
}

void desk_staff_subject(struct desk *d, const char *jid, const char *room, const char *address,
                        const char *subject, const char *stanza_id, desk_fn *done, void *ctx)
{
    struct op *op = staff_op(d, jid, room, address, done, ctx);
    struct say_call *call = arena_new_of(op->arena, struct say_call);

    call->text = arena_dup(op->arena, subject);
    call->stanza_id = arena_dup(op->arena, stanza_id);
    call->payload = "";
    op->call = call;
    op->run = subject_run;
    op->applied = said;
    op_enter(op);
}
