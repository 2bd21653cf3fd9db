#include "core/desk_own.h"

#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

static char speaker_yes, speaker_no;

struct room *room_new(struct desk *d, const char *id)
{
    struct room *r = mem_alloc(sizeof(*r));

    r->desk = d;
    r->id = mem_dup(id);
    r->of_staff = *id && !crypto_is_id(id);
    r->participants = map_new();
    STAILQ_INIT(&r->line);
    return r;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    free((char *)s->room);
    free((char *)s->address);
    free((char *)s->agent_id);
    free((char *)s->jid);
    free((char *)s->nick);
    free((char *)s->presence);
    free(s);
}

void occupant_free(struct occupant *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n_sessions; i++)
        session_free(o->sessions[i]);
    free(o->sessions);
    free((char *)o->agent_id);
    free((char *)o->nick);
    free((char *)o->jid);
    free(o);
}

void room_free(struct room *r)
{
    if (!r)
        return;
    room_clear_sessions(r);
    room_set_staff(r, NULL);
    free(r->occupants);
    free(r->id);
    map_free(r->participants);
    arena_free(r->arena);
    free(r);
}

/* An address holds no letters of both directions: to a name from right to left ours is said in its
 * own letters. */
static const char *nick_of_customer(struct arena *a, const char *name)
{
    const char *nick = text_nick(a, name);
    bool hebrew = (unsigned char)nick[0] == 0xd6 || (unsigned char)nick[0] == 0xd7;

    if (!*nick)
        return "Customer";
    if (!text_is_rtl(nick))
        return arena_printf(a, "%s (customer)", nick);
    return arena_printf(a, "%s - %s", nick, hebrew ? "לקוח" : "عميل");
}

void room_set_chat(struct room *r, const struct chat *c)
{
    struct arena *old = r->arena;

    r->arena = arena_new();
    r->chat = chat_dup(r->arena, c);
    r->customer_nick = nick_of_customer(r->arena, c->name);
    r->unsettled = true;
    arena_free(old);
}

void room_put_participant(struct room *r, const char *agent_id, bool speaker)
{
    map_set(r->participants, agent_id, speaker ? &speaker_yes : &speaker_no);
    r->unsettled = true;
}

static bool forget_one(void *ctx, const char *key, void *value)
{
    (void)value;
    (void)map_take(ctx, key);
    return true;
}

void room_forget_participants(struct room *r)
{
    map_each(r->participants, forget_one, r->participants);
}

void room_forget_chat(struct room *r)
{
    room_forget_participants(r);
    arena_free(r->arena);
    r->arena = NULL;
    r->chat = NULL;
    r->customer_nick = NULL;
    r->load = ROOM_UNLOADED;
}

struct silence {
    struct arena *arena;
    const char *agent_id;
    struct participant *list;
    size_t n;
};

static bool silence(void *ctx, const char *key, void *value)
{
    struct silence *s = ctx;

    if (value == &speaker_yes && strcmp(key, s->agent_id) != 0)
        s->list[s->n++] = (struct participant){.agent_id = arena_dup(s->arena, key)};
    return true;
}

struct participant *room_speakers_now(struct room *r, struct arena *a, const char *agent_id,
                                      size_t *n)
{
    struct silence s = {.arena = a, .agent_id = agent_id};

    s.list = arena_array(a, struct participant, map_count(r->participants) + 1);
    map_each(r->participants, silence, &s);
    s.list[s.n++] = (struct participant){.agent_id = arena_dup(a, agent_id), .speaker = true};
    *n = s.n;
    return s.list;
}

struct speakers {
    struct arena *arena;
    const char **ids;
    size_t n;
};

static bool note_speaker(void *ctx, const char *key, void *value)
{
    struct speakers *s = ctx;

    if (value == &speaker_yes)
        s->ids[s->n++] = arena_dup(s->arena, key);
    return s->n < CHAT_SPEAKERS_MAX;
}

const char **room_speakers(const struct room *r, struct arena *a, size_t *n)
{
    struct speakers s = {.arena = a, .ids = arena_array(a, const char *, CHAT_SPEAKERS_MAX)};

    map_each(r->participants, note_speaker, &s);
    *n = s.n;
    return s.ids;
}

