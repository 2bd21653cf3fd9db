#include "tests/scenarios/world.h"

#include "component/xml/spread.h"

#include "core/base/crypto.h"
#include "tests/support/xml_text.h"

#include <stdlib.h>
#include <string.h>

/* ---- ports -------------------------------------------------------------------------------------
 */

static int64_t now_ms(void *self)
{
    struct world *w = self;

    return w->now_ms;
}

static void new_id(void *self, char out[ID_LEN + 1])
{
    struct world *w = self;
    unsigned n = ++w->last_id;

    memset(out, 'a', ID_LEN);
    out[ID_LEN] = '\0';
    for (int i = ID_LEN - 1; n > 0; n /= 26)
        out[i--] = (char)('a' + n % 26);
}

static bool wire_up(void *self)
{
    (void)self;
    return true;
}

static size_t wire_room(void *self)
{
    (void)self;
    return 1 << 20;
}

static void wire_timer(void *self, int64_t ms)
{
    struct world *w = self;

    (void)ms;
    w->timer = true;
}

/* What we send to ourselves comes back, as both servers bring it. */
static void loop_back(struct world *w, struct xml *x)
{
    struct arena *a = arena_new();
    struct xml *copy = xml_copy(a, x);

    (void)w;
    muc_desk_stanza(w->muc, stanza_of_xml(a, copy));
}

static void deliver(struct world *w, const char *text)
{
    struct xml *x = xml_of(w->arena, text);
    const char *to = xml_get(x, "to");
    struct received *r = arena_new_of(w->arena, struct received);
    struct received *last = map_get(w->clients, to);

    if (strcmp(to, WORLD_DOMAIN) == 0) {
        loop_back(w, x);
        return;
    }
    if (!w->contact && strncmp(xml_get(x, "from"), "queue@", 6) == 0)
        return;
    r->x = x;
    if (last)
        last->next = r;
    else
        map_set(w->heads, to, r);
    map_set(w->clients, to, r);
}

static void wire_send(void *self, const struct xml *x)
{
    struct buf b = {0};

    xml_write(&b, x, NS_CLIENT);
    deliver(self, buf_str(&b));
    buf_free(&b);
}

static void wire_send_each(void *self, const struct xml *x, const char *const *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct spread s = {0};
        struct buf b = {0};

        spread_add(&s, x, &to[i], 1, &b);
        spread_write(&s, &b);
        spread_free(&s);
        deliver(self, buf_str(&b));
        buf_free(&b);
    }
}

/* ---- events the customer is shown --------------------------------------------------------------
 */

static void on_event(void *ctx, const struct event *e)
{
    struct world *w = ctx;
    struct heard *h, **end = &w->heard;

    if (e->kind == EVENT_ENTRY && e->entry->audience != AUDIENCE_PUBLIC)
        return;
    if (e->kind == EVENT_TYPING ? !(e->to_customer && e->role == ROLE_AGENT)
                                : e->kind != EVENT_ENTRY)
        return;
    if (e->kind == EVENT_ENTRY && (e->entry->role == ROLE_USER || e->entry->kind == ENTRY_REACTION))
        return;
    h = arena_new_of(w->arena, struct heard);
    h->chat = arena_dup(w->arena, e->room_id);
    h->kind = e->kind == EVENT_TYPING ? "typing" : entry_kind_name(e->entry->kind);
    h->text = e->kind == EVENT_TYPING
                  ? (e->typing ? "true" : "false")
                  : arena_dup(w->arena, e->entry->shown && *e->entry->shown ? e->entry->shown
                                                                            : e->entry->text);
    while (*end)
        end = &(*end)->next;
    *end = h;
}

/* ---- life --------------------------------------------------------------------------------------
 */

void world_settle(struct world *w)
{
    for (int i = 0; i < 50; i++)
        store_pump(w->store);
}

void world_pass(struct world *w, int64_t ms)
{
    w->now_ms += ms;
    desk_tick(w->desk);
    muc_desk_tick(w->muc);
    world_settle(w);
    if (w->timer) {
        w->timer = false;
        muc_desk_timer(w->muc);
    }
    world_settle(w);
}

static void done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct world *w = ctx;

    w->failed = e != OK;
    if (e == OK && a->chat)
        w->answer_chat = arena_dup(w->arena, a->chat->id);
}

void world_name(struct world *w, const char *name, const char *text)
{
    map_set(w->names, name, arena_dup(w->arena, text));
}

static void add_agent(struct world *w, const char *local, const char *name, const char *org,
                      bool supervisor)
{
    char *jid = arena_printf(w->arena, "%s@example.org", local);
    struct agent_new a = {
        .jid = jid, .name = name, .organization = org, .supervisor = supervisor, .skills = ""};

    if (name)
        desk_agent_add(w->desk, &a, done, w);
    world_settle(w);
    world_name(w, local, jid);
}

