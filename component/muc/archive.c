#include "component/muc/parts.h"
#include "core/base/stamp.h"

#include <stdlib.h>
#include <string.h>

/* The archive of a room. XEP-0313 */

#define NS_FORWARD "urn:xmpp:forward:0"
#define NS_VALIDATE "http://jabber.org/protocol/xdata-validate"

/* Of one page, before escaping. What else waits for the reader must not wait long. */
#define PAGE_BYTES (256 * 1024)
#define LINE_BYTES 600 /* of a message beside body and payload */

/* ---- the form -------------------------------------------------------------------------------- */

static const struct {
    const char *var, *type;
} FIELDS[] = {{"with", "jid-single"},       {"start", "text-single"},    {"end", "text-single"},
              {"before-id", "text-single"}, {"after-id", "text-single"}, {"ids", "list-multi"}};

#define FIELD_COUNT (sizeof(FIELDS) / sizeof(FIELDS[0]))

struct xml *muc_archive_form(const struct stanza *in)
{
    struct arena *a = in->arena;
    struct xml *iq = stanza_result(in), *query = xml_child(a, iq, "query", NS_ARCHIVE);
    struct xml *form = xml_child(a, query, "x", NS_FORM), *field;

    xml_attr(a, form, "type", "form");
    field = xml_child(a, form, "field", NULL);
    xml_attr(a, field, "type", "hidden");
    xml_attr(a, field, "var", "FORM_TYPE");
    xml_child_text(a, field, "value", NULL, NS_ARCHIVE);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        field = xml_child(a, form, "field", NULL);
        xml_attr(a, field, "type", FIELDS[i].type);
        xml_attr(a, field, "var", FIELDS[i].var);
    }
    /* ids are not chosen from a list. XEP-0313 #query-limit-ids */
    field = xml_child(a, field, "validate", NS_VALIDATE);
    xml_attr(a, field, "datatype", "xs:string");
    xml_child(a, field, "open", NULL);
    return iq;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *value_of(struct arena *a, const struct xml *field)
{
    const struct xml *value = xml_find(field, "value", NS_FORM);

    return value != NULL ? xml_content(a, value) : "";
}

static bool read_ids(struct arena *a, const struct xml *field, struct muc_archive *out)
{
    const char **ids = arena_array(a, const char *, MUC_ARCHIVE_MAX);

    for (const struct xml *v = xml_find(field, "value", NS_FORM); v != NULL;
         v = xml_find_next(v, "value", NS_FORM)) {
        if (out->n_ids == MUC_ARCHIVE_MAX)
            return false;
        ids[out->n_ids++] = xml_content(a, v);
    }
    out->ids = ids;
    return true;
}

/* A field without a value is as if it was not there. */
static bool read_field(struct arena *a, const struct xml *field, size_t which,
                       struct muc_archive *out)
{
    const char *value = value_of(a, field);

    if (which == 5)
        return read_ids(a, field, out);
    if (value[0] == '\0')
        return true;
    switch (which) {
    case 0:
        out->has_with = true;
        return jid_parse(a, value, &out->with) == OK;
    case 1:
        return stamp_parse(value, &out->start_ms) == OK;
    case 2:
        return stamp_parse(value, &out->end_ms) == OK;
    case 3:
        out->before_id = value;
        return true;
    case 4:
        out->after_id = value;
        return true;
    default:
        return false;
    }
}

static size_t field_number(const char *var)
{
    size_t i = 0;

    while (i < FIELD_COUNT && strcmp(var, FIELDS[i].var) != 0)
        i++;
    return i;
}

/* XEP-0313 #filter: FORM_TYPE must be there and ours; what is not understood is refused, since
 * leaving out a filter would give too much. */
