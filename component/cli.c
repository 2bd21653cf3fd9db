#include "component/cli.h"

#include "component/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_MS 30000

struct run {
    const struct cli_host *host;
    const struct command *command;
    FILE *out, *err;
    int exit_code;
};

static int complain(const struct run *r, int exit_code, const char *text)
{
    fprintf(r->err, "parley: %s\n", text);
    return exit_code;
}

static int print(const struct run *r, struct buf *b)
{
    fputs(buf_str(b), r->out);
    buf_free(b);
    return fflush(r->out) == 0 ? EXIT_DONE : complain(r, EXIT_RUNTIME, "cannot write the output");
}

static void on_progress(void *ctx, const char *text)
{
    const struct run *r = ctx;

    fprintf(r->err, "%s\n", text);
    (void)fflush(r->err);
}

/* For the caller only, and whole: a file that is there already is replaced when all is written. */
static enum err write_file(const struct run *r, const char *text)
{
    const char *name = r->command->output;
    struct arena *a = arena_new();
    const char *path = r->command->force ? arena_printf(a, "%s.part", name) : name;
    int fd =
        open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (r->command->force ? O_TRUNC : O_EXCL), 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    bool ok = f && fputs(text, f) >= 0;

    if (f)
        ok = fclose(f) == 0 && ok;
    if (ok && path != name)
        ok = rename(path, name) == 0;
    arena_free(a);
    return ok ? OK : ERR_IO;
}

static const char *not_written(const struct run *r, int why)
{
    static char text[512];

    if (why == EEXIST)
        return "the file is there already; --force replaces it";
    snprintf(text, sizeof(text), "cannot write %.300s: %s", r->command->output, strerror(why));
    return text;
}

static void on_done(void *ctx, int exit_code, const char *out, const char *err)
{
    struct run *r = ctx;

    if (exit_code == MANAGE_GOES_ON) {
        on_progress(ctx, err);
        return;
    }
    r->exit_code = exit_code;
    if (exit_code == EXIT_DONE && r->command->output) {
        if (write_file(r, out) != OK)
            r->exit_code = complain(r, EXIT_RUNTIME, not_written(r, errno));
        return;
    }
    fputs(out, r->out);
    if (err[0])
        complain(r, exit_code, err);
    if (fflush(r->out) != 0)
        r->exit_code = complain(r, EXIT_RUNTIME, "cannot write the output");
}

static int run_here(struct run *r, int argc, const char *const *argv)
{
    const char *detail = "";
    enum err e = r->host->local(r->host->ctx, argc, argv, on_done, r, &detail);

    if (e == OK)
        return r->exit_code;
    if (e == ERR_LOCKED)
        detail = "another process has the database open, but nobody answers on its control socket";
    return complain(r, EXIT_RUNTIME, detail[0] ? detail : err_name(e));
}

/* The daemon when there is one, else the database itself. */
static int manage(struct run *r, const char *control, int argc, const char *const *argv)
{
    struct arena *a = arena_new();
    struct control_reply reply = {.progress = on_progress, .ctx = r};
    enum err e = control_ask(a, control, argc, argv, ASK_MS, &reply);

    if (e == OK)
        on_done(r, reply.exit_code, reply.out, reply.err);
    else if (e == ERR_NOT_FOUND)
        r->exit_code = run_here(r, argc, argv);
    else if (e == ERR_FORBIDDEN)
        r->exit_code = complain(
            r, EXIT_RUNTIME, "the control socket is not yours: use the daemon's account or root");
    else
        r->exit_code = complain(r, EXIT_RUNTIME,
                                e == ERR_BUSY ? "the daemon does not answer"
                                              : "the daemon's answer cannot be read");
    arena_free(a);
    return r->exit_code;
}

/* The daemon stands in another directory. */
static int manage_file(struct run *r, const struct command *c, const char *control, int argc,
                       const char *const *argv)
{
    const char *words[COMMAND_ARGS_MAX];
    char *here = getcwd(NULL, 0);
    struct arena *a = arena_new();
    int code;

    for (int i = 0; i < argc; i++)
        words[i] = argv[i] == c->operand && c->operand[0] != '/'
                       ? arena_printf(a, "%s/%s", here ? here : "", c->operand)
                       : argv[i];
    code = manage(r, control, argc, words);
    arena_free(a);
    free(here);
    return code;
}

static int restore(struct run *r, const struct command *c)
{
    const char *detail = "";
    enum err e = r->host->restore(r->host->ctx, c->operand, &detail);

    return e == OK ? EXIT_DONE : complain(r, EXIT_RUNTIME, *detail ? detail : err_name(e));
}

static int run_configured(struct run *r, const struct command *c, int argc, const char *const *argv)
{
    const char *control = "", *detail = "";
    struct buf text = {0};

    if (r->host->load(r->host->ctx, c->config, &control, &detail) != OK)
        return complain(r, EXIT_BAD_CONFIG, detail);
    r->command = c;
    if (c->id == COMMAND_RESTORE)
        return restore(r, c);
    if (c->id == COMMAND_BACKUP)
        return manage_file(r, c, control, argc, argv);
    if (command_is_management(c->id))
        return manage(r, control, argc, argv);
    if (c->id == COMMAND_SERVE)
        return r->host->serve(r->host->ctx);
    if (r->host->check(r->host->ctx, &detail) != OK)
        return complain(r, EXIT_BAD_CONFIG, detail);
    if (c->print)
        r->host->print(r->host->ctx, &text);
    return print(r, &text);
}

int cli_run(int argc, char **argv, const struct cli_host *host)
{
    struct run r = {
        .host = host, .out = host->out ? host->out : stdout, .err = host->err ? host->err : stderr};
    const char *const *words = (const char *const *)argv;
    struct buf text = {0};
    struct command c;
    const char *detail = "";

    if (command_parse(argc, words, &c, &detail) != OK)
        return complain(&r, EXIT_USAGE, detail);
    if (c.id == COMMAND_HELP)
        command_help(c.topic, &text);
    else if (c.id == COMMAND_HELP_CONFIG)
        host->describe(host->ctx, &text);
    else if (c.id == COMMAND_VERSION)
        buf_puts(&text, "parley " PARLEY_VERSION "\n");
    else
        return run_configured(&r, &c, argc, words);
    return print(&r, &text);
}
