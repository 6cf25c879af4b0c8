/* What `fasti zones apply` has done, a piece at a time. */
#include "cli/zone_errand.h"

#include "../store/migrating.h"

static const ZonePieceDone *run(Bench *bench, int64_t *ids, size_t count)
{
    const ZonePiece piece = { .ids = { .items = ids, .count = count } };
    Buffer out = buffer_start(&bench->arena);
    ZonePieceDone *done = ARENA_NEW(&bench->arena, ZonePieceDone);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    bench_must(bench, bench->db,
               zones_follow.run(bench->db, &bench->arena, &piece, &out, &bench->err));
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    bench_must(
        bench, NULL,
        schema_decode_stored(&zone_piece_done_schema, out.data, &bench->arena, done, &bench->err));
    return done;
}

/* Event 1 has another clock than its moments; event 2 has the right ones, and other rules. */
static void set_stage(Bench *bench)
{
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;
    const char *nine = is_sqlite ? "1817197200000000" : "'2027-08-02 09:00'";
    const char *seven = is_sqlite ? "1817190000000000" : "'2027-08-02 07:00Z'";
    const char *eight = is_sqlite ? "1817193600000000" : "'2027-08-02 08:00Z'";
    const char *ten = is_sqlite ? "1817200800000000" : "'2027-08-02 10:00'";

    migrate(bench, -1);
    for (int i = 0; i < 2; i++)
        add_event(bench);
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "UPDATE events SET timezone = 'Europe/Zurich', zone_rules = 1,"
                           " zone_release = 'x', start_local = %s, end_local = %s,"
                           " start_time = %s, end_time = %s, series_start = %s, series_end = %s",
                           nine, ten, seven, eight, seven, eight));
    bench_run(bench->db, arena_printf(&bench->arena,
                                      "UPDATE events SET start_time = %s, series_start = %s"
                                      " WHERE id = 1",
                                      eight, eight));
}

static void stale_events_follow_and_others_are_left_alone(void **state)
{
    Bench *bench = bench_of(state);
    int64_t ids[] = { 1, 2, 99 };

    set_stage(bench);
    const ZonePieceDone *done = run(bench, ids, 3);
    assert_int_equal(done->derived, 2);
    assert_int_equal(done->moved, 1);
    assert_true(done->took_us >= 0);
    must_count(bench, 0, "events WHERE zone_rules = 1");
    must_count(bench, 1, "changelog WHERE change_type = 'zone_update' AND event_id = 1");
    done = run(bench, ids, 3);
    assert_int_equal(done->derived, 0);
    assert_int_equal(run(bench, ids, 0)->derived, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(stale_events_follow_and_others_are_left_alone) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
