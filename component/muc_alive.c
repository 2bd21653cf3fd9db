#include "component/muc_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define QUIET_MS 600000 /* after so long without a word a session is asked */
#define ANSWER_MS 60000
#define MISSED_MAX 2
#define PING_EVERY_MS 50 /* after a reconnect: 20 sessions a second, so as not to be a flood */
#define VOICE_EVERY_MS 10000
#define KEY_MAX 4352 /* a localpart and a full address, each at its longest (RFC 7622) */

/* Each session is in one of three lists, and each list is in the order of time, so that a step
 * looks at their heads only. */
enum pulse_state { PULSE_QUIET, PULSE_SOON, PULSE_ASKED, PULSE_STATES_ };

struct pulse {
    TAILQ_ENTRY(pulse) link;
    enum pulse_state state;
    char *key, *room, *address;
    int64_t since_ms; /* in this state */
    int missed;
    char id[ID_LEN + 1]; /* of the ping under way */
    int64_t voice_ms;    /* when it last asked for voice */
};
TAILQ_HEAD(pulse_list, pulse);

struct alive {
    struct map *pulses; /* room and address -> struct pulse */
    struct map *asked;  /* iq id -> the same */
    struct pulse_list lists[PULSE_STATES_];
};

struct alive *muc_alive_new(void)
{
    struct alive *a = mem_alloc(sizeof(*a));

    a->pulses = map_new();
    a->asked = map_new();
    for (int i = 0; i < PULSE_STATES_; i++)
        TAILQ_INIT(&a->lists[i]);
    return a;
}

static void pulse_free(struct pulse *p)
{
    free(p->key);
    free(p->room);
    free(p->address);
    free(p);
}

void muc_alive_free(struct alive *a)
{
    for (int i = 0; i < PULSE_STATES_; i++) {
        while (!TAILQ_EMPTY(&a->lists[i])) {
            struct pulse *p = TAILQ_FIRST(&a->lists[i]);

            TAILQ_REMOVE(&a->lists[i], p, link);
            pulse_free(p);
        }
    }
    map_free(a->pulses);
    map_free(a->asked);
    free(a);
}

/* Neither part has a line end. */
static void make_key(char key[KEY_MAX], const char *room, const char *address)
{
    (void)snprintf(key, KEY_MAX, "%s\n%s", room, address);
}

static struct pulse *find(const struct muc_desk *m, const char *room, const char *address)
{
    char key[KEY_MAX];

    make_key(key, room, address);
    return map_get(m->alive->pulses, key);
}

static void unask(struct muc_desk *m, struct pulse *p)
{
    if (p->state == PULSE_ASKED)
        (void)map_take(m->alive->asked, p->id);
}

static void move(struct muc_desk *m, struct pulse *p, enum pulse_state to)
{
    unask(m, p);
    TAILQ_REMOVE(&m->alive->lists[p->state], p, link);
    p->state = to;
    p->since_ms = desk_steady(m->desk);
    TAILQ_INSERT_TAIL(&m->alive->lists[to], p, link);
}

void muc_alive_add(struct muc_desk *m, const char *room, const char *address)
{
    struct pulse *p = find(m, room, address);
    char key[KEY_MAX];

    if (p)
        return;
    make_key(key, room, address);
    p = mem_alloc(sizeof(*p));
    p->key = mem_dup(key);
    p->room = mem_dup(room);
    p->address = mem_dup(address);
    p->since_ms = desk_steady(m->desk);
    TAILQ_INSERT_TAIL(&m->alive->lists[PULSE_QUIET], p, link);
    map_set(m->alive->pulses, p->key, p);
    muc_timer_in(m, QUIET_MS);
}

void muc_alive_heard(struct muc_desk *m, const char *room, const char *address)
{
    struct pulse *p = find(m, room, address);

    if (!p)
        return;
    p->missed = 0;
    move(m, p, PULSE_QUIET);
}

