#include "component/assistant/openai.h"

#include "component/assistant/breaker.h"
#include "component/assistant/prompt.h"
#include "component/fetch.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define GATHER_MS 50  /* pieces that come faster are told together */
#define LINGER_MS 200 /* for the end of the answer, so that its connection can be used again */
#define ANSWER_BYTES_MAX (1 << 20)
#define SEARCHES_MAX 2
#define REASON_BYTES_MAX 400
#define DAY_MS (24LL * 60 * 60 * 1000)

/* One question. */
struct asking {
    struct openai *openai;
    TAILQ_ENTRY(asking) link;
    struct arena *arena; /* owns it */
    const char *chat, *locale;
    struct json *messages;
    struct fetch *fetch;
    struct completion *completion;
    struct buf before; /* said in front of a search */
    size_t told;       /* bytes of the completion's text */
    int64_t told_ms, begun_ms, first_ms;
    int searches;
    bool retried, garbled, lingering;
    bool untold; /* in the list of those that have something to tell */
    TAILQ_ENTRY(asking) untold_link;
    const char *unavailable, *unavailable_reason, *human; /* texts of the question's language */
    void (*said)(void *ctx, const char *piece);
    void (*failed)(void *ctx, const char *why);
    assistant_done_fn *done;
    void *ctx;
};
TAILQ_HEAD(asking_list, asking);

struct openai {
    struct arena *arena;
    uv_loop_t *loop;
    struct openai_options o;
    struct rules *rules;
    struct assistant_port fallback;
    struct fetcher *fetcher;
    struct breaker breaker;
    struct asking_list askings, untold;
    size_t n_askings;
    uv_timer_t gather;
    int64_t day_ms; /* when it began */
    int today;
};

static int64_t now_ms(const struct openai *o)
{
    return (int64_t)uv_now(o->loop);
}

/* Until the answer must have begun, counted from the question. */
static int64_t first_ms(const struct openai *o)
{
    return o->o.first_ms < o->o.total_ms ? o->o.first_ms : o->o.total_ms;
}

/* Until that much has passed since the question. */
static int left_ms(const struct asking *k, int64_t ms)
{
    int64_t left = k->begun_ms + ms - now_ms(k->openai);

    return left > 0 ? (int)left : 0;
}

/* ---- pieces -----------------------------------------------------------------------------------
 */

static void tell(struct asking *k)
{
    const char *text = completion_text(k->completion);

    if (text[k->told] == '\0')
        return;
    k->told_ms = now_ms(k->openai);
    if (k->told == 0 && k->before.len > 0)
        k->said(k->ctx, "\n\n");
    k->said(k->ctx, text + k->told);
    k->told += strlen(text + k->told);
}

static void on_gather(uv_timer_t *t)
{
    struct openai *o = t->data;
    struct asking *k;

    while ((k = TAILQ_FIRST(&o->untold)) != NULL) {
        TAILQ_REMOVE(&o->untold, k, untold_link);
        k->untold = false;
        tell(k);
    }
}

/* At once when nothing was told for a while; else together with what comes next. */
static void tell_soon(struct asking *k)
{
    struct openai *o = k->openai;

    if (k->untold || completion_text(k->completion)[k->told] == '\0')
        return;
    if (now_ms(o) - k->told_ms >= GATHER_MS) {
        tell(k);
        return;
    }
    TAILQ_INSERT_TAIL(&o->untold, k, untold_link);
    k->untold = true;
    if (!uv_is_active((const uv_handle_t *)&o->gather))
        uv_timer_start(&o->gather, on_gather, GATHER_MS, 0);
}

static void untell(struct asking *k)
{
    if (k->untold)
        TAILQ_REMOVE(&k->openai->untold, k, untold_link);
    k->untold = false;
}

/* ---- the end of a question --------------------------------------------------------------------
 */

static void asking_free(struct asking *k)
{
    untell(k);
    TAILQ_REMOVE(&k->openai->askings, k, link);
    k->openai->n_askings--;
    fetch_cancel(k->fetch);
    completion_free(k->completion);
    json_free(k->messages);
    buf_free(&k->before);
    arena_free(k->arena);
}

static void report(const struct asking *k, const char *outcome, int status)
{
    log_info("assistant-asked", "chat=%s outcome=%s status=%d first_ms=%lld ms=%lld searches=%d",
             k->chat, outcome, status,
             (long long)(k->first_ms > 0 ? k->first_ms - k->begun_ms : -1),
             (long long)(now_ms(k->openai) - k->begun_ms), k->searches);
}

#define EMPTY "empty"

/* The model is there, and does not like this question: 400 Bad Request, 413 Content Too Large, 422
 * Unprocessable Content, or nothing said. No customer can keep the others from being answered. */
static bool is_of_the_question(int status, const char *why)
{
    return status == 400 || status == 413 || status == 422 || strcmp(why, EMPTY) == 0;
}