static void people(struct world *w)
{
    struct organization elsewhere = {.name = "elsewhere", .title = "Elsewhere", .origins = ""};

    desk_organization_put(w->desk, &elsewhere, done, w);
    world_settle(w);
    add_agent(w, "sarah", "Sarah", "default", false);
    add_agent(w, "tom", "Tom", "default", false);
    add_agent(w, "nina", "Nina", "default", true);
    add_agent(w, "eve", "Eve", "elsewhere", false);
    add_agent(w, "mallory", NULL, NULL, false);
    world_name(w, "domain", WORLD_DOMAIN);
    world_name(w, "upload", WORLD_UPLOAD);
}

static bool has_room(void *self, int64_t size)
{
    (void)self;
    (void)size;
    return true;
}

static void begin(struct world *w)
{
    struct desk_options o = {
        .time = {.self = w, .now_ms = now_ms, .steady_ms = now_ms, .id = new_id},
        .texts = {.waiting = "⏱️ Connecting you to a support agent. Please wait...",
                  .agent_joined = "✅ Support Agent %s has joined the chat",
                  .agent_left = "%s has left the chat",
                  .closed = "This chat has been closed.",
                  .reopened = "The chat is open again.",
                  .offer = "Connect with Customer Support"},
        .domain = WORLD_DOMAIN,
        .grace_ms = 120000,
        .offer_ms = 60000,
        .linger_ms = 86400000,
        .room_idle_ms = 300000,
        .messages_per_minute = 100000,
        .messages_burst = 100000,
        .escalations_per_hour = 1000,
        .files = {.self = w, .room = has_room},
        .file_max = WORLD_FILE_MAX,
        .file_quota = 4 * WORLD_FILE_MAX};

    o.store = store_port(w->store);
    w->bus = bus_new();
    w->desk = desk_new(&o, w->bus);
    desk_start(w->desk, done, w);
    world_settle(w);
}

static void begin_rooms(struct world *w)
{
    struct muc_desk_options m = {.wire = {.self = w,
                                          .up = wire_up,
                                          .room = wire_room,
                                          .send = wire_send,
                                          .send_each = wire_send_each,
                                          .timer = wire_timer},
                                 .domain = WORLD_DOMAIN,
                                 .name = "Support"};

    struct upload_options u = {.domain = WORLD_UPLOAD,
                               .name = "Files",
                               .file_max = WORLD_FILE_MAX,
                               .url = "https://chat.example.org",
                               .send = wire_send,
                               .send_ctx = w};

    w->muc = muc_desk_new(&m, w->desk, w->bus);
    w->upload = upload_desk_new(&u, w->desk);
    muc_desk_link(w->muc, true);
    w->ears = bus_subscribe(w->bus, NULL, on_event, w);
    world_settle(w);
}

static void end(struct world *w)
{
    bus_end(w->ears);
    muc_desk_free(w->muc);
    upload_desk_free(w->upload);
}

struct world *world_new(void)
{
    struct world *w = mem_alloc(sizeof(*w));

    w->arena = arena_new();
    w->now_ms = 1700000000000;
    w->clients = map_new();
    w->heads = map_new();
    w->names = map_new();
    if (store_open(":memory:", NULL, NULL, NULL, &w->store) != OK)
        abort();
    begin(w);
    people(w);
    begin_rooms(w);
    return w;
}

void world_restart(struct world *w)
{
    end(w);
    desk_free(w->desk);
    bus_free(w->bus);
    begin(w);
    begin_rooms(w);
}

void world_free(struct world *w)
{
    end(w);
    store_close(w->store);
    desk_free(w->desk);
    bus_free(w->bus);
    map_free(w->clients);
    map_free(w->heads);
    map_free(w->names);
    arena_free(w->arena);
    free(w);
}

/* ---- people's doings ----------------------------------------------------------------------------
 */

bool world_customer(struct world *w, const char *name, const char *verb, const char *text)
{
    const char *chat = map_get(w->names, arena_printf(w->arena, "%s!id", name));
    struct principal who = {.kind = WHO_CUSTOMER, .id = chat};
    struct post p = {.text = text};

    w->failed = false;
    if (strcmp(verb, "says") == 0)
        desk_post(w->desk, &who, chat, &p, done, w);
    else if (strcmp(verb, "types") == 0)
        desk_typing(w->desk, &who, chat, "", true, done, w);
    else if (strcmp(verb, "closes") == 0)
        desk_close(w->desk, &who, chat, "", NULL, done, w);
    else if (strcmp(verb, "escalates") == 0)
        desk_escalate(w->desk, &who, chat, text, NULL, done, w);
    else
        return false;
    world_settle(w);
    return !w->failed;
}

