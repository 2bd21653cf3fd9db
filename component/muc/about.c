#include "component/muc/parts.h"
#include "core/base/stamp.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Messages about other messages: corrections, retractions, reactions, replies, markers. */

#define NS_FALLBACK "urn:xmpp:fallback:0"
#define RANGES_MAX 8
#define REACTIONS_MAX 32
#define REACTION_MAX 64 /* bytes of one; the longest emoji have 35 */

/* ---- replies --------------------------------------------------------------------------------- */

struct range {
    size_t start, end; /* characters; end is not included */
};

static size_t read_place(const char *s, size_t otherwise)
{
    if (s == NULL || s[0] == '\0' || strlen(s) > 9 || s[strspn(s, "0123456789")] != '\0')
        return otherwise;
    return (size_t)strtoul(s, NULL, 10);
}

static size_t read_ranges(const struct xml *fallback, struct range out[RANGES_MAX])
{
    const struct xml *b = xml_find(fallback, "body", NS_FALLBACK);
    size_t n = 0;

    if (b == NULL && xml_find(fallback, NULL, NULL) == NULL)
        out[n++] = (struct range){0, SIZE_MAX}; /* all is fallback. XEP-0428 #usage */
    for (; b != NULL && n < RANGES_MAX; b = xml_find_next(b, "body", NS_FALLBACK))
        out[n++] = (struct range){read_place(xml_get(b, "start"), 0),
                                  read_place(xml_get(b, "end"), SIZE_MAX)};
    return n;
}

static bool within(const struct range *r, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++)
        if (at >= r[i].start && at < r[i].end)
            return true;
    return false;
}

/* Places are counted in characters. XEP-0428 #usage, XEP-0426 */
static const char *without(struct arena *a, const char *body, const struct range *r, size_t n)
{
    char *out = arena_alloc(a, strlen(body) + 1);
    size_t len = 0, at = 0;

    for (const char *s = body; *s != '\0'; at++) {
        bool keep = !within(r, n, at);

        do {
            if (keep)
                out[len++] = *s;
            s++;
        } while (((unsigned char)*s & 0xc0) == 0x80);
    }
    out[len] = '\0';
    return out;
}

const char *muc_without_quote(const struct stanza *in, const char *body)
{
    struct range r[RANGES_MAX];

    if (xml_find(in->x, "reply", NS_REPLY) == NULL || !text_ok(body, strlen(body)))
        return body;
    for (const struct xml *f = xml_find(in->x, "fallback", NS_FALLBACK); f != NULL;
         f = xml_find_next(f, "fallback", NS_FALLBACK)) {
        const char *what = xml_get(f, "for");

        if (what != NULL && strcmp(what, NS_REPLY) == 0)
            return without(in->arena, body, r, read_ranges(f, r));
    }
    return body;
}

/* ---- reading --------------------------------------------------------------------------------- */

bool muc_wants_no_store(const struct stanza *in)
{
    return xml_find(in->x, "no-store", NS_HINTS) != NULL ||
           xml_find(in->x, "no-permanent-store", NS_HINTS) != NULL;
}

bool muc_wants_store(const struct stanza *in)
{
    return xml_find(in->x, "store", NS_HINTS) != NULL;
}

static bool read_ref(const struct xml *x, struct muc_intent *out)
{
    const char *id = xml_get(x, "id");

    if (id == NULL || id[0] == '\0' || strlen(id) > MUC_ID_MAX) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
        return false;
    }
    out->ref = id;
    return true;
}

/* XEP-0444 #business-rules: all reactions of the sender to that message, each once. */
static void read_reactions(const struct stanza *in, const struct xml *x, struct muc_intent *out)
{
    const char **list = arena_array(in->arena, const char *, REACTIONS_MAX);
    size_t n = 0;

    for (const struct xml *r = xml_find(x, "reaction", NS_REACTIONS); r != NULL;
         r = xml_find_next(r, "reaction", NS_REACTIONS)) {
        const char *text = xml_content(in->arena, r);
        size_t i = 0;

        while (i < n && strcmp(list[i], text) != 0)
            i++;
        if (i < n || text[0] == '\0')
            continue;
        if (n == REACTIONS_MAX || strlen(text) > REACTION_MAX || !text_ok(text, strlen(text))) {
            muc_refuse(out, COND_POLICY, "modify", "These are too many reactions.");
            return;
        }
        list[n++] = text;
    }
    out->reactions = list;
    out->n_reactions = n;
    out->kind = MUC_REACT;
}

bool muc_read_about(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *retract = xml_find(in->x, "retract", NS_RETRACT);
    const struct xml *reactions = xml_find(in->x, "reactions", NS_REACTIONS);

    if (retract != NULL && !muc_payload_forged(in, retract)) {
        if (read_ref(retract, out))
            out->kind = MUC_RETRACT;
    } else if (reactions != NULL) {
        if (read_ref(reactions, out))
            read_reactions(in, reactions, out);
    } else {
        return false;
    }
    return true;
}

bool muc_read_marker(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *x = xml_find(in->x, "displayed", NS_MARKERS);

    if (x == NULL || !read_ref(x, out))
        return x != NULL;
    out->kind = MUC_MARKER;
    return true;
}

/* XEP-0308 #rules: `id` names the sender's own stanza. */
void muc_read_correction(const struct stanza *in, struct muc_intent *out)
{
    const struct xml *x = xml_find(in->x, "replace", NS_CORRECT);

    if (x != NULL && read_ref(x, out))
        out->kind = MUC_CORRECT;
}

