#include "component/fetch.h"

#include "core/base/arena.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct fetch {
    struct fetcher *fetcher;
    TAILQ_ENTRY(fetch) link;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    uv_timer_t deadline;
    size_t bytes, max_bytes;
    const char *why; /* we end it ourselves */
    bool cancelled;
    fetch_data_fn *data;
    fetch_done_fn *done;
    void *ctx;
};

/* A socket of libcurl's that we watch for it. */
struct watch {
    struct fetcher *fetcher;
    uv_poll_t poll;
    curl_socket_t socket;
};

struct fetcher {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    TAILQ_HEAD(, fetch) fetches;
    bool inside;    /* libcurl is on the stack, and must not be called */
    bool cancelled; /* some request was, meanwhile */
    size_t handles; /* of the loop, not closed yet */
};

/* ---- handles of the loop -------------------------------------------------------------------- */

static void handle_closed(struct fetcher *m)
{
    if (--m->handles > 0)
        return;
    free(m);
    curl_global_cleanup();
}

static void timer_closed(uv_handle_t *t)
{
    handle_closed(t->data);
}

static void watch_closed(uv_handle_t *h)
{
    struct watch *w = h->data;
    struct fetcher *m = w->fetcher;

    free(w);
    handle_closed(m);
}

static void deadline_closed(uv_handle_t *h)
{
    struct fetch *f = h->data;
    struct fetcher *m = f->fetcher;

    free(f);
    handle_closed(m);
}

/* ---- one request's end ---------------------------------------------------------------------- */

static void fetch_free(struct fetch *f)
{
    TAILQ_REMOVE(&f->fetcher->fetches, f, link);
    (void)curl_multi_remove_handle(f->fetcher->multi, f->easy);
    curl_easy_cleanup(f->easy);
    curl_slist_free_all(f->headers);
    free(f->body);
    f->easy = NULL;
    uv_close((uv_handle_t *)&f->deadline, deadline_closed);
}

static const char *why_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return NULL;
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return "unreachable";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return "tls";
    default:
        return "broken";
    }
}

static void fetch_end(struct fetch *f, const char *why)
{
    fetch_done_fn *done = f->done;
    void *ctx = f->ctx;
    int status = fetch_status(f);

    fetch_free(f);
    done(ctx, status, why);
}

static void on_deadline(uv_timer_t *t)
{
    fetch_end(t->data, "timeout");
}

/* What libcurl's callbacks could not do. */
static void sweep(struct fetcher *m)
{
    struct fetch *f, *next;

    for (f = m->cancelled ? TAILQ_FIRST(&m->fetches) : NULL; f != NULL; f = next) {
        next = TAILQ_NEXT(f, link);
        if (f->cancelled)
            fetch_free(f);
    }
    m->cancelled = false;
}

/* ---- libcurl on the loop: https://curl.se/libcurl/c/libcurl-multi.html ----------------------- */

static void act(struct fetcher *m, curl_socket_t socket, int events)
{
    const CURLMsg *msg;
    int left;

    m->inside = true;
    (void)curl_multi_socket_action(m->multi, socket, events, &left);
    m->inside = false;
    sweep(m);
    while ((msg = curl_multi_info_read(m->multi, &left)) != NULL) {
        struct fetch *f = NULL;
        CURLcode code = msg->data.result;

        if (msg->msg != CURLMSG_DONE ||
            curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &f) != CURLE_OK)
            continue;
        fetch_end(f, f->why != NULL ? f->why : why_of(code));
    }
}

