#include "core/desk_own.h"

struct news_call {
    int64_t after;
    size_t most, limit;
};

static void news_run(struct op *op)
{
    const struct news_call *call = op->call;
    const struct agent *agent = op_lister(op);
    struct query *q;

    if (!agent)
        return;
    q = query_new(QUERY_NEWS, NULL, NULL);
    q->organization = arena_dup(q->arena, agent->organization);
    q->agent = arena_dup(q->arena, agent->id);
    q->after = call->after;
    q->most = call->most;
    q->limit = call->limit;
    op_read(op, q, op_page);
}

void desk_news(struct desk *d, const struct principal *who, int64_t after_gid, size_t most,
               size_t limit, desk_fn *done, void *ctx)
{
    struct op *op = op_new_office_for(d, who, done, ctx);
    struct news_call *call = arena_new_of(op->arena, struct news_call);

    *call = (struct news_call){.after = after_gid, .most = most, .limit = limit};
    op->call = call;
    op->run = news_run;
    op->plain = op_always_plain;
    op_enter(op);
}
