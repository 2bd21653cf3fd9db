#include "core/base/err.h"

static const char *const names[] = {
    [OK] = "ok",
    [ERR_INVALID] = "invalid",
    [ERR_TEXT] = "text",
    [ERR_TOO_LARGE] = "too-large",
    [ERR_NOT_FOUND] = "not-found",
    [ERR_UNAUTHORIZED] = "unauthorized",
    [ERR_FORBIDDEN] = "forbidden",
    [ERR_CONFLICT] = "conflict",
    [ERR_NOT_ESCALATED] = "not-escalated",
    [ERR_ALREADY_ASSIGNED] = "already-assigned",
    [ERR_CLOSED] = "closed",
    [ERR_KEY_REUSED] = "key-reused",
    [ERR_IDENTITY] = "invalid-identity",
    [ERR_RATE] = "rate",
    [ERR_BUSY] = "busy",
    [ERR_UNKNOWN] = "unknown",
    [ERR_NOT_OCCUPANT] = "not-occupant",
    [ERR_NOT_ALLOWED] = "not-allowed",
    [ERR_NOT_ACCEPTABLE] = "not-acceptable",
    [ERR_OUTCAST] = "outcast",
    [ERR_NOT_MEMBER] = "not-member",
    [ERR_PASSWORD] = "password",
    [ERR_FULL] = "full",
    [ERR_LOW_DISK] = "low-disk",
    [ERR_NO_SPACE] = "no-space",
    [ERR_IO] = "io",
    [ERR_NEWER] = "newer",
    [ERR_CONFIG] = "config",
    [ERR_LOCKED] = "locked",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == ERR_COUNT_, "one name for each error");

const char *err_name(enum err e)
{
    return (unsigned)e < ERR_COUNT_ ? names[e] : "?";
}
