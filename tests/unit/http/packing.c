#include "http/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/random.h"

static void the_weights_of_accept_encoding_count(void **state)
{
    static const struct {
        const char *header;
        bool is_welcome;
    } rows[] = {
        { NULL, false },
        { "", false },
        { "gzip", true },
        { "GZIP", true },
        { "x-gzip", true },
        { "deflate, gzip;q=1.0, *;q=0.5", true },
        { "gzip, deflate, br", true },
        { "br;q=1.0, gzip ; q=0.8", true },
        { "gzip;q=0", false },
        { "gzip;q=0.000", false },
        { "gzip;q=0.001", true },
        { "gzip;q=nonsense", false },
        { "identity", false },
        { "identity;q=1, gzip;q=0.5", false },
        { "identity;q=0.5, gzip;q=1", true },
        { "identity;q=0, gzip;q=0.1", true },
        { "*", true },
        { "*;q=0", false },
        { "gzip;q=0, *;q=1", false },
        { "gzipped", false },
        { "deflate, br", false },
        { ",,gzip,,", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (packing_is_welcome(rows[i].header) != rows[i].is_welcome)
            fail_msg("%s", rows[i].header);
    }
}

static void what_is_packed_is_unpacked_as_it_was(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Packer AUTO(packing_finish) packer = { 0 };
    static char text[100000];
    static char back[100000];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = "{\"title\":\"Standup\",\"location\":null},"[i % 35];
    for (size_t length = 1024; length < sizeof(text); length *= 3) {
        size_t packed_length = 0;
        const char *packed = packing_pack(&packer, text, length, &arena, &packed_length);
        assert_non_null(packed);
        assert_true(packed_length < length / 4);
        z_stream stream = { .next_in = (Bytef *)(uintptr_t)packed,
                            .avail_in = (uInt)packed_length,
                            .next_out = (Bytef *)back,
                            .avail_out = sizeof(back) };
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        assert_int_equal(stream.total_out, length);
        assert_memory_equal(back, text, length);
        inflateEnd(&stream);
    }
}

static void what_does_not_get_shorter_stays(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Packer AUTO(packing_finish) packer = { 0 };
    char text[4096];
    size_t length = 0;

    (void)state;
    random_bytes(text, sizeof(text));
    assert_null(packing_pack(&packer, text, sizeof(text), &arena, &length));
    memset(text, 'a', sizeof(text));
    assert_non_null(packing_pack(&packer, text, sizeof(text), &arena, &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_weights_of_accept_encoding_count),
        cmocka_unit_test(what_is_packed_is_unpacked_as_it_was),
        cmocka_unit_test(what_does_not_get_shorter_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
