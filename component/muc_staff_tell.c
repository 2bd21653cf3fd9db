#include "component/muc_own.h"

#include <string.h>

static void renamed(struct muc_desk *m, struct muc_out *o, const struct staff_event *e,
                    const struct muc_room *v)
{
    size_t who = 0, session = MUC_ALL;

    if (!muc_index_nick(v, e->occupant->nick, &who))
        return;
    for (size_t i = 0; e->session && i < v->occupants[who].n_sessions; i++)
        if (strcmp(v->occupants[who].sessions[i].address, e->session->address) == 0)
            session = i;
    muc_send_renamed(&m->service, o, v, who, session, e->old_nick, e->old_stays);
}

static void removed(struct muc_desk *m, struct muc_out *o, const struct staff_event *e,
                    const struct muc_room *v)
{
    const struct muc_occupant who = muc_occupant_of(o->arena, e->occupant, NULL);
    const struct muc_expulsion how = {.code = arena_printf(o->arena, "%d", e->status),
                                      .affiliation = who.affiliation,
                                      .actor = e->actor,
                                      .reason = e->reason};

    muc_send_expelled(&m->service, o, v, &who, true, &how);
}

/* XEP-0045 #bullet-aff-notify: to those who could have done it, and to the person itself. Who could
 * not see the room hears nothing of it. */
static void affiliated(struct muc_desk *m, struct muc_out *o, const struct event *event,
                       const struct muc_room *v)
{
    const struct staff_event *e = event->staff;

    for (size_t i = 0; i < v->n_occupants; i++)
        for (size_t k = 0; k < v->occupants[i].n_sessions; k++)
            if (strcmp(v->occupants[i].role, "moderator") == 0)
                muc_send_affiliation(&m->service, o, v, e->affiliate->jid,
                                     affiliation_name(e->affiliate->affiliation),
                                     v->occupants[i].sessions[k].address);
    if (muc_staff_could_come(m, event->room, e->affiliate->jid))
        muc_send_own_affiliation(&m->service, o, v, e->affiliate->jid,
                                 affiliation_name(e->affiliate->affiliation));
}

static void configured(struct muc_desk *m, struct muc_out *o, const struct staff_event *e,
                       const struct muc_room *v)
{
    static const struct {
        unsigned bit;
        const char *code;
    } known[] = {{STAFF_104, "104"},
                 {STAFF_170, "170"},
                 {STAFF_171, "171"},
                 {STAFF_172, "172"},
                 {STAFF_173, "173"}};
    const char *codes[sizeof(known) / sizeof(known[0])];
    size_t n = 0;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (e->codes & known[i].bit)
            codes[n++] = known[i].code;
    muc_send_codes(&m->service, o, v, codes, n);
}

void muc_staff_tell(struct muc_desk *m, struct muc_out *o, const struct event *event,
                    const struct muc_room *v)
{
    const struct staff_event *e = event->staff;
    size_t who = 0;

    switch (e->what) {
    case STAFF_RENAMED:
        renamed(m, o, e, v);
        break;
    case STAFF_REMOVED:
        removed(m, o, e, v);
        break;
    case STAFF_CHANGED:
        if (muc_index_nick(v, e->occupant->nick, &who))
            muc_send_changed(&m->service, o, v, who, e->actor, e->reason);
        break;
    case STAFF_AFFILIATED:
        affiliated(m, o, event, v);
        break;
    case STAFF_CONFIGURED:
        configured(m, o, e, v);
        break;
    case STAFF_DESTROYED:
        muc_send_destroyed(&m->service, o, v, e->alternate, e->reason);
        break;
    }
}
