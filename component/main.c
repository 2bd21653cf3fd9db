/* Wiring, in the order of the data flow: store -> desk -> web bridge, our domains at the XMPP
 * server. */
#include "component/assistant/openai.h"
#include "component/cli.h"
#include "component/control.h"
#include "component/disk.h"
#include "component/domains.h"
#include "component/journal.h"
#include "config/config.h"
#include "core/base/crypto.h"
#include "core/desk_files.h"
#include "db/restore.h"
#include "db/store.h"
#include "db/vault.h"
#include "webbridge/webbridge.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define DEFAULT_CONFIG "/etc/parley/parley.conf"
#define TICK_MS 1000
#define DAY_MS (24LL * 60 * 60 * 1000)
#define ROOM_IDLE_MS (5 * 60 * 1000)
/* the XMPP library's parser recurses once per level of a hostile stanza (docs/ARCHITECTURE.md,
 * "Threads") */
#define LOOP_STACK (64u << 20)

struct program {
    struct config *config;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t tick;
    uv_signal_t term, intr;
    struct store *store;
    struct bus *bus;
    struct rules *rules;
    struct openai *openai; /* NULL: no model is asked */
    struct desk *desk;
    struct vault *vault; /* NULL: there are no files */
    struct file_port files;
    struct domains *domains;
    struct webbridge *web;
    struct control *control;
    enum err outcome; /* of the step that is waited for */
    bool waiting, stopping;
    bool serving; /* the daemon, not a command in its own process */
    int exit_code;
    int descriptors; /* that the process may have */
};

/* ---- time, ids, log ------------------------------------------------------------------------- */

