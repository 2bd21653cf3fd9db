/* The least that a room service can be, as the floor for tests/bench/rooms.py, which starts it on a
 * connected and authenticated component's stream: it puts everybody who sends a presence into one
 * room and reflects what is said there, with the elements that a stored line has. It reads no XML,
 * escapes nothing and knows no errors.
 *
 * bench_least descriptor domain [database: each batch of lines is committed before it is shown] */
#include "core/base/buf.h"
#include "db/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OCCUPANTS_MAX 1000
#define BATCH_MAX 64

struct line {
    char id[64], body[64], from[128];
};

struct least {
    int fd;
    const char *domain;
    struct sql *db;
    struct buf in, out;
    char occupants[OCCUPANTS_MAX][128];
    size_t n_occupants;
    struct line batch[BATCH_MAX];
    size_t n_batch;
    unsigned long count;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_least: %s\n", what);
    exit(1);
}

/* What stands between begin and end, within the stanza. */
static void between(const char *stanza, const char *begin, char end, char *out, size_t size)
{
    const char *at = strstr(stanza, begin);
    const char *stop = at != NULL ? strchr(at + strlen(begin), end) : NULL;

    out[0] = '\0';
    if (stop != NULL)
        snprintf(out, size, "%.*s", (int)(stop - at - (long)strlen(begin)), at + strlen(begin));
}

static void put_line(struct least *l, const char *to, const struct line *s, unsigned long number)
{
    buf_printf(&l->out,
               "<message to='%s' from='aaaaaaaaaaaaaaaaaaaaaaaaaa@%s/%.6s' type='groupchat' "
               "id='%s'><body>%s</body><stanza-id xmlns='urn:xmpp:sid:0' "
               "by='aaaaaaaaaaaaaaaaaaaaaaaaaa@%s' id='%026lu'/><occupant-id "
               "xmlns='urn:xmpp:occupant-id:0' id='%064d'/></message>",
               to, l->domain, s->from, s->id, s->body, l->domain, number, 0);
}

static void keep(struct least *l)
{
    must(sql_run(l->db, "BEGIN IMMEDIATE", SQL_NOTHING) == OK, "begin");
    for (size_t i = 0; i < l->n_batch; i++)
        must(sql_run(l->db, "INSERT INTO line (sender, stanza, body) VALUES (?1, ?2, ?3)",
                     SQL_WITH(sql_text(l->batch[i].from), sql_text(l->batch[i].id),
                              sql_text(l->batch[i].body))) == OK,
             "insert");
    must(sql_run(l->db, "COMMIT", SQL_NOTHING) == OK, "commit");
}

static void show(struct least *l)
{
    if (l->n_batch > 0 && l->db != NULL)
        keep(l);
    for (size_t i = 0; i < l->n_occupants && l->n_batch > 0; i++)
        for (size_t k = 0; k < l->n_batch; k++)
            put_line(l, l->occupants[i], &l->batch[k], l->count + k);
    l->count += l->n_batch;
    l->n_batch = 0;
}

static void join(struct least *l, const char *stanza)
{
    must(l->n_occupants < OCCUPANTS_MAX, "too many occupants");
    between(stanza, " from='", '\'', l->occupants[l->n_occupants], 128);
    buf_printf(&l->out, "<message from='room@%s' to='%s' type='groupchat'><subject/></message>",
               l->domain, l->occupants[l->n_occupants]);
    l->n_occupants++;
}

static void take(struct least *l, const char *stanza)
{
    struct line *s = &l->batch[l->n_batch];

    if (strncmp(stanza, "<presence", 9) == 0 && strstr(stanza, "unavailable") == NULL)
        join(l, stanza);
    if (strncmp(stanza, "<message", 8) != 0 || strstr(stanza, "<body>") == NULL)
        return;
    between(stanza, " id='", '\'', s->id, sizeof(s->id));
    between(stanza, " from='", '\'', s->from, sizeof(s->from));
    between(stanza, "<body>", '<', s->body, sizeof(s->body));
    if (++l->n_batch == BATCH_MAX)
        show(l);
}

/* Stanzas of a client that sends no presence or message without children, as the server writes
 * them. Of all else nothing is known. */
static void read_stanzas(struct least *l)
{
    char *at = l->in.data, *end;

    while ((end = strstr(at, "</message>")) != NULL || (end = strstr(at, "</presence>")) != NULL) {
        char *other = strstr(at, "</presence>");

        end = other != NULL && other < end ? other : end;
        end = strchr(end, '>');
        *end = '\0';
        take(l, at);
        at = end + 1;
    }
    buf_consume(&l->in, (size_t)(at - l->in.data));
    show(l);
}

static void send_all(struct least *l)
{
    size_t sent = 0;

    while (sent < l->out.len) {
        ssize_t n = write(l->fd, l->out.data + sent, l->out.len - sent);

        must(n > 0, "the server is gone");
        sent += (size_t)n;
    }
    buf_clear(&l->out);
}

int main(int argc, char **argv)
{
    static struct least l;
    static char piece[64 * 1024];
    ssize_t n;

    must(argc >= 3, "bench_least descriptor domain [database]");
    l.fd = (int)strtol(argv[1], NULL, 10);
    l.domain = argv[2];
    if (argc > 3) {
        must(sql_open(argv[3], SQL_WRITE, &l.db) == OK, "open");
        must(sql_script(l.db, "CREATE TABLE line (id INTEGER PRIMARY KEY, sender TEXT,"
                              " stanza TEXT, body TEXT)") == OK,
             "create");
    }
    while ((n = read(l.fd, piece, sizeof(piece))) > 0) {
        buf_put(&l.in, piece, (size_t)n);
        read_stanzas(&l);
        send_all(&l);
    }
    return 0;
}
