#include "config/config.h"

#include "config/check.h"
#include "config/setting.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX 4096
#define SECRET_BYTES_MAX 1024
#define IDENTITY_BYTES_MIN 32
#define FAQ_BYTES_MAX (1024 * 1024)
#define INSTRUCTIONS_BYTES_MAX 16384
#define ORGANIZATIONS_MAX 1000

struct loading {
    struct full *full;
    const char *file;
};

static char problem[1024];

/* ---- errors --------------------------------------------------------------------------------- */

static enum err fail(const struct loading *l, const config_setting_t *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static enum err fail(const struct loading *l, const config_setting_t *at, const char *fmt, ...)
{
    const char *source = at ? config_setting_source_file(at) : NULL;
    int used = 0;
    va_list args;

    if (at)
        used = snprintf(problem, sizeof(problem), "%.500s:%d: ", source ? source : l->file,
                        (int)config_setting_source_line(at));
    else if (l->file[0])
        used = snprintf(problem, sizeof(problem), "%.500s: ", l->file);
    va_start(args, fmt);
    vsnprintf(problem + used, sizeof(problem) - (size_t)used, fmt, args);
    va_end(args);
    return ERR_CONFIG;
}

static enum err fail_unknown(const struct loading *l, const config_setting_t *at, const char *path)
{
    const char *meant = setting_nearest(path, config_setting_is_group(at));

    if (meant)
        return fail(l, at, "unknown setting %.100s, did you mean %s?", path, meant);
    return fail(l, at, "unknown setting %.100s", path);
}

/* ---- one setting ---------------------------------------------------------------------------- */

static enum err check_text(const struct loading *l, const config_setting_t *at, const char *path,
                           const char *s)
{
    if (!text_ok(s, strlen(s)))
        return fail(l, at, "%s is not UTF-8, or has a control character", path);
    if (strlen(s) > TEXT_MAX)
        return fail(l, at, "%s is longer than %d bytes", path, TEXT_MAX);
    return OK;
}

static enum err put_text(const struct loading *l, const struct setting *s,
                         const config_setting_t *at)
{
    const char *text = config_setting_get_string(at);
    enum err e;

    if (config_setting_type(at) != CONFIG_TYPE_STRING)
        return fail(l, at, "%s must be a text in quotes", s->path);
    if ((e = check_text(l, at, s->path, text)) != OK)
        return e;
    if (s->kind == SETTING_WORD && !setting_allows(s, text))
        return fail(l, at, "%s must be one of %s", s->path, s->must);
    if (s->check && !s->check(text))
        return fail(l, at, "%s must be %s", s->path, s->must);
    *(const char **)setting_place(s, l->full) = arena_dup(l->full->c.arena, text);
    return OK;
}

static enum err put_number(const struct loading *l, const struct setting *s,
                           const config_setting_t *at)
{
    int type = config_setting_type(at);
    int64_t n;

    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return fail(l, at, "%s must be a whole number", s->path);
    n = type == CONFIG_TYPE_INT ? config_setting_get_int(at) : config_setting_get_int64(at);
    if (n < s->least || n > s->most)
        return fail(l, at, "%s must be from %lld to %lld", s->path, (long long)s->least,
                    (long long)s->most);
    if (s->kind == SETTING_INT)
        *(int *)setting_place(s, l->full) = (int)n;
    else
        *(int64_t *)setting_place(s, l->full) = n;
    return OK;
}

/* A list of texts becomes one text, with a space between; one text alone is a list of one. */
static enum err join_list(const struct loading *l, const char *path, const config_setting_t *at,
                          bool (*check)(const char *), const char *must, const char **out)
{
    struct buf all = {0};
    bool alone = config_setting_type(at) == CONFIG_TYPE_STRING;
    int n = alone ? 1 : config_setting_length(at);
    enum err e = OK;

    if (!alone && !config_setting_is_array(at) && !config_setting_is_list(at))
        return fail(l, at, "%s must be a list: [\"...\", \"...\"]", path);
    for (int i = 0; i < n && e == OK; i++) {
        const char *item =
            alone ? config_setting_get_string(at) : config_setting_get_string_elem(at, i);

        if (!item || !check(item))
            e = fail(l, at, "%s: each item must be %s", path, must);
        else
            buf_printf(&all, "%s%s", all.len ? " " : "", item);
    }
    if (e == OK)
        *out = arena_dup(l->full->c.arena, buf_str(&all));
    buf_free(&all);
    return e;
}

static enum err put(const struct loading *l, const struct setting *s, const config_setting_t *at)
{
    switch (s->kind) {
    case SETTING_TEXT:
    case SETTING_WORD:
        return put_text(l, s, at);
    case SETTING_LIST:
        return join_list(l, s->path, at, s->check, "a numeric address, perhaps with /BITS",
                         setting_place(s, l->full));
    case SETTING_INT:
    case SETTING_INT64:
        break;
    }
    return put_number(l, s, at);
}

static enum err put_organizations(const struct loading *l, const config_setting_t *at);

/* ---- the file ------------------------------------------------------------------------------- */

/* group: the root, or one of our groups; so the recursion is one deep. */
static enum err read_group(const struct loading *l, const config_setting_t *group, const char *name)
{
    enum err e = OK;

    for (int i = 0; i < config_setting_length(group) && e == OK; i++) {
        const config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
        const char *word = config_setting_name(at);
        char *path = name[0] ? arena_printf(l->full->c.arena, "%s.%s", name, word)
                             : arena_dup(l->full->c.arena, word);
        const struct setting *s = setting_find(path);

        if (s)
            e = put(l, s, at);
        else if (strcmp(path, SETTING_ORGANIZATIONS) == 0)
            e = put_organizations(l, at);
        else if (!setting_is_group(path))
            e = fail_unknown(l, at, path);
        else if (!config_setting_is_group(at))
            e = fail(l, at, "%s must be a group: %s: { ... };", path, path);
        else
            e = read_group(l, at, path);
    }
    return e;
}

/* A whole regular file as text, which may not hold a 0. own: no right for group and others. */
static enum err read_text(const struct loading *l, const config_setting_t *at, const char *path,
                          size_t max, bool own, const char **out)
{
    struct stat st;
    char *text = NULL;
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return fail(l, at, "cannot open %.300s: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > max) {
        close(fd);
        return fail(l, at, "%.300s is not a file of at most %zu bytes", path, max);
    }
    if (own && (st.st_mode & 077) != 0) {
        close(fd);
        return fail(l, at, "%.300s is open to others: chmod 600 it", path);
    }
    text = arena_alloc(l->full->c.arena, max + 1);
    n = read(fd, text, max);
    close(fd);
    if (n < 0)
        return fail(l, at, "cannot read %.300s: %s", path, strerror(errno));
    if (!text_ok(text, (size_t)n))
        return fail(l, at, "%.300s is not UTF-8 text", path);
    *out = text;
    return OK;
}

/* systemd gives a credential to its service by an access list, which stat shows as a group's
 * right. https://systemd.io/CREDENTIALS/ */
static bool is_credential(const char *path)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    size_t len = dir ? strlen(dir) : 0;

    return len > 0 && strncmp(path, dir, len) == 0 && path[len] == '/' && !strstr(path, "/../");
}

