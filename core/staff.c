#include "core/staff.h"

#include "core/base/text.h"

#include <string.h>

static const char *const affiliation_names[] = {"outcast", "none", "member", "admin", "owner"};
static const char *const role_names[] = {"none", "visitor", "participant", "moderator"};
static const char *const pm_names[] = {"anyone", "participants", "moderators", "none"};

static int index_of(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

const char *affiliation_name(enum affiliation a)
{
    return affiliation_names[a - AFFILIATION_OUTCAST];
}

const char *room_role_name(enum room_role r)
{
    return role_names[r];
}

const char *allow_pm_name(enum allow_pm p)
{
    return pm_names[p];
}

bool affiliation_of_name(const char *name, enum affiliation *out)
{
    int i = index_of(name, affiliation_names, 5);

    if (i >= 0)
        *out = (enum affiliation)(i + AFFILIATION_OUTCAST);
    return i >= 0;
}

bool room_role_of_name(const char *name, enum room_role *out)
{
    int i = index_of(name, role_names, 4);

    if (i >= 0)
        *out = (enum room_role)i;
    return i >= 0;
}

bool allow_pm_of_name(const char *name, enum allow_pm *out)
{
    int i = index_of(name, pm_names, 4);

    if (i >= 0)
        *out = (enum allow_pm)i;
    return i >= 0;
}

/* An open room that showed everybody's JID would make Conversations refuse to join. Members-only
 * with open JIDs is what clients call a private group: a lobby is one, like a customer's chat. */
struct room_config room_config_new(enum room_kind kind, const char *title)
{
    struct room_config c = {.title = title,
                            .description = "",
                            .lang = "",
                            .password = "",
                            .listed = true,
                            .allow_pm = PM_ANYONE,
                            .allow_invites = true,
                            .change_subject = kind == ROOM_STAFF,
                            .broadcast = BROADCAST_ALL,
                            .history_length = 50};

    if (kind == ROOM_STAFF)
        return c;
    c.listed = kind == ROOM_LOBBY;
    c.persistent = c.members_only = c.whois_anyone = true;
    c.moderated = kind == ROOM_CHAT;
    c.allow_invites = false;
    c.history_length = ROOM_HISTORY_MAX;
    return c;
}

enum err room_config_check(const struct room_config *c)
{
    const char *const texts[] = {c->title, c->description, c->lang, c->password};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strlen(texts[i]) > ROOM_TEXT_MAX)
            return ERR_TOO_LARGE;
        if (!text_ok(texts[i], strlen(texts[i])))
            return ERR_TEXT;
    }
    if (c->max_users < 0 || c->max_users > ROOM_USERS_MAX)
        return ERR_INVALID;
    return c->history_length >= 0 && c->history_length <= ROOM_HISTORY_MAX ? OK : ERR_INVALID;
}

struct staff *staff_dup(struct arena *a, const struct staff *s)
{
    struct staff *copy = arena_new_of(a, struct staff);

    *copy = *s;
    copy->id = arena_dup(a, s->id);
    copy->organization = arena_dup(a, s->organization);
    copy->config.title = arena_dup(a, s->config.title);
    copy->config.description = arena_dup(a, s->config.description);
    copy->config.lang = arena_dup(a, s->config.lang);
    copy->config.password = arena_dup(a, s->config.password);
    copy->subject = arena_dup(a, s->subject);
    copy->subject_by = arena_dup(a, s->subject_by);
    copy->created_by = arena_dup(a, s->created_by);
    return copy;
}

enum room_role staff_role_on_entry(const struct staff *s, enum affiliation a)
{
    switch (a) {
    case AFFILIATION_OUTCAST:
        return ROOM_NONE;
    case AFFILIATION_NONE:
        return s->config.moderated ? ROOM_VISITOR : ROOM_PARTICIPANT;
    case AFFILIATION_MEMBER:
        return ROOM_PARTICIPANT;
    case AFFILIATION_ADMIN:
    case AFFILIATION_OWNER:
        return ROOM_MODERATOR;
    }
    return ROOM_NONE;
}

const char *lobby_local(struct arena *a, const char *organization)
{
    return strcmp(organization, "default") == 0 ? "lobby"
                                                : arena_printf(a, "lobby-%s", organization);
}

const char *lobby_organization(const char *local)
{
    if (strcmp(local, "lobby") == 0)
        return "default";
    if (strncmp(local, "lobby-", 6) != 0 || strcmp(local + 6, "default") == 0)
        return NULL;
    return local + 6;
}
