#include "db/filetype.h"

#include "core/base/log.h"

#include <magic.h>
#include <stdio.h>

/* Its handles belong to one thread at a time, and opening one costs a mapped file: each call has
 * its own. Nothing is unpacked, and no format that holds others is taken apart. */
void filetype_of(const void *data, size_t len, char out[FILETYPE_MAX])
{
    magic_t m = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF |
                           MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_TOKENS);
    const char *type = NULL;

    if (m != NULL && magic_load(m, NULL) == 0)
        type = magic_buffer(m, data, len < FILETYPE_LOOK ? len : FILETYPE_LOOK);
    if (type == NULL)
        log_warn("file-type", "detail=%s", m != NULL ? magic_error(m) : "no memory");
    (void)snprintf(out, FILETYPE_MAX, "%s", type != NULL ? type : "application/octet-stream");
    if (m != NULL)
        magic_close(m);
}
