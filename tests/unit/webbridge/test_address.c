#include "webbridge/address.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

static struct address parsed(const char *text)
{
    struct address a;

    assert_true(address_parse(text, strlen(text), &a));
    return a;
}

static void assert_key(const char *text, const char *key)
{
    struct address a = parsed(text);
    char got[ADDRESS_KEY_MAX];

    address_key(&a, got);
    assert_string_equal(got, key);
}

static void key_is_all_of_ipv4_and_half_of_ipv6(void **state)
{
    (void)state;
    assert_key("192.0.2.7", "192.0.2.7");
    assert_key("::ffff:192.0.2.7", "192.0.2.7");
    assert_key("2001:db8:1:2:3:4:5:6", "20010db800010002::");
    assert_key("2001:db8:1:2::", "20010db800010002::");
    assert_key("[2001:db8:1:2::9]:443", "20010db800010002::");
    assert_key("192.0.2.7:55", "192.0.2.7");
}

static void what_is_no_address_is_not_parsed(void **state)
{
    static const char *const bad[] = {
        "",     "x",       "1.2.3",   "1.2.3.4.5",
        "[::1", "unknown", "_secret", "0123456789012345678901234567890123456789012345678"};
    struct address a;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(address_parse(bad[i], strlen(bad[i]), &a));
}

static void unix_socket_has_no_address_and_is_a_proxy(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    const char *bad = NULL;
    struct proxies *p = proxies_new("", &bad);
    char key[ADDRESS_KEY_MAX];
    struct address a;

    (void)state;
    address_from((struct sockaddr *)&un, &a);
    address_key(&a, key);
    assert_string_equal(key, "unix");
    assert_true(proxies_trust(p, &a));
    proxies_free(p);
}

static void assert_client(const char *trusted, const char *peer, const char *forwarded,
                          const char *client)
{
    const char *bad = NULL;
    struct proxies *p = proxies_new(trusted, &bad);
    struct address from = parsed(peer), out, expected = parsed(client);

    assert_non_null(p);
    proxies_client(p, &from, forwarded, &out);
    assert_memory_equal(out.bytes, expected.bytes, sizeof(out.bytes));
    proxies_free(p);
}

static void header_of_a_stranger_is_ignored(void **state)
{
    (void)state;
    assert_client("10.0.0.1", "192.0.2.1", "198.51.100.9", "192.0.2.1");
    assert_client("", "192.0.2.1", "198.51.100.9", "192.0.2.1");
}

static void rightmost_untrusted_address_is_the_client(void **state)
{
    (void)state;
    assert_client("10.0.0.1", "10.0.0.1", "198.51.100.9", "198.51.100.9");
    assert_client("10.0.0.1", "10.0.0.1", "6.6.6.6, 198.51.100.9", "198.51.100.9");
    assert_client("10.0.0.1 10.0.0.2", "10.0.0.1", "6.6.6.6 , 198.51.100.9,10.0.0.2",
                  "198.51.100.9");
    assert_client("10.0.0.0/8", "10.1.2.3", "198.51.100.9, 10.9.9.9", "198.51.100.9");
    assert_client("2001:db8::/32", "2001:db8::1", "198.51.100.9", "198.51.100.9");
}

static void unreadable_element_ends_the_search(void **state)
{
    (void)state;
    assert_client("10.0.0.1", "10.0.0.1", "6.6.6.6, unknown", "10.0.0.1");
    assert_client("10.0.0.1", "10.0.0.1", "", "10.0.0.1");
    assert_client("10.0.0.1", "10.0.0.1", ",,,", "10.0.0.1");
    assert_client("10.0.0.1", "10.0.0.1", NULL, "10.0.0.1");
}

static void range_ends_at_its_bits(void **state)
{
    const char *bad = NULL;
    struct proxies *p = proxies_new("10.0.0.128/25", &bad);
    struct address in = parsed("10.0.0.129"), out = parsed("10.0.0.127");

    (void)state;
    assert_true(proxies_trust(p, &in));
    assert_false(proxies_trust(p, &out));
    proxies_free(p);
}

static void wrong_list_of_proxies_is_refused(void **state)
{
    static const char *const wrong[] = {"x",       "10.0.0.1 x", "10.0.0.1/33",
                                        "::1/129", "10.0.0.1/",  "10.0.0.1/8x"};
    const char *bad;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(proxies_new(wrong[i], &bad));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_is_all_of_ipv4_and_half_of_ipv6),
        cmocka_unit_test(what_is_no_address_is_not_parsed),
        cmocka_unit_test(unix_socket_has_no_address_and_is_a_proxy),
        cmocka_unit_test(header_of_a_stranger_is_ignored),
        cmocka_unit_test(rightmost_untrusted_address_is_the_client),
        cmocka_unit_test(unreadable_element_ends_the_search),
        cmocka_unit_test(range_ends_at_its_bits),
        cmocka_unit_test(wrong_list_of_proxies_is_refused),
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
