#include "component/assistant/completion.h"

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define THINK "<think>" /* as the chat templates of DeepSeek-R1 and Qwen3 have it */
#define THOUGHT "</think>"

struct call {
    int64_t index;
    struct buf id, name, arguments;
};

/* Where the text is: an answer may begin with what the model thought. */
enum stage { STAGE_BEGIN, STAGE_THINKING, STAGE_SAYING };

struct completion {
    struct buf line; /* what came of the line so far */
    struct buf body; /* of an answer that is no stream */
    struct buf held; /* not known yet whether it is text */
    struct buf text;
    enum stage stage;
    size_t chars;
    struct call calls[COMPLETION_CALLS_MAX];
    size_t n_calls;
    bool begun, full, finished, done;
};

struct completion *completion_new(void)
{
    return mem_alloc(sizeof(struct completion));
}

void completion_free(struct completion *c)
{
    if (c == NULL)
        return;
    buf_free(&c->line);
    buf_free(&c->body);
    buf_free(&c->held);
    buf_free(&c->text);
    for (size_t i = 0; i < c->n_calls; i++) {
        buf_free(&c->calls[i].id);
        buf_free(&c->calls[i].name);
        buf_free(&c->calls[i].arguments);
    }
    free(c);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Bytes of the first n characters of well-formed text; all when there are fewer. */
static size_t bytes_of(const char *s, size_t n)
{
    const char *p = s;

    for (; *p != '\0'; p++) {
        if (((unsigned char)*p & 0xc0) != 0x80 && n-- == 0)
            break;
    }
    return (size_t)(p - s);
}

static void put_text(struct completion *c, const char *s)
{
    /* one less: for the mark that something is missing */
    size_t left = COMPLETION_TEXT_MAX - 1 - c->chars, chars = text_chars(s);

    if (c->full)
        return;
    if (chars <= left) {
        buf_puts(&c->text, s);
        c->chars += chars;
        return;
    }
    buf_put(&c->text, s, bytes_of(s, left));
    buf_puts(&c->text, ELLIPSIS);
    c->full = true;
}

static const char *behind_space(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

/* Decides about what is held; at the end all that is no thought is text. */
static void settle(struct completion *c, bool end)
{
    const char *s = behind_space(buf_str(&c->held)), *thought;

    if (c->stage == STAGE_BEGIN && strncmp(s, THINK, strlen(THINK)) == 0)
        c->stage = STAGE_THINKING;
    if (c->stage == STAGE_THINKING) {
        thought = strstr(buf_str(&c->held), THOUGHT);
        if (thought == NULL) {
            if (c->held.len > 4 * sizeof(THOUGHT)) /* the mark may be cut */
                buf_consume(&c->held, c->held.len - sizeof(THOUGHT));
            return;
        }
        buf_consume(&c->held, (size_t)(thought - buf_str(&c->held)) + strlen(THOUGHT));
        c->stage = STAGE_SAYING;
        s = behind_space(buf_str(&c->held));
    }
    if (c->stage == STAGE_BEGIN && !end && strncmp(s, THINK, strlen(s)) == 0)
        return; /* perhaps it begins like this */
    if (*s == '\0')
        return; /* white space in front says nothing */
    c->stage = STAGE_SAYING;
    put_text(c, s);
    buf_free(&c->held);
}

static void add_text(struct completion *c, const char *s)
{
    if (c->stage == STAGE_SAYING && c->text.len > 0) {
        put_text(c, s);
        return;
    }
    buf_puts(&c->held, s);
    settle(c, false);
}

/* ---- calls of tools ---------------------------------------------------------------------------
 */

/* By its index; servers that leave it out send each call whole. NULL: there are too many. */
static struct call *call_of(struct completion *c, const struct json *o)
{
    int64_t index = -1;
    struct call *k;

    if (json_get_int(o, "index", &index) != OK)
        index = -1;
    for (size_t i = 0; i < c->n_calls && index >= 0; i++) {
        if (c->calls[i].index == index)
            return &c->calls[i];
    }
    if (c->n_calls == COMPLETION_CALLS_MAX)
        return NULL;
    k = &c->calls[c->n_calls++];
    k->index = index;
    return k;
}

static void put_once(struct buf *b, const struct json *o, const char *name)
{
    const char *s = NULL;

    if (b->len == 0 && json_get_str(o, name, &s) == OK && s != NULL)
        buf_puts(b, s);
}

static void add_call(struct completion *c, const struct json *o)
{
    const struct json *f = json_get(o, "function");
    const char *more = NULL;
    struct call *k = call_of(c, o);

    if (k == NULL || !json_is_object(f))
        return;
    put_once(&k->id, o, "id");
    put_once(&k->name, f, "name");
    if (json_get_str(f, "arguments", &more) == OK && more != NULL &&
        k->arguments.len + strlen(more) <= COMPLETION_ARGUMENTS_MAX)
        buf_puts(&k->arguments, more);
}

size_t completion_calls(const struct completion *c,
                        struct completion_call out[COMPLETION_CALLS_MAX])
{
    for (size_t i = 0; i < c->n_calls; i++)
        out[i] = (struct completion_call){buf_str(&c->calls[i].id), buf_str(&c->calls[i].name),
                                          buf_str(&c->calls[i].arguments)};
    return c->n_calls;
}

/* ---- objects and lines ----------------------------------------------------------------------- */

static bool says(const struct json *o, const char *name)
{
    const char *s = NULL;

    return json_get_str(o, name, &s) == OK && s != NULL && s[0] != '\0';
}

/* delta of a stream, or message of an answer in one piece. */
static void take_delta(struct completion *c, const struct json *d)
{
    const struct json *calls = json_get(d, "tool_calls");
    size_t n = json_len(calls); /* it counts them */
    const char *text = NULL;

    c->begun = c->begun || says(d, "content") || says(d, "reasoning") ||
               says(d, "reasoning_content") || n > 0;
    if (json_get_str(d, "content", &text) == OK && text != NULL)
        add_text(c, text);
    for (size_t i = 0; i < n && i < COMPLETION_CALLS_MAX; i++)
        add_call(c, json_at(calls, i));
}

/* One whole object, with the answer's parts under that name. */
static enum err take_object(struct completion *c, const char *s, size_t len, const char *name)
{
    const struct json *choice;
    struct json *o = NULL;
    enum err e = json_parse_clean(s, len, &o);

    if (e != OK)
        return e;
    if (!json_is_object(o) || json_has(o, "error")) {
        json_free(o);
        return ERR_INVALID;
    }
    choice = json_at(json_get(o, "choices"), 0);
    if (choice != NULL) {
        take_delta(c, json_get(choice, name));
        c->finished = c->finished || json_has(choice, "finish_reason");
    }
    json_free(o);
    return OK;
}

static enum err take_line(struct completion *c, const char *s, size_t len)
{
    static const char data[] = "data:";

    if (len > 0 && s[len - 1] == '\r')
        len--;
    if (completion_over(c))
        return OK;
    if (c->body.len > 0 || (len > 0 && s[0] == '{')) {
        buf_put(&c->body, s, len);
        return c->body.len <= COMPLETION_LINE_MAX ? OK : ERR_TOO_LARGE;
    }
    if (len >= strlen(data) && memcmp(s, data, strlen(data)) == 0) {
        s += strlen(data);
        len -= strlen(data);
        while (len > 0 && *s == ' ') {
            s++;
            len--;
        }
        if (len == strlen("[DONE]") && memcmp(s, "[DONE]", len) == 0) {
            c->done = true;
            return OK;
        }
        return len == 0 ? OK : take_object(c, s, len, "delta");
    }
    /* comments, and fields that say nothing here */
    if (len == 0 || s[0] == ':' || memchr(s, ':', len) != NULL)
        return OK;
    return ERR_INVALID;
}

enum err completion_feed(struct completion *c, const char *data, size_t len)
{
    enum err e = OK;

    while (len > 0 && e == OK) {
        const char *end = memchr(data, '\n', len);
        size_t n = end != NULL ? (size_t)(end - data) : len;

        if (c->line.len + n > COMPLETION_LINE_MAX)
            return ERR_TOO_LARGE;
        if (end == NULL) {
            buf_put(&c->line, data, n);
            return OK;
        }
        if (c->line.len > 0) {
            buf_put(&c->line, data, n);
            e = take_line(c, buf_str(&c->line), c->line.len);
            buf_clear(&c->line);
        } else {
            e = take_line(c, data, n);
        }
        data += n + 1;
        len -= n + 1;
    }
    return e;
}

enum err completion_end(struct completion *c)
{
    enum err e = OK;

    if (c->line.len > 0)
        e = take_line(c, buf_str(&c->line), c->line.len);
    buf_clear(&c->line);
    if (e == OK && c->body.len > 0)
        e = take_object(c, buf_str(&c->body), c->body.len, "message");
    if (e != OK)
        return e;
    settle(c, true);
    return c->done || c->finished || c->full ? OK : ERR_INVALID;
}

bool completion_begun(const struct completion *c)
{
    return c->begun;
}

bool completion_over(const struct completion *c)
{
    return c->done || c->full;
}

const char *completion_text(const struct completion *c)
{
    return buf_str(&c->text);
}
