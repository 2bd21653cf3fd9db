/* A store under test: in memory and pumped, or in a file with its threads. The tests are the same;
 * they wait for completions, never for time. */
#ifndef PARLEY_RIG_H
#define PARLEY_RIG_H

#include "db/store.h"

#define RIG_NOW 1700000000000

struct rig {
    bool file;
    char folder[64], path[128];
    struct store_options options;
    struct store *store;
    struct store_port port;
    int wake_fd;
    size_t n_submitted, n_asked;
    struct change **changes; /* done, in the order in which they were */
    size_t n_changes;
    struct query **queries;
    size_t n_queries;
    const void **order; /* both, together */
    size_t n_order;
};

extern const char *rig_root; /* where folders are made, /tmp */

/* Set-ups of a cmocka group: which store its tests get. */
int rig_in_memory(void **state);
int rig_in_file(void **state);

/* Set-up and tear-down of a test; *state is the rig. */
int rig_begin(void **state);
int rig_end(void **state);
#define RIG_TEST(f) cmocka_unit_test_setup_teardown(f, rig_begin, rig_end)

enum err rig_open(struct rig *r); /* with its options */
void rig_close(struct rig *r);
void rig_reopen(struct rig *r);

/* What is done belongs to the rig, which frees it at its end. */
struct change *rig_change(struct rig *r, const char *room);
struct query *rig_query(struct rig *r, enum query_kind kind, const char *room);
void rig_submit(struct rig *r, struct change *c);
void rig_ask(struct rig *r, struct query *q);
void rig_wait(struct rig *r, size_t n_changes, size_t n_queries); /* until so many are done */
enum err rig_write(struct rig *r, struct change *c);              /* submit and wait */
enum err rig_read(struct rig *r, struct query *q);

const char *rig_id(int n); /* ids that sort like n; the last 16 are kept */

/* Parts of a change. */
struct chat *rig_chat(struct change *c, int n);        /* new, with the assistant, of "default" */
struct entry *rig_entries(struct change *c, size_t n); /* public messages "text 1", "text 2" … */
struct session *rig_session(struct change *c, const char *address);
struct agent *rig_agent(struct change *c, int n); /* agent<n>@example.org, "Agent <n>" */
void rig_key(struct change *c, const char *author, const char *key, const char *body);

/* Whole steps that must succeed. The results are the rig's. */
struct chat *rig_add_chat(struct rig *r, int n);
struct change *rig_add_entries(struct rig *r, const char *room, size_t n);
const struct agent *rig_add_agent(struct rig *r, int n);
struct query *rig_room(struct rig *r, const char *room);
struct query *rig_start(struct rig *r);
struct query *rig_log(struct rig *r, const char *room);

/* The counts of chats that the database keeps are those of its chats. */
struct sql;
void rig_check_counts(struct sql *db);

#endif
