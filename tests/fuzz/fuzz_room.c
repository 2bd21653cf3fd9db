/* Stanzas of anybody to the room service, with the desk and the store behind it. The input is what
 * a server sends: several stanzas. Senders are people of the transcripts' world; its first chats
 * wait, or are live with Sarah and Tom inside, and Sarah has a staff room. */
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
#define RUNS_PER_WORLD 200 /* the store in memory grows */
#define JOIN "<presence to='{%s}/x'><x xmlns='http://jabber.org/protocol/muc'/></presence>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world *world;

static void on_ready(void *ctx)
{
    (void)ctx;
}

static void on_stanza(void *ctx, struct stanza *in)
{
    (void)ctx;
    muc_desk_stanza(world->muc, in);
    world_settle(world);
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
    world_chat(world, "c", "waiting", "Alice");
    world_chat(world, "d", "waiting", "Bob");
    world_room(world, "r");
    join("d", "sarah@example.org/a");
    join("d", "tom@example.org/b");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream *s;
    static int runs;
    const struct stream_handlers h = {.ready = on_ready, .stanza = on_stanza};
    struct buf out = {0};

    if (!s) {
        if (crypto_init() != OK)
            abort();
        s = stream_new(WORLD_DOMAIN, "secret", &h);
    }
    if (runs++ % RUNS_PER_WORLD == 0)
        new_world();
    if (stream_open(s, &out) == OK && stream_feed(s, HEAD, strlen(HEAD), &out) == OK)
        (void)stream_feed(s, (const char *)data, size, &out);
    stream_close(s);
    buf_free(&out);
    return 0;
}
