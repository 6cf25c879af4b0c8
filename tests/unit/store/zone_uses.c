/* Whose clocks the events follow, and by which rules. */
#include "store/zone_uses.h"

#include "migrating.h"

static void events_are_counted_by_zone_and_rules(void **state)
{
    Bench *bench = bench_of(state);
    List list;

    bench_migrate(bench);
    for (int i = 0; i < 5; i++)
        add_event(bench);
    bench_run(bench->db, "UPDATE events SET timezone = 'Europe/Zurich', zone_rules = 7,"
                         " zone_release = '2025b' WHERE id <= 2;"
                         "UPDATE events SET timezone = 'Europe/Zurich', zone_rules = 8,"
                         " zone_release = '2026f' WHERE id = 3;"
                         "UPDATE events SET timezone = 'Asia/Tokyo', zone_rules = 9,"
                         " zone_release = '2026f' WHERE id = 4;");
    bench_must(bench, bench->db, zone_uses_list(bench->db, &bench->arena, &list, &bench->err));
    const ZoneUse *uses = list.items;
    assert_int_equal(list.count, 3);
    assert_string_equal(uses[0].timezone, "Asia/Tokyo");
    assert_int_equal(uses[0].events, 1);
    assert_string_equal(uses[1].release, "2025b");
    assert_int_equal(uses[1].rules, 7);
    assert_int_equal(uses[1].events, 2);
    assert_int_equal(uses[2].rules, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(events_are_counted_by_zone_and_rules) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