static int64_t now_ms(void *self)
{
    struct timespec t;

    (void)self;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t steady_ms(void *self)
{
    (void)self;
    return (int64_t)(uv_hrtime() / 1000000);
}

static void new_id(void *self, char out[ID_LEN + 1])
{
    (void)self;
    crypto_id(out);
}

/* ---- store and desk: what the daemon and the commands share --------------------------------- */

static void pump(struct program *p)
{
    if (p->store)
        store_pump(p->store);
    if (p->web)
        webbridge_turn(p->web);
}

static void on_wake(uv_async_t *a)
{
    pump(a->data);
}

static void wake(void *ctx)
{
    struct program *p = ctx;

    uv_async_send(&p->wake);
}

static void step_done(void *ctx, enum err e, const struct desk_answer *a)
{
    struct program *p = ctx;

    (void)a;
    p->outcome = e;
    p->waiting = false;
}

static enum err await(struct program *p)
{
    while (p->waiting)
        uv_run(&p->loop, UV_RUN_ONCE);
    return p->outcome;
}

static bool asks_model(const struct config *c)
{
    return strcmp(c->assistant.mode, "openai") == 0;
}

static struct desk_options desk_options(struct program *p)
{
    const struct config *c = p->config;
    struct desk_options o = {.store = store_port(p->store),
                             .time = {.now_ms = now_ms, .steady_ms = steady_ms, .id = new_id},
                             .texts = {.waiting = c->texts.waiting,
                                       .agent_joined = c->texts.agent_joined,
                                       .agent_left = c->texts.agent_left,
                                       .closed = c->texts.closed,
                                       .reopened = c->texts.reopened,
                                       .offer = c->texts.offer},
                             .claim_on = CLAIM_JOIN,
                             .staff_rooms = STAFF_AGENTS,
                             .domain = c->xmpp.domain,
                             .linger_ms = (int64_t)c->limits.linger_hours * 3600 * 1000,
                             .grace_ms = (int64_t)c->limits.grace_seconds * 1000,
                             .offer_ms = (int64_t)c->limits.offer_seconds * 1000,
                             .retention_ms = (int64_t)c->store.retention_days * DAY_MS,
                             .room_idle_ms = ROOM_IDLE_MS,
                             .messages_per_minute = c->limits.messages_per_minute,
                             .messages_burst = c->limits.messages_burst,
                             .escalations_per_hour = c->limits.escalations_per_hour,
                             .files = p->files,
                             .file_max = *c->upload.domain ? c->upload.file_bytes : 0,
                             .file_quota = c->upload.bytes_per_day};

    if (strcmp(c->xmpp.claim_on, "message") == 0)
        o.claim_on = CLAIM_MESSAGE;
    if (strcmp(c->xmpp.claim_on, "command") == 0)
        o.claim_on = CLAIM_COMMAND;
    if (strcmp(c->xmpp.staff_rooms, "off") == 0)
        o.staff_rooms = STAFF_OFF;
    if (strcmp(c->xmpp.staff_rooms, "anyone") == 0)
        o.staff_rooms = STAFF_ANYONE;
    if (p->openai)
        o.assistant = openai_port(p->openai);
    else if (p->rules && !asks_model(c))
        o.assistant = assistant_rules_port(p->rules);
    return o;
}

static enum err put_organizations(struct program *p)
{
    for (size_t i = 0; i < p->config->n_organizations; i++) {
        const struct config_organization *c = &p->config->organizations[i];
        struct organization o = {
            .name = c->name, .title = c->title, .origins = c->origins, .configured = true};
        enum err e;

        if (*c->identity_secret)
            desk_set_identity_secret(p->desk, c->name, c->identity_secret);
        p->waiting = true;
        desk_organization_put(p->desk, &o, step_done, p);
        if ((e = await(p)) != OK)
            return e;
    }
    return OK;
}

/* Also when nobody uploads any more: files that are there go with their chats. */
static enum err open_files(struct program *p)
{
    enum err e = OK;

    if (*p->config->upload.domain || access(p->config->store.files, F_OK) == 0)
        e = vault_open(&p->loop, p->config->store.files, &p->vault);
    if (p->vault)
        p->files = vault_port(p->vault);
    return e;
}

/* *detail: a text that stays. */
static enum err make_rules(const struct config *c, struct rules **out, const char **detail)
{
    static char text[512];
    struct buf wrong = {0};
    struct rules_options o = {.name = c->assistant.name,
                              .faq = *c->assistant.faq ? c->assistant.faq : NULL,
                              .detail = &wrong};
    enum err e = assistant_rules_new(&o, out);

    snprintf(text, sizeof(text), "%.250s: %.250s", c->assistant.faq_file, buf_str(&wrong));
    *detail = text;
    buf_free(&wrong);
    return e;
}

static enum err open_assistant(struct program *p, const char **detail)
{
    const struct config *c = p->config;
    struct openai_options o = {.url = c->assistant.url,
                               .model = c->assistant.model,
                               .key = c->assistant.key,
                               .instructions = c->assistant.instructions,
                               .first_ms = 1000 * c->assistant.first_token_timeout,
                               .total_ms = 1000 * c->assistant.total_timeout,
                               .per_chat = c->assistant.messages_per_chat,
                               .per_day = c->assistant.questions_per_day};
    enum err e = OK;

    if (strcmp(c->assistant.mode, "off") != 0)
        e = make_rules(c, &p->rules, detail);
    if (e == OK && asks_model(c) && p->serving) /* a command does not wait for an answer */
        p->openai = openai_new(&p->loop, &o, p->rules);
    return e;
}

static enum err open_desk(struct program *p, const char **detail)
{
    struct desk_options o;
    enum err e;

    uv_loop_init(&p->loop);
    p->loop.data = p;
    uv_async_init(&p->loop, &p->wake, on_wake);
    p->wake.data = p;
    *detail = "the database could not be opened";
    e = store_open(p->config->store.path, NULL, wake, p, &p->store);
    if (e == ERR_NEWER)
        *detail = "the database was made by a newer parley";
    if (e != OK)
        return e;
    *detail = "the folder of files could not be opened";
    if ((e = open_files(p)) != OK)
        return e;
    if ((e = open_assistant(p, detail)) != OK)
        return e;
    p->bus = bus_new();
    o = desk_options(p);
    p->desk = desk_new(&o, p->bus);
    p->waiting = true;
    desk_start(p->desk, step_done, p);
    *detail = "the database could not be read";
    if ((e = await(p)) != OK)
        return e;
    return put_organizations(p);
}

static void ignore_closed(uv_handle_t *h)
{
    (void)h;
}

static void close_all(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, ignore_closed);
}

static void close_desk(struct program *p)
{
    store_close(p->store); /* which answers what is under way */
    p->store = NULL;
    domains_free(p->domains);
    p->domains = NULL;
    desk_free(p->desk);
    bus_free(p->bus);
    openai_free(p->openai);
    assistant_rules_free(p->rules);
    vault_close(p->vault);
    uv_walk(&p->loop, close_all, NULL);
    while (uv_run(&p->loop, UV_RUN_DEFAULT) != 0) /* uv_stop() may have been called before */
        continue;
    (void)uv_loop_close(&p->loop);
}

/* ---- the daemon: stop, in the opposite order ------------------------------------------------ */