static void give_up(struct asking *k, int status, const char *why)
{
    struct openai *o = k->openai;

    report(k, why, status);
    if (is_of_the_question(status, why))
        breaker_dropped(&o->breaker);
    else if (breaker_failed(&o->breaker, now_ms(o)))
        log_warn("assistant-down", "failures=%d for_ms=%d", BREAKER_FAILURES, BREAKER_OPEN_MS);
    k->failed(k->ctx, strcmp(why, "timeout") == 0 ? why : "unavailable");
    k->done(k->ctx, k->unavailable, true, k->unavailable_reason);
    asking_free(k);
}

/* ---- tools ------------------------------------------------------------------------------------
 */

static const char *argument(const struct json *o, const char *name)
{
    const char *s = NULL;

    return json_get_str(o, name, &s) == OK && s != NULL ? s : "";
}

/* What the model tells agents, on one line. */
static const char *human_reason(struct asking *k, const struct completion_call *call)
{
    struct json *o = NULL;
    const char *reason, *summary, *text;
    char *line;
    size_t len;

    if (json_parse_clean(call->arguments, strlen(call->arguments), &o) != OK)
        o = json_object();
    reason = argument(o, "reason");
    summary = argument(o, "summary");
    line = arena_printf(k->arena, "%s%s%s%s",
                        strcmp(argument(o, "urgency"), "urgent") == 0 ? "Urgent: " : "", reason,
                        *reason && *summary ? ". " : "", summary);
    for (char *c = line; (c = strpbrk(c, "\n\r\t")) != NULL;)
        *c = ' ';
    text = text_visible(k->arena, line);
    json_free(o);
    len = strlen(text);
    if (len <= REASON_BYTES_MAX)
        return text;
    for (len = REASON_BYTES_MAX; ((unsigned char)text[len] & 0xc0) == 0x80; len--)
        ;
    return arena_printf(k->arena, "%.*s\xe2\x80\xa6", (int)len, text);
}

static const struct completion_call *find_call(const struct completion_call *calls, size_t n,
                                               const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(calls[i].name, name) == 0)
            return &calls[i];
    }
    return NULL;
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static void send_request(struct asking *k);

static void search(struct asking *k, const struct completion_call *call)
{
    struct faq_hit hits[FAQ_CHOICES];
    struct json *o = NULL;
    size_t n = 0;

    if (json_parse_clean(call->arguments, strlen(call->arguments), &o) == OK)
        n = assistant_rules_search(k->openai->rules, argument(o, "query"), k->locale, hits);
    json_free(o);
    prompt_add_found(k->messages, call, hits, n);
    tell(k);
    if (k->before.len > 0 && completion_text(k->completion)[0] != '\0')
        buf_puts(&k->before, "\n\n");
    buf_puts(&k->before, completion_text(k->completion));
    k->searches++;
    send_request(k);
}

static void finish(struct asking *k, int status)
{
    struct completion_call calls[COMPLETION_CALLS_MAX];
    size_t n = completion_calls(k->completion, calls);
    const struct completion_call *human = find_call(calls, n, PROMPT_REQUEST_HUMAN);
    const struct completion_call *faq = find_call(calls, n, PROMPT_SEARCH_FAQ);
    const char *text = completion_text(k->completion);

    if (human == NULL && faq != NULL && k->searches < SEARCHES_MAX) {
        search(k, faq);
        return;
    }
    if (k->before.len > 0)
        text = arena_printf(k->arena, "%s%s%s", buf_str(&k->before), *text ? "\n\n" : "", text);
    if (*text == '\0' && human != NULL)
        text = k->human;
    if (*text == '\0') {
        give_up(k, status, EMPTY);
        return;
    }
    report(k, human != NULL ? "offered" : "answered", status);
    breaker_answered(&k->openai->breaker);
    k->done(k->ctx, text, human != NULL, human != NULL ? human_reason(k, human) : "");
    asking_free(k);
}

static bool on_data(void *ctx, const char *data, size_t len)
{
    struct asking *k = ctx;
    struct openai *o = k->openai;

    if (fetch_status(k->fetch) != 200)
        return true; /* what is wrong is nothing to show, and may hold the key */
    if (completion_feed(k->completion, data, len) != OK) {
        k->garbled = true;
        return false;
    }
    if (k->first_ms == 0 && completion_begun(k->completion)) {
        k->first_ms = now_ms(o);
        fetch_deadline(k->fetch, left_ms(k, o->o.total_ms));
    }
    tell_soon(k);
    if (completion_over(k->completion) && !k->lingering) {
        k->lingering = true;
        fetch_deadline(k->fetch, LINGER_MS);
    }
    return true;
}

/* A word for what went wrong; NULL nothing did. */
static const char *wrong(struct asking *k, int status, const char *why)
{
    if (k->garbled)
        return "garbled";
    if (status == 200 && completion_over(k->completion))
        return NULL;
    if (why != NULL)
        return why;
    if (status != 200)
        return status == 429 ? "rate-limited" : "refused";
    return completion_end(k->completion) == OK ? NULL : "broken";
}

static bool may_retry(const struct asking *k, int status)
{
    if (k->retried || k->first_ms > 0)
        return false;
    return status == 0 || status == 200 || status == 429 || status >= 500;
}

