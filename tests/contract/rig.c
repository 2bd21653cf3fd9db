#include "tests/contract/rig.h"

#include "db/sql.h"

#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 20000

static void wake(void *ctx)
{
    struct rig *r = (struct rig *)ctx;
    uint64_t one = 1;

    assert_int_equal(write(r->wake_fd, &one, sizeof one), sizeof one);
}

static bool in_file;
const char *rig_root = "/tmp";

int rig_in_memory(void **state)
{
    (void)state;
    in_file = false;
    return 0;
}

int rig_in_file(void **state)
{
    (void)state;
    in_file = true;
    return 0;
}

int rig_begin(void **state)
{
    struct rig *r = mem_alloc(sizeof *r);

    assert_int_equal(crypto_init(), OK);
    r->file = in_file;
    (void)snprintf(r->path, sizeof r->path, ":memory:");
    if (in_file) {
        (void)snprintf(r->folder, sizeof r->folder, "%s/parley-store-XXXXXX", rig_root);
        assert_non_null(mkdtemp(r->folder));
        (void)snprintf(r->path, sizeof r->path, "%s/parley.db", r->folder);
    }
    r->wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(r->wake_fd >= 0);
    assert_int_equal(rig_open(r), OK);
    *state = r;
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *item;

    assert_non_null(dir);
    while ((item = readdir(dir)) != NULL) {
        char path[512];

        (void)snprintf(path, sizeof path, "%s/%s", folder, item->d_name);
        (void)unlink(path);
    }
    closedir(dir);
    (void)rmdir(folder);
}

int rig_end(void **state)
{
    struct rig *r = (struct rig *)*state;

    rig_close(r);
    for (size_t i = 0; i < r->n_changes; i++)
        change_free(r->changes[i]);
    for (size_t i = 0; i < r->n_queries; i++)
        query_free(r->queries[i]);
    free(r->changes);
    free(r->queries);
    free(r->order);
    close(r->wake_fd);
    if (r->file)
        remove_folder(r->folder);
    free(r);
    return 0;
}

enum err rig_open(struct rig *r)
{
    enum err e = store_open(r->path, &r->options, wake, r, &r->store);

    if (e == OK)
        r->port = store_port(r->store);
    return e;
}

void rig_close(struct rig *r)
{
    store_close(r->store);
    r->store = NULL;
}

void rig_reopen(struct rig *r)
{
    rig_close(r);
    assert_int_equal(rig_open(r), OK);
}

/* ---- running -------------------------------------------------------------------------------- */

static void note(struct rig *r, const void *what)
{
    r->order = mem_resize(r->order, (r->n_order + 1) * sizeof(void *));
    r->order[r->n_order++] = what;
}

static void change_done(struct change *c, enum err e)
{
    struct rig *r = (struct rig *)c->ctx;

    assert_int_equal(e, c->result);
    r->changes = mem_resize(r->changes, (r->n_changes + 1) * sizeof(struct change *));
    r->changes[r->n_changes++] = c;
    note(r, c);
}

static void query_done(struct query *q, enum err e)
{
    struct rig *r = (struct rig *)q->ctx;

    assert_int_equal(e, q->result);
    r->queries = mem_resize(r->queries, (r->n_queries + 1) * sizeof(struct query *));
    r->queries[r->n_queries++] = q;
    note(r, q);
}

struct change *rig_change(struct rig *r, const char *room)
{
    struct change *c = change_new(change_done, r);

    c->room = arena_dup(c->arena, room);
    c->now_ms = RIG_NOW;
    return c;
}

struct query *rig_query(struct rig *r, enum query_kind kind, const char *room)
{
    struct query *q = query_new(kind, query_done, r);

    q->room = arena_dup(q->arena, room);
    q->limit = 1000;
    return q;
}

void rig_submit(struct rig *r, struct change *c)
{
    assert_int_equal(r->port.submit(r->port.self, c), OK);
    r->n_submitted++;
}

void rig_ask(struct rig *r, struct query *q)
{
    assert_int_equal(r->port.read(r->port.self, q), OK);
    r->n_asked++;
}

void rig_wait(struct rig *r, size_t n_changes, size_t n_queries)
{
    while (r->n_changes < n_changes || r->n_queries < n_queries) {
        struct pollfd fd = {.fd = r->wake_fd, .events = POLLIN};
        uint64_t count;

        assert_int_equal(poll(&fd, 1, DEADLINE_MS), 1);
        assert_int_equal(read(r->wake_fd, &count, sizeof count), sizeof count);
        store_pump(r->store);
    }
}

enum err rig_write(struct rig *r, struct change *c)
{
    rig_submit(r, c);
    rig_wait(r, r->n_submitted, 0);
    assert_ptr_equal(r->changes[r->n_changes - 1], c);
    return c->result;
}

