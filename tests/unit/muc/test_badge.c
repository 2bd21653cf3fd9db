#include "tests/unit/muc/muc_world.h"

#include <string.h>

static const char *shown(struct world *w, size_t who)
{
    muc_send_probed(&w->service, &w->out, &w->room, who, "uma@example.org/pda");
    return sent(w);
}

static void hats_say_what_one_is(void **state)
{
    struct world *w = *state;

    w->occupants[SARAH].hats = MUC_HAT_SUPERVISOR | MUC_HAT_OBSERVER;
    assert_non_null(strstr(shown(w, SARAH),
                           "<hats xmlns='urn:xmpp:hats:0'>"
                           "<hat title='Observer' uri='urn:parley:hat:observer'/>"
                           "<hat title='Supervisor' uri='urn:parley:hat:supervisor'/></hats>"));
}

static void bare_head_has_no_hats(void **state)
{
    assert_null(strstr(shown(*state, SARAH), "hats"));
}

/* The hash of the picture that the vCard holds: the integration tests compute it. */
static void picture_is_announced_and_in_the_card(void **state)
{
    struct world *w = *state;
    struct muc_intent i =
        read_of(w, "<iq type='get' id='1' to='k3v9@support.example.org/Alice (customer)'>"
                   "<vCard xmlns='vcard-temp'/></iq>");

    w->occupants[ALICE].picture = "customer.png";
    assert_non_null(strstr(shown(w, ALICE), "<x xmlns='vcard-temp:x:update'><photo>"));
    muc_reply_occupant_iq(&w->service, &w->out, &i, &w->occupants[ALICE]);
    assert_non_null(strstr(sent(w), "<PHOTO><TYPE>image/png</TYPE><BINVAL>iVBORw0KGgo"));
}

static void unknown_picture_is_none(void **state)
{
    struct world *w = *state;

    w->occupants[ALICE].picture = "nobody.png";
    assert_null(strstr(shown(w, ALICE), "photo"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(hats_say_what_one_is),
        TEST_IN_WORLD(bare_head_has_no_hats),
        TEST_IN_WORLD(picture_is_announced_and_in_the_card),
        TEST_IN_WORLD(unknown_picture_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
