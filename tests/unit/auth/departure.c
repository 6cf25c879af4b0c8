/* What a large account leaves goes in pieces, of which none takes long; nobody sees it meanwhile,
 * or all of it is there until the heir has it. */
#include "auth/departure.h"

#include "../store/bench.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/events.h"

enum { EVENTS = 300 };

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */
static const Author command_line = { .at = INT64_C(1772366400000000) };

typedef struct Scene {
    Bench *bench;
    User mina; /* who leaves */
    User bela; /* to whom the first event and the last one are shared */
    User heir;
    int64_t first_id, last_id;
} Scene;

static User make(Bench *bench, const char *name)
{
    User user = {
        .username = name,
        .email = arena_printf(&bench->arena, "%s@example.org", name),
        .hashed_password = "none",
        .is_active = true,
    };

    bench_must(bench, bench->db,
               accounts_create(bench->db, &bench->arena, &command_line, &user, &bench->err));
    return user;
}

static int64_t create_event(Bench *bench, const User *owner, const char *uid)
{
    const Identity by = { .user_id = owner->id, .username = owner->username };
    const Author author = { .by = &by, .at = noon };
    Event event = {
        .title = "Market day",
        .start_time = noon,
        .end_time = noon + 60 * SECOND_US,
        .series_start = noon,
        .series_end = noon + 60 * SECOND_US,
        .timezone = "UTC",
        .uid = uid,
    };
    Db *db = bench->db;

    bench_must(bench, db,
               events_take_ids(events_ask_ids(db, &bench->arena, 1), &event, 1, &bench->err));
    bench_must(bench, db, edits_create_event(db, &bench->arena, &author, &event, &bench->err));
    return event.id;
}

static Event *find_event(const Scene *scene, int64_t id, const User *reader)
{
    Bench *bench = scene->bench;
    Event *event = NULL;

    bench_must(bench, bench->db,
               events_find(bench->db, &bench->arena, id, reader->id, false, &event, &bench->err));
    return event;
}

static void share(const Scene *scene, int64_t id)
{
    Bench *bench = scene->bench;
    const Identity by = { .user_id = scene->mina.id, .username = scene->mina.username };
    const Author author = { .by = &by, .at = noon };
    Grant grant = { .user = &scene->bela, .before = ROLE_NONE, .after = ROLE_VIEWER };

    bench_must(bench, bench->db,
               edits_find_grant_ids(bench->db, &bench->arena, &grant, &bench->err) &&
                   edits_grant(bench->db, &bench->arena, &author,
                               find_event(scene, id, &scene->mina), &grant, &bench->err));
}

static void commit(Bench *bench)
{
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
}

static Scene start(void **state)
{
    Scene scene = { .bench = bench_of(state) };
    Bench *bench = scene.bench;

    bench_migrate(bench);
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    scene.mina = make(bench, "mina");
    scene.bela = make(bench, "bela");
    scene.heir = make(bench, "heir");
    scene.first_id = create_event(bench, &scene.mina, "same");
    for (int i = 2; i < EVENTS; i++)
        create_event(bench, &scene.mina, NULL);
    scene.last_id = create_event(bench, &scene.mina, NULL);
    share(&scene, scene.first_id);
    share(&scene, scene.last_id);
    commit(bench);
    return scene;
}

static void leave(const Scene *scene, const Legacy *legacy)
{
    Bench *bench = scene->bench;

    bench_must(bench, bench->db,
               accounts_delete(bench->db, &bench->arena, &command_line, &scene->mina, legacy,
                               &bench->err));
    commit(bench);
}

SQL(count_departures, "SELECT count(*) AS n FROM departures");
SQL(count_events_left, "SELECT count(*) AS n FROM events e JOIN departures d"
                       " ON d.user_id = e.owner_id");
SQL(count_purges, "SELECT count(*) AS n FROM audit WHERE action = 'event.purge'");
SQL(count_all_events, "SELECT count(*) AS n FROM events");
SQL(count_all_users, "SELECT count(*) AS n FROM users");

/* Until nothing is left; how many pieces it took. */
static int go_on(const Scene *scene)
{
    Bench *bench = scene->bench;
    bool has_more = true;
    int pieces = 0;

    for (; has_more; pieces++) {
        bench_must(bench, bench->db,
                   departure_next(bench->db, &bench->arena, noon, &has_more, &bench->err));
        commit(bench);
        assert_true(pieces < 10 * EVENTS);
    }
    assert_int_equal(bench_number(bench->db, &count_departures), 0);
    return pieces;
}

