#include "component/muc/upload.h"

#include "component/muc/parts.h"
#include "core/base/stamp.h"

#include <stdlib.h>
#include <string.h>

static bool is(const struct xml *x, const char *name, const char *ns)
{
    return strcmp(x->name, name) == 0 && strcmp(x->ns, ns) == 0;
}

static void settle(struct upload_intent *out, struct xml *reply)
{
    out->kind = UPLOAD_REPLY;
    out->reply = reply;
}

static void refuse(struct upload_intent *out, enum cond c, const char *type)
{
    settle(out, upload_refused(out, c, type, NULL));
}

/* ---- discovery ------------------------------------------------------------------------------ */

static void add_field(struct arena *a, struct xml *form, const char *var, const char *type,
                      const char *value)
{
    struct xml *field = xml_child(a, form, "field", NULL);

    xml_attr(a, field, "var", var);
    xml_attr(a, field, "type", type);
    xml_child_text(a, field, "value", NULL, value);
}

/* XEP-0363 #disco */
static struct xml *info(const struct upload_service *s, const struct stanza *in)
{
    static const char *const features[] = {NS_DISCO_INFO, NS_DISCO_ITEMS, NS_PING, NS_VERSION,
                                           NS_UPLOAD};
    struct arena *a = in->arena;
    struct xml *iq = stanza_result(in);
    struct xml *query = muc_disco_query(a, iq, NS_DISCO_INFO, ""), *form;

    muc_disco_identity(a, query, "store", "file", s->name);
    muc_disco_features(a, query, features, sizeof(features) / sizeof(features[0]));
    form = xml_child(a, query, "x", NS_FORM);
    xml_attr(a, form, "type", "result");
    add_field(a, form, "FORM_TYPE", "hidden", NS_UPLOAD);
    add_field(a, form, "max-file-size", NULL, arena_printf(a, "%lld", (long long)s->file_max));
    return iq;
}

static struct xml *items(const struct stanza *in)
{
    struct xml *iq = stanza_result(in);

    (void)muc_disco_query(in->arena, iq, NS_DISCO_ITEMS, "");
    return iq;
}

/* ---- slots ---------------------------------------------------------------------------------- */

static bool read_size(const char *s, int64_t *out)
{
    size_t digits = s != NULL ? strspn(s, "0123456789") : 0;

    if (digits == 0 || digits > 18 || s[digits] != '\0')
        return false;
    *out = (int64_t)strtoll(s, NULL, 10);
    return *out > 0;
}

static void read_request(const struct xml *request, struct upload_intent *out)
{
    const char *name = xml_get(request, "filename"), *type = xml_get(request, "content-type");

    out->kind = UPLOAD_SLOT;
    out->name = name != NULL ? name : "";
    out->type = type != NULL ? type : "";
    out->malformed = !read_size(xml_get(request, "size"), &out->size) || out->name[0] == '\0';
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_get(const struct upload_service *s, const struct xml *x, struct upload_intent *out)
{
    const struct stanza *in = out->in;
    const struct muc_service version = {.version = s->version};
    const char *node = xml_get(x, "node");
    bool whole = node == NULL || node[0] == '\0';

    if (is(x, "request", NS_UPLOAD))
        read_request(x, out);
    else if (is(x, "query", NS_DISCO_INFO) && whole)
        settle(out, info(s, in));
    else if (is(x, "query", NS_DISCO_ITEMS) && whole)
        settle(out, items(in));
    else if (is(x, "query", NS_DISCO_INFO) || is(x, "query", NS_DISCO_ITEMS))
        refuse(out, COND_NOT_FOUND, "cancel");
    else if (is(x, "ping", NS_PING))
        settle(out, stanza_result(in));
    else if (is(x, "query", NS_VERSION))
        settle(out, muc_version(&version, in));
    else
        refuse(out, COND_UNAVAILABLE, "cancel");
}

static void read_iq(const struct upload_service *s, struct upload_intent *out)
{
    const struct stanza *in = out->in;
    const struct xml *x = xml_find(in->x, NULL, NULL);
    bool get = strcmp(in->type, "get") == 0, set = strcmp(in->type, "set") == 0;

    if (!get && !set) {
        /* RFC 6120 #stanzas-semantics-iq: only these two are answered, and want a type. */
        if (strcmp(in->type, "result") != 0 && strcmp(in->type, "error") != 0)
            refuse(out, COND_BAD_REQUEST, "modify");
    } else if (in->to.local[0] != '\0' || in->to.resource[0] != '\0' || set) {
        refuse(out, COND_UNAVAILABLE, "cancel");
    } else if (x == NULL) {
        refuse(out, COND_BAD_REQUEST, "modify");
    } else {
        read_get(s, x, out);
    }
}

void upload_read(const struct upload_service *s, struct stanza *in, struct upload_intent *out)
{
    *out = (struct upload_intent){.kind = UPLOAD_IGNORE, .in = in, .name = "", .type = ""};
    if (strcmp(in->from.domain, s->domain) == 0)
        return;
    switch (in->kind) {
    case STANZA_IQ:
        read_iq(s, out);
        return;
    case STANZA_MESSAGE:
        if (strcmp(in->type, "error") != 0 && strcmp(in->type, "headline") != 0)
            refuse(out, COND_UNAVAILABLE, "cancel");
        return;
    case STANZA_PRESENCE:
        return;
    }
}

/* ---- answers -------------------------------------------------------------------------------- */

struct xml *upload_slot(const struct upload_intent *i, const char *put, const char *get)
{
    struct arena *a = i->in->arena;
    struct xml *iq = stanza_result(i->in), *slot = xml_child(a, iq, "slot", NS_UPLOAD);

    xml_attr(a, xml_child(a, slot, "put", NULL), "url", put);
    xml_attr(a, xml_child(a, slot, "get", NULL), "url", get);
    return iq;
}

struct xml *upload_refused(const struct upload_intent *i, enum cond c, const char *type,
                           const char *text)
{
    return stanza_error_reply(i->in, c, type, text);
}

/* XEP-0363 #errors */
struct xml *upload_too_large(const struct upload_service *s, const struct upload_intent *i)
{
    struct arena *a = i->in->arena;
    const char *most = arena_printf(a, "%lld", (long long)s->file_max);
    struct xml *iq =
        upload_refused(i, COND_NOT_ACCEPTABLE, "modify",
                       arena_printf(a, "The file is too large; at most %s bytes.", most));
    struct xml *error = xml_find(iq, "error", NULL);

    xml_child_text(a, xml_child(a, error, "file-too-large", NS_UPLOAD), "max-file-size", NULL,
                   most);
    return iq;
}

struct xml *upload_later(const struct upload_intent *i, int64_t at_ms, const char *text)
{
    struct arena *a = i->in->arena;
    struct xml *iq = upload_refused(i, COND_RESOURCE, "wait", text);
    char *stamp = arena_alloc(a, STAMP_LEN + 1);

    stamp_format(at_ms, stamp);
    xml_attr(a, xml_child(a, xml_find(iq, "error", NULL), "retry", NS_UPLOAD), "stamp", stamp);
    return iq;
}
