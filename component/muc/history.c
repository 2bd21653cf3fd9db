#include "component/muc/parts.h"
#include "core/base/stamp.h"

#include <string.h>

/* A count in digits, as much as fits. Anything else is as if it was not there: a client that asks
 * in a wrong way should still get in. */
static bool read_count(const char *s, int64_t *out)
{
    int64_t n = 0;

    if (s == NULL || s[0] == '\0' || s[strspn(s, "0123456789")] != '\0')
        return false;
    for (; *s != '\0'; s++) {
        if (n > INT32_MAX)
            break;
        n = n * 10 + (*s - '0');
    }
    *out = n;
    return true;
}

void muc_read_history(const struct xml *muc, struct muc_intent *out)
{
    const struct xml *h = xml_find(muc, "history", NS_MUC);
    const char *since;
    int64_t n;

    if (h == NULL)
        return;
    if (read_count(xml_get(h, "maxstanzas"), &n))
        out->history_stanzas = (size_t)n;
    if (read_count(xml_get(h, "maxchars"), &n))
        out->history_chars = (size_t)n;
    if (read_count(xml_get(h, "seconds"), &n))
        out->history_seconds = n;
    since = xml_get(h, "since");
    if (since != NULL && stamp_parse(since, &n) == OK)
        out->history_since_ms = n;
}

/* Characters of the whole stanza, as XEP-0045 #enter-managehistory counts them. */
static size_t line_size(const struct muc_service *s, const struct muc_intent *i,
                        const struct muc_room *r, const struct muc_line *l, struct buf *b)
{
    struct xml *x = muc_line_message(s, i->in->arena, r->local, l, true);

    xml_attr(i->in->arena, x, "to", i->in->from.full);
    buf_clear(b);
    xml_write(b, x, NS_CLIENT);
    return b->len;
}

static size_t cut_chars(const struct muc_service *s, const struct muc_intent *i,
                        const struct muc_room *r, const struct muc_line *history, size_t from,
                        size_t n)
{
    struct buf b = {0};
    size_t left = i->history_chars;

    while (n > from) {
        size_t size = left > 0 ? line_size(s, i, r, &history[n - 1], &b) : 1;

        if (size > left)
            break;
        left -= size;
        n--;
    }
    buf_free(&b);
    return n;
}

/* The most restrictive limit wins. XEP-0045 #enter-managehistory */
size_t muc_history_cut(const struct muc_service *s, const struct muc_intent *i,
                       const struct muc_room *r, const struct muc_line *history, size_t n,
                       int64_t now_ms)
{
    size_t drop = n > i->history_stanzas ? n - i->history_stanzas : 0;
    int64_t since = i->history_since_ms;

    if (i->history_seconds >= 0 && now_ms - i->history_seconds * 1000 > since)
        since = now_ms - i->history_seconds * 1000;
    while (drop < n && history[drop].created_ms < since)
        drop++;
    if (i->history_chars != SIZE_MAX)
        drop = cut_chars(s, i, r, history, drop, n);
    return drop;
}
