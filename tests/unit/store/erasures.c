/* Whoever was erased is named no more where others' rows named him; theirs stay as they are. */
#include "store/erasures.h"

#include "migrating.h"

#define NAMELESS "'" ERASED_NAME "'"
#define NOW      "(SELECT min(created_at) FROM users)"

/* Of mina, who has the id 7 and whose account is gone, and of bela, who has the id 8. */
static const char *const rows[] = {
    "INSERT INTO erasures (user_id, username, email, display_name, username_key, email_key)"
    " VALUES (7, 'Mina', 'm@example.org', 'M \"M\" M', 'mina', 'm@example.org')",

    "INSERT INTO departures (user_id, username, by_id, by_name) VALUES (1, 'a', 7, 'Mina')",

    "INSERT INTO event_versions (event_id, version_number, data, changed_by_user_id,"
    " changed_by_name, timestamp, change_type) SELECT 1, n, '{}', id, name, " NOW ", 'update'"
    " FROM (SELECT 1 AS n, 7 AS id, 'Mina' AS name UNION ALL SELECT 2, 8, 'bela') x",

    "INSERT INTO changelog (event_id, user_id, user_name, change_type, changes, timestamp) VALUES"
    " (1, 7, 'mi', 'create', '{}', " NOW "),"
    " (1, 8, 'bela', 'share', '{\"permissions\":{\"old\":null,\"new\":"
    "{\"user_id\":7,\"username\":\"mi\",\"role\":\"Viewer\"}}}', " NOW "),"
    " (1, 8, 'bela', 'unshare', '{\"permissions\":{\"old\":"
    "{\"user_id\":7,\"username\":\"Mina\",\"role\":\"Viewer\"},\"new\":null}}', " NOW "),"
    " (1, 7, 'Mina', 'share', '{\"permissions\":{\"old\":null,\"new\":"
    "{\"user_id\":8,\"username\":\"bela\",\"role\":\"Viewer\"}}}', " NOW ")",

    "INSERT INTO audit (user_id, user_name, address, action, subject, detail, timestamp) VALUES"
    " (7, 'Mina', '192.0.2.7', 'user.sign_in', 'user 7', NULL, " NOW "),"
    " (NULL, NULL, '192.0.2.7', 'user.sign_in_failed', 'user 7', NULL, " NOW "),"
    " (8, 'bela', '192.0.2.8', 'user.update', 'user 7', NULL, " NOW "),"
    " (NULL, NULL, '192.0.2.8', 'user.sign_in_failed', 'user 77', NULL, " NOW "),"
    " (8, 'bela', NULL, 'event.share', 'event 1', '{\"permissions\":{\"old\":null,\"new\":"
    "{\"user_id\":7,\"username\":\"Mina\",\"role\":\"Viewer\"}}}', " NOW "),"
    " (8, 'bela', NULL, 'event.purge', 'event 2', '{\"uid\":\"mina-1\",\"owner_id\":7}', " NOW "),"
    " (8, 'bela', NULL, 'event.purge', 'event 3', '{\"uid\":\"b-1\",\"owner_id\":8}', " NOW ")",

    "INSERT INTO idempotency_keys (user_id, name, digest, status, headers, bytes, body, created_at)"
    " VALUES (7, 'a', 'd', 201, '', 2, '{}', " NOW "),"
    " (8, 'b', 'd', 200, '', 2, '[{\"username\":\"Mina\"}]', " NOW "),"
    " (8, 'c', 'd', 200, '', 2, '[{\"email\":\"m@example.org\"}]', " NOW "),"
    " (8, 'd', 'd', 200, '', 2, '{\"display_name\":\"M \\\"M\\\" M\"}', " NOW "),"
    " (8, 'e', 'd', 200, '', 2, '{\"title\":\"Minas\"}', " NOW "),"
    " (8, 'f', 'd', 204, '', 2, NULL, " NOW ")",

    "INSERT INTO login_attempts (key, count, window_start) VALUES ('all id:7', 1, " NOW "),"
    " ('here id:7 192.0.2.7', 1, " NOW "), ('all name:mina', 1, " NOW "),"
    " ('here name:m@example.org 192.0.2.7', 1, " NOW "), ('all id:77', 1, " NOW "),"
    " ('here id:77 192.0.2.7', 1, " NOW "), ('here name:minas 192.0.2.7', 1, " NOW ")",
    NULL,
};

static void leave_traces(Bench *bench)
{
    for (const char *const *row = rows; *row != NULL; row++)
        bench_run(bench->db, *row);
}

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    add_event(bench);
    return bench;
}

/* Until nothing is left; how many pieces it took. */
static int go_on(Bench *bench)
{
    bool is_more = true;
    int pieces = 0;

    for (; is_more; pieces++) {
        bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
        bench_must(bench, bench->db, erasures_go_on(bench->db, &is_more, &bench->err));
        bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    }
    return pieces;
}

