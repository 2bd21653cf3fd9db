/* Addresses and nicks: any bytes. What passes must pass again unchanged. */
#include "component/xml/jid.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    const char *text = arena_dup_len(a, (const char *)data, size);
    struct jid once, twice;
    char *nick = NULL, *again = NULL;

    if (jid_parse(a, text, &once) == OK &&
        (jid_parse(a, once.full, &twice) != OK || strcmp(once.full, twice.full) != 0))
        abort();
    if (jid_nick(a, text, &nick) == OK &&
        (jid_nick(a, nick, &again) != OK || strcmp(nick, again) != 0))
        abort();
    arena_free(a);
    return 0;
}
