#include "component/muc_command.h"

#include <string.h>

/* Agents' way into the web console: asked, they say yes or no; or they ask for a link themselves.
 */

static const char *console_link(const struct muc_desk *m, struct arena *a, const char *token)
{
    return arena_printf(a, "%s/login/%s", desk_url(m->desk), token);
}

void muc_login_ask(struct muc_desk *m, const struct agent *a, const struct login *l)
{
    struct muc_out o = muc_out_new(m);
    const char *link = console_link(m, o.arena, l->link);
    const char *text = arena_printf(
        o.arena,
        "Somebody wants to open the web console as you, from %s. If this is you, and the page "
        "shows "
        "%s, answer: ok %s. If not, answer: no. Or open this link in the same browser: %s",
        l->from, l->code, l->code, link);

    muc_send_contact_confirm(&m->service, &o, a->jid, l->id, text, l->code, link);
    arena_free(o.arena);
}

void muc_do_ok(struct muc_request *r)
{
    if (desk_login_answer(r->m->desk, r->who.id, r->text, true) == OK)
        muc_answer(r, OK, "The browser is let in.", NULL);
    else
        muc_answer(r, ERR_NOT_FOUND, "No browser that waits shows this code.", NULL);
}

void muc_do_no(struct muc_request *r)
{
    if (desk_login_answer(r->m->desk, r->who.id, *r->text ? r->text : NULL, false) == OK)
        muc_answer(r, OK, "The browser stays out.", NULL);
    else
        muc_answer(r, ERR_NOT_FOUND, "No browser waits.", NULL);
}

void muc_do_login(struct muc_request *r)
{
    char token[TOKEN_LEN + 1];

    if (!*desk_url(r->m->desk))
        muc_answer(r, ERR_NOT_FOUND, "There is no web console here.", NULL);
    else if (desk_login_link(r->m->desk, r->who.id, LOGIN_LINK_MS, token) != OK)
        muc_answer(r, ERR_BUSY, "Too many logins are open. Try again later.", NULL);
    else
        muc_answer(r, OK,
                   arena_printf(r->arena, "Within a minute, and once: %s",
                                console_link(r->m, r->arena, token)),
                   NULL);
}

void muc_do_logout(struct muc_request *r)
{
    r->said = "All your browsers are logged out.";
    desk_session_end(r->m->desk, r->who.id, NULL, muc_answered, r);
}
