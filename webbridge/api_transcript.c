#include "webbridge/api.h"

#include "core/base/buf.h"
#include "core/base/stamp.h"

#include <string.h>

/* What was said, as the asker may see it, in one file to keep. It is made page by page, and each is
 * asked of the desk anew. */

#define PAGE 200
#define BYTES_MAX 4194304 /* the whole stands in memory until it is sent … */
#define EACH 4            /* … hence no more at once of one address, */
#define ALL 32            /* and of everybody */

enum format { FORMAT_TXT, FORMAT_HTML, FORMAT_JSON };

struct transcript {
    struct call *call;
    enum format format;
    struct buf out;
    int64_t after;
    bool begun; /* the head is written; in JSON: so is an item */
};

static void read_on(struct transcript *t);

/* ---- what is written ------------------------------------------------------------------------ */

static void put_html(struct buf *out, const char *s)
{
    for (; *s != '\0'; s++) {
        switch (*s) {
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        default:
            buf_putc(out, *s);
        }
    }
}

static void put_head(struct transcript *t, const struct chat *chat)
{
    char stamp[STAMP_LEN + 1];
    struct json *o;

    stamp_format(chat->created_ms, stamp);
    switch (t->format) {
    case FORMAT_TXT:
        buf_printf(&t->out, "Chat %s, begun %s\r\n\r\n", chat->id, stamp);
        return;
    case FORMAT_HTML:
        buf_printf(&t->out,
                   "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>Chat %s</title>"
                   "</head><body>\n<h1>Chat %s</h1>\n<p>Begun %s</p>\n<dl>\n",
                   chat->id, chat->id, stamp);
        return;
    case FORMAT_JSON:
        o = view_chat(&t->call->viewer, chat);
        buf_printf(&t->out, "{\"chat\":%s,\"messages\":[", json_print(t->call->arena, o));
        json_free(o);
        return;
    }
}

static void put_entry(struct transcript *t, const struct chat *chat, const struct entry *e)
{
    const char *who = entry_is_said(e->kind) && *e->sender_name != '\0' ? e->sender_name : "*";
    const char *text = e->deleted_ms > 0 ? "(deleted)" : entry_shown(e);
    char stamp[STAMP_LEN + 1];
    struct arena *a;
    struct json *o;

    stamp_format(e->created_ms, stamp);
    switch (t->format) {
    case FORMAT_TXT:
        buf_printf(&t->out, "[%s] %s: ", stamp, who);
        buf_puts(&t->out, text);
        buf_puts(&t->out, "\r\n");
        return;
    case FORMAT_HTML:
        buf_printf(&t->out, "<dt dir=\"auto\"><time>%s</time> ", stamp);
        put_html(&t->out, who);
        buf_puts(&t->out, "</dt><dd dir=\"auto\" style=\"white-space:pre-wrap\">");
        put_html(&t->out, text);
        buf_puts(&t->out, "</dd>\n");
        return;
    case FORMAT_JSON:
        a = arena_new();
        o = view_message(&t->call->viewer, chat, e);
        buf_puts(&t->out, t->begun ? ",\n" : "\n");
        buf_puts(&t->out, json_print(a, o));
        json_free(o);
        arena_free(a);
        t->begun = true;
        return;
    }
}

static void put_end(struct transcript *t)
{
    if (t->format == FORMAT_HTML)
        buf_puts(&t->out, "</dl>\n</body></html>\n");
    else if (t->format == FORMAT_JSON)
        buf_puts(&t->out, "\n]}\n");
}

/* ---- the answer ----------------------------------------------------------------------------- */

static const struct {
    const char *name, *type;
} formats[] = {[FORMAT_TXT] = {"txt", "text/plain; charset=utf-8"},
               [FORMAT_HTML] = {"html", "text/html; charset=utf-8"},
               [FORMAT_JSON] = {"json", "application/json"}};

static void answer(struct transcript *t, const struct chat *chat)
{
    struct call *c = t->call;
    struct reply r = {0};

    put_end(t);
    c->organization = arena_dup(c->arena, chat->organization);
    r.lasting = true;
    reply_text(&r, 200, formats[t->format].type,
               arena_dup_len(c->arena, buf_str(&t->out), t->out.len));
    buf_free(&t->out);
    reply_header(&r, "Content-Disposition",
                 arena_printf(c->arena, "attachment; filename=\"chat-%s.%s\"", chat->id,
                              formats[t->format].name));
    call_send(c, &r);
}

static void on_page(void *ctx, enum err e, const struct desk_answer *a)
{
    struct transcript *t = ctx;
    struct call *c = t->call;
    const struct query *q = a->page;

    if (e != OK) {
        buf_free(&t->out);
        call_fail(c, e, a);
        return;
    }
    if (t->after == 0)
        put_head(t, a->chat);
    for (size_t i = 0; i < q->n_entries && t->out.len <= BYTES_MAX; i++) {
        if (view_lists(&c->viewer, &q->entries[i]))
            put_entry(t, a->chat, &q->entries[i]);
        t->after = view_number(&c->viewer, &q->entries[i]);
    }
    if (t->out.len > BYTES_MAX) {
        buf_free(&t->out);
        call_problem(c, ERR_TOO_LARGE, "Too long for one file: read the messages in pages.", 0);
    } else if (q->more) {
        read_on(t);
    } else {
        answer(t, a->chat);
    }
}

static void read_on(struct transcript *t)
{
    struct call *c = t->call;
    struct range range = {.after = t->after, .limit = PAGE};

    desk_entries(c->web->desk, &c->who, c->chat, &range, on_page, t);
}

/* ---- how many ------------------------------------------------------------------------------- */

static void uncount(struct call *c)
{
    char key[ADDRESS_KEY_MAX];

    address_key(&c->from, key);
    tally_drop(c->web->transcripts, "");
    if (c->from.known)
        tally_drop(c->web->transcripts, key);
}

/* Until the request goes: who reads slowly holds the whole for minutes. */
static enum err count(struct call *c)
{
    char key[ADDRESS_KEY_MAX];

    address_key(&c->from, key);
    if (!tally_add(c->web->transcripts, "", ALL))
        return ERR_BUSY;
    if (c->from.known && !tally_add(c->web->transcripts, key, EACH)) {
        tally_drop(c->web->transcripts, "");
        return ERR_RATE;
    }
    c->ended = uncount;
    return OK;
}

void api_transcript(struct call *c)
{
    struct transcript *t = arena_new_of(c->arena, struct transcript);
    const char *format = http_query(c->request, "format");
    enum err e;

    if ((e = count(c)) != OK) {
        call_problem(c, e, "Too many transcripts at once.", 5000);
        return;
    }
    t->call = c;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(format == NULL ? "txt" : format, formats[i].name) == 0) {
            t->format = (enum format)i;
            read_on(t);
            return;
        }
    }
    call_problem(c, ERR_INVALID, "The parameter format is txt, html or json.", 0);
}
