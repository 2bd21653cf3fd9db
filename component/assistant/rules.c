#include "component/assistant/rules.h"

#include "core/base/json.h"

#include <string.h>

#define LOOK_BACK 12 /* messages of the customer searched for the same question */

struct rules {
    struct arena *arena;
    const char *name;
    struct rulebook *book;
    struct faq *faq;
};

/* ---- making --------------------------------------------------------------------------------- */

enum err assistant_rules_new(const struct rules_options *o, struct rules **out)
{
    const char *rules = o->rules != NULL ? o->rules : (const char *)assistant_rules[0].data;
    const char *faq = o->faq != NULL ? o->faq : "[]";
    struct arena *a = arena_new();
    struct rules *r = arena_new_of(a, struct rules);
    struct buf unread = {0}, *detail = o->detail != NULL ? o->detail : &unread;
    enum err e;

    r->arena = a;
    r->name = arena_dup(a, o->name != NULL ? o->name : "Assistant");
    e = rulebook_new(rules, strlen(rules), detail, &r->book);
    if (e == OK)
        e = faq_new(faq, strlen(faq), r->book, detail, &r->faq);
    buf_free(&unread);
    if (e != OK) {
        assistant_rules_free(r);
        return e;
    }
    *out = r;
    return OK;
}

void assistant_rules_free(struct rules *r)
{
    if (r == NULL)
        return;
    faq_free(r->faq);
    rulebook_free(r->book);
    arena_free(r->arena);
}

/* ---- what one message says ------------------------------------------------------------------ */

enum meaning {
    MEANS_NOTHING_KNOWN,
    MEANS_HUMAN,
    MEANS_IDENTITY,
    MEANS_URGENT,
    MEANS_YES,
    MEANS_TALK,
    MEANS_ANSWER,
    MEANS_CHOOSE
};

/* A message, seen as numbers of words in three ways. */
struct message {
    struct arena *arena;
    struct words words;
    int *numbers;
    int *whole; /* without pauses and words said twice in a row: "agent! agent! agent!" */
    size_t n_whole;
};

struct verdict {
    enum meaning meaning;
    const struct language *language; /* of the answer */
    const struct talk *talk;         /* MEANS_TALK; in its own language */
    struct faq_hit hits[FAQ_CHOICES];
    size_t n_hits;
};

static void squeeze(const int *in, size_t n, int *out, size_t *n_out)
{
    *n_out = 0;
    for (size_t i = 0; i < n; i++) {
        if (in[i] == WORD_PAUSE)
            continue;
        if (*n_out == 0 || in[i] == WORD_UNKNOWN || out[*n_out - 1] != in[i])
            out[(*n_out)++] = in[i];
    }
}

static void read_message(const struct rules *r, struct arena *a, const char *text,
                         struct message *m)
{
    m->arena = a;
    words_split(a, text, &m->words);
    m->numbers = lexicon_numbers(&r->book->lexicon, a, &m->words);
    m->whole = arena_array(a, int, m->words.n + 1);
    squeeze(m->numbers, m->words.n, m->whole, &m->n_whole);
}

static bool matches_whole(const struct patterns *p, const int *numbers, size_t n)
{
    for (size_t i = 0; i < p->n && n > 0; i++) {
        if (pattern_match(&p->items[i], numbers, n, 0) == n)
            return true;
    }
    return false;
}

static bool matches_anywhere(const struct patterns *p, const struct message *m)
{
    for (size_t at = 0; at < m->words.n; at++) {
        for (size_t i = 0; i < p->n && m->numbers[at] > 0; i++) {
            if (pattern_match(&p->items[i], m->numbers, m->words.n, at) != 0)
                return true;
        }
    }
    return false;
}

/* The message's words but for those that say nothing: "hi, agent please" is "agent". */
static size_t without_fillers(const struct language *l, const struct message *m, int **out)
{
    int *kept = arena_array(m->arena, int, m->words.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < m->words.n; i++) {
        if (map_get(l->fillers, m->words.word[i]) == NULL)
            kept[n++] = m->numbers[i];
    }
    *out = arena_array(m->arena, int, n + 1);
    squeeze(kept, n, *out, &n);
    return n;
}

