#include "tests/unit/muc/muc_world.h"

#include "component/xml/spread.h"

#include "core/base/crypto.h"

#include <stdlib.h>
#include <string.h>

static struct jid address(struct world *w, const char *s)
{
    struct jid out;

    if (jid_parse(w->arena, s, &out) != OK)
        abort();
    return out;
}

struct stanza *stanza_of(struct world *w, const char *text)
{
    struct stanza *in = arena_new_of(w->arena, struct stanza);
    const char *from, *to;

    in->arena = w->arena;
    in->x = xml_of(w->arena, text);
    in->kind = strcmp(in->x->name, "iq") == 0         ? STANZA_IQ
               : strcmp(in->x->name, "presence") == 0 ? STANZA_PRESENCE
                                                      : STANZA_MESSAGE;
    from = xml_get(in->x, "from");
    to = xml_get(in->x, "to");
    in->from = address(w, from != NULL ? from : "sarah@example.org/phone");
    in->to = address(w, to != NULL ? to : "support.example.org");
    in->type = xml_get(in->x, "type") != NULL ? xml_get(in->x, "type") : "";
    in->id = xml_get(in->x, "id") != NULL ? xml_get(in->x, "id") : "";
    return in;
}

struct muc_intent read_of(struct world *w, const char *text)
{
    struct muc_intent i;

    muc_read(&w->service, stanza_of(w, text), &i);
    return i;
}

/* ---- what was sent --------------------------------------------------------------------------- */

static void on_send(void *ctx, const struct xml *x)
{
    struct world *w = ctx;

    xml_write(&w->sent, x, NS_CLIENT);
    buf_putc(&w->sent, '\n');
}

static void on_send_each(void *ctx, const struct xml *x, const char *const *to, size_t n)
{
    struct world *w = ctx;

    for (size_t i = 0; i < n; i++) {
        struct spread s = {0};

        spread_add(&s, x, &to[i], 1, &w->sent);
        spread_write(&s, &w->sent);
        spread_free(&s);
        buf_putc(&w->sent, '\n');
    }
}

static const char *take(struct world *w)
{
    static const char mark[] = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='";
    struct buf out = {0};
    const char *at = buf_str(&w->sent), *found;

    while ((found = strstr(at, mark)) != NULL) {
        found += sizeof(mark) - 1;
        buf_put(&out, at, (size_t)(found - at));
        buf_puts(&out, "#");
        at = found + strcspn(found, "'");
    }
    buf_puts(&out, at);
    at = arena_dup(w->arena, buf_str(&out));
    buf_free(&out);
    buf_clear(&w->sent);
    return at;
}

const char *sent(struct world *w)
{
    return take(w);
}

const char *reply_of(struct world *w, const struct muc_intent *i)
{
    if (i->reply == NULL)
        return "";
    on_send(w, i->reply);
    return take(w);
}

size_t lines_in(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

/* ---- the room -------------------------------------------------------------------------------- */

static void fill_room(struct world *w)
{
    w->sarah[0] = (struct muc_session){"sarah@example.org/phone", "<show>away</show>"};
    w->sarah[1] = (struct muc_session){"sarah@example.org/desk", "<status>here</status>"};
    w->sarah[2] = (struct muc_session){"", ""};
    w->tom[0] = (struct muc_session){"", ""};
    w->uma[0] = (struct muc_session){"uma@example.org/pda", ""};
    w->occupants[ALICE] = (struct muc_occupant){.nick = "Alice (customer)",
                                                .jid = "c-k3v9@support.example.org",
                                                .affiliation = "member",
                                                .role = "participant"};
    w->occupants[BOT] = (struct muc_occupant){.nick = "Assistant",
                                              .jid = "a-k3v9@support.example.org",
                                              .affiliation = "member",
                                              .role = "participant"};
    w->occupants[SARAH] = (struct muc_occupant){.nick = "Sarah",
                                                .jid = "sarah@example.org",
                                                .affiliation = "member",
                                                .role = "moderator",
                                                .sessions = w->sarah,
                                                .n_sessions = 3};
    w->occupants[TOM] = (struct muc_occupant){.nick = "Tom",
                                              .jid = "tom@example.org",
                                              .affiliation = "member",
                                              .role = "visitor",
                                              .sessions = w->tom,
                                              .n_sessions = 1};
    w->occupants[UMA] = (struct muc_occupant){.nick = "Uma",
                                              .jid = "uma@example.org",
                                              .affiliation = "admin",
                                              .role = "visitor",
                                              .sessions = w->uma,
                                              .n_sessions = 1};
    w->room = (struct muc_room){.local = "k3v9",
                                .title = "Alice (customer)",
                                .subject = "Billing",
                                .subject_ms = 1000,
                                .occupants = w->occupants,
                                .n_occupants = 5};
}

int world_setup(void **state)
{
    struct world *w = mem_alloc(sizeof(*w));

    if (crypto_init() != OK)
        return -1;
    w->arena = arena_new();
    w->service = (struct muc_service){
        .domain = "support.example.org", .name = "Support", .version = "1.0", .salt = "salt"};
    w->out =
        (struct muc_out){.arena = w->arena, .send = on_send, .send_each = on_send_each, .ctx = w};
    fill_room(w);
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;

    arena_free(w->arena);
    buf_free(&w->sent);
    free(w);
    return 0;
}
