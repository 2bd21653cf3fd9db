#include "tests/unit/core/desk_rig.h"

/* A live chat: ann speaks, bob observes, and the customer and ann have said something. */
struct scene {
    struct rig *r;
    const char *ann, *bob, *chat;
    const char *asked, *answered; /* ids of the customer's and of ann's message */
};

static const struct entry *last(struct scene *s)
{
    const struct entry *log = NULL;
    size_t n = rig_log(s->r, s->chat, &log);

    return &log[n - 1];
}

static const struct entry *find(struct scene *s, const char *id)
{
    const struct entry *log = NULL;
    size_t n = rig_log(s->r, s->chat, &log);

    for (size_t i = 0; i < n; i++)
        if (strcmp(log[i].id, id) == 0)
            return &log[i];
    return NULL;
}

static const char *say(struct scene *s, struct principal who, const char *text, const char *stanza)
{
    struct post p = {.text = text,
                     .key = "",
                     .address =
                         who.kind == WHO_AGENT
                             ? arena_printf(s->r->arena, "%s/x", who.id == s->ann ? "ann" : "bob")
                             : "",
                     .stanza_id = stanza,
                     .payload = ""};
    struct call *c = rig_call(s->r, text);

    desk_post(s->r->desk, &who, s->chat, &p, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    return last(s)->id;
}

static struct scene scene_of(struct rig *r)
{
    struct scene s = {.r = r, .ann = rig_agent(r, "ann"), .bob = rig_agent(r, "bob")};

    s.chat = rig_waiting(r, "Alice");
    assert_int_equal(rig_wait(rig_join(r, s.ann, s.chat, "ann/x"))->e, OK);
    assert_int_equal(rig_wait(rig_join(r, s.bob, s.chat, "bob/x"))->e, OK);
    s.asked = say(&s, rig_customer(s.chat), "help", "");
    s.answered = say(&s, rig_who(s.ann), "yes", "m1");
    rig_clear(r);
    return s;
}

typedef void edit_fn(struct desk *, const struct principal *, const char *, const struct edit *,
                     desk_fn *, void *);

static struct call *edit(struct scene *s, edit_fn *fn, const char *who, struct edit e)
{
    struct principal asker = rig_who(who);
    struct call *c = rig_call(s->r, "edit");

    e.address = who == s->ann ? "ann/x" : "bob/x";
    fn(s->r->desk, &asker, s->chat, &e, rig_done, c);
    return rig_wait(c);
}

#define EDIT(s, fn, who, ...) edit((s), (fn), (who), (struct edit){__VA_ARGS__})

/* ---- corrections ---------------------------------------------------------------------------- */

static void correction_is_an_entry_and_changes_what_is_shown(void **state)
{
    struct scene s = scene_of(*state);

    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "no")->e, OK);
    assert_trace(s.r, "[edit ok] message_updated");
    assert_int_equal(last(&s)->kind, ENTRY_EDITED);
    assert_int_equal(last(&s)->audience, AUDIENCE_PUBLIC);
    assert_string_equal(last(&s)->ref, s.answered);
    assert_string_equal(find(&s, s.answered)->text, "yes");
    assert_string_equal(entry_shown(find(&s, s.answered)), "no");
}

static void correction_of_a_correction_changes_the_message(void **state)
{
    struct scene s = scene_of(*state);

    assert_int_equal(
        EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "no", .stanza_id = "m2")->e, OK);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m2", .text = "perhaps")->e, OK);
    assert_string_equal(last(&s)->ref, s.answered);
    assert_string_equal(entry_shown(find(&s, s.answered)), "perhaps");
}

static void others_words_are_not_corrected(void **state)
{
    struct scene s = scene_of(*state);
    struct call *c = EDIT(&s, desk_correct, s.bob, .ref_stanza = "m1", .text = "no");

    assert_int_equal(c->e, ERR_NOT_FOUND);
    assert_string_equal(c->field, "ref");
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref = s.asked, .text = "no")->e, ERR_NOT_FOUND);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m7", .text = "no")->e,
                     ERR_NOT_FOUND);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .text = "no")->e, ERR_NOT_FOUND);
    assert_string_equal(entry_shown(find(&s, s.answered)), "yes");
}

static void who_speaks_no_more_cannot_tell_the_customer_by_correcting(void **state)
{
    struct scene s = scene_of(*state);
    struct chat before = {0};

    (void)before;
    assert_int_equal(rig_wait(rig_close(s.r, rig_who(s.ann), s.chat, ""))->e, OK);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "no")->e,
                     ERR_NOT_OCCUPANT);
    /* reopened, and taken by another */
    (void)say(&s, rig_customer(s.chat), "again", "");
    assert_int_equal(rig_wait(rig_assign(s.r, s.bob, s.chat, ""))->e, OK);
    assert_int_equal(rig_wait(rig_join(s.r, s.ann, s.chat, "ann/x"))->e, OK);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "no")->e,
                     ERR_FORBIDDEN);
    assert_string_equal(entry_shown(find(&s, s.answered)), "yes");
}

