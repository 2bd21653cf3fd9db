#include "component/assistant/breaker.h"

bool breaker_may(struct breaker *b, int64_t now_ms)
{
    if (b->until_ms == 0)
        return true;
    if (b->trying || now_ms < b->until_ms)
        return false;
    b->trying = true;
    return true;
}

void breaker_answered(struct breaker *b)
{
    *b = (struct breaker){0};
}

bool breaker_failed(struct breaker *b, int64_t now_ms)
{
    bool was_open = b->until_ms != 0;

    b->trying = false;
    if (++b->failures < BREAKER_FAILURES)
        return false;
    b->until_ms = now_ms + BREAKER_OPEN_MS;
    return !was_open;
}

void breaker_dropped(struct breaker *b)
{
    b->trying = false;
}
