#include "component/xml/spread.h"

#include "core/base/arena.h"

#include <stdlib.h>
#include <string.h>

/* Of one stanza in `once`: where `to` belongs, and where it ends. */
struct spread_cut {
    size_t head, end;
};

#define TO_BYTES (sizeof(" to=''") - 1)

static bool same_addressees(const struct spread *s, const char *const *to, size_t n)
{
    const char *at = buf_str(&s->to);

    if (n != s->n_to)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(at, to[i]) != 0)
            return false;
        at += strlen(at) + 1;
    }
    return true;
}

static void add_cut(struct spread *s, size_t head)
{
    if (s->n_cuts == s->cap_cuts) {
        s->cap_cuts = s->cap_cuts > 0 ? 2 * s->cap_cuts : 8;
        s->cuts = mem_resize(s->cuts, s->cap_cuts * sizeof(*s->cuts));
    }
    s->cuts[s->n_cuts++] = (struct spread_cut){head, s->once.len};
}

void spread_add(struct spread *s, const struct xml *x, const char *const *to, size_t n,
                struct buf *out)
{
    size_t begin;

    if (!same_addressees(s, to, n)) {
        spread_write(s, out);
        for (size_t i = 0; i < n; i++)
            buf_put(&s->to, to[i], strlen(to[i]) + 1);
        s->n_to = n;
    }
    begin = s->once.len;
    xml_write(&s->once, x, NS_CLIENT);
    add_cut(s, begin + 1 + strlen(x->name)); /* behind "<message" */
    s->bytes += n * (s->once.len - begin + TO_BYTES) + s->to.len - n;
}

static void write_one(const struct spread *s, const struct buf *attr, struct buf *out)
{
    size_t begin = 0;

    for (size_t i = 0; i < s->n_cuts; i++) {
        const struct spread_cut *c = &s->cuts[i];

        buf_put(out, s->once.data + begin, c->head - begin);
        buf_put(out, attr->data, attr->len);
        buf_put(out, s->once.data + c->head, c->end - c->head);
        begin = c->end;
    }
}

void spread_write(struct spread *s, struct buf *out)
{
    const char *to = buf_str(&s->to);
    struct buf attr = {0};

    if (s->n_cuts > 0)
        buf_reserve(out, s->bytes);
    for (size_t i = 0; i < s->n_to; i++, to += strlen(to) + 1) {
        buf_clear(&attr);
        xml_write_attr(&attr, "to", to);
        write_one(s, &attr, out);
    }
    buf_free(&attr);
    spread_clear(s);
}

void spread_clear(struct spread *s)
{
    buf_clear(&s->once);
    buf_clear(&s->to);
    s->n_cuts = s->n_to = s->bytes = 0;
}

void spread_free(struct spread *s)
{
    buf_free(&s->once);
    buf_free(&s->to);
    free(s->cuts);
    *s = (struct spread){0};
}
