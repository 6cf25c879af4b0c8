#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"

static const Need nobody = { .failures = 0 };

static const Route routes[] = {
    { .method = METHOD_GET, .path = "/", .needs = &nobody },
    { .method = METHOD_GET, .path = "/api/events", .needs = &nobody },
    { .method = METHOD_POST, .path = "/api/events", .needs = &nobody },
    { .method = METHOD_PATCH, .path = "/api/events/batch", .needs = &nobody },
    { .method = METHOD_GET, .path = "/api/events/{event_id:int}", .needs = &nobody },
    { .method = METHOD_GET,
      .path = "/api/events/{event_id:int}/diff/{v1:int}/{v2:int}",
      .needs = &nobody },
    { .method = METHOD_DELETE,
      .path = "/api/events/{event_id:int}/occurrences/{start}",
      .needs = &nobody },
    { .method = METHOD_DELETE, .path = "/api/events/{id:int}", .needs = &nobody },
};
static const RouteTable table = { routes, sizeof(routes) / sizeof(routes[0]) };
static const RouteTable *const tables[] = { &table, NULL };

static ErrorCode read_path(Arena *arena, const char *raw, Path *ret_path)
{
    Error error = { .code = ERROR_NONE };

    uri_read_path(raw, strlen(raw), arena, ret_path, &error);
    return error.code;
}

static ErrorCode find(Arena *arena, const char *method, const char *raw, Match *ret_match)
{
    Error error = { .code = ERROR_NONE };
    Path path;
    ErrorCode code = read_path(arena, raw, &path);

    if (code != ERROR_NONE)
        return code;
    router_find(router_create(tables, arena), method, &path, arena, ret_match, &error);
    return error.code;
}

static void a_trailing_slash_makes_no_difference(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Match match;

    (void)state;
    assert_int_equal(find(&arena, "GET", "/api/events/", &match), ERROR_NONE);
    assert_ptr_equal(match.route, &routes[1]);
    assert_int_equal(find(&arena, "GET", "/", &match), ERROR_NONE);
    assert_ptr_equal(match.route, &routes[0]);
    assert_int_equal(find(&arena, "GET", "/api/events//", &match), ERROR_NOT_FOUND);
}

static void a_fixed_part_goes_before_a_name(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Match match;

    (void)state;
    assert_int_equal(find(&arena, "PATCH", "/api/events/batch", &match), ERROR_NONE);
    assert_ptr_equal(match.route, &routes[3]);
    assert_int_equal(find(&arena, "GET", "/api/events/batch", &match), ERROR_METHOD_NOT_ALLOWED);
    assert_string_equal(match.allow, "PATCH, OPTIONS");
}

static void a_part_is_compared_to_its_end(void **state)
{
    static const char *const bad[] = {
        "/api/event",   "/api/eventss",    "/api/eventz",          "/bpi/events",
        "/api/batch/7", "/api/events/7/8", "/api/events/7/diff/1", "/api",
    };
    Arena AUTO(arena_finish) arena = { 0 };
    Match match;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(find(&arena, "GET", bad[i], &match), ERROR_NOT_FOUND);
}

static void an_address_is_one_whatever_its_names_are(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Match match;

    (void)state;
    assert_int_equal(find(&arena, "DELETE", "/api/events/7", &match), ERROR_NONE);
    assert_ptr_equal(match.route, &routes[7]);
    assert_int_equal(match.index, 7);
    assert_int_equal(find(&arena, "OPTIONS", "/api/events/7", &match), ERROR_NONE);
    assert_string_equal(match.allow, "GET, HEAD, DELETE, OPTIONS");
    assert_int_equal(find(&arena, "PUT", "/api/events", &match), ERROR_METHOD_NOT_ALLOWED);
    assert_string_equal(match.allow, "GET, HEAD, POST, OPTIONS");
}

static void values_come_in_the_order_of_the_path(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Match match;

    (void)state;
    assert_int_equal(find(&arena, "GET", "/api/events/7/diff/1/22", &match), ERROR_NONE);
    assert_string_equal(match.values[0], "7");
    assert_string_equal(match.values[1], "1");
    assert_string_equal(match.values[2], "22");
    assert_int_equal(
        find(&arena, "DELETE", "/api/events/7/occurrences/2026-01-01T09:00:00%2B02:00", &match),
        ERROR_NONE);
    assert_string_equal(match.values[1], "2026-01-01T09:00:00+02:00");
}

static void an_id_has_one_spelling(void **state)
{
    static const char *const bad[] = {
        "-1",
        "0",
        "0x1",
        "01",
        "+1",
        "9223372036854775808",
        "18446744073709551616",
        "1;",
        "1%3b",
        "1%00",
        "%2e%2e",
        "x",
        "1.0",
        "%31%20",
    };
    Arena AUTO(arena_finish) arena = { 0 };
    Match match;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *path = arena_printf(&arena, "/api/events/%s", bad[i]);
        assert_int_equal(find(&arena, "GET", path, &match), ERROR_NOT_FOUND);
    }
    assert_int_equal(find(&arena, "GET", "/api/events/9223372036854775807", &match), ERROR_NONE);
    assert_int_equal(find(&arena, "GET", "/api/events/%31", &match), ERROR_NONE);
    assert_string_equal(match.values[0], "1");
}