void muc_alive_gone(struct muc_desk *m, const char *room, const char *address)
{
    struct pulse *p = find(m, room, address);

    if (!p)
        return;
    unask(m, p);
    TAILQ_REMOVE(&m->alive->lists[p->state], p, link);
    (void)map_take(m->alive->pulses, p->key);
    pulse_free(p);
}

void muc_alive_ask(struct muc_desk *m, const char *room, const char *address)
{
    muc_alive_add(m, room, address);
    move(m, find(m, room, address), PULSE_SOON);
    muc_timer_in(m, PING_EVERY_MS);
}

static void end(struct muc_desk *m, struct pulse *p)
{
    struct arena *a = arena_new();
    const char *room = arena_dup(a, p->room), *address = arena_dup(a, p->address);

    muc_alive_gone(m, room, address);
    desk_leave(m->desk, room, address, true, "", NULL, NULL);
    arena_free(a);
}

/* Answers count only from where the question went: ids alone could be guessed. Any answer but one
 * that says "gone" shows that somebody is there. */
bool muc_alive_answer(struct muc_desk *m, const struct stanza *in)
{
    struct pulse *p = map_get(m->alive->asked, in->id);

    if (!p || strcmp(p->address, in->from.full) != 0)
        return false;
    if (strcmp(in->type, "error") == 0 && muc_is_bounce(in))
        end(m, p);
    else
        muc_alive_heard(m, p->room, p->address);
    return true;
}

/* What was asked is lost. All are asked again when the link is back. */
void muc_alive_down(struct muc_desk *m)
{
    for (int i = PULSE_SOON; i <= PULSE_ASKED; i++)
        while (!TAILQ_EMPTY(&m->alive->lists[i]))
            move(m, TAILQ_FIRST(&m->alive->lists[i]), PULSE_QUIET);
}

static void ping(struct muc_desk *m, struct pulse *p)
{
    struct muc_out o = muc_out_new(m);

    move(m, p, PULSE_ASKED);
    crypto_id(p->id);
    map_set(m->alive->asked, p->id, p);
    muc_send_ping(&m->service, &o, p->room, p->address, p->id);
    arena_free(o.arena);
}

/* The first of a list, if it has been there for so long. */
static struct pulse *due(struct muc_desk *m, enum pulse_state s, int64_t after_ms)
{
    struct pulse *p = TAILQ_FIRST(&m->alive->lists[s]);
    int64_t now = desk_steady(m->desk);

    return p && now - p->since_ms >= after_ms ? p : NULL;
}

/* ms until the first of a list is due; -1 when it is empty. */
static int64_t left(struct muc_desk *m, enum pulse_state s, int64_t after_ms)
{
    const struct pulse *p = TAILQ_FIRST(&m->alive->lists[s]);
    int64_t ms = p ? p->since_ms + after_ms - desk_steady(m->desk) : -1;

    return p && ms < 0 ? 0 : ms;
}

int64_t muc_alive_step(struct muc_desk *m)
{
    struct pulse *p;
    int64_t asked, quiet;

    while ((p = due(m, PULSE_ASKED, ANSWER_MS))) {
        if (++p->missed >= MISSED_MAX)
            end(m, p);
        else
            move(m, p, PULSE_SOON);
    }
    while ((p = due(m, PULSE_QUIET, QUIET_MS)))
        move(m, p, PULSE_SOON);
    if ((p = TAILQ_FIRST(&m->alive->lists[PULSE_SOON])))
        ping(m, p);
    if (!TAILQ_EMPTY(&m->alive->lists[PULSE_SOON]))
        return PING_EVERY_MS;
    asked = left(m, PULSE_ASKED, ANSWER_MS);
    quiet = left(m, PULSE_QUIET, QUIET_MS);
    return asked >= 0 && (quiet < 0 || asked < quiet) ? asked : quiet;
}

bool muc_alive_may_ask(struct muc_desk *m, const char *room, const char *address)
{
    struct pulse *p = find(m, room, address);
    int64_t now = desk_steady(m->desk);

    if (p && p->voice_ms > 0 && now - p->voice_ms < VOICE_EVERY_MS)
        return false;
    if (p)
        p->voice_ms = now;
    return true;
}
