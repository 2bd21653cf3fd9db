#include "component/muc_command.h"

#include <string.h>

/* Commands about who may be in a chat. */

/* ---- invitations -------------------------------------------------------------------------------
 */

/* Access is granted and stored: clients look at the room before they show an invitation. */
static void may_come(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    const struct directory *d = desk_directory(r->m->desk);
    const struct agent *whom = directory_by_id(d, r->agent_id), *me = muc_request_agent(r);
    struct muc_out o;

    if (e == ERR_NOT_OCCUPANT) {
        muc_answer(r, e, "Join the chat's room first.", NULL);
        return;
    }
    if (e == OK && whom && me) {
        o = muc_out_new(r->m);
        muc_send_invite(&r->m->service, &o, r->chat, me->jid, whom->jid, r->text, "");
        arena_free(o.arena);
    }
    muc_answered(r, e, a);
}

void muc_do_invite(struct muc_request *r)
{
    const struct agent *whom = directory_by_id(desk_directory(r->m->desk), r->agent_id);

    if (!whom) {
        muc_answer(r, ERR_NOT_FOUND, "There is no such agent.", NULL);
        return;
    }
    r->said = arena_printf(r->arena, "%s is invited.", whom->name);
    desk_invite(r->m->desk, &r->who, r->chat, "", whom->jid, may_come, r);
}

/* ---- customers ---------------------------------------------------------------------------------
 */

static void of_customer(struct muc_request *r, enum moderation what)
{
    const struct moderate m = {.what = what, .nick = "", .jid = "", .customer = true, .reason = ""};

    desk_moderate(r->m->desk, &r->who, r->chat, &m, 1, muc_answered, r);
}

void muc_do_block(struct muc_request *r)
{
    r->said = "The chat is closed, and its customer is blocked.";
    of_customer(r, MODERATE_BAN);
}

void muc_do_unblock(struct muc_request *r)
{
    r->said = "The customer may open the chat again.";
    of_customer(r, MODERATE_UNBLOCK);
}
