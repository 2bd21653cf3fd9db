#include "component/muc_command.h"

#include "core/base/stamp.h"

#include <string.h>

/* Commands about one chat. */

static struct desk *desk_of(const struct muc_request *r)
{
    return r->m->desk;
}

/* Where to go on: people read this in a chat with queue@, not in the room. */
static const char *with_link(const struct muc_request *r, const char *text)
{
    return arena_printf(r->arena, "%s %s", text, muc_link(r->m, r->arena, r->chat));
}

static bool in_room(const struct desk_answer *a, const struct muc_request *r)
{
    return a->room && room_occupant(a->room, r->who.id);
}

/* ---- taking and giving -------------------------------------------------------------------------
 */

static void claimed(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    const struct agent *agent;

    if (e == ERR_ALREADY_ASSIGNED && a->chat &&
        (agent = directory_by_id(desk_directory(desk_of(r)), a->chat->assigned_to)))
        muc_answer(r, e, arena_printf(r->arena, "%s has this chat.", agent->name), NULL);
    else if (e != OK)
        muc_answer(r, e, a->detail, NULL);
    else if (in_room(a, r))
        muc_answer(r, OK, a->unchanged ? "You have this chat." : "The chat is yours.", NULL);
    else
        muc_answer(r, OK, with_link(r, "The chat is yours. Its room:"), NULL);
}

static bool first_waiting(void *ctx, const struct chat *c)
{
    struct muc_request *r = ctx;

    if (c->state != CHAT_WAITING)
        return false; /* the waiting come first */
    if (desk_excluded(desk_of(r), c->id, r->who.id))
        return true;
    r->chat = arena_dup(r->arena, c->id);
    return false;
}

/* Without a chat: the one that waits longest. */
void muc_do_claim(struct muc_request *r)
{
    const struct agent *me = muc_request_agent(r);

    if (!*r->chat && me)
        queue_each(desk_queue(desk_of(r)), me->organization, first_waiting, r);
    if (!*r->chat)
        muc_answer(r, ERR_NOT_FOUND, "Nobody waits.", NULL);
    else
        desk_assign(desk_of(r), &r->who, r->chat, NULL, claimed, r);
}

void muc_do_release(struct muc_request *r)
{
    r->said = "The chat waits for another agent.";
    desk_release(desk_of(r), &r->who, r->chat, r->text, muc_answered, r);
}

void muc_do_transfer(struct muc_request *r)
{
    const struct agent *to = directory_by_id(desk_directory(desk_of(r)), r->agent_id);

    if (strcmp(r->word, "queue") == 0 || !to) {
        muc_do_release(r);
        return;
    }
    r->said = arena_printf(r->arena, "The chat is offered to %s. Until then it stays with you.",
                           to->name);
    desk_offer(desk_of(r), &r->who, r->chat, to->id, r->text, muc_answered, r);
}

void muc_do_decline(struct muc_request *r)
{
    r->said = "The offer is over.";
    desk_offer_end(desk_of(r), &r->who, r->chat, muc_answered, r);
}

void muc_do_observe(struct muc_request *r)
{
    r->said = with_link(r, "You observe: join without taking the chat.");
    desk_observe(desk_of(r), &r->who, r->chat, muc_answered, r);
}

/* ---- who speaks --------------------------------------------------------------------------------
 */

/* Who may not take part on its own asks those who speak. */
static void ask_speakers(struct muc_request *r, const struct room *room)
{
    struct muc_out o = muc_out_new(r->m);
    const struct agent *me = muc_request_agent(r);
    const struct muc_room *v = muc_view(r->m, o.arena, room);
    const char *text = arena_printf(o.arena, "%s asks to speak here. To allow it: !voice %s",
                                    me ? me->name : "Somebody", me ? me->name : "");
    size_t n = 0;
    const struct occupant *const *list = room_occupants(room, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; room_is_speaker(room, list[i]->agent_id) && k < list[i]->n_sessions; k++)
            if (list[i]->sessions[k]->kind == SESSION_XMPP)
                muc_send_notice(&r->m->service, &o, v, list[i]->sessions[k]->address, text);
    arena_free(o.arena);
}

static void voiced(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;

    if (e == ERR_FORBIDDEN && a->room) {
        ask_speakers(r, a->room);
        muc_answer(r, OK, "The agent who has the chat was asked.", NULL);
        return;
    }
    if (e == OK && a->room && !in_room(a, r))
        r->said = with_link(r, "You speak in this chat. Its room:");
    muc_answered(r, e, a);
}

static void takeover_looked(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;

    if (e == OK && a->chat->state == CHAT_WAITING) {
        muc_do_claim(r);
        return;
    }
    if (e != OK) {
        muc_answer(r, e, a->detail, NULL);
        return;
    }
    r->said = "You speak in this chat.";
    desk_voice(desk_of(r), &r->who, r->chat, r->who.id, true, voiced, r);
}

void muc_do_takeover(struct muc_request *r)
{
    desk_look(desk_of(r), &r->who, r->chat, takeover_looked, r);
}

void muc_do_voice(struct muc_request *r)
{
    r->said = "Both of you speak now.";
    desk_voice(desk_of(r), &r->who, r->chat, r->agent_id, true, muc_answered, r);
}

void muc_do_mute(struct muc_request *r)
{
    r->said = "This agent speaks no more.";
    desk_voice(desk_of(r), &r->who, r->chat, r->agent_id, false, muc_answered, r);
}

