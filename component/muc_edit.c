#include "component/muc_own.h"
#include "core/desk_staff.h"

#include <string.h>

/* Corrections, retractions, moderation, reactions and markers. What is stored comes back to its
 * author as an event, like everybody else's. */

static const char NOT_KEPT[] = "The customer does not see your last message: your client asked "
                               "that it is not kept, or it only quotes.";

void muc_refuse_edit(struct call *c, struct muc_out *o, enum err e, const struct desk_answer *a)
{
    /* Only who may enter learns that it is the message which is missing, and not the room. */
    if (e == ERR_NOT_FOUND && strcmp(a->field, "ref") == 0)
        muc_reply_error(o, c->intent.in, COND_NOT_FOUND, "cancel", a->detail);
    else if (e == ERR_FORBIDDEN && *a->detail)
        muc_reply_error(o, c->intent.in, COND_FORBIDDEN, NULL, a->detail);
    else if (desk_staff_name(c->m->desk, c->intent.room))
        muc_staff_refuse(c, o, e);
    else
        muc_refuse_call(c, o, e);
}

struct principal muc_asker(const struct call *c)
{
    const struct stanza *in = c->intent.in;

    if (desk_staff_name(c->m->desk, c->intent.room))
        return (struct principal){.kind = WHO_PERSON, .id = in->from.bare};
    return muc_agent_of(c->m, in);
}

static void edited(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    const struct muc_room *v;
    size_t from = 0, session = 0;

    if (e != OK) {
        muc_refuse_edit(c, &o, e, a);
    } else if (c->intent.in->kind == STANZA_IQ) {
        muc_reply_result(&o, c->intent.in);
    } else if (a->replayed && a->n_entries > 0) {
        muc_tell_again(c->m, &o, a->room, &a->entries[0], c->intent.in->from.full);
    } else if (a->unchanged) {
        v = muc_view(c->m, o.arena, a->room);
        if (muc_index(v, c->intent.in->from.full, &from, &session))
            muc_send_echo(&c->m->service, &o, v, from, &c->intent);
    }
    arena_free(o.arena);
    muc_call_free(c);
}

static struct edit edit_of(const struct muc_intent *i)
{
    return (struct edit){.ref = i->ref,
                         .address = i->in->from.full,
                         .text = i->body,
                         .shown = i->shown,
                         .stanza_id = i->in->id,
                         .payload = i->payload,
                         .reason = i->reason};
}

static void correct(struct call *c, const struct principal *who)
{
    struct edit edit = edit_of(&c->intent);

    edit.ref_stanza = edit.ref;
    edit.ref = "";
    edit.key = muc_resend_key(c);
    desk_correct(c->m->desk, who, c->intent.room, &edit, edited, c);
}

static void react(struct call *c, const struct principal *who)
{
    struct edit edit = edit_of(&c->intent);

    edit.reactions = c->intent.reactions;
    edit.n_reactions = c->intent.n_reactions;
    desk_react(c->m->desk, who, c->intent.room, &edit, edited, c);
}

static void keep(struct call *c, const struct principal *who)
{
    struct edit edit = edit_of(&c->intent);

    edit.key = muc_resend_key(c);
    desk_keep(c->m->desk, who, c->intent.room, &edit, edited, c);
}

static void retract(struct call *c, const struct principal *who)
{
    struct edit edit = edit_of(&c->intent);
    struct arena *a = c->intent.in->arena;

    edit.tombstone = muc_tombstone(&c->m->service, a, NULL, NULL, &c->intent, desk_now(c->m->desk));
    desk_retract(c->m->desk, who, c->intent.room, &edit, edited, c);
}

bool muc_moderate(struct call *c, const struct muc_room *v, size_t from)
{
    const struct muc_intent *i = &c->intent;
    const struct muc_occupant *by = &v->occupants[from];
    struct principal who = muc_asker(c);
    struct arena *a = i->in->arena;
    struct edit edit = edit_of(i);

    edit.moderate = true;
    edit.stanza_id = "";
    edit.payload = muc_moderation(&c->m->service, a, v, by, i->ref, i->reason);
    edit.tombstone = muc_tombstone(&c->m->service, a, v, by, i, desk_now(c->m->desk));
    desk_retract(c->m->desk, &who, i->room, &edit, edited, c);
    return true;
}

/* Reflected whatever it is about: to its author's other clients it says what is read. */
static void marked(void *ctx, enum err e, const struct desk_answer *a)
{
    struct call *c = ctx;
    struct muc_out o = muc_out_new(c->m);
    const struct muc_room *v;
    size_t from = 0, session = 0;

    if (a->room && (e == OK || e == ERR_NOT_FOUND)) {
        v = muc_view(c->m, o.arena, a->room);
        if (muc_index(v, c->intent.in->from.full, &from, &session))
            muc_send_ephemeral(&c->m->service, &o, v, v->occupants[from].nick,
                               v->occupants[from].jid, &c->intent);
    } else {
        muc_refuse_call(c, &o, e);
    }
    arena_free(o.arena);
    muc_call_free(c);
}

static void mark(struct call *c, const struct principal *who)
{
    const struct muc_intent *i = &c->intent;

    desk_read(c->m->desk, who, i->room, i->in->from.full, i->ref, marked, c);
}

void muc_about(struct call *c)
{
    struct principal who = muc_asker(c);

    switch (c->intent.kind) {
    case MUC_CORRECT:
        correct(c, &who);
        break;
    case MUC_RETRACT:
        retract(c, &who);
        break;
    case MUC_REACT:
        react(c, &who);
        break;
    case MUC_KEEP:
        keep(c, &who);
        break;
    default:
        mark(c, &who);
        break;
    }
}

void muc_unstored(struct call *c, struct muc_out *o, const struct muc_room *v, size_t from)
{
    const struct muc_intent *i = &c->intent;
    const struct muc_occupant *who = &v->occupants[from];
    bool said = *i->body != '\0';

    if (said && strcmp(who->role, "visitor") == 0) {
        muc_refuse_call(c, o, ERR_FORBIDDEN);
        return;
    }
    muc_send_ephemeral(&c->m->service, o, v, who->nick, who->jid, i);
    if (said)
        muc_send_notice(&c->m->service, o, v, i->in->from.full, NOT_KEPT);
}
