/* A file that somebody sends: what is known of it, and its address. Plain data; the bytes are
 * behind struct file_port (core/ports.h). */
#ifndef PARLEY_FILE_H
#define PARLEY_FILE_H

#include "core/base/arena.h"
#include "core/base/crypto.h"

#include <stdbool.h>
#include <stdint.h>

#define FILE_NAME_MAX 200 /* bytes */
#define FILE_TYPE_MAX 100 /* bytes */
#define FILE_PATH "/files/"

enum file_state {
    FILE_OPEN,  /* its bytes may be sent, once */
    FILE_STORED /* they are on disk, and do not change any more */
};

/* Strings are never NULL, "" is none. */
struct file {
    char id[ID_LEN + 1]; /* whoever knows it may read the file */
    const char *owner;   /* agent id, or chat id: its customer */
    const char *room;    /* the chat it is part of; "" none (XEP-0363) */
    const char *name;    /* made by file_name */
    const char *type;    /* as announced; when stored, what the bytes are */
    int64_t size;        /* bytes */
    int64_t created_ms;
    enum file_state state;
};

struct file *file_dup(struct arena *a, const struct file *from);

/* A name that people and file systems can be shown: no character that is hidden, no separator of
 * folders, FILE_NAME_MAX bytes of its end at most. "file" when nothing is left. */
const char *file_name(struct arena *a, const char *wish);

/* The name as part of an address, RFC 3986 #section-2.1. */
const char *file_percent(struct arena *a, const char *name);

/* The address below base ("https://chat.example.org"), and back: is url an address of ours? */
const char *file_url(struct arena *a, const char *base, const struct file *f);
bool file_of_url(const char *base, const char *url, char id[ID_LEN + 1]);

#endif