static void on_timer(uv_timer_t *t)
{
    act(t->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *ctx)
{
    struct fetcher *m = ctx;

    (void)multi;
    if (ms < 0)
        (void)uv_timer_stop(&m->timer);
    else
        (void)uv_timer_start(&m->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void on_socket(uv_poll_t *p, int status, int events)
{
    struct watch *w = p->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    if ((events & UV_READABLE) != 0)
        flags |= CURL_CSELECT_IN;
    if ((events & UV_WRITABLE) != 0)
        flags |= CURL_CSELECT_OUT;
    act(w->fetcher, w->socket, flags);
}

static struct watch *watch_new(struct fetcher *m, curl_socket_t socket)
{
    struct watch *w = mem_alloc(sizeof(*w));

    w->fetcher = m;
    w->socket = socket;
    if (uv_poll_init_socket(m->loop, &w->poll, socket) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    m->handles++;
    (void)curl_multi_assign(m->multi, socket, w);
    return w;
}

static int set_socket(CURL *easy, curl_socket_t socket, int what, void *ctx, void *socket_ctx)
{
    struct fetcher *m = ctx;
    struct watch *w = socket_ctx;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            uv_close((uv_handle_t *)&w->poll, watch_closed);
        (void)curl_multi_assign(m->multi, socket, NULL);
        return 0;
    }
    if (w == NULL && (w = watch_new(m, socket)) == NULL)
        return -1;
    return uv_poll_start(&w->poll,
                         ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                             ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0),
                         on_socket) == 0
               ? 0
               : -1;
}

/* ---- what arrives --------------------------------------------------------------------------- */

/* Anything but len ends the request. */
static size_t on_data(char *data, size_t one, size_t len, void *ctx)
{
    struct fetch *f = ctx;

    (void)one;
    if (f->cancelled)
        return 0;
    if (len > f->max_bytes - f->bytes) {
        f->why = "too-large";
        return 0;
    }
    f->bytes += len;
    if (f->data(f->ctx, data, len))
        return f->cancelled ? 0 : len;
    f->why = "ended";
    return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

struct fetcher *fetcher_new(uv_loop_t *loop)
{
    struct fetcher *m = mem_alloc(sizeof(*m));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (m->multi = curl_multi_init()) == NULL)
        abort(); /* out of memory */
    m->loop = loop;
    TAILQ_INIT(&m->fetches);
    uv_timer_init(loop, &m->timer);
    m->timer.data = m;
    m->handles = 1;
    (void)curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    (void)curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
    (void)curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
    return m;
}

void fetcher_free(struct fetcher *m)
{
    struct fetch *f;

    if (m == NULL)
        return;
    while ((f = TAILQ_FIRST(&m->fetches)) != NULL)
        fetch_free(f);
    (void)curl_multi_cleanup(m->multi);
    uv_close((uv_handle_t *)&m->timer, timer_closed);
}

static void add_header(struct fetch *f, const char *name, const char *value)
{
    struct arena *a = arena_new();

    f->headers = curl_slist_append(f->headers, arena_printf(a, "%s: %s", name, value));
    if (f->headers == NULL)
        abort(); /* out of memory */
    arena_free(a);
}

static void set_request(struct fetch *f, const struct fetch_request *r)
{
    CURL *c = f->easy;

    if (r->bearer[0] != '\0') {
        struct arena *a = arena_new();

        add_header(f, "Authorization", arena_printf(a, "Bearer %s", r->bearer));
        arena_free(a);
    }
    add_header(f, "Content-Type", r->content_type);
    add_header(f, "Expect", ""); /* no waiting for "100 Continue" */
    (void)curl_easy_setopt(c, CURLOPT_URL, r->url);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->headers);
    (void)curl_easy_setopt(c, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
    (void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body);
    (void)curl_easy_setopt(c, CURLOPT_USERAGENT, "parley/" PARLEY_VERSION);
    (void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_ms);
}

static void set_manners(struct fetch *f)
{
    CURL *c = f->easy;

    (void)curl_easy_setopt(c, CURLOPT_PRIVATE, f);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    /* Without it the end of a request waits for the thread that still resolves its name: measured,
     * a resolver that hangs for 20 s stops the loop for 20 s.
     * https://curl.se/libcurl/c/CURLOPT_QUICK_EXIT.html */
    (void)curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
}

struct fetch *fetch_new(struct fetcher *m, const struct fetch_request *r)
{
    struct fetch *f = mem_alloc(sizeof(*f));

    f->fetcher = m;
    f->data = r->data;
    f->done = r->done;
    f->ctx = r->ctx;
    f->max_bytes = r->max_bytes;
    f->body = mem_alloc(r->body_len + 1);
    memcpy(f->body, r->body, r->body_len);
    if ((f->easy = curl_easy_init()) == NULL)
        abort(); /* out of memory */
    set_request(f, r);
    set_manners(f);
    uv_timer_init(m->loop, &f->deadline);
    f->deadline.data = f;
    m->handles++;
    fetch_deadline(f, r->deadline_ms);
    TAILQ_INSERT_TAIL(&m->fetches, f, link);
    if (curl_multi_add_handle(m->multi, f->easy) != CURLM_OK)
        fetch_deadline(f, 0); /* cannot be; then it ends soon */
    return f;
}

void fetch_deadline(struct fetch *f, int ms)
{
    (void)uv_timer_start(&f->deadline, on_deadline, (uint64_t)ms, 0);
}

int fetch_status(const struct fetch *f)
{
    long status = 0;

    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

void fetch_cancel(struct fetch *f)
{
    if (f == NULL)
        return;
    if (!f->fetcher->inside) {
        fetch_free(f);
        return;
    }
    (void)uv_timer_stop(&f->deadline);
    f->cancelled = true;
    f->fetcher->cancelled = true;
}
