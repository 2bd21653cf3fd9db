/* Open escalated chats: who waits, and who is served. Unassigned first, longest wait first.
 * Holds copies of the chats. One thread. */
#ifndef PARLEY_QUEUE_H
#define PARLEY_QUEUE_H

#include "core/chat.h"

#include <stddef.h>

struct queue;

struct queue *queue_new(void);
void queue_free(struct queue *q);

/* Put the chat where its state says: waiting, live, or out of the queue. O(log n). */
void queue_put(struct queue *q, const struct chat *c);

/* The chat, lent until the next queue_put; NULL when it neither waits nor is served. */
const struct chat *queue_get(const struct queue *q, const char *id);

/* Place among the waiting of its organization, 1 is next; 0 when it does not wait. */
size_t queue_position(const struct queue *q, const struct chat *c);
size_t queue_waiting(const struct queue *q, const char *organization);

/* The chats of an organization ("" all) in order. fn returns false to stop. */
void queue_each(const struct queue *q, const char *organization,
                bool (*fn)(void *ctx, const struct chat *c), void *ctx);

#endif
