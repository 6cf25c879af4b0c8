/* What can touch a window of time, and what occupies a person. */
#include "store/event_windows.h"

#include "some_events.h"
#include "store/event_lists.h"

enum { AMIRA = 1, BELA };

/* The five hours in which the events 2, 3 and 4 take place, or may. */
static EventWindow window_of(int64_t reader)
{
    return (EventWindow){
        .reader = reader,
        .from = noon + 4 * hour_us - 1,
        .to = noon + 5 * hour_us,
        .after_id = INTEGER_NULL,
        .limit = 20,
    };
}

static void must_take(Bench *bench, Ask *ask, const char *expected)
{
    List events;

    bench_must(bench, bench->db, events_take_page(ask, &bench->arena, &events, &bench->err));
    assert_string_equal(ids_of(bench, &events), expected);
}

static void what_takes_place_once_and_what_repeats_is_apart(void **state)
{
    Bench *bench = start(state);
    EventWindow window = window_of(BELA);

    must_take(bench, events_ask_singles(bench->db, &bench->arena, &window), "32");
    must_take(bench, events_ask_series(bench->db, &bench->arena, &window), "4");
    must_take(bench, events_ask_own_series(bench->db, &bench->arena, &window), "");
    window.after_start = noon + 3 * hour_us; /* where event 3 begins */
    window.after_id = 3;
    must_take(bench, events_ask_singles(bench->db, &bench->arena, &window), "2");
}

static void must_occupy(Bench *bench, int64_t reader, Occupying whose, const char *expected)
{
    const EventWindow window = window_of(reader);
    List events;

    bench_must(
        bench, bench->db,
        events_list_occupying(bench->db, &bench->arena, &window, whose, &events, &bench->err));
    assert_string_equal(ids_of(bench, &events), expected);
}

static void what_is_only_shown_occupies_nobody(void **state)
{
    Bench *bench = start(state);

    must_occupy(bench, AMIRA, OCCUPYING_ALL, "432");
    must_occupy(bench, AMIRA, OCCUPYING_OWN, "432");
    must_occupy(bench, AMIRA, OCCUPYING_OF_OTHERS, "");
    must_occupy(bench, BELA, OCCUPYING_ALL, "");
}

static void each_owner_of_more_than_there_is_room_for_is_named(void **state)
{
    Bench *bench = start(state);
    EventWindow window = window_of(BELA);
    List events;
    List owners;

    add(bench, 7, "g", 1, true);
    window.limit = 1;
    bench_must(bench, bench->db,
               events_list_series_of_each(bench->db, &bench->arena, &window, &events, &owners,
                                          &bench->err));
    assert_string_equal(ids_of(bench, &events), "7");
    assert_int_equal(owners.count, 1);
    assert_int_equal(*(const int64_t *)owners.items, AMIRA);
    window.limit = 2;
    bench_must(bench, bench->db,
               events_list_series_of_each(bench->db, &bench->arena, &window, &events, &owners,
                                          &bench->err));
    assert_string_equal(ids_of(bench, &events), "74");
    assert_int_equal(owners.count, 0);
}

static void a_version_is_told_of_each(void **state)
{
    Bench *bench = start(state);
    const EventWindow window = window_of(AMIRA);
    EventVersion *versions = NULL;
    size_t count = 0;

    bench_must(bench, bench->db,
               events_occupying_versions(bench->db, &bench->arena, &window, &versions, &count,
                                         &bench->err));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(versions[i].version_number, 1);
        assert_int_equal(versions[i].owner_id, AMIRA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_takes_place_once_and_what_repeats_is_apart),
        ON_BOTH(what_is_only_shown_occupies_nobody),
        ON_BOTH(each_owner_of_more_than_there_is_room_for_is_named),
        ON_BOTH(a_version_is_told_of_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
