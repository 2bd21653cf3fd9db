/* What a model's server sends: any bytes, cut where the first byte says. However they are cut, the
 * same comes out, it is text, and it is bounded. */
#include "component/assistant/completion.h"

#include "core/base/arena.h"
#include "core/base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct completion *read_all(const char *data, size_t len, size_t step, enum err *e)
{
    struct completion *c = completion_new();
    size_t told = 0;

    *e = OK;
    for (size_t at = 0; at < len && *e == OK; at += step) {
        const char *text;

        *e = completion_feed(c, data + at, len - at < step ? len - at : step);
        text = completion_text(c);
        if (strlen(text) < told || !text_ok(text, strlen(text)))
            abort(); /* what was told stays said */
        told = strlen(text);
    }
    if (*e == OK)
        *e = completion_end(c);
    return c;
}

static void compare(const struct completion *x, const struct completion *y)
{
    struct completion_call of_x[COMPLETION_CALLS_MAX], of_y[COMPLETION_CALLS_MAX];
    size_t n = completion_calls(x, of_x);

    if (strcmp(completion_text(x), completion_text(y)) != 0 || completion_calls(y, of_y) != n)
        abort();
    for (size_t i = 0; i < n; i++) {
        if (strcmp(of_x[i].name, of_y[i].name) != 0 ||
            strcmp(of_x[i].arguments, of_y[i].arguments) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *body = (const char *)data + 1;
    struct completion *whole, *cut;
    enum err e, of_cut;

    if (size < 2)
        return 0;
    whole = read_all(body, size - 1, size - 1, &e);
    cut = read_all(body, size - 1, (size_t)data[0] + 1, &of_cut);
    if (e != of_cut || text_chars(completion_text(whole)) > COMPLETION_TEXT_MAX)
        abort();
    compare(whole, cut);
    completion_free(cut);
    completion_free(whole);
    return 0;
}