static bool read_form(struct arena *a, const struct xml *form, struct muc_archive *out)
{
    bool ours = false, seen[FIELD_COUNT + 1] = {false};
    const char *type = xml_get(form, "type");

    if (type == NULL || strcmp(type, "submit") != 0)
        return false;
    for (const struct xml *f = xml_find(form, "field", NS_FORM); f != NULL;
         f = xml_find_next(f, "field", NS_FORM)) {
        const char *var = xml_get(f, "var");
        size_t which;

        if (var == NULL)
            return false;
        if (strcmp(var, "FORM_TYPE") == 0) {
            ours = !ours && strcmp(value_of(a, f), NS_ARCHIVE) == 0;
            if (!ours)
                return false;
            continue;
        }
        which = field_number(var);
        if (which == FIELD_COUNT || seen[which] || !read_field(a, f, which, out))
            return false;
        seen[which] = true;
    }
    return ours;
}

static bool read_max(struct arena *a, const struct xml *set, size_t *out)
{
    const struct xml *x = xml_find(set, "max", NS_RSM);
    const char *text = x != NULL ? xml_content(a, x) : NULL;
    unsigned long n;

    if (text == NULL)
        return true;
    if (text[0] == '\0' || strlen(text) > 9 || text[strspn(text, "0123456789")] != '\0')
        return false;
    n = strtoul(text, NULL, 10);
    *out = n < MUC_ARCHIVE_MAX ? (size_t)n : MUC_ARCHIVE_MAX;
    return true;
}

static bool read_set(struct arena *a, const struct xml *set, struct muc_archive *out)
{
    const struct xml *after = xml_find(set, "after", NS_RSM);
    const struct xml *before = xml_find(set, "before", NS_RSM);

    out->page_after = after != NULL ? xml_content(a, after) : "";
    out->page_before = before != NULL ? xml_content(a, before) : "";
    out->newest = before != NULL;
    return read_max(a, set, &out->max);
}