static void note_stays_a_note_when_corrected(void **state)
{
    struct scene s = scene_of(*state);
    struct principal ann = rig_who(s.ann);
    struct call *c = rig_call(s.r, "note");

    desk_note(s.r->desk, &ann, s.chat, "he lies", "", "", rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = last(&s)->id, .text = "hm")->e,
                     OK);
    assert_int_equal(last(&s)->kind, ENTRY_EDITED);
    assert_int_equal(last(&s)->audience, AUDIENCE_STAFF);
    assert_int_equal(last(&s)->pos, 0);
}

static void corrected_text_is_checked_like_any(void **state)
{
    struct scene s = scene_of(*state);
    char *novel = arena_alloc(s.r->arena, DESK_TEXT_MAX + 2);

    memset(novel, 'x', DESK_TEXT_MAX + 1);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = " ")->e,
                     ERR_INVALID);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "\x01")->e,
                     ERR_TEXT);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = novel)->e,
                     ERR_TOO_LARGE);
}

static void correction_sent_again_is_stored_once(void **state)
{
    struct scene s = scene_of(*state);
    int64_t seq;

    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "no", .key = "k")->e,
                     OK);
    seq = last(&s)->seq;
    assert_true(
        EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "no", .key = "k")->replayed);
    assert_int_equal(last(&s)->seq, seq);
}

/* ---- retractions ---------------------------------------------------------------------------- */

static void author_takes_back_its_own(void **state)
{
    struct scene s = scene_of(*state);

    assert_int_equal(EDIT(&s, desk_retract, s.ann, .ref = s.answered, .tombstone = "<gone/>")->e,
                     OK);
    assert_trace(s.r, "[edit ok] message_deleted");
    assert_string_equal(find(&s, s.answered)->text, "");
    assert_string_equal(find(&s, s.answered)->payload, "<gone/>");
    assert_true(find(&s, s.answered)->deleted_ms > 0);
    assert_int_equal(last(&s)->kind, ENTRY_DELETED);
    assert_int_equal(last(&s)->audience, AUDIENCE_PUBLIC);
    assert_true(EDIT(&s, desk_retract, s.ann, .ref = s.answered)->unchanged);
    assert_int_equal(EDIT(&s, desk_correct, s.ann, .ref_stanza = "m1", .text = "no")->e,
                     ERR_NOT_FOUND);
}

static void others_words_are_not_taken_back(void **state)
{
    struct scene s = scene_of(*state);

    assert_int_equal(EDIT(&s, desk_retract, s.bob, .ref = s.answered)->e, ERR_NOT_FOUND);
    assert_int_equal(EDIT(&s, desk_retract, s.ann, .ref = s.asked)->e, ERR_NOT_FOUND);
    assert_string_equal(find(&s, s.asked)->text, "help");
}

