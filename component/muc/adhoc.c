#include "component/muc/adhoc.h"

#include "component/muc/parts.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* ---- reading --------------------------------------------------------------------------------- */

static void add_value(struct adhoc_ask *out, const char *var, const char *value)
{
    if (out->n_values == ADHOC_VALUES_MAX)
        return;
    out->values[out->n_values].var = var;
    out->values[out->n_values++].value = value;
}

/* The values of a field, as lines; NULL when it has none. */
static const char *lines_of(struct arena *a, const struct xml *field)
{
    const struct xml *v = xml_find(field, "value", NS_FORM);
    struct buf b = {0};
    const char *all;

    if (v == NULL)
        return NULL;
    buf_puts(&b, xml_content(a, v));
    while ((v = xml_find_next(v, "value", NS_FORM)) != NULL) {
        buf_putc(&b, '\n');
        buf_puts(&b, xml_content(a, v));
    }
    all = arena_dup_len(a, buf_str(&b), b.len);
    buf_free(&b);
    return all;
}

static void read_form(const struct stanza *in, const struct xml *form, struct adhoc_ask *out)
{
    for (const struct xml *f = xml_find(form, "field", NS_FORM); f != NULL;
         f = xml_find_next(f, "field", NS_FORM)) {
        const char *var = xml_get(f, "var"), *all = lines_of(in->arena, f);

        if (var != NULL && all != NULL)
            add_value(out, var, all);
    }
}

/* XEP-0050 #execute: no action, "execute", and with a single stage "next" and "complete" all mean
 * the same; there is no stage to go back to. */
static bool read_action(const char *action, bool has_session, struct adhoc_ask *out,
                        enum adhoc_wrong *wrong)
{
    bool later = strcmp(action, "complete") == 0 || strcmp(action, "next") == 0;

    if (strcmp(action, "cancel") == 0) {
        out->action = ADHOC_CANCEL;
        return true;
    }
    if (action[0] == '\0' || strcmp(action, "execute") == 0 || (later && has_session)) {
        out->action = ADHOC_EXECUTE;
        return true;
    }
    *wrong = later || strcmp(action, "prev") == 0 ? ADHOC_BAD_ACTION : ADHOC_MALFORMED_ACTION;
    return false;
}

static const char *attr(const struct xml *x, const char *name)
{
    const char *value = xml_get(x, name);

    return value != NULL ? value : "";
}

bool adhoc_read(const struct stanza *in, struct adhoc_ask *out, enum adhoc_wrong *wrong)
{
    const struct xml *command = xml_find(in->x, "command", NS_COMMANDS), *form;

    *out = (struct adhoc_ask){.node = attr(command, "node"), .session = attr(command, "sessionid")};
    if (!read_action(attr(command, "action"), out->session[0] != '\0', out, wrong))
        return false;
    form = xml_find(command, "x", NS_FORM);
    if (form == NULL || out->action == ADHOC_CANCEL)
        return true;
    if (strcmp(attr(form, "type"), "cancel") == 0) {
        out->action = ADHOC_CANCEL;
        return true;
    }
    *wrong = ADHOC_BAD_PAYLOAD;
    if (strcmp(attr(form, "type"), "submit") != 0)
        return false;
    out->submitted = true;
    read_form(in, form, out);
    return true;
}

const char *adhoc_value(const struct adhoc_ask *ask, const char *var)
{
    for (size_t i = 0; i < ask->n_values; i++)
        if (strcmp(ask->values[i].var, var) == 0)
            return ask->values[i].value;
    return "";
}

/* ---- sessions -------------------------------------------------------------------------------- */

struct open_form {
    TAILQ_ENTRY(open_form) link;
    struct arena *arena;
    const char *id, *full, *bare, *to, *node;
    int64_t until_ms;
};
TAILQ_HEAD(open_forms, open_form);

struct adhoc {
    struct open_forms forms; /* oldest first */
    size_t n;
};

struct adhoc *adhoc_new(void)
{
    struct adhoc *a = mem_alloc(sizeof(*a));

    TAILQ_INIT(&a->forms);
    return a;
}

static void drop(struct adhoc *a, struct open_form *f)
{
    TAILQ_REMOVE(&a->forms, f, link);
    a->n--;
    arena_free(f->arena);
}

void adhoc_free(struct adhoc *a)
{
    if (a == NULL)
        return;
    while (!TAILQ_EMPTY(&a->forms))
        drop(a, TAILQ_FIRST(&a->forms));
    free(a);
}

