#include "core/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct listener {
    struct bus *bus;
    struct subscription *self, *victim;
    struct listener *starts; /* subscribed to "r" by the call */
    int calls;
    int publish_again;
    const char *seen; /* room of the last event */
    char *trace;      /* shared: appended to */
    char sign;
};

static void hear(void *ctx, const struct event *e)
{
    struct listener *l = ctx;

    l->calls++;
    l->seen = e->room_id;
    if (l->trace != NULL)
        strncat(l->trace, &l->sign, 1);
    if (l->victim != NULL) {
        bus_end(l->victim);
        l->victim = NULL;
    }
    if (l->starts != NULL) {
        l->starts->self = bus_subscribe(l->bus, "r", hear, l->starts);
        l->starts = NULL;
    }
    if (l->publish_again > 0) {
        l->publish_again--;
        bus_publish(l->bus, e);
    }
}

static void publish(struct bus *b, const char *room)
{
    const struct event e = {.kind = EVENT_TYPING, .room_id = room};

    bus_publish(b, &e);
}

static void subscriber_hears_its_room_only(void **state)
{
    struct bus *b = bus_new();
    struct listener one = {0}, other = {0};

    (void)state;
    bus_subscribe(b, "r", hear, &one);
    bus_subscribe(b, "s", hear, &other);
    publish(b, "r");
    assert_int_equal(one.calls, 1);
    assert_int_equal(other.calls, 0);
    bus_free(b);
}

static void subscriber_to_every_room_hears_all_rooms(void **state)
{
    struct bus *b = bus_new();
    struct listener every = {0};

    (void)state;
    bus_subscribe(b, NULL, hear, &every);
    publish(b, "r");
    publish(b, "s");
    assert_int_equal(every.calls, 2);
    bus_free(b);
}

static void event_without_room_reaches_subscribers_to_every_room_only(void **state)
{
    struct bus *b = bus_new();
    struct listener every = {0}, one = {0};
    const struct event e = {.kind = EVENT_AGENT_GONE, .agent_id = "a"};

    (void)state;
    bus_subscribe(b, NULL, hear, &every);
    bus_subscribe(b, "r", hear, &one);
    bus_publish(b, &e);
    assert_int_equal(every.calls, 1);
    assert_int_equal(one.calls, 0);
    bus_free(b);
}

static void subscribers_of_a_room_are_told_in_order_of_subscribing(void **state)
{
    struct bus *b = bus_new();
    char trace[8] = "";
    struct listener l[3] = {{.trace = trace, .sign = 'a'},
                            {.trace = trace, .sign = 'b'},
                            {.trace = trace, .sign = 'c'}};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        l[i].self = bus_subscribe(b, "r", hear, &l[i]);
    bus_end(l[1].self);
    l[1].self = bus_subscribe(b, "r", hear, &l[1]);
    publish(b, "r");
    assert_string_equal(trace, "acb");
    bus_free(b);
}

static void ended_subscription_hears_nothing(void **state)
{
    struct bus *b = bus_new();
    struct listener one = {0};

    (void)state;
    one.self = bus_subscribe(b, "r", hear, &one);
    bus_end(one.self);
    bus_end(NULL);
    publish(b, "r");
    assert_int_equal(one.calls, 0);
    assert_int_equal(bus_count(b, "r"), 0);
    bus_free(b);
}

static void subscription_that_ends_itself_in_a_call_is_not_called_again(void **state)
{
    struct bus *b = bus_new();
    struct listener one = {.bus = b}, next = {0};

    (void)state;
    one.self = bus_subscribe(b, "r", hear, &one);
    one.victim = one.self;
    bus_subscribe(b, "r", hear, &next);
    publish(b, "r");
    publish(b, "r");
    assert_int_equal(one.calls, 1);
    assert_int_equal(next.calls, 2);
    assert_int_equal(bus_count(b, "r"), 1);
    bus_free(b);
}

static void subscription_ended_by_an_earlier_one_is_not_called_for_that_event(void **state)
{
    struct bus *b = bus_new();
    struct listener killer = {.bus = b}, victim = {0};

    (void)state;
    bus_subscribe(b, "r", hear, &killer);
    killer.victim = bus_subscribe(b, "r", hear, &victim);
    publish(b, "r");
    assert_int_equal(victim.calls, 0);
    bus_free(b);
}

