/* Request bodies: any bytes. What is accepted prints as JSON that is accepted. */
#include "core/base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *j = NULL, *again = NULL;
    struct arena *a = arena_new();

    if (json_parse((const char *)data, size, &j) == OK) {
        const char *text = json_print(a, j);

        if (json_parse(text, strlen(text), &again) != OK)
            abort();
        json_free(again);
        json_free(j);
    }
    arena_free(a);
    return 0;
}
