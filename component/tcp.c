#include "component/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>

#define LOOKS 6 /* within the longest silence */

void tcp_acknowledge(const uv_tcp_t *tcp)
{
    uv_os_fd_t fd;
    int on = 1;

    if (uv_fileno((const uv_handle_t *)tcp, &fd) == 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static bool is_silent(const uv_tcp_t *tcp, int64_t ms)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)tcp, &fd) != 0 ||
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    /* probes: of a closed window, not answered */
    return (info.tcpi_unacked > 0 || info.tcpi_probes > 0) && info.tcpi_last_ack_recv >= ms;
}

uint64_t tcp_look_ms(const struct tcp_watch *w)
{
    return (uint64_t)(w->most_silent_ms + LOOKS - 1) / LOOKS;
}

const char *tcp_look(struct tcp_watch *w, const uv_tcp_t *tcp)
{
    int64_t ms = (int64_t)tcp_look_ms(w);
    size_t left = uv_stream_get_write_queue_size((const uv_stream_t *)tcp);

    w->silent_ms = is_silent(tcp, ms) ? w->silent_ms + ms : 0;
    w->still_ms = left > 0 && left == w->left ? w->still_ms + ms : 0;
    w->left = left;
    if (w->silent_ms > w->most_silent_ms)
        return "the connection was lost: nothing is acknowledged";
    return w->still_ms > w->most_still_ms ? "the server takes nothing" : NULL;
}