/* The first line of a file that is for its owner only. */
static enum err read_secret(const struct loading *l, const config_setting_t *at, const char *path,
                            const char **secret)
{
    enum err e = read_text(l, at, path, SECRET_BYTES_MAX, !is_credential(path), secret);

    if (e != OK)
        return e;
    *secret = arena_dup_len(l->full->c.arena, *secret, strcspn(*secret, "\r\n"));
    return *secret[0] ? OK : fail(l, at, "%.300s is empty", path);
}

/* One of the two settings; *secret is as read from its own. */
static enum err find_secret(const struct loading *l, const config_t *file, const char *group,
                            const char *path, const char **secret)
{
    struct config *c = &l->full->c;
    const config_setting_t *at =
        config_lookup(file, arena_printf(c->arena, "%s.secret_file", group));

    if (path[0] == 0)
        return OK;
    if (*secret[0])
        return fail(l, at, "give %s.secret or %s.secret_file, not both", group, group);
    return read_secret(l, at, path, secret);
}

/* ---- organizations -------------------------------------------------------------------------- */

#define IDENTITY "identity_secret_file"

/* RFC 7518 #section-3.2: as long as the hash, at least. */
static enum err read_identity(const struct loading *l, const config_setting_t *at, const char *path,
                              const char **secret)
{
    enum err e = read_secret(l, at, path, secret);

    if (e == OK && strlen(*secret) < IDENTITY_BYTES_MIN)
        return fail(l, at, "the secret in %.300s is shorter than %d bytes", path,
                    IDENTITY_BYTES_MIN);
    return e;
}

