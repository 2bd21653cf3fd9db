#include "component/muc/parts.h"
#include "core/base/text.h"

#include <string.h>

static const char TOO_LARGE[] = "The message is too large.";
static const char NOT_A_COMMAND[] = "A corrected or delayed message cannot be a command.";

/* ---- reading --------------------------------------------------------------------------------- */

/* The body without a language goes before translations. */
static const struct xml *find_body(const struct xml *message)
{
    const struct xml *first = xml_find(message, "body", NS_CLIENT), *b;

    for (b = first; b != NULL; b = xml_find_next(b, "body", NS_CLIENT))
        if (xml_get(b, "xml:lang") == NULL)
            return b;
    return first;
}

/* What the desk will store of it, to judge it by: "" when there is only white space. Text that is
 * no text goes on as it is, and the desk refuses it. */
static const char *gist(struct arena *a, const char *body)
{
    return text_ok(body, strlen(body)) ? text_body(a, body) : body;
}

static bool is_command(const char *text)
{
    /* a slip of the space bar must not show a note to the customer */
    char c = text[0] == '!' ? text[1 + strspn(text + 1, " \t")] : '\0';

    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Neutral: says how to treat a message, is no content of its own. */
static bool is_neutral(const struct xml *c)
{
    if (strcmp(c->ns, NS_CLIENT) == 0)
        return true;
    return strcmp(c->ns, NS_HINTS) == 0 || strcmp(c->ns, NS_SID) == 0;
}

struct content {
    const char *state; /* NULL when there is no chat state */
    bool other;        /* markers, reactions … */
    bool annotates;    /* its body is only a fallback */
};

/* Reactions and retractions carry a text for clients that do not know them, which must neither be
 * stored nor shown to the customer. XEP-0428 */
static bool annotates(const struct xml *c)
{
    return strcmp(c->ns, NS_REACTIONS) == 0 || strcmp(c->ns, NS_FASTEN) == 0 ||
           strncmp(c->ns, "urn:xmpp:message-retract:", 25) == 0;
}

static struct content survey(const struct stanza *in)
{
    struct content found = {0};

    for (const struct xml *c = in->x->children; c != NULL; c = c->next) {
        if (c->name == NULL || is_neutral(c) || muc_payload_forged(in, c))
            continue;
        if (strcmp(c->ns, NS_CHATSTATES) == 0) {
            found.state = c->name;
            continue;
        }
        found.other = true;
        found.annotates = found.annotates || annotates(c);
    }
    return found;
}

/* "gone" has no meaning in a room. XEP-0085 #bizrules-groupchat */
static void read_state(const char *state, struct muc_intent *out)
{
    static const char *const known[] = {"active", "composing", "paused", "inactive"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(state, known[i]) != 0)
            continue;
        out->kind = MUC_TYPING;
        out->state = known[i];
        out->chat_state = true;
        out->typing = strcmp(state, "composing") == 0;
    }
}

/* Clients send a file as a text that is its address, and say so. XEP-0066 #x */
static const char *find_link(const struct stanza *in, const char *text)
{
    const struct xml *x = xml_find(in->x, "x", NS_OOB);
    const struct xml *url = x != NULL ? xml_find(x, "url", NS_OOB) : NULL;

    return url != NULL && strcmp(xml_content(in->arena, url), text) == 0 ? text : "";
}

/* What its author does not want to be kept cannot be told the customer, who would have to lose it
 * again: only staff see it. Likewise a text that is nothing but a quote. XEP-0334, XEP-0428 */
static void read_said(const struct stanza *in, const char *text, const char *shown,
                      struct muc_intent *out)
{
    if (shown[0] != '\0' && !muc_wants_no_store(in)) {
        out->kind = MUC_MESSAGE;
        out->shown = strcmp(shown, text) != 0 ? shown : "";
        out->link = find_link(in, text);
        muc_read_correction(in, out);
        return;
    }
    out->payload = muc_payload_message(in, NULL);
    if (strlen(out->body) > MUC_BODY_MAX)
        muc_refuse(out, COND_POLICY, "modify", TOO_LARGE);
    else
        out->kind = MUC_EPHEMERAL;
}

