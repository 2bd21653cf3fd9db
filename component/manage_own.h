/* What the files of management commands share. */
#ifndef PARLEY_MANAGE_OWN_H
#define PARLEY_MANAGE_OWN_H

#include "component/command.h"
#include "component/manage.h"
#include "core/base/buf.h"
#include "core/desk.h"

/* One command under way. Lives in its arena, with a copy of its words. */
struct job {
    struct arena *arena;
    struct desk *desk;
    struct command cmd;
    struct buf out;
    manage_done_fn *done;
    void *ctx;
    struct json *list; /* chat export: the entries so far */
    int64_t after;     /* likewise, up to this one */
};

/* Both end the job. */
void manage_finish(struct job *j, int exit_code, const char *err);
void manage_refuse(struct job *j, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* True when the desk did it; otherwise the job is over. */
bool manage_went_well(struct job *j, enum err e, const struct desk_answer *a);
/* The command has nothing to say but that it is done. */
void manage_on_done(void *ctx, enum err e, const struct desk_answer *a);

/* ---- manage_data.c: what becomes of the data ---- */

/* The operand may be a chat's id, the answer is about a chat; else the job is over. */
bool manage_names_chat(struct job *j);
bool manage_has_chat(struct job *j, enum err e, const struct desk_answer *a);
/* chat export, close, erase; backup */
void manage_data(struct job *j);

#endif
