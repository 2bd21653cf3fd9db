#include "component/disk.h"

#include "core/base/log.h"

#include <sys/statvfs.h>

static int64_t free_bytes_at(const char *path)
{
    struct statvfs fs;

    if (statvfs(path, &fs) != 0)
        return -1;
    return (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

static bool is_below(int64_t free_bytes, int64_t mark, bool was_below)
{
    return free_bytes < mark + (was_below ? mark / 10 : 0);
}

enum desk_space disk_judge(int64_t free_bytes, int64_t least, enum desk_space now)
{
    if (least == 0 || free_bytes < 0)
        return SPACE_ENOUGH;
    if (is_below(free_bytes, least / 4, now == SPACE_NONE))
        return SPACE_NONE;
    return is_below(free_bytes, least, now != SPACE_ENOUGH) ? SPACE_LOW : SPACE_ENOUGH;
}

void disk_watch(struct desk *d, const char *path, int least_mb)
{
    enum desk_space was = desk_space(d), now;
    int64_t room = free_bytes_at(path);

    now = disk_judge(room, (int64_t)least_mb << 20, was);
    if (now == was)
        return;
    desk_set_space(d, now);
    if (now == SPACE_ENOUGH)
        log_info("disk-enough", "free_mb=%lld", (long long)(room >> 20));
    else
        log_error("disk-low", "free_mb=%lld refused=%s", (long long)(room >> 20),
                  now == SPACE_LOW ? "chats" : "chats,messages");
}