/* What stands behind lines that are quoted without saying so in markup. XEP-0393 #quote */
static const char *behind_quoted_lines(const char *text)
{
    const char *line = text;

    for (;;) {
        line += strspn(line, " \t\n");
        if (*line != '>')
            return line;
        line += strcspn(line, "\n");
    }
}

static void read_text(const struct stanza *in, const char *text, struct muc_intent *out)
{
    const char *shown = gist(in->arena, muc_without_quote(in, out->body));
    const char *behind = behind_quoted_lines(shown);

    if (!is_command(text) && !is_command(behind)) {
        read_said(in, text, shown, out);
        return;
    }
    out->body = is_command(text) ? text : behind;
    out->kind = MUC_COMMAND;
    /* A text must not become a command by being edited, nor by being old. */
    if (xml_find(in->x, "replace", NS_CORRECT) != NULL || xml_find(in->x, NULL, NS_DELAY) != NULL ||
        xml_find(in->x, NULL, "jabber:x:delay") != NULL) {
        out->reply = muc_error(in->arena, in, COND_NOT_ACCEPTABLE, "modify", NOT_A_COMMAND);
        out->kind = MUC_COMMAND_OLD;
    }
}

void muc_read_as_said(struct muc_intent *i)
{
    const struct stanza *in = i->in;

    i->body = xml_content(in->arena, find_body(in->x));
    read_said(in, gist(in->arena, i->body), gist(in->arena, muc_without_quote(in, i->body)), i);
}

/* XEP-0045 #subject-mod: with a body or a thread it is an ordinary message. */
static bool is_subject(const struct stanza *in)
{
    return xml_find(in->x, "subject", NS_CLIENT) != NULL &&
           xml_find(in->x, "body", NS_CLIENT) == NULL &&
           xml_find(in->x, "thread", NS_CLIENT) == NULL;
}

static void read_subject(const struct stanza *in, struct muc_intent *out)
{
    out->subject = xml_content(in->arena, xml_find(in->x, "subject", NS_CLIENT));
    if (strlen(out->subject) > MUC_SUBJECT_MAX)
        muc_refuse(out, COND_POLICY, "modify", "The subject is too long.");
    else
        out->kind = MUC_SUBJECT;
}

/* Nobody here can read it: it is no command, no correction and nothing for the customer. */
static void read_encrypted(const struct stanza *in, const struct xml *body, const char *text,
                           struct muc_intent *out)
{
    bool kept = text[0] != '\0' && !muc_wants_no_store(in);

    out->body = kept ? text : "";
    out->payload = muc_payload_message(in, kept ? body : NULL);
    if (strlen(out->payload) > MUC_PAYLOAD_MAX || strlen(in->id) > MUC_ID_MAX ||
        strlen(text) > MUC_BODY_MAX)
        muc_refuse(out, COND_POLICY, "modify", TOO_LARGE);
    else
        out->kind = MUC_ENCRYPTED;
}

static void read_groupchat(const struct stanza *in, struct muc_intent *out)
{
    struct content found = survey(in);
    const struct xml *body = find_body(in->x);
    const char *sent = body != NULL ? xml_content(in->arena, body) : "";
    const char *text = gist(in->arena, sent);

    if (muc_payload_encrypted(in)) {
        read_encrypted(in, body, text, out);
        return;
    }
    if (is_subject(in)) {
        read_subject(in, out);
        return;
    }
    out->payload = muc_payload_message(in, found.annotates ? NULL : body);
    if (strlen(out->payload) > MUC_PAYLOAD_MAX || strlen(in->id) > MUC_ID_MAX) {
        muc_refuse(out, COND_POLICY, "modify", TOO_LARGE);
    } else if (muc_read_about(in, out)) {
        return;
    } else if (text[0] != '\0' && !found.annotates) {
        out->body = sent;
        read_text(in, text, out);
    } else if (muc_read_marker(in, out)) {
        return;
    } else if (found.other) {
        out->kind = muc_wants_store(in) && !muc_wants_no_store(in) ? MUC_KEEP : MUC_EPHEMERAL;
    } else if (found.state != NULL) {
        read_state(found.state, out);
    }
}

