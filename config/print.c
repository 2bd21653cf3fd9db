#include "config/setting.h"

#include <string.h>

/* A text as libconfig reads it back. */
static void put_quoted(struct buf *out, const char *s, size_t len)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < ' ')
            buf_printf(out, "\\x%02x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

/* words: space separated. */
static void put_list(struct buf *out, const char *words)
{
    const char *sep = "";

    buf_putc(out, '[');
    while (*words) {
        size_t len = strcspn(words, " ");

        buf_puts(out, sep);
        put_quoted(out, words, len);
        sep = ", ";
        words += len + (words[len] == ' ');
    }
    buf_putc(out, ']');
}

static void put_value(struct buf *out, const struct setting *s, const struct full *f)
{
    const char *text;

    switch (s->kind) {
    case SETTING_TEXT:
    case SETTING_WORD:
        text = setting_text(s, f);
        put_quoted(out, text, strlen(text));
        return;
    case SETTING_LIST:
        put_list(out, setting_text(s, f));
        return;
    case SETTING_INT:
        buf_printf(out, "%lld", (long long)setting_number(s, f));
        return;
    case SETTING_INT64:
        break;
    }
    /* a plain number is 32 bits wide to libconfig */
    buf_printf(out, "%lldL", (long long)setting_number(s, f));
}

void config_describe(struct buf *out)
{
    struct full defaults = {0};

    setting_defaults(&defaults);
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &setting_table[i];

        buf_printf(out, "%s = ", s->path);
        put_value(out, s, &defaults);
        buf_puts(out, "\n    ");
        if (s->kind == SETTING_WORD)
            buf_printf(out, "one of %s", s->must);
        else if (s->kind == SETTING_INT || s->kind == SETTING_INT64)
            buf_printf(out, "a number from %lld to %lld", (long long)s->least, (long long)s->most);
        else
            buf_puts(out, s->must);
        buf_printf(out, "\n    %s\n", s->meaning);
    }
    buf_printf(out, "%s = ()\n    a list of groups\n    %s\n", SETTING_ORGANIZATIONS,
               setting_organizations_meaning);
}

static void put_organizations(struct buf *out, const struct config *c)
{
    buf_puts(out, SETTING_ORGANIZATIONS ": (");
    for (size_t i = 0; i < c->n_organizations; i++) {
        const struct config_organization *o = &c->organizations[i];

        buf_puts(out, i ? ",\n    {name = " : "\n    {name = ");
        put_quoted(out, o->name, strlen(o->name));
        buf_puts(out, "; title = ");
        put_quoted(out, o->title, strlen(o->title));
        buf_puts(out, "; origins = ");
        put_list(out, o->origins);
        if (o->identity_secret_file[0]) {
            buf_puts(out, "; identity_secret_file = ");
            put_quoted(out, o->identity_secret_file, strlen(o->identity_secret_file));
        }
        buf_puts(out, ";}");
    }
    buf_puts(out, c->n_organizations ? "\n);\n" : ");\n");
}

void config_print(const struct config *c, struct buf *out)
{
    const struct full *f = (const struct full *)c;
    const char *group = "";

    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &setting_table[i];
        size_t len = setting_group_len(s->path);

        if (strncmp(group, s->path, len + 1) != 0) {
            buf_printf(out, "%s%.*s: {\n", group[0] ? "};\n" : "", (int)len, s->path);
            group = s->path;
        }
        if (s->secret) {
            buf_printf(out, "    # %s is %s\n", s->path + len + 1,
                       setting_text(s, f)[0] ? "set" : "not set");
            continue;
        }
        buf_printf(out, "    %s = ", s->path + len + 1);
        put_value(out, s, f);
        buf_puts(out, ";\n");
    }
    buf_puts(out, "};\n");
    put_organizations(out, c);
}
