/* The HTTP library alone, as the program uses it (its epoll descriptor in a loop of ours, one
 * thread): it takes a POST's body and answers with 400 bytes. It ends with its standard input.
 * bench_hello PORT */
#include "tests/bench/bench.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

static char body[400];
static struct MHD_Response *answer;

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **con_cls)
{
    static int seen;

    (void)cls, (void)url, (void)method, (void)version, (void)data;
    if (*con_cls == NULL) {
        *con_cls = &seen;
        return MHD_YES;
    }
    if (*data_len > 0) {
        *data_len = 0;
        return MHD_YES;
    }
    return MHD_queue_response(con, 200, answer);
}

static void serve(struct MHD_Daemon *d)
{
    struct pollfd fds[] = {
        {.fd = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN}};

    while (fds[1].revents == 0) {
        MHD_UNSIGNED_LONG_LONG wait_ms = 1000;

        if (MHD_get_timeout(d, &wait_ms) != MHD_YES || wait_ms > 1000)
            wait_ms = 1000;
        (void)poll(fds, 2, (int)wait_ms);
        MHD_run(d);
    }
}

int main(int argc, char **argv)
{
    uint16_t port = (uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0);
    struct MHD_Daemon *d;

    memset(body, 'x', sizeof body);
    answer = MHD_create_response_from_buffer(sizeof body, body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(answer, "Content-Type", "application/json");
    d = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_TURBO, port, NULL, NULL, on_request, NULL,
                         MHD_OPTION_CONNECTION_LIMIT, 2000u, MHD_OPTION_END);
    if (d == NULL)
        bench_fail("port %d cannot be had", port);
    (void)!write(STDOUT_FILENO, "ready\n", 6);
    serve(d);
    return 0;
}
