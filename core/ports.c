#include "core/ports.h"

struct change *change_new(change_done_fn *done, void *ctx)
{
    struct arena *arena = arena_new();
    struct change *c = arena_new_of(arena, struct change);

    c->arena = arena;
    c->room = "";
    c->author = "";
    c->key = "";
    c->file_posted = "";
    c->done = done;
    c->ctx = ctx;
    return c;
}

void change_free(struct change *c)
{
    if (c != NULL)
        arena_free(c->arena);
}

struct backup *backup_new(const char *path, backup_done_fn *done, void *ctx)
{
    struct arena *arena = arena_new();
    struct backup *b = arena_new_of(arena, struct backup);

    b->arena = arena;
    b->path = arena_dup(arena, path);
    b->detail = "";
    b->done = done;
    b->ctx = ctx;
    return b;
}

void backup_free(struct backup *b)
{
    if (b != NULL)
        arena_free(b->arena);
}

struct query *query_new(enum query_kind kind, query_done_fn *done, void *ctx)
{
    struct arena *arena = arena_new();
    struct query *q = arena_new_of(arena, struct query);

    q->arena = arena;
    q->kind = kind;
    q->room = "";
    q->organization = "";
    q->agent = "";
    q->cursor = "";
    q->id = "";
    q->stanza_id = "";
    q->sender_id = "";
    q->reader_id = "";
    q->next_cursor = "";
    q->epoch = "";
    q->secret = "";
    q->done = done;
    q->ctx = ctx;
    return q;
}

void query_free(struct query *q)
{
    if (q != NULL)
        arena_free(q->arena);
}