/* Those that ran out are kept as long again, so that a late submission is told why it fails. */
static void forget_old(struct adhoc *a, int64_t now_ms)
{
    struct open_form *f;

    while ((f = TAILQ_FIRST(&a->forms)) != NULL && f->until_ms + ADHOC_TTL_MS <= now_ms)
        drop(a, f);
}

static void make_room(struct adhoc *a, const char *bare)
{
    struct open_form *f, *oldest = NULL;
    size_t n = 0;

    TAILQ_FOREACH(f, &a->forms, link)
    {
        if (strcmp(f->bare, bare) != 0)
            continue;
        oldest = oldest != NULL ? oldest : f;
        n++;
    }
    if (n >= ADHOC_PER_USER)
        drop(a, oldest);
}

void adhoc_open(struct adhoc *a, const struct stanza *in, const char *id, const char *node,
                int64_t now_ms)
{
    struct arena *arena = arena_new();
    struct open_form *f = arena_new_of(arena, struct open_form);

    forget_old(a, now_ms);
    make_room(a, in->from.bare);
    f->arena = arena;
    f->id = arena_dup(arena, id);
    f->full = arena_dup(arena, in->from.full);
    f->bare = arena_dup(arena, in->from.bare);
    f->to = arena_dup(arena, in->to.full);
    f->node = arena_dup(arena, node);
    f->until_ms = now_ms + ADHOC_TTL_MS;
    TAILQ_INSERT_TAIL(&a->forms, f, link);
    a->n++;
}

/* Bound to the full JID that began it: nobody else may go on with it. XEP-0050 #security */
bool adhoc_take(struct adhoc *a, const struct stanza *in, const struct adhoc_ask *ask,
                int64_t now_ms, enum adhoc_wrong *wrong)
{
    struct open_form *f;
    bool expired;

    forget_old(a, now_ms);
    *wrong = ADHOC_BAD_SESSION;
    TAILQ_FOREACH(f, &a->forms, link)
    {
        if (strcmp(f->id, ask->session) == 0)
            break;
    }
    if (f == NULL || strcmp(f->full, in->from.full) != 0 || strcmp(f->to, in->to.full) != 0 ||
        strcmp(f->node, ask->node) != 0)
        return false;
    expired = f->until_ms <= now_ms;
    drop(a, f);
    *wrong = ADHOC_EXPIRED;
    return !expired;
}

size_t adhoc_count(const struct adhoc *a)
{
    return a->n;
}

/* ---- answers --------------------------------------------------------------------------------- */

static struct xml *answer(struct muc_out *o, const struct stanza *in, const char *node,
                          const char *session, const char *status, struct xml **command)
{
    struct xml *iq = stanza_result(in);

    *command = xml_child(o->arena, iq, "command", NS_COMMANDS);
    xml_attr(o->arena, *command, "node", node);
    xml_attr(o->arena, *command, "sessionid", session);
    xml_attr(o->arena, *command, "status", status);
    return iq;
}

static struct xml *add_form(struct arena *a, struct xml *command, const char *type,
                            const char *title)
{
    struct xml *form = xml_child(a, command, "x", NS_FORM);

    xml_attr(a, form, "type", type);
    xml_child_text(a, form, "title", NULL, title);
    return form;
}

static void add_field(struct arena *a, struct xml *form, const struct adhoc_field *f)
{
    struct xml *field = xml_child(a, form, "field", NULL);

    xml_attr(a, field, "var", f->var);
    xml_attr(a, field, "type", f->type);
    xml_attr(a, field, "label", f->label);
    if (f->required)
        xml_child(a, field, "required", NULL);
    if (f->value[0] != '\0')
        xml_child_text(a, field, "value", NULL, f->value);
    for (size_t i = 0; i < f->n_options; i++) {
        struct xml *option = xml_child(a, field, "option", NULL);

        xml_attr(a, option, "label", f->options[i].label);
        xml_child_text(a, option, "value", NULL, f->options[i].value);
    }
}

void adhoc_send_form(struct muc_out *o, const struct stanza *in, const char *node,
                     const char *session, const char *title, const char *instructions,
                     const struct adhoc_field *fields, size_t n)
{
    struct xml *command, *actions, *form;
    struct xml *iq = answer(o, in, node, session, "executing", &command);

    actions = xml_child(o->arena, command, "actions", NULL);
    xml_attr(o->arena, actions, "execute", "complete");
    xml_child(o->arena, actions, "complete", NULL);
    form = add_form(o->arena, command, "form", title);
    xml_child_text(o->arena, form, "instructions", NULL, instructions);
    for (size_t i = 0; i < n; i++)
        add_field(o->arena, form, &fields[i]);
    o->send(o->ctx, iq);
}

