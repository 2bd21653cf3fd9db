/* Messages per second through the store, and the time from submit to done, by how many are in
 * flight.  bench_store [folder [seconds for each line [chats]]] */
#include "db/store.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 4000000 /* more are counted, but not timed */

struct bench {
    struct store *store;
    struct store_port port;
    int wake_fd;
    char (*ids)[ID_LEN + 1];
    size_t n_chats, next_chat;
    size_t in_flight;
    double until; /* submit no more after */
    size_t n_done;
    float *waits_us;
    bool keyed;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum err e, const char *what)
{
    if (e == OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err_name(e));
    exit(1);
}

static void wake(void *ctx)
{
    struct bench *b = (struct bench *)ctx;

    if (eventfd_write(b->wake_fd, 1) != 0)
        abort();
}

static void pump_until_idle(struct bench *b)
{
    struct pollfd fd = {.fd = b->wake_fd, .events = POLLIN};
    eventfd_t count;

    while (b->in_flight > 0) {
        (void)poll(&fd, 1, -1);
        (void)eventfd_read(b->wake_fd, &count);
        store_pump(b->store);
    }
}

/* ---- chats ---------------------------------------------------------------------------------- */

static void chat_done(struct change *c, enum err e)
{
    struct bench *b = (struct bench *)c->ctx;

    must(e, "chat");
    b->in_flight--;
    change_free(c);
}

static void add_chats(struct bench *b)
{
    for (size_t i = 0; i < b->n_chats; i++) {
        struct change *c = change_new(chat_done, b);
        struct chat *chat = arena_new_of(c->arena, struct chat);

        crypto_id(b->ids[i]);
        memcpy(chat->id, b->ids[i], sizeof chat->id);
        chat->organization = "default";
        chat->name = "Alice";
        chat->email = chat->external_id = chat->locale = chat->page = "";
        chat->escalation_reason = chat->assigned_to = chat->external_id = "";
        chat->created_ms = (int64_t)i + 1;
        c->room = chat->id;
        c->chat = chat;
        c->chat_new = true;
        must(b->port.submit(b->port.self, c), "submit");
        if (++b->in_flight == 4096)
            pump_until_idle(b);
    }
    pump_until_idle(b);
}

/* ---- messages ------------------------------------------------------------------------------- */

struct sent {
    struct bench *bench;
    double at;
    char key[ID_LEN + 1];
};

static void send_one(struct bench *b);

static void message_done(struct change *c, enum err e)
{
    const struct sent *sent = (const struct sent *)c->ctx;
    struct bench *b = sent->bench;
    double now = now_s();

    must(e, "message");
    if (b->n_done < SAMPLES_MAX)
        b->waits_us[b->n_done] = (float)((now - sent->at) * 1e6);
    b->n_done++;
    b->in_flight--;
    change_free(c);
    if (now < b->until)
        send_one(b);
}

static void send_one(struct bench *b)
{
    struct change *c = change_new(message_done, NULL);
    struct entry *e = arena_new_of(c->arena, struct entry);
    struct sent *sent = arena_new_of(c->arena, struct sent);

    crypto_id(e->id);
    e->audience = AUDIENCE_PUBLIC;
    e->sender_id = b->ids[b->next_chat];
    e->sender_name = "Alice";
    e->text = "Hello, I have a question about my last invoice: it names a sum I do not know.";
    e->data = e->stanza_id = e->payload = "";
    crypto_id(sent->key);
    e->client_id = b->keyed ? sent->key : "";
    c->room = b->ids[b->next_chat];
    b->next_chat = (b->next_chat + 1) % b->n_chats;
    c->now_ms = 1;
    c->entries = e;
    c->n_entries = 1;
    c->author = e->sender_id;
    c->key = e->client_id;
    c->ctx = sent;
    sent->bench = b;
    sent->at = now_s();
    must(b->port.submit(b->port.self, c), "submit");
    b->in_flight++;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static void run_line(struct bench *b, size_t in_flight, double seconds)
{
    double start = now_s(), took;
    size_t n;

    b->n_done = 0;
    b->until = start + seconds;
    for (size_t i = 0; i < in_flight; i++)
        send_one(b);
    pump_until_idle(b);
    took = now_s() - start;
    n = b->n_done < SAMPLES_MAX ? b->n_done : SAMPLES_MAX;
    qsort(b->waits_us, n, sizeof *b->waits_us, by_value);
    printf("%9zu %6s %10.0f %9.0f %9.0f %9.0f\n", in_flight, b->keyed ? "yes" : "no",
           (double)b->n_done / took, (double)b->waits_us[n / 2], (double)b->waits_us[n * 99 / 100],
           (double)b->waits_us[n - 1]);
}

int main(int argc, char **argv)
{
    static const size_t in_flight[] = {1, 16, 64, 256, 1024};
    const char *folder = argc > 1 ? argv[1] : ".";
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 3;
    struct bench b = {.n_chats = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000};
    char path[512];

    must(crypto_init(), "crypto");
    (void)snprintf(path, sizeof path, "%s/bench-%d.db", folder, (int)getpid());
    b.wake_fd = eventfd(0, EFD_CLOEXEC);
    b.ids = mem_alloc(b.n_chats * sizeof *b.ids);
    b.waits_us = mem_alloc(SAMPLES_MAX * sizeof *b.waits_us);
    must(store_open(path, NULL, wake, &b, &b.store), path);
    b.port = store_port(b.store);
    add_chats(&b);
    printf("in flight  keyed     rows/s    p50 us    p99 us    max us\n");
    for (size_t i = 0; i < 2 * sizeof in_flight / sizeof *in_flight; i++) {
        b.keyed = i % 2 == 1;
        run_line(&b, in_flight[i / 2], seconds);
    }
    store_close(b.store);
    printf("left in %s\n", path);
    free(b.ids);
    free(b.waits_us);
    close(b.wake_fd);
    return 0;
}
