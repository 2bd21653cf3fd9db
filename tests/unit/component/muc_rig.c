#include "tests/unit/component/muc_rig.h"

#include "component/xml/spread.h"

#include "core/base/crypto.h"

#include <stdlib.h>

/* ---- ports ----------------------------------------------------------------------------------- */

static int64_t now_ms(void *self)
{
    return ((struct muc_rig *)self)->now_ms;
}

static void new_id(void *self, char out[ID_LEN + 1])
{
    struct muc_rig *r = self;
    unsigned n = ++r->last_id;

    memset(out, 'a', ID_LEN);
    out[ID_LEN] = '\0';
    for (int i = ID_LEN - 1; n > 0; n /= 26)
        out[i--] = (char)('a' + n % 26);
}

static bool wire_up(void *self)
{
    return ((struct muc_rig *)self)->up;
}

static size_t wire_room(void *self)
{
    return ((struct muc_rig *)self)->full ? 0 : 1 << 20;
}

static void wire_timer(void *self, int64_t ms)
{
    struct muc_rig *r = self;

    r->timer_ms = r->now_ms + ms;
}

static void wire_send(void *self, const struct xml *x)
{
    struct muc_rig *r = self;

    assert_true(r->up);
    xml_write(&r->sent, x, NS_CLIENT);
    buf_putc(&r->sent, '\n');
}

static void wire_send_each(void *self, const struct xml *x, const char *const *to, size_t n)
{
    struct muc_rig *r = self;

    assert_true(r->up);
    for (size_t i = 0; i < n; i++) {
        struct spread s = {0};

        spread_add(&s, x, &to[i], 1, &r->sent);
        spread_write(&s, &r->sent);
        spread_free(&s);
        buf_putc(&r->sent, '\n');
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static void done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct muc_rig *r = ctx;

    r->e = e;
    if (e == OK && a->chat)
        r->chat = arena_dup(r->arena, a->chat->id);
}

void muc_rig_settle(struct muc_rig *r)
{
    for (int i = 0; i < 50; i++)
        store_pump(r->store);
}

static void add_agent(struct muc_rig *r, const char *name)
{
    struct agent_new a = {.jid = arena_printf(r->arena, "%s@example.org", name),
                          .name = name,
                          .organization = "",
                          .skills = ""};

    desk_agent_add(r->desk, &a, done, r);
    muc_rig_settle(r);
    assert_int_equal(r->e, OK);
}

static void waiting_chat(struct muc_rig *r)
{
    struct begin b = {.name = "Alice"};
    struct principal who = {.kind = WHO_CUSTOMER};

    desk_begin(r->desk, &b, done, r);
    muc_rig_settle(r);
    who.id = r->chat;
    desk_escalate(r->desk, &who, r->chat, "help", NULL, done, r);
    muc_rig_settle(r);
    assert_int_equal(r->e, OK);
}

int muc_rig_begin(void **state)
{
    return muc_rig_begin_with(state, STAFF_AGENTS);
}

int muc_rig_begin_with(void **state, enum staff_rooms rooms)
{
    struct muc_rig *r = mem_alloc(sizeof(*r));
    struct desk_options o = {
        .time = {.self = r, .now_ms = now_ms, .steady_ms = now_ms, .id = new_id},
        .texts = {.waiting = "wait",
                  .agent_joined = "%s joined",
                  .agent_left = "%s left",
                  .closed = "closed",
                  .reopened = "open",
                  .offer = "people"},
        .staff_rooms = rooms,
        .linger_ms = 86400000,
        .room_idle_ms = 300000,
        .messages_per_minute = 1000,
        .messages_burst = 1000,
        .escalations_per_hour = 1000};
    struct muc_desk_options m = {.wire = {.self = r,
                                          .up = wire_up,
                                          .room = wire_room,
                                          .send = wire_send,
                                          .send_each = wire_send_each,
                                          .timer = wire_timer},
                                 .domain = RIG_DOMAIN,
                                 .name = "Support"};

    r->arena = arena_new();
    r->now_ms = 1700000000000;
    r->up = true;
    if (crypto_init() != OK || store_open(":memory:", NULL, NULL, NULL, &r->store) != OK)
        return -1;
    o.store = store_port(r->store);
    r->bus = bus_new();
    r->desk = desk_new(&o, r->bus);
    desk_start(r->desk, done, r);
    muc_rig_settle(r);
    add_agent(r, "ann");
    add_agent(r, "bob");
    add_agent(r, "cat");
    r->muc = muc_desk_new(&m, r->desk, r->bus);
    muc_desk_link(r->muc, true);
    waiting_chat(r);
    (void)muc_rig_sent(r);
    *state = r;
    return 0;
}

int muc_rig_end(void **state)
{
    struct muc_rig *r = *state;

    muc_rig_settle(r);
    muc_desk_free(r->muc);
    store_close(r->store);
    desk_free(r->desk);
    bus_free(r->bus);
    arena_free(r->arena);
    buf_free(&r->sent);
    free(r);
    return 0;
}

/* ---- doings ---------------------------------------------------------------------------------- */

void muc_rig_pass(struct muc_rig *r, int64_t ms)
{
    int64_t end = r->now_ms + ms;

    while (r->timer_ms > 0 && r->timer_ms <= end) {
        r->now_ms = r->timer_ms;
        r->timer_ms = 0;
        muc_desk_timer(r->muc);
        muc_rig_settle(r);
    }
    r->now_ms = end;
}

void muc_rig_link(struct muc_rig *r, bool up)
{
    r->up = up;
    muc_desk_link(r->muc, up);
    muc_rig_settle(r);
}

void muc_rig_send(struct muc_rig *r, enum stanza_kind kind, const char *from, const char *nick,
                  const char *type, const char *id, const char *child, const char *ns)
{
    static const char *const names[] = {"message", "presence", "iq"};
    struct arena *a = arena_new();
    struct stanza *in = arena_new_of(a, struct stanza);
    const char *slash = *nick ? "/" : "";

    in->arena = a;
    in->kind = kind;
    in->type = arena_dup(a, type);
    in->id = arena_dup(a, id);
    in->x = xml_new(a, names[kind], NS_CLIENT);
    if (child)
        xml_child(a, in->x, child, ns);
    assert_int_equal(jid_parse(a, from, &in->from), OK);
    assert_int_equal(
        jid_parse(a, arena_printf(a, "%s@" RIG_DOMAIN "%s%s", r->chat, slash, nick), &in->to), OK);
    muc_desk_stanza(r->muc, in);
    muc_rig_settle(r);
}

void muc_rig_join(struct muc_rig *r, const char *from, const char *nick)
{
    muc_rig_send(r, STANZA_PRESENCE, from, nick, "", "", "x", "http://jabber.org/protocol/muc");
    assert_non_null(strstr(muc_rig_sent(r), "<status code='110'/>"));
}

const char *muc_rig_sent(struct muc_rig *r)
{
    const char *text = arena_dup(r->arena, buf_str(&r->sent));

    buf_clear(&r->sent);
    return text;
}

const char *muc_rig_iq_id(struct muc_rig *r, const char *text, const char *to)
{
    const char *wanted = arena_printf(r->arena, "to='%s'", to);

    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        const char *one = arena_dup_len(r->arena, line, strcspn(line, "\n"));
        const char *id = strstr(one, " id='");

        if (strncmp(one, "<iq ", 4) == 0 && strstr(one, wanted) && id)
            return arena_dup_len(r->arena, id + 5, strcspn(id + 5, "'"));
    }
    return "";
}
