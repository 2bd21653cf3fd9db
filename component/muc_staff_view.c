#include "component/muc_own.h"

#include <string.h>

/* Staff rooms and lobbies as the room service wants them. */

void muc_staff_config(const struct room_config *c, struct muc_config *out)
{
    *out = (struct muc_config){.name = c->title,
                               .description = c->description,
                               .lang = c->lang,
                               .password = c->password,
                               .listed = c->listed,
                               .persistent = c->persistent,
                               .moderated = c->moderated,
                               .members_only = c->members_only,
                               .nonanonymous = c->whois_anyone,
                               .change_subject = c->change_subject,
                               .allow_invites = c->allow_invites,
                               .logging = c->logging,
                               .allow_pm = allow_pm_name(c->allow_pm),
                               .show_moderators = (c->broadcast & 1u << ROOM_MODERATOR) != 0,
                               .show_participants = (c->broadcast & 1u << ROOM_PARTICIPANT) != 0,
                               .show_visitors = (c->broadcast & 1u << ROOM_VISITOR) != 0,
                               .max_users = c->max_users,
                               .history = c->history_length};
}

void muc_staff_config_back(const struct muc_config *c, struct room_config *out)
{
    *out = (struct room_config){.title = c->name,
                                .description = c->description,
                                .lang = c->lang,
                                .password = c->password,
                                .listed = c->listed,
                                .persistent = c->persistent,
                                .moderated = c->moderated,
                                .members_only = c->members_only,
                                .whois_anyone = c->nonanonymous,
                                .change_subject = c->change_subject,
                                .allow_invites = c->allow_invites,
                                .logging = c->logging,
                                .max_users = c->max_users,
                                .history_length = c->history};
    (void)allow_pm_of_name(c->allow_pm, &out->allow_pm);
    out->broadcast = (c->show_moderators ? 1u << ROOM_MODERATOR : 0) |
                     (c->show_participants ? 1u << ROOM_PARTICIPANT : 0) |
                     (c->show_visitors ? 1u << ROOM_VISITOR : 0);
}

struct muc_room *muc_staff_view(struct arena *a, const struct room *r)
{
    size_t n = 0;
    const struct occupant *const *list = room_occupants(r, &n);
    const struct staff *s = room_staff(r);
    struct muc_room *v = arena_new_of(a, struct muc_room);
    struct muc_occupant *o = arena_array(a, struct muc_occupant, n + 1);
    struct muc_config *config = arena_new_of(a, struct muc_config);

    muc_staff_config(&s->config, config);
    v->local = s->id;
    v->config = config;
    v->title = *s->config.title ? s->config.title : s->id;
    v->subject = s->subject;
    v->subject_by = s->subject_by;
    v->subject_ms = s->subject_ms;
    v->list_occupants = s->kind == ROOM_STAFF && s->config.listed && !s->config.members_only;
    v->occupants = o;
    for (size_t i = 0; i < n; i++)
        o[v->n_occupants++] = muc_occupant_of(a, list[i], NULL);
    return v;
}

void muc_staff_line(const struct entry *e, struct muc_line *out)
{
    if (e->role != ROLE_AGENT)
        return;
    out->nick = e->sender_name;
    out->jid = e->sender_id;
}
