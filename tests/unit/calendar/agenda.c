/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "calendar/agenda.h"

enum { EVENTS = 7, HOUR_S = 3600 };

/* Daily series an hour and a half long that begin at four different hours. */
static void make_events(Arena *arena, Event events[EVENTS])
{
    for (int i = 0; i < EVENTS; i++) {
        Recurrence *pattern = ARENA_NEW(arena, Recurrence);
        Instant start = (i % 4) * HOUR_S * SECOND_US;
        pattern->rrule = i % 3 == 0 ? "FREQ=HOURLY;INTERVAL=5;COUNT=40" : "FREQ=DAILY;COUNT=9";
        events[i] = (Event){
            .id = EVENTS - i, /* not in the order in which they are added */
            .start_time = start,
            .end_time = start + 90 * 60 * SECOND_US,
            .timezone = "UTC",
            .is_recurring = true,
            .recurrence_pattern = pattern,
        };
    }
}

static Agenda fill(Arena *arena, const Event events[EVENTS], size_t limit, const AgendaPlace *after)
{
    const AgendaWindow window = {
        .from = DAY_US, .to = 8 * DAY_US, .limit = limit, .after = after
    };
    Agenda agenda = agenda_start(arena, &window);
    Error err = { 0 };

    for (int i = 0; i < EVENTS; i++)
        assert_true(agenda_add(&agenda, &events[i], &err));
    agenda_finish(&agenda);
    return agenda;
}

static AgendaPlace place_of(const AgendaItem *item)
{
    return (AgendaPlace){
        .start = item->occurrence.start,
        .event_id = item->event->id,
        .original_start = item->occurrence.original_start,
    };
}

static void items_are_in_order(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event events[EVENTS];

    (void)state;
    make_events(&arena, events);
    Agenda whole = fill(&arena, events, 1000, NULL);
    assert_true(whole.count > 100);
    assert_false(whole.has_more);
    for (size_t i = 1; i < whole.count; i++) {
        AgendaPlace before = place_of(&whole.items[i - 1]);
        AgendaPlace place = place_of(&whole.items[i]);
        assert_true(before.start < place.start ||
                    (before.start == place.start && before.event_id < place.event_id));
    }
}

static void pages_of_every_size_are_the_whole(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event events[EVENTS];

    (void)state;
    make_events(&arena, events);
    Agenda whole = fill(&arena, events, 1000, NULL);
    for (size_t limit = 1; limit <= whole.count + 1; limit = limit * 2 + 1) {
        size_t seen = 0;
        AgendaPlace place;
        const AgendaPlace *after = NULL;
        Agenda page;
        do {
            page = fill(&arena, events, limit, after);
            for (size_t i = 0; i < page.count; i++, seen++) {
                assert_true(seen < whole.count);
                assert_ptr_equal(page.items[i].event, whole.items[seen].event);
                assert_int_equal(page.items[i].occurrence.start,
                                 whole.items[seen].occurrence.start);
            }
            if (page.count > 0)
                place = place_of(&page.items[page.count - 1]);
            after = &place;
        } while (page.has_more);
        assert_int_equal(seen, whole.count);
    }
}

static void what_was_not_all_there_to_be_added_ends_where_it_was(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const AgendaPlace last = { .start = 20, .event_id = 2, .original_start = INT64_MAX };
    AgendaWindow window = { .from = 0, .to = DAY_US, .limit = 10 };
    Agenda agenda = agenda_start(&arena, &window);
    Event events[] = {
        { .id = 4, .start_time = 30, .end_time = 40, .timezone = "UTC" },
        { .id = 3, .start_time = 20, .end_time = 30, .timezone = "UTC" },
        { .id = 2, .start_time = 20, .end_time = 30, .timezone = "UTC" },
        { .id = 1, .start_time = 10, .end_time = 30, .timezone = "UTC" },
    };
    Error err = { 0 };

    (void)state;
    agenda_end_at(&agenda, last);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        assert_true(agenda_add(&agenda, &events[i], &err));
    agenda_finish(&agenda);
    assert_int_equal(agenda.count, 2);
    assert_int_equal(agenda.items[1].event->id, 2);
    assert_true(agenda.has_more && agenda.is_cut);
    /* The limit comes first. */
    window.limit = 1;
    agenda = agenda_start(&arena, &window);
    agenda_end_at(&agenda, last);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        assert_true(agenda_add(&agenda, &events[i], &err));
    agenda_finish(&agenda);
    assert_int_equal(agenda.count, 1);
    assert_true(agenda.has_more && !agenda.is_cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_in_order),
        cmocka_unit_test(pages_of_every_size_are_the_whole),
        cmocka_unit_test(what_was_not_all_there_to_be_added_ends_where_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