static void last_subscription_of_a_room_may_be_ended_by_one_to_every_room(void **state)
{
    struct bus *b = bus_new();
    struct listener killer = {.bus = b}, victim = {0}, late = {0};

    (void)state;
    bus_subscribe(b, NULL, hear, &killer);
    killer.victim = bus_subscribe(b, "r", hear, &victim);
    publish(b, "r");
    assert_int_equal(victim.calls, 0);
    assert_int_equal(bus_count(b, "r"), 0);
    bus_subscribe(b, "r", hear, &late);
    publish(b, "r");
    assert_int_equal(late.calls, 1);
    bus_free(b);
}

static void subscription_begun_in_a_call_hears_from_the_next_event_on(void **state)
{
    struct bus *b = bus_new();
    struct listener late = {0}, first = {.bus = b, .starts = &late};

    (void)state;
    bus_subscribe(b, "r", hear, &first);
    publish(b, "r");
    assert_int_equal(late.calls, 0);
    publish(b, "r");
    assert_int_equal(late.calls, 1);
    bus_free(b);
}

static void room_emptied_and_subscribed_again_in_one_call_stays_whole(void **state)
{
    struct bus *b = bus_new();
    struct listener late = {0}, one = {.bus = b, .starts = &late};

    (void)state;
    one.self = bus_subscribe(b, "r", hear, &one);
    one.victim = one.self;
    publish(b, "r");
    publish(b, "r");
    assert_int_equal(one.calls, 1);
    assert_int_equal(late.calls, 1);
    assert_int_equal(bus_count(b, "r"), 1);
    bus_free(b);
}

static void subscription_that_ends_itself_and_publishes_leaves_the_outer_call_whole(void **state)
{
    struct bus *b = bus_new();
    struct listener one = {.bus = b, .publish_again = 1}, two = {0};

    (void)state;
    one.self = bus_subscribe(b, "r", hear, &one);
    one.victim = one.self;
    bus_subscribe(b, "r", hear, &two);
    publish(b, "r");
    assert_int_equal(one.calls, 1);
    assert_int_equal(two.calls, 2);
    bus_free(b);
}

static void ending_inside_a_nested_publish_leaves_the_outer_one_whole(void **state)
{
    struct bus *b = bus_new();
    struct listener one = {.bus = b, .publish_again = 1}, two = {.bus = b}, three = {0};

    (void)state;
    bus_subscribe(b, "r", hear, &one);
    two.self = bus_subscribe(b, "r", hear, &two);
    two.victim = two.self;
    bus_subscribe(b, "r", hear, &three);
    publish(b, "r");
    assert_int_equal(one.calls, 2);
    assert_int_equal(two.calls, 1);
    assert_int_equal(three.calls, 2);
    bus_free(b);
}

/* A map look-up may cost a little more; a walk over all rooms would cost thousands of times more.
 */
static void subscriptions_of_other_rooms_do_not_slow_a_publish(void **state)
{
    enum { ROOMS = 20000, PUBLISHES = 20000 };
    struct bus *b = bus_new();
    struct listener l = {0};
    clock_t alone, among;

    (void)state;
    bus_subscribe(b, "r", hear, &l);
    alone = clock();
    for (int i = 0; i < PUBLISHES; i++)
        publish(b, "r");
    alone = clock() - alone;
    for (int i = 0; i < ROOMS; i++) {
        char room[16];

        (void)snprintf(room, sizeof(room), "room%d", i);
        bus_subscribe(b, room, hear, &l);
    }
    among = clock();
    for (int i = 0; i < PUBLISHES; i++)
        publish(b, "r");
    among = clock() - among;
    assert_int_equal(l.calls, 2 * PUBLISHES);
    assert_true(among < 100 * (alone + CLOCKS_PER_SEC / 1000));
    bus_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subscriber_hears_its_room_only),
        cmocka_unit_test(subscriber_to_every_room_hears_all_rooms),
        cmocka_unit_test(event_without_room_reaches_subscribers_to_every_room_only),
        cmocka_unit_test(subscribers_of_a_room_are_told_in_order_of_subscribing),
        cmocka_unit_test(ended_subscription_hears_nothing),
        cmocka_unit_test(subscription_that_ends_itself_in_a_call_is_not_called_again),
        cmocka_unit_test(subscription_ended_by_an_earlier_one_is_not_called_for_that_event),
        cmocka_unit_test(last_subscription_of_a_room_may_be_ended_by_one_to_every_room),
        cmocka_unit_test(subscription_begun_in_a_call_hears_from_the_next_event_on),
        cmocka_unit_test(room_emptied_and_subscribed_again_in_one_call_stays_whole),
        cmocka_unit_test(subscription_that_ends_itself_and_publishes_leaves_the_outer_call_whole),
        cmocka_unit_test(ending_inside_a_nested_publish_leaves_the_outer_one_whole),
        cmocka_unit_test(subscriptions_of_other_rooms_do_not_slow_a_publish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
