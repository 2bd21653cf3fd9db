/* Files: those that agents' clients send by XEP-0363, and those that come with a message by HTTP.
 * Part of the one door (core/desk.h). The latter have no slot: their row is stored with the
 * message.
 *
 * A slot is the right to send the bytes of one file, once, within DESK_SLOT_MS. It is stored like
 * everything else, and counts against its owner's bytes of a day whether it is used or not, until
 * it is swept. */
#ifndef PARLEY_DESK_FILES_H
#define PARLEY_DESK_FILES_H

#include "core/desk.h"

#define DESK_SLOT_MS (300 * 1000) /* XEP-0363 #impl */
#define DESK_SLOTS_MAX 10000      /* at once */
#define DESK_SLOTS_OF_ONE 100     /* of one agent */
#define DESK_FILES_SPAN_MS ((int64_t)24 * 3600 * 1000)

/* Ask for a slot; name, type and size of the wish count. answer: file.
 * Errors  ERR_FORBIDDEN who is no agent; ERR_INVALID size or type; ERR_TOO_LARGE; ERR_NO_SPACE;
 *         ERR_RATE with retry_ms: too many bytes in a day, or too many slots */
void desk_file_slot(struct desk *d, const struct principal *who, const struct file *wish,
                    desk_fn *done, void *ctx);

/* Somebody begins to send the bytes of a slot. *out is lent until the next turn of the loop.
 * Errors  ERR_NOT_FOUND unknown or too late; ERR_CONFLICT sent already, or being sent */
NODISCARD enum err desk_file_begin(struct desk *d, const char *id, const struct file **out);
/* It came to nothing: another may try. */
void desk_file_failed(struct desk *d, const char *id);
/* The bytes are on disk. answer: file. On an error the slot is as after desk_file_failed. */
void desk_file_stored(struct desk *d, const char *id, const char *type, desk_fn *done, void *ctx);

/* May the asker send a file of that size with a message (struct post)? The rest is decided when it
 * is posted. Errors as desk_post; ERR_TOO_LARGE ERR_NO_SPACE */
void desk_attach(struct desk *d, const struct principal *who, const char *chat, int64_t size,
                 desk_fn *done, void *ctx);
int64_t desk_file_max(const struct desk *d); /* bytes; 0 nobody sends files */

/* A stored file. answer: file. Errors ERR_NOT_FOUND */
void desk_file_find(struct desk *d, const char *id, desk_fn *done, void *ctx);

/* After the start, once: bytes without a file are removed, and files without bytes. */
void desk_files_check(struct desk *d, desk_fn *done, void *ctx);

#endif