enum err rig_read(struct rig *r, struct query *q)
{
    rig_ask(r, q);
    rig_wait(r, 0, r->n_asked);
    assert_ptr_equal(r->queries[r->n_queries - 1], q);
    return q->result;
}

/* ---- parts ---------------------------------------------------------------------------------- */

const char *rig_id(int n)
{
    static char ids[16][ID_LEN + 1];
    static size_t next;
    char *id = ids[next++ % 16];

    memset(id, 'a', ID_LEN);
    for (int i = ID_LEN - 1; n > 0; n /= 26)
        id[i--] = (char)('a' + n % 26);
    return id;
}

struct chat *rig_chat(struct change *c, int n)
{
    struct chat *chat = arena_new_of(c->arena, struct chat);

    memcpy(chat->id, rig_id(n), sizeof chat->id);
    chat->organization = "default";
    chat->name = chat->email = chat->external_id = chat->locale = chat->page = "";
    chat->escalation_reason = chat->assigned_to = "";
    chat->created_ms = RIG_NOW + n;
    c->room = chat->id;
    c->chat = chat;
    c->chat_new = true;
    return chat;
}

struct entry *rig_entries(struct change *c, size_t n)
{
    c->entries = arena_array(c->arena, struct entry, n);
    c->n_entries = n;
    for (size_t i = 0; i < n; i++) {
        struct entry *e = &c->entries[i];

        crypto_id(e->id);
        e->audience = AUDIENCE_PUBLIC;
        e->room = e->sender_id = e->sender_name = e->data = "";
        e->client_id = e->stanza_id = e->payload = "";
        e->text = arena_printf(c->arena, "text %zu", i + 1);
    }
    return c->entries;
}

struct session *rig_session(struct change *c, const char *address)
{
    struct session *s = arena_new_of(c->arena, struct session);

    *s = (struct session){.kind = SESSION_XMPP,
                          .room = c->room,
                          .address = address,
                          .agent_id = "",
                          .jid = "someone@example.org",
                          .nick = "Someone",
                          .presence = "",
                          .joined_ms = RIG_NOW};
    c->sessions = s;
    c->n_sessions = 1;
    return s;
}

struct agent *rig_agent(struct change *c, int n)
{
    struct agent *a = arena_new_of(c->arena, struct agent);

    memcpy(a->id, rig_id(10000 + n), sizeof a->id);
    a->jid = arena_printf(c->arena, "agent%d@example.org", n);
    a->name = arena_printf(c->arena, "Agent %d", n);
    a->organization = "default";
    a->skills = "";
    a->created_ms = RIG_NOW;
    c->agent = a;
    return a;
}

void rig_key(struct change *c, const char *author, const char *key, const char *body)
{
    c->author = author;
    c->key = key;
    crypto_hash_raw(body, strlen(body), c->body_hash);
}

/* ---- steps ---------------------------------------------------------------------------------- */

struct chat *rig_add_chat(struct rig *r, int n)
{
    struct change *c = rig_change(r, "");
    struct chat *chat = rig_chat(c, n);

    assert_int_equal(rig_write(r, c), OK);
    return chat;
}

struct change *rig_add_entries(struct rig *r, const char *room, size_t n)
{
    struct change *c = rig_change(r, room);

    rig_entries(c, n);
    assert_int_equal(rig_write(r, c), OK);
    return c;
}

const struct agent *rig_add_agent(struct rig *r, int n)
{
    struct change *c = rig_change(r, "");
    struct agent *a = rig_agent(c, n);

    assert_int_equal(rig_write(r, c), OK);
    return a;
}

static struct query *must_read(struct rig *r, struct query *q)
{
    assert_int_equal(rig_read(r, q), OK);
    return q;
}

struct query *rig_room(struct rig *r, const char *room)
{
    return must_read(r, rig_query(r, QUERY_ROOM, room));
}

struct query *rig_start(struct rig *r)
{
    return must_read(r, rig_query(r, QUERY_START, ""));
}

struct query *rig_log(struct rig *r, const char *room)
{
    return must_read(r, rig_query(r, QUERY_ENTRIES, room));
}

void rig_check_counts(struct sql *db)
{
    struct sql_row *row;

    assert_int_equal(sql_one(db,
                             "SELECT count(*) FROM (SELECT 1 FROM (SELECT organization, section,"
                             " chats FROM tally UNION ALL SELECT organization, section, -1 FROM"
                             " chat) GROUP BY organization, section HAVING sum(chats) <> 0)",
                             SQL_NOTHING, &row),
                     OK);
    assert_int_equal(sql_get_int(row, 0), 0);
    sql_end(row);
}