static void on_done(void *ctx, int status, const char *why)
{
    struct asking *k = ctx;
    const struct openai *o = k->openai;

    k->fetch = NULL;
    untell(k);
    if ((why = wrong(k, status, why)) == NULL) {
        finish(k, status);
    } else if (may_retry(k, status) && left_ms(k, first_ms(o)) > 0) {
        k->retried = true;
        send_request(k);
    } else {
        give_up(k, status, why);
    }
}

static void send_request(struct asking *k)
{
    struct openai *o = k->openai;
    const char *body = prompt_body(k->arena, o->o.model, k->messages, k->searches < SEARCHES_MAX);
    struct fetch_request r = {.url = o->o.url,
                              .body = body,
                              .body_len = strlen(body),
                              .content_type = "application/json",
                              .bearer = o->o.key,
                              .connect_ms = OPENAI_CONNECT_MS,
                              .max_bytes = ANSWER_BYTES_MAX,
                              .data = on_data,
                              .done = on_done,
                              .ctx = k};

    completion_free(k->completion);
    k->completion = completion_new();
    k->told = 0;
    k->garbled = k->lingering = false;
    r.deadline_ms = left_ms(k, k->searches == 0 ? first_ms(o) : o->o.total_ms);
    k->fetch = fetch_new(o->fetcher, &r);
}

/* ---- the port ---------------------------------------------------------------------------------
 */

/* Is the model asked, or have the chat and the day had their share? */
static bool may_ask(struct openai *o, const struct assistant_turn *turn)
{
    int64_t now = now_ms(o);

    if (o->n_askings >= OPENAI_AT_ONCE ||
        (o->o.per_chat > 0 && turn->chat->last_pos > o->o.per_chat))
        return false;
    if (now - o->day_ms >= DAY_MS) {
        o->day_ms = now;
        o->today = 0;
    }
    if (o->o.per_day > 0 && o->today >= o->o.per_day)
        return false;
    if (!breaker_may(&o->breaker, now))
        return false;
    if (++o->today == o->o.per_day)
        log_warn("assistant-spent", "questions=%d", o->today);
    return true;
}

static void answer(void *self, const struct assistant_turn *turn, assistant_done_fn *done,
                   void *ctx)
{
    struct openai *o = self;
    struct asking *k;
    struct arena *a;

    if (assistant_rules_offer(o->rules, turn, done, ctx))
        return;
    if (!may_ask(o, turn)) {
        o->fallback.answer(o->fallback.self, turn, done, ctx);
        return;
    }
    a = arena_new();
    k = arena_new_of(a, struct asking);
    k->arena = a;
    k->openai = o;
    k->chat = arena_dup(a, turn->chat->id);
    k->locale = arena_dup(a, turn->chat->locale);
    k->unavailable = assistant_rules_text(o->rules, turn, SAY_UNAVAILABLE);
    k->unavailable_reason = assistant_rules_reason(o->rules, turn, REASON_UNAVAILABLE, a);
    k->human = assistant_rules_text(o->rules, turn, SAY_HUMAN);
    k->messages = prompt_messages(o->o.instructions, turn);
    k->begun_ms = now_ms(o);
    k->said = turn->said;
    k->failed = turn->failed;
    k->done = done;
    k->ctx = ctx;
    TAILQ_INSERT_TAIL(&o->askings, k, link);
    o->n_askings++;
    send_request(k);
}

static void cancel(void *self, void *ctx)
{
    struct openai *o = self;
    struct asking *k;

    TAILQ_FOREACH(k, &o->askings, link)
    {
        if (k->ctx == ctx)
            break;
    }
    if (k == NULL)
        return;
    report(k, "cancelled", 0);
    breaker_dropped(&o->breaker);
    asking_free(k);
}

struct assistant_port openai_port(struct openai *o)
{
    return (struct assistant_port){
        .self = o, .name = o->fallback.name, .answer = answer, .cancel = cancel};
}

/* ---- life -------------------------------------------------------------------------------------
 */

struct openai *openai_new(uv_loop_t *loop, const struct openai_options *options,
                          struct rules *rules)
{
    struct arena *a = arena_new();
    struct openai *o = arena_new_of(a, struct openai);

    o->arena = a;
    o->loop = loop;
    o->o = *options;
    o->o.url = arena_printf(a, "%s/chat/completions", options->url);
    o->o.model = arena_dup(a, options->model);
    o->o.key = arena_dup(a, options->key);
    o->o.instructions = arena_dup(a, options->instructions);
    o->rules = rules;
    o->fallback = assistant_rules_port(rules);
    o->fetcher = fetcher_new(loop);
    TAILQ_INIT(&o->askings);
    TAILQ_INIT(&o->untold);
    uv_timer_init(loop, &o->gather);
    o->gather.data = o;
    o->day_ms = now_ms(o);
    return o;
}

static void gather_closed(uv_handle_t *t)
{
    struct openai *o = t->data;

    arena_free(o->arena);
}

void openai_free(struct openai *o)
{
    struct asking *k;

    if (o == NULL)
        return;
    while ((k = TAILQ_FIRST(&o->askings)) != NULL)
        asking_free(k);
    fetcher_free(o->fetcher);
    uv_close((uv_handle_t *)&o->gather, gather_closed);
}
