/* SQL with bound values. Alone includes SQLite. A connection belongs to one thread at a time. */
#ifndef PARLEY_SQL_H
#define PARLEY_SQL_H

#include "core/base/arena.h"
#include "core/base/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql;
struct sql_row;

/* SQL_COPY: to be filled by sql_copy_step; nothing is forced to disk, and nothing can be undone. */
enum sql_mode { SQL_WRITE, SQL_READ, SQL_COPY };

NODISCARD enum err sql_open(const char *path, enum sql_mode mode, struct sql **out);
void sql_close(struct sql *db); /* NULL is allowed */

enum sql_type { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB };

struct sql_value {
    enum sql_type type;
    int64_t number;
    const void *data; /* lent until the statement ends */
    int len;          /* of a blob */
};

struct sql_value sql_int(int64_t number);
struct sql_value sql_text(const char *s);
struct sql_value sql_blob(const void *data, int len);
struct sql_value sql_int_or_null(int64_t number); /* 0 is NULL */
struct sql_value sql_text_or_null(const char *s); /* "" is NULL */

/* The values of a statement, for ?1, ?2 … */
#define SQL_WITH(...)                                                                              \
    (const struct sql_value[]){__VA_ARGS__},                                                       \
        sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)
#define SQL_NOTHING NULL, 0

/* Errors of all that follow: ERR_CONFLICT a value must be unique; ERR_NOT_FOUND a referenced row is
 * missing; ERR_INVALID another constraint; ERR_IO anything else, logged here.
 *
 * text is kept with its prepared statement by address: pass literals only. */
NODISCARD enum err sql_run(struct sql *db, const char *text, const struct sql_value *v, size_t n);

/* Rows: while (sql_next(row, &e)) …; e is OK at the end. After leaving early: sql_end. */
NODISCARD enum err sql_query(struct sql *db, const char *text, const struct sql_value *v, size_t n,
                             struct sql_row **out);
bool sql_next(struct sql_row *row, enum err *e);
void sql_end(struct sql_row *row);

/* The first row, until sql_end. Errors ERR_NOT_FOUND there is none */
NODISCARD enum err sql_one(struct sql *db, const char *text, const struct sql_value *v, size_t n,
                           struct sql_row **out);

int64_t sql_get_int(struct sql_row *row, int column); /* NULL is 0 */
bool sql_is_null(struct sql_row *row, int column);
const char *sql_get_text(struct sql_row *row, int column, struct arena *a); /* NULL is "" */
/* An id of ID_LEN characters. Another length gives "". */
void sql_get_id(struct sql_row *row, int column, char out[ID_LEN + 1]);
/* False when it is not len bytes long. */
bool sql_get_blob(struct sql_row *row, int column, void *out, size_t len);

/* A script of statements without values, run once. */
NODISCARD enum err sql_script(struct sql *db, const char *text);

int64_t sql_changed(struct sql *db);      /* rows the last statement changed */
int64_t sql_changed_ever(struct sql *db); /* rows changed since it was opened */
int64_t sql_last_id(struct sql *db);      /* number of the last inserted row */
bool sql_in_transaction(struct sql *db);

/* Bytes in the write-ahead log after the last commit of this connection. */
int64_t sql_wal_bytes(struct sql *db);
/* Copy the log back into the file. wait_ms: so long for readers, and cut the log to nothing;
 * SQL_COPY_ONLY: neither.
 * Errors  ERR_BUSY others read too long; the next one copies what this one could not */
#define SQL_WAIT_MS 5000 /* for other programs, here and elsewhere */
#define SQL_COPY_ONLY (-1)
NODISCARD enum err sql_checkpoint(struct sql *db, int wait_ms);
/* Drop the pages that are held in memory. */
void sql_forget(struct sql *db);

/* ---- copying a database, a few pages at a time ---------------------------------------------- */

struct sql_copy;

/* from may be written through its own connection between the steps; the copy follows. Both
 * connections must stay open until sql_copy_end. */
NODISCARD enum err sql_copy_begin(struct sql *from, struct sql *to, struct sql_copy **out);
/* *more: there are pages left. */
NODISCARD enum err sql_copy_step(struct sql_copy *c, int pages, bool *more);
int sql_copy_percent(const struct sql_copy *c); /* after a step */
void sql_copy_end(struct sql_copy *c);          /* NULL is allowed */

#endif
