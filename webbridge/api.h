/* The handlers, as the route table names them. Each asks the desk and answers; none decides who may
 * do what. */
#ifndef PARLEY_API_H
#define PARLEY_API_H

#include "webbridge/call.h"

void api_chats_begin(struct call *c);
void api_chats_list(struct call *c);
void api_chats_show(struct call *c);
void api_chats_change(struct call *c);
void api_chats_close(struct call *c);
void api_chats_reopen(struct call *c);
void api_chats_rate(struct call *c);
void api_chats_revoke(struct call *c);
void api_transcript(struct call *c);

void api_messages_list(struct call *c);
void api_messages_post(struct call *c);
void api_messages_send(struct call *c);
void api_messages_typing(struct call *c);
void api_messages_read(struct call *c);
void api_messages_note(struct call *c);

void api_agents_escalate(struct call *c);
void api_agents_assign(struct call *c);
void api_agents_release(struct call *c);
void api_agents_transfer(struct call *c);
void api_agents_transfer_end(struct call *c);
void api_agents_list(struct call *c);

void api_canned_list(struct call *c);
void api_canned_add(struct call *c);
void api_canned_put(struct call *c);
void api_canned_remove(struct call *c);

void api_events_open(struct call *c);
void api_events_queue(struct call *c);
void api_events_ticket(struct call *c);

void api_auth_begin(struct call *c);
void api_auth_poll(struct call *c);
void api_auth_link(struct call *c);
void api_auth_logout(struct call *c);
void api_auth_me(struct call *c);

/* The first runs when the headers are there. */
void api_files_put(struct call *c);
void api_files_get(struct call *c);
/* One of these media types? Items that end in "/", "." or "-" are beginnings. The list ends in
 * NULL. */
bool api_files_type_is(const char *type, const char *const *list);
void api_attachments_post(struct call *c); /* runs when the headers are there */

void api_health_live(struct call *c);
void api_health_ready(struct call *c);

void api_pages_show(struct call *c);
void api_pages_console(struct call *c);
void api_pages_script(struct call *c);
void api_pages_asset(struct call *c);
void api_pages_icon(struct call *c);

#endif
