/* What bytes are, judged by themselves. Alone includes libmagic. */
#ifndef PARLEY_FILETYPE_H
#define PARLEY_FILETYPE_H

#include "core/base/arena.h"

#define FILETYPE_LOOK 65536 /* bytes from the begin that are looked at */
#define FILETYPE_MAX 128

/* The media type; "application/octet-stream" when it is not known. Any thread. */
void filetype_of(const void *data, size_t len, char out[FILETYPE_MAX]);

#endif