static enum err put_member(const struct loading *l, const config_setting_t *at,
                           struct config_organization *o)
{
    const char *name = config_setting_name(at);
    const char *text = config_setting_get_string(at);

    if (strcmp(name, "origins") == 0)
        return join_list(l, "origins", at, check_origin,
                         "https://HOST[:PORT], in lower case, without a usual port", &o->origins);
    if (strcmp(name, "name") != 0 && strcmp(name, "title") != 0 && strcmp(name, IDENTITY) != 0)
        return fail(
            l, at,
            "unknown setting %.100s of an organization: only name, title, origins, " IDENTITY,
            name);
    if (!text)
        return fail(l, at, "%s must be a text in quotes", name);
    if (strcmp(name, IDENTITY) == 0) {
        o->identity_secret_file = arena_dup(l->full->c.arena, text);
        return read_identity(l, at, text, &o->identity_secret);
    }
    if (strcmp(name, "title") == 0) {
        char *title = NULL;

        if (text_name(l->full->c.arena, text, &title) != OK)
            return fail(l, at, "title must be a name of 1 to %d characters", TEXT_NAME_MAX);
        o->title = title;
        return OK;
    }
    if (!check_organization(text))
        return fail(l, at, "name must be a word of a-z, 0-9 and -, at most 32 long");
    o->name = arena_dup(l->full->c.arena, text);
    return OK;
}

static enum err put_organizations(const struct loading *l, const config_setting_t *at)
{
    struct config *c = &l->full->c;
    int n = config_setting_length(at);

    if (!config_setting_is_list(at) || n > ORGANIZATIONS_MAX)
        return fail(l, at, "organizations must be a list: ( {name = \"...\";}, ... )");
    c->organizations = arena_array(c->arena, struct config_organization, (size_t)n + 1);
    for (int i = 0; i < n; i++) {
        const config_setting_t *one = config_setting_get_elem(at, (unsigned)i);
        struct config_organization *o = &c->organizations[i];

        *o = (struct config_organization){.name = "",
                                          .title = "",
                                          .origins = "",
                                          .identity_secret_file = "",
                                          .identity_secret = ""};
        if (!config_setting_is_group(one))
            return fail(l, one, "each organization must be a group {name = \"...\";}");
        for (int j = 0; j < config_setting_length(one); j++) {
            enum err e = put_member(l, config_setting_get_elem(one, (unsigned)j), o);

            if (e != OK)
                return e;
        }
        if (o->name[0] == 0)
            return fail(l, one, "this organization has no name");
        if (o->title[0] == 0)
            o->title = o->name;
        for (int j = 0; j < i; j++) {
            if (strcmp(c->organizations[j].name, o->name) == 0)
                return fail(l, one, "there are two organizations called %s", o->name);
        }
        c->n_organizations = (size_t)i + 1;
    }
    return OK;
}

static enum err find_xmpp_secret(const struct loading *l, const config_t *file)
{
    struct config *c = &l->full->c;
    const char *env = getenv("PARLEY_XMPP_SECRET");

    if (!env || !env[0])
        return find_secret(l, file, "xmpp", l->full->secret_file, &c->xmpp.secret);
    if (!text_ok(env, strlen(env)))
        return fail(l, NULL, "PARLEY_XMPP_SECRET is not UTF-8 text");
    c->xmpp.secret = arena_dup(c->arena, env);
    return OK;
}

/* The upload service has links to our pages' address to give, and a link of its own. */
static enum err check_upload(const struct loading *l, const config_t *file)
{
    struct config *c = &l->full->c;
    const config_setting_t *at = config_lookup(file, "upload.domain");
    enum err e;