static void only_supervisors_moderate(void **state)
{
    struct scene s = scene_of(*state);
    struct agent_new boss = {"zoe@example.org", "zoe", "default", "", true};
    struct call *c = rig_call(s.r, "add");
    struct principal zoe;
    struct edit e = {.ref = s.asked,
                     .moderate = true,
                     .address = "zoe/x",
                     .tombstone = "<gone/>",
                     .reason = "rude"};

    assert_int_equal(EDIT(&s, desk_retract, s.ann, .ref = s.asked, .moderate = true)->e,
                     ERR_FORBIDDEN);
    desk_agent_add(s.r->desk, &boss, rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    zoe = rig_who(directory_by_jid(desk_directory(s.r->desk), "zoe@example.org")->id);
    assert_int_equal(rig_wait(rig_join(s.r, zoe.id, s.chat, "zoe/x"))->e, OK);
    desk_retract(s.r->desk, &zoe, s.chat, &e, rig_done, c = rig_call(s.r, "moderate"));
    assert_int_equal(rig_wait(c)->e, OK);
    assert_string_equal(find(&s, s.asked)->text, "");
    assert_int_equal(last(&s)->role, ROLE_SYSTEM);
    assert_string_equal(last(&s)->sender_id, zoe.id);
    assert_string_equal(last(&s)->data, "{\"reason\":\"rude\"}");
}

/* ---- reactions ------------------------------------------------------------------------------ */

static void reaction_is_public_when_a_speaker_makes_it(void **state)
{
    static const char *const two[] = {"+", "!"};
    struct scene s = scene_of(*state);

    assert_int_equal(
        EDIT(&s, desk_react, s.ann, .ref = s.asked, .reactions = two, .n_reactions = 2)->e, OK);
    assert_int_equal(last(&s)->kind, ENTRY_REACTION);
    assert_int_equal(last(&s)->audience, AUDIENCE_PUBLIC);
    assert_string_equal(last(&s)->text, "+ !");
    assert_string_equal(last(&s)->data, "{\"reactions\":[\"+\",\"!\"]}");
    assert_int_equal(EDIT(&s, desk_react, s.bob, .ref = s.asked)->e, OK);
    assert_int_equal(last(&s)->audience, AUDIENCE_STAFF);
    assert_string_equal(last(&s)->text, "");
}

static void reactions_are_no_part_of_a_joiners_history(void **state)
{
    struct scene s = scene_of(*state);
    struct call *c;

    assert_int_equal(EDIT(&s, desk_react, s.ann, .ref = s.asked)->e, OK);
    c = rig_wait(rig_join(s.r, s.bob, s.chat, "bob/y"));
    assert_int_equal(c->e, OK);
    for (size_t i = 0; i < c->n_history; i++)
        assert_int_not_equal(c->history[i].kind, ENTRY_REACTION);
}

/* ---- reading -------------------------------------------------------------------------------- */

static struct call *mark(struct scene *s, struct principal who, const char *id)
{
    struct call *c = rig_call(s->r, "read");

    desk_read(s->r->desk, &who, s->chat, "", id, rig_done, c);
    return rig_wait(c);
}

static void reading_is_told_once_and_is_no_entry(void **state)
{
    struct scene s = scene_of(*state);
    int64_t seq = last(&s)->seq;

    assert_int_equal(mark(&s, rig_customer(s.chat), s.answered)->e, OK);
    assert_true(mark(&s, rig_customer(s.chat), s.answered)->unchanged);
    assert_true(mark(&s, rig_customer(s.chat), s.asked)->unchanged);
    assert_trace(s.r, "[read ok] read:Alice:4 [read ok] [read ok]");
    assert_int_equal(last(&s)->seq, seq);
}

static void reading_is_remembered_over_a_restart(void **state)
{
    struct scene s = scene_of(*state);

    assert_int_equal(mark(&s, rig_customer(s.chat), s.answered)->e, OK);
    rig_restart(s.r);
    assert_true(mark(&s, rig_customer(s.chat), s.answered)->unchanged);
}

static void only_speakers_reading_is_told_to_customers(void **state)
{
    struct scene s = scene_of(*state);

    assert_int_equal(mark(&s, rig_who(s.ann), s.asked)->e, OK);
    assert_int_equal(mark(&s, rig_who(s.bob), s.asked)->e, OK);
    assert_trace(s.r, "[read ok] read:ann:3 [read ok] read:bob:3:staff");
}

static void customers_read_what_is_theirs_only(void **state)
{
    struct scene s = scene_of(*state);
    struct principal ann = rig_who(s.ann);
    struct call *c = rig_call(s.r, "note");

    desk_note(s.r->desk, &ann, s.chat, "he lies", "", "", rig_done, c);
    assert_int_equal(rig_wait(c)->e, OK);
    assert_int_equal(mark(&s, rig_customer(s.chat), last(&s)->id)->e, ERR_NOT_FOUND);
    assert_int_equal(mark(&s, rig_customer(s.chat), "nonsense")->e, ERR_NOT_FOUND);
    assert_int_equal(mark(&s, rig_customer(s.chat), "")->e, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(correction_is_an_entry_and_changes_what_is_shown),
        RIG_TEST(correction_of_a_correction_changes_the_message),
        RIG_TEST(others_words_are_not_corrected),
        RIG_TEST(who_speaks_no_more_cannot_tell_the_customer_by_correcting),
        RIG_TEST(note_stays_a_note_when_corrected),
        RIG_TEST(corrected_text_is_checked_like_any),
        RIG_TEST(correction_sent_again_is_stored_once),
        RIG_TEST(author_takes_back_its_own),
        RIG_TEST(others_words_are_not_taken_back),
        RIG_TEST(only_supervisors_moderate),
        RIG_TEST(reaction_is_public_when_a_speaker_makes_it),
        RIG_TEST(reactions_are_no_part_of_a_joiners_history),
        RIG_TEST(reading_is_told_once_and_is_no_entry),
        RIG_TEST(reading_is_remembered_over_a_restart),
        RIG_TEST(only_speakers_reading_is_told_to_customers),
        RIG_TEST(customers_read_what_is_theirs_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
