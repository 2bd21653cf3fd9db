/* SQLite's group commit alone: rows a second when so many are written per transaction, each
 * transaction on disk before the next (WAL, synchronous=FULL). Two tables: one row with one unique
 * index, the least that a log of messages needs; and all rows and indexes of one keyed message in
 * Parley's schema.  bench_sqlite DATABASE [SECONDS]
 *
 * DATABASE is a new file with Parley's schema and one room. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define CHECKPOINT_PAGES 4096

static sqlite3 *db;
static long number;

static void must(int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        bench_fail("SQLite: %s", sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(const char *text)
{
    sqlite3_stmt *s;

    must(sqlite3_prepare_v2(db, text, -1, &s, NULL));
    return s;
}

static void step(sqlite3_stmt *s)
{
    must(sqlite3_step(s));
    must(sqlite3_reset(s));
}

static int wal_grew(void *ctx, sqlite3 *handle, const char *name, int pages)
{
    (void)handle, (void)name;
    *(int *)ctx = pages;
    return SQLITE_OK;
}

static void write_row(sqlite3_stmt *const *s, long rooms)
{
    unsigned char hash[16];
    char id[32];

    number++;
    (void)snprintf(id, sizeof id, "%026ld", number * 7919 % 999983 * 1000000 + number);
    memcpy(hash, id + 10, sizeof hash);
    for (int i = 0; s[i] != NULL; i++) {
        must(sqlite3_bind_int64(s[i], 1, 1 + number % rooms));
        must(sqlite3_bind_int64(s[i], 2, 1 + number / rooms));
        if (i == 0)
            must(sqlite3_bind_text(s[i], 3, id, -1, SQLITE_STATIC));
        else if (i == 1)
            must(sqlite3_bind_blob(s[i], 3, hash, sizeof hash, SQLITE_STATIC));
        step(s[i]);
    }
}

static double measure(sqlite3_stmt *const *s, size_t batch, double seconds, long rooms)
{
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    double start = bench_now_us(), now = start;
    int pages = 0;
    size_t n = 0;

    (void)sqlite3_wal_hook(db, wal_grew, &pages);
    while (now < start + seconds * 1e6) {
        step(begin);
        for (size_t i = 0; i < batch; i++)
            write_row(s, rooms);
        step(commit);
        n += batch;
        if (pages > CHECKPOINT_PAGES)
            must(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
        now = bench_now_us();
    }
    (void)sqlite3_finalize(begin);
    (void)sqlite3_finalize(commit);
    return (double)n / (now - start) * 1e6;
}

#define TEXT "'Hello, I have a question about my last invoice: it names a sum I do not know.'"

int main(int argc, char **argv)
{
    static const size_t batches[] = {1, 16, 64, 256};
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 1;
    const long rooms = 1000;
    sqlite3_stmt *least[2] = {0}, *all[4] = {0};

    if (argc < 2 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                    NULL) != SQLITE_OK)
        bench_fail("bench_sqlite DATABASE [SECONDS]");
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                      "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32000;"
                      "CREATE TABLE least (gid INTEGER PRIMARY KEY, room INTEGER, seq INTEGER,"
                      " id TEXT, content TEXT, UNIQUE (room, seq));",
                      NULL, NULL, NULL));
    least[0] = prepare("INSERT INTO least (room, seq, id, content) VALUES (?1, ?2, ?3, " TEXT ")");
    all[0] = prepare("INSERT INTO message (room, seq, pos, id, createdAt, kind, role, userId,"
                     " senderName, content, clientId) VALUES (?1, ?2, ?2, ?3, ?2, 'message',"
                     " 'USER', 'aaaaaaaaaaaaaaaaaaaaaaaaaa', 'Alice', " TEXT
                     ", 'aaaaaaaaaaaaaaaaaaaaaaaaaa')");
    all[1] = prepare("INSERT INTO idempotency (room, call, body, firstGid, entries)"
                     " VALUES (?1, ?3, ?3, ?2, 1)");
    all[2] = prepare("UPDATE room SET lastSeq = ?2, lastPos = ?2, lastAt = ?2 WHERE num = ?1");
    printf("{");
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        number = 1000000000L * (long)i; /* sequences of their own */
        printf("%s\"%zu\":{\"least\":%.0f,", i > 0 ? "," : "", batches[i],
               measure(least, batches[i], seconds, rooms));
        printf("\"all_rows\":%.0f}", measure(all, batches[i], seconds, rooms));
    }
    printf("}\n");
    return 0;
}