bool room_was_here(const struct room *r, const char *agent_id)
{
    return map_get(r->participants, agent_id) != NULL;
}

bool room_is_speaker(const struct room *r, const char *agent_id)
{
    return map_get(r->participants, agent_id) == &speaker_yes;
}

const char *room_id(const struct room *r)
{
    return r->id;
}

const struct chat *room_chat(const struct room *r)
{
    return r->chat;
}

const struct occupant *const *room_occupants(const struct room *r, size_t *n)
{
    *n = r->n_occupants;
    return (const struct occupant *const *)r->occupants;
}

struct occupant *room_own(struct room *r, const char *agent_id)
{
    for (size_t i = 0; i < r->n_occupants; i++)
        if (strcmp(r->occupants[i]->agent_id, agent_id) == 0)
            return r->occupants[i];
    return NULL;
}

const struct occupant *room_occupant(const struct room *r, const char *agent_id)
{
    return room_own((struct room *)r, agent_id);
}

const struct occupant *room_by_nick(const struct room *r, const char *nick)
{
    for (size_t i = 0; i < r->n_occupants; i++)
        if (strcmp(r->occupants[i]->nick, nick) == 0)
            return r->occupants[i];
    return NULL;
}

const struct occupant *room_by_address(const struct room *r, const char *address,
                                       const struct session **session)
{
    for (size_t i = 0; i < r->n_occupants; i++) {
        const struct occupant *o = r->occupants[i];

        for (size_t k = 0; k < o->n_sessions; k++) {
            if (strcmp(o->sessions[k]->address, address) != 0)
                continue;
            if (session)
                *session = o->sessions[k];
            return o;
        }
    }
    return NULL;
}

bool room_has(const struct room *r, const char *agent_id, const char *address)
{
    const struct occupant *o = room_by_address(r, address, NULL);

    return o && strcmp(o->agent_id, agent_id) == 0;
}

const char *room_customer_nick(const struct room *r)
{
    return r->customer_nick;
}

/* Text of <show/>, which stands first in what is kept of a presence; "" none. */
static const char *session_show(struct arena *a, const struct session *s)
{
    static const char tag[] = "<show>";
    const char *text = s->presence + sizeof(tag) - 1;

    if (strncmp(s->presence, tag, sizeof(tag) - 1) != 0)
        return "";
    return arena_dup_len(a, text, strcspn(text, "<"));
}

/* Who is in a chat's room can take chats, if no stronger source says otherwise. Being in the lobby
 * is being on duty, as the presence there says; a staff room says nothing. */
static void set_present(const struct room *r, const struct occupant *o, const struct session *s,
                        bool present)
{
    bool lobby = r->staff && r->staff->kind == ROOM_LOBBY;
    struct arena *a;

    if (r->of_staff && !lobby)
        return;
    a = arena_new();
    duty_set(r->desk->duty, o->agent_id, lobby ? DUTY_LOBBY : DUTY_ROOM,
             arena_printf(a, "%s %s", r->id, s->address),
             !present ? DUTY_OFF
             : lobby  ? duty_of_presence(session_show(a, s))
                      : DUTY_ON);
    arena_free(a);
}

static struct session *session_dup(const struct session *s)
{
    struct session *c = mem_alloc(sizeof(*c));

    *c = *s;
    c->room = mem_dup(s->room);
    c->address = mem_dup(s->address);
    c->agent_id = mem_dup(s->agent_id);
    c->jid = mem_dup(s->jid);
    c->nick = mem_dup(s->nick);
    c->presence = mem_dup(s->presence);
    return c;
}

/* Supervisors are admins, so that clients let them use what they may do: kick, ban, let in. */
static enum affiliation chat_affiliation(const struct room *r, const char *agent_id)
{
    const struct agent *a = directory_by_id(r->desk->directory, agent_id);

    return a && a->role == AGENT_SUPERVISOR ? AFFILIATION_ADMIN : AFFILIATION_MEMBER;
}

static struct occupant *occupant_new(struct room *r, const struct session *s)
{
    struct occupant *o = mem_alloc(sizeof(*o));

