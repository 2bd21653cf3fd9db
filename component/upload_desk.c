#include "component/upload_desk.h"

#include "component/muc/upload.h"
#include "core/desk_files.h"

#include <stdlib.h>

struct upload_desk {
    struct upload_options o;
    struct upload_service service;
    struct desk *desk;
};

/* A request under way; lives in its stanza's arena. */
struct asking {
    struct upload_desk *u;
    struct upload_intent intent;
};

static struct xml *refusal(const struct asking *q, enum err e, int64_t retry_ms)
{
    const struct upload_intent *i = &q->intent;

    if (e == ERR_FORBIDDEN)
        return upload_refused(i, COND_FORBIDDEN, "auth",
                              "Only support agents may send files here.");
    if (e == ERR_TOO_LARGE)
        return upload_too_large(&q->u->service, i);
    if (e == ERR_RATE)
        return upload_later(i, desk_now(q->u->desk) + retry_ms,
                            "You have sent enough for a while.");
    if (e == ERR_INVALID)
        return upload_refused(i, COND_BAD_REQUEST, "modify", "A name and a size are needed.");
    return upload_refused(i, COND_RESOURCE, "wait", "Not at the moment; try again.");
}

static void answered(void *ctx, enum err e, const struct desk_answer *a)
{
    struct asking *q = ctx;
    struct arena *arena = q->intent.in->arena;
    struct xml *x;

    if (e == OK) {
        const char *url = file_url(arena, q->u->o.url, a->file);

        x = upload_slot(&q->intent, url, url);
    } else {
        x = refusal(q, e, a->retry_ms);
    }
    q->u->o.send(q->u->o.send_ctx, x);
    arena_free(arena);
}

static void ask(struct asking *q)
{
    const struct upload_intent *i = &q->intent;
    const struct agent *agent = directory_by_jid(desk_directory(q->u->desk), i->in->from.bare);
    struct principal who = {.kind = agent ? WHO_AGENT : WHO_ANONYMOUS,
                            .id = agent ? agent->id : ""};
    /* what is malformed has no size, which the desk refuses behind the rights */
    struct file wish = {.owner = "",
                        .room = "",
                        .name = i->name,
                        .type = i->type,
                        .size = i->malformed ? 0 : i->size};

    desk_file_slot(q->u->desk, &who, &wish, answered, q);
}

void upload_desk_stanza(struct upload_desk *u, struct stanza *in)
{
    struct asking *q = arena_new_of(in->arena, struct asking);

    q->u = u;
    upload_read(&u->service, in, &q->intent);
    switch (q->intent.kind) {
    case UPLOAD_SLOT:
        ask(q);
        return;
    case UPLOAD_REPLY:
        u->o.send(u->o.send_ctx, q->intent.reply);
        break;
    case UPLOAD_IGNORE:
        break;
    }
    arena_free(in->arena);
}

struct upload_desk *upload_desk_new(const struct upload_options *o, struct desk *desk)
{
    struct upload_desk *u = mem_alloc(sizeof(*u));

    u->o = *o;
    u->desk = desk;
    u->service = (struct upload_service){
        .domain = o->domain, .name = o->name, .version = PARLEY_VERSION, .file_max = o->file_max};
    return u;
}

void upload_desk_free(struct upload_desk *u)
{
    free(u);
}