static void names_go_and_those_of_others_stay(void **state)
{
    Bench *bench = start(state);

    leave_traces(bench);
    go_on(bench);
    must_count(bench, 1,
               "event_versions WHERE changed_by_user_id = 7 AND changed_by_name = " NAMELESS);
    must_count(bench, 1, "event_versions WHERE changed_by_name = 'bela'");
    must_count(bench, 2, "changelog WHERE user_id = 7 AND user_name = " NAMELESS);
    must_count(bench, 2, "changelog WHERE user_name = 'bela'");
    must_count(bench, 2,
               "changelog WHERE CAST(changes AS TEXT) LIKE '%" ERASED_NAME "%'"
               " AND CAST(changes AS TEXT) LIKE '%7%' AND CAST(changes AS TEXT) LIKE '%Viewer%'");
    must_count(bench, 1, "changelog WHERE id = 4 AND CAST(changes AS TEXT) LIKE '%bela%'");
    must_count(bench, 0,
               "changelog WHERE CAST(changes AS TEXT) LIKE '%\"Mina\"%'"
               " OR CAST(changes AS TEXT) LIKE '%\"mi\"%'");
    must_count(bench, 1, "audit WHERE user_id = 7 AND address IS NULL AND user_name = " NAMELESS);
    must_count(bench, 0, "audit WHERE address = '192.0.2.7'");
    must_count(bench, 2, "audit WHERE address = '192.0.2.8'");
    must_count(bench, 0, "audit WHERE lower(CAST(detail AS TEXT)) LIKE '%mina%'");
    must_count(bench, 1, "audit WHERE CAST(detail AS TEXT) LIKE '%b-1%'");
    must_count(bench, 2, "idempotency_keys WHERE user_id = 8 AND name IN ('e', 'f')");
    must_count(bench, 2, "idempotency_keys");
    must_count(bench, 2, "login_attempts");
    must_count(bench, 1, "departures WHERE by_name = " NAMELESS);
}

static void it_begins_when_the_account_is_gone_altogether(void **state)
{
    Bench *bench = start(state); /* with the account 1 */
    bool is_pending = false;
    bool is_more = true;

    bench_must(bench, bench->db, erasures_begin(bench->db, 1, &bench->err));
    bench_run(bench->db, "UPDATE users SET username = '#1', email = '#1'");
    bench_must(bench, bench->db, erasures_go_on(bench->db, &is_more, &bench->err));
    assert_false(is_more);
    bench_must(bench, bench->db, erasures_are_pending(bench->db, &is_pending, &bench->err));
    assert_true(is_pending);
    bench_must(bench, bench->db,
               erasures_is_pending(bench->db, "a", "a", &is_pending, &bench->err));
    assert_true(is_pending);
    bench_must(bench, bench->db,
               erasures_is_pending(bench->db, "b", "b", &is_pending, &bench->err));
    assert_false(is_pending);
    bench_run(bench->db, "DELETE FROM events; DELETE FROM users");
    go_on(bench);
    bench_must(bench, bench->db, erasures_are_pending(bench->db, &is_pending, &bench->err));
    assert_false(is_pending);
}

/* What `insert` selects, of 40,000 rows with a `moment` and an `i` each. */
static void add_many(Bench *bench, const char *insert)
{
    static const char sqlite[] = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                                 " WHERE i < 40000) SELECT i, 0 AS moment FROM n) n";
    static const char postgres[] =
        "(SELECT i, now() AS moment FROM generate_series(1, 40000) g (i)) n";
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    bench_must(bench, bench->db, db_set_statement_timeout(bench->db, 0, &bench->err));
    bench_run(bench->db,
              arena_printf(&bench->arena, "%s FROM %s", insert, is_sqlite ? sqlite : postgres));
}

static void a_long_trail_takes_many_pieces_each_of_which_goes_on(void **state)
{
    Bench *bench = start(state);

    leave_traces(bench);
    add_many(bench, "INSERT INTO audit (timestamp, user_id, user_name, action, subject)"
                    " SELECT moment, 7, 'Mina', 'user.update', 'user 7'");
    assert_in_range(go_on(bench), 5, 40000 / 32 + 10);
    must_count(bench, 0, "audit WHERE user_name = 'Mina'");
    must_count(bench, 40001, "audit WHERE user_id = 7");
}

static void tries_of_many_unknown_names_go_in_pieces(void **state)
{
    Bench *bench = start(state);

    leave_traces(bench);
    add_many(bench, "INSERT INTO login_attempts (key, count, window_start)"
                    " SELECT 'here name:nobody' || i || ' 192.0.2.9', 1, moment");
    assert_in_range(go_on(bench), 5, 40000 / 200 + 10);
    must_count(bench, 2, "login_attempts");
    must_count(bench, 1, "departures WHERE by_name = " NAMELESS);
    must_count(bench, 0, "erasures WHERE username <> ''");
}

static void the_file_is_rewritten_once(void **state)
{
    Bench *bench = start(state);
    bool is_rewritten = true;

    bench_must(bench, bench->db, erasures_rewrite_file(bench->db, &is_rewritten, &bench->err));
    assert_false(is_rewritten);
    leave_traces(bench);
    bench_must(bench, bench->db, erasures_rewrite_file(bench->db, &is_rewritten, &bench->err));
    assert_false(is_rewritten);
    go_on(bench);
    must_count(bench, db_kind(bench->db) == DB_SQLITE, "erasures WHERE username = ''");
    bench_must(bench, bench->db, erasures_rewrite_file(bench->db, &is_rewritten, &bench->err));
    assert_int_equal(is_rewritten, db_kind(bench->db) == DB_SQLITE);
    must_count(bench, 0, "erasures");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(names_go_and_those_of_others_stay),
        ON_BOTH(it_begins_when_the_account_is_gone_altogether),
        ON_BOTH(a_long_trail_takes_many_pieces_each_of_which_goes_on),
        ON_BOTH(tries_of_many_unknown_names_go_in_pieces),
        ON_BOTH(the_file_is_rewritten_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
