#include "migrating.h"

#include <stdlib.h>
#include <string.h>

void migrate(Bench *bench, int expected_from)
{
    int from = -1;
    int to = -1;

    db_close(&bench->reader);
    db_close(&bench->db);
    bench_must(bench, NULL, migrations_run(bench->url, &from, &to, &bench->err));
    bench_reconnect(bench);
    if (expected_from >= 0)
        assert_int_equal(from, expected_from);
    assert_int_equal(to, migrations_newest());
}

void migrate_to(Bench *bench, int version)
{
    const MigrationList list = { all_migrations.migrations, version };
    int from;
    int to;

    bench_must(bench, bench->db, migrations_apply(bench->db, &list, &from, &to, &bench->err));
    assert_int_equal(to, version);
}

void add_event(Bench *bench)
{
    int version;
    bench_must(bench, bench->db, migrations_version(bench->db, &version, &bench->err));
    const char *column = version >= 3 ? ", series_start" : "";
    const char *now = db_kind(bench->db) == DB_SQLITE ? "0" : "now()";

    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO users (username, email, hashed_password, created_at,"
                           " updated_at) SELECT 'a', 'a', 'x', %s, %s"
                           " WHERE NOT EXISTS (SELECT 1 FROM users);"
                           "INSERT INTO events (title, uid, start_time, end_time, owner_id,"
                           " version_number, created_at, updated_at%s)"
                           " SELECT 'a', count(*), %s, %s, 1, 1, %s, %s%s%s FROM events",
                           now, now, column, now, now, now, now, *column != '\0' ? ", " : "",
                           *column != '\0' ? now : ""));
}

void must_not_migrate(Bench *bench, const char *part)
{
    int from;
    int to;

    db_close(&bench->reader);
    db_close(&bench->db);
    error_clear(&bench->err);
    assert_false(migrations_run(bench->url, &from, &to, &bench->err));
    if (strstr(bench->err.detail, part) == NULL)
        fail_msg("no \"%s\" in: %s", part, bench->err.detail);
    bench_reconnect(bench);
}

Sql *query(Bench *bench, const char *text)
{
    Sql *sql = ARENA_NEW(&bench->arena, Sql);

    *sql = (Sql){ .text = text, .name = "query" };
    return sql;
}

void must_count(Bench *bench, int64_t expected, const char *from)
{
    const char *text = arena_printf(&bench->arena, "SELECT count(*) AS n FROM %s", from);
    int64_t found = bench_number(bench->db, query(bench, text));

    if (found != expected)
        fail_msg("%lld, not %lld: %s", (long long)found, (long long)expected, from);
}

void must_give(Bench *bench, const char *expected, const char *text)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->db,
               db_query(bench->db, query(bench, text), NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_string_equal(rows_text(&rows, "given", &bench->arena), expected);
}

/* Fills the bench's schema from the dump; psql knows its \-commands. */
void load_old_system(Bench *bench)
{
    const char *command =
        arena_printf(&bench->arena,
                     "sed 's/\\bpublic\\./%s./g' '%s' | psql -q -v ON_ERROR_STOP=1 '%s' >/dev/null",
                     bench->schema, OLD_SYSTEM_SQL, getenv("FASTI_TEST_POSTGRES"));

    assert_int_equal(system(command), 0);
}
