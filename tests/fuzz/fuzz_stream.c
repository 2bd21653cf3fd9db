/* What a server sends on the component's stream: any bytes after the handshake. */
#include "component/stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "                         \
    "xmlns:stream='http://etherx.jabber.org/streams' id='1' from='support.example.org'>"           \
    "<handshake/>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_ready(void *ctx)
{
    (void)ctx;
}

/* Touches all of it, so that a sanitizer sees what dangles. */
static void on_stanza(void *ctx, struct stanza *in)
{
    struct buf b = {0};

    (void)ctx;
    xml_write(&b, in->x, NS_CLIENT);
    if (!in->from.full || !in->to.full || !in->type || !in->id)
        abort();
    buf_free(&b);
    arena_free(in->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream *s;
    const struct stream_handlers h = {.ready = on_ready, .stanza = on_stanza};
    struct buf out = {0};

    if (!s)
        s = stream_new("support.example.org", "secret", &h);
    if (stream_open(s, &out) == OK && stream_feed(s, HEAD, strlen(HEAD), &out) == OK)
        (void)stream_feed(s, (const char *)data, size, &out);
    stream_close(s);
    buf_free(&out);
    return 0;
}