/* moderate: with what to do and why; ref: with the id of the line. */
static void read_moderate(const struct xml *moderate, const char *retract, const struct xml *ref,
                          struct muc_intent *out)
{
    const struct xml *reason = xml_find(moderate, "reason", moderate->ns);

    if (xml_find(moderate, "retract", retract) == NULL) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
        return;
    }
    out->reason = reason != NULL ? xml_content(out->in->arena, reason) : "";
    if (strlen(out->reason) > MUC_SUBJECT_MAX)
        muc_refuse(out, COND_POLICY, "modify", "The reason is too long.");
    else if (read_ref(ref, out))
        out->kind = MUC_MODERATE;
}

void muc_read_moderate(const struct xml *x, struct muc_intent *out)
{
    read_moderate(x, NS_RETRACT, x, out);
}

bool muc_read_moderate_old(const struct xml *x, struct muc_intent *out)
{
    const struct xml *moderate = xml_find(x, "moderate", NS_MODERATE_OLD);

    if (moderate != NULL)
        read_moderate(moderate, NS_RETRACT_OLD, x, out);
    return moderate != NULL;
}

/* ---- sending --------------------------------------------------------------------------------- */

static const char *written(struct arena *a, const struct xml *x)
{
    struct buf b = {0};
    const char *text;

    xml_write(&b, x, NS_CLIENT);
    text = arena_dup_len(a, buf_str(&b), b.len);
    buf_free(&b);
    return text;
}

/* XEP-0425 0.2.1: what is done stands in <moderated/>, and not the other way round. */
static struct xml *moderated_old(const struct muc_service *s, struct arena *a,
                                 const struct muc_room *r, const struct muc_occupant *by,
                                 const char *reason)
{
    struct xml *x = xml_new(a, "moderated", NS_MODERATE_OLD);

    xml_attr(a, x, "by", muc_occupant_jid(s, a, r->local, by->nick));
    muc_add_occupant_id(s, a, x, r->local, by->jid);
    if (reason[0] != '\0')
        xml_child_text(a, x, "reason", NULL, reason);
    return x;
}

static void add_moderated(const struct muc_service *s, struct arena *a, struct xml *x,
                          const struct muc_room *r, const struct muc_occupant *by,
                          const char *reason)
{
    struct xml *moderated = xml_child(a, x, "moderated", NS_MODERATE);

    xml_attr(a, moderated, "by", muc_occupant_jid(s, a, r->local, by->nick));
    muc_add_occupant_id(s, a, moderated, r->local, by->jid);
    if (reason[0] != '\0')
        xml_child_text(a, x, "reason", NULL, reason);
}

const char *muc_moderation(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                           const struct muc_occupant *by, const char *ref, const char *reason)
{
    struct xml *x = xml_new(a, "retract", NS_RETRACT);
    struct xml *old = xml_new(a, "apply-to", NS_FASTEN);
    struct xml *moderated = moderated_old(s, a, r, by, reason);

    xml_attr(a, x, "id", ref);
    add_moderated(s, a, x, r, by, reason);
    xml_attr(a, old, "id", ref);
    xml_child(a, moderated, "retract", NS_RETRACT_OLD);
    xml_append(old, moderated);
    return arena_printf(a, "%s%s", written(a, x), written(a, old));
}

const char *muc_erased(struct arena *a, int64_t at_ms)
{
    struct xml *x = xml_new(a, "retracted", NS_RETRACT);
    char stamp[STAMP_LEN + 1];

    stamp_format(at_ms, stamp);
    xml_attr(a, x, "stamp", arena_dup(a, stamp));
    return written(a, x);
}

const char *muc_oob(struct arena *a, const char *url)
{
    struct xml *x = xml_new(a, "x", NS_OOB);

    xml_child_text(a, x, "url", NULL, url);
    return written(a, x);
}

const char *muc_tombstone(const struct muc_service *s, struct arena *a, const struct muc_room *r,
                          const struct muc_occupant *moderator, const struct muc_intent *i,
                          int64_t now_ms)
{
    struct xml *x = xml_new(a, "retracted", NS_RETRACT), *old;
    char stamp[STAMP_LEN + 1];

    stamp_format(now_ms, stamp);
    xml_attr(a, x, "stamp", arena_dup(a, stamp));
    xml_attr(a, x, "id", i->in->id[0] != '\0' && moderator == NULL ? i->in->id : NULL);
    if (moderator == NULL)
        return written(a, x);
    add_moderated(s, a, x, r, moderator, i->reason);
    old = moderated_old(s, a, r, moderator, i->reason);
    xml_attr(a, xml_child(a, old, "retracted", NS_RETRACT_OLD), "stamp", arena_dup(a, stamp));
    return arena_printf(a, "%s%s", written(a, x), written(a, old));
}

void muc_send_marker(const struct muc_service *s, struct muc_out *o, const struct muc_room *r,
                     const struct muc_occupant *who, const char *ref)
{
    const char *from = muc_occupant_jid(s, o->arena, r->local, who->nick);
    struct xml *x = muc_message(o->arena, from, "groupchat", "");

    xml_attr(o->arena, xml_child(o->arena, x, "displayed", NS_MARKERS), "id", ref);
    muc_add_no_store(o->arena, x);
    muc_add_occupant_id(s, o->arena, x, r->local, who->jid);
    muc_tell(o, r, x, MUC_NOBODY);
}