    o->agent_id = mem_dup(s->agent_id);
    o->nick = mem_dup(s->nick);
    o->jid = mem_dup(s->jid);
    o->affiliation = r->staff ? room_affiliation(r, s->jid) : chat_affiliation(r, s->agent_id);
    if (r->staff)
        o->role = s->role != ROOM_NONE ? s->role : staff_role_on_entry(r->staff, o->affiliation);
    r->occupants = mem_resize(r->occupants, (r->n_occupants + 1) * sizeof(struct occupant *));
    r->occupants[r->n_occupants++] = o;
    return o;
}

struct session *room_put_session(struct room *r, const struct session *s)
{
    struct occupant *o =
        r->of_staff ? (struct occupant *)room_by_nick(r, s->nick) : room_own(r, s->agent_id);
    struct session *c = session_dup(s);

    r->unsettled = true;
    if (!o)
        o = occupant_new(r, s);
    for (size_t i = 0; i < o->n_sessions; i++) {
        if (strcmp(o->sessions[i]->address, s->address) == 0) {
            session_free(o->sessions[i]);
            o->sessions[i] = c;
            set_present(r, o, c, true);
            return c;
        }
    }
    o->sessions = mem_resize(o->sessions, (o->n_sessions + 1) * sizeof(struct session *));
    o->sessions[o->n_sessions++] = c;
    r->n_sessions++;
    set_present(r, o, c, true);
    return c;
}

static void drop_occupant(struct room *r, struct occupant *o)
{
    size_t i = 0;

    while (r->occupants[i] != o)
        i++;
    r->n_occupants--;
    memmove(&r->occupants[i], &r->occupants[i + 1],
            (r->n_occupants - i) * sizeof(struct occupant *));
}

bool room_take_session(struct room *r, const char *address, struct session **gone,
                       struct occupant **last)
{
    const struct session *found = NULL;
    struct occupant *o = (struct occupant *)room_by_address(r, address, &found);
    size_t k = 0;

    *last = NULL;
    if (!o)
        return false;
    while (o->sessions[k] != found)
        k++;
    *gone = o->sessions[k];
    o->n_sessions--;
    memmove(&o->sessions[k], &o->sessions[k + 1], (o->n_sessions - k) * sizeof(struct session *));
    r->n_sessions--;
    set_present(r, o, *gone, false);
    if (o->n_sessions == 0) {
        drop_occupant(r, o);
        *last = o;
    }
    return true;
}

void room_clear_sessions(struct room *r)
{
    while (r->n_occupants > 0) {
        struct session *gone = NULL;
        struct occupant *last = NULL;

        (void)room_take_session(r, r->occupants[r->n_occupants - 1]->sessions[0]->address, &gone,
                                &last);
        session_free(gone);
        occupant_free(last);
    }
}

enum room_role room_role_of(const struct room *r, const char *agent_id)
{
    const struct agent *a = directory_by_id(r->desk->directory, agent_id);

    if (a && a->role == AGENT_SUPERVISOR)
        return ROOM_MODERATOR;
    return r->chat->state == CHAT_LIVE && !room_is_speaker(r, agent_id) ? ROOM_VISITOR
                                                                        : ROOM_PARTICIPANT;
}

bool room_is_assigned(const struct room *r, const char *agent_id)
{
    return r->chat->state == CHAT_LIVE && strcmp(r->chat->assigned_to, agent_id) == 0;
}

bool room_settle_roles(struct room *r)
{
    bool changed = false;

    if (r->chat->state == CHAT_CLOSED) /* all leave; nobody gets a voice for that moment */
        return false;
    if (!r->unsettled && r->settled_people == r->desk->people_changes)
        return false;
    r->unsettled = false;
    r->settled_people = r->desk->people_changes;
    for (size_t i = 0; i < r->n_occupants; i++) {
        struct occupant *o = r->occupants[i];
        enum room_role role = room_role_of(r, o->agent_id);

        if (r->chat->state != CHAT_WAITING)
            o->pending = false;
        changed = changed || role != o->role || room_is_assigned(r, o->agent_id) != o->assigned;
        o->role = role;
        o->assigned = room_is_assigned(r, o->agent_id);
    }
    return changed;
}
