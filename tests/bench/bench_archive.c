/* Pages of the archive (XEP-0313) through the store's reader thread, one at a time.
 *
 * bench_archive FILE CHATS SECONDS MIDDLE
 *
 * FILE is the database of a daemon that is down, CHATS names the chats to read in turn
 * ("/api/chats/ID/messages TOKEN"). Each kind of page takes SECONDS: the newest of the log, those
 * since MIDDLE (milliseconds), and the newest of the customer alone. */
#include "db/store.h"
#include "tests/bench/bench.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PAGE 50

enum page { NEWEST, SINCE, SENDER };

static struct {
    struct store *store;
    struct store_port port;
    struct target *chats;
    size_t n_chats;
    int64_t middle;
    int wake_fd;
    bool waiting;
} b;

static void wake(void *ctx)
{
    (void)ctx;
    if (eventfd_write(b.wake_fd, 1) != 0)
        abort();
}

static void read_done(struct query *q, enum err e)
{
    if (e != OK || q->n_entries == 0)
        bench_fail("a page of %s: %s, %zu entries", q->room, err_name(e), q->n_entries);
    b.waiting = false;
    query_free(q);
}

/* The ID in "/api/chats/ID/messages". */
static const char *chat_of(struct arena *a, const struct target *t)
{
    static const char before[] = "/api/chats/";
    char id[ID_LEN + 1];

    if (strncmp(t->path, before, strlen(before)) != 0)
        bench_fail("%s is no chat", t->path);
    (void)snprintf(id, sizeof id, "%s", t->path + strlen(before));
    return arena_dup(a, id);
}

static void read_page(const struct target *t, enum page page)
{
    struct pollfd fd = {.fd = b.wake_fd, .events = POLLIN};
    struct query *q = query_new(QUERY_ARCHIVE, read_done, NULL);
    struct archive_range *r = arena_new_of(q->arena, struct archive_range);
    eventfd_t count;

    q->room = chat_of(q->arena, t);
    *r = (struct archive_range){.end_ms = INT64_MAX,
                                .start_ms = page == SINCE ? b.middle : 0,
                                .sender_id = page == SENDER ? q->room : NULL,
                                .after_id = "",
                                .before_id = "",
                                .page_after = "",
                                .page_before = "",
                                .newest = page != SINCE};
    q->range = r;
    q->limit = PAGE;
    b.waiting = true;
    if (b.port.read(b.port.self, q) != OK)
        bench_fail("the store takes no read");
    while (b.waiting) {
        (void)poll(&fd, 1, -1);
        (void)eventfd_read(b.wake_fd, &count);
        store_pump(b.store);
    }
}

static void measure(const char *name, enum page page, double seconds)
{
    struct samples times = {0};
    double end;

    for (size_t i = 0; i < b.n_chats; i++) /* once to have it in memory */
        read_page(&b.chats[i], page);
    end = bench_now_us() + seconds * 1e6;
    for (size_t i = 0; bench_now_us() < end; i++) {
        double began = bench_now_us();

        read_page(&b.chats[i % b.n_chats], page);
        samples_add(&times, bench_now_us() - began);
    }
    printf("%s\"%s\":{", page == NEWEST ? "{" : ",", name);
    samples_print(&times);
    printf("}");
}

int main(int argc, char **argv)
{
    double seconds;
    enum err e;

    if (argc != 5)
        bench_fail("bench_archive FILE CHATS SECONDS MIDDLE");
    b.chats = bench_targets(argv[2], &b.n_chats);
    seconds = strtod(argv[3], NULL);
    b.middle = strtoll(argv[4], NULL, 10);
    b.wake_fd = eventfd(0, EFD_CLOEXEC);
    if ((e = crypto_init()) != OK || (e = store_open(argv[1], NULL, wake, NULL, &b.store)) != OK)
        bench_fail("%s: %s", argv[1], err_name(e));
    b.port = store_port(b.store);
    measure("newest", NEWEST, seconds);
    measure("since", SINCE, seconds);
    measure("sender", SENDER, seconds);
    printf("}\n");
    store_close(b.store);
    close(b.wake_fd);
    return 0;
}
