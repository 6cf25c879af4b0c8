#include "api/event_input.h"
#include "api/routes.h"
#include "store/folded_texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */
static const Route route = { .in.mode = DECODE_CREATE };
static const Location item = { .parent = &body_location, .index = 2 };

static Event market_day(void)
{
    Event event = {
        .title = "Market day",
        .start_time = noon,
        .end_time = noon + 60 * SECOND_US,
        .status = INTEGER_NULL,
        .owner_id = INTEGER_NULL,
        .version_number = INTEGER_NULL,
        .updated_by = INTEGER_NULL,
        .series_of = INTEGER_NULL,
    };

    return event;
}

static void an_author_is_who_asks_now(void **state)
{
    const Identity user = { .user_id = 7 };
    const Request req = { .user = &user, .now = noon };
    Author author = author_of(&req, "Rain");

    (void)state;
    assert_ptr_equal(author.by, &user);
    assert_true(author.at == noon);
    assert_string_equal(author.comment, "Rain");
}

static void a_new_event_without_a_zone_is_in_that_of_its_author(void **state)
{
    static const struct {
        const char *users;
        const char *own;
        const char *expected;
    } cases[] = {
        { NULL, NULL, "UTC" },
        { "Europe/Zurich", NULL, "Europe/Zurich" },
        { "Europe/Zurich", "Asia/Tokyo", "Asia/Tokyo" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Arena arena = { 0 };
        const Identity user = { .user_id = 7, .timezone = cases[i].users };
        Request req = { .arena = &arena, .route = &route, .user = &user, .now = noon };
        Event event = market_day();

        event.timezone = cases[i].own;
        assert_true(event_prepare(&req, &item, NULL, &event));
        assert_string_equal(event.timezone, cases[i].expected);
        assert_int_equal(event.status, EVENT_CONFIRMED);
        assert_true(event.series_end == event.end_time);
        arena_finish(&arena);
    }
}

static void faults_of_a_new_event_stand_where_it_stands(void **state)
{
    Arena arena = { 0 };
    const Identity user = { .user_id = 7 };
    Request req = { .arena = &arena, .route = &route, .user = &user, .now = noon };
    Event event = market_day();

    (void)state;
    event.end_time = noon - 1;
    assert_false(event_prepare(&req, &item, NULL, &event));
    assert_int_equal(req.error.fault_count, 1);
    assert_string_equal(req.error.faults->location, "[\"body\",2,\"end_time\"]");
    arena_finish(&arena);
}

static void a_rule_that_is_too_complex_is_a_fault(void **state)
{
    Arena arena = { 0 };
    const Error problem = { .code = ERROR_INVALID, .detail = "It takes too long." };
    Request req = { .arena = &arena };

    (void)state;
    assert_false(refuse_complex(&req, &item, &problem));
    assert_int_equal(req.error.code, ERROR_INVALID);
    assert_string_equal(req.error.faults->type, "recurrence_too_complex");
    assert_string_equal(req.error.faults->message, "It takes too long.");
    arena_finish(&arena);
}

/* The body of this route with one event's texts, whatever its schema: an event or a change of one,
 * or a list of them. */
static void *body_with(Arena *arena, const Schema *schema, Event *event)
{
    char *body = arena_alloc(arena, schema->size);
    const Field *title = schema_field(schema, "title");

    memset(body, 0, schema->size);
    schema_set_nulls(schema, body);
    if (title != NULL) {
        *(const char **)(body + title->offset) = event->title;
        *(const char **)(body + schema_field(schema, "location")->offset) = event->location;
    } else {
        *(List *)(body + schema->fields[0].offset) = (List){ .items = event, .count = 1 };
    }
    return body;
}

/* Whatever way they come: before the writer has them. */
static void every_route_that_brings_texts_folds_them_first(void **state)
{
    static const RouteTable *const tables[] = { &event_routes, &batch_routes, &series_routes };
    Event event = { .title = "\u00c9t\u00e9", .location = "Z\u00fcrich" };
    size_t found = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            const Route *writing = &tables[i]->routes[j];
            if (writing->in.takes == NULL || writing->method == METHOD_DELETE)
                continue;
            Arena AUTO(arena_finish) arena = { 0 };
            Request req = { .arena = &arena,
                            .route = writing,
                            .body = body_with(&arena, writing->in.takes, &event) };
            assert_non_null(writing->digest);
            writing->digest(&req);
            assert_int_equal(folded_texts_cost(req.folded, event.title), 0);
            assert_int_equal(folded_texts_cost(req.folded, event.location), 0);
            assert_ptr_equal(author_of(&req, NULL).folded, req.folded);
            found++;
        }
    }
    assert_int_equal(found, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_author_is_who_asks_now),
        cmocka_unit_test(a_new_event_without_a_zone_is_in_that_of_its_author),
        cmocka_unit_test(faults_of_a_new_event_stand_where_it_stands),
        cmocka_unit_test(a_rule_that_is_too_complex_is_a_fault),
        cmocka_unit_test(every_route_that_brings_texts_folds_them_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