static void nobody_sees_what_is_left_and_it_goes_in_pieces(void **state)
{
    static const Legacy all = { .may_delete_shared = true };
    Scene scene = start(state);
    Db *db = scene.bench->db;

    leave(&scene, &all);
    assert_true(bench_number(db, &count_events_left) > 0);
    assert_null(find_event(&scene, scene.first_id, &scene.bela));
    assert_null(find_event(&scene, scene.last_id, &scene.bela));
    make(scene.bench, "mina");
    assert_true(go_on(&scene) > 1);
    assert_int_equal(bench_number(db, &count_purges), EVENTS);
    assert_int_equal(bench_number(db, &count_all_events), 0);
    assert_int_equal(bench_number(db, &count_all_users), 3);
}

static void the_heir_gets_all_in_pieces_and_readers_lose_nothing_meanwhile(void **state)
{
    Scene scene = start(state);
    const Legacy legacy = { .heir = &scene.heir };
    Db *db = scene.bench->db;

    create_event(scene.bench, &scene.heir, "same");
    leave(&scene, &legacy);
    assert_true(bench_number(db, &count_events_left) > 0);
    assert_non_null(find_event(&scene, scene.last_id, &scene.bela));
    assert_true(go_on(&scene) > 1);
    assert_int_equal(find_event(&scene, scene.last_id, &scene.bela)->owner_id, scene.heir.id);
    assert_int_equal(find_event(&scene, scene.first_id, &scene.heir)->my_role, ROLE_OWNER);
    assert_string_not_equal(find_event(&scene, scene.first_id, &scene.heir)->uid, "same");
    assert_int_equal(bench_number(db, &count_all_events), EVENTS + 1);
    assert_int_equal(bench_number(db, &count_purges), 0);
}

static void what_is_to_be_inherited_and_shared_is_not_deleted_unasked(void **state)
{
    static const Legacy nothing_said = { .heir = NULL };
    Scene scene = start(state);
    const Legacy legacy = { .heir = &scene.heir };
    Bench *bench = scene.bench;

    leave(&scene, &legacy);
    assert_false(accounts_delete(bench->db, &bench->arena, &command_line, &scene.heir,
                                 &nothing_said, &bench->err));
    assert_int_equal(bench->err.code, ERROR_CONFLICT);
}

SQL(lengthen_history,
    "INSERT INTO event_versions (event_id, version_number, data, timestamp, change_type)"
    " SELECT event_id, $1, data, timestamp, change_type FROM event_versions"
    " WHERE event_id = 1 AND version_number = 1");

static void a_long_history_goes_some_at_a_time(void **state)
{
    static const Legacy all = { .may_delete_shared = true };
    Scene scene = start(state);
    Bench *bench = scene.bench;

    for (int64_t i = 2; i < 2000; i++)
        bench_must(bench, bench->db,
                   db_execute(bench->db, &lengthen_history, PARAMS(INT(i)), NULL, &bench->err));
    commit(bench);
    leave(&scene, &all);
    assert_true(go_on(&scene) > 1);
    assert_int_equal(bench_number(bench->db, &count_purges), EVENTS);
}

/* PostgreSQL: somebody is busy with an event, and nobody waits for him. */
static void an_event_that_somebody_is_busy_with_goes_later(void **state)
{
    static const Legacy all = { .may_delete_shared = true };
    Scene scene = start(state);
    Bench *bench = scene.bench;
    Db AUTO(db_close) *busy = NULL;
    Event *event = NULL;
    bool has_more = true;

    bench_must(bench, NULL, db_open(bench->url, DB_WRITE, &busy, &bench->err));
    bench_must(bench, busy, db_begin(busy, &bench->err));
    bench_must(
        bench, busy,
        events_find(busy, &bench->arena, scene.last_id, scene.mina.id, true, &event, &bench->err));
    leave(&scene, &all);
    for (int i = 0; i < EVENTS; i++) {
        bench_must(bench, bench->db,
                   departure_next(bench->db, &bench->arena, noon, &has_more, &bench->err));
        commit(bench);
    }
    assert_true(has_more);
    assert_int_equal(bench_number(bench->db, &count_events_left), 1);
    db_rollback(busy);
    go_on(&scene);
    assert_int_equal(bench_number(bench->db, &count_all_events), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(nobody_sees_what_is_left_and_it_goes_in_pieces),
        ON_BOTH(the_heir_gets_all_in_pieces_and_readers_lose_nothing_meanwhile),
        ON_BOTH(what_is_to_be_inherited_and_shared_is_not_deleted_unasked),
        ON_BOTH(a_long_history_goes_some_at_a_time),
        ON_POSTGRES(an_event_that_somebody_is_busy_with_goes_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
