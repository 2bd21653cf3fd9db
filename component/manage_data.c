#include "component/manage_own.h"
#include "component/manage_show.h"
#include "core/base/json.h"

#include <string.h>

static const struct principal operator= {.kind = WHO_SYSTEM, .id = ""};

/* ---- chats ---------------------------------------------------------------------------------- */

bool manage_names_chat(struct job *j)
{
    if (crypto_is_id(j->cmd.operand))
        return true;
    manage_refuse(j, "there is no chat %s", j->cmd.operand);
    return false;
}

bool manage_has_chat(struct job *j, enum err e, const struct desk_answer *a)
{
    if (e != ERR_NOT_FOUND && (e != OK || a->chat))
        return manage_went_well(j, e, a);
    manage_refuse(j, "there is no chat %s", j->cmd.operand);
    return false;
}

static void on_closed(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (manage_has_chat(j, e, a))
        manage_finish(j, EXIT_DONE, "");
}

static void on_erased(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (!manage_has_chat(j, e, a))
        return;
    if (a->traces)
        manage_refuse(j, "the chat is erased, but another program reads the database: until it "
                         "ends, traces stay in the database's files");
    else
        manage_finish(j, EXIT_DONE, "");
}

/* ---- export --------------------------------------------------------------------------------- */

#define EXPORT_PAGE 1000

static void export_some(struct job *j);

static void on_page(void *ctx, enum err e, const struct desk_answer *a)
{
    struct job *j = ctx;

    if (e != OK || !a->chat) {
        json_free(j->list);
        j->list = NULL;
        (void)manage_has_chat(j, e, a);
        return;
    }
    for (size_t i = 0; i < a->page->n_entries; i++) {
        manage_export_entry(j->list, &a->page->entries[i]);
        j->after = a->page->entries[i].seq;
    }
    if (a->page->more) {
        export_some(j);
        return;
    }
    manage_export_chat(j->desk, a->chat, j->list, j->arena, &j->out);
    manage_finish(j, EXIT_DONE, "");
}

static void export_some(struct job *j)
{
    struct range range = {.after = j->after, .limit = EXPORT_PAGE};

    desk_entries(j->desk, &operator, j->cmd.operand, &range, on_page, j);
}

/* ---- backup --------------------------------------------------------------------------------- */

static void on_progress(struct backup *b, int percent)
{
    struct job *j = b->ctx;

    j->done(j->ctx, MANAGE_GOES_ON, "", arena_printf(b->arena, "%d %%", percent));
}

static void on_copied(struct backup *b, enum err e)
{
    struct job *j = b->ctx;

    if (e == OK)
        manage_finish(j, EXIT_DONE, "");
    else
        manage_refuse(j, "no backup was made: %s", *b->detail ? b->detail : err_name(e));
    backup_free(b);
}

static void back_up(struct job *j)
{
    struct backup *b;

    if (j->cmd.operand[0] != '/') {
        manage_refuse(j, "%s is not a whole path", j->cmd.operand);
        return;
    }
    b = backup_new(j->cmd.operand, on_copied, j);
    b->replace = j->cmd.force;
    b->progress = on_progress;
    if (desk_backup(j->desk, b) == OK)
        return;
    backup_free(b);
    manage_refuse(j, "another backup is being made");
}

void manage_data(struct job *j)
{
    if (j->cmd.id == COMMAND_BACKUP) {
        back_up(j);
        return;
    }
    if (!manage_names_chat(j))
        return;
    if (j->cmd.id == COMMAND_CHAT_CLOSE) {
        desk_close(j->desk, &operator, j->cmd.operand, j->cmd.reason, "", on_closed, j);
    } else if (j->cmd.id == COMMAND_CHAT_ERASE) {
        desk_erase(j->desk, &operator, j->cmd.operand, on_erased, j);
    } else {
        j->list = json_array();
        export_some(j);
    }
}