/* "human resources" holds no request: such words are made unknown. */
static void take_out(const struct patterns *p, int *numbers, size_t n)
{
    for (size_t at = 0; at < n; at++) {
        for (size_t i = 0; i < p->n; i++) {
            const size_t end = pattern_match(&p->items[i], numbers, n, at);

            for (size_t k = at; k < end; k++)
                numbers[k] = WORD_UNKNOWN;
        }
    }
}

/* "I don't need / a human": a negation that begins before the request and reaches it. */
static bool negated(const struct language *l, const int *numbers, size_t n, size_t request)
{
    const struct patterns *p = &l->cues[CUE_NEGATION];
    const size_t first = request > PATTERN_SLOTS ? request - PATTERN_SLOTS : 0;

    for (size_t at = first; at < request; at++) {
        for (size_t i = 0; i < p->n; i++) {
            if (pattern_match(&p->items[i], numbers, n, at) >= request)
                return true;
        }
    }
    return false;
}

static bool asks_for_human(const struct language *l, const struct message *m)
{
    const struct patterns *p = &l->cues[CUE_HUMAN];
    int *numbers = arena_array(m->arena, int, m->words.n + 1), *kept;
    size_t n = without_fillers(l, m, &kept);

    if (matches_whole(&l->cues[CUE_HUMAN_WHOLE], kept, n))
        return true;
    n = m->words.n;
    memcpy(numbers, m->numbers, n * sizeof(int));
    take_out(&l->cues[CUE_NOT_HUMAN], numbers, n);
    for (size_t at = 0; at < n; at++) {
        for (size_t i = 0; i < p->n && numbers[at] > 0; i++) {
            if (pattern_match(&p->items[i], numbers, n, at) != 0 && !negated(l, numbers, n, at))
                return true;
        }
    }
    return false;
}

static const struct talk *small_talk(const struct language *l, const struct message *m)
{
    int *kept;
    const size_t n = without_fillers(l, m, &kept);

    for (size_t i = 0; i < l->n_talks; i++) {
        if (matches_whole(&l->talks[i].say, m->whole, m->n_whole) ||
            matches_whole(&l->talks[i].say, kept, n))
            return &l->talks[i];
    }
    return NULL;
}

static enum meaning listen(const struct language *l, const struct message *m,
                           const struct talk **talk)
{
    if (matches_anywhere(&l->cues[CUE_IDENTITY], m))
        return MEANS_IDENTITY;
    if (asks_for_human(l, m))
        return MEANS_HUMAN;
    if (matches_anywhere(&l->cues[CUE_URGENT], m))
        return MEANS_URGENT;
    if ((*talk = small_talk(l, m)) != NULL)
        return MEANS_TALK;
    if (matches_whole(&l->cues[CUE_YES], m->whole, m->n_whole))
        return MEANS_YES;
    return MEANS_NOTHING_KNOWN;
}

/* own: the chat's language, or NULL. Every language is listened for: a browser set to German may
 * belong to someone who writes French. */
static struct verdict understand(struct rules *r, const struct language *own,
                                 const struct message *m)
{
    const struct rulebook *b = r->book;
    const struct language *fallback = own != NULL ? own : &b->languages[0];
    struct verdict v = {.language = fallback};

    v.meaning = listen(fallback, m, &v.talk);
    for (size_t i = 0; i < b->n && v.meaning == MEANS_NOTHING_KNOWN; i++) {
        v.meaning = listen(&b->languages[i], m, &v.talk);
        if (v.meaning != MEANS_NOTHING_KNOWN && own == NULL)
            v.language = &b->languages[i];
    }
    if (v.meaning != MEANS_NOTHING_KNOWN)
        return v;
    switch (faq_find(r->faq, &m->words, fallback->code, v.hits, &v.n_hits)) {
    case FAQ_NONE:
        return v;
    case FAQ_ANSWER:
        v.meaning = MEANS_ANSWER;
        break;
    case FAQ_CHOOSE:
        v.meaning = MEANS_CHOOSE;
        break;
    }
    if (own == NULL && rulebook_language(b, v.hits[0].lang) != NULL)
        v.language = rulebook_language(b, v.hits[0].lang);
    return v;
}

/* ---- what to answer ------------------------------------------------------------------------- */

struct reply {
    const char *text;
    bool offer;
    const char *reason;
};

/* The question and what came before it. */
struct look {
    struct rules *rules;
    const struct assistant_turn *turn;
    struct arena *arena;
    const struct language *own;
    struct message message; /* the question */
};

