#include "core/desk_own.h"

#include <stdlib.h>
#include <string.h>

const struct staff *room_staff(const struct room *r)
{
    return r->staff;
}

int64_t room_last_gid(const struct room *r)
{
    if (r->chat)
        return r->chat->last_gid;
    return r->staff ? r->staff->last_gid : 0;
}

void room_set_staff(struct room *r, const struct staff *s)
{
    struct arena *old = r->staff_arena;

    r->staff_arena = NULL;
    r->staff = NULL;
    if (s) {
        r->staff_arena = arena_new();
        r->staff = staff_dup(r->staff_arena, s);
    } else {
        room_clear_affiliates(r);
    }
    arena_free(old);
}

/* ---- affiliations ------------------------------------------------------------------------------
 */

static void affiliate_free(struct affiliate *a)
{
    if (!a)
        return;
    free((char *)a->jid);
    free((char *)a->nick);
    free((char *)a->reason);
    free(a);
}

void room_put_affiliate(struct room *r, const struct affiliate *a)
{
    struct affiliate *copy;

    if (!r->affiliates)
        r->affiliates = map_new();
    copy = mem_alloc(sizeof(*copy));
    copy->jid = mem_dup(a->jid);
    copy->affiliation = a->affiliation;
    copy->nick = mem_dup(a->nick);
    copy->reason = mem_dup(a->reason);
    affiliate_free(map_take(r->affiliates, a->jid));
    if (a->affiliation == AFFILIATION_NONE && !*a->nick)
        affiliate_free(copy);
    else
        map_set(r->affiliates, copy->jid, copy);
}

static bool free_one(void *ctx, const char *key, void *value)
{
    (void)ctx;
    (void)key;
    affiliate_free(value);
    return true;
}

void room_clear_affiliates(struct room *r)
{
    if (!r->affiliates)
        return;
    map_each(r->affiliates, free_one, NULL);
    map_free(r->affiliates);
    r->affiliates = NULL;
}

const struct affiliate *room_affiliate(const struct room *r, const char *jid)
{
    return r->affiliates ? map_get(r->affiliates, jid) : NULL;
}

/* The lobby's members are the organization's agents, and nobody else. */
static enum affiliation in_lobby(const struct room *r, const char *jid)
{
    const struct agent *a = directory_by_jid(r->desk->directory, jid);

    return a && strcmp(a->organization, r->staff->organization) == 0 ? AFFILIATION_MEMBER
                                                                     : AFFILIATION_NONE;
}

enum affiliation room_affiliation(const struct room *r, const char *bare_jid)
{
    const struct affiliate *a = room_affiliate(r, bare_jid);

    if (r->staff && r->staff->kind == ROOM_LOBBY)
        return in_lobby(r, bare_jid);
    return a ? a->affiliation : AFFILIATION_NONE;
}

struct each {
    void (*fn)(void *ctx, const struct affiliate *a);
    void *ctx;
};

static bool call_one(void *ctx, const char *key, void *value)
{
    struct each *e = ctx;

    (void)key;
    e->fn(e->ctx, value);
    return true;
}

static void call_agent(void *ctx, const struct agent *a)
{
    struct each *e = ctx;
    struct affiliate member = {
        .jid = a->jid, .affiliation = AFFILIATION_MEMBER, .nick = a->name, .reason = ""};

    e->fn(e->ctx, &member);
}

struct lobby_each {
    struct each each;
    const char *organization;
};

static void call_member(void *ctx, const struct agent *a)
{
    struct lobby_each *l = ctx;

    if (strcmp(a->organization, l->organization) == 0)
        call_agent(&l->each, a);
}

void room_each_affiliate(const struct room *r, void (*fn)(void *ctx, const struct affiliate *a),
                         void *ctx)
{
    struct lobby_each l = {.each = {fn, ctx}};

    if (r->staff && r->staff->kind == ROOM_LOBBY) {
        l.organization = r->staff->organization;
        directory_each_agent(r->desk->directory, call_member, &l);
    } else if (r->affiliates) {
        map_each(r->affiliates, call_one, &l.each);
    }
}
