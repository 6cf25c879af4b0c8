/* Blocks: what is refused does not count and is not read, and counts again afterwards. */
#include "bench.h"

#include "calendar/event.h"
#include "store/blocks.h"
#include "store/migrations.h"
#include "store/permissions.h"
#include "store/users.h"

static void migrate(Bench *bench)
{
    int from;
    int to;

    db_close(&bench->reader);
    db_close(&bench->db);
    bench_must(bench, NULL, migrations_run(bench->url, &from, &to, &bench->err));
    bench_reconnect(bench);
}

static void add_person(Bench *bench, const char *name)
{
    User user = { .username = name, .email = name, .hashed_password = "x", .is_active = true };

    bench_must(bench, bench->db, users_insert(bench->db, &user, name, name, &bench->err));
}

/* An event of person 1, which person 2 has from him. */
static Event share_event(Bench *bench, int64_t id)
{
    Event event = { .id = id, .owner_id = 1, .title = "a", .uid = "a", .timezone = "UTC" };

    event.created_at = event.updated_at = event.deleted_at = INSTANT_NULL;
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO events (id, title, uid, start_time, end_time, owner_id,"
                           " version_number, created_at, updated_at, series_start)"
                           " SELECT %lld, 'a', '%lld', created_at, created_at, 1, 1, created_at,"
                           " created_at, created_at FROM users WHERE id = 1",
                           (long long)id, (long long)id));
    bench_must(bench, bench->db,
               db_begin(bench->db, &bench->err) &&
                   permissions_insert(bench->db, &event, 1, ROLE_OWNER, 1, 0, &bench->err) &&
                   permissions_give(bench->db, &event, 2, ROLE_VIEWER, 1, NULL, 0, &bench->err) &&
                   db_commit(bench->db, &bench->err));
    return event;
}

static int64_t readable(Bench *bench)
{
    int64_t count = -1;

    bench_must(bench, bench->db,
               db_take_number(permissions_ask_event_count(bench->db, &bench->arena, 2), &count,
                              &bench->err));
    return count;
}

static void what_is_refused_does_not_count_until_the_block_ends(void **state)
{
    Bench *bench = bench_of(state);
    List list = { 0 };

    migrate(bench);
    add_person(bench, "giver");
    add_person(bench, "taker");
    share_event(bench, 1);
    assert_int_equal(readable(bench), 1);
    for (int i = 0; i < 2; i++) {
        bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
        assert_int_equal(readable(bench), 0);
    }
    share_event(bench, 2);
    assert_int_equal(readable(bench), 0);
    bench_must(
        bench, bench->db,
        blocks_take(blocks_ask(bench->db, &bench->arena, 2), &bench->arena, &list, &bench->err));
    assert_int_equal(list.count, 1);
    for (int i = 0; i < 2; i++) {
        bool is_found = false;
        bench_must(bench, bench->db, blocks_remove(bench->db, 2, 1, &is_found, &bench->err));
        assert_int_equal(is_found, i == 0);
        assert_int_equal(readable(bench), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_refused_does_not_count_until_the_block_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