static void add_rows(struct arena *a, struct xml *form, const struct adhoc_rows *rows)
{
    struct xml *reported = xml_child(a, form, "reported", NULL);

    for (size_t c = 0; c < rows->n_columns; c++) {
        struct xml *field = xml_child(a, reported, "field", NULL);

        xml_attr(a, field, "var", rows->columns[c].value);
        xml_attr(a, field, "label", rows->columns[c].label);
        xml_attr(a, field, "type", "text-single");
    }
    for (size_t r = 0; r < rows->n_rows; r++) {
        struct xml *item = xml_child(a, form, "item", NULL);

        for (size_t c = 0; c < rows->n_columns; c++) {
            struct xml *field = xml_child(a, item, "field", NULL);

            xml_attr(a, field, "var", rows->columns[c].value);
            xml_child_text(a, field, "value", NULL, rows->cells[r * rows->n_columns + c]);
        }
    }
}

/* A text of several lines: one value for each. XEP-0004 #protocol-fieldtypes */
static void add_lines(struct arena *a, struct xml *form, const char *text)
{
    struct xml *field = xml_child(a, form, "field", NULL);

    xml_attr(a, field, "var", "answer");
    xml_attr(a, field, "type", "text-multi");
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        xml_child_text(a, field, "value", NULL, arena_dup_len(a, text, len));
        text += len + (text[len] == '\n');
    }
}

void adhoc_send_done(struct muc_out *o, const struct stanza *in, const char *node,
                     const char *session, const char *title, const char *text,
                     const struct adhoc_rows *rows)
{
    bool table = rows != NULL && rows->n_rows > 0;
    struct xml *command, *note;
    struct xml *iq = answer(o, in, node, session, "completed", &command);

    if (table)
        add_rows(o->arena, add_form(o->arena, command, "result", title), rows);
    else if (strchr(text, '\n') != NULL)
        add_lines(o->arena, add_form(o->arena, command, "result", title), text);
    /* the whole text, also beside a table: some clients show the note alone */
    note = xml_child_text(o->arena, command, "note", NULL, text);
    xml_attr(o->arena, note, "type", "info");
    o->send(o->ctx, iq);
}

void adhoc_send_cancelled(struct muc_out *o, const struct stanza *in, const char *node,
                          const char *session)
{
    struct xml *command;
    struct xml *iq = answer(o, in, node, session, "canceled", &command);

    o->send(o->ctx, iq);
}

void adhoc_send_wrong(struct muc_out *o, const struct stanza *in, enum adhoc_wrong w,
                      const char *text)
{
    static const char *const names[] = {
        [ADHOC_MALFORMED_ACTION] = "malformed-action", [ADHOC_BAD_ACTION] = "bad-action",
        [ADHOC_BAD_PAYLOAD] = "bad-payload",           [ADHOC_BAD_SESSION] = "bad-sessionid",
        [ADHOC_EXPIRED] = "session-expired",
    };
    bool expired = w == ADHOC_EXPIRED;
    struct xml *iq = muc_error(o->arena, in, expired ? COND_NOT_ALLOWED : COND_BAD_REQUEST,
                               expired ? "cancel" : "modify", text);

    xml_child(o->arena, iq->last, names[w], NS_COMMANDS);
    o->send(o->ctx, iq);
}

void adhoc_send_items(struct muc_out *o, const struct stanza *in, const struct adhoc_option *names,
                      size_t n)
{
    struct xml *iq = stanza_result(in);
    struct xml *query = muc_disco_query(o->arena, iq, NS_DISCO_ITEMS, NS_COMMANDS);

    for (size_t i = 0; i < n; i++) {
        struct xml *item = xml_child(o->arena, query, "item", NULL);

        xml_attr(o->arena, item, "jid", in->to.full);
        xml_attr(o->arena, item, "node", names[i].value);
        xml_attr(o->arena, item, "name", names[i].label);
    }
    o->send(o->ctx, iq);
}

void adhoc_send_info(struct muc_out *o, const struct stanza *in, const char *node, const char *name)
{
    static const char *const features[] = {NS_COMMANDS, NS_FORM};
    struct xml *iq = stanza_result(in);
    struct xml *query = muc_disco_query(o->arena, iq, NS_DISCO_INFO, node);
    bool list = strcmp(node, NS_COMMANDS) == 0;

    muc_disco_identity(o->arena, query, "automation", list ? "command-list" : "command-node", name);
    if (!list)
        muc_disco_features(o->arena, query, features, 2);
    o->send(o->ctx, iq);
}