static bool is_message(const struct entry *e, enum role role)
{
    return e->kind == ENTRY_MESSAGE && e->role == role;
}

/* The customer's last message before entry i that the assistant has answered; n_entries is none. */
static size_t answered_before(const struct assistant_turn *t, size_t i)
{
    bool answered = false;

    while (i > 0) {
        i--;
        if (is_message(&t->entries[i], ROLE_ASSISTANT))
            answered = true;
        else if (answered && is_message(&t->entries[i], ROLE_USER))
            return i;
    }
    return t->n_entries;
}

static bool carries_offer(const struct entry *e)
{
    struct json *data = NULL;
    bool found = false;

    if (json_parse(e->data, strlen(e->data), &data) != OK)
        return false;
    for (size_t i = 0; i < json_len(json_get(data, "actions")) && !found; i++) {
        const char *type = NULL;

        found = json_get_str(json_at(json_get(data, "actions"), i), "type", &type) == OK &&
                type != NULL && strcmp(type, "escalate") == 0;
    }
    json_free(data);
    return found;
}

static bool was_offered(const struct assistant_turn *t)
{
    for (size_t i = t->n_entries - 1; i > 0; i--) {
        if (is_message(&t->entries[i - 1], ROLE_ASSISTANT))
            return carries_offer(&t->entries[i - 1]);
    }
    return false;
}

static bool asked_before(const struct look *k)
{
    const struct assistant_turn *t = k->turn;
    size_t i = answered_before(t, t->n_entries - 1);

    for (int seen = 0; i < t->n_entries && seen < LOOK_BACK; seen++) {
        struct words words;

        words_split(k->arena, t->entries[i].text, &words);
        if (words.n > 0 && words_equal(&words, &k->message.words))
            return true;
        i = answered_before(t, i);
    }
    return false;
}

static bool failed_before(const struct look *k)
{
    const size_t i = answered_before(k->turn, k->turn->n_entries - 1);
    struct message m;

    if (i == k->turn->n_entries)
        return false;
    read_message(k->rules, k->arena, k->turn->entries[i].text, &m);
    switch (understand(k->rules, k->own, &m).meaning) {
    case MEANS_NOTHING_KNOWN:
    case MEANS_CHOOSE:
        return true;
    case MEANS_HUMAN:
    case MEANS_IDENTITY:
    case MEANS_URGENT:
    case MEANS_YES:
    case MEANS_TALK:
    case MEANS_ANSWER:
        return false;
    }
    return false;
}