static void stopped(void *ctx)
{
    struct program *p = ctx;

    p->waiting = false;
    uv_stop(&p->loop);
}

static void stop_domains(void *ctx)
{
    struct program *p = ctx;

    p->control = NULL;
    if (p->domains)
        domains_stop(p->domains, stopped, p);
    else
        stopped(p);
}

static void stop_control(void *ctx)
{
    struct program *p = ctx;

    p->web = NULL;
    if (p->control)
        control_free(p->control, stop_domains, p);
    else
        stop_domains(p);
}

static void stop(struct program *p)
{
    if (p->stopping)
        return;
    p->stopping = true;
    if (p->store)
        store_cancel_backup(p->store);
    if (p->web)
        webbridge_free(p->web, stop_control, p);
    else
        stop_control(p);
}

static void on_signal(uv_signal_t *s, int number)
{
    log_info("stop", "signal=%d", number);
    stop(s->data);
}

static void on_tick(uv_timer_t *t)
{
    struct program *p = t->data;

    disk_watch(p->desk, p->config->store.path, p->config->store.min_free_mb);
    desk_tick(p->desk);
    if (p->domains)
        domains_tick(p->domains);
}

/* ---- the daemon: start ---------------------------------------------------------------------- */

static bool xmpp_ready(void *ctx, const char **state)
{
    const struct program *p = ctx;

    *state = "not configured";
    return !p->domains || domains_ready(p->domains, state);
}

static void start_xmpp(struct program *p)
{
    const struct config *c = p->config;
    struct domains_options o = {.host = c->xmpp.host,
                                .port = c->xmpp.port,
                                .pause_max_ms = c->xmpp.pause_max_ms,
                                .silence_ms = 1000L * c->limits.unsent_seconds,
                                .rooms = c->xmpp.domain,
                                .rooms_secret = c->xmpp.secret,
                                .rooms_name = c->xmpp.room_name,
                                .upload = c->upload.domain,
                                .upload_secret = c->upload.secret,
                                .upload_name = c->upload.name,
                                .url = webbridge_url(p->web),
                                .file_max = c->upload.file_bytes};

    if (!*c->xmpp.secret) {
        log_warn("xmpp-off", "why=no secret is set");
        return;
    }
    p->domains = domains_new(&p->loop, &o, p->desk, p->bus);
}

/* What was being sent when we ended last is removed before anybody sends anew. */
static enum err check_files(struct program *p, const char **detail)
{
    if (!p->vault)
        return OK;
    *detail = "the folder of files could not be read";
    p->waiting = true;
    desk_files_check(p->desk, step_done, p);
    return await(p);
}

static enum err start_web(struct program *p, const char **detail)
{
    const struct config *c = p->config;
    struct web_options o = {.listen = c->http.listen,
                            .public_url = c->http.public_url,
                            .trusted_proxies = c->http.trusted_proxies,
                            .chats_per_minute = c->limits.chats_per_minute,
                            .streams_per_chat = c->limits.streams_per_chat,
                            .streams_per_address = c->limits.streams_per_address,
                            .bad_tokens_per_minute = c->limits.bad_tokens_per_minute,
                            .logins_per_minute = c->limits.logins_per_minute,
                            .connections = c->limits.connections,
                            .streams = c->limits.streams,
                            .descriptors = p->descriptors,
                            .body_bytes = c->limits.body_bytes,
                            .header_seconds = c->limits.header_seconds,
                            .body_seconds = c->limits.body_seconds,
                            .unsent_seconds = c->limits.unsent_seconds,
                            .heartbeat_seconds = c->limits.heartbeat_seconds,
                            .files = *c->upload.domain ? &p->files : NULL,
                            .upload_bytes_per_day = c->upload.bytes_per_day,
                            .offer = c->texts.offer,
                            .xmpp_ready = xmpp_ready,
                            .xmpp_ctx = p};

    return webbridge_new(&p->loop, &o, p->desk, p->bus, &p->web, detail);
}

static enum err start(struct program *p, const char **detail)
{
    enum err e = open_desk(p, detail);