void muc_read_archive(const struct xml *query, struct muc_intent *out)
{
    struct arena *a = out->in->arena;
    struct muc_archive *to = arena_new_of(a, struct muc_archive);
    const struct xml *form = xml_find(query, "x", NS_FORM);
    const struct xml *set = xml_find(query, "set", NS_RSM);

    *to = (struct muc_archive){.end_ms = INT64_MAX,
                               .after_id = "",
                               .before_id = "",
                               .page_after = "",
                               .page_before = "",
                               .max = MUC_ARCHIVE_PAGE,
                               .flip = xml_find(query, "flip-page", NS_ARCHIVE) != NULL};
    to->queryid = xml_get(query, "queryid");
    if ((form != NULL && !read_form(a, form, to)) || (set != NULL && !read_set(a, set, to)) ||
        (to->queryid != NULL && strlen(to->queryid) > MUC_ID_MAX)) {
        muc_refuse(out, COND_BAD_REQUEST, "modify", NULL);
        return;
    }
    if (set != NULL && xml_find(set, "index", NS_RSM) != NULL) {
        muc_refuse(out, COND_FEATURE, "cancel", NULL);
        return;
    }
    out->kind = MUC_ARCHIVE;
    out->archive = to;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* In a non-anonymous room, who said it is told, as he is in the room now. Whoever has left was one
 * who could speak. XEP-0313 #business-storeret-muc-archives */
static void add_author(struct arena *a, struct xml *message, const struct muc_room *r,
                       const struct muc_line *l)
{
    const char *affiliation = "member", *role = "participant";

    if (l->jid[0] == '\0' || !muc_config_of(r)->nonanonymous)
        return;
    for (size_t i = 0; i < r->n_occupants; i++) {
        if (strcmp(r->occupants[i].jid, l->jid) == 0) {
            affiliation = r->occupants[i].affiliation;
            role = r->occupants[i].role;
        }
    }
    (void)muc_add_user(a, message, affiliation, role, l->jid);
}

static void send_line(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                      const struct muc_room *r, const struct muc_line *l)
{
    struct xml *x = muc_message(o->arena, muc_room_jid(s, o->arena, r->local), "", "");
    struct xml *result = xml_child(o->arena, x, "result", NS_ARCHIVE), *forwarded, *delay, *message;
    char stamp[STAMP_LEN + 1];

    xml_attr(o->arena, x, "to", i->in->from.full);
    xml_attr(o->arena, result, "queryid", i->archive->queryid);
    xml_attr(o->arena, result, "id", l->id);
    forwarded = xml_child(o->arena, result, "forwarded", NS_FORWARD);
    delay = xml_child(o->arena, forwarded, "delay", NS_DELAY);
    stamp_format(l->created_ms, stamp);
    xml_attr(o->arena, delay, "stamp", arena_dup(o->arena, stamp));
    message = muc_line_message(s, o->arena, r->local, l, false);
    add_author(o->arena, message, r, l);
    xml_append(forwarded, message);
    o->send(o->ctx, x);
}

static size_t bytes_of(const struct muc_line *l)
{
    return LINE_BYTES + strlen(l->body) + strlen(l->payload);
}

/* What fits, from the side where the page begins; one line always does. */
static void cut(struct muc_page *p, bool newest)
{
    size_t bytes = 0, n = 0;

    while (n < p->n) {
        bytes += bytes_of(&p->lines[newest ? p->n - 1 - n : n]);
        if (n > 0 && bytes > PAGE_BYTES)
            break;
        n++;
    }
    if (n == p->n)
        return;
    p->more = true;
    if (newest) {
        p->lines += p->n - n;
        p->first += p->first >= 0 ? (int64_t)(p->n - n) : 0;
    }
    p->n = n;
}

static void send_fin(struct muc_out *o, const struct muc_intent *i, const struct muc_page *p)
{
    struct xml *iq = stanza_result(i->in), *fin = xml_child(o->arena, iq, "fin", NS_ARCHIVE);
    struct xml *set, *first;

    xml_attr(o->arena, fin, "queryid", i->archive->queryid);
    xml_attr(o->arena, fin, "complete", p->more ? NULL : "true");
    set = xml_child(o->arena, fin, "set", NS_RSM);
    if (p->n > 0) {
        first = xml_child_text(o->arena, set, "first", NULL, p->lines[0].id);
        if (p->first >= 0)
            xml_attr(o->arena, first, "index", arena_printf(o->arena, "%lld", (long long)p->first));
        xml_child_text(o->arena, set, "last", NULL, p->lines[p->n - 1].id);
    }
    if (p->total >= 0)
        xml_child_text(o->arena, set, "count", NULL,
                       arena_printf(o->arena, "%lld", (long long)p->total));
    o->send(o->ctx, iq);
}

/* A flipped page comes in the other order; its first and last stay what they are in the log. */
void muc_send_archive(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                      const struct muc_room *r, const struct muc_page *page)
{
    struct muc_page p = *page;

    cut(&p, i->archive->newest);
    for (size_t k = 0; k < p.n; k++)
        send_line(s, o, i, r, &p.lines[i->archive->flip ? p.n - 1 - k : k]);
    send_fin(o, i, &p);
}

static void add_end(struct arena *a, struct xml *metadata, const char *name,
                    const struct muc_line *l)
{
    struct xml *x = xml_child(a, metadata, name, NULL);
    char stamp[STAMP_LEN + 1];

    stamp_format(l->created_ms, stamp);
    xml_attr(a, x, "id", l->id);
    xml_attr(a, x, "timestamp", arena_dup(a, stamp));
}

/* XEP-0313 #metadata: empty for an empty archive. */
void muc_reply_archive_ends(struct muc_out *o, const struct muc_intent *i,
                            const struct muc_line *ends, size_t n)
{
    struct xml *iq = stanza_result(i->in);
    struct xml *metadata = xml_child(o->arena, iq, "metadata", NS_ARCHIVE);

    if (n > 0) {
        add_end(o->arena, metadata, "start", &ends[0]);
        add_end(o->arena, metadata, "end", &ends[n - 1]);
    }
    o->send(o->ctx, iq);
}