/* The reason, and the beginning of what the customer wrote, on one line. */
static const char *reason_text(const struct look *k, enum reason reason)
{
    enum { MOST = 120 };
    const char *text = k->turn->n_entries > 0 ? k->turn->entries[k->turn->n_entries - 1].text : "";
    size_t len = strlen(text);
    char *begin;

    if (len > MOST) {
        for (len = MOST; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
            ;
    }
    begin = arena_dup_len(k->arena, text, len);
    for (char *c = begin; *c != '\0'; c++)
        *c = *c == '\n' || *c == '\t' || *c == '\r' ? ' ' : *c;
    return arena_printf(k->arena, "%s: \"%s%s\"", k->rules->book->reasons[reason], begin,
                        text[len] != '\0' ? "\xe2\x80\xa6" : "");
}

static struct reply offer(const struct look *k, const struct language *l, enum saying say,
                          enum reason reason)
{
    return (struct reply){l->texts[say], true, reason_text(k, reason)};
}

static const char *talk_text(const struct verdict *v)
{
    for (size_t i = 0; i < v->language->n_talks; i++) {
        if (strcmp(v->language->talks[i].name, v->talk->name) == 0)
            return v->language->talks[i].text;
    }
    return v->talk->text;
}

static const char *choices(const struct look *k, const struct verdict *v)
{
    struct buf b = {0};
    const char *text;

    buf_puts(&b, v->language->texts[SAY_CHOOSE]);
    for (size_t i = 0; i < v->n_hits; i++)
        buf_printf(&b, "\n- %s", v->hits[i].question);
    text = arena_dup(k->arena, buf_str(&b));
    buf_free(&b);
    return text;
}

/* What needs people whoever answers the rest. */
static bool decide_offer(const struct look *k, const struct verdict *v, struct reply *out)
{
    const struct language *l = v->language;

    switch (v->meaning) {
    case MEANS_HUMAN:
        *out = offer(k, l, SAY_HUMAN, REASON_HUMAN);
        return true;
    case MEANS_IDENTITY:
        *out = offer(k, l, SAY_IDENTITY, REASON_IDENTITY);
        return true;
    case MEANS_URGENT:
        *out = offer(k, l, SAY_URGENT, REASON_URGENT);
        return true;
    case MEANS_YES:
        if (!was_offered(k->turn))
            return false;
        *out = offer(k, l, SAY_HUMAN, REASON_HUMAN);
        return true;
    case MEANS_TALK:
        return false;
    case MEANS_NOTHING_KNOWN:
    case MEANS_ANSWER:
    case MEANS_CHOOSE:
        if (!asked_before(k))
            return false;
        *out = offer(k, l, SAY_REPEAT, REASON_REPEATED);
        return true;
    }
    return false;
}

static struct reply decide(const struct look *k, const struct verdict *v)
{
    struct reply reply = {.reason = ""};

    if (decide_offer(k, v, &reply))
        return reply;
    if (v->meaning == MEANS_TALK)
        reply.text = talk_text(v);
    else if (v->meaning == MEANS_ANSWER)
        reply.text = v->hits[0].answer;
    else if (failed_before(k))
        return offer(k, v->language, SAY_OFFER, REASON_UNANSWERED);
    else if (v->meaning == MEANS_CHOOSE)
        reply.text = choices(k, v);
    else
        reply.text = v->language->texts[SAY_REPHRASE];
    return reply;
}

/* False when the turn does not end with a customer's message. */
static bool look_at(struct rules *r, const struct assistant_turn *turn, struct arena *a,
                    struct look *k, struct verdict *v)
{
    if (turn->n_entries == 0 || !is_message(&turn->entries[turn->n_entries - 1], ROLE_USER))
        return false;
    *k = (struct look){r, turn, a, rulebook_language(r->book, turn->chat->locale), {0}};
    read_message(r, a, turn->entries[turn->n_entries - 1].text, &k->message);
    *v = understand(r, k->own, &k->message);
    return true;
}

static void answer(void *self, const struct assistant_turn *turn, assistant_done_fn *done,
                   void *ctx)
{
    struct rules *r = self;
    struct arena *a = arena_new();
    struct reply reply = {r->book->languages[0].texts[SAY_REPHRASE], false, ""};
    struct verdict v;
    struct look k;

    if (look_at(r, turn, a, &k, &v))
        reply = decide(&k, &v);
    done(ctx, reply.text, reply.offer, reply.reason);
    arena_free(a);
}

struct assistant_port assistant_rules_port(struct rules *r)
{
    return (struct assistant_port){.self = r, .name = r->name, .answer = answer};
}

bool assistant_rules_offer(struct rules *r, const struct assistant_turn *turn,
                           assistant_done_fn *done, void *ctx)
{
    struct arena *a = arena_new();
    struct reply reply;
    struct verdict v;
    struct look k;
    const bool decided = look_at(r, turn, a, &k, &v) && decide_offer(&k, &v, &reply);

    if (decided)
        done(ctx, reply.text, reply.offer, reply.reason);
    arena_free(a);
    return decided;
}

const char *assistant_rules_text(struct rules *r, const struct assistant_turn *turn,
                                 enum saying say)
{
    struct arena *a = arena_new();
    const struct language *l = &r->book->languages[0];
    struct verdict v;
    struct look k;

    if (look_at(r, turn, a, &k, &v))
        l = v.language;
    arena_free(a);
    return l->texts[say];
}

const char *assistant_rules_reason(struct rules *r, const struct assistant_turn *turn,
                                   enum reason reason, struct arena *a)
{
    struct look k = {.rules = r, .turn = turn, .arena = a};

    return reason_text(&k, reason);
}

size_t assistant_rules_search(struct rules *r, const char *text, const char *locale,
                              struct faq_hit hits[FAQ_CHOICES])
{
    const struct language *l = rulebook_language(r->book, locale);
    struct arena *a = arena_new();
    struct words words;
    size_t n = 0;

    words_split(a, text, &words);
    if (faq_find(r->faq, &words, l != NULL ? l->code : r->book->languages[0].code, hits, &n) ==
        FAQ_NONE)
        n = 0;
    arena_free(a);
    return n;
}