static void read_private(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *body = find_body(in->x);

    out->body = body != NULL ? xml_content(in->arena, body) : "";
    out->payload = muc_payload_message(in, body);
    if (strlen(out->body) > MUC_BODY_MAX || strlen(out->payload) > MUC_PAYLOAD_MAX)
        muc_refuse(out, COND_POLICY, "modify", TOO_LARGE);
    else
        out->kind = MUC_PRIVATE;
}

void muc_read_message(const struct muc_service *s, struct stanza *in, struct muc_intent *out)
{
    bool groupchat = strcmp(in->type, "groupchat") == 0;

    (void)s;
    if (strcmp(in->type, "error") == 0) {
        if (out->room[0] != '\0' && muc_is_bounce(in))
            out->kind = MUC_BOUNCE;
    } else if (out->room[0] == '\0') {
        /* Nobody waits for an answer to a headline. */
        if (strcmp(in->type, "headline") != 0)
            muc_refuse(out, COND_UNAVAILABLE, "cancel", NULL);
    } else if (groupchat && out->nick[0] != '\0') {
        muc_refuse(out, COND_BAD_REQUEST, "modify", "Write to the room, not to an occupant.");
    } else if (groupchat) {
        read_groupchat(in, out);
    } else if (out->nick[0] != '\0') {
        read_private(in, out);
    } else if (!muc_read_invite(in, out) && !muc_read_voice(in, out)) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", "Messages to a room are of type groupchat.");
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

void muc_send_line(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                   const struct muc_line *l, const char *only)
{
    muc_tell_some(o, r, muc_line_message(s, o->arena, r->local, l, l->delayed), only);
}

/* A newcomer learns when the subject was set; a change is news and has no stamp. */
void muc_send_subject(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      const char *only)
{
    const char *from =
        muc_occupant_jid(s, o->arena, r->local, r->subject_by != NULL ? r->subject_by : "");
    struct xml *x = muc_message(o->arena, from, "groupchat", "");

    xml_child_text(o->arena, x, "subject", NULL, r->subject);
    if (only != NULL && r->subject[0] != '\0')
        muc_add_delay(s, o->arena, x, r->local, r->subject_ms);
    muc_tell_some(o, r, x, only);
}

void muc_send_state(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                    const char *nick, const char *jid, const char *state, const char *stanza_id)
{
    const char *from = muc_occupant_jid(s, o->arena, r->local, nick);
    struct xml *x = muc_message(o->arena, from, "groupchat", stanza_id);

    xml_child(o->arena, x, state, NS_CHATSTATES);
    muc_add_no_store(o->arena, x);
    muc_add_occupant_id(s, o->arena, x, r->local, jid);
    muc_tell(o, r, x, MUC_NOBODY);
}

void muc_send_ephemeral(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                        const char *nick, const char *jid, const struct muc_intent *i)
{
    const char *from = muc_occupant_jid(s, o->arena, r->local, nick);
    struct xml *x = muc_message(o->arena, from, "groupchat", i->in->id);

    xml_raw(o->arena, x, i->payload);
    muc_add_occupant_id(s, o->arena, x, r->local, jid);
    muc_tell(o, r, x, MUC_NOBODY);
}

void muc_send_notice(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                     const char *to, const char *text)
{
    struct xml *x = muc_message(o->arena, muc_room_jid(s, o->arena, r->local), "groupchat", "");

    xml_child_text(o->arena, x, "body", NULL, text);
    muc_add_no_store(o->arena, x);
    muc_tell_one(o, x, to);
}

/* Each session by its full address, with the empty <x/>, so that its server makes no carbon copies
 * of it. XEP-0045 #privatemessage */
void muc_send_private(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                      size_t from, size_t to, const struct muc_intent *i)
{
    const struct muc_occupant *author = &r->occupants[from], *who = &r->occupants[to];
    const char *jid = muc_occupant_jid(s, o->arena, r->local, author->nick);
    struct xml *x = muc_message(o->arena, jid, i->in->type, i->in->id);
    struct muc_room only = {.occupants = who, .n_occupants = 1};

    if (i->body[0] != '\0')
        xml_child_text(o->arena, x, "body", NULL, i->body);
    xml_raw(o->arena, x, i->payload);
    xml_child(o->arena, x, "x", NS_MUC_USER);
    muc_add_occupant_id(s, o->arena, x, r->local, author->jid);
    muc_tell(o, &only, x, MUC_NOBODY);
}
