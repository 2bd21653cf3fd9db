#include "component/muc/parts.h"

#include <stdlib.h>
#include <string.h>

/* The list of rooms, by pages (XEP-0059). Long lists are cut into pages even for those who did not
 * ask, with the part that is shown said in <set/>. */

struct page {
    size_t first, n;
    bool found; /* false: after or before names no item */
};

static const char *set_text(struct arena *a, const struct xml *set, const char *name)
{
    const struct xml *x = set != NULL ? xml_find(set, name, NS_RSM) : NULL;

    return x != NULL ? xml_content(a, x) : NULL;
}

static size_t set_number(struct arena *a, const struct xml *set, const char *name, size_t otherwise)
{
    const char *text = set_text(a, set, name);
    char *end;
    unsigned long value;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return otherwise;
    value = strtoul(text, &end, 10);
    return *end == '\0' ? (size_t)value : otherwise;
}

static bool find_item(const struct muc_service *s, const char *jid, const struct muc_item *items,
                      size_t n, size_t *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(items[i].local);

        if (strncmp(jid, items[i].local, len) == 0 && jid[len] == '@' &&
            strcmp(jid + len + 1, s->domain) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static struct page choose(const struct muc_service *s, struct arena *a, const struct xml *set,
                          const struct muc_item *items, size_t n)
{
    size_t max = set_number(a, set, "max", MUC_ITEMS_MAX), at;
    const char *after = set_text(a, set, "after"), *before = set_text(a, set, "before");
    struct page p = {.found = true};
    size_t end = n;

    max = max < MUC_ITEMS_MAX ? max : MUC_ITEMS_MAX;
    p.first = set_number(a, set, "index", 0);
    if (after != NULL && after[0] != '\0') {
        p.found = find_item(s, after, items, n, &at);
        p.first = p.found ? at + 1 : 0;
    }
    if (before != NULL && before[0] != '\0') {
        p.found = p.found && find_item(s, before, items, n, &at);
        end = p.found ? at : 0;
    }
    p.first = p.first < end ? p.first : end;
    if (before != NULL && end - p.first > max)
        p.first = end - max;
    p.n = end - p.first < max ? end - p.first : max;
    return p;
}

static void add_set(const struct muc_service *s, struct arena *a, struct xml *query,
                    const struct muc_item *items, size_t n, const struct page *p)
{
    struct xml *set = xml_child(a, query, "set", NS_RSM), *first;

    if (p->n > 0) {
        first = xml_child_text(a, set, "first", NULL, muc_room_jid(s, a, items[p->first].local));
        xml_attr(a, first, "index", arena_printf(a, "%zu", p->first));
        xml_child_text(a, set, "last", NULL, muc_room_jid(s, a, items[p->first + p->n - 1].local));
    }
    xml_child_text(a, set, "count", NULL, arena_printf(a, "%zu", n));
}

void muc_reply_items(const struct muc_service *s, struct muc_out *o, const struct muc_intent *i,
                     const struct muc_item *items, size_t n)
{
    const struct xml *asked = xml_find(i->in->x, "query", NS_DISCO_ITEMS);
    const struct xml *set = asked != NULL ? xml_find(asked, "set", NS_RSM) : NULL;
    struct page p = choose(s, o->arena, set, items, n);
    struct xml *iq, *query;

    if (!p.found) {
        muc_reply_error(o, i->in, COND_NOT_FOUND, "cancel", NULL);
        return;
    }
    iq = stanza_result(i->in);
    query = muc_disco_query(o->arena, iq, NS_DISCO_ITEMS, "");
    for (size_t k = p.first; k < p.first + p.n; k++) {
        struct xml *item = xml_child(o->arena, query, "item", NULL);

        xml_attr(o->arena, item, "jid", muc_room_jid(s, o->arena, items[k].local));
        xml_attr(o->arena, item, "name", items[k].name);
    }
    if (set != NULL || p.n < n)
        add_set(s, o->arena, query, items, n, &p);
    o->send(o->ctx, iq);
}
