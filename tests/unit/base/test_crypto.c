#include "core/base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int start(void **state)
{
    (void)state;
    return crypto_init() == OK ? 0 : -1;
}

static void ids_have_their_form_and_differ(void **state)
{
    char a[ID_LEN + 1], b[ID_LEN + 1];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        crypto_id(a);
        crypto_id(b);
        assert_int_equal(strlen(a), ID_LEN);
        assert_true(crypto_is_id(a));
        assert_string_not_equal(a, b);
    }
}

/* 128 bits end 3 bits into the last character. */
static void every_character_of_an_id_varies(void **state)
{
    unsigned seen[ID_LEN] = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        char id[ID_LEN + 1];

        crypto_id(id);
        for (int j = 0; j < ID_LEN; j++)
            seen[j] |= 1U << (id[j] >= 'a' ? id[j] - 'a' : id[j] - '2' + 26);
    }
    for (int j = 0; j < ID_LEN - 1; j++)
        assert_int_equal(seen[j], 0xffffffffU);
    assert_int_equal(seen[ID_LEN - 1], 0x11111111U);
}

static void other_forms_are_no_ids(void **state)
{
    (void)state;
    assert_true(crypto_is_id("abcdefghijklmnopqrstuvwxyz"));
    assert_false(crypto_is_id(""));
    assert_false(crypto_is_id("abcdefghijklmnopqrstuvwxy"));
    assert_false(crypto_is_id("abcdefghijklmnopqrstuvwxyza"));
    assert_false(crypto_is_id("Abcdefghijklmnopqrstuvwxyz"));
    assert_false(crypto_is_id("abcdefghijklmnopqrstuvwxy1"));
    assert_false(crypto_is_id("abcdefghijklmnopqrstuvwxy8"));
    assert_false(crypto_is_id("abcdefghijklmnopqrstuvwxyz1"));
    assert_false(crypto_is_id("c-abcdefghijklmnopqrstuvwx"));
}

static void tokens_are_base64url_and_differ(void **state)
{
    char a[TOKEN_LEN + 1], b[TOKEN_LEN + 1];

    (void)state;
    crypto_token(a);
    crypto_token(b);
    assert_int_equal(strlen(a), TOKEN_LEN);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     TOKEN_LEN);
    assert_string_not_equal(a, b);
}

static void random_stays_below_its_bound(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_in_range(crypto_random(7), 0, 6);
    assert_int_equal(crypto_random(1), 0);
}

static void random_bytes_fill_the_whole_range(void **state)
{
    unsigned char a[64] = {0}, zero[8] = {0};

    (void)state;
    crypto_random_bytes(a, sizeof(a));
    for (size_t i = 0; i < sizeof(a); i += 8)
        assert_memory_not_equal(a + i, zero, 8);
}

/* Source: b2sum -l 256 */
static void hash_is_blake2b_256(void **state)
{
    char hex[HASH_HEX_LEN + 1];

    (void)state;
    crypto_hash_hex("abc", 3, hex);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    crypto_hash_hex("", 0, hex);
    assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

/* Source: RFC 4231, test cases 2 and 6 (a key longer than a block) */
static void hmac_takes_keys_of_any_length(void **state)
{
    unsigned char key[131];
    char hex[HASH_HEX_LEN + 1];
    const char *data = "Test Using Larger Than Block-Size Key - Hash Key First";

    (void)state;
    crypto_hmac_hex("Jefe", 4, "what do ya want for nothing?", 28, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    crypto_hmac_hex(key, sizeof(key), data, strlen(data), hex);
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void equal_compares_all_bytes(void **state)
{
    (void)state;
    assert_true(crypto_equal("abc", "abc", 3));
    assert_false(crypto_equal("abc", "abd", 3));
    assert_true(crypto_equal("abc", "abd", 2));
    assert_true(crypto_equal("a", "b", 0));
}

static void second_init_keeps_the_short_hash(void **state)
{
    uint64_t before = crypto_short_hash("alice", 5);

    (void)state;
    assert_int_equal(crypto_init(), OK);
    assert_int_equal(crypto_short_hash("alice", 5), before);
    assert_int_not_equal(crypto_short_hash("alicf", 5), before);
}

static void hash_of_pieces_is_that_of_the_whole(void **state)
{
    static const char text[] = "what comes in pieces";
    char whole[HASH_HEX_LEN + 1], pieces[HASH_HEX_LEN + 1];
    struct crypto_digest *d = crypto_digest_new();

    (void)state;
    crypto_hash_hex(text, strlen(text), whole);
    for (size_t i = 0; i < strlen(text); i += 5)
        crypto_digest_add(d, text + i, 5);
    crypto_digest_final(d, pieces);
    assert_string_equal(pieces, whole);
    crypto_digest_free(crypto_digest_new());
    crypto_digest_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_have_their_form_and_differ),
        cmocka_unit_test(every_character_of_an_id_varies),
        cmocka_unit_test(other_forms_are_no_ids),
        cmocka_unit_test(tokens_are_base64url_and_differ),
        cmocka_unit_test(random_stays_below_its_bound),
        cmocka_unit_test(random_bytes_fill_the_whole_range),
        cmocka_unit_test(hash_is_blake2b_256),
        cmocka_unit_test(hash_of_pieces_is_that_of_the_whole),
        cmocka_unit_test(hmac_takes_keys_of_any_length),
        cmocka_unit_test(equal_compares_all_bytes),
        cmocka_unit_test(second_init_keeps_the_short_hash),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
