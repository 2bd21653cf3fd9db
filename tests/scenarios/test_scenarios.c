/* Runs the transcripts of a folder, each in a service of its own. See README.md beside this file.
 */
#include "tests/scenarios/world.h"

#include "core/base/crypto.h"
#include "tests/support/xml_text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 1000

struct script {
    const char *file;
    struct world *world;
    struct arena *arena;
    int line;
    char why[2048];
};

static bool fail(struct script *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool fail(struct script *s, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(s->why, sizeof(s->why), fmt, args);
    va_end(args);
    return false;
}

/* ---- does it match? -----------------------------------------------------------------------------
 */

static bool value_matches(struct script *s, const char *want, const char *got)
{
    if (!got)
        return false;
    if (strcmp(want, "*") == 0)
        return true;
    if (want[0] == '{' && want[1] == '=') {
        world_name(s->world, arena_dup_len(s->arena, want + 2, strlen(want) - 3), got);
        return true;
    }
    return strcmp(want, got) == 0;
}

static bool attrs_match(struct script *s, const struct xml *want, const struct xml *got)
{
    for (const struct xml_attr *a = want->attrs; a; a = a->next) {
        if (strcmp(a->name, "absent") == 0) {
            char *list = arena_dup(s->arena, a->value), *save = NULL;

            for (char *n = strtok_r(list, " ", &save); n; n = strtok_r(NULL, " ", &save))
                if (xml_find(got, n, NULL))
                    return false;
        } else if (!value_matches(s, a->value, xml_get(got, a->name))) {
            return false;
        }
    }
    return true;
}

static bool matches(struct script *s, const struct xml *want, const struct xml *got);

#define CHILDREN_MAX 64

static bool children_match(struct script *s, const struct xml *want, const struct xml *got)
{
    const struct xml *used[CHILDREN_MAX];
    size_t n = 0;

    for (const struct xml *c = want->children; c; c = c->next) {
        const struct xml *found = NULL;

        if (!c->name)
            continue;
        for (const struct xml *g = got->children; g && !found; g = g->next) {
            bool taken = false;

            for (size_t i = 0; i < n; i++)
                taken = taken || used[i] == g;
            if (!taken && g->name && matches(s, c, g))
                found = g;
        }
        if (!found || n == CHILDREN_MAX)
            return false;
        used[n++] = found;
    }
    return true;
}

static bool matches(struct script *s, const struct xml *want, const struct xml *got)
{
    const char *text = xml_content(s->arena, want);

    if (strcmp(want->name, got->name) != 0)
        return false;
    if (strcmp(want->ns, NS_CLIENT) != 0 && strcmp(want->ns, got->ns) != 0)
        return false;
    if (*text && strcmp(text, xml_content(s->arena, got)) != 0)
        return false;
    return attrs_match(s, want, got) && children_match(s, want, got);
}

/* ---- the lines
 * ----------------------------------------------------------------------------------- */

static const char *shown(struct script *s, const struct xml *x)
{
    struct buf b = {0};
    const char *out;

    xml_write(&b, x, NS_CLIENT);
    out = arena_dup(s->arena, buf_str(&b));
    buf_free(&b);
    return out;
}

static const char *full_jid(struct script *s, const char *client)
{
    const char *unknown = NULL;
    const char *jid = world_fill(s->world, arena_printf(s->arena, "{%s}", client), &unknown);

    return jid ? jid : "";
}

static char *next_word(char **rest)
{
    char *word = strsep(rest, " ");

    return word ? word : "";
}

static bool expect(struct script *s, const char *client, const char *pattern)
{
    const char *jid = full_jid(s, client);
    struct xml *got = world_take(s->world, jid);
    struct xml *want;

    if (strcmp(pattern, "nothing") == 0)
        return got ? fail(s, "%s received %s", client, shown(s, got)) : true;
    if (!got)
        return fail(s, "%s received nothing", client);
    want = xml_of(s->arena, pattern);
    return matches(s, want, got) || fail(s, "%s received %s", client, shown(s, got));
}

static bool expect_event(struct script *s, const char *chat, char *rest)
{
    const char *kind = next_word(&rest);
    struct heard *h = world_hear(s->world, chat);

    if (strcmp(kind, "nothing") == 0)
        return h ? fail(s, "the customer was shown %s %s", h->kind, h->text) : true;
    if (!h)
        return fail(s, "the customer was shown nothing");
    if (strcmp(kind, h->kind) != 0 || (rest && *rest && strcmp(rest, h->text) != 0))
        return fail(s, "the customer was shown %s %s", h->kind, h->text);
    return true;
}

static bool set_chat(struct script *s, char *rest)
{
    const char *name = next_word(&rest), *state = next_word(&rest);

    world_chat(s->world, name, state, rest ? rest : "");
    return true;
}

/* What no client and no customer does. */
static bool run_passing(struct script *s, const char *verb, char *rest)
{
    if (strcmp(verb, "~") == 0)
        world_pass(s->world, strtol(rest, NULL, 10) * 1000);
    else if (strcmp(verb, "-") == 0)
        world_forget(s->world);
    else if (strcmp(verb, "restart") == 0)
        world_restart(s->world);
    else if (strcmp(verb, "room") == 0)
        world_room(s->world, rest);
    else
        return false;
    return true;
}

static bool run_line(struct script *s, char *line)
{
    const char *unknown = NULL;
    char *rest = world_fill(s->world, line, &unknown);
    char *verb, *who;

    if (!rest)
        return fail(s, "{%s} is not known", unknown);
    verb = next_word(&rest);
    if (strcmp(verb, "@contact") == 0)
        s->world->contact = true;
    if (strchr("=:#@", verb[0]))
        return true;
    if (strcmp(verb, "chat") == 0)
        return set_chat(s, rest);
    if (run_passing(s, verb, rest))
        return true;
    who = next_word(&rest);
    if (strcmp(verb, "+") == 0) {
        world_enter(s->world, full_jid(s, who), rest);
        return true;
    }
    if (strcmp(verb, ">") == 0) {
        world_send(s->world, full_jid(s, who), rest);
        return true;
    }
    if (strcmp(verb, "<") == 0)
        return expect(s, who, rest);
    if (strcmp(verb, "*") == 0)
        return expect_event(s, who, rest);
    if (strcmp(verb, ".") == 0) {
        const char *what = next_word(&rest);

        return world_customer(s->world, who, what, rest) || fail(s, "the customer was refused");
    }
    return fail(s, "not a line of a transcript");
}

/* Reads one line with those that go on with it. */
static bool next_line(struct script *s, FILE *f, struct buf *out)
{
    char part[8192];
    int c;

    buf_clear(out);
    while (fgets(part, sizeof(part), f)) {
        char *begin = part + strspn(part, " \t");

        s->line++;
        begin[strcspn(begin, "\n")] = '\0';
        buf_puts(out, begin);
        c = fgetc(f);
        if (c != EOF)
            (void)ungetc(c, f);
        if (c != ' ' && c != '\t')
            return true;
    }
    return false;
}

static bool run_file(struct script *s, const char *path)
{
    FILE *f = fopen(path, "r");
    struct buf line = {0};
    const char *who = NULL;
    struct xml *what = NULL;
    bool good = f != NULL || fail(s, "cannot be read");

    while (good && next_line(s, f, &line))
        good = !*buf_str(&line) || run_line(s, arena_dup(s->arena, buf_str(&line)));
    if (good && world_left_over(s->world, &who, &what))
        good = fail(s, "at the end: %s received %s", who, shown(s, what));
    buf_free(&line);
    if (f)
        (void)fclose(f);
    return good;
}

static bool run(const char *folder, const char *name)
{
    struct script s = {.file = name, .world = world_new(), .arena = arena_new()};
    bool good = run_file(&s, arena_printf(s.arena, "%s/%s", folder, name));

    int shown = (int)(strlen(name) - strlen(".txt"));

    /* the words of cmocka, so that the runs are counted as its are */
    (void)fprintf(stderr, "[ RUN      ] %.*s\n", shown, name);
    if (!good)
        (void)fprintf(stderr, "%s/%s:%d: %s\n", folder, name, s.line, s.why);
    (void)fprintf(stderr, "[  %s ] %.*s\n", good ? "     OK" : "FAILED ", shown, name);
    world_free(s.world);
    arena_free(s.arena);
    return good;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : SCENARIO_FOLDER;
    char *files[FILES_MAX];
    size_t n = 0, passed = 0;
    struct dirent *d;
    DIR *dir = opendir(folder);

    if (!dir || crypto_init() != OK)
        return 1;
    while ((d = readdir(dir)) && n < FILES_MAX) {
        size_t len = strlen(d->d_name);

        if (len > 4 && strcmp(d->d_name + len - 4, ".txt") == 0)
            files[n++] = mem_dup(d->d_name);
    }
    (void)closedir(dir);
    qsort(files, n, sizeof(files[0]), by_name);
    for (size_t i = 0; i < n; i++) {
        if (argc < 3 || strstr(files[i], argv[2]))
            passed += run(folder, files[i]);
        else
            passed++;
        free(files[i]);
    }
    (void)fprintf(stderr, "[==========] scenarios: %zu test(s) run.\n", n);
    (void)fprintf(stderr, "[  PASSED  ] %zu test(s).\n", passed);
    return passed == n && n > 0 ? 0 : 1;
}
