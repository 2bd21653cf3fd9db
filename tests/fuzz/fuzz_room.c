/* Stanzas of anybody to the room service, with the desk and the store behind it. The input is what
 * a server sends: several stanzas. Senders are people of the transcripts' world, in which chat c
 * waits, d is live with Sarah, Tom and Nina inside, e is with the assistant, f waits, and Sarah has
 * a staff room. Three senders are no people: what they send is done by the world itself (time,
 * customer, restart; see tests/fuzz/corpus.py). An id is asked for by one letter, 26 times: that of
 * such a chat, of the line told last (l), of the question relayed last (q), of a form (s). */
#include "component/muc/muc.h"
#include "component/stream.h"
#include "core/base/crypto.h"
#include "tests/scenarios/world.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "                         \
    "xmlns:stream='http://etherx.jabber.org/streams' id='1' from='support.example.org'>"           \
    "<handshake/>"
#define RUNS_PER_WORLD 100 /* the store in memory grows */
#define JOIN "<presence to='{%s}/x'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
#define CHATS "cdef"
#define LETTERS CHATS "lqs"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world *world;
static char ids[sizeof(LETTERS)][ID_LEN + 1];

/* ---- ids --------------------------------------------------------------------------------------
 */

static void remember(char letter, const char *id)
{
    if (id && strlen(id) == ID_LEN)
        memcpy(ids[strchr(LETTERS, letter) - LETTERS], id, ID_LEN);
}

static void notice(const struct xml *x)
{
    const struct xml *line = xml_find(x, "stanza-id", NS_SID);
    const struct xml *form = xml_find(x, "command", NULL);

    if (line)
        remember('l', xml_get(line, "id"));
    if (form)
        remember('s', xml_get(form, "sessionid"));
    if (strcmp(x->name, "iq") == 0 && strcmp(xml_get(x, "type"), "get") == 0)
        remember('q', xml_get(x, "id"));
}

static void read_all(void)
{
    static const char *const clients[] = {"sarah@example.org/a", "tom@example.org/b",
                                          "nina@example.org/n"};
    struct xml *x;

    for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
        while ((x = world_take(world, clients[i])))
            notice(x);
}

static void fill(char *text, size_t len)
{
    for (size_t i = 0; i + ID_LEN <= len; i++) {
        const char *letter = text[i] ? strchr(LETTERS, text[i]) : NULL;
        size_t n = 0;

        while (letter && n < ID_LEN && text[i + n] == *letter)
            n++;
        if (n == ID_LEN)
            memcpy(text + i, ids[letter - LETTERS], ID_LEN);
    }
}

/* ---- the world --------------------------------------------------------------------------------
 */

static void of_customer(const struct stanza *in)
{
    const struct xml *body = xml_find(in->x, "body", NS_CLIENT);

    for (const char *c = CHATS; *c; c++)
        if (strcmp(in->to.local, ids[strchr(LETTERS, *c) - LETTERS]) == 0)
            (void)world_customer(world, (char[]){*c, 0}, in->from.resource,
                                 body ? xml_content(in->arena, body) : "");
}

/* True: it was one of those that are no people. */
static bool of_world(const struct stanza *in)
{
    if (strcmp(in->from.local, "time") == 0)
        world_pass(world, strtol(in->from.resource, NULL, 10) % 100000 * 1000);
    else if (strcmp(in->from.local, "customer") == 0)
        of_customer(in);
    else if (strcmp(in->from.local, "restart") == 0)
        world_restart(world);
    else
        return false;
    return true;
}

static void on_ready(void *ctx)
{
    (void)ctx;
}

static void on_stanza(void *ctx, struct stanza *in)
{
    (void)ctx;
    world->now_ms++;
    if (of_world(in))
        arena_free(in->arena);
    else
        muc_desk_stanza(world->muc, in);
    world_settle(world);
    read_all();
}

static void join(const char *chat, const char *who)
{
    const char *unknown = NULL;
    char *text = world_fill(world, arena_printf(world->arena, JOIN, chat), &unknown);

    world_send(world, who, text);
}

static void new_world(void)
{
    if (world)
        world_free(world);
    world = world_new();
    world->contact = true;
    for (const char *c = CHATS; *c; c++) {
        const char *name = (char[]){*c, 0}, *unknown = NULL;

        world_chat(world, name, *c == 'e' ? "assistant" : "waiting", "Alice");
        remember(*c, world_fill(world, arena_printf(world->arena, "{%s!id}", name), &unknown));
    }
    world_room(world, "r");
    join("d", "sarah@example.org/a");
    join("d", "tom@example.org/b");
    join("d", "nina@example.org/n");
    read_all();
}

/* White space before the first stanza asks for a new world. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream *s;
    static int runs;
    const struct stream_handlers h = {.ready = on_ready, .stanza = on_stanza};
    struct buf in = {0}, out = {0};

    if (!s) {
        if (crypto_init() != OK)
            abort();
        s = stream_new(WORLD_DOMAIN, "secret", &h);
    }
    if (runs++ % RUNS_PER_WORLD == 0 || (size > 0 && data[0] == '\n'))
        new_world();
    buf_put(&in, (const char *)data, size);
    fill(in.data, in.len);
    if (stream_open(s, &out) == OK && stream_feed(s, HEAD, strlen(HEAD), &out) == OK)
        (void)stream_feed(s, in.data, in.len, &out);
    stream_close(s);
    buf_free(&in);
    buf_free(&out);
    return 0;
}