    if (e != OK)
        return e;
    if ((e = check_files(p, detail)) != OK)
        return e;
    if ((e = control_new(&p->loop, p->config->store.control, manage_run, p->desk, &p->control,
                         detail)) != OK)
        return e;
    if ((e = start_web(p, detail)) != OK)
        return e;
    desk_set_url(p->desk, webbridge_url(p->web));
    start_xmpp(p);
    disk_watch(p->desk, p->config->store.path, p->config->store.min_free_mb);
    uv_timer_init(&p->loop, &p->tick);
    uv_signal_init(&p->loop, &p->term);
    uv_signal_init(&p->loop, &p->intr);
    p->tick.data = p->term.data = p->intr.data = p;
    uv_timer_start(&p->tick, on_tick, TICK_MS, TICK_MS);
    uv_signal_start(&p->term, on_signal, SIGTERM);
    uv_signal_start(&p->intr, on_signal, SIGINT);
    return OK;
}

static void loop_thread(void *arg)
{
    struct program *p = arg;
    const char *detail = "";
    enum err e = start(p, &detail);

    if (e == OK) {
        log_info("ready", "version=%s listen=%s port=%d database=%s", PARLEY_VERSION,
                 p->config->http.listen, webbridge_port(p->web), p->config->store.path);
        uv_run(&p->loop, UV_RUN_DEFAULT);
    } else {
        log_error("start-failed", "error=%s detail=%s", err_name(e), detail);
        p->exit_code = e == ERR_CONFIG ? EXIT_BAD_CONFIG : EXIT_RUNTIME;
        p->waiting = true;
        stop(p);
        (void)await(p);
    }
    close_desk(p);
    log_info("stopped", "exit=%d", p->exit_code);
}

static int raise_descriptors(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return FD_SETSIZE;
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) != 0)
        (void)getrlimit(RLIMIT_NOFILE, &r);
    return r.rlim_cur > INT_MAX ? INT_MAX : (int)r.rlim_cur;
}

static int serve(void *ctx)
{
    struct program *p = ctx;
    uv_thread_options_t o = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = LOOP_STACK};
    uv_thread_t thread;

    log_init(p->config->log_level, journal_write, NULL);
    p->descriptors = raise_descriptors();
    p->serving = true;
    if (uv_thread_create_ex(&thread, &o, loop_thread, p) != 0)
        return EXIT_RUNTIME;
    uv_thread_join(&thread);
    return p->exit_code;
}

/* ---- commands ------------------------------------------------------------------------------- */

struct local {
    struct program *program;
    manage_done_fn *done;
    void *ctx;
};

static void local_done(void *ctx, int exit_code, const char *out, const char *err)
{
    struct local *l = ctx;

    l->program->waiting = false;
    l->done(l->ctx, exit_code, out, err);
}

static enum err local(void *ctx, int argc, const char *const *argv, manage_done_fn *done,
                      void *done_ctx, const char **detail)
{
    struct program *p = ctx;
    struct local l = {.program = p, .done = done, .ctx = done_ctx};
    enum err e;

    log_init(LOG_ERROR, journal_write, NULL);
    e = open_desk(p, detail);
    if (e == OK) {
        p->waiting = true;
        manage_run(p->desk, argc, argv, local_done, &l);
        (void)await(p);
    }
    close_desk(p);
    return e;
}

static enum err load(void *ctx, const char *file, const char **control, const char **detail)
{
    struct program *p = ctx;
    enum err e;

    if (!file && (access(DEFAULT_CONFIG, F_OK) == 0 || errno != ENOENT))
        file = DEFAULT_CONFIG;
    if ((e = config_load(file, &p->config, detail)) != OK)
        return e;
    *control = p->config->store.control;
    return OK;
}

static enum err restore(void *ctx, const char *file, const char **detail)
{
    const struct program *p = ctx;

    log_init(LOG_ERROR, journal_write, NULL);
    return restore_run(p->config->store.path, file, now_ms(NULL), NULL, detail);
}

static enum err check(void *ctx, const char **detail)
{
    const struct program *p = ctx;
    struct rules *rules = NULL;
    enum err e = make_rules(p->config, &rules, detail);

    assistant_rules_free(rules);
    return e;
}

static void print(void *ctx, struct buf *out)
{
    const struct program *p = ctx;

    config_print(p->config, out);
}

static void describe(void *ctx, struct buf *out)
{
    (void)ctx;
    config_describe(out);
}

int main(int argc, char **argv)
{
    struct program p = {0};
    struct cli_host host = {.ctx = &p,
                            .load = load,
                            .check = check,
                            .print = print,
                            .describe = describe,
                            .serve = serve,
                            .local = local,
                            .restore = restore};
    int code;

    (void)signal(SIGPIPE, SIG_IGN);
    if (crypto_init() != OK)
        return EXIT_RUNTIME;
    code = cli_run(argc, argv, &host);
    config_free(p.config);
    return code;
}