static void a_path_is_decoded_once_and_strictly(void **state)
{
    static const struct {
        const char *raw;
        ErrorCode code;
    } cases[] = {
        { "/api/%65vents", ERROR_NONE },
        { "/api/%2565vents", ERROR_NONE },
        { "/api/..", ERROR_NOT_FOUND },
        { "/./api", ERROR_NOT_FOUND },
        { "/api/%2e%2e/x", ERROR_NOT_FOUND },
        { "//api", ERROR_NOT_FOUND },
        { "/api%2Fevents", ERROR_NOT_FOUND },
        { "/api/a%5cb", ERROR_NOT_FOUND },
        { "/api/a\\b", ERROR_NOT_FOUND },
        { "/api/%0d%0a", ERROR_NOT_FOUND },
        { "/api/%c0%af", ERROR_NOT_FOUND },
        { "/api/%ff", ERROR_NOT_FOUND },
        { "/api/%zz", ERROR_MALFORMED },
        { "/api/%4", ERROR_MALFORMED },
        { "/api/%", ERROR_MALFORMED },
        { "/api/;x", ERROR_NOT_FOUND },
        { "/a/b/c/d/e/f/g/h/i/j/k/l/m", ERROR_NOT_FOUND },
        { "api", ERROR_MALFORMED },
        { "", ERROR_MALFORMED },
    };
    Arena AUTO(arena_finish) arena = { 0 };
    Path path;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (read_path(&arena, cases[i].raw, &path) != cases[i].code)
            fail_msg("%s", cases[i].raw);
    }
    read_path(&arena, "/api/%2565vents", &path);
    assert_string_equal(path.text, "/api/%65vents");
}

static void head_is_get_and_options_lists_the_methods(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Match match;

    (void)state;
    assert_int_equal(find(&arena, "HEAD", "/api/events", &match), ERROR_NONE);
    assert_ptr_equal(match.route, &routes[1]);
    assert_int_equal(find(&arena, "OPTIONS", "/api/events", &match), ERROR_NONE);
    assert_null(match.route);
    assert_string_equal(match.allow, "GET, HEAD, POST, OPTIONS");
    assert_int_equal(find(&arena, "TRACE", "/api/events", &match), ERROR_METHOD_NOT_ALLOWED);
    assert_int_equal(find(&arena, "get", "/api/events", &match), ERROR_NOT_IMPLEMENTED);
    assert_string_equal(match.allow, "GET, HEAD, POST, OPTIONS");
    assert_int_equal(find(&arena, "get", "/api/nothing", &match), ERROR_NOT_FOUND);
}

static void pairs_are_decoded_strictly(void **state)
{
    static const char *const bad[] = { "a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "%c0%af=1" };
    Arena AUTO(arena_finish) arena = { 0 };
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    Error error = { .code = ERROR_NONE };
    size_t count;

    (void)state;
    const char *good = "a=1+2&b=%2B&&c&d=x=y&";
    assert_true(uri_read_pairs(good, strlen(good), &arena, pairs, &count, &error));
    assert_int_equal(count, 4);
    assert_string_equal(pairs[0].value, "1 2");
    assert_string_equal(pairs[1].value, "+");
    assert_string_equal(pairs[2].value, "");
    assert_string_equal(pairs[3].value, "x=y");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(uri_read_pairs(bad[i], strlen(bad[i]), &arena, pairs, &count, &error));
}

static void too_many_pairs_are_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    Error error = { .code = ERROR_NONE };
    Buffer text = buffer_start(&arena);
    size_t count;

    (void)state;
    for (int i = 0; i < LIMIT_QUERY_PARAMETERS; i++)
        buffer_add(&text, "a=1&");
    assert_true(uri_read_pairs(text.data, text.length, &arena, pairs, &count, &error));
    buffer_add(&text, "a=1");
    assert_false(uri_read_pairs(text.data, text.length, &arena, pairs, &count, &error));
    assert_int_equal(error.code, ERROR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trailing_slash_makes_no_difference),
        cmocka_unit_test(a_fixed_part_goes_before_a_name),
        cmocka_unit_test(a_part_is_compared_to_its_end),
        cmocka_unit_test(an_address_is_one_whatever_its_names_are),
        cmocka_unit_test(values_come_in_the_order_of_the_path),
        cmocka_unit_test(an_id_has_one_spelling),
        cmocka_unit_test(a_path_is_decoded_once_and_strictly),
        cmocka_unit_test(head_is_get_and_options_lists_the_methods),
        cmocka_unit_test(pairs_are_decoded_strictly),
        cmocka_unit_test(too_many_pairs_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
