/* Prints the route table, one line a route: METHOD PATH ACTION. For tests that must know all
 * routes. */
#include "webbridge/route.h"

#include <stdio.h>

static const char *action_name(enum action a)
{
    switch (a) {
    case ACTION_BEGIN:
        return "begin";
    case ACTION_LIST:
        return "list";
    case ACTION_READ:
        return "read";
    case ACTION_WRITE:
        return "write";
    case ACTION_ESCALATE:
        return "escalate";
    case ACTION_ASSIGN:
        return "assign";
    case ACTION_ENTER:
        return "enter";
    case ACTION_CLOSE:
        return "close";
    case ACTION_RATE:
        return "rate";
    case ACTION_PUBLIC:
        return "public";
    }
    return "?";
}

int main(void)
{
    for (const struct route *r = route_table(); r->method != NULL; r++)
        printf("%s %s %s\n", r->method, r->path, action_name(r->action));
    return 0;
}