void world_chat(struct world *w, const char *name, const char *state, const char *customer)
{
    struct begin b = {.name = customer};

    desk_begin(w->desk, &b, done, w);
    world_settle(w);
    world_name(w, name, arena_printf(w->arena, "%s@" WORLD_DOMAIN, w->answer_chat));
    world_name(w, arena_printf(w->arena, "%s!id", name), w->answer_chat);
    if (strcmp(state, "assistant") != 0)
        (void)world_customer(w, name, "escalates", "wants a person");
    w->heard = NULL;
    if (strcmp(state, "live") == 0)
        world_enter(w, "sarah@example.org/a", arena_printf(w->arena, "{%s}/Sarah", name));
}

void world_forget(struct world *w)
{
    map_free(w->clients);
    map_free(w->heads);
    w->clients = map_new();
    w->heads = map_new();
    w->heard = NULL;
}

static void send_filled(struct world *w, const char *from, const char *text)
{
    const char *unknown = NULL;
    char *filled = world_fill(w, text, &unknown);

    if (!filled)
        abort();
    world_send(w, from, filled);
}

void world_enter(struct world *w, const char *from, const char *where)
{
    send_filled(w, from,
                arena_printf(w->arena,
                             "<presence to='%s'><x xmlns='http://jabber.org/protocol/muc'>"
                             "<history maxstanzas='0'/></x></presence>",
                             where));
    world_forget(w);
}

void world_room(struct world *w, const char *name)
{
    world_name(w, name, arena_printf(w->arena, "team-%s@" WORLD_DOMAIN, name));
    world_enter(w, "sarah@example.org/a", arena_printf(w->arena, "{%s}/Sarah", name));
    send_filled(w, "sarah@example.org/a",
                arena_printf(w->arena,
                             "<iq type='set' id='made' to='{%s}'><query "
                             "xmlns='http://jabber.org/protocol/muc#owner'>"
                             "<x xmlns='jabber:x:data' type='submit'/></query></iq>",
                             name));
    world_forget(w);
}

void world_send(struct world *w, const char *from, const char *text)
{
    struct arena *a = arena_new();
    struct xml *x = xml_of(a, text);

    xml_attr(a, x, "from", from);
    w->now_ms++; /* nothing happens at the same time */
    if (strcmp(xml_get(x, "to") ? xml_get(x, "to") : "", WORLD_UPLOAD) == 0)
        upload_desk_stanza(w->upload, stanza_of_xml(a, x));
    else
        muc_desk_stanza(w->muc, stanza_of_xml(a, x));
    world_settle(w);
}

struct xml *world_take(struct world *w, const char *jid)
{
    struct received *r = map_get(w->heads, jid);

    if (!r)
        return NULL;
    if (r->next) {
        map_set(w->heads, jid, r->next);
    } else {
        (void)map_take(w->heads, jid);
        (void)map_take(w->clients, jid);
    }
    return r->x;
}

struct heard *world_hear(struct world *w, const char *name)
{
    const char *chat = map_get(w->names, arena_printf(w->arena, "%s!id", name));

    for (struct heard **h = &w->heard; *h; h = &(*h)->next) {
        struct heard *found = *h;

        if (strcmp(found->chat, chat) == 0) {
            *h = found->next;
            return found;
        }
    }
    return NULL;
}

struct left {
    const char *who;
    struct xml *what;
};

static bool note_left(void *ctx, const char *key, void *value)
{
    struct left *l = ctx;

    l->who = key;
    l->what = ((struct received *)value)->x;
    return false;
}

bool world_left_over(struct world *w, const char **who, struct xml **what)
{
    struct left l = {0};

    map_each(w->heads, note_left, &l);
    *who = l.who;
    *what = l.what;
    return l.who != NULL;
}

char *world_fill(struct world *w, const char *text, const char **unknown)
{
    struct buf b = {0};
    char *out;

    *unknown = NULL;
    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        char *name, *slash;
        const char *value;

        if (!end || text[1] == '=') {
            buf_putc(&b, *text++);
            continue;
        }
        name = arena_dup_len(w->arena, text + 1, (size_t)(end - text - 1));
        slash = strchr(name, '/');
        if (slash)
            *slash = '\0';
        value = map_get(w->names, name);
        if (!value)
            *unknown = name;
        buf_puts(&b, value ? value : "?");
        if (slash)
            buf_printf(&b, "/%s", slash + 1);
        text = end + 1;
    }
    out = arena_dup(w->arena, buf_str(&b));
    buf_free(&b);
    return *unknown ? NULL : out;
}
