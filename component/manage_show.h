/* What management commands print: for people, or JSON. All of it ends with a newline. */
#ifndef PARLEY_MANAGE_SHOW_H
#define PARLEY_MANAGE_SHOW_H

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/desk.h"

/* arena: for what is needed during the call. */
void manage_show_agents(struct desk *d, bool json, struct arena *arena, struct buf *out);
void manage_show_organizations(struct desk *d, bool json, struct arena *arena, struct buf *out);
void manage_show_chats(struct desk *d, const struct query *page, bool json, struct arena *arena,
                       struct buf *out);
/* page: the chat's entries; may be NULL. */
void manage_show_chat(struct desk *d, const struct chat *c, const struct query *page, bool json,
                      struct arena *arena, struct buf *out);
/* All that is stored of an entry, added to the list; and the chat around it, which takes the list.
 */
void manage_export_entry(struct json *list, const struct entry *e);
void manage_export_chat(struct desk *d, const struct chat *c, struct json *list,
                        struct arena *arena, struct buf *out);
void manage_show_keys(struct desk *d, const struct query *page, bool json, struct arena *arena,
                      struct buf *out);

#endif