    if (c->upload.domain[0] == 0)
        return OK;
    if (strcmp(c->upload.domain, c->xmpp.domain) == 0)
        return fail(l, at, "upload.domain must differ from xmpp.domain");
    if (strncmp(c->http.listen, "unix:", 5) == 0 && c->http.public_url[0] == 0)
        return fail(l, at,
                    "upload.domain needs http.public_url when http.listen is a local socket");
    e = find_secret(l, file, "upload", l->full->upload_secret_file, &c->upload.secret);
    if (e == OK && c->upload.secret[0] == 0)
        c->upload.secret = c->xmpp.secret;
    return e;
}

/* The files are read whatever the mode is, so that a change of mode finds them right. */
static enum err finish_assistant(const struct loading *l, const config_t *file)
{
    const struct full *f = l->full;
    struct config *c = &l->full->c;
    size_t len = strlen(c->assistant.url);
    enum err e = OK;

    while (len > 0 && c->assistant.url[len - 1] == '/')
        len--;
    c->assistant.url = arena_dup_len(c->arena, c->assistant.url, len);
    if (strcmp(c->assistant.mode, "openai") == 0 && (len == 0 || c->assistant.model[0] == 0))
        return fail(l, config_lookup(file, "assistant.mode"),
                    "assistant.mode \"openai\" needs assistant.url and assistant.model");
    if (c->assistant.faq_file[0])
        e = read_text(l, config_lookup(file, "assistant.faq_file"), c->assistant.faq_file,
                      FAQ_BYTES_MAX, false, &c->assistant.faq);
    if (e == OK && f->instructions_file[0])
        e = read_text(l, config_lookup(file, "assistant.instructions_file"), f->instructions_file,
                      INSTRUCTIONS_BYTES_MAX, false, &c->assistant.instructions);
    if (e == OK && f->key_file[0])
        e = read_secret(l, config_lookup(file, "assistant.key_file"), f->key_file,
                        &c->assistant.key);
    return e;
}

/* What follows from several settings, or from files they name. */
static enum err finish(const struct loading *l, const config_t *file)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    struct config *c = &l->full->c;
    size_t len = strlen(c->http.public_url);
    enum err e = find_xmpp_secret(l, file);

    if (e != OK || (e = check_upload(l, file)) != OK)
        return e;
    while (len > 0 && c->http.public_url[len - 1] == '/')
        len--;
    c->http.public_url = arena_dup_len(c->arena, c->http.public_url, len);
    if (c->store.control[0] == 0)
        c->store.control = arena_printf(c->arena, "%s.sock", c->store.path);
    if (c->store.files[0] == 0)
        c->store.files = arena_printf(c->arena, "%s.files", c->store.path);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(log_level_name(levels[i]), l->full->level) == 0)
            c->log_level = levels[i];
    }
    return finish_assistant(l, file);
}

/* libconfig ends the process when it is given a directory. */
static enum err read_file(const struct loading *l, config_t *file)
{
    struct stat st;

    if (stat(l->file, &st) != 0)
        return fail(l, NULL, "cannot open: %s", strerror(errno));
    if (S_ISDIR(st.st_mode))
        return fail(l, NULL, "is a directory");
    if (config_read_file(file, l->file) == CONFIG_TRUE)
        return read_group(l, config_root_setting(file), "");
    if (config_error_type(file) != CONFIG_ERR_PARSE)
        return fail(l, NULL, "cannot be read");
    snprintf(problem, sizeof(problem), "%.500s:%d: %.200s",
             config_error_file(file) ? config_error_file(file) : l->file, config_error_line(file),
             config_error_text(file));
    return ERR_CONFIG;
}

enum err config_load(const char *file, struct config **out, const char **detail)
{
    struct arena *arena = arena_new();
    struct full *f = arena_new_of(arena, struct full);
    struct loading l = {.full = f, .file = arena_dup(arena, file)};
    config_t parsed;
    enum err e = OK;

    f->c.arena = arena;
    f->c.file = l.file;
    problem[0] = 0;
    setting_defaults(f);
    config_init(&parsed);
    if (file)
        e = read_file(&l, &parsed);
    if (e == OK)
        e = finish(&l, &parsed);
    config_destroy(&parsed);
    if (e == OK) {
        *out = &f->c;
        return OK;
    }
    *detail = problem;
    arena_free(arena);
    return e;
}

void config_free(struct config *c)
{
    if (c)
        arena_free(c->arena);
}