/* ---- notes, ends -------------------------------------------------------------------------------
 */

static void noted(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    struct muc_out o;

    if (e == OK && a->replayed && a->n_entries > 0 && a->room) {
        o = muc_out_new(r->m);
        muc_tell_again(r->m, &o, a->room, &a->entries[0], r->from);
        arena_free(o.arena);
    }
    muc_answered(r, e, a);
}

void muc_do_note(struct muc_request *r)
{
    r->said = "Noted.";
    desk_note(desk_of(r), &r->who, r->chat, r->text, r->stanza_id, r->key, noted, r);
}

void muc_do_close(struct muc_request *r)
{
    r->said = "The chat is closed.";
    desk_close(desk_of(r), &r->who, r->chat, r->text, NULL, muc_answered, r);
}

void muc_do_reopen(struct muc_request *r)
{
    r->said = with_link(r, "The chat is open and waits. Its room:");
    desk_reopen(desk_of(r), &r->who, r->chat, muc_answered, r);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static void put_line(struct buf *b, const char *label, const char *value)
{
    if (*value)
        buf_printf(b, "%s%s: %s", b->len ? "\n" : "", label, value);
}

static void put_time(struct buf *b, const char *label, int64_t ms)
{
    char stamp[STAMP_LEN + 1];

    if (ms == 0)
        return;
    stamp_format(ms, stamp);
    stamp[16] = 0; /* minutes are enough for people */
    stamp[10] = ' ';
    buf_printf(b, "%s%s: %s UTC", b->len ? "\n" : "", label, stamp);
}

static void informed(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_request *r = ctx;
    const struct chat *c = a->chat;
    const struct agent *agent;
    struct buf b = {0};

    if (e != OK || !c) {
        muc_answer(r, e != OK ? e : ERR_NOT_FOUND, a->detail, NULL);
        return;
    }
    agent = directory_by_id(desk_directory(desk_of(r)), c->assigned_to);
    put_line(&b, "Customer", *c->name ? c->name : "without a name");
    put_line(&b, "E-mail", c->email);
    put_line(&b, "Verified as", c->external_id);
    put_line(&b, "Language", c->locale);
    put_line(&b, "Page", c->page);
    put_line(&b, "Reason", c->escalation_reason);
    put_line(&b, "State", chat_state_name(c->state));
    put_line(&b, "Agent", agent ? agent->name : "");
    put_time(&b, "Begun", c->created_ms);
    put_time(&b, "Waits since", c->state == CHAT_WAITING ? desk_wall(desk_of(r), c->queued_ms) : 0);
    put_time(&b, "Taken", desk_wall(desk_of(r), c->assigned_ms));
    put_time(&b, "Last entry", c->last_ms);
    put_time(&b, "Closed", desk_wall(desk_of(r), c->closed_ms));
    put_line(&b, "Rating", c->rating > 0 ? (char[]){(char)('0' + c->rating), '\0'} : "");
    put_line(&b, "Comment", c->rating_comment);
    put_line(&b, "Chat", c->id);
    muc_answer(r, OK, buf_str(&b), NULL);
    buf_free(&b);
}

void muc_do_info(struct muc_request *r)
{
    desk_chat(desk_of(r), &r->who, r->chat, informed, r);
}

static const char *author_of(const struct entry *e)
{
    if (e->role == ROLE_SYSTEM)
        return "*";
    return *e->sender_name ? e->sender_name : role_name(e->role);
}

#define HISTORY_MAX 100
#define HISTORY_BYTES (48 * 1024) /* one stanza holds the answer */

static void read_history(void *ctx, enum err e, const struct desk_answer *a)
{
    static const struct adhoc_option columns[] = {
        {"Time (UTC)", "time"}, {"Author", "author"}, {"Text", "text"}};
    struct muc_request *r = ctx;
    const struct query *q = a->page;
    struct adhoc_rows rows = {.columns = columns, .n_columns = 3};
    const char **cells;
    size_t bytes = 0, first;

    if (e != OK || !q) {
        muc_answer(r, e != OK ? e : ERR_NOT_FOUND, a->detail, NULL);
        return;
    }
    for (first = q->n_entries; first > 0; first--)
        if ((bytes += strlen(q->entries[first - 1].text) + 64) > HISTORY_BYTES)
            break;
    cells = arena_array(r->arena, const char *, 3 * q->n_entries + 1);
    for (size_t i = first; i < q->n_entries; i++) {
        char stamp[STAMP_LEN + 1];
        const char **row = &cells[3 * rows.n_rows++];

        stamp_format(q->entries[i].created_ms, stamp);
        row[0] = arena_printf(r->arena, "%.10s %.5s", stamp, stamp + 11);
        row[1] = author_of(&q->entries[i]);
        row[2] = q->entries[i].text;
    }
    rows.cells = cells;
    muc_answer(r, OK, rows.n_rows > 0 ? "The last lines:" : "Nothing was written.", &rows);
}

void muc_do_history(struct muc_request *r)
{
    struct range range = {.newest = true, .limit = 20};

    if (r->number > 0)
        range.limit = r->number < HISTORY_MAX ? (size_t)r->number : HISTORY_MAX;
    desk_entries(desk_of(r), &r->who, r->chat, &range, read_history, r);
}
